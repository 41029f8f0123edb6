"""llama.cpp behind the host. Nothing else imports llama_cpp."""
