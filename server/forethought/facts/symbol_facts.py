"""The facts about a symbol that need no model: signature, docs, calls, callers, exceptions, tests.

They are computed from the index on request; nothing is guessed, and nothing is stored.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from forethought.errors import Cancelled
from forethought.facts.call_graph import calls_of, known_as
from forethought.facts.go_interfaces import GoMethodSets
from forethought.facts.location import Location
from forethought.names import modules
from forethought.names.common_names import COMMON_NAMES
from forethought.names.file_names import FileNames, IndexSnapshot, Target
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Reference, Symbol

MAX_LOCATIONS = 50
"""The maximum length of a list; counts are complete."""

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
"""What a function in a test file must match to be a test; in other languages, one without parameters is a test."""
_ONLY_FUNCTIONS = frozenset({"python", "go", "php", "java", "c-sharp", "rust"})
"""Languages in which code outside functions is not a test."""
_TEST_MARKS = frozenset(
    {"test", "Test", "Fact", "Theory", "TestMethod", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate"}
    | {"TestCase", "TestCaseSource", "DataTestMethod", "tokio", "rstest", "wasm_bindgen_test", "DataProvider"}
)
_TEST_MACROS = frozenset({"TEST", "TEST_F", "TEST_P", "TEST_CASE", "SCENARIO", "TYPED_TEST", "BOOST_AUTO_TEST_CASE"})


class CalledThrough(NamedTuple):
    """Calls of a base class's or interface's method that may run a method that overrides it."""

    target: Target
    """The method that the calls name."""
    total: int
    places: tuple[Location, ...]
    """At most MAX_LOCATIONS."""


FactPart = Literal["calls", "callers", "tests"]
"""The facts that take time to compute."""
ALL_PARTS: frozenset[FactPart] = frozenset({"calls", "callers", "tests"})


@dataclass(frozen=True, slots=True)
class SymbolFacts:
    signature: str
    doc: str | None
    calls: tuple[Location, ...]
    """Definitions that the body calls, in order, without duplicates; with the range of each one's name."""
    called_by: tuple[Location, ...]
    """Calls of the symbol: the enclosing symbol and the range of the called name; at most MAX_LOCATIONS."""
    called_by_count: int
    """The number of all calls of the symbol."""
    raises: tuple[str, ...]
    """Exceptions that the body itself raises or throws, as written."""
    tests: tuple[Location, ...]
    """Tests that call the symbol or one of its callers, with the range of each one's name; at most MAX_LOCATIONS."""
    tests_count: int = 0
    """The number of all such tests."""
    tests_are_all: bool = True
    """False if there may be more: not all callers were followed, or some calls may refer to the symbol."""
    possible_callers: tuple[Location, ...] = ()
    """Calls that may refer to the symbol or to something else, in the form of `called_by`; at most MAX_LOCATIONS."""
    possible_callers_count: int = 0
    """The number of all such calls."""
    called_through: tuple[CalledThrough, ...] = ()
    """Calls that certainly name a method that this one overrides or implements, and so may run it."""
    unresolved_calls: tuple[Reference, ...] = ()
    """Calls in the body that cannot be resolved to one definition, but may refer to one in this repository."""

    @property
    def may_have_more_callers(self) -> bool:
        return bool(self.possible_callers_count or self.called_through)


def facts_of(
    snapshot: IndexSnapshot,
    path: str,
    symbol_id: str,
    *,
    resolver: Resolver | None = None,
    parts: Collection[FactPart] = ALL_PARTS,
    cancelled: Callable[[], bool] = lambda: False,
) -> SymbolFacts:
    """The facts about one symbol; empty ones if it is not in the index. Only `parts` are computed.

    Pass a `resolver` for the same snapshot to share its cache. Raises Cancelled as soon as `cancelled` returns true.
    """
    resolver = resolver or Resolver(snapshot)
    tags = snapshot.tags(path)
    symbol = tags.symbol(symbol_id) if tags is not None else None
    if tags is None or symbol is None:
        return SymbolFacts("", None, (), (), 0, (), ())
    calls, unresolved_calls = _calls(resolver, path, tags, symbol) if "calls" in parts else ([], [])
    callers: list[Location] = []
    possible_callers: list[Location] = []
    through: dict[Target, list[Location]] = {}
    if {"callers", "tests"} & set(parts):
        for caller in _callers(resolver, Target(path, symbol_id), symbol):
            _check_cancelled(cancelled)
            if caller.through is not None:
                through.setdefault(caller.through, []).append(caller.location)
            else:
                (callers if caller.is_certain else possible_callers).append(caller.location)
    tests, tests_are_all = _tests(resolver, callers, cancelled) if "tests" in parts else ([], True)
    return SymbolFacts(
        signature=symbol.signature,
        doc=resolver.documentation(Target(path, symbol_id)),
        calls=tuple(calls),
        called_by=tuple(callers[:MAX_LOCATIONS]),
        called_by_count=len(callers),
        raises=symbol.raises,
        tests=tuple(tests[:MAX_LOCATIONS]),
        tests_count=len(tests),
        tests_are_all=tests_are_all and not possible_callers and not through,
        possible_callers=tuple(possible_callers[:MAX_LOCATIONS]),
        possible_callers_count=len(possible_callers),
        called_through=tuple(
            CalledThrough(base, len(places), tuple(places[:MAX_LOCATIONS])) for base, places in through.items()
        ),
        unresolved_calls=tuple(unresolved_calls),
    )


