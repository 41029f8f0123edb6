"""What stood at each place of a root: subjects, so that an insight about an older text can be shown, marked."""

import os
import sqlite3
from collections.abc import Iterable, Mapping

from forethought.store.index_database import IndexDatabase, key_of, text_of


class SubjectTable:
    """The last subjects at (path, symbol id), in the index's database."""

    def __init__(self, database: IndexDatabase) -> None:
        self._database = database

    def of(self, path: str) -> dict[str, tuple[str, str]]:
        """symbol id → (content hash of the file, subject), as last computed."""
        rows = self._database.rows(
            "SELECT symbol, content_hash, subject FROM subjects WHERE path = ?", (os.fsencode(path),)
        )
        return {text_of(symbol): (digest, subject) for symbol, digest, subject in rows}

    def put(self, path: str, subjects: Mapping[str, tuple[str, str]]) -> None:
        """Remember symbol id → (content hash, subject). What stood there before is remembered, too."""
        known = self.of(path)
        key = os.fsencode(path)
        rows = [
            (key, key_of(symbol), digest, subject)
            for symbol, (digest, subject) in subjects.items()
            if known.get(symbol) != (digest, subject)
        ]

        def insert(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO subjects (path, symbol, content_hash, subject) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (path, symbol) DO UPDATE SET content_hash = excluded.content_hash,"
                " previous = CASE WHEN subject = excluded.subject THEN previous ELSE subject END,"
                " subject = excluded.subject",
                rows,
            )

        if rows:
            self._database.write(insert, counts=False)

    def mark_thought(self, path: str, symbol_ids: Iterable[str]) -> None:
        """The current subjects of these symbols have insights: pin them until newer ones have."""
        rows = [(os.fsencode(path), key_of(symbol)) for symbol in symbol_ids]
        if rows:
            self._database.write(
                lambda connection: connection.executemany(
                    "UPDATE subjects SET thought = subject WHERE path = ? AND symbol = ? AND thought IS NOT subject",
                    rows,
                ),
                counts=False,
            )

    def last_thought(self, path: str) -> dict[str, str]:
        """symbol id → the last subject that was marked thought here, else the one before the current one."""
        query = "SELECT symbol, COALESCE(thought, previous) AS last FROM subjects WHERE path = ? AND last IS NOT NULL"
        return {text_of(symbol): subject for symbol, subject in self._database.rows(query, (os.fsencode(path),))}
