"""Reads and writes messages. A request that is cancelled while it is queued is never handled."""

import asyncio
import json
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeGuard

from forethought.lsp.threads import call_on_loop

MAX_BYTES = 256_000_000
"""A longer message is skipped."""

MAX_STRING_BYTES = 4_000_000
"""Of a string in a message, as JSON. In place of a longer one stands TOO_LONG: parsing it would stop all threads. No
source file that is analyzed has so long a text, however it is escaped."""
TOO_LONG = "\ufdd0too long\ufdd0"
"""No text: U+FDD0 is not a character."""

MAX_EDITS_AT_ONCE = 5
"""Changes of one document that are handled as one. A hover takes several turns of the event loop, and each may have to
wait for that many: in a flood, 95 % of hovers cost the loop up to 15 ms of processor time with 20, and 6 ms with 5."""

MIN_FLOOD = 50
"""So many changes of which nobody has seen the result are a flood; fewer are applied in moments."""

CALM_SECONDS = 0.02
"""A flood is over when no message has come for so long: of a faster one, each text is old before it is parsed."""

MAX_UNSETTLED_SECONDS = 1.0
"""A text is looked at that often even if all pauses of a flood are shorter."""

_STEP_BYTES = 65_536
"""Of a string that is searched at once: other threads wait that long."""

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


Message = dict[str, Any] | str | None
"""A JSON object, the reason why a message is malformed, or None for the end of the stream."""


@dataclass(slots=True)
class _Waiting:
    message: Message
    edited: str | None = None
    """URI of the document that the message edits."""

    @property
    def changes(self) -> list[Any]:
        """Empty unless the message edits a document."""
        return self.message["params"]["contentChanges"] if isinstance(self.message, dict) and self.edited else []


class Inbox:
    """Passes messages to `deliver` on the event loop, in order, one per turn of the loop.

    Changes of one document that wait one after another are delivered a few at a time, however they were sent, and those
    that a whole new text replaces not at all. `settled` is called when somebody may look at the text that they lead to:
    before any message but a change of the same document, or else as soon as none waits; in a flood, when it pauses.
    Hovers in other documents are delivered in the midst of a flood.

    The id of a request that is cancelled before its turn goes to `drop` instead. For a message that is not a JSON
    object, the reason goes to `refuse`. `ended` is called when the stream ends.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[dict[str, Any]], None],
        settled: Callable[[], None],
        drop: Callable[[Any], None],
        refuse: Callable[[str], None],
        ended: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._deliver = deliver
        self._settled = settled
        self._drop = drop
        self._refuse = refuse
        self._ended = ended
        self._waiting: deque[_Waiting] = deque()
        self._overtaking: deque[dict[str, Any]] = deque()
        self._changes: Counter[str] = Counter()
        """URI → changes of the document that wait."""
        self._fences = 0
        """Waiting messages that nothing may overtake."""
        self._edited: str | None = None
        """URI of the document with unsettled changes."""
        self._unsettled = 0
        """Changes that were delivered since `settled` was called."""
        self._unsettled_since = 0.0
        """When the first of them was, in seconds of the loop's clock."""
        self._calm: asyncio.TimerHandle | None = None
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

    def _put(self, message: Message) -> None:
        edits = _edits_in(message)  # before locking: the event loop waits for the lock, too
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
            if edits:
                self._put_edits(edits)
            elif self._may_overtake(message):
                self._overtaking.append(message)
            else:
                self._fences += not _leaves_texts_alone(message)
                self._waiting.append(_Waiting(message))
            if self._scheduled:
                return
            self._scheduled = True
        call_on_loop(self._loop, self._turn)

    def _put_edits(self, edits: list[_Waiting]) -> None:
        """Queue edits of one document. Those that wait last are dropped if their text is replaced, or else merged."""
        uri = str(edits[0].edited)
        if _is_whole_text(edits[0].changes[0]):
            while self._waiting and self._waiting[-1].edited == uri:
                self._count(self._waiting.pop(), -1)
        for edit in edits:
            self._count(edit, 1)
        last = self._waiting[-1] if self._waiting else None
        if last is not None and last.edited == uri and len(last.changes) + len(edits[0].changes) <= MAX_EDITS_AT_ONCE:
            edits[0].changes[:0] = last.changes
            self._waiting.pop()
        self._waiting.extend(edits)

    def _count(self, edit: _Waiting, sign: int) -> None:
        uri = str(edit.edited)
        self._changes[uri] += sign * len(edit.changes)
        if not self._changes[uri]:
            del self._changes[uri]

    def _may_overtake(self, message: Message) -> TypeGuard[dict[str, Any]]:
        """Whether the message is a hover that nothing bears upon but a flood of changes in other documents."""
        if not _is_hover(message) or self._fences or self._changes.total() + self._unsettled < MIN_FLOOD:
            return False
        uri = _uri(message)
        return uri not in self._changes and uri != self._edited

    def _turn(self) -> None:
        with self._lock:
            overtaken, is_due = bool(self._overtaking), False
            waiting = _Waiting(self._overtaking.popleft()) if overtaken else self._waiting.popleft()
            message = waiting.message
            if not overtaken:
                is_due = self._take(waiting)
            cancelled = False
            if isinstance(message, dict) and "id" in message and "method" in message:
                key = _key(message["id"])
                self._ids.discard(key)
                cancelled = key in self._cancelled
                self._cancelled.discard(key)
            self._scheduled = bool(self._waiting or self._overtaking)
            if self._scheduled:
                self._loop.call_soon(self._turn)
        if is_due:
            self._settled()
        if message is None:
            self._ended()
        elif isinstance(message, str):
            self._refuse(message)
        elif cancelled:
            self._drop(message["id"])
        else:
            self._deliver(message)
        if not self._waiting:
            self._settle_soon()

    def _take(self, waiting: _Waiting) -> bool:
        """Note that the message is delivered next; returns whether `settled` is due before. The lock is held."""
        if self._calm is not None:
            self._calm.cancel()
        if waiting.edited is None:
            self._fences -= not _leaves_texts_alone(waiting.message)
        else:
            self._count(waiting, -1)
        is_due = bool(self._unsettled) and waiting.edited != self._edited
        if is_due or not self._unsettled:
            self._unsettled, self._unsettled_since = 0, self._loop.time()
        self._edited = waiting.edited
        self._unsettled += len(waiting.changes)
        return is_due

    def _settle_soon(self) -> None:
        """Settle now, or in a flood when it pauses."""
        if self._calm is not None:
            self._calm.cancel()
        if self._unsettled < MIN_FLOOD or self._loop.time() > self._unsettled_since + MAX_UNSETTLED_SECONDS:
            self._settle()
        else:
            self._calm = self._loop.call_later(CALM_SECONDS, self._settle)

    def _settle(self) -> None:
        with self._lock:
            is_due = bool(self._unsettled)
            self._edited, self._unsettled = None, 0
        if is_due:
            self._settled()


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


