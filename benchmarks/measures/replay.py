"""Replay a real history in simulated time: do hovers on just-changed symbols find a fresh insight?

Every commit is checked out in a clone and really indexed; real context hashes say what changed, and the real scope
(files of recent commits, most-called symbols) and priorities say what is computed next. Only time and the developer
are simulated: `Day` holds the assumed habits, and `Pace` how long a model takes.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

from forethought.app.session import Session
from forethought.bench.report import Plot, Report, Series, Table
from forethought.bench.trial import Trial, command_document, git, run_command
from forethought.config import Settings, load_settings
from forethought.errors import ForethoughtError, UsageError
from forethought.idle.daily_budget import RESERVED_SHARE, DailyBudget
from forethought.idle.priority import Signals, priority_of
from forethought.idle.scope import RECENT_COMMITS, scope_of
from forethought.insights.context import build_context
from forethought.names.resolver import Target
from forethought.repo.git import Repository
from forethought.store.user_state import Spending
from forethought.workspace.saved_contexts import SavedSymbol
from forethought.workspace.workspace import Workspace

CHARACTERS_PER_TOKEN = 3.6
QUESTIONS_PER_SYMBOL = 2
"""Prompts of a first pass: purpose and notes."""
PROMPT_TOKENS_PER_QUESTION = 40
"""System text and question. The code itself is shared by all questions about a symbol."""
COMPLETION_TOKENS_PER_QUESTION = 40
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Work:
    """A symbol whose insights are to be computed."""

    context_hash: str
    characters: int
    """Length of its context."""
    questions: int
    target: Target
    value: float
    value_if_stale: float
    """The value if the stored insight is about an older version of the symbol."""
    edited_at: float | None = None
    """When its text last changed, in seconds since the epoch; None if not recently."""


@dataclass(frozen=True, slots=True)
class Step:
    """The state after a commit."""

    time: float
    """Seconds since the epoch."""
    changed: tuple[str, ...]
    """Context hashes this commit introduced; these symbols are hovered on until the next commit."""
    queue: tuple[Work, ...]
    """Everything in scope."""


@dataclass(frozen=True, slots=True)
class Day:
    """Assumed habits of the developer. The machine is always on."""

    idle_delay: float = 5.0
    """Seconds after a commit or a hover until idle work may begin."""
    editing: float = 600.0
    """Seconds of editing before each commit, without idle work."""
    hovers: tuple[float, ...] = (60.0, 300.0, 1800.0)
    """Seconds after a commit at which every symbol it changed is hovered on; they are again when editing begins."""
    daily_seconds: float = 3600.0
    """Budget of idle work per calendar day (UTC)."""


Pace = Callable[[Work], float]
"""Returns the seconds it takes to compute a symbol's insights."""


def token_pace(prompt_tokens_per_second: float, completion_tokens_per_second: float) -> Pace:
    """The pace of a model that reads the code once, and then each question, and writes each answer."""

    def seconds(work: Work) -> float:
        prompt = work.characters / CHARACTERS_PER_TOKEN + work.questions * PROMPT_TOKENS_PER_QUESTION
        return (
            prompt / prompt_tokens_per_second
            + work.questions * COMPLETION_TOKENS_PER_QUESTION / completion_tokens_per_second
        )

    return seconds


def steady_pace(seconds: float) -> Pace:
    return lambda work: seconds


