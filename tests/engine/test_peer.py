"""No byte is sent before the other end of a socket is known to be ours."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forethought.engine.client.host_connection import NoHost, ask_host
from forethought.engine.ipc import peer
from forethought.engine.ipc.peer import is_own_peer
from forethought.engine.ipc.runtime_dir import RuntimeDir, runtime_dir_of
from forethought.engine.ipc.token_proof import NONCE_BYTES, PROOF_BYTES
from forethought.engine.json_files import write_json
from forethought.errors import EngineUnavailable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix sockets")

NOBODY = 65534


class Impostor:
    """Listens at the engine's socket, and keeps what it receives."""

    def __init__(self, folder: Path) -> None:
        self.runtime_dir: RuntimeDir = runtime_dir_of(folder, "x")
        self.runtime_dir.prepare()
        self.received = b""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.runtime_dir.socket))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            self.received = connection.recv(1000)

    def close(self) -> None:
        self._thread.join(10)
        self._listener.close()


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Impostor]:
    made = Impostor(tmp_path)
    yield made
    made.close()


def test_our_own_process_is_known() -> None:
    ours, other = socket.socketpair()
    with ours, other:
        assert is_own_peer(ours) is True


def test_another_users_process_gets_nothing(impostor: Impostor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "_peer_user", lambda connection: os.geteuid() + 1)
    with pytest.raises(EngineUnavailable, match="another user's process"):
        ask_host(impostor.runtime_dir, {"type": "info"})
    impostor.close()
    assert impostor.received == b""


def test_nothing_is_sent_where_the_system_does_not_tell(impostor: Impostor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Plan9", "", "", "", "")))
    monkeypatch.setattr("ctypes.CDLL", lambda name, **options: object())
    with pytest.raises(EngineUnavailable, match="facts only"):
        ask_host(impostor.runtime_dir, {"type": "info"})
    impostor.close()
    assert impostor.received == b""


def test_a_system_without_so_peercred_is_asked_by_getpeereid(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def getpeereid(self, descriptor: int, user: object, group: object) -> int:
            user._obj.value = os.geteuid() + descriptor  # type: ignore[attr-defined]  # what `byref` refers to
            return 0

    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Darwin", "", "", "", "")))
    monkeypatch.setattr("ctypes.CDLL", lambda name, **options: Library())
    ours, other = socket.socketpair()
    with ours, other:
        assert is_own_peer(ours) is False


def test_a_program_that_took_the_port_of_a_host_gets_random_bytes_only(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(1000))
                connection.sendall(bytes(PROOF_BYTES))
                received.append(connection.recv(1000))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        write_json(runtime_dir.port_file, {"port": listener.getsockname()[1], "token": "secret"})
        with pytest.raises(NoHost):
            ask_host(runtime_dir, {"type": "info"})
        thread.join(10)
    assert [len(data) for data in received] == [NONCE_BYTES, 0]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become another user")
def test_a_listener_of_another_user_gets_nothing_even_in_our_folder(tmp_path: Path) -> None:
    """The listener's user is what it was when it began to listen, whoever owns the file."""
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    program = f"""
import os, socket
listener = socket.socket(socket.AF_UNIX)
listener.bind({str(runtime_dir.socket)!r})
os.setuid({NOBODY})
listener.listen()
print("ready", flush=True)
connection, _ = listener.accept()
print(connection.recv(1000))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(EngineUnavailable, match="another user's process"):
            ask_host(runtime_dir, {"type": "info"})
        assert process.communicate(timeout=10)[0] == "b''\n"
