(comment) @doc

; definitions: what a link can point to
(_ (start_tag (attribute (attribute_name) @_id [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)] (#eq? @_id "id")))) @definition.section
(element (self_closing_tag (attribute (attribute_name) @_id [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)] (#eq? @_id "id")))) @definition.section
(element (start_tag (tag_name) @_a (attribute (attribute_name) @_name [(attribute_value) @name (quoted_attribute_value (attribute_value) @name)] (#eq? @_a "a") (#eq? @_name "name")))) @definition.section

; references
(script_element (start_tag (attribute (attribute_name) @_src [(attribute_value) @reference.import (quoted_attribute_value (attribute_value) @reference.import)] (#eq? @_src "src"))))
(element [(start_tag (tag_name) @_link (attribute (attribute_name) @_href [(attribute_value) @reference.import (quoted_attribute_value (attribute_value) @reference.import)])) (self_closing_tag (tag_name) @_link (attribute (attribute_name) @_href [(attribute_value) @reference.import (quoted_attribute_value (attribute_value) @reference.import)]))] (#eq? @_link "link") (#eq? @_href "href"))
