"""The engine as every process but the host sees it."""
