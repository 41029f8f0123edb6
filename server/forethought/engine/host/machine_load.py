"""Measures how much of the machine other processes leave free."""

import os
import time
from typing import Final

import psutil

_MIN_SAMPLE_SECONDS: Final = 0.5


class MachineLoad:
    """Call `sample` about once a second; the other methods then describe the last few seconds."""

    def __init__(self) -> None:
        self._cores = usable_cores()
        self._process = psutil.Process()
        self._used_by_others = 0.0
        """In cores."""
        self._sampled_at = time.monotonic()
        self._busy = _busy_seconds()
        self._own = self._own_seconds()

    def sample(self) -> None:
        now = time.monotonic()
        elapsed = now - self._sampled_at
        if elapsed < _MIN_SAMPLE_SECONDS:
            return
        busy, own = _busy_seconds(), self._own_seconds()
        others = max(0.0, (busy - self._busy) - (own - self._own)) / elapsed
        # A sample counts for half, so that a short burst does not hold the work back for long.
        self._used_by_others = (self._used_by_others + others) / 2
        self._sampled_at, self._busy, self._own = now, busy, own

    @property
    def free_cores(self) -> float:
        return max(0.0, self._cores - self._used_by_others)

    def choose_threads(self, configured: int = 0) -> int:
        """`configured` if it is set, else one per free core: a thread without its own stalls all at each barrier."""
        return configured or max(1, min(self._cores, int(self.free_cores + 0.4)))

    def leaves_free(self, share: float) -> bool:
        """Whether other processes leave at least this share of the cores free."""
        return self.free_cores >= share * self._cores

    def _own_seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def usable_cores() -> int:
    """The physical cores that this process may use. A second thread on a core does not decode faster."""
    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(logical, psutil.cpu_count(logical=False) or logical))


def _busy_seconds() -> float:
    """CPU time that all processes have used since the machine was started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
