"""`precompute`: passes over a selection, without waiting for idleness; resumable at every symbol."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pathspec import GitIgnoreSpec

from forethought.engine.api import CancelToken, Engine, EngineInfo
from forethought.errors import Cancelled, EngineError, EngineUnavailable, ModelLoadError, UsageError
from forethought.idle.coverage import NO_GENERATOR, Generator, SymbolStatus, survey_file
from forethought.idle.pass_runner import PassRunner
from forethought.idle.priority import Signals, priority_of, relative
from forethought.insights.prompts import PROMPT_VERSION
from forethought.insights.sleep_pass import Method, PassOptions
from forethought.names.resolver import Target
from forethought.store.user_state import UserState
from forethought.workspace.workspace import Workspace

GUESSED_SECONDS_A_SYMBOL = 20.0
"""For an estimate before anything was measured: about what a 3B model takes on two laptop cores."""
MAX_ATTEMPTS = 2
"""At a symbol where the engine fails, before the symbol counts as failed."""

# Of an average symbol, for an estimate from the engine's measured speed.
_PROMPT_TOKENS_A_SYMBOL = 700
_COMPLETION_TOKENS_A_SYMBOL = 160


@dataclass(frozen=True, slots=True)
class Selection:
    """What to think about, and the budgets for it."""

    paths: tuple[str, ...] = ()
    """Folders or files in the root; empty for all."""
    since: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    budget_tokens: int | None = None
    budget_seconds: float | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in files or symbols."""

    done: int
    total: int
    message: str


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be done, and why; `symbol` is empty for a whole file."""

    path: str
    symbol: str
    reason: str


@dataclass(slots=True)
class PrecomputeReport:
    """What a run did. The counts without a prefix are symbols; `to_json` gives the document of the command."""

    files_total: int = 0
    files_selected: int = 0
    files_computed: int = 0
    files_reused: int = 0
    files_failed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    computed: int = 0
    reused: int = 0
    empty: int = 0
    failed: int = 0
    remaining: int = 0
    """Left for another run, by a budget or a cancellation."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    estimate_minutes: float = 0.0
    model: str | None = None
    digest: str | None = None
    interrupted: bool = False
    failures: list[Failure] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    """Reason → texts or sentences that were generated and not kept."""

    @property
    def anything_failed(self) -> bool:
        return bool(self.failures)

    def to_json(self) -> dict[str, Any]:
        return {
            "files": {
                "total": self.files_total,
                "selected": self.files_selected,
                "computed": self.files_computed,
                "reused": self.files_reused,
                "failed": self.files_failed,
                "skipped": self.skipped,
            },
            "symbols": {
                "computed": self.computed,
                "reused": self.reused,
                "empty": self.empty,
                "failed": self.failed,
                "remaining": self.remaining,
            },
            "tokens": {
                "prompt": self.prompt_tokens,
                "cached": self.cached_tokens,
                "completion": self.completion_tokens,
            },
            "seconds": round(self.seconds, 3),
            "estimate": {"minutes": round(self.estimate_minutes, 2)},
            "producer": {"model": self.model, "digest": self.digest, "promptVersion": PROMPT_VERSION},
            "failures": [
                {"path": failure.path, "symbol": failure.symbol, "reason": failure.reason} for failure in self.failures
            ],
            "dropped": dict(self.dropped),
        }


