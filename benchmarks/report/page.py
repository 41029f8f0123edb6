"""Reports as one self-contained HTML page: no scripts, fonts or external addresses, and everything is escaped."""

import base64
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

from forethought.bench.report import Cell, Interval, Plot, Report, Table
from forethought.bench.tables import cell_text, goals_table, numeric_columns

Draw = Callable[[Plot], tuple[bytes, bytes]]
"""Draws a plot as two PNG files, for light and dark backgrounds."""

_STYLE: Final = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1f2328; --soft: #59636e; --line: #d0d7de; --tint: #f6f8fa;
  --mark: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ground: #15191f; --ink: #e6edf3; --soft: #9198a1; --line: #3d444d;
  --tint: #1d232b; --mark: #56b4e9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 62rem; background: var(--ground); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; text-wrap: pretty; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
article > h2:first-child { font-size: 1.6rem; margin: 0 0 .5rem; }
article + article { margin-top: 4rem; padding-top: 3rem; border-top: 1px solid var(--line); }
.shows { color: var(--soft); font-size: 1.05rem; margin: 0 0 1.5rem; max-width: 44rem; }
.verdict { margin: 0; padding: 1rem 1.25rem 1rem 2.4rem; background: var(--tint); border-left: 4px solid var(--mark);
  border-radius: 0 6px 6px 0; }
.verdict li + li { margin-top: .4rem; }
figure { margin: 2rem 0; }
figure img { width: 100%; max-width: 45rem; height: auto; display: block; border-radius: 6px; }
figcaption, .note { color: var(--soft); font-size: .9rem; margin-top: .5rem; max-width: 45rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .93rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .5rem; white-space: nowrap; }
th, td { padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; color: var(--soft); vertical-align: bottom; }
.number { text-align: right; }
td.number { white-space: nowrap; }
.within { display: block; color: var(--soft); font-size: .8em; line-height: 1.2; }
section.table { margin: 2rem 0; }
nav ul { padding-left: 1.2rem; }
a { color: var(--mark); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; font-size: .9rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media print { body { max-width: none; } figure, section.table { break-inside: avoid; } }
"""


def html_page(reports: Sequence[Report], draw: Draw | None) -> str:
    """Return a page with one report, or with several below a table of contents. Without `draw`, there are no plots."""
    title = reports[0].title if len(reports) == 1 else "Forethought benchmarks"
    contents = "".join(f'<li><a href="#{_id(report)}">{escape(report.title)}</a></li>' for report in reports)
    top = "" if len(reports) == 1 else f"<h1>{escape(title)}</h1><nav><ul>{contents}</ul></nav>"
    body = "".join(_article(report, draw, "h1" if len(reports) == 1 else "h2") for report in reports)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>{top}{body}</body></html>\n"
    )


def _article(report: Report, draw: Draw | None, heading: str) -> str:
    verdict = "".join(f"<li>{escape(sentence)}</li>" for sentence in report.verdict)
    return (
        f'<article id="{_id(report)}"><{heading}>{escape(report.title)}</{heading}>'
        f'<p class="shows">{escape(report.shows)}</p>'
        + (f'<ul class="verdict">{verdict}</ul>' if verdict else "")
        + "".join(_figure(plot, draw) for plot in report.plots if draw is not None)
        + "".join(map(_table, ((goals_table(report.goals),) if report.goals else ()) + report.tables))
        + (f"<h2>Settings</h2>{_settings(report.settings)}" if report.settings else "")
        + "</article>\n"
    )


def _figure(plot: Plot, draw: Draw) -> str:
    light, dark = map(_data_uri, draw(plot))
    caption = f"<figcaption>{escape(plot.note)}</figcaption>" if plot.note else ""
    names = ", ".join(series.name for series in plot.series)
    described = escape(f"{plot.title}: {plot.y} against {plot.x}, {names}", quote=True)
    return (
        f'<figure><picture><source srcset="{dark}" media="(prefers-color-scheme: dark)">'
        f'<img src="{light}" alt="{described}"></picture>{caption}</figure>'
    )


def _table(table: Table) -> str:
    numeric = numeric_columns(table)
    head = "".join(
        f'<th{_class(number)} scope="col">{escape(column)}</th>'
        for column, number in zip(table.columns, numeric, strict=True)
    )
    rows = "".join(f"<tr>{_row(row, numeric)}</tr>" for row in table.rows)
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<section class="table"><div class="wide"><table><caption>{escape(table.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}</section>"
    )


def _row(row: Sequence[Cell], numeric: Sequence[bool]) -> str:
    return "".join(f"<td{_class(number)}>{_cell(cell)}</td>" for cell, number in zip(row, numeric, strict=True))


def _class(number: bool) -> str:
    return ' class="number"' if number else ""


def _cell(cell: Cell) -> str:
    text = escape(cell_text(cell))
    if isinstance(cell, Interval):
        mean, _, within = text.partition(" ")
        return f'{mean} <span class="within">{within}</span>'
    return text


def _settings(settings: Mapping[str, Any]) -> str:
    rows = "".join(f"<dt>{escape(str(key))}</dt><dd>{escape(_plain(value))}</dd>" for key, value in settings.items())
    return f"<dl>{rows}</dl>"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return "–" if value is None else str(value)


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _id(report: Report) -> str:
    return escape("".join(character if character.isalnum() else "-" for character in report.name), quote=True)
