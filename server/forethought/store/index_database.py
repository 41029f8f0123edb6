"""The SQLite file of one root's index: its tables, its generation, and the lease that lets one process write."""

import os
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from forethought.errors import IndexingError
from forethought.store.sqlite import Database, Schema

SCHEMA_VERSION = 7
LEASE_SECONDS = 20.0
"""After this time without renewal, another process may take over writing."""
_CLOCK_TICK_SECONDS = 0.1
"""Longer than the ticks in which file systems with write-ahead logs count time: two writes within one look alike."""

_SCHEMA = """
CREATE TABLE contents ( -- ids are never reused: decoded tags are cached in memory by id
    id INTEGER PRIMARY KEY AUTOINCREMENT, content_hash TEXT NOT NULL, language TEXT NOT NULL, used_at REAL NOT NULL,
    symbols INTEGER NOT NULL, refs INTEGER NOT NULL, outline BLOB NOT NULL,
    first_mention INTEGER NOT NULL, last_mention INTEGER NOT NULL, -- a content's mentions have consecutive ids
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
CREATE TABLE precise ( -- what a SCIP index says about the references in a text of a path
    path BLOB PRIMARY KEY, content_hash TEXT NOT NULL, meanings TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE skipped (path BLOB PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE context_hashes (
    path BLOB, symbol BLOB, content_hash TEXT NOT NULL, context_hash TEXT NOT NULL, previous TEXT, with_insights TEXT,
    PRIMARY KEY (path, symbol)) WITHOUT ROWID;
CREATE TABLE replaced ( -- the previous content of a path, until its users are outdated; '' for a new path
    path BLOB PRIMARY KEY, content_hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE edits (path BLOB, symbol BLOB, at REAL NOT NULL, PRIMARY KEY (path, symbol)) WITHOUT ROWID;
CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1), owner TEXT NOT NULL, pid INTEGER NOT NULL, expires REAL NOT NULL);
"""

_Result = TypeVar("_Result")


class IndexDatabase(Database):
    """A `Database` that counts its writes. Methods raise IndexingError."""

    def __init__(self, file: Path | None, extractor_version: str) -> None:
        """`file` None keeps everything in memory. Tags read by another `extractor_version` are deleted."""
        schema = Schema(_SCHEMA, SCHEMA_VERSION, extractor_version, _delete_tags)
        super().__init__(file, schema, name="The index", error=IndexingError)
        self._owner = uuid.uuid4().hex
        self._last_write = object()
        """Another one after each of our own writes."""
        self._known_generation: tuple[tuple[object, ...], int] | None = None
        """What the database looked like when the generation was read last, and the generation."""

    @property
    def generation(self) -> int:
        """Grows with every counted write, by any process."""
        state, known = self._state(), self._known_generation
        if known is None or known[0] != state:
            generation = self.read(self.generation_in)
            known = (state, generation)
            self._known_generation = known if state else None
        return known[1]

    def _state(self) -> tuple[object, ...]:
        """Differs after each write. Empty if a write could have gone unnoticed: then the database has to be read.

        Every write goes to the write-ahead log first, so other processes change its size or time.
        """
        if (log := self.write_ahead_log) is None:
            return (self.epoch, self._last_write)
        if sys.platform == "win32":
            return ()  # NTFS updates times when a file is closed
        try:
            status = log.stat()
        except OSError:
            return ()
        if abs(time.time() - status.st_mtime) < _CLOCK_TICK_SECONDS:
            return ()
        return (self.epoch, self._last_write, status.st_ino, status.st_size, status.st_mtime_ns)

    def generation_in(self, connection: sqlite3.Connection) -> int:
        return self.in_this_epoch(counter(connection, "generation"))

    def in_this_epoch(self, number: int) -> int:
        """A number larger than those of all earlier epochs."""
        return (self.epoch << 40) + number

    def write(self, change: Callable[[sqlite3.Connection], _Result], *, counts: bool = True) -> _Result:
        """Run `change` in a transaction; unless it `counts` as a new generation, caches of the index stay valid."""

        def counted(connection: sqlite3.Connection) -> _Result:
            result = change(connection)
            if counts:
                bump(connection, "generation")
            return result

        try:
            return super().write(counted)
        finally:
            self._last_write = object()

    def acquire_writer(self) -> bool:
        """Take or renew the lease on writing. False while another living process holds it."""

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


def bump(connection: sqlite3.Connection, key: str) -> None:
    """Increment a counter in the table `meta`."""
    connection.execute("INSERT INTO meta VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET value = value + 1", (key,))


def counter(connection: sqlite3.Connection, key: str) -> int:
    """The value of a counter in the table `meta`; 0 before the first `bump`."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return int(row[0]) if row else 0


def _delete_tags(connection: sqlite3.Connection) -> None:
    """Delete what was read from files, but not the context hashes: insights of older texts are found by them."""
    for table in ("files", "contents", "definitions", "mentions", "aliases", "precise"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
    connection.execute("DELETE FROM meta WHERE key = 'precise'")  # symbols may have other ids now
    bump(connection, "paths_generation")
    bump(connection, "generation")
