"""What the classifier sees of a masked question: hashed words, stems, meanings and letters, in runs of up to three."""

import math
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import dropwhile

from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.tokenizer import STOP, scan
from forethought.text.stemming import stem

BUCKETS = 1 << 15

MARKS = frozenset("STPEFU") | {"SS"}
"""The words that stand for names: see `masking`."""
_LETTER_WEIGHT = 0.4
_SLASHED = re.compile(r"\bw/(o\b)?(?![\w/])", re.IGNORECASE)
_ALTERNATIVES = re.compile(r"(?<![\w`./@-])[A-Za-z]+(?:/[A-Za-z]+){1,2}(?![\w`/-]|\.\w)")
"""“y/n”, “read/write”: words, where a path would have an extension or more parts."""


_HYPHENATED_FILE = re.compile(r"(?<![\w`./@-])\w+(?:-\w+)+(?:\.[a-z]\w{0,3})+\b(?![`/-])")


def words_of(masked: str) -> list[str]:
    """The words of a masked question, its marks as they are."""
    tokens = scan(with_words_spelled_out(masked))
    return joined(token.name if token.name in MARKS else token.word for token in tokens)


def with_words_spelled_out(text: str) -> str:
    """The text with “w/o” as “without” and “y/n” as “y or n”, which would be taken for names of files.

    Names of files with hyphens, which would not, are put in back-ticks.
    """
    text = _SLASHED.sub(lambda found: "without" if found[1] else "with", text)
    text = _HYPHENATED_FILE.sub(lambda found: f"`{found[0]}`", text)
    return _ALTERNATIVES.sub(lambda found: found[0].replace("/", " or "), text)


def joined(words: Iterable[str]) -> list[str]:
    """The words without the punctuation before and after them."""
    kept = list(words)
    while kept and kept[-1] == STOP:
        kept.pop()
    return list(dropwhile(lambda word: word == STOP, kept))


def features(words: Sequence[str]) -> dict[int, float]:
    """Bucket → weight of a masked question; the squares of all weights sum up to 1."""
    weights: dict[int, float] = {}
    for name, weight in _named(words):
        bucket = zlib.crc32(name.encode()) % BUCKETS
        weights[bucket] = max(weight, weights.get(bucket, 0.0))
    norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {bucket: weight / norm for bucket, weight in weights.items()}


def _named(words: Sequence[str]) -> Iterator[tuple[str, float]]:
    stems = ["<", *map(stemmed, words), ">"]
    meanings = ["<", *(meaning for word in words if (meaning := _meaning(word))), ">"]
    for prefix, sequence in (("s", stems), ("m", meanings)):
        for size in (1, 2, 3):
            for at in range(len(sequence) - size + 1):
                yield f"{prefix}{size} {' '.join(sequence[at : at + size])}", 1.0
        for at in range(len(sequence) - 2):
            yield f"{prefix}_ {sequence[at]} {sequence[at + 2]}", 0.5
    for word in words:
        if len(word) > 3 and word not in MARKS:
            yield from ((name, _LETTER_WEIGHT) for name in _letters(word))


@lru_cache(16384)
def stemmed(word: str) -> str:
    """The stem of a word; marks and short words stay as they are."""
    return word if word in MARKS or len(word) < 4 else stem(word)


@lru_cache(4096)
def _letters(word: str) -> tuple[str, ...]:
    padded = f"^{word}$"
    return tuple(f"c {padded[at : at + size]}" for size in (3, 4) for at in range(len(padded) - size + 1))


def _meaning(word: str) -> str:
    if word in MARKS:
        return word
    vocabulary = lexicon()
    return vocabulary.meanings.get(word, vocabulary.kinds.get(word, stemmed(word)))
