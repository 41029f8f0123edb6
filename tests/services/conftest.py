"""The world that the services are tested in."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests_world import SOURCE, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "repository"
    folder.mkdir()
    made = World(folder, tmp_path / "cache")
    made.git("init", "-q", "-b", "main")
    made.write("greet.py", SOURCE)
    made.write(
        "test_greet.py", "from greet import Greeter\n\n\ndef test_greets() -> None:\n    assert Greeter().greet('x')\n"
    )
    made.commit("first")
    yield made
    for session in made.sessions:
        session.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds, at most sixty seconds."""

    def wait(condition: Callable[[], object]) -> None:
        for _ in range(6000):
            if condition():
                return
            threading.Event().wait(0.01)
        raise AssertionError("the condition did not come to hold in sixty seconds")

    return wait
