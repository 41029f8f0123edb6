"""Turns locations in the index into LSP's JSON: URIs, and ranges in the client's code units."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from forethought.syntax.tags import Position, Range
from forethought.text.positions import Encoding, bytes_to_units
from forethought.text.uris import file_uri
from forethought.workspace.workspace import Workspace

LocateFile = Callable[[Workspace, str], str]
"""Returns the URI of a file, given its workspace and its path in there."""


class Reference(Protocol):
    """A symbol's definition or a place that uses it, such as `facts.Place`."""

    @property
    def path(self) -> str: ...
    @property
    def range(self) -> Range: ...
    @property
    def symbol_id(self) -> str: ...


class LocationEncoder:
    """Encodes the locations of one document for one client. Blocks: reads the lines that a range refers to.

    Lines are cached, so use a new one for each document. `locate_file` is for clients that know the root by another
    name, such as a symbolic link; the default is the file's real path.
    """

    def __init__(self, encoding: Encoding = "utf-16", locate_file: LocateFile | None = None) -> None:
        self._encoding = encoding
        self._locate_file = locate_file
        self._lines: dict[tuple[Path, str], Sequence[bytes]] = {}

    def uri(self, workspace: Workspace, path: str) -> str:
        return self._locate_file(workspace, path) if self._locate_file else file_uri(workspace.root / path)

    def range(self, workspace: Workspace, path: str, range_: Range) -> dict[str, Any]:
        """Return an LSP range."""
        key = (workspace.root, path)
        if key not in self._lines:
            self._lines[key] = workspace.lines(path)
        return encode_range(self._lines[key], range_, self._encoding)

    def reference(self, workspace: Workspace, path: str, range_: Range, symbol: str) -> dict[str, Any]:
        """Return `{uri, range, symbol}`."""
        return {"uri": self.uri(workspace, path), "range": self.range(workspace, path, range_), "symbol": symbol}

    def references(self, workspace: Workspace, references: Iterable[Reference]) -> list[dict[str, Any]]:
        return [self.reference(workspace, item.path, item.range, item.symbol_id) for item in references]


def encode_range(lines: Sequence[bytes], range_: Range, encoding: Encoding) -> dict[str, Any]:
    """Convert rows and UTF-8 byte columns to an LSP range. In a row outside the text, the column is kept as it is."""
    return {
        "start": _encode_position(lines, range_.start, encoding),
        "end": _encode_position(lines, range_.end, encoding),
    }


def _encode_position(lines: Sequence[bytes], position: Position, encoding: Encoding) -> dict[str, int]:
    line = lines[position.row] if position.row < len(lines) else b""
    character = bytes_to_units(line, position.column, encoding, position.row) if line else position.column
    return {"line": position.row, "character": character}
