"""The engine host: the process that owns the model and serves every window and command of a user."""
