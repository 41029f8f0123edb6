"""Where a parameter or local variable is bound and used. Both are in the file at hand, so nothing is resolved."""

from collections.abc import Sequence
from dataclasses import dataclass

from forethought.names import modules
from forethought.names.file_names import FileNames
from forethought.syntax.symbol_kinds import TYPE_KINDS
from forethought.syntax.tags import Binding, FileTags, Position, Range, Reference, Symbol, visible


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
            is_local = binding.is_type or binding.name in names.bindings.get(binding.scope, {})
            if is_local and binding.range.contains(place):
                return _local_name(names, binding.name, _Owner(binding.scope, binding.seen_in, binding.is_type))
        for reference in tags.references:
            if reference.range.contains(place) and reference.receiver is None and reference.kind != "attribute":
                owner = _owner(names, reference)
                return _local_name(names, reference.name, owner) if owner is not None else None
    return None


@dataclass(frozen=True, slots=True)
class _Owner:
    """What binds a name: a symbol, or a block or anonymous function in it."""

    scope: str
    seen_in: Range | None
    is_type: bool = False


def _local_name(names: FileNames, name: str, owner: _Owner) -> LocalName:
    table = names.type_parameters if owner.is_type else names.bindings
    bindings = {binding.range for binding in table[owner.scope][name] if binding.seen_in == owner.seen_in}
    uses = {
        reference.range
        for reference in names.tags.references
        if reference.name == name
        and reference.receiver is None
        and reference.kind != "attribute"
        and _owner(names, reference) == owner
    }
    return LocalName(name, tuple(sorted(bindings)), tuple(sorted(uses - bindings)))


def _owner(names: FileNames, reference: Reference) -> _Owner | None:
    """The innermost scope that binds the name; None if that is a definition or an import, or if there is none."""
    name, position = reference.name, reference.range.start
    for symbol in names.scopes(reference.scope):
        types = names.type_parameters.get(symbol.id, {}).get(name, ()) if reference.kind == "type" else ()
        if around_type := visible(types, position):
            return _Owner(symbol.id, around_type[0].seen_in, is_type=True)
        is_hidden = symbol.kind in TYPE_KINDS and not modules.has_implicit_members(names.tags.language)
        if is_hidden and symbol.id != reference.scope:
            continue  # the names of a Python class are not visible in its methods
        members: Sequence[Symbol] = names.members.get(symbol.id, {}).get(name, ())
        bindings: Sequence[Binding] = names.bindings.get(symbol.id, {}).get(name, ())
        declared: list[Symbol | Binding] = [*members, *bindings]
        around = visible(declared, position)
        if any(isinstance(item, Symbol) for item in around):
            return None
        if name in names.imports.get(symbol.id, {}) and not (around and around[0].seen_in):
            return None
        if around:
            return _Owner(symbol.id, around[0].seen_in)
    return None
