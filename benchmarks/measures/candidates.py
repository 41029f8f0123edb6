"""More sleep-time compute: merged drafts, and more revisions, on word problems and on a repository's functions.

After arXiv 2504.13171, section 5.2, where up to 5 parallel drafts helped and 10 were no better.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

from benchmarks.datasets.gsm8k import TEST, Gsm8kFolder, read_gsm8k
from benchmarks.datasets.problems import Situation, sample
from benchmarks.harness.costs import Spent, mean_spent, spent_from
from benchmarks.harness.sleep_time import (
    Asking,
    ability,
    answer_together,
    certainty,
    draft_several,
    gain_in_certainty,
    think,
)
from forethought.app.session import Session
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval, Plot, Report, Series, Table
from forethought.config import load_settings
from forethought.engine.api import EngineInfo
from forethought.errors import UsageError
from forethought.insights.sleep_pass import Method, PassOptions
from forethought.insights.sleep_pass import think as think_about_symbol
from forethought.names.resolver import Target
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.workspace.workspace import Workspace

CANDIDATES = (1, 2, 5, 10)
ROUNDS = (0, 1, 2, 3, 4)
_VERBOSITY = 1
_NONE = "none"
_MIN_LINES = 5
"""Of a function whose insights are computed."""


def run(
    measurement: Measurement,
    root: Path,
    limit: Annotated[
        int,
        "Number of problems, and half the number of functions of the repository; 0 for all problems and no functions.",
    ] = 3,
    seed: Annotated[int, "Seed of the samples, the drafts and the intervals."] = 7,
    gsm8k: Gsm8kFolder = None,
) -> Report:
    """Report accuracy gains by number of drafts and revisions, and what grounding keeps of the texts about code.

    Raises EngineError, ModelError, RootError, UsageError if the repository has no functions, and ForethoughtError if
    the problems cannot be had.
    """
    info = measurement.engine.fetch_info()
    chosen = {one.key: one for one in sample(read_gsm8k(measurement, TEST, gsm8k), limit, seed)}
    problems = measurement.collect(
        "problems", chosen, lambda situation: _ask(measurement, situation, seed), {"seed": seed}
    )
    symbols: dict[str, dict[str, Any]] = {}
    if limit:
        with _open(measurement, root) as workspace:
            targets = {f"{one.path} {one.symbol_id}": one for one in _functions(workspace, 2 * limit, seed)}
            symbols = measurement.collect(
                f"symbols of {root.name}",
                targets,
                lambda target: _draft_insights(measurement, workspace, target),
                {"root": str(root), "seed": seed},
            )
    settings = measurement.settings(
        data=TEST.file, problems=len(problems), repository=root.name, symbols=len(symbols), seed=seed
    )
    return _report(info, list(problems.values()), list(symbols.values()), root.name, seed, settings)


def _ask(measurement: Measurement, situation: Situation, seed: int) -> dict[str, Any]:
    """Answers without notes, and with those of each method."""
    by_rounds = think(measurement, situation.context, rounds=ROUNDS[-1])
    notes = {_rounds(count): by_rounds[min(count, len(by_rounds) - 1)] for count in ROUNDS}
    several = draft_several(measurement, situation.context, CANDIDATES[1:], seed)
    notes |= {_drafts(count): found for count, found in several.items()}
    texts: dict[str, str | None] = {_NONE: None, **{name: found.text for name, found in notes.items()}}
    askings = [Asking(situation.context, situation.query, text) for text in texts.values()]
    scores, answers = certainty(measurement, askings), answer_together(measurement, askings, _VERBOSITY)
    return {
        name: {
            **found,
            "certainty": score,
            "sleep": notes[name].spent.to_json() if name in notes else Spent().to_json(),
        }
        for name, found, score in zip(texts, answers, scores, strict=True)
    }


def _rounds(count: int) -> str:
    return f"1 draft, {count} {'revision' if count == 1 else 'revisions'}"


def _drafts(count: int) -> str:
    return f"{count} drafts, 0 revisions" if count > 1 else _rounds(0)


_METHODS = {
    **{_rounds(count): Method(rounds=count, candidates=1, priority="requested") for count in ROUNDS},
    **{_drafts(count): Method(rounds=0, candidates=count, priority="requested") for count in CANDIDATES},
}


@contextmanager
def _open(measurement: Measurement, root: Path) -> Iterator[Workspace]:
    """Open the indexed repository with its own cache."""
    with tempfile.TemporaryDirectory(prefix="forethought-bench-", ignore_cleanup_errors=True) as cache:
        environment = {**measurement.environment, "FORETHOUGHT_CACHE_DIR": cache}
        with closing(Session(load_settings(root, environment), environment, engine=measurement.engine)) as session:
            workspace = session.add_root(root)
            workspace.refresh()
            yield workspace


def _functions(workspace: Workspace, limit: int, seed: int) -> list[Target]:
    """Choose functions of the repository that are long enough. Raises UsageError if there are none."""
    found = [
        Target(path, item.symbol.id)
        for path in sorted(workspace.index.paths())
        for item in workspace.saved.symbols(path)
        if item.symbol.kind in FUNCTION_KINDS
        and item.symbol.range.end.row - item.symbol.range.start.row + 1 >= _MIN_LINES
    ]
    if not found:
        raise UsageError(f"{workspace.root} has no functions in a known language; name another repository with --root.")
    return sample(found, limit, seed)


def _draft_insights(measurement: Measurement, workspace: Workspace, target: Target) -> dict[str, Any]:
    """Compute one symbol's insights by each method: the texts kept, those dropped, and the cost."""
    context = workspace.saved.context(target)
    found: dict[str, Any] = {}
    if context is None:
        return found  # the file changed after it was read
    for name, method in _METHODS.items():
        thought = think_about_symbol(context, measurement.engine, method, PassOptions(), measurement.cancel)
        provenance, insights = thought.entry.provenance, thought.entry.insights
        found[name] = {
            "kept": [item.answer for item in insights.questions if item.basis == "model"],
            "dropped": dict(thought.dropped),
            "sleep": Spent(
                provenance.prompt_tokens, thought.cached_tokens, provenance.completion_tokens, provenance.seconds
            ).to_json(),
        }
    return found


