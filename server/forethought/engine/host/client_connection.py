"""One client's connection to the engine host: framed messages, and what becomes of a client that is slow or gone."""

import asyncio
import contextlib
import os
import socket
import struct
from typing import Any, Final

from forethought.engine.api import Event
from forethought.engine.host.request_queue import Listener
from forethought.engine.ipc import wire
from forethought.errors import EngineError
from forethought.text.frames import HEADER_BYTES

SEND_LIMIT: Final = 4 * 1024 * 1024
"""Bytes that may wait for a slow client before it is dropped."""
_CLOSE_SECONDS: Final = 5.0


class ClientConnection:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_same_user(self) -> bool:
        """Whether the other end of a local socket belongs to this user; the socket's mode says so already."""
        connection = self._writer.get_extra_info("socket")
        if connection.family != getattr(socket, "AF_UNIX", None) or not hasattr(socket, "SO_PEERCRED"):
            return True
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, user, _ = struct.unpack("3i", credentials)
        return bool(user == os.getuid())

    @property
    def open(self) -> bool:
        return not self._writer.transport.is_closing()

    async def receive(self) -> dict[str, Any]:
        header = await self._reader.readexactly(HEADER_BYTES)
        return wire.decode_message(await self._reader.readexactly(wire.message_length(header)))

    def send(self, message: dict[str, Any]) -> None:
        """Never waits: who reads too slowly is dropped."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        self._writer.write(wire.encode_message(message))
        if transport.get_write_buffer_size() > SEND_LIMIT:
            transport.abort()

    def end(self, result: Any) -> None:
        self.send({"type": "end", "result": result})

    async def cancelled(self) -> bool:
        """Returns when the client cancels, goes away, or says anything else, which it may not now."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, wire.WireError):
            if (await self.receive()).get("type") == "cancel":
                return True
        self._writer.transport.abort()
        return True

    async def stop_reading(self, reading: asyncio.Task[bool]) -> None:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError, TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), _CLOSE_SECONDS)


class ConnectionListener(Listener):
    """Carries a job's events from the worker's thread to one connection."""

    def __init__(self, caller: ClientConnection, loop: asyncio.AbstractEventLoop) -> None:
        self._caller = caller
        self._loop = loop
        self.done = asyncio.Event()
        self.deaf = False

    def event(self, event: Event) -> None:
        self._loop.call_soon_threadsafe(self._send, wire.event_to_json(event) | {"type": "event"})

    def ended(self, result: Any, error: EngineError | None) -> None:
        message = {"type": "end", "result": result} if error is None else wire.error_to_json(error)
        with contextlib.suppress(RuntimeError):  # the loop is closed when the host leaves
            self._loop.call_soon_threadsafe(self._end, message)

    def _send(self, message: dict[str, Any]) -> None:
        if not self.deaf:
            self._caller.send(message)

    def _end(self, message: dict[str, Any]) -> None:
        self._send(message)
        self.done.set()
