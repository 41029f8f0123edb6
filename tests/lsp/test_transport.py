"""Framing, and requests that are cancelled while they are queued."""

import asyncio
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.lsp.transport import MAX_EDITS_AT_ONCE, TOO_LONG, Inbox, read_bodies, without_long_strings


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
    inbox = Inbox(asyncio.get_running_loop(), delivered.append, dropped.append, refused.append, ended.set)
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


def edit(uri: str, version: int, *texts: str) -> dict[str, Any]:
    changes = [{"text": text} for text in texts]
    document = {"uri": uri, "version": version}
    return {"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": changes}}


def hover(identifier: int, uri: str) -> dict[str, Any]:
    return {"id": identifier, "method": "textDocument/hover", "params": {"textDocument": {"uri": uri}}}


def texts_of(message: dict[str, Any]) -> list[str]:
    return [change["text"] for change in message["params"]["contentChanges"]]


async def test_edits_that_wait_one_after_another_are_merged_in_order() -> None:
    edits = [edit("a", number, str(number)) for number in range(MAX_EDITS_AT_ONCE + 3)]
    delivered, _, _ = await take_all(framed(*edits, edit("b", 1, "b"), edit("a", 999, "x")))
    assert [len(texts_of(message)) for message in delivered] == [MAX_EDITS_AT_ONCE, 3, 1, 1]
    assert [text for message in delivered[:2] for text in texts_of(message)] == [str(n) for n in range(len(edits))]
    assert delivered[1]["params"]["textDocument"] == {"uri": "a", "version": len(edits) - 1}


async def test_a_hover_in_another_document_does_not_wait_until_a_flood_of_edits_is_over() -> None:
    flood = [edit("a", number, "x") for number in range(5 * MAX_EDITS_AT_ONCE)]
    delivered, _, _ = await take_all(framed(*flood, hover(1, "b"), hover(2, "a"), hover(3, "c")))
    assert [message.get("id") for message in delivered] == [1, 3, *[None] * 5, 2]


@pytest.mark.parametrize("between", [edit("b", 1, "b"), {"method": "textDocument/didOpen"}, request(7)])
async def test_a_hover_waits_for_edits_of_its_document_and_for_whatever_else_came_before(
    between: dict[str, Any],
) -> None:
    flood = [edit("a", number, "x") for number in range(5 * MAX_EDITS_AT_ONCE)]
    if between["method"] == "textDocument/hover":
        between = {**between, "method": "forethought/chat"}
    delivered, _, _ = await take_all(framed(*flood, between, hover(1, "b")))
    assert delivered[-1]["id"] == 1


async def test_a_hover_after_a_few_edits_sees_them() -> None:
    delivered, _, _ = await take_all(framed(edit("a", 1, "x"), edit("a", 2, "y"), hover(1, "b")))
    assert [message.get("id") for message in delivered] == [None, 1]


@given(st.lists(st.text('a"\\\n', max_size=12), max_size=6))
def test_only_long_strings_are_left_out(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forethought.lsp.transport.MAX_STRING_BYTES", 10)
        message = {"params": texts}
        short = [text if len(json.dumps(text)) <= 11 else TOO_LONG for text in texts]
        assert json.loads(without_long_strings(json.dumps(message).encode())) == {"params": short}
