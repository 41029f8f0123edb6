"""What thinking about a symbol is worth: predictability × chance of being asked × expected life. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from forethought.insights.entry import Insights
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS

DECISIVE = 0.5
"""A factor below this is said in the reason."""
SETTLING_SECONDS = 20.0
"""A file that was edited or saved this recently is likely to change again: rapidly changing contexts waste sleep."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about the chance that somebody asks about a symbol soon."""

    kind: str
    focused: bool = False
    open: bool = False
    committed_rank: int | None = None
    """Position of the file among those that recent commits changed, newest first; None when it is not among them."""
    call_rank: int | None = None
    """Position among the most-called symbols; None when it is not among them."""
    changed: bool = False
    """What was thought about it is about an older text."""
    hovered: bool = False
    """A person looked at it and found no insight."""
    settling: bool = False
    lines: int = 1
    predictability: float = 1.0
    """Of questions about such symbols, 0 … 1, beside the most predictable kind."""


@dataclass(frozen=True, slots=True)
class SymbolPriority:
    amount: float
    reason: str
    """For people: why it is next."""


def priority_of(signals: Signals) -> SymbolPriority:
    chances = [
        (1.0, "looked at, and no insight yet", signals.hovered),
        (0.9, "in the file in front of you", signals.focused),
        (0.85, "changed since it was thought about", signals.changed),
        (0.7, "in an open file", signals.open),
        (
            0.8 / (1 + 0.1 * (signals.committed_rank or 0)),
            "in a recently committed file",
            signals.committed_rank is not None,
        ),
        (0.6 / (1 + 0.02 * (signals.call_rank or 0)), "called from many places", signals.call_rank is not None),
        (0.1, "in this repository", True),
    ]
    chance, reason, _ = max((item for item in chances if item[2]), key=lambda item: item[0])
    if signals.call_rank is not None:
        chance *= 1.2
    life = 0.05 if signals.settling else 1.0
    if signals.settling:
        reason += ", waiting until the edit settles"
    factors = {
        "what is asked about it is hard to foresee": signals.predictability,
        "few ask about such symbols": _interest(signals),
    }
    decisive = min(factors, key=lambda name: factors[name])
    if factors[decisive] < DECISIVE:
        reason += f", but {decisive}"
    return SymbolPriority(math.prod(factors.values()) * chance * life, reason)


def mean_predictability(insights: Insights) -> float | None:
    """Mean log-probability per token over the questions that were scored; None when none was."""
    scores = [item.predictability for item in insights.questions if item.predictability is not None]
    return sum(scores) / len(scores) if scores else None


def relative(means: Mapping[str, float], kind: str) -> float:
    """How predictable questions about a kind of symbol are beside the most predictable kind: 0 … 1, 1 unmeasured."""
    return math.exp(means[kind] - max(means.values())) if kind in means else 1.0


def _interest(signals: Signals) -> float:
    """How likely a symbol of this kind is asked about at all."""
    if signals.kind in FUNCTION_KINDS:
        return 0.6 + 0.4 * min(1.0, signals.lines / 30)
    if signals.kind in CLASS_KINDS:
        return 0.9
    if signals.kind == "file":
        return 0.8
    return 0.2
