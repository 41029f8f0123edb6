[(comment) (haddock)] @doc

; definitions
(declarations (function name: (variable) @name) @definition.function)
(declarations (bind name: (variable) @name) @definition.function)
(class_declarations (signature name: (variable) @name) @definition.function)
(instance_declarations (function name: (variable) @name) @definition.function)
(data_type name: (name) @name) @definition.type
(newtype name: (name) @name) @definition.type
(type_synonym name: (name) @name) @definition.type
(class name: (name) @name) @definition.trait
(instance name: (name) @name) @local.scope

(declarations (signature name: (variable)) @definition.attribute)

; bindings
(function patterns: (patterns (variable) @definition.parameter))
(patterns (_ (variable) @definition.local))
(local_binds (bind name: (variable) @definition.local))
(local_binds (function name: (variable) @definition.local))
(bind pattern: (variable) @definition.local)
(lambda patterns: (patterns (variable) @definition.parameter))
(alternative pattern: (variable) @definition.local)

; references
(variable) @reference.name
(name) @reference.type
(constructor) @reference.class
(signature name: (variable) @ignore)
(field_name (variable) @ignore)
(data_constructor (prefix name: (constructor) @ignore))
(data_constructor (record name: (constructor) @ignore))
(newtype_constructor name: (constructor) @ignore)
(apply function: (variable) @reference.call)
(apply function: (qualified module: (module) id: (variable) @name) @reference.call)
(apply function: (constructor) @reference.class)
(infix left_operand: (variable) @reference.call operator: (operator) @_dollar (#eq? @_dollar "$"))
(qualified module: (module) id: [(variable) (name) (constructor)] @name) @reference.attribute

(import) @reference.import
