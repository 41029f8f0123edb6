"""`forethought/digest`: what changed since a revision."""

from typing import Any

from forethought.errors import ForethoughtError
from forethought.lsp.error_responses import REQUEST_FAILED, request_error
from forethought.lsp.protocol_extensions import DigestParams
from forethought.lsp.state import ServerState
from forethought.present.digest_document import digest_document
from forethought.text.markdown import escape
from forethought.workspace.changes_since import MAX_LISTED


async def digest(server: ServerState, params: DigestParams) -> dict[str, Any]:
    """Compare every root, or only the one of `text_document`. Fails only if no root can be compared."""
    location = server.roots.resolve_uri(params.text_document.uri) if params.text_document else None
    workspaces = server.session.workspaces if location is None else (location[0],)
    limit = MAX_LISTED if params.limit is None else params.limit

    def compare() -> dict[str, Any]:
        documents, problems = [], []
        for workspace in workspaces:
            try:
                changes = server.session.digest(workspace, params.since, limit)
            except ForethoughtError as error:
                problems.append(str(error))
            else:
                documents.append(digest_document(changes, server.encoder()))
        if not documents:
            raise request_error(REQUEST_FAILED, " ".join(problems) or "No folder is open.", "no_history")
        markdown = "\n".join([*(document["markdown"] for document in documents), *map(escape, problems)])
        return {"markdown": markdown, "roots": documents, "problems": problems}

    return await server.threads.run_alone(compare)
