"""What stood at each place of a root: context hashes, so that an insight about an older text can be shown, marked.

And what changed there: which texts were replaced whose users are still to be outdated, and when a symbol was edited.
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping

from forethought.store.index_database import IndexDatabase, key_of, text_of

EDITS_SECONDS = 2 * 86_400.0
"""How long it is remembered when a symbol was edited."""


class ContextHashTable:
    """The last context hashes at (path, symbol id), in the index's database."""

    def __init__(self, database: IndexDatabase) -> None:
        self._database = database

    def of(self, path: str) -> dict[str, tuple[str, str]]:
        """symbol id → (content hash of the file, context hash), as last computed."""
        rows = self._database.rows(
            "SELECT symbol, content_hash, subject FROM subjects WHERE path = ?", (os.fsencode(path),)
        )
        return {text_of(symbol): (digest, context_hash) for symbol, digest, context_hash in rows}

    def put(self, path: str, context_hashes: Mapping[str, tuple[str, str]], generation: int | None = None) -> None:
        """Remember symbol id → (content hash, context hash). What stood there before is remembered, too.

        Nothing is kept when the index is not of the `generation` any more that they were computed from.
        """
        known = self.of(path)
        key = os.fsencode(path)
        rows = [
            (key, key_of(symbol), digest, context_hash)
            for symbol, (digest, context_hash) in context_hashes.items()
            if known.get(symbol) != (digest, context_hash)
        ]

        def insert(connection: sqlite3.Connection) -> None:
            if generation is not None and generation != self._database.generation_in(connection):
                return  # what a context hash rests on may have changed, and whoever outdates it has been here already
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
        """The current context hashes of these symbols have insights: pin them until newer ones have."""
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
        """symbol id → the last context hash that was marked thought here, else the one before the current one."""
        query = "SELECT symbol, COALESCE(thought, previous) AS last FROM subjects WHERE path = ? AND last IS NOT NULL"
        return {
            text_of(symbol): context_hash for symbol, context_hash in self._database.rows(query, (os.fsencode(path),))
        }

    @property
    def any(self) -> bool:
        return self._database.row("SELECT 1 FROM subjects LIMIT 1") is not None

    # What changed

    def replaced(self) -> dict[str, tuple[str, str]]:
        """path → content hashes before and now (“” for nothing) of what is not settled yet."""
        rows = self._database.rows(
            "SELECT path, replaced.content_hash, COALESCE(contents.content_hash, '') FROM replaced"
            " LEFT JOIN files USING (path) LEFT JOIN contents ON id = content"
        )
        return {os.fsdecode(path): (before, now) for path, before, now in rows}

    def settle(self, replaced: Mapping[str, tuple[str, str]], edited: Mapping[str, Iterable[str]], now: float) -> None:
        """Whoever rests on these texts is outdated, and these symbols (by path) were edited `now`, in seconds.

        What was replaced again meanwhile stays.
        """
        settled = [(os.fsencode(path), digest) for path, (_, digest) in replaced.items()]
        edits = [(os.fsencode(path), key_of(symbol), now) for path, symbols in edited.items() for symbol in symbols]

        def change(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "DELETE FROM replaced WHERE path = ?1 AND ?2 = COALESCE((SELECT contents.content_hash"
                " FROM files JOIN contents ON id = content WHERE files.path = ?1), '')",
                settled,
            )
            connection.execute("DELETE FROM edits WHERE at < ?", (now - EDITS_SECONDS,))
            connection.executemany("INSERT OR REPLACE INTO edits VALUES (?, ?, ?)", edits)

        self._database.write(change, counts=False)

    def edits(self, path: str) -> dict[str, float]:
        """symbol id → when its text last changed, in seconds since the epoch; of the last two days."""
        rows = self._database.rows("SELECT symbol, at FROM edits WHERE path = ?", (os.fsencode(path),))
        return {text_of(symbol): float(moment) for symbol, moment in rows}
