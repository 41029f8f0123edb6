"""The engine as seen from every other process: connecting to a host, and starting one when needed."""
