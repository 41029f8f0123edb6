"""Which label a masked question has, and how sure that is: a linear model and the nearest labeled questions.

The model is one logistic regression a label, over hashed features. Its probability alone says little about a question
unlike all that it was fitted to, so the confidence also counts how near the nearest labeled questions are and how many
words are new. `python -m benchmarks questions --fit` fits both and writes them, and the
words of the questions, to coefficients.json, coefficients.bin and neighbors.txt.
"""

import json
import math
import zlib
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from forethought.qa.reader.features import MARKS, features, stemmed

GUARDS = frozenset(
    {"not", "never", "no", "none", "without", "except", "excluding", "exclude", "besides", "only", "other", "but"}
    | {"unless", "instead", "neither", "nor", "apart", "ignoring", "ignore", "skip", "outside", "than", "minus", "just"}
    | {"nobody", "nothing", "rather", "aside", "omit", "lack", "most", "least", "first", "second", "more", "less"}
    | {"recursively", "indirectly", "transitively", "twice", "before", "after", "while", "until", "often"}
    | {"why", "should", "how", "good", "best", "better", "explain", "sense", "sensible", "correctly", "wrong", "both"}
    | {"else", "could", "would"}
)
"""Words that restrict or negate what is asked. A label holds only if a question with that label was learned in which
the same word stands before the same other word."""
_LABEL_WORDS = frozenset(
    {
        "when",
        "where",
        "who",
        "whose",
        "used",
        "last",
        "many",
        "often",
        "required",
        "mandatory",
        "optional",
        "obligatory",
    }
    | {"minimum", "unused", "nested", "private", "public", "static", "async", "abstract", "direct", "indirect"}
    | {
        "transitive",
        "overridden",
        "overrides",
        "similar",
        "common",
        "suggest",
        "generate",
        "implement",
        "convert",
        "write",
    }
    | {"fix", "refactor", "improve", "add", "remove", "delete", "rename", "revert", "undo", "mock", "ideas", "unused"}
    | {"failing", "flaky", "slow", "raised", "thrown", "caught", "handled", "subclasses", "inherits", "old", "new"}
    | {
        "imports",
        "same",
        "share",
        "common",
        "alternative",
        "put",
        "appropriate",
        "right",
        "too",
        "call",
        "calls",
        "callers",
    }
    | {"define", "defines", "parent", "base", "bases", "test", "tests", "return", "returns", "raise", "raises"}
    | {"negative", "empty", "null", "invalid", "zero", "missing", "true", "false", "always", "ever", "production"}
)
"""Words that say which fact is asked for, or that none is. A label holds only if a question with that label was learned
that has the word."""

_MODAL = frozenset({"could", "would"})
_POLITE = frozenset({"you", "i", "like", "please", "tell", "show"})
"""Words after which “could” and “would” restrict nothing."""
_COMMON_SHARE = 10
"""A term of more than one in so many questions says nothing about which one is near."""
_MIN_CORRECTED = 5
"""Letters of the shortest word that is corrected."""
_EQUIVALENT = {"subclasses": "overrides", "members/function": "members/method", "exists": "location"}
"""Labels that have the same answer where both make sense."""


class Confidence(NamedTuple):
    """The coefficients of a logistic regression: whether a prediction is right."""

    intercept: float
    log_odds: float
    similarity: float
    """Of the nearest question with the label."""
    rival: float
    """Of the nearest question with another label."""
    unknown: float
    """Words that no labeled question has."""
    foreign: float
    """Words that no question with the label has."""
    threshold: float
    """From this confidence on a reading counts as sure."""


class Evidence(NamedTuple):
    """What the confidence of one prediction is computed from."""

    log_odds: float
    similarity: float
    rival: float
    unknown: int
    foreign: int


@dataclass(frozen=True, slots=True)
class Prediction:
    label: str
    probability: float
    evidence: Evidence
    is_guarded: bool
    """The question has a negation or a restriction that is not known from questions with this label."""
    others: tuple[tuple[str, float], ...]
    """The other labels with their probabilities, the likeliest first."""


