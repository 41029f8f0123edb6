(comment) @doc

; definitions
(function_definition name: (word) @name) @definition.function
(variable_assignment name: (variable_name) @name) @definition.variable

; bindings
(for_statement variable: (variable_name) @definition.local)

; references
(command name: (command_name (word) @reference.call))
(command name: (command_name (word) @_trap) argument: (word) @reference.call (#eq? @_trap "trap"))
(simple_expansion (variable_name) @reference.name)
(expansion (variable_name) @reference.name)

(command name: (command_name (word) @_source) (#any-of? @_source "source" ".")) @reference.import

; return values
(command name: (command_name (word) @_return) (#eq? @_return "return")) @reference.return
