"""The llama.cpp backend. Nothing outside this package imports llama_cpp."""
