[(line_comment) (block_comment)] @doc

; definitions
(class_declaration name: (identifier) @name) @definition.class
(record_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(annotation_type_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(compact_constructor_declaration name: (identifier) @name) @definition.method
(annotation_type_element_declaration name: (identifier) @name) @definition.method
(field_declaration (modifiers "static" "final") declarator: (variable_declarator name: (identifier) @name)) @definition.constant
(field_declaration (modifiers "final" "static") declarator: (variable_declarator name: (identifier) @name)) @definition.constant
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.constant

; fields
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.field
(record_declaration parameters: (formal_parameters (formal_parameter name: (identifier) @name) @definition.field))
(enum_constant name: (identifier) @name) @definition.enumerator

; bindings
(local_variable_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.local
(formal_parameter name: (identifier) @name) @definition.parameter
(spread_parameter (variable_declarator name: (identifier) @definition.parameter))
(enhanced_for_statement name: (identifier) @name) @definition.parameter
(resource name: (identifier) @name) @definition.local
(catch_formal_parameter name: (identifier) @definition.parameter)
(lambda_expression parameters: (identifier) @definition.parameter)
(inferred_parameters (identifier) @definition.parameter)
(instanceof_expression name: (identifier) @definition.local)

; blocks
[(for_statement) (enhanced_for_statement) (try_with_resources_statement) (catch_clause) (switch_block_statement_group) (switch_rule)] @local.block
(block (block) @local.block)
(if_statement (block) @local.block)
(while_statement (block) @local.block)
(do_statement (block) @local.block)
(try_statement (block) @local.block)
(finally_clause (block) @local.block)
(synchronized_statement (block) @local.block)

; references
(identifier) @reference.name
(type_identifier) @reference.type
(scoped_type_identifier (_) (type_identifier) @name) @reference.type
(type_parameter (type_identifier) @ignore)
(field_access field: (identifier) @name) @reference.attribute
(method_reference (_) (identifier) @name) @reference.method
(method_invocation !object name: (identifier) @name arguments: (_) @_arguments) @reference.call
(method_invocation object: (_) name: (identifier) @name arguments: (_) @_arguments) @reference.call
(object_creation_expression type: (type_identifier) @reference.class)
(object_creation_expression type: (generic_type (type_identifier) @reference.class))
(object_creation_expression type: (scoped_type_identifier (_) (type_identifier) @name) @reference.class)
(superclass (type_identifier) @reference.class)
(superclass (generic_type (type_identifier) @reference.class))
(superclass (scoped_type_identifier (_) (type_identifier) @name) @reference.class)
(type_list (type_identifier) @reference.class)
(type_list (generic_type (type_identifier) @reference.class))
(marker_annotation name: (identifier) @reference.type)
(annotation name: (identifier) @reference.type)
(element_value_pair key: (identifier) @ignore)
(labeled_statement (identifier) @ignore)
(package_declaration (_) @ignore)

(throw_statement (object_creation_expression type: (_) @name) @reference.raise)
(import_declaration) @reference.import
(package_declaration) @reference.import

; return values
(return_statement) @reference.return
(lambda_expression) @local.closure
