"""Which symbol to think about first: predictability × chance of being asked × expected lifetime. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from forethought.insights.entry import Insights
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS

SETTLING_SECONDS = 20.0
"""A file that was edited or saved this recently is likely to change again, which would waste the pass."""

_DECISIVE = 0.5
"""A factor below this is named in the reason."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about the chance that somebody asks about a symbol soon."""

    kind: str
    focused: bool = False
    open: bool = False
    committed_rank: int | None = None
    """Rank of the file among those that recent commits changed, newest first; None when it is not among them."""
    call_rank: int | None = None
    """Rank among the most-called symbols; None when it is not among them."""
    changed: bool = False
    """Its insights are about an older text."""
    requested: bool = False
    """A person looked at it and found no fresh insight."""
    settling: bool = False
    """Its file was edited within the last `SETTLING_SECONDS`."""
    lines: int = 1
    predictability: float = 1.0
    """Of questions about such symbols, 0 … 1, relative to the most predictable kind."""


@dataclass(frozen=True, slots=True)
class SymbolPriority:
    """How much a pass over a symbol is expected to bring, and why."""

    amount: float
    """Comparable between symbols; no unit."""
    reason: str
    """In words, for people."""


def priority_of(signals: Signals) -> SymbolPriority:
    """The chance is that of the strongest signal. The numbers are estimates that order the queue, not measurements."""
    chances = [
        (1.0, "looked at, and no insight yet", signals.requested),
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
    lifetime = 0.05 if signals.settling else 1.0
    if signals.settling:
        reason += ", waiting until the edit settles"
    factors = {
        "questions about it are hard to predict": signals.predictability,
        "such symbols are rarely asked about": _interest(signals),
    }
    decisive = min(factors, key=lambda name: factors[name])
    if factors[decisive] < _DECISIVE:
        reason += f", but {decisive}"
    return SymbolPriority(math.prod(factors.values()) * chance * lifetime, reason)


def mean_predictability(insights: Insights) -> float | None:
    """Mean log-probability per token over the scored questions; None when none was scored."""
    scores = [item.predictability for item in insights.questions if item.predictability is not None]
    return sum(scores) / len(scores) if scores else None


def relative(means: Mapping[str, float], kind: str) -> float:
    """How predictable questions about a kind of symbol are, relative to the most predictable kind: 0 … 1; 1 if unknown.

    `means`: kind → mean log-probability per token of the questions about such symbols.
    """
    return math.exp(means[kind] - max(means.values())) if kind in means else 1.0


def _interest(signals: Signals) -> float:
    """How likely anyone asks about a symbol of this kind and length."""
    if signals.kind in FUNCTION_KINDS:
        return 0.6 + 0.4 * min(1.0, signals.lines / 30)
    if signals.kind in CLASS_KINDS:
        return 0.9
    if signals.kind == "file":
        return 0.8
    return 0.2
