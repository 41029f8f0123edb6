(comment) @doc

; definitions
(function_declaration name: [(identifier) (dot_index_expression)] @name) @definition.function
(function_declaration name: (method_index_expression) @name) @definition.method
(assignment_statement (variable_list . name: [(identifier) (dot_index_expression)] @name .) (expression_list . value: (function_definition) .)) @definition.function
(field name: (identifier) @name value: (function_definition)) @definition.function
(assignment_statement (variable_list . name: (identifier) @name)) @definition.variable

; bindings
(variable_declaration (assignment_statement (variable_list name: (identifier) @definition.local)))
(variable_declaration (variable_list name: (identifier) @definition.local))
(assignment_statement (variable_list name: (identifier) @definition.assigned))
(_ local_declaration: (function_declaration name: (identifier) @definition.local))
(function_declaration name: (identifier) @definition.assigned)
(assignment_statement (variable_list . name: (dot_index_expression table: (identifier)) @name .)) @definition.local
(parameters name: (identifier) @definition.parameter)
(for_generic_clause (variable_list name: (identifier) @definition.local))
(for_numeric_clause name: (identifier) @definition.local)

; blocks
[(for_statement) (while_statement) (repeat_statement) (do_statement)] @local.block
(if_statement consequence: (block) @local.block)
(elseif_statement consequence: (block) @local.block)
(else_statement body: (block) @local.block)

; references
(identifier) @reference.name
(dot_index_expression field: (identifier) @name) @reference.attribute
(method_index_expression method: (identifier) @name) @reference.attribute
(function_call name: (identifier) @reference.call)
(function_call name: (dot_index_expression field: (identifier) @name) @reference.call)
(function_call name: (method_index_expression method: (identifier) @name) @reference.call)
(field name: (identifier) @ignore)
(goto_statement (identifier) @ignore)
(label_statement (identifier) @ignore)

(function_call name: (identifier) @_require (#eq? @_require "require")) @reference.import

; return values
(return_statement) @reference.return
(function_definition) @local.closure
