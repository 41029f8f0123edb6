"""State of the user that outlives every process: the pause, today's idle thinking, and measured speeds."""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import filelock

from forethought.errors import StoreError
from forethought.private_folders import create_private_folder

LOCK_SECONDS = 5.0
"""How long to wait for another window's edit, which takes milliseconds."""

_AVERAGE_WEIGHT = 0.1
"""Of the newest value in the moving averages."""
_MAX_GENERATORS = 50
"""Generators whose speed is kept."""
_MAX_ROOTS = 200
"""Repositories whose last digest is kept."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Idle thinking is paused."""

    until: float | None
    """In seconds since the epoch; None for until it is resumed."""


@dataclass(frozen=True, slots=True)
class SeenCommits:
    """The two commits that the last digest of a repository compared."""

    start: str
    head: str


class Spending(NamedTuple):
    """Seconds of idle thinking on one day."""

    seconds: float = 0.0
    """In total."""
    older: float = 0.0
    """The part of it spent on symbols that did not change on that day."""


class UserState:
    """A small JSON file shared by all windows and commands of one user. Garbage in it counts as missing."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._file = folder / "state.json"
        self._now = now

    def pause(self, minutes: float | None) -> None:
        """Pause for some minutes, or until `resume`. Raises StoreError when the file cannot be written."""
        with self._edited() as state:
            state["pause"] = {"until": None if minutes is None else self._now() + 60 * minutes}

    def resume(self) -> None:
        """Raises StoreError when the file cannot be written."""
        with self._edited() as state:
            state.pop("pause", None)

    def current_pause(self) -> Pause | None:
        pause = self._read().get("pause")
        if not isinstance(pause, dict):
            return None
        until = pause.get("until")
        if until is None:
            return Pause(None)
        return Pause(float(until)) if isinstance(until, int | float) and until > self._now() else None

    def add_thinking(self, seconds: float, *, changed_today: bool = False) -> None:
        """Count idle thinking towards today's limit. Raises StoreError when the file cannot be written."""
        with self._edited() as state:
            spent = self._spent_today(state)
            older = spent.older + (0.0 if changed_today else seconds)
            state["thinking"] = {"day": self._today(), "seconds": spent.seconds + seconds, "older": older}

    def spent_today(self) -> Spending:
        return self._spent_today(self._read())

    def is_today(self, moment: float) -> bool:
        """Whether a time, in seconds since the epoch, is on the current local day."""
        return _day_of(moment) == self._today()

    def measure(self, generator_id: str, seconds: float) -> None:
        """Note how long one symbol took. Raises StoreError when the file cannot be written."""
        with self._edited() as state:
            speeds = state.get("secondsASymbol")
            speeds = speeds if isinstance(speeds, dict) else {}
            before = speeds.get(generator_id)
            known = before if isinstance(before, int | float) else seconds
            speeds[generator_id] = known + _AVERAGE_WEIGHT * (seconds - known)
            state["secondsASymbol"] = dict(list(speeds.items())[-_MAX_GENERATORS:])

    def seconds_a_symbol(self, generator_id: str) -> float | None:
        """The moving average on this machine; None before the first measurement."""
        speeds = self._read().get("secondsASymbol")
        value = speeds.get(generator_id) if isinstance(speeds, dict) else None
        return float(value) if isinstance(value, int | float) else None

    def see_commits(self, root: str, seen: SeenCommits) -> None:
        """Note what the last digest of a root compared. Raises StoreError when the file cannot be written."""
        with self._edited() as state:
            known = state.get("digests")
            known = known if isinstance(known, dict) else {}
            known.pop(root, None)
            state["digests"] = dict([*known.items(), (root, [seen.start, seen.head])][-_MAX_ROOTS:])

    def seen_commits(self, root: str) -> SeenCommits | None:
        """What the last digest of a root compared; None before the first."""
        known = self._read().get("digests")
        pair = known.get(root) if isinstance(known, dict) else None
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(item, str) for item in pair):
            return SeenCommits(*pair)
        return None

    def note_predictability(self, kind: str, value: float) -> None:
        """Note how predictable the questions about a symbol of this kind were (mean log-probability per token).

        Raises StoreError when the file cannot be written.
        """
        with self._edited() as state:
            known = self._predictability(state)
            before = known.get(kind, value)
            state["predictability"] = {**known, kind: before + _AVERAGE_WEIGHT * (value - before)}

    def predictability(self) -> dict[str, float]:
        """Map each kind of symbol to the mean log-probability per token of the questions about such symbols."""
        return self._predictability(self._read())

    def _predictability(self, state: dict[str, Any]) -> dict[str, float]:
        known = state.get("predictability")
        known = known if isinstance(known, dict) else {}
        return {kind: float(value) for kind, value in known.items() if isinstance(value, int | float)}

    def _today(self) -> str:
        return _day_of(self._now())

    def _spent_today(self, state: dict[str, Any]) -> Spending:
        thinking = state.get("thinking")
        if not isinstance(thinking, dict) or thinking.get("day") != self._today():
            return Spending()
        seconds, older = thinking.get("seconds"), thinking.get("older")
        return Spending(
            float(seconds) if isinstance(seconds, int | float) else 0.0,
            float(older) if isinstance(older, int | float) else 0.0,
        )

    def _read(self) -> dict[str, Any]:
        try:
            state = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return {}  # missing, or garbage
        return state if isinstance(state, dict) else {}

    @contextlib.contextmanager
    def _edited(self) -> Iterator[dict[str, Any]]:
        """One window edits at a time, so that no window overwrites what another has just written."""
        lock = filelock.FileLock(self._file.with_suffix(".lock"))
        try:
            create_private_folder(self._file.parent)
            lock.acquire(timeout=LOCK_SECONDS)
        except filelock.Timeout as error:
            raise StoreError(
                f"Another window has been writing {self._file} for {LOCK_SECONDS:.0f} s; try again."
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            state = self._read()
            yield state
            self._write(state)
        finally:
            lock.release()

    def _write(self, state: dict[str, Any]) -> None:
        try:
            descriptor, name = tempfile.mkstemp(dir=self._file.parent, prefix="state-")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(state, file)
            Path(name).replace(self._file)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(f"{self._file} cannot be written ({error.strerror}); free some space or fix its permissions.")


def _day_of(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone().date().isoformat()
