"""Who calls what: the calls of one name anywhere, read off what was worked out before where it still holds.

Which definition each call in a file means is worked out file by file, ahead of any question where there is time for it
(`find_calls`); a question about a file that was not come to yet resolves just the calls that it is about.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from forethought.names.file_names import Target
from forethought.names.resolver import Resolution, Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS
from forethought.syntax.tags import Range, Reference


class Call(NamedTuple):
    """One call, and what it means."""

    targets: tuple[Target, ...]
    """One: certain. Several: each is possible."""
    unknown: bool
    """Nothing says what it means."""
    lacking: tuple[Target, ...]
    """Classes that it is made on and that have no such member."""
    receiver: str | None
    """What it is made on, as written."""
    scope: str
    """The symbol in which it stands."""
    range: Range
    """Of the called name."""


def find_calls(resolver: Resolver, path: str) -> Mapping[str, Sequence[Call]]:
    """Called name → its calls in the file, in order. Kept among the findings: the next time it is a look-up."""
    file = resolver.query_cache.file(path)
    if file.calls is None:
        tags = resolver.snapshot.tags(path)
        found: dict[str, list[Call]] = {}
        with resolver.reading_for(path):
            for reference in tags.references if tags is not None else ():
                if reference.kind in ("call", "class"):
                    found.setdefault(reference.name, []).append(_call(resolver, path, reference))
        resolver.query_cache.file(path).calls = found
        return found
    known: Mapping[str, Sequence[Call]] = file.calls
    return known


def calls_of(resolver: Resolver, name: str, only_in: str | None = None) -> Iterator[tuple[str, Sequence[Call]]]:
    """(path, calls in it) of each file, or of one, that calls something of this name, in path order."""
    unknown: dict[str, list[Reference]] | None = None
    for path in resolver.snapshot.paths_calling(name):
        if only_in not in (None, path):
            continue
        known = resolver.query_cache.files.get(path)
        if known is not None and known.calls is not None:
            yield path, known.calls.get(name, ())
            continue
        if unknown is None:
            unknown = _by_path(resolver.snapshot.references_named(name))
        yield path, [_call(resolver, path, reference) for reference in unknown.get(path, ())]


def _by_path(references: Iterable[tuple[str, Reference]]) -> dict[str, list[Reference]]:
    found: dict[str, list[Reference]] = {}
    for path, reference in references:
        if reference.kind in ("call", "class"):
            found.setdefault(path, []).append(reference)
    return found


def _call(resolver: Resolver, path: str, reference: Reference) -> Call:
    found = resolver.called(path, reference) if not _is_base(resolver, path, reference) else Resolution()
    return Call(found.targets, found.unknown, found.lacking, reference.receiver, reference.scope, reference.range)


def _is_base(resolver: Resolver, path: str, reference: Reference) -> bool:
    """Whether the reference stands among the bases of a class: that is no call."""
    if reference.kind != "class":
        return False
    names = resolver.names(path)
    scope = names.symbols.get(reference.scope) if names is not None else None
    if scope is None or scope.kind not in CLASS_KINDS:
        return False
    return any(re.search(rf"\b{re.escape(reference.name)}\b", base) for base in scope.bases)
