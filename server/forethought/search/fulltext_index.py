"""SQLite's full-text index (FTS5) over the words of one root's files and of the insights about them.

All of it can be read from the files and the insight store again. Insights are in here as words, so the whole file is
deleted when the insights are.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from forethought.errors import StoreError
from forethought.names.resolver import Target
from forethought.search.passages import FileWords
from forethought.search.ranking import Hits
from forethought.store.index_files import index_file
from forethought.store.sqlite import Database, Schema, key_of, text_of

SCHEMA_VERSION = 2
MAX_FOUND = 400
"""Files, passages and insights that one search returns, each."""

_SCHEMA = """
CREATE TABLE files (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, content_hash TEXT NOT NULL);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL, symbol BLOB NOT NULL, context_hash TEXT, UNIQUE (file, symbol));
CREATE VIRTUAL TABLE file_words USING fts5 (path, names, text, tokenize = "porter unicode61 tokenchars '_'");
CREATE VIRTUAL TABLE passage_words USING fts5 (name, path, text, tokenize = "porter unicode61 tokenchars '_'");
CREATE VIRTUAL TABLE insight_words USING fts5 (text, tokenize = "porter unicode61 tokenchars '_'");
"""
_WEIGHTS = {"file_words": "3.0, 2.0, 1.0", "passage_words": "8.0, 2.0, 1.0", "insight_words": "1.0"}
"""BM25 weight of each column: a match in a name says more than one in the text."""

_Result = TypeVar("_Result")


class FulltextIndex:
    """The words of one root. Safe from several threads and processes. Methods read the disk.

    Raises StoreError when Python's SQLite has no FTS5, or when another process holds the write lock for seconds.
    """

    def __init__(self, file: Path | None, words_version: str) -> None:
        """`file` None keeps everything in memory; it is opened by the first call. See `passages.WORDS_VERSION`."""
        schema = Schema(_SCHEMA, SCHEMA_VERSION, words_version)
        self._database = Database(file, schema, name="The full-text index", error=StoreError)

    @classmethod
    def of_root(cls, folder: Path, root: Path, words_version: str = "1") -> "FulltextIndex":
        """The full-text index of `root` in `folder`/index, beside its index."""
        return cls(index_file(folder, root, "words.sqlite"), words_version)

    @classmethod
    def in_memory(cls) -> "FulltextIndex":
        return cls(None, "1")

    @property
    def problem(self) -> str | None:
        """One sentence when the words could not be stored on disk or had to be read again; else None."""
        return self._database.problem

    def close(self) -> None:
        self._database.close()

    def stamps(self) -> dict[str, str]:
        """Map each path whose words are here to the content hash they were read from."""
        rows = self._read(lambda connection: connection.execute("SELECT path, content_hash FROM files").fetchall())
        return {os.fsdecode(path): content_hash for path, content_hash in rows}

    def put(self, files: Iterable[FileWords]) -> None:
        """Replace the words of these files in one transaction. The words of their insights are deleted."""
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

    def context_hashes(self) -> dict[Target, str | None]:
        """Map each passage to the context hash whose insight is searchable, or None."""
        query = "SELECT path, symbol, context_hash FROM passages JOIN files ON files.id = file"
        rows = self._read(lambda connection: connection.execute(query).fetchall())
        return {Target(os.fsdecode(path), text_of(symbol)): context_hash for path, symbol, context_hash in rows}

    def put_insights(self, insights: Mapping[Target, tuple[str, str] | None]) -> None:
        """Replace the searchable insight of each passage by (context hash, words), or by nothing.

        Passages that are not here are skipped.
        """

        def change(connection: sqlite3.Connection) -> None:
            for (path, symbol), insight in insights.items():
                row = connection.execute(
                    "SELECT passages.id FROM passages JOIN files ON files.id = file WHERE path = ? AND symbol = ?",
                    (os.fsencode(path), key_of(symbol)),
                ).fetchone()
                if row is None:
                    continue
                connection.execute("DELETE FROM insight_words WHERE rowid = ?", row)
                if insight is not None:
                    connection.execute("INSERT INTO insight_words (rowid, text) VALUES (?, ?)", (*row, insight[1]))
                context_hash = insight[0] if insight is not None else None
                connection.execute("UPDATE passages SET context_hash = ? WHERE id = ?", (context_hash, *row))

        if insights:
            self._write(change)

    def search(self, words: Sequence[str]) -> Hits:
        """The `MAX_FOUND` best matches of each kind for any of the words."""
        if not words:
            return Hits({}, {}, {})
        query = " OR ".join(f'"{word}"' for word in words)
        of_passage = (
            "SELECT path, symbol, score FROM ({}) JOIN passages ON passages.id = hit JOIN files ON files.id = file"
        )
        of_file = "SELECT path, path, score FROM ({}) JOIN files ON files.id = hit"

        def read(connection: sqlite3.Connection) -> Hits:
            def rows(table: str, names: str) -> list[tuple[bytes, bytes, float]]:
                best = (
                    f"SELECT rowid AS hit, -bm25({table}, {_WEIGHTS[table]}) AS score FROM {table}"  # noqa: S608 - names and numbers from this file
                    f" WHERE {table} MATCH ? ORDER BY score DESC LIMIT {MAX_FOUND}"
                )
                return connection.execute(names.format(best), (query,)).fetchall()

            files = rows("file_words", of_file)
            passages, insights = rows("passage_words", of_passage), rows("insight_words", of_passage)
            return Hits(
                {Target(os.fsdecode(path), text_of(symbol)): score for path, symbol, score in passages},
                {os.fsdecode(path): score for path, _, score in files},
                {Target(os.fsdecode(path), text_of(symbol)): score for path, symbol, score in insights},
            )

        return self._read(read)

    def _read(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        with _explained():
            return self._database.read(query)

    def _write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        with _explained():
            self._database.write(change)


def delete_fulltext_indexes(folder: Path) -> None:
    """Delete those of all roots in `folder`/index. Close the open ones first. Raises StoreError."""
    try:
        for pattern in ("*.words.*", "*.vectors.*"):
            for file in (folder / "index").glob(pattern):
                file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"The full-text index of the insights could not be deleted ({error}); delete {folder / 'index'} by hand."
        ) from error


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:  # what `Database` cannot heal: SQLite lacks a module
        raise StoreError(
            "Questions about the whole repository need full-text search (FTS5), which this Python's SQLite lacks; use"
            " a Python whose SQLite has it, or name a symbol in the question."
        ) from error


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
            "INSERT INTO passages (file, symbol) VALUES (?, ?)", (row, key_of(passage.symbol_id))
        ).lastrowid
        connection.execute(
            "INSERT INTO passage_words (rowid, name, path, text) VALUES (?, ?, ?, ?)",
            (number, *map(_plain, (passage.name, file.path_words, passage.text))),
        )


def _delete(connection: sqlite3.Connection, path: bytes) -> None:
    row = connection.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
    if row is None:
        return
    for table in ("insight_words", "passage_words"):
        connection.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT id FROM passages WHERE file = ?)", row)  # noqa: S608 - names from the line above
    connection.execute("DELETE FROM passages WHERE file = ?", row)
    connection.execute("DELETE FROM file_words WHERE rowid = ?", row)
    connection.execute("DELETE FROM files WHERE id = ?", row)


def _plain(text: str) -> str:
    """Text that SQLite accepts: paths that are not UTF-8 bring lone surrogates."""
    return text.encode("utf-8", "replace").decode()
