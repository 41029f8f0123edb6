(comment) @doc

; definitions
(rule_set (selectors) @name) @definition.selector
(keyframes_statement (keyframes_name) @name) @definition.section
(declaration (property_name) @name (#match? @name "^--")) @definition.key

; references
(import_statement . (string_value) @reference.import)
(import_statement . (call_expression (arguments [(string_value) (plain_value)] @reference.import)))
