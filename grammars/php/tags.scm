(comment) @doc

; definitions
(class_declaration name: (name) @name) @definition.class
(interface_declaration name: (name) @name) @definition.interface
(trait_declaration name: (name) @name) @definition.trait
(enum_declaration name: (name) @name) @definition.enum
(function_definition name: (name) @name) @definition.function
(method_declaration name: (name) @name) @definition.method
(const_declaration (const_element . (name) @name)) @definition.constant

; fields
(property_declaration (property_element name: (variable_name) @name)) @definition.property
(property_promotion_parameter name: (variable_name) @name) @definition.property
(enum_case name: (name) @name) @definition.enumerator

; bindings
(simple_parameter name: (variable_name) @name) @definition.parameter
(variadic_parameter name: (variable_name) @name) @definition.parameter
(property_promotion_parameter name: (variable_name) @name) @definition.parameter
(assignment_expression left: (variable_name) @name) @definition.local
(assignment_expression left: (member_access_expression object: (variable_name) name: (name)) @name) @definition.local
(catch_clause name: (variable_name) @name) @definition.local
(foreach_statement . (_) @_of . (variable_name) @name) @definition.element
(foreach_statement . (_) @_of . (pair (_) (variable_name) @name)) @definition.element

; references
(name) @reference.name
(variable_name) @reference.name
(variable_name (name) @ignore)
(scoped_property_access_expression name: (variable_name) @ignore)
(namespace_definition name: (namespace_name (name) @ignore))
(namespace_name (name) @ignore)
(argument name: (name) @ignore)
(named_type (name) @reference.type)
(named_type (qualified_name (name) @name) @reference.type)
(base_clause (name) @reference.class)
(base_clause (qualified_name (name) @name) @reference.class)
(class_interface_clause (name) @reference.class)
(class_interface_clause (qualified_name (name) @name) @reference.class)
(use_declaration (name) @reference.base)
(use_declaration (qualified_name (name) @name) @reference.base)
(attribute (name) @reference.class)
(object_creation_expression (name) @reference.class)
(object_creation_expression (qualified_name (name) @name) @reference.class)
(function_call_expression function: (name) @reference.call)
(function_call_expression function: (qualified_name (name) @name) @reference.call)
(member_call_expression object: (_) name: (name) @name) @reference.call
(nullsafe_member_call_expression object: (_) name: (name) @name) @reference.call
(scoped_call_expression scope: (_) name: (name) @name) @reference.call
(member_access_expression object: (_) name: (name) @name) @reference.attribute
(nullsafe_member_access_expression object: (_) name: (name) @name) @reference.attribute
(class_constant_access_expression (_) (name) @name) @reference.attribute

(throw_expression (object_creation_expression [(name) (qualified_name)] @name) @reference.raise)
(namespace_use_declaration) @reference.import
(use_declaration (use_list [(use_as_clause) (use_instead_of_clause)] @reference.import))
(expression_statement [(require_expression) (require_once_expression) (include_expression) (include_once_expression)] @reference.import)

; return values
(return_statement) @reference.return
(yield_expression) @reference.yield
(anonymous_function) @local.closure
