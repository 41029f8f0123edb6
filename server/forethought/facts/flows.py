"""Flows: from an entry point along resolved calls to the effects that they end in.

A flow is a small tree of the most telling calls. From each function, these are shown first: calls that lead to the
network, a database, the file system or a process, in this order; then calls into other packages; then into other files;
then those from which most functions are reached. Branches with such effects are followed before all others. A function
that calls nothing here and has no such effect is left out, and each function is shown once.

A call that resolves to one definition is certain. Where a few are possible, or the call runs an abstract method with
implementations, each is marked as possible (“may”); where more are, none is followed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from forethought.errors import Cancelled
from forethought.facts.call_graph import Call, find_calls
from forethought.facts.class_hierarchy import constructor
from forethought.facts.effects import Effect, Effects, RulesOf, SourceOf, effects_of, implementations, is_declared_only
from forethought.facts.entry_points import EntryPoint
from forethought.facts.location import Location
from forethought.facts.usage import folder_of
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from forethought.syntax.effect_rules import Category
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS

# Larger trees show more, and are read less.
MAX_DEPTH = 6
"""Calls between an entry point and the last function shown."""
MAX_BREADTH = 3
"""Calls shown from one function."""
MAX_STEPS = 18
"""Functions shown in one flow."""
MAX_EFFECTS = 3
"""Effects shown at one function."""
MAX_POSSIBLE = 3
"""A call that may run more definitions than this is not followed."""

TELLING: tuple[Category, ...] = ("network", "database", "file_write", "file", "process", "file_read")
"""Effects that a flow is followed to, the most telling first."""

_MAX_REACHED = 300
_MIN_NEW = 3
_MIN_NEW_SHARE = 1 / 3
"""A further flow must reach this many functions that the ones before it do not, and this share of all it reaches."""


class Callee(NamedTuple):
    """One definition that a function calls."""

    target: Target
    called_at: Location
    """Where: the called name, and the function that the call is in."""
    is_certain: bool


@dataclass(slots=True)
class FlowStep:
    """A function in a flow, and the calls from it that are shown."""

    target: Target
    called_at: Location | None = None
    """Where: the called name, and the function that the call is in; None for the entry point."""
    is_certain: bool = True
    """False if the call may run something else."""
    effects: tuple[Effect, ...] = ()
    """Its own telling effects, the most telling first; if no call from it is shown, also those that it leads to."""
    calls: list["FlowStep"] = field(default_factory=list)
    left_out: int = 0
    """How many other definitions of the repository it calls."""

    def steps(self) -> Iterator["FlowStep"]:
        """This step and all below it, in the order in which they are shown."""
        yield self
        for step in self.calls:
            yield from step.steps()


class Flow(NamedTuple):
    entry: EntryPoint
    start: FlowStep


class FlowFinder:
    """Finds flows in one snapshot. Keeps what it computed; not thread-safe."""

    def __init__(
        self,
        resolver: Resolver,
        rules_of: RulesOf,
        source_of: SourceOf,
        is_followed: Callable[[str], bool] = lambda path: True,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_followed` says which files flows may lead through; for the other parameters see `effects_of`."""
        self._resolver = resolver
        self._rules_of = rules_of
        self._source_of = source_of
        self._is_followed = is_followed
        self._cancelled = cancelled
        self._calls: dict[str, dict[str, list[Call]]] = {}
        self._callees: dict[Target, tuple[Callee, ...]] = {}
        self._effects: dict[Target, Effects] = {}
        self._reached: dict[Target, frozenset[Target]] = {}

    def flow(self, entry: EntryPoint) -> Flow:
        """The tree of the most telling calls from an entry point. Raises Cancelled."""
        start = FlowStep(entry.target)
        shown = {entry.target}
        numbers = count()
        waiting = [(0, 0, next(numbers), start)]  # (rank of its effects, depth, number, step)
        while waiting and len(shown) < MAX_STEPS:
            _, depth, _, step = heappop(waiting)
            if depth == MAX_DEPTH:
                continue
            step.calls = [FlowStep(*callee) for callee in self._telling(step.target, shown, MAX_STEPS - len(shown))]
            shown.update(call.target for call in step.calls)
            for call in step.calls:
                heappush(waiting, (self._effect_rank(call.target), depth + 1, next(numbers), call))
        for step in start.steps():
            callees = {callee.target for callee in self.callees(step.target)}
            step.left_out = len(callees - {call.target for call in step.calls} - {step.target})
            known = self._effects_of(self._run_by(step.target))
            effects = known.direct if step.calls else known.nearest
            distinct = {(item.category, item.call): item for item in effects if item.category in TELLING}
            ranked = sorted(distinct.values(), key=lambda item: TELLING.index(item.category))
            step.effects = tuple(ranked)[:MAX_EFFECTS]
        return Flow(entry, start)

    def choose(self, entries: Iterable[EntryPoint], limit: int, covered: set[Target]) -> tuple[Flow, ...]:
        """At most `limit` flows, each of which reaches the most functions that the ones before it do not.

        What calls nothing here and has no telling effect is no flow.

        covered: the functions that earlier flows reach; those of the new ones are added to it
        Raises Cancelled.
        """
        waiting = {entry.target: entry for entry in reversed(tuple(entries))}
        flows: list[Flow] = []
        reached = {target: self.reached(target) for target in waiting}
        while waiting and len(flows) < limit:
            best = max(waiting, key=lambda target: (len(reached[target] - covered), target.path, target.symbol_id))
            new = len(reached[best] - covered)
            if covered and new < _MIN_NEW:
                break
            is_trivial = len(reached[best]) == 1 and self._effect_rank(best) == len(TELLING)
            if is_trivial or new < _MIN_NEW_SHARE * len(reached[best]):
                del waiting[best]
                continue
            covered |= reached[best]
            flows.append(self.flow(waiting.pop(best)))
        return tuple(flows)

    def callees(self, target: Target) -> tuple[Callee, ...]:
        """The definitions that a function calls, a class's constructor or a file runs, in order, each once."""
        known = self._callees.get(target)
        if known is None:
            known = self._callees[target] = self._find_callees(target)
        return known

    def reached(self, target: Target) -> frozenset[Target]:
        """The definitions reached from one within `MAX_DEPTH` calls, itself included; at most `_MAX_REACHED`."""
        known = self._reached.get(target)
        if known is not None:
            return known
        if self._cancelled():
            raise Cancelled("The flows are no longer wanted.")
        reached = {target}
        level = [target]
        for _ in range(MAX_DEPTH):
            following = [callee.target for one in level for callee in self.callees(one) if callee.target not in reached]
            level = list(dict.fromkeys(following))[: _MAX_REACHED - len(reached)]
            reached.update(level)
        return self._reached.setdefault(target, frozenset(reached))

    def _telling(self, caller: Target, shown: set[Target], room: int) -> list[Callee]:
        ranked = []
        for number, callee in enumerate(self.callees(caller)):
            effect_rank = self._effect_rank(callee.target)
            reach = len(self.reached(callee.target))
            if callee.target in shown or (reach == 1 and effect_rank == len(TELLING)):
                continue
            leaves_package = folder_of(callee.target.path) != folder_of(caller.path)
            leaves_file = callee.target.path != caller.path
            rank = (effect_rank, not leaves_package, not leaves_file, not callee.is_certain, -reach)
            ranked.append((rank, number, callee))
        chosen = sorted(ranked)[: min(MAX_BREADTH, room)]
        return [callee for _, _, callee in sorted(chosen, key=lambda item: item[1])]

    def _effect_rank(self, target: Target) -> int:
        """The place in `TELLING` of the most telling effect that a function leads to; its length if there is none."""
        known = (TELLING.index(item.category) for item in self._effects_of(target).nearest if item.category in TELLING)
        return min(known, default=len(TELLING))

    def _effects_of(self, target: Target) -> Effects:
        known = self._effects.get(target)
        if known is None:
            known = effects_of(self._resolver, target, self._rules_of, self._source_of, self._cancelled)
            self._effects[target] = known
        return known

    def _run_by(self, target: Target) -> Target:
        """The constructor that a call of a class runs, if it is known; the target itself if it is no class."""
        symbol = self._resolver.symbol(target)
        is_class = symbol is not None and symbol.kind in CLASS_KINDS
        return (constructor(self._resolver, target) if is_class else None) or target

    def _find_callees(self, target: Target) -> tuple[Callee, ...]:
        caller = self._run_by(target)
        found: dict[Target, Callee] = {}
        for call in self._calls_in(caller):
            for callee in self._possible(call, caller):
                known = found.get(callee.target)
                is_better = known is None or (callee.is_certain and not known.is_certain)
                if callee.target not in (caller, target) and is_better:
                    found[callee.target] = callee
        return tuple(found.values())

    def _possible(self, call: Call, caller: Target) -> Sequence[Callee]:
        """What a call certainly or possibly runs; empty if that is unknown, or there are too many possibilities."""
        resolver = self._resolver
        targets = [target for target in call.targets if self._is_function(target)]
        is_certain = len(call.targets) == 1
        is_abstract = is_certain and bool(targets) and is_declared_only(resolver, targets[0])
        if is_abstract and (implementing := implementations(resolver, targets[0])):
            targets, is_certain = implementing, False
        if len(targets) > MAX_POSSIBLE:
            return ()
        where = Location(*caller, call.range)
        return [Callee(target, where, is_certain) for target in targets if self._is_followed(target.path)]

    def _is_function(self, target: Target) -> bool:
        symbol = self._resolver.symbol(target)
        return symbol is not None and symbol.kind in CLASS_KINDS | FUNCTION_KINDS

    def _calls_in(self, target: Target) -> Sequence[Call]:
        by_scope = self._calls.get(target.path)
        if by_scope is None:
            by_scope = self._calls[target.path] = {}
            for calls in find_calls(self._resolver, target.path).values():
                for call in calls:
                    by_scope.setdefault(call.scope, []).append(call)
            for calls in by_scope.values():
                calls.sort(key=lambda call: call.range)
        return by_scope.get(target.symbol_id, ())
