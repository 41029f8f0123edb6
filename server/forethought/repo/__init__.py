"""Repositories on disk: git, and the source files of a root. Safe even if the repository is hostile."""
