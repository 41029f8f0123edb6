"""What can be said of a symbol without a model: signature, docs, calls, callers, exceptions, tests.

All of it is read off the index each time it is asked for; none of it is guessed or stored.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from forethought.errors import Cancelled
from forethought.facts.call_graph import calls_of
from forethought.names import modules
from forethought.names.common_names import COMMON_NAMES
from forethought.names.file_names import IndexSnapshot, Target
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Range, Reference, Symbol

MAX_PLACES = 50
"""How many places a list holds; counts are complete."""

_MAX_CALLERS_FOLLOWED = 40

_TEST_FILE = re.compile(
    r"(^|/)([^/]*test\.(c|cc|cpp|cxx)|test[_-][^/]*\.\w+|[^/]*[_-](test|tests|unittest|spec)\.\w+"
    r"|[^/]*\.(test|spec)(-d)?\.[cm]?[jt]sx?|[^/]*(Test|Tests|IT|Spec|TestCase)\.(java|kt|cs|php)|[^/]*\.bats"
    r"|conftest\.py)$"
    r"|(^|/)(tests?|specs?|__tests__)/([^/]+/)*[^/]*\.(?!py$|go$)\w+$"
)
_TEST_NAME = {
    "python": re.compile(r"test|Test"),
    "go": re.compile(r"Test|Benchmark|Example|Fuzz"),
    "php": re.compile(r"test"),
    "ruby": re.compile(r"test"),
    "java": re.compile(r"test"),
    "kotlin": re.compile(r"test"),
    "javascript": re.compile(r"(test|it|should)(?![a-z])"),
    "typescript": re.compile(r"(test|it|should)(?![a-z])"),
    "tsx": re.compile(r"(test|it|should)(?![a-z])"),
    "c-sharp": re.compile(r"Test|Should"),
    "rust": re.compile(r"(?!)"),
}
"""How the name of a function in a test file begins that is a test; where none is said, one without parameters is."""
_ONLY_FUNCTIONS = frozenset({"python", "go", "php", "java", "c-sharp", "rust"})
"""Languages in which what stands outside of every function is no test."""
_TEST_MARKS = frozenset(
    {"test", "Test", "Fact", "Theory", "TestMethod", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate"}
    | {"TestCase", "TestCaseSource", "DataTestMethod", "tokio", "rstest", "wasm_bindgen_test", "DataProvider"}
)
_TEST_MACROS = frozenset({"TEST", "TEST_F", "TEST_P", "TEST_CASE", "SCENARIO", "TYPED_TEST", "BOOST_AUTO_TEST_CASE"})


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
    """False when there may be more: not all of very many callers were followed, or some calls may mean the symbol."""
    ambiguous_calls: tuple[Place, ...] = ()
    """Calls that may mean the symbol and may mean something else, like those of `called_by`; at most MOST_PLACES."""
    may_call_count: int = 0
    ambiguous_callers: tuple[Reference, ...] = ()
    """Calls in the symbol's own body that may mean something in the repository, and of which it cannot be told what."""


def facts_of(
    snapshot: IndexSnapshot,
    path: str,
    symbol_id: str,
    *,
    resolver: Resolver | None = None,
    parts: Collection[FactPart] = ALL_PARTS,
    cancelled: Callable[[], bool] = lambda: False,
) -> SymbolFacts:
    """The facts of one symbol; empty ones when it is not in the index (any more). Only `parts` are worked out.

    Pass a `resolver` of the same snapshot to share its cache. Raises Cancelled as soon as `cancelled` returns true.
    """
    resolver = resolver or Resolver(snapshot)
    tags = snapshot.tags(path)
    symbol = tags.symbol(symbol_id) if tags is not None else None
    if tags is None or symbol is None:
        return SymbolFacts("", None, (), (), 0, (), ())
    calls, open_calls = _calls(resolver, path, tags, symbol) if "calls" in parts else ([], [])
    callers: list[Place] = []
    possible: list[Place] = []
    if {"callers", "tests"} & set(parts):
        for place, certain in _callers(resolver, Target(path, symbol_id), symbol):
            (callers if certain else possible).append(_unless(cancelled, place))
    tests, tests_are_all = _tests(resolver, callers, cancelled) if "tests" in parts else ([], True)
    return SymbolFacts(
        signature=symbol.signature,
        doc=symbol.doc,
        calls=tuple(calls),
        called_by=tuple(callers[:MAX_PLACES]),
        called_by_count=len(callers),
        raises=symbol.raises,
        tests=tuple(tests[:MAX_PLACES]),
        tests_count=len(tests),
        tests_are_all=tests_are_all and not possible,
        ambiguous_calls=tuple(possible[:MAX_PLACES]),
        may_call_count=len(possible),
        ambiguous_callers=tuple(open_calls),
    )


def most_called(snapshot: IndexSnapshot, count: int) -> tuple[Target, ...]:
    """About the most-called functions, methods and classes, most called first.

    Counted by name, over names that a single definition has and that say enough: nothing is resolved.
    """
    found: list[Target] = []
    for name, _ in snapshot.call_counts(8 * count):
        definitions = [row for row in snapshot.definitions_named(name) if row[2] in CLASS_KINDS | FUNCTION_KINDS]
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
    in_function = False
    while symbol is not None and symbol.id:
        if symbol.id in marked:
            return True
        in_function |= symbol.kind in FUNCTION_KINDS
        if symbol.kind in FUNCTION_KINDS and _TEST_FILE.search(path) and _is_named_as_test(tags.language, symbol):
            return True
        symbol = symbols.get(symbol.parent)
    return not in_function and tags.language not in _ONLY_FUNCTIONS and bool(_TEST_FILE.search(path))


