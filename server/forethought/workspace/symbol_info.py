"""What is known about one symbol at one moment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from forethought.facts.certain_uses import UsedBy
from forethought.facts.effects import Effects
from forethought.facts.symbol_behavior import Behavior
from forethought.facts.symbol_facts import SymbolFacts
from forethought.insights.entry import Entry, Insights
from forethought.insights.freshness import State
from forethought.repo.blame import LastChange
from forethought.syntax.tags import Range, Symbol


@dataclass(frozen=True, slots=True)
class SymbolInfo:
    """Everything known about one symbol at one moment."""

    path: str
    language: str
    symbol: Symbol
    """With the docs of its C or C++ declaration if it has none itself."""
    context_hash: str | None = None
    """None until it is computed."""
    state: State = "missing"
    entry: Entry | None = None
    """About this context hash; about an earlier one when the state is `stale`."""
    callees: Mapping[str, str] = field(default_factory=dict)
    """Qualified name of each function that the context uses → digest of its text."""
    callee_changed: bool = False
    """A function that the symbol uses has another body now than when its insights were written."""
    facts: SymbolFacts | None = None
    """None until they are computed."""
    set_at: tuple[Range, ...] = ()
    """Where the type's own file gives a field another value than at its definition, in order."""
    exports: tuple[str, ...] = ()
    """What a file offers to others, in order."""
    used_by: UsedBy | None = None
    """Uses of every kind. None until somebody has computed them: for hovers, only of what is not called."""
    last_change: LastChange | None = None
    behavior: Behavior | None = None
    """What a function does. None until it is computed, and for other symbols."""
    behavior_summary: str = ""
    """The most important of that, or what the methods of a class or the functions of a file change and raise. Markdown,
    at most about `MAX_SUMMARY` characters; empty until it is computed."""
    effects: Effects | None = None
    """A function's effects. They take longest, so None until somebody has computed them."""
    version: int = 0
    """Differs whenever anything above does: a key for what is rendered from this."""

    @property
    def insights(self) -> Insights | None:
        return self.entry.insights if self.entry and self.state in ("fresh", "stale") else None
