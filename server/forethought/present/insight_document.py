"""The insight document (c′): what `forethought/context` and `forethought show --json` return."""

import time
from collections.abc import Sequence
from typing import Any

from forethought.errors import Cancelled
from forethought.facts.effects import effect_text
from forethought.facts.symbol_behavior import text_limit
from forethought.insights.entry import Insights, Provenance
from forethought.names.resolver import Target
from forethought.present.location_encoder import LocationEncoder
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import Position, Range, Symbol
from forethought.workspace.symbol_info import SymbolInfo
from forethought.workspace.workspace import Workspace

DOCUMENT_SCHEMA = 1
"""Of the document that clients read: fields are added, never changed."""
MAX_SECONDS_FOR_SLOW_PARTS = 3.0
"""For the uses and effects of a document. Following all calls of a large C++ file takes longer; what is not reached by
then is left out."""


def insight_document(
    workspace: Workspace, symbol_infos: Sequence[SymbolInfo], encoder: LocationEncoder
) -> dict[str, Any]:
    """Return what is known about one or more symbols of one file. Blocks: reads lines."""
    first = symbol_infos[0]
    deadline = time.monotonic() + MAX_SECONDS_FOR_SLOW_PARTS
    return {
        "schema": DOCUMENT_SCHEMA,
        "uri": encoder.uri(workspace, first.path),
        "language": first.language,
        "symbols": [_symbol_document(workspace, symbol_info, encoder, deadline) for symbol_info in symbol_infos],
        "candidates": [],
    }


def ambiguity_document(
    workspace: Workspace, path: str, candidates: Sequence[SymbolInfo], encoder: LocationEncoder
) -> dict[str, Any]:
    """Return the document for an identifier in the file at `path` that may mean any of the candidates. Blocks."""
    return {
        "schema": DOCUMENT_SCHEMA,
        "uri": encoder.uri(workspace, path),
        "language": candidates[0].language,
        "symbols": [],
        "candidates": [
            encoder.reference(workspace, candidate.path, candidate.symbol.selection, candidate.symbol.id)
            for candidate in candidates
        ],
    }


def _symbol_document(
    workspace: Workspace, symbol_info: SymbolInfo, encoder: LocationEncoder, deadline: float
) -> dict[str, Any]:
    symbol, facts, change = symbol_info.symbol, symbol_info.facts, symbol_info.last_change
    insights = symbol_info.insights
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
            "calls": encoder.references(workspace, facts.calls if facts else ()),
            "calledBy": encoder.references(workspace, facts.called_by if facts else ()),
            "calledByCount": facts.called_by_count if facts else 0,
            "usedBy": _uses_document(workspace, symbol_info, encoder, deadline),
            "raises": list(facts.raises) if facts else list(symbol.raises),
            "tests": encoder.references(workspace, facts.tests if facts else ()),
            "lastChange": None
            if change is None
            else {"commit": change.commit, "author": change.author, "date": change.date, "subject": change.subject},
        },
        "behaviour": _behavior_document(workspace, symbol_info, deadline),
        "insights": None
        if insights is None or insights.empty
        else _insights_document(insights, workspace, symbol_info, encoder),
        "state": symbol_info.state,
        "calleeChanged": symbol_info.callee_changed,
        "provenance": None if symbol_info.entry is None else _provenance_document(symbol_info.entry.provenance),
    }


def _uses_document(
    workspace: Workspace, symbol_info: SymbolInfo, encoder: LocationEncoder, deadline: float
) -> dict[str, Any] | None:
    """Kind → count and first places; None if there is no time to find all."""
    target = Target(symbol_info.path, symbol_info.symbol.id)
    try:
        used_by = workspace.used_by(target, lambda: time.monotonic() > deadline)
    except Cancelled:
        return None
    return {
        kind: {"count": uses.total, "places": encoder.references(workspace, uses.places)}
        for kind, uses in used_by.items()
    }


def _behavior_document(workspace: Workspace, symbol_info: SymbolInfo, deadline: float) -> dict[str, Any] | None:
    symbol, behavior = symbol_info.symbol, symbol_info.behavior
    text = behavior.text(text_limit(symbol)) if behavior is not None else symbol_info.behavior_summary
    if symbol.kind not in FUNCTION_KINDS:
        return {"text": text, "effects": [], "atLeast": True} if text else None
    if behavior is None:
        return None
    try:
        effects = workspace.effects(Target(symbol_info.path, symbol.id), lambda: time.monotonic() > deadline)
    except Cancelled:
        return {"text": text, "effects": [], "atLeast": True}
    return {
        "text": text,
        "effects": [effect_text(effect) for effect in effects.nearest],
        "atLeast": behavior.at_least or effects.at_least,
    }


def _insights_document(
    insights: Insights, workspace: Workspace, symbol_info: SymbolInfo, encoder: LocationEncoder
) -> dict[str, Any]:
    return {
        "summary": insights.summary,
        "inferences": list(insights.inferences),
        "notes": [
            {
                "text": note.text,
                "kind": note.kind,
                "evidence": [
                    encoder.range(workspace, symbol_info.path, _lines_of(symbol_info.symbol, first, last))
                    for first, last in note.evidence
                ],
                "confidence": note.confidence,
                "gain": note.gain,
                "shown": note.shown,
            }
            for note in insights.notes
        ],
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


def _lines_of(symbol: Symbol, first: int, last: int) -> Range:
    """Lines of a symbol, counted from its first one, as a range of its file."""
    row = symbol.range.start.row
    return Range(Position(row + first, 0), Position(min(row + last + 1, symbol.range.end.row + 1), 0))


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
