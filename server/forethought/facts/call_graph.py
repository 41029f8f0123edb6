"""Who calls what.

`find_calls` resolves all calls of a file ahead of any question, and caches them with their dependencies. `calls_of`
answers for one name: from the cache where a file is in it, else by resolving only the calls of that name.
"""

import re
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import Any, NamedTuple

from forethought.names.file_names import IndexSnapshot, Target
from forethought.names.resolver import Resolution, Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS
from forethought.syntax.tags import Position, Range, Reference


class Call(NamedTuple):
    """One call and the definitions that it may run."""

    targets: tuple[Target, ...]
    """One if it is certain; several if each is possible."""
    unknown: bool
    """Nothing is known about what it calls."""
    lacking: tuple[Target, ...]
    """Classes that it is called on and that lack such a member."""
    receiver: str | None
    """What it is called on, as written."""
    scope: str
    """Id of the enclosing symbol."""
    range: Range
    """The range of the called name."""


class FileCalls(Mapping[str, Sequence[Call]]):
    """The calls in one file by called name, packed: 28 bytes a call and a table of values, instead of 400 bytes a call.

    A large repository has hundreds of thousands of them. `Call` objects are made when a name is looked up.
    """

    __slots__ = ("_bounds", "_names", "_rows", "_values")

    def __init__(self, calls: Mapping[str, Sequence[Call]]) -> None:
        values: dict[Hashable, int] = {}
        self._names = {intern(name): number for number, name in enumerate(calls)}
        self._bounds = array("I", [0])
        """Where the rows of each name start; those of the last one end at the last number."""
        self._rows = array("I")
        """Seven numbers a call: the four of its range, and the places of three of its values."""
        for same_name in calls.values():
            for targets, unknown, lacking, receiver, scope, (start, end) in same_name:
                parts = ((targets, unknown, lacking), receiver, scope)
                self._rows.extend((*start, *end, *(values.setdefault(part, len(values)) for part in parts)))
            self._bounds.append(len(self._rows))
        self._values: tuple[Any, ...] = tuple(values)

    def __getitem__(self, name: str) -> Sequence[Call]:
        number, rows, values = self._names[name], self._rows, self._values
        found = []
        for at in range(self._bounds[number], self._bounds[number + 1], 7):
            row, column, end_row, end_column, meaning, receiver, scope = rows[at : at + 7]
            where = Range(Position(row, column), Position(end_row, end_column))
            targets, unknown, lacking = values[meaning]
            found.append(Call(targets, unknown, lacking, values[receiver], values[scope], where))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def find_calls(resolver: Resolver, path: str, rest: Callable[[], None] = lambda: None) -> Mapping[str, Sequence[Call]]:
    """Called name → its calls in the file, in order. Cached in the resolver's query cache.

    `rest` is called between small steps of the work.
    """
    file = resolver.query_cache.file(path)
    if file.calls is None:
        tags = resolver.snapshot.tags(path)
        calls: dict[str, list[Call]] = {}
        with resolver.record_dependencies(path):
            for reference in tags.references if tags is not None else ():
                if reference.kind in ("call", "class"):
                    rest()
                    calls.setdefault(reference.name, []).append(_call(resolver, path, reference))
        packed = resolver.query_cache.file(path).calls = FileCalls(calls)
        return packed
    cached: Mapping[str, Sequence[Call]] = file.calls
    return cached


def calls_of(resolver: Resolver, name: str, only_in: str | None = None) -> Iterator[tuple[str, Sequence[Call]]]:
    """(path, calls in it) of each file that calls something of this name, in path order; `only_in` limits it to one."""
    references: dict[str, list[Reference]] | None = None
    for path in resolver.snapshot.paths_calling(name):
        if only_in not in (None, path):
            continue
        cached = resolver.query_cache.files.get(path)
        if cached is not None and cached.calls is not None:
            yield path, cached.calls.get(name, ())
            continue
        if references is None:
            references = _by_path(resolver.snapshot.references_named(name))
        yield path, [_call(resolver, path, reference) for reference in references.get(path, ())]


def known_as(snapshot: IndexSnapshot, name: str) -> Iterator[tuple[str, str | None]]:
    """(name, path) of the name and its aliases in imports; the path is None for the name itself."""
    yield name, None
    for path, local in snapshot.aliases_of(name):
        if local != name:
            yield local, path


def files_naming(snapshot: IndexSnapshot, name: str) -> dict[str, set[str]]:
    """Path → the name and its aliases there, for each file that uses one of them."""
    found: dict[str, set[str]] = {}
    for alias, only_in in known_as(snapshot, name):
        for path in {path for path, _ in snapshot.references_named(alias)} if only_in is None else {only_in}:
            found.setdefault(path, set()).add(alias)
    return found


def is_base(resolver: Resolver, path: str, reference: Reference) -> bool:
    """Whether the reference is a base of the class whose head it stands in, which is not a call."""
    if reference.kind != "class":
        return False
    names = resolver.names(path)
    scope = names.symbols.get(reference.scope) if names is not None else None
    if scope is None or scope.kind not in CLASS_KINDS:
        return False
    return any(re.search(rf"\b{re.escape(reference.name)}\b", base) for base in scope.bases)


def _by_path(references: Iterable[tuple[str, Reference]]) -> dict[str, list[Reference]]:
    calls: dict[str, list[Reference]] = {}
    for path, reference in references:
        if reference.kind in ("call", "class"):
            calls.setdefault(path, []).append(reference)
    return calls


def _call(resolver: Resolver, path: str, reference: Reference) -> Call:
    called = resolver.called(path, reference) if not is_base(resolver, path, reference) else Resolution()
    return Call(called.targets, called.unknown, called.lacking, reference.receiver, reference.scope, reference.range)
