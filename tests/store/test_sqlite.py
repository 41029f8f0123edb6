"""A database heals itself: a broken file is rebuilt, and a broken disk replaced by memory."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from forethought.errors import StoreError
from forethought.store.sqlite import Database, Schema, connect_read_only, is_damage, transaction

TABLE = "CREATE TABLE names (name TEXT UNIQUE);\nCREATE INDEX by_name ON names (name);\n"


def forget(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM names")


def opened(file: Path | None, schema: Schema | None = None) -> Database:
    return Database(file, schema or Schema(TABLE, 1, "1"), name="The list", error=StoreError)


def add(database: Database, name: str) -> None:
    database.write(lambda connection: connection.execute("INSERT INTO names VALUES (?)", (name,)))


def names(database: Database) -> list[str]:
    return [name for (name,) in database.rows("SELECT name FROM names ORDER BY name")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A closed database that holds one name."""
    file = tmp_path / "folder" / "names.sqlite"
    database = opened(file)
    add(database, "first")
    database.close()
    return file


def damaged() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def test_rows_are_kept(file: Path) -> None:
    database = opened(file)
    assert names(database) == ["first"]
    assert (database.problem, database.epoch) == (None, 0)


def test_a_failed_change_leaves_no_trace(file: Path) -> None:
    database = opened(file)

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO names VALUES ('second')")
        raise KeyError

    with pytest.raises(KeyError):
        database.write(change)
    assert names(database) == ["first"]


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_set_aside_and_reported(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    database = opened(file)
    assert names(database) == []
    assert database.problem is not None and "damaged" in database.problem
    assert database.epoch == 1
    assert file.with_suffix(".set-aside").read_bytes() == content
    add(database, "second")
    database.close()
    assert names(opened(file)) == ["second"]


def test_missing_tables_are_damage(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE names")
    assert names(opened(file)) == []


def test_a_file_of_another_schema_is_replaced_without_a_problem(file: Path) -> None:
    database = opened(file, Schema(TABLE, 2, "1"))
    assert names(database) == []
    assert database.problem is None
    assert not file.with_suffix(".set-aside").exists()


@pytest.mark.parametrize("outdate", [forget, None])
def test_rows_of_another_content_version_are_deleted(
    file: Path, outdate: Callable[[sqlite3.Connection], None] | None
) -> None:
    database = opened(file, Schema(TABLE, 1, "2", outdate))
    assert names(database) == []
    assert database.problem is None
    assert database.epoch == (0 if outdate else 1)
    add(database, "second")
    database.close()
    assert names(opened(file, Schema(TABLE, 1, "2", outdate))) == ["second"]


def test_a_folder_that_cannot_be_made_leaves_it_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    database = opened(tmp_path / "file" / "names.sqlite")
    add(database, "first")
    assert names(database) == ["first"]
    assert database.problem is not None and "memory" in database.problem


def test_a_full_disk_moves_it_to_memory_with_its_rows(file: Path) -> None:
    database = opened(file)
    ((pages,),) = database.rows("PRAGMA page_count")
    database.rows(f"PRAGMA max_page_count = {pages}")
    for number in range(9):
        add(database, str(number) * 1000)
    assert database.problem is not None and "memory" in database.problem
    assert len(names(database)) == 10
    database.close()
    assert "first" in names(opened(file))


def test_a_lock_that_is_never_released_becomes_one_sentence(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.store.sqlite.BUSY_SECONDS", 0.05)
    database = opened(file)
    other = sqlite3.connect(file, isolation_level=None)
    with transaction(other), pytest.raises(StoreError, match="another process"):
        add(database, "second")
    assert names(database) == ["first"]
    assert database.problem is None


def test_a_module_that_sqlite_lacks_is_no_damage(file: Path) -> None:
    database = opened(file)
    with pytest.raises(sqlite3.OperationalError, match="no such module"):
        database.rows("CREATE VIRTUAL TABLE words USING absent (text)")
    assert names(database) == ["first"]


def test_damage_that_two_threads_meet_is_healed_once(file: Path) -> None:
    database = opened(file)

    def fail_first(connection: sqlite3.Connection) -> None:
        if not database.epoch:
            raise damaged()

    def fail_later(connection: sqlite3.Connection) -> None:
        if not database.epoch:
            database.read(fail_first)  # what another thread does meanwhile
            add(database, "second")
            raise damaged()

    database.read(fail_later)
    assert names(database) == ["second"]


def test_a_read_during_the_move_to_memory_succeeds_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = opened(file)
    open_one, failed, found = database._open, threading.Event(), []

    def query(connection: sqlite3.Connection) -> str:
        if connection is database._memory:
            return "in memory"
        if threading.current_thread() is reader:
            failed.set()
        raise sqlite3.OperationalError("disk I/O error")

    def read() -> None:
        try:
            found.append(database.read(query))
        except StoreError as error:
            found.append(str(error))

    reader = threading.Thread(target=read)

    def open_slowly(file: Path | None) -> sqlite3.Connection:
        if file is None:  # moving to memory: meanwhile another thread meets the file
            reader.start()
            assert failed.wait(30)
        return open_one(file)

    monkeypatch.setattr(database, "_open", open_slowly)
    assert database.read(query) == "in memory"
    reader.join(30)
    assert found == ["in memory"]


def test_a_closed_database_keeps_no_connection(file: Path) -> None:
    database = opened(file)
    database.close()
    assert names(database) == ["first"]
    assert not database._idle


def test_a_file_is_read_without_being_written(file: Path) -> None:
    connection = connect_read_only(file)
    assert connection.execute("SELECT name FROM names").fetchall() == [("first",)]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM names")


def test_a_closed_connection_is_no_damage() -> None:
    assert not is_damage(sqlite3.ProgrammingError("Cannot operate on a closed database."))
