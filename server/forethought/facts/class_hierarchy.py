"""What is said of a class: its bases, its direct subclasses, the members that are its own and that it inherits."""

import posixpath
import re
from collections.abc import Iterator

from forethought.facts.symbol_facts import Place, known_as
from forethought.names import modules
from forethought.names.file_names import IndexSnapshot, Target
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import Binding, Symbol


def subclasses(resolver: Resolver, target: Target) -> tuple[Place, ...]:
    """Every class in the repository that names the target among its bases, in path order.

    Only bases that can be resolved count; a file that never mentions the name is not read.
    """
    snapshot = resolver.snapshot
    symbol = _symbol(resolver, target)
    if symbol is None or symbol.kind not in CLASS_KINDS:
        return ()
    names: dict[str, set[str]] = {}
    for name, only_in in known_as(snapshot, symbol.short_name):
        for path in {path for path, _ in snapshot.references_named(name)} if only_in is None else {only_in}:
            names.setdefault(path, set()).add(name)
    found: list[Place] = []
    for path in sorted(names):
        outline = snapshot.outline(path)
        mentioned = re.compile(rf"(?<![\w$])(?:{'|'.join(map(re.escape, sorted(names[path])))})(?![\w$])")
        for other in outline.symbols[1:] if outline is not None else ():
            its = Target(path, other.id)
            if other.kind not in CLASS_KINDS or its == target or not any(map(mentioned.search, other.bases)):
                continue
            if any(classes == (target,) for _, classes in resolver.bases(its)):
                found.append(Place(path, other.id, other.selection))
    return tuple(found)


def based_outside(resolver: Resolver, name: str) -> tuple[Place, ...]:
    """Every class that names a base of this name, as written, which is not in the repository; in path order."""
    short = name.rpartition(".")[2]
    found: list[Place] = []
    for path in sorted({path for path, _ in resolver.snapshot.references_named(short)}):
        outline = resolver.snapshot.outline(path)
        for symbol in outline.symbols[1:] if outline is not None else ():
            if symbol.kind not in CLASS_KINDS or not any(short in base for base in symbol.bases):
                continue
            for text, classes in resolver.bases(Target(path, symbol.id)):
                if not classes and re.split(r"::|[.\\]", re.split(r"[<\[]", text)[0])[-1] == short:
                    found.append(Place(path, symbol.id, symbol.selection))
                    break
    return tuple(found)


def own_members(resolver: Resolver, target: Target) -> tuple[tuple[Target, Symbol], ...]:
    """The definitions in a class or a file, those of a class that stand outside of it, too (Go, Rust, C++, Lua)."""
    names = resolver.names(target.path)
    symbol = names.symbols.get(target.symbol_id) if names is not None else None
    if names is None or symbol is None:
        return ()
    if symbol.kind == "file":
        # What stands in an object, like the methods of `const proto = {…}`, or in a namespace is the file's as well.
        own = {""}
        members = []
        for other in names.tags.symbols[1:]:
            if other.parent in own:
                members.append((Target(target.path, other.id), other))
                if other.kind in VALUE_KINDS or other.kind == "module":
                    own.add(other.id)
        return tuple(members)
    found = [
        (Target(target.path, member.id), member)
        for members in names.members.get(target.symbol_id, {}).values()
        for member in members
    ]
    found += _elsewhere(resolver.snapshot, target, symbol, names.tags.language)
    found.sort(key=lambda item: (item[0].path != target.path, item[0].path, item[1].selection))
    return tuple(found)


def fields(resolver: Resolver, target: Target) -> tuple[Binding, ...]:
    """What a class declares in its body that is no definition of its own, in order."""
    names = resolver.names(target.path)
    bound = names.bindings.get(target.symbol_id, {}) if names is not None else {}
    own = names.members.get(target.symbol_id, {}) if names is not None else {}
    found = [bindings[0] for name, bindings in bound.items() if name not in own and bindings[0].seen_in is None]
    return tuple(sorted(found, key=lambda binding: binding.range))


def overloads(resolver: Resolver, target: Target) -> tuple[Symbol, ...]:
    """The functions of one qualified name in a file where each is one of its own; else the target's symbol alone."""
    names = resolver.names(target.path)
    symbol = _symbol(resolver, target)
    if names is None or symbol is None:
        return ()
    same = [other for other in names.tags.symbols if other.name == symbol.name and other.kind in FUNCTION_KINDS]
    if symbol.kind not in FUNCTION_KINDS or not modules.has_overloads(names.tags.language):
        return (symbol,)
    return tuple(other for other in same if other.body) or tuple(same)


def inherited(resolver: Resolver, target: Target) -> tuple[tuple[Target, tuple[tuple[Target, Symbol], ...]], ...]:
    """For each base in the repository, nearest first: its methods that nothing before it in the order replaces."""
    seen = {symbol.short_name for _, symbol in own_members(resolver, target)}
    found = []
    for base in resolver.order(target)[1:]:
        methods = tuple(
            (member, symbol)
            for member, symbol in own_members(resolver, base)
            if symbol.kind in FUNCTION_KINDS and symbol.short_name not in seen
        )
        seen |= {symbol.short_name for _, symbol in methods}
        if methods:
            found.append((base, methods))
    return tuple(found)


def external_bases(resolver: Resolver, target: Target) -> tuple[str, ...]:
    """Bases, of the class or of its bases, as written, that are not in the repository or cannot be told."""
    written = [text for owner in resolver.order(target) for text, classes in resolver.bases(owner) if not classes]
    return tuple(text for text in dict.fromkeys(written) if text not in ("object", "ABC", "abc.ABC"))


def constructor(resolver: Resolver, target: Target) -> Target | None:
    """What is called when the class is: its own or inherited `__init__`, `constructor`, `initialize`, or namesake."""
    symbol = _symbol(resolver, target)
    if symbol is None or symbol.kind not in CLASS_KINDS:
        return None
    for name in ("__init__", "constructor", "__construct", "initialize", "init", symbol.short_name):
        found = resolver.member(target, name)
        if len(found) == 1 and found[0] != target:
            return found[0]
    return None


def _elsewhere(
    snapshot: IndexSnapshot, target: Target, symbol: Symbol, language: str
) -> Iterator[tuple[Target, Symbol]]:
    """Methods in other files of the folder that name the class as theirs."""
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
"""Languages in which a method may stand in another file than its type."""


def _symbol(resolver: Resolver, target: Target) -> Symbol | None:
    names = resolver.names(target.path)
    return names.symbols.get(target.symbol_id) if names is not None else None
