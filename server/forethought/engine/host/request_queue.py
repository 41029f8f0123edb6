"""Schedules requests: interactive, then requested, then idle; one at a time; equal work only once."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from forethought.engine.api import Completion, Event, GenerateRequest, Priority
from forethought.engine.host.backend import Backend, Control, Work
from forethought.errors import Cancelled, EngineError

LOAD_PATIENCE_SECONDS: Final = 20.0
"""How long the machine's load can hold idle work back."""
_RANK: Final = {"interactive": 0, "requested": 1, "idle": 2}


class Listener(Protocol):
    """Whoever waits for a job. Called from the worker's thread."""

    def event(self, event: Event) -> None: ...

    def ended(self, result: Any, error: EngineError | None) -> None: ...


@dataclass(eq=False, slots=True)
class Job:
    """One request, and everybody who waits for it."""

    start: Callable[[Backend], Work]
    finish: Callable[[Work], Any]
    priority: Priority
    idle_delay_seconds: float = 0.0
    same_as: tuple[str, str] | None = None
    """Jobs that are equal here are done once: work key and the request's text."""
    listeners: list[Listener] = field(default_factory=list)
    control: Control = field(default_factory=Control)
    work: Work | None = None
    number: int = 0
    added: float = 0.0
    completions: list[Completion] = field(default_factory=list)

    @property
    def rank(self) -> int:
        return _RANK[self.priority]


def generate_job(request: GenerateRequest, text: str) -> Job:
    """`text` is the request as it came, to tell equal requests."""
    return Job(
        start=lambda backend: backend.generate(request),
        finish=lambda work: None,
        priority=request.priority,
        idle_delay_seconds=request.idle_delay_seconds,
        same_as=(request.work_key, text) if request.work_key and request.priority != "interactive" else None,
    )


class RequestQueue:
    """The jobs of one host; safe from any thread."""

    def __init__(self, idle_allowed: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        """`idle_allowed` says whether the machine's load lets idle work on."""
        self._changed = threading.Condition()
        self._idle_allowed = idle_allowed
        self._clock = clock
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._numbers = itertools.count()
        self._closed = False
        self.last_activity = clock()
        self.last_work = clock()

    @property
    def busy(self) -> bool:
        with self._changed:
            return bool(self._waiting) or self._running is not None

    def add(self, job: Job, listener: Listener) -> Job:
        """Queue `job`, or join the same one; returns the job that the listener now waits for."""
        with self._changed:
            if job.priority == "interactive":
                self._note_activity()
            for other in [*self._waiting, *([self._running] if self._running else [])]:
                if job.same_as is not None and other.same_as == job.same_as:
                    for completion in other.completions:
                        listener.event(completion)
                    other.listeners.append(listener)
                    if job.rank < other.rank:
                        other.priority = job.priority
                    other.idle_delay_seconds = min(other.idle_delay_seconds, job.idle_delay_seconds)
                    self._changed.notify_all()
                    return other
            job.listeners.append(listener)
            job.number, job.added = next(self._numbers), self._clock()
            job.control.emit = lambda event: self._tell(job, event)
            self._waiting.append(job)
            if self._running is not None and job.rank < self._running.rank:
                self._running.control.interrupt()
            self._changed.notify_all()
            return job

    def leave(self, job: Job, listener: Listener) -> None:
        """The listener no longer waits; nobody else either: the job is dropped."""
        with self._changed:
            if listener in job.listeners:
                job.listeners.remove(listener)
            if job.listeners:
                return
            # Work that was begun is closed by the worker, which alone may touch the model.
            if job in self._waiting and job.work is None:
                self._waiting.remove(job)
            job.control.interrupt()
            self._changed.notify_all()

    def note_activity(self) -> None:
        """A person is at work in some window: idle work stops at once and waits."""
        with self._changed:
            self._note_activity()

    def close(self) -> None:
        """Take nothing more; `serve` ends. Whatever waits is told so."""
        with self._changed:
            self._closed = True
            jobs = list(self._waiting)
            self._waiting.clear()
            if self._running is not None:
                self._running.control.interrupt()
            self._changed.notify_all()
        for job in jobs:
            self._end(job, None, Cancelled("The engine was stopped; ask again."))

    def serve(self, backend: Backend, pause: Callable[[], None]) -> None:
        """Work until `close`; `pause` is called whenever there is nothing to do, about once a second."""
        while True:
            job = self._next()
            if self._closed:
                return
            if job is None:
                pause()
                continue
            self._work_on(job, backend)

    def _next(self) -> Job | None:
        with self._changed:
            self._running = None
            if not self._closed and self._runnable() is None:
                self._changed.wait(self._patience())
            job = self._runnable()
            if job is not None and not self._closed:
                self._waiting.remove(job)
                self._running = job
                job.control.resume()
            return job

    def _runnable(self) -> Job | None:
        return min(
            (job for job in self._waiting if self._may_run(job)), key=lambda job: (job.rank, job.number), default=None
        )

    def _may_run(self, job: Job) -> bool:
        if job.priority != "idle" or not job.listeners:
            return True
        now = self._clock()
        if now - self.last_activity < job.idle_delay_seconds:
            return False
        # A machine that is never free must not starve the work: one job now and then, on the thread that is left.
        return self._idle_allowed() or now - max(self.last_activity, self.last_work, job.added) >= LOAD_PATIENCE_SECONDS

    def _patience(self) -> float:
        quiet = self._clock() - self.last_activity
        delays = [job.idle_delay_seconds - quiet for job in self._waiting]
        return min([1.0, *(delay for delay in delays if delay > 0)])

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
            result = job.finish(job.work)
        except EngineError as caught:
            error = caught
        except Exception as caught:  # noqa: BLE001  one bad request must not end the host
            import traceback

            traceback.print_exc()
            error = EngineError(f"The engine failed ({type(caught).__name__}); its log says more.")
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
            listener.ended(result, error)

    def _tell(self, job: Job, event: Event) -> None:
        with self._changed:
            if isinstance(event, Completion) and job.same_as is not None:
                job.completions.append(event)
            for listener in job.listeners:
                listener.event(event)

    def _note_activity(self) -> None:
        self.last_activity = self._clock()
        if self._running is not None and self._running.priority == "idle":
            self._running.control.interrupt()
