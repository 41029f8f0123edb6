"""A class's bases, direct subclasses, constructor, and own and inherited members."""

import posixpath
import re
from collections.abc import Iterator

from forethought.facts.call_graph import files_naming
from forethought.facts.location import Location
from forethought.names import modules
from forethought.names.file_names import IndexSnapshot, Target
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS, FIELD_KINDS, FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import Symbol


def subclasses(resolver: Resolver, target: Target) -> tuple[Location, ...]:
    """Every class in the repository that has the target as a direct base, in path order.

    Only bases that can be resolved count. Files that never mention the name are not read.
    """
    snapshot = resolver.snapshot
    symbol = resolver.symbol(target)
    if symbol is None or symbol.kind not in CLASS_KINDS:
        return ()
    names = files_naming(snapshot, symbol.short_name)
    locations: list[Location] = []
    for path in sorted(names):
        outline = snapshot.outline(path)
        mentioned = re.compile(rf"(?<![\w$])(?:{'|'.join(map(re.escape, sorted(names[path])))})(?![\w$])")
        for other in outline.symbols[1:] if outline is not None else ():
            subclass = Target(path, other.id)
            if other.kind not in CLASS_KINDS or subclass == target or not any(map(mentioned.search, other.bases)):
                continue
            if any(classes == (target,) for _, classes in resolver.bases(subclass)):
                locations.append(Location(path, other.id, other.selection))
    return tuple(locations)


def classes_with_external_base(resolver: Resolver, name: str) -> tuple[Location, ...]:
    """Every class with a base of this name, as written, that is not in the repository; in path order."""
    short = name.rpartition(".")[2]
    locations: list[Location] = []
    for path in sorted({path for path, _ in resolver.snapshot.references_named(short)}):
        outline = resolver.snapshot.outline(path)
        for symbol in outline.symbols[1:] if outline is not None else ():
            if symbol.kind not in CLASS_KINDS or not any(short in base for base in symbol.bases):
                continue
            for text, classes in resolver.bases(Target(path, symbol.id)):
                if not classes and re.split(r"::|[.\\]", re.split(r"[<\[]", text)[0])[-1] == short:
                    locations.append(Location(path, symbol.id, symbol.selection))
                    break
    return tuple(locations)


def own_members(resolver: Resolver, target: Target) -> tuple[tuple[Target, Symbol], ...]:
    """The definitions in a class or file, including methods that stand outside their class (Go, Rust, C++, Lua)."""
    names = resolver.names(target.path)
    symbol = names.symbols.get(target.symbol_id) if names is not None else None
    if names is None or symbol is None:
        return ()
    if symbol.kind == "file":
        # The members of an object, like `const proto = {…}`, and of a namespace are the file's as well.
        parents = {""}
        members = []
        for other in names.tags.symbols[1:]:
            if other.parent in parents:
                members.append((Target(target.path, other.id), other))
                if other.kind in VALUE_KINDS or other.kind == "module":
                    parents.add(other.id)
        return tuple(members)
    members = [
        (Target(target.path, member.id), member)
        for namesakes in names.members.get(target.symbol_id, {}).values()
        for member in namesakes
    ]
    members += _detached_methods(resolver.snapshot, target, symbol, names.tags.language)
    members.sort(key=lambda item: (item[0].path != target.path, item[0].path, item[1].selection))
    return tuple(members)


def fields(resolver: Resolver, target: Target) -> tuple[Symbol, ...]:
    """The fields of a class or enum, in order."""
    own = own_members(resolver, target)
    return tuple(member for _, member in own if member.kind in FIELD_KINDS)


def overloads(resolver: Resolver, target: Target) -> tuple[Symbol, ...]:
    """The functions with the target's qualified name, if its language has overloads; else the target's symbol alone."""
    names = resolver.names(target.path)
    symbol = resolver.symbol(target)
    if names is None or symbol is None:
        return ()
    same = [other for other in names.tags.symbols if other.name == symbol.name and other.kind in FUNCTION_KINDS]
    if symbol.kind not in FUNCTION_KINDS or not modules.has_overloads(names.tags.language):
        return (symbol,)
    return tuple(other for other in same if other.body) or tuple(same)


def inherited(resolver: Resolver, target: Target) -> tuple[tuple[Target, tuple[tuple[Target, Symbol], ...]], ...]:
    """For each base in the repository, nearest first, the methods that nothing nearer overrides."""
    seen = {symbol.short_name for _, symbol in own_members(resolver, target)}
    by_base = []
    for base in resolver.order(target)[1:]:
        methods = tuple(
            (member, symbol)
            for member, symbol in own_members(resolver, base)
            if symbol.kind in FUNCTION_KINDS and symbol.short_name not in seen
        )
        seen |= {symbol.short_name for _, symbol in methods}
        if methods:
            by_base.append((base, methods))
    return tuple(by_base)


def external_bases(resolver: Resolver, target: Target) -> tuple[str, ...]:
    """Bases of the class, or of its bases, that are not in the repository or cannot be resolved; as written."""
    texts = [text for owner in resolver.order(target) for text, classes in resolver.bases(owner) if not classes]
    return tuple(text for text in dict.fromkeys(texts) if text not in ("object", "ABC", "abc.ABC"))


def constructor(resolver: Resolver, target: Target) -> Target | None:
    """The constructor that a call of the class runs: its own, or an inherited one.

    One that has the name of its class (Java, C#, C++) is not inherited.
    """
    symbol = resolver.symbol(target)
    if symbol is None or symbol.kind not in CLASS_KINDS:
        return None
    for owner in resolver.order(target):
        for _, member in own_members(resolver, owner):
            if member.is_constructor and (owner == target or not member.is_namesake):
                constructors = resolver.member(target, member.short_name)
                return constructors[0] if len(constructors) == 1 else None
    return None


def _detached_methods(
    snapshot: IndexSnapshot, target: Target, symbol: Symbol, language: str
) -> Iterator[tuple[Target, Symbol]]:
    """The methods of a class that are in other files of its folder."""
    if language not in _DETACHED:
        return
    folder = posixpath.dirname(target.path)
    for path in sorted(snapshot.paths()):
        if path == target.path or posixpath.dirname(path) != folder:
            continue
        outline = snapshot.outline(path)
        if outline is None or outline.language not in modules.family(language):
            continue
        for other in outline.symbols[1:]:
            around = outline.symbol(other.parent)
            owner = other.name.rpartition(".")[0]
            if other.kind in FUNCTION_KINDS and owner == symbol.name and around is not None and around.name != owner:
                yield Target(path, other.id), other


_DETACHED = frozenset({"go", "rust", "c", "cpp"})
"""Languages in which a method may be in another file than its type."""
