"""Thinks while the user is idle: one daemon thread surveys what changed and runs one sleep-time pass after another.

Pause, battery and the daily budget are checked here. That nobody is active in any window is checked by the engine host,
which all windows share: it lets idle work wait. What changed is embedded before passes run, which takes a few seconds
where passes take hours; that runs in this process, and waits while anybody is active in its windows.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from forethought.config import Settings
from forethought.engine.api import CancelToken, Engine, ModelIdentity
from forethought.errors import Cancelled, EngineError, EngineUnavailable, ForethoughtError, ModelLoadError, StoreError
from forethought.idle.coverage import NO_GENERATOR, Coverage, Generator
from forethought.idle.limits import Limits, Obstacle, Turn
from forethought.idle.pass_runner import PassRunner, method_of
from forethought.idle.think_queue import Candidate, ThinkQueue
from forethought.insights.entry import Entry, Outcome, Provenance
from forethought.insights.freshness import State, is_needed
from forethought.insights.sleep_pass import PassOptions, generator_id_of
from forethought.names.resolver import Target
from forethought.store.protocol import InsightStore
from forethought.store.user_state import UserState
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


@dataclass(slots=True)
class _Survey:
    """What has to be surveyed again in one root."""

    paths: set[str] | None = field(default_factory=set)
    """None: everything in scope."""
    rescope: bool = False
    """Whether other files may have come into scope."""

    def add(self, paths: Collection[str] | None, rescope: bool) -> None:
        self.paths = None if paths is None or self.paths is None else self.paths | set(paths)
        self.rescope |= rescope


class IdleLoop:
    """Runs passes over what is in scope. `start` it once; `close` returns within moments, even during a pass."""

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
        self.queue = ThinkQueue()
        self._runner = PassRunner(store, user_state, self._on_stored)
        self._engines = engines
        self._user_state = user_state
        self.limits = Limits(user_state, on_battery)
        self._on_change = on_change
        self._on_error = on_error
        self._options = options
        self._changed = threading.Condition()
        """Guards what follows. Nothing is read from disk while it is held: a hover takes it."""
        self._surveys: dict[Workspace, _Survey] = {}
        """Waiting to be made."""
        self._surveying = False
        """Whether the scope is being surveyed."""
        self._cancel = CancelToken()
        """Of the running pass."""
        self._not_before = 0.0
        self._survey_not_before = 0.0
        self._embed_not_before = 0.0
        self._active_at = time.monotonic()
        self._deferred = False
        self._news = False
        """Whether anything happened since the thread looked last."""
        self._closed = False
        self._thread: threading.Thread | None = None

    # Events

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
        """Take a root into the loop, and follow its changes."""
        self.coverage.add(workspace)
        workspace.refresher.subscribe(lambda change: self._follow_change(workspace, change))

    def remove(self, workspace: Workspace) -> None:
        """Leave a root alone from now on."""
        self.coverage.remove(workspace)
        self.queue.remove_root(workspace)
        with self._changed:
            self._surveys.pop(workspace, None)
            if self.current is not None and self.current[0] is workspace:
                self._cancel.cancel()
        self.survey_soon()

    def survey_soon(self, workspace: Workspace | None = None) -> None:
        """Survey everything in scope again, in one root or in all."""
        for root in [workspace] if workspace is not None else self.coverage.roots:
            self._request_survey(root, None, rescope=True)

    def survey_now(self) -> None:
        """Survey everything in scope on this thread, for a process that does not run the loop. Reads the disk."""
        with self._changed:
            self._surveys.clear()
        self._survey({workspace: _Survey(None, True) for workspace in self.coverage.roots})

    def request(self, workspace: Workspace, target: Target) -> None:
        """A person found no fresh insight about this symbol: think about it first. Instant."""
        if self.queue.request(workspace, target) or self._deferred:
            self._request_survey(workspace, [target.path])

    def note_activity(self) -> None:
        """A person edits, hovers or asks. Instant."""
        self._active_at = time.monotonic()

    def cancel_current(self) -> None:
        """Stop the running pass; its symbol stays queued."""
        with self._changed:
            self._cancel.cancel()
            self._wake()

    def defer(self) -> None:
        """Stop the running pass, and start no other until the next commit, save, request or change of settings."""
        with self._changed:
            self._deferred = True
            self._cancel.cancel()
            self._wake()

    def resume(self) -> None:
        """Something that passes depend on has changed: settings, pause, engine."""
        with self._changed:
            self._deferred = False
            self._not_before = 0.0
            self._wake()

    def forget_failures(self) -> None:
        """Try again what failed: the engine or the settings have changed."""
        self.queue.forget_failures()
        self.problem = None
        self.resume()

    # What status shows

    def upcoming(self, limit: int) -> tuple[Turn, ...]:
        """The candidates that come first, in the order in which the daily budget lets them."""
        return self.limits.turns(self.settings, self.queue.candidates, limit)

    @property
    def surveying(self) -> bool:
        """Whether queue and coverage are about to change because the scope has to be surveyed."""
        with self._changed:
            waiting = any(survey.rescope for survey in self._surveys.values())
            unknown = any(self.coverage.of(workspace) is None for workspace in self.coverage.roots)
            return not self._closed and (waiting or unknown or self._surveying)

    def seconds_a_symbol(self, identity: ModelIdentity) -> float | None:
        """Measured on this machine for this model and method; None before the first pass."""
        return self._user_state.seconds_a_symbol(generator_id_of(identity, method_of(self.settings)))

    def obstacle(self) -> Obstacle | None:
        """Why no pass runs although there is work; None if nothing stands in the way. Reads the user's state."""
        return self.limits.obstacle(self.settings, self.queue.candidates, self._deferred)

    # The loop

    def _run(self) -> None:
        while True:
            # Reads files: not while it holds the lock that a hover takes.
            may_work = self._next_to_embed() is not None or self._next() is not None
            with self._changed:
                if not (self._survey_is_due() or may_work or self._news or self._closed):
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
                if (workspace := self._next_to_embed()) is not None:
                    self._embed(workspace)
                elif (candidate := self._next()) is not None:
                    self._think(candidate)
            except Cancelled:
                continue  # a person, or the closing session, stopped it; the symbol stays queued
            except Exception as error:  # noqa: BLE001 -- the thread outlives any one symbol; the error goes to the log
                self._not_before = time.monotonic() + RETRY_SECONDS
                self._on_error(error)

    def _next(self) -> Candidate | None:
        """What to think about now; None if nothing may be."""
        candidates = self.queue.candidates
        if not candidates or time.monotonic() < self._not_before or self.obstacle() is not None:
            return None
        if any(workspace.indexing for workspace in self.coverage.roots):
            return None
        return self.limits.choose(self.settings, candidates)

    def _next_to_embed(self) -> Workspace | None:
        """The root with something to embed now; None if there is none, or nothing may be embedded."""
        if self._deferred or time.monotonic() < self._embed_not_before or self._anyone_active():
            return None
        waiting = [root for root in self.coverage.roots if root.semantic_index.pending and root.indexed_once]
        if not waiting or waiting[0].indexing or not self.limits.allow_embedding(self.settings):
            return None
        return waiting[0]

    def _embed(self, workspace: Workspace) -> None:
        """Embed the next file, unless anybody becomes active meanwhile."""
        try:
            workspace.semantic_index.embed_next(lambda: self._cancel.cancelled or self._anyone_active())
        except Cancelled:
            return  # the rest of the file stays queued
        except Exception as error:  # noqa: BLE001 -- passes go on without; the error goes to the log
            self._embed_not_before = time.monotonic() + RETRY_SECONDS
            self._on_error(error)

    def _anyone_active(self) -> bool:
        """Whether a person used a window of this process within the last seconds."""
        return time.monotonic() - self._active_at < self.settings.idle_delay_seconds

    def _survey_is_due(self) -> bool:
        return bool(self._surveys) and time.monotonic() >= self._survey_not_before

    def _wake(self) -> None:
        """Wake the thread. The lock is held."""
        self._news = True
        self._changed.notify_all()

    # Surveys

    def _follow_change(self, workspace: Workspace, change: ChangeSet) -> None:
        gone = change.files - workspace.index.paths()
        with self._changed:
            if gone and self.current is not None and self.current[0] is workspace:
                path = self.current[1].path
                if change.outdated is None or path in change.outdated or path in gone:
                    self._cancel.cancel()  # its prompts may show what is ignored now
        self._request_survey(workspace, change.outdated, rescope=True)

    def _request_survey(self, workspace: Workspace, paths: Collection[str] | None, *, rescope: bool = False) -> None:
        with self._changed:
            self._deferred = False
            if workspace in self.coverage.roots:
                self._surveys.setdefault(workspace, _Survey()).add(paths, rescope)
            self._wake()

    def _survey_or_retry(self, surveys: Mapping[Workspace, _Survey]) -> None:
        """Survey; after a failure, try again in a while."""
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
                    self.queue.requested_paths(workspace),
                    generator,
                    rescope=survey.rescope,
                    stopped=lambda: self._closed,
                )
            else:
                self.coverage.clear(workspace)
        self.queue.rank(self.coverage, self._user_state.predictability())

    def _generator(self) -> Generator:
        try:
            return Generator.of(self._engines.sleep_engine().identity(), method_of(self.settings))
        except ForethoughtError:
            return NO_GENERATOR  # the engine cannot work: `_think` finds out why and reports it

    # One pass

    def _think(self, candidate: Candidate) -> None:
        """Run the pass of one candidate. Raises Cancelled."""
        workspace, target = candidate.workspace, candidate.target
        if not self._retry_save():
            return
        context = workspace.saved.context(target)
        if context is None or context.context_hash != candidate.context_hash:
            self.queue.remove(candidate)
            if context is None:
                workspace.files_changed([target.path])
            self._request_survey(workspace, [target.path])
            return
        try:
            engine = self._engines.sleep_engine()
        except ForethoughtError as error:
            self._fail(error)
            return
        if not self._is_still_needed(candidate):
            self.queue.remove(candidate)
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
                self.queue.tokens_left(workspace, target.path),
            )
        except Cancelled:
            raise
        except (ModelLoadError, EngineUnavailable, StoreError) as error:
            self._fail(error)
        except EngineError as error:
            self.queue.give_up(candidate)
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
        """Count what a pass cost: the engine's seconds, and no more than the `seconds` that went by."""
        with contextlib.suppress(StoreError):  # a budget that cannot be noted must not cost the insight
            self.limits.charge(candidate, min(provenance.seconds, seconds))
        self.queue.finish(candidate, provenance.prompt_tokens + provenance.completion_tokens)

    def _fail(self, error: ForethoughtError) -> None:
        """Report what is wrong, and try again in a while."""
        self.problem = str(error)
        self._not_before = time.monotonic() + RETRY_SECONDS
        self._on_change()
