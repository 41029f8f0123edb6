"""The model: its interface (`api`), the client, the host process that runs it, their protocol, and GGUF files."""
