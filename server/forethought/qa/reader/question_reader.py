"""Reads questions that no rule matches: what is asked, if that is sure, or what may be meant."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from forethought.qa.intent import Intent
from forethought.qa.question import Suggestion
from forethought.qa.reader.classifier import Classifier, Prediction, confidence, shipped, surest
from forethought.qa.reader.features import stemmed, with_words_spelled_out
from forethought.qa.reader.labels import LABELS, OPEN, Label, with_names
from forethought.qa.reader.masking import (
    EXCEPTION,
    FILE,
    PARAMETER,
    SECOND,
    SUBJECT,
    SUBJECTS,
    UNKNOWN,
    IndexedNames,
    MaskedQuestion,
    masked,
)
from forethought.qa.reader.plausibility import is_plausible

MAX_SUGGESTIONS = 3

_MAX_LENGTH = 600
"""Characters of the longest question that is read: more than rules match, as there may be context around it."""
_MAX_CANDIDATES = 4
"""Ways to mask a question that are looked at closely."""
_MIN_AROUND_PLAIN = 4
"""Words of the shortest question that is surely about a symbol with an ordinary word for a name."""
_MIN_SUGGESTED = 0.03
"""Probability of the least likely suggestion."""
_OPEN = 0.25
"""From this probability on a question counts as open, so that a model is asked before readings are offered."""
_MAY_BE_ABOUT_FILE = frozenset({"callers", "tests", "subclasses", "overrides", "last_change", "raisers", "catchers"})
"""Labels where a file may say where to look, rather than where the symbol is."""
_COMMON_QUESTIONS = ("location", "callers", "docs")
"""What is suggested if nothing is likely."""
OF_FILES = frozenset(
    {"location", "docs", "last_change", "tests", "callers", "exists", "members", "members/function"}
    | {"members/class", "exports", OPEN}
)
_ADVISING = frozenset({"to", "should", "can", "would", "could"})
"""Words after which “how” asks for advice: “show me how to call f”."""
_OF_UNKNOWN_SLOTS = {
    PARAMETER: frozenset({"default", "parameters/one", "parameters/type", OPEN}),
    SECOND: frozenset({"calls/one", "calls/swap", "bases/one", "bases/swap", OPEN}),
}


@dataclass(frozen=True, slots=True)
class QuestionReading:
    """What a question was read as. Without an intent, what may be meant."""

    intent: Intent | None = None
    others: tuple[str, ...] = ()
    """The names that the same is asked of."""
    read_as: str | None = None
    """What was understood, in a few words; None if it was word for word."""
    suggestions: tuple[Suggestion, ...] = ()
    is_open: bool = False
    """It asks for no fact."""
    name: str | None = None
    """What it is about."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    question: MaskedQuestion
    prediction: Prediction
    """The surest, of the whole question or of a part of it."""
    of_whole: Prediction
    confidence: float
    is_far: bool
    """What it takes for a name may well be a word, so that it is no answer, but casts doubt on others."""

    @property
    def precision(self) -> int:
        """How many names are understood besides the subject's own."""
        subject = self.question.subject
        is_member = not subject.is_file and "." in (subject.name or "")
        return len(self.question.names) + (subject.in_file is not None) + is_member

    @property
    def intent(self) -> Intent:
        return _labeled(self.prediction.label).intent(self.question)


class QuestionReader:
    """Reads questions by the classifier that ships."""

    def read(self, text: str, names: IndexedNames, points: bool) -> QuestionReading | None:
        """What the question asks; None if it names nothing that is known, nor anything that looks like a symbol.

        points: whether “this” and “it” can mean something. Takes a few milliseconds.
        """
        text = with_words_spelled_out(text)
        if len(text) > _MAX_LENGTH:
            return None
        classifier, fitted = shipped()
        ways = masked(text, names, classifier.vocabulary, points)
        ways.sort(key=lambda way: _likeliest_fact(classifier, way), reverse=True)
        candidates = []
        for question in ways[:_MAX_CANDIDATES]:
            predictions = classifier.predict(question.words, partial(_allowed, question))
            prediction = surest(predictions, fitted) or predictions[0]
            if prediction.label == "subclasses" and not is_plausible("subclasses", question, names):
                prediction = replace(prediction, label="overrides")
            sureness = confidence(prediction, fitted)
            makes_sense = is_plausible(prediction.label, question, names)
            subject = question.subject
            is_short = len(question.words) < _MIN_AROUND_PLAIN or bool(question.names)
            is_far = subject.is_wordlike or (subject.is_plain and (is_short or prediction.evidence.foreign > 0))
            is_vetoed = prediction.is_guarded or not makes_sense or _asks_how_to(question.words)
            if is_vetoed or not _has_needed(question, prediction.label):
                sureness = min(sureness, fitted.threshold / 2)
            candidates.append(_Candidate(question, prediction, predictions[0], sureness, is_far))
        if not candidates:
            return None
        facts = [item for item in candidates if item.prediction.label != OPEN]
        sure = [item for item in facts if item.confidence >= fitted.threshold]
        most = max((item.precision for item in sure), default=0)
        sure = [item for item in sure if item.precision == most]  # “wait” as a parameter, not as a word
        likely = (item for item in sure if not item.is_far)
        best = max(likely, key=lambda item: item.confidence, default=None)
        if best is not None and len({item.intent for item in sure}) == 1:
            return _sure(best)
        return _unsure(candidates, names)


