"""Fits the learned reader (`forethought.qa.reader`) to its labeled questions, and measures it on voices left out."""

import json
import random
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import groupby, repeat
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression, SGDClassifier

from forethought.qa.reader.classifier import Classifier, Confidence, Prediction, confidence, equivalent, surest
from forethought.qa.reader.features import BUCKETS, features, words_of
from forethought.qa.reader.labeled_questions import LabeledQuestion
from forethought.qa.reader.labels import OPEN
from forethought.qa.reader.question_reader import allowed_labels

_SEED = 11
_PENALTY = 1e-6
"""Chosen by the accuracy on voices left out."""
_EPOCHS = 5
"""Trades the time to fit for accuracy: 12 took twice as long."""
_CALIBRATIONS = 3
"""Times that the confidence is fitted: which part of a question is the surest depends on it."""
_ABOUT_FILES = frozenset({"location", "docs", "last_change", "tests", "callers", "exists"})
"""Labels whose questions are asked of files in the same words."""
_ABOUT_SEVERAL = frozenset(
    {"location", "parameters", "returns", "docs", "tests", "raises", "last_change", "default/all", "fields", "bases"}
    | {"subclasses", "members/method", "nature", "value", "visibility", "exists", "decorators", "parameters/required"}
    | {"parameters/optional", "nature/async", "effects"}
)
"""Labels whose questions can be asked of several symbols, each by itself."""
_ALWAYS_LEARNED = frozenset(
    {"canonical", "contrasts", "matching"} | {"builder", "pager", "searcher", "skeptic", "speech", "visitor"}
)
"""Voices that are never left out: what is easily confused, and those by one author who had seen misread questions."""
_COVERED = {
    "tests": ("callers/in_tests",),
    "members": ("members/method", "members/function", "members/class", "fields", "exports"),
    "parameters": ("default/all", "parameters/optional"),
    "default/all": ("parameters/optional",),
    "parameters/optional": ("default/all",),
}
"""Labels whose answers also say all that others ask for."""
_KINDS = ("function", "method", "class", "symbol", "type", "struct", "interface", "constructor")
_AGREEMENT = {"is": "are", "does": "do", "has": "have", "was": "were"}


class Fitted(NamedTuple):
    labels: list[str]
    weights: Any
    """Buckets × labels."""
    intercepts: Any


def fit(questions: Sequence[LabeledQuestion]) -> Fitted:
    """The coefficients of one logistic regression a label, on the questions and variants of them."""
    rows = [row for question in questions for row in variants(question)]
    labels = sorted({label for label, _ in rows})
    number = {label: at for at, label in enumerate(labels)}
    model = SGDClassifier(loss="log_loss", alpha=_PENALTY, max_iter=_EPOCHS, tol=None, random_state=_SEED)
    model.fit(matrix([text for _, text in rows]), [number[label] for label, _ in rows])
    return Fitted(labels, model.coef_.T, model.intercept_)


def matrix(texts: Sequence[str]) -> csr_matrix:
    """Texts × buckets."""
    indices: list[int] = []
    values: list[float] = []
    starts = [0]
    for text in texts:
        found = features(words_of(text))
        indices += found.keys()
        values += found.values()
        starts.append(len(indices))
    return csr_matrix((np.array(values), indices, starts), shape=(len(texts), BUCKETS))


def variants(question: LabeledQuestion) -> Iterator[tuple[str, str]]:
    """The question with its label, and variants that ask the same: of files, of several symbols, with a slip."""
    label, text = question.label, question.text
    chooser = random.Random(f"{_SEED} {text}")  # noqa: S311 - sampling, not cryptography
    yield label, text
    if re.search(r"\bS\b", text):
        kind = chooser.choice(_KINDS)
        named = chooser.choice([f"the {kind} S", f"the S {kind}", f"{kind} S", f"S {kind}", "the S"])
        yield label, re.sub(r"(?:\b(?:the|a|an) )?\bS\b(?! (?:class|method|function))", named, text, count=1)
        if label in _ABOUT_FILES and chooser.random() < 0.5:
            yield label, re.sub(r"\bS\b", "F", text)
        if label in _ABOUT_SEVERAL and chooser.random() < 0.6:
            several = re.sub(r"\bS\b", "SS", text)
            yield label, re.sub(r"\b(?:is|does|has|was)\b", lambda verb: _AGREEMENT[verb[0]], several)
    yield label, _with_slip(text, chooser)
    yield label, _with_aside(text, chooser)


def _with_aside(text: str, chooser: random.Random) -> str:
    """The question in a longer message: with context before or after it, or after a sentence about the symbol."""
    asides = _asides()
    place = chooser.choice(("before", "after", "about"))
    aside = chooser.choice(asides[place])
    if place == "after":
        return text.rstrip(" ?.!") + aside
    if place == "about" and re.search(r"\bS\b", text):
        return aside + re.sub(r"\bS\b", "it", re.sub(r"\bS's", "its", text))
    return chooser.choice(asides["before"]) + text


@cache
def _asides() -> dict[str, list[str]]:
    """What is said around questions: where → the texts."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("asides.txt").read_text(encoding="utf-8").splitlines():
        place, _, aside = line.partition(": ")
        found.setdefault(place, []).append(aside)
    return found


def _with_slip(text: str, chooser: random.Random) -> str:
    """The text with two letters of a word swapped, or one left out or doubled."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if not long:
        return text
    at = chooser.choice(long)
    word = words[at]
    place = chooser.randrange(1, len(word) - 1)
    slips = (
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
    )
    return " ".join([*words[:at], chooser.choice(slips), *words[at + 1 :]])


