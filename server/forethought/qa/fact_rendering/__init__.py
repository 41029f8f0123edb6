"""Answers of fact, as text: worked out from the index for every question, never generated."""

from collections.abc import Callable

from forethought.qa.fact_rendering import behavior_texts, class_texts, relation_texts, signature_texts, symbol_texts
from forethought.qa.fact_rendering.phrasing import FactText
from forethought.qa.fact_rendering.subject import FactSubject

_TEXTS: dict[str, Callable[[FactSubject], FactText]] = {
    "bases": class_texts.bases,
    "callers": relation_texts.callers,
    "cases": behavior_texts.cases,
    "catches": behavior_texts.catches,
    "calls": relation_texts.calls,
    "decorators": symbol_texts.decorators,
    "default": signature_texts.default,
    "docs": symbol_texts.docs,
    "early_returns": behavior_texts.early_returns,
    "effects": behavior_texts.effects,
    "exists": symbol_texts.exists,
    "last_change": symbol_texts.last_change,
    "location": symbol_texts.location,
    "members": class_texts.members,
    "nature": symbol_texts.nature,
    "parameters": signature_texts.parameters,
    "raises": signature_texts.raises,
    "returns": signature_texts.returns,
    "subclasses": class_texts.subclasses,
    "tests": relation_texts.tests,
    "writes": behavior_texts.writes,
}


def fact_text(subject: FactSubject) -> FactText:
    """The answer to a question of fact about one symbol. Reads the index, the disk and git.

    Raises Cancelled as soon as the subject is cancelled, and KeyError for an aspect that is not about one symbol
    (`changed_since`) or no fact.
    """
    return _TEXTS[subject.intent.aspect](subject)
