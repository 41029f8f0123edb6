"""Schedules requests: interactive, then requested, then idle; one at a time; equal work only once."""

import itertools
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from forethought.engine.api import Completion, Event, GenerateRequest, Priority
from forethought.engine.host.backend import Backend, Control, Work
from forethought.errors import Cancelled, EngineError

MAX_LOAD_WAIT_SECONDS: Final = 20.0
"""How long the load of the machine can hold idle work back."""
_TICK_SECONDS: Final = 1.0
_RANK: Final[dict[Priority, int]] = {"interactive": 0, "requested": 1, "idle": 2}


class Listener(Protocol):
    """Waits for a job. Called on the worker thread."""

    def on_event(self, event: Event) -> None: ...

    def on_end(self, result: Any, error: EngineError | None) -> None: ...


@dataclass(eq=False, slots=True)
class Job:
    """One request, and everybody who waits for it."""

    start: Callable[[Backend], Work]
    result_of: Callable[[Work], Any]
    """The result of the finished work."""
    priority: Priority
    idle_delay_seconds: float = 0.0
    """With priority `idle`: how long all windows must have been inactive."""
    dedup_key: tuple[str, str] | None = None
    """Jobs with equal keys are done once: the work key, and the text of the request."""
    listeners: list[Listener] = field(default_factory=list)
    control: Control = field(default_factory=Control)
    work: Work | None = None
    """None until it was started."""
    number: int = 0
    """In order of arrival."""
    added_at: float = 0.0
    completions: list[Completion] = field(default_factory=list)
    """Already sent; for listeners that join later."""

    @property
    def rank(self) -> int:
        return _RANK[self.priority]


def generate_job(request: GenerateRequest, text: str) -> Job:
    """`text` is the encoded request, which tells whether two requests are equal."""
    return Job(
        start=lambda backend: backend.generate(request),
        result_of=lambda work: None,
        priority=request.priority,
        idle_delay_seconds=request.idle_delay_seconds,
        dedup_key=(request.work_key, text) if request.work_key and request.priority != "interactive" else None,
    )


class RequestQueue:
    """The jobs of one host. Thread-safe."""

    def __init__(self, load_allows_idle: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        """`load_allows_idle` says whether the load of the machine lets idle work run."""
        self._changed = threading.Condition()
        self._load_allows_idle = load_allows_idle
        self._clock = clock
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._numbers = itertools.count()
        self._closed = False
        self.last_activity = clock()
        """When a person was last active in any window."""
        self.last_work = clock()
        """When a job last ended."""

    @property
    def busy(self) -> bool:
        """Whether any job is waiting or running."""
        with self._changed:
            return bool(self._waiting) or self._running is not None

    def add(self, job: Job, listener: Listener) -> Job:
        """Queue the job, or join an equal one. Return the job that the listener now waits for."""
        with self._changed:
            if job.priority == "interactive":
                self._note_activity()
            for other in [*self._waiting, *([self._running] if self._running else [])]:
                if job.dedup_key is not None and other.dedup_key == job.dedup_key:
                    for completion in other.completions:
                        listener.on_event(completion)
                    other.listeners.append(listener)
                    if job.rank < other.rank:
                        other.priority = job.priority
                    other.idle_delay_seconds = min(other.idle_delay_seconds, job.idle_delay_seconds)
                    self._changed.notify_all()
                    return other
            job.listeners.append(listener)
            job.number, job.added_at = next(self._numbers), self._clock()
            job.control.emit = lambda event: self._broadcast(job, event)
            self._waiting.append(job)
            if self._running is not None and job.rank < self._running.rank:
                self._running.control.interrupt()
            self._changed.notify_all()
            return job

    def abandon(self, job: Job, listener: Listener) -> None:
        """The listener no longer waits. A job without listeners is dropped."""
        with self._changed:
            if listener in job.listeners:
                job.listeners.remove(listener)
            if job.listeners:
                return
            # Work that was started is closed by the worker: only that thread may touch the model.
            if job in self._waiting and job.work is None:
                self._waiting.remove(job)
            job.control.interrupt()
            self._changed.notify_all()

    def note_activity(self) -> None:
        """A person is active in some window: idle work stops at once, and waits."""
        with self._changed:
            self._note_activity()

    def close(self) -> None:
        """End `serve`, and every waiting job with an error."""
        with self._changed:
            self._closed = True
            jobs = list(self._waiting)
            self._waiting.clear()
            if self._running is not None:
                self._running.control.interrupt()
            self._changed.notify_all()
        for job in jobs:
            self._end(job, None, Cancelled("The engine was stopped; ask again."))

    def serve(self, backend: Backend, on_idle: Callable[[], None]) -> None:
        """Work until `close`. Calls `on_idle` about once a second while there is nothing to do."""
        while True:
            job = self._next()
            if self._closed:
                return
            if job is None:
                on_idle()
                continue
            self._work_on(job, backend)

    def _next(self) -> Job | None:
        """Take the next job; None after waiting in vain."""
        with self._changed:
            self._running = None
            if not self._closed and self._first_runnable() is None:
                self._changed.wait(self._wait_seconds())
            job = self._first_runnable()
            if job is not None and not self._closed:
                self._waiting.remove(job)
                self._running = job
                job.control.resume()
            return job

    def _first_runnable(self) -> Job | None:
        runnable = (job for job in self._waiting if self._may_run(job))
        return min(runnable, key=lambda job: (job.rank, job.number), default=None)

    def _may_run(self, job: Job) -> bool:
        if job.priority != "idle" or not job.listeners:
            return True
        now = self._clock()
        if now - self.last_activity < job.idle_delay_seconds:
            return False
        # A machine that is never free must not starve idle work: let one job run now and then.
        waited = now - max(self.last_activity, self.last_work, job.added_at)
        return self._load_allows_idle() or waited >= MAX_LOAD_WAIT_SECONDS

    def _wait_seconds(self) -> float:
        """Until an idle delay ends, but at most a tick."""
        inactive = self._clock() - self.last_activity
        delays = [job.idle_delay_seconds - inactive for job in self._waiting]
        return min([_TICK_SECONDS, *(delay for delay in delays if delay > 0)])

    def _work_on(self, job: Job, backend: Backend) -> None:
        error: EngineError | None = None
        result: Any = None
        try:
            if not job.listeners:
                raise Cancelled("The request was cancelled.")
            if job.work is None:
                job.work = job.start(backend)
            if not job.work.run(job.control):
                if job.listeners and not self._closed:
                    with self._changed:
                        self._waiting.append(job)
                    return
                raise Cancelled("The request was cancelled.")
            result = job.result_of(job.work)
        except EngineError as caught:
            error = caught
        except Exception as caught:  # noqa: BLE001  one bad request must not end the host
            traceback.print_exc()
            error = EngineError(f"The engine failed ({type(caught).__name__}); see its log.")
        if job.work is not None:
            job.work.close()
        self.last_work = self._clock()
        self._end(job, result, error)

    def _end(self, job: Job, result: Any, error: EngineError | None) -> None:
        with self._changed:
            if self._running is job:
                self._running = None
            listeners, job.listeners = job.listeners, []
        for listener in listeners:
            listener.on_end(result, error)

    def _broadcast(self, job: Job, event: Event) -> None:
        with self._changed:
            if isinstance(event, Completion) and job.dedup_key is not None:
                job.completions.append(event)
            for listener in job.listeners:
                listener.on_event(event)

    def _note_activity(self) -> None:
        self.last_activity = self._clock()
        if self._running is not None and self._running.priority == "idle":
            self._running.control.interrupt()
