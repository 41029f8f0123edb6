"""One daemon thread that runs keyed jobs, the urgent ones first, each key at most once in the queue."""

import heapq
import itertools
import threading
from collections.abc import Callable, Hashable

Job = Callable[[], None]


class WorkerQueue:
    """Runs jobs one after another off the event loop. A job whose key waits already replaces it.

    A daemon thread, so that it never delays the process's exit. A job that raises is given to `on_error`.
    """

    def __init__(self, name: str, on_error: Callable[[Exception], None]) -> None:
        self._on_error = on_error
        self._jobs: dict[Hashable, tuple[tuple[int, int], Job]] = {}
        self._order: list[tuple[tuple[int, int], Hashable]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._busy = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, key: Hashable, job: Job, urgency: int = 5) -> None:
        """Queue a job; a smaller `urgency` goes first. A waiting job of the same key is replaced and keeps its turn."""
        with self._changed:
            if self._closed:
                return
            order = (urgency, next(self._numbers))
            if waiting := self._jobs.get(key):
                order = min(order, waiting[0])
            self._jobs[key] = (order, job)
            heapq.heappush(self._order, (order, key))
            self._changed.notify_all()

    def discard(self, key: Hashable) -> None:
        """Take a waiting job out of the queue; nothing happens if there is none."""
        with self._changed:
            self._jobs.pop(key, None)

    def wait_idle(self, seconds: float) -> bool:
        """Wait until nothing is queued or running; False if that took longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs and not self._busy, seconds)

    @property
    def idle(self) -> bool:
        with self._changed:
            return not self._jobs and not self._busy

    def close(self) -> None:
        """Drop the waiting jobs. The running one ends in its own time."""
        with self._changed:
            self._closed = True
            self._jobs.clear()
            self._changed.notify_all()

    def join(self, seconds: float) -> None:
        """Wait up to `seconds` for the thread to end; not from a job of its own."""
        if threading.current_thread() is not self._thread:
            self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or bool(self._jobs))
                if self._closed:
                    return
                job = self._next()
                self._busy = job is not None
            if job is None:
                continue
            try:
                job()
            except Exception as error:  # noqa: BLE001 -- a worker queue outlives any one job; the error goes to the log
                self._on_error(error)

    def _next(self) -> Job | None:
        """The most urgent job. Heap entries that were replaced or discarded since are skipped."""
        while self._order:
            order, key = heapq.heappop(self._order)
            if key in self._jobs and self._jobs[key][0] == order:
                return self._jobs.pop(key)[1]
        return None
