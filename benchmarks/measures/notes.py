"""How many of the notes that people are shown are right, and say more than signature and docs.

data/notes.jsonl holds statements that models wrote in sleep-time passes, shown or not, with what the models made of
them (`insights.selection`) and the labels of two readers of the code, who knew neither each other's labels nor what is
shown. The repositories of role `tune` choose the calibration, those of role `judge` measure it. `--fit` chooses again,
and `--collect` makes statements to label by a real pass over a repository.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import forethought
from benchmarks.datasets.labeled_notes import LABELS, ROLES, Function, Statement, by_function, read_statements
from benchmarks.harness.calibrating import CAUTIOUS, MAX_RESTATING, MAX_WRONG, YES_ODDS, counts, fit_calibrations
from benchmarks.harness.note_collection import DEFAULT_FUNCTIONS, collect_statements
from benchmarks.harness.readers import agreement
from forethought.bench.bootstrap import bootstrap, bootstrap_of
from forethought.bench.measurement import Measurement
from forethought.bench.report import Cell, Goal, Interval, Plot, Report, Series, Table
from forethought.insights.prompts import PROMPT_VERSION
from forethought.insights.selection import CALIBRATION, Calibration, Calibrations, Measurements, shipped_calibrations
from forethought.insights.sleep_pass import MAX_SHOWN

MIN_SERVED = 0.5
"""Goal: share of the functions with a shown note that is right and adds something."""


def run(
    measurement: Measurement,
    root: Path,
    collect: Annotated[Path | None, "File to write statements to label into, from a pass over the repository."] = None,
    fit: Annotated[bool, "Choose the calibration that ships with Forethought from the labels."] = False,
    limit: Annotated[int, f"Number of functions to collect statements about (0 for {DEFAULT_FUNCTIONS})."] = 0,
    labels: Annotated[Path | None, "File with labels; by default data/notes.jsonl."] = None,
    seed: Annotated[int, "Seed of the sample and the intervals."] = 7,
) -> Report:
    """Report what is shown of the labeled statements, and how many of these are wrong or restate.

    Raises UsageError for faulty labels or a repository without functions; with `collect` also EngineError and
    ModelError.
    """
    if collect is not None:
        return collect_statements(measurement, root, collect, limit or DEFAULT_FUNCTIONS, seed)
    statements = read_statements(labels or LABELS)
    if not fit:
        return _report(measurement, statements, shipped_calibrations(), (), seed)
    data, sentences = fit_calibrations(statements, datetime.now(UTC).date().isoformat())
    file = Path(forethought.__file__).parent / "insights" / CALIBRATION
    file.write_text(f"{json.dumps(data, indent=2)}\n", "utf-8")
    return _report(measurement, statements, Calibrations.from_json(data), sentences, seed)


def shown_notes(statements: Sequence[Statement], calibration: Calibration) -> list[Statement]:
    """What people see of one model's statements: as a sleep-time pass chooses, a few for each function."""
    return [
        one
        for found in by_function([one for one in statements if calibration.shows(one.measurements)]).values()
        for one in sorted(found, key=lambda one: (one.kind != "purpose", -one.measurements.gain))[:MAX_SHOWN]
    ]


@dataclass(frozen=True, slots=True)
class _Judged:
    """One model's statements about the repositories of role `judge`, and what is shown of them."""

    model: str
    calibration: Calibration | None
    """None if nothing of this model is shown."""
    is_own: bool
    """Whether the calibration was fitted to this model."""
    statements: Sequence[Statement]

    @property
    def functions(self) -> list[Function]:
        return list(dict.fromkeys(one.function for one in self.statements))

    def shown(self, min_yes_odds: float | None = None) -> list[Statement]:
        if self.calibration is None and min_yes_odds is None:
            return []
        calibration = self.calibration or CAUTIOUS
        least = calibration.min_yes_odds if min_yes_odds is None else min_yes_odds
        return shown_notes(self.statements, replace(calibration, min_yes_odds=least))

    def served(self, shown: Sequence[Statement]) -> list[float]:
        """1 for each function with a shown note that is right and adds something, else 0."""
        good = {one.function for one in shown if one.is_right and one.is_new}
        return [float(function in good) for function in self.functions]


