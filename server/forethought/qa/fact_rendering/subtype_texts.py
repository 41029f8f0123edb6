"""Answers about what is below and above a type: bases, subclasses, implementations and overrides."""

import re
from collections.abc import Iterable

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.go_interfaces import GoMethodSets, Implementers, is_go_interface, library_interface
from forethought.facts.implementations import find_implementations
from forethought.facts.location import Location
from forethought.facts.rust_impls import (
    TraitImpl,
    derived_traits,
    external_implementations,
    implementations_for,
    implementations_of,
)
from forethought.names.resolver import Target
from forethought.qa.fact_rendering.phrasing import (
    AS_FAR_AS_RESOLVED,
    MAX_LISTED,
    FactText,
    counted,
    enumerated,
    listed,
    more_lines,
    outside,
    place_text,
    quoted,
    shortened,
    with_article,
)
from forethought.qa.fact_rendering.subject import FactSubject, places_of
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.workspace.workspace import Workspace

_MAX_UNDECIDED = 5
"""Types that are named of which it cannot be told whether they implement an interface."""
_MAX_HEADER = 160
"""Characters of an `impl` in a list."""
_ABSTRACT_KINDS = frozenset({"interface", "trait"})


def subclasses(subject: FactSubject) -> FactText:
    """What inherits from a class, implements an interface or trait, or embeds a struct."""
    if not subject.is_class:
        return FactText(f"{subject.name} is {with_article(subject.symbol.kind)} and has no subclasses.")
    direct = hierarchy.subclasses(subject.resolver, subject.target)
    language = subject.info.language
    if is_go_interface(subject.resolver, subject.target):
        found = subject.go_methods.implementers(subject.target)
        text, places = _go_text(subject.workspace, subject.name, found, AS_FAR_AS_RESOLVED)
        return _with_extending(subject, direct, FactText(text, places))
    if language == "rust" and subject.symbol.kind == "trait":
        impls = implementations_of(subject.resolver, subject.target, subject.workspace.lines)
        return _with_extending(subject, direct, _impls_text(subject.name, impls))
    if language == "go":
        head = f"{subject.name} is embedded in {counted(len(direct), 'type')}"
        return listed(head, direct, len(direct), f"{subject.name} is not embedded in any type{AS_FAR_AS_RESOLVED}")
    if subject.symbol.kind not in _ABSTRACT_KINDS:
        head = f"{subject.name} has {counted(len(direct), 'direct subclass')}"
        if_none = f"{subject.name} has no subclasses in this repository{AS_FAR_AS_RESOLVED}"
        return listed(head, direct, len(direct), if_none)
    verb = "used by" if language == "php" and subject.symbol.kind == "trait" else "implemented by"
    types = [place for place in direct if not _is_abstract(subject, place)]
    head = f"{subject.name} is {verb} {counted(len(types), 'type')}"
    if_none = f"{subject.name} is not {verb} any type in this repository{AS_FAR_AS_RESOLVED}"
    return _with_extending(subject, direct, listed(head, types, len(types), if_none))


def external_subtypes(workspace: Workspace, name: str) -> FactText | None:
    """What inherits from a type that is defined elsewhere, or implements it; None if nothing does."""
    resolver = workspace.resolver()
    note = f"`{name}` is not defined in this repository. "
    if (found := GoMethodSets(resolver).library_implementers(name)) is not None and found.types:
        text, places = _go_text(workspace, f"`{name}`", found, "")
        return FactText(f"{note}{text}", places)
    if impls := external_implementations(resolver, re.split(r"::|[.]", name)[-1], workspace.lines):
        lines = [f"- `{shortened(text, _MAX_HEADER)}` ({place_text(place)})" for place, text in impls[:MAX_LISTED]]
        head = f"{note}Types here that implement or derive it ({len(impls)}):\n"
        places = tuple(place for place, _ in impls[:MAX_LISTED])
        return FactText(head + "\n".join(lines) + more_lines(len(impls), len(lines)), places)
    if below := hierarchy.classes_with_external_base(resolver, name):
        return listed(f"{note}Classes here that inherit from it ({len(below)})", below, len(below), "")
    return None


def bases(subject: FactSubject) -> FactText:
    """The bases of a class as written, or whether it has the base `intent.other`."""
    if subject.intent.other is not None:
        return _one_base(subject, subject.intent.other)
    resolved = [classes[0] for _, classes in subject.resolver.bases(subject.target) if len(classes) == 1]
    places = places_of([(base, symbol) for base in resolved if (symbol := subject.resolver.symbol(base)) is not None])
    if subject.info.language == "rust" and subject.is_class and subject.symbol.kind != "trait":
        return FactText(_rust_traits_text(subject), places[:MAX_LISTED])
    if subject.info.language == "go" and subject.is_class:
        return FactText(_go_bases_text(subject), places[:MAX_LISTED])
    if not subject.symbol.bases:
        return FactText(f"{subject.name} has no base classes.")
    return FactText(f"{subject.name} inherits from {quoted(subject.symbol.bases)}.", places[:MAX_LISTED])


