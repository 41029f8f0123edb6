"""Answers about a symbol itself: where it is, what it is, what it says about itself, and who changed it last."""

import re

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.code_quotes import quoted as quoted_code
from forethought.facts.exports import is_visible
from forethought.facts.location import Location
from forethought.names.modules import SCRIPT_LANGUAGES
from forethought.qa.fact_rendering.phrasing import (
    MAX_LISTED,
    FactText,
    counted,
    display_name,
    more_lines,
    place_text,
    quoted,
    shortened,
    where,
    with_article,
)
from forethought.qa.fact_rendering.subject import FactSubject
from forethought.syntax.decorators import decorators_of
from forethought.syntax.symbol_kinds import FIELD_KINDS, VALUE_KINDS
from forethought.syntax.tags import Symbol
from forethought.text.redaction import redact
from forethought.workspace.symbol_info import SymbolInfo

_MAX_DECORATOR_LENGTH = 160
"""Characters of a decorator in a list."""
_MAX_STATEMENT = 120
"""Characters of a statement in a list."""

_RESTRICTIONS = ("private", "protected", "internal", "fileprivate")
"""Modifiers of what is not public."""

_PROPERTIES = {
    "async": "async",
    "abstract": "abstract",
    "static": "static",
    "generator": "a generator",
    "yield": "a generator",
}
"""Words that ask for a property of a symbol, and how an answer names it."""


def symbol_sketch(symbol_info: SymbolInfo) -> str:
    """What a symbol is: its kind, place and signature."""
    symbol = symbol_info.symbol
    lines = [f"{display_name(symbol_info)} is {with_article(symbol.kind)} in {where(symbol_info)}."]
    lines += [f"`{symbol.signature}`"] if symbol.signature else []
    return "\n\n".join(lines)


def location(subject: FactSubject) -> FactText:
    return FactText(f"{subject.name} is defined in {where(subject.info)}.")


def exists(subject: FactSubject) -> FactText:
    return FactText(f"Yes: {subject.name} is {with_article(subject.symbol.kind)} in {where(subject.info)}.")


def docs(subject: FactSubject) -> FactText:
    return FactText(subject.symbol.doc or f"{subject.name} has no documentation.")


def nature(subject: FactSubject) -> FactText:
    """What kind of symbol it is, or whether it has a property or is of a kind."""
    symbol, asked = subject.symbol, subject.intent.other
    declaration = f"\n\n`{symbol.signature}`" if symbol.signature else ""
    kind_and_place = f"{with_article(symbol.kind)} ({where(subject.info)})"
    if asked is None:
        return FactText(f"{subject.name} is {kind_and_place}.{declaration}")
    if asked in _PROPERTIES:
        if _has_property(subject, asked):
            return FactText(f"Yes: {subject.name} is {_PROPERTIES[asked]}.{declaration}")
        return FactText(f"No: nothing indicates that {subject.name} is {_PROPERTIES[asked]}.{declaration}")
    is_asked_kind = symbol.kind == asked or (asked == "function" and symbol.kind == "method")
    return FactText(f"{'Yes' if is_asked_kind else 'No'}: {subject.name} is {kind_and_place}.")


def decorators(subject: FactSubject) -> FactText:
    written = decorators_of(subject.symbol, subject.workspace.lines(subject.info.path))
    if not written:
        return FactText(f"{subject.name} has no decorators.")
    shown = quoted(shortened(text, _MAX_DECORATOR_LENGTH) for text in written)
    return FactText(f"{subject.name} has {counted(len(written), 'decorator')}: {shown}.")


def value(subject: FactSubject) -> FactText:
    """The value of a constant or variable, as it is written."""
    symbol = subject.symbol
    if symbol.kind not in VALUE_KINDS:
        return FactText(f"{subject.name} is {with_article(symbol.kind)} ({where(subject.info)}) and has no value.")
    text = f"{subject.name} is defined as `{symbol.signature}` ({where(subject.info)})"
    if symbol.kind not in FIELD_KINDS - {"enumerator"} or "=" in symbol.signature:
        return FactText(f"{text}.")
    statements, places = values_set(subject)
    return FactText(f"{text}{f' and set in:{statements}' if statements else '.'}", places)