def _report(
    measurement: Measurement,
    statements: Sequence[Statement],
    calibrations: Calibrations,
    sentences: Sequence[str],
    seed: int,
) -> Report:
    judged = [
        _Judged(
            own[0].model,
            calibrations.by_digest.get(digest, calibrations.default),
            digest in calibrations.by_digest,
            own,
        )
        for digest in dict.fromkeys(one.digest for one in statements)
        if (own := [one for one in statements if one.digest == digest and one.role == "judge"])
    ]
    curves = {one.model: [_at_threshold(one, threshold) for threshold in YES_ODDS[::2]] for one in judged}
    return Report(
        name="notes",
        title="How many notes are right and worth reading",
        shows="How much of what models write about functions is shown, and how much of that is wrong or only restates "
        "signature and docs, on repositories that the selection was not tuned on?",
        verdict=(
            *sentences,
            *(sentence for one in judged for sentence in _sentences(one, seed)),
            *_agreement(statements),
        ),
        goals=tuple(goal for one in judged for goal in _goals(one)),
        tables=(
            Table(
                "Labeled statements",
                ("model", "role", "repositories", "functions", "statements", "right", "vague", "wrong", "right, adds"),
                tuple(_label_rows(statements)),
                "Right: both readers say so. Wrong: either says so. Adds: both say that it says more than name, "
                "signature and docs.",
            ),
            Table(
                "Shown on the repositories to judge by",
                ("model", "calibration", "functions", "statements", "shown", "wrong", "restates", "functions served"),
                tuple(_shown_row(one, seed) for one in judged),
                "95 % intervals, bootstrap over functions. Restates: a reader says that it adds nothing. Functions "
                "served: with a shown note that is right and adds something, of those with any statement.",
            ),
            Table(
                "Risk and coverage by the least yes-odds",
                ("model", "least yes-odds", "shown", "coverage", "wrong", "restates", "functions served"),
                tuple(point for points in curves.values() for point in points),
                "Coverage: share of the statements that are shown. The least gain is that of the calibration or, if "
                "nothing is shown of the model, the one for models without labels.",
            ),
            Table(
                "How well measurements tell statements apart (area under the ROC curve)",
                ("model", "measurement", "right from the rest", "adding from restating, of the right"),
                tuple(row for one in judged for row in _separation_rows(one, seed)),
            ),
        ),
        plots=(
            Plot(
                "Risk and coverage",
                "share of the statements that are shown",
                "share wrong",
                tuple(_curve(model, points) for model, points in curves.items()),
            ),
        )
        if any(point.shown for points in curves.values() for point in points)
        else (),
        settings=measurement.settings(labels=len(statements), prompts=PROMPT_VERSION, seed=seed),
        data={"curves": {model: [point._asdict() for point in points] for model, points in curves.items()}},
    )


class _Point(NamedTuple):
    """What would be shown of a model's statements if this were the least yes-odds."""

    model: str
    min_yes_odds: float
    shown: int
    coverage: float
    wrong: float | None
    restates: float | None
    served: float


def _at_threshold(judged: _Judged, threshold: float) -> _Point:
    shown = judged.shown(threshold)
    served = judged.served(shown)
    return _Point(
        judged.model,
        threshold,
        len(shown),
        len(shown) / len(judged.statements),
        _share([one.is_wrong for one in shown]),
        _share([not one.is_new for one in shown]),
        sum(served) / len(served),
    )


def _curve(model: str, points: Sequence[_Point]) -> Series:
    return Series(model, tuple((point.coverage, point.wrong) for point in reversed(points) if point.wrong is not None))


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _label_rows(statements: Sequence[Statement]) -> Iterator[tuple[Cell, ...]]:
    for digest in dict.fromkeys(one.digest for one in statements):
        for role in ROLES:
            own = [one for one in statements if one.digest == digest and one.role == role]
            if own:
                counted, right, wrong = counts(own), sum(one.is_right for one in own), sum(one.is_wrong for one in own)
                yield (
                    own[0].model,
                    role,
                    counted["repositories"],
                    counted["functions"],
                    len(own),
                    right / len(own),
                    (len(own) - right - wrong) / len(own),
                    wrong / len(own),
                    sum(one.is_right and one.is_new for one in own) / len(own),
                )


