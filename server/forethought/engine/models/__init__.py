"""GGUF files: the catalog, downloading, and reading headers."""
