"""What the client says about files: opened, edited, closed, saved, looked at, changed on disk."""

from collections.abc import Iterable

from lsprotocol import types

from forethought.config import REPOSITORY_FILE
from forethought.lsp.buffers import MAX_TEXT_LENGTH, Buffer
from forethought.lsp.protocol_extensions import FocusParams
from forethought.lsp.state import ServerState
from forethought.text.uris import path_of
from forethought.workspace.workspace import Workspace


def did_open(server: ServerState, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    buffer = Buffer.of(item)
    server.buffers.put(buffer)
    buffer.location = server.roots.resolve_uri(item.uri)
    buffer.show()
    if buffer.is_too_large:
        server.log(f"{item.uri} has more than {MAX_TEXT_LENGTH:,} characters, so nothing is shown in it.")
    server.run_in_background(server.follow_link(item.uri))
    if buffer.location is None and not server.roots and (file := path_of(item.uri)) is not None:
        server.run_in_background(server.adopt_folder(file.parent))


def did_change(server: ServerState, params: types.DidChangeTextDocumentParams) -> None:
    buffer = server.buffers.get(params.text_document.uri)
    if buffer is None:
        return  # was never opened
    server.buffers.edit(buffer, params.content_changes, params.text_document.version, server.encoding)
    server.session.report_activity()


def did_close(server: ServerState, params: types.DidCloseTextDocumentParams) -> None:
    buffer = server.buffers.pop(params.text_document.uri)
    if buffer is not None and buffer.location is not None:
        server.buffers.withdraw(buffer)


def did_save(server: ServerState, params: types.DidSaveTextDocumentParams) -> None:
    if (location := server.roots.resolve_uri(params.text_document.uri)) is not None:
        workspace, path = location
        workspace.save_file(path)
        _follow_settings(server, workspace, [path])


def did_focus(server: ServerState, params: FocusParams) -> None:
    if (location := server.roots.resolve_uri(params.text_document.uri)) is not None:
        workspace, path = location
        workspace.focus(path)


def did_change_watched_files(server: ServerState, params: types.DidChangeWatchedFilesParams) -> None:
    """Report files that changed outside the editor, except those in `.git`, to their roots."""
    changed: dict[Workspace, set[str]] = {}
    for event in params.changes:
        file, location = path_of(event.uri), server.roots.resolve_uri(event.uri)
        if location is not None and file is not None and ".git" not in file.parts:
            changed.setdefault(location[0], set()).add(location[1])
    for workspace, paths in changed.items():
        workspace.files_changed(paths)
        _follow_settings(server, workspace, paths)


async def did_change_workspace_folders(server: ServerState, params: types.DidChangeWorkspaceFoldersParams) -> None:
    await server.change_folders(params.event.added or [], params.event.removed or [])


def _follow_settings(server: ServerState, workspace: Workspace, changed: Iterable[str]) -> None:
    if REPOSITORY_FILE in changed:
        server.run_in_background(server.reread_settings(workspace))
