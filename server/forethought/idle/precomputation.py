"""`precompute`: passes over everything that was asked for, without waiting for idleness; resumable at every symbol."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pathspec import GitIgnoreSpec

from forethought.engine.api import CancelToken, Engine, EngineInfo
from forethought.errors import Cancelled, EngineError, EngineUnavailable, ModelLoadError, StoreError, UsageError
from forethought.idle.priority import Signals, mean_predictability, priority_of, relative
from forethought.insights.entry import Entry
from forethought.insights.freshness import InsightStatus, is_needed
from forethought.insights.prompts import PROMPT_VERSION
from forethought.insights.sleep_pass import Method, PassOptions, generator_id_of, think
from forethought.names.resolver import Target
from forethought.store.protocol import InsightStore
from forethought.store.user_state import UserState
from forethought.syntax.tags import Symbol
from forethought.workspace.workspace import Workspace

GUESSED_SECONDS_A_SYMBOL = 20.0
"""For an estimate before anything was measured: a 3B model on two laptop cores."""
TRIES = 2
"""For a symbol at which the engine failed, before the symbol counts as failed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to think about, and how much of it."""

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
    done: int
    total: int
    message: str


@dataclass(frozen=True, slots=True)
class Failure:
    path: str
    symbol: str
    reason: str


@dataclass(slots=True)
class PrecomputeReport:
    """What a run did; `to_json` is the document of the contract."""

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


@dataclass(frozen=True, slots=True)
class _Work:
    target: Target
    symbol: Symbol
    worth: float


def select_paths(workspace: Workspace, selection: Selection) -> list[str]:
    """The indexed files that a selection names, sorted. Raises UsageError for an unknown path or revision."""
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
    contexts: InsightStore,
    user_state: UserState,
    on_progress: Callable[[Progress], None],
    cancel: CancelToken,
    options: PassOptions | None = None,
) -> PrecomputeReport:
    """Think about every selected symbol that nobody has thought about yet, the most valuable first.

    `engine` None is for a dry run. What is done is stored at once; cancelling keeps it and sets `interrupted`.
    Raises EngineUnavailable, ModelLoadError, StoreError, UsageError.
    """
    started = time.monotonic()
    report = PrecomputeReport()
    info = engine.fetch_info() if engine is not None else None
    index_report = workspace.refresh(None, lambda done, total: on_progress(Progress(done, total, "indexing")), cancel)
    report.skipped = dict(index_report.skipped)
    paths = select_paths(workspace, selection)
    report.files_total = len(workspace.index.paths())
    report.files_selected = len(paths)
    for path, reason in index_report.failures.items():
        report.failures.append(Failure(path, "", reason))
    for path in selection.paths:
        if left_out := workspace.why_left_out(path.removeprefix("./")):
            report.failures.append(Failure(path, "", left_out))
    work = _gather(workspace, paths, info, method, user_state.predictability(), report, on_progress, cancel)
    report.remaining = len(work)
    if info is not None:
        report.model, report.digest = info.model, info.digest
        generator_id = generator_id_of(info, method)
        speed = user_state.seconds_a_symbol(generator_id) or _speed_from(info) or GUESSED_SECONDS_A_SYMBOL
    else:
        speed = GUESSED_SECONDS_A_SYMBOL
    report.estimate_minutes = len(work) * speed / 60
    if not selection.dry_run and engine is not None:
        passes = _Passes(workspace, engine, method, options or PassOptions(), contexts, user_state, cancel, report)
        _work_off(passes, work, selection, on_progress)
    report.interrupted = cancel.cancelled
    report.seconds = time.monotonic() - started
    return report


def _gather(
    workspace: Workspace,
    paths: Sequence[str],
    info: EngineInfo | None,
    method: Method,
    predictability: Mapping[str, float],
    report: PrecomputeReport,
    on_progress: Callable[[Progress], None],
    cancel: CancelToken,
) -> list[_Work]:
    generator_id, demo = (generator_id_of(info, method), info.demo) if info else (None, False)
    work: list[_Work] = []
    for number, path in enumerate(paths):
        if cancel.cancelled:
            break
        if number % 50 == 0:
            on_progress(Progress(number, len(paths), "comparing with what is known"))
        symbols = workspace.saved.symbols(path)
        insight_statuses = workspace.saved.insight_statuses(path, symbols)
        needed = 0
        for item in symbols:
            insight_status = insight_statuses[item.symbol.id]
            if is_needed(insight_status, generator_id, demo):
                needed += 1
                work.append(_Work(Target(path, item.symbol.id), item.symbol, _worth(item.symbol, predictability)))
            else:
                _count_known(insight_status, report)
        if not needed and symbols:
            report.files_reused += 1
    work.sort(key=lambda item: (-item.worth, item.target))
    return work


def _count_known(insight_status: InsightStatus, report: PrecomputeReport) -> None:
    if insight_status.state == "empty":
        report.empty += 1
    report.reused += 1


def _worth(symbol: Symbol, predictability: Mapping[str, float]) -> float:
    lines = symbol.range.end.row - symbol.range.start.row + 1
    return priority_of(
        Signals(kind=symbol.kind, lines=lines, predictability=relative(predictability, symbol.kind))
    ).amount


@dataclass(frozen=True, slots=True)
class _Passes:
    """What every pass of one run needs."""

    workspace: Workspace
    engine: Engine
    method: Method
    options: PassOptions
    contexts: InsightStore
    user_state: UserState
    cancel: CancelToken
    report: PrecomputeReport


def _work_off(
    passes: _Passes, work: Sequence[_Work], selection: Selection, on_progress: Callable[[Progress], None]
) -> None:
    started = time.monotonic()
    report = passes.report
    tokens_a_file = passes.workspace.settings.sleep_max_tokens_per_file
    left = Counter(item.target.path for item in work)
    spent_on: Counter[str] = Counter()
    failed_paths: set[str] = set()
    for number, item in enumerate(work):
        spent = report.prompt_tokens + report.completion_tokens
        out_of_tokens = selection.budget_tokens is not None and spent >= selection.budget_tokens
        out_of_time = selection.budget_seconds is not None and time.monotonic() - started >= selection.budget_seconds
        if passes.cancel.cancelled or out_of_tokens or out_of_time:
            break
        path = item.target.path
        if spent_on[path] >= tokens_a_file:
            continue  # counts as remaining: this file has had its share
        on_progress(Progress(number, len(work), f"{path} {item.symbol.name}".strip()))
        try:
            reason = _think_once(passes, item, tokens_a_file - spent_on[path])
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


def _think_once(passes: _Passes, item: _Work, most_tokens: int) -> str | None:
    """Think about one symbol, each stage stored as soon as it stands; the reason when that failed."""
    workspace, contexts, report = passes.workspace, passes.contexts, passes.report
    context = workspace.saved.context(item.target)
    if context is None:
        return "the file changed or vanished during the pass; run it again"
    rejected = contexts.rejected([context.context_hash]).get(context.context_hash, frozenset())
    options = replace(passes.options, rejected=rejected, most_tokens=most_tokens)

    def keep(entry: Entry) -> None:
        contexts.put_many([entry])
        workspace.index.context_hashes.mark_insights(item.target.path, [item.target.symbol_id])

    for attempt in range(1, TRIES + 1):
        try:
            thought = think(context, passes.engine, passes.method, options, passes.cancel, keep)
            break
        except (Cancelled, EngineUnavailable, ModelLoadError):
            raise
        except EngineError as error:
            if attempt == TRIES:
                return str(error)
    entry = thought.entry
    keep(entry)
    report.prompt_tokens += entry.provenance.prompt_tokens
    report.completion_tokens += entry.provenance.completion_tokens
    report.cached_tokens += thought.cached_tokens
    report.dropped.update(thought.dropped)
    with contextlib.suppress(StoreError):  # an estimate that cannot be kept must not cost the run
        passes.user_state.measure(entry.generator_id, entry.provenance.seconds)
        if (predictability := mean_predictability(entry.insights)) is not None:
            passes.user_state.note_predictability(context.kind, predictability)
    if entry.outcome == "failed":
        return entry.reason
    if entry.outcome == "empty":
        report.empty += 1
    report.computed += 1
    return None


def _speed_from(info: EngineInfo) -> float | None:
    """Seconds a symbol from the engine's measured tokens a second: about 700 tokens read and 160 written."""
    if not info.prompt_tokens_per_second or not info.completion_tokens_per_second:
        return None
    return 700 / info.prompt_tokens_per_second + 160 / info.completion_tokens_per_second
