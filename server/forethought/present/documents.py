"""What people and programs see: the c′ document, the chat result and the hover's Markdown. No protocol library."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from forethought.config import HoverContent
from forethought.insights.entry import SCHEMA, Insights, Provenance
from forethought.syntax.tags import Position, Range
from forethought.text.markdown import code, escape, fence, link, plain, safe_markdown
from forethought.text.uris import file_uri

if TYPE_CHECKING:
    from forethought.qa.question import Answer
    from forethought.workspace.symbol_info import SymbolInfo
    from forethought.workspace.workspace import Workspace

Encoding = Literal["utf-8", "utf-16", "utf-32"]
_BOM = b"\xef\xbb\xbf"


class Encoder:
    """Turns places of the index into URIs and ranges as a client counts them. Reads lines: blocks, one use each.

    `locate` names the URI of a file of a workspace, for clients that know the root under another name.
    """

    def __init__(self, encoding: Encoding = "utf-16", locate: Callable[["Workspace", str], str] | None = None) -> None:
        self._encoding = encoding
        self._locate = locate
        self._lines: dict[tuple[int, str], Sequence[bytes]] = {}

    def uri(self, workspace: "Workspace", path: str) -> str:
        return self._locate(workspace, path) if self._locate else file_uri(workspace.root / path)

    def range(self, workspace: "Workspace", path: str, place: Range) -> dict[str, Any]:
        """An LSP range, in the client's code units."""
        key = (id(workspace), path)
        if key not in self._lines:
            self._lines[key] = workspace.lines(path)
        return encode_range(self._lines[key], place, self._encoding)

    def reference(self, workspace: "Workspace", path: str, place: Range, symbol: str) -> dict[str, Any]:
        return {"uri": self.uri(workspace, path), "range": self.range(workspace, path, place), "symbol": symbol}


def encode_range(lines: Sequence[bytes], place: Range, encoding: Encoding) -> dict[str, Any]:
    """Rows and UTF-8 byte columns → an LSP range. A row that the text does not have keeps its column."""
    return {
        "start": _encode_position(lines, place.start, encoding),
        "end": _encode_position(lines, place.end, encoding),
    }


def encode_column(line: bytes, column: int, encoding: Encoding, row: int = 1) -> int:
    """UTF-8 bytes from the start of the line → the client's code units; a file's leading BOM is no column."""
    if row == 0 and line.startswith(_BOM):
        line, column = line[len(_BOM) :], max(0, column - len(_BOM))
    if encoding == "utf-8" or line.isascii():
        return column
    text = line[:column].decode("utf-8", "replace")
    return len(text) if encoding == "utf-32" else len(text) + sum(character > "\uffff" for character in text)


def context_document(
    workspace: "Workspace",
    symbol_infos: Sequence["SymbolInfo"],
    encoder: Encoder,
    candidates: Sequence["SymbolInfo"] = (),
    path: str | None = None,
) -> dict[str, Any]:
    """The c′ document. `symbol_infos` are of one file; `candidates` stand in for them when a name is ambiguous. Blocks.

    `path` is the file that was asked about, where that is not the first symbol info's.
    """
    first = (*symbol_infos, *candidates)[0]
    return {
        "schema": SCHEMA,
        "uri": encoder.uri(workspace, first.path if path is None else path),
        "language": first.language,
        "symbols": [_symbol_document(workspace, symbol_info, encoder) for symbol_info in symbol_infos],
        "candidates": [
            encoder.reference(workspace, symbol_info.path, symbol_info.symbol.selection, symbol_info.symbol.id)
            for symbol_info in candidates
        ],
    }


def chat_result(answer: "Answer", encoder: Encoder) -> dict[str, Any]:
    """The result of `forethought/chat` and of `ask --json`. Blocks."""
    result = {
        "id": answer.id,
        "answer": safe_markdown(answer.text),
        "tier": answer.tier,
        "sources": [
            encoder.reference(source.workspace, source.path, source.range, source.symbol) for source in answer.sources
        ],
        "state": answer.state,
        "usage": {
            "promptTokens": answer.usage.prompt_tokens,
            "cachedTokens": answer.usage.cached_tokens,
            "completionTokens": answer.usage.completion_tokens,
            "firstTokenMs": round(answer.first_token_ms, 3),
            "totalMs": round(answer.total_ms, 3),
        },
        "model": answer.model,
    }
    if answer.matched_question is not None:
        result["matchedQuestion"] = answer.matched_question
    return result


