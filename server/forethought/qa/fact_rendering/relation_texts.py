"""Answers about the calls between symbols, and the tests that reach them."""

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.call_hierarchy import find_call_chain
from forethought.facts.certain_uses import UsedBy, UseKind, Uses
from forethought.facts.implementations import find_implementations
from forethought.facts.location import Location
from forethought.facts.module_imports import importers
from forethought.facts.symbol_facts import SymbolFacts
from forethought.names.resolver import Target
from forethought.qa.fact_rendering.phrasing import (
    AS_FAR_AS_RESOLVED,
    MAX_LISTED,
    FactText,
    counted,
    enumerated,
    listed,
    place_text,
    shortened,
    where,
    with_article,
)
from forethought.qa.fact_rendering.subject import FactSubject, places_of
from forethought.search.ranking import is_test_path
from forethought.syntax.symbol_kinds import FIELD_KINDS, FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import Reference, Symbol, name_of

_MAX_UNRESOLVED = 5
"""Unresolved calls that are shown beside the resolved ones."""
_MAX_PLACES_OF_KIND = 3
"""Other uses of each kind that are shown beside the calls."""
_CALL_KINDS = frozenset({"called", "constructed", "decorates"})
_KIND_VERBS: dict[UseKind, str] = {
    "called": "called in",
    "constructed": "constructed in",
    "decorates": "used as a decorator in",
    "passed": "passed on in",
    "registered": "registered in",
    "subclassed": "subclassed in",
    "implemented": "implemented in",
    "annotated": "used as a type in",
    "read": "used as a value in",
    "written": "set in",
    "in_macro": "used in the body of a macro in",
    "imported": "imported in",
}


def callers(subject: FactSubject) -> FactText:
    """Who calls a function, and all other uses; of what cannot be called, its uses.

    With `intent.part`, only the callers in tests or outside of them.
    """
    if subject.symbol.kind == "file" and subject.intent.part is None:
        return imported_by(subject)
    facts = subject.workspace.facts(subject.target, "callers")
    if subject.intent.part is not None:
        return _some_callers(subject, facts, in_tests=subject.intent.part == "in_tests")
    uses = subject.used_by()
    others = {kind: found for kind, found in uses.items() if kind not in _CALL_KINDS}
    if facts.called_by_count:
        at_least = "at least " if facts.may_have_more_callers else ""
        head = f"{subject.name} is called from {at_least}{counted(facts.called_by_count, 'place')}"
        called = listed(head, facts.called_by, facts.called_by_count, "")
        also = f"\n\nIt is also {_kinds_text(others, with_places=True)}." if others else ""
        found = _with_possible(subject, facts, FactText(called.text + also, called.places))
        only = _only_use(subject, uses, facts)
        return _with_ways_in(subject, found, only) if only else found
    if uses:
        found = _uses_text(subject, uses)
    else:
        verb = "called" if subject.symbol.kind in FUNCTION_KINDS else "used"
        nothing_else = "; no other use was found either" if verb == "called" else ""
        found = FactText(f"{subject.name} is not {verb} in this repository{AS_FAR_AS_RESOLVED}{nothing_else}.")
    found = _with_possible(subject, facts, found)
    only = _only_use(subject, uses, facts)
    return _with_ways_in(subject, found, only) if set(uses) <= {"imported"} or only else found


def _only_use(subject: FactSubject, uses: UsedBy, facts: SymbolFacts) -> str:
    """That nothing but imports, or nothing but tests, use a symbol; empty if that is not so, or not certain."""
    if not uses or facts.may_have_more_callers:
        return ""
    used = [found for kind, found in uses.items() if kind != "imported"]
    if not used:
        return f"It is only imported: no other use was found{AS_FAR_AS_RESOLVED}."
    if is_test_path(subject.target.path) or any(len(found.places) < found.total for found in used):
        return ""
    are_tests = all(is_test_path(place.path) for found in used for place in found.places)
    return f"Only tests use it{AS_FAR_AS_RESOLVED}." if are_tests else ""


def _with_ways_in(subject: FactSubject, found: FactText, only: str) -> FactText:
    """The answer about a symbol that nothing may use: `only` for what does, and how else it may be reached."""
    ways = " ".join(f"It {way}." for way in subject.ways_in())
    more = " ".join(text for text in (only, ways) if text)
    return FactText(f"{found.text}\n\n{more}", found.places) if more else found


