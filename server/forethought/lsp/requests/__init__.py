"""The handlers of requests, notifications and commands: a module per subject. `lsp.registration` lists them all."""