def _shown_row(judged: _Judged, seed: int) -> tuple[Cell, ...]:
    shown = judged.shown()
    return (
        judged.model,
        "its own" if judged.is_own else "default",
        len(judged.functions),
        len(judged.statements),
        len(shown),
        _interval(shown, [one.is_wrong for one in shown], seed),
        _interval(shown, [not one.is_new for one in shown], seed),
        bootstrap(judged.served(shown), seed),
    )


def _interval(statements: Sequence[Statement], values: Sequence[bool], seed: int) -> Interval | None:
    groups = [one.function for one in statements]
    return bootstrap(list(map(float, values)), seed, groups) if statements else None


def _separation_rows(judged: _Judged, seed: int) -> Iterator[tuple[Cell, ...]]:
    measures: dict[str, Callable[[Measurements], float]] = {
        "likelihood": lambda measured: measured.likelihood,
        "gain": lambda measured: measured.gain,
        "yes odds": lambda measured: measured.yes_odds,
    }

    def area(
        measure: Callable[[Measurements], float], among_right: bool, functions: Sequence[Sequence[Statement]]
    ) -> float:
        found = [one for own in functions for one in own if one.is_right or not among_right]
        return area_under_curve(
            [(measure(one.measurements), one.is_new if among_right else one.is_right) for one in found]
        )

    groups = list(by_function(judged.statements).values())
    for name, measure in measures.items():
        yield (
            judged.model,
            name,
            *(bootstrap_of(groups, partial(area, measure, which), seed) for which in (False, True)),
        )


def area_under_curve(pairs: Sequence[tuple[float, bool]]) -> float:
    """Probability that a positive scores higher than a negative (AUC of the ROC curve); 0.5 if either is missing."""
    positives = sum(label for _, label in pairs)
    negatives = len(pairs) - positives
    if not positives or not negatives:
        return 0.5
    by_score: dict[float, list[int]] = {}
    for score, label in pairs:
        by_score.setdefault(score, [0, 0])[label] += 1
    won, below = 0.0, 0
    for _, (losers, winners) in sorted(by_score.items()):
        won += winners * (below + losers / 2)
        below += losers
    return won / (positives * negatives)


def _goals(judged: _Judged) -> Iterator[Goal]:
    shown = judged.shown()
    for figure, share, most in (
        ("wrong, of what is shown", _share([one.is_wrong for one in shown]), MAX_WRONG),
        ("restates, of what is shown", _share([not one.is_new for one in shown]), MAX_RESTATING),
    ):
        if share is not None:
            yield Goal(f"{judged.model}: {figure}", round(share, 4), "≤", most)
    served = judged.served(shown)
    yield Goal(f"{judged.model}: functions with a note that adds", round(sum(served) / len(served), 4), "≥", MIN_SERVED)


def _sentences(judged: _Judged, seed: int) -> Iterator[str]:
    shown = judged.shown()
    wrong = _interval(shown, [one.is_wrong for one in shown], seed)
    restates = _interval(shown, [not one.is_new for one in shown], seed)
    if wrong is None or restates is None:
        yield f"{judged.model}: none of its {len(judged.statements)} statements is shown."
        return
    yield (
        f"{judged.model}: {len(shown)} of its {len(judged.statements)} statements are shown; {_percent(wrong)} of them "
        f"are wrong, {_percent(restates)} restate."
    )
    served = bootstrap(judged.served(shown), seed)
    yield f"{judged.model}: {_percent(served)} of the functions have a shown note that is right and adds something."


def _percent(interval: Interval) -> str:
    return f"{interval.mean:.0%} (95 % CI {interval.low:.0%} to {interval.high:.0%})"


def _agreement(statements: Sequence[Statement]) -> Iterator[str]:
    yield agreement("whether they are right, vague or wrong", [one.right for one in statements])
    yield agreement("whether they add something", [tuple(map(str, one.adds)) for one in statements])
