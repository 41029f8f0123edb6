"""`textDocument/definition`, `…/declaration` and `…/implementation`."""

from collections.abc import Callable, Iterable

from lsprotocol import types

from forethought.facts.certain_uses import find_declarations
from forethought.facts.implementations import find_implementations
from forethought.lsp.position_encoding import lsp_range
from forethought.lsp.requests.navigation_lookup import (
    Cancelled,
    Place,
    check_current,
    find_place,
    lsp_location,
    name_range,
    origin_range,
    run_cancellable,
    symbol_of,
    whole_range,
)
from forethought.lsp.state import ServerState
from forethought.names.resolver import Resolver, Target
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import Range

Locations = list[types.Location] | list[types.LocationLink] | None
Find = Callable[[Resolver, Target, Cancelled], Iterable[Target]]
"""Returns the definitions to go to, given one that the identifier may refer to."""


async def definition(server: ServerState, params: types.DefinitionParams) -> Locations:
    """Return every definition that the identifier may refer to, or where a local name is first bound."""
    return await _answer(server, params.text_document.uri, params.position, "definition", _definitions)


async def declaration(server: ServerState, params: types.DeclarationParams) -> Locations:
    """Return the declarations of C and C++ functions; in other languages, the definition declares the name."""
    return await _answer(server, params.text_document.uri, params.position, "declaration", _declarations)


async def implementation(server: ServerState, params: types.ImplementationParams) -> Locations:
    """Return the classes below a class, or the methods that override one, and the method itself if it has a body."""
    return await _answer(server, params.text_document.uri, params.position, "implementation", _implementations)


def _definitions(_: Resolver, target: Target, __: Cancelled) -> list[Target]:
    return [target]


def _declarations(resolver: Resolver, target: Target, _: Cancelled) -> Iterable[Target]:
    return find_declarations(resolver, target) or [target]


def _implementations(resolver: Resolver, target: Target, cancelled: Cancelled) -> list[Target]:
    symbol = resolver.symbol(target)
    has_body = symbol is not None and symbol.kind in FUNCTION_KINDS and symbol.body is not None
    return [*([target] if has_body else []), *find_implementations(resolver, target, cancelled)]


async def _answer(server: ServerState, uri: str, position: types.Position, capability: str, find: Find) -> Locations:
    place = await find_place(server, uri, position)
    if place is None:
        return None
    places = await run_cancellable(server, lambda cancelled: _find(place, find, cancelled))
    links = getattr(server.client_capabilities.text_document, capability, None)
    if links is not None and links.link_support:
        answer: Locations = await server.threads.run(_links, server, place, places)
    else:
        answer = await server.threads.run(_locations, server, place, places)
    check_current(place.document)
    return answer


FoundPlace = tuple[str, Range, Range]
"""(path, range of the name, range of everything that belongs to it)"""


def _find(place: Place, find: Find, cancelled: Cancelled) -> list[FoundPlace]:
    if place.local is not None:
        first = place.local.bindings[0]
        return [(place.document.path, first, first)]
    workspace = place.document.workspace
    resolver = workspace.resolver()
    targets = dict.fromkeys(found for target in place.targets for found in find(resolver, target, cancelled))
    return [
        (target.path, name_range(symbol), whole_range(symbol))
        for target in targets
        if (symbol := symbol_of(workspace, target)) is not None
    ]


def _locations(server: ServerState, place: Place, places: list[FoundPlace]) -> list[types.Location]:
    encoder, workspace = server.encoder(), place.document.workspace
    return [lsp_location(encoder, workspace, path, name) for path, name, _ in places]


def _links(server: ServerState, place: Place, places: list[FoundPlace]) -> list[types.LocationLink]:
    encoder, workspace = server.encoder(), place.document.workspace
    return [
        types.LocationLink(
            target_uri=encoder.uri(workspace, path),
            target_range=lsp_range(encoder.range(workspace, path, whole)),
            target_selection_range=lsp_range(encoder.range(workspace, path, name)),
            origin_selection_range=origin_range(server, place),
        )
        for path, name, whole in places
    ]
