"""Converts columns between the index and LSP clients, without LSP's types.

The index counts UTF-8 bytes from the start of a line. A client counts code units of the encoding that it negotiated.
A byte-order mark at the start of a file belongs to the index's text, but not to the text that a client sees.
"""

import codecs
import re
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

BOM = codecs.BOM_UTF8

_BARE_CR = re.compile(rb"\r(?!\n)")
_WORD = re.compile(r"[\w$]+")


def end_lines_with_lf(data: bytes) -> bytes:
    """End lines that end in a bare CR, as LSP allows, in an LF: the grammars count no others. Offsets stay the same."""
    if data.count(b"\r") == data.count(b"\r\n"):
        return data
    return _BARE_CR.sub(b"\n", data)


def units_to_index(line: str, units: int, encoding: Encoding) -> int | None:
    """Convert code units from the start of the line to an index into it.

    A position inside a character is rounded down to its start. None if it lies outside the line.
    """
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


def index_to_bytes(line: str, index: int) -> int:
    """Convert an index into the line to UTF-8 bytes from its start."""
    return index if line.isascii() else len(line[:index].encode("utf-8", "replace"))


def units_to_bytes(line: str, units: int, encoding: Encoding) -> int | None:
    """Convert code units from the start of the line to UTF-8 bytes; None outside the line."""
    index = units_to_index(line, units, encoding)
    return None if index is None else index_to_bytes(line, index)


def bytes_to_units(line: bytes, column: int, encoding: Encoding, row: int = 1) -> int:
    """Convert UTF-8 bytes from the start of the line to code units. In row 0, a leading BOM does not count."""
    if row == 0 and line.startswith(BOM):
        line, column = line[len(BOM) :], max(0, column - len(BOM))
    if encoding == "utf-8" or line.isascii():
        return column
    text = line[:column].decode("utf-8", "replace")
    return len(text) if encoding == "utf-32" else len(text) + sum(character > "\uffff" for character in text)


def decode_line(line: bytes, row: int) -> str:
    """Decode a line as an editor shows it: without its line ending and without the file's BOM."""
    text = line.decode("utf-8", "replace").removesuffix("\r")
    return text.removeprefix("\ufeff") if row == 0 else text


def word_at(line: str, index: int) -> str:
    """Return the word that contains the index or ends there; "" if there is none."""
    return next((found[0] for found in _WORD.finditer(line) if found.start() <= index <= found.end()), "")
