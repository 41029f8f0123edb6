"""What a measurement gives: tables and plots with the settings they were made with. Plain data; drawn elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval."""

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
    """One line, or one group of bars: points (x, y), each with its interval (low, high) where there is one."""

    name: str
    points: tuple[tuple[float | str, float], ...]
    intervals: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    x: str
    """What the horizontal axis shows, with its unit."""
    y: str
    series: tuple[Series, ...]
    kind: Literal["line", "bar"] = "line"
    log_x: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    name: str
    """Of the bench: `juggler`."""
    title: str
    shows: str
    """One or two sentences for people: the question that is answered."""
    verdict: tuple[str, ...]
    """What came out, in plain sentences; what went against us, too."""
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Model, engine, seed, limit, machine: what it takes to repeat it."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON values: every figure, for the JSON file."""
