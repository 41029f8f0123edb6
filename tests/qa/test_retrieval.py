"""A question about the whole repository is answered from the closest places, which are its sources."""

import sqlite3

import pytest

from forethought.app.session import Session
from forethought.engine.api import CancelToken, Message
from forethought.errors import Cancelled
from forethought.idle.precomputation import Selection
from forethought.insights.entry import Entry, Insights, Provenance, text_digest
from forethought.names.resolver import Target
from forethought.qa.question import Answer, Question
from forethought.syntax.tags import Position
from forethought.workspace.workspace import Workspace
from support.fake_engine import FakeEngine
from support.session_world import SessionWorld

RETRYING = '''"""Sends things."""


class Sender:
    """Sends, and tries again."""

    def send(self, letter: str) -> None:
        """Retries with a growing pause."""
        for pause in range(3):
            self.wait(pause)

    def wait(self, pause: int) -> None:
        pass
'''


def ask(session: Session, text: str, **options: object) -> Answer:
    deltas: list[str] = []
    answer = session.ask(Question(text, **options), deltas.append, CancelToken())  # type: ignore[arg-type] # passed on as written in each test
    assert "".join(deltas).strip() == answer.text.strip()
    return answer


def prepared(world: SessionWorld, *, engine: bool = True) -> tuple[Session, Workspace]:
    world.write("net/sender.py", RETRYING)
    world.commit()
    session, workspace = world.open(engine=engine)
    workspace.refresh()
    world.engine.requests.clear()
    return session, workspace


def places(workspace: Workspace, question: str) -> list[Target]:
    return [target for target, _ in workspace.repository_search.rank(question, CancelToken()).symbols]


def test_a_model_answers_from_the_code_of_the_closest_places(world: SessionWorld) -> None:
    world.engine = FakeEngine(default="It waits.")
    session, _ = prepared(world)
    answer = ask(session, "where are retries handled?")
    assert answer.tier == "full"
    assert (answer.sources[0].path, answer.sources[0].symbol) == ("net/sender.py", "Sender.send")
    assert answer.text.startswith("Closest matches:\n- `Sender.send` (net/sender.py:7): Retries with a growing pause.")
    assert answer.text.endswith("\n\nIt waits.")
    assert "for pause in range(3)" in str(world.engine.requests[-1])


def test_what_was_thought_about_stands_in_for_the_code(world: SessionWorld) -> None:
    session, workspace = prepared(world)
    session.precompute(workspace, Selection(), lambda progress: None, CancelToken())
    answer = ask(session, "where are retries handled?")
    assert (answer.tier, answer.state) == ("enriched", "fresh")
    assert "for pause in range(3)" not in str(world.engine.requests[-1])


def test_without_a_model_the_closest_places_are_named_and_what_is_missing(world: SessionWorld) -> None:
    session, _ = prepared(world, engine=False)
    answer = ask(session, "where are retries handled?")
    assert answer.tier == "none"
    assert "`Sender.send` (net/sender.py:7)" in answer.text
    assert "engine" in answer.text
    assert answer.sources[0].symbol == "Sender.send"


def test_a_question_for_a_module_is_answered_with_files(world: SessionWorld) -> None:
    session, _ = prepared(world, engine=False)
    answer = ask(session, "which module retries sending?")
    assert (answer.sources[0].path, answer.sources[0].symbol) == ("net/sender.py", "")


def test_words_that_occur_nowhere_have_no_places(world: SessionWorld) -> None:
    session, _ = prepared(world)
    answer = ask(session, "where is zymurgy handled?")
    assert (answer.tier, answer.sources) == ("none", ())
    assert not world.engine.requests


def test_a_place_to_ask_from_does_not_hide_the_repository(world: SessionWorld) -> None:
    session, workspace = prepared(world)
    at = (workspace, "greet.py", Position(13, 6))
    assert ask(session, "where are retries handled?", at=at).sources[0].symbol == "Sender.send"
    assert ask(session, "why is this so short, and not handled?", at=at).sources[0].symbol == "polish"


