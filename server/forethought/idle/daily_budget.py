"""A day's seconds of idle thinking, and how many of them are kept for what changed on that day. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from forethought.store.user_state import Spending

_Item = TypeVar("_Item")

KEPT_SHARE = 0.25
"""Of each day's seconds, for symbols that changed that day. A 7B model on a CPU takes minutes a symbol, and the symbols
in scope would take it days: by the time that something is edited, the first idle hour has gone to older code."""


@dataclass(frozen=True, slots=True)
class DayBudget:
    """What may still be thought about today."""

    seconds: float
    """In all, a day."""
    spent: Spending

    @property
    def older_seconds(self) -> float:
        """The most of them that may go to what did not change today."""
        return (1 - KEPT_SHARE) * self.seconds

    def allows(self, changed_today: bool) -> bool:
        """Whether another symbol may be thought about."""
        if self.spent.seconds >= self.seconds:
            return False
        return changed_today or self.spent.older < self.older_seconds

    def choose(self, queue: Iterable[_Item], changed_today: Callable[[_Item], bool]) -> _Item | None:
        """The first of a queue that today's seconds are for."""
        if self.allows(changed_today=False):
            return next(iter(queue), None)
        return next((item for item in queue if changed_today(item)), None) if self.allows(changed_today=True) else None
