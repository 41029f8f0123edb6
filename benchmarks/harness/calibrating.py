"""Chooses from labeled statements how a model's measurements are read: the thresholds in calibration.json."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from benchmarks.datasets.labeled_notes import Statement
from forethought.errors import UsageError
from forethought.insights.selection import NO_EVIDENCE, Calibration

MAX_WRONG, MAX_RESTATING = 0.05, 0.15
"""Goals: shares of what is shown."""
GAINS: Final = tuple(number / 10 for number in range(13))
YES_ODDS: Final = tuple(number / 10 for number in range(31))
MIN_EVIDENCE = 10
"""Statements that thresholds must show to be chosen: an error among fewer says little."""
CAUTIOUS: Final = Calibration(0.7, 2.0, NO_EVIDENCE, NO_EVIDENCE)
"""For models without labels: statements that owe much to the code, and that the model believes firmly."""


def fit_calibrations(statements: Sequence[Statement], date: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What calibration.json holds: thresholds for each model, or null if more than MAX_WRONG would be wrong.

    Uses the statements of role `tune` only. Also returns a sentence about each model that misses MAX_WRONG there.
    Raises UsageError if a model has fewer than MIN_EVIDENCE statements.
    """
    tune = [one for one in statements if one.role == "tune"]
    if not tune:
        raise UsageError("A calibration needs labeled statements of role tune.")
    sentences: list[str] = []
    models: dict[str, Any] = {}
    for digest in dict.fromkeys(one.digest for one in tune):
        own = [one for one in tune if one.digest == digest]
        calibration, wrong = choose_thresholds(own)
        thresholds = None if wrong > MAX_WRONG else _calibration_data(calibration)
        models[digest] = {"model": own[0].model, "fitted": date, **counts(own), "thresholds": thresholds}
        if wrong > MAX_WRONG:
            sentences.append(
                f"{own[0].model}: no thresholds keep what is wrong at {MAX_WRONG:.0%} on the repositories to tune on; "
                f"the best reach {wrong:.0%}, so nothing is shown."
            )
    return {"models": models, "default": {"thresholds": _calibration_data(CAUTIOUS)}}, tuple(sentences)


def choose_thresholds(statements: Sequence[Statement]) -> tuple[Calibration, float]:
    """The thresholds that show the smallest wrong share, and that share; MAX_WRONG or less counts as equally small.

    Each measurement decides what it tells apart best: the gain, what restates, at the smallest value at which at most
    MAX_RESTATING of what is right restates; then the yes-odds, what is wrong, at the value that shows most of the
    equally good ones. More thresholds fit chance: with one on the likelihood, too, twice as much of what was shown of
    other repositories was wrong as on those to tune on.
    """
    if len(statements) < MIN_EVIDENCE:
        raise UsageError(f"Choosing thresholds needs {MIN_EVIDENCE} labeled statements of role tune for each model.")
    min_gain = next((gain for gain in GAINS if _restating(statements, gain) <= MAX_RESTATING), GAINS[-1])
    best, shown = Calibration(min_gain, YES_ODDS[-1], 0.0, 0.0), list[Statement]()
    for yes_odds in YES_ODDS:
        calibration = Calibration(min_gain, yes_odds, 0.0, 0.0)
        found = [one for one in statements if calibration.shows(one.measurements)]
        if len(found) < MIN_EVIDENCE:
            break
        if not shown or _wrong_share(found) < max(_wrong_share(shown), MAX_WRONG):
            best, shown = calibration, found
    others = [one for one in statements if one not in shown]
    chosen = replace(best, right_if_shown=_right_share(shown), right_otherwise=_right_share(others))
    return chosen, _wrong_share(shown) if shown else 1.0


def _restating(statements: Sequence[Statement], gain: float) -> float:
    """The share that restates, of what is right and gains at least so much."""
    found = [one for one in statements if one.is_right and one.measurements.gain >= gain]
    return sum(not one.is_new for one in found) / len(found) if found else 0.0


def _wrong_share(statements: Sequence[Statement]) -> float:
    return sum(one.is_wrong for one in statements) / len(statements)


def _right_share(statements: Sequence[Statement]) -> float:
    """The share that is right, by Laplace's rule of succession: few statements prove little."""
    return round((sum(one.is_right for one in statements) + 1) / (len(statements) + 2), 4)


def counts(statements: Sequence[Statement]) -> dict[str, Any]:
    return {
        "statements": len(statements),
        "functions": len({one.function for one in statements}),
        "repositories": len({one.repository for one in statements}),
    }


def _calibration_data(calibration: Calibration) -> dict[str, float]:
    return {
        "min_gain": calibration.min_gain,
        "min_yes_odds": calibration.min_yes_odds,
        "right_if_shown": calibration.right_if_shown,
        "right_otherwise": calibration.right_otherwise,
    }
