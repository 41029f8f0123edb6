"""Positions between the client's code units and UTF-8 bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from forethought.lsp.position_encoding import from_lsp_position, to_lsp_range
from forethought.syntax.tags import Position, Range
from forethought.text.positions import Encoding, bytes_to_units, index_to_bytes, units_to_bytes, units_to_index, word_at

LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=40)
ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 9), ("utf-16", 6), ("utf-32", 5)])
def test_an_astral_character_and_a_tab_count_as_the_client_counts(encoding: Encoding, units: int) -> None:
    line = "\t😀 é = name"
    index = line.index(" = ") + 1
    assert units_to_index(line, units, encoding) == index
    assert bytes_to_units(line.encode(), len(line[:index].encode()), encoding) == units


@given(LINES, st.data(), st.sampled_from(ENCODINGS))
def test_every_position_survives_the_round_trip(line: str, data: st.DataObject, encoding: Encoding) -> None:
    column = index_to_bytes(line, data.draw(st.integers(0, len(line))))
    units = bytes_to_units(line.encode(), column, encoding)
    assert units_to_bytes(line, units, encoding) == column


@given(LINES, st.integers(0, 200), st.sampled_from(ENCODINGS))
def test_any_number_is_a_position_in_the_line_or_none(line: str, units: int, encoding: Encoding) -> None:
    index = units_to_index(line, units, encoding)
    assert index is None or 0 <= index <= len(line)


def test_a_position_beyond_the_line_is_none() -> None:
    assert from_lsp_position("short", types.Position(0, 6), "utf-16") is None
    assert from_lsp_position("short", types.Position(0, 5), "utf-16") == Position(0, 5)


def test_a_leading_bom_is_in_our_text_and_not_in_the_editors() -> None:
    assert from_lsp_position("name", types.Position(0, 1), "utf-16", bom=True) == Position(0, 4)
    lines = (b"\xef\xbb\xbfname", b"")
    range_ = to_lsp_range(lines, Range(Position(0, 3), Position(0, 7)), "utf-16")
    assert range_ == types.Range(types.Position(0, 0), types.Position(0, 4))


@pytest.mark.parametrize(("index", "word"), [(0, "foo"), (3, "foo"), (4, "bar"), (7, "bar"), (9, ""), (10, "")])
def test_the_word_at_a_position_may_end_there(index: int, word: str) -> None:
    assert word_at("foo bar  ", index) == word