class Classifier:
    """Predicts labels. `weights` holds, for each feature bucket with a weight, one number per label."""

    def __init__(
        self,
        labels: Sequence[str],
        weights: Mapping[int, Sequence[float]],
        intercepts: Sequence[float],
        questions: Iterable[tuple[str, Sequence[str]]],
        scale: float = 1.0,
    ) -> None:
        """questions: the label and the words of each labeled question. scale: what each weight is multiplied by."""
        self.labels = tuple(labels)
        self._weights = weights
        self._intercepts = list(intercepts)
        self._scale = scale
        learned = [(label, tuple(words)) for label, words in questions]
        self._learned = frozenset(learned)
        self._neighbors = _Neighbors(learned)

    @property
    def vocabulary(self) -> Collection[str]:
        """Every word of the labeled questions."""
        return self._neighbors.words

    def has_learned(self, words: Sequence[str], label: str) -> bool:
        """Whether these are, word for word, a labeled question of the label."""
        return (label, tuple(words)) in self._learned

    def probabilities(self, words: Sequence[str], allowed: Collection[str]) -> list[tuple[str, float]]:
        """The allowed labels, the likeliest first."""
        sums = [0.0] * len(self.labels)
        for bucket, value in features([self._neighbors.corrected(word) for word in words]).items():
            if (row := self._weights.get(bucket)) is not None:
                for at, weight in enumerate(row):
                    sums[at] += weight * value
        scored = {
            label: intercept + self._scale * total
            for label, intercept, total in zip(self.labels, self._intercepts, sums, strict=True)
            if label in allowed
        }
        highest = max(scored.values())
        powers = {label: math.exp(total - highest) for label, total in scored.items()}
        whole = sum(powers.values())
        return sorted(((label, power / whole) for label, power in powers.items()), key=lambda item: -item[1])

    def predict(self, words: Sequence[str], allowed: Collection[str]) -> Prediction:
        """The likeliest of the allowed labels, with what speaks for it. Takes a few milliseconds."""
        ranked = self.probabilities(words, allowed)
        words = [self._neighbors.corrected(word) for word in words]
        label = ranked[0][0]
        group = equivalent(label)
        probability = sum(share for other, share in ranked if equivalent(other) == group)
        probability = min(max(probability, 1e-6), 1 - 1e-6)
        similarity, rival = self._neighbors.similarities(words, group)
        return Prediction(
            label,
            probability,
            Evidence(
                math.log(probability / (1 - probability)),
                similarity,
                rival,
                sum(word not in MARKS and self._neighbors.is_new(word) for word in words),
                self._neighbors.count_foreign(words, label),
            ),
            self._neighbors.is_guarded(words, label),
            tuple(ranked[1:]),
        )


def equivalent(label: str) -> str:
    """One label for all that have the same answer."""
    return _EQUIVALENT.get(label, label)


def confidence(evidence: Evidence, by: Confidence) -> float:
    """How likely a prediction is right, 0 to 1."""
    total = (
        by.intercept
        + by.log_odds * evidence.log_odds
        + by.similarity * evidence.similarity
        + by.rival * evidence.rival
        + by.unknown * evidence.unknown
        + by.foreign * evidence.foreign
    )
    return 1 / (1 + math.exp(-total))


