"""Strings: Markdown and URIs, positions in text, and what must not be shown. Pure."""
