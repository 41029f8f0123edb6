"""Every use of a definition, and what kind of use each is. Only what certainly refers to it counts."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from forethought.errors import Cancelled
from forethought.facts.call_graph import files_naming, is_base
from forethought.facts.location import Location
from forethought.facts.symbol_facts import MAX_LOCATIONS
from forethought.names import modules
from forethought.names.file_names import FileNames, Target
from forethought.names.inference import PROPERTY_DECORATORS
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, TYPE_KINDS
from forethought.syntax.tags import Range, Reference, Symbol

_PACKAGE_FILES = ("__init__.py", "index.ts", "index.tsx", "index.js", "index.jsx", "index.mjs", "mod.rs", "lib.rs")
"""Files that tend to import a name only to pass it on, so that they do not use it."""
_DECLARING_LANGUAGES = frozenset({"c", "cpp"})


UseKind = Literal[
    "called",
    "constructed",
    "decorates",
    "passed",
    "registered",
    "subclassed",
    "implemented",
    "annotated",
    "read",
    "written",
    "in_macro",
    "imported",
]
"""`passed`: a function as a value. `registered`: the same outside of functions, as in a table, or in a decorator."""
USE_KINDS: tuple[UseKind, ...] = get_args(UseKind)
_ACCESSOR = re.compile(r"(?:(?:public|protected|private|static|override|abstract)\s+)*[gs]et\s+[\w$#]")
_ASSIGNED_NAME = re.compile(r"[^\W\d][\w$]*")
_INDEXED = re.compile(r"\[.*\]", re.DOTALL)
_ABSTRACT_KINDS = frozenset({"interface", "trait"})


class Use(NamedTuple):
    """A place that refers to a definition."""

    path: str
    symbol_id: str
    """Id of the enclosing symbol; the file itself if empty."""
    range: Range
    kind: UseKind


class Uses(NamedTuple):
    """The uses of one kind."""

    total: int
    places: tuple[Location, ...]
    """At most MAX_LOCATIONS."""


UsedBy = Mapping[UseKind, Uses]
"""Every kind of use that there is, in the order of USE_KINDS."""

AssignmentsOf = Callable[[Target], Collection[tuple[int, str]]]
"""A function → the row and the target, as written, of each assignment in it that outlives the call."""


def used_by(
    resolver: Resolver,
    target: Target,
    assignments_of: AssignmentsOf,
    cancelled: Callable[[], bool] = lambda: False,
) -> UsedBy:
    """The uses of a definition, its overloads and its declarations by kind. Raises Cancelled like `find_uses`."""
    uses = _with_writes(find_uses(resolver, target, cancelled), _name(resolver, target), assignments_of)
    found: dict[UseKind, Uses] = {}
    for kind in USE_KINDS:
        places = [Location(use.path, use.symbol_id, use.range) for use in uses if use.kind == kind]
        if places:
            found[kind] = Uses(len(places), tuple(places[:MAX_LOCATIONS]))
    return found


def besides_imports(uses: UsedBy) -> Uses:
    """The uses of all kinds but imports together, of each kind the first ones first."""
    kinds = [found for kind, found in uses.items() if kind != "imported"]
    places = [place for found in kinds for place in found.places]
    return Uses(sum(found.total for found in kinds), tuple(places[:MAX_LOCATIONS]))


def find_uses(resolver: Resolver, target: Target, cancelled: Callable[[], bool] = lambda: False) -> list[Use]:
    """The uses in the repository, in order. Only files that mention the name are read.

    A use that may refer to something else is left out. Raises Cancelled as soon as `cancelled` returns true.
    """
    if resolver.symbol(target) is None:
        return []
    name = _name(resolver, target)
    names = files_naming(resolver.snapshot, name)
    for path in _package_files(resolver, target.path):
        names.setdefault(path, set()).add(name)
    definitions = same_definitions(resolver, target)
    uses: list[Use] = []
    for path in sorted(names):
        if cancelled():
            raise Cancelled("The references are no longer wanted.")
        uses.extend(_uses_in(resolver, path, names[path], definitions))
    return uses


def find_uses_in(resolver: Resolver, target: Target, path: str) -> list[Use]:
    """The uses in one file, in order."""
    tags = resolver.snapshot.tags(path)
    if tags is None or resolver.symbol(target) is None:
        return []
    name = _name(resolver, target)
    aliases = {item.local for item in tags.imports if item.name == name}
    return list(_uses_in(resolver, path, {name, *aliases}, same_definitions(resolver, target)))


def _with_writes(uses: Sequence[Use], name: str, assignments_of: AssignmentsOf) -> list[Use]:
    """The uses, with those that are assigned to as `written`: on each row the first ones."""
    left: Counter[tuple[str, str, int]] = Counter()
    for scope in dict.fromkeys(Target(use.path, use.symbol_id) for use in uses if use.kind == "read"):
        for row, assigned in assignments_of(scope):
            if _ASSIGNED_NAME.findall(_INDEXED.sub("", assigned))[-1:] == [name]:
                left[scope.path, scope.symbol_id, row] += 1
    found = []
    for use in uses:
        place = (use.path, use.symbol_id, use.range.start.row)
        if use.kind in ("read", "written") and left[place]:
            left[place] -= 1
            use = use._replace(kind="written")
        found.append(use)
    return found


def same_definitions(resolver: Resolver, target: Target) -> frozenset[Target]:
    """The target, its overloads (those with its qualified name in its file) and its declarations."""
    names, symbol = resolver.names(target.path), resolver.symbol(target)
    if names is None or symbol is None:
        return frozenset({target})
    overloads = {Target(target.path, other.id) for other in names.tags.symbols if other.name == symbol.name}
    return frozenset({target, *overloads, *find_declarations(resolver, target)})


def find_declarations(resolver: Resolver, target: Target) -> tuple[Target, ...]:
    """The declarations of a C or C++ function, in path order; empty in languages that have none."""
    names, symbol = resolver.names(target.path), resolver.symbol(target)
    if names is None or symbol is None or symbol.kind not in FUNCTION_KINDS or not symbol.body:
        return ()
    if names.tags.language not in _DECLARING_LANGUAGES:
        return ()
    declarations = []
    for path, symbol_id, kind, language in resolver.snapshot.definitions_named(symbol.short_name):
        candidate = Target(path, symbol_id)
        if language not in _DECLARING_LANGUAGES or kind not in FUNCTION_KINDS or candidate == target:
            continue
        if resolver.without_declarations((candidate,)) == (target,):
            declarations.append(candidate)
    return tuple(declarations)


def _uses_in(resolver: Resolver, path: str, names: Collection[str], definitions: frozenset[Target]) -> Iterator[Use]:
    tags = resolver.snapshot.tags(path)
    if tags is None or tags.language not in _languages(resolver, definitions):
        return
    file_names = resolver.names(path)
    used = next(((target, symbol) for target in definitions if (symbol := resolver.symbol(target)) is not None), None)
    if file_names is None or used is None:
        return
    is_value = used[1].kind not in FUNCTION_KINDS or _is_property(resolver, *used)
    written = {binding.range.end for binding in tags.bindings}
    found = [
        Use(path, item.scope, item.original or item.range, "imported")
        for item in tags.imports
        if (item.local in names or item.name in names) and _means(resolver.imported(path, item).targets, definitions)
    ]
    for reference in tags.references:
        if reference.name in names and _means(resolver.resolve(path, reference).targets, definitions):
            kind: UseKind = _kind(resolver, path, file_names, reference, used[1], is_value=is_value)
            if kind == "read" and reference.range.end in written:
                kind = "written"
            found.append(Use(path, reference.scope, reference.range, kind))
    yield from sorted(set(found), key=lambda use: use.range)


def _is_property(resolver: Resolver, target: Target, symbol: Symbol) -> bool:
    """Whether a function is used like a field: Python's properties, and accessors in scripts."""
    names = resolver.names(target.path)
    is_decorated = names is not None and names.is_decorated(target.symbol_id, *PROPERTY_DECORATORS)
    return is_decorated or bool(_ACCESSOR.match(symbol.signature))


