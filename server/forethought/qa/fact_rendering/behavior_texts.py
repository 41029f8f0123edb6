"""Answers about what a function does: its effects, what it changes and catches, and when it returns early.

All of it is read off the code. A “no” is only said when nothing was left unseen.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.code_quotes import quoted as quoted_code
from forethought.facts.effects import BLOCKS, WRITES_TO_DISK, Effect, Effects, effect_text
from forethought.facts.location import Location
from forethought.facts.symbol_behavior import Behavior, Write
from forethought.qa.fact_rendering.phrasing import MAX_LISTED, FactText, counted, enumerated, more_lines, place_text
from forethought.qa.fact_rendering.subject import FactSubject
from forethought.syntax.effect_rules import CATEGORIES, Category
from forethought.syntax.steps import all_steps
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import Position, Range, Symbol

_MAX_MEMBERS = 60
"""Methods of a class, or functions of a file, whose effects are looked at."""
_MAX_OF_MEMBERS = 500
"""Characters about all methods of a class."""
_MAX_UNSEEN = 5
_MAX_PATH = 2
"""Names on the path to each effect in a list."""
_QUOTE = 60


class _Kind(NamedTuple):
    """A kind of effects that can be asked for."""

    categories: frozenset[Category]
    perhaps: frozenset[Category]
    """Categories that may turn out to be of this kind."""


_KINDS = {
    "network": _Kind(frozenset({"network"}), frozenset()),
    "environment": _Kind(frozenset({"environment"}), frozenset()),
    "clock": _Kind(frozenset({"clock"}), frozenset()),
    "random": _Kind(frozenset({"random"}), frozenset()),
    "database": _Kind(frozenset({"database"}), frozenset()),
    "process": _Kind(frozenset({"process"}), frozenset()),
    "log": _Kind(frozenset({"log"}), frozenset()),
    "sleep": _Kind(frozenset({"sleep", "wait"}), frozenset()),
    "disk": _Kind(frozenset({"file_read", "file_write", "file"}), frozenset()),
    "diskread": _Kind(frozenset({"file_read"}), frozenset({"file"})),
    "diskwrite": _Kind(WRITES_TO_DISK - {"file"}, frozenset({"file"})),
    "block": _Kind(BLOCKS, frozenset()),
    "": _Kind(frozenset(CATEGORIES), frozenset()),
}
"""The words of the questions, and all kinds under the empty one."""


def effects(subject: FactSubject) -> FactText:
    """Whether a function has effects of the kind `intent.other`; all of its effects if that is None."""
    asked = subject.intent.other
    kind = _KINDS[asked or ""]
    if subject.symbol.kind not in FUNCTION_KINDS:
        return _effects_of_members(subject, kind)
    found = subject.effects(subject.target)
    matching = found.among(kind.categories | kind.perhaps)
    if asked is None:
        return _all_effects(subject, found)
    if not matching:
        return FactText(_none_found(found))
    first, *others = sorted(matching, key=lambda effect: _is_possible(effect, kind))
    is_possible = _is_possible(first, kind)
    text = f"{'Possibly' if is_possible else 'Yes'}: {subject.name} {_with_place(first)}."
    if others:
        text += f"\n\nIt also {'; '.join(map(_with_place, others))}."
    more = _more_calls(found, matching)
    if more:
        calls = [f"`{effect.call}` ({place_text(_place(effect))})" for effect in more]
        text += f"\n\nSo do{'es' if len(calls) == 1 else ''} {enumerated(calls, MAX_LISTED)}."
    return FactText(text, _places(subject, [first, *others, *more]))


def _more_calls(found: Effects, matching: Sequence[Effect]) -> list[Effect]:
    """The function's own calls with the same effects, one each, besides those in `matching`."""
    more: dict[str, Effect] = {}
    for effect in found.direct:
        if effect.category in {item.category for item in matching} and effect.call not in {m.call for m in matching}:
            more.setdefault(effect.call, effect)
    return list(more.values())


def _is_possible(effect: Effect, kind: _Kind) -> bool:
    return not effect.is_certain or effect.category in kind.perhaps


def _all_effects(subject: FactSubject, found: Effects) -> FactText:
    changed = _changes(subject.workspace.behavior(subject.target))
    lines = [f"- {_with_place(effect)}" for effect in found.nearest]
    if changed:
        lines.append(f"- changes {enumerated([quoted_code(item, _QUOTE) for item in changed], MAX_LISTED)} itself")
    if not lines:  # no yes or no: “is it pure?” asks the same as “has it side effects?”
        seen = "has no side effects, and neither has anything that it calls." if not found.at_least else ""
        return FactText(f"{subject.name} {seen or f'has no side effects that can be seen{_unseen(found)}.'}")
    text = f"{subject.name}{' at least' if found.at_least else ''}:\n" + "\n".join(lines)
    return FactText(text + _unseen_note(found), _places(subject, found.nearest))


