"""What can be said of a symbol without a model: signature, docs, calls, callers, exceptions, tests.

All of it is read off the index each time it is asked for; none of it is guessed or stored.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from forethought.errors import Cancelled
from forethought.index.calls import calls_of
from forethought.index.common_names import COMMON_NAMES
from forethought.index.names import CLASS_KINDS, FUNCTION_KINDS, IndexView, Target
from forethought.index.resolve import Resolver
from forethought.index.tags import FileTags, Range, Reference, Symbol

MOST_PLACES = 50
"""How many places a list holds; counts are complete."""

_MOST_CALLERS_FOLLOWED = 40

_TEST_FILE = re.compile(
    r"(^|/)(test_[^/]*\.(py|rb|c|cc|cpp|sh)|[^/]*_(test|tests|unittest|spec)\.(py|go|rb|c|cc|cpp|rs|lua|sh)"
    r"|[^/]*\.(test|spec)\.[cm]?[jt]sx?|[^/]*(Test|Tests|IT|Spec)\.(java|kt|cs|php)|[^/]*\.bats|conftest\.py)$"
    r"|(^|/)__tests__/"
)
_TEST_NAME = {"python": re.compile(r"test|Test"), "go": re.compile(r"Test|Benchmark|Example|Fuzz")}
_TEST_MARKS = frozenset({"test", "Test", "Fact", "Theory", "TestMethod", "ParameterizedTest", "TestCase", "tokio"})


class Place(NamedTuple):
    """A place in the repository and the symbol there; an empty `symbol_id` is the file itself."""

    path: str
    symbol_id: str
    range: Range


FactPart = Literal["calls", "callers", "tests"]
"""What of the facts takes time."""
ALL_PARTS: frozenset[FactPart] = frozenset({"calls", "callers", "tests"})


@dataclass(frozen=True, slots=True)
class SymbolFacts:
    signature: str
    doc: str | None
    calls: tuple[Place, ...]
    """Definitions that the symbol's own body calls, in order, without repeats: each with the range of its name."""
    called_by: tuple[Place, ...]
    """Calls of the symbol: the enclosing symbol and the range of the called name; at most MOST_PLACES."""
    called_by_count: int
    """All calls of the symbol, whatever the length of the list."""
    raises: tuple[str, ...]
    """Exceptions that the body itself raises or throws, as written."""
    tests: tuple[Place, ...]
    """Tests that call the symbol, or one of its callers, with the range of the test's name; at most MOST_PLACES."""
    tests_count: int = 0
    """All such tests, whatever the length of the list."""
    tests_are_all: bool = True
    """False when it has so many callers that not all of them were followed: there may be more tests."""


def facts_of(
    view: IndexView,
    path: str,
    symbol_id: str,
    *,
    resolver: Resolver | None = None,
    parts: Collection[FactPart] = ALL_PARTS,
    cancelled: Callable[[], bool] = lambda: False,
) -> SymbolFacts:
    """The facts of one symbol; empty ones when it is not in the index (any more). Only `parts` are worked out.

    Pass a `resolver` of the same view to share what it has worked out. Raises Cancelled as soon as `cancelled` says so.
    """
    resolver = resolver or Resolver(view)
    tags = view.tags(path)
    symbol = tags.symbol(symbol_id) if tags is not None else None
    if tags is None or symbol is None:
        return SymbolFacts("", None, (), (), 0, (), ())
    calls = tuple(_calls(resolver, path, tags, symbol)) if "calls" in parts else ()
    wanted = _callers(resolver, Target(path, symbol_id), symbol) if {"callers", "tests"} & set(parts) else ()
    callers = [_unless(cancelled, place) for place in wanted]
    tests, tests_are_all = _tests(resolver, callers, cancelled) if "tests" in parts else ([], True)
    return SymbolFacts(
        signature=symbol.signature,
        doc=symbol.doc,
        calls=calls,
        called_by=tuple(callers[:MOST_PLACES]),
        called_by_count=len(callers),
        raises=symbol.raises,
        tests=tuple(tests[:MOST_PLACES]),
        tests_count=len(tests),
        tests_are_all=tests_are_all,
    )


def most_called(view: IndexView, count: int) -> tuple[Target, ...]:
    """About the most-called functions, methods and classes, most called first.

    Counted by name, over names that a single definition has and that say enough: nothing is resolved.
    """
    found: list[Target] = []
    for name, _ in view.call_counts(8 * count):
        definitions = [row for row in view.definitions_named(name) if row[2] in CLASS_KINDS | FUNCTION_KINDS]
        if len(definitions) == 1 and name not in COMMON_NAMES:
            found.append(Target(definitions[0][0], definitions[0][1]))
    return tuple(found[:count])


