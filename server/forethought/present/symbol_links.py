"""Markdown that names symbols and links them to their lines."""

from collections.abc import Callable, Sequence

from forethought.present.location_encoder import Reference
from forethought.syntax.tags import Range
from forethought.text.markdown import code, link

LinkTo = Callable[[str, Range], str]
"""Returns the URI of a location (path, range), with a fragment that names its line."""


def line_link(uri: str, range_: Range) -> str:
    """Add the 1-based line to a URI, as the fragment that editors understand: `file:///a.py#L5`."""
    return f"{uri}#L{range_.start.row + 1}"


def symbol_link(name: str, path: str, range_: Range, link_to: LinkTo | None) -> str:
    """Return the name as code, linked if `link_to` is given."""
    return link(name, link_to(path, range_)) if link_to else code(name)


def symbol_links(references: Sequence[Reference], limit: int, total: int, link_to: LinkTo | None) -> str:
    """Name at most `limit` different symbols, with an ellipsis if there are more.

    `total` counts all references; `references` may hold only the first of them.
    """
    unique = list({(item.path, item.symbol_id): item for item in references}.values())
    names = [symbol_link(item.symbol_id or item.path, item.path, item.range, link_to) for item in unique[:limit]]
    return ", ".join(names) + (" …" if names and (len(unique) > limit or total > len(references)) else "")
