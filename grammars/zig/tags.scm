(comment) @doc

; definitions
(function_declaration name: (identifier) @name) @definition.function
(variable_declaration . (identifier) @name (struct_declaration)) @definition.struct
(variable_declaration . (identifier) @name (union_declaration)) @definition.struct
(variable_declaration . (identifier) @name (enum_declaration)) @definition.enum
(variable_declaration . (identifier) @name (error_set_declaration)) @definition.enum
(source_file (variable_declaration "const" . (identifier) @name) @definition.constant)
(source_file (variable_declaration "var" . (identifier) @name) @definition.variable)
(struct_declaration (variable_declaration "const" . (identifier) @name) @definition.constant)

; bindings
(parameter name: (identifier) @name) @definition.parameter
(variable_declaration . (identifier) @name) @definition.local
(container_field name: (identifier) @name) @definition.local
(payload (identifier) @definition.local)

; references
(identifier) @reference.name
(error_set_declaration (identifier) @ignore)
(field_initializer . (identifier) @ignore)
(field_expression member: (identifier) @name) @reference.attribute
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression member: (identifier) @name) @reference.call)
(parameter type: (identifier) @reference.type)
(parameter type: (pointer_type (identifier) @reference.type))
(function_declaration type: (identifier) @reference.type)
(container_field type: (identifier) @reference.type)
(struct_initializer . (identifier) @reference.class)
(variable_declaration (builtin_function (builtin_identifier) @_import (arguments (string))) (#eq? @_import "@import")) @reference.import

; return values
(return_expression) @reference.return
