"""GGUF files: which we know, downloading them, and reading their headers."""
