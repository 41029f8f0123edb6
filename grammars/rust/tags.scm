[(line_comment) (block_comment)] @doc
(attribute_item) @definition.attribute

; definitions
(struct_item name: (type_identifier) @name) @definition.struct
(union_item name: (type_identifier) @name) @definition.struct
(enum_item name: (type_identifier) @name) @definition.enum
(trait_item name: (type_identifier) @name) @definition.trait
(type_item name: (type_identifier) @name) @definition.type
(mod_item name: (identifier) @name body: (_)) @definition.module
(function_item name: (identifier) @name) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(const_item name: (identifier) @name) @definition.constant
(static_item name: (identifier) @name) @definition.constant
(macro_definition name: (identifier) @name) @definition.macro
(impl_item type: (_) @name) @local.scope

; fields
(field_declaration name: (field_identifier) @name) @definition.field
(enum_variant name: (identifier) @name) @definition.enumerator

; bindings
(parameter pattern: (identifier) @name) @definition.parameter
(closure_parameters (identifier) @definition.parameter)
(let_declaration pattern: (identifier) @name) @definition.local
(let_declaration pattern: (mut_pattern (identifier) @name)) @definition.local
(tuple_pattern (identifier) @definition.local)
(tuple_pattern (mut_pattern (identifier) @definition.local))
(tuple_struct_pattern type: (_) (identifier) @definition.local)
(slice_pattern (identifier) @definition.local)
(ref_pattern (identifier) @definition.local)
(ref_pattern (mut_pattern (identifier) @definition.local))
(reference_pattern (identifier) @definition.local)
(tuple_struct_pattern (mut_pattern (identifier) @definition.local))
(field_pattern pattern: (identifier) @definition.local)
(field_pattern pattern: (mut_pattern (identifier) @definition.local))
(closure_parameters (mut_pattern (identifier) @definition.parameter))
((match_pattern . (identifier) @definition.local) (#match? @definition.local "^[a-z_]"))
((match_pattern . (mut_pattern (identifier) @definition.local)))
(captured_pattern . (identifier) @definition.local)
(for_expression pattern: (identifier) @definition.local)
(shorthand_field_identifier) @definition.local

; patterns, with what they are matched with
(let_declaration pattern: (_) @name) @local.pattern
(let_condition pattern: (_) @name) @local.pattern
(for_expression pattern: (_) @name) @local.pattern
(match_expression body: (match_block (match_arm pattern: (match_pattern) @name))) @local.pattern
(call_expression arguments: (arguments (closure_expression parameters: (closure_parameters (_) @name)))) @local.pattern

; blocks
[(match_arm) (for_expression)] @local.block
(if_expression condition: [(let_condition) (let_chain)]) @local.block
(while_expression) @local.block
(block) @local.block

; references
(identifier) @reference.name
(type_identifier) @reference.type
(scoped_identifier name: (identifier) @name) @reference.attribute
(scoped_type_identifier name: (type_identifier) @name) @reference.type
(field_expression field: (field_identifier) @name) @reference.attribute
(call_expression function: (identifier) @reference.call)
(call_expression function: (scoped_identifier name: (identifier) @name) @reference.call)
(call_expression function: (field_expression field: (field_identifier) @name) @reference.call)
(call_expression function: (generic_function function: (identifier) @reference.call))
(call_expression function: (generic_function function: (scoped_identifier name: (identifier) @name) @reference.call))
(call_expression function: (generic_function function: (field_expression field: (field_identifier) @name) @reference.call))
(token_tree (identifier) @reference.token)
(macro_invocation macro: (identifier) @reference.call)
(macro_invocation macro: (scoped_identifier name: (identifier) @name) @reference.call)
(struct_expression name: (type_identifier) @reference.class)
(struct_expression name: (scoped_type_identifier name: (type_identifier) @name) @reference.class)
(impl_item trait: (type_identifier) @reference.base)
(impl_item trait: (scoped_type_identifier name: (type_identifier) @name) @reference.base)
(impl_item trait: (generic_type type: (type_identifier) @reference.base))
(trait_bounds (type_identifier) @reference.type)
(lifetime (identifier) @ignore)
(type_parameter name: (type_identifier) @ignore)
((attribute_item (attribute . (identifier) @ignore)) (#not-eq? @ignore "test"))

(use_declaration) @reference.import
(extern_crate_declaration) @reference.import

; return values
(return_expression) @reference.return
[(closure_expression) (async_block)] @local.closure
