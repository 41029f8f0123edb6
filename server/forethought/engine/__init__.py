"""The engine: the one seam to a language model, its client, and the host process that owns llama.cpp."""