@dataclass(slots=True)
class Thinker:
    """One model in simulated time. Like the scheduler, it finishes what it has begun, across pauses and commits."""

    pace: Pace
    daily_seconds: float
    fresh: set[str] = field(default_factory=set)
    seconds: float = 0.0
    """Total seconds of idle work."""
    _computed: dict[Target, str] = field(default_factory=dict)
    """The context hash last computed for each symbol."""
    _work: Work | None = None
    _left: float = 0.0
    _day: int = 0
    _today: Spending = field(default_factory=Spending)
    """Spent on `_day`."""

    def think(self, start: float, end: float, queue: Sequence[Work]) -> None:
        """Process the queue, most valuable first, from `start` to `end`, in seconds since the epoch."""
        now = start
        waiting = self._in_order(queue)
        while now < end:
            if self._work is None:
                self._work = self._next(waiting, now)
                if self._work is None:
                    now = (now // _DAY_SECONDS + 1) * _DAY_SECONDS  # the rest waits for tomorrow's budget
                    continue
                self._left = self.pace(self._work)
            step = min(self._left, end - now)
            spent, day = self._spent(now), _day_of(now)
            older = 0.0 if _is_of_day(self._work, day) else step
            self._day, self._today = day, Spending(spent.seconds + step, spent.older + older)
            self.seconds += step
            self._left -= step
            now += step
            if self._left <= 0:
                self.fresh.add(self._work.context_hash)
                self._computed[self._work.target] = self._work.context_hash
                self._work = None

    def _next(self, waiting: Sequence[Work], now: float) -> Work | None:
        """What the scheduler would choose next."""
        day = _day_of(now)
        left = (work for work in waiting if work.context_hash not in self.fresh)
        return DailyBudget(self.daily_seconds, self._spent(now)).choose(left, lambda work: _is_of_day(work, day))

    def _in_order(self, queue: Sequence[Work]) -> list[Work]:
        """The work that is not done, in the scheduler's order."""
        found = []
        for work in queue:
            if work.context_hash in self.fresh:
                self._computed[work.target] = work.context_hash
                continue
            stale = self._computed.get(work.target, work.context_hash) != work.context_hash
            found.append((-(work.value_if_stale if stale else work.value), work.target, work))
        found.sort(key=itemgetter(0, 1))
        return [work for _, _, work in found]

    def _spent(self, now: float) -> Spending:
        return self._today if self._day == _day_of(now) else Spending()


def _day_of(moment: float) -> int:
    return int(moment // _DAY_SECONDS)


def _is_of_day(work: Work, day: int) -> bool:
    return work.edited_at is not None and _day_of(work.edited_at) == day


@dataclass(slots=True)
class Tally:
    """Counts of all hovers and of those that found a fresh insight, by moment."""

    hovers: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)

    def count(self, moment: str, context_hashes: Sequence[str], fresh: set[str]) -> None:
        self.hovers[moment] = self.hovers.get(moment, 0) + len(context_hashes)
        self.found[moment] = self.found.get(moment, 0) + sum(context_hash in fresh for context_hash in context_hashes)

    def to_json(self) -> dict[str, Any]:
        """`{moment: {hovers, share}}`, including a moment `all`."""
        pairs = {moment: (count, self.found[moment]) for moment, count in self.hovers.items()}
        pairs["all"] = (sum(self.hovers.values()), sum(self.found.values()))
        return {
            moment: {"hovers": hovers, "share": round(found / hovers, 4) if hovers else None}
            for moment, (hovers, found) in pairs.items()
        }


def live_through(step: Step, end: float, thinker: Thinker, day: Day, tally: Tally) -> None:
    """Simulate the time from a commit to the next one, at `end`: idle periods with hovers between them."""
    editing_from = max(step.time, end - day.editing)
    moments = [(step.time + delay, f"{delay / 60:g} min") for delay in day.hovers if step.time + delay < end]
    moments.append((editing_from, "editing begins"))
    idle_from = step.time + day.idle_delay
    for moment, name in sorted(moments):
        until = min(moment, editing_from)
        if idle_from < until:
            thinker.think(idle_from, until, step.queue)
        tally.count(name, step.changed, thinker.fresh)
        idle_from = moment + day.idle_delay


def run(
    root: Path,
    commits: Annotated[int, "Number of commits to replay."] = 200,
    prompt_tokens_per_second: Annotated[float, "Reading speed of the second model."] = 13.0,
    completion_tokens_per_second: Annotated[float, "Writing speed of the second model."] = 2.5,
    seconds_per_symbol: Annotated[float, "Seconds per symbol of the first model; 0 to measure them"] = 0.0,
    measure_seconds: Annotated[float, "How long to measure this machine."] = 60.0,
) -> Report:
    """Replay the last `commits` commits of a clone of `root`, along first parents, with two models.

    The first is FORETHOUGHT_MODEL, or else SmolLM2, at the mean seconds per symbol it takes here, as given or measured
    on what recent commits changed. The second has the given speed, by default that measured for a 7B model (Q4_0) on
    two cores. Raises UsageError and ForethoughtError.
    """
    day = Day(idle_delay=Settings().idle_delay_seconds, daily_seconds=60 * Settings().idle_daily_minutes)
    with Trial() as trial:
        clone = trial.clone(root, "clone")
        measured = seconds_per_symbol or _measured_seconds(trial, clone, measure_seconds)
        paces = {
            "measured here": steady_pace(measured),
            "7B, extrapolated": token_pace(prompt_tokens_per_second, completion_tokens_per_second),
        }
        thinkers = {name: Thinker(pace, day.daily_seconds) for name, pace in paces.items()}
        tallies = {name: Tally() for name in paces}
        seconds: dict[str, dict[str, float]] = {name: {} for name in paces}
        steps = list(_walk(trial, clone, commits))
        for step, after in pairwise(steps):
            for name, thinker in thinkers.items():
                live_through(step, after.time, thinker, day, tallies[name])
                seconds[name].update((work.context_hash, paces[name](work)) for work in step.queue)
    models = {
        name: {
            "seconds_per_symbol": round(sum(seconds[name].values()) / max(1, len(seconds[name])), 2),
            "hours": round(thinkers[name].seconds / 3600, 2),
            "symbols": len(thinkers[name].fresh),
            "moments": tallies[name].to_json(),
        }
        for name in paces
    }
    settings = {
        "root": root.name,
        "idle delay, s": day.idle_delay,
        "editing before each commit, s": day.editing,
        "minutes a day": day.daily_seconds / 60,
        "share reserved for the day's changes": RESERVED_SHARE,
        "prompt tokens/s of the 7B": prompt_tokens_per_second,
        "completion tokens/s of the 7B": completion_tokens_per_second,
        "characters per token": CHARACTERS_PER_TOKEN,
        "prompt tokens per question": PROMPT_TOKENS_PER_QUESTION,
        "completion tokens per question": COMPLETION_TOKENS_PER_QUESTION,
        **trial.machine,
    }
    return _report(steps, models, settings)


def _report(steps: Sequence[Step], models: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any]) -> Report:
    changing = sum(bool(step.changed) for step in steps[:-1])
    changed = sum(len(step.changed) for step in steps[:-1])
    days = (steps[-1].time - steps[0].time) / _DAY_SECONDS
    return Report(
        name="replay",
        title="Fresh insights over a replayed history",
        shows="How many hovers on symbols that the last commit changed find a fresh insight?",
        verdict=(
            f"{len(steps)} commits in {days:.1f} days, {changing} of which change {changed} symbols.",
            *(
                f"{name}, {model['seconds_per_symbol']:.1f} s per symbol: {model['moments']['all']['share'] or 0:.1%} "
                f"of the hovers find a fresh insight; {model['symbols']} symbols take {model['hours']:.1f} h."
                for name, model in models.items()
            ),
        ),
        tables=(
            Table(
                "Hovers by moment after the commit",
                ("model", "moment", "hovers", "share fresh"),
                tuple(
                    (name, moment, item["hovers"], item["share"])
                    for name, model in models.items()
                    for moment, item in model["moments"].items()
                ),
                "Simulated: the machine is always on, and idle from some seconds after a commit or hover until the "
                "next commit's editing begins; see the settings.",
            ),
        ),
        plots=(
            Plot(
                "Fresh insights by moment",
                "after the commit",
                "share of the hovers",
                tuple(
                    Series(name, tuple((moment, item["share"] or 0.0) for moment, item in model["moments"].items()))
                    for name, model in models.items()
                ),
                "bar",
            ),
        ),
        settings=settings,
        data={
            "commits": len(steps),
            "days": round(days, 1),
            "changing_commits": changing,
            "changed_symbols": changed,
            "models": dict(models),
        },
    )


