"""A place in the repository that a fact names."""

from typing import NamedTuple

from forethought.syntax.tags import Range


class Location(NamedTuple):
    """A range in the repository and the symbol that it belongs to; the file itself if `symbol_id` is empty."""

    path: str
    symbol_id: str
    range: Range
