"""Results of name resolution by file: shared by threads, and carried over to the next generation of the index.

Each result belongs to the file that the query is about. Each file records which other files, and which names that any
file may define, its results depend on. So a change of one file invalidates the results of that file and of the files
that depend on it, and no others.
"""

from collections.abc import Hashable, Mapping
from typing import Any, Literal

from forethought.names import modules
from forethought.names.file_names import FileNames, IndexSnapshot, Target
from forethought.syntax.tags import Position

MAX_PRECISE_FILES = 32
"""What an indexer says is kept decoded for so many files: about 300 bytes a reference."""

MAX_FILE_NAMES = 512
"""Files whose names are kept in memory, about 65 kB each. Those of others are read from the index again."""


class FileQueries:
    """The results of the queries about one file, and what they depend on."""

    __slots__ = ("calls", "names", "paths", "results")

    def __init__(self) -> None:
        self.results: dict[tuple[str, Hashable], Any] = {}
        """(query, argument) → result."""
        self.calls: Any = None
        """What the calls in the file mean, once that is known: see `facts/call_graph.py`."""
        self.paths: set[str] = set()
        """Files that the results depend on."""
        self.names: set[str] = set()
        """Names whose definitions, in any file, the results depend on."""

    def copy(self) -> "FileQueries":
        """A copy that other threads do not write to.

        A thread records dependencies before results, so the results are copied first.
        """
        other = FileQueries()
        other.results, other.calls = self.results.copy(), self.calls
        other.paths, other.names = self.paths.copy(), self.names.copy()
        return other


class QueryCache:
    """Results for one generation of a snapshot. Threads may add to it concurrently: they compute equal results.

    previous: the cache of another generation
    results: what becomes of the previous results that the changes since cannot affect. They are `copied`; or `taken`
        over, after which the previous cache starts anew for those who still work with it; or left alone (`none`).
    """

    def __init__(
        self,
        snapshot: IndexSnapshot,
        previous: "QueryCache | None" = None,
        results: Literal["copied", "taken", "none"] = "copied",
    ) -> None:
        self.generation = snapshot.generation
        self.contents = snapshot.contents()
        self.names: dict[str, FileNames | None] = {}
        self.files: dict[str, FileQueries] = {}
        self._untaken = [True]
        """Emptied by whoever takes over the results: a list, because only one thread can pop its only item."""
        paths = snapshot.paths()
        self.packages = tuple(snapshot.packages())
        self.precise_version = snapshot.precise_version()
        self._precise: dict[str, Mapping[Position, Target | None]] = {}
        if previous is None:
            self.modules = modules.ModuleTable(paths, self.packages)
            return
        changed = self.contents.changed_since(previous.contents)
        self.names = {path: names for path, names in previous.names.copy().items() if path not in changed}
        if paths != previous.modules.paths or self.packages != previous.packages:
            self.modules = modules.ModuleTable(paths, self.packages)  # any import may now refer to another file
            return
        self.modules = previous.modules
        if self.precise_version != previous.precise_version:
            return  # any reference may now mean something else
        if results == "taken":
            # First: whoever still adds a result has recorded what it depends on, or adds it to the emptied cache.
            files = previous.give_results()
            self.files = {path: file for path, file in files.copy().items() if path not in changed}
        elif results == "copied":
            self.files = {path: file.copy() for path, file in previous.files.copy().items() if path not in changed}
        self._invalidate(changed, self._new_names(snapshot, previous, changed))

    def give_results(self) -> dict[str, FileQueries]:
        """Give the results away and start anew; only the first caller gets any."""
        try:
            self._untaken.pop()
        except IndexError:
            return {}
        files, self.files = self.files, {}
        return files

    def keep_names(self, path: str, names: FileNames | None) -> None:
        """Remember the names of a file; the oldest are forgotten."""
        self.names[path] = names
        while len(self.names) > MAX_FILE_NAMES:
            try:
                self.names.pop(next(iter(self.names)), None)
            except (RuntimeError, StopIteration):
                return  # another thread changes them at this moment, and sees to it

    def file(self, path: str) -> FileQueries:
        """The results about a file. Added if there are none yet."""
        return self.files.get(path) or self.files.setdefault(path, FileQueries())

    def precise(self, snapshot: IndexSnapshot, path: str) -> Mapping[Position, Target | None]:
        """What an indexer says about the references in a file: see `IndexSnapshot.precise`."""
        if not self.precise_version:
            return {}
        found = self._precise.get(path)
        if found is None:
            found = snapshot.precise(path)
            if len(self._precise) >= MAX_PRECISE_FILES:
                self._precise.clear()
            self._precise[path] = found
        return found

    def _new_names(self, snapshot: IndexSnapshot, previous: "QueryCache", changed: set[str]) -> set[str]:
        """Names that gained a definition. Results that depend on a lost one also depend on the path that had it."""
        new_names: set[str] = set()
        for path in changed:
            names, tags = previous.names.get(path), snapshot.outline(path)
            if tags is None:
                continue
            same = names is not None and names.tags.language == tags.language
            known = (
                {(symbol.id, symbol.kind) for symbol in names.tags.definitions} if names is not None and same else ()
            )
            new_names |= {symbol.short_name for symbol in tags.nameable if (symbol.id, symbol.kind) not in known}
        return new_names

    def _invalidate(self, paths: set[str], names: set[str]) -> None:
        """Drop the results that depend on the paths or names, and those that depend on their files, transitively."""
        while paths:
            paths = {
                path
                for path, file in self.files.items()
                if not file.paths.isdisjoint(paths) or not file.names.isdisjoint(names)
            }
            names = set()
            for path in paths:
                del self.files[path]


class SharedQueryCache:
    """The query cache of the snapshot that was read last, for any thread. No thread waits: two may renew it at once."""

    def __init__(self, start: "SharedQueryCache | None" = None) -> None:
        """`start`: where the first cache is derived from, of snapshots that have much in common with these."""
        self._start = start
        self._latest: QueryCache | None = None

    def current(self, snapshot: IndexSnapshot) -> QueryCache:
        """The cache for a snapshot as it is now, derived from the latest one unless that is it.

        Deriving costs what has changed, and a comparison of all paths if the index has.
        """
        latest = self._latest
        if latest is None:
            start = self._start._latest if self._start is not None else None
            latest = self._latest = QueryCache(snapshot, start)
        elif latest.generation != snapshot.generation:
            latest = self._latest = QueryCache(snapshot, latest, "taken")
        return latest
