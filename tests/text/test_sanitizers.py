"""Untrusted text on one line."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.text.markdown import code, escape, fence, plain_text, safe_markdown
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


INVISIBLE = [
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2064\u2066",
    *"\u2069\u206f\u3164\ufe00\ufe0f\ufeff\uffa0\ufff0\ufff9\ufffb\U0001bca0\U0001d173\U000e0001\U000e0041\U000e007f",
    *"\U000e0100\U000e01ef\U000e0fff",
]


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_what_nobody_sees_is_removed_or_shown(character: str) -> None:
    text = f"safe{character}code"
    assert strip_controls(text) == one_line(text) == "safecode"
    assert visible(text) == f"safe{ascii(character)[1:-1]}code"
    assert printable_path(text) == "safe\ufffdcode"
    for shown in (code(text), escape(text), fence(text), safe_markdown(text), plain_text(safe_markdown(text))):
        assert character not in shown


@pytest.mark.parametrize("separator", ["\u2028", "\u2029"], ids=ascii)
def test_line_separators_of_unicode_are_spaces(separator: str) -> None:
    text = f"a{separator}b"
    assert strip_controls(text) == one_line(text) == "a b"
    for shown in (code(text), escape(text), fence(text), safe_markdown(text)):
        assert separator not in shown


def test_no_ignorable_character_of_this_python_is_missing() -> None:
    """Format characters are ignorable, except those that show something."""
    shown = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)}
    others = [
        number
        for number in range(sys.maxunicode + 1)
        if unicodedata.category(chr(number)) == "Cf" and number not in shown and strip_controls(chr(number))
    ]
    assert [hex(number) for number in others] == []


def test_ordinary_text_in_any_script_is_kept() -> None:
    text = "naïve Größe 数 ключ مفتاح कुंजी 열쇠 🙂 → …"
    assert strip_controls(text) == visible(text) == printable_path(text) == text
