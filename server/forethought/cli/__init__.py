"""The command line: turns arguments into calls of the services, and documents into text."""
