"""The protocol between clients and the engine host: JSON in length-prefixed frames, never pickle.

A frame (`forethought.text.frames`) holds one JSON object. A connection carries one call: the client sends `hello` and
one request; the host answers with its own `hello`, then with replies until `end` or `error`. Closing the connection
cancels the call.
"""

import json
import socket
from dataclasses import asdict
from typing import Any, Final

from forethought.engine.api import Completion, Delta, Event, GenerateRequest, Message, Prompt, Sampling, Usage
from forethought.errors import Cancelled, ContextOverflow, EngineError, EngineUnavailable, ModelLoadError
from forethought.text.frames import HEADER_BYTES, body_length, encode_frame

PROTOCOL_VERSION: Final = 2
"""Raise it with every incompatible change: a host leaves when a client with a higher version connects."""
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""A longer message closes the connection."""

_RECEIVE_BYTES: Final = 65_536
_ERRORS: Final = {
    error.__name__: error for error in (EngineError, EngineUnavailable, ModelLoadError, ContextOverflow, Cancelled)
}


class WireError(Exception):
    """The peer sent something that does not follow the protocol."""


class ConnectionEnded(Exception):
    """The peer closed the connection, or died."""


def encode_message(message: dict[str, Any]) -> bytes:
    """Encode a message as one frame. Raises WireError when it is longer than `MAX_MESSAGE_BYTES`."""
    # ASCII escapes preserve lone surrogates, which undecodable paths and texts may contain.
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(body) > MAX_MESSAGE_BYTES:
        raise WireError(f"a message of {len(body)} bytes is over the limit of {MAX_MESSAGE_BYTES}")
    return encode_frame(body)


def message_length(header: bytes) -> int:
    """The number of bytes that follow a frame's header. Raises WireError when it is over the limit."""
    length = body_length(header)
    if length > MAX_MESSAGE_BYTES:
        raise WireError(f"a message of {length} bytes is over the limit of {MAX_MESSAGE_BYTES}")
    return length


def decode_message(body: bytes) -> dict[str, Any]:
    """Raises WireError unless `body` is one JSON object."""
    try:
        message = json.loads(body)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise WireError("a message is not JSON") from error
    if not isinstance(message, dict):
        raise WireError("a message is not a JSON object")
    return message


class MessageReader:
    """Reads messages from a blocking socket. A partly received message survives a timeout."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def read(self, seconds: float | None) -> dict[str, Any] | None:
        """The next message, or None after `seconds` without a byte (None: wait forever).

        Raises ConnectionEnded and WireError.
        """
        while True:
            if len(self._buffer) >= HEADER_BYTES:
                end = HEADER_BYTES + message_length(bytes(self._buffer[:HEADER_BYTES]))
                if len(self._buffer) >= end:
                    body = bytes(self._buffer[HEADER_BYTES:end])
                    del self._buffer[:end]
                    return decode_message(body)
            self._connection.settimeout(seconds)
            try:
                received = self._connection.recv(_RECEIVE_BYTES)
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
    """Raises WireError when a field is missing or has the wrong type."""
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
    """Raises WireError when a field is missing or has the wrong type."""
    try:
        return tuple(
            Prompt(tuple(Message(_role(part["role"]), _text(part["content"])) for part in prompt["messages"]))
            for prompt in value
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"the prompts are malformed ({type(error).__name__})") from error


def texts_from_json(value: Any) -> tuple[str, ...]:
    """Raises WireError unless `value` is a list of strings."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise WireError("the texts are malformed")
    return tuple(value)


def priority_from_json(value: Any) -> Any:
    """A `Priority`. Raises WireError for anything else."""
    try:
        return _priority(value)
    except ValueError as error:
        raise WireError(str(error)) from error


def event_to_json(event: Event) -> dict[str, Any]:
    return {"event": "delta" if isinstance(event, Delta) else "completion", **asdict(event)}


def event_from_json(value: dict[str, Any]) -> Event:
    """Raises WireError when a field is missing."""
    try:
        if value["event"] == "delta":
            return Delta(value["index"], value["text"])
        return Completion(value["index"], value["text"], value["finish"], Usage(**value["usage"]))
    except (KeyError, TypeError) as error:
        raise WireError("the engine host sent a malformed event") from error


def error_to_json(error: EngineError) -> dict[str, Any]:
    return {"type": "error", "error": type(error).__name__, "message": str(error)}


def error_from_json(value: dict[str, Any]) -> EngineError:
    """The error to raise; a plain EngineError when its class is unknown."""
    return _ERRORS.get(value.get("error", ""), EngineError)(str(value.get("message", "The engine failed.")))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a string")
    return value


def _integer(value: Any, minimum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise ValueError(f"expected an integer of at least {minimum}")
    return value


def _role(value: Any) -> Any:
    if value not in ("system", "user", "assistant"):
        raise ValueError("expected a role")
    return value


def _priority(value: Any) -> Any:
    if value not in ("interactive", "requested", "idle"):
        raise ValueError("expected a priority")
    return value
