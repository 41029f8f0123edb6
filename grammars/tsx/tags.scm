(comment) @doc

; definitions
(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(variable_declarator name: (identifier) @name value: (class)) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(type_alias_declaration name: (type_identifier) @name) @definition.type
(internal_module name: (_) @name) @definition.module
(module name: [(identifier) (nested_identifier)] @name) @definition.module
(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(function_signature name: (identifier) @name) @definition.function
(method_definition name: (_) @name) @definition.method
(method_signature name: (_) @name) @definition.method
(abstract_method_signature name: (_) @name) @definition.method
(public_field_definition name: (_) @name value: [(arrow_function) (function_expression)]) @definition.method
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(assignment_expression left: [(identifier) (member_expression)] @name right: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(pair key: (property_identifier) @name value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(assignment_expression left: (member_expression) @_exports right: (class name: (type_identifier) @name) @definition.class (#eq? @_exports "module.exports"))
(assignment_expression left: (member_expression) @_exports right: (function_expression name: (identifier) @name) @definition.function (#eq? @_exports "module.exports"))
(export_statement "default" @name value: [(arrow_function) (function_expression !name) (generator_function !name)]) @definition.function
(export_statement "default" @name value: (class !name)) @definition.class
(variable_declarator name: (identifier) @name) @definition.variable
(export_statement (lexical_declaration (variable_declarator name: (object_pattern (shorthand_property_identifier_pattern) @definition.variable))))
(export_statement (lexical_declaration (variable_declarator name: (object_pattern (pair_pattern value: (identifier) @definition.variable)))))

; fields
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.field
(property_signature name: (property_identifier) @name) @definition.field
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.field
(required_parameter "readonly" pattern: (identifier) @name) @definition.field
(optional_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.field
(optional_parameter "readonly" pattern: (identifier) @name) @definition.field
(enum_body name: (property_identifier) @definition.enumerator)
(enum_assignment name: (property_identifier) @name) @definition.enumerator

; bindings
(assignment_expression left: (member_expression object: (this)) @name) @definition.local
(assignment_expression left: (identifier) @name) @definition.assigned
(required_parameter pattern: (identifier) @name) @definition.parameter
(optional_parameter pattern: (identifier) @name) @definition.parameter
(arrow_function parameter: (identifier) @definition.parameter)
(rest_pattern (identifier) @definition.local)
(array_pattern (identifier) @definition.local)
(object_pattern (shorthand_property_identifier_pattern) @definition.local)
(object_assignment_pattern left: (shorthand_property_identifier_pattern) @definition.local)
(pair_pattern value: (identifier) @definition.local)
(for_in_statement left: (identifier) @definition.local)
(catch_clause parameter: (identifier) @definition.local)
(for_in_statement left: (identifier) @name operator: "of" right: (_) @_of) @definition.element
(type_parameter name: (type_identifier) @name) @definition.type_parameter
(infer_type (type_identifier) @name) @definition.type_parameter
(mapped_type_clause name: (type_identifier) @name) @definition.type_parameter

; blocks
[(index_signature (mapped_type_clause)) (conditional_type) (function_type) (constructor_type)] @local.block
[(call_signature) (construct_signature)] @local.block
[(for_statement) (for_in_statement) (catch_clause) (switch_body)] @local.block
(statement_block (statement_block) @local.block)
(if_statement (statement_block) @local.block)
(else_clause (statement_block) @local.block)
(while_statement (statement_block) @local.block)
(do_statement (statement_block) @local.block)
(try_statement (statement_block) @local.block)
(finally_clause (statement_block) @local.block)
(program (statement_block) @local.block)

; where names get their values
(variable_declarator name: [(object_pattern) (array_pattern)]) @local.origin
(for_in_statement left: [(object_pattern) (array_pattern)]) @local.origin
(call_expression arguments: (arguments [(arrow_function) (function_expression)])) @local.origin
(required_parameter pattern: [(object_pattern) (array_pattern)]) @local.origin
(optional_parameter pattern: [(object_pattern) (array_pattern)]) @local.origin
(variable_declarator type: (_) value: [(arrow_function) (function_expression)]) @local.origin
(public_field_definition type: (_) value: [(arrow_function) (function_expression)]) @local.origin

; references
(identifier) @reference.name
(shorthand_property_identifier) @reference.name
(type_identifier) @reference.type
(nested_type_identifier name: (type_identifier) @name) @reference.type
(internal_module name: (nested_identifier (identifier) @ignore))
(member_expression property: [(property_identifier) (private_property_identifier)] @name) @reference.attribute
(call_expression function: (identifier) @reference.call)
(call_expression function: (member_expression property: [(property_identifier) (private_property_identifier)] @name) @reference.call)
(new_expression constructor: (identifier) @reference.class)
(new_expression constructor: (member_expression property: (property_identifier) @name) @reference.class)
(extends_clause value: (identifier) @reference.class)
(extends_clause value: (member_expression property: (property_identifier) @name) @reference.class)
(implements_clause (type_identifier) @reference.class)
(implements_clause (generic_type name: (type_identifier) @reference.class))
(implements_clause (nested_type_identifier name: (type_identifier) @name) @reference.class)
(extends_type_clause type: (type_identifier) @reference.class)
(extends_type_clause type: (generic_type name: (type_identifier) @reference.class))
(type_alias_declaration value: (intersection_type [(type_identifier) @reference.base (generic_type name: (type_identifier) @reference.base)]))
(type_alias_declaration value: (intersection_type (intersection_type [(type_identifier) @reference.base (generic_type name: (type_identifier) @reference.base)])))
(decorator (identifier) @reference.call)
(function_expression name: (identifier) @ignore)

(throw_statement (new_expression constructor: [(identifier) (member_expression)] @name) @reference.raise)
(import_statement) @reference.import
(export_statement source: (string)) @reference.import
(export_statement value: (identifier)) @reference.import
(export_statement !source (export_clause (export_specifier alias: (_)))) @reference.import
(assignment_expression left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports) right: [(identifier) (class name: (_)) (function_expression name: (_))] (#eq? @_module "module") (#eq? @_exports "exports")) @reference.import
(variable_declarator value: (call_expression function: (identifier) @_require) (#eq? @_require "require")) @reference.import
(jsx_opening_element name: (identifier) @reference.call)
(jsx_self_closing_element name: (identifier) @reference.call)
(jsx_opening_element name: [(identifier) (member_expression)] @_component attribute: (jsx_attribute . (property_identifier) @name) (#match? @_component "^[A-Z]")) @reference.attribute
(jsx_self_closing_element name: [(identifier) (member_expression)] @_component attribute: (jsx_attribute . (property_identifier) @name) (#match? @_component "^[A-Z]")) @reference.attribute
(jsx_opening_element name: (member_expression property: (property_identifier) @name) @reference.call)
(jsx_self_closing_element name: (member_expression property: (property_identifier) @name) @reference.call)

; return values
(return_statement) @reference.return
(yield_expression) @reference.yield
[(arrow_function) (function_expression) (generator_function)] @local.closure
