"""The vectors of one root's texts, by content, and what each text is about.

Everything in here can be computed from the files and the insight store again, at the price of a few hundredths of a
second a text. A text that moves, or stands in several places, is embedded once.
"""

import os
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from forethought.embedding.embedder import Vector
from forethought.errors import StoreError
from forethought.names.resolver import Target
from forethought.store.index_files import index_file
from forethought.store.sqlite import Database, Schema, key_of, text_of

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE vectors (key BLOB PRIMARY KEY, scale REAL NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE files (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, stamp TEXT NOT NULL);
CREATE TABLE texts (
    file INTEGER NOT NULL, symbol BLOB NOT NULL, key BLOB NOT NULL, PRIMARY KEY (file, symbol, key)) WITHOUT ROWID;
"""
_KEYS_PER_QUERY = 500
"""SQLite limits the number of parameters."""


class PlacedVector(NamedTuple):
    """The vector of a text about a symbol or file."""

    target: Target
    vector: Vector


class VectorStore:
    """The vectors of one root and one embedder. Safe from several threads and processes. Methods read the disk.

    Raises StoreError when another process holds the write lock for seconds.
    """

    def __init__(self, file: Path | None, digest: str, dimensions: int) -> None:
        """`file` None keeps everything in memory. A file of another digest is deleted."""
        self._dimensions = dimensions
        schema = Schema(_SCHEMA, SCHEMA_VERSION, digest)
        self._database = Database(file, schema, name="The store of vectors", error=StoreError)
        self._writes = 0
        self._damage: str | None = None

    @classmethod
    def of_root(cls, folder: Path, root: Path, digest: str, dimensions: int) -> "VectorStore":
        """The vectors of `root` in `folder`/index, beside its index."""
        return cls(index_file(folder, root, "vectors.sqlite"), digest, dimensions)

    @property
    def problem(self) -> str | None:
        """One sentence when vectors could not be stored on disk, or are computed again; else None."""
        return self._database.problem or self._damage

    @property
    def revision(self) -> tuple[int, int]:
        """Another one whenever this process has changed what `load` returns. Instant."""
        return self._database.epoch, self._writes

    def close(self) -> None:
        self._database.close()

    def stamps(self) -> dict[str, str]:
        """Map each path whose texts are here to the stamp that `put_file` gave it."""
        return {os.fsdecode(path): stamp for path, stamp in self._database.rows("SELECT path, stamp FROM files")}

    def stamp(self, path: str) -> str | None:
        row = self._database.row("SELECT stamp FROM files WHERE path = ?", (os.fsencode(path),))
        return row[0] if row else None

    def known(self, keys: Collection[bytes]) -> set[bytes]:
        """Those of the keys that have a vector."""
        found: set[bytes] = set()
        every = list(keys)
        for start in range(0, len(every), _KEYS_PER_QUERY):
            batch = every[start : start + _KEYS_PER_QUERY]
            marks = ", ".join("?" * len(batch))
            query = f"SELECT key FROM vectors WHERE length(bytes) = ? AND key IN ({marks})"  # noqa: S608 - question marks
            found.update(key for (key,) in self._database.rows(query, (self._dimensions, *batch)))
        return found

    def put_vectors(self, vectors: Mapping[bytes, Vector]) -> None:
        """Add the vectors of texts, by key, so that they are kept even if their file is not finished."""
        rows = [(key, vector.scale, vector.values) for key, vector in vectors.items()]
        statement = "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)"
        self._database.write(lambda connection: connection.executemany(statement, rows))

    def put_file(self, path: str, stamp: str, texts: Iterable[tuple[str, bytes]]) -> None:
        """Replace the texts of a file: (symbol id, key) of each."""
        rows = {(key_of(symbol), key) for symbol, key in texts}

        def change(connection: sqlite3.Connection) -> None:
            _delete(connection, path)
            inserted = connection.execute("INSERT INTO files (path, stamp) VALUES (?, ?)", (os.fsencode(path), stamp))
            file = inserted.lastrowid
            connection.executemany("INSERT INTO texts VALUES (?, ?, ?)", ((file, *row) for row in rows))

        self._database.write(change)
        self._writes += 1

    def remove(self, paths: Collection[str]) -> None:
        """Remove the texts of files, and all vectors that no text has."""

        def change(connection: sqlite3.Connection) -> None:
            for path in paths:
                _delete(connection, path)
            connection.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM texts)")

        self._database.write(change)
        self._writes += 1

    def load(self) -> list[PlacedVector]:
        """Every text's vector. Files whose vectors are missing or damaged lose their stamp, and so are read again."""
        query = (
            "SELECT path, symbol, scale, bytes FROM texts JOIN files ON files.id = file LEFT JOIN vectors USING (key)"
        )
        found: list[PlacedVector] = []
        damaged: set[str] = set()
        for path, symbol, scale, values in self._database.rows(query):
            name = os.fsdecode(path)
            if isinstance(values, bytes) and len(values) == self._dimensions and isinstance(scale, float):
                found.append(PlacedVector(Target(name, text_of(symbol)), Vector(scale, values)))
            else:
                damaged.add(name)
        if damaged:
            self._damage = f"Vectors of {len(damaged)} files were damaged; they are computed again when idle."
            self.remove(damaged)
        return found


def _delete(connection: sqlite3.Connection, path: str) -> None:
    row = connection.execute("SELECT id FROM files WHERE path = ?", (os.fsencode(path),)).fetchone()
    if row is not None:
        connection.execute("DELETE FROM texts WHERE file = ?", row)
        connection.execute("DELETE FROM files WHERE id = ?", row)
