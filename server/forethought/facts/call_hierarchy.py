"""The calls of a function, and the calls in it, grouped by the function at the other end. Only certain calls count."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

from forethought.errors import Cancelled
from forethought.facts.call_graph import calls_of, find_calls, known_as
from forethought.facts.certain_uses import same_definitions
from forethought.facts.class_hierarchy import constructor, own_members
from forethought.facts.symbol_facts import body_scopes
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import Range, name_of

MAX_STEPS = 4
"""Calls in the longest chain that is looked for."""
_MAX_FOLLOWED = 300
"""Functions whose calls are followed in search of a chain. Each may have a file's calls resolved."""

Calls = Mapping[Target, Sequence[Range]]
"""The symbol at the other end → the ranges of the called names, in order."""


def incoming_calls(resolver: Resolver, target: Target, cancelled: Callable[[], bool] = lambda: False) -> Calls:
    """Who calls the target, in path order. A call of a class also calls its constructor.

    Raises Cancelled as soon as `cancelled` returns true.
    """
    symbol = resolver.symbol(target)
    if symbol is None:
        return {}
    called = set(same_definitions(resolver, target))
    names = {symbol.short_name}
    owner = resolver.owner(target) if symbol.is_constructor else None
    if owner is not None and constructor(resolver, owner) == target:
        called.add(owner)
        names.add(name_of(owner.symbol_id).rpartition(".")[2])
    found: dict[Target, list[Range]] = {}
    for name in sorted(names):
        for alias, only_in in known_as(resolver.snapshot, name):
            for path, calls in calls_of(resolver, alias, only_in):
                if cancelled():
                    raise Cancelled("The callers are no longer wanted.")
                for call in calls:
                    if call.targets and called.issuperset(call.targets):
                        found.setdefault(Target(path, call.scope), []).append(call.range)
    return {caller: sorted(set(ranges)) for caller, ranges in sorted(found.items())}


def outgoing_calls(resolver: Resolver, target: Target) -> Calls:
    """What the target's body calls, in order."""
    names, symbol = resolver.names(target.path), resolver.symbol(target)
    if names is None or symbol is None:
        return {}
    scopes = body_scopes(names.tags, symbol)
    calls = sorted(
        (call.range, call.targets[0])
        for same_name in find_calls(resolver, target.path).values()
        for call in same_name
        if len(call.targets) == 1 and call.scope in scopes and (not symbol.id or call.range > symbol.selection)
    )
    found: dict[Target, list[Range]] = {}
    for range_, callee in calls:
        found.setdefault(callee, []).append(range_)
    return found


def find_call_chain(
    resolver: Resolver, start: Target, goals: Collection[Target], cancelled: Callable[[], bool] = lambda: False
) -> tuple[Target, ...]:
    """The shortest chain of certain calls from a function to one of the goals, both included; empty if there is none.

    At most MAX_STEPS calls long. A call of a class leads on from its constructor; of a class itself, its methods are
    followed. Raises Cancelled as soon as `cancelled` returns true.
    """
    symbol = resolver.symbol(start)
    methods = own_members(resolver, start) if symbol is not None and symbol.kind in CLASS_KINDS else ()
    chains: dict[Target, tuple[Target, ...]] = {start: (start,)}
    chains.update((method, (start, method)) for method, member in methods if member.kind in FUNCTION_KINDS)
    waiting = deque(chains)
    for _ in range(_MAX_FOLLOWED):
        if not waiting:
            break
        if cancelled():
            raise Cancelled("The chain of calls is no longer wanted.")
        caller = waiting.popleft()
        made = constructor(resolver, caller) if caller != start else None
        for callee in outgoing_calls(resolver, made or caller):
            if callee in chains:
                continue
            chains[callee] = (*chains[caller], callee)
            if callee in goals:
                return chains[callee]
            if len(chains[callee]) <= MAX_STEPS:
                waiting.append(callee)
    return ()