def test_a_named_symbol_or_what_was_spoken_of_is_meant_and_not_the_repository(world: SessionWorld) -> None:
    session, _ = prepared(world)
    assert ask(session, "why would `polish` retry?").sources[0].symbol == "polish"
    history = (Message("user", "what does polish do?"), Message("assistant", "It strips."))
    assert ask(session, "but why so?", history=history).sources[0].symbol == "polish"


def test_what_it_means_is_not_guessed(world: SessionWorld) -> None:
    session, _ = prepared(world)
    answer = ask(session, "why does it pause?")
    assert (answer.tier, answer.sources) == ("none", ())
    assert "I can't tell which symbol" in answer.text
    assert ask(session, "where is a letter sent, and how long does it pause?").sources


def test_a_forced_tier_that_does_not_apply_says_so_with_the_places(world: SessionWorld) -> None:
    session, _ = prepared(world)
    answer = ask(session, "where are retries handled?", tier="enriched")
    assert answer.tier == "none"
    assert "There are no up-to-date insights" in answer.text
    assert answer.sources[0].symbol == "Sender.send"


def test_only_changed_files_are_read_again(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    session, workspace = prepared(world)
    assert places(workspace, "where are retries handled?")[0] == ("net/sender.py", "Sender.send")
    read: list[str] = []
    own = workspace.repository_search._read

    def note(path: str) -> bytes | None:
        read.append(path)
        job = session.running_job
        assert job is not None and job.message == "reading the words of repository"
        return own(path)

    monkeypatch.setattr(workspace.repository_search, "_read", note)
    world.write("greet.py", "def persist(times):\n    '''Retries; retries again.'''\n")
    (world.folder / "net" / "sender.py").unlink()
    workspace.refresh()
    assert places(workspace, "where are retries handled?") == [("greet.py", "persist")]
    assert set(read) == {"greet.py"}
    assert session.running_job is None


def test_what_is_thought_later_is_searched_until_it_is_gone(world: SessionWorld) -> None:
    session, workspace = prepared(world)
    assert places(workspace, "quixotic") == []
    context_hash = {item.symbol.id: item.context_hash for item in workspace.saved.symbols("greet.py")}["polish"]
    provenance = Provenance("m", "p", "1", 1, 1, 0, 0, 0.0, "2026-01-01T00:00:00+00:00")
    session.contexts.put_many([Entry(context_hash, "p", "done", Insights("It is quixotic."), provenance)])
    workspace.insights_changed([Target("greet.py", "polish")])
    assert places(workspace, "quixotic") == [("greet.py", "polish")]
    session.contexts.reject(context_hash, text_digest("It is quixotic."))
    workspace.insights_changed()
    assert places(workspace, "quixotic") == []


def test_clearing_the_cache_deletes_the_words_of_what_was_thought(world: SessionWorld) -> None:
    session, workspace = prepared(world)
    session.precompute(workspace, Selection(), lambda progress: None, CancelToken())
    assert places(workspace, "where are retries handled?")
    session.clear_cache()
    assert not list(world.cache.glob("index/*.words.sqlite*"))
    assert places(workspace, "where are retries handled?")[0] == ("net/sender.py", "Sender.send")


def test_a_secret_in_the_code_and_a_credentials_file_are_not_searched(world: SessionWorld) -> None:
    key = "AKIA" + "QYLPMN5HHHFPZAM2"
    world.write(".env", "MARMOT=sequoia\n")
    world.write("keys.py", f'def connect():\n    return "{key}"\n')
    _, workspace = prepared(world)
    assert places(workspace, key) == []
    assert places(workspace, "sequoia") == []
    assert places(workspace, "connect")[0].path == "keys.py"
    (file,) = world.cache.glob("index/*.words.sqlite")
    with sqlite3.connect(file) as connection:
        dump = "\n".join(connection.iterdump()).lower()
    assert key.lower() not in dump
    assert "sequoia" not in dump


def test_a_cancelled_question_stops_reading(world: SessionWorld) -> None:
    _, workspace = prepared(world)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        workspace.repository_search.rank("where are retries handled?", cancel)
    assert places(workspace, "where are retries handled?")[0] == ("net/sender.py", "Sender.send")