def overrides(subject: FactSubject) -> FactText:
    """The classes that inherit from a class or implement an interface; the methods that override a method."""
    if subject.is_class:
        return subclasses(subject)
    owner = subject.resolver.owner(subject.target)
    if owner is None:
        return FactText(
            f"{subject.name} is {with_article(subject.symbol.kind)} outside of a class; nothing overrides it."
        )
    found = find_implementations(subject.resolver, subject.target, subject.cancelled)
    methods = [(item, symbol) for item in found if (symbol := subject.resolver.symbol(item)) is not None]
    around = subject.resolver.symbol(owner)
    verb = "implemented" if around is not None and around.kind in _ABSTRACT_KINDS else "overridden"
    head = f"{subject.name} is {verb} in {counted(len(methods), 'place')}"
    if_none = f"{subject.name} is not {verb} in this repository{AS_FAR_AS_RESOLVED}"
    return listed(head, places_of(methods), len(methods), if_none)


def overridden(subject: FactSubject) -> FactText:
    """The methods of base classes that a method, or the methods of a class, override or implement."""
    owner = subject.target if subject.is_class else subject.resolver.owner(subject.target)
    if owner is None:
        kind = with_article(subject.symbol.kind)
        return FactText(f"{subject.name} is {kind} outside of a class and overrides nothing.")
    names = {subject.symbol.short_name}
    if subject.is_class:
        own_methods = (member for _, member in hierarchy.own_members(subject.resolver, owner))
        names = {member.short_name for member in own_methods if member.kind in FUNCTION_KINDS}
    is_go = subject.info.language == "go"
    above = subject.go_methods.interfaces_of(owner) if is_go else subject.resolver.order(owner)[1:]
    places = []
    for base in above:
        own = hierarchy.own_members(subject.resolver, base)
        places += [item for item in own if item[1].short_name in names]
    unknown = () if is_go else hierarchy.external_bases(subject.resolver, owner)
    note = f" It may override a method of {outside(unknown)}." if unknown else ""
    verb = "implements" if is_go else "overrides"
    head = f"{subject.name} {verb} {counted(len(places), 'method')}"
    found = listed(head, places_of(places), len(places), f"{subject.name} {verb} nothing in this repository")
    return FactText(found.text + note, found.places)


def _go_text(workspace: Workspace, name: str, found: Implementers, if_none: str) -> FactText:
    """The types that have all methods of an interface in Go, and what cannot be told."""
    if not found.has_methods:
        why = f"it embeds {outside(found.outside)}" if found.outside else "it declares no methods to compare"
        return FactText(f"It is not known which types implement {name}: {why}.")
    resolver = workspace.resolver()
    places = places_of([(item, symbol) for item in found.types if (symbol := resolver.symbol(item)) is not None])
    which = "all methods that" if found.outside else "all methods of"
    declared = f"{name} declares" if found.outside else name
    verb = "has" if len(places) == 1 else "have"
    at_least = "At least " if found.is_cut else ""
    head = f"{at_least}{counted(len(places), 'type')} {verb} {which} {declared}"
    text, shown = listed(head, places, len(places), f"No type here is known to have {which} {declared}{if_none}")
    if found.outside:
        text += f"\n\n{name} also embeds {outside(found.outside)}; whether they have its methods is not known."
    if found.undecided:
        shown_types = found.undecided[:_MAX_UNDECIDED]
        names = [
            f"`{item.type.symbol_id}`{f' (embeds `{item.why}`)' if item.why else ' (has type parameters)'}"
            for item in shown_types
        ]
        more = f" and {len(found.undecided) - len(names)} more" if len(found.undecided) > len(names) else ""
        text += f"\n\nIt cannot be told whether these do: {', '.join(names)}{more}."
    return FactText(text, shown)


def _impls_text(name: str, impls: list[tuple[Location, TraitImpl]]) -> FactText:
    """The types for which a trait in Rust is implemented, as written."""
    if not impls:
        return FactText(f"{name} is not implemented in this repository{AS_FAR_AS_RESOLVED}.")
    lines = [f"- {_impl_text(item)} ({place_text(place)})" for place, item in impls[:MAX_LISTED]]
    head = f"{name} is implemented for {counted(len(impls), 'type')}:\n"
    places = tuple(place for place, _ in impls[:MAX_LISTED])
    return FactText(head + "\n".join(lines) + more_lines(len(impls), len(lines)), places)


