(comment) @doc

; definitions
(value_specification (value_name) @name type: (function_type)) @definition.function
(value_specification (value_name) @name) @definition.variable
(external (value_name) @name) @definition.function
(type_binding name: (type_constructor) @name) @definition.type
(module_binding (module_name) @name) @definition.module
(module_type_definition (module_type_name) @name) @definition.interface
(exception_definition (constructor_declaration (constructor_name) @name)) @definition.type

; references
(type_constructor_path (type_constructor) @name) @reference.type
(module_path (module_name) @reference.type)
