"""Which lines of a symbol a statement is about: those that share its rarest words."""

import math
import re
from collections import Counter

from forethought.text.stemming import stem

MAX_LINES = 6
"""Lines of one piece of evidence."""
MIN_SHARE = 0.5
"""Score of a neighboring line, relative to the best line, from which on it belongs to the evidence."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Za-z][a-z]+|\d+")
"""Words of prose, and the parts of identifiers."""


def find_evidence(statement: str, code: str) -> tuple[tuple[int, int], ...]:
    """The lines of `code` that share most with the statement: (first, last) counted from 0, or nothing.

    A shared word counts by its inverse document frequency over the lines, as in information retrieval.
    """
    lines = [_stems(line) for line in code.split("\n")]
    frequency = Counter(word for line in lines for word in line)
    said = _stems(statement)
    scores = [sum(math.log(1 + len(lines) / frequency[word]) for word in line & said) for line in lines]
    best = max(range(len(scores)), key=scores.__getitem__, default=0)
    if not scores or scores[best] <= 0:
        return ()
    first = last = best
    while first > 0 and last - first < MAX_LINES - 1 and scores[first - 1] >= MIN_SHARE * scores[best]:
        first -= 1
    while last < len(scores) - 1 and last - first < MAX_LINES - 1 and scores[last + 1] >= MIN_SHARE * scores[best]:
        last += 1
    return ((first, last),)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word.lower()) for word in _WORD.findall(text) if len(word) > 2)
