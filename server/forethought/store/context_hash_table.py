"""The context hashes last computed for each symbol of a root, and what changed since.

Earlier hashes are kept, so that the insight of an older text can be shown, marked as stale. Replaced texts are listed
until their users are outdated, and so are the times of recent edits.
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping

from forethought.store.index_database import IndexDatabase
from forethought.store.sqlite import key_of, text_of

EDITS_SECONDS = 2 * 86_400.0
"""How long the time of a symbol's edit is kept."""


class ContextHashTable:
    """Context hashes by (path, symbol id), in the index's database. Methods raise IndexingError."""

    def __init__(self, database: IndexDatabase) -> None:
        self._database = database

    def of(self, path: str) -> dict[str, tuple[str, str]]:
        """Map each symbol id to (content hash of the file, context hash), as last computed."""
        rows = self._database.rows(
            "SELECT symbol, content_hash, context_hash FROM context_hashes WHERE path = ?", (os.fsencode(path),)
        )
        return {text_of(symbol): (digest, context_hash) for symbol, digest, context_hash in rows}

    def put(self, path: str, context_hashes: Mapping[str, tuple[str, str]], generation: int | None = None) -> None:
        """Store symbol id → (content hash, context hash), keeping each symbol's previous context hash.

        `generation` is that of the index before they were computed; if it has passed, nothing is stored.
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
                return  # an interface they depend on may have changed, and hashes were outdated already
            connection.executemany(
                "INSERT INTO context_hashes (path, symbol, content_hash, context_hash) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (path, symbol) DO UPDATE SET content_hash = excluded.content_hash,"
                " previous = CASE WHEN context_hash = excluded.context_hash THEN previous ELSE context_hash END,"
                " context_hash = excluded.context_hash",
                rows,
            )

        if rows:
            self._database.write(insert, counts=False)

    def mark_insights(self, path: str, symbol_ids: Iterable[str]) -> None:
        """Note that the current context hashes of these symbols have insights, until newer ones do."""
        rows = [(os.fsencode(path), key_of(symbol)) for symbol in symbol_ids]
        if rows:
            self._database.write(
                lambda connection: connection.executemany(
                    "UPDATE context_hashes SET with_insights = context_hash"
                    " WHERE path = ? AND symbol = ? AND with_insights IS NOT context_hash",
                    rows,
                ),
                counts=False,
            )

    def last_with_insights(self, path: str) -> dict[str, str]:
        """Map each symbol id to its last context hash with insights, or else to the one before the current."""
        rows = self._database.rows(
            "SELECT symbol, COALESCE(with_insights, previous) AS last FROM context_hashes"
            " WHERE path = ? AND last IS NOT NULL",
            (os.fsencode(path),),
        )
        return {text_of(symbol): context_hash for symbol, context_hash in rows}

    @property
    def any(self) -> bool:
        """Whether any context hash is stored."""
        return self._database.row("SELECT 1 FROM context_hashes LIMIT 1") is not None

    def replaced(self) -> dict[str, tuple[str, str]]:
        """Map each path that is not settled yet to its content hashes before and now (empty if there is none)."""
        rows = self._database.rows(
            "SELECT path, replaced.content_hash, COALESCE(contents.content_hash, '') FROM replaced"
            " LEFT JOIN files USING (path) LEFT JOIN contents ON id = content"
        )
        return {os.fsdecode(path): (before, now) for path, before, now in rows}

    def settle(self, replaced: Mapping[str, tuple[str, str]], edited: Mapping[str, Iterable[str]], now: float) -> None:
        """Drop replaced texts whose users have been outdated; note which symbols (by path) were edited at `now`.

        `now` is in seconds since the epoch. A path that changed again meanwhile stays listed.
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
        """Map each symbol id edited in the last two days to the time of its last edit, in seconds since the epoch."""
        rows = self._database.rows("SELECT symbol, at FROM edits WHERE path = ?", (os.fsencode(path),))
        return {text_of(symbol): float(moment) for symbol, moment in rows}