def imported_by(subject: FactSubject) -> FactText:
    """Where a file, or something in it, is imported; of a Go file, where its package is."""
    if_none = f"{subject.name} is not imported in this repository{AS_FAR_AS_RESOLVED}"
    if subject.symbol.kind == "file":
        found = importers(subject.resolver, subject.target.path, subject.cancelled)
        what = "The package of " if subject.info.language == "go" else ""
        return listed(f"{what}{subject.name} is imported by {counted(len(found), 'file')}", found, len(found), if_none)
    uses = subject.used_by().get("imported", Uses(0, ()))
    head = f"{subject.name} is imported in {counted(uses.total, 'place')}"
    return listed(head, uses.places, uses.total, if_none)


def setters(subject: FactSubject) -> FactText:
    """Where a value is assigned, and how often it is only read."""
    text, places = _uses_as_value(subject, "written", "read")
    below = _fields_below(subject)
    if below:
        named = enumerated([f"`{member.name}` ({place_text(place)})" for place, member in below], MAX_LISTED)
        text += f"\n\nSubclasses set a field of their own by this name: {named}."
        places = (*places, *(place for place, _ in below))[:MAX_LISTED]
    if subject.symbol.kind in VALUE_KINDS:
        text += f"\n\nIt is defined as `{subject.symbol.signature}` ({where(subject.info)})."
    return FactText(text, places)


def _fields_below(subject: FactSubject) -> list[tuple[Location, Symbol]]:
    """The fields by the same name that subclasses declare or assign."""
    owner = subject.resolver.owner(subject.target) if subject.symbol.kind in FIELD_KINDS else None
    return [
        (Location(target.path, member.id, member.selection), member)
        for below in (find_implementations(subject.resolver, owner) if owner is not None else ())
        for target, member in hierarchy.own_members(subject.resolver, below)
        if member.kind in FIELD_KINDS and member.short_name == subject.symbol.short_name
    ]


def readers(subject: FactSubject) -> FactText:
    """Where a value is read, and how often it is assigned."""
    return _uses_as_value(subject, "read", "written")


def _uses_as_value(subject: FactSubject, asked: UseKind, also: UseKind) -> FactText:
    uses = subject.used_by()
    verb = "set" if asked == "written" else "read"
    if subject.symbol.kind not in VALUE_KINDS and not {asked, also} & set(uses):
        return FactText(f"{subject.name} is {with_article(subject.symbol.kind)}, which is not {verb}.")
    found = uses.get(asked, Uses(0, ()))
    head = f"{subject.name} is {verb} in {counted(found.total, 'place')}"
    if_none = f"{subject.name} is not {verb} in this repository{AS_FAR_AS_RESOLVED}"
    text, places = listed(head, found.places, found.total, if_none)
    others = {also: uses[also]} if also in uses else {}
    return FactText(text + (f"\n\nIt is also {_kinds_text(others, with_places=True)}." if others else ""), places)


def _uses_text(subject: FactSubject, uses: UsedBy) -> FactText:
    """The uses of what is not called by name, in the order of their kinds."""
    places = tuple(place for found in uses.values() for place in found.places)
    count = sum(found.total for found in uses.values())
    return listed(f"{subject.name} is {_kinds_text(uses)}", places, count, "")


def _kinds_text(uses: UsedBy, *, with_places: bool = False) -> str:
    """“read in 2 places and imported in 1 place”."""
    parts = []
    for kind, found in uses.items():
        shown = ", ".join(map(place_text, found.places[:_MAX_PLACES_OF_KIND]))
        more = " …" if found.total > _MAX_PLACES_OF_KIND else ""
        parts.append(f"{_KIND_VERBS[kind]} {counted(found.total, 'place')}{f' ({shown}{more})' if with_places else ''}")
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def _some_callers(subject: FactSubject, facts: SymbolFacts, in_tests: bool) -> FactText:
    """The callers in test files, or those in other files, and how many there are of the others."""
    chosen = [place for place in facts.called_by if is_test_path(place.path) is in_tests]
    where, elsewhere = ("in tests", "outside of tests") if in_tests else ("outside of tests", "in tests")
    is_complete = len(facts.called_by) == facts.called_by_count and not facts.may_have_more_callers
    at_least = "" if is_complete else "at least "
    head = f"{subject.name} is called from {at_least}{counted(len(chosen), 'place')} {where}"
    others = len(facts.called_by) - len(chosen)
    if_none = f"{subject.name} is not called {where}{AS_FAR_AS_RESOLVED}"
    text, places = listed(head, chosen, len(chosen), if_none)
    if others:
        text += f"\n\nIt is also called from {counted(others, 'place')} {elsewhere}."
    return _with_possible(subject, facts, FactText(text, places))


