"""How alike two sentences are."""

import re

from forethought.text.stemming import stem

SAME_CLAIM = 0.6
"""Similarity from which on two sentences count as one."""

_WORD = re.compile(r"[^\W\d_]{4,}|\d+")
"""Shorter words are mostly the grammar's: “the”, “it”, “and”."""


def similarity(left: str, right: str) -> float:
    """The share of stems that two sentences have in common, 0 … 1 (Jaccard)."""
    one, other = _stems(left), _stems(right)
    return len(one & other) / len(one | other) if one | other else 0.0


def _stems(text: str) -> set[str]:
    return {stem(word) for word in _WORD.findall(text.lower())}
