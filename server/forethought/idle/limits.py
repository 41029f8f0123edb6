"""Whether another pass may run now, and over what: the user's pause, the battery, and the daily budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import psutil

from forethought.config import Settings
from forethought.idle.daily_budget import DailyBudget
from forethought.idle.think_queue import Candidate
from forethought.store.user_state import Pause, UserState


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why no pass runs although there is work."""

    kind: Literal["paused", "deferred", "on battery", "day spent", "older spent"]
    """`deferred`: the user ended this run. `older spent`: the rest of the day is reserved for what changed today."""
    pause: Pause | None = None
    budget: DailyBudget | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A candidate, and when it will be thought about."""

    candidate: Candidate
    when: Literal["in order", "reserved", "later"] = "in order"
    """`reserved`: before the others, as the rest of the day is reserved for what changed today. `later`: not today."""


class Limits:
    """What idle thinking has to respect. Every method reads the user's state from disk."""

    def __init__(self, user_state: UserState, on_battery: Callable[[], bool] | None = None) -> None:
        self._user_state = user_state
        self._on_battery = on_battery or running_on_battery

    def pause(self) -> Obstacle | None:
        """The user's pause. It holds without an engine, too."""
        pause = self._user_state.current_pause()
        return Obstacle("paused", pause=pause) if pause is not None else None

    def obstacle(self, settings: Settings, queue: Sequence[Candidate], deferred: bool) -> Obstacle | None:
        """What keeps a queue from being worked on; None if nothing does."""
        if (pause := self.pause()) is not None:
            return pause
        if deferred and queue:
            return Obstacle("deferred")
        if not settings.idle_on_battery and self._on_battery():
            return Obstacle("on battery")
        budget = self._budget(settings)
        if not budget.allows(changed_today=True):
            return Obstacle("day spent", budget=budget)
        if queue and budget.choose(queue, self._changed_today) is None:
            return Obstacle("older spent", budget=budget)
        return None

    def allow_embedding(self, settings: Settings) -> bool:
        """Whether neither pause nor battery forbids it. It takes too little to count toward the daily budget."""
        return self.pause() is None and (settings.idle_on_battery or not self._on_battery())

    def choose(self, settings: Settings, queue: Sequence[Candidate]) -> Candidate | None:
        """The most valuable candidate that the daily budget allows."""
        return self._budget(settings).choose(queue, self._changed_today)

    def turns(self, settings: Settings, queue: Sequence[Candidate], limit: int) -> tuple[Turn, ...]:
        """The candidates that come first, in the order in which the daily budget lets them."""
        budget = self._budget(settings)
        if budget.allows(changed_today=False) or not budget.allows(changed_today=True):
            return tuple(Turn(candidate) for candidate in queue[:limit])
        reserved = [Turn(candidate, "reserved") for candidate in queue if self._changed_today(candidate)]
        later = [Turn(candidate, "later") for candidate in queue if not self._changed_today(candidate)]
        return (*reserved, *later)[:limit]

    def charge(self, candidate: Candidate, seconds: float) -> None:
        """Count a pass toward the daily budget. Raises StoreError."""
        self._user_state.add_thinking(seconds, changed_today=self._changed_today(candidate))

    def _budget(self, settings: Settings) -> DailyBudget:
        return DailyBudget(60 * settings.idle_daily_minutes, self._user_state.spent_today())

    def _changed_today(self, candidate: Candidate) -> bool:
        return candidate.edited_at is not None and self._user_state.is_today(candidate.edited_at)


def running_on_battery() -> bool:
    """False if there is no battery, or the system cannot tell."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is not None and battery.power_plugged is False