def tests(subject: FactSubject) -> FactText:
    facts = subject.workspace.facts(subject.target, "tests")
    count = f"{'' if facts.tests_are_all else 'at least '}{counted(facts.tests_count, 'test')}"
    head = f"{subject.name} is reached by {count}, directly or through one of its callers"
    if_none = f"{subject.name} is not reached by any test in this repository{AS_FAR_AS_RESOLVED}"
    return _with_possible(subject, facts, listed(head, facts.tests, facts.tests_count, if_none))


def calls(subject: FactSubject) -> FactText:
    """What the symbol and its overloads call, or whether they call `intent.other`."""
    overloads = subject.overloads or (subject.symbol,)
    facts = [subject.workspace.facts(Target(subject.target.path, symbol.id), "calls") for symbol in overloads]
    called = tuple(dict.fromkeys(call for fact in facts for call in fact.calls))
    unresolved = tuple({call.name: call for fact in facts for call in fact.unresolved_calls}.values())
    if subject.intent.other is not None:
        return _one_call(subject, subject.intent.other, facts, unresolved)
    at_least = "at least " if unresolved else ""
    head = f"{subject.name} calls {at_least}{counted(len(called), 'symbol')}"
    text, places = listed(
        head, called, len(called), f"{subject.name} calls nothing in this repository{AS_FAR_AS_RESOLVED}"
    )
    if unresolved:
        shown = enumerated([f"`{shortened(_written(call))}`" for call in unresolved], _MAX_UNRESOLVED)
        text += f"\n\nThese calls could not be resolved and may refer to this repository: {shown}."
    return FactText(text, places)


def _one_call(
    subject: FactSubject, other: str, facts: list[SymbolFacts], unresolved: tuple[Reference, ...]
) -> FactText:
    called = (call for fact in facts for call in fact.calls)
    matches = dict.fromkeys(call for call in called if Target(call.path, call.symbol_id) in subject.others)
    if matches:
        place = next(iter(matches))
        return FactText(f"Yes: {subject.name} calls `{place.symbol_id}` ({place_text(place)}).", tuple(matches))
    short_name = other.rpartition(".")[2]
    if call := next((call for call in unresolved if call.name == short_name), None):
        why = "the receiver's type is unknown" if call.receiver else "it is unclear which definition that is"
        return FactText(f"Possibly: {subject.name} calls `{short_name}` on line {call.range.start.row + 1}, but {why}.")
    chain = find_call_chain(subject.resolver, subject.target, subject.others, subject.cancelled)
    if len(chain) > 2:
        shown = " → ".join(f"`{name_of(target.symbol_id)}`" for target in chain)
        reached = [(item, symbol) for item in chain[1:] if (symbol := subject.resolver.symbol(item)) is not None]
        text = f"Not itself, but through others{AS_FAR_AS_RESOLVED}: {shown}."
        return FactText(text, places_of(reached))
    return FactText(f"No: {subject.name} does not call `{other}` itself{AS_FAR_AS_RESOLVED}.")


def _with_possible(subject: FactSubject, facts: SymbolFacts, certain: FactText) -> FactText:
    """The list of certain places, the calls through what the symbol overrides, and those that could not be resolved."""
    for calls in facts.called_through:
        base = resolved.name if (resolved := subject.resolver.symbol(calls.target)) else calls.target.symbol_id
        shown = ", ".join(map(place_text, calls.places[:_MAX_UNRESOLVED]))
        more = " …" if calls.total > _MAX_UNRESOLVED else ""
        places = counted(calls.total, "place")
        text = f"{certain.text}\n\nIt may also be called through `{base}` ({places}: {shown}{more})."
        certain = FactText(text, certain.places)
    return _with_unresolved(subject, facts, certain)


def _with_unresolved(subject: FactSubject, facts: SymbolFacts, resolved: FactText) -> FactText:
    """The places, and the calls that could not be resolved and may refer to the symbol."""
    count = facts.possible_callers_count
    if not count:
        return resolved
    calls = counted(count, "more call" if resolved.places else "call")
    shown = ", ".join(map(place_text, facts.possible_callers[:_MAX_UNRESOLVED]))
    more = f" and {count - _MAX_UNRESOLVED} more" if count > _MAX_UNRESOLVED else ""
    return FactText(
        f"{resolved.text}\n\n{calls} to `{subject.symbol.short_name}` could not be resolved and may refer to it: "
        f"{shown}{more}.",
        resolved.places,
    )


def _written(call: Reference) -> str:
    return f"{call.receiver}.{call.name}" if call.receiver else call.name
