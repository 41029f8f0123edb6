"""Plots as PNG files, for light and dark backgrounds. The only module that imports matplotlib."""

import io
import textwrap
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from forethought.bench.report import Plot, Series

Theme = Literal["light", "dark"]

_INK: Final = {"light": ("#1f2328", "#d0d7de", "#ffffff"), "dark": ("#e6edf3", "#3d444d", "#15191f")}
"""Text, grid and background."""
_COLORS: Final = {
    "light": ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6e7781"),
    "dark": ("#56b4e9", "#e69f00", "#2fbf94", "#e39ac3", "#f0e442", "#4f94d4", "#9198a1"),
}
"""M. Okabe and K. Ito's palette for color-blind readers, slightly lighter on dark backgrounds."""
_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
_WIDTH, _HEIGHT, _DPI = 7.2, 4.2, 150
_AXIS_LETTERS: Final = 66
"""How many letters of labels fit side by side below the axis."""


def draw(plot: Plot, theme: Theme = "light") -> bytes:
    """Return the plot as a PNG file."""
    ink, grid, ground = _INK[theme]
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, facecolor=ground, layout="constrained")
    axes = figure.add_subplot(facecolor=ground)
    (_draw_bars if plot.kind == "bar" else _draw_lines)(axes, plot, theme)
    axes.set_xlabel(plot.x, color=ink)
    axes.set_ylabel(plot.y, color=ink)
    axes.set_title(plot.title, color=ink, loc="left", fontsize=11, fontweight="bold", pad=12)
    axes.tick_params(colors=ink, length=0)
    axes.grid(axis="y" if plot.kind == "bar" else "both", color=grid, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if len(plot.series) > 1:
        figure.legend(
            frameon=False, labelcolor=ink, fontsize=9, loc="outside lower center", ncols=min(4, len(plot.series))
        )
    file = io.BytesIO()
    # Without a version in it, equal figures make equal files.
    figure.savefig(file, format="png", facecolor=ground, metadata={"Software": None})
    return file.getvalue()


def _draw_lines(axes: Axes, plot: Plot, theme: Theme) -> None:
    labels = _labels(plot)
    for number, series in enumerate(plot.series):
        color = _COLORS[theme][number % len(_COLORS[theme])]
        xs = [labels.index(_name(x)) if labels else float(x) for x, _ in series.points]
        ys = [y for _, y in series.points]
        axes.plot(xs, ys, color=color, marker=_MARKERS[number % len(_MARKERS)], label=series.name, linewidth=1.8)
        if series.intervals:
            lows, highs = zip(*series.intervals, strict=True)
            axes.fill_between(xs, lows, highs, color=color, alpha=0.15, linewidth=0)
    if labels:
        axes.set_xticks(range(len(labels)), _wrapped(labels))
    elif plot.log_x:
        axes.set_xscale("symlog" if any(float(x) <= 0 for series in plot.series for x, _ in series.points) else "log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())


def _draw_bars(axes: Axes, plot: Plot, theme: Theme) -> None:
    labels = _labels(plot) or _numbers(plot)
    width = 0.8 / max(1, len(plot.series))
    for number, series in enumerate(plot.series):
        offset = (number - (len(plot.series) - 1) / 2) * width
        xs = [labels.index(_name(x)) + offset for x, _ in series.points]
        ys = [y for _, y in series.points]
        color = _COLORS[theme][number % len(_COLORS[theme])]
        axes.bar(xs, ys, width * 0.92, color=color, label=series.name)
        if series.intervals:
            axes.errorbar(xs, ys, yerr=_reaches(series), fmt="none", ecolor=_INK[theme][0], elinewidth=1, capsize=3)
    axes.set_xticks(range(len(labels)), _wrapped(labels))


def _reaches(series: Series) -> tuple[list[float], list[float]]:
    """How far each interval extends below and above its point."""
    pairs = list(zip(series.points, series.intervals or (), strict=True))
    return [max(0.0, y - low) for (_, y), (low, _) in pairs], [max(0.0, high - y) for (_, y), (_, high) in pairs]


def _labels(plot: Plot) -> list[str]:
    """The labels of a horizontal axis of words, in order of appearance; empty for a numeric axis."""
    found = list(dict.fromkeys(x for series in plot.series for x, _ in series.points))
    return [_name(x) for x in found] if any(isinstance(x, str) for x in found) else []


def _wrapped(labels: list[str]) -> list[str]:
    """Break labels between words and after slashes, so that neighbors do not overlap."""
    width = max(6, _AXIS_LETTERS // max(1, len(labels)))
    broken = (textwrap.wrap(label.replace("/", "/ "), width, break_long_words=False) for label in labels)
    return ["\n".join(lines).replace("/ ", "/") for lines in broken]


def _numbers(plot: Plot) -> list[str]:
    """The labels of a bar chart over numbers, in ascending order."""
    return [_name(x) for x in sorted({float(x) for series in plot.series for x, _ in series.points})]


def _name(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:g}"
