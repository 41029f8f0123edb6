"""What is known about one symbol at one moment. Pure."""

from dataclasses import dataclass

from forethought.facts.symbol_facts import SymbolFacts
from forethought.insights.entry import Entry, Insights
from forethought.insights.freshness import State
from forethought.repo.blame import LastChange
from forethought.syntax.tags import Symbol


@dataclass(frozen=True, slots=True)
class SymbolInfo:
    """Everything known about one symbol at one moment."""

    path: str
    language: str
    symbol: Symbol
    context_hash: str | None = None
    """None until it is computed."""
    state: State = "missing"
    entry: Entry | None = None
    """Of the context hash; of an earlier context hash when the state is `stale`."""
    callee_changed: bool = False
    facts: SymbolFacts | None = None
    """None until they are computed."""
    last_change: LastChange | None = None
    version: int = 0
    """Changes with anything above, for caches of what is rendered."""

    @property
    def insights(self) -> Insights | None:
        return self.entry.insights if self.entry and self.state in ("fresh", "stale") else None
