"""The symbol that a question of fact is about, with what its answer needs."""

from collections.abc import Callable, Sequence
from functools import cached_property

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.certain_uses import UsedBy
from forethought.facts.effects import Effects
from forethought.facts.entry_points import ways_in
from forethought.facts.go_interfaces import GoMethodSets
from forethought.facts.location import Location
from forethought.names.resolver import Resolver, Target
from forethought.qa.fact_rendering.phrasing import display_name
from forethought.qa.intent import Intent
from forethought.qa.question import Referent
from forethought.repo.package_discovery import find_commands
from forethought.syntax.symbol_kinds import CLASS_KINDS
from forethought.syntax.tags import Symbol


class FactSubject:
    """The symbol that a question of fact is about, and what is asked of it."""

    def __init__(
        self,
        referent: Referent,
        intent: Intent,
        others: Sequence[Target] = (),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """others: the definitions in the same root that `intent.other` may mean."""
        self.workspace = referent.workspace
        self.info = referent.symbol_info
        self.symbol = referent.symbol
        self.target = referent.target
        self.name = display_name(referent.symbol_info)
        self.intent = intent
        self.others = others
        self.cancelled = cancelled

    @cached_property
    def resolver(self) -> Resolver:
        return self.workspace.resolver()

    @cached_property
    def go_methods(self) -> GoMethodSets:
        """The methods of the types in Go."""
        return GoMethodSets(self.resolver, self.cancelled)

    @property
    def is_class(self) -> bool:
        return self.symbol.kind in CLASS_KINDS

    @cached_property
    def overloads(self) -> tuple[Symbol, ...]:
        """The function and the others of its name in the file, where the language has overloads."""
        return hierarchy.overloads(self.resolver, self.target)

    def second(self) -> "FactSubject | None":
        """The one definition that `intent.other` means; None if there is none, or several."""
        return self.about(self.others[0]) if len(self.others) == 1 else None

    def about(self, target: Target) -> "FactSubject | None":
        """The same question about another definition; None if it is gone."""
        info = self.workspace.quick_info(target)
        return FactSubject(Referent(self.workspace, info), self.intent) if info is not None else None

    def used_by(self) -> UsedBy:
        """Uses of every kind. Takes up to seconds; raises Cancelled when the question is."""
        return self.workspace.used_by(self.target, self.cancelled)

    def ways_in(self) -> tuple[str, ...]:
        """How something outside the repository's own code may reach the symbol. Reads the disk."""
        source = b"\n".join(self.workspace.lines(self.target.path))
        commands = find_commands(self.workspace.root, (self.target.path,))
        return ways_in(self.resolver, self.target, commands, source)

    def effects(self, target: Target) -> Effects:
        """A function's effects. Takes up to seconds; raises Cancelled when the question is."""
        return self.workspace.effects(target, self.cancelled)


def places_of(targets: Sequence[tuple[Target, Symbol]]) -> tuple[Location, ...]:
    return tuple(Location(target.path, symbol.id, symbol.selection) for target, symbol in targets)
