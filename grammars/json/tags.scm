; definitions: keys three levels deep, and not inside of arrays, which hold records rather than settings
(document (object (pair key: (string (string_content) @name)) @definition.key))
(document (object (pair value: (object (pair key: (string (string_content) @name)) @definition.key))))
(document (object (pair value: (object (pair value: (object (pair key: (string (string_content) @name)) @definition.key))))))
