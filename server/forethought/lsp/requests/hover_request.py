"""`textDocument/hover`: what is known about the identifier under the pointer."""

import asyncio
import contextlib
import time

from lsprotocol import types

from forethought.lsp.position_encoding import to_lsp_range
from forethought.lsp.requests.document_lookup import MAX_WAIT_AFTER_OPEN, Document, Identifier, identifier_at
from forethought.lsp.state import ServerState
from forethought.names.resolver import Target
from forethought.syntax.symbol_kinds import FIELD_KINDS
from forethought.workspace.symbol_info import SymbolInfo

MAX_WAIT_TO_RESOLVE = 0.1
"""Seconds that a hover waits for what a name refers to. Most names take 0.1 ms, one in a hundred more than 4 ms; a name
that takes longer than this has no hover until it is resolved."""

MAX_WAIT_FOR_INSIGHTS = 0.005
"""Seconds that a hover in a document that was just opened waits for the stored insights."""


async def hover(server: ServerState, params: types.HoverParams) -> types.Hover | None:
    identifier = await identifier_at(server, params.text_document.uri, params.position, MAX_WAIT_TO_RESOLVE)
    if identifier is None:
        return None
    document = identifier.document
    workspace = document.workspace
    if not workspace.settings.hover_enabled:
        return None
    if not identifier.targets:
        return await _local_hover(server, identifier)
    server.session.report_activity()
    symbol_infos = [info for target in identifier.targets if (info := await _symbol_info(server, document, target))]
    if missing := [
        Target(info.path, info.symbol.id)
        for info in symbol_infos
        if info.state != "fresh" and info.symbol.kind not in FIELD_KINDS
    ]:
        server.session.request_insights(workspace, missing)
    return _hover(server, identifier, server.hover_renderer.render(workspace, symbol_infos))


async def _local_hover(server: ServerState, identifier: Identifier) -> types.Hover | None:
    """Return what is known about a parameter or local variable."""
    document = identifier.document
    workspace, snapshot, start = document.workspace, document.snapshot, identifier.range.start
    local_name = None
    if document.buffer is None:
        local_name = await server.threads.run(workspace.local_name, snapshot, start)
    else:
        with contextlib.suppress(TimeoutError):
            look_up = server.look_ups.run(workspace.local_name, snapshot, start)
            local_name = await asyncio.wait_for(look_up, MAX_WAIT_TO_RESOLVE)
    if local_name is None:
        return None
    server.session.report_activity()
    return _hover(server, identifier, server.hover_renderer.render_local_name(workspace, document.path, local_name))


def _hover(server: ServerState, identifier: Identifier, text: str) -> types.Hover | None:
    if not text:
        return None
    return types.Hover(
        types.MarkupContent(server.hover_renderer.kind, text),
        to_lsp_range(identifier.document.snapshot.lines, identifier.range, server.encoding),
    )


async def _symbol_info(server: ServerState, document: Document, target: Target) -> SymbolInfo | None:
    """Look up a symbol: in memory for an open document, so that its hovers never wait for long."""
    workspace, buffer = document.workspace, document.buffer
    if buffer is None:
        return await server.threads.run(workspace.symbol_info, target)
    symbol_info = workspace.quick_info(target)
    if symbol_info is not None and symbol_info.facts is None:
        workspace.complete_soon(target)
    if symbol_info is not None and (symbol_info.context_hash is not None or symbol_info.symbol.kind in FIELD_KINDS):
        return symbol_info
    if time.monotonic() - buffer.opened_at < MAX_WAIT_AFTER_OPEN:
        with contextlib.suppress(TimeoutError):
            look_up = server.insight_look_ups.run(workspace.info_with_insights, target)
            return await asyncio.wait_for(look_up, MAX_WAIT_FOR_INSIGHTS)
    return symbol_info