def most_called(snapshot: IndexSnapshot, count: int) -> tuple[Target, ...]:
    """Approximately the most-called functions, methods and classes, most called first.

    Nothing is resolved: calls are counted by name, and common names and those with several definitions are left out.
    """
    targets: list[Target] = []
    for name, _ in snapshot.call_counts(8 * count):
        definitions = [row for row in snapshot.definitions_named(name) if row[2] in CLASS_KINDS | FUNCTION_KINDS]
        if len(definitions) == 1 and name not in COMMON_NAMES:
            targets.append(Target(definitions[0][0], definitions[0][1]))
    return tuple(targets[:count])


def is_test(path: str, tags: FileTags, symbol_id: str) -> bool:
    """Whether a symbol is a test by the conventions of its language. Code outside functions counts as the file."""
    symbols = {symbol.id: symbol for symbol in tags.symbols}
    marked = {
        reference.scope
        for reference in tags.references
        if reference.name in _TEST_MARKS
        and (scope := symbols.get(reference.scope))
        and _is_in_decorator(reference, scope)
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


def _check_cancelled(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("The facts are no longer wanted.")


def _is_in_decorator(reference: Reference, scope: Symbol) -> bool:
    """Whether a reference in the scope stands before the scope's name."""
    return bool(scope.id) and reference.range.start < scope.selection.start


def _calls(resolver: Resolver, path: str, tags: FileTags, symbol: Symbol) -> tuple[list[Location], list[Reference]]:
    """(the definitions that the symbol's body calls, its unresolved calls): see `SymbolFacts`."""
    scopes = body_scopes(tags, symbol)
    seen: set[Target] = {Target(path, symbol.id)} if symbol.kind in CLASS_KINDS else set()
    calls: list[Location] = []
    unresolved: dict[str, Reference] = {}
    for reference in tags.references:
        if reference.kind != "call" and not (reference.kind == "class" and symbol.kind in FUNCTION_KINDS):
            continue
        if reference.scope not in scopes or _is_in_decorator(reference, symbol):
            continue
        called = resolver.called(path, reference)
        if len(called.targets) != 1:
            if (called.targets or called.unknown) and _is_defined(resolver.snapshot, tags.language, reference):
                unresolved.setdefault(reference.name, reference)
            continue
        target = called.targets[0]
        if target in seen:
            continue
        seen.add(target)
        callee = resolver.symbol(target)
        if callee is not None and callee.kind in CLASS_KINDS | FUNCTION_KINDS:
            calls.append(Location(target.path, callee.id, callee.selection))
    return calls, list(unresolved.values())


def _is_defined(snapshot: IndexSnapshot, language: str, reference: Reference) -> bool:
    """Whether the repository defines something that such a call may refer to."""
    languages = modules.family(language)
    return any(
        kind in CLASS_KINDS | FUNCTION_KINDS
        and defining_language in languages
        and _may_refer(language, reference.receiver, kind == "method" or "." in symbol_id)
        for _, symbol_id, kind, defining_language in snapshot.definitions_named(reference.name)
    )


def body_scopes(tags: FileTags, symbol: Symbol) -> set[str]:
    """Ids of the symbol and of what is in its body, without the methods of a class and the definitions of a file."""
    scopes = {symbol.id}
    for other in tags.symbols[1:]:
        if other.parent in scopes and (symbol.kind in FUNCTION_KINDS or other.kind not in CLASS_KINDS | FUNCTION_KINDS):
            scopes.add(other.id)
    return scopes


class _Caller(NamedTuple):
    location: Location
    is_certain: bool
    through: Target | None = None
    """The overridden method that the call names, if it is that and the call may run the override."""


def _callers(resolver: Resolver, target: Target, symbol: Symbol) -> Iterator[_Caller]:
    """Each call that refers or may refer to the target, in path order for each name that it has.

    Making an instance calls the class and its constructor.
    """
    names = resolver.names(target.path)
    if names is None or symbol.kind not in CLASS_KINDS | FUNCTION_KINDS:
        return
    family = _family(names, target, symbol)
    owner = resolver.owner(target) if symbol.kind in FUNCTION_KINDS else None
    above = resolver.order(owner)[1:] if owner is not None and not symbol.is_constructor else ()
    overridden = {member for base in above for member in resolver.member(base, symbol.short_name)}
    if owner is not None and not symbol.is_constructor:
        overridden.update(_implemented_by_shape(resolver, names.tags.language, owner, target, symbol))
    overridden -= family
    searched = {symbol.short_name: owner is not None or symbol.kind == "method"}
    if owner is not None and symbol.is_constructor and (made := resolver.symbol(owner)) is not None:
        family.add(owner)
        searched[made.short_name] = "." in made.name
    languages = modules.family(names.tags.language)
    for called, is_member in searched.items():
        for name, only_in in known_as(resolver.snapshot, called):
            for path, calls in calls_of(resolver, name, only_in):
                for call in calls:
                    location = Location(path, call.scope, call.range)
                    if len(call.targets) == 1 and call.targets[0] in family:
                        yield _Caller(location, True)
                    elif _language(resolver, path) not in languages:
                        continue
                    elif not overridden.isdisjoint(call.targets) and not _is_exact(call.receiver, above):
                        base = call.targets[0] if len(call.targets) == 1 else None
                        yield _Caller(location, False, base)
                    elif (
                        not family.isdisjoint(call.targets)
                        or not set(above).isdisjoint(call.lacking)
                        or (call.unknown and _may_refer(names.tags.language, call.receiver, is_member))
                    ):
                        yield _Caller(location, False)


_SATISFIED_BY_SHAPE = frozenset({"typescript", "tsx"})
"""Languages other than Go in which a type implements an interface by having its members."""


def _implemented_by_shape(
    resolver: Resolver, language: str, owner: Target, target: Target, symbol: Symbol
) -> Iterator[Target]:
    """The methods of this name of interfaces whose every method the owner has or may have."""
    if language == "go":
        yield from GoMethodSets(resolver).methods_implemented_by(target)
    if language not in _SATISFIED_BY_SHAPE:
        return
    for path, symbol_id, kind, defining_language in resolver.snapshot.definitions_named(symbol.short_name):
        candidate = Target(path, symbol_id)
        if kind != "method" or defining_language not in modules.family(language):
            continue
        interface = resolver.owner(candidate)
        definition = resolver.symbol(interface) if interface is not None else None
        names = resolver.names(path)
        if interface in (None, owner) or definition is None or definition.kind != "interface" or names is None:
            continue
        required = names.members.get(definition.id, {})
        if all(resolver.member(owner, name) for name in required):
            yield candidate


def _language(resolver: Resolver, path: str) -> str:
    names = resolver.names(path)
    return names.tags.language if names is not None else ""


def _is_exact(receiver: str | None, above: Collection[Target]) -> bool:
    """Whether the call runs that very method even if it is overridden: `super().go()`, `Base.go(self)`."""
    text = (receiver or "").partition("(")[0]
    return text in ("super", "base", "parent") or text in {base.symbol_id for base in above}


def _may_refer(language: str, receiver: str | None, is_member: bool) -> bool:
    """Whether a call about which nothing is known may refer to a member of a class, or to a function outside one."""
    if receiver is None:
        return not is_member or modules.has_implicit_members(language)
    return is_member or language not in _MODULES_ARE_KNOWN


_MODULES_ARE_KNOWN = frozenset({"python", "go", "java", "c", "c-sharp"})
"""Languages in which a function outside a class follows a dot only if an import binds what is before the dot."""


def _family(names: FileNames, target: Target, symbol: Symbol) -> set[Target]:
    """The target, its overloads and declarations (what has its qualified name in its file); a class's constructors."""
    same = [other.id for other in names.tags.symbols if other.name == symbol.name]
    if symbol.kind in CLASS_KINDS:
        members = names.members.get(symbol.id, {}).values()
        same += [member.id for namesakes in members for member in namesakes if member.is_constructor]
    return {target, *(Target(target.path, other) for other in same)}


def _tests(resolver: Resolver, callers: list[Location], cancelled: Callable[[], bool]) -> tuple[list[Location], bool]:
    """(the tests among the callers and among the callers of other callers, whether all of those were followed)."""
    tests: list[Location] = []
    seen: set[tuple[str, str]] = set()
    others: dict[Target, Symbol] = {}
    for caller in callers:
        if (enclosing := _enclosing(resolver, caller, seen)) is None:
            continue
        tags, symbol = enclosing
        if is_test(caller.path, tags, symbol.id):
            tests.append(_test_location(caller, symbol))
        elif symbol.kind in FUNCTION_KINDS:
            others[Target(caller.path, symbol.id)] = symbol
    followed = list(others.items())[:_MAX_CALLERS_FOLLOWED]
    for target, symbol in followed:
        for caller, is_certain, _ in _callers(resolver, target, symbol):
            _check_cancelled(cancelled)
            if not is_certain or (enclosing := _enclosing(resolver, caller, seen)) is None:
                continue
            if is_test(caller.path, enclosing[0], enclosing[1].id):
                tests.append(_test_location(caller, enclosing[1]))
    return tests, len(followed) == len(others)


def _test_location(caller: Location, test: Symbol) -> Location:
    """Where the test is named, or where a test file calls outside any function."""
    return Location(caller.path, test.id, test.selection if test.id else caller.range)


def _enclosing(resolver: Resolver, location: Location, seen: set[tuple[str, str]]) -> tuple[FileTags, Symbol] | None:
    """(the tags of the location's file, its symbol); None if the symbol is in `seen`, to which it is then added."""
    if (location.path, location.symbol_id) in seen:
        return None
    seen.add((location.path, location.symbol_id))
    names = resolver.names(location.path)
    symbol = names.symbols.get(location.symbol_id) if names is not None else None
    return (names.tags, symbol) if names is not None and symbol is not None else None
