"""What is thought about, and when: scope, queue, pause, battery, daily limit, and the one pass that runs.

One daemon thread. It surveys what changed, picks the symbol of most value, and thinks about it; the engine host
grants idle work only while nobody is active in any window.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import psutil

from forethought.config import Settings
from forethought.engine.api import CancelToken, Engine, ModelIdentity, Priority
from forethought.errors import Cancelled, EngineError, EngineUnavailable, ForethoughtError, ModelLoadError, StoreError
from forethought.idle.daily_budget import DayBudget
from forethought.idle.priority import (
    SETTLING_SECONDS,
    Signals,
    SymbolPriority,
    mean_predictability,
    priority_of,
    relative,
)
from forethought.idle.scope import Scope, scope_of
from forethought.insights.entry import Entry
from forethought.insights.freshness import State, is_needed
from forethought.insights.sleep_pass import Method, PassOptions, generator_id_of, think
from forethought.names.resolver import Target
from forethought.store.protocol import InsightStore
from forethought.store.user_state import UserState
from forethought.workspace.saved_contexts import SavedSymbol
from forethought.workspace.workspace import Workspace

POLL_SECONDS = 1.0
RETRY_SECONDS = 30.0
"""After an engine failure, before the next try."""


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
class Candidate:
    """A symbol that could be thought about."""

    workspace: Workspace
    target: Target
    context_hash: str
    value: SymbolPriority
    edited_at: float | None
    """When its text last changed, in seconds since the epoch; None when that was not lately."""


@dataclass(frozen=True, slots=True)
class SymbolState:
    context_hash: str
    state: State
    kind: str
    lines: int
    needed: bool
    """Whether thinking about it would bring something."""
    edited_at: float | None


class Scheduler:
    """Runs sleep-time passes over what is in scope. `start` once; `close` ends within a moment, in mid-pass too."""

    def __init__(
        self,
        settings: Settings,
        engines: EngineSource,
        contexts: InsightStore,
        user_state: UserState,
        *,
        on_change: Callable[[], None],
        on_error: Callable[[Exception], None],
        on_battery: Callable[[], bool] | None = None,
        options: Callable[[], PassOptions] = PassOptions,
    ) -> None:
        self.settings = settings
        self.problem: str | None = None
        """Why a configured engine cannot work; None while it can."""
        self.current: tuple[Workspace, Target] | None = None
        self._engines = engines
        self._contexts = contexts
        self._user_state = user_state
        self._on_change = on_change
        self._on_error = on_error
        self._on_battery = on_battery or running_on_battery
        self._guidance = options
        self._workspaces: list[Workspace] = []
        self._changed = threading.Condition()
        self._closed = False
        self._cancel = CancelToken()
        self._unsurveyed: dict[Workspace, set[str] | None] = {}
        self._surveying: frozenset[Workspace] = frozenset()
        self._coverage: dict[Workspace, dict[str, dict[str, SymbolState]]] = {}
        self._hovered: dict[Target, float] = {}
        self._scopes: dict[Workspace, Scope] = {}
        self._gave_up: set[tuple[str, str]] = set()
        self._spent: Counter[tuple[str, str]] = Counter()
        """Tokens by (root, path) since the start, for the limit a file."""
        self._not_before = 0.0
        self._survey_not_before = 0.0
        self._unkept: tuple[Candidate, Entry] | None = None
        """What was thought and could not be stored: it is not thought again."""
        self._news = False
        """Whether something was told since the thread looked last."""
        self._put_off = False
        self._queue: tuple[Candidate, ...] = ()
        self._done = 0
        self._thread: threading.Thread | None = None

    # What the session tells

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="sleep-time pass", daemon=True)
        self._thread.start()

    def add(self, workspace: Workspace) -> None:
        with self._changed:
            self._workspaces.append(workspace)
        workspace.refresher.subscribe(lambda change: self.refresh_coverage(workspace, None))

    def remove(self, workspace: Workspace) -> None:
        with self._changed:
            self._workspaces = [known for known in self._workspaces if known is not workspace]
            for table in (self._unsurveyed, self._coverage, self._scopes):
                table.pop(workspace, None)
            self._set_queue(self._queue)
            if self.current is not None and self.current[0] is workspace:
                self._cancel.cancel()
        self.refresh_coverage(None, None)

    def refresh_coverage(self, workspace: Workspace | None, paths: Sequence[str] | None) -> None:
        """Look again at how these files stand (None: all of the scope)."""
        with self._changed:
            self._put_off = False
            for known in [workspace] if workspace else self._workspaces:
                waiting = self._unsurveyed.get(known, set())
                self._unsurveyed[known] = None if paths is None or waiting is None else waiting | set(paths)
            self._tell()

    def survey_now(self) -> None:
        """Look at everything in scope on this thread, for a process that does not think. Reads the disk."""
        self._unsurveyed.clear()
        for workspace in self._workspaces:
            self._refresh_coverage(workspace, None)
        self._arrange()

    def hovered(self, workspace: Workspace, target: Target) -> None:
        """A person found no insight here: its file moves up."""
        with self._changed:
            self._hovered[target] = time.monotonic()
            while len(self._hovered) > 200:
                self._hovered.pop(next(iter(self._hovered)))
        self.refresh_coverage(workspace, [target.path])

    def cancel_current(self) -> None:
        """Stop the running thought; its symbol is queued again."""
        with self._changed:
            self._cancel.cancel()
            self._tell()

    def put_off(self) -> None:
        """Stop the running thought, and begin no other before the next trigger: commit, save, hover, settings."""
        with self._changed:
            self._put_off = True
            self._cancel.cancel()
            self._tell()

    def wake(self) -> None:
        """Something that passes depend on changed: settings, pause, engine."""
        with self._changed:
            self._put_off = False
            self._not_before = 0.0
            self._tell()

    def forget_failures(self) -> None:
        self._gave_up.clear()
        self.problem = None
        self.wake()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._cancel.cancel()
            self._tell()
        if self._thread is not None:
            self._thread.join(2.0)

    # What status shows

    @property
    def queue(self) -> tuple[Candidate, ...]:
        """What would be thought about, the most valuable first."""
        return self._queue

    def upcoming(self, most: int) -> tuple[Candidate, ...]:
        """The first of the queue as their turns come: when the minutes left today are kept, for that first."""
        budget = self._budget()
        if budget.allows(changed_today=False) or not budget.allows(changed_today=True):
            return self._queue[:most]
        kept: list[Candidate] = []
        others: list[Candidate] = []
        for item in self._queue:
            if self._changed_today(item):
                kept.append(_with_reason(item, f"changed today, {item.value.reason}"))
            else:
                others.append(_with_reason(item, f"{item.value.reason}, when there are minutes for older code again"))
        return (*kept, *others)[:most]

    @property
    def done(self) -> int:
        """Symbols thought about since the queue was last empty."""
        return self._done

    @property
    def surveying(self) -> bool:
        """Whether somebody waits to hear how the scope stands: `queue` and `coverage` are older than that."""
        with self._changed:
            waiting = any(paths is None for paths in self._unsurveyed.values())
            unknown = any(workspace not in self._coverage for workspace in self._workspaces)
            return not self._closed and bool(waiting or unknown or self._surveying)

    def coverage(self, workspace: Workspace) -> Counter[State]:
        """How the symbols in scope stand, by saved content."""
        files = dict(self._coverage.get(workspace, {}))
        return Counter(symbol.state for symbols in files.values() for symbol in symbols.values())

    def seconds_a_symbol(self, identity: ModelIdentity) -> float | None:
        """Measured on this machine for this model and method; None before the first."""
        return self._user_state.seconds_a_symbol(generator_id_of(identity, method_of(self.settings)))

    def paused_reason(self) -> str | None:
        """Why no pass runs although there is work; None when nothing stands in the way."""
        if by_user := self.paused_by_user():
            return by_user
        if self._put_off and self._queue:
            return "by you, until you commit, save, or look at something that is missing"
        if not self.settings.idle_on_battery and self._on_battery():
            return "on battery; set idle.onBattery to think all the same"
        budget = self._budget()
        if not budget.allows(changed_today=True):
            return f"today's {budget.seconds / 60:g} minutes are used up (idle.dailyMinutes)"
        if self._queue and self._next(budget) is None:
            older = budget.older_seconds / 60
            return (
                f"today's {older:g} minutes for code that did not change today are used up;"
                f" {budget.seconds / 60 - older:g} are kept for what changes (idle.dailyMinutes)"
            )
        return None

    def _budget(self) -> DayBudget:
        return DayBudget(60 * self.settings.idle_daily_minutes, self._user_state.spent_today())

    def _changed_today(self, candidate: Candidate) -> bool:
        return candidate.edited_at is not None and self._user_state.is_today(candidate.edited_at)

    def _next(self, budget: DayBudget) -> Candidate | None:
        """The most valuable candidate that today's minutes are for."""
        return budget.choose(self._queue, self._changed_today)

    def paused_by_user(self) -> str | None:
        """For how long a person paused it, in words; None when nobody did."""
        pause = self._user_state.current_pause()
        if pause is None:
            return None
        if pause.until is None:
            return "by you, until you resume"
        minutes = max(1, round((pause.until - time.time()) / 60))
        return f"by you, for {minutes} more {'minute' if minutes == 1 else 'minutes'}"

    # The loop

    def _run(self) -> None:
        while True:
            may_think = self._may_think()  # reads files: not while it holds the lock that a hover takes
            with self._changed:
                due = bool(self._unsurveyed) and time.monotonic() >= self._survey_not_before
                if not (due or may_think or self._news or self._closed):
                    self._changed.wait(POLL_SECONDS)
                self._news = False
                if self._closed:
                    return
                self._cancel = CancelToken()
                surveys: dict[Workspace, set[str] | None] = {}
                if time.monotonic() >= self._survey_not_before:
                    surveys, self._unsurveyed = self._unsurveyed, {}
                self._surveying = frozenset(workspace for workspace, paths in surveys.items() if paths is None)
            try:
                if surveys:
                    self._look(surveys)
                if self._may_think() and (candidate := self._next(self._budget())) is not None:
                    self._think(candidate)
            except Cancelled:
                continue  # a person, or the closing session, stopped it; the symbol stays queued
            except Exception as error:  # noqa: BLE001 -- the thread outlives any one symbol; the error goes to the log
                self._not_before = time.monotonic() + RETRY_SECONDS
                self._on_error(error)

    def _may_think(self) -> bool:
        return bool(
            self._queue
            and time.monotonic() >= self._not_before
            and not any(workspace.indexing for workspace in self._workspaces)
            and self.paused_reason() is None
        )

    def _tell(self) -> None:
        """Wake the thread. The lock is held."""
        self._news = True
        self._changed.notify_all()

    def _set_queue(self, queue: Sequence[Candidate]) -> None:
        """Without roots that are gone. The lock is held."""
        self._queue = tuple(item for item in queue if item.workspace in self._workspaces)
        if not self._queue:
            self._done = 0

    def _look(self, surveys: Mapping[Workspace, set[str] | None]) -> None:
        """Survey, and arrange the queue anew; what fails is looked at again after a while."""
        try:
            for workspace, paths in surveys.items():
                self._refresh_coverage(workspace, paths)
            self._arrange()
        except Exception:
            with self._changed:
                self._survey_not_before = time.monotonic() + RETRY_SECONDS
                for workspace, paths in surveys.items():
                    if workspace not in self._workspaces:
                        continue
                    waiting = self._unsurveyed.get(workspace, set())
                    self._unsurveyed[workspace] = None if paths is None or waiting is None else waiting | paths
            raise
        finally:
            self._surveying = frozenset()
            self._on_change()

    def _refresh_coverage(self, workspace: Workspace, paths: set[str] | None) -> None:
        if not self._engines.configured:
            self._coverage.pop(workspace, None)
            return
        scope = self._scopes.get(workspace)
        if paths is None or scope is None:
            scope = scope_of(workspace)
        known = {} if paths is None else dict(self._coverage.get(workspace, {}))
        looked_at = {target.path for target in list(self._hovered)}
        for path in sorted(scope.paths.keys() | looked_at if paths is None else paths):
            if self._closed:
                return
            if path in scope.paths or path in looked_at:
                symbols = workspace.saved.symbols(path)
                if not symbols and workspace.index.content_hash(path) is not None:
                    workspace.files_changed([path])  # the disk is newer than the index
                known[path] = self._states(workspace, path, scope.select(path, symbols))
            else:
                known.pop(path, None)
        with self._changed:
            if workspace in self._workspaces:  # else it was removed meanwhile
                self._scopes[workspace], self._coverage[workspace] = scope, known

    def _states(self, workspace: Workspace, path: str, symbols: Sequence[SavedSymbol]) -> dict[str, SymbolState]:
        insight_statuses = workspace.saved.insight_statuses(path, symbols)
        edits = workspace.index.context_hashes.edits(path)
        generator_id, demo = self._generator_id()
        found = {}
        for item in symbols:
            insight_status = insight_statuses[item.symbol.id]
            found[item.symbol.id] = SymbolState(
                context_hash=item.context_hash,
                state=insight_status.state,
                kind=item.symbol.kind,
                lines=item.symbol.range.end.row - item.symbol.range.start.row + 1,
                needed=is_needed(insight_status, generator_id, demo),
                edited_at=edits.get(item.symbol.id),
            )
        return found

    def _generator_id(self) -> tuple[str | None, bool]:
        """Who would think, and whether it is the demonstration model."""
        try:
            identity = self._engines.sleep_engine().identity()
        except ForethoughtError:
            return None, False  # the engine cannot work: `_think` finds out why, and says so
        return generator_id_of(identity, method_of(self.settings)), identity.demo

    def _arrange(self) -> None:
        now = time.monotonic()
        predictability = self._user_state.predictability()
        found: list[Candidate] = []
        for workspace in list(self._workspaces):
            scope = self._scopes.get(workspace)
            if scope is None or workspace.settings.sleep_scope == "off":
                continue
            open_paths = set(workspace.open_paths)
            for path, symbols in self._coverage.get(workspace, {}).items():
                if self._spent[str(workspace.root), path] >= workspace.settings.sleep_max_tokens_per_file:
                    continue
                settling = now - workspace.edited_at.get(path, -1e9) < SETTLING_SECONDS and path not in scope.just
                for symbol_id, state in symbols.items():
                    target = Target(path, symbol_id)
                    if not state.needed or (state.context_hash, str(workspace.root)) in self._gave_up:
                        continue
                    value = priority_of(
                        Signals(
                            kind=state.kind,
                            focused=workspace.focused == path and path in open_paths,
                            open=path in open_paths,
                            committed_rank=scope.committed.get(path),
                            call_rank=scope.call_ranks.get(target),
                            changed=state.state == "stale",
                            hovered=target in self._hovered,
                            settling=settling,
                            lines=state.lines,
                            predictability=relative(predictability, state.kind),
                        )
                    )
                    found.append(Candidate(workspace, target, state.context_hash, value, state.edited_at))
        found.sort(key=lambda candidate: (-candidate.value.amount, candidate.target))
        with self._changed:
            self._set_queue(found)

    def _think(self, candidate: Candidate) -> None:
        if self._unkept is not None and not self._keep_at_last():
            return
        workspace, target = candidate.workspace, candidate.target
        context = workspace.saved.context(target)
        if context is None or context.context_hash != candidate.context_hash:
            self._drop(candidate)
            workspace.files_changed([target.path])
            self.refresh_coverage(workspace, [target.path])
            return
        try:
            engine = self._engines.sleep_engine()
        except (EngineUnavailable, ForethoughtError) as error:
            self._fail(str(error))
            return
        if not self._is_still_needed(candidate):
            self._drop(candidate)
            return
        method = method_of(self.settings)
        with self._changed:
            if workspace not in self._workspaces:
                return
            self.current = (workspace, target)
        self._on_change()
        started = time.monotonic()
        try:
            spent = self._spent[str(workspace.root), target.path]
            options = replace(
                self._guidance(),
                rejected=self._contexts.rejected([context.context_hash]).get(context.context_hash, frozenset()),
                most_tokens=max(0, workspace.settings.sleep_max_tokens_per_file - spent),
            )
            thought = think(context, engine, method, options, self._cancel, lambda stage: self._keep(candidate, stage))
            self._keep(candidate, thought.entry)
        except Cancelled:
            raise
        except (ModelLoadError, EngineUnavailable, StoreError) as error:
            self._fail(str(error))
            return
        except EngineError as error:
            self._gave_up.add((context.context_hash, str(workspace.root)))
            self._drop(candidate)
            self._on_error(error)
            return
        finally:
            self.current = None
            self._on_change()
        self.problem = None
        with contextlib.suppress(StoreError):  # a budget that cannot be noted must not cost the insight
            seconds = thought.entry.provenance.seconds
            took = min(seconds, time.monotonic() - started)
            self._user_state.add_thinking(took, changed_today=self._changed_today(candidate))
            self._user_state.measure(generator_id_of(engine.identity(), method), seconds)
            if (predictability := mean_predictability(thought.entry.insights)) is not None:
                self._user_state.note_predictability(context.kind, predictability)
        self._done += 1
        provenance = thought.entry.provenance
        self._spent[str(workspace.root), target.path] += provenance.prompt_tokens + provenance.completion_tokens
        self._hovered.pop(target, None)
        self._drop(candidate)

    def _is_still_needed(self, candidate: Candidate) -> bool:
        """Whether no other window has thought about it since the survey."""
        generator_id, demo = self._generator_id()
        insight_status = candidate.workspace.saved.insight_status(candidate.target, candidate.context_hash)
        if generator_id is None or is_needed(insight_status, generator_id, demo):
            return True
        symbols = self._coverage.get(candidate.workspace, {}).get(candidate.target.path, {})
        if known := symbols.get(candidate.target.symbol_id):
            symbols[candidate.target.symbol_id] = replace(known, state=insight_status.state, needed=False)
        candidate.workspace.insights_changed([candidate.target])
        return False

    def _keep_at_last(self) -> bool:
        """Store what could not be stored before; whether that went well."""
        assert self._unkept is not None
        try:
            self._keep(*self._unkept)
        except StoreError as error:
            self._fail(str(error))
            return False
        self._unkept = None
        self.problem = None
        return True

    def _keep(self, candidate: Candidate, entry: Entry) -> None:
        """Store one stage, and show it. Raises StoreError."""
        try:
            self._contexts.put_many([entry])
        except StoreError:
            self._unkept = (candidate, entry)
            raise
        self._note(candidate, entry)
        candidate.workspace.insights_changed([candidate.target])
        self._on_change()

    def _note(self, candidate: Candidate, entry: Entry) -> None:
        state: State = {"done": "fresh", "empty": "empty", "failed": "failed"}[entry.outcome]  # type: ignore[assignment] # a dict display loses the literal type
        symbols = self._coverage.get(candidate.workspace, {}).get(candidate.target.path, {})
        if known := symbols.get(candidate.target.symbol_id):
            symbols[candidate.target.symbol_id] = replace(known, state=state, needed=not entry.provenance.finished)
        candidate.workspace.index.context_hashes.mark_insights(candidate.target.path, [candidate.target.symbol_id])

    def _drop(self, candidate: Candidate) -> None:
        with self._changed:
            self._set_queue([item for item in self._queue if item is not candidate])

    def _fail(self, problem: str) -> None:
        self.problem = problem
        self._not_before = time.monotonic() + RETRY_SECONDS
        self._on_change()


def _with_reason(candidate: Candidate, reason: str) -> Candidate:
    return replace(candidate, value=replace(candidate.value, reason=reason))


def method_of(settings: Settings, priority: Priority = "idle") -> Method:
    return Method(
        rounds=settings.sleep_rounds,
        candidates=settings.sleep_candidates,
        priority=priority,
        idle_delay_seconds=settings.idle_delay_seconds,
    )


def running_on_battery() -> bool:
    """False where there is no battery, or none that the system tells of."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is not None and battery.power_plugged is False
