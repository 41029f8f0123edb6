"""The result of a benchmark as plain data: goals, tables, plots, and the settings it takes to repeat the run."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % confidence interval."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


Cell = str | int | float | Interval | None


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one group of bars: points (x, y), optionally with an interval (low, high) per point."""

    name: str
    points: tuple[tuple[float | str, float], ...]
    intervals: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    x: str
    """Label of the horizontal axis, with its unit."""
    y: str
    series: tuple[Series, ...]
    kind: Literal["line", "bar"] = "line"
    log_x: bool = False
    note: str = ""


Comparison = Literal["<", "≤", "=", "≥", ">"]

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "≤": operator.le,
    "=": operator.eq,
    "≥": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A measured figure and the goal it is held to, e.g. `Goal("p99", 9.3, "≤", 30, "ms")`."""

    figure: str
    value: float
    comparison: Comparison
    target: float
    unit: str = ""

    @property
    def met(self) -> bool:
        return _HOLDS[self.comparison](self.value, self.target)


@dataclass(frozen=True, slots=True)
class Report:
    name: str
    """Name of the benchmark, e.g. `juggler`."""
    title: str
    shows: str
    """The question the benchmark answers, in one or two sentences."""
    verdict: tuple[str, ...] = ()
    """The findings in plain sentences, including those that speak against us."""
    goals: tuple[Goal, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What it takes to repeat the run: model, engine, seed, limit, machine."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Every figure as plain JSON values, for the JSON file."""
