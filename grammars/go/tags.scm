(comment) @doc

; definitions
(function_declaration name: (identifier) @name) @definition.function
(method_declaration name: (field_identifier) @name) @definition.method
(type_spec name: (type_identifier) @name type: (struct_type)) @definition.struct
(type_spec name: (type_identifier) @name type: (interface_type)) @definition.interface
(type_spec name: (type_identifier) @name) @definition.type
(type_alias name: (type_identifier) @name) @definition.type
(method_elem name: (field_identifier) @name) @definition.method
(const_spec name: (identifier) @name) @definition.constant
(var_spec name: (identifier) @name) @definition.variable

; fields
(field_declaration name: (field_identifier) @name) @definition.field
(field_declaration !name type: (type_identifier) @name) @definition.field
(field_declaration !name type: (qualified_type name: (type_identifier) @name)) @definition.field
(field_declaration !name type: (generic_type type: (type_identifier) @name)) @definition.field
(field_declaration !name type: (generic_type type: (qualified_type name: (type_identifier) @name))) @definition.field

; bindings
(parameter_declaration name: (identifier) @name) @definition.parameter
(variadic_parameter_declaration name: (identifier) @name) @definition.parameter
(short_var_declaration left: (expression_list (identifier) @name)) @definition.local
(range_clause left: (expression_list (identifier) @name)) @definition.local
(type_switch_statement alias: (expression_list (identifier) @definition.local))

; blocks
[(if_statement) (for_statement) (expression_switch_statement) (type_switch_statement) (select_statement)] @local.block
[(expression_case) (type_case) (default_case) (communication_case)] @local.block
(block (statement_list (block) @local.block))

; references
(identifier) @reference.name
(type_identifier) @reference.type
(qualified_type package: (package_identifier) @reference.name)
(qualified_type name: (type_identifier) @name) @reference.type
(type_parameter_declaration name: (identifier) @ignore)
(selector_expression field: (field_identifier) @name) @reference.attribute
(call_expression function: (identifier) @reference.call)
(type_conversion_expression type: (generic_type type: (type_identifier) @reference.call))
(type_conversion_expression type: (generic_type type: (qualified_type name: (type_identifier) @name) @reference.call))
(call_expression function: (type_instantiation_expression type: (type_identifier) @reference.call))
(call_expression function: (index_expression operand: (identifier) @reference.call index: (identifier)))
(call_expression function: (index_expression operand: (selector_expression field: (field_identifier) @name) @reference.call index: (identifier)))
(call_expression function: (type_instantiation_expression type: (qualified_type name: (type_identifier) @name) @reference.call))
(call_expression function: (selector_expression field: (field_identifier) @name) @reference.call)
(composite_literal type: (type_identifier) @reference.class)
(composite_literal type: (qualified_type name: (type_identifier) @name) @reference.class)
(composite_literal type: (generic_type type: (type_identifier) @reference.class))
(field_declaration !name type: (type_identifier) @reference.base)
(field_declaration !name type: (qualified_type name: (type_identifier) @name) @reference.base)
(field_declaration !name type: (generic_type type: (type_identifier) @reference.base))
(interface_type (type_elem (type_identifier) @reference.base))
(interface_type (type_elem (qualified_type name: (type_identifier) @name) @reference.base))
(keyed_element key: (literal_element (identifier) @reference.key))

(import_declaration) @reference.import

; return values
(return_statement) @reference.return
(func_literal) @local.closure