def values_set(subject: FactSubject) -> tuple[str, tuple[Location, ...]]:
    """The statements that set a field that its definition gives no value, a line each."""
    uses = subject.used_by().get("written")
    if uses is None:
        return "", ()
    lines = [f"\n- {_statement(subject, place)} ({place_text(place)})" for place in uses.places[:MAX_LISTED]]
    return "".join(lines) + more_lines(uses.total, len(lines)), uses.places[:MAX_LISTED]


def _statement(subject: FactSubject, place: Location) -> str:
    line = subject.workspace.lines(place.path)[place.range.start.row : place.range.start.row + 1]
    return quoted_code(redact(b"".join(line).decode("utf-8", "replace").strip()), _MAX_STATEMENT)


def visibility(subject: FactSubject) -> FactText:
    """Whether a symbol is public by the rules or conventions of its language."""
    symbol, path = subject.symbol, subject.info.path
    outline = subject.resolver.snapshot.outline(path)
    if outline is None or symbol.kind == "file":
        return FactText(f"{subject.name} is {with_article(symbol.kind)}, which is neither public nor private.")
    owner = outline.symbol(symbol.parent) if symbol.parent else None
    is_public = is_visible(path, outline, symbol) and (owner is None or is_visible(path, outline, owner))
    declared = f"\n\n`{symbol.signature}`" if symbol.signature else ""
    if is_public:
        return FactText(f"{subject.name} is public ({where(subject.info)}).{declared}")
    hidden = _restriction(symbol, outline.language)
    return FactText(f"{subject.name} is {hidden} ({where(subject.info)}).{declared}")


def _restriction(symbol: Symbol, language: str) -> str:
    """How a symbol that is not public is called in its language."""
    if (limited := re.match(r"pub\([^()]*\)", symbol.signature)) is not None:
        return f"`{limited[0]}`"
    declared = next((word for word in _RESTRICTIONS if is_declared(symbol, word)), None)
    if declared is not None or symbol.short_name.startswith("#"):
        return declared or "private"
    if symbol.short_name.startswith("_"):
        return "private by convention"
    if language == "rust":
        return "private to its module"
    return "not exported" if language in SCRIPT_LANGUAGES | {"go"} else "not public"


def last_change(subject: FactSubject) -> FactText:
    change = subject.workspace.last_change(subject.target)
    if change is None:
        return FactText(f"The last change to {subject.name} is not committed, or its history is not available.")
    commit = f"in `{change.commit[:10]}`: {change.subject}"
    return FactText(f"{subject.name} was last changed by {change.author} on {change.date[:10]} {commit}")


def is_declared(symbol: Symbol, *modifiers: str) -> bool:
    """Whether one of the modifiers stands before the symbol's name in its declaration, or begins the value of it."""
    words = "|".join(modifiers)
    before_name = symbol.signature.partition(symbol.short_name)[0]
    return bool(re.search(rf"\b(?:{words})\b", before_name) or re.search(rf"=\s*(?:{words})\b", symbol.signature))


def _has_property(subject: FactSubject, asked: str) -> bool:
    symbol = subject.symbol
    names = subject.resolver.names(subject.target.path)
    decorator_names = {item.name for item in names.decorators.get(symbol.id, ())} if names is not None else set()
    if asked == "async":
        return is_declared(symbol, "async", "suspend")
    if asked == "static":
        return is_declared(symbol, "static") or "staticmethod" in decorator_names
    if asked in ("generator", "yield"):
        return bool(symbol.yielded) or "function*" in symbol.signature.replace(" *", "*")
    return is_declared(symbol, "abstract") or _is_abstract_by_form(subject, decorator_names)


def _is_abstract_by_form(subject: FactSubject, decorator_names: set[str]) -> bool:
    """Whether a symbol is abstract without the keyword: an interface, a pure virtual method, or Python's `abc`."""
    symbol = subject.symbol
    if decorator_names & {"abstractmethod", "abstractproperty", "abstractclassmethod"}:
        return True
    if symbol.kind in ("interface", "trait") or re.search(r"\bvirtual\b.*=\s*0$", symbol.signature):
        return True
    names = subject.resolver.names(subject.target.path)
    if not subject.is_class or names is None:
        return False
    if re.search(r"[(,]\s*(?:abc\.)?ABC\b|\bmetaclass\s*=\s*(?:abc\.)?ABCMeta\b", symbol.signature):
        return True
    methods = (member for _, member in hierarchy.own_members(subject.resolver, subject.target))
    return any(item.name == "abstractmethod" for method in methods for item in names.decorators.get(method.id, ()))
