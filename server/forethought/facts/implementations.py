"""The subtypes and supertypes of a type, and the overrides of a method."""

from collections.abc import Callable

from forethought.errors import Cancelled
from forethought.facts.class_hierarchy import own_members, subclasses
from forethought.facts.go_interfaces import GoMethodSets, is_go_interface
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import FUNCTION_KINDS, TYPE_KINDS


def find_implementations(
    resolver: Resolver, target: Target, cancelled: Callable[[], bool] = lambda: False
) -> tuple[Target, ...]:
    """The classes below a class, or the methods that override a method in them; nearest first.

    Only bases that resolve to one class count; in Go, types that certainly have all methods of the interface. Raises
    Cancelled as soon as `cancelled` returns true.
    """
    symbol = resolver.symbol(target)
    if symbol is None:
        return ()
    if symbol.kind in TYPE_KINDS:
        return _all_subtypes(resolver, target, cancelled)
    owner = resolver.owner(target) if symbol.kind in FUNCTION_KINDS else None
    if owner is None or symbol.is_constructor:
        return ()
    if is_go_interface(resolver, owner):
        sets = GoMethodSets(resolver, cancelled)
        methods = (sets.method(item, symbol.short_name) for item in _all_subtypes(resolver, owner, cancelled))
        return tuple(dict.fromkeys(item for item in methods if item is not None and resolver.owner(item) != owner))
    return tuple(
        member
        for subclass in _all_subtypes(resolver, owner, cancelled)
        for member, other in own_members(resolver, subclass)
        if other.kind in FUNCTION_KINDS and other.short_name == symbol.short_name
    )


def subtypes(resolver: Resolver, target: Target, cancelled: Callable[[], bool] = lambda: False) -> tuple[Target, ...]:
    """The direct subclasses of a class; of an interface in Go, the types that certainly have all of its methods."""
    below = [Target(item.path, item.symbol_id) for item in subclasses(resolver, target)]
    if is_go_interface(resolver, target):
        found = GoMethodSets(resolver, cancelled).implementers(target)
        below += () if found.outside else found.types
    return tuple(dict.fromkeys(below))


def supertypes(resolver: Resolver, target: Target) -> tuple[Target, ...]:
    """The direct bases that resolve to one class; of a type in Go, also the interfaces that it certainly implements."""
    above = [classes[0] for _, classes in resolver.bases(target) if len(classes) == 1]
    names = resolver.names(target.path)
    if names is not None and names.tags.language == "go":
        above += GoMethodSets(resolver).interfaces_of(target)
    return tuple(dict.fromkeys(above))


def _all_subtypes(resolver: Resolver, target: Target, cancelled: Callable[[], bool]) -> tuple[Target, ...]:
    found: dict[Target, None] = {target: None}
    waiting = [target]
    while waiting:
        if cancelled():
            raise Cancelled("The implementations are no longer wanted.")
        below = subtypes(resolver, waiting.pop(0), cancelled)
        waiting += [item for item in below if item not in found]
        found.update(dict.fromkeys(below))
    return tuple(found)[1:]
