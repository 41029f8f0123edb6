"""A client's connection to the engine host. A client that is too slow, or gone, is dropped."""

import asyncio
import contextlib
import socket
from typing import Any, Final

from forethought.engine.api import Event
from forethought.engine.host.request_queue import Listener
from forethought.engine.ipc import wire
from forethought.engine.ipc.peer import is_own_peer
from forethought.engine.ipc.token_proof import NONCE_BYTES, prove
from forethought.errors import EngineError
from forethought.text.frames import HEADER_BYTES

_MAX_PENDING_BYTES: Final = 4 * 1024 * 1024
"""Unsent bytes after which a slow client is dropped."""
_CLOSE_SECONDS: Final = 5.0


class ClientConnection:
    """One connection. Use it on the event loop's thread only."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_same_user(self) -> bool:
        """Whether the client belongs to our user. The socket's permissions ensure that, too."""
        connection = self._writer.get_extra_info("socket")
        if connection.family != getattr(socket, "AF_UNIX", None):
            return True  # the token proves it
        return is_own_peer(connection) is not False

    @property
    def is_open(self) -> bool:
        return not self._writer.transport.is_closing()

    async def receive(self) -> dict[str, Any]:
        """The next message. Raises WireError, ConnectionError, asyncio.IncompleteReadError when the client is gone."""
        header = await self._reader.readexactly(HEADER_BYTES)
        return wire.decode_message(await self._reader.readexactly(wire.message_length(header)))

    async def prove_token(self, token: str) -> None:
        """Show the client that we know the token. Raises what `receive` raises."""
        self._writer.write(prove(token, await self._reader.readexactly(NONCE_BYTES)))

    def send(self, message: dict[str, Any]) -> None:
        """Queue a message without waiting; drop a client that reads too slowly."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        self._writer.write(wire.encode_message(message))
        if transport.get_write_buffer_size() > _MAX_PENDING_BYTES:
            transport.abort()

    def send_result(self, result: Any) -> None:
        self.send({"type": "end", "result": result})

    async def wait_for_cancel(self) -> None:
        """Return when the client cancels or is gone. Anything else that it sends now closes the connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, wire.WireError):
            if (await self.receive()).get("type") == "cancel":
                return
        self._writer.transport.abort()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError, TimeoutError):  # it is gone, or it does not read
            await asyncio.wait_for(self._writer.wait_closed(), _CLOSE_SECONDS)


class ConnectionListener(Listener):
    """Sends a job's events, which come from the worker thread, to one connection."""

    def __init__(self, connection: ClientConnection, loop: asyncio.AbstractEventLoop) -> None:
        self._connection = connection
        self._loop = loop
        self.done = asyncio.Event()
        self.muted = False
        """Nothing more is sent: the client has cancelled."""

    def on_event(self, event: Event) -> None:
        self._loop.call_soon_threadsafe(self._send, wire.event_to_json(event) | {"type": "event"})

    def on_end(self, result: Any, error: EngineError | None) -> None:
        message = {"type": "end", "result": result} if error is None else wire.error_to_json(error)
        with contextlib.suppress(RuntimeError):  # the loop is closed when the host leaves
            self._loop.call_soon_threadsafe(self._end, message)

    def _send(self, message: dict[str, Any]) -> None:
        if not self.muted:
            self._connection.send(message)

    def _end(self, message: dict[str, Any]) -> None:
        self._send(message)
        self.done.set()
