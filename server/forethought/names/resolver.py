"""From a name in the text to the definition that it means.

Order: scope, enclosing class and its bases, import, the receiver's type, then a name that only one definition in the
repository has. Several possible meanings are given as such; what is outside the repository, or cannot be read off the
text, is unknown. Nothing is guessed: a missing answer is poorer, a wrong one is worse.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from forethought.names.common_names import COMMON_NAMES
from forethought.names.file_names import FileNames, IndexSnapshot, Target
from forethought.names.inference import Inference
from forethought.names.query_cache import QueryCache
from forethought.names.values import ResolvedName
from forethought.syntax.expressions import parse_expression
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import FileTags, Import, Position, Reference, Symbol

__all__ = ["IndexSnapshot", "Resolution", "Resolver", "Target", "identifier_at"]

MAX_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Resolution:
    """One target: answered. Several: ambiguous, each of them possible. None: unknown, or outside the repository."""

    targets: tuple[Target, ...] = ()
    unknown: bool = False
    """Nothing says what it means: any definition of the name is possible. What is known to be outside is not so."""
    lacking: tuple[Target, ...] = ()
    """Classes that it is used on and that have no such member: one of their subclasses may."""


class Resolver:
    """Resolves many references over one generation of a snapshot. Not thread-safe: one per thread and piece of work."""

    def __init__(self, snapshot: IndexSnapshot, query_cache: QueryCache | None = None) -> None:
        self.snapshot = snapshot
        self._inference = Inference(snapshot, query_cache or QueryCache(snapshot))

    @property
    def query_cache(self) -> QueryCache:
        """What was worked out so far about the snapshot."""
        return self._inference.query_cache

    def names(self, path: str) -> FileNames | None:
        """The names of a file; None when it is not in the snapshot."""
        return self._inference.names(path)

    def reading_for(self, path: str) -> AbstractContextManager[None]:
        """While this is entered, whatever is read counts as what the findings about `path` rest on."""
        return self._inference.reading_for(path)

    def resolve(self, path: str, reference: Reference) -> Resolution:
        """The definitions that a reference in `path` may mean."""
        return self._without_declarations(_answered(*self._meant(path, reference)))

    def called(self, path: str, reference: Reference) -> Resolution:
        """The same of a call: a name that is bound once, to a definition, means what it is bound to."""
        resolved_names, unknown, lacking = self._meant(path, reference)
        bound = [found for resolved in resolved_names for found in self._bound_to(resolved)]
        return self._without_declarations(_answered(bound, unknown, lacking))

    def resolve_at(self, path: str, position: Position) -> Resolution:
        """What the identifier at the position means: a definition's own name, a use, or an imported name."""
        tags = self.snapshot.tags(path)
        found = identifier_at(tags, position) if tags is not None else None
        match found:
            case Symbol():
                return Resolution((Target(path, found.id),))
            case Reference():
                return self.resolve(path, found)
            case Import():
                return _answered(self._inference.imported_names(path, found))
        return Resolution()

    def representative(self, path: str, symbol_ids: Sequence[str]) -> Target:
        """Of several definitions of one qualified name in a file, the one that counts: no overload stub, no setter."""
        names = self._inference.names(path)
        symbols = [names.symbols[key] for key in symbol_ids if key in names.symbols] if names is not None else []
        return Target(path, names.chosen(symbols)[0].id if names is not None and symbols else symbol_ids[-1])

    def bases(self, owner: Target) -> tuple[tuple[str, tuple[Target, ...]], ...]:
        """Each base of a class as written, and the classes of the repository that it may mean."""
        return self._inference.direct_bases(owner)

    def order(self, owner: Target) -> tuple[Target, ...]:
        """The class and its bases in the order in which members are looked up."""
        return self._inference.bases_in_order(owner)[0]

    def owner(self, member: Target) -> Target | None:
        """The class that a definition is a member of, wherever the definition stands."""
        return self._inference.owner(member)

    def member(self, owner: Target, name: str) -> tuple[Target, ...]:
        """The definitions that the name may mean as a member of a class, its own or inherited."""
        return _answered(self._inference.class_member(owner, name)[0]).targets

    def module_member(self, path: str, name: str) -> tuple[Target, ...]:
        """The definitions that the name may mean as a member of a file taken as a module, its own or imported."""
        return _answered(self._inference.file_member(path, name)).targets

    def _without_declarations(self, found: Resolution) -> Resolution:
        kept = self.without_declarations(found.targets)
        return found if kept == found.targets else replace(found, targets=kept)

    def without_declarations(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """The targets without those that only declare, in C and C++, what another of the repository defines."""
        kept: list[Target] = []
        for target in targets:
            names = self._inference.names(target.path)
            symbol = names.symbols.get(target.symbol_id) if names is not None else None
            declares = symbol is not None and symbol.kind in FUNCTION_KINDS and not symbol.body
            if names is not None and symbol is not None and declares and names.tags.language in ("c", "cpp"):
                target = self._inference.definition_of(symbol) or target
            kept.append(target)
        return tuple(dict.fromkeys(kept))

    def _meant(self, path: str, reference: Reference) -> tuple[list[ResolvedName], bool, list[Target]]:
        """(what it means, whether nothing is known of it, the classes that lack it)."""
        names = self._inference.names(path)
        if names is None:
            return [], False, []
        scope = reference.scope
        symbol = names.symbols.get(scope)
        if symbol is not None and symbol.id and reference.range.start < symbol.selection.start:
            scope = symbol.parent  # a decorator stands outside what it decorates
        start = reference.range.start
        if reference.receiver is None:
            resolved_names = self._inference.look_up(path, scope, reference.name, start, typed=reference.kind == "type")
            return resolved_names, not resolved_names, []
        language = names.tags.language
        node = parse_expression(language, reference.receiver)
        values = self._inference.evaluate(path, scope, node, start)
        resolved_names = [
            resolved for value in values for resolved in self._inference.value_member(value, reference.name)[0]
        ]
        if resolved_names:
            return resolved_names, False, []
        if values and (extensions := self._inference.extensions(language, reference.name)):
            outside = all(value.kind == "outside" for value in values)
            if outside and (reference.name[:1].lower() + reference.name[1:]) in COMMON_NAMES:
                return [], True, []  # `items.Select()` is more likely the standard library's
            return extensions, False, []
        if values:
            lacking = [Target(value.path, value.id) for value in values if value.kind in ("instance", "class")]
            return [], any(value.kind in ("function", "self") for value in values), lacking
        only = self._unique(language, reference)
        return only, not only, []

    def _bound_to(self, resolved: ResolvedName) -> list[ResolvedName]:
        if resolved.kind == "file":
            return self._inference.exported(resolved.path) or [resolved]
        names = self._inference.names(resolved.path)
        symbol = names.symbols.get(resolved.id) if names is not None and resolved.kind == "symbol" else None
        if (resolved.kind != "binding" and (symbol is None or symbol.kind not in VALUE_KINDS)) or len(
            resolved.bindings
        ) != 1:
            return [resolved]
        values = self._inference.thing_values(resolved)
        return [ResolvedName("symbol", value.path, value.id) for value in values if value.kind in ("class", "function")]

    def _unique(self, language: str, reference: Reference) -> list[ResolvedName]:
        """The only definition of that name in the repository, for a call whose receiver says nothing."""
        if reference.kind not in ("call", "class", "type") or reference.name in COMMON_NAMES or len(reference.name) < 3:
            return []
        found = self._inference.only_definition(reference.name, language, CLASS_KINDS | FUNCTION_KINDS)
        return [ResolvedName("symbol", *found)] if found is not None else []


def identifier_at(tags: FileTags, position: Position) -> Symbol | Reference | Import | None:
    """The definition's name, the use or the imported name that the position is in, or just behind."""
    for place in (position, Position(position.row, position.column - 1)):
        for symbol in tags.symbols[1:]:
            if symbol.selection.contains(place):
                return symbol
        for reference in tags.references:
            if reference.range.contains(place):
                return reference
        for item in tags.imports:
            if item.range.contains(place):
                return item
    return None


def _answered(
    resolved_names: Iterable[ResolvedName], unknown: bool = False, lacking: Sequence[Target] = ()
) -> Resolution:
    targets = dict.fromkeys(
        Target(resolved.path, resolved.id if resolved.kind == "symbol" else "")
        for resolved in resolved_names
        if resolved.kind in ("symbol", "file")
    )
    return Resolution(tuple(targets)[:MAX_CANDIDATES], unknown, tuple(dict.fromkeys(lacking)))
