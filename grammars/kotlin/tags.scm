[(line_comment) (block_comment)] @doc

; definitions
(class_declaration "class" name: (identifier) @name) @definition.class
(class_declaration "interface" name: (identifier) @name) @definition.interface
(class_declaration "class" name: (identifier) @name (enum_class_body)) @definition.enum
(object_declaration name: (identifier) @name) @definition.class
(function_declaration name: (identifier) @name) @definition.function
(secondary_constructor "constructor" @name) @definition.method
(type_alias type: (identifier) @name) @definition.type
(property_declaration (variable_declaration (identifier) @name)) @definition.variable
(property_declaration (modifiers (property_modifier) @_const) (variable_declaration (identifier) @name) (#eq? @_const "const")) @definition.constant

; fields
(class_parameter ["val" "var"] (identifier) @name) @definition.property
(class_body (property_declaration (variable_declaration (identifier) @name)) @definition.property)
(enum_class_body (property_declaration (variable_declaration (identifier) @name)) @definition.property)
(enum_entry (identifier) @name) @definition.enumerator

; bindings
(class_parameter (identifier) @name) @definition.parameter
(parameter (identifier) @name) @definition.parameter
(variable_declaration (identifier) @name) @definition.local
(catch_block (identifier) @name) @definition.parameter
(for_statement (variable_declaration (identifier) @name) . (_) @_of) @definition.element

; blocks
[(for_statement) (catch_block) (when_entry)] @local.block
(if_expression (block) @local.block)
(while_statement (block) @local.block)
(try_expression (block) @local.block)

; references
(identifier) @reference.name
(type_parameter (identifier) @ignore)
(package_header (qualified_identifier (identifier) @ignore))
(value_argument . (identifier) @ignore . "=")
(user_type (identifier) @reference.type)
(delegation_specifier (user_type (identifier) @reference.class))
(constructor_invocation (user_type (identifier) @reference.class))
(navigation_expression (_) (identifier) @name .) @reference.attribute
(call_expression . (identifier) @name (value_arguments)? @_arguments) @reference.call
(binary_expression left: (binary_expression left: (identifier) @reference.call "<") ">" right: (parenthesized_expression))
(binary_expression left: (binary_expression left: (navigation_expression (_) (identifier) @name .) @reference.call "<") ">" right: (parenthesized_expression))
(infix_expression (_) . (identifier) @name . (_)) @reference.infix
(call_expression . (navigation_expression (_) (identifier) @name .) (value_arguments)? @_arguments) @reference.call

(throw_expression (call_expression . [(identifier) (navigation_expression)] @reference.raise (#match? @reference.raise "(^|[.])[A-Z][A-Za-z0-9_]*$")))
(import) @reference.import

; return values
(return_expression !label) @reference.return
(anonymous_function) @local.closure
