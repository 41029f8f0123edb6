"""Results of name resolution, file by file: shared by threads, and carried over to the next snapshot.

Every finding belongs to the file whose names it was worked out from, and every file knows which other files, and which
names that any file may define, its findings rest on. So a change of one file costs the findings of that file and of
those that rest on it, and no others.
"""

from collections.abc import Hashable, Mapping
from typing import Any

from forethought.names import modules
from forethought.names.file_names import FileNames, IndexSnapshot


class FileQueries:
    """What was worked out from the names of one file."""

    __slots__ = ("calls", "found", "paths", "words")

    def __init__(self) -> None:
        self.found: dict[tuple[str, Hashable], Any] = {}
        """(what kind of finding, of what) → the finding."""
        self.calls: Any = None
        """What the file calls, when that was worked out: see `calls.py`."""
        self.paths: set[str] = set()
        """Files that the findings rest on."""
        self.words: set[str] = set()
        """Names whose definitions, wherever they stand, the findings rest on."""

    def copy(self) -> "FileQueries":
        """Apart from this one, which a thread may still write to: it notes what a finding rests on before the find."""
        other = FileQueries()
        other.found, other.calls = self.found.copy(), self.calls
        other.paths, other.words = self.paths.copy(), self.words.copy()
        return other


class QueryCache:
    """Results for one generation of a snapshot. Threads may add to it concurrently: they compute equal results.

    `before`: the findings of an earlier generation, of which all is kept that the changes since cannot touch.
    """

    def __init__(self, snapshot: IndexSnapshot, before: "QueryCache | None" = None) -> None:
        self.generation = snapshot.generation
        self.contents: Mapping[str, Hashable] = snapshot.contents()
        self.names: dict[str, FileNames | None] = {}
        self.files: dict[str, FileQueries] = {}
        paths = snapshot.paths()
        if before is None:
            self.modules = modules.ModuleTable(paths, snapshot.packages())
            return
        changed = {path for path, _ in before.contents.items() ^ self.contents.items()}
        self.names = {path: names for path, names in before.names.copy().items() if path not in changed}
        if paths != before.modules.paths:  # an import may mean another file now
            self.modules = modules.ModuleTable(paths, snapshot.packages())
            return
        self.modules = before.modules
        self.files = {path: file.copy() for path, file in before.files.copy().items() if path not in changed}
        self._drop_outdated(changed, self._new_words(snapshot, before, changed))

    def file(self, path: str) -> FileQueries:
        return self.files.get(path) or self.files.setdefault(path, FileQueries())

    def _new_words(self, snapshot: IndexSnapshot, before: "QueryCache", changed: set[str]) -> set[str]:
        """Names that have a definition which they had not before. One that is gone was rested on by its path."""
        words: set[str] = set()
        for path in changed:
            names, tags = before.names.get(path), snapshot.outline(path)
            if tags is None:
                continue
            same = names is not None and names.tags.language == tags.language
            known = {(symbol.id, symbol.kind) for symbol in names.tags.symbols} if names is not None and same else ()
            words |= {symbol.short_name for symbol in tags.symbols if (symbol.id, symbol.kind) not in known}
        return words

    def _drop_outdated(self, changed: set[str], words: set[str]) -> None:
        outdated = changed
        while outdated:
            outdated = {
                path
                for path, file in self.files.items()
                if not file.paths.isdisjoint(outdated) or not file.words.isdisjoint(words)
            }
            words = set()
            for path in outdated:
                del self.files[path]


class SharedQueryCache:
    """The query cache of the snapshot that was read last, for any thread. No thread waits: two may renew it at once."""

    def __init__(self, start: "SharedQueryCache | None" = None) -> None:
        """`start`: where the first cache is derived from, of snapshots that have much in common with these."""
        self._start = start
        self._latest: QueryCache | None = None

    def current(self, snapshot: IndexSnapshot) -> QueryCache:
        """The cache for a snapshot as it is now, derived from the latest one unless that is it."""
        latest = self._latest
        if latest is None or latest.generation != snapshot.generation:
            before = latest or (self._start._latest if self._start is not None else None)
            latest = self._latest = QueryCache(snapshot, before)
        return latest
