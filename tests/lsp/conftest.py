"""Repositories and servers: a server process, or a server in this process with a fake engine."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from forethought.bench.lsp_client import Client
from support.fake_engine import FakeEngine, sound_answer
from support.lsp import MAIN, SHAPES, InProcess, environment_in, wait_until_indexed
from support.repository import make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"shapes.py": SHAPES, "main.py": MAIN})


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return environment_in(tmp_path)


@pytest.fixture
def start(repository: Path, environment: dict[str, str]) -> Iterator[Callable[..., Client]]:
    """A function that starts a server process, which ends with the test."""
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
    """A server process with the repository open and indexed."""
    client = start()
    client.initialize(repository)
    wait_until_indexed(client, 2)
    return client


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Path]]:
    """Like `client`, with its repository, but shared by all tests of a module that do not change files or state."""
    folder = tmp_path_factory.mktemp("shared")
    repository = make_repository(folder / "repository", {"shapes.py": SHAPES, "main.py": MAIN})
    client = Client([sys.executable, "-m", "forethought.lsp"], repository, environment_in(folder))
    client.initialize(repository)
    wait_until_indexed(client, 2)
    yield client, repository
    assert client.close() == 0


@pytest.fixture
def inside(repository: Path, environment: dict[str, str]) -> Iterator[InProcess]:
    """A server in this process with a fake engine, the repository open and indexed, and idle thinking off."""
    del environment["FORETHOUGHT_ENGINE"]
    connection = InProcess(environment, FakeEngine(default=sound_answer))
    connection.initialize(repository, {"sleep": {"scope": "off"}})
    wait_until_indexed(connection, 2)
    yield connection
    connection.close()
