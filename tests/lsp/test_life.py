"""Start and end of the server, and what a broken client can do to it."""

import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forethought.bench.lsp_client import Client, Connection, ServerError
from forethought.text.uris import file_uri
from support.lsp import at, wait_until_indexed
from support.polling import eventually

pytestmark = pytest.mark.slow

LEAVE_SECONDS = 6.0
"""We promise about two seconds, but the machine that runs the tests may be busy."""


def refused(client: Client, method: str) -> int | None:
    with pytest.raises(ServerError) as caught:
        client.request(method, {})
    return caught.value.code


def test_shutdown_and_exit_end_with_zero(client: Client) -> None:
    assert client.request("shutdown", None) is None
    assert refused(client, "forethought/status") == -32600
    client.notify("exit", None)
    assert client.process.wait(LEAVE_SECONDS) == 0


def test_exit_alone_ends_with_one(client: Client) -> None:
    client.notify("exit", None)
    assert client.process.wait(LEAVE_SECONDS) == 1


def test_a_closed_stream_ends_the_server(client: Client) -> None:
    client._writer.close()
    assert client.process.wait(LEAVE_SECONDS) == 1


def test_everything_sent_before_the_stream_closed_is_still_done(client: Client) -> None:
    client.send("shutdown", None)
    client.notify("exit", None)
    client._writer.close()
    assert client.process.wait(LEAVE_SECONDS) == 0


def test_a_client_that_never_initialized_can_leave(start: Callable[..., Client]) -> None:
    client = start()
    assert refused(client, "textDocument/hover") == -32002
    assert refused(client, "forethought/status") == -32002
    client.notify("textDocument/didOpen", {})
    item = {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": ""}
    client.notify("textDocument/didOpen", {"textDocument": item})
    client.notify("exit", None)
    assert client.process.wait(LEAVE_SECONDS) == 1


def test_the_server_ends_with_its_parent(start: Callable[..., Client], repository: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    client = start()
    client.initialize(repository, processId=parent.pid)
    wait_until_indexed(client, 2)
    parent.send_signal(signal.SIGKILL)  # a zombie until `wait` below, as under a careless editor
    assert client.process.wait(LEAVE_SECONDS) == 1
    parent.wait()


def test_a_second_initialize_is_refused(client: Client) -> None:
    assert refused(client, "initialize") == -32600
    assert client.request("forethought/status", None)["state"]


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Length: 5\r\n\r\n{bad}",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 4\r\n\r\n\xff\xfe\x00\x01",
        b"Content-Length: x\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"Content-Length: 36\r\n\r\n" + b'{"jsonrpc": "2.0", "method": [1, 2]}',
        b"Content-Length: 17\r\n\r\n" + b'{"jsonrpc":"2.0"}',
        b"Content-Length: 29\r\n\r\n" + b'{"jsonrpc":"2.0","result": 1}',
        b"Content-Length: 38\r\n\r\n" + b'{"jsonrpc":"2.0","id":99,"result":"?"}',
    ],
)
def test_the_server_survives_what_is_no_message(shared: tuple[Client, Path], data: bytes) -> None:
    client, _ = shared
    client.write_raw(data)
    client.write({"jsonrpc": "2.0", "id": {"a": 1}, "method": "textDocument/hover", "params": {}})
    client.write({"jsonrpc": "2.0", "id": None, "method": "no/such/method"})
    client.write({"id": "text", "method": "forethought/status"})
    client.notify("no/such/notification", {"a": 1})
    unopened = {"uri": "file:///never.py", "version": 1}
    client.notify("textDocument/didChange", {"textDocument": unopened, "contentChanges": []})
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///never.py"}})
    client.notify("textDocument/didOpen", {"textDocument": None})
    assert refused(client, "no/such/method") == -32601
    assert client.request("forethought/status", None)["state"] == "idle"
    assert not [m for m in list(client.notifications.queue) if m.get("method") == "window/showMessage"]


def test_malformed_json_is_answered_with_a_parse_error(client: Client) -> None:
    client.write_raw(b"Content-Length: 5\r\n\r\n{bad}")
    answer = eventually(lambda: [m for m in list(client.notifications.queue) if m.get("error")])[0]
    assert answer["id"] is None and answer["error"]["code"] == -32700


