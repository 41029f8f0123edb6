"""From a name in the text to the definition that it refers to.

What a language's own indexer says comes first (`IndexSnapshot.precise`). Then names are looked up in the scope, the
enclosing class and its bases, the imports, and the receiver's type; last comes the only definition of that name in the
repository. If several definitions are possible, all are returned. Nothing is guessed: no answer is better than a wrong
one.
"""

import ast
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from forethought.names import modules, rust_library
from forethought.names.c_declarations import Declarations, is_declaration
from forethought.names.common_names import COMMON_NAMES
from forethought.names.file_names import FileNames, IndexSnapshot, Target
from forethought.names.inference import Inference
from forethought.names.language_values import LANGUAGE_VALUES
from forethought.names.overloads import OverloadChooser
from forethought.names.query_cache import QueryCache
from forethought.names.values import InferredValue, ResolvedName
from forethought.syntax.expressions import PathName, parse_expression
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import Binding, FileTags, Import, Position, Reference, Symbol

__all__ = ["IndexSnapshot", "Resolution", "Resolver", "Target", "identifier_at"]

MAX_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a reference refers to: one target if it is certain, several if each is possible."""

    targets: tuple[Target, ...] = ()
    unknown: bool = False
    """Nothing is known about it, so any definition of the name is possible. False for what is known to be external."""
    lacking: tuple[Target, ...] = ()
    """Classes that it is used on and that lack such a member; their subclasses may have one."""


class Resolver:
    """Resolves references over one generation of a snapshot. Not thread-safe: use one per thread and task."""

    def __init__(self, snapshot: IndexSnapshot, query_cache: QueryCache | None = None) -> None:
        self.snapshot = snapshot
        self._inference = Inference(snapshot, query_cache or QueryCache(snapshot), LANGUAGE_VALUES)
        self._chooser = OverloadChooser(self._inference)
        self._declarations = Declarations(self._inference)

    @property
    def query_cache(self) -> QueryCache:
        """The results so far."""
        return self._inference.query_cache

    def names(self, path: str) -> FileNames | None:
        """The names of a file; None if it is not in the snapshot."""
        return self._inference.names(path)

    def symbol(self, target: Target) -> Symbol | None:
        """The target's symbol; None if it is not in the snapshot."""
        names = self.names(target.path)
        return names.symbols.get(target.symbol_id) if names is not None else None

    def documentation(self, target: Target) -> str | None:
        """The docs of a definition; of a C or C++ one without any, those of its declaration."""
        symbol = self.symbol(target)
        names = self.names(target.path)
        if symbol is None or names is None:
            return None
        if symbol.doc or names.tags.language not in ("c", "cpp") or is_declaration(symbol):
            return symbol.doc
        declared = self._declarations.declarations_of(target, symbol)
        return next((declaration.doc for declaration in declared if declaration.doc), None)

    def record_dependencies(self, path: str) -> AbstractContextManager[None]:
        """Within this context, whatever is read is recorded as a dependency of the results about `path`."""
        return self._inference.record_dependencies(path)

    def resolve(self, path: str, reference: Reference) -> Resolution:
        """The definitions that a reference in `path` may refer to."""
        meanings, unknown, lacking = self._meanings(path, reference)
        return self._without_declarations(path, _resolution(meanings, unknown, lacking))

    def called(self, path: str, reference: Reference) -> Resolution:
        """The definitions that a call in `path` may run. A name that is bound once stands for what it is bound to."""
        meanings, unknown, lacking = self._meanings(path, reference)
        bound = [definition for resolved in meanings for definition in self._bound_to(resolved)]
        return self._without_declarations(path, _resolution(bound, unknown, lacking))

    def _meanings(self, path: str, reference: Reference) -> tuple[list[ResolvedName], bool, list[Target]]:
        """As `_resolve`, the overload chosen; a precise index is asked first."""
        precise, start = self.query_cache.precise(self.snapshot, path), reference.range.start
        if start in precise:
            target = precise[start]
            if target is None:
                return [], False, []
            if self.symbol(target) is not None:
                return [ResolvedName("symbol", *target)], False, []
        resolved_names, unknown, lacking = self._resolve(path, reference)
        return self._overloads(path, reference, resolved_names), unknown, lacking

    def _overloads(self, path: str, reference: Reference, resolved_names: list[ResolvedName]) -> list[ResolvedName]:
        if reference.arguments is None:
            return resolved_names
        return [
            overload
            for resolved in resolved_names
            for overload in (
                self._chooser.choose(path, reference, resolved) if resolved.kind == "symbol" else [resolved]
            )
        ]

    def resolve_at(self, path: str, position: Position) -> Resolution:
        """What the identifier at the position refers to: it may name a definition, a use or an import."""
        tags = self.snapshot.tags(path)
        identifier = identifier_at(tags, position) if tags is not None else None
        match identifier:
            case Symbol():
                return Resolution((Target(path, identifier.id),))
            case Reference():
                return self.resolve(path, identifier)
            case Import():
                return _resolution(self._inference.imported_names(path, identifier))
        return Resolution()

    def bindings_at(self, path: str, position: Position) -> tuple[Binding, ...]:
        """Where the local name at the position is bound, in order; empty for anything but a local name."""
        names, tags = self.names(path), self.snapshot.tags(path)
        if names is None or tags is None:
            return ()
        match identifier_at(tags, position):
            case Reference() as reference:
                resolved_names, _, _ = self._resolve(path, reference)
                bindings = [
                    binding
                    for resolved in resolved_names
                    if resolved.kind == "binding" and resolved.path == path
                    for binding in resolved.bindings
                ]
            case None:
                bound = next((item for item in tags.bindings if item.range.contains(position)), None)
                table = names.type_parameters if bound is not None and bound.is_type else names.bindings
                same = table.get(bound.scope, {}).get(bound.name, ()) if bound is not None else ()
                bindings = [item for item in same if bound is not None and item.seen_in == bound.seen_in]
            case _:
                return ()
        return tuple(sorted(bindings, key=lambda binding: binding.range))

    def types(self, path: str, bindings: Sequence[Binding]) -> tuple[str, ...]:
        """The names of the classes in the repository that the values of a local name are instances of."""
        if not bindings:
            return ()
        values = self._inference.values_of(ResolvedName("binding", path, bindings[0].name, tuple(reversed(bindings))))
        return tuple(dict.fromkeys(value.id.rpartition(".")[2] for value in values if value.kind == "instance"))

    def imported(self, path: str, item: Import) -> Resolution:
        """The definitions and files that an import in `path` brings in."""
        return _resolution(self._inference.imported_names(path, item))

    def representative(self, path: str, symbol_ids: Sequence[str]) -> Target:
        """Of several definitions of one qualified name, the one that counts: not an overload stub, not a setter."""
        names = self._inference.names(path)
        symbols = [names.symbols[key] for key in symbol_ids if key in names.symbols] if names is not None else []
        return Target(path, names.chosen(symbols)[0].id if names is not None and symbols else symbol_ids[-1])

    def bases(self, owner: Target) -> tuple[tuple[str, tuple[Target, ...]], ...]:
        """Each base of a class as written, and the classes in the repository that it may refer to."""
        return self._inference.direct_bases(owner)

    def order(self, owner: Target) -> tuple[Target, ...]:
        """The class and its bases in method resolution order."""
        return self._inference.bases_in_order(owner)[0]

    def owner(self, member: Target) -> Target | None:
        """The class that a definition is a member of, wherever it is defined."""
        return self._inference.owner(member)

    def member(self, owner: Target, name: str) -> tuple[Target, ...]:
        """The definitions of a member of a class, its own or inherited, that the name may refer to."""
        return _resolution(self._inference.class_member(owner, name)[0]).targets

    def module_member(self, path: str, name: str) -> tuple[Target, ...]:
        """The definitions of a member of a file as a module, its own or imported, that the name may refer to."""
        return _resolution(self._inference.file_member(path, name)).targets

    def _without_declarations(self, path: str, resolution: Resolution) -> Resolution:
        targets = self.without_declarations(resolution.targets, path)
        return resolution if targets == resolution.targets else replace(resolution, targets=targets)

    def without_declarations(self, targets: Sequence[Target], user: str | None = None) -> tuple[Target, ...]:
        """The targets, with each C or C++ declaration replaced by the definition if the repository has it.

        user: the file that refers to them
        """
        definitions: list[Target] = []
        for target in targets:
            names = self._inference.names(target.path)
            symbol = names.symbols.get(target.symbol_id) if names is not None else None
            is_c = names is not None and names.tags.language in ("c", "cpp")
            if is_c and symbol is not None and is_declaration(symbol):
                target = self._declarations.definition_of(user or target.path, symbol) or target
            definitions.append(target)
        return tuple(dict.fromkeys(definitions))

    def _resolve(self, path: str, reference: Reference) -> tuple[list[ResolvedName], bool, list[Target]]:
        """(what it may refer to, whether nothing is known about it, the classes that lack it)."""
        names = self._inference.names(path)
        if names is None:
            return [], False, []
        scope = reference.scope
        symbol = names.symbols.get(scope)
        if symbol is not None and symbol.id and reference.range.start < symbol.selection.start:
            scope = symbol.parent  # a decorator is outside what it decorates
        start = reference.range.start
        if reference.receiver is None:
            if reference.kind == "attribute" and names.tags.language == "cpp":  # `Jar::Jar() : size_(1) {}`
                owner = self._inference.owner_of_method(path, names, scope)
                members = self._inference.class_member(owner, reference.name, called=False)[0] if owner else []
                if members:
                    return members, False, []
            is_type, is_call = reference.kind == "type", reference.kind == "call"
            called = is_call or not modules.keeps_functions_apart(names.tags.language)
            resolved_names = self._inference.look_up(
                path, scope, reference.name, start, typed=is_type, called=called, invoked=is_call
            )
            return resolved_names, not resolved_names, []
        language = names.tags.language
        if reference.kind == "key":
            fields = self._inference.language(path).literal_fields(path, scope, reference)
            resolved_names = fields or self._inference.look_up(path, scope, reference.name, start)
            return resolved_names, False, []
        node = parse_expression(language, reference.receiver)
        if language == "rust" and reference.kind in ("type", "class") and isinstance(node, ast.Name):
            node = PathName(node.id)
        values = self._inference.evaluate(path, scope, node, start)
        is_call = (
            (language != "rust" and not modules.keeps_functions_apart(language))
            or reference.kind in ("call", "method")
            or isinstance(node, PathName)
        )
        resolved_names = self._members(values, reference.name, called=is_call)
        if language == "rust" and not resolved_names and type(node) is ast.Name:
            # A variable and a module may have one name: `ast::visit(ast)`.
            as_path = self._inference.evaluate(path, scope, PathName(node.id), start)
            resolved_names = self._members([item for item in as_path if item.kind != "instance"], reference.name)
        if resolved_names:
            return resolved_names, False, []
        if values and (extensions := self._inference.extensions(language, reference.name)):
            are_external = all(value.kind == "external" for value in values)
            if are_external and (reference.name[:1].lower() + reference.name[1:]) in COMMON_NAMES:
                return [], True, []  # `items.Select()` is more likely the standard library's
            return extensions, False, []
        if values and not (language == "rust" and all(value.kind == "container" for value in values)):
            lacking = [Target(value.path, value.id) for value in values if value.kind in ("instance", "class")]
            return [], any(value.kind in ("function", "self") for value in values), lacking
        if self._is_foreign(path, scope, node, start):
            return [], False, []
        unique = self._unique(path, language, reference)
        return unique, not unique, []

    def _members(self, values: Iterable[InferredValue], name: str, *, called: bool = True) -> list[ResolvedName]:
        return [
            resolved
            for value in values
            for resolved in self._inference.value_member(value, name, called=called or value.kind == "class")[0]
        ]

    def _is_foreign(self, path: str, scope: str, receiver: ast.expr | None, before: Position) -> bool:
        """Whether a receiver starts with a name that nothing in the repository defines: `Object`, Java's `Math`."""
        while isinstance(receiver, ast.Attribute):
            receiver = receiver.value
        names = self._inference.names(path)
        if names is None or not isinstance(receiver, ast.Name):
            return False
        language, name = names.tags.language, receiver.id
        if language == "rust" and name in modules.RUST_LIBRARIES:
            return not self._inference.look_up(path, scope, name, before)
        if not modules.declares_names(language, name) or self._inference.look_up(path, scope, name, before):
            return False
        return not self._inference.definitions(language, name)

    def _bound_to(self, resolved: ResolvedName) -> list[ResolvedName]:
        """The definitions that the only binding of a name gives it; else the name itself."""
        if resolved.kind == "file":
            return self._inference.exported(resolved.path) or [resolved]
        names = self._inference.names(resolved.path)
        symbol = names.symbols.get(resolved.id) if names is not None and resolved.kind == "symbol" else None
        if (resolved.kind != "binding" and (symbol is None or symbol.kind not in VALUE_KINDS)) or len(
            resolved.bindings
        ) != 1:
            return [resolved]
        values = self._inference.values_of(resolved)
        return [ResolvedName("symbol", value.path, value.id) for value in values if value.kind in ("class", "function")]

    def _unique(self, path: str, language: str, reference: Reference) -> list[ResolvedName]:
        """The only definition of the name in the repository, for a call whose receiver is unknown."""
        if reference.kind not in ("call", "class", "type") or reference.name in COMMON_NAMES or len(reference.name) < 3:
            return []
        if language == "rust" and reference.name in rust_library.METHODS:
            return []
        target = self._inference.only_definition(path, reference.name, language, CLASS_KINDS | FUNCTION_KINDS)
        return [ResolvedName("symbol", *target)] if target is not None else []


def identifier_at(tags: FileTags, position: Position) -> Symbol | Reference | Import | None:
    """The definition's name, the use or the imported name at the position, or just before it."""
    for candidate in (position, Position(position.row, position.column - 1)):
        for reference in tags.references:  # before the definitions: an embedded type in Go is a field as well
            if reference.range.contains(candidate):
                return reference
        for symbol in tags.definitions:
            if symbol.selection.contains(candidate):
                return symbol
        for item in tags.imports:
            if item.range.contains(candidate) or (item.original is not None and item.original.contains(candidate)):
                return item
    return None


def _resolution(
    resolved_names: Iterable[ResolvedName], unknown: bool = False, lacking: Sequence[Target] = ()
) -> Resolution:
    targets = dict.fromkeys(
        Target(resolved.path, resolved.id if resolved.kind == "symbol" else "")
        for resolved in resolved_names
        if resolved.kind in ("symbol", "file")
    )
    return Resolution(tuple(targets)[:MAX_CANDIDATES], unknown, tuple(dict.fromkeys(lacking)))
