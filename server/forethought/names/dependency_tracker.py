"""What resolution reads of a snapshot, each finding with what it rests on: worked out once, and shared."""

from collections.abc import Callable, Collection, Hashable
from contextlib import AbstractContextManager
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar

from forethought.names import modules
from forethought.names.file_names import FileNames, IndexSnapshot
from forethought.names.query_cache import FileQueries, QueryCache

_NOTHING = 1 << 30
"""No level: a finding that waits for nothing around it."""
_Found = TypeVar("_Found")


class DependencyTracker:
    """Findings over one generation of a snapshot. Not thread-safe: what is found is shared, how far it is, is not."""

    def __init__(self, snapshot: IndexSnapshot, query_cache: QueryCache) -> None:
        self.snapshot = snapshot
        self.query_cache = query_cache
        self._reader: FileQueries | None = None
        """Of the file whose finding is being worked out: what is read meanwhile, it rests on."""
        self._unfinished: dict[tuple[str, str, Hashable], tuple[Any, int]] = {}
        """(path, kind, of what) → the finding as far as it is known, and the outermost level that it waits for."""
        self._level = 0
        self._waits_for = _NOTHING

    def names(self, path: str) -> FileNames | None:
        if self._reader is not None:
            self._reader.paths.add(path)
        known = self.query_cache.names
        if path not in known:
            tags = self.snapshot.outline(path)
            names = FileNames(tags) if tags is not None else None
            self._notice_change()
            self.query_cache.names[path] = names
            return names
        return known[path]

    def _notice_change(self) -> None:
        """Go on with findings of our own when the snapshot has changed: those that are shared are of one generation."""
        if self.snapshot.generation != self.query_cache.generation:
            self.query_cache = QueryCache(self.snapshot)

    def reading_for(self, path: str) -> "_Dependent":
        """While this is entered, all that is read counts as what the findings about `path` rest on."""
        return _Dependent(self, path)

    def find(self, path: str, kind: str, what: Hashable, so_far: _Found, compute: Callable[[], _Found]) -> _Found:
        """A finding about a file, worked out once; `so_far` is what counts where it rests on itself.

        What was worked out while something around it was still open is kept only until that is closed: so a finding
        never depends on what was asked for before it.
        """
        if self._reader is not None:
            self._reader.paths.add(path)
        known: _Found | None = self.query_cache.file(path).found.get((kind, what))
        if known is not None:
            return known
        key = (path, kind, what)
        if key in self._unfinished:
            found, waits_for = self._unfinished[key]
            self._waits_for = min(self._waits_for, waits_for)
            return found  # type: ignore[no-any-return] # of the same kind
        outside, self._waits_for = self._waits_for, _NOTHING
        self._level += 1
        level, opened = self._level, len(self._unfinished)
        self._unfinished[key] = (so_far, level)
        try:
            with self.reading_for(path):
                found = compute()
            if self._waits_for >= level:
                self._forget_unfinished(opened)
                self.query_cache.file(path).found[kind, what] = found
                self._waits_for = _NOTHING
            else:
                self._unfinished[key] = (found, self._waits_for)
                for inner in islice(reversed(self._unfinished), len(self._unfinished) - opened):
                    its_finding, waits_for = self._unfinished[inner]
                    self._unfinished[inner] = (its_finding, min(waits_for, self._waits_for))
        except BaseException:
            self._forget_unfinished(opened)
            raise
        finally:
            self._level -= 1
            self._waits_for = min(outside, self._waits_for)
            if not self._level:
                self._forget_unfinished(0)
        return found

    def waits_for_all(self) -> None:
        """Nothing that is being worked out now is kept: it went only so far."""
        self._waits_for = 0

    def _forget_unfinished(self, opened: int) -> None:
        while len(self._unfinished) > opened:
            self._unfinished.popitem()

    def definitions(
        self, language: str, name: str, kinds: Collection[str] | None = None, most: int | None = None
    ) -> list[tuple[str, str, str, str]]:
        """(path, symbol id, kind, language) of the definitions that a file of the language can mean by the name."""
        languages = modules.family(language)
        found = [
            row
            for row in self.snapshot.definitions_named(name)
            if row[3] in languages and (kinds is None or row[2] in kinds)
        ][:most]
        self._notice_change()
        if self._reader is not None:
            self._reader.words.add(name)
            self._reader.paths.update(row[0] for row in found)
        return found


class _Dependent(AbstractContextManager[None]):
    def __init__(self, tracker: DependencyTracker, path: str) -> None:
        self._tracker = tracker
        self._path = path
        self._before: FileQueries | None = None

    def __enter__(self) -> None:
        self._before = self._tracker._reader
        self._tracker._reader = self._tracker.query_cache.file(self._path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tracker._reader = self._before
