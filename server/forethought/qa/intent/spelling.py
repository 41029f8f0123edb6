"""Spelling: which known word or name a misspelt one stands for, and what in a question is spelled like a name."""

import re
from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Indel

from forethought.qa.intent.lexicon import MIN_CORRECTED_LENGTH, lexicon

_MIN_SIMILARITY = 75.0
"""Percent from which on a known name is suggested for an unknown one."""
_MIN_MISSPELT_SIMILARITY = 85.0
"""Percent from which on a plain word is taken for a misspelt name. Higher, as nothing was marked as a name: “slow” is
not `show`."""
_MIN_LONG_WORD = 9
"""Letters from which on a word may hold two slips."""
_MAX_CLOSE_WORDS = 8


def closest_names(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known names spelled most like this one, whatever the case, the closest first: for “did you mean …?”."""
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.lower(), candidate)
    close = process.extract(name.lower(), folded.keys(), scorer=fuzz.ratio, score_cutoff=_MIN_SIMILARITY, limit=limit)
    return [folded[match] for match, _, _ in close]


def is_misspelt(name: str, known: Iterable[str]) -> bool:
    """Whether a plain word can hardly be anything but a misspelling of a known name."""
    folded = (candidate.lower() for candidate in known)
    return (
        process.extractOne(name.lower(), folded, scorer=fuzz.ratio, score_cutoff=_MIN_MISSPELT_SIMILARITY) is not None
    )


def corrected(word: str) -> str | None:
    """The word of the lexicon that a misspelt word stands for; None when there is none, or several that differ.

    One letter may be missing, doubled, added or swapped with its neighbor; in long words, any two. A different letter
    is no slip in a short word: “texts” are not “tests”.
    """
    vocabulary = lexicon()
    if len(word) < MIN_CORRECTED_LENGTH or word in vocabulary.guarded or not word.isalpha():
        return None
    is_long = len(word) >= _MIN_LONG_WORD
    close = process.extract(
        word, vocabulary.correctable, scorer=OSA.distance, score_cutoff=2 if is_long else 1, limit=_MAX_CLOSE_WORDS
    )
    slips = [
        (distance, candidate)
        for candidate, distance, _ in close
        if is_long or Indel.distance(word, candidate) == 1 or sorted(word) == sorted(candidate)
    ]
    nearest = [candidate for distance, candidate in slips if distance == min(slips)[0]]
    nearest = [candidate for candidate in nearest if sorted(word) == sorted(candidate)] or nearest
    return nearest[0] if len({vocabulary.meanings[candidate] for candidate in nearest}) == 1 else None


def named_in(question: str, only_marked: bool = False) -> Iterator[str]:
    """Every word of a question that could be the name of a symbol: marked ones first, or alone."""
    ticked = re.findall(r"`([^`\n]+)`", question)
    words = ticked + re.findall(r"[^\W\d][\w$]*(?:(?:\.|::|#)[^\W\d][\w$]*)*", question)
    names = [word.removesuffix("()") for word in words if word.lower() not in lexicon().no_names]
    for name in dict.fromkeys(sorted(names, key=lambda name: not is_marked(name))):
        if not only_marked or is_marked(name) or name in ticked:
            yield name


def is_marked(name: str) -> bool:
    """Whether a name can only be code: it has dots, underscores, digits or inner capitals."""
    return bool(re.search(r"[._:#$/]|\d|[a-z][A-Z]", name))


def is_about_this_file(question: str) -> bool:
    """Whether a question says “this file”, even if the rest of it is not understood."""
    return bool(re.search(r"\bthis (?:file|module)\b", question, re.IGNORECASE))
