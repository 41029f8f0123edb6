"""How often a model's answers of one kind are right, as people found by reading the code, and what follows from it.

The rule: of a model that was measured, a kind of answer is served where at most MOST_WRONG of it is expected to be
wrong. Few labels say little, so the expectation is drawn towards the model's share over all kinds, as if PRIOR_LABELS
more of that share had been read (a beta-binomial estimate); a kind without labels is expected to be like the others.
What may not be served is not asked for at sleep time and not shown, and a question of that kind goes on to the tiers
that read the code. A model that nobody has measured is served. Answers quoted from the code are not the model's, and
stay.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from forethought.insights.entry import MODEL_KINDS, Insights

PRIOR_LABELS = 10
MAX_WRONG = 0.10

TABLE = "reliability.json"
"""Model → kind → how many answers were right, vague and wrong; written by `forethought bench truth`."""


@dataclass(frozen=True, slots=True)
class Counts:
    right: int = 0
    vague: int = 0
    wrong: int = 0

    @property
    def total(self) -> int:
        return self.right + self.vague + self.wrong

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.right + other.right, self.vague + other.vague, self.wrong + other.wrong)


def expected_wrong(kind: Counts, model: Counts) -> float:
    """The share of wrong answers to expect of a kind, 0 … 1; `model`: the labels of all its kinds, at least one."""
    return (kind.wrong + PRIOR_LABELS * model.wrong / model.total) / (kind.total + PRIOR_LABELS)


@dataclass(frozen=True, slots=True)
class Reliability:
    """What was measured, by model and kind."""

    counts: Mapping[str, Mapping[str, Counts]] = field(default_factory=dict)
    _refused: dict[str, frozenset[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for model, kinds in self.counts.items():
            every = sum(kinds.values(), Counts())
            if every.total:
                asked = dict.fromkeys((*MODEL_KINDS, *kinds), Counts()) | dict(kinds)
                self._refused[model] = frozenset(
                    kind for kind, counts in asked.items() if expected_wrong(counts, every) > MAX_WRONG
                )

    @classmethod
    def from_json(cls, data: Any) -> "Reliability":
        """Raises ValueError when it is no such table."""
        try:
            return cls(
                {
                    model: {
                        kind: Counts(*(_count(found[name]) for name in ("right", "vague", "wrong")))
                        for kind, found in kinds.items()
                    }
                    for model, kinds in data["models"].items()
                }
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a table of reliability: {error!r}") from error

    def unreliable_kinds(self, model: str) -> frozenset[str]:
        """What this model may not serve."""
        return self._refused.get(model, frozenset())

    def servable(self, insights: Insights, model: str) -> Insights:
        """The insights without what this model may not serve."""
        refused = self.unreliable_kinds(model)
        if not refused:
            return insights
        questions = tuple(item for item in insights.questions if item.basis == "facts" or item.kind not in refused)
        dropped = {item.answer for item in insights.questions if item not in questions}
        return Insights(
            summary=None if insights.summary in dropped else insights.summary,
            inferences=tuple(text for text in insights.inferences if text not in dropped),
            questions=questions,
        )


@cache
def shipped_reliability() -> Reliability:
    """The table of this release. Raises ValueError when the installation is damaged."""
    return Reliability.from_json(json.loads(resources.files("forethought.insights").joinpath(TABLE).read_bytes()))


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"expected a count, got {value!r}")
    return value