def is_test(path: str, tags: FileTags, symbol_id: str) -> bool:
    """Whether a symbol is a test, by its language's conventions. Callbacks in a test file count as the file."""
    symbols = {symbol.id: symbol for symbol in tags.symbols}
    marked = {
        reference.scope
        for reference in tags.references
        if reference.name in _TEST_MARKS and (scope := symbols.get(reference.scope)) and _is_before(reference, scope)
    }
    symbol = symbols.get(symbol_id)
    while symbol is not None and symbol.id:
        if symbol.id in marked:
            return True
        pattern = _TEST_NAME.get(tags.language)
        if (
            _TEST_FILE.search(path)
            and symbol.kind in FUNCTION_KINDS
            and (pattern is None or pattern.match(symbol.short_name))
        ):
            return True
        symbol = symbols.get(symbol.parent)
    return tags.language not in _TEST_NAME and bool(_TEST_FILE.search(path))


def _unless(cancelled: Callable[[], bool], place: Place) -> Place:
    if cancelled():
        raise Cancelled("The facts are no longer wanted.")
    return place


def _is_before(reference: Reference, scope: Symbol) -> bool:
    return bool(scope.id) and reference.range.start < scope.selection.start


def _calls(resolver: Resolver, path: str, tags: FileTags, symbol: Symbol) -> Iterator[Place]:
    own = _own_scopes(tags, symbol)
    seen: set[Target] = {Target(path, symbol.id)} if symbol.kind in CLASS_KINDS else set()
    for reference in tags.references:
        if reference.kind != "call" and not (reference.kind == "class" and symbol.kind in FUNCTION_KINDS):
            continue
        if reference.scope not in own or _is_before(reference, symbol):
            continue
        targets = resolver.resolve(path, reference).targets
        if len(targets) != 1 or targets[0] in seen:
            continue
        seen.add(targets[0])
        its_names = resolver.names(targets[0].path)
        found = its_names.symbols.get(targets[0].symbol_id) if its_names is not None else None
        if found is not None and found.kind in CLASS_KINDS | FUNCTION_KINDS:
            yield Place(targets[0].path, found.id, found.selection)


def _own_scopes(tags: FileTags, symbol: Symbol) -> set[str]:
    """The symbol and what stands in its body; the methods of a class and the definitions of a file are their own."""
    own = {symbol.id}
    for other in tags.symbols[1:]:
        if other.parent in own and (symbol.kind in FUNCTION_KINDS or other.kind not in CLASS_KINDS | FUNCTION_KINDS):
            own.add(other.id)
    return own


def _callers(resolver: Resolver, target: Target, symbol: Symbol) -> Iterator[Place]:
    """Every call of the target, in the order of the paths."""
    if symbol.kind not in CLASS_KINDS | FUNCTION_KINDS:
        return
    family = _family(resolver, target, symbol)
    for name, only_in in known_as(resolver.view, symbol.short_name):
        for path, calls in calls_of(resolver, name, only_in):
            yield from (Place(path, call.scope, call.range) for call in calls if call.target in family)


def _family(resolver: Resolver, target: Target, symbol: Symbol) -> set[Target]:
    """The target and its overloads or declarations: the same qualified name in the same file."""
    names = resolver.names(target.path)
    same = (other.id for other in names.tags.symbols if other.name == symbol.name) if names is not None else ()
    return {target, *(Target(target.path, other) for other in same)}


def known_as(view: IndexView, name: str) -> Iterator[tuple[str, str | None]]:
    """The name, and what imports call it: (name, the only path where it has this name)."""
    yield name, None
    for path, local in view.aliases_of(name):
        if local != name:
            yield local, path


def _tests(resolver: Resolver, callers: list[Place], cancelled: Callable[[], bool]) -> tuple[list[Place], bool]:
    """Tests among the callers, then tests among the callers of the first few others; whether these are all."""
    found: list[Place] = []
    seen: set[tuple[str, str]] = set()
    others: dict[Target, Symbol] = {}
    for place in callers:
        if (known := _enclosing(resolver, place, seen)) is None:
            continue
        tags, symbol = known
        if is_test(place.path, tags, symbol.id):
            found.append(Place(place.path, symbol.id, symbol.selection if symbol.id else place.range))
        elif symbol.kind in FUNCTION_KINDS:
            others[Target(place.path, symbol.id)] = symbol
    followed = list(others.items())[:_MOST_CALLERS_FOLLOWED]
    for target, symbol in followed:
        for place in _callers(resolver, target, symbol):
            _unless(cancelled, place)
            if (known := _enclosing(resolver, place, seen)) is not None and is_test(place.path, known[0], known[1].id):
                found.append(Place(place.path, known[1].id, known[1].selection if known[1].id else place.range))
    return found, len(followed) == len(others)


def _enclosing(resolver: Resolver, place: Place, seen: set[tuple[str, str]]) -> tuple[FileTags, Symbol] | None:
    """The symbol in which a call stands, with its file; None when it was seen before."""
    if (place.path, place.symbol_id) in seen:
        return None
    seen.add((place.path, place.symbol_id))
    names = resolver.names(place.path)
    symbol = names.symbols.get(place.symbol_id) if names is not None else None
    return (names.tags, symbol) if names is not None and symbol is not None else None
