"""Untrusted text on one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.text.sanitizers import one_line, printable_path, strip_controls, visible


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    assert all(character.isprintable() or character == "\t" for character in visible(text))
    assert all(character.isprintable() for character in printable_path(text))


def test_escape_sequences_become_visible() -> None:
    assert visible("\x1b[2Jowned\u202e\n") == "\\x1b[2Jowned\\u202e\\n"


def test_ordinary_text_is_unchanged() -> None:
    text = "c′ – naïve “漢字” 🎉\tx"
    assert visible(text) == strip_controls(text) == text


@pytest.mark.parametrize(("text", "expected"), [("a\n b\t\tc ", "a b c"), ("\x1b[2Jred\u200b", "[2Jred"), ("\r\n", "")])
def test_one_line_drops_controls_and_collapses_whitespace(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_a_path_keeps_its_length() -> None:
    assert printable_path("a\nb/\udce9.py") == "a\ufffdb/\ufffd.py"
