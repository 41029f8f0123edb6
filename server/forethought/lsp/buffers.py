"""The documents that the client has open.

pygls's own documents also split lines at form feeds and other separators that LSP does not count, so that later edits
end up in the wrong place.
"""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lsprotocol import types

from forethought.lsp.transport import TOO_LONG
from forethought.repo.discovery import MAX_SOURCE_BYTES
from forethought.text.positions import Encoding, units_to_index
from forethought.text.uris import path_of
from forethought.workspace.workspace import Workspace

MAX_TEXT_LENGTH = MAX_SOURCE_BYTES
"""In characters. Of a longer text only the size is known: no file so large is analyzed."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Buffer:
    """One open document."""

    uri: str
    language: str
    version: int | None
    _lines: list[str]
    """With their line endings, except the last one. Empty if the text is too large."""
    location: tuple[Workspace, str] | None = None
    """The root that the document was opened in, and its path there; None outside all roots."""
    opened_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, item: types.TextDocumentItem) -> "Buffer":
        return cls(item.uri, item.language_id, item.version, _lines_to_keep(item.text))

    @property
    def is_too_large(self) -> bool:
        """Whether the text is larger than any that is analyzed. It is unknown then, until a whole new one is sent."""
        return not self._lines

    @property
    def text(self) -> str:
        """Empty if it is too large."""
        return "".join(self._lines)

    def line(self, row: int) -> str | None:
        """Return the text of a row without its line ending; None if there is no such row."""
        return self._lines[row].rstrip("\r\n") if 0 <= row < len(self._lines) else None

    def apply(
        self, changes: Iterable[types.TextDocumentContentChangeEvent], version: int | None, encoding: Encoding
    ) -> None:
        """Apply the changes in order. A position outside the text is moved to the nearest one inside."""
        for change in changes:
            if not isinstance(change, types.TextDocumentContentChangePartial):
                self._lines = _lines_to_keep(change.text)
            elif not self.is_too_large:
                if change.text == TOO_LONG or len(change.text) > MAX_TEXT_LENGTH:
                    self._lines = []
                else:
                    self._replace(change.range, _clean(change.text), encoding)
        self.version = version
        if sum(map(len, self._lines)) > MAX_TEXT_LENGTH:
            self._lines = []

    def show(self) -> None:
        """Give the text to the root that the document was opened in; one that is too large counts as not open."""
        if self.location is None:
            return
        workspace, path = self.location
        if self.is_too_large:
            workspace.close_file(path)
        else:
            workspace.change_file(path, self.text, self.version)

    def _replace(self, range_: types.Range, text: str, encoding: Encoding) -> None:
        first, before = self._locate(range_.start, encoding)
        last, after = self._locate(range_.end, encoding)
        if (last, after) < (first, before):
            (first, before), (last, after) = (last, after), (first, before)
        new = self._lines[first][:before] + text + self._lines[last][after:]
        follows_cr = first > 0 and self._lines[first - 1].endswith("\r")
        if first == last and not follows_cr and "\n" not in text and "\r" not in text:
            self._lines[first] = new  # typing: the row stays one row
            return
        if follows_cr:
            first, new = first - 1, self._lines[first - 1] + new  # a \n at the start of the new text would join it
        if last + 1 < len(self._lines) and new.endswith("\r"):
            last, new = last + 1, new + self._lines[last + 1]
        replaced = list(_lines_of(new))
        if last + 1 == len(self._lines) and (not replaced or replaced[-1].endswith(("\r", "\n"))):
            replaced.append("")
        self._lines[first : last + 1] = replaced

    def _locate(self, position: types.Position, encoding: Encoding) -> tuple[int, int]:
        """Return (row, index into the row) of the nearest position inside the text."""
        if position.line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        line = self._lines[position.line].rstrip("\r\n")
        index = units_to_index(line, position.character, encoding)
        return position.line, len(line) if index is None else index


class Buffers:
    """The open documents by URI. Different spellings of a file's URI find the same document."""

    def __init__(self) -> None:
        self._by_uri: dict[str, Buffer] = {}
        """In the spelling of `didOpen`, which nearly every request uses, too."""
        self._by_file: dict[str, Buffer] = {}
        self._edited: Buffer | None = None
        """Its root has an older text."""

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

    def edit(
        self,
        buffer: Buffer,
        changes: Iterable[types.TextDocumentContentChangeEvent],
        version: int | None,
        encoding: Encoding,
    ) -> None:
        """Apply the changes in order; `show_edited` gives the text to the root."""
        if self._edited is not buffer:
            self.show_edited()
        self._edited = buffer
        buffer.apply(changes, version, encoding)
        if buffer.location is not None:
            buffer.location[0].expect_change()

    def show_edited(self) -> None:
        """Give the text that was edited last to its root, unless it has it."""
        if (buffer := self._edited) is not None:
            self._edited = None
            buffer.show()

    def withdraw(self, buffer: Buffer) -> None:
        """Take a buffer from its root; another one of the same file, opened by another name, counts in its place."""
        if buffer.location is None:
            return
        workspace, path = buffer.location
        others = [other for other in self if other is not buffer and other.location == buffer.location]
        if others:
            others[-1].show()
        else:
            workspace.close_file(path)


def _key(uri: str) -> str:
    path = path_of(uri)
    return uri if path is None else str(path)


def _clean(text: str) -> str:
    """Replace lone surrogates, which JSON allows and UTF-8 does not, by U+FFFD, which has the same width."""
    return _SURROGATE.sub("\ufffd", text)


def _lines_to_keep(text: str) -> list[str]:
    """The lines of a text; none if it is too large."""
    return _split(text) if text != TOO_LONG and len(text) <= MAX_TEXT_LENGTH else []


def _split(text: str) -> list[str]:
    lines = list(_lines_of(_clean(text)))
    if not lines or lines[-1].endswith(("\r", "\n")):
        lines.append("")
    return lines


def _lines_of(text: str) -> Iterator[str]:
    return (found[0] for found in _LINE.finditer(text))
