"""`textDocument/references` and `textDocument/documentHighlight`."""

from collections.abc import Iterable

from lsprotocol import types

from forethought.facts.certain_uses import find_uses, find_uses_in, same_definitions
from forethought.lsp.position_encoding import to_lsp_range
from forethought.lsp.requests.navigation_lookup import (
    Cancelled,
    Place,
    check_current,
    find_place,
    lsp_location,
    name_range,
    run_cancellable,
)
from forethought.lsp.state import ServerState
from forethought.names.resolver import Target
from forethought.syntax.tags import Range


async def references(server: ServerState, params: types.ReferenceParams) -> list[types.Location] | None:
    """Return every certain use. What the identifier may refer to besides its definition has no certain uses."""
    place = await find_place(server, params.text_document.uri, params.position)
    if place is None:
        return None

    def find(cancelled: Cancelled) -> list[types.Location]:
        found = _references(place, params.context.include_declaration, cancelled)
        encoder, workspace = server.encoder(), place.document.workspace
        return [lsp_location(encoder, workspace, path, range_) for path, range_ in dict.fromkeys(found)]

    locations = await run_cancellable(server, find)
    check_current(place.document)
    return locations


async def document_highlight(
    server: ServerState, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight] | None:
    """Return the uses in the document, and where the name is defined or bound there."""
    place = await find_place(server, params.text_document.uri, params.position)
    if place is None:
        return None
    written, read = await run_cancellable(server, lambda cancelled: _occurrences(place))
    check_current(place.document)
    lines = place.document.snapshot.lines
    kinds = {**dict.fromkeys(read, types.DocumentHighlightKind.Read)}
    kinds.update(dict.fromkeys(written, types.DocumentHighlightKind.Write))
    return [
        types.DocumentHighlight(to_lsp_range(lines, range_, server.encoding), kind)
        for range_, kind in sorted(kinds.items())
    ]


def _references(place: Place, with_definition: bool, cancelled: Cancelled) -> list[tuple[str, Range]]:
    path = place.document.path
    if place.local is not None:
        bindings = place.local.bindings if with_definition else place.local.bindings[1:]
        return [(path, range_) for range_ in sorted((*bindings, *place.local.uses))]
    resolver = place.document.workspace.resolver()
    found: list[tuple[str, Range]] = []
    for target in place.targets:
        if with_definition:
            for same in sorted(same_definitions(resolver, target)):
                if (symbol := resolver.symbol(same)) is not None:
                    found.append((same.path, name_range(symbol)))
        found += [(use.path, use.range) for use in find_uses(resolver, target, cancelled)]
    return found


def _occurrences(place: Place) -> tuple[Iterable[Range], Iterable[Range]]:
    """(where the name is written in the document, where it is read there)"""
    if place.local is not None:
        return place.local.bindings, place.local.uses
    path, resolver = place.document.path, place.document.workspace.resolver()
    written = [
        symbol.selection
        for target in place.targets
        for same in same_definitions(resolver, target)
        if same.path == path and same.symbol_id and (symbol := resolver.symbol(same)) is not None
    ]
    read = [use.range for target in place.targets for use in find_uses_in(resolver, target, path)]
    if not written and not read:  # of several possible definitions, none is certain
        read = _same_candidates(place)
    return written, read


def _same_candidates(place: Place) -> list[Range]:
    """The names in the document that may refer to exactly the same definitions."""
    snapshot, workspace = place.document.snapshot, place.document.workspace
    name = snapshot.text_at(place.range).decode("utf-8", "replace")
    candidates: tuple[Target, ...] = place.targets
    return [
        reference.range
        for reference in snapshot.tags.references
        if reference.name == name and workspace.targets(snapshot, reference.range.start) == candidates
    ]
