"""A module per command, imported when the command runs. A function imports only what is heavy and rarely needed."""
