"""Answers about the members of classes, and about the definitions in files and functions."""

from collections.abc import Sequence

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.exports import is_visible
from forethought.facts.location import Location
from forethought.names.resolver import Target
from forethought.qa.fact_rendering.phrasing import (
    MAX_LISTED,
    FactText,
    counted,
    enumerated,
    more_lines,
    outside,
    place_text,
    quoted,
    shortened,
    with_article,
)
from forethought.qa.fact_rendering.subject import FactSubject, places_of
from forethought.syntax.symbol_kinds import CLASS_KINDS, FIELD_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import Symbol
from forethought.text.sanitizers import printable_path

_MAX_MEMBERS = 2 * MAX_LISTED


def members(subject: FactSubject) -> FactText:
    """What a class, a file or a function defines, or whether it defines `intent.other`."""
    if subject.intent.other is not None:
        return _one_member(subject, subject.intent.other)
    part = subject.intent.part
    own = [item for item in hierarchy.own_members(subject.resolver, subject.target) if _is_part(item[1], part)]
    if part in (None, "member"):  # fields are told in one line
        own = [item for item in own if item[1].kind not in FIELD_KINDS]
    if not subject.is_class and subject.symbol.kind != "file":
        own = [(target, member) for target, member in own if member.body]  # parameters and local variables
    if own:
        noun = part or ("member" if subject.is_class else "symbol")
        lines = [f"- `{_declared(member)}` ({_line(subject, target, member)})" for target, member in own[:_MAX_MEMBERS]]
        head = f"{subject.name} defines {counted(len(own), noun)}"
        text = f"{head}:\n" + "\n".join(lines) + more_lines(len(own), len(lines))
    else:
        text = (
            f"{subject.name} defines no {part}." if part not in (None, "member") else f"{subject.name} defines nothing."
        )
    if subject.is_class and part in (None, "member") and (fields := _fields(subject)):
        text = f"{text}\n\nIt has {fields}" if own else f"{subject.name} has {fields}"
    return FactText(text + _inherited(subject), places_of(own[:MAX_LISTED]))


def fields(subject: FactSubject) -> FactText:
    """What a class holds: what its body declares, and members that are values."""
    if not subject.is_class:
        return FactText(f"{subject.name} is {with_article(subject.symbol.kind)} and has no fields.")
    own = hierarchy.own_members(subject.resolver, subject.target)
    values = [(target, member) for target, member in own if member.kind not in CLASS_KINDS | FUNCTION_KINDS]
    declared = _fields(subject)
    if not values and not declared:
        return FactText(f"{subject.name} declares no fields.{_inherited_note(subject)}")
    text = f"{subject.name} has {declared}" if declared else ""
    if values:
        lines = [
            f"- `{_declared(member)}` ({_line(subject, target, member)})" for target, member in values[:_MAX_MEMBERS]
        ]
        head = f"{subject.name} defines {counted(len(values), 'field')}:\n"
        listing = head + "\n".join(lines) + more_lines(len(values), len(lines))
        text = f"{text}\n\n{listing}" if text else listing
    return FactText(text + _inherited_note(subject), places_of(values[:MAX_LISTED]))


def _inherited_note(subject: FactSubject) -> str:
    """That there are bases, whose fields are not listed."""
    return f"\n\nIt inherits from {quoted(subject.symbol.bases)}." if subject.symbol.bases else ""


def exports(subject: FactSubject) -> FactText:
    """What a file offers to other files, by the rules of its language."""
    if subject.symbol.kind != "file":
        return members(subject)
    outline = subject.resolver.snapshot.outline(subject.info.path)
    symbols = outline.symbols[1:] if outline is not None else ()
    own = [
        (Target(subject.info.path, item.id), item)
        for item in symbols
        if outline is not None and not item.parent and is_visible(subject.info.path, outline, item)
    ]
    if not own:
        return FactText(f"{subject.name} exports nothing that it defines.")
    lines = [f"- `{_declared(member)}` ({_line(subject, target, member)})" for target, member in own[:_MAX_MEMBERS]]
    head = f"{subject.name} exports {counted(len(own), 'symbol')} that it defines:\n"
    return FactText(head + "\n".join(lines) + more_lines(len(own), len(lines)), places_of(own[:MAX_LISTED]))


def _one_member(subject: FactSubject, other: str) -> FactText:
    name = other.rpartition(".")[2]
    targets: Sequence[Target]
    if subject.is_class:
        targets = subject.resolver.member(subject.target, name)
    else:
        own = hierarchy.own_members(subject.resolver, subject.target)
        targets = [target for target, member in own if member.short_name == name]
    member = subject.resolver.symbol(targets[0]) if targets else None
    if member is None:
        unknown = hierarchy.external_bases(subject.resolver, subject.target)
        note = f" It may be inherited from {outside(unknown)}." if unknown else ""
        return FactText(f"No: {subject.name} has no `{name}`.{note}")
    place = Location(targets[0].path, member.id, member.selection)
    inherited = "" if member.name == f"{subject.symbol.name}.{name}" else ", inherited"
    return FactText(f"Yes{inherited}: `{member.signature}` ({place_text(place)}).", (place,))


def _fields(subject: FactSubject) -> str:
    """“2 fields: …”; empty without fields."""
    fields = hierarchy.fields(subject.resolver, subject.target)
    noun = "member" if all(field.kind == "enumerator" for field in fields) else "field"
    shown = [f"`{shortened(field.signature)}`" for field in fields]
    return f"{counted(len(fields), noun)}: {enumerated(shown, _MAX_MEMBERS)}." if fields else ""


def _inherited(subject: FactSubject) -> str:
    """The methods that a class inherits, base by base, as a paragraph to append."""
    if not subject.is_class or subject.intent.part not in (None, "member", "method", "function"):
        return ""
    lines = []
    for base, methods in hierarchy.inherited(subject.resolver, subject.target):
        names = enumerated([f"`{method.short_name}`" for _, method in methods], _MAX_MEMBERS)
        lines.append(f"- from `{base.symbol_id}` ({printable_path(base.path)}): {names}")
    if unknown := hierarchy.external_bases(subject.resolver, subject.target):
        lines.append(f"- the members of {outside(unknown)}")
    return "\n\nIt inherits:\n" + "\n".join(lines) if lines else ""


def _declared(member: Symbol) -> str:
    """A member in one line; of a long value, the beginning."""
    return member.signature if member.kind in CLASS_KINDS | FUNCTION_KINDS else shortened(member.signature)


def _line(subject: FactSubject, target: Target, member: Symbol) -> str:
    line = member.range.start.row + 1
    return f"line {line}" if target.path == subject.info.path else f"{printable_path(target.path)}:{line}"


def _is_part(member: Symbol, part: str | None) -> bool:
    """Whether a member is of the kind that the question asks for."""
    if part in (None, "member"):
        return True
    if part in ("method", "function"):
        return member.kind in FUNCTION_KINDS
    if part in ("field", "property", "attribute"):
        return member.kind in FIELD_KINDS
    return member.kind in CLASS_KINDS if part == "class" else member.kind == part
