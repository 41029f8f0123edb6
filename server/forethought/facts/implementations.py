"""The subclasses of a class and the overrides of a method, direct and indirect."""

from collections.abc import Callable

from forethought.errors import Cancelled
from forethought.facts.class_hierarchy import own_members, subclasses
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import FUNCTION_KINDS, TYPE_KINDS


def find_implementations(
    resolver: Resolver, target: Target, cancelled: Callable[[], bool] = lambda: False
) -> tuple[Target, ...]:
    """The classes below a class, or the methods that override a method in them; nearest first.

    Only bases that resolve to one class count. Raises Cancelled as soon as `cancelled` returns true.
    """
    symbol = resolver.symbol(target)
    if symbol is None:
        return ()
    if symbol.kind in TYPE_KINDS:
        return _all_subclasses(resolver, target, cancelled)
    owner = resolver.owner(target) if symbol.kind in FUNCTION_KINDS else None
    if owner is None or symbol.is_constructor:
        return ()
    return tuple(
        member
        for subclass in _all_subclasses(resolver, owner, cancelled)
        for member, other in own_members(resolver, subclass)
        if other.kind in FUNCTION_KINDS and other.short_name == symbol.short_name
    )


def _all_subclasses(resolver: Resolver, target: Target, cancelled: Callable[[], bool]) -> tuple[Target, ...]:
    found: dict[Target, None] = {target: None}
    waiting = [target]
    while waiting:
        if cancelled():
            raise Cancelled("The implementations are no longer wanted.")
        below = [Target(item.path, item.symbol_id) for item in subclasses(resolver, waiting.pop(0))]
        waiting += [item for item in below if item not in found]
        found.update(dict.fromkeys(below))
    return tuple(found)[1:]
