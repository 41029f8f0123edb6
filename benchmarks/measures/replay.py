"""A real history replayed with its real gaps, in simulated time: do hovers on just-changed symbols find an insight?

Every commit is checked out in a clone and indexed by the real index; the real context hashes say what changed, the real
scope (files of recent commits, most-called symbols) and value order say what is thought about next. Only time is
simulated, and so is the person, whose habits are assumed as `Day` says. Thinking takes a model as long as `Pace` says.
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
from forethought.bench.trial import Trial, command_document, git, machine_line, run_command
from forethought.config import Settings, load_settings
from forethought.errors import ForethoughtError, UsageError
from forethought.idle.daily_budget import RESERVED_SHARE, DailyBudget
from forethought.idle.priority import Signals, priority_of
from forethought.idle.scope import RECENT_COMMITS, scope_of
from forethought.insights.context import build_context
from forethought.insights.question_predictor import asks_about
from forethought.names.resolver import Target
from forethought.repo.git import Repository
from forethought.store.user_state import Spending
from forethought.workspace.saved_contexts import SavedSymbol
from forethought.workspace.workspace import Workspace

CHARACTERS_A_TOKEN = 3.6
PROMPT_TOKENS_AN_ASK = 40
"""System text and question, beyond the code, which all asks of a symbol share."""
COMPLETION_TOKENS_AN_ASK = 40
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Work:
    """A symbol to think about."""

    context_hash: str
    characters: int
    """Of its context."""
    asks: int
    target: Target
    value: float
    value_if_stale: float
    """When what was thought about the symbol is about an older text."""
    edited_at: float | None = None
    """When its text last changed, in seconds since the epoch; None when that was not lately."""


@dataclass(frozen=True, slots=True)
class Step:
    """What stands after a commit."""

    time: float
    """Seconds since the epoch."""
    changed: tuple[str, ...]
    """Context hashes that this commit brought into the files it changed: what people hover on until the next commit."""
    queue: tuple[Work, ...]
    """Everything in scope."""


@dataclass(frozen=True, slots=True)
class Day:
    """What is assumed of the person and the machine, which is on all the time."""

    idle_delay: float = 5.0
    """Seconds after a commit or a hover until thinking may begin."""
    editing: float = 600.0
    """Seconds of editing before each commit, in which nothing is thought about."""
    hovers: tuple[float, ...] = (60.0, 300.0, 1800.0)
    """Seconds after a commit at which every symbol that it changed is hovered on, and again when editing begins."""
    daily_seconds: float = 3600.0
    """Of thinking on one calendar day (UTC)."""


Pace = Callable[[Work], float]
"""Seconds that thinking about a symbol takes."""


def token_pace(prompt_tokens_per_second: float, completion_tokens_per_second: float) -> Pace:
    """The code is read once, and each ask adds its question and its answer."""

    def seconds(work: Work) -> float:
        prompt = work.characters / CHARACTERS_A_TOKEN + work.asks * PROMPT_TOKENS_AN_ASK
        return prompt / prompt_tokens_per_second + work.asks * COMPLETION_TOKENS_AN_ASK / completion_tokens_per_second

    return seconds


def steady_pace(seconds: float) -> Pace:
    return lambda work: seconds


@dataclass(slots=True)
class Thinker:
    """One model through the simulated time. What it began it ends, over pauses and commits, as the scheduler does."""

    pace: Pace
    daily_seconds: float
    fresh: set[str] = field(default_factory=set)
    seconds: float = 0.0
    """Spent thinking in all."""
    _thought: dict[Target, str] = field(default_factory=dict)
    """The context hash that was last thought about at each place."""
    _work: Work | None = None
    _left: float = 0.0
    _day: int = 0
    _today: Spending = field(default_factory=Spending)
    """What was spent on that day."""

    def think(self, start: float, end: float, queue: Sequence[Work]) -> None:
        """Be idle from `start` to `end`, in seconds since the epoch: work off the queue, the most valuable first."""
        now = start
        waiting = self._arranged(queue)
        while now < end:
            if self._work is None:
                self._work = self._next(waiting, now)
                if self._work is None:
                    now = (now // _DAY_SECONDS + 1) * _DAY_SECONDS  # what is left waits for tomorrow's seconds
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
                self._thought[self._work.target] = self._work.context_hash
                self._work = None

    def _next(self, waiting: Sequence[Work], now: float) -> Work | None:
        """What the scheduler would think about next."""
        day = _day_of(now)
        left = (work for work in waiting if work.context_hash not in self.fresh)
        return DailyBudget(self.daily_seconds, self._spent(now)).choose(left, lambda work: _is_of_day(work, day))

    def _arranged(self, queue: Sequence[Work]) -> list[Work]:
        """What is not thought about yet, in the scheduler's order."""
        found = []
        for work in queue:
            if work.context_hash in self.fresh:
                self._thought[work.target] = work.context_hash
                continue
            stale = self._thought.get(work.target, work.context_hash) != work.context_hash
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
    """Hovers and those that found a fresh insight, by moment."""

    hovers: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)

    def count(self, moment: str, context_hashes: Sequence[str], fresh: set[str]) -> None:
        self.hovers[moment] = self.hovers.get(moment, 0) + len(context_hashes)
        self.found[moment] = self.found.get(moment, 0) + sum(context_hash in fresh for context_hash in context_hashes)

    def to_json(self) -> dict[str, Any]:
        """`{moment: {hovers, share}}`, `all` included."""
        pairs = {moment: (count, self.found[moment]) for moment, count in self.hovers.items()}
        pairs["all"] = (sum(self.hovers.values()), sum(self.found.values()))
        return {
            moment: {"hovers": hovers, "share": round(found / hovers, 4) if hovers else None}
            for moment, (hovers, found) in pairs.items()
        }