def select_paths(workspace: Workspace, selection: Selection) -> list[str]:
    """The indexed files that a selection names, sorted. Raises UsageError for an unknown path or revision, GitError."""
    paths = sorted(workspace.index.paths())
    within = f"{workspace.within}/" if workspace.within else ""
    chosen = [path for path in paths if path.startswith(within)]
    if selection.paths:
        wanted = [path.strip("/").removeprefix("./") for path in selection.paths]
        for path in wanted:
            if path not in (".", "") and not (workspace.root / path).exists():
                raise UsageError(f"{path} is not in {workspace.root}; name a file or folder of this repository.")
        chosen = [
            path
            for path in chosen
            if any(name in (".", "") or path == name or path.startswith(f"{name}/") for name in wanted)
        ]
    if selection.since is not None:
        if workspace.repository is None:
            raise UsageError(f"--since needs git, and {workspace.root} is not in a git repository.")
        changed = workspace.repository.changed_paths(selection.since)
        chosen = [path for path in chosen if path in changed]
    if selection.include:
        included = GitIgnoreSpec.from_lines(selection.include)
        chosen = [path for path in chosen if included.match_file(path)]
    if selection.exclude:
        excluded = GitIgnoreSpec.from_lines(selection.exclude)
        chosen = [path for path in chosen if not excluded.match_file(path)]
    return chosen


def precompute(
    workspace: Workspace,
    selection: Selection,
    engine: Engine | None,
    method: Method,
    runner: PassRunner,
    user_state: UserState,
    on_progress: Callable[[Progress], None],
    cancel: CancelToken,
    options: PassOptions | None = None,
) -> PrecomputeReport:
    """Think about every selected symbol that needs it, the most valuable first.

    `engine` None is for a dry run. Each stage is stored at once; cancelling keeps it and sets `interrupted`.
    Raises EngineUnavailable, ModelLoadError, StoreError, UsageError, GitError.
    """
    started = time.monotonic()
    report = PrecomputeReport()
    info = engine.fetch_info() if engine is not None else None
    _index(workspace, selection, report, on_progress, cancel)
    paths = select_paths(workspace, selection)
    report.files_total = len(workspace.index.paths())
    report.files_selected = len(paths)
    generator = Generator.of(info, method) if info is not None else NO_GENERATOR
    work = _survey(workspace, paths, generator, report, on_progress, cancel)
    _sort_by_priority(work, user_state)
    report.remaining = len(work)
    report.estimate_minutes = len(work) * _seconds_a_symbol(info, generator, user_state) / 60
    if info is not None:
        report.model, report.digest = info.model, info.digest
    if engine is not None and not selection.dry_run:
        _Run(workspace, engine, method, options, runner, cancel, report).work_off(work, selection, on_progress)
    report.interrupted = cancel.cancelled
    report.seconds = time.monotonic() - started
    return report


@dataclass(frozen=True, slots=True)
class _Work:
    """A symbol that needs a pass."""

    target: Target
    status: SymbolStatus


def _index(
    workspace: Workspace,
    selection: Selection,
    report: PrecomputeReport,
    on_progress: Callable[[Progress], None],
    cancel: CancelToken,
) -> None:
    """Bring the index up to date, and report what of the selection could not be read."""

    def note(done: int, total: int) -> None:
        on_progress(Progress(done, total, "indexing"))

    index_report = workspace.refresh(None, note, cancel)
    report.skipped = dict(index_report.skipped)
    for path, reason in index_report.failures.items():
        report.failures.append(Failure(path, "", reason))
    for path in selection.paths:
        if left_out := workspace.why_left_out(path.removeprefix("./")):
            report.failures.append(Failure(path, "", left_out))


def _survey(
    workspace: Workspace,
    paths: Sequence[str],
    generator: Generator,
    report: PrecomputeReport,
    on_progress: Callable[[Progress], None],
    cancel: CancelToken,
) -> list[_Work]:
    """What needs a pass; what does not is counted as reused."""
    work: list[_Work] = []
    for number, path in enumerate(paths):
        if cancel.cancelled:
            break
        if number % 50 == 0:
            on_progress(Progress(number, len(paths), "comparing with what is known"))
        statuses = survey_file(workspace, path, generator)
        needed = [_Work(Target(path, status.symbol_id), status) for status in statuses if status.needed]
        work += needed
        report.reused += len(statuses) - len(needed)
        report.empty += sum(status.state == "empty" for status in statuses if not status.needed)
        if statuses and not needed:
            report.files_reused += 1
    return work


