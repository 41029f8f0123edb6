"""What all navigation requests share: the place that a request is about, background work, and locations.

Unlike a hover, these requests wait for the snapshot of the current text, and if the text changes meanwhile, they are
answered with ContentModified.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from lsprotocol import types

from forethought.facts.local_names import LocalName, local_name_at
from forethought.lsp.error_responses import CONTENT_MODIFIED, request_error
from forethought.lsp.position_encoding import from_lsp_position, lsp_range, to_lsp_range
from forethought.lsp.requests.document_lookup import Document, find_document, locate
from forethought.lsp.requests.symbol_requests import LSP_KINDS
from forethought.lsp.state import ServerState
from forethought.names.resolver import Target
from forethought.present.location_encoder import LocationEncoder
from forethought.syntax.tags import Position, Range, Symbol
from forethought.text.positions import BOM
from forethought.text.sanitizers import printable_path
from forethought.workspace.workspace import Workspace

MAX_WAIT_FOR_TEXT = 2.0
"""Seconds that a request waits for the snapshot of the current text."""

START_OF_FILE = Range(Position(0, 0), Position(0, 0))

Cancelled = Callable[[], bool]
T = TypeVar("T")
Item = TypeVar("Item", types.CallHierarchyItem, types.TypeHierarchyItem)


@dataclass(frozen=True, slots=True)
class Place:
    """What is at the position of a request."""

    document: Document
    position: Position
    range: Range
    """The identifier."""
    targets: tuple[Target, ...]
    """The definitions that it may refer to."""
    local: LocalName | None
    """The parameter or local variable that it names, if it has no targets."""


async def find_place(server: ServerState, uri: str, position: types.Position) -> Place | None:
    """Return the identifier at a position; None if there is none, or if its language is not answered.

    Raises ContentModified.
    """
    document = await find_answered_document(server, uri)
    line = document.line(position.line) if document is not None else None
    if document is None or line is None:
        return None
    server.session.report_activity()
    snapshot = document.snapshot
    place = from_lsp_position(line, position, server.encoding, bom=snapshot.data.startswith(BOM))
    if place is None:
        return None

    def read() -> Place | None:
        range_ = snapshot.identifier(place)
        targets = document.workspace.targets(snapshot, range_.start) if range_ is not None else ()
        if range_ is None and (module := snapshot.module(place)) is not None:
            range_, item = module
            targets = document.workspace.modules(snapshot, item)
        local = None if targets else local_name_at(snapshot.tags, place)
        if local is not None:
            range_ = next((item for item in (*local.bindings, *local.uses) if item.start <= place <= item.end), range_)
        return None if range_ is None else Place(document, place, range_, targets, local)

    return await server.threads.run(read)


async def find_answered_document(server: ServerState, uri: str) -> Document | None:
    """Return the document as it is now; None if nothing is known about it, or if its language is not answered.

    Raises ContentModified.
    """
    buffer = server.buffers.get(uri)
    version = buffer.version if buffer is not None else None
    document = await find_document(server, uri, MAX_WAIT_FOR_TEXT)
    if buffer is not None and buffer.version != version:
        raise _content_modified()
    if document is None or not server.navigation.answers(document.snapshot.tags.language):
        return None
    check_current(document)
    return document


def check_current(document: Document) -> None:
    """Raise ContentModified if the document has changed since its snapshot was taken."""
    if document.buffer is not None and document.buffer.version != document.snapshot.version:
        raise _content_modified()


def _content_modified() -> Exception:
    return request_error(CONTENT_MODIFIED, "The document has changed; ask again.")


async def find_symbol(server: ServerState, uri: str, data: Any) -> tuple[Workspace, Target] | None:
    """Return the symbol that an earlier answer was about; None if it cannot be one of ours."""
    symbol_id = data.get("symbol") if isinstance(data, dict) else None
    location = await locate(server, uri)
    if location is None or not isinstance(symbol_id, str):
        return None
    return location[0], Target(location[1], symbol_id)


async def run_cancellable(server: ServerState, function: Callable[[Cancelled], T]) -> T:
    """Call the function in a thread of its own, with a function that tells whether the request was cancelled."""
    cancelled = threading.Event()
    try:
        return await server.threads.run_alone(function, cancelled.is_set)
    finally:
        cancelled.set()


def symbol_of(workspace: Workspace, target: Target) -> Symbol | None:
    """Return the target's symbol as it is now. Reads the index."""
    document = workspace.document(target.path)  # also of a file that is left out of the index
    outline = document.tags if document is not None else workspace.overlay.outline(target.path)
    return outline.symbol(target.symbol_id) if outline is not None else None


def name_range(symbol: Symbol) -> Range:
    """Return where a symbol is named; a file is named at its start."""
    return symbol.selection if symbol.id else START_OF_FILE


def whole_range(symbol: Symbol) -> Range:
    """Return a range that contains the name, which LSP requires."""
    return Range(min(symbol.range.start, symbol.selection.start), max(symbol.range.end, symbol.selection.end))


def lsp_location(encoder: LocationEncoder, workspace: Workspace, path: str, range_: Range) -> types.Location:
    return types.Location(encoder.uri(workspace, path), lsp_range(encoder.range(workspace, path, range_)))


def origin_range(server: ServerState, place: Place) -> types.Range:
    return to_lsp_range(place.document.snapshot.lines, place.range, server.encoding)


def hierarchy_item(encoder: LocationEncoder, workspace: Workspace, target: Target, kind: type[Item]) -> Item | None:
    """Describe a symbol; None if it is gone. Blocks: reads the index, and the lines around the symbol."""
    symbol = symbol_of(workspace, target)
    if symbol is None:
        return None
    path = printable_path(target.path)
    container = printable_path(symbol.name.rpartition(".")[0])
    return kind(
        name=printable_path(symbol.short_name) or path,
        kind=LSP_KINDS[symbol.kind],
        detail=f"{container} · {path}" if container else path,
        uri=encoder.uri(workspace, target.path),
        range=lsp_range(encoder.range(workspace, target.path, whole_range(symbol))),
        selection_range=lsp_range(encoder.range(workspace, target.path, name_range(symbol))),
        data={"symbol": target.symbol_id},
    )