def _walk(trial: Trial, clone: Path, count: int) -> Iterator[Step]:
    """Check out and index every commit, oldest first."""
    repository = Repository.open(clone)
    history = repository.history(count) if repository else []
    if len(history) < 2:
        raise UsageError(f"{clone.name} has fewer than two commits to replay; name another repository.")
    history.reverse()
    environment = trial.environment("walk", engine="none")
    now = float(history[0].time)
    session = Session(load_settings(clone, environment), environment, now=lambda: now)
    try:
        git(clone, "checkout", "--quiet", "--force", "--detach", f"{history[0].commit}")
        workspace = session.add_root(clone)
        workspace.refresh()
        sizes = _Sizes(workspace)
        before: dict[str, dict[str, str]] = {}
        for number, commit in enumerate(history):
            now = max(now, float(commit.time))
            if number:
                before = {path: _context_hashes(workspace, path) for path in commit.paths}
                git(clone, "checkout", "--quiet", "--force", "--detach", commit.commit)
                workspace.refresh(commit.paths)
            changed = dict.fromkeys(
                context_hash
                for path in (commit.paths if number else ())
                for symbol_id, context_hash in _context_hashes(workspace, path).items()
                if before[path].get(symbol_id) != context_hash
            )
            yield Step(now, tuple(changed), tuple(_queue(workspace, sizes)))
    finally:
        session.close()


