"""What editors ask by themselves: hover, symbols, code actions, and what they tell about files."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from forethought.config import REPOSITORY_FILE
from forethought.lsp.buffers import Buffer
from forethought.lsp.json_rpc import Params
from forethought.lsp.position_encoding import from_lsp_position, lsp_range, to_lsp_range
from forethought.names.resolver import Target
from forethought.present.hover_markdown import hover_markdown
from forethought.present.symbol_links import line_link
from forethought.syntax.tags import Range, Symbol
from forethought.text.markdown import plain_text
from forethought.text.positions import BOM, decode_line, units_to_index, word_at
from forethought.text.uris import path_of

if TYPE_CHECKING:
    from forethought.lsp.server import ForethoughtServer
    from forethought.workspace.snapshot import DocumentSnapshot
    from forethought.workspace.symbol_info import SymbolInfo
    from forethought.workspace.workspace import Workspace

EXPLAIN = "forethought.explain"
"""The code action's kind; it is our own, so that no “fix all on save” ever runs it."""

NEW_TEXT_SECONDS = 0.02
"""How long an answer waits for the snapshot of a buffer that was just edited, before the old snapshot is looked at."""

NEW_FILE_SECONDS = 1.0
"""How long an answer waits for the first snapshot of a file that was just opened: there is nothing else to say."""

NEW_CARD_SECONDS = 0.5
"""How long a hover in a file that was just opened waits for what is stored about its symbols."""

MAX_HOVERS = 2048


class HoverCache:
    """Rendered hovers by what they were rendered from."""

    def __init__(self) -> None:
        self._texts: OrderedDict[tuple[Any, ...], str] = OrderedDict()

    def get(self, key: tuple[Any, ...]) -> str | None:
        return self._texts.get(key)

    def put(self, key: tuple[Any, ...], text: str) -> str:
        self._texts[key] = text
        if len(self._texts) > MAX_HOVERS:
            self._texts.popitem(last=False)
        return text


@dataclass(frozen=True, slots=True)
class HoverStyle:
    """How a client shows a hover."""

    kind: types.MarkupKind
    links: bool


def hover_style(params: types.InitializeParams) -> HoverStyle:
    """The format that the client likes best; Markdown where it does not say."""
    document = params.capabilities.text_document
    formats = (document.hover.content_format if document and document.hover else None) or (types.MarkupKind.Markdown,)
    # Neovim hides a link's address and wraps the line as if it stood there.
    links = params.client_info is None or params.client_info.name != "Neovim"
    return HoverStyle(formats[0], links)


@dataclass(frozen=True, slots=True)
class Spot:
    """An identifier in a document, and what it means."""

    workspace: "Workspace"
    path: str
    snapshot: "DocumentSnapshot"
    identifier: Range
    targets: tuple[Target, ...]
    buffer: Buffer | None
    """The open document; None when the file was read from disk."""


async def find_spot(server: "ForethoughtServer", uri: str, position: types.Position) -> Spot | None:
    """The identifier at (or ending at) a position; None where there is none, or nothing is known.

    For an open file everything is in memory; for another one its text is read off the loop.
    """
    buffer = server.buffers.get(uri)
    home = server.home_of(uri)
    if home is None:
        return None
    workspace, path = home
    if buffer is None:
        snapshot = await server.threads.run(workspace.read_document, path)
        line = _line(snapshot, position.line) if snapshot else None
    else:
        snapshot = await current_snapshot(server, workspace, path, buffer.version)
        line = buffer.line(position.line)
        if (
            snapshot is not None
            and snapshot.version != buffer.version
            and not _same_word(server, snapshot, line, position)
        ):
            return None
    if snapshot is None or line is None:
        return None
    place = from_lsp_position(line, position, server.encoding, bom=snapshot.data.startswith(BOM))
    if place is None or (identifier := snapshot.identifier(place)) is None:
        return None
    if buffer is None:
        targets = await server.threads.run(workspace.targets, snapshot, identifier.start)
    else:
        targets = workspace.targets(snapshot, identifier.start)
    return Spot(workspace, path, snapshot, identifier, targets, buffer)


async def current_snapshot(
    server: "ForethoughtServer", workspace: "Workspace", path: str, version: int | None
) -> "DocumentSnapshot | None":
    """An open file's snapshot, waiting briefly for one that is being built; else the last one."""
    snapshot = workspace.document(path)
    if snapshot is not None and snapshot.version == version and workspace.documents_are_current:
        return snapshot
    patience = NEW_FILE_SECONDS if snapshot is None else NEW_TEXT_SECONDS
    return await server.threads.run(workspace.wait_document, path, version, patience)


