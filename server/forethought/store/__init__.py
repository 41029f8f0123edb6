"""What is kept on disk: insights by content, the index of each root, and the user's own state."""
