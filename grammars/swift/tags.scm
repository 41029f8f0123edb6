[(comment) (multiline_comment)] @doc

; definitions
(class_declaration declaration_kind: "class" name: (type_identifier) @name) @definition.class
(class_declaration declaration_kind: "actor" name: (type_identifier) @name) @definition.class
(class_declaration declaration_kind: "struct" name: (type_identifier) @name) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name) @definition.enum
(class_declaration declaration_kind: "extension" name: (user_type . (type_identifier) @name .)) @local.scope
(protocol_declaration name: (type_identifier) @name) @definition.interface
(typealias_declaration name: (type_identifier) @name) @definition.type
(function_declaration name: (simple_identifier) @name) @definition.function
(protocol_function_declaration name: (simple_identifier) @name) @definition.function
(init_declaration "init" @name) @definition.method
(property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.variable

; bindings
(parameter name: (simple_identifier) @name . ":") @definition.parameter
(lambda_parameter name: (simple_identifier) @name) @definition.parameter
(for_statement item: (pattern bound_identifier: (simple_identifier) @definition.local))
(if_statement bound_identifier: (simple_identifier) @definition.local)
(guard_statement bound_identifier: (simple_identifier) @definition.local)

; references
(simple_identifier) @reference.name
(type_identifier) @reference.type
(type_parameter (type_identifier) @ignore)
(parameter external_name: (simple_identifier) @ignore)
(value_argument_label (simple_identifier) @ignore)
(enum_entry name: (simple_identifier) @ignore)
(navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @name)) @reference.attribute
(call_expression . (simple_identifier) @reference.call)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @name)) @reference.call)
(inheritance_specifier inherits_from: (user_type (type_identifier) @reference.base))
(attribute (user_type (type_identifier) @reference.class))

(control_transfer_statement (throw_keyword) . (call_expression . (simple_identifier) @reference.raise))
(control_transfer_statement (throw_keyword) . (navigation_expression target: (simple_identifier) @reference.raise))
(import_declaration) @reference.import

; return values
(control_transfer_statement "return") @reference.return
(lambda_literal) @local.closure
