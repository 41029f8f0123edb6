"""Converts positions between LSP's types, in the client's code units, and ours: rows and UTF-8 byte columns."""

from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from forethought.present.location_encoder import encode_range
from forethought.syntax.tags import Position, Range
from forethought.text.positions import BOM, Encoding, units_to_bytes


def from_lsp_position(line: str, position: types.Position, encoding: Encoding, bom: bool = False) -> Position | None:
    """Convert a position on its line; None outside the text. `bom`: the file starts with a BOM, which `line` lacks."""
    column = units_to_bytes(line, position.character, encoding)
    if column is None:
        return None
    return Position(position.line, column + (len(BOM) if bom and position.line == 0 else 0))


def to_lsp_range(lines: Sequence[bytes], range_: Range, encoding: Encoding) -> types.Range:
    """Convert a range of a file with these lines."""
    return lsp_range(encode_range(lines, range_, encoding))


def lsp_range(document: dict[str, Any]) -> types.Range:
    """Convert a range from the JSON that `present` produces."""
    return types.Range(types.Position(**document["start"]), types.Position(**document["end"]))
