"""Insights that were stored are found again, whatever happens to the files in between."""

import concurrent.futures
import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forethought.errors import StoreError
from forethought.insights.entry import Insights, PredictedQuestion
from forethought.store import json_cache
from forethought.store.healing_cache import MARKER
from forethought.store.insight_store import STORE_SCHEMA, DiskInsightStore
from forethought.store.json_cache import MAX_VALUE_BYTES
from support.entries import context_hash_of, entry_of
from support.properties import examples

CHILD_ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
"""Child processes import what this one can."""
LIMIT = 100_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "contexts"


@pytest.fixture
def store(folder: Path) -> Iterator[DiskInsightStore]:
    opened = DiskInsightStore.open(folder, LIMIT)
    yield opened
    opened.close()


def database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "cache.db", isolation_level=None)


def test_what_was_put_is_there_after_a_restart(folder: Path) -> None:
    entry = entry_of(context_hash_of(1))
    first = DiskInsightStore.open(folder, LIMIT)
    first.put_many([entry])
    first.close()
    second = DiskInsightStore.open(folder, LIMIT)
    assert second.get_many([entry.context_hash, context_hash_of(2)]) == {entry.context_hash: (entry,)}
    assert second.problem is None
    second.close()


def test_each_producer_keeps_its_own_entry_and_replaces_it(store: DiskInsightStore) -> None:
    context_hash = context_hash_of(1)
    store.put_many([entry_of(context_hash, "p1"), entry_of(context_hash, "p2")])
    store.put_many([entry_of(context_hash, "p1", "Better.")])
    by_generator = {
        entry.generator_id: entry.insights.summary for entry in store.get_many([context_hash])[context_hash]
    }
    assert by_generator == {"p1": "Better.", "p2": "Adds two numbers."}


