"""The engine host: a process of its own that owns the model and serves every window and command."""
