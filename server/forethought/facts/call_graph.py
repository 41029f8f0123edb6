"""Who calls what.

`find_calls` resolves all calls of a file ahead of any question, and caches them with their dependencies. `calls_of`
answers for one name: from the cache where a file is in it, else by resolving only the calls of that name.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from forethought.names.file_names import IndexSnapshot, Target
from forethought.names.resolver import Resolution, Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS
from forethought.syntax.tags import Range, Reference


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
        resolver.query_cache.file(path).calls = calls
        return calls
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
