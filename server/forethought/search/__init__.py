"""Full-text search over a root, for questions about the whole repository."""
