"""A repository, an environment of its own, and servers to talk to: as a process, or in this one with a fake engine."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from forethought.bench.lsp_client import Client, Connection
from forethought.engine.fake import FakeEngine
from forethought.lsp.server import ForethoughtServer
from forethought.session import Session

SHAPES = '''"""Shapes and their areas."""


class Shape:
    """Anything with an area."""

    def area(self) -> float:
        """Area in square units."""
        raise NotImplementedError


class Square(Shape):
    def __init__(self, side: float) -> None:
        self.side = side

    def area(self) -> float:
        return self.side * self.side


def total(shapes: list[Shape]) -> float:
    """The sum of all areas."""
    return sum(shape.area() for shape in shapes)
'''

MAIN = """from shapes import Square, total


def main() -> None:
    smile = "😀"; print(smile, total([Square(2)]))
"""


def git(folder: Path, *words: str) -> None:
    command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run([*command, *words], cwd=folder, check=True, capture_output=True)


def make_repository(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Shapes")
    return folder


def eventually(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true value of the condition. Fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {condition}")


def at(uri: str, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}


def wait_until_indexed(connection: Connection, files: int = 1) -> dict[str, Any]:
    """The status once so many files are indexed and nothing is being indexed."""

    def indexed() -> Any:
        document = connection.request("forethought/status", None)
        ready = document["state"] not in ("starting", "indexing")
        return document if ready and sum(root["files"]["indexed"] for root in document["roots"]) >= files else None

    document: dict[str, Any] = eventually(indexed, 30)
    return document


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"shapes.py": SHAPES, "main.py": MAIN})


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "settings.toml").touch()
    return {
        **os.environ,
        "FORETHOUGHT_CACHE_DIR": str(tmp_path / "cache"),
        "FORETHOUGHT_RUNTIME_DIR": str(tmp_path / "run"),
        "FORETHOUGHT_CONFIG": str(tmp_path / "settings.toml"),
        "FORETHOUGHT_ENGINE": "none",
    }


@pytest.fixture
def start(repository: Path, environment: dict[str, str]) -> Iterator[Callable[..., Client]]:
    """Starts server processes, which end with the test."""
    clients: list[Client] = []

    def start_client(settings: Mapping[str, Any] | None = None, **changes: str) -> Client:
        client = Client([sys.executable, "-m", "forethought.lsp"], repository, {**environment, **changes}, settings)
        clients.append(client)
        return client

    yield start_client
    for client in clients:
        client.process.kill()
        client.process.wait()


@pytest.fixture
def client(start: Callable[..., Client], repository: Path) -> Client:
    """A server process that has the repository open and indexed."""
    client = start()
    client.initialize(repository)
    wait_until_indexed(client, 2)
    return client


class InProcess(Connection):
    """A server in a thread of this process, with services that a test may reach into."""

    def __init__(self, environment: Mapping[str, str], engine: FakeEngine) -> None:
        to_server, to_client = os.pipe(), os.pipe()
        reader, writer = os.fdopen(to_server[0], "rb"), os.fdopen(to_client[1], "wb")
        self.engine = engine
        self.server = ForethoughtServer(partial(Session, engine=engine), environment)
        self._thread = threading.Thread(target=lambda: asyncio.run(self.server.run(reader, writer)), daemon=True)
        self._thread.start()
        super().__init__(os.fdopen(to_client[0], "rb"), os.fdopen(to_server[1], "wb"))

    def close(self) -> None:
        self.engine.release()
        self.leave()
        self._thread.join(10)


@pytest.fixture
def inside(repository: Path, environment: dict[str, str]) -> Iterator[InProcess]:
    """A server in this process with a fake engine, the repository open and indexed, and idle thinking off."""
    del environment["FORETHOUGHT_ENGINE"]
    connection = InProcess(environment, FakeEngine())
    connection.initialize(repository, {"sleep": {"scope": "off"}})
    wait_until_indexed(connection, 2)
    yield connection
    connection.close()
