"""The text of a hover."""

from collections.abc import Sequence

from forethought.config import HoverContent
from forethought.facts.certain_uses import besides_imports
from forethought.facts.effects import effect_text
from forethought.facts.value_facts import LocalName
from forethought.insights.entry import Insights, Note
from forethought.present.symbol_links import LinkTo, symbol_link, symbol_links
from forethought.syntax.symbol_kinds import FIELD_KINDS
from forethought.syntax.tags import Position, Range
from forethought.text.markdown import code, escape, fence, link
from forethought.workspace.symbol_info import SymbolInfo

MAX_CANDIDATES = 4
"""Candidates that the hover of an ambiguous name lists."""
MAX_CALLERS = 3
MAX_TESTS = 2
MAX_RAISES = 3
MAX_SIGNATURE_LENGTH = 300
MAX_DOC_LENGTH = 240
MAX_EXPORTS = 6
"""Names that the hover of a file lists."""
MAX_PLACES = 3
"""Lines in which a field or local variable is set that a hover names."""
MAX_BEHAVIOR_LENGTH = 400
"""A behavior's summary is longer only if a single quotation makes it so."""
MAX_EFFECTS = 2
MAX_PATH = 2
"""Names on the path to an effect."""
_TOLD_LAST = ("log", "clock", "random")
"""Effects that a reader misses least."""


def hover_markdown(
    symbol_infos: Sequence[SymbolInfo], content: HoverContent = "auto", link_to: LinkTo | None = None
) -> str:
    """Return about six lines of Markdown, the last of which names their origin; "" if there is nothing to say.

    Several symbol infos mean that the name is ambiguous: they are listed, and none is chosen. With `auto`, the hover
    adds to what another language server shows: insights, behavior and facts, and the signature and docs only while
    there are no insights. Names are linked only if `link_to` is given.
    """
    if not symbol_infos:
        return ""
    if len(symbol_infos) > 1:
        return _join(_candidate_lines(symbol_infos, link_to), "— Forethought · ambiguous")
    symbol_info = symbol_infos[0]
    if symbol_info.symbol.kind in FIELD_KINDS:
        return "" if content == "insights" else _field_markdown(symbol_info, link_to)
    insights = _shown_insights(symbol_info)
    behavior = [] if content == "insights" else _behavior_lines(symbol_info)
    lines: list[str] = []
    if content == "insights":
        lines = [] if insights is None else _insight_lines(symbol_info, insights, 3, link_to)
    else:
        if content == "full" or insights is None:
            lines += _interface_lines(symbol_info)
        if insights is not None:
            lines += _insight_lines(symbol_info, insights, 1 if content == "full" else 2, link_to)
        lines += behavior
        if facts := _facts_line(symbol_info, link_to):
            lines.append(facts)
    return _join(lines, _provenance_line(symbol_info, bool(behavior))) if lines else ""


def local_name_markdown(path: str, local_name: LocalName, link_to: LinkTo | None = None) -> str:
    """Return two or three lines about a local name of the file at `path`."""
    of = f" of {code(local_name.owner)}" if local_name.owner else ""
    kind = "local variable" if local_name.kind == "variable" and local_name.owner else local_name.kind
    parts = [f"{kind}{of}"]
    if local_name.type_name:
        parts.append(f"type {code(local_name.type_name)}")
    if len(local_name.places) > 1 or local_name.kind == "variable":
        parts.append("set in " + _lines_text(path, local_name.places, link_to))
    lines = [f"{code(_truncated(local_name.declaration))} — {' · '.join(parts)}"]
    if local_name.doc:
        lines.append(escape(local_name.doc, MAX_DOC_LENGTH))
    return _join(lines, "— Forethought · facts")


def _field_markdown(symbol_info: SymbolInfo, link_to: LinkTo | None) -> str:
    """Two or three lines: the declaration and the type that has the field, its docs, and where it is set."""
    symbol = symbol_info.symbol
    owner = symbol.name.rpartition(".")[0]
    kind = "member" if symbol.kind == "enumerator" else symbol.kind
    parts = [f"{kind} of {code(owner)}" if owner else kind]
    if symbol_info.set_at:
        parts.append("also set in " + _lines_text(symbol_info.path, symbol_info.set_at, link_to))
    if facts := _facts_line(symbol_info, link_to):
        parts.append(facts[:1].lower() + facts[1:])
    lines = [f"{code(_truncated(symbol.signature))} — {' · '.join(parts)}"]
    if symbol.doc and (first_paragraph := symbol.doc.strip().partition("\n\n")[0]):
        lines.append(escape(first_paragraph, MAX_DOC_LENGTH))
    return _join(lines, "— Forethought · facts")


def _lines_text(path: str, places: Sequence[Range], link_to: LinkTo | None) -> str:
    """“lines 3, 7 and 2 more”."""
    numbers = [
        str(place.start.row + 1) if link_to is None else link(str(place.start.row + 1), link_to(path, place))
        for place in places[:MAX_PLACES]
    ]
    more = f" and {len(places) - MAX_PLACES} more" if len(places) > MAX_PLACES else ""
    return f"{'line' if len(places) == 1 else 'lines'} {', '.join(numbers)}{more}"


def _shown_insights(symbol_info: SymbolInfo) -> Insights | None:
    insights = symbol_info.insights
    return None if insights is None or insights.empty else insights


