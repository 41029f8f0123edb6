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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise, repeat
from operator import mul
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from forethought.qa.intent.tokenizer import STOP
from forethought.qa.reader.asking_clauses import MAX_CLAUSES, asks, clauses, is_about_asker, sentences, with_subject
from forethought.qa.reader.features import MARKS, features, stemmed
from forethought.qa.reader.labels import OPEN

GUARDS = frozenset(
    {"not", "never", "no", "none", "without", "except", "excluding", "exclude", "besides", "only", "other", "but"}
    | {"unless", "instead", "neither", "nor", "apart", "ignoring", "ignore", "skip", "outside", "than", "minus", "just"}
    | {"nobody", "nothing", "rather", "aside", "omit", "lack", "most", "least", "first", "second", "more", "less"}
    | {"recursively", "indirectly", "transitively", "twice", "before", "after", "while", "until", "often"}
    | {"why", "should", "how", "good", "best", "better", "explain", "sense", "sensible", "correctly", "wrong", "both"}
    | {"else", "could", "would", "non", "sans", "barring", "disregarding"}
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

_LEADING_GUARDS = GUARDS - (
    {"no", "just", "but", "before", "after", "while", "until", "first", "second", "more", "other", "could", "would"}
    | {"both", "than", "most", "only", "outside", "how", "nothing"}
)
"""Guards that count in a sentence before the asking clause, unless it is about who asks."""
_TRAILING_GUARDS = GUARDS - {"just", "but"}
"""The same for a sentence after it."""
_NEGATIONS = frozenset({"not", "never", "no", "none", "without"})
_INTERROGATIVES = frozenset({"what", "which", "who", "whose", "where", "list", "show"})
_MODAL = frozenset({"could", "would"})
_POLITE = frozenset({"you", "i", "like", "please", "tell", "show"})
"""Words after which “could” and “would” restrict nothing."""
_COMMON_SHARE = 10
"""A term of more than one in so many questions says nothing about which one is near."""
_MIN_CORRECTED = 5
"""Letters of the shortest word that is corrected."""
_EQUIVALENT = {"subclasses": "overrides", "members/function": "members/method", "exists": "location"}
"""Labels that have the same answer where both make sense."""
_MIN_CONFLICT = 0.8
"""Probability from which on the rest of a question asks for a fact of its own."""
_MAX_PARTS = 3
"""Parts of a question that are looked at closely."""

_Ranked = list[tuple[str, float]]
"""Labels with their probabilities, the likeliest first."""


class Confidence(NamedTuple):
    """The coefficients of a logistic regression: whether a prediction is right."""

    intercept: float
    log_odds: float
    similarity: float
    """Of the nearest question with the label."""
    rival: float
    """Of the nearest question with another label."""
    foreign: float
    """Words that no question with the label has."""
    whole: float
    """What the whole question says about the label that a part of it has."""
    threshold: float
    """From this confidence on a reading counts as sure."""


class Evidence(NamedTuple):
    """What the confidence of one prediction is computed from."""

    log_odds: float
    similarity: float
    rival: float
    foreign: int
    whole: float
    """Log odds of the label for the whole question, of which the prediction may be about a part."""


@dataclass(frozen=True, slots=True)
class Prediction:
    label: str
    probability: float
    evidence: Evidence
    is_guarded: bool
    """The question has a negation or a restriction that is not known from questions with this label."""
    others: tuple[tuple[str, float], ...]
    """The other labels with their probabilities, the likeliest first."""
    is_learned: bool = False
    """The whole question is, word for word, a labeled one with this label, and with no other."""


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
        self._learned: dict[tuple[str, ...], set[str]] = {}
        for label, known in learned:
            self._learned.setdefault(known, set()).add(label)
        self._neighbors = _Neighbors(learned)

    @property
    def vocabulary(self) -> Collection[str]:
        """Every word of the labeled questions."""
        return self._neighbors.words

    def has_learned(self, words: Sequence[str], label: str) -> bool:
        """Whether these are, word for word, a labeled question of the label, and of no other."""
        return self._learned.get(tuple(words)) == {label}

    def probabilities(self, words: Sequence[str], allowed: Collection[str]) -> list[tuple[str, float]]:
        """The allowed labels, the likeliest first."""
        return self._probabilities([self._neighbors.corrected(word) for word in words], allowed)

    def predict(self, words: Sequence[str], allowed: Callable[[Sequence[str]], Collection[str]]) -> list[Prediction]:
        """The likeliest of the allowed labels for the whole question, first, and for parts that may be all of it.

        allowed: the labels that the names in a question or a part of it fit. Takes a few milliseconds.
        """
        words = [self._neighbors.corrected(word) for word in words]
        whole = self._probabilities(words, allowed(words))
        places = {with_subject(words[start:end], words): (start, end) for start, end in clauses(words)}
        parts = {part: self._probabilities(part, allowed(part)) for part in list(places)[:MAX_CLAUSES]}
        likely = sorted(parts, key=lambda part: -parts[part][0][1])[:_MAX_PARTS]
        predictions = [self._prediction(words, words, whole, whole, ((), ()), allowed(words))]
        for part in likely:
            start, end = places[part]
            outside = (words[:start], words[end:])
            labels = allowed(part)
            whole_as_part = whole if labels == allowed(words) else self._probabilities(words, labels)
            predictions.append(self._prediction(words, part, parts[part], whole_as_part, outside, labels))
        return predictions

    def _prediction(
        self,
        words: Sequence[str],
        part: Sequence[str],
        ranked: _Ranked,
        whole: _Ranked,
        outside: tuple[Sequence[str], Sequence[str]],
        allowed: Collection[str],
    ) -> Prediction:
        label = ranked[0][0]
        group = equivalent(label)
        similarity, rival = self._neighbors.similarities(part, group)
        evidence = Evidence(
            _log_odds(ranked, group),
            similarity,
            rival,
            self._neighbors.count_foreign(part, label),
            _log_odds(whole, group),
        )
        is_guarded = (
            self._neighbors.is_guarded(part, label)
            or _restrict(outside[0], _LEADING_GUARDS)
            or _restrict(outside[1], _TRAILING_GUARDS)
        )
        is_guarded = is_guarded or any(self._asks_else(rest, words, group, allowed) for rest in outside if asks(rest))
        is_learned = part is words and self.has_learned(words, label)
        return Prediction(label, ranked[0][1], evidence, is_guarded, tuple(ranked[1:]), is_learned)

    def _asks_else(self, rest: Sequence[str], words: Sequence[str], group: str, allowed: Collection[str]) -> bool:
        """Whether the rest of the question asks for another fact."""
        label, share = self._probabilities(with_subject(rest, words), allowed)[0]
        return share >= _MIN_CONFLICT and label != OPEN and equivalent(label) != group

    def _probabilities(self, words: Sequence[str], allowed: Collection[str]) -> _Ranked:
        weighted = [(row, value) for bucket, value in features(words).items() if (row := self._weights.get(bucket))]
        values = [value for _, value in weighted]
        rows = [row for row, _ in weighted]
        columns: Iterable[Iterable[float]] = zip(*rows, strict=True) if rows else repeat(())  # one for each label
        scored = {
            label: intercept + self._scale * sum(map(mul, column, values))
            for label, intercept, column in zip(self.labels, self._intercepts, columns, strict=False)
            if label in allowed
        }
        highest = max(scored.values())
        powers = {label: math.exp(total - highest) for label, total in scored.items()}
        total = sum(powers.values())
        return sorted(((label, power / total) for label, power in powers.items()), key=lambda item: -item[1])


def _log_odds(ranked: _Ranked, group: str) -> float:
    """Of all labels with the same answer."""
    probability = sum(share for label, share in ranked if equivalent(label) == group)
    probability = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(probability / (1 - probability))


def _restrict(words: Sequence[str], guards: frozenset[str]) -> bool:
    """Whether words before or after the asking clause may restrict or negate what it asks."""
    return any(not guards.isdisjoint(part) and not is_about_asker(part) for part in sentences(words))


def equivalent(label: str) -> str:
    """One label for all that have the same answer."""
    return _EQUIVALENT.get(label, label)


def confidence(prediction: Prediction, by: Confidence) -> float:
    """How likely a prediction is right, 0 to 1."""
    if prediction.is_learned:
        return 1.0
    evidence = prediction.evidence
    total = (
        by.intercept
        + by.log_odds * evidence.log_odds
        + by.similarity * evidence.similarity
        + by.rival * evidence.rival
        + by.foreign * evidence.foreign
        + by.whole * evidence.whole
    )
    return 1 / (1 + math.exp(-total))


def surest(predictions: Iterable[Prediction], by: Confidence) -> Prediction | None:
    """The surest prediction of a fact that no guard forbids."""
    facts = [item for item in predictions if item.label != OPEN and not item.is_guarded]
    return max(facts, key=lambda item: confidence(item, by), default=None)


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
    """Each guard with the word after it, and each word of `_LABEL_WORDS` alone.

    A negation after an interrogative in the same clause is another one than in a yes-or-no question: “what does S not
    call” asks for the opposite of “S does not call anything, does it”.
    """
    following = [*words[1:], ">"]
    asks_which = False
    pairs = {(word, "") for word in _LABEL_WORDS.intersection(words)}
    for word, after in zip(words, following, strict=True):
        asks_which = word != STOP and (asks_which or word in _INTERROGATIVES)
        if word in GUARDS and not (word in _MODAL and after in _POLITE):
            is_other = asks_which and word in _NEGATIONS
            pairs.add((f"which {word}" if is_other else word, stemmed(after)))
    return pairs


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
