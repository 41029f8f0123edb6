"""Runs the language server in this process, over stdio or TCP."""

import asyncio
import gc
import hmac
import ipaddress
import logging
import os
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from forethought.app.session import Session
from forethought.errors import UsageError
from forethought.lsp.server import GRACE_SECONDS, ForethoughtServer

SWITCH_INTERVAL_SECONDS = 0.0005
"""Shorter than Python's 5 ms, because an answer passes through two threads while a pass may keep others busy."""

TOKEN_VARIABLE = "FORETHOUGHT_TCP_TOKEN"  # noqa: S105  the name of a variable, not a password
"""The environment variable that holds the token: other users can read the arguments of a command."""

MIN_TOKEN_CHARS = 16
TOKEN_SECONDS = 10.0

GC_THRESHOLDS = (2_000, 10, 5_000)
"""A collection stops every thread: 0.1 s or more on a busy machine if it looks at 100,000 new objects, a quarter of a
second if it is a full one. So most look at 2,000, some at ten times that, and full ones are rare: the index holds few
cycles."""


def serve(
    address: tuple[str, int] | None = None, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> int:
    """Serve one client over stdio, or over TCP at (host, port), until it leaves. Returns the exit status.

    `folder` is served to a client that opens none. Raises OSError if the address cannot be used, and UsageError if
    others could reach it and there is no token.
    """
    environment = os.environ if environment is None else environment
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    gc.set_threshold(*GC_THRESHOLDS)
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # we log what fails ourselves
    server = ForethoughtServer(Session, environment, folder, _end_process_soon)
    if address is not None:
        return _serve_tcp(server, address, _token(environment))
    # Our own streams, because Python aborts at exit while a thread reads sys.stdin.
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    sys.stdout = sys.stderr  # a stray print must not end up in the protocol
    return asyncio.run(server.run(reader, writer))


def _token(environment: Mapping[str, str]) -> str:
    """The token that a TCP client has to send; "" for none. Raises UsageError."""
    token = environment.get(TOKEN_VARIABLE, "")
    if token and (len(token) < MIN_TOKEN_CHARS or not token.isprintable()):
        raise UsageError(f"{TOKEN_VARIABLE} must be one line of at least {MIN_TOKEN_CHARS} characters.")
    return token


def _serve_tcp(server: ForethoughtServer, address: tuple[str, int], token: str) -> int:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.create_server(address, family=family) as listener:
        host, port = listener.getsockname()[:2]
        if not token and not ipaddress.ip_address(host).is_loopback:
            raise UsageError(
                f"{host} can be reached from the network, so anyone could read your code; use 127.0.0.1, or set "
                f"{TOKEN_VARIABLE} to a secret that the client sends as its first line."
            )
        print(f"forethought: listening on {host}:{port}", file=sys.stderr, flush=True)
        connection = _accept(listener, token)
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return asyncio.run(server.run(connection.makefile("rb"), connection.makefile("wb")))


def _accept(listener: socket.socket, token: str) -> socket.socket:
    """The first client, or, if there is a token, the first that sends it as a line of its own."""
    while True:
        connection, _ = listener.accept()
        try:
            if not token or _sends(connection, token.encode() + b"\n"):
                return connection
        except OSError:  # it left, or said nothing in time
            pass
        connection.close()
        print("forethought: refused a client without the token", file=sys.stderr, flush=True)


def _sends(connection: socket.socket, expected: bytes) -> bool:
    """Read exactly as much as the token has, because what follows it belongs to the protocol. Raises OSError."""
    connection.settimeout(TOKEN_SECONDS)
    received = b""
    while len(received) < len(expected) and (data := connection.recv(len(expected) - len(received))):
        received += data
    connection.settimeout(None)
    return hmac.compare_digest(received, expected)


def _end_process_soon(status: int) -> None:
    """End the process after the grace period, whatever still runs: a server must not outlive its editor."""
    timer = threading.Timer(GRACE_SECONDS + 0.3, os._exit, (status,))
    timer.daemon = True
    timer.start()
