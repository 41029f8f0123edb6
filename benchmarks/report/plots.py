"""Plots as PNG, in a light and a dark dress: the only module that imports matplotlib (the extra `[bench]`)."""

import io
import textwrap
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from forethought.bench.report import Plot, Series

Dress = Literal["light", "dark"]

_INK: Final = {"light": ("#1f2328", "#d0d7de", "#ffffff"), "dark": ("#e6edf3", "#3d444d", "#15191f")}
"""Text, grid and ground."""
_COLOURS: Final = {
    "light": ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6e7781"),
    "dark": ("#56b4e9", "#e69f00", "#2fbf94", "#e39ac3", "#f0e442", "#4f94d4", "#9198a1"),
}
"""M. Okabe and K. Ito's palette, which colour-blind people can tell apart; a shade lighter on dark ground."""
_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
_WIDTH, _HEIGHT, _DPI = 7.2, 4.2, 150
_LETTERS: Final = 66
"""Of labels that have room side by side below the axis."""


def draw(plot: Plot, dress: Dress = "light") -> bytes:
    """The plot as the bytes of a PNG file."""
    ink, grid, ground = _INK[dress]
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, facecolor=ground, layout="constrained")
    axes = figure.add_subplot(facecolor=ground)
    (_draw_bars if plot.kind == "bar" else _draw_lines)(axes, plot, dress)
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
    # Without a date and a version in it, the same figures make the same file.
    figure.savefig(file, format="png", facecolor=ground, metadata={"Software": None})
    return file.getvalue()


def _draw_lines(axes: Axes, plot: Plot, dress: Dress) -> None:
    labels = _labels(plot)
    for number, series in enumerate(plot.series):
        colour = _COLOURS[dress][number % len(_COLOURS[dress])]
        xs = [labels.index(_name(x)) if labels else float(x) for x, _ in series.points]
        ys = [y for _, y in series.points]
        axes.plot(xs, ys, color=colour, marker=_MARKERS[number % len(_MARKERS)], label=series.name, linewidth=1.8)
        if series.intervals:
            lows, highs = zip(*series.intervals, strict=True)
            axes.fill_between(xs, lows, highs, color=colour, alpha=0.15, linewidth=0)
    if labels:
        axes.set_xticks(range(len(labels)), _wrapped(labels))
    elif plot.log_x:
        axes.set_xscale("symlog" if any(float(x) <= 0 for series in plot.series for x, _ in series.points) else "log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())


def _draw_bars(axes: Axes, plot: Plot, dress: Dress) -> None:
    labels = _labels(plot) or _numbers(plot)
    width = 0.8 / max(1, len(plot.series))
    for number, series in enumerate(plot.series):
        offset = (number - (len(plot.series) - 1) / 2) * width
        xs = [labels.index(_name(x)) + offset for x, _ in series.points]
        ys = [y for _, y in series.points]
        colour = _COLOURS[dress][number % len(_COLOURS[dress])]
        axes.bar(xs, ys, width * 0.92, color=colour, label=series.name)
        if series.intervals:
            axes.errorbar(xs, ys, yerr=_reaches(series), fmt="none", ecolor=_INK[dress][0], elinewidth=1, capsize=3)
    axes.set_xticks(range(len(labels)), _wrapped(labels))


def _reaches(series: Series) -> tuple[list[float], list[float]]:
    """How far each interval reaches below and above its point."""
    pairs = list(zip(series.points, series.intervals or (), strict=True))
    return [max(0.0, y - low) for (_, y), (low, _) in pairs], [max(0.0, high - y) for (_, y), (_, high) in pairs]


def _labels(plot: Plot) -> list[str]:
    """The words along a horizontal axis that has words, in the order in which they come; none for numbers."""
    found = list(dict.fromkeys(x for series in plot.series for x, _ in series.points))
    return [_name(x) for x in found] if any(isinstance(x, str) for x in found) else []


def _wrapped(labels: list[str]) -> list[str]:
    """Labels broken into lines between words and behind slashes, so that neighbours do not touch."""
    width = max(6, _LETTERS // max(1, len(labels)))
    broken = (textwrap.wrap(label.replace("/", "/ "), width, break_long_words=False) for label in labels)
    return ["\n".join(lines).replace("/ ", "/") for lines in broken]


def _numbers(plot: Plot) -> list[str]:
    """The numbers below a group of bars each, in their order."""
    return [_name(x) for x in sorted({float(x) for series in plot.series for x, _ in series.points})]


def _name(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:g}"