@settings(max_examples=examples(40))
@given(
    summary=st.text(),
    inferences=st.lists(st.text(), max_size=4),
    predictability=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_text_survives_the_store(summary: str, inferences: list[str], predictability: float | None) -> None:
    store = DiskInsightStore.in_memory()
    insights = Insights(summary, tuple(inferences), (PredictedQuestion(summary, "yes", predictability),))
    entry = replace(entry_of(context_hash_of(summary)), insights=insights)
    store.put_many([entry])
    assert store.get_many([entry.context_hash])[entry.context_hash] == (entry,)


def test_lone_surrogates_survive_the_disk(store: DiskInsightStore) -> None:
    entry = entry_of(context_hash_of(1), summary="a name like \udc80")
    store.put_many([entry])
    assert store.get_many([entry.context_hash])[entry.context_hash] == (entry,)


def test_values_are_canonical_json_under_text_keys(store: DiskInsightStore, folder: Path) -> None:
    entry = entry_of(context_hash_of(1))
    store.put_many([entry])
    ((key, raw, mode, value),) = database(folder).execute("SELECT key, raw, mode, value FROM Cache").fetchall()
    assert (key, raw, mode) == (f"c1:{entry.context_hash}", 1, 1)
    again = json.dumps(json.loads(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert value == again


def test_rejected_texts_are_remembered(store: DiskInsightStore, folder: Path) -> None:
    store.reject(context_hash_of(1), "d1")
    store.reject(context_hash_of(1), "d2")
    store.close()
    assert DiskInsightStore.open(folder, LIMIT).rejected([context_hash_of(1), context_hash_of(2)]) == {
        context_hash_of(1): frozenset({"d1", "d2"})
    }


class Canary:
    """Unpickling this creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("expire_time", [1, None])
def test_planted_pickles_never_fire(
    store: DiskInsightStore, folder: Path, tmp_path: Path, expire_time: int | None
) -> None:
    canary = tmp_path / "fired"
    bomb = sqlite3.Binary(pickle.dumps(Canary(canary)))
    wanted = entry_of(context_hash_of(1))
    store.put_many([wanted])
    rows = [
        (bomb, 0, 1, None, b"{}"),
        (f"c1:{context_hash_of(2)}", 1, 4, None, bomb),
        (f"c1:{context_hash_of(3)}", 1, 4, "aa/bb/planted.val", None),
        (bomb, None, 4, None, bomb),
        (f"c1:{context_hash_of(4)}", 0, 1, None, bomb),
    ]
    (folder / "aa/bb").mkdir(parents=True)
    (folder / "aa/bb/planted.val").write_bytes(bytes(bomb))
    connection = database(folder)
    connection.executemany(
        "INSERT INTO Cache (key, raw, mode, filename, value, store_time, access_time, expire_time)"
        " VALUES (?, ?, ?, ?, ?, 0, 0, ?)",
        [(*row, expire_time) for row in rows],
    )
    connection.close()
    context_hashes = [context_hash_of(number) for number in range(1, 5)]
    assert list(store.get_many(context_hashes)) == [wanted.context_hash]
    list(store.context_hashes())
    store.put_many([entry_of(context_hash_of(2))])
    problems = store.verify()
    assert expire_time or len(problems) >= 4, problems
    store.gc()
    assert expire_time or sum("deleted" in problem for problem in problems) == 3
    store.close()
    again = DiskInsightStore.open(folder, 1)
    again.put_many([entry_of(context_hash_of(9))])
    again.gc()
    again.clear()
    again.close()
    assert not canary.exists()


def test_a_row_that_names_a_file_outside_the_store_cannot_have_it_read_or_deleted(
    store: DiskInsightStore, folder: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    connection = database(folder)
    connection.execute(
        "INSERT INTO Cache (key, raw, mode, filename, store_time, access_time) VALUES (?, 1, 2, '../victim', 0, 0)",
        (f"c1:{context_hash_of(1)}",),
    )
    connection.close()
    assert store.get_many([context_hash_of(1)]) == {}
    store.put_many([entry_of(context_hash_of(1))])
    store.gc()
    store.clear()
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("close", "not a method"),
        ("_directory", "/elsewhere"),
        ("disk_fetch", "not a method"),
        ("sqlite_temp_store_directory", "'/elsewhere'"),
        ("count", "not a number"),
        (b"\xff", 1),
    ],
)
def test_settings_that_diskcache_would_obey_are_not_taken_from_a_planted_store(
    folder: Path, key: object, value: object
) -> None:
    DiskInsightStore.open(folder, LIMIT).close()
    connection = database(folder)
    connection.execute("INSERT OR REPLACE INTO Settings VALUES (?, ?)", (key, value))
    connection.close()
    store = DiskInsightStore.open(folder, LIMIT)
    assert "set aside" in (store.problem or "")
    store.put_many([entry_of(context_hash_of(1))])
    assert store.info()["entries"] == 1
    store.close()


def test_a_planted_value_of_a_known_setting_is_not_used(store: DiskInsightStore, folder: Path) -> None:
    store.put_many([entry_of(context_hash_of(1))])
    connection = database(folder)
    connection.execute("UPDATE Settings SET value = 1 << 40 WHERE key = 'sqlite_mmap_size'")
    connection.close()

    def mapped_bytes() -> int:
        store.get_many([context_hash_of(1)])
        return int(store._entries._cache.sqlite_mmap_size)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:  # with a new connection, which reads the settings again
        assert pool.submit(mapped_bytes).result() == 0
    assert store.problem is None


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        b"null",
        b'{"entries": 3}',
        b'{"entries": [{"subject": 1}]}',
        b"\xff\xfe\x00",
        "a text, not bytes",
        12,
        None,
    ],
)
def test_a_garbage_row_is_as_good_as_missing_and_can_be_written_over(
    store: DiskInsightStore, folder: Path, garbage: object
) -> None:
    good, bad = entry_of(context_hash_of(1)), entry_of(context_hash_of(2))
    store.put_many([good, bad])
    connection = database(folder)
    connection.execute("UPDATE Cache SET value = ? WHERE key = ?", (garbage, f"c1:{bad.context_hash}"))
    connection.close()
    assert store.get_many([good.context_hash, bad.context_hash]) == {good.context_hash: (good,)}
    store.put_many([bad])
    assert set(store.get_many([good.context_hash, bad.context_hash])) == {good.context_hash, bad.context_hash}


def test_an_entry_of_another_subject_is_garbage_and_counted(store: DiskInsightStore, folder: Path) -> None:
    store.put_many([entry_of(context_hash_of(1)), entry_of(context_hash_of(2))])
    connection = database(folder)
    connection.execute(
        "UPDATE Cache SET value = (SELECT value FROM Cache WHERE key = ?) WHERE key = ?",
        (f"c1:{context_hash_of(1)}", f"c1:{context_hash_of(2)}"),
    )
    connection.close()
    assert store.get_many([context_hash_of(2)]) == {}
    assert store.garbage == 1
    assert len(store.verify()) == 1
    assert store.verify() == []


def test_reading_does_not_write_and_flushing_does(store: DiskInsightStore, folder: Path) -> None:
    store.put_many([entry_of(context_hash_of(1))])
    before = database(folder).execute("SELECT store_time FROM Cache").fetchall()
    store.get_many([context_hash_of(1)])
    assert database(folder).execute("SELECT store_time FROM Cache").fetchall() == before
    store.flush_access()
    assert database(folder).execute("SELECT store_time FROM Cache").fetchall() > before


def test_reads_work_while_another_process_holds_the_write_lock(
    store: DiskInsightStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_many([entry_of(context_hash_of(1))])
    other = database(folder)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("forethought.store.insight_store._FLUSH_SECONDS", -1.0)  # use is to be noted now
    began = time.monotonic()
    assert store.get_many([context_hash_of(1)])
    assert time.monotonic() - began < 9  # a write would wait for ten seconds
    other.execute("ROLLBACK")
    store.put_many([entry_of(context_hash_of(2))])


def test_use_is_noted_once_in_a_while_without_being_asked(
    store: DiskInsightStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_many([entry_of(context_hash_of(1))])
    before = database(folder).execute("SELECT store_time FROM Cache").fetchall()
    monkeypatch.setattr("forethought.store.insight_store._FLUSH_SECONDS", -1.0)
    store.get_many([context_hash_of(1)])
    deadline = time.monotonic() + 30
    while database(folder).execute("SELECT store_time FROM Cache").fetchall() == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_lock_that_is_never_released_becomes_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.store.sqlite.BUSY_SECONDS", 0.05)
    store = DiskInsightStore.open(folder, LIMIT)
    other = database(folder)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another process"):
        store.put_many([entry_of(context_hash_of(1))])
    other.execute("ROLLBACK")
    store.put_many([entry_of(context_hash_of(1))])
    assert store.get_many([context_hash_of(1)])
    store.close()


def test_the_least_recently_used_go_first_and_verdicts_stay(folder: Path) -> None:
    limit = 600_000
    store = DiskInsightStore.open(folder, limit)
    old = [entry_of(context_hash_of(number), summary="x" * 3_000) for number in range(100)]
    store.put_many(old)
    store.reject(old[0].context_hash, "digest")
    store.get_many([entry.context_hash for entry in old[:20]])
    store.flush_access()
    store.put_many([entry_of(context_hash_of(number), summary="y" * 3_000) for number in range(1000, 1080)])
    kept = store.get_many([entry.context_hash for entry in old])
    assert {entry.context_hash for entry in old[:20]} <= set(kept)
    assert len(kept) < 60
    assert store.rejected([old[0].context_hash])
    store.gc()
    assert store.info()["bytes"] <= limit + 200_000
    assert store.info()["entries"] >= 80
    store.close()


def test_gc_brings_a_store_below_a_lowered_limit_and_says_what_it_freed(folder: Path) -> None:
    store = DiskInsightStore.open(folder, LIMIT)
    store.put_many([entry_of(context_hash_of(number), summary="x" * 3_000) for number in range(300)])
    store.close()
    store = DiskInsightStore.open(folder, 300_000)
    assert store.gc() > 500_000
    assert store.info()["bytes"] < 400_000
    assert store.info()["entries"] > 10
    store.close()


def test_a_newer_store_is_left_untouched(folder: Path) -> None:
    store = DiskInsightStore.open(folder, LIMIT)
    store.put_many([entry_of(context_hash_of(1))])
    store.close()
    (folder / MARKER).write_text(json.dumps({"schema": STORE_SCHEMA + 1}))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    newer = DiskInsightStore.open(folder, LIMIT)
    assert "newer" in (newer.problem or "")
    newer.put_many([entry_of(context_hash_of(2))])
    assert set(newer.get_many([context_hash_of(1), context_hash_of(2)])) == {context_hash_of(2)}
    newer.clear()
    newer.close()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_older_store_is_set_aside(folder: Path) -> None:
    DiskInsightStore.open(folder, LIMIT).close()
    (folder / MARKER).write_text(json.dumps({"schema": STORE_SCHEMA - 1}))
    store = DiskInsightStore.open(folder, LIMIT)
    store.put_many([entry_of(context_hash_of(1))])
    assert (store.problem, store.info()["entries"]) == (None, 1)
    assert json.loads((folder / MARKER).read_text())["schema"] == STORE_SCHEMA
    store.close()


@pytest.mark.parametrize("damage", ["overwritten", "truncated", "marker", "directory"])
def test_a_store_that_is_broken_on_start_is_set_aside_once(folder: Path, damage: str) -> None:
    for _ in range(3):
        store = DiskInsightStore.open(folder, LIMIT)
        store.put_many([entry_of(context_hash_of(number)) for number in range(200)])
        store.close()
        path = folder / "cache.db"
        assert path.is_file()
        for log in folder.glob("cache.db-*"):
            log.unlink()
        if damage == "overwritten":
            path.write_bytes(b"this is no database" * 1000)
        elif damage == "truncated":
            path.write_bytes(path.read_bytes()[:5000])
        elif damage == "marker":
            (folder / MARKER).write_bytes(b"\x00\x01")
        else:
            path.unlink()
            path.mkdir()
        healed = DiskInsightStore.open(folder, LIMIT)
        assert healed.get_many([context_hash_of(0)]) == {}
        healed.put_many([entry_of(context_hash_of(1))])
        assert healed.get_many([context_hash_of(1)])
        assert healed.problem
        healed.close()
    assert len(list(folder.parent.glob("contexts.broken-*"))) <= 1


def test_a_store_that_breaks_while_it_is_open_heals(store: DiskInsightStore, folder: Path) -> None:
    store.put_many([entry_of(context_hash_of(number)) for number in range(300)])
    connection = database(folder)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = (folder / "cache.db").stat().st_size
    with (folder / "cache.db").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    fresh = DiskInsightStore.open(folder, LIMIT)
    assert fresh.get_many([context_hash_of(number) for number in range(300)]) == {}
    fresh.put_many([entry_of(context_hash_of(1))])
    assert fresh.get_many([context_hash_of(1)])
    fresh.close()
    store.put_many([entry_of(context_hash_of(2))])
    assert set(store.get_many([context_hash_of(1), context_hash_of(2)])) == {context_hash_of(1), context_hash_of(2)}


def test_a_store_deleted_under_us_is_made_anew(store: DiskInsightStore, folder: Path) -> None:
    store.put_many([entry_of(context_hash_of(1))])
    shutil.rmtree(folder)
    assert store.get_many([context_hash_of(1)]) == {}
    store.put_many([entry_of(context_hash_of(2))])
    other = DiskInsightStore.open(folder, LIMIT)
    assert other.get_many([context_hash_of(2)])
    other.close()


def test_a_folder_that_cannot_be_made_leaves_a_store_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = DiskInsightStore.open(tmp_path / "file" / "contexts", LIMIT)
    assert "memory" in (store.problem or "")
    store.put_many([entry_of(context_hash_of(1))])
    assert store.get_many([context_hash_of(1)])
    assert store.verify()
    store.close()


READ_ONLY = """
import os, sys
from pathlib import Path
from forethought.errors import StoreError
from forethought.store.insight_store import DiskInsightStore
from support.entries import entry_of, context_hash_of
if os.geteuid() == 0:  # permissions mean nothing to root
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
store = DiskInsightStore.open(Path(sys.argv[1]), 10**8)
assert store.get_many([context_hash_of(1)]), store.problem
assert "read-only" in store.problem, store.problem
try:
    store.put_many([entry_of(context_hash_of(2))])
except StoreError as error:
    print(error)
store.verify()
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
@pytest.mark.parametrize("with_log", [True, False])
def test_a_read_only_store_can_be_read_and_refuses_to_write_in_one_sentence(with_log: bool) -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders cannot be entered by another user
        folder = Path(place) / "contexts"
        store = DiskInsightStore.open(folder, LIMIT)
        store.put_many([entry_of(context_hash_of(1))])
        if not with_log:
            store.close()  # moves what is in SQLite's log into the database
        Path(place).chmod(0o755)
        folder.chmod(0o555)
        for path in folder.iterdir():
            path.chmod(0o444)
        done = subprocess.run(
            [sys.executable, "-B", "-c", READ_ONLY, str(folder)],
            env=CHILD_ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        folder.chmod(0o755)
        store.close()
    assert done.returncode == 0, done.stderr
    assert "read-only" in done.stdout
    assert done.stdout.count("\n") == 1


def fill_disk(store: DiskInsightStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave room for few pages in this thread's connection, until it is closed."""
    cache = store._entries._cache
    pages = cache.volume() // 4096 + 4
    with monkeypatch.context() as allowed:
        allowed.setitem(json_cache._SETTINGS, "sqlite_max_page_count", pages)
        cache.reset("sqlite_max_page_count", pages, update=False)


def test_a_full_disk_is_one_sentence_and_loses_nothing(
    store: DiskInsightStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_many([entry_of(context_hash_of(1))])
    fill_disk(store, monkeypatch)
    with pytest.raises(StoreError, match="disk is full"):
        store.put_many([entry_of(context_hash_of(number), summary="x" * 4_000) for number in range(2, 60)])
    assert store.get_many([context_hash_of(1)])
    store.put_many([entry_of(context_hash_of(3))])
    assert set(store.get_many([context_hash_of(1), context_hash_of(3)])) == {context_hash_of(1), context_hash_of(3)}
    assert store.verify() == []


def no_space(*arguments: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_store_whose_disk_was_full_is_written_again_when_there_is_space(
    store: DiskInsightStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_many([entry_of(context_hash_of(1))])
    with monkeypatch.context() as full:
        full.setattr("forethought.store.healing_cache.HealingCache._open_folder", no_space)
        reader = DiskInsightStore.open(folder, LIMIT)
        assert reader.get_many([context_hash_of(1)])
        with pytest.raises(StoreError, match="No space left"):
            reader.put_many([entry_of(context_hash_of(2))])
    monkeypatch.setattr("forethought.store.healing_cache._RETRY_SECONDS", -1.0)
    reader.put_many([entry_of(context_hash_of(2))])
    assert reader.problem is None
    assert set(store.get_many([context_hash_of(1), context_hash_of(2)])) == {context_hash_of(1), context_hash_of(2)}
    reader.close()


def test_what_was_kept_in_memory_is_stored_when_there_is_space(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr("forethought.store.healing_cache.HealingCache._open_folder", no_space)
        store = DiskInsightStore.open(folder, LIMIT)
        store.put_many([entry_of(context_hash_of(1))])
        assert not store.keeps
    monkeypatch.setattr("forethought.store.healing_cache._RETRY_SECONDS", -1.0)
    store.put_many([entry_of(context_hash_of(2))])
    assert store.keeps
    store.close()
    again = DiskInsightStore.open(folder, LIMIT)
    assert len(again.get_many([context_hash_of(1), context_hash_of(2)])) == 2
    again.close()


def test_a_full_disk_can_still_be_cleared(store: DiskInsightStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put_many([entry_of(context_hash_of(number), summary="x" * 4_000) for number in range(60)])
    fill_disk(store, monkeypatch)
    monkeypatch.setattr("forethought.store.json_cache.JsonCache.clear", no_space)
    store.clear()
    assert store.info()["entries"] == 0
    store.put_many([entry_of(context_hash_of(1))])
    assert store.problem is None


def test_an_entry_too_long_for_a_row_is_refused(store: DiskInsightStore) -> None:
    with pytest.raises(StoreError, match="longer"):
        store.put_many([entry_of(context_hash_of(1), summary="x" * MAX_VALUE_BYTES)])


def test_a_number_that_json_cannot_hold_is_refused(store: DiskInsightStore) -> None:
    insights = Insights("x", (), (PredictedQuestion("q", "a", float("-inf")),))
    with pytest.raises(StoreError, match="finite"):
        store.put_many([replace(entry_of(context_hash_of(1)), insights=insights)])


HAMMER = """
import sys
from pathlib import Path
from forethought.store.insight_store import DiskInsightStore
from support.entries import entry_of, context_hash_of
store = DiskInsightStore.open(Path(sys.argv[1]), 10**8)
for round in range(5):
    for number in range(30):
        store.put_many([entry_of(context_hash_of(number), sys.argv[2], str(round))])
    store.get_many([context_hash_of(number) for number in range(30)])
    store.flush_access()
assert store.problem is None, store.problem
store.close()
"""


def test_four_processes_never_lose_one_anothers_entries(folder: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-B", "-c", HAMMER, str(folder), f"p{number}"],
            env=CHILD_ENVIRONMENT,
            stderr=subprocess.PIPE,
        )
        for number in range(4)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    store = DiskInsightStore.open(folder, LIMIT)
    found = store.get_many([context_hash_of(number) for number in range(30)])
    assert len(found) == 30
    for entries in found.values():
        assert {(entry.generator_id, entry.insights.summary) for entry in entries} == {(f"p{n}", "4") for n in range(4)}
    assert store.verify() == []
    store.close()


ENDLESS = """
import sys
from pathlib import Path
from forethought.store.insight_store import DiskInsightStore
from support.entries import entry_of, context_hash_of
store = DiskInsightStore.open(Path(sys.argv[1]), 10**8)
for number in range(1_000_000):
    store.put_many([entry_of(context_hash_of(number))])
    print(number, flush=True)
"""


def test_a_kill_loses_nothing_that_was_stored(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-B", "-c", ENDLESS, str(folder)], env=CHILD_ENVIRONMENT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        for _ in range(25):
            process.stdout.readline()
        process.kill()
        last = max([24, *map(int, process.stdout.read().split())])
    store = DiskInsightStore.open(folder, LIMIT)
    assert store.problem is None
    assert len(store.get_many([context_hash_of(number) for number in range(last + 1)])) == last + 1
    assert store.verify() == []
    store.close()


def test_threads_share_a_store(store: DiskInsightStore) -> None:
    def work(generator_id: str) -> None:
        for number in range(20):
            store.put_many([entry_of(context_hash_of(number), generator_id)])
            store.get_many([context_hash_of(number)])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(work, ["a", "b", "c", "d"]))
    found = store.get_many([context_hash_of(number) for number in range(20)])
    assert all(len(entries) == 4 for entries in found.values())
    assert len(found) == 20


def test_at_most_sixteen_producers_are_kept_and_the_newest_stay(store: DiskInsightStore) -> None:
    context_hash = context_hash_of(1)
    for number in range(20):
        store.put_many([entry_of(context_hash, f"p{number:02d}", created=number)])
    assert [entry.generator_id for entry in store.get_many([context_hash])[context_hash]] == [
        f"p{n:02d}" for n in range(4, 20)
    ]


def test_verdicts_outlive_a_broken_store(folder: Path) -> None:
    store = DiskInsightStore.open(folder, LIMIT)
    store.reject(context_hash_of(1), "d1")
    store.close()
    (folder / "cache.db").write_bytes(b"garbage" * 1000)
    again = DiskInsightStore.open(folder, LIMIT)
    assert again.problem
    assert again.rejected([context_hash_of(1)])
    again.accept(context_hash_of(1), "d1")
    assert again.rejected([context_hash_of(1)]) == {}
    assert again.verify() == [again.problem]
    again.close()


def test_the_store_is_readable_by_its_owner_only(store: DiskInsightStore, folder: Path) -> None:
    if sys.platform != "win32":
        assert folder.stat().st_mode & 0o077 == 0


def test_clear_leaves_nothing(store: DiskInsightStore) -> None:
    store.put_many([entry_of(context_hash_of(1))])
    store.reject(context_hash_of(1), "d")
    store.clear()
    assert store.get_many([context_hash_of(1)]) == {}
    assert store.rejected([context_hash_of(1)]) == {}
    assert store.info()["entries"] == 0


def shared_entry(context_hash, generator_id="p1", created=0):
    entry = entry_of(context_hash, generator_id, created=created)
    return replace(entry, provenance=replace(entry.provenance, origin="shared"))


def test_a_flood_of_generators_does_not_push_out_what_was_written_here():
    store = DiskInsightStore.in_memory()
    store.put_many([entry_of("1" * 64, "own")])
    store.put_many(shared_entry("1" * 64, f"other{number}", 59) for number in range(40))
    generators = {entry.generator_id for entry in store.get_many(["1" * 64])["1" * 64]}
    assert "own" in generators
    assert len(generators) == 16


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_flood_of_shared_entries_does_not_push_out_what_was_written_here(tmp_path, in_memory):
    limit = 400_000
    store = DiskInsightStore.in_memory(limit) if in_memory else DiskInsightStore.open(tmp_path / "contexts", limit)
    own = [f"{number:064x}" for number in range(20)]
    store.put_many(map(entry_of, own))
    store.get_many(own)
    store.flush_access()
    strange = [f"{number % 16:x}{number:063x}" for number in range(1000, 3000)]
    store.put_many(map(shared_entry, strange))
    store.get_many(strange[:100])
    store.flush_access()
    store.put_many(map(shared_entry, strange))
    assert store.get_many(own).keys() == set(own)
    assert len(store.get_many(strange)) < len(strange)
    store.close()


def test_what_was_checked_does_not_replace_what_was_written_meanwhile():
    store = DiskInsightStore.in_memory()
    store.put_many([entry_of("1" * 64), shared_entry("2" * 64)])
    store.note_checked([shared_entry("1" * 64, created=5), shared_entry("2" * 64, created=5)])
    found = store.get_many(["1" * 64, "2" * 64])
    assert found["1" * 64][0].provenance.origin == "local"
    assert found["2" * 64][0].provenance.created_at.endswith("05Z")
