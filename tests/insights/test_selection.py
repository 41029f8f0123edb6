"""How measurements of a statement become a decision to show it."""

from dataclasses import replace
from typing import Any

import pytest

from forethought.insights.selection import Calibrations, Measurements, shipped_calibrations
from support.fake_engine import FAKE_INFO

GOOD = Measurements(likelihood=-0.5, signature_likelihood=-1.5, yes_odds=3.0)


def calibrations(**changes: Any) -> dict[str, Any]:
    model = {
        "min_gain": 0.7, "min_yes_odds": 1.2, "right_if_shown": 0.9, "right_otherwise": 0.6,
    }  # fmt: skip
    return {"models": {}, "default": {"thresholds": {**model, **changes}}}


def check(measured: Measurements, expected: bool, **changes: Any) -> None:
    calibration = Calibrations.from_json(calibrations(**changes)).of(FAKE_INFO)
    assert calibration is not None
    assert calibration.shows(measured) is expected
    assert calibration.confidence(measured) == (0.9 if expected else 0.6)


def test_what_is_likely_right_and_adds_is_shown() -> None:
    check(GOOD, True)


def test_what_the_model_does_not_believe_is_not_shown() -> None:
    check(replace(GOOD, yes_odds=1.0), False)


def test_a_restatement_of_the_signature_is_not_shown() -> None:
    check(replace(GOOD, signature_likelihood=-0.6), False)


def test_the_thresholds_decide() -> None:
    check(GOOD, False, min_gain=1.1)


def test_nothing_of_a_demo_model_is_shown() -> None:
    assert Calibrations.from_json(calibrations()).of(replace(FAKE_INFO, demo=True)) is None


def test_a_model_brings_its_own_calibration() -> None:
    data = calibrations()
    data["models"][FAKE_INFO.digest] = {"thresholds": {**data["default"]["thresholds"], "min_gain": 0.1}}
    calibration = Calibrations.from_json(data).of(FAKE_INFO)
    assert calibration is not None
    assert calibration.min_gain == 0.1


@pytest.mark.parametrize(
    "broken",
    [{}, calibrations(right_if_shown=2), calibrations(min_gain=float("nan")), calibrations(min_yes_odds=None)],
)
def test_a_broken_calibration_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"calibration|expected"):
        Calibrations.from_json(broken)


def test_nothing_is_shown_of_a_model_whose_errors_no_thresholds_filter() -> None:
    data = calibrations()
    data["models"][FAKE_INFO.digest] = {"thresholds": None}
    assert Calibrations.from_json(data).of(FAKE_INFO) is None


def test_the_shipped_calibrations_can_be_read() -> None:
    assert shipped_calibrations().default.min_yes_odds >= 2
