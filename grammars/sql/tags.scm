[(comment) (marginalia)] @doc

; definitions
(create_table (object_reference name: (identifier) @name)) @definition.struct
(create_view (keyword_view) . (object_reference name: (identifier) @name)) @definition.type
(create_materialized_view (object_reference name: (identifier) @name)) @definition.type
(create_type (keyword_type) . (object_reference name: (identifier) @name)) @definition.type
(create_function (keyword_function) . (object_reference name: (identifier) @name)) @definition.function
(create_trigger (keyword_trigger) . (object_reference name: (identifier) @name)) @definition.variable
(create_index column: (identifier) @name) @definition.variable

; bindings
(function_argument . (identifier) @definition.parameter)
(cte . (identifier) @definition.local)
(relation alias: (identifier) @definition.local)

; references: tables, views and functions; not columns
(relation (object_reference name: (identifier) @reference.type))
(constraint (object_reference name: (identifier) @reference.type))
(column_definition (keyword_references) . (object_reference name: (identifier) @reference.type))
(insert (object_reference name: (identifier) @reference.type))
(alter_table (object_reference name: (identifier) @reference.type))
(drop_table (object_reference name: (identifier) @reference.type))
(create_index (object_reference name: (identifier) @reference.type))
(create_trigger (keyword_on) . (object_reference name: (identifier) @reference.type))
(create_trigger (keyword_execute) (object_reference name: (identifier) @reference.call) .)
(column_definition type: (object_reference name: (identifier) @reference.type))
(invocation (object_reference name: (identifier) @reference.call))
(field (object_reference name: (identifier) @reference.name))
