"""`forethought/context`: the insight document of a file or a symbol."""

from typing import Any

from pygls.exceptions import JsonRpcException

from forethought.lsp.protocol_extensions import ContextParams
from forethought.lsp.requests.document_lookup import locate, position_in_file
from forethought.lsp.state import ServerState
from forethought.present.insight_document import ambiguity_document, insight_document


async def context(server: ServerState, params: ContextParams) -> dict[str, Any] | None:
    """Return the insight document, or None if nothing is known about the file or the position."""
    location = await locate(server, params.text_document.uri)
    if location is None:
        return None
    workspace, path = location

    def read() -> dict[str, Any] | None:
        encoder = server.encoder()
        if params.position is None:
            symbol_infos = workspace.symbol_infos(path)
            return insight_document(workspace, symbol_infos, encoder) if symbol_infos else None
        try:
            position = position_in_file(server, workspace, path, params.position)
        except JsonRpcException:
            return None
        targets = workspace.targets_at(path, position)
        found = [info for target in targets if (info := workspace.symbol_info(target))]
        if not found:
            return None
        if len(targets) > 1:
            return ambiguity_document(workspace, path, found, encoder)
        return insight_document(workspace, found, encoder)

    return await server.threads.run(read)
