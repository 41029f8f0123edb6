"""Whether what a question was read as makes sense for what its names mean.

A misreading seldom does: the default of a parameter that the function does not have, the subclasses of a constant,
whether a field calls a function. What makes no sense is neither answered nor offered.
"""

from collections.abc import Collection

from forethought.qa.reader.features import stemmed
from forethought.qa.reader.labels import LABELS, OPEN
from forethought.qa.reader.masking import EXCEPTION, PARAMETER, SECOND, IndexedNames, MaskedQuestion
from forethought.syntax.symbol_kinds import (
    CLASS_KINDS,
    DATA_KINDS,
    FIELD_KINDS,
    FUNCTION_KINDS,
    TYPE_KINDS,
    VALUE_KINDS,
    SymbolKind,
)

_CALLABLE_KINDS = FUNCTION_KINDS | TYPE_KINDS
_KINDS_OF: dict[str, frozenset[SymbolKind]] = {
    "bases": CLASS_KINDS,
    "cases": _CALLABLE_KINDS,
    "catchers": CLASS_KINDS | {"variable", "constant"},  # Go's errors are variables
    "catches": _CALLABLE_KINDS,
    "calls": _CALLABLE_KINDS,
    "calls/swap": _CALLABLE_KINDS | VALUE_KINDS,
    "callers": _CALLABLE_KINDS | VALUE_KINDS | {"module", "file"},
    "compare": _CALLABLE_KINDS,
    "decorators": _CALLABLE_KINDS | FIELD_KINDS,
    "default": _CALLABLE_KINDS,
    "early_returns": FUNCTION_KINDS,
    "effects": _CALLABLE_KINDS,
    "exports": CLASS_KINDS | {"file"},
    "fields": CLASS_KINDS,
    "members/class": CLASS_KINDS | {"file"},
    "members/function": CLASS_KINDS | {"file"},
    "members/method": CLASS_KINDS | {"file"},
    "members": CLASS_KINDS | DATA_KINDS | {"file"},
    "nature/async": FUNCTION_KINDS,
    "nature/generator": FUNCTION_KINDS,
    "overridden": FUNCTION_KINDS | CLASS_KINDS | {"property"},
    "overrides": FUNCTION_KINDS | CLASS_KINDS | {"property"},
    "parameters": _CALLABLE_KINDS,
    "raisers": CLASS_KINDS | {"variable", "constant"},
    "raises": _CALLABLE_KINDS,
    "readers": VALUE_KINDS,
    "returns": _CALLABLE_KINDS,
    "setters": VALUE_KINDS,
    "subclasses": CLASS_KINDS,
    "tests": _CALLABLE_KINDS | VALUE_KINDS | {"module", "file"},
    "value": VALUE_KINDS,
    "visibility": _CALLABLE_KINDS | VALUE_KINDS | {"module"},
    "writes": _CALLABLE_KINDS,
}
"""Label, or the part of it before the slash → the kinds of symbol of which it can be asked. What has none here can be
asked of all."""
_USING = frozenset(map(stemmed, ("use", "uses", "used", "using", "import", "depend", "include", "require")))
"""Stems of what is done with a file. Nobody calls one: “who calls f in a.py?” was misread if its callers are asked."""


def is_plausible(label: str, question: MaskedQuestion, names: IndexedNames) -> bool:
    """Whether the label makes sense for what the names mean. For a name with several meanings, one of them is enough;
    a subject that is not in the index may be anything.
    """
    if label == OPEN:
        return True
    subject = question.subject
    kinds: Collection[SymbolKind] = {"file"} if subject.is_file else names.kinds(subject.name)
    possible = _KINDS_OF.get(label, _KINDS_OF.get(label.partition("/")[0]))
    if kinds and possible is not None and possible.isdisjoint(kinds):
        return False
    if label == "callers" and kinds == {"file"} and _USING.isdisjoint(map(stemmed, question.words)):
        return False
    second = question.name_of(LABELS[label].slot)
    return second is None or not subject.is_known or _fits(label, subject.name, second, names)


def _fits(label: str, name: str | None, second: str, names: IndexedNames) -> bool:
    """Whether the second name can be what the label says it is to the first."""
    slot, is_swapped = LABELS[label].slot, LABELS[label].is_swapped
    if slot == PARAMETER:
        return second in names.parameters(name)
    kinds = names.kinds(second)
    if slot == EXCEPTION:
        is_class = not _KINDS_OF["raisers"].isdisjoint(kinds)
        return is_class if kinds else second.rpartition(".")[2][:1].isupper()
    assert slot == SECOND, slot
    if label == "compare":
        return not _CALLABLE_KINDS.isdisjoint(kinds)
    if label.startswith("bases"):
        return not CLASS_KINDS.isdisjoint(kinds) if kinds else second.rpartition(".")[2][:1].isupper()
    caller, callee = (second, name) if is_swapped else (name, second)
    is_caller = caller is None or not _CALLABLE_KINDS.isdisjoint(names.kinds(caller))
    is_callee = callee is None or not _CALLABLE_KINDS.isdisjoint(names.kinds(callee)) or names.is_called(callee)
    return is_caller and is_callee