def _impl_text(item: TraitImpl) -> str:
    if item.is_blanket:
        return f"any `{item.type_text}`: `{shortened(item.header, _MAX_HEADER)}`"
    return f"`{shortened(item.type_text, _MAX_HEADER)}`"


def _rust_traits_text(subject: FactSubject) -> str:
    """The traits that a type in Rust implements and derives."""
    impls = implementations_for(subject.resolver, subject.target, subject.workspace.lines)
    traits = dict.fromkeys(item.trait_text for _, item in impls)
    derived = derived_traits(subject.symbol, subject.workspace.lines(subject.info.path))
    parts = [f"implements {quoted(traits)}"] if traits else []
    parts += [f"derives {quoted(derived)}"] if derived else []
    if not parts:
        return f"{subject.name} implements no traits in this repository{AS_FAR_AS_RESOLVED}."
    return f"{subject.name} {' and '.join(parts)}."


def _go_bases_text(subject: FactSubject) -> str:
    """What a type in Go embeds, and the interfaces that it implements."""
    parts = [f"embeds {quoted(subject.symbol.bases)}"] if subject.symbol.bases else []
    interfaces = subject.go_methods.interfaces_of(subject.target)
    if interfaces:
        names = enumerated([f"`{item.symbol_id}`" for item in interfaces], MAX_LISTED)
        parts.append(f"has all methods of {names}")
    if not parts:
        return f"{subject.name} embeds nothing, and has all methods of no interface in this repository."
    return f"{subject.name} {', and '.join(parts)}."


def _is_abstract(subject: FactSubject, place: Location) -> bool:
    symbol = subject.resolver.symbol(Target(place.path, place.symbol_id))
    return symbol is not None and symbol.kind in _ABSTRACT_KINDS


def _with_extending(subject: FactSubject, direct: Iterable[Location], implemented: FactText) -> FactText:
    """The answer, and the interfaces or traits that extend the one asked about."""
    extending = [place for place in direct if _is_abstract(subject, place)]
    if not extending:
        return implemented
    shown = enumerated([f"`{place.symbol_id}` ({place_text(place)})" for place in extending], MAX_LISTED)
    noun = counted(len(extending), subject.symbol.kind)
    return FactText(f"{implemented.text}\n\nIt is extended by {noun}: {shown}.", implemented.places)


def _one_base(subject: FactSubject, other: str) -> FactText:
    verb = "inherit from"
    if subject.info.language == "go" and (answer := _one_go_interface(subject, other)) is not None:
        return answer
    written = list(subject.symbol.bases)
    if subject.info.language == "rust" and subject.symbol.kind != "trait":
        verb = "implement"
        impls = implementations_for(subject.resolver, subject.target, subject.workspace.lines)
        written += [item.trait_text for _, item in impls]
        written += derived_traits(subject.symbol, subject.workspace.lines(subject.info.path))
    third_person = "inherits from" if verb == "inherit from" else "implements"
    name = other.rpartition(".")[2]
    is_written = any(re.split(r"::|[.\\]", re.split(r"[\[<(]", base)[0])[-1] == name for base in written)
    direct = {base for _, classes in subject.resolver.bases(subject.target) for base in classes}
    if is_written or direct.intersection(subject.others):
        return FactText(f"Yes: {subject.name} {third_person} `{other}`.")
    order = subject.resolver.order(subject.target)
    if not set(order).isdisjoint(subject.others):
        return FactText(
            f"Yes, indirectly. All bases of {subject.name}: {quoted(base.symbol_id for base in order[1:])}."
        )
    unknown = hierarchy.external_bases(subject.resolver, subject.target)
    note = f" It may do so through {outside(unknown)}." if unknown else ""
    return FactText(f"No: {subject.name} does not {verb} `{other}`{AS_FAR_AS_RESOLVED}.{note}")


def _one_go_interface(subject: FactSubject, other: str) -> FactText | None:
    """Whether a type in Go has all methods of an interface; None if `other` is none that is known."""
    interfaces = [item for item in subject.others if is_go_interface(subject.resolver, item)]
    verdict: bool | None
    if len(interfaces) == 1:
        verdict = subject.go_methods.implements(subject.target, interfaces[0])
    elif library_interface(other) is not None:
        verdict = subject.go_methods.implements_library(subject.target, other)
    else:
        return None
    if verdict is None:
        return FactText(f"It cannot be told whether {subject.name} has all methods of `{other}`.")
    has = "has" if verdict else "does not have"
    return FactText(f"{'Yes' if verdict else 'No'}: {subject.name} {has} all methods of `{other}`.")
