"""Open documents, as the client sends them.

pygls's own documents split lines at form feeds and other separators that LSP does not count, which puts later edits
into the wrong place.
"""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsprotocol import types

from forethought.text.positions import Encoding, units_to_index
from forethought.text.uris import path_of

if TYPE_CHECKING:
    from forethought.workspace.workspace import Workspace

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Buffer:
    """One open document."""

    uri: str
    language: str
    version: int | None
    _lines: list[str]
    """With their endings; the last one has none."""
    home: "tuple[Workspace, str] | None" = field(default=None)
    """The root that holds the file, and the file's path there; None outside every root."""
    opened_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, item: types.TextDocumentItem) -> "Buffer":
        return cls(item.uri, item.language_id, item.version, _split(item.text))

    @property
    def text(self) -> str:
        return "".join(self._lines)

    def line(self, row: int) -> str | None:
        """The text of a row without its ending; None when there is no such row."""
        return self._lines[row].rstrip("\r\n") if 0 <= row < len(self._lines) else None

    def apply(
        self, changes: Iterable[types.TextDocumentContentChangeEvent], version: int | None, encoding: Encoding
    ) -> None:
        """Apply changes in order. Places outside the text are moved to its nearest end."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                self._replace(change.range, _clean(change.text), encoding)
            else:
                self._lines = _split(change.text)
        self.version = version

    def _replace(self, place: types.Range, text: str, encoding: Encoding) -> None:
        first, before = self._cut(place.start, encoding)
        last, after = self._cut(place.end, encoding)
        if (last, after) < (first, before):
            (first, before), (last, after) = (last, after), (first, before)
        new = self._lines[first][:before] + text + self._lines[last][after:]
        if first and self._lines[first - 1].endswith("\r"):
            first, new = first - 1, self._lines[first - 1] + new  # a new \n may join it
        if last + 1 < len(self._lines) and new.endswith("\r"):
            last, new = last + 1, new + self._lines[last + 1]
        replaced = list(_lines_of(new))
        if last + 1 == len(self._lines) and (not replaced or replaced[-1].endswith(("\r", "\n"))):
            replaced.append("")
        self._lines[first : last + 1] = replaced

    def _cut(self, position: types.Position, encoding: Encoding) -> tuple[int, int]:
        if position.line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        line = self._lines[position.line].rstrip("\r\n")
        index = units_to_index(line, position.character, encoding)
        return position.line, len(line) if index is None else index


class Buffers:
    """Open documents by URI, however the client writes it."""

    def __init__(self) -> None:
        self._by_uri: dict[str, Buffer] = {}
        """As `didOpen` wrote it, which is how nearly every request writes it too."""
        self._by_file: dict[str, Buffer] = {}

    def __iter__(self) -> Iterator[Buffer]:
        return iter(list(self._by_file.values()))

    def get(self, uri: str) -> Buffer | None:
        return self._by_uri.get(uri) or self._by_file.get(_key(uri))

    def put(self, buffer: Buffer) -> None:
        self.pop(buffer.uri)
        self._by_uri[buffer.uri] = self._by_file[_key(buffer.uri)] = buffer

    def pop(self, uri: str) -> Buffer | None:
        buffer = self._by_file.pop(_key(uri), None)
        if buffer is not None:
            self._by_uri.pop(buffer.uri, None)
        return buffer


def _key(uri: str) -> str:
    path = path_of(uri)
    return uri if path is None else str(path)


def _clean(text: str) -> str:
    """Half characters, which JSON can carry and UTF-8 cannot, become U+FFFD: as wide, and harmless."""
    return _SURROGATE.sub("\ufffd", text)


def _split(text: str) -> list[str]:
    lines = list(_lines_of(_clean(text)))
    if not lines or lines[-1].endswith(("\r", "\n")):
        lines.append("")
    return lines


def _lines_of(text: str) -> Iterator[str]:
    return (found[0] for found in _LINE.finditer(text))
