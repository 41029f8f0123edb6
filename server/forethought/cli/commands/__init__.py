"""One module a command. Each imports what it needs when it runs, so that `serve` and `--help` start at once."""
