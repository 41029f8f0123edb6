"""The baseline ranking: BM25 over whole files, by SQLite's FTS5. It shares with ours only how names are split."""

import sqlite3
from collections.abc import Iterable, Mapping

from forethought.search.passages import words
from forethought.search.ranking import STOP_WORDS, question_words


class WholeFiles:
    """Files as bags of words: names whole and split, without stop words, and without stemming."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.execute("CREATE TABLE files (id INTEGER PRIMARY KEY, path TEXT UNIQUE)")
        self._connection.execute(
            "CREATE VIRTUAL TABLE texts USING fts5 (text, tokenize = \"unicode61 tokenchars '_'\")"
        )

    def put(self, texts: Mapping[str, str]) -> None:
        self.remove(texts)
        for path, text in texts.items():
            row = self._connection.execute("INSERT INTO files (path) VALUES (?)", (path,)).lastrowid
            said = " ".join(word for word in words(text) if word not in STOP_WORDS)
            self._connection.execute("INSERT INTO texts (rowid, text) VALUES (?, ?)", (row, said))

    def remove(self, paths: Iterable[str]) -> None:
        for path in paths:
            key = (path,)
            self._connection.execute("DELETE FROM texts WHERE rowid IN (SELECT id FROM files WHERE path = ?)", key)
            self._connection.execute("DELETE FROM files WHERE path = ?", key)

    def rank(self, question: str) -> list[str]:
        """Paths of the files that contain any word of the question, best first."""
        asked = " OR ".join(f'"{word}"' for word in question_words(question))
        rows = self._connection.execute(
            "SELECT path FROM texts JOIN files ON id = texts.rowid WHERE texts MATCH ? ORDER BY bm25(texts), path",
            (asked,),
        )
        return [path for (path,) in rows]
