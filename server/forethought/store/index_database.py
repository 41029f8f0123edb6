"""The SQLite file of one root's index: schema, connections, transactions, and one writing process at a time.

The file heals itself: garbage, or another version's schema, is set aside and begun anew; when the disk fails the
index goes on in memory, and `problem` says so.
"""

import contextlib
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil

from forethought.errors import IndexingError

SCHEMA_VERSION = 5
LEASE_SECONDS = 20.0
"""How long a writer that does not renew its lease keeps others from writing."""
_BUSY_SECONDS = 10.0

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE contents ( -- an id never comes back: what was decoded in memory is known by it
    id INTEGER PRIMARY KEY AUTOINCREMENT, content_hash TEXT NOT NULL, language TEXT NOT NULL, used_at REAL NOT NULL,
    symbols INTEGER NOT NULL, refs INTEGER NOT NULL, outline BLOB NOT NULL,
    first_mention INTEGER NOT NULL, last_mention INTEGER NOT NULL, -- a content's mentions stand in a row
    UNIQUE (content_hash, language));
CREATE TABLE files (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, content INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_by_content ON files (content);
CREATE TABLE definitions (
    name BLOB, content INTEGER, symbol BLOB, kind TEXT NOT NULL, PRIMARY KEY (name, content, symbol)) WITHOUT ROWID;
CREATE TABLE mentions (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL, content INTEGER NOT NULL, places TEXT NOT NULL, calls INTEGER NOT NULL);
CREATE INDEX mentions_by_name ON mentions (name, content);
CREATE TABLE aliases (name BLOB, content INTEGER, local BLOB, PRIMARY KEY (name, content, local)) WITHOUT ROWID;
CREATE TABLE skipped (path BLOB PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE subjects (
    path BLOB, symbol BLOB, content_hash TEXT NOT NULL, subject TEXT NOT NULL, previous TEXT, thought TEXT,
    PRIMARY KEY (path, symbol)) WITHOUT ROWID;
CREATE TABLE replaced ( -- what stood at a path before, until whoever rests on it is outdated; '' for nothing
    path BLOB PRIMARY KEY, content_hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE edits (path BLOB, symbol BLOB, at REAL NOT NULL, PRIMARY KEY (path, symbol)) WITHOUT ROWID;
CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1), owner TEXT NOT NULL, pid INTEGER NOT NULL, expires REAL NOT NULL);
"""

_Result = TypeVar("_Result")


class IndexDatabase:
    """Safe from several threads and processes. Raises IndexingError where neither the disk nor memory serves."""

    def __init__(self, file: Path | None, extractor_version: str) -> None:
        """`file` None keeps everything in memory. What another `extractor_version` read off files is forgotten."""
        self.problem: str | None = None
        """One sentence when the index could not be kept on disk, or had to be begun anew; else None."""
        self.epoch = 0
        """Grows whenever the file was set aside: nothing that was read before holds any more."""
        self._file = file
        self._extractor_version = extractor_version
        self._owner = uuid.uuid4().hex
        self._lock = threading.RLock()
        self._idle: list[tuple[int, sqlite3.Connection]] = []
        """(epoch, connection) of each that no thread uses now, the last used last."""
        self._memory: sqlite3.Connection | None = None
        self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True  # whoever still works on it keeps no connection
            self.epoch += 1
            self._memory = None
        while self._idle:
            self._idle.pop()[1].close()

    # Reading and writing

    @property
    def generation(self) -> int:
        """Grows with every write that counts, in whichever process."""
        return self.read(self.generation_in)

    def generation_in(self, connection: sqlite3.Connection) -> int:
        row = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        return self.in_this_epoch(int(row[0]) if row else 0)

    def in_this_epoch(self, number: int) -> int:
        """Larger than any number from a file that was set aside."""
        return (self.epoch << 40) + number

    def row(self, query: str, parameters: tuple[object, ...] = ()) -> tuple[Any, ...] | None:
        rows = self.rows(query, parameters)
        return rows[0] if rows else None

    def rows(self, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        return self.read(lambda connection: connection.execute(query, parameters).fetchall())

    def read(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        for attempt in range(3):
            epoch = self.epoch
            try:
                with self._connection() as connection:
                    return query(connection)
            except sqlite3.Error as error:
                self._heal(error, epoch, last=attempt == 1)
        raise IndexingError("The index cannot be read, not even in memory; start again, and report this as a fault.")

    def write(self, change: Callable[[sqlite3.Connection], _Result], *, counts: bool = True) -> _Result:
        for attempt in range(3):
            epoch = self.epoch
            try:
                with self._connection() as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    try:
                        result = change(connection)
                        if counts:
                            bump(connection, "generation")
                        connection.execute("COMMIT")
                    except BaseException:
                        if connection.in_transaction:
                            connection.execute("ROLLBACK")
                        raise
                    return result
            except sqlite3.Error as error:
                self._heal(error, epoch, last=attempt == 1)
        raise IndexingError("The index cannot be written, not even in memory; start again, and report this as a fault.")

    # Writing, one process at a time

    def acquire_writer(self) -> bool:
        """Take or renew the lease on writing. False while another process that is alive holds it."""

        def take(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT owner, pid, expires FROM lease").fetchone()
            now = time.time()
            if row and row[0] != self._owner and now < row[2] <= now + LEASE_SECONDS and psutil.pid_exists(row[1]):
                return False
            connection.execute(
                "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?)", (self._owner, os.getpid(), now + LEASE_SECONDS)
            )
            return True

        return self.write(take, counts=False)

    def release_writer(self) -> None:
        self.write(
            lambda connection: connection.execute("DELETE FROM lease WHERE owner = ?", (self._owner,)), counts=False
        )

    # Inside

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._file is None or self._memory is not None:
            with self._lock:
                if self._memory is None:
                    self._memory = self._opened(None)
                yield self._memory
            return
        epoch = self.epoch
        try:
            opened_in, connection = self._idle.pop()
        except IndexError:
            opened_in, connection = epoch, self._opened(self._file)
        if opened_in != epoch:
            connection.close()
            opened_in, connection = epoch, self._opened(self._file)
        try:
            yield connection
        finally:
            if self.epoch == opened_in and not self._closed:
                self._idle.append((opened_in, connection))
            else:
                connection.close()

    def _opened(self, file: Path | None) -> sqlite3.Connection:
        if file is not None:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise sqlite3.OperationalError(f"{error.strerror}: {file.parent}") from error
        connection = sqlite3.connect(
            file or ":memory:",
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # one thread at a time uses it, but not always the same
        )
        try:
            if file is not None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            self._check_schema(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_schema(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        if version == SCHEMA_VERSION and self._extractor_of(connection) == self._extractor_version:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = _version(connection)
            if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise _OtherVersion(f"it has schema {version}, not {SCHEMA_VERSION}")
            if self._extractor_of(connection) != self._extractor_version:
                for table in ("files", "contents", "definitions", "mentions", "aliases"):
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('extractor', ?)", (self._extractor_version,))
                bump(connection, "paths_generation")
                bump(connection, "generation")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _extractor_of(self, connection: sqlite3.Connection) -> object:
        row = connection.execute("SELECT value FROM meta WHERE key = 'extractor'").fetchone()
        return row[0] if row else None

    def _heal(self, error: sqlite3.Error, epoch: int, *, last: bool) -> None:
        """Make the next attempt possible: a file begun anew where the file is at fault, else memory."""
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise IndexingError(
                "The index is being written by another process for a long time; try again when it is done."
            ) from error
        with self._lock:
            if self.epoch != epoch:
                return  # another thread has healed it: the file that failed is gone
            if self._file is None or self._memory is not None:
                raise IndexingError(f"The index in memory failed ({error}); start again.") from error
            at_fault = isinstance(error, _OtherVersion) or code in (
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
                sqlite3.SQLITE_ERROR,  # a table or column is missing
                sqlite3.SQLITE_MISMATCH,
                sqlite3.SQLITE_CONSTRAINT,
            )
            # The epoch grows last: whoever still meets the old file has then read an older one, and tries again.
            if at_fault and not last and self._set_aside(self._file):
                if not isinstance(error, _OtherVersion):
                    self.problem = f"The index {self._file} was damaged ({error}); it is being built anew."
                self.epoch += 1
                return
            self.problem = (
                f"The index cannot be kept in {self._file} ({error}); it is kept in memory until you restart."
            )
            self._memory = self._opened(None)
            if not at_fault:
                self._copy_to_memory(self._file, self._memory)
            self.epoch += 1

    def _set_aside(self, file: Path) -> bool:
        try:
            file.replace(file.with_suffix(".set-aside"))
            for suffix in ("-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
        except OSError:
            return False  # the caller goes on in memory, and says so
        return True

    def _copy_to_memory(self, file: Path, memory: sqlite3.Connection) -> None:
        try:
            with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
                if _version(source) == SCHEMA_VERSION and self._extractor_of(source) == self._extractor_version:
                    source.backup(memory)
        except sqlite3.Error as error:
            self.problem = f"{self.problem} What it held could not be read either ({error})."


class _OtherVersion(sqlite3.DatabaseError):
    """The file was written by another version of Forethought."""


def bump(connection: sqlite3.Connection, key: str) -> None:
    """Count a change under a key of the table `meta`."""
    connection.execute("INSERT INTO meta VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET value = value + 1", (key,))


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def key_of(text: str) -> bytes:
    """Names as bytes: SQLite's text cannot hold the lone surrogates of undecodable source."""
    return text.encode("utf-8", "surrogatepass")


def text_of(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")
