"""Runs the language server in this process, over stdio or TCP."""

import asyncio
import gc
import logging
import os
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from forethought.app.session import Session
from forethought.lsp.server import GRACE_SECONDS, ForethoughtServer

SWITCH_INTERVAL_SECONDS = 0.0005
"""Shorter than Python's 5 ms, because an answer passes through two threads while a pass may keep others busy."""

GC_THRESHOLDS = (100_000, 50, 1000)
"""The index holds few cycles, and a full collection stops every thread for up to a quarter of a second."""


def serve(
    address: tuple[str, int] | None = None, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> int:
    """Serve one client over stdio, or over TCP at (host, port), until it leaves. Returns the exit status.

    `folder` is served to a client that opens none. Raises OSError if the address cannot be used.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    gc.set_threshold(*GC_THRESHOLDS)
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # we log what fails ourselves
    server = ForethoughtServer(Session, os.environ if environment is None else environment, folder, _end_process_soon)
    if address is not None:
        return _serve_tcp(server, address)
    # Our own streams, because Python aborts at exit while a thread reads sys.stdin.
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    sys.stdout = sys.stderr  # a stray print must not end up in the protocol
    return asyncio.run(server.run(reader, writer))


def _serve_tcp(server: ForethoughtServer, address: tuple[str, int]) -> int:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.create_server(address, family=family) as listener:
        host, port = listener.getsockname()[:2]
        print(f"forethought: listening on {host}:{port}", file=sys.stderr, flush=True)
        connection, _ = listener.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return asyncio.run(server.run(connection.makefile("rb"), connection.makefile("wb")))


def _end_process_soon(status: int) -> None:
    """End the process after the grace period, whatever still runs: a server must not outlive its editor."""
    timer = threading.Timer(GRACE_SECONDS + 0.3, os._exit, (status,))
    timer.daemon = True
    timer.start()