def _context_hashes(workspace: Workspace, path: str) -> dict[str, str]:
    return {item.symbol.id: item.context_hash for item in workspace.saved.symbols(path)}


def _queue(workspace: Workspace, sizes: "_Sizes") -> list[Work]:
    """Everything in scope after a commit, with the priorities it would have with no file open."""
    scope = scope_of(workspace)
    found: list[Work] = []
    for path in scope.paths:
        symbols = workspace.saved.symbols(path)
        sizes.add(path, symbols)
        edits = workspace.index.context_hashes.edits(path)
        for item in scope.select(path, symbols):
            size = sizes.known.get(item.context_hash)
            if size is None:
                continue
            target = Target(path, item.symbol.id)
            signals = Signals(
                kind=item.symbol.kind,
                committed_rank=scope.committed.get(path),
                call_rank=scope.call_ranks.get(target),
                lines=item.symbol.range.end.row - item.symbol.range.start.row + 1,
            )
            stale = priority_of(replace(signals, changed=True))
            value = priority_of(signals)
            found.append(Work(item.context_hash, *size, target, value.amount, stale.amount, edits.get(item.symbol.id)))
    return found


class _Sizes:
    """Length and number of questions of each context; the same hash always means the same context."""

    def __init__(self, workspace: Workspace) -> None:
        self.known: dict[str, tuple[int, int]] = {}
        self._workspace = workspace

    def add(self, path: str, symbols: Sequence[SavedSymbol]) -> None:
        tags, new = self._workspace.index.tags(path), [item for item in symbols if item.context_hash not in self.known]
        if tags is None or not new:
            return
        data = (self._workspace.root / path).read_bytes()
        resolver = self._workspace.saved.resolver()
        for item in new:
            context = build_context(resolver, path, tags, item.symbol, data)
            self.known[context.context_hash] = (len(context.text), QUESTIONS_PER_SYMBOL)


def _measured_seconds(trial: Trial, clone: Path, budget_seconds: float) -> float:
    """Mean seconds per symbol of a real pass over what recent commits changed."""
    environment = trial.environment("measured")
    words = ["--since", f"HEAD~{RECENT_COMMITS}", "--budget-seconds", str(budget_seconds)]
    command_document(environment, "precompute", "--root", str(clone), *words)
    run_command(environment, "engine", "stop")
    export = trial.folder / "measured.export"
    command_document(environment, "cache", "export", str(export))
    return mean_seconds([json.loads(line) for line in gzip.open(export)])


def mean_seconds(lines: Sequence[Mapping[str, Any]]) -> float:
    """Mean seconds of the entries in the lines of an export. Raises ForethoughtError if there are none."""
    seconds = [line["provenance"]["seconds"] for line in lines if "provenance" in line]
    if not seconds:
        raise ForethoughtError("Nothing could be measured because no symbol was computed; set --seconds-per-symbol.")
    return float(sum(seconds) / len(seconds))
