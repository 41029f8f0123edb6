"""Finds what a question about the whole repository refers to."""
