"""One root in memory: its index, its open documents, and what is known about its symbols."""
