"""Framing, and requests that are cancelled while they are queued."""

import asyncio
import io
import json
import os
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from lsprotocol.converters import get_converter

from forethought.lsp.buffers import Buffer
from forethought.lsp.transport import (
    MAX_EDITS_AT_ONCE,
    MIN_FLOOD,
    TOO_LONG,
    Inbox,
    read_bodies,
    without_long_strings,
)


def framed(*messages: Any) -> bytes:
    bodies = [message if isinstance(message, bytes) else json.dumps(message).encode() for message in messages]
    return b"".join(b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies)


def request(identifier: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, "method": "textDocument/hover", "params": {}}


def cancel(identifier: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": identifier}}


@pytest.mark.parametrize(
    "data",
    [
        b"content-length: 2\r\nContent-Type: x; charset=utf-8\r\n\r\n{}",
        b"CONTENT-LENGTH:2\n\n{}",
        b"\r\n\r\ngarbage\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Length: none\r\nContent-Length: 2\r\n\r\n{}",
        b'{"a": 1}Content-Length: 2\r\n\r\n{}',
    ],
)
def test_a_frame_is_found_whatever_surrounds_it(data: bytes) -> None:
    assert list(read_bodies(io.BytesIO(data))) == [b"{}"]


def test_half_a_message_at_the_end_is_no_message() -> None:
    assert list(read_bodies(io.BytesIO(b"Content-Length: 20\r\n\r\n{}"))) == []


async def take_all(data: bytes) -> tuple[list[dict[str, Any]], list[Any], list[str]]:
    """Return what an inbox delivers, drops and refuses if everything arrives before the first turn of the loop."""
    delivered: list[dict[str, Any]] = []
    dropped: list[Any] = []
    refused: list[str] = []
    ended = asyncio.Event()
    inbox = Inbox(asyncio.get_running_loop(), delivered.append, lambda: None, dropped.append, refused.append, ended.set)
    inbox.read(io.BytesIO(data))
    await asyncio.wait_for(ended.wait(), 5)
    return delivered, dropped, refused


async def test_a_request_that_was_cancelled_while_it_waited_is_dropped() -> None:
    delivered, dropped, _ = await take_all(framed(request(1), request(2), request("2"), cancel(2), cancel(1)))
    assert [message["id"] for message in delivered] == ["2"]
    assert dropped == [1, 2]


async def test_messages_keep_their_order() -> None:
    delivered, _, _ = await take_all(framed(*(request(number) for number in range(100))))
    assert [message["id"] for message in delivered] == list(range(100))


async def test_cancelling_what_runs_or_never_was_reaches_the_protocol() -> None:
    delivered, dropped, _ = await take_all(framed(cancel(9), request(1)))
    assert [message["method"] for message in delivered] == ["$/cancelRequest", "textDocument/hover"]
    assert dropped == []


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"3", b"null", b"[" * 100_000])
async def test_what_is_no_message_is_refused_and_the_next_one_is_read(body: bytes) -> None:
    delivered, _, refused = await take_all(framed(body, request(1)))
    assert len(refused) == 1
    assert [message["id"] for message in delivered] == [1]


START = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


def edit(uri: str, version: int, *texts: str) -> dict[str, Any]:
    """Type the texts."""
    return change(uri, version, *({"range": START, "text": text} for text in texts))


def change(uri: str, version: int, *changes: Any) -> dict[str, Any]:
    document = {"uri": uri, "version": version}
    return {"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": [*changes]}}


def hover(identifier: int, uri: str) -> dict[str, Any]:
    return {"id": identifier, "method": "textDocument/hover", "params": {"textDocument": {"uri": uri}}}


def texts_of(message: dict[str, Any]) -> list[str]:
    return [change["text"] for change in message["params"]["contentChanges"]]


def flood_of(uri: str) -> list[dict[str, Any]]:
    return [edit(uri, number, "x") for number in range(MIN_FLOOD)]


