"""Repositories on disk: git, and which files belong to a root. Safe in hostile ones."""