def _effects_of_members(subject: FactSubject, kind: _Kind) -> FactText:
    """Which methods of a class, or functions of a file, have effects of a kind."""
    members = [
        (target, symbol)
        for target, symbol in hierarchy.own_members(subject.resolver, subject.target)
        if symbol.kind in FUNCTION_KINDS
    ]
    if not members:
        return FactText(f"{subject.name} has no functions of its own, so nothing can be said about its effects.")
    having: list[tuple[Symbol, Effect]] = []
    is_complete = len(members) <= _MAX_MEMBERS
    for target, symbol in members[:_MAX_MEMBERS]:
        found = subject.effects(target)
        is_complete &= not found.at_least
        having += [(symbol, effect) for effect in found.among(kind.categories | kind.perhaps)[:1]]
    if not having:
        none = "No effect of that kind was found in" if not is_complete else "No: there is no such effect in"
        unknown = "" if is_complete else ", but some calls could not be followed"
        return FactText(f"{none} the {counted(len(members), 'function')} of {subject.name}{unknown}.")
    lines = [f"- `{symbol.short_name}` {_with_place(effect, _MAX_PATH)}" for symbol, effect in having[:MAX_LISTED]]
    count = f"{'' if is_complete else 'At least '}{len(having)} of the {counted(len(members), 'function')}"
    text = f"{count} of {subject.name} can:\n" + "\n".join(lines) + more_lines(len(having), len(lines))
    places = (Location(effect.path, "", effect.range) for _, effect in having[:MAX_LISTED])
    return FactText(text, tuple(dict.fromkeys(places)))


def _with_place(effect: Effect, max_names: int | None = None) -> str:
    return f"{effect_text(effect, max_names)} ({place_text(_place(effect))})"


def _place(effect: Effect) -> Location:
    return Location(effect.path, "", effect.range)


def _places(subject: FactSubject, effects: Iterable[Effect]) -> tuple[Location, ...]:
    """Where each effect is, and the definitions on the path to it."""
    places: dict[Location, None] = {}
    for effect in effects:
        scope = effect.via[-1] if effect.via else subject.target
        places[Location(effect.path, scope.symbol_id, effect.range)] = None
        for target in effect.via[:-1]:
            if (symbol := subject.resolver.symbol(target)) is not None:
                places[Location(target.path, symbol.id, symbol.selection)] = None
    return tuple(places)[:MAX_LISTED]


def _none_found(found: Effects) -> str:
    if not found.at_least:
        return "No: neither its own code nor anything that it calls has such an effect."
    return f"No effect of that kind was found{_unseen(found)}."


def _unseen(found: Effects) -> str:
    if not found.unseen:
        return ", but some of the calls that it leads to could not be followed"
    calls = counted(len(found.unseen), "call")
    shown = enumerated([quoted_code(call, _QUOTE) for call in found.unseen], _MAX_UNSEEN)
    return f"; it makes {calls} whose effects are unknown: {shown}"


def _unseen_note(found: Effects) -> str:
    if not found.at_least:
        return ""
    note = _unseen(found).removeprefix("; ").removeprefix(", but ")
    return f"\n\n{note[:1].upper()}{note[1:]}."


def writes(subject: FactSubject) -> FactText:
    """What the function itself, or each method of a class, changes that outlives the call."""
    behavior = subject.workspace.behavior(subject.target)
    if behavior is None:
        of_members = subject.workspace.member_behavior(subject.target, _MAX_OF_MEMBERS)
        return FactText(f"{subject.name}: {of_members}") if of_members else _no_body(subject)
    changed = _changes(behavior)
    if not changed:
        return FactText(_nothing_changed(subject, behavior))
    lines = [
        f"- {quoted_code(target, _QUOTE)}{_under(write)} ({place_text(_line(subject, write.row))})"
        for target, write in changed.items()
    ]
    shown = lines[:MAX_LISTED]
    at_least = "at least " if behavior.at_least else ""
    head = f"{subject.name} itself changes {at_least}{counted(len(changed), 'thing')}"
    places = tuple(_line(subject, write.row) for write in list(changed.values())[:MAX_LISTED])
    text = f"{head}:\n" + "\n".join(shown) + more_lines(len(lines), len(shown))
    calls = f": {shown_calls}" if (shown_calls := _calls(behavior)) else ""
    return FactText(text + (f"\n\nWhat it calls may change more{calls}." if _makes_calls(behavior) else ""), places)


def _nothing_changed(subject: FactSubject, behavior: Behavior) -> str:
    if behavior.at_least:
        return _nothing(subject, behavior, "", "changed")
    if not _makes_calls(behavior):
        return f"{subject.name} changes nothing that outlives the call."
    shown = _calls(behavior)
    may = f"but what it calls may change something{f': {shown}' if shown else ''}"
    return f"{subject.name} assigns to no attribute, argument or global itself, {may}."


