"""What changed is embedded while nobody is active, with or without an engine."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from forethought.app.session import Session
from forethought.embedding.embedder import Vector
from forethought.engine.api import CancelToken
from forethought.names.resolver import Target
from forethought.workspace.workspace import Workspace
from support.fake_embedder import FakeEmbedder
from support.polling import eventually
from support.session_world import SOURCE, SessionWorld

pytestmark = pytest.mark.slow
pytest.importorskip("numpy", reason="comes with the extra `semantic`")

QUESTION = "where is salute handled?"


def opened(world: SessionWorld, embedder: FakeEmbedder, **settings: Any) -> tuple[Session, Workspace]:
    """Started, without an engine."""
    session, workspace = world.open(engine=False, embedder=embedder, **settings)
    session.start()
    eventually(lambda: workspace.indexed_once)
    return session, workspace


def found(workspace: Workspace) -> list[Target]:
    ranking = workspace.repository_search.rank(QUESTION, CancelToken())
    return [target for target, _ in ranking.symbols]


def test_a_question_finds_other_words_once_the_root_is_embedded(world: SessionWorld) -> None:
    _, workspace = opened(world, FakeEmbedder({"salute": "greet"}))
    eventually(lambda: not workspace.semantic_index.pending)
    assert Target("greet.py", "Greeter.greet") in found(workspace)


def test_a_commit_embeds_what_changed(world: SessionWorld) -> None:
    embedder = FakeEmbedder()
    _, workspace = opened(world, embedder)
    eventually(lambda: not workspace.semantic_index.pending)
    before = len(embedder.embedded)
    world.write("greet.py", SOURCE.replace("text.strip()", "text.lower()"))
    world.commit("second")
    eventually(lambda: len(embedder.embedded) > before and not workspace.semantic_index.pending)
    assert [text for text in embedder.embedded[before:] if "polish" in text] == embedder.embedded[before:]


def test_nothing_is_embedded_while_a_person_is_active(world: SessionWorld) -> None:
    embedder = FakeEmbedder()
    session, workspace = world.open(engine=False, embedder=embedder, idle={"delaySeconds": 1000, "onBattery": True})
    session.report_activity()
    session.start()
    eventually(lambda: workspace.indexed_once)
    time.sleep(0.5)
    assert workspace.semantic_index.pending
    assert embedder.embedded == []


def test_nothing_is_embedded_on_battery_or_while_paused(world: SessionWorld) -> None:
    session, _ = world.open(engine=False, embedder=FakeEmbedder())
    limits = session.idle_loop.limits
    assert limits.allow_embedding(session.settings)
    session.pause(None)
    assert not limits.allow_embedding(session.settings)


class SlowEmbedder(FakeEmbedder):
    """Waits at its second text until the test goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go_on = threading.Event(), threading.Event()

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        if len(self.embedded) == 1:
            self.reached.set()
            self.go_on.wait(30)
        return super().embed(texts)


def test_a_person_preempts_it_between_two_texts(world: SessionWorld) -> None:
    embedder = SlowEmbedder()
    session, workspace = opened(world, embedder)
    assert embedder.reached.wait(30)
    session.pause(None)
    embedder.go_on.set()
    eventually(lambda: len(embedder.embedded) == 2)
    assert workspace.semantic_index.pending
    session.resume()
    eventually(lambda: not workspace.semantic_index.pending)
    assert len(embedder.embedded) == len(set(embedder.embedded))
