(comment) @doc

; definitions
(struct_specifier name: (type_identifier) @name body: (_)) @definition.struct
(union_specifier name: (type_identifier) @name body: (_)) @definition.struct
(enum_specifier name: (type_identifier) @name body: (_)) @definition.enum
(function_definition declarator: (function_declarator declarator: (identifier) @name)) @definition.function
(declaration declarator: (function_declarator declarator: (identifier) @name)) @definition.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) @definition.function
(declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) @definition.function
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))) @definition.function
(declaration declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))) @definition.function
[(function_definition declarator: (function_declarator declarator: (parenthesized_declarator (identifier) @name))) (declaration declarator: (function_declarator declarator: (parenthesized_declarator (identifier) @name)))] @definition.function
[(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (parenthesized_declarator (identifier) @name)))) (declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (parenthesized_declarator (identifier) @name))))] @definition.function
(declaration type: (type_identifier) declarator: (function_declarator declarator: (function_declarator parameters: (parameter_list . (parameter_declaration type: (type_identifier) @name !declarator) .)))) @definition.function
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

; fields
(field_declaration declarator: (field_identifier) @name) @definition.field
(field_declaration declarator: (pointer_declarator declarator: (field_identifier) @name)) @definition.field
(field_declaration declarator: (array_declarator declarator: (field_identifier) @name)) @definition.field
(field_declaration declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name)))) @definition.field
(field_declaration declarator: (pointer_declarator declarator: [(pointer_declarator declarator: (field_identifier) @name) (array_declarator declarator: (field_identifier) @name)])) @definition.field
(field_declaration declarator: (array_declarator declarator: (array_declarator declarator: (field_identifier) @name))) @definition.field
(enumerator name: (identifier) @name) @definition.enumerator

; bindings
(parameter_declaration declarator: (identifier) @name) @definition.parameter
(parameter_declaration declarator: (pointer_declarator declarator: (identifier) @name)) @definition.parameter
(parameter_declaration declarator: (array_declarator declarator: (identifier) @name)) @definition.parameter
(parameter_declaration declarator: (pointer_declarator declarator: [(pointer_declarator declarator: (identifier) @name) (array_declarator declarator: (identifier) @name)])) @definition.parameter
(parameter_declaration declarator: (array_declarator declarator: (array_declarator declarator: (identifier) @name))) @definition.parameter
(parameter_declaration declarator: (function_declarator declarator: [(identifier) @name (parenthesized_declarator (pointer_declarator declarator: (identifier) @name))])) @definition.parameter
(preproc_params (identifier) @definition.parameter)

; blocks
[(for_statement)] @local.block
(compound_statement (compound_statement) @local.block)
(function_definition declarator: (parenthesized_declarator) body: (compound_statement) @local.block)
(if_statement (compound_statement) @local.block)
(else_clause (compound_statement) @local.block)
(while_statement (compound_statement) @local.block)
(do_statement (compound_statement) @local.block)
(switch_statement (compound_statement) @local.block)

; references
(identifier) @reference.name
(type_identifier) @reference.type
(field_expression field: (field_identifier) @name) @reference.attribute
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (field_identifier) @name) @reference.call)
(labeled_statement label: (statement_identifier) @ignore)
(preproc_def name: (identifier) @ignore !value)

(preproc_include) @reference.import

; return values
(return_statement) @reference.return