def _calls(behavior: Behavior) -> str:
    """The calls whose results are dropped: they are made for what they change."""
    steps = all_steps(behavior.steps)
    calls = dict.fromkeys(step.text for step in steps if step.kind in ("call", "defer", "evaluate"))
    return enumerated([quoted_code(call, _QUOTE) for call in calls], _MAX_UNSEEN)


def _makes_calls(behavior: Behavior) -> bool:
    """Whether there may be a call anywhere, even if it looks like none: in Ruby or a shell, any name may be one."""
    if behavior.words.is_shell or behavior.words.bare_calls:
        return True
    steps = list(all_steps(behavior.steps, closures=True))
    return any("(" in text for step in steps for text in (step.text, step.value, *(arm.text for arm in step.arms)))


def _changes(behavior: Behavior | None) -> dict[str, Write]:
    """What is changed, as written, and the first place that does it."""
    changed: dict[str, Write] = {}
    for write in behavior.writes if behavior is not None else ():
        if write.scope not in ("local", "object"):
            changed.setdefault(write.target, write)
    return changed


def _under(write: Write) -> str:
    where = f", {', '.join(write.conditions)}" if write.conditions else ""
    return f"{where}, once a callback runs" if write.in_closure else where


def cases(subject: FactSubject) -> FactText:
    """What happens under the conditions that mention `intent.other`; `has_cases` must hold."""
    behavior = subject.workspace.behavior(subject.target)
    name = subject.intent.other or ""
    found = behavior.cases_about(name) if behavior is not None else ()
    head = f"{subject.name} has {counted(len(found), 'case')} with a condition on `{name}`"
    return _listed_cases(subject, head, [(case.text, case.row) for case in found])


def early_returns(subject: FactSubject) -> FactText:
    behavior = subject.workspace.behavior(subject.target)
    if behavior is None:
        return _no_body(subject)
    found = behavior.early_returns()
    if not found:
        return FactText(_nothing(subject, behavior, "never returns early", "returned early"))
    head = f"{subject.name} returns before its end in {counted(len(found), 'case')}"
    return _listed_cases(subject, head, [(case.text, case.row) for case in found])


def _listed_cases(subject: FactSubject, head: str, found: Sequence[tuple[str, int]]) -> FactText:
    places = tuple(_line(subject, row) for _, row in found[:MAX_LISTED])
    lines = [f"- {text} ({place_text(place)})" for (text, _), place in zip(found, places, strict=False)]
    return FactText(f"{head}:\n" + "\n".join(lines) + more_lines(len(found), len(lines)), places)


def catches(subject: FactSubject) -> FactText:
    """What a function catches; whether that is `intent.other`, or is swallowed."""
    behavior = subject.workspace.behavior(subject.target)
    if behavior is None:
        return _no_body(subject)
    asked = subject.intent.other
    found = list(behavior.caught)
    if asked == "swallow":
        found = [item for item in found if item.is_ignored]
    elif asked != "caught":
        found = [item for item in found if (asked or "") in item.what]
    places = tuple(_line(subject, item.row) for item in found[:MAX_LISTED])
    if not found:
        verb, participle = {
            "swallow": ("swallows no exceptions", "swallowed"),
            "caught": ("catches no exceptions", "caught"),
        }.get(asked or "", (f"names `{asked}` in no handler", "caught"))
        others = list(dict.fromkeys(_caught(item.what) for item in behavior.caught))
        note = f" It handles {enumerated(others, MAX_LISTED)}." if others else ""
        return FactText(_nothing(subject, behavior, verb, participle) + note)
    lines = [
        f"- {_caught(item.what)}{' and ignores it' if item.is_ignored else ''} ({place_text(place)})"
        for item, place in zip(found, places, strict=False)
    ]
    return FactText(f"{subject.name} catches:\n" + "\n".join(lines) + more_lines(len(found), len(lines)), places)


def _caught(what: str) -> str:
    return quoted_code(what, _QUOTE) if what else "any error"


def has_cases(behavior: Behavior | None, name: str) -> bool:
    """Whether a function has a condition that mentions the name."""
    return behavior is not None and bool(behavior.cases_about(name))


def _nothing(subject: FactSubject, behavior: Behavior, verb: str, participle: str) -> str:
    if behavior.at_least:
        return f"Nothing was found to be {participle} by {subject.name}, but part of it could not be read."
    return f"{subject.name} {verb} itself."


def _no_body(subject: FactSubject) -> FactText:
    return FactText(f"{subject.name} is no function whose body can be read.")


def _line(subject: FactSubject, row: int) -> Location:
    return Location(subject.target.path, subject.target.symbol_id, Range(Position(row, 0), Position(row, 0)))
