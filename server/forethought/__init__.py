"""Forethought: a language server that thinks before you ask."""

__version__ = "0.1.0"