def _kind(
    resolver: Resolver, path: str, names: FileNames, reference: Reference, used: Symbol, *, is_value: bool
) -> UseKind:
    """What kind of use a reference to the symbol `used` is. A value is what is read, not called or passed on."""
    scope = names.symbols.get(reference.scope)
    if is_base(resolver, path, reference):
        is_implementation = used.kind in _ABSTRACT_KINDS and scope is not None and scope.kind not in _ABSTRACT_KINDS
        return "implemented" if is_implementation else "subclassed"
    if scope is not None and scope.kind == "macro":
        return "in_macro"
    in_decorator = reference in names.decorators.get(reference.scope, ())
    if reference.kind in ("call", "class"):
        if in_decorator:
            return "decorates"
        return "constructed" if used.kind in CLASS_KINDS or used.is_constructor else "called"
    if reference.kind == "type":
        return "annotated"
    if is_value:
        return "annotated" if in_decorator and used.kind in TYPE_KINDS else "read"
    around = next((symbol for symbol in names.scopes(reference.scope) if symbol.kind in FUNCTION_KINDS), None)
    return "registered" if in_decorator or around is None else "passed"


def _means(targets: tuple[Target, ...], definitions: frozenset[Target]) -> bool:
    return bool(targets) and definitions.issuperset(targets)


def _languages(resolver: Resolver, definitions: frozenset[Target]) -> frozenset[str]:
    """The languages in which these definitions can be used."""
    found = (resolver.names(target.path) for target in definitions)
    return frozenset(other for names in found if names is not None for other in modules.family(names.tags.language))


def _name(resolver: Resolver, target: Target) -> str:
    """The unqualified name by which others refer to the target; a file is referred to by its module's name."""
    symbol = resolver.symbol(target)
    if symbol is not None and symbol.id:
        return symbol.short_name
    folder, file = posixpath.split(target.path)
    return posixpath.basename(folder) if file in _PACKAGE_FILES else file.partition(".")[0]


def _package_files(resolver: Resolver, path: str) -> Iterator[str]:
    """The files that stand for the packages around a file."""
    known = resolver.snapshot.paths()
    folder = posixpath.dirname(path)
    while True:
        yield from (file for name in _PACKAGE_FILES if (file := posixpath.join(folder, name)) in known)
        if not folder:
            return
        folder = posixpath.dirname(folder)
