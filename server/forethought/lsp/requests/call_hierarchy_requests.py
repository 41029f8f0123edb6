"""`textDocument/prepareCallHierarchy`, `callHierarchy/incomingCalls` and `callHierarchy/outgoingCalls`."""

from lsprotocol import types

from forethought.facts.call_hierarchy import Calls
from forethought.facts.call_hierarchy import incoming_calls as find_incoming_calls
from forethought.facts.call_hierarchy import outgoing_calls as find_outgoing_calls
from forethought.lsp.position_encoding import lsp_range
from forethought.lsp.requests.navigation_lookup import (
    Cancelled,
    check_current,
    find_place,
    find_symbol,
    hierarchy_item,
    run_cancellable,
    symbol_of,
)
from forethought.lsp.state import ServerState
from forethought.names.resolver import Target
from forethought.present.location_encoder import LocationEncoder
from forethought.syntax.symbol_kinds import FUNCTION_KINDS, TYPE_KINDS
from forethought.syntax.tags import Range
from forethought.workspace.workspace import Workspace


async def prepare_call_hierarchy(
    server: ServerState, params: types.CallHierarchyPrepareParams
) -> list[types.CallHierarchyItem] | None:
    """Return the functions and classes that the identifier may refer to."""
    place = await find_place(server, params.text_document.uri, params.position)
    if place is None:
        return None

    def read() -> list[types.CallHierarchyItem]:
        encoder, workspace = server.encoder(), place.document.workspace
        return [
            item
            for target in place.targets
            if (symbol := symbol_of(workspace, target)) is not None
            and symbol.kind in FUNCTION_KINDS | TYPE_KINDS
            and (item := hierarchy_item(encoder, workspace, target, types.CallHierarchyItem)) is not None
        ]

    items = await server.threads.run(read)
    check_current(place.document)
    return items or None


async def incoming_calls(
    server: ServerState, params: types.CallHierarchyIncomingCallsParams
) -> list[types.CallHierarchyIncomingCall] | None:
    """Return what certainly calls the item. The ranges are in the callers' files."""
    symbol = await find_symbol(server, params.item.uri, params.item.data)
    if symbol is None:
        return None
    workspace, target = symbol

    def find(cancelled: Cancelled) -> list[types.CallHierarchyIncomingCall]:
        calls = find_incoming_calls(workspace.resolver(), target, cancelled)
        encoder = server.encoder()
        return [
            types.CallHierarchyIncomingCall(item, _ranges(encoder, workspace, caller.path, ranges))
            for item, caller, ranges in _items(encoder, workspace, calls)
        ]

    return await run_cancellable(server, find)


async def outgoing_calls(
    server: ServerState, params: types.CallHierarchyOutgoingCallsParams
) -> list[types.CallHierarchyOutgoingCall] | None:
    """Return what the item certainly calls. The ranges are in the item's file."""
    symbol = await find_symbol(server, params.item.uri, params.item.data)
    if symbol is None:
        return None
    workspace, target = symbol

    def find(cancelled: Cancelled) -> list[types.CallHierarchyOutgoingCall]:
        calls = find_outgoing_calls(workspace.resolver(), target)
        encoder = server.encoder()
        return [
            types.CallHierarchyOutgoingCall(item, _ranges(encoder, workspace, target.path, ranges))
            for item, _, ranges in _items(encoder, workspace, calls)
        ]

    return await run_cancellable(server, find)


def _items(
    encoder: LocationEncoder, workspace: Workspace, calls: Calls
) -> list[tuple[types.CallHierarchyItem, Target, list[Range]]]:
    return [
        (item, target, list(ranges))
        for target, ranges in calls.items()
        if (item := hierarchy_item(encoder, workspace, target, types.CallHierarchyItem)) is not None
    ]


def _ranges(encoder: LocationEncoder, workspace: Workspace, path: str, ranges: list[Range]) -> list[types.Range]:
    return [lsp_range(encoder.range(workspace, path, range_)) for range_ in ranges]
