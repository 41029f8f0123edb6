"""Reads and writes messages. A request that is cancelled while it is queued is never handled."""

import asyncio
import json
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, TypeGuard

from forethought.lsp.threads import call_on_loop

MAX_BYTES = 256_000_000
"""A longer message is skipped."""

MAX_STRING_BYTES = 4_000_000
"""Of a string in a message, as JSON. In place of a longer one stands TOO_LONG: parsing it would stop all threads. No
source file that is analyzed has so long a text, however it is escaped."""
TOO_LONG = "\ufdd0too long\ufdd0"
"""No text: U+FDD0 is not a character."""

MAX_EDITS_AT_ONCE = 20
"""Edits of one document that are handled as one. A hover takes several turns of the event loop, and each may have to
wait for that many edits: with 100, some took 0.6 s on a busy machine."""

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

    Edits of one document that wait one after another are merged. While more of them wait than can be handled at once,
    hovers in other documents are answered before them: their answers do not wait until a flood is over.

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
        self._overtaking: deque[dict[str, Any]] = deque()
        self._edits: Counter[str] = Counter()
        """URI → waiting messages that edit the document."""
        self._fences = 0
        """Waiting messages that nothing may overtake: all but edits and hovers."""
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
            if self._may_overtake(message):
                self._overtaking.append(message)
            elif not self._merge(message):
                self._count(message, 1)
                self._waiting.append(message)
            if self._scheduled:
                return
            self._scheduled = True
        call_on_loop(self._loop, self._turn)

    def _may_overtake(self, message: dict[str, Any] | str | None) -> TypeGuard[dict[str, Any]]:
        """Whether the message is a hover that nothing waiting bears upon but a flood of edits in other documents."""
        if not _is_hover(message) or self._fences or self._edits.total() < 2:
            return False
        return _uri(message) not in self._edits

    def _merge(self, message: dict[str, Any] | str | None) -> bool:
        """Add an edit to the one that waits last, if both are of one document; returns whether that was done."""
        last = self._waiting[-1] if self._waiting else None
        if not _is_edit(last) or not _is_edit(message) or _uri(last) != _uri(message):
            return False
        if len(last["params"]["contentChanges"]) >= MAX_EDITS_AT_ONCE:
            return False
        last["params"]["contentChanges"] += message["params"]["contentChanges"]
        last["params"]["textDocument"] = message["params"]["textDocument"]
        return True

    def _count(self, message: dict[str, Any] | str | None, change: int) -> None:
        """Note that a message waits (1) or no longer waits (-1)."""
        if _is_edit(message):
            uri = str(_uri(message))
            self._edits[uri] += change
            if not self._edits[uri]:
                del self._edits[uri]
        elif not _is_hover(message):
            self._fences += change

    def _turn(self) -> None:
        with self._lock:
            message: dict[str, Any] | str | None
            if self._overtaking:
                message = self._overtaking.popleft()
            else:
                message = self._waiting.popleft()
                self._count(message, -1)
            cancelled = False
            if isinstance(message, dict) and "id" in message and "method" in message:
                key = _key(message["id"])
                self._ids.discard(key)
                cancelled = key in self._cancelled
                self._cancelled.discard(key)
            self._scheduled = bool(self._waiting or self._overtaking)
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
        message = json.loads(without_long_strings(body))
    except (ValueError, RecursionError) as error:
        return f"The message is not valid JSON ({error}); ignored."
    if not isinstance(message, dict):
        return "The message is not a JSON-RPC object; LSP has no batches."
    return message


def without_long_strings(body: bytes) -> bytes:
    """Replace each string of more than MAX_STRING_BYTES in a JSON text by TOO_LONG."""
    if len(body) <= MAX_STRING_BYTES:
        return body
    parts: list[bytes] = []
    kept = position = 0
    while (start := body.find(b'"', position)) >= 0:
        end = start + 1
        while (end := body.find(b'"', end)) >= 0 and _is_escaped(body, end):
            end += 1
        if end < 0:
            break
        position = end + 1
        if end - start > MAX_STRING_BYTES:
            parts += (body[kept:start], json.dumps(TOO_LONG).encode())
            kept = position
    return b"".join((*parts, body[kept:]))


def _is_escaped(body: bytes, quote: int) -> bool:
    before = quote
    while body[before - 1] == 0x5C:  # a backslash
        before -= 1
    return (quote - before) % 2 == 1


def _is_edit(message: dict[str, Any] | str | None) -> TypeGuard[dict[str, Any]]:
    """Whether the message edits a document, and has the parts that are needed to merge it with another one."""
    if not isinstance(message, dict) or message.get("method") != "textDocument/didChange" or "id" in message:
        return False
    params = message.get("params")
    return isinstance(params, dict) and isinstance(params.get("contentChanges"), list) and _uri(message) is not None


def _is_hover(message: dict[str, Any] | str | None) -> TypeGuard[dict[str, Any]]:
    return isinstance(message, dict) and message.get("method") == "textDocument/hover" and _uri(message) is not None


def _uri(message: dict[str, Any]) -> str | None:
    """The document that a message is about."""
    params = message.get("params")
    document = params.get("textDocument") if isinstance(params, dict) else None
    uri = document.get("uri") if isinstance(document, dict) else None
    return uri if isinstance(uri, str) else None


def _key(identifier: Any) -> str:
    return json.dumps(identifier, default=str)


def _skip(stream: BinaryIO, length: int) -> None:
    while length > 0 and (read := stream.read(min(length, 1 << 20))):
        length -= len(read)
