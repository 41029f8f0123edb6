"""Between the client's positions and ours. Ours: rows and UTF-8 byte columns; the client's: code units."""

import re

from lsprotocol import types

from forethought.present.documents import Encoding
from forethought.syntax.tags import Position

_WORD = re.compile(r"[\w$]+")


def string_index(line: str, units: int, encoding: Encoding) -> int | None:
    """Code units from the line's start → an index into it, rounded down inside a character; None beyond the end."""
    if units < 0:
        return None
    if encoding == "utf-32" or line.isascii():
        return units if units <= len(line) else None
    seen = 0
    for index, character in enumerate(line):
        if seen >= units:
            return index if seen == units else index - 1
        seen += len(character.encode()) if encoding == "utf-8" else 1 + (character > "\uffff")
    return len(line) if seen == units else (len(line) - 1 if seen > units else None)


def byte_column(line: str, index: int) -> int:
    """An index into the line → UTF-8 bytes from its start."""
    return index if line.isascii() else len(line[:index].encode("utf-8", "replace"))


def word_at(line: str, index: int) -> str:
    """The word at, or ending at, an index; "" when there is none."""
    return next((found[0] for found in _WORD.finditer(line) if found.start() <= index <= found.end()), "")


def text_of(line: bytes, row: int) -> str:
    """A line of a file as an editor shows it: decoded, without its ending, and without the file's BOM."""
    text = line.decode("utf-8", "replace").removesuffix("\r")
    return text.removeprefix("\ufeff") if row == 0 else text


def place_in(line: str, position: types.Position, encoding: Encoding, bom: bool = False) -> Position | None:
    """The client's position on its line → ours; None outside the text. `bom`: our text begins with one."""
    index = string_index(line, position.character, encoding)
    if index is None:
        return None
    return Position(position.line, byte_column(line, index) + (3 if bom and position.line == 0 else 0))
