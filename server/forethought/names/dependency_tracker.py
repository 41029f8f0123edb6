"""Queries over a snapshot of the index: each is computed once, and records what its result depends on."""

from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from forethought.names import modules
from forethought.names.file_names import FileNames, IndexSnapshot
from forethought.names.query_cache import FileQueries, QueryCache

_NO_CYCLE = 1 << 30
"""Deeper than any query: the result depends on no query that is still running."""
_UNKNOWN: Any = object()
_Result = TypeVar("_Result")


class DependencyTracker:
    """Runs queries over one generation of a snapshot, and shares their results with other trackers.

    Not thread-safe: the results are shared, the state of the running queries is not.
    """

    def __init__(self, snapshot: IndexSnapshot, query_cache: QueryCache) -> None:
        self.snapshot = snapshot
        self.query_cache = query_cache
        self._dependent: FileQueries | None = None
        """The results of the file that the running query is about: whatever is read is recorded as their dependency."""
        self._provisional: dict[tuple[str, str, Hashable], tuple[Any, int]] = {}
        """(path, query, argument) → (result so far, depth of the outermost running query that it depends on)."""
        self._query_depth = 0
        self._cycle_head = _NO_CYCLE
        """Depth of the outermost running query whose provisional result the innermost one has used."""

    def names(self, path: str) -> FileNames | None:
        """The names of a file; None if it is not in the snapshot."""
        if self._dependent is not None:
            self._dependent.paths.add(path)
        names: FileNames | None = self.query_cache.names.get(path, _UNKNOWN)
        if names is _UNKNOWN:
            tags = self.snapshot.outline(path)
            names = FileNames(tags) if tags is not None else None
            self._leave_shared_cache_if_changed()
            self.query_cache.keep_names(path, names)
        return names

    def _leave_shared_cache_if_changed(self) -> None:
        """Go on with a cache of our own if the snapshot has moved on: a shared cache holds one generation."""
        if self.snapshot.generation != self.query_cache.generation:
            self.query_cache = QueryCache(self.snapshot, self.query_cache, "none")

    @contextmanager
    def record_dependencies(self, path: str) -> Iterator[None]:
        """Within this context, whatever is read is recorded as a dependency of the results about `path`."""
        outer, self._dependent = self._dependent, self.query_cache.file(path)
        try:
            yield
        finally:
            self._dependent = outer

    def get_or_compute(
        self, path: str, query: str, argument: Hashable, provisional: _Result, compute: Callable[[], _Result]
    ) -> _Result:
        """The result of a query about a file: from the cache, or computed and cached.

        A query that depends on itself sees `provisional` as its own result. Results that were computed inside an
        unfinished query from its provisional result are themselves provisional: they are dropped when that query
        completes, so that no result depends on the order of the queries (cf. salsa's cycle handling).
        """
        if self._dependent is not None:
            self._dependent.paths.add(path)
        cached: _Result | None = self.query_cache.file(path).results.get((query, argument))
        if cached is not None:
            return cached
        key = (path, query, argument)
        if key in self._provisional:
            result, cycle_head = self._provisional[key]
            self._cycle_head = min(self._cycle_head, cycle_head)
            return result  # type: ignore[no-any-return] # stored under its own query's key
        outer_cycle_head, self._cycle_head = self._cycle_head, _NO_CYCLE
        self._query_depth += 1
        depth, provisional_count = self._query_depth, len(self._provisional)
        self._provisional[key] = (provisional, depth)
        try:
            with self.record_dependencies(path):
                result = compute()
            if self._cycle_head >= depth:
                self._drop_provisional(provisional_count)
                self.query_cache.file(path).results[query, argument] = result
                self._cycle_head = _NO_CYCLE
            else:
                self._provisional[key] = (result, self._cycle_head)
                for inner in islice(reversed(self._provisional), len(self._provisional) - provisional_count):
                    inner_result, cycle_head = self._provisional[inner]
                    self._provisional[inner] = (inner_result, min(cycle_head, self._cycle_head))
        except BaseException:
            self._drop_provisional(provisional_count)
            raise
        finally:
            self._query_depth -= 1
            self._cycle_head = min(outer_cycle_head, self._cycle_head)
            if not self._query_depth:
                self._drop_provisional(0)
        return result

    def keep_no_running_query(self) -> None:
        """Mark the results of all running queries as provisional, because a recursion limit cut them short."""
        self._cycle_head = 0

    def _drop_provisional(self, count: int) -> None:
        """Drop the newest provisional results until `count` are left."""
        while len(self._provisional) > count:
            self._provisional.popitem()

    def definitions(
        self, language: str, name: str, kinds: Collection[str] | None = None, limit: int | None = None
    ) -> list[tuple[str, str, str, str]]:
        """(path, symbol id, kind, language) of the definitions of a name that a file of the language can refer to."""
        languages = modules.family(language)
        rows = [
            row
            for row in self.snapshot.definitions_named(name)
            if row[3] in languages and (kinds is None or row[2] in kinds)
        ][:limit]
        self._leave_shared_cache_if_changed()
        if self._dependent is not None:
            self._dependent.names.add(name)
            self._dependent.paths.update(row[0] for row in rows)
        return rows
