(comment) @doc

; definitions
(class_specifier name: [(type_identifier) (qualified_identifier) (template_type)] @name body: (_)) @definition.class
(struct_specifier name: [(type_identifier) (qualified_identifier) (template_type)] @name body: (_)) @definition.struct
(union_specifier name: (type_identifier) @name body: (_)) @definition.struct
(enum_specifier name: (type_identifier) @name body: (_)) @definition.enum
(namespace_definition name: (_) @name) @definition.module
(alias_declaration name: (type_identifier) @name) @definition.type
(concept_definition name: (identifier) @name) @definition.type
(function_definition declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)) @definition.function
(declaration declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)) @definition.function
(field_declaration declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)) @definition.method
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name))) @definition.function
(declaration declarator: (pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name))) @definition.function
(field_declaration declarator: (pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name))) @definition.method
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)))) @definition.function
(declaration declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)))) @definition.function
(field_declaration declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name)))) @definition.method
(function_definition declarator: (reference_declarator (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name))) @definition.function
(declaration declarator: (reference_declarator (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name))) @definition.function
(field_declaration declarator: (reference_declarator (function_declarator declarator: [(identifier) (field_identifier) (qualified_identifier) (destructor_name) (operator_name)] @name))) @definition.method
(declaration declarator: (init_declarator declarator: (identifier) @name)) @definition.variable
(declaration declarator: (init_declarator declarator: (pointer_declarator declarator: (identifier) @name))) @definition.variable
(declaration declarator: (init_declarator declarator: (array_declarator declarator: (identifier) @name))) @definition.variable
(declaration declarator: (identifier) @name) @definition.variable
(declaration declarator: (pointer_declarator declarator: (identifier) @name)) @definition.variable
(declaration declarator: (array_declarator declarator: (identifier) @name)) @definition.variable
(declaration declarator: (init_declarator declarator: (pointer_declarator declarator: [(pointer_declarator declarator: (identifier) @name) (array_declarator declarator: (identifier) @name)]))) @definition.variable
(declaration declarator: (init_declarator declarator: (array_declarator declarator: (array_declarator declarator: (identifier) @name)))) @definition.variable
(declaration declarator: (init_declarator declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name)]))))) @definition.variable
(declaration declarator: (pointer_declarator declarator: [(pointer_declarator declarator: (identifier) @name) (array_declarator declarator: (identifier) @name)])) @definition.variable
(declaration declarator: (array_declarator declarator: (array_declarator declarator: (identifier) @name))) @definition.variable
(declaration declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name)])))) @definition.variable
(type_definition type: (struct_specifier body: (_)) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (union_specifier body: (_)) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (enum_specifier body: (_)) declarator: (type_identifier) @name) @definition.enum
(type_definition declarator: (type_identifier) @name) @definition.type
(type_definition declarator: (pointer_declarator declarator: (type_identifier) @name)) @definition.type
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name)))) @definition.type
(preproc_function_def name: (identifier) @name) @definition.macro
(preproc_def name: (identifier) @name value: (_)) @definition.constant
(declaration declarator: (init_declarator declarator: (reference_declarator (identifier) @name))) @definition.variable

; fields
(field_declaration declarator: (field_identifier) @name) @definition.field
(field_declaration declarator: (pointer_declarator declarator: (field_identifier) @name)) @definition.field
(field_declaration declarator: (array_declarator declarator: (field_identifier) @name)) @definition.field
(field_declaration declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name)))) @definition.field
(field_declaration declarator: (pointer_declarator declarator: [(pointer_declarator declarator: (field_identifier) @name) (array_declarator declarator: (field_identifier) @name)])) @definition.field
(field_declaration declarator: (array_declarator declarator: (array_declarator declarator: (field_identifier) @name))) @definition.field
(enumerator name: (identifier) @name) @definition.enumerator
(field_declaration declarator: (reference_declarator (field_identifier) @name)) @definition.field

