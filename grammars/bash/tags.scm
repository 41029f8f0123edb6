(comment) @doc

; definitions
(function_definition name: (word) @name) @definition.function
(variable_assignment name: (variable_name) @name) @definition.variable

; names that are bound
(for_statement variable: (variable_name) @definition.local)

; references
(command name: (command_name (word) @reference.call))
(simple_expansion (variable_name) @reference.name)
(expansion (variable_name) @reference.name)

(command name: (command_name (word) @_source) (#any-of? @_source "source" ".")) @reference.import

; what comes out
(command name: (command_name (word) @_return) (#eq? @_return "return")) @reference.return
