"""`textDocument/documentSymbol` and `workspace/symbol`."""

from collections.abc import Mapping

from lsprotocol import types

from forethought.lsp.position_encoding import lsp_range, to_lsp_range
from forethought.lsp.requests.document_lookup import find_document
from forethought.lsp.state import ServerState
from forethought.syntax.symbol_kinds import SymbolKind
from forethought.syntax.tags import Range, Symbol
from forethought.text.positions import Encoding
from forethought.text.sanitizers import printable_path
from forethought.workspace.snapshot import DocumentSnapshot

MAX_DETAIL_LENGTH = 120

LSP_KINDS: Mapping[SymbolKind, types.SymbolKind] = {
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
    "field": types.SymbolKind.Field,
    "property": types.SymbolKind.Property,
    "event": types.SymbolKind.Event,
    "enumerator": types.SymbolKind.EnumMember,
    "section": types.SymbolKind.String,
    "selector": types.SymbolKind.Class,
    "key": types.SymbolKind.Key,
}
"""Maps our symbol kinds to LSP's."""


async def document_symbol(
    server: ServerState, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
    """Return the symbols of a file, nested if the client supports that."""
    uri = params.text_document.uri
    document = await find_document(server, uri)
    if document is None:
        return None
    capabilities = server.client_capabilities.text_document
    symbols = capabilities.document_symbol if capabilities else None
    if symbols is not None and symbols.hierarchical_document_symbol_support:
        return _nested_symbols(document.snapshot, server.encoding)
    return _flat_symbols(document.snapshot, uri, server.encoding)


async def workspace_symbol(server: ServerState, params: types.WorkspaceSymbolParams) -> list[types.SymbolInformation]:
    """Return the symbols of all roots whose name contains the query."""

    def search() -> list[types.SymbolInformation]:
        encoder = server.encoder()
        return [
            types.SymbolInformation(
                name=printable_path(info.symbol.name or info.path),
                kind=LSP_KINDS[info.symbol.kind],
                location=types.Location(
                    encoder.uri(workspace, info.path),
                    lsp_range(encoder.range(workspace, info.path, info.symbol.selection)),
                ),
                container_name=printable_path(info.path),
            )
            for workspace in server.session.workspaces
            for info in workspace.search(params.query)
        ]

    return await server.threads.run(search)


def _flat_symbols(snapshot: DocumentSnapshot, uri: str, encoding: Encoding) -> list[types.SymbolInformation]:
    return [
        types.SymbolInformation(
            name=printable_path(symbol.short_name),
            kind=LSP_KINDS[symbol.kind],
            location=types.Location(uri, to_lsp_range(snapshot.lines, symbol.range, encoding)),
            container_name=printable_path(symbol.name.rpartition(".")[0]) or None,
        )
        for symbol in sorted(snapshot.tags.definitions, key=lambda symbol: symbol.range.start)
    ]


def _nested_symbols(snapshot: DocumentSnapshot, encoding: Encoding) -> list[types.DocumentSymbol]:
    nodes: dict[str, types.DocumentSymbol] = {}
    top: list[types.DocumentSymbol] = []
    for symbol in sorted(snapshot.tags.definitions, key=lambda symbol: symbol.range.start):
        node = types.DocumentSymbol(
            name=printable_path(symbol.short_name),
            kind=LSP_KINDS[symbol.kind],
            range=to_lsp_range(snapshot.lines, _enclosing_range(symbol), encoding),
            selection_range=to_lsp_range(snapshot.lines, symbol.selection, encoding),
            detail=symbol.signature[:MAX_DETAIL_LENGTH] or None,
            children=[],
        )
        nodes[symbol.id] = node
        parent = nodes.get(symbol.parent)
        if parent is not None and parent.children is not None:
            parent.children = [*parent.children, node]
        else:
            top.append(node)
    return top


def _enclosing_range(symbol: Symbol) -> Range:
    """Return a range that contains the selection, which LSP requires."""
    return Range(min(symbol.range.start, symbol.selection.start), max(symbol.range.end, symbol.selection.end))
