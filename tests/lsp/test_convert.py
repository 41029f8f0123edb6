"""Positions between the client's code units and UTF-8 bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from forethought.lsp.position_encoding import byte_column, place_in, string_index, word_at
from forethought.present.documents import Encoding, encode_column, encode_range
from forethought.syntax.tags import Position, Range

LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=40)
ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 9), ("utf-16", 6), ("utf-32", 5)])
def test_an_astral_character_and_a_tab_count_as_the_client_counts(encoding: Encoding, units: int) -> None:
    line = "\t😀 é = name"
    index = line.index(" = ") + 1
    assert string_index(line, units, encoding) == index
    assert encode_column(line.encode(), len(line[:index].encode()), encoding) == units


@given(LINES, st.data(), st.sampled_from(ENCODINGS))
def test_every_place_survives_the_way_there_and_back(line: str, data: st.DataObject, encoding: Encoding) -> None:
    index = data.draw(st.integers(0, len(line)))
    column = byte_column(line, index)
    units = encode_column(line.encode(), column, encoding)
    assert string_index(line, units, encoding) == index


@given(LINES, st.integers(0, 200), st.sampled_from(ENCODINGS))
def test_any_number_is_a_place_in_the_line_or_none(line: str, units: int, encoding: Encoding) -> None:
    index = string_index(line, units, encoding)
    assert index is None or 0 <= index <= len(line)


def test_a_place_beyond_the_line_is_none() -> None:
    assert place_in("short", types.Position(0, 6), "utf-16") is None
    assert place_in("short", types.Position(0, 5), "utf-16") == Position(0, 5)


def test_a_leading_bom_is_in_our_text_and_not_in_the_editors() -> None:
    assert place_in("name", types.Position(0, 1), "utf-16", bom=True) == Position(0, 4)
    lines = (b"\xef\xbb\xbfname", b"")
    place = encode_range(lines, Range(Position(0, 3), Position(0, 7)), "utf-16")
    assert place == {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 4}}


@pytest.mark.parametrize(("index", "word"), [(0, "foo"), (3, "foo"), (4, "bar"), (7, "bar"), (9, ""), (10, "")])
def test_the_word_at_a_place_may_end_there(index: int, word: str) -> None:
    assert word_at("foo bar  ", index) == word
