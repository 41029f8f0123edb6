"""`textDocument/prepareTypeHierarchy`, `typeHierarchy/supertypes` and `typeHierarchy/subtypes`."""

from collections.abc import Callable, Iterable

from lsprotocol import types

from forethought.facts.implementations import subtypes as find_subtypes
from forethought.facts.implementations import supertypes as find_supertypes
from forethought.lsp.requests.navigation_lookup import (
    check_current,
    find_place,
    find_symbol,
    hierarchy_item,
    run_cancellable,
    symbol_of,
)
from forethought.lsp.state import ServerState
from forethought.names.resolver import Resolver, Target
from forethought.syntax.symbol_kinds import TYPE_KINDS
from forethought.workspace.workspace import Workspace

Items = list[types.TypeHierarchyItem] | None


async def prepare_type_hierarchy(server: ServerState, params: types.TypeHierarchyPrepareParams) -> Items:
    """Return the types that the identifier may refer to."""
    place = await find_place(server, params.text_document.uri, params.position)
    if place is None:
        return None
    workspace = place.document.workspace
    items = await server.threads.run(_items, server, workspace, place.targets)
    check_current(place.document)
    return items or None


async def supertypes(server: ServerState, params: types.TypeHierarchySupertypesParams) -> Items:
    """Return the direct bases that are in the repository and can be resolved to one class, and Go's interfaces."""
    return await _answer(server, params.item, find_supertypes)


async def subtypes(server: ServerState, params: types.TypeHierarchySubtypesParams) -> Items:
    """Return the types that certainly have the item as a direct base, or implement it in Go."""
    return await _answer(server, params.item, find_subtypes)


async def _answer(
    server: ServerState, item: types.TypeHierarchyItem, find: Callable[[Resolver, Target], Iterable[Target]]
) -> Items:
    symbol = await find_symbol(server, item.uri, item.data)
    if symbol is None:
        return None
    workspace, target = symbol
    return await run_cancellable(server, lambda _: _items(server, workspace, find(workspace.resolver(), target)))


def _items(server: ServerState, workspace: Workspace, targets: Iterable[Target]) -> list[types.TypeHierarchyItem]:
    encoder = server.encoder()
    return [
        item
        for target in targets
        if (symbol := symbol_of(workspace, target)) is not None
        and symbol.kind in TYPE_KINDS
        and (item := hierarchy_item(encoder, workspace, target, types.TypeHierarchyItem)) is not None
    ]
