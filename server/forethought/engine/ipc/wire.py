"""What travels between clients and the engine host: length-prefixed JSON frames, never pickle.

A frame is a 4-byte big-endian length and that many bytes of one UTF-8 JSON object. A connection carries one call:
the client sends `hello` and one request, the host answers with its own `hello` and then replies until `end` or
`error`. Closing the connection cancels the call.
"""

import json
import socket
import struct
from dataclasses import asdict
from typing import Any, Final

from forethought.engine.api import Completion, Delta, Event, GenerateRequest, Message, Prompt, Sampling, Usage
from forethought.errors import Cancelled, ContextOverflow, EngineError, EngineUnavailable, ModelLoadError

PROTOCOL: Final = 2
FRAME_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of one frame; a longer one closes the connection."""

_LENGTH: Final = struct.Struct(">I")
_ERRORS: Final = {
    error.__name__: error for error in (EngineError, EngineUnavailable, ModelLoadError, ContextOverflow, Cancelled)
}


class WireError(Exception):
    """The other side sent something that is not a frame of ours."""


class ConnectionEnded(Exception):
    """The other side closed the connection, or died."""


def encode_frame(message: dict[str, Any]) -> bytes:
    """Raises WireError when the message is longer than `FRAME_LIMIT`."""
    # ASCII escapes keep lone surrogates, which undecodable paths and texts may hold.
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(body) > FRAME_LIMIT:
        raise WireError(f"a message of {len(body)} bytes is over the limit of {FRAME_LIMIT}")
    return _LENGTH.pack(len(body)) + body


def frame_length(header: bytes) -> int:
    """Bytes that follow a 4-byte header. Raises WireError when it announces too much."""
    (length,) = _LENGTH.unpack(header)
    if length > FRAME_LIMIT:
        raise WireError(f"a frame of {length} bytes is over the limit of {FRAME_LIMIT}")
    return int(length)


def decode_body(body: bytes) -> dict[str, Any]:
    """Raises WireError unless it is one JSON object."""
    try:
        message = json.loads(body)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise WireError("a frame is not JSON") from error
    if not isinstance(message, dict):
        raise WireError("a frame is not a JSON object")
    return message


class FrameReader:
    """Reads frames from a blocking socket; keeps what came of an unfinished one when a read times out."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def read(self, seconds: float | None) -> dict[str, Any] | None:
        """The next frame, or None when none was complete after `seconds` without a byte.

        Raises ConnectionEnded and WireError.
        """
        while True:
            if len(self._buffer) >= _LENGTH.size:
                end = _LENGTH.size + frame_length(bytes(self._buffer[: _LENGTH.size]))
                if len(self._buffer) >= end:
                    body = bytes(self._buffer[_LENGTH.size : end])
                    del self._buffer[:end]
                    return decode_body(body)
            self._connection.settimeout(seconds)
            try:
                received = self._connection.recv(65536)
            except TimeoutError:
                return None
            except OSError as error:
                raise ConnectionEnded(str(error)) from error
            if not received:
                raise ConnectionEnded("the connection was closed")
            self._buffer += received


def request_to_json(request: GenerateRequest) -> dict[str, Any]:
    return asdict(request)


def request_from_json(value: Any) -> GenerateRequest:
    """Raises WireError when a field is missing or ill-typed."""
    try:
        sampling = value["sampling"]
        schema = value["schema"]
        request = GenerateRequest(
            prompts=prompts_from_json(value["prompts"]),
            max_tokens=_integer(value["max_tokens"], 1),
            priority=_priority(value["priority"]),
            sampling=Sampling(
                temperature=float(sampling["temperature"]),
                seed=_integer(sampling["seed"], 0),
                stop=tuple(_text(stop) for stop in sampling["stop"] if stop),
            ),
            schema=schema if schema is None else dict(schema),
            work_key=None if value["work_key"] is None else _text(value["work_key"]),
            idle_delay_seconds=float(value["idle_delay_seconds"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise WireError(f"the request is malformed ({type(error).__name__})") from error
    return request


def prompts_to_json(prompts: tuple[Prompt, ...]) -> list[dict[str, Any]]:
    return [asdict(prompt) for prompt in prompts]


def prompts_from_json(value: Any) -> tuple[Prompt, ...]:
    """Raises WireError when a field is missing or ill-typed."""
    try:
        return tuple(
            Prompt(tuple(Message(_role(part["role"]), _text(part["content"])) for part in prompt["messages"]))
            for prompt in value
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"the prompts are malformed ({type(error).__name__})") from error


def texts_from_json(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise WireError("the texts are malformed")
    return tuple(value)


def event_to_json(event: Event) -> dict[str, Any]:
    return {"event": "delta" if isinstance(event, Delta) else "completion", **asdict(event)}


def event_from_json(value: dict[str, Any]) -> Event:
    try:
        if value["event"] == "delta":
            return Delta(value["index"], value["text"])
        return Completion(value["index"], value["text"], value["finish"], Usage(**value["usage"]))
    except (KeyError, TypeError) as error:
        raise WireError("the engine host sent a malformed event") from error


def error_to_json(error: EngineError) -> dict[str, Any]:
    return {"type": "error", "error": type(error).__name__, "message": str(error)}


def error_from_json(value: dict[str, Any]) -> EngineError:
    return _ERRORS.get(value.get("error", ""), EngineError)(str(value.get("message", "The engine failed.")))


def priority_from_json(value: Any) -> Any:
    try:
        return _priority(value)
    except ValueError as error:
        raise WireError(str(error)) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    return value


def _integer(value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"expected a whole number of at least {least}")
    return value


def _role(value: Any) -> Any:
    if value not in ("system", "user", "assistant"):
        raise ValueError("expected a role")
    return value


def _priority(value: Any) -> Any:
    if value not in ("interactive", "requested", "idle"):
        raise ValueError("expected a priority")
    return value