def live_through(step: Step, end: float, thinker: Thinker, day: Day, tally: Tally) -> None:
    """From a commit to the next one, at `end`: idle stretches, and hovers between them."""
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
    commits: Annotated[int, "How many commits are replayed."] = 200,
    prompt_tokens_per_second: Annotated[float, "Reading speed of the second model."] = 13.0,
    completion_tokens_per_second: Annotated[float, "Writing speed of the second model."] = 2.5,
    seconds_per_symbol: Annotated[float, "Seconds a symbol; 0 measures this machine's."] = 0.0,
    measure_seconds: Annotated[float, "How long this machine is measured."] = 60.0,
) -> dict[str, Any]:
    """Replay the last `commits` commits of a clone of `root`, along first parents.

    Once for the model that FORETHOUGHT_MODEL names (else SmolLM2) at the mean seconds a symbol that it takes here,
    measured for `measure_seconds` on what recent commits changed, or as given; and once for a model of the given
    tokens a second, by default what a 7B (Q4_0) was measured to do on two cores. Plain JSON values: `span_days`,
    `changed_symbols`, `models` (name → `seconds_a_symbol`, `thinking_hours`, `moments`), `assumed`, `machine`.
    """
    day = Day(idle_delay=Settings().idle_delay_seconds, daily_seconds=60 * Settings().idle_daily_minutes)
    with Trial() as trial:
        clone = trial.clone(root, "clone")
        measured = seconds_per_symbol or _measured_seconds(trial, clone, measure_seconds)
        paces = {
            "this machine's": steady_pace(measured),
            "a 7B's": token_pace(prompt_tokens_per_second, completion_tokens_per_second),
        }
        thinkers = {name: Thinker(pace, day.daily_seconds) for name, pace in paces.items()}
        tallies = {name: Tally() for name in paces}
        thought: dict[str, dict[str, float]] = {name: {} for name in paces}
        steps = list(_walk(trial, clone, commits))
        for step, after in pairwise(steps):
            for name, thinker in thinkers.items():
                live_through(step, after.time, thinker, day, tallies[name])
                thought[name].update((work.context_hash, paces[name](work)) for work in step.queue)
        return {
            "commits": len(steps),
            "span_days": round((steps[-1].time - steps[0].time) / _DAY_SECONDS, 1),
            "commits_that_change_symbols": sum(bool(step.changed) for step in steps[:-1]),
            "changed_symbols": sum(len(step.changed) for step in steps[:-1]),
            "models": {
                name: {
                    "seconds_a_symbol": round(sum(thought[name].values()) / max(1, len(thought[name])), 2),
                    "thinking_hours": round(thinkers[name].seconds / 3600, 2),
                    "symbols_thought_about": len(thinkers[name].fresh),
                    "moments": tallies[name].to_json(),
                }
                for name in paces
            },
            "assumed": {
                "idle_delay_seconds": day.idle_delay,
                "editing_seconds_before_each_commit": day.editing,
                "daily_minutes": day.daily_seconds / 60,
                "share_kept_for_what_changed_that_day": RESERVED_SHARE,
                "prompt_tokens_per_second": prompt_tokens_per_second,
                "completion_tokens_per_second": completion_tokens_per_second,
                "characters_a_token": CHARACTERS_A_TOKEN,
                "prompt_tokens_an_ask": PROMPT_TOKENS_AN_ASK,
                "completion_tokens_an_ask": COMPLETION_TOKENS_AN_ASK,
            },
            "machine": trial.machine,
        }