def _is_named_as_test(language: str, symbol: Symbol) -> bool:
    if symbol.short_name in _TEST_MACROS:
        return True
    pattern = _TEST_NAME.get(language)
    return bool(pattern.match(symbol.short_name)) if pattern is not None else symbol.parameters in ((), ("void",))


def _unless(cancelled: Callable[[], bool], place: Place) -> Place:
    if cancelled():
        raise Cancelled("The facts are no longer wanted.")
    return place


def _is_before(reference: Reference, scope: Symbol) -> bool:
    return bool(scope.id) and reference.range.start < scope.selection.start


def _calls(resolver: Resolver, path: str, tags: FileTags, symbol: Symbol) -> tuple[list[Place], list[Reference]]:
    """(what the symbol's own body calls, calls in it that may mean something here and cannot be told)."""
    own = _own_scopes(tags, symbol)
    seen: set[Target] = {Target(path, symbol.id)} if symbol.kind in CLASS_KINDS else set()
    found: list[Place] = []
    unsure: dict[str, Reference] = {}
    for reference in tags.references:
        if reference.kind != "call" and not (reference.kind == "class" and symbol.kind in FUNCTION_KINDS):
            continue
        if reference.scope not in own or _is_before(reference, symbol):
            continue
        meant = resolver.called(path, reference)
        if len(meant.targets) != 1:
            if (meant.targets or meant.unknown) and _is_defined(resolver.snapshot, tags.language, reference):
                unsure.setdefault(reference.name, reference)
            continue
        target = meant.targets[0]
        if target in seen:
            continue
        seen.add(target)
        its_names = resolver.names(target.path)
        callee = its_names.symbols.get(target.symbol_id) if its_names is not None else None
        if callee is not None and callee.kind in CLASS_KINDS | FUNCTION_KINDS:
            found.append(Place(target.path, callee.id, callee.selection))
    return found, list(unsure.values())


def _is_defined(snapshot: IndexSnapshot, language: str, reference: Reference) -> bool:
    """Whether the repository defines something that such a call may mean."""
    languages = modules.family(language)
    return any(
        kind in CLASS_KINDS | FUNCTION_KINDS
        and its_language in languages
        and _may_name(language, reference.receiver, kind == "method" or "." in symbol_id)
        for _, symbol_id, kind, its_language in snapshot.definitions_named(reference.name)
    )


def _own_scopes(tags: FileTags, symbol: Symbol) -> set[str]:
    """The symbol and what stands in its body; the methods of a class and the definitions of a file are their own."""
    own = {symbol.id}
    for other in tags.symbols[1:]:
        if other.parent in own and (symbol.kind in FUNCTION_KINDS or other.kind not in CLASS_KINDS | FUNCTION_KINDS):
            own.add(other.id)
    return own


def _callers(resolver: Resolver, target: Target, symbol: Symbol) -> Iterator[tuple[Place, bool]]:
    """Every call that means the target (True), or may mean it (False), in the order of the paths."""
    names = resolver.names(target.path)
    if names is None or symbol.kind not in CLASS_KINDS | FUNCTION_KINDS:
        return
    family = _family(resolver, target, symbol)
    owner = resolver.owner(target) if symbol.kind in FUNCTION_KINDS else None
    above = resolver.order(owner)[1:] if owner is not None else ()
    overridden = {found for base in above for found in resolver.member(base, symbol.short_name)} - family
    is_member = owner is not None or symbol.kind == "method"
    languages = modules.family(names.tags.language)
    for name, only_in in known_as(resolver.snapshot, symbol.short_name):
        for path, calls in calls_of(resolver, name, only_in):
            for call in calls:
                if len(call.targets) == 1 and call.targets[0] in family:
                    yield Place(path, call.scope, call.range), True
                elif (
                    not family.isdisjoint(call.targets)
                    or (not overridden.isdisjoint(call.targets) and not _is_exact(call.receiver, above))
                    or not set(above).isdisjoint(call.lacking)
                    or (call.unknown and _may_name(names.tags.language, call.receiver, is_member))
                ) and _language(resolver, path) in languages:
                    yield Place(path, call.scope, call.range), False


def _language(resolver: Resolver, path: str) -> str:
    names = resolver.names(path)
    return names.tags.language if names is not None else ""


def _is_exact(receiver: str | None, above: Collection[Target]) -> bool:
    """`super().go()` and `Base.go(self)` call just that method, whatever overrides it."""
    text = (receiver or "").partition("(")[0]
    return text in ("super", "base", "parent") or text in {base.symbol_id for base in above}


def _may_name(language: str, receiver: str | None, is_member: bool) -> bool:
    """Whether a call of which nothing is known may mean a member of a class, or something that is no member."""
    if receiver is None:
        return not is_member or modules.has_implicit_members(language)
    return is_member or language not in _MODULES_ARE_KNOWN


_MODULES_ARE_KNOWN = frozenset({"python", "go", "java", "c", "c-sharp"})
"""Languages in which a function that is no method stands after a dot only where an import says what is before it."""


def _family(resolver: Resolver, target: Target, symbol: Symbol) -> set[Target]:
    """The target and its overloads or declarations: the same qualified name in the same file."""
    names = resolver.names(target.path)
    same = (other.id for other in names.tags.symbols if other.name == symbol.name) if names is not None else ()
    return {target, *(Target(target.path, other) for other in same)}


def known_as(snapshot: IndexSnapshot, name: str) -> Iterator[tuple[str, str | None]]:
    """The name, and what imports call it: (name, the only path where it has this name)."""
    yield name, None
    for path, local in snapshot.aliases_of(name):
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
    followed = list(others.items())[:_MAX_CALLERS_FOLLOWED]
    for target, symbol in followed:
        for place, certain in _callers(resolver, target, symbol):
            _unless(cancelled, place)
            if not certain:
                continue
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