async def hover(server: "ForethoughtServer", params: types.HoverParams) -> types.Hover | None:
    """What is known about the identifier under the pointer, from memory."""
    spot = await find_spot(server, params.text_document.uri, params.position)
    if spot is None or not spot.targets or not spot.workspace.settings.hover_enabled:
        return None
    server.session.report_activity()
    symbol_infos = [symbol_info for target in spot.targets if (symbol_info := await _symbol_info(server, spot, target))]
    if missing := [Target(info.path, info.symbol.id) for info in symbol_infos if info.state != "fresh"]:
        server.session.request_insights(spot.workspace, missing)
    text = _render(server, spot, symbol_infos)
    if not text:
        return None
    return types.Hover(
        types.MarkupContent(server.hover_style.kind, text),
        to_lsp_range(spot.snapshot.lines, spot.identifier, server.encoding),
    )


async def _symbol_info(server: "ForethoughtServer", spot: Spot, target: Target) -> "SymbolInfo | None":
    buffer = spot.buffer
    if buffer is None:
        return await server.threads.run(spot.workspace.symbol_info, target)
    symbol_info = spot.workspace.quick_info(target)
    if symbol_info is not None and symbol_info.facts is None:
        spot.workspace.complete_soon(target)
    if symbol_info is not None and symbol_info.context_hash is not None:
        return symbol_info
    if time.monotonic() - buffer.opened_at < NEW_FILE_SECONDS:
        complete = server.threads.run(spot.workspace.symbol_info, target)
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(complete, NEW_CARD_SECONDS)
    return symbol_info


def _render(server: "ForethoughtServer", spot: Spot, symbol_infos: "list[SymbolInfo]") -> str:
    workspace, content = spot.workspace, spot.workspace.settings.hover_content
    key = (
        workspace.root,
        content,
        *((symbol_info.path, symbol_info.symbol.id, symbol_info.version) for symbol_info in symbol_infos),
    )
    known = server.hovers.get(key)
    if known is not None:
        return known

    def address(path: str, place: Range) -> str:
        return line_link(server.roots.locate(workspace, path), place)

    style = server.hover_style
    link_to = address if style.links else None
    text = hover_markdown(symbol_infos, content, link_to)
    return server.hovers.put(key, plain_text(text) if style.kind == types.MarkupKind.PlainText else text)


def _same_word(
    server: "ForethoughtServer", snapshot: "DocumentSnapshot", line: str | None, position: types.Position
) -> bool:
    """Whether the text at the position is what the (older) snapshot was made from."""
    before = _line(snapshot, position.line)
    if line is None or before is None:
        return False
    now_index = units_to_index(line, position.character, server.encoding)
    then_index = units_to_index(before, position.character, server.encoding)
    if now_index is None or then_index is None:
        return False
    word = word_at(line, now_index)
    return bool(word) and word == word_at(before, then_index)


def _line(snapshot: "DocumentSnapshot", row: int) -> str | None:
    return decode_line(snapshot.lines[row], row) if row < len(snapshot.lines) else None