; bindings
(parameter_declaration declarator: (identifier) @name) @definition.parameter
(parameter_declaration declarator: (pointer_declarator declarator: (identifier) @name)) @definition.parameter
(parameter_declaration declarator: (array_declarator declarator: (identifier) @name)) @definition.parameter
(parameter_declaration declarator: (pointer_declarator declarator: [(pointer_declarator declarator: (identifier) @name) (array_declarator declarator: (identifier) @name)])) @definition.parameter
(parameter_declaration declarator: (array_declarator declarator: (array_declarator declarator: (identifier) @name))) @definition.parameter
(parameter_declaration declarator: (function_declarator declarator: [(identifier) @name (parenthesized_declarator (pointer_declarator declarator: (identifier) @name))])) @definition.parameter
(preproc_params (identifier) @definition.parameter)
(parameter_declaration declarator: (reference_declarator (identifier) @name)) @definition.parameter
(parameter_declaration declarator: (reference_declarator (pointer_declarator declarator: (identifier) @name))) @definition.parameter
(optional_parameter_declaration declarator: (reference_declarator (identifier) @name)) @definition.parameter
(variadic_parameter_declaration declarator: [(variadic_declarator (identifier) @name) (reference_declarator (variadic_declarator (identifier) @name))]) @definition.parameter
(optional_parameter_declaration declarator: (identifier) @name) @definition.parameter
(optional_parameter_declaration declarator: (pointer_declarator declarator: (identifier) @name)) @definition.parameter
(for_range_loop declarator: (identifier) @name right: (_) @_of) @definition.element
(for_range_loop declarator: (reference_declarator (identifier) @name) right: (_) @_of) @definition.element
(for_range_loop declarator: (pointer_declarator declarator: (identifier) @name) right: (_) @_of) @definition.element
(structured_binding_declarator (identifier) @definition.local)
(lambda_capture_initializer left: (identifier) @definition.local)

; blocks
[(for_statement) (for_range_loop) (catch_clause)] @local.block
(compound_statement (compound_statement) @local.block)
(function_definition declarator: (parenthesized_declarator) body: (compound_statement) @local.block)
(if_statement (compound_statement) @local.block)
(else_clause (compound_statement) @local.block)
(while_statement (compound_statement) @local.block)
(do_statement (compound_statement) @local.block)
(switch_statement (compound_statement) @local.block)
(try_statement (compound_statement) @local.block)

; references
(identifier) @reference.name
(type_identifier) @reference.type
(field_expression field: (field_identifier) @name) @reference.attribute
(call_expression function: (identifier) @name arguments: (_) @_arguments) @reference.call
(call_expression function: (field_expression field: (field_identifier) @name) arguments: (_) @_arguments) @reference.call
(labeled_statement label: (statement_identifier) @ignore)
(preproc_def name: (identifier) @ignore !value)
(qualified_identifier scope: (namespace_identifier) @reference.name)
(qualified_identifier name: [(identifier) (type_identifier)] @name) @reference.attribute
(call_expression function: (qualified_identifier name: (identifier) @name) arguments: (_) @_arguments) @reference.call
(call_expression function: (qualified_identifier name: (qualified_identifier name: (identifier) @name)) arguments: (_) @_arguments) @reference.call
(call_expression function: (template_function name: (identifier) @name) arguments: (_) @_arguments) @reference.call
(call_expression function: (qualified_identifier name: (template_function name: (identifier) @name)) arguments: (_) @_arguments) @reference.call
(call_expression function: (qualified_identifier name: (qualified_identifier name: (template_function name: (identifier) @name))) arguments: (_) @_arguments) @reference.call
(call_expression function: (field_expression field: (template_method name: (field_identifier) @name)) arguments: (_) @_arguments) @reference.call
(new_expression type: (type_identifier) @reference.class)
(new_expression type: (template_type name: (type_identifier) @reference.class))
(new_expression type: (qualified_identifier name: (type_identifier) @name) @reference.class)
(base_class_clause (type_identifier) @reference.class)
(base_class_clause (template_type name: (type_identifier) @reference.class))
(base_class_clause (qualified_identifier name: (type_identifier) @name) @reference.class)
(type_parameter_declaration (type_identifier) @ignore)
(destructor_name (identifier) @ignore)
(using_declaration) @reference.import
(field_initializer (field_identifier) @reference.attribute)

(throw_statement (call_expression function: [(identifier) (qualified_identifier)] @name) @reference.raise)
(preproc_include) @reference.import

; return values
(return_statement) @reference.return
(co_yield_statement) @reference.yield
(lambda_expression) @local.closure
