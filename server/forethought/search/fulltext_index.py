"""The words of one root's files and of what was thought about them, searched by SQLite's full-text index (FTS5).

Everything here can be read off the files and c′ again, so a file of it that is damaged, or of another version, is
deleted and begun anew; when the disk fails it goes on in memory, and `problem` says so.
"""

import contextlib
import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from forethought.errors import StoreError
from forethought.search.passages import FileWords

SCHEMA_VERSION = 1
MAX_FOUND = 400
"""Files, and passages, that one search returns."""
_BUSY_SECONDS = 10.0

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE files (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, content_hash TEXT NOT NULL);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL, symbol BLOB NOT NULL, subject TEXT, UNIQUE (file, symbol));
CREATE VIRTUAL TABLE file_words USING fts5 (path, names, text, tokenize = "porter unicode61 tokenchars '_'");
CREATE VIRTUAL TABLE passage_words USING fts5 (name, path, text, tokenize = "porter unicode61 tokenchars '_'");
CREATE VIRTUAL TABLE thought_words USING fts5 (text, tokenize = "porter unicode61 tokenchars '_'");
"""
_WEIGHTS = {"file_words": "3.0, 2.0, 1.0", "passage_words": "8.0, 2.0, 1.0", "thought_words": "1.0"}
"""What a word in each column counts."""

_Result = TypeVar("_Result")
Key = tuple[str, str]
"""Path and symbol id."""


class Found(NamedTuple):
    """BM25 scores, larger than 0, of what holds any of the words."""

    passages: dict[Key, float]
    files: dict[str, float]
    thoughts: dict[Key, float]


def delete_words(folder: Path) -> None:
    """Delete the words of every root under `folder`: those of c′ are among them. Close what is open first.

    Raises StoreError.
    """
    try:
        for file in (folder / "index").glob("*.words.sqlite*"):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"The words of what was thought cannot be deleted ({error}); delete {folder / 'index'}."
        ) from error


class SearchStore:
    """The words of one root. Safe from several threads and processes. Every method reads the disk.

    Raises StoreError where this Python's SQLite has no FTS5, and when another process writes for long.
    """

    def __init__(self, file: Path | None, words_version: str) -> None:
        self.problem: str | None = None
        """One sentence when the words cannot be kept on disk, or had to be read anew; else None."""
        self._file = file
        self._version = f"{SCHEMA_VERSION}-{words_version}"
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def of_root(cls, folder: Path, root: Path, words_version: str = "1") -> "SearchStore":
        """The words of `root` under `folder`/index, beside its index. Opened when first used."""
        digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
        return cls(folder / "index" / f"{digest}.words.sqlite", words_version)

    @classmethod
    def in_memory(cls) -> "SearchStore":
        return cls(None, "1")

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                with contextlib.suppress(sqlite3.Error):  # nothing more can be done for one that will not close
                    self._connection.close()
                self._connection = None

    # Keeping up

    def stamps(self) -> dict[str, str]:
        """path → content hash of every file whose words are here."""
        rows = self._do(lambda connection: connection.execute("SELECT path, content_hash FROM files").fetchall())
        return {os.fsdecode(path): digest for path, digest in rows}

    def put(self, files: Iterable[FileWords]) -> None:
        """Replace the words of these files, in one step; what was thought about them has to be put again."""
        batch = list(files)

        def change(connection: sqlite3.Connection) -> None:
            for file in batch:
                _delete(connection, os.fsencode(file.path))
                _insert(connection, file)

        if batch:
            self._write(change)

    def remove(self, paths: Iterable[str]) -> None:
        keys = [os.fsencode(path) for path in paths]

        def change(connection: sqlite3.Connection) -> None:
            for key in keys:
                _delete(connection, key)

        if keys:
            self._write(change)

    def context_hashes(self) -> dict[Key, str | None]:
        """Each passage, with the context hash whose thoughts are here; None without any."""
        query = "SELECT path, symbol, subject FROM passages JOIN files ON files.id = file"
        rows = self._do(lambda connection: connection.execute(query).fetchall())
        return {(os.fsdecode(path), _text(symbol)): context_hash for path, symbol, context_hash in rows}

    def put_thoughts(self, thoughts: Mapping[Key, tuple[str, str] | None]) -> None:
        """Replace the searchable insights of passages: (context hash, words) or None. Skips unknown passages."""

        def change(connection: sqlite3.Connection) -> None:
            for (path, symbol), thought in thoughts.items():
                row = connection.execute(
                    "SELECT passages.id FROM passages JOIN files ON files.id = file WHERE path = ? AND symbol = ?",
                    (os.fsencode(path), _key(symbol)),
                ).fetchone()
                if row is None:
                    continue
                connection.execute("DELETE FROM thought_words WHERE rowid = ?", row)
                if thought is not None:
                    connection.execute("INSERT INTO thought_words (rowid, text) VALUES (?, ?)", (*row, thought[1]))
                context_hash = thought[0] if thought is not None else None
                connection.execute("UPDATE passages SET subject = ? WHERE id = ?", (context_hash, *row))

        if thoughts:
            self._write(change)

    # Searching

    def search(self, words: Sequence[str]) -> Found:
        """What holds any of the words, the MOST_FOUND best of each kind."""
        if not words:
            return Found({}, {}, {})
        asked = " OR ".join(f'"{word}"' for word in words)
        key = "SELECT path, symbol, score FROM ({}) JOIN passages ON passages.id = found JOIN files ON files.id = file"

        def read(connection: sqlite3.Connection) -> Found:
            def rows(table: str, query: str) -> list[tuple[bytes, bytes, float]]:
                best = (
                    f"SELECT rowid AS found, -bm25({table}, {_WEIGHTS[table]}) AS score FROM {table}"  # noqa: S608 - names and numbers from this file
                    f" WHERE {table} MATCH ? ORDER BY score DESC LIMIT {MAX_FOUND}"
                )
                return connection.execute(query.format(best), (asked,)).fetchall()

            files = rows("file_words", "SELECT path, path, score FROM ({}) JOIN files ON files.id = found")
            passages, thoughts = rows("passage_words", key), rows("thought_words", key)
            return Found(
                {(os.fsdecode(path), _text(symbol)): score for path, symbol, score in passages},
                {os.fsdecode(path): score for path, _, score in files},
                {(os.fsdecode(path), _text(symbol)): score for path, symbol, score in thoughts},
            )

        return self._do(read)

    # Inside

    def _write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        def step(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                change(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

        self._do(step)

    def _do(self, action: Callable[[sqlite3.Connection], _Result]) -> _Result:
        with self._lock:
            for _ in range(3):
                try:
                    self._connection = self._connection or self._opened()
                    return action(self._connection)
                except (sqlite3.Error, OSError) as error:
                    self._heal(error)
        raise StoreError("The words of this repository cannot be kept, not even in memory; start again.")

    def _opened(self) -> sqlite3.Connection:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._file or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            if self._file is not None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            self._check_version(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _SCHEMA.strip().split(";\n"):
                    connection.execute(statement)
                connection.execute("INSERT INTO meta VALUES ('version', ?)", (self._version,))
            row = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        if row is None or row[0] != self._version:
            raise _OtherVersion("it is of another version")

    def _heal(self, error: sqlite3.Error | OSError) -> None:
        """Make the next attempt possible: a file begun anew, else memory."""
        if "no such module" in str(error):
            raise StoreError(
                "Questions about the whole repository need full-text search, which this Python's SQLite lacks (FTS5);"
                " use a Python whose SQLite has it, or name a symbol."
            ) from error
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreError(
                "The words of this repository are being written by another process for a long time; ask again later."
            ) from error
        self.close()
        if self._file is None:
            raise StoreError(
                f"The words of this repository cannot be kept in memory ({error}); start again."
            ) from error
        lost = code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)
        try:
            if lost or isinstance(error, OSError):
                raise OSError(str(error))
            for suffix in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        except OSError as reason:
            self.problem = f"The words of this repository cannot be kept in {self._file} ({reason}); memory holds them."
            self._file = None
            return
        if not isinstance(error, _OtherVersion):
            self.problem = f"{self._file} was damaged ({error}); it is being made anew."


class _OtherVersion(sqlite3.DatabaseError):
    """The file was written by another version of Forethought."""


def _insert(connection: sqlite3.Connection, file: FileWords) -> None:
    row = connection.execute(
        "INSERT INTO files (path, content_hash) VALUES (?, ?)", (os.fsencode(file.path), file.content_hash)
    ).lastrowid
    connection.execute(
        "INSERT INTO file_words (rowid, path, names, text) VALUES (?, ?, ?, ?)",
        (row, *map(_plain, (file.path_words, file.names, file.text))),
    )
    for passage in file.passages:
        number = connection.execute(
            "INSERT INTO passages (file, symbol) VALUES (?, ?)", (row, _key(passage.symbol_id))
        ).lastrowid
        connection.execute(
            "INSERT INTO passage_words (rowid, name, path, text) VALUES (?, ?, ?, ?)",
            (number, *map(_plain, (passage.name, file.path_words, passage.text))),
        )


def _delete(connection: sqlite3.Connection, path: bytes) -> None:
    row = connection.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
    if row is None:
        return
    for table in ("thought_words", "passage_words"):
        connection.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT id FROM passages WHERE file = ?)", row)  # noqa: S608 - names from the line above
    connection.execute("DELETE FROM passages WHERE file = ?", row)
    connection.execute("DELETE FROM file_words WHERE rowid = ?", row)
    connection.execute("DELETE FROM files WHERE id = ?", row)


def _plain(text: str) -> str:
    """Text as SQLite takes it: paths that are no UTF-8 bring lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def _key(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")
