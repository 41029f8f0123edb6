"""The overview of a repository: JSON for programs, and short Markdown for a terminal."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from forethought.facts.effects import Effect, effect_text
from forethought.facts.flows import FlowStep
from forethought.names.file_names import Target
from forethought.present.location_encoder import LocationEncoder
from forethought.syntax.tags import Position, Range
from forethought.text.markdown import code, escape
from forethought.workspace.repository_overview import (
    FileEntry,
    FlowEntry,
    Overview,
    PackageEntry,
    Sentence,
    SymbolEntry,
)

# On a terminal. The document and the page have more.
MAX_PACKAGES_DESCRIBED = 8
MAX_PACKAGES_NAMED = 30
MAX_SUPPORT_NAMED = 6
MAX_FILES_SHOWN = 4
MAX_EXPORTS_SHOWN = 8
MAX_FLOWS_SHOWN = 5
MAX_USERS_SHOWN = 4
MAX_EFFECTS_SHOWN = 1

KIND_LABELS = {"command": "Command", "main": "Program", "route": "Route", "api": "Call of"}


def overview_document(overview: Overview, encoder: LocationEncoder) -> dict[str, Any]:
    """Return the overview as JSON. Blocks: reads lines."""
    workspace = overview.workspace

    def said(sentence: Sentence | None) -> dict[str, Any] | None:
        if sentence is None:
            return None
        place = Position(sentence.row, 0)
        return {
            "text": sentence.text,
            "basis": sentence.basis,
            "state": sentence.state,
            "model": sentence.model,
            "uri": encoder.uri(workspace, sentence.path),
            "range": encoder.range(workspace, sentence.path, Range(place, place)),
        }

    def symbol_document(entry: SymbolEntry) -> dict[str, Any]:
        path, symbol = entry.target.path, entry.symbol
        return {
            **encoder.reference(workspace, path, symbol.selection, symbol.id),
            "kind": symbol.kind,
            "signature": symbol.signature,
            "about": said(entry.about),
            "calls": entry.calls,
        }

    def file_document(entry: FileEntry) -> dict[str, Any]:
        return {
            "path": entry.path,
            "uri": encoder.uri(workspace, entry.path),
            "about": said(entry.about),
            "usedBy": entry.used_by,
            "symbols": [symbol_document(item) for item in entry.symbols],
            "symbolCount": entry.symbol_count,
        }

    def package_document(entry: PackageEntry) -> dict[str, Any]:
        return {
            "name": entry.name,
            "folder": entry.folder,
            "uri": encoder.uri(workspace, entry.folder),
            "languages": list(entry.languages),
            "about": said(entry.about),
            "support": entry.is_support,
            "exports": [symbol_document(item) for item in entry.exports],
            "exportCount": entry.export_count,
            "usedBy": [{"folder": folder, "files": files} for folder, files in entry.used_by],
            "files": [file_document(item) for item in entry.files],
            "fileCount": entry.file_count,
        }

    def place_document(target: Target) -> dict[str, Any]:
        symbol = overview.symbols.get(target)
        range_ = symbol.selection if symbol is not None else Range(Position(0, 0), Position(0, 0))
        return encoder.reference(workspace, target.path, range_, target.symbol_id)

    def effect_document(effect: Effect) -> dict[str, Any]:
        return {
            "category": effect.category,
            "text": effect_text(effect),
            "certain": effect.is_certain,
            "call": encoder.reference(workspace, effect.path, effect.range, effect.call),
            "via": [place_document(target) for target in effect.via],
        }

    def step_document(step: FlowStep) -> dict[str, Any]:
        at = step.called_at
        return {
            **place_document(step.target),
            "calledAt": encoder.reference(workspace, at.path, at.range, at.symbol_id) if at is not None else None,
            "certain": step.is_certain,
            "effects": [effect_document(item) for item in step.effects],
            "calls": [step_document(item) for item in step.calls],
            "otherCalls": step.left_out,
        }

    return {
        "root": encoder.uri(workspace, ""),
        "name": workspace.root.name,
        "within": overview.within,
        "about": said(overview.about),
        "languages": dict(overview.languages),
        "packages": [package_document(item) for item in overview.packages],
        "tests": [{"folder": folder, "files": files} for folder, files in overview.tests.items()],
        "flows": [
            {
                "kind": item.flow.entry.kind,
                "label": item.flow.entry.label,
                "about": said(item.about),
                "start": step_document(item.flow.start),
            }
            for item in overview.flows
        ],
    }


def overview_markdown(overview: Overview) -> str:
    """Return the packages, most used first, and the first flows of each kind, with `path:line` instead of links."""
    lines = [f"# {escape(overview.workspace.root.name)}", ""]
    if overview.about is not None:
        lines += [_said(overview.about, 400), ""]
    lines += [counts_text(overview), ""]
    if overview.packages:
        lines += ["## Packages", ""]
    product = [package for package in overview.packages if not package.is_support]
    support = [package for package in overview.packages if package.is_support]
    for number, package in enumerate(product[:MAX_PACKAGES_NAMED]):
        lines += _package_lines(package, is_described=number < MAX_PACKAGES_DESCRIBED)
    if len(product) > MAX_PACKAGES_NAMED:
        lines.append(f"- … and {_count(len(product) - MAX_PACKAGES_NAMED, 'more package')}")
    if support:
        named = ", ".join(code(package.folder) for package in support[:MAX_SUPPORT_NAMED])
        rest = len(support) - MAX_SUPPORT_NAMED
        lines.append(f"- examples, scripts and such: {named}{f' and {rest} more' if rest > 0 else ''}")
    if overview.flows:
        lines += ["", "## Flows", ""]
    shown = _first_flows(overview.flows)
    for item in shown:
        lines += [*_flow_lines(item, overview), ""]
    if rest := len(overview.flows) - len(shown):
        lines.append(
            f"{_count(rest, 'more flow')} {'is' if rest == 1 else 'are'} in the page (`--html`) and in `--json`."
        )
    return "\n".join(lines).strip() + "\n"


def counts_text(overview: Overview) -> str:
    """Return what the overview is about, in numbers."""
    files = sum(package.file_count for package in overview.packages)
    tests = sum(overview.tests.values())
    languages = ", ".join(f"{language} {number}" for language, number in list(overview.languages.items())[:6])
    counted = [_count(len(overview.packages), "package"), _count(files, "file")]
    counted += [_count(tests, "test file")] if tests else []
    where = f" in {code(overview.within)}" if overview.within else ""
    return ", ".join(counted) + where + (f" (by language: {languages})." if languages else ".")


def mark(sentence: Sentence) -> str:
    """Return the basis of a sentence in a word or two: `docs`, `from the code`, `model`, `model, stale`."""
    if sentence.basis == "model":
        return f"{sentence.model or 'model'}, {sentence.state}"
    return "docs" if sentence.basis == "docs" else "from the code"


def line_of(overview: Overview, target: Target) -> int:
    """Return the 1-based line of a definition."""
    symbol = overview.symbols.get(target)
    return symbol.selection.start.row + 1 if symbol is not None else 1


def users_text(package: PackageEntry, limit: int) -> str:
    """Return which packages use this one."""
    named = [f"{code(folder or '.')} ({_count(files, 'file')})" for folder, files in package.used_by[:limit]]
    rest = len(package.used_by) - len(named)
    return ", ".join(named) + (f" and {_count(rest, 'more package')}" if rest else "")


def _said(sentence: Sentence, limit: int) -> str:
    return f"{escape(sentence.text, limit)} _({escape(mark(sentence), 60)})_"


def _package_lines(package: PackageEntry, is_described: bool) -> list[str]:
    title = f"- **{code(package.name)}**"
    if package.folder and package.folder != package.name:
        title += f" in {code(package.folder)}"
    title += f", {_count(package.file_count, 'file')}"
    if package.about is not None:
        title += f": {_said(package.about, 240 if is_described else 120)}"
    if not is_described:
        return [title]
    lines = [title]
    if package.exports:
        named = ", ".join(code(item.symbol.name) for item in package.exports[:MAX_EXPORTS_SHOWN])
        rest = package.export_count - min(len(package.exports), MAX_EXPORTS_SHOWN)
        lines.append(f"  - offers {named}{f' and {rest} more' if rest else ''}")
    if package.used_by:
        lines.append(f"  - used by {users_text(package, MAX_USERS_SHOWN)}")
    lines += [_file_line(item) for item in package.files[:MAX_FILES_SHOWN]]
    if (rest := package.file_count - min(len(package.files), MAX_FILES_SHOWN)) > 0:
        lines.append(f"  - … and {_count(rest, 'more file')}")
    return lines


def _file_line(entry: FileEntry) -> str:
    used = f", used by {_count(entry.used_by, 'file')}" if entry.used_by else ""
    if entry.about is not None and (entry.about.basis != "code" or not entry.symbols):
        return f"  - {code(entry.path)}{used}: {_said(entry.about, 160)}"
    if not entry.symbols:
        return f"  - {code(entry.path)}{used}"
    symbols = ", ".join(code(item.symbol.name) for item in entry.symbols[:4])
    return f"  - {code(entry.path)}{used}: {symbols}{' …' if entry.symbol_count > 4 else ''}"


def _first_flows(flows: Sequence[FlowEntry]) -> list[FlowEntry]:
    """The first two of each kind, then others, in the order of the overview."""
    seen: Counter[str] = Counter()
    first: list[FlowEntry] = []
    others: list[FlowEntry] = []
    for item in flows:
        seen[item.flow.entry.kind] += 1
        (first if seen[item.flow.entry.kind] <= 2 else others).append(item)
    chosen = (first + others)[:MAX_FLOWS_SHOWN]
    return [item for item in flows if item in chosen]


def _flow_lines(item: FlowEntry, overview: Overview) -> list[str]:
    entry = item.flow.entry
    about = f": {_said(item.about, 200)}" if item.about is not None and item.about.basis != "code" else ""
    lines = [f"**{KIND_LABELS[entry.kind]} {code(entry.label)}**{about}", ""]

    def add(step: FlowStep, depth: int) -> None:
        name = step.target.symbol_id or step.target.path
        where = code(f"{step.target.path}:{line_of(overview, step.target)}")
        may = "" if step.is_certain else "may call "
        ends = "; ".join(escape(effect_text(item), 200) for item in step.effects[:MAX_EFFECTS_SHOWN])
        lines.append(f"{'  ' * depth}- {may}{code(name)} {where}{f' — {ends}' if ends else ''}")
        for call in step.calls:
            add(call, depth + 1)

    add(item.flow.start, 0)
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
