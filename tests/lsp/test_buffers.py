"""Open documents follow the client's edits exactly."""

from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from forethought.lsp.buffers import MAX_TEXT_LENGTH, Buffer, Buffers
from forethought.lsp.transport import TOO_LONG
from forethought.text.positions import bytes_to_units
from forethought.workspace.workspace import Workspace

TEXT = st.text(st.sampled_from("ab\n\r\té😀\x0c\u2028 "), max_size=30)


def buffer_of(text: str) -> Buffer:
    return Buffer.of(types.TextDocumentItem("file:///a.py", "python", 1, text))


def change(start: tuple[int, int], end: tuple[int, int], text: str) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(
        range=types.Range(types.Position(*start), types.Position(*end)), text=text
    )


def position_of(text: str, offset: int) -> tuple[int, int]:
    """Return the LSP position of an offset. Lines end with \\r\\n, \\n or \\r, and nothing else."""
    before = text[:offset]
    inside_pair = before.endswith("\r") and text[offset : offset + 1] == "\n"
    rows = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if inside_pair:
        rows = [*rows[:-2], rows[-2]]
    line = rows[-1].encode()
    return len(rows) - 1, bytes_to_units(line, len(line), "utf-16")


@given(TEXT, TEXT, st.data())
def test_an_edit_gives_the_text_that_the_client_has(text: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    if any(text[at - 1 : at + 1] == "\r\n" for at in (start, end) if at):
        return  # no client edits inside a line ending
    buffer = buffer_of(text)
    buffer.apply([change(position_of(text, start), position_of(text, end), new)], 2, "utf-16")
    assert buffer.text == text[:start] + new + text[end:]
    fresh = buffer_of(buffer.text)
    rows = range(40)
    assert [buffer.line(row) for row in rows] == [fresh.line(row) for row in rows]


def test_a_form_feed_does_not_end_a_line() -> None:
    buffer = buffer_of("a\x0cb\nc")
    buffer.apply([change((1, 0), (1, 1), "d")], 2, "utf-16")
    assert buffer.text == "a\x0cb\nd"


def test_edits_outside_the_text_go_to_its_end() -> None:
    buffer = buffer_of("ab\n")
    buffer.apply([change((9, 9), (9, 9), "c"), change((0, 99), (0, 99), "!")], 2, "utf-16")
    assert buffer.text == "ab!\nc"


def test_half_a_character_becomes_a_replacement_of_the_same_width() -> None:
    assert buffer_of("a\ud83db").text == "a\ufffdb"


def test_a_whole_new_text_replaces_everything() -> None:
    buffer = buffer_of("old")
    buffer.apply([types.TextDocumentContentChangeWholeDocument(text="new\n")], 7, "utf-16")
    assert (buffer.text, buffer.version, buffer.line(1), buffer.line(2)) == ("new\n", 7, "", None)


def test_a_document_is_found_however_its_uri_is_written() -> None:
    buffers = Buffers()
    buffers.put(Buffer.of(types.TextDocumentItem("file:///a%2Bb.py", "python", 1, "")))
    assert buffers.get("file:///a+b.py") is not None
    assert buffers.pop("file:///a%2bb.py") is not None
    assert buffers.get("file:///a+b.py") is None


def test_a_text_that_is_too_large_is_not_kept_until_a_whole_new_one_comes() -> None:
    buffer = buffer_of("x" * (MAX_TEXT_LENGTH + 1))
    assert buffer.is_too_large
    assert (buffer.text, buffer.line(0)) == ("", None)
    buffer.apply([change((0, 0), (0, 1), "y")], 2, "utf-16")
    assert buffer.is_too_large
    buffer.apply([types.TextDocumentContentChangeWholeDocument("short\n")], 3, "utf-16")
    assert (buffer.is_too_large, buffer.text) == (False, "short\n")


@pytest.mark.parametrize("pasted", ["x" * MAX_TEXT_LENGTH, "x" * (MAX_TEXT_LENGTH + 1), TOO_LONG])
def test_a_text_may_become_too_large(pasted: str) -> None:
    buffer = buffer_of("short\n")
    buffer.apply([change((0, 0), (0, 0), pasted)], 2, "utf-16")
    assert (buffer.is_too_large, buffer.version) == (True, 2)


def test_an_edited_text_goes_to_its_root_once_and_before_another_is_edited() -> None:
    shown: list[tuple[str, str]] = []
    root = cast(
        Workspace,
        SimpleNamespace(change_file=lambda path, text, _: shown.append((path, text)), expect_change=lambda: None),
    )
    buffers = Buffers()
    first, second = buffer_of("x\n"), buffer_of("y\n")
    first.location, second.location = (root, "first.py"), (root, "second.py")
    for buffer in (first, first, second, second):
        buffers.edit(buffer, [change((0, 0), (0, 0), "#")], 2, "utf-16")
    assert shown == [("first.py", "##x\n")]
    buffers.show_edited()
    buffers.show_edited()
    assert shown == [("first.py", "##x\n"), ("second.py", "##y\n")]


def test_an_empty_text_is_not_too_large() -> None:
    assert not buffer_of("").is_too_large