def _candidate_lines(candidates: Sequence[SymbolInfo], link_to: LinkTo | None) -> list[str]:
    lines = [f"{len(candidates)} possible definitions:"]
    for candidate in candidates[:MAX_CANDIDATES]:
        name = candidate.symbol.name or candidate.path
        linked = symbol_link(name, candidate.path, candidate.symbol.selection, link_to)
        lines.append(f"- {linked} in {code(candidate.path)}")
    if len(candidates) > MAX_CANDIDATES:
        lines[-1] += f", and {len(candidates) - MAX_CANDIDATES} more"
    return ["\n".join(lines)]


def _interface_lines(symbol_info: SymbolInfo) -> list[str]:
    symbol = symbol_info.symbol
    lines = [fence(_truncated(symbol.signature), symbol_info.language)] if symbol.signature else []
    if symbol.kind == "file":
        lines.append(_exports_text(symbol_info))
    if symbol.doc and (first_paragraph := symbol.doc.strip().partition("\n\n")[0]):
        lines.append(escape(first_paragraph, MAX_DOC_LENGTH))
    return lines


def _exports_text(symbol_info: SymbolInfo) -> str:
    names = symbol_info.exports
    shown = ", ".join(map(code, names[:MAX_EXPORTS]))
    more = f" and {len(names) - MAX_EXPORTS} more" if len(names) > MAX_EXPORTS else ""
    return f"{code(symbol_info.path)} — {f'exports {shown}{more}' if names else 'exports no function or type'}"


def _insight_lines(
    symbol_info: SymbolInfo, insights: Insights, max_inferences: int, link_to: LinkTo | None
) -> list[str]:
    lines = [escape(insights.summary)] if insights.summary else []
    links = {note.text: _evidence_link(symbol_info, note, link_to) for note in insights.shown_notes}
    shown = insights.inferences[:max_inferences]
    if listed := [f"- {escape(inference, 200)}{links.get(inference, '')}" for inference in shown]:
        lines.append("\n".join(listed))
    if not lines and insights.questions:
        lines.append(escape(insights.questions[0].answer))
    return lines


def _evidence_link(symbol_info: SymbolInfo, note: Note, link_to: LinkTo | None) -> str:
    """A link to the first line that a note is about; "" if nothing can be linked, or the code may be another by now."""
    if link_to is None or not note.evidence or symbol_info.state != "fresh":
        return ""
    row = symbol_info.symbol.range.start.row + note.evidence[0][0]
    place = Range(Position(row, 0), Position(row, 0))
    return f" ({link(f'line {row + 1}', link_to(symbol_info.path, place))})"


def _behavior_lines(symbol_info: SymbolInfo) -> list[str]:
    """What the code does, read off it, and its effects if they are known yet."""
    lines = [escape(symbol_info.behavior_summary, MAX_BEHAVIOR_LENGTH)] if symbol_info.behavior_summary else []
    if symbol_info.effects is not None:
        nearest = sorted(symbol_info.effects.nearest, key=lambda effect: effect.category in _TOLD_LAST)
        if effects := "; ".join(effect_text(effect, MAX_PATH) for effect in nearest[:MAX_EFFECTS]):
            more = " …" if len(nearest) > MAX_EFFECTS else ""
            lines.append(escape(effects[:1].upper() + effects[1:], MAX_BEHAVIOR_LENGTH) + more)
    return lines


def _facts_line(symbol_info: SymbolInfo, link_to: LinkTo | None) -> str:
    facts, parts = symbol_info.facts, []
    if facts is not None:
        if facts.called_by_count:
            callers = symbol_links(facts.called_by, MAX_CALLERS, facts.called_by_count, link_to)
            times = "once" if facts.called_by_count == 1 else f"{facts.called_by_count} times"
            parts.append(f"called {times}{': ' + callers if callers else ''}")
        elif symbol_info.used_by and (uses := besides_imports(symbol_info.used_by)).total:
            users = symbol_links(uses.places, MAX_CALLERS, uses.total, link_to)
            times = "once" if uses.total == 1 else f"{uses.total} times"
            parts.append(f"used {times}: {users}")
        if facts.raises:
            parts.append("raises " + ", ".join(code(name) for name in facts.raises[:MAX_RAISES]))
        if facts.tests:
            parts.append("tested by " + symbol_links(facts.tests, MAX_TESTS, len(facts.tests), link_to))
    if (change := symbol_info.last_change) is not None:
        parts.append(f"changed {escape(change.date[:10])}: {escape(change.subject, 60)}")
    line = " · ".join(parts)
    return line[:1].upper() + line[1:]


def _provenance_line(symbol_info: SymbolInfo, has_behavior: bool) -> str:
    parts = ["Forethought"]
    entry = symbol_info.entry
    if _shown_insights(symbol_info) is None or entry is None:
        parts.append("facts")
    else:
        model = escape(entry.provenance.model, 60) + (" (demo model)" if entry.provenance.demo else "")
        questions = entry.insights.questions
        is_own = entry.provenance.origin == "local"
        quoted = is_own and bool(questions) and all(item.basis == "facts" for item in questions)
        parts += ["quoted from the code"] if quoted else ["predicted", model]
        if entry.provenance.origin == "shared":
            parts.append("shared")
        if symbol_info.state == "stale":
            parts.append("stale: written for an older version of this code")
        else:
            parts.append("fresh, but a callee has changed since" if symbol_info.callee_changed else "fresh")
        if has_behavior:
            parts.append("behavior read from the code")
    return "— " + " · ".join(parts)


def _join(lines: Sequence[str], provenance: str) -> str:
    return "\n\n".join((*lines, provenance))


def _truncated(signature: str) -> str:
    return signature if len(signature) <= MAX_SIGNATURE_LENGTH else signature[: MAX_SIGNATURE_LENGTH - 1] + "…"
