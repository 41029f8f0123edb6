"""One connection to a running engine host: greeting, one request, and its replies."""

import contextlib
import hmac
import secrets
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from forethought import __version__
from forethought.engine.ipc import wire
from forethought.engine.ipc.peer import is_own_peer
from forethought.engine.ipc.runtime_dir import RuntimeDir
from forethought.engine.ipc.token_proof import NONCE_BYTES, PROOF_BYTES, prove
from forethought.engine.json_files import read_json
from forethought.errors import Cancelled, EngineUnavailable

POLL_SECONDS: Final = 0.03
CONNECT_SECONDS: Final = 5.0
"""For connecting, for sending, and for the reply to a small question."""
_HELLO_SECONDS: Final = 20.0


class NoHost(Exception):
    """No host is listening, or it died before it replied."""


class HostLeaving(Exception):
    """The host is leaving, as an older version or a replaced model file's, or it ended before it accepted."""


class HostConnection:
    """A connection on which a host has accepted a request. Close it to cancel."""

    def __init__(
        self,
        runtime_dir: RuntimeDir,
        request: bytes,
        cancelled: Callable[[], bool],
        seconds: float = _HELLO_SECONDS,
        model_state: str | None = None,
    ) -> None:
        """Connect and send the encoded `request`; wait for the greeting for `seconds`.

        A host of another `model_state` (a fingerprint of the model file) leaves instead of answering.

        Raises NoHost, HostLeaving, Cancelled, EngineUnavailable when the host does not answer or is another user's,
        and the EngineError that it answers with.
        """
        self._socket, token = _open_socket(runtime_dir)
        self.reader = wire.MessageReader(self._socket)
        hello = {
            "type": "hello",
            "protocol": wire.PROTOCOL_VERSION,
            "version": __version__,
            "token": token,
            "model_state": model_state,
        }
        try:
            self._socket.settimeout(CONNECT_SECONDS)
            self._socket.sendall(wire.encode_message(hello) + request)
            answer = self._greeting(cancelled, seconds)
        except (OSError, wire.ConnectionEnded, wire.WireError) as error:
            self.close()
            raise HostLeaving from error
        except BaseException:
            self.close()
            raise
        if answer.get("type") == "error":
            self.close()
            raise wire.error_from_json(answer)
        if answer.get("type") != "hello":
            self.close()
            raise HostLeaving

    def close(self) -> None:
        self._socket.close()

    def _greeting(self, cancelled: Callable[[], bool], seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (answer := self.reader.read(POLL_SECONDS)) is None:
            if cancelled():
                raise Cancelled("The request was cancelled.")
            if time.monotonic() >= deadline:
                raise _no_answer()
        return answer


def ask_host(runtime_dir: RuntimeDir, message: dict[str, Any], seconds: float = CONNECT_SECONDS) -> Any:
    """Send a small question to a host, if one is running, and return the result.

    Raises NoHost, EngineUnavailable when there is no reply within `seconds`, and the EngineError that it replies with.
    """
    try:
        connection = HostConnection(runtime_dir, wire.encode_message(message), lambda: False, seconds)
    except HostLeaving as error:
        raise NoHost from error
    with contextlib.closing(connection):
        try:
            reply = connection.reader.read(seconds)
        except (wire.ConnectionEnded, wire.WireError) as error:
            raise NoHost from error
    if reply is None:
        raise _no_answer()
    if reply.get("type") == "error":
        raise wire.error_from_json(reply)
    return reply.get("result")


def _open_socket(runtime_dir: RuntimeDir) -> tuple[socket.socket, str]:
    """A socket to the host, and the token that it expects.

    Raises NoHost, and EngineUnavailable when the host is another user's.
    """
    runtime_dir.secure()
    if runtime_dir.port_file.exists():
        address = read_json(runtime_dir.port_file)
        try:
            token = str(address["token"])
            connection = socket.create_connection(("127.0.0.1", int(address["port"])), CONNECT_SECONDS)
        except (OSError, KeyError, ValueError, TypeError, OverflowError) as error:
            raise NoHost from error
        if not _knows_token(connection, token):
            connection.close()
            raise NoHost  # another program has the port of a host that is gone
        return connection, token
    if not hasattr(socket, "AF_UNIX"):
        raise NoHost
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(CONNECT_SECONDS)
    try:
        connection.connect(str(runtime_dir.socket))
    except OSError as error:
        connection.close()
        raise NoHost from error
    try:
        _check_peer(connection)
    except BaseException:
        connection.close()
        raise
    return connection, ""


def _knows_token(connection: socket.socket, token: str) -> bool:
    nonce, proof = secrets.token_bytes(NONCE_BYTES), b""
    try:
        connection.sendall(nonce)
        while len(proof) < PROOF_BYTES and (data := connection.recv(PROOF_BYTES - len(proof))):
            proof += data
    except OSError:
        return False
    return hmac.compare_digest(proof, prove(token, nonce))


def _check_peer(connection: socket.socket) -> None:
    """Raises EngineUnavailable unless the host is known to be ours: prompts contain code."""
    try:
        is_own = is_own_peer(connection)
    except OSError as error:
        raise NoHost from error
    if is_own is None:
        raise EngineUnavailable(
            "This system does not tell whose process a socket leads to, so no code is sent to the engine and answers "
            "are facts only; set `engine` to `none`."
        )
    if not is_own:
        raise EngineUnavailable(
            "The engine's socket leads to another user's process, so no code is sent to it; set "
            "FORETHOUGHT_RUNTIME_DIR to a folder that only you can enter."
        )


def _no_answer() -> EngineUnavailable:
    return EngineUnavailable("The engine does not answer; run `forethought engine stop` and try again.")