@pytest.mark.parametrize("identifier", [None, 1.5, True, [1], {"a": 1}])
def test_an_id_that_is_none_is_refused(client: Client, identifier: object) -> None:
    client.write({"jsonrpc": "2.0", "id": identifier, "method": "forethought/status"})
    refusal = eventually(lambda: next((m for m in list(client.notifications.queue) if "error" in m), None))
    assert refusal["id"] is None and refusal["error"]["code"] == -32600


def test_requests_that_were_cancelled_while_queued_are_not_run(client: Client, repository: Path) -> None:
    uri = client.open(repository / "main.py", "python")
    hovers = [client._last_id + 1 + number for number in range(300)]
    for identifier in hovers:
        client._waiting[identifier] = queue.SimpleQueue()
    client._last_id = hovers[-1]
    messages = [
        {"jsonrpc": "2.0", "id": identifier, "method": "textDocument/hover", "params": at(uri, 4, 35)}
        for identifier in hovers
    ] + [{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": identifier}} for identifier in hovers]
    bodies = [json.dumps(message).encode() for message in messages]
    client.write_raw(b"".join(b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies))
    codes = []
    for identifier in hovers:
        try:
            client.result(identifier, 30)
        except ServerError as error:
            codes.append(error.code)
    assert set(codes) == {-32800}
    assert client.request("forethought/status", None)["state"] == "idle"


def test_a_client_without_a_folder_gets_the_one_that_the_server_was_started_with(
    repository: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "forethought", "serve", "--root", str(repository)]
    client = Client(command, tmp_path, environment)
    client.initialize(tmp_path, rootUri=None, workspaceFolders=None)
    try:
        assert [root["uri"] for root in wait_until_indexed(client, 2)["roots"]] == [file_uri(repository)]
    finally:
        assert client.close() == 0


def test_one_client_is_served_over_tcp(repository: Path, environment: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    code = "import sys; from forethought.lsp.serving import serve; sys.exit(serve(('127.0.0.1', 0)))"
    with log.open("wb") as stderr:
        process = subprocess.Popen([sys.executable, "-c", code], stderr=stderr, env=environment)
    try:
        port = int(eventually(lambda: re.search(r"listening on 127\.0\.0\.1:(\d+)", log.read_text()))[1])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            client = Connection(connection.makefile("rb"), connection.makefile("wb"))
            params = {"processId": os.getpid(), "rootUri": file_uri(repository), "capabilities": {}}
            assert client.request("initialize", params)["serverInfo"]["name"] == "forethought"
            client.notify("initialized", {})
            wait_until_indexed(client, 2)
            uri = file_uri(repository / "main.py")
            assert "def total" in client.request("textDocument/hover", at(uri, 4, 35))["contents"]["value"]
            client.leave()
        assert process.wait(LEAVE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


def test_a_client_with_the_token_is_served_and_others_are_not(
    repository: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "stderr"
    code = "import sys; from forethought.lsp.serving import serve; sys.exit(serve(('0.0.0.0', 0)))"
    secret = "correct horse battery staple"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", code], stderr=stderr, env={**environment, "FORETHOUGHT_TCP_TOKEN": secret}
        )
    try:
        port = int(eventually(lambda: re.search(r"listening on 0\.0\.0\.0:(\d+)", log.read_text()))[1])
        for guess in (b"Content-Length: 100\r\n\r\n" + b" " * 100, secret[:-1].encode() + b"x\n", b""):
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(guess)
                connection.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionResetError):
                    assert connection.recv(10) == b""
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"{secret}\n".encode())
            client = Connection(connection.makefile("rb"), connection.makefile("wb"))
            params = {"processId": os.getpid(), "rootUri": file_uri(repository), "capabilities": {}}
            assert client.request("initialize", params)["serverInfo"]["name"] == "forethought"
            client.leave()
        process.wait(LEAVE_SECONDS)
        assert log.read_text().count("refused a client") == 3
    finally:
        process.kill()
        process.wait()


def test_a_client_that_reads_no_more_ends_the_server(repository: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "forethought.lsp"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert server.stdin is not None and server.stdout is not None
    server.stdout.close()
    params = {"processId": None, "rootUri": file_uri(repository), "capabilities": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    server.stdin.flush()  # the stream stays open
    assert server.wait(LEAVE_SECONDS * 3) == 1