async def test_edits_that_wait_one_after_another_are_merged_in_order() -> None:
    edits = [edit("a", number, str(number)) for number in range(MAX_EDITS_AT_ONCE + 3)]
    delivered, _, _ = await take_all(framed(*edits, edit("b", 1, "b"), edit("a", 999, "x")))
    assert [len(texts_of(message)) for message in delivered] == [MAX_EDITS_AT_ONCE, 3, 1, 1]
    assert [text for message in delivered[:2] for text in texts_of(message)] == [str(n) for n in range(len(edits))]
    assert delivered[1]["params"]["textDocument"] == {"uri": "a", "version": len(edits) - 1}


@given(st.lists(st.integers(1, 3 * MAX_EDITS_AT_ONCE), min_size=1, max_size=6))
def test_many_changes_in_one_message_are_delivered_a_few_at_a_time_and_in_order(sizes: list[int]) -> None:
    edits = [edit("a", number, *(f"{number}.{n}" for n in range(size))) for number, size in enumerate(sizes)]
    delivered, _, _ = asyncio.run(take_all(framed(*edits)))
    assert max(len(texts_of(message)) for message in delivered) <= MAX_EDITS_AT_ONCE
    assert [text for message in delivered for text in texts_of(message)] == [
        text for message in edits for text in texts_of(message)
    ]
    assert delivered[-1]["params"]["textDocument"] == {"uri": "a", "version": len(sizes) - 1}


@given(st.lists(st.lists(st.tuples(st.booleans(), st.text("ab\n", max_size=3)), min_size=1, max_size=12), max_size=9))
def test_a_flood_leads_to_the_text_that_the_client_has(messages: list[list[tuple[bool, str]]]) -> None:
    expected = "start"
    edits = []
    for version, texts in enumerate(messages):
        for is_whole, text in texts:
            expected = text if is_whole else text + expected
        edits.append(
            change("a", version, *({"text": text} | ({} if is_whole else {"range": START}) for is_whole, text in texts))
        )
    delivered, _, _ = asyncio.run(take_all(framed(*edits)))
    buffer = Buffer.of(types.TextDocumentItem("a", "python", -1, "start"))
    for message in delivered:
        params = get_converter().structure(message["params"], types.DidChangeTextDocumentParams)
        buffer.apply(params.content_changes, params.text_document.version, "utf-16")
    assert (buffer.text, buffer.version) == (expected, len(messages) - 1)


async def test_edits_whose_text_is_replaced_while_they_wait_are_not_delivered() -> None:
    whole = change("a", 9, {"range": START, "text": "lost"}, {"text": "all"}, {"range": START, "text": "more"})
    delivered, _, _ = await take_all(framed(edit("b", 1, "b"), *flood_of("a"), whole, edit("a", 10, "last")))
    assert [texts_of(message) for message in delivered] == [["b"], ["all", "more", "last"]]
    assert delivered[-1]["params"]["textDocument"]["version"] == 10


@pytest.mark.parametrize(
    "broken", [3, {}, {"text": 3}, {"range": {}, "text": ""}, {"range": {"start": {}, "end": START["end"]}, "text": ""}]
)
async def test_a_malformed_edit_costs_no_other(broken: Any) -> None:
    messages = [edit("a", 1, "x"), change("a", 2, broken), edit("a", 3, "y")]
    delivered, _, _ = await take_all(framed(*messages))
    assert delivered == messages


async def test_a_hover_in_another_document_does_not_wait_until_a_flood_of_edits_is_over() -> None:
    delivered, _, _ = await take_all(framed(*flood_of("a"), hover(1, "b"), hover(2, "a"), hover(3, "c")))
    edits = MIN_FLOOD // MAX_EDITS_AT_ONCE
    assert [message.get("id") for message in delivered] == [1, 3, *[None] * edits, 2]


@pytest.mark.parametrize("between", [edit("b", 1, "b"), {"method": "textDocument/didOpen"}, {"id": 7, "result": None}])
async def test_a_hover_waits_for_edits_of_its_document_and_for_whatever_may_change_a_text(
    between: dict[str, Any],
) -> None:
    delivered, _, _ = await take_all(framed(*flood_of("a"), between, hover(1, "b")))
    assert delivered[-1]["id"] == 1


