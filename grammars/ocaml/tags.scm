(comment) @doc

; definitions
(compilation_unit (value_definition (let_binding pattern: (value_name) @name (parameter)) @definition.function))
(compilation_unit (value_definition (let_binding pattern: (value_name) @name body: [(fun_expression) (function_expression)]) @definition.function))
(compilation_unit (value_definition (let_binding pattern: (value_name) @name) @definition.variable))
(structure (value_definition (let_binding pattern: (value_name) @name (parameter)) @definition.function))
(structure (value_definition (let_binding pattern: (value_name) @name body: [(fun_expression) (function_expression)]) @definition.function))
(structure (value_definition (let_binding pattern: (value_name) @name) @definition.variable))
(external (value_name) @name) @definition.function
(value_specification (value_name) @name type: (function_type)) @definition.function
(value_specification (value_name) @name) @definition.variable
(type_binding name: (type_constructor) @name) @definition.type
(module_binding (module_name) @name) @definition.module
(module_type_definition (module_type_name) @name) @definition.interface
(class_binding (class_name) @name) @definition.class
(method_definition (method_name) @name) @definition.method
(exception_definition (constructor_declaration (constructor_name) @name)) @definition.type

; bindings
(parameter pattern: [(value_pattern) @definition.parameter (typed_pattern pattern: (value_pattern) @definition.parameter)])
(let_binding pattern: (value_name) @definition.local)
(match_case pattern: (value_pattern) @definition.local)
(constructor_pattern pattern: (value_pattern) @definition.local)
(tuple_pattern (value_pattern) @definition.local)

; references
(value_path (value_name) @name) @reference.name
(application_expression function: (value_path (value_name) @name) @reference.call)
(type_constructor_path (type_constructor) @name) @reference.type
(constructor_path (constructor_name) @name) @reference.class
(method_invocation (method_name) @name) @reference.call
(field_get_expression (field_path (field_name) @name)) @reference.attribute
(module_path (module_name) @reference.type)

(application_expression function: (value_path (value_name) @_raise) . argument: (constructor_path (constructor_name) @reference.raise) (#eq? @_raise "raise"))
(fun_expression) @local.closure
