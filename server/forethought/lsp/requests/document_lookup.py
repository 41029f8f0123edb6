"""Finds the document, the position and the identifier that a request is about."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from lsprotocol import types

from forethought.lsp.buffers import Buffer
from forethought.lsp.error_responses import CONTENT_MODIFIED, request_error
from forethought.lsp.position_encoding import from_lsp_position
from forethought.lsp.state import ServerState
from forethought.names.resolver import Target
from forethought.syntax.tags import Position, Range
from forethought.text.positions import BOM, Encoding, decode_line, units_to_index, word_at
from forethought.workspace.snapshot import DocumentSnapshot
from forethought.workspace.workspace import Workspace

MAX_WAIT_AFTER_EDIT = 0.02
"""Seconds that a request waits for the snapshot of an edited document before it uses the previous one."""

MAX_WAIT_AFTER_OPEN = 1.0
"""Seconds that a request waits for the first snapshot of a document. Without one there is nothing to answer."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file in one of the roots, open or not."""

    workspace: Workspace
    path: str
    snapshot: DocumentSnapshot
    buffer: Buffer | None
    """None if the file is not open, so that the snapshot was read from disk."""

    def line(self, row: int) -> str | None:
        """Return the text that the client sees in a row; None if there is no such row."""
        return _snapshot_line(self.snapshot, row) if self.buffer is None else self.buffer.line(row)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier in a document, and the definitions that it may refer to."""

    document: Document
    range: Range
    targets: tuple[Target, ...]

    @property
    def text(self) -> str:
        return self.document.snapshot.text_at(self.range).decode("utf-8", "replace")


async def locate(server: ServerState, uri: str) -> tuple[Workspace, str] | None:
    """Return the root that contains a file and the file's path there. A link to it was followed when it was opened."""
    if server.buffers.get(uri) is None:
        await server.threads.run(server.roots.follow_link, uri)
    return server.roots.resolve_uri(uri)


async def find_document(
    server: ServerState, uri: str, max_wait_after_edit: float = MAX_WAIT_AFTER_EDIT
) -> Document | None:
    """Return the document, or None if nothing is known about it, or its buffer is too large.

    The snapshot of an open document is in memory, but may be one edit behind. Another file is read off the event loop.
    """
    location = await locate(server, uri)
    if location is None:
        return None
    workspace, path = location
    buffer = server.buffers.get(uri)
    if buffer is not None and buffer.is_too_large:
        return None
    if buffer is None:
        snapshot = await server.threads.run(workspace.read_document, path)
    else:
        workspace.expect_requests()
        snapshot = workspace.document(path)
        if snapshot is None or snapshot.version != buffer.version or not workspace.documents_are_current:
            seconds = MAX_WAIT_AFTER_OPEN if snapshot is None else max_wait_after_edit
            snapshot = await server.threads.run(workspace.wait_document, path, buffer.version, seconds)
    return None if snapshot is None else Document(workspace, path, snapshot, buffer)


async def identifier_at(
    server: ServerState, uri: str, position: types.Position, seconds: float | None = None
) -> Identifier | None:
    """Return the identifier, or the module's name in an import, that contains a position or ends there; else None.

    In an open document, None also if what it refers to is not known within `seconds`; it will be known later.
    """
    document = await find_document(server, uri)
    if document is None:
        return None
    snapshot, line = document.snapshot, document.line(position.line)
    if line is None or not _is_current(document, line, position, server.encoding):
        return None
    place = from_lsp_position(line, position, server.encoding, bom=snapshot.data.startswith(BOM))
    if place is None:
        return None
    workspace = document.workspace
    workspace.expect_requests()  # again: it may have taken a while to get here
    targets: tuple[Target, ...] | None = None
    find: Callable[[], tuple[Target, ...]]
    if (range_ := snapshot.identifier(place)) is not None:
        targets = workspace.known_targets(snapshot, range_.start)
        find = partial(workspace.targets, snapshot, range_.start)
    elif (module := snapshot.module(place)) is not None:
        range_, item = module
        find = partial(workspace.modules, snapshot, item)
    else:
        return None
    if document.buffer is None:
        targets = await server.threads.run(find)
    elif targets is None:
        with contextlib.suppress(TimeoutError):
            targets = await asyncio.wait_for(server.look_ups.run(find), seconds)
    return Identifier(document, range_, targets) if targets is not None else None


def position_in_file(server: ServerState, workspace: Workspace, path: str, position: types.Position) -> Position:
    """Convert a client's position in a file, open or not. Blocks. Raises ContentModified outside the text."""
    lines = workspace.lines(path)
    place = None
    if position.line < len(lines):
        line = lines[position.line]
        text = decode_line(line, position.line)
        place = from_lsp_position(text, position, server.encoding, bom=position.line == 0 and line.startswith(BOM))
    if place is None:
        raise request_error(
            CONTENT_MODIFIED,
            f"Line {position.line}, character {position.character} is outside the document; ask again.",
        )
    return place


def _is_current(document: Document, line: str, position: types.Position, encoding: Encoding) -> bool:
    """Tell whether the snapshot has the same word at the position as the (possibly newer) buffer."""
    if document.buffer is None or document.snapshot.version == document.buffer.version:
        return True
    before = _snapshot_line(document.snapshot, position.line)
    if before is None:
        return False
    index_now = units_to_index(line, position.character, encoding)
    index_before = units_to_index(before, position.character, encoding)
    if index_now is None or index_before is None:
        return False
    word = word_at(line, index_now)
    return bool(word) and word == word_at(before, index_before)


def _snapshot_line(snapshot: DocumentSnapshot, row: int) -> str | None:
    return decode_line(snapshot.lines[row], row) if row < len(snapshot.lines) else None