Link = Callable[[str, Range], str]
"""The URI of a place (path, range), with a fragment that names its line."""


def hover_markdown(
    symbol_info: "SymbolInfo | None",
    candidates: Sequence["SymbolInfo"] = (),
    content: HoverContent = "auto",
    link_to: Link | None = None,
) -> str:
    """At most about six lines, the last one saying where they come from; "" when there is nothing to say.

    `auto` says what another language server does not: insights and facts; signature and docs only while there are no
    insights. `candidates` (two or more) say that the name is ambiguous. Without `link_to`, names are not linked.
    """
    if candidates:
        return _join(_candidate_lines(candidates, link_to), "— Forethought · ambiguous, so nothing is guessed")
    if symbol_info is None:
        return ""
    insights = _shown_insights(symbol_info)
    lines: list[str] = []
    if content == "insights":
        if insights is None:
            return ""
        return _join(_insight_lines(insights, 3), _provenance_line(symbol_info))
    if content == "full" or insights is None:
        lines += _interface_lines(symbol_info)
    if insights is not None:
        lines += _insight_lines(insights, 1 if content == "full" else 2)
    if facts := _facts_line(symbol_info, link_to):
        lines.append(facts)
    if not lines:
        return ""
    return _join(lines, _provenance_line(symbol_info))


def line_link(uri: str, place: Range) -> str:
    """The URI of a place, with its 1-based line as the fragment that editors understand."""
    return f"{uri}#L{place.start.row + 1}"


def _symbol_document(workspace: "Workspace", symbol_info: "SymbolInfo", encoder: Encoder) -> dict[str, Any]:
    symbol, facts, change = symbol_info.symbol, symbol_info.facts, symbol_info.last_change
    calls = facts.calls if facts else ()
    called_by = facts.called_by if facts else ()
    insights = _shown_insights(symbol_info)

    def references(places: Iterable[Any]) -> list[dict[str, Any]]:
        return [encoder.reference(workspace, place.path, place.range, place.symbol_id) for place in places]

    return {
        "id": symbol.id,
        "name": symbol.name,
        "kind": symbol.kind,
        "range": encoder.range(workspace, symbol_info.path, symbol.range),
        "selectionRange": encoder.range(workspace, symbol_info.path, symbol.selection),
        "signature": symbol.signature,
        "doc": symbol.doc,
        "subject": symbol_info.context_hash,
        "facts": {
            "calls": references(calls),
            "calledBy": references(called_by),
            "calledByCount": facts.called_by_count if facts else 0,
            "raises": list(facts.raises) if facts else list(symbol.raises),
            "tests": references(facts.tests) if facts else [],
            "lastChange": None
            if change is None
            else {"commit": change.commit, "author": change.author, "date": change.date, "subject": change.subject},
        },
        "insights": None if insights is None else _insights_document(insights),
        "state": symbol_info.state,
        "calleeChanged": symbol_info.callee_changed,
        "provenance": None if symbol_info.entry is None else _provenance_document(symbol_info.entry.provenance),
    }


def _insights_document(insights: Insights) -> dict[str, Any]:
    return {
        "summary": insights.summary,
        "inferences": list(insights.inferences),
        "questions": [
            {
                "question": item.question,
                "answer": item.answer,
                "predictability": item.predictability,
                "kind": item.kind,
                "origin": item.origin,
                "basis": item.basis,
            }
            for item in insights.questions
        ],
    }


def _provenance_document(provenance: Provenance) -> dict[str, Any]:
    return {
        "model": provenance.model,
        "producer": provenance.generator_id,
        "promptVersion": provenance.prompt_version,
        "rounds": provenance.rounds,
        "candidates": provenance.candidates,
        "tokens": {"prompt": provenance.prompt_tokens, "completion": provenance.completion_tokens},
        "seconds": provenance.seconds,
        "createdAt": provenance.created_at,
        "origin": provenance.origin,
    }