class _Neighbors:
    """The labeled questions by their stems and pairs of stems."""

    def __init__(self, questions: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.words = frozenset(word for _, words in questions for word in words)
        self._stems = frozenset(map(stemmed, self.words))
        self._correctable = [word for word in self.words if len(word) >= _MIN_CORRECTED and word.isalpha()]
        self._groups = [equivalent(label) for label, _ in questions]
        self._guards: dict[str, set[tuple[str, str]]] = {}
        self._stems_of: dict[str, set[str]] = {}
        for label, words in questions:
            self._stems_of.setdefault(label, set()).update(map(stemmed, words))
            self._guards.setdefault(label, set()).update(_guarded_pairs(words))
        terms = [_terms(words) for _, words in questions]
        counts = Counter(term for found in terms for term in found)
        self._rarity = {
            term: math.log(1 + len(questions) / count) if count * _COMMON_SHARE < len(questions) else 0.0
            for term, count in counts.items()
        }
        self._newest = math.log(1 + len(questions))
        self._norms = [self._norm(found) for found in terms]
        self._places: dict[str, list[int]] = {}
        for number, found in enumerate(terms):
            for term in found:
                self._places.setdefault(term, []).append(number)

    def similarities(self, words: Sequence[str], group: str) -> tuple[float, float]:
        """The cosine with the nearest question of a group of labels, and with the nearest of any other."""
        terms = _terms(words)
        products: dict[int, float] = {}
        for term in terms:
            if not (weight := self._rarity.get(term, 0.0) ** 2):
                continue
            for number in self._places.get(term, ()):
                products[number] = products.get(number, 0.0) + weight
        norm = self._norm(terms) or 1.0
        same = other = 0.0
        for number, product in products.items():
            cosine = product / (norm * (self._norms[number] or 1.0))
            if self._groups[number] == group:
                same = max(same, cosine)
            else:
                other = max(other, cosine)
        return same, other

    def is_new(self, word: str) -> bool:
        return stemmed(word) not in self._stems

    def count_foreign(self, words: Sequence[str], label: str) -> int:
        return len(set(map(stemmed, words)) - self._stems_of.get(label, set()))

    def is_guarded(self, words: Sequence[str], label: str) -> bool:
        return not _guarded_pairs(words) <= self._guards.get(label, set())

    def corrected(self, word: str) -> str:
        """The one word that this may be a slip of: a letter missing, doubled, added or swapped with its neighbor."""
        if word in MARKS or len(word) < _MIN_CORRECTED or not word.isalpha() or not self.is_new(word):
            return word
        close = process.extract(word, self._correctable, scorer=OSA.distance, score_cutoff=1, limit=4)
        slips = [near for near, _, _ in close if Indel.distance(word, near) == 1 or sorted(word) == sorted(near)]
        return slips[0] if len({stemmed(near) for near in slips}) == 1 else word

    def _norm(self, terms: Iterable[str]) -> float:
        return math.sqrt(sum(self._rarity.get(term, self._newest) ** 2 for term in terms))


def _terms(words: Sequence[str]) -> frozenset[str]:
    stems = ["<", *map(stemmed, words), ">"]
    return frozenset([*stems[1:-1], *(f"{left} {right}" for left, right in pairwise(stems))])


def _guarded_pairs(words: Sequence[str]) -> set[tuple[str, str]]:
    """Each guard with the word after it, and each word of `_LABEL_WORDS` alone."""
    following = [*words[1:], ">"]
    pairs = {
        (word, stemmed(after))
        for word, after in zip(words, following, strict=True)
        if word in GUARDS and not (word in _MODAL and after in _POLITE)
    }
    return pairs | {(word, "") for word in _LABEL_WORDS.intersection(words)}


@cache
def shipped() -> tuple[Classifier, Confidence]:
    """The fitted classifier that ships, read once per process."""
    folder = resources.files("forethought.qa.reader")
    header = json.loads(folder.joinpath("coefficients.json").read_text(encoding="utf-8"))
    labels = header["labels"]
    numbers = array("b")
    numbers.frombytes(zlib.decompress(folder.joinpath("coefficients.bin").read_bytes()))
    width, view = len(labels), memoryview(numbers)
    weights = {bucket: view[at * width : (at + 1) * width] for at, bucket in enumerate(_decoded(header["buckets"]))}
    lines = folder.joinpath("neighbors.txt").read_text(encoding="utf-8").splitlines()
    questions = [(label, words.split()) for label, _, words in (line.partition(" ") for line in lines)]
    classifier = Classifier(labels, weights, header["intercepts"], questions, header["scale"])
    return classifier, Confidence(**header["confidence"])


def _decoded(gaps: Sequence[int]) -> list[int]:
    """The buckets from the gaps between them."""
    buckets, last = [], -1
    for gap in gaps:
        last += gap
        buckets.append(last)
    return buckets
