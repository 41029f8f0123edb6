(comment) @doc

; definitions
(class_definition name: (identifier) @name) @definition.class
(function_definition name: (identifier) @name) @definition.function
(assignment left: (identifier) @name) @definition.variable
(type_alias_statement left: (type [(identifier) @name (generic_type (identifier) @name)])) @definition.type

; fields
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @definition.field)))

; bindings
(assignment left: (attribute object: (identifier)) @name) @definition.local
(parameters (identifier) @definition.parameter)
(parameters [(list_splat_pattern (identifier) @name) (dictionary_splat_pattern (identifier) @name)] @definition.parameter)
(lambda_parameters (identifier) @definition.parameter)
(lambda_parameters [(list_splat_pattern (identifier) @name) (dictionary_splat_pattern (identifier) @name)] @definition.parameter)
(default_parameter name: (identifier) @name) @definition.parameter
(typed_parameter (identifier) @name) @definition.parameter
(typed_parameter [(list_splat_pattern (identifier) @name) (dictionary_splat_pattern (identifier) @name)]) @definition.parameter
(typed_default_parameter name: (identifier) @name) @definition.parameter
(pattern_list (identifier) @definition.local)
(pattern_list (list_splat_pattern (identifier) @definition.local))
(pattern_list (attribute object: (identifier)) @definition.local)
(tuple_pattern (identifier) @definition.local)
(tuple_pattern (attribute object: (identifier)) @definition.local)
(tuple_pattern (list_splat_pattern (identifier) @definition.local))
(list_pattern (identifier) @definition.local)
(for_statement left: (identifier) @name) @definition.element
(for_in_clause left: (identifier) @name) @definition.element
(as_pattern_target (identifier) @definition.local)
(with_item (as_pattern alias: (as_pattern_target (identifier) @name)) @definition.entered)
(except_clause (as_pattern alias: (as_pattern_target (identifier) @name)) @definition.caught)
(as_pattern_target (tuple (identifier) @definition.local))
(named_expression name: (identifier) @name) @definition.local
(global_statement (identifier) @definition.global)

; references
(identifier) @reference.name
(keyword_argument name: (identifier) @ignore)
(attribute attribute: (identifier) @name) @reference.attribute
(call function: (identifier) @reference.call)
; the grammar's parse of `[*name()]`
(call function: (list_splat (identifier) @reference.call))
(call function: (attribute attribute: (identifier) @name) @reference.call)
(decorator (identifier) @reference.call)
(decorator (attribute attribute: (identifier) @name) @reference.call)
(class_definition superclasses: (argument_list (identifier) @reference.class))
(class_definition superclasses: (argument_list (attribute attribute: (identifier) @name) @reference.class))
(class_definition superclasses: (argument_list (subscript value: (identifier) @reference.class)))
(type (identifier) @reference.type)
(type (attribute attribute: (identifier) @name) @reference.type)
(type (subscript value: (identifier) @reference.type))
(generic_type (identifier) @reference.type)
(class_pattern (dotted_name . (identifier) @reference.class .))
(class_pattern (dotted_name (identifier) (identifier) @name .) @reference.class)

; a lowercase name is a variable or a function that returns the exception, not its class
(raise_statement . [(identifier) (attribute)] @reference.raise (#match? @reference.raise "(^|[.])_*[A-Z][A-Za-z0-9_]*$"))
(raise_statement . (call function: [(identifier) (attribute)] @reference.raise (#match? @reference.raise "(^|[.])_*[A-Z][A-Za-z0-9_]*$")))
(type (string (string_content) @reference.quoted))

(import_statement) @reference.import
(import_from_statement) @reference.import
(future_import_statement) @reference.import

; return values
(return_statement) @reference.return
(yield) @reference.yield
