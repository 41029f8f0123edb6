"""What editors do on several threads at once."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forethought.app.engine_registry import Engines
from forethought.config import load_settings
from forethought.repo.git import Repository
from support.fake_engine import FakeEngine
from support.session_world import SessionWorld


class Meeting:
    """Calls that wait half a second for a second one to come."""

    def __init__(self, made: Callable[..., Any]) -> None:
        self.calls = 0
        self._made = made
        self._second = threading.Event()

    def __call__(self, *words: Any, **names: Any) -> Any:
        self.calls += 1
        if self.calls > 1:
            self._second.set()
        self._second.wait(0.5)
        return self._made(*words, **names)


def at_once(function: Callable[[], object]) -> list[object]:
    """What two threads get that call at the same time."""
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(function())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_a_root_that_is_added_twice_at_once_is_served_once(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, workspace = world.open(engine=False)
    session.remove_root(workspace.root)
    monkeypatch.setattr(Repository, "open", Meeting(Repository.open))
    first, second = at_once(lambda: session.add_root(world.folder))
    assert first is second
    assert len(session.workspaces) == 1


def test_two_threads_that_need_an_engine_share_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = {"engine": "openai", "openai": {"baseUrl": "http://127.0.0.1:9/v1", "model": "any"}}
    settings = load_settings(tmp_path, {}, flags=endpoint).settings
    engines = Engines(settings, tmp_path, None, lambda error: None)
    connect = Meeting(lambda *words, **names: FakeEngine())
    monkeypatch.setattr("forethought.app.engine_registry.connect", connect)
    first, second = at_once(engines.chat_engine)
    assert first is second
    assert connect.calls == 1
    engines.close()
