"""Which of a model's statements are shown: decided by how the model itself takes them beside the code.

Two measurements, both of the model that wrote the statement:

- gain: by how much the code raises the statement's mean log-probability per token over what signature and docs give it.
  A restatement gains nothing;
- yes_odds: log-odds of “Yes” against “No” when the model is asked whether the statement is correct.

A statement is shown if each reaches a threshold. `python -m benchmarks notes --fit` chooses the thresholds on labeled
statements. They ship per model in `calibration.json`, with the share of statements that are right above and below them.
See “P(True)” (arXiv 2207.05221) for self-evaluation, and pointwise mutual information for faithfulness (arXiv
2305.13534).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from forethought.engine.api import ModelIdentity

CALIBRATION = "calibration.json"
NO_EVIDENCE = 0.5
"""Confidence in a statement of a model that nobody labeled: Laplace's rule of succession without observations."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """What the model that wrote a statement makes of it."""

    likelihood: float
    signature_likelihood: float
    yes_odds: float

    @property
    def gain(self) -> float:
        return self.likelihood - self.signature_likelihood


@dataclass(frozen=True, slots=True)
class Calibration:
    """How one model's measurements are read."""

    min_gain: float
    min_yes_odds: float
    right_if_shown: float
    """Estimated probability that a statement is right which reaches all thresholds."""
    right_otherwise: float

    def shows(self, measured: Measurements) -> bool:
        return measured.gain >= self.min_gain and measured.yes_odds >= self.min_yes_odds

    def confidence(self, measured: Measurements) -> float:
        """The estimated probability that the statement is right."""
        return self.right_if_shown if self.shows(measured) else self.right_otherwise


@dataclass(frozen=True, slots=True)
class Calibrations:
    """The calibrations of the models that were measured, by digest of the model file, and a cautious one for others."""

    by_digest: Mapping[str, Calibration | None]
    """None if no thresholds keep what is shown of a model right: nothing that it writes is shown."""
    default: Calibration

    @classmethod
    def from_json(cls, data: Any) -> "Calibrations":
        """Raises ValueError if the data does not have this form."""
        try:
            models = {
                digest: None if found["thresholds"] is None else _calibration(found["thresholds"])
                for digest, found in data["models"].items()
            }
            return cls(models, _calibration(data["default"]["thresholds"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a calibration: {error!r}") from error

    def of(self, model: ModelIdentity) -> Calibration | None:
        """How to read a model's measurements; None if nothing of it is shown, as of a demo model."""
        return None if model.demo else self.by_digest.get(model.digest, self.default)


@cache
def shipped_calibrations() -> Calibrations:
    """The calibrations of this release. Raises ValueError if the installation is damaged."""
    return Calibrations.from_json(
        json.loads(resources.files("forethought.insights").joinpath(CALIBRATION).read_bytes())
    )


def _calibration(data: Any) -> Calibration:
    return Calibration(
        _number(data["min_gain"]),
        _number(data["min_yes_odds"]),
        _share(data["right_if_shown"]),
        _share(data["right_otherwise"]),
    )


def _share(value: Any) -> float:
    if not 0 <= _number(value) <= 1:
        raise ValueError(f"expected a probability, got {value!r}")
    return float(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a number, got {value!r}")
    return float(value)
