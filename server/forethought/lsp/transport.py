"""Reads and writes messages. A request that is cancelled while it is queued is never handled."""

import asyncio
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from forethought.lsp.threads import call_on_loop

MAX_BYTES = 256_000_000
"""A longer message is skipped."""

_LENGTH = re.compile(rb"content-length:\s*(\d{1,12})\s*$", re.IGNORECASE)


def read_bodies(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bodies of framed messages until the stream ends. Anything between frames is skipped."""
    length: int | None = None
    while line := stream.readline(65_536):
        if found := _LENGTH.search(line):
            length = int(found[1])
        elif length is not None and not line.strip():
            if length <= MAX_BYTES:
                body = stream.read(length)
                if len(body) < length:
                    return
                yield body
            else:
                _skip(stream, length)
                yield b""
            length = None


class Inbox:
    """Passes messages to `deliver` on the event loop, in order, one per turn of the loop.

    The id of a request that is cancelled before its turn goes to `drop` instead. For a message that is not a JSON
    object, the reason goes to `refuse`. `ended` is called when the stream ends.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[dict[str, Any]], None],
        drop: Callable[[Any], None],
        refuse: Callable[[str], None],
        ended: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._deliver = deliver
        self._drop = drop
        self._refuse = refuse
        self._ended = ended
        self._waiting: deque[dict[str, Any] | str | None] = deque()
        self._ids: set[Any] = set()
        self._cancelled: set[Any] = set()
        self._lock = threading.Lock()
        self._scheduled = False

    def read(self, stream: BinaryIO) -> None:
        """Read until the stream ends. Blocks."""
        try:
            for body in read_bodies(stream):
                self._put(_parse(body))
        except (OSError, ValueError):
            pass  # a broken or closed stream has ended
        finally:
            self._put(None)

    def _put(self, message: dict[str, Any] | str | None) -> None:
        """Queue a message, the reason why it is malformed, or None for the end of the stream."""
        with self._lock:
            if isinstance(message, dict):
                if "id" in message and "method" in message:
                    self._ids.add(_key(message["id"]))
                elif message.get("method") == "$/cancelRequest":
                    params = message.get("params")
                    key = _key(params.get("id")) if isinstance(params, dict) else None
                    if key in self._ids:
                        self._cancelled.add(key)
                        return
            self._waiting.append(message)
            if self._scheduled:
                return
            self._scheduled = True
        call_on_loop(self._loop, self._turn)

    def _turn(self) -> None:
        with self._lock:
            message = self._waiting.popleft()
            cancelled = False
            if isinstance(message, dict) and "id" in message and "method" in message:
                key = _key(message["id"])
                self._ids.discard(key)
                cancelled = key in self._cancelled
                self._cancelled.discard(key)
            self._scheduled = bool(self._waiting)
            if self._scheduled:
                self._loop.call_soon(self._turn)
        if message is None:
            self._ended()
        elif isinstance(message, str):
            self._refuse(message)
        elif cancelled:
            self._drop(message["id"])
        else:
            self._deliver(message)


class Outbox:
    """Writes complete messages. If the client is gone, calls `broken`."""

    def __init__(self, stream: BinaryIO, broken: Callable[[], None]) -> None:
        self._stream = stream
        self._broken = broken

    def write(self, data: bytes) -> None:
        try:
            self._stream.write(data)
            self._stream.flush()
        except (OSError, ValueError):
            self._broken()

    def close(self) -> None:
        """Do nothing: the stream belongs to the caller."""


def frame_message(message: Mapping[str, Any]) -> bytes:
    """Encode a message with its header."""
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def _parse(body: bytes) -> dict[str, Any] | str:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        return f"The message is not valid JSON ({error}); ignored."
    if not isinstance(message, dict):
        return "The message is not a JSON-RPC object; LSP has no batches."
    return message


def _key(identifier: Any) -> str:
    return json.dumps(identifier, default=str)


def _skip(stream: BinaryIO, length: int) -> None:
    while length > 0 and (read := stream.read(min(length, 1 << 20))):
        length -= len(read)
