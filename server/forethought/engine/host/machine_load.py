"""How much of the machine is free: what other processes leave, not what the machine has."""

import os
import time
from typing import Final

import psutil

_SECONDS: Final = 0.5


class MachineLoad:
    """Call `sample` about once a second; `free_cores` and `threads` then speak of the last few seconds."""

    def __init__(self) -> None:
        self._cores = usable_cores()
        self._process = psutil.Process()
        self._others = 0.0
        self._at = time.monotonic()
        self._busy = _busy_seconds()
        self._own = self._own_seconds()

    def sample(self) -> None:
        now = time.monotonic()
        elapsed = now - self._at
        if elapsed < _SECONDS:
            return
        busy, own = _busy_seconds(), self._own_seconds()
        others = max(0.0, (busy - self._busy) - (own - self._own)) / elapsed
        # New load counts at once by half, so that a short burst does not stop the work for long.
        self._others = (self._others + others) / 2
        self._at, self._busy, self._own = now, busy, own

    @property
    def free_cores(self) -> float:
        return max(0.0, self._cores - self._others)

    def threads(self, wanted: int = 0) -> int:
        """`wanted` where a person set it. A thread without a core of its own stalls all others at each barrier."""
        return wanted or max(1, min(self._cores, int(self.free_cores + 0.4)))

    def leaves(self, share: float) -> bool:
        """Whether others leave at least this share of the cores."""
        return self.free_cores >= share * self._cores

    def _own_seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def usable_cores() -> int:
    """Physical cores that this process may use; a second thread on a core does not decode faster."""
    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(logical, psutil.cpu_count(logical=False) or logical))


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
