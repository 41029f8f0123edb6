"""`textDocument/codeLens` and `codeLens/resolve`: “12 uses · 3 tests · changed 2 d ago” above each definition."""

import time
from datetime import datetime

from lsprotocol import types

from forethought.facts.certain_uses import find_uses
from forethought.facts.symbol_facts import facts_of, is_test
from forethought.lsp.position_encoding import to_lsp_range
from forethought.lsp.requests.navigation_lookup import (
    Cancelled,
    check_current,
    find_answered_document,
    find_symbol,
    run_cancellable,
)
from forethought.lsp.state import ServerState
from forethought.names.resolver import Target
from forethought.repo.blame import LastChange
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, TYPE_KINDS
from forethought.syntax.tags import FileTags, Symbol
from forethought.workspace.workspace import Workspace

MAX_WAIT_FOR_INDEX = 60.0
"""Seconds to wait for the first index: without it, everything would seem to be unused."""


async def code_lens(server: ServerState, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    """Return a lens for each type and function, without what it says."""
    document = await find_answered_document(server, params.text_document.uri)
    if document is None or document.path not in document.workspace.overlay.paths():
        return None  # of a file that is left out of the index, no uses are known
    if not document.workspace.indexed_once:
        await run_cancellable(server, lambda cancelled: _wait_for_index(document.workspace, cancelled))
        check_current(document)
    lines, tags = document.snapshot.lines, document.snapshot.tags
    return [
        types.CodeLens(
            to_lsp_range(lines, symbol.selection, server.encoding),
            data={"uri": params.text_document.uri, "symbol": symbol.id},
        )
        for symbol in tags.symbols[1:]
        if _has_lens(document.path, tags, symbol)
    ]


async def resolve_code_lens(server: ServerState, params: types.CodeLens) -> types.CodeLens:
    """Add what a lens says."""
    uri = params.data.get("uri") if isinstance(params.data, dict) else None
    symbol = await find_symbol(server, uri, params.data) if isinstance(uri, str) else None
    if symbol is None:
        return params
    workspace, target = symbol
    title = await run_cancellable(server, lambda cancelled: _title(workspace, target, cancelled))
    command = server.navigation.show_references
    start = params.range.start
    arguments = [uri, {"line": start.line, "character": start.character}]
    params.command = types.Command(title, command, arguments=arguments) if command else types.Command(title, "")
    return params


def lens_title(uses: int, tests: int, tests_are_all: bool, last_change: LastChange | None, now: float) -> str:
    """Return “12 uses · 3 tests · changed 2 d ago”. `now` is in seconds since the epoch."""
    parts = [_count(uses, "use", "uses") if uses else "no certain uses"]
    if tests:
        parts.append(_count(tests, "test", "tests") if tests_are_all else f"{tests}+ tests")
    if last_change is not None:
        parts.append(f"changed {_age(last_change.date, now)}")
    return " · ".join(parts)


def _title(workspace: Workspace, target: Target, cancelled: Cancelled) -> str:
    resolver = workspace.resolver()
    uses = [use for use in find_uses(resolver, target, cancelled) if use.kind != "imported"]
    facts = facts_of(
        resolver.snapshot, target.path, target.symbol_id, resolver=resolver, parts={"tests"}, cancelled=cancelled
    )
    change = workspace.last_change(target)
    return lens_title(len(uses), facts.tests_count, facts.tests_are_all, change, time.time())


def _has_lens(path: str, tags: FileTags, symbol: Symbol) -> bool:
    """Whether a symbol is a type, or a function outside other functions.

    Nobody calls tests, and the uses of a constructor are those of its class.
    """
    if symbol.kind not in TYPE_KINDS | FUNCTION_KINDS or symbol.is_constructor:
        return False
    parent = tags.symbol(symbol.parent)
    is_visible = parent is None or parent.kind == "file" or parent.kind in CLASS_KINDS
    return is_visible and not is_test(path, tags, symbol.id)


def _wait_for_index(workspace: Workspace, cancelled: Cancelled) -> None:
    end = time.monotonic() + MAX_WAIT_FOR_INDEX
    while not workspace.indexed_once and not cancelled() and time.monotonic() < end:
        time.sleep(0.1)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _age(date: str, now: float) -> str:
    """Return how long ago a date in ISO 8601 was, in the largest unit that fits."""
    days = int((now - datetime.fromisoformat(date).timestamp()) // 86400)
    for length, unit in ((365, "y"), (30, "mo"), (7, "w"), (1, "d")):
        if days >= length:
            return f"{days // length} {unit} ago"
    return "today"
