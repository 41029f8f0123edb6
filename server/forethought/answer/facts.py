"""Answers of fact, as text: worked out from the index each time, never generated."""

from collections.abc import Sequence

from forethought.answer.question import Meant
from forethought.cards import Card
from forethought.context import CLASS_KINDS
from forethought.index.facts import Place
from forethought.index.resolve import Target
from forethought.line_changes import LastChange

MOST_LISTED = 20
"""Places that an answer of fact lists before it says how many more there are."""


def fact_text(item: Meant, aspect: str) -> tuple[str, tuple[Place, ...]]:
    """The answer of fact, and the places that it names."""
    card = item.card
    symbol = card.symbol
    target = Target(card.path, symbol.id)
    name = f"`{symbol.name}`" if symbol.name else f"`{card.path}`"
    if aspect == "location":
        return f"{name} is defined in {where(card)}.", ()
    if aspect == "parameters":
        if symbol.kind == "file":
            return f"{name} is a file; it takes no parameters.", ()
        takes = ", ".join(f"`{parameter}`" for parameter in symbol.parameters)
        return (f"{name} takes {takes}." if takes else f"{name} takes no parameters.") + f"\n\n`{symbol.signature}`", ()
    if aspect == "docs":
        return symbol.doc or f"{name} has no documentation.", ()
    if aspect == "bases":
        bases = ", ".join(f"`{base}`" for base in symbol.bases)
        return (f"{name} is based on {bases}." if bases else f"{name} names no base."), ()
    if aspect == "raises":
        raised = ", ".join(f"`{error}`" for error in symbol.raises)
        none = f"{name} raises nothing itself; what it calls may."
        return (f"{name} raises {raised} itself." if raised else none), ()
    if aspect == "last_change":
        return _last_change_text(item.workspace.last_change(target), name), ()
    if aspect == "members":
        return _members_text(item, name)
    if aspect == "callers":
        facts = item.workspace.facts(target, "callers")
        return _list_text(item, name, facts.called_by, facts.called_by_count, "is called from", "is not called"), (
            facts.called_by[:MOST_LISTED]
        )
    if aspect == "calls":
        facts = item.workspace.facts(target, "calls")
        return _list_text(item, name, facts.calls, len(facts.calls), "calls", "calls nothing"), facts.calls[
            :MOST_LISTED
        ]
    facts = item.workspace.facts(target, "tests")
    return _list_text(item, name, facts.tests, len(facts.tests), "is reached by", "is reached by no test"), (
        facts.tests[:MOST_LISTED]
    )


def _list_text(item: Meant, name: str, places: Sequence[Place], count: int, verb: str, none: str) -> str:
    if not count:
        return f"{name} {none} in this repository, as far as names can be resolved."
    listed = places[:MOST_LISTED]
    lines = [f"- `{place.symbol_id or place.path}` ({place.path}:{place.range.start.row + 1})" for place in listed]
    more = f"\n… and {count - len(listed)} more" if count > len(listed) else ""
    unit = "place" if verb == "is called from" else ""
    return (
        f"{name} {verb} {count}{f' {unit}' if unit else ''}{'s' if unit and count > 1 else ''}:\n"
        + "\n".join(lines)
        + more
    )


def _last_change_text(change: LastChange | None, name: str) -> str:
    if change is None:
        return f"The last change of {name} is not committed, or its history is not here."
    return (
        f"{name} was last changed by {change.author} on {change.date[:10]} in `{change.commit[:10]}`: {change.subject}"
    )


def _members_text(item: Meant, name: str) -> tuple[str, tuple[Place, ...]]:
    view = item.workspace.view_from_disk(item.card.path)
    symbols = view.tags.symbols if view else ()
    own = item.card.symbol
    children = [symbol for symbol in symbols if symbol.kind != "file" and symbol.parent == own.id]
    if own.kind not in CLASS_KINDS and own.kind != "file":
        children = [symbol for symbol in children if symbol.body]
    if not children:
        return f"{name} defines nothing by name.", ()
    places = tuple(Place(item.card.path, symbol.id, symbol.selection) for symbol in children)
    lines = [f"- `{symbol.signature}` (line {symbol.range.start.row + 1})" for symbol in children[: 2 * MOST_LISTED]]
    more = f"\n… and {len(children) - len(lines)} more" if len(children) > len(lines) else ""
    return f"{name} defines {len(children)}:\n" + "\n".join(lines) + more, places[:MOST_LISTED]


def where(card: Card) -> str:
    return f"{card.path}:{card.symbol.selection.start.row + 1}"