def _encode_position(lines: Sequence[bytes], position: Position, encoding: Encoding) -> dict[str, int]:
    line = lines[position.row] if position.row < len(lines) else b""
    return {
        "line": position.row,
        "character": encode_column(line, position.column, encoding, position.row) if line else position.column,
    }


def _shown_insights(symbol_info: "SymbolInfo") -> Insights | None:
    entry = symbol_info.entry
    if symbol_info.state not in ("fresh", "stale") or entry is None or entry.insights.empty:
        return None
    return entry.insights


def _candidate_lines(candidates: Sequence["SymbolInfo"], link_to: Link | None) -> list[str]:
    shown = candidates[:4]
    lines = [f"One of {len(candidates)}:"]
    lines += [f"- {_named(symbol_info, link_to)} in {code(symbol_info.path)}" for symbol_info in shown]
    if len(candidates) > len(shown):
        lines[-1] += f", and {len(candidates) - len(shown)} more"
    return ["\n".join(lines)]


def _named(symbol_info: "SymbolInfo", link_to: Link | None) -> str:
    name = symbol_info.symbol.name or symbol_info.path
    return link(name, link_to(symbol_info.path, symbol_info.symbol.selection)) if link_to else code(name)


def _interface_lines(symbol_info: "SymbolInfo") -> list[str]:
    symbol = symbol_info.symbol
    lines = [fence(_cut(symbol.signature, 300), symbol_info.language)] if symbol.signature else []
    if symbol.doc and (first := symbol.doc.strip().partition("\n\n")[0]):
        lines.append(escape(first, 240))
    return lines


def _insight_lines(insights: Insights, inferences: int) -> list[str]:
    lines = [escape(insights.summary)] if insights.summary else []
    if listed := [f"- {escape(item, 200)}" for item in insights.inferences[:inferences]]:
        lines.append("\n".join(listed))
    if not lines and insights.questions:
        lines.append(escape(insights.questions[0].answer))
    return lines


def _facts_line(symbol_info: "SymbolInfo", link_to: Link | None) -> str:
    facts, parts = symbol_info.facts, []
    if facts is not None:
        if facts.called_by_count:
            places = _places(facts.called_by, 3, facts.called_by_count, link_to)
            times = "once" if facts.called_by_count == 1 else f"{facts.called_by_count} times"
            parts.append(f"called {times}{': ' + places if places else ''}")
        if facts.raises:
            parts.append("raises " + ", ".join(code(name) for name in facts.raises[:3]))
        if facts.tests:
            parts.append("tested by " + _places(facts.tests, 2, len(facts.tests), link_to))
    if (change := symbol_info.last_change) is not None:
        parts.append(f"changed {escape(change.date[:10])}: {escape(change.subject, 60)}")
    line = " · ".join(parts)
    return line[:1].upper() + line[1:]


def _places(places: Sequence[Any], limit: int, total: int, link_to: Link | None) -> str:
    unique = list({(place.path, place.symbol_id): place for place in places}.values())
    names = [
        link(place.symbol_id or place.path, link_to(place.path, place.range))
        if link_to
        else code(place.symbol_id or place.path)
        for place in unique[:limit]
    ]
    return ", ".join(names) + (" …" if names and total > len(names) else "")


def _provenance_line(symbol_info: "SymbolInfo") -> str:
    parts = ["Forethought"]
    entry = symbol_info.entry
    if _shown_insights(symbol_info) is None or entry is None:
        parts.append("facts")
    else:
        model = escape(plain(entry.provenance.model), 60)
        named = f"{model} (demo model)" if entry.provenance.demo else model
        quoted = all(item.basis == "facts" for item in entry.insights.questions)
        parts += ["quoted from the code"] if quoted and entry.insights.questions else ["predicted", named]
        if entry.provenance.origin == "shared":
            parts.append("shared")
        if symbol_info.state == "stale":
            parts.append("stale: written for an older version of this code")
        else:
            parts.append("fresh, but a callee changed since" if symbol_info.callee_changed else "fresh")
    return "— " + " · ".join(parts)


def _join(lines: Sequence[str], provenance: str) -> str:
    return "\n\n".join((*lines, provenance))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
