[(comment) (block_comment)] @doc

; definitions
(class_definition name: (identifier) @name) @definition.class
(object_definition name: (identifier) @name) @definition.module
(package_object name: (identifier) @name) @definition.module
(trait_definition name: (identifier) @name) @definition.trait
(enum_definition name: (identifier) @name) @definition.enum
(type_definition name: (type_identifier) @name) @definition.type
(function_definition name: (identifier) @name) @definition.function
(function_declaration name: (identifier) @name) @definition.function
(val_definition pattern: (identifier) @name) @definition.variable
(var_definition pattern: (identifier) @name) @definition.variable
(given_definition name: (identifier) @name) @definition.variable

; bindings
(class_parameter name: (identifier) @name) @definition.parameter
(parameter name: (identifier) @name) @definition.parameter
(val_declaration name: (identifier) @name) @definition.local
(var_declaration name: (identifier) @name) @definition.local
(bindings (binding name: (identifier) @name) @definition.parameter)
(lambda_expression parameters: (identifier) @definition.parameter)
(enumerator . (identifier) @definition.local)
(case_clause pattern: (identifier) @definition.local)
(case_class_pattern pattern: (identifier) @definition.local)
(tuple_pattern (identifier) @definition.local)
(typed_pattern pattern: (identifier) @name) @definition.local

; references
(identifier) @reference.name
(type_identifier) @reference.type
(package_identifier (identifier) @ignore)
(arguments (assignment_expression left: (identifier) @ignore))
(simple_enum_case name: (identifier) @ignore)
(full_enum_case name: (identifier) @ignore)
(class_definition type_parameters: (type_parameters name: (identifier) @ignore))
(trait_definition type_parameters: (type_parameters name: (identifier) @ignore))
(function_definition type_parameters: (type_parameters name: (identifier) @ignore))
(field_expression field: (identifier) @name) @reference.attribute
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (identifier) @name) @reference.call)
(call_expression function: (generic_function function: (identifier) @reference.call))
(call_expression function: (generic_function function: (field_expression field: (identifier) @name) @reference.call))
(instance_expression . (type_identifier) @reference.class)
(instance_expression . (generic_type type: (type_identifier) @reference.class))
(case_class_pattern type: (type_identifier) @reference.class)
(extends_clause (type_identifier) @reference.base)
(extends_clause (generic_type type: (type_identifier) @reference.base))
(annotation name: (type_identifier) @reference.class)

(throw_expression (instance_expression . (type_identifier) @reference.raise))
(import_declaration) @reference.import

; return values
(return_expression) @reference.return
(lambda_expression) @local.closure
