"""A file system without locks costs two seconds and one sentence, not the program."""

import errno
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forethought.errors import IndexingError
from forethought.store import file_locks
from forethought.store.file_locks import has_locks
from forethought.store.insight_store import DiskInsightStore
from forethought.store.sqlite import Database, Schema
from support.entries import entry_of
from support.session_world import SessionWorld, ask

pytestmark = pytest.mark.slow

if sys.platform == "win32":
    pytest.skip("its network drives have locks", allow_module_level=True)


@pytest.fixture(params=[errno.ENOLCK, errno.ENOSYS, errno.EINVAL, "no answer"])
def _no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    hanging = threading.Event()

    def lockf(file: object, command: int) -> None:
        if request.param == "no answer":
            hanging.wait(60)
        else:
            raise OSError(request.param, "no locks")

    monkeypatch.setattr("fcntl.lockf", lockf)
    yield
    hanging.set()


def test_a_usual_folder_has_locks_and_keeps_nothing_of_the_test(tmp_path: Path) -> None:
    assert has_locks(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_not_said_to_lack_locks(tmp_path: Path) -> None:
    assert has_locks(tmp_path / "missing")


@pytest.mark.usefixtures("_no_locks")
def test_a_folder_without_locks_is_noticed_in_time(tmp_path: Path) -> None:
    started = time.monotonic()
    assert not has_locks(tmp_path)
    assert time.monotonic() - started < 2


@pytest.mark.usefixtures("_no_locks")
def test_insights_are_kept_in_memory(tmp_path: Path) -> None:
    store = DiskInsightStore.open(tmp_path / "contexts", 10**9)
    assert store.problem is not None
    assert "no locks" in store.problem
    assert "`cache.directory`" in store.problem
    assert not store.keeps
    entry = entry_of("a" * 64)
    started = time.monotonic()
    for _ in range(3):
        store.put_many([entry])
        assert store.get_many(["a" * 64])["a" * 64] == (entry,)
    assert time.monotonic() - started < 0.5
    store.close()
    assert list((tmp_path / "contexts").iterdir()) == []


def test_facts_go_on_and_the_index_is_kept_in_memory(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_locks, "_can_lock", lambda folder: False)
    session, _ = world.prepared()
    assert "greet" in ask(session, "Who calls greet?").text
    assert session.contexts.info()["entries"] > 0
    assert list((world.cache / "index").iterdir()) == []


def test_the_sentence_about_a_database_without_locks_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_locks, "_can_lock", lambda folder: False)
    schema = Schema("CREATE TABLE names (name TEXT)", 1, "1")
    database = Database(tmp_path / "file.sqlite", schema, name="The index", error=IndexingError)
    database.write(lambda connection: connection.execute("INSERT INTO names VALUES ('a')"))
    assert database.rows("SELECT name FROM names") == [("a",)]
    assert database.problem is not None
    assert "no locks" in database.problem
    assert "set `cache.directory` to a folder on a local disk" in database.problem
