"""Thinks while nobody works: one daemon thread that surveys what changed and runs one sleep-time pass after another.

The engine host grants idle work only while nobody is active in any window of this user; pause, battery and the daily
budget are checked here.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import psutil

from forethought.config import Settings
from forethought.engine.api import CancelToken, Engine, ModelIdentity
from forethought.errors import Cancelled, EngineError, EngineUnavailable, ForethoughtError, ModelLoadError, StoreError
from forethought.idle.coverage import NO_GENERATOR, Coverage, Generator
from forethought.idle.daily_budget import DailyBudget
from forethought.idle.pass_runner import PassRunner, method_of
from forethought.idle.think_queue import Candidate, ThinkQueue
from forethought.insights.entry import Entry, Outcome, Provenance
from forethought.insights.freshness import State, is_needed
from forethought.insights.sleep_pass import PassOptions, generator_id_of
from forethought.names.resolver import Target
from forethought.store.protocol import InsightStore
from forethought.store.user_state import Pause, UserState
from forethought.workspace.change_set import ChangeSet
from forethought.workspace.workspace import Workspace

POLL_SECONDS = 1.0
RETRY_SECONDS = 30.0
"""After a failure of the engine, the store or a survey, before the next try."""

_STATES: Mapping[Outcome, State] = {"done": "fresh", "empty": "empty", "failed": "failed"}


class EngineSource(Protocol):
    """Where the engine comes from; it may be missing, and may appear later."""

    @property
    def configured(self) -> bool:
        """Whether there is a model to think with, as far as can be told without loading it."""
        ...

    def sleep_engine(self) -> Engine:
        """Raises EngineUnavailable or ModelError with what to do."""
        ...


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why no pass runs although there is work."""

    kind: Literal["paused", "deferred", "on battery", "day spent", "older spent"]
    """`deferred`: this run was ended by hand. `older spent`: what is left of the day is for what changed today."""
    pause: Pause | None = None
    budget: DailyBudget | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A candidate, and when its turn comes."""

    candidate: Candidate
    when: Literal["in order", "reserved", "later"] = "in order"
    """`reserved`: first, since the minutes left today are for what changed today. `later`: not today."""


@dataclass(slots=True)
class _Survey:
    """What is to be looked at again in one root."""

    paths: set[str] | None = field(default_factory=set)
    """None: everything in scope."""
    rescope: bool = False
    """Other files may have come into scope."""

    def add(self, paths: Collection[str] | None, rescope: bool) -> None:
        self.paths = None if paths is None or self.paths is None else self.paths | set(paths)
        self.rescope |= rescope


class IdleLoop:
    """Runs passes over what is in scope. `start` once; `close` ends within a moment, in mid-pass too."""

    def __init__(
        self,
        settings: Settings,
        engines: EngineSource,
        store: InsightStore,
        user_state: UserState,
        *,
        on_change: Callable[[], None],
        on_error: Callable[[Exception], None],
        on_battery: Callable[[], bool] | None = None,
        options: Callable[[Settings], PassOptions] = lambda settings: PassOptions(),
    ) -> None:
        self.settings = settings
        self.problem: str | None = None
        """Why a configured engine cannot work; None while it can."""
        self.current: tuple[Workspace, Target] | None = None
        """What is being thought about."""
        self.coverage = Coverage()
        self._queue = ThinkQueue()
        self._runner = PassRunner(store, user_state, self._on_stored)
        self._engines = engines
        self._user_state = user_state
        self._on_change = on_change
        self._on_error = on_error
        self._on_battery = on_battery or running_on_battery
        self._options = options
        self._changed = threading.Condition()
        """Guards what follows. Nothing is read from disk while it is held: a hover takes it."""
        self._surveys: dict[Workspace, _Survey] = {}
        """Those that wait."""
        self._surveying = False
        """Whether the scope is being surveyed."""
        self._cancel = CancelToken()
        """Of the running pass."""
        self._not_before = 0.0
        self._survey_not_before = 0.0
        self._deferred = False
        self._news = False
        """Whether something was told since the thread looked last."""
        self._closed = False
        self._thread: threading.Thread | None = None

    # What the session tells

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="idle loop", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._cancel.cancel()
            self._wake()
        if self._thread is not None:
            self._thread.join(2.0)

    def add(self, workspace: Workspace) -> None:
        """Think about a root, and follow its changes."""
        self.coverage.add(workspace)
        workspace.refresher.subscribe(lambda change: self._follow_change(workspace, change))

    def remove(self, workspace: Workspace) -> None:
        """Think no more about a root."""
        self.coverage.remove(workspace)
        self._queue.remove_root(workspace)
        with self._changed:
            self._surveys.pop(workspace, None)
            if self.current is not None and self.current[0] is workspace:
                self._cancel.cancel()
        self.survey_soon()

    def survey_soon(self, workspace: Workspace | None = None) -> None:
        """Look again at everything in scope, of one root or of all."""
        for root in [workspace] if workspace is not None else self.coverage.roots:
            self._request_survey(root, None, rescope=True)

    def survey_now(self) -> None:
        """Look at everything in scope on this thread, for a process that does not think. Reads the disk."""
        with self._changed:
            self._surveys.clear()
        self._survey({workspace: _Survey(None, True) for workspace in self.coverage.roots})

    def request(self, workspace: Workspace, target: Target) -> None:
        """A person found no fresh insight about this symbol: it is thought about first. Instant."""
        if self._queue.request(workspace, target) or self._deferred:
            self._request_survey(workspace, [target.path])

    def cancel_current(self) -> None:
        """Stop the running pass; its symbol stays queued."""
        with self._changed:
            self._cancel.cancel()
            self._wake()

    def defer(self) -> None:
        """Stop the running pass, and begin no other before the next trigger: commit, save, hover, settings."""
        with self._changed:
            self._deferred = True
            self._cancel.cancel()
            self._wake()

    def resume(self) -> None:
        """Something that passes depend on changed: settings, pause, engine."""
        with self._changed:
            self._deferred = False
            self._not_before = 0.0
            self._wake()

    def forget_failures(self) -> None:
        """Try again what failed: the engine or the settings are others now."""
        self._queue.forget_failures()
        self.problem = None
        self.resume()

    # What status shows

    @property
    def queue(self) -> tuple[Candidate, ...]:
        """What would be thought about, the most valuable first."""
        return self._queue.candidates

    @property
    def done(self) -> int:
        """Symbols thought about since the queue was last empty."""
        return self._queue.done

    def upcoming(self, limit: int) -> tuple[Turn, ...]:
        """The first of the queue as their turns come: when the minutes left today are reserved, for that first."""
        budget = self._budget()
        if budget.allows(changed_today=False) or not budget.allows(changed_today=True):
            return tuple(Turn(candidate) for candidate in self.queue[:limit])
        reserved = [Turn(candidate, "reserved") for candidate in self.queue if self._changed_today(candidate)]
        later = [Turn(candidate, "later") for candidate in self.queue if not self._changed_today(candidate)]
        return (*reserved, *later)[:limit]

    @property
    def surveying(self) -> bool:
        """Whether `queue` and `coverage` are about to change because the scope has to be surveyed."""
        with self._changed:
            waiting = any(survey.rescope for survey in self._surveys.values())
            unknown = any(self.coverage.of(workspace) is None for workspace in self.coverage.roots)
            return not self._closed and (waiting or unknown or self._surveying)

    def counts(self, workspace: Workspace) -> Counter[State]:
        """How many symbols in scope stand how, by saved content."""
        return self.coverage.counts(workspace)

    def seconds_a_symbol(self, identity: ModelIdentity) -> float | None:
        """Measured on this machine for this model and method; None before the first."""
        return self._user_state.seconds_a_symbol(generator_id_of(identity, method_of(self.settings)))

    def obstacle(self) -> Obstacle | None:
        """Why no pass runs although there is work; None when nothing stands in the way. Reads the user's state."""
        if (pause := self._user_state.current_pause()) is not None:
            return Obstacle("paused", pause=pause)
        if self._deferred and self.queue:
            return Obstacle("deferred")
        if not self.settings.idle_on_battery and self._on_battery():
            return Obstacle("on battery")
        budget = self._budget()
        if not budget.allows(changed_today=True):
            return Obstacle("day spent", budget=budget)
        if self.queue and self._next(budget) is None:
            return Obstacle("older spent", budget=budget)
        return None

    def paused_by_user(self) -> Obstacle | None:
        """The user's pause, which holds without an engine, too."""
        pause = self._user_state.current_pause()
        return Obstacle("paused", pause=pause) if pause is not None else None

    def _budget(self) -> DailyBudget:
        return DailyBudget(60 * self.settings.idle_daily_minutes, self._user_state.spent_today())

    def _changed_today(self, candidate: Candidate) -> bool:
        return candidate.edited_at is not None and self._user_state.is_today(candidate.edited_at)

    def _next(self, budget: DailyBudget) -> Candidate | None:
        """The most valuable candidate that today's seconds are open to."""
        return budget.choose(self.queue, self._changed_today)

    # The loop

    def _run(self) -> None:
        while True:
            may_think = self._may_think()  # reads files: not while it holds the lock that a hover takes
            with self._changed:
                if not (self._survey_is_due() or may_think or self._news or self._closed):
                    self._changed.wait(POLL_SECONDS)
                self._news = False
                if self._closed:
                    return
                self._cancel = CancelToken()
                surveys: dict[Workspace, _Survey] = {}
                if self._survey_is_due():
                    surveys, self._surveys = self._surveys, {}
                self._surveying = any(survey.rescope for survey in surveys.values())
            try:
                if surveys:
                    self._survey_or_retry(surveys)
                if self._may_think() and (candidate := self._next(self._budget())) is not None:
                    self._think(candidate)
            except Cancelled:
                continue  # a person, or the closing session, stopped it; the symbol stays queued
            except Exception as error:  # noqa: BLE001 -- the thread outlives any one symbol; the error goes to the log
                self._not_before = time.monotonic() + RETRY_SECONDS
                self._on_error(error)

    def _may_think(self) -> bool:
        return bool(
            self.queue
            and time.monotonic() >= self._not_before
            and not any(workspace.indexing for workspace in self.coverage.roots)
            and self.obstacle() is None
        )

    def _survey_is_due(self) -> bool:
        return bool(self._surveys) and time.monotonic() >= self._survey_not_before

    def _wake(self) -> None:
        """Wake the thread. The lock is held."""
        self._news = True
        self._changed.notify_all()

    # Surveys

    def _follow_change(self, workspace: Workspace, change: ChangeSet) -> None:
        self._request_survey(workspace, change.outdated, rescope=True)

    def _request_survey(self, workspace: Workspace, paths: Collection[str] | None, *, rescope: bool = False) -> None:
        with self._changed:
            self._deferred = False
            if workspace in self.coverage.roots:
                self._surveys.setdefault(workspace, _Survey()).add(paths, rescope)
            self._wake()

    def _survey_or_retry(self, surveys: Mapping[Workspace, _Survey]) -> None:
        """Survey; what fails is surveyed again after a while."""
        try:
            self._survey(surveys)
        except Exception:
            with self._changed:
                self._survey_not_before = time.monotonic() + RETRY_SECONDS
                for workspace, survey in surveys.items():
                    if workspace in self.coverage.roots:
                        self._surveys.setdefault(workspace, _Survey()).add(survey.paths, survey.rescope)
            raise
        finally:
            self._surveying = False
            self._on_change()

    def _survey(self, surveys: Mapping[Workspace, _Survey]) -> None:
        """Bring coverage and queue up to date."""
        configured = self._engines.configured
        generator = self._generator() if configured else NO_GENERATOR
        for workspace, survey in surveys.items():
            if configured:
                self.coverage.survey(
                    workspace,
                    survey.paths,
                    self._queue.requested_paths(workspace),
                    generator,
                    rescope=survey.rescope,
                    stopped=lambda: self._closed,
                )
            else:
                self.coverage.clear(workspace)
        self._queue.rank(self.coverage, self._user_state.predictability())

    def _generator(self) -> Generator:
        try:
            return Generator.of(self._engines.sleep_engine().identity(), method_of(self.settings))
        except ForethoughtError:
            return NO_GENERATOR  # the engine cannot work: `_think` finds out why, and says so

    # One pass

    def _think(self, candidate: Candidate) -> None:
        """Run the pass of one candidate. Raises Cancelled."""
        workspace, target = candidate.workspace, candidate.target
        if not self._retry_save():
            return
        context = workspace.saved.context(target)
        if context is None or context.context_hash != candidate.context_hash:
            self._queue.remove(candidate)
            workspace.files_changed([target.path])
            self._request_survey(workspace, [target.path])
            return
        try:
            engine = self._engines.sleep_engine()
        except ForethoughtError as error:
            self._fail(error)
            return
        if not self._is_still_needed(candidate):
            self._queue.remove(candidate)
            return
        with self._changed:
            if workspace not in self.coverage.roots:
                return
            self.current = (workspace, target)
        self._on_change()
        started = time.monotonic()
        try:
            thought = self._runner.run(
                workspace,
                target,
                context,
                engine,
                method_of(self.settings),
                self._cancel,
                self._options(self.settings),
                self._queue.tokens_left(workspace, target.path),
            )
        except Cancelled:
            raise
        except (ModelLoadError, EngineUnavailable, StoreError) as error:
            self._fail(error)
        except EngineError as error:
            self._queue.give_up(candidate)
            self._on_error(error)
        else:
            self.problem = None
            self._finish(candidate, thought.entry.provenance, time.monotonic() - started)
        finally:
            self.current = None
            self._on_change()

    def _retry_save(self) -> bool:
        """Store what could not be stored before; False if it still cannot be."""
        try:
            if self._runner.retry_save():
                self.problem = None
        except StoreError as error:
            self._fail(error)
            return False
        return True

    def _is_still_needed(self, candidate: Candidate) -> bool:
        """Whether no other window has thought about it since the survey."""
        generator = self._generator()
        status = candidate.workspace.saved.insight_status(candidate.target, candidate.context_hash)
        if generator.id is None or is_needed(status, generator.id, generator.demo):
            return True
        self.coverage.update(candidate.workspace, candidate.target, status.state, needed=False)
        candidate.workspace.insights_changed([candidate.target])
        return False

    def _on_stored(self, workspace: Workspace, target: Target, entry: Entry) -> None:
        self.coverage.update(workspace, target, _STATES[entry.outcome], needed=not entry.provenance.finished)
        self._on_change()

    def _finish(self, candidate: Candidate, provenance: Provenance, seconds: float) -> None:
        """Count what a pass cost. `seconds`: by the clock; those in which it waited for idleness are not counted."""
        with contextlib.suppress(StoreError):  # a budget that cannot be noted must not cost the insight
            self._user_state.add_thinking(
                min(provenance.seconds, seconds), changed_today=self._changed_today(candidate)
            )
        self._queue.finish(candidate, provenance.prompt_tokens + provenance.completion_tokens)

    def _fail(self, error: ForethoughtError) -> None:
        """Say what is wrong, and try again after a while."""
        self.problem = str(error)
        self._not_before = time.monotonic() + RETRY_SECONDS
        self._on_change()


def running_on_battery() -> bool:
    """False where there is no battery, or the system does not tell."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is not None and battery.power_plugged is False
