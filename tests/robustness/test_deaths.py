"""A server or a client that dies in mid-pass, and files that go while one runs: work stops, and goes on next time."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from forethought.bench.lsp_client import Client
from support.endpoint import Endpoint
from support.lsp import at
from support.polling import eventually
from support.world import REPORT, SHAPES, World, end, make_world

pytestmark = pytest.mark.slow

LEAVE_SECONDS = 10.0
"""The promise is about two seconds; the machine that runs tests may be busy."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    yield endpoint
    endpoint.close()


@pytest.fixture
def world(tmp_path: Path, endpoint: Endpoint) -> Iterator[World]:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[openai]\nbaseUrl = "{endpoint.url}"\nmodel = "loopback"\n[idle]\ndelaySeconds = 0\n')
    world = make_world(tmp_path / "world", FORETHOUGHT_ENGINE="openai", FORETHOUGHT_CONFIG=str(settings))
    yield world
    world.stop_engines()


def in_mid_pass(world: World, endpoint: Endpoint, root: Path) -> Client:
    """A server whose pass waits for the rest of an answer."""
    endpoint.held.set()
    server = world.start_server(root, 1, {"sleep": {"scope": "off"}})
    uri = server.open(root / "shapes.py", "python")
    # Answered when it is done.
    server.send("workspace/executeCommand", {"command": "forethought.precomputeFile", "arguments": [uri]})
    eventually(lambda: endpoint.asked.is_set() or None, 60)
    return server


@pytest.mark.parametrize("how", ["server killed", "client gone"])
def test_the_work_of_whoever_died_stops_and_the_next_start_goes_on(world: World, endpoint: Endpoint, how: str) -> None:
    root = world.repository("shapes", {"shapes.py": SHAPES})
    server = in_mid_pass(world, endpoint, root)
    try:
        if how == "server killed":
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(LEAVE_SECONDS)
        else:
            server._writer.close()
            assert server.process.wait(LEAVE_SECONDS) == 1
        assert endpoint.gone.wait(30), "the host went on with work that nobody waits for"
    finally:
        end(server)
    endpoint.held.clear()
    assert world.run("cache", "verify").status == 0
    server = world.start_server(root, 1)
    try:
        uri = server.open(root / "shapes.py", "python")
        # Asked for: how long idle work has to wait depends on who else uses the machine.
        server.request("workspace/executeCommand", {"command": "forethought.precomputeFile", "arguments": [uri]}, 90)
        eventually(lambda: fresh(server, uri) >= 5, 60)
        hover = server.request("textDocument/hover", at(uri, 18, 6))["contents"]["value"]
        assert "It does what its name says." in hover
        assert server.close() == 0
    finally:
        end(server)


def fresh(server: Client, uri: str) -> int:
    document = server.request("forethought/context", {"textDocument": {"uri": uri}})
    return sum(symbol["state"] == "fresh" for symbol in document["symbols"])


def test_a_file_that_vanishes_or_changes_during_a_pass_costs_only_itself(world: World, endpoint: Endpoint) -> None:
    files = {"shapes.py": SHAPES, "report.py": REPORT, "gone.py": SHAPES.replace("Circle", "Gone")}
    root = world.repository("shapes", files)
    endpoint.held.set()
    process = subprocess.Popen(
        world.command("precompute", "--json"), cwd=root, env=world.environment, stdout=-1, stderr=-1, text=True
    )
    try:
        eventually(lambda: endpoint.asked.is_set() or None, 60)
        (root / "gone.py").unlink()
        (root / "report.py").write_text("def other():\n    return 1\n")
        os.mkfifo(root / "fifo.py")
        endpoint.held.clear()
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in err
    assert process.returncode in (0, 1), err
    again = world.run("precompute", "--json", cwd=root)
    assert (again.status, again.document["files"]["total"]) == (0, 2)
    assert again.document["symbols"]["remaining"] == 0
    assert again.document["symbols"]["computed"] <= 3  # what was changed, and nothing else
    shown = world.run("show", "--json", "shapes.py:15", cwd=root).document["symbols"][0]
    assert shown["state"] == "fresh"
