(comment) @doc

; definitions
(class_declaration name: (identifier) @name) @definition.class
(record_declaration name: (identifier) @name) @definition.class
(struct_declaration name: (identifier) @name) @definition.struct
(interface_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(delegate_declaration name: (identifier) @name) @definition.type
(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(local_function_statement name: (identifier) @name) @definition.function
(field_declaration (modifier) @_const (variable_declaration (variable_declarator name: (identifier) @name)) (#eq? @_const "const")) @definition.constant

; fields
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.field
(property_declaration name: (identifier) @name) @definition.property
(record_declaration (parameter_list (parameter name: (identifier) @name) @definition.property))
(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.event
(event_declaration name: (identifier) @name) @definition.event
(enum_member_declaration name: (identifier) @name) @definition.enumerator

; bindings
(variable_declaration (variable_declarator name: (identifier) @name)) @definition.local
(parameter name: (identifier) @name) @definition.parameter
(declaration_expression name: (identifier) @name) @definition.local
(declaration_pattern name: (identifier) @name) @definition.local
(catch_declaration name: (identifier) @name) @definition.local
(implicit_parameter) @definition.parameter
(foreach_statement left: (identifier) @name right: (_) @_of) @definition.element

; blocks
[(for_statement) (foreach_statement) (using_statement) (catch_clause) (switch_section)] @local.block
(block (block) @local.block)
(if_statement (block) @local.block)
(while_statement (block) @local.block)
(do_statement (block) @local.block)
(try_statement (block) @local.block)
(finally_clause (block) @local.block)
(lock_statement (block) @local.block)

; references
(identifier) @reference.name
(type_parameter name: (identifier) @ignore)
(member_access_expression name: (identifier) @name) @reference.attribute
(member_access_expression name: (generic_name (identifier) @name)) @reference.attribute
(conditional_access_expression (member_binding_expression name: [(identifier) @name (generic_name (identifier) @name)])) @reference.attribute
(invocation_expression function: (conditional_access_expression (member_binding_expression name: [(identifier) @name (generic_name (identifier) @name)])) @reference.call)
(invocation_expression function: (identifier) @name arguments: (_) @_arguments) @reference.call
(invocation_expression function: (generic_name (identifier) @reference.call))
(invocation_expression function: (member_access_expression name: (identifier) @name) arguments: (_) @_arguments) @reference.call
(invocation_expression function: (member_access_expression name: (generic_name (identifier) @name)) @reference.call)
(object_creation_expression type: (identifier) @reference.class)
(object_creation_expression type: (generic_name (identifier) @reference.class))
(object_creation_expression type: (qualified_name name: (identifier) @name) @reference.class)
(base_list (identifier) @reference.class)
(base_list (generic_name (identifier) @reference.class))
(base_list (qualified_name name: (identifier) @name) @reference.class)
(variable_declaration type: (identifier) @reference.type)
(variable_declaration type: (generic_name (identifier) @reference.type))
(variable_declaration type: (nullable_type type: (identifier) @reference.type))
(parameter type: (identifier) @reference.type)
(parameter type: (generic_name (identifier) @reference.type))
(parameter type: (nullable_type type: (identifier) @reference.type))
(property_declaration type: (identifier) @reference.type)
(method_declaration returns: (identifier) @reference.type)
(method_declaration returns: (generic_name (identifier) @reference.type))
(foreach_statement type: (identifier) @reference.type)
(type_argument_list (identifier) @reference.type)
(array_type type: (identifier) @reference.type)
(cast_expression type: (identifier) @reference.type)
(typeof_expression type: (identifier) @reference.type)
(attribute name: (identifier) @reference.type)
(destructor_declaration name: (identifier) @ignore)
(argument name: (identifier) @ignore)
(namespace_declaration name: (identifier) @ignore)
(file_scoped_namespace_declaration name: (identifier) @ignore)
(namespace_declaration name: (qualified_name (identifier) @ignore))
(file_scoped_namespace_declaration name: (qualified_name (identifier) @ignore))

(throw_statement (object_creation_expression type: (_) @name) @reference.raise)
(throw_expression (object_creation_expression type: (_) @name) @reference.raise)
(using_directive) @reference.import

; return values
(return_statement) @reference.return
(yield_statement) @reference.yield
[(lambda_expression) (anonymous_method_expression)] @local.closure