def _asks_how_to(words: Sequence[str]) -> bool:
    return any(word == "how" and following in _ADVISING for word, following in pairwise(words))


def _likeliest_fact(classifier: Classifier, question: MaskedQuestion) -> float:
    """The probability of the likeliest label that is a fact."""
    ranked = classifier.probabilities(question.words, _allowed(question, question.words))
    return next((share for label, share in ranked if label != OPEN), 0.0)


def allowed_labels(words: Collection[str]) -> Collection[str]:
    """The labels that the names in masked words fit: those that need just these."""
    marks = {SECOND, PARAMETER, EXCEPTION}.intersection(words)
    has_subject = not {SUBJECT, SUBJECTS}.isdisjoint(words)
    if UNKNOWN in words or len(marks) > 1 or (FILE in words and has_subject):
        return {OPEN}
    if FILE in words:
        return OF_FILES
    if SUBJECTS in words:
        return {name for name, label in LABELS.items() if not label.slot} | {"compare", OPEN}
    slot = next(iter(marks), "")
    return {name for name, label in LABELS.items() if label.slot == slot} | {OPEN}


def _allowed(question: MaskedQuestion, words: Collection[str]) -> Collection[str]:
    """The labels that the names in words of the question fit."""
    allowed = allowed_labels(words)
    if len(question.others) > 1:
        allowed = {*allowed} - {"compare"}
    if question.is_guess:
        for slot, possible in _OF_UNKNOWN_SLOTS.items():
            if slot in words:
                allowed = possible.intersection(allowed)
    return allowed


def _has_needed(question: MaskedQuestion, label: str) -> bool:
    """Whether the words say the restriction that the label has, and the file is not one that they have."""
    if question.subject.in_file is not None and label in _MAY_BE_ABOUT_FILE:
        return False  # “who calls f in a.py?”
    needs = LABELS[label].needs if label in LABELS else frozenset()
    return not needs or any(stemmed(word) in needs for word in question.words)


def _sure(candidate: _Candidate) -> QuestionReading:
    label, intent = _labeled(candidate.prediction.label), candidate.intent
    others = candidate.question.others if label.slot != SECOND else ()
    is_exact = shipped()[0].has_learned(candidate.question.words, candidate.prediction.label)
    text = with_names(label.text, intent, label.is_swapped) if intent.name is not None else label.text
    several = "".join(f" and `{name}`" for name in others)
    read_as = None if is_exact else _without_name(text, intent) + several
    return QuestionReading(intent, others, read_as, name=candidate.question.subject.name)


def _without_name(text: str, intent: Intent) -> str:
    """The text, with “this” where the question points."""
    return text.replace("{name}", "this").replace("{other}", f"`{intent.other}`")


def _unsure(candidates: list[_Candidate], names: IndexedNames) -> QuestionReading:
    """The likeliest readings of all candidates."""
    shares: dict[Suggestion, float] = {}
    first = candidates[0].of_whole
    open_share = next((share for name, share in ((first.label, first.probability), *first.others) if name == OPEN), 0.0)
    for candidate in candidates:
        question, prediction = candidate.question, candidate.prediction
        for name, share in ((prediction.label, prediction.probability), *prediction.others):
            if name == OPEN or not is_plausible(name, question, names):
                continue
            if share >= _MIN_SUGGESTED and question.subject.name is not None and not question.others:
                suggestion = _suggestion(name, question)
                shares[suggestion] = max(share, shares.get(suggestion, 0.0))
    subject = candidates[0].question.subject
    ranked = sorted(shares, key=lambda suggestion: -shares[suggestion])[:MAX_SUGGESTIONS]
    if not ranked and subject.name is not None and subject.is_known:
        plain = MaskedQuestion((), subject)
        ranked = [_suggestion(name, plain) for name in _COMMON_QUESTIONS]
    return QuestionReading(suggestions=tuple(ranked), is_open=open_share >= _OPEN, name=subject.name)


def _suggestion(name: str, question: MaskedQuestion) -> Suggestion:
    label = LABELS[name]
    intent = label.intent(question)
    swapped = label.is_swapped
    return Suggestion(with_names(label.text, intent, swapped), with_names(label.question, intent, swapped))


def _labeled(name: str) -> Label:
    return LABELS[name]
