(comment) @doc

; definitions: blocks by their last label, and local values
(config_file (body (block . (identifier) . (string_lit (template_literal) @name) . (block_start)) @definition.section))
(config_file (body (block . (identifier) . (string_lit) . (string_lit (template_literal) @name)) @definition.section))
(config_file (body (block . (identifier) @_locals (body (attribute . (identifier) @name) @definition.key) (#eq? @_locals "locals"))))
