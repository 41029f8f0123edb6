"""Ranks files and symbols by how well they fit a question about the whole repository.

The scores of files and passages are BM25 (Robertson and Zaragoza, “The Probabilistic Relevance Framework: BM25 and
Beyond”, 2009), computed by the full-text index. A file's score is that of its whole text plus those of its best
passages, each weighing half of the one before: an answer is usually in one or two functions, and the rest of their
file mentions it, too.

Where texts have vectors, a place's nearness to the question is added to its score by words, which is scaled so that the
best has 1.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from forethought.names.resolver import Target
from forethought.search.passages import words

BEST_PASSAGES = 3
"""Number of passages of a file that count towards its score."""
PASSAGE_DECAY = 0.5
"""Weight of each passage relative to the next better one of its file."""
TEST_FILE_WEIGHT = 0.8
"""Weight of test files when the question does not mention tests."""
TEST_SYMBOL_WEIGHT = 0.5
"""Weight of symbols in them: “where is x done” asks for the code, not for its test."""
INSIGHT_WEIGHT = 0.5
"""Weight of insights relative to code: they are shorter, and a model can be wrong."""
MIN_COSINE = 0.3
"""Of a place with its question; anything less says nothing. Questions about other subjects (bread, invoices) came up to
0.27 with the functions of requests; questions about it begin at 0.41."""
COSINE_WEIGHT = 2.5
"""A place whose cosine is 0.7 gains as much as the best place by words. Chosen on the questions about requests, where
everything between 2.5 and 6 does equally well (`repo-questions`). Twice as much is better for the short queries of
`code-search` (MRR 0.522, not 0.498), and worse for questions about repositories."""
MAX_WORDS = 64
"""Distinct words of a question that are searched."""

_Key = TypeVar("_Key", str, Target)
_TEST_WORDS = frozenset({"test", "tests", "testing", "spec", "specs", "conftest", "unittest"})
_TEST_QUESTION_WORDS = frozenset({"test", "tests", "tested", "testing", "spec", "specs"})
STOP_WORDS = frozenset(
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
    """BM25 scores, all positive, of what contains any of the words searched."""

    passages: Mapping[Target, float]
    files: Mapping[str, float]
    insights: Mapping[Target, float]
    """By symbol: summaries, inferences, predicted questions and their answers."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Files and symbols with their scores, best first."""

    files: tuple[tuple[str, float], ...]
    symbols: tuple[tuple[Target, float], ...]


def question_words(question: str) -> tuple[str, ...]:
    """The distinct words of a question without stop words, or all of them if nothing else is left."""
    distinct = tuple(dict.fromkeys(words(question)))
    return (tuple(word for word in distinct if word not in STOP_WORDS) or distinct)[:MAX_WORDS]


def rank(question: str, hits: Hits, cosines: Mapping[Target, float] | None = None) -> Ranking:
    """Score files by their text and best passages; symbols by their own passage and half of their file's score.

    cosines: of the places nearest to the question in meaning; None if that is not known
    """
    by_words = _rank_by_words(question, hits)
    if cosines is None:
        return by_words
    by_meaning = _rank_by_meaning(question, cosines)
    return Ranking(_added(by_words.files, by_meaning.files), _added(by_words.symbols, by_meaning.symbols))


def _rank_by_words(question: str, hits: Hits) -> Ranking:
    passages = dict(hits.passages)
    for target, score in hits.insights.items():
        passages[target] = passages.get(target, 0.0) + INSIGHT_WEIGHT * score
    by_file: dict[str, list[float]] = {}
    for target, score in passages.items():
        by_file.setdefault(target.path, []).append(score)
    mentions_tests = not _TEST_QUESTION_WORDS.isdisjoint(words(question))
    files = {}
    for path in by_file.keys() | hits.files.keys():
        score = hits.files.get(path, 0.0) + _decayed_sum(by_file.get(path, ()))
        files[path] = score if mentions_tests or not is_test_path(path) else TEST_FILE_WEIGHT * score
    symbols = {
        target: (files[target.path] / 2 + score)
        * (1.0 if mentions_tests or not is_test_path(target.path) else TEST_SYMBOL_WEIGHT)
        for target, score in passages.items()
    }
    return Ranking(_ordered(files), _ordered(symbols))


def _rank_by_meaning(question: str, cosines: Mapping[Target, float]) -> Ranking:
    """Score symbols by their cosine above MIN_COSINE; files by their nearest symbol."""
    mentions_tests = not _TEST_QUESTION_WORDS.isdisjoint(words(question))
    files: dict[str, float] = {}
    symbols = {}
    for target, cosine in cosines.items():
        if cosine > MIN_COSINE:
            test = is_test_path(target.path) and not mentions_tests
            score = COSINE_WEIGHT * (cosine - MIN_COSINE)
            symbols[target] = score * (TEST_SYMBOL_WEIGHT if test else 1.0)
            files[target.path] = max(score * (TEST_FILE_WEIGHT if test else 1.0), files.get(target.path, 0.0))
    return Ranking(_ordered(files), _ordered(symbols))


def _added(
    by_words: Sequence[tuple[_Key, float]], by_meaning: Sequence[tuple[_Key, float]]
) -> tuple[tuple[_Key, float], ...]:
    best = max((score for _, score in by_words), default=1.0)
    scores = {key: score / best for key, score in by_words}
    for key, score in by_meaning:
        scores[key] = scores.get(key, 0.0) + score
    return _ordered(scores)


def is_test_path(path: str) -> bool:
    """Whether a path names tests or their fixtures."""
    return not _TEST_WORDS.isdisjoint(re.findall(r"[a-z]+", path.lower())) or "Test" in path.rpartition("/")[2]


def _decayed_sum(scores: Iterable[float]) -> float:
    best = sorted(scores, reverse=True)[:BEST_PASSAGES]
    return sum(score * PASSAGE_DECAY**number for number, score in enumerate(best))


def _ordered(scores: Mapping[_Key, float]) -> tuple[tuple[_Key, float], ...]:
    return tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
