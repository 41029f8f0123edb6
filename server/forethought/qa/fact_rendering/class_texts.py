"""Answers about the members of classes, and about the definitions in files and functions."""

import re
from collections.abc import Sequence

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.exports import is_visible
from forethought.facts.location import Location
from forethought.facts.module_imports import Export, declared_exports, reexports
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
_MAX_DECLARATION = 200
"""Characters of a declaration that is shown in place of fields."""


def members(subject: FactSubject) -> FactText:
    """What a class, a file or a function defines, or whether it defines `intent.other`."""
    if subject.intent.other is not None:
        return _one_member(subject, subject.intent.other)
    part = subject.intent.part
    if part == "constructor":
        return _constructors(subject)
    own = [item for item in hierarchy.own_members(subject.resolver, subject.target) if _is_part(item[1], part)]
    if part in (None, "member"):  # fields are told in one line
        own = [item for item in own if item[1].kind not in FIELD_KINDS]
    if not subject.is_class and subject.symbol.kind != "file":
        own = [(target, member) for target, member in own if member.body]  # parameters and local variables
    if own:
        text = _listing(subject, own, part or ("member" if subject.is_class else "symbol"), "defines")
    else:
        text = (
            f"{subject.name} defines no {part}." if part not in (None, "member") else f"{subject.name} defines nothing."
        )
    if subject.is_class and part in (None, "member") and (fields := _fields(subject)):
        text = f"{text}\n\nIt has {fields}" if own else f"{subject.name} has {fields}"
    return FactText(text + _inherited(subject), places_of(own[:MAX_LISTED]))


def _constructors(subject: FactSubject) -> FactText:
    """A class's constructors, else the functions in its file that return it."""
    own = hierarchy.own_members(subject.resolver, subject.target)
    if found := [item for item in own if item[1].is_constructor]:
        return FactText(_listing(subject, found, "constructor", "has"), places_of(found[:MAX_LISTED]))
    inherited = hierarchy.constructor(subject.resolver, subject.target)
    if inherited is not None and (symbol := subject.resolver.symbol(inherited)) is not None:
        place = Location(inherited.path, symbol.id, symbol.selection)
        text = f"{subject.name} inherits its constructor: `{symbol.signature}` ({place_text(place)})."
        return FactText(text, (place,))
    if makers := _makers(subject):
        text = _listing(subject, makers, "function", "declares no constructor, but is returned by")
        return FactText(text, places_of(makers[:MAX_LISTED]))
    return FactText(f"{subject.name} declares no constructor.{_inherited_note(subject)}")


def _makers(subject: FactSubject) -> list[tuple[Target, Symbol]]:
    """The functions without a receiver in the file of a type that are declared to return it (Go, Rust)."""
    outline = subject.resolver.snapshot.outline(subject.info.path)
    if outline is None or outline.language not in ("go", "rust"):
        return []
    own = rf"{re.escape(subject.symbol.short_name)}|Self" if outline.language == "rust" else subject.symbol.short_name
    returned = re.compile(rf"(?:^|[\s(*,<])(?:{own})\b(?!\s*[.:])")
    return [
        (Target(subject.info.path, symbol.id), symbol)
        for symbol in outline.symbols[1:]
        if symbol.kind in FUNCTION_KINDS
        and symbol.returns
        and returned.search(symbol.returns)
        and not re.match(r"func\s*\(", symbol.signature)
        and not any(re.fullmatch(r"&?(?:'\w+\s+)?(?:mut\s+)?self(?:\s*:.*)?", item) for item in symbol.parameters)
        and (symbol.kind != "method" or symbol.name.rpartition(".")[0] == subject.symbol.name)
        and (symbol.kind == "method" or not symbol.parent)
    ]


def fields(subject: FactSubject) -> FactText:
    """What a class holds: its fields and its other members that are values; the constants of an enum first."""
    if not subject.is_class:
        return FactText(f"{subject.name} is {with_article(subject.symbol.kind)} and has no fields.{_written(subject)}")
    own = hierarchy.own_members(subject.resolver, subject.target)
    values = [item for item in own if item[1].kind not in CLASS_KINDS | FUNCTION_KINDS]
    constants = [item for item in values if item[1].kind == "enumerator"]
    others = [item for item in values if item[1].kind != "enumerator"]
    parts = [_listing(subject, constants, _constant_noun(subject), "has")] if constants else []
    parts += [_listing(subject, others, "field", "has")] if others else []
    if not parts:
        parts = [f"{subject.name} declares no fields."]
    is_partial = not values or "&" in subject.symbol.signature
    note = _written(subject) if is_partial else ""
    return FactText("\n\n".join(parts) + note + _inherited_note(subject), places_of((constants + others)[:MAX_LISTED]))


