"""Measurements that anybody can repeat: each prints figures made in one run, with its goals."""

BENCHES = {
    "hover": "How long a hover takes next to a server that answers with a constant, idle and while a pass runs.",
    "resolve": "How often name resolution answers, and how often with the same definition as Jedi.",
}
"""Name → what it measures. Each is a module here with `run(...) -> dict` and `render(result) -> str`."""