async def document_symbol(
    server: "ForethoughtServer", params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
    """The symbols of a file, nested where the client can show that."""
    uri = params.text_document.uri
    home = server.home_of(uri)
    if home is None:
        return None
    workspace, path = home
    buffer = server.buffers.get(uri)
    if buffer is None:
        snapshot = await server.threads.run(workspace.read_document, path)
    else:
        snapshot = await current_snapshot(server, workspace, path, buffer.version)
    if snapshot is None:
        return None
    document = server.client_capabilities.text_document
    capability = document.document_symbol if document else None
    if capability is not None and capability.hierarchical_document_symbol_support:
        return _nested(server, snapshot)
    return [
        types.SymbolInformation(
            name=symbol.short_name,
            kind=KINDS.get(symbol.kind, types.SymbolKind.Variable),
            location=types.Location(uri, to_lsp_range(snapshot.lines, symbol.range, server.encoding)),
            container_name=symbol.name.rpartition(".")[0] or None,
        )
        for symbol in snapshot.tags.symbols[1:]
    ]


def _nested(server: "ForethoughtServer", snapshot: "DocumentSnapshot") -> list[types.DocumentSymbol]:
    nodes: dict[str, types.DocumentSymbol] = {}
    top: list[types.DocumentSymbol] = []
    for symbol in snapshot.tags.symbols[1:]:
        node = types.DocumentSymbol(
            name=symbol.short_name,
            kind=KINDS.get(symbol.kind, types.SymbolKind.Variable),
            range=to_lsp_range(snapshot.lines, _covering(symbol), server.encoding),
            selection_range=to_lsp_range(snapshot.lines, symbol.selection, server.encoding),
            detail=symbol.signature[:120] or None,
            children=[],
        )
        nodes[symbol.id] = node
        parent = nodes.get(symbol.parent)
        if parent is not None and parent.children is not None:
            parent.children = [*parent.children, node]
        else:
            top.append(node)
    return top


def _covering(symbol: Symbol) -> Range:
    """LSP wants the selection inside the range."""
    return Range(min(symbol.range.start, symbol.selection.start), max(symbol.range.end, symbol.selection.end))


async def workspace_symbol(
    server: "ForethoughtServer", params: types.WorkspaceSymbolParams
) -> list[types.SymbolInformation]:
    """Symbols of every root whose name holds the query."""

    def search() -> list[types.SymbolInformation]:
        encoder = server.encoder()
        return [
            types.SymbolInformation(
                name=symbol_info.symbol.name or symbol_info.path,
                kind=KINDS.get(symbol_info.symbol.kind, types.SymbolKind.Variable),
                location=types.Location(
                    encoder.uri(workspace, symbol_info.path),
                    lsp_range(encoder.range(workspace, symbol_info.path, symbol_info.symbol.selection)),
                ),
                container_name=symbol_info.path,
            )
            for workspace in server.session.workspaces
            for symbol_info in workspace.search(params.query)
        ]

    return await server.threads.run(search)


async def code_action(server: "ForethoughtServer", params: types.CodeActionParams) -> list[types.CodeAction]:
    """“Explain” for the identifier at the cursor: a question that `forethought.ask` answers."""
    context = params.context
    wanted = context.only
    if wanted is not None and not any(kind == EXPLAIN or EXPLAIN.startswith(f"{kind}.") for kind in wanted):
        return []
    if context.trigger_kind == types.CodeActionTriggerKind.Automatic:
        return []  # no light bulb at every word
    uri = params.text_document.uri
    spot = await find_spot(server, uri, params.range.start)
    if spot is None or not spot.targets:
        return []
    name = spot.snapshot.text_at(spot.identifier).decode("utf-8", "replace")
    position = {"line": params.range.start.line, "character": params.range.start.character}
    arguments = [
        {"question": f"What does `{name}` do?", "textDocument": {"uri": uri}, "position": position},
    ]
    command = types.Command(title=f"Explain {name}", command="forethought.ask", arguments=arguments)
    return [types.CodeAction(title=f"Explain {name}", kind=EXPLAIN, command=command)]


def did_save(server: "ForethoughtServer", params: types.DidSaveTextDocumentParams) -> None:
    if (home := server.home_of(params.text_document.uri)) is not None:
        home[0].save_file(home[1])
        _follow_settings(server, home[0], [home[1]])


def did_focus(server: "ForethoughtServer", params: Any) -> None:
    if (home := server.home_of(Params("forethought/didFocus", params).required_document())) is not None:
        home[0].focus(home[1])


def did_change_watched_files(server: "ForethoughtServer", params: types.DidChangeWatchedFilesParams) -> None:
    """Files that changed outside the editor, by root. What lies in `.git` is no source."""
    changed: dict[Workspace, set[str]] = {}
    for event in params.changes:
        path = path_of(event.uri)
        home = server.roots.home_of(event.uri)
        if home is not None and path is not None and ".git" not in path.parts:
            changed.setdefault(home[0], set()).add(home[1])
    for workspace, paths in changed.items():
        workspace.files_changed(paths)
        _follow_settings(server, workspace, paths)


def _follow_settings(server: "ForethoughtServer", workspace: "Workspace", changed: Iterable[str]) -> None:
    if REPOSITORY_FILE in changed:
        server.spawn(server.reread_settings(workspace))


KINDS = {
    "file": types.SymbolKind.File,
    "class": types.SymbolKind.Class,
    "interface": types.SymbolKind.Interface,
    "enum": types.SymbolKind.Enum,
    "struct": types.SymbolKind.Struct,
    "trait": types.SymbolKind.Interface,
    "type": types.SymbolKind.Class,
    "module": types.SymbolKind.Module,
    "function": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "constant": types.SymbolKind.Constant,
    "variable": types.SymbolKind.Variable,
    "macro": types.SymbolKind.Function,
}
"""Our kinds as LSP has them."""
