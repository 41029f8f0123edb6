"""The overview as one HTML page that needs no network: no scripts, no images, no styles from elsewhere.

Everything that comes from the repository or from a model passes through `_text`; addresses come from the
index. A content security policy forbids whatever a mistake here might let in.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forethought.facts.effects import effect_text
from forethought.facts.flows import FlowStep
from forethought.present.location_encoder import LocationEncoder
from forethought.present.overview_document import KIND_LABELS, counts_text, line_of, mark, users_text
from forethought.text.sanitizers import one_line
from forethought.workspace.repository_overview import (
    FileEntry,
    FlowEntry,
    Overview,
    PackageEntry,
    Sentence,
    SymbolEntry,
    ends,
)

_CODE = re.compile(r"`([^`\n]+)`")
_ROW = 24
"""Height of a diagram's row, in pixels."""
_INDENT = 22
_CHARACTER = 8.2
"""Width of a character of the diagrams' font, in pixels; a little too wide rather than too narrow."""
_MAX_LABEL = 110

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #7778; --fresh: #1a7f37; --stale: #bc4c00; --live: #6e7781; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
code, svg text { font: 13px ui-monospace, monospace; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
a { color: inherit; text-decoration-color: var(--soft); } nav ul { columns: 2; } ul { padding-left: 1.3rem; }
.mark { font-size: 11px; border: 1px solid; border-radius: 3px; padding: 0 4px; white-space: nowrap; }
a.mark { text-decoration: none; } .live, .none { color: var(--live); }
.fresh { color: var(--fresh); } .stale { color: var(--stale); }
.flow { overflow-x: auto; margin: 0.5rem 0 1.5rem; }
svg text { fill: currentColor; } svg a { text-decoration: underline; text-decoration-color: var(--soft); }
svg path { fill: none; stroke: currentColor; stroke-opacity: 0.45; } svg .may { stroke-dasharray: 4 3; }
svg .end { fill: var(--stale); } svg .where { fill-opacity: 0.6; }
"""

_LEGEND = """<p>Each sentence says what it is based on. <span class="mark fresh">fresh</span>: a model wrote it about
the current code. <span class="mark stale">stale</span>: about earlier code. <span class="mark live">live</span>: quoted
from the docs, or read off the code, when this page was made.</p>
"""
_ABOUT_FLOWS = """<h2 id="flows">Flows</h2>
<p>From entry points along resolved calls: first those that lead to the network, a database, the disk or a process, then
those into other packages and files. A dashed line is a call that may run something else. Each function is shown once in
a flow.</p>
"""


def overview_page(overview: Overview, encoder: LocationEncoder) -> str:
    """Return the whole page."""
    return "".join(_Page(overview, encoder).parts())


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a diagram."""

    label: str
    where: str
    address: str
    depth: int
    parent: int | None
    is_certain: bool = True
    is_end: bool = False


class _Page:
    def __init__(self, overview: Overview, encoder: LocationEncoder) -> None:
        self._overview = overview
        self._encoder = encoder

    def parts(self) -> Iterator[str]:
        overview = self._overview
        title = overview.workspace.root.name + (f"/{overview.within}" if overview.within else "")
        digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        yield f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        yield f'<meta http-equiv="Content-Security-Policy" content="{_text(policy)}">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield '<meta name="referrer" content="no-referrer">'
        yield f"<style>{_STYLE}</style></head><body>\n<h1>{_text(title)}</h1>\n"
        yield self._paragraph(overview.about)
        yield f"<p>{_prose(counts_text(overview))}</p>\n"
        yield _LEGEND
        yield "<nav><ul>"
        for number, package in enumerate(overview.packages):
            yield f'<li><a href="#package-{number}">{_text(package.name)}</a></li>'
        yield '<li><a href="#flows">Flows</a></li></ul></nav>\n' if overview.flows else "</ul></nav>\n"
        for number, package in enumerate(overview.packages):
            yield from self._package(number, package)
        if overview.tests:
            listed = "".join(
                f"<li><code>{_text(folder or '.')}</code>: {files}</li>" for folder, files in overview.tests.items()
            )
            yield f'<h2 id="tests">Tests</h2>\n<p>Test files by folder; they are not described.</p><ul>{listed}</ul>\n'
        if overview.flows:
            yield _ABOUT_FLOWS
        for number, item in enumerate(overview.flows):
            yield self._flow(number, item)
        yield "</body></html>\n"

    def _package(self, number: int, package: PackageEntry) -> Iterator[str]:
        yield f'<section><h2 id="package-{number}">{_text(package.name)}</h2>\n'
        support = "; examples, scripts or other support code" if package.is_support else ""
        counted = f"{package.file_count} file{'' if package.file_count == 1 else 's'}"
        folder = f'<a href="{_text(self._encoder.uri(self._overview.workspace, package.folder))}">'
        yield f"<p>{folder}<code>{_text(package.folder or '.')}</code></a>, {counted}{support}.</p>\n"
        yield self._paragraph(package.about)
        if package.used_by:
            yield f"<p>Used by {_prose(users_text(package, 12))}.</p>\n"
        own = [
            (index, item.flow)
            for index, item in enumerate(self._overview.flows)
            if item.flow.entry.target.path.rpartition("/")[0] == package.folder
        ]
        if own:
            links = ", ".join(f'<a href="#flow-{index}">{_text(flow.entry.label)}</a>' for index, flow in own)
            yield f"<p>Flows that start here: {links}.</p>\n"
        if package.exports:
            more = package.export_count - len(package.exports)
            yield "<h3>Offers</h3>\n" + self._symbols(package.exports, f" and {more} more" if more else "")
        yield "<h3>Files</h3>\n"
        for entry in package.files:
            yield self._file(entry)
        if more := package.file_count - len(package.files):
            yield f"<p>… and {more} more files.</p>\n"
        yield "</section>\n"

    def _file(self, entry: FileEntry) -> str:
        address = _text(self._encoder.uri(self._overview.workspace, entry.path))
        users = f", used by {entry.used_by} file{'' if entry.used_by == 1 else 's'}" if entry.used_by else ""
        about = f" {self._sentence(entry.about)}" if entry.about is not None else ""
        more = entry.symbol_count - len(entry.symbols)
        head = f'<p><a href="{address}"><code>{_text(entry.path)}</code></a>{users}.{about}</p>\n'
        return head + self._symbols(entry.symbols, f" … and {more} more" if more > 0 else "")

    def _symbols(self, entries: Iterable[SymbolEntry], rest: str) -> str:
        items = []
        for entry in entries:
            place = f"{entry.target.path}:{entry.symbol.selection.start.row + 1}"
            link = _link(entry.symbol.name, self._address(entry.target.path, entry.symbol.selection.start.row + 1))
            about = (
                self._sentence(entry.about)
                if entry.about is not None
                else '<span class="none">nothing known yet</span>'
            )
            items.append(f"<li>{link} ({_text(entry.symbol.kind)}, <code>{_text(place)}</code>): {about}</li>")
        items += [f"<li>{_text(rest.strip())}</li>"] if rest else []
        return f"<ul>{''.join(items)}</ul>\n" if items else ""

    def _flow(self, number: int, item: FlowEntry) -> str:
        flow = item.flow
        label = f"{KIND_LABELS[flow.entry.kind]} <code>{_text(flow.entry.label)}</code>"
        rows = list(self._rows(flow.start, 0, None, 0))
        summary = "; ".join(_prose(effect_text(item)) for item in ends(flow)[:4])
        return (
            f'<h3 id="flow-{number}">{label}</h3>\n'
            + self._paragraph(item.about)
            + (f"<p>Ends in: {summary}.</p>\n" if summary else "")
            + f'<div class="flow">{_diagram(rows, flow.entry.label)}</div>\n'
        )

    def _rows(self, step: FlowStep, depth: int, parent: int | None, number: int) -> Iterator[_Row]:
        """The rows of a step and those below it; `number` is that of the first one."""
        line = line_of(self._overview, step.target)
        label = ("" if step.is_certain else "may call ") + (step.target.symbol_id or step.target.path)
        address = self._address(step.target.path, line)
        yield _Row(label, f"{step.target.path}:{line}", address, depth, parent, step.is_certain)
        following = number + 1
        for effect in step.effects:
            row = effect.range.start.row + 1
            text = effect_text(effect).replace("`", "")
            address = self._address(effect.path, row)
            yield _Row(text, f"{effect.path}:{row}", address, depth + 1, number, effect.is_certain, is_end=True)
            following += 1
        for call in step.calls:
            rows = list(self._rows(call, depth + 1, number, following))
            yield from rows
            following += len(rows)

    def _paragraph(self, sentence: Sentence | None) -> str:
        return f"<p>{self._sentence(sentence)}</p>\n" if sentence is not None else ""

    def _sentence(self, sentence: Sentence) -> str:
        """The sentence, and what it is based on, which links to that place."""
        basis = mark(sentence) if sentence.basis == "model" else f"{mark(sentence)}, live"
        address = _text(self._address(sentence.path, sentence.row + 1))
        return f'{_prose(sentence.text)} <a class="mark {_text(sentence.state)}" href="{address}">{_text(basis)}</a>'

    def _address(self, path: str, line: int) -> str:
        return f"{self._encoder.uri(self._overview.workspace, path)}#L{line}"


def _diagram(rows: list[_Row], title: str) -> str:
    """An indented tree: a row for each function and effect, with lines from each to what it calls."""
    widths = [row.depth * _INDENT + (len(_cut(row.label)) + len(_cut(row.where)) + 6) * _CHARACTER for row in rows]
    width, height = int(max(widths, default=0)) + 20, len(rows) * _ROW + 8
    parts = [
        f'<svg role="img" xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><title>{_text(title)}</title>'
    ]
    for number, row in enumerate(rows):
        x, y = row.depth * _INDENT + 6, number * _ROW + 18
        if row.parent is not None:
            top, left = row.parent * _ROW + 24, (row.depth - 1) * _INDENT + 10
            dashed = "" if row.is_certain else ' class="may"'
            parts.append(f'<path{dashed} d="M{left} {top} V{y - 5} H{x - 2}"/>')
        kind = ' class="end"' if row.is_end else ""
        name = f'<a href="{_text(row.address)}"><tspan{kind}>{_text(_cut(row.label))}</tspan></a>'
        where = f'<tspan class="where" dx="10">{_text(_cut(row.where))}</tspan>'
        parts.append(f'<text x="{x}" y="{y}">{name}{where}</text>')
    return "".join((*parts, "</svg>"))


def _cut(label: str) -> str:
    line = one_line(label)
    return line if len(line) <= _MAX_LABEL else line[: _MAX_LABEL - 1] + "…"


def _link(name: str, address: str) -> str:
    return f'<a href="{_text(address)}"><code>{_text(name)}</code></a>'


def _prose(text: str) -> str:
    """Text in which code spans are kept."""
    return _CODE.sub(r"<code>\1</code>", _text(text))


def _text(text: str) -> str:
    return html.escape(one_line(text), quote=True)
