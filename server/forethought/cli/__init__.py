"""The command line: an edge that turns words into calls of the services, and documents into text."""
