[(line_comment) (block_comment)] @doc
(source_file (string_literal) @doc)
(module_definition (string_literal) @doc)

; definitions
(module_definition name: (identifier) @name) @definition.module
(function_definition (signature (call_expression . [(identifier) @name (field_expression (identifier) @name .)]))) @definition.function
(function_definition (signature (typed_expression . (call_expression . [(identifier) @name (field_expression (identifier) @name .)])))) @definition.function
(function_definition (signature (where_expression . (call_expression . [(identifier) @name (field_expression (identifier) @name .)])))) @definition.function
(function_definition (signature (where_expression . (typed_expression . (call_expression . [(identifier) @name (field_expression (identifier) @name .)]))))) @definition.function
(assignment . (call_expression . [(identifier) @name (field_expression (identifier) @name .)])) @definition.function
(assignment . (where_expression . (call_expression . [(identifier) @name (field_expression (identifier) @name .)]))) @definition.function
(macro_definition (signature (call_expression . (identifier) @name))) @definition.macro
(struct_definition (type_head [(identifier) @name (parametrized_type_expression . (identifier) @name) (binary_expression . [(identifier) @name (parametrized_type_expression . (identifier) @name)])])) @definition.struct
(abstract_definition (type_head [(identifier) @name (parametrized_type_expression . (identifier) @name) (binary_expression . [(identifier) @name (parametrized_type_expression . (identifier) @name)])])) @definition.interface
(const_statement (assignment . (identifier) @name)) @definition.constant
(source_file (assignment . (identifier) @name) @definition.variable)
(module_definition (assignment . (identifier) @name) @definition.variable)

; bindings
(signature (call_expression (argument_list [(identifier) @definition.parameter (typed_expression . (identifier) @definition.parameter) (named_argument . [(identifier) @definition.parameter (typed_expression . (identifier) @definition.parameter)])])))
(signature (_ (call_expression (argument_list [(identifier) @definition.parameter (typed_expression . (identifier) @definition.parameter) (named_argument . [(identifier) @definition.parameter (typed_expression . (identifier) @definition.parameter)])]))))
(signature (_ (_ (call_expression (argument_list [(identifier) @definition.parameter (typed_expression . (identifier) @definition.parameter) (named_argument . [(identifier) @definition.parameter (typed_expression . (identifier) @definition.parameter)])])))))
(assignment . (call_expression (argument_list [(identifier) @definition.parameter (typed_expression . (identifier) @definition.parameter)])))
(assignment . (identifier) @definition.local)
(for_binding . (identifier) @definition.local)
(arrow_function_expression . (identifier) @definition.parameter)
(arrow_function_expression . (argument_list (identifier) @definition.parameter))

; references
(identifier) @reference.name
(named_argument . (identifier) @ignore)
(field_expression (identifier) @name .) @reference.attribute
(call_expression . (identifier) @reference.call)
(call_expression . (field_expression (identifier) @name .) @reference.call)
(macrocall_expression (macro_identifier (identifier) @reference.call))
(typed_expression (identifier) @reference.type .)
(type_head (binary_expression (operator) (identifier) @reference.base .))

(call_expression . (identifier) @_throw (argument_list . (call_expression . (identifier) @reference.raise)) (#eq? @_throw "throw"))
[(using_statement) (import_statement)] @reference.import
(call_expression . (identifier) @_include (argument_list . (string_literal)) (#eq? @_include "include")) @reference.import

; return values
(return_statement) @reference.return
(arrow_function_expression) @local.closure
