"""Answers of fact, as text: worked out from the index for every question, never generated."""

from collections.abc import Callable

from forethought.qa.fact_rendering import (
    behavior_texts,
    class_texts,
    exception_texts,
    explanation_texts,
    relation_texts,
    signature_texts,
    subtype_texts,
    symbol_texts,
)
from forethought.qa.fact_rendering.phrasing import FactText
from forethought.qa.fact_rendering.subject import FactSubject

_TEXTS: dict[str, Callable[[FactSubject], FactText]] = {
    "bases": subtype_texts.bases,
    "callers": relation_texts.callers,
    "catchers": exception_texts.catchers,
    "cases": behavior_texts.cases,
    "catches": behavior_texts.catches,
    "calls": relation_texts.calls,
    "comparison": signature_texts.comparison,
    "decorators": symbol_texts.decorators,
    "default": signature_texts.default,
    "docs": symbol_texts.docs,
    "early_returns": behavior_texts.early_returns,
    "effects": behavior_texts.effects,
    "exists": symbol_texts.exists,
    "exports": class_texts.exports,
    "fields": class_texts.fields,
    "importers": relation_texts.imported_by,
    "last_change": symbol_texts.last_change,
    "location": symbol_texts.location,
    "mechanism": explanation_texts.explanation,
    "members": class_texts.members,
    "nature": symbol_texts.nature,
    "overridden": subtype_texts.overridden,
    "overrides": subtype_texts.overrides,
    "parameter_type": signature_texts.parameter_type,
    "parameters": signature_texts.parameters,
    "purpose": explanation_texts.explanation,
    "raisers": exception_texts.raisers,
    "raises": signature_texts.raises,
    "readers": relation_texts.readers,
    "returns": signature_texts.returns,
    "setters": relation_texts.setters,
    "subclasses": subtype_texts.subclasses,
    "tests": relation_texts.tests,
    "value": symbol_texts.value,
    "visibility": symbol_texts.visibility,
    "writes": behavior_texts.writes,
}


def fact_text(subject: FactSubject) -> FactText:
    """The answer to a question of fact about one symbol. Reads the index, the disk and git.

    Raises Cancelled as soon as the subject is cancelled, and KeyError for an aspect that is not about one symbol
    (`changed_since`) or no fact.
    """
    return _TEXTS[subject.intent.aspect](subject)