class HeldOut(NamedTuple):
    """What was predicted for a question by a classifier that has not seen its voice."""

    question: LabeledQuestion
    predictions: list[Prediction]
    """For the whole question, and for parts of it."""

    def is_right(self, prediction: Prediction) -> bool:
        predicted, expected = prediction.label, self.question.label
        return equivalent(predicted) == equivalent(expected) or expected in _COVERED.get(predicted, ())


def predict_held_out(questions: Sequence[LabeledQuestion], folds: int) -> list[HeldOut]:
    """Predict the questions of each voice with coefficients fitted to the others, a few voices at a time."""
    voices = sorted({question.voice for question in questions} - _ALWAYS_LEARNED)
    left_out = [frozenset(voices[fold::folds]) for fold in range(folds)]
    with ProcessPoolExecutor(folds, mp_context=get_context("spawn")) as pool:
        return [item for found in pool.map(_predict_fold, repeat(list(questions)), left_out) for item in found]


def _predict_fold(questions: Sequence[LabeledQuestion], left_out: Collection[str]) -> list[HeldOut]:
    learned = [question for question in questions if question.voice not in left_out]
    classifier = make_classifier(fit(learned), learned)
    return [
        HeldOut(question, classifier.predict(words_of(question.text), allowed_labels))
        for question in questions
        if question.voice in left_out
    ]


def make_classifier(fitted: Fitted, learned: Sequence[LabeledQuestion]) -> Classifier:
    kept = np.flatnonzero(np.abs(fitted.weights).max(axis=1) > 0)
    weights = {int(bucket): fitted.weights[bucket].tolist() for bucket in kept}
    questions = [(question.label, words_of(question.text)) for question in learned]
    return Classifier(fitted.labels, weights, fitted.intercepts.tolist(), questions)


def calibrate(held_out: Sequence[HeldOut], precision: float) -> Confidence:
    """The confidence of predictions, and the lowest threshold at which every voice has this precision.

    Of every voice, as all of them together are more like each other than the next one is like them.
    """
    by = _fit_confidence([(item, item.predictions[0]) for item in held_out])
    for _ in range(_CALIBRATIONS):
        by = _fit_confidence([(item, prediction) for item in held_out if (prediction := surest(item.predictions, by))])
    answered = [(item, prediction) for item in held_out if (prediction := surest(item.predictions, by))]
    scored = [
        (confidence(prediction, by), item.question.voice, item.is_right(prediction)) for item, prediction in answered
    ]
    threshold, right, counts = 1.0, Counter[str](), Counter[str]()
    for sureness, tied in groupby(sorted(scored, reverse=True), key=itemgetter(0)):
        for _, voice, is_right in tied:
            counts[voice] += 1
            right[voice] += is_right
        if all(right[voice] >= precision * count for voice, count in counts.items()):
            threshold = sureness
    return by._replace(threshold=threshold)


def _fit_confidence(predicted: Sequence[tuple[HeldOut, Prediction]]) -> Confidence:
    answered = [pair for pair in predicted if pair[1].label != OPEN and not pair[1].is_guarded]
    model = LogisticRegression(C=10.0, max_iter=1000)
    model.fit([prediction.evidence for _, prediction in answered], [item.is_right(one) for item, one in answered])
    return Confidence._make([float(model.intercept_[0]), *map(float, model.coef_[0]), 1.0])


def write(fitted: Fitted, by: Confidence, learned: Sequence[LabeledQuestion], folder: Path) -> int:
    """Write what `classifier.shipped` reads; returns the number of bytes."""
    highest = np.abs(fitted.weights).max()
    scale = float(highest) / 127
    numbers = np.rint(fitted.weights / scale).astype(np.int8)
    kept = np.flatnonzero(np.abs(numbers).max(axis=1) > 0)
    header = {
        "labels": fitted.labels,
        "scale": scale,
        "intercepts": [round(float(value), 4) for value in fitted.intercepts],
        "confidence": {name: round(value, 4) for name, value in by._asdict().items()},
        "buckets": np.diff(kept, prepend=-1).tolist(),
    }
    text = json.dumps(header, separators=(",", ":")) + "\n"
    (folder / "coefficients.json").write_text(text, encoding="utf-8")
    packed = zlib.compress(numbers[kept].tobytes(), 9)
    (folder / "coefficients.bin").write_bytes(packed)
    lines = dict.fromkeys(f"{question.label} {' '.join(words_of(question.text))}\n" for question in learned)
    (folder / "neighbors.txt").write_text("".join(lines), encoding="utf-8")
    return len(text) + len(packed)


class Measured(NamedTuple):
    facts: int
    recall: float
    precision: float
    wrong: list[tuple[str, str, str]]
    """(question, read as, expected)"""


def measure(held_out: Sequence[HeldOut], by: Confidence) -> Measured:
    """What would be answered at the threshold, and how much of that is right."""
    facts = [item for item in held_out if item.question.label != OPEN]
    answered = [
        (item, prediction)
        for item in held_out
        if (prediction := surest(item.predictions, by)) and confidence(prediction, by) >= by.threshold
    ]
    right = sum(item.is_right(prediction) for item, prediction in answered)
    wrong = [
        (item.question.text, prediction.label, item.question.label)
        for item, prediction in answered
        if not item.is_right(prediction)
    ]
    return Measured(len(facts), right / max(1, len(facts)), right / max(1, len(answered)), wrong)
