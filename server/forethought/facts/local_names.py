"""Where a parameter or local variable is bound and used. Both are in the file at hand, so nothing is resolved."""

from dataclasses import dataclass

from forethought.names import modules
from forethought.names.file_names import FileNames
from forethought.syntax.symbol_kinds import TYPE_KINDS
from forethought.syntax.tags import Binding, FileTags, Position, Range


@dataclass(frozen=True, slots=True)
class LocalName:
    """A name that is bound in some scope of a file without being a symbol of the index."""

    name: str
    bindings: tuple[Range, ...]
    """Where it gets a value, in order; never empty."""
    uses: tuple[Range, ...]
    """Where it is read, in order."""


def local_name_at(tags: FileTags, position: Position) -> LocalName | None:
    """The local name at the position, or just before it; None for anything else."""
    names = FileNames(tags)
    for place in (position, Position(position.row, position.column - 1)):
        for binding in tags.bindings:
            if binding.range.contains(place) and binding.name in names.bindings.get(binding.scope, {}):
                return _local_name(names, binding.name, _Owner(binding.scope, binding.seen_in))
        for reference in tags.references:
            if reference.range.contains(place) and reference.receiver is None and reference.kind != "attribute":
                owner = _owner(names, reference.scope, reference.name, reference.range.start)
                return _local_name(names, reference.name, owner) if owner is not None else None
    return None


@dataclass(frozen=True, slots=True)
class _Owner:
    """What binds a name: a symbol, or an anonymous function in it."""

    scope: str
    seen_in: Range | None


def _local_name(names: FileNames, name: str, owner: _Owner) -> LocalName:
    bindings = {binding.range for binding in names.bindings[owner.scope][name] if binding.seen_in == owner.seen_in}
    uses = {
        reference.range
        for reference in names.tags.references
        if reference.name == name
        and reference.receiver is None
        and reference.kind != "attribute"
        and _owner(names, reference.scope, name, reference.range.start) == owner
    }
    return LocalName(name, tuple(sorted(bindings)), tuple(sorted(uses - bindings)))


def _owner(names: FileNames, scope: str, name: str, position: Position) -> _Owner | None:
    """The innermost scope that binds the name; None if that is a definition or an import, or if there is none."""
    for symbol in names.scopes(scope):
        is_hidden = symbol.kind in TYPE_KINDS and not modules.has_implicit_members(names.tags.language)
        if is_hidden and symbol.id != scope:
            continue  # the names of a Python class are not visible in its methods
        if name in names.members.get(symbol.id, {}) or name in names.imports.get(symbol.id, {}):
            return None
        visible: list[Binding] = [
            binding
            for binding in names.bindings.get(symbol.id, {}).get(name, ())
            if binding.seen_in is None or binding.seen_in.contains(position)
        ]
        if visible:
            inner = [binding.seen_in for binding in visible if binding.seen_in is not None]
            return _Owner(symbol.id, max(inner, key=lambda seen: seen.start, default=None))
    return None
