"""Which places a question about a whole repository is about, best first.

Both sides are BM25 (Robertson and Zaragoza, “The Probabilistic Relevance Framework: BM25 and Beyond”, 2009) over words,
worked out by the store. A file counts as a whole and by its best passages, each next one half as much: what is asked
for stands in a function or two, and the file around them speaks of it, too.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from forethought.names.resolver import Target
from forethought.search.passages import words

BEST_PASSAGES = 3
"""Passages of a file that count."""
NEXT_PASSAGE = 0.5
"""What the next best passage of a file counts beside the one before it."""
TEST_SHARE = 0.8
"""What a test's file counts when the question does not speak of tests."""
TEST_PLACE_SHARE = 0.5
"""What a place in it counts: who asks where something is done means where, not by which test."""
THOUGHT_SHARE = 0.5
"""What c′ counts beside the code: it says less, and a model may err."""
MAX_WORDS = 64

_Key = TypeVar("_Key", str, Target)
_TEST_WORDS = frozenset({"test", "tests", "testing", "spec", "specs", "conftest", "unittest"})
_ASKED_TESTS = frozenset({"test", "tests", "tested", "testing", "spec", "specs"})
EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a about all an and any are as at be been before being between both but by can code could did do does "
        "done during each exactly file for from function had handled has have having how i if implemented in "
        "into is it its itself let me method module my no not of on one or our over own place please rather "
        "repository should show so some such tell than that the their them then there these they this those "
        "through to under up use used uses using via was we were what when where whether which while who whose "
        "why will with within without would you your ",
    )
)


@dataclass(frozen=True, slots=True)
class Hits:
    """What the store found: scores, each larger than 0, of what holds any of the words."""

    passages: Mapping[Target, float]
    files: Mapping[str, float]
    thoughts: Mapping[Target, float]
    """Of c′: summaries, inferences, predicted questions and their answers."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Files and places in them, best first, each with its score."""

    files: tuple[tuple[str, float], ...]
    places: tuple[tuple[Target, float], ...]


def question_words(question: str) -> tuple[str, ...]:
    """The words of a question that say something, each once; all of them when none does."""
    said = tuple(dict.fromkeys(words(question)))
    return (tuple(word for word in said if word not in EMPTY_WORDS) or said)[:MAX_WORDS]


def rank(question: str, hits: Hits) -> Ranked:
    """Files by their whole and their best passages; places by their own score and their file's."""
    passages = dict(hits.passages)
    for target, score in hits.thoughts.items():
        passages[target] = passages.get(target, 0.0) + THOUGHT_SHARE * score
    by_file: dict[str, list[float]] = {}
    for target, score in passages.items():
        by_file.setdefault(target.path, []).append(score)
    speaks_of_tests = not _ASKED_TESTS.isdisjoint(words(question))
    files = {}
    for path in by_file.keys() | hits.files.keys():
        score = hits.files.get(path, 0.0) + _faded_sum(by_file.get(path, ()))
        files[path] = score if speaks_of_tests or not is_about_tests(path) else TEST_SHARE * score
    places = {
        target: (files[target.path] / 2 + score)
        * (1.0 if speaks_of_tests or not is_about_tests(target.path) else TEST_PLACE_SHARE)
        for target, score in passages.items()
    }
    return Ranked(_ordered(files), _ordered(places))


def is_about_tests(path: str) -> bool:
    """Whether a path says that it holds tests, or what tests need."""
    return not _TEST_WORDS.isdisjoint(re.findall(r"[a-z]+", path.lower())) or "Test" in path.rpartition("/")[2]


def _faded_sum(scores: Iterable[float]) -> float:
    best = sorted(scores, reverse=True)[:BEST_PASSAGES]
    return sum(score * NEXT_PASSAGE**number for number, score in enumerate(best))


def _ordered(scores: Mapping[_Key, float]) -> tuple[tuple[_Key, float], ...]:
    return tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
