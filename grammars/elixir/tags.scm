(comment) @doc
((unary_operator operator: "@" operand: (call target: (identifier) @_attribute)) @doc
  (#any-of? @_attribute "doc" "moduledoc" "typedoc"))
((unary_operator operator: "@" operand: (call target: (identifier) @_attribute)) @definition.attribute
  (#any-of? @_attribute "spec" "impl" "deprecated" "since"))

; definitions
(call target: (identifier) @_kind (arguments . (alias) @name) (#any-of? @_kind "defmodule" "defprotocol")) @definition.module
(call target: (identifier) @_kind (arguments . (alias) @name) (#eq? @_kind "defimpl")) @local.scope
(call
  target: (identifier) @_kind
  (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
    (binary_operator left: (identifier) @name operator: "when")
  ])
  (#any-of? @_kind "def" "defp" "defdelegate" "defguard" "defguardp")) @definition.function
(call
  target: (identifier) @_kind
  (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
  ])
  (#any-of? @_kind "defmacro" "defmacrop")) @definition.macro

; bindings
(call
  target: (identifier) @_kind
  (arguments . [
    (call (arguments (_) @definition.parameter))
    (binary_operator left: (call (arguments (_) @definition.parameter)) operator: "when")
  ])
  (#any-of? @_kind "def" "defp" "defmacro" "defmacrop"))
(binary_operator left: (identifier) @definition.local operator: "\\\\")
(binary_operator left: (identifier) @name operator: "=") @definition.local
(binary_operator left: (tuple (identifier) @definition.local) operator: "=")
(binary_operator left: (identifier) @definition.local operator: "<-")
(stab_clause left: (arguments (identifier) @definition.parameter))

; references
(identifier) @reference.name
(alias) @reference.type
(call target: (identifier) @reference.call)
(call target: (identifier) @ignore
  (#any-of? @ignore "def" "defp" "defmodule" "defmacro" "defmacrop" "defstruct" "defprotocol" "defimpl" "defdelegate"
    "defguard" "defguardp" "defexception" "alias" "import" "require" "use" "if" "unless" "case" "cond" "with" "for" "fn"
    "raise" "quote" "unquote" "try" "receive"))
(unary_operator operator: "@" operand: (call target: (identifier) @ignore))
(unary_operator operator: "@" operand: (identifier) @ignore)
(dot left: [(alias) (identifier)] right: (identifier) @name) @reference.attribute
(call target: (dot left: [(alias) (identifier)] right: (identifier) @name) @reference.call)
(binary_operator operator: "|>" right: (identifier) @reference.call)

(call target: (identifier) @_raise (arguments . (alias) @reference.raise) (#eq? @_raise "raise"))
(call target: (identifier) @_kind (#any-of? @_kind "alias" "import" "require" "use")) @reference.import

; return values
(anonymous_function) @local.closure