def _parse(body: bytes) -> Message:
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
    while (start := body.find(b'"', position)) >= 0 and (end := _end_of_string(body, start)) is not None:
        position = end + 1
        if end - start > MAX_STRING_BYTES:
            parts += (body[kept:start], json.dumps(TOO_LONG).encode())
            kept = position
    return b"".join((*parts, body[kept:]))


def _end_of_string(body: bytes, start: int) -> int | None:
    """Where the closing quotation mark of a JSON string is; None if there is none."""
    position = start + 1
    while piece := body[position : position + _STEP_BYTES]:
        if _is_escaped(piece, len(piece)):
            piece += body[position + len(piece) : position + len(piece) + 1]  # the other half of an escape
        end = piece.find(b'"')
        if _is_escaped(piece, end):
            end = piece.replace(b"\\\\", b"__").replace(b'\\"', b"__").find(b'"')
        if end >= 0:
            return position + end
        position += len(piece)
    return None


def _is_escaped(text: bytes, end: int) -> bool:
    """Whether an odd number of backslashes comes before the position."""
    backslashes = 0
    while backslashes < end and text[end - 1 - backslashes] == 0x5C:
        backslashes += 1
    return backslashes % 2 == 1


def _edits_in(message: Message) -> list[_Waiting]:
    """The parts in which to apply the changes of a well-formed `didChange`; none for any other message."""
    if not isinstance(message, dict) or message.get("method") != "textDocument/didChange" or "id" in message:
        return []
    uri, params = _uri(message), message.get("params")
    changes = params.get("contentChanges") if isinstance(params, dict) else None
    if uri is None or not isinstance(changes, list) or not all(map(_is_change, changes)):
        return []
    first = max((index for index, change in enumerate(changes) if _is_whole_text(change)), default=0)
    return [
        _Waiting(
            {**message, "params": {**message["params"], "contentChanges": changes[at : at + MAX_EDITS_AT_ONCE]}}, uri
        )
        for at in range(first, len(changes), MAX_EDITS_AT_ONCE)
    ]


def _is_change(value: Any) -> bool:
    try:
        text, range_ = value["text"], value.get("range")
        ends = () if range_ is None else (range_["start"], range_["end"])
        numbers = [end[key] for end in ends for key in ("line", "character")]
    except (AttributeError, KeyError, TypeError):
        return False
    return isinstance(text, str) and all(type(number) is int and number >= 0 for number in numbers)


def _is_whole_text(change: dict[str, Any]) -> bool:
    return change.get("range") is None


def _leaves_texts_alone(message: Message) -> bool:
    """Whether hovers may overtake it: a request about a document, or a message like `$/cancelRequest`."""
    if not isinstance(message, dict) or not isinstance(method := message.get("method"), str):
        return False
    return method.startswith("$/") or ("id" in message and method.startswith("textDocument/"))


def _is_hover(message: Message) -> TypeGuard[dict[str, Any]]:
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
