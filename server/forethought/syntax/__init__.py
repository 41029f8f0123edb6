"""One file's text to its `FileTags`. The only package that knows tree-sitter."""