@pytest.mark.parametrize("between", [{"id": 7, "method": "textDocument/completion"}, cancel(5), hover(7, "a")])
async def test_a_hover_does_not_wait_for_what_only_reads(between: dict[str, Any]) -> None:
    delivered, _, _ = await take_all(framed(*flood_of("a"), between, hover(1, "b")))
    assert delivered[0]["id"] == 1
    assert delivered[-1] == between


async def test_a_hover_after_a_few_edits_sees_them() -> None:
    delivered, _, _ = await take_all(framed(*flood_of("a")[1:], hover(1, "b")))
    assert delivered[-1]["id"] == 1


class Seen:
    """An inbox, and what it does: "settled", the ids of the requests, and the URIs of the edits that it delivers."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[str] = asyncio.Queue()
        self._reads, self._writes = os.pipe()
        inbox = Inbox(asyncio.get_running_loop(), self._see, self._settle, print, print, lambda: None)
        threading.Thread(target=inbox.read, args=(os.fdopen(self._reads, "rb"),), daemon=True).start()

    def _see(self, message: dict[str, Any]) -> None:
        self._events.put_nowait(str(message.get("id", message["params"]["textDocument"]["uri"])))

    def _settle(self) -> None:
        self._events.put_nowait("settled")

    async def after(self, *messages: dict[str, Any], last: str) -> list[str]:
        """Send messages, and return what was done by the time that the last event is this one."""
        os.write(self._writes, framed(*messages))
        events: list[str] = []
        while events[-1:] != [last]:
            events.append(await asyncio.wait_for(self._events.get(), 10))
        return events

    def end(self) -> None:
        os.close(self._writes)


async def test_nobody_looks_at_a_text_in_the_midst_of_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.lsp.transport.CALM_SECONDS", 1000)
    monkeypatch.setattr("forethought.lsp.transport.MAX_UNSETTLED_SECONDS", 1000)
    seen = Seen()
    whole = change("a", 1, *({"range": START, "text": "x"} for _ in range(MIN_FLOOD)))
    assert "settled" not in await seen.after(whole, hover(1, "b"), last="1")
    assert "settled" not in await seen.after(edit("a", 2, "y"), hover(2, "b"), last="2")
    assert (await seen.after(hover(3, "a"), last="3"))[-2:] == ["settled", "3"]
    assert await seen.after(edit("b", 1, "x"), last="settled") == ["b", "settled"]
    seen.end()


async def test_a_flood_that_pauses_or_does_not_end_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen()
    assert (await seen.after(*flood_of("a"), last="settled"))[-2:] == ["a", "settled"]
    monkeypatch.setattr("forethought.lsp.transport.CALM_SECONDS", 1000)
    monkeypatch.setattr("forethought.lsp.transport.MAX_UNSETTLED_SECONDS", -1)
    assert (await seen.after(*flood_of("a"), last="settled"))[-2:] == ["a", "settled"]
    seen.end()


@given(st.lists(st.text('a"\\\n', max_size=12), max_size=6))
def test_only_long_strings_are_left_out(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forethought.lsp.transport.MAX_STRING_BYTES", 10)
        message = {"params": texts}
        short = [text if len(json.dumps(text)) <= 11 else TOO_LONG for text in texts]
        for step in (2, 100):
            patch.setattr("forethought.lsp.transport._STEP_BYTES", step)
            assert json.loads(without_long_strings(json.dumps(message).encode())) == {"params": short}


@pytest.mark.parametrize("body", [b'"', b'["a", "\\', b'"aaaaaaaaaaaaaaaa', b'["aaaaaaaaaaaaaaaa\\"'])
def test_a_string_that_does_not_end_is_kept(body: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forethought.lsp.transport.MAX_STRING_BYTES", 10)
        assert without_long_strings(body) == body
