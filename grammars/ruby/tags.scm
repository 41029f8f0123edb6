(comment) @doc

; definitions
(class name: [(constant) (scope_resolution)] @name) @definition.class
(module name: [(constant) (scope_resolution)] @name) @definition.module
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name) @definition.method
(assignment left: (constant) @name) @definition.constant

; fields
(call !receiver method: (identifier) @_attribute arguments: (argument_list (simple_symbol) @name) (#any-of? @_attribute "attr_accessor" "attr_reader" "attr_writer")) @definition.property

; bindings
(assignment left: [(identifier) (instance_variable) (class_variable) (global_variable)] @name) @definition.local
(left_assignment_list (identifier) @definition.local)
(method_parameters (identifier) @definition.parameter)
(block_parameters (identifier) @definition.parameter)
(lambda_parameters (identifier) @definition.parameter)
(optional_parameter name: (identifier) @name) @definition.parameter
(keyword_parameter name: (identifier) @name) @definition.parameter
(splat_parameter name: (identifier) @name) @definition.parameter
(hash_splat_parameter name: (identifier) @name) @definition.parameter
(block_parameter name: (identifier) @name) @definition.parameter
(exception_variable (identifier) @definition.local)

; references
(identifier) @reference.name
(constant) @reference.name
[(instance_variable) (class_variable)] @reference.name
(scope_resolution scope: (_) name: (constant) @name) @reference.attribute
(call !receiver method: [(identifier) (constant)] @reference.call)
(call receiver: (_) method: [(identifier) (constant) (operator)] @name) @reference.call
(call receiver: (constant) @reference.class method: (identifier) @_new (#eq? @_new "new"))
(call receiver: (scope_resolution name: (constant) @name) @reference.class method: (identifier) @_new (#eq? @_new "new"))
(superclass (constant) @reference.class)
(superclass (scope_resolution name: (constant) @name) @reference.class)
(call method: (identifier) @_mixin arguments: (argument_list (constant) @reference.base) (#any-of? @_mixin "include" "extend" "prepend"))
(call method: (identifier) @_mixin arguments: (argument_list (scope_resolution name: (constant) @name) @reference.base) (#any-of? @_mixin "include" "extend" "prepend"))
(setter name: (identifier) @ignore)
; a method that a framework is told to call: `before_action :check`, `validate :in_stock, if: :open?`
(body_statement (call !receiver method: (identifier) @_hook arguments: (argument_list (simple_symbol) @reference.symbol) (#match? @_hook "^(before|after|around|prepend|append|skip)_|^(validate|helper_method|rescue_from|set_callback)$")))
(body_statement (call !receiver method: (identifier) @_hook arguments: (argument_list (pair value: (simple_symbol) @reference.symbol)) (#match? @_hook "^(before|after|around|prepend|append|skip)_|^(validates?|rescue_from|set_callback)$")))

(call !receiver method: (identifier) @_raise arguments: (argument_list . [(constant) (scope_resolution)] @name) (#eq? @_raise "raise")) @reference.raise
(call !receiver method: (identifier) @_raise arguments: (argument_list . (call receiver: [(constant) (scope_resolution)] @name)) (#eq? @_raise "raise")) @reference.raise
(call !receiver method: (identifier) @_require (#any-of? @_require "require" "require_relative" "load")) @reference.import

; return values
(return) @reference.return
(lambda) @local.closure