def _report(
    info: EngineInfo,
    problems: Sequence[Mapping[str, Any]],
    symbols: Sequence[Mapping[str, Any]],
    repository: str,
    seed: int,
    settings: Mapping[str, Any],
) -> Report:
    gains = {name: _gain(problems, name, seed) for name in _METHODS}
    right = {name: bootstrap([float(one[name]["right"]) for one in problems], seed) for name in (_NONE, *_METHODS)}
    on_problems = Table(
        "Word problems",
        ("method", "share right", "gain over no notes", "gain in log P", "completion tokens",
         "prompt tokens", "cached", "seconds"),
        tuple(
            (name, right[name], *gains.get(name, (None, None)), sleep.completion, sleep.prompt,
             sleep.cached, sleep.seconds)
            for name in (_NONE, *_METHODS)
            for sleep in [mean_spent([spent_from(one[name]["sleep"]) for one in problems])]
        ),
        f"{len(problems)} problems. Revisions are of one draft; several drafts are merged but not revised. Tokens and "
        "seconds are those of the pass over one context. Log P is that of the right answer, in nats per token.",
    )  # fmt: skip
    known = [one for one in symbols if one]
    on_code = Table(
        f"Functions of {repository}",
        ("method", "texts kept per symbol", "share kept", "completion tokens", "prompt tokens", "cached", "seconds"),
        tuple(
            (name, sum(len(one[name]["kept"]) for one in known) / len(known), _share_kept(known, name),
             sleep.completion, sleep.prompt, sleep.cached, sleep.seconds)
            for name in _METHODS
            for sleep in [mean_spent([spent_from(one[name]["sleep"]) for one in known])]
        ) if known else (),
        f"{len(known)} functions. Kept is what grounding, merging and verification leave of the model's own texts; for "
        "its accuracy see `python -m benchmarks notes`. All methods but the first find most of their prompts cached.",
    )  # fmt: skip
    return Report(
        name="candidates",
        title="More sleep-time compute",
        shows="Does it help to merge several drafts, or to revise the notes?",
        verdict=(
            *ability(info, right[_NONE]),
            _best_sentence(problems, [_drafts(count) for count in CANDIDATES], "drafts", seed),
            _best_sentence(problems, [_rounds(count) for count in ROUNDS], "revisions", seed),
            *_code_sentence(known),
        ),
        tables=(on_problems, on_code) if known else (on_problems,),
        plots=(
            _plot("Gain by drafts", "merged drafts", [(count, gains[_drafts(count)][1]) for count in CANDIDATES]),
            _plot("Gain by revisions", "revisions", [(count, gains[_rounds(count)][1]) for count in ROUNDS]),
        ),
        settings=settings,
        data={"problems": list(problems), "symbols": list(symbols)},
    )


def _gain(problems: Sequence[Mapping[str, Any]], name: str, seed: int) -> tuple[Interval, Interval | None]:
    """Gains over no notes: in accuracy, and in the right answer's log-probability per token."""
    right = paired_bootstrap(
        [float(one[name]["right"]) for one in problems], [float(one[_NONE]["right"]) for one in problems], seed
    )
    return right, gain_in_certainty([(one[_NONE]["certainty"], one[name]["certainty"]) for one in problems], seed)


def _share_kept(symbols: Sequence[Mapping[str, Any]], name: str) -> float | None:
    kept = sum(len(one[name]["kept"]) for one in symbols)
    dropped = sum(sum(one[name]["dropped"].values()) for one in symbols)
    return kept / (kept + dropped) if kept + dropped else None


def _plot(title: str, x: str, points: Sequence[tuple[int, Interval | None]]) -> Plot:
    known = [(count, gain) for count, gain in points if gain is not None]
    series = Series(
        "gain",
        tuple((float(count), gain.mean) for count, gain in known),
        tuple((gain.low, gain.high) for _, gain in known),
    )
    note = "How much more probable the notes make the right answer. The band is a 95 % interval over problems."
    return Plot(title, x, "log P per token, with − without", (series,), note=note)


def _best_sentence(problems: Sequence[Mapping[str, Any]], names: Sequence[str], what: str, seed: int) -> str:
    """Whether the best method is better than the first one, problem by problem."""
    scored = {
        name: gain
        for name in names[1:]
        if (gain := gain_in_certainty([(one[names[0]]["certainty"], one[name]["certainty"]) for one in problems], seed))
    }
    if not scored:
        return f"Too little was scored to tell whether more {what} help."
    best = max(scored, key=lambda name: scored[name].mean)
    gain = scored[best]
    said = f"{gain.mean:+.2f} nats per token over {names[0]} (95 % CI {gain.low:+.2f} to {gain.high:+.2f})"
    if gain.low > 0:
        return f"More {what} help: {best} gains {said}."
    return f"More {what} do not help beyond chance: the best, {best}, gains {said}."


def _code_sentence(symbols: Sequence[Mapping[str, Any]]) -> list[str]:
    if not symbols:
        return []
    shares = {name: _share_kept(symbols, name) for name in (_drafts(1), _drafts(CANDIDATES[-1]), _rounds(ROUNDS[-1]))}
    said = ", ".join(f"{share:.0%} with {name}" for name, share in shares.items() if share is not None)
    return [f"Share of the texts about functions that is kept: {said}."] if said else []
