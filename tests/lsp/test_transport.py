"""Framing, and requests that are cancelled while they are queued."""

import asyncio
import io
import json
from typing import Any

import pytest

from forethought.lsp.transport import Inbox, read_bodies


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