def render(result: dict[str, Any]) -> str:
    """The table: for each model's speed, the share of hovers that find a fresh insight, by moment."""
    assumed = result["assumed"]
    lines = [
        f"{result['commits']} commits over {result['span_days']:g} days, {result['changed_symbols']} symbols changed by"
        f" {result['commits_that_change_symbols']} of them; {machine_line(result['machine'])}",
        "hovers on every symbol that the last commit changed; share that finds a fresh insight:",
    ]
    for name, model in result["models"].items():
        lines.append(
            f"  at {name} speed: {model['seconds_a_symbol']:.1f} s a symbol, {model['symbols_thought_about']} thought"
            f" about in {model['thinking_hours']:.1f} h"
        )
        lines += [
            f"    {moment:<16}{item['hovers']:>7} hovers{(item['share'] or 0):>9.1%}"
            for moment, item in model["moments"].items()
        ]
    lines.append(
        f"assumed: idle from {assumed['idle_delay_seconds']:g} s after a commit or hover until"
        f" {assumed['editing_seconds_before_each_commit'] / 60:g} min before the next commit, machine always on,"
        f" {assumed['daily_minutes']:g} min of thinking a day,"
        f" {assumed['share_kept_for_what_changed_that_day']:.0%} of them for what changed that day;"
        f" a 7B reads {assumed['prompt_tokens_per_second']:g} and writes"
        f" {assumed['completion_tokens_per_second']:g} tokens/s, a context has a token for"
        f" {assumed['characters_a_token']:g} characters, an ask adds {assumed['prompt_tokens_an_ask']} and is answered"
        f" in {assumed['completion_tokens_an_ask']}"
    )
    return "\n".join(lines)


def _walk(trial: Trial, clone: Path, count: int) -> Iterator[Step]:
    """Check out and index commit after commit, the oldest first."""
    repository = Repository.open(clone)
    history = repository.history(count) if repository else []
    if len(history) < 2:
        raise UsageError(f"{clone.name} has too short a history to replay; name a repository with some commits.")
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
    """Everything in scope after a commit, with its value as the scheduler would have it with no file open."""
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
    """Prompt tokens and number of questions per context hash; a hash names one context for good."""

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
            self.known[context.context_hash] = (len(context.text), len(asks_about(context)))


def _measured_seconds(trial: Trial, clone: Path, budget_seconds: float) -> float:
    """The mean seconds a symbol of a real pass over what recent commits changed."""
    environment = trial.environment("measured")
    words = ["--since", f"HEAD~{RECENT_COMMITS}", "--budget-seconds", str(budget_seconds)]
    command_document(environment, "precompute", "--root", str(clone), *words)
    run_command(environment, "engine", "stop")
    export = trial.folder / "measured.export"
    command_document(environment, "cache", "export", str(export))
    return mean_seconds([json.loads(line) for line in gzip.open(export)])


def mean_seconds(lines: Sequence[Mapping[str, Any]]) -> float:
    """Of the entries in an export's lines. Raises ForethoughtError when there is none."""
    seconds = [line["provenance"]["seconds"] for line in lines if "provenance" in line]
    if not seconds:
        raise ForethoughtError("Nothing could be measured: no symbol was thought about; set --seconds-per-symbol.")
    return float(sum(seconds) / len(seconds))
