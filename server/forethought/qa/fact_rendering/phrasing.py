"""Wording that answers of fact share: lists, counts, names and places. All of it is Markdown."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from forethought.facts.location import Location
from forethought.syntax.tags import Symbol
from forethought.text.sanitizers import printable_path
from forethought.workspace.symbol_info import SymbolInfo

MAX_LISTED = 20
"""Places that an answer lists before it says how many more there are."""
MAX_VALUE_LENGTH = 50
"""Characters of an expression in a list."""

AS_FAR_AS_RESOLVED = ", as far as names can be resolved"


class FactText(NamedTuple):
    """An answer of fact, and the places that it names."""

    text: str
    places: tuple[Location, ...] = ()


def display_name(symbol_info: SymbolInfo) -> str:
    """A symbol as answers name it: its qualified name in back-ticks; for a file, its path."""
    return f"`{symbol_info.symbol.name or printable_path(symbol_info.path)}`"


def where(symbol_info: SymbolInfo) -> str:
    """Where a symbol is defined, as `path:line`."""
    return f"{printable_path(symbol_info.path)}:{line_of(symbol_info.symbol)}"


def line_of(symbol: Symbol) -> int:
    """The 1-based line of the symbol's name."""
    return symbol.selection.start.row + 1


def place_text(place: Location) -> str:
    """`path:line`."""
    return f"{printable_path(place.path)}:{place.range.start.row + 1}"


def listed(head: str, places: Sequence[Location], count: int, if_none: str) -> FactText:
    """A list of places under a head, with how many more there are; the sentence `if_none` for an empty one.

    count: how many places there are; `places` may be only the first of them.
    """
    if not count:
        return FactText(f"{if_none}.")
    shown = tuple(places[:MAX_LISTED])
    lines = [f"- `{_place_name(place)}` ({place_text(place)})" for place in shown]
    return FactText(f"{head}:\n" + "\n".join(lines) + more_lines(count, len(shown)), shown)


def more_lines(count: int, shown: int) -> str:
    """The last line of a list of which only some items are shown."""
    return f"\n… and {count - shown} more" if count > shown else ""


def enumerated(items: Sequence[str], limit: int) -> str:
    """The first few items in one line, and how many more there are."""
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more


def quoted(codes: Iterable[str]) -> str:
    """Pieces of code, each in back-ticks, separated by commas."""
    return ", ".join(f"`{code}`" for code in codes)


def outside(names: Sequence[str]) -> str:
    """Names of classes that are not in the index, and that they are not."""
    verb = "is" if len(names) == 1 else "are"
    return f"{quoted(names)}, which {verb} defined outside this repository"


def did_you_mean(names: Sequence[str]) -> str:
    """A sentence to append; empty without names."""
    return f" Did you mean {' or '.join(f'`{name}`' for name in names)}?" if names else ""


def counted(count: int, noun: str) -> str:
    """“1 class”, “2 classes”."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def with_article(noun: str) -> str:
    """“a class”, “an interface”."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def shortened(text: str, limit: int = MAX_VALUE_LENGTH) -> str:
    """The text, or its first `limit` characters and an ellipsis."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def _place_name(place: Location) -> str:
    """The symbol, without the mark of a later definition of one name; the path for a file."""
    return re.sub(r"#\d+$", "", place.symbol_id) or printable_path(place.path)