def _sort_by_priority(work: list[_Work], user_state: UserState) -> None:
    predictability = user_state.predictability()

    def priority(status: SymbolStatus) -> float:
        relative_predictability = relative(predictability, status.kind)
        signals = Signals(kind=status.kind, lines=status.lines, predictability=relative_predictability)
        return priority_of(signals).amount

    work.sort(key=lambda item: (-priority(item.status), item.target))


def _seconds_a_symbol(info: EngineInfo | None, generator: Generator, user_state: UserState) -> float:
    """Measured for this generator, else estimated from the engine's speed, else guessed."""
    if info is None or generator.id is None:
        return GUESSED_SECONDS_A_SYMBOL
    if measured := user_state.seconds_a_symbol(generator.id):
        return measured
    if not info.prompt_tokens_per_second or not info.completion_tokens_per_second:
        return GUESSED_SECONDS_A_SYMBOL
    return (
        _PROMPT_TOKENS_A_SYMBOL / info.prompt_tokens_per_second
        + _COMPLETION_TOKENS_A_SYMBOL / info.completion_tokens_per_second
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """The passes of one run, and the report that they fill."""

    workspace: Workspace
    engine: Engine
    method: Method
    options: PassOptions | None
    runner: PassRunner
    cancel: CancelToken
    report: PrecomputeReport

    def work_off(self, work: Sequence[_Work], selection: Selection, on_progress: Callable[[Progress], None]) -> None:
        """Run one pass after another, as far as the budgets go."""
        started = time.monotonic()
        report = self.report
        max_tokens = self.workspace.settings.sleep_max_tokens_per_file
        left = Counter(item.target.path for item in work)
        """path → symbols still to be thought about."""
        spent_on: Counter[str] = Counter()
        failed_paths: set[str] = set()
        for number, item in enumerate(work):
            spent = report.prompt_tokens + report.completion_tokens
            out_of_tokens = selection.budget_tokens is not None and spent >= selection.budget_tokens
            out_of_time = (
                selection.budget_seconds is not None and time.monotonic() - started >= selection.budget_seconds
            )
            if self.cancel.cancelled or out_of_tokens or out_of_time:
                break
            path = item.target.path
            if spent_on[path] >= max_tokens:
                continue  # counts as remaining: this file has had its share
            on_progress(Progress(number, len(work), f"{path} {item.status.name}".strip()))
            try:
                reason = self._think_about(item.target, max_tokens - spent_on[path])
            except Cancelled:
                break
            spent_on[path] += report.prompt_tokens + report.completion_tokens - spent
            report.remaining -= 1
            left[path] -= 1
            if reason is not None:
                report.failed += 1
                report.failures.append(Failure(path, item.target.symbol_id, reason))
                failed_paths.add(path)
            if not left[path]:
                if path in failed_paths:
                    report.files_failed += 1
                else:
                    report.files_computed += 1
        on_progress(Progress(len(work) - report.remaining, len(work), "done"))

    def _think_about(self, target: Target, max_tokens: int) -> str | None:
        """Run the pass over one symbol; the reason if it failed."""
        context = self.workspace.saved.context(target)
        if context is None:
            return "the file changed or vanished during the pass; run it again"
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                thought = self.runner.run(
                    self.workspace, target, context, self.engine, self.method, self.cancel, self.options, max_tokens
                )
                break
            except (Cancelled, EngineUnavailable, ModelLoadError):
                raise
            except EngineError as error:
                if attempt == MAX_ATTEMPTS:
                    return str(error)
        entry, report = thought.entry, self.report
        report.prompt_tokens += entry.provenance.prompt_tokens
        report.completion_tokens += entry.provenance.completion_tokens
        report.cached_tokens += thought.cached_tokens
        report.dropped.update(thought.dropped)
        if entry.outcome == "failed":
            return entry.reason
        if entry.outcome == "empty":
            report.empty += 1
        report.computed += 1
        return None