def _listing(subject: FactSubject, members: Sequence[tuple[Target, Symbol]], noun: str, verb: str) -> str:
    """“`Jar` has 2 fields:”, and a line each."""
    lines = [f"- `{_declared(member)}` ({_line(subject, target, member)})" for target, member in members[:_MAX_MEMBERS]]
    head = f"{subject.name} {verb} {counted(len(members), noun)}:\n"
    return head + "\n".join(lines) + more_lines(len(members), len(lines))


def _constant_noun(subject: FactSubject) -> str:
    """What the language calls one of an enum's values."""
    if subject.info.language == "rust":
        return "variant"
    return "constant" if subject.info.language in ("java", "kotlin") else "member"


def _written(subject: FactSubject) -> str:
    """How a type or value is declared whose fields are no members of their own: Rust's `struct Jar(Lid)`, an alias."""
    signature = subject.symbol.signature
    if not re.search(r"[=(&]", signature) and not signature.startswith("typedef"):
        return ""
    return f"\n\nIt is declared as `{shortened(signature, _MAX_DECLARATION)}`."


def _inherited_note(subject: FactSubject) -> str:
    """That there are bases, whose members are not listed."""
    if not subject.symbol.bases or subject.info.language in (
        "go",
        "rust",
    ):  # embedded fields are listed; traits have none
        return ""
    return f"\n\nIt inherits from {quoted(subject.symbol.bases)}."


def exports(subject: FactSubject) -> FactText:
    """What a file offers to other files: what it defines, by the rules of its language, and what it passes on."""
    if subject.symbol.kind != "file":
        return members(subject)
    lines = subject.workspace.lines(subject.info.path)
    declared = declared_exports(subject.resolver, subject.info.path, lines)
    if subject.info.language == "python" and declared is not None:
        names, is_complete = declared
        note = "" if is_complete else "\n\nIts code adds to `__all__` or changes it."
        return _export_list(subject, "lists", "name", "in `__all__`", names, note)
    outline = subject.resolver.snapshot.outline(subject.info.path)
    symbols = outline.symbols[1:] if outline is not None else ()
    own = [
        (Target(subject.info.path, item.id), item)
        for item in symbols
        if outline is not None and not item.parent and is_visible(subject.info.path, outline, item)
    ]
    passed_on = reexports(subject.resolver, subject.info.path, lines)
    if not own and not passed_on:
        return FactText(f"{subject.name} exports nothing.")
    found = FactText(
        _listing(subject, own, "symbol", "defines and exports") if own else "", places_of(own[:MAX_LISTED])
    )
    if not passed_on:
        return found
    listing = _export_list(subject, "passes on", "name", "from other modules", passed_on, "")
    return FactText(f"{found.text}\n\n{listing.text}".strip(), (*found.places, *listing.places)[:MAX_LISTED])


def _export_list(
    subject: FactSubject, verb: str, noun: str, where: str, exported: Sequence[Export], note: str
) -> FactText:
    lines, places = [], []
    for item in exported[:_MAX_MEMBERS]:
        symbol = subject.resolver.symbol(item.targets[0]) if len(item.targets) == 1 else None
        name = "everything" if item.name == "*" else f"`{item.name}`"
        if symbol is not None:
            place = Location(item.targets[0].path, symbol.id, symbol.selection)
            places.append(place)
            origin = f" ({place_text(place) if symbol.id else printable_path(place.path)})"
        else:
            origin = f" (from `{item.module}`)" if item.module else ""
        lines.append(f"- {name}{origin}")
    head = f"{subject.name} {verb} {counted(len(exported), noun)} {where}:\n"
    text = head + "\n".join(lines) + more_lines(len(exported), len(lines)) + note
    return FactText(text, tuple(places[:MAX_LISTED]))


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
    line = member.selection.start.row + 1
    return f"line {line}" if target.path == subject.info.path else f"{printable_path(target.path)}:{line}"


def _is_part(member: Symbol, part: str | None) -> bool:
    """Whether a member is of the kind that the question asks for."""
    if part in (None, "member"):
        return True
    if part in ("method", "function"):
        return member.kind in FUNCTION_KINDS
    if part in ("field", "property", "attribute"):
        return member.kind in FIELD_KINDS
    if part == "constant":
        is_final = bool(re.match(r"(?:\w+\s+)*?(?:static\s+final|final\s+static|const)\s", member.signature))
        return member.kind in ("constant", "enumerator") or (member.kind in FIELD_KINDS and is_final)
    return member.kind in CLASS_KINDS if part == "class" else member.kind == part
