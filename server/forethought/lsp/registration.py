"""Which handler answers which method: every request, notification and command, in one place."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from lsprotocol import types

from forethought.lsp import protocol_extensions as extensions
from forethought.lsp.error_responses import error_responses
from forethought.lsp.json_rpc import ForethoughtProtocol
from forethought.lsp.params_converter import read_params
from forethought.lsp.protocol_extensions import (
    ChatParams,
    ContextParams,
    DigestParams,
    FeedbackParams,
    FocusParams,
    LanguageServersParams,
)
from forethought.lsp.requests import file_notifications as files
from forethought.lsp.requests.call_hierarchy_requests import incoming_calls, outgoing_calls, prepare_call_hierarchy
from forethought.lsp.requests.chat_request import chat, feedback
from forethought.lsp.requests.code_actions import EXPLAIN, code_action
from forethought.lsp.requests.code_lens_requests import code_lens, resolve_code_lens
from forethought.lsp.requests.context_request import context
from forethought.lsp.requests.definition_requests import declaration, definition, implementation
from forethought.lsp.requests.digest_request import digest
from forethought.lsp.requests.execute_command import COMMANDS, execute_command
from forethought.lsp.requests.hover_request import hover
from forethought.lsp.requests.reference_requests import document_highlight, references
from forethought.lsp.requests.symbol_requests import document_symbol, workspace_symbol
from forethought.lsp.requests.type_hierarchy_requests import prepare_type_hierarchy, subtypes, supertypes
from forethought.lsp.state import ServerState

Handler = Callable[[ServerState, Any], Any]
"""Takes the server and the parameters. A coroutine function, or a function that does not block."""


class RegisteringServer(ServerState, Protocol):
    """A server whose handlers are being registered."""

    protocol: ForethoughtProtocol

    def feature(self, feature_name: str, options: Any = None) -> Callable[[Any], Any]: ...

    def command(self, command_name: str) -> Callable[[Any], Any]: ...

    async def open(self, params: types.InitializeParams) -> None: ...

    async def start(self) -> None: ...

    def leave(self, status: int) -> None: ...


def register_handlers(server: RegisteringServer) -> None:
    def feature(method: str, handler: Handler, params_type: Any = None, options: Any = None) -> None:
        server.feature(method, options)(_bound(handler, server, method, params_type))

    def override(method: str, handler: Handler) -> None:
        """Replace a handler of pygls that would run beside ours."""
        server.protocol.fm.add_builtin_feature(method, _bound(handler, server, method))

    async def initialize(_: ServerState, params: types.InitializeParams) -> None:
        await server.open(params)

    async def initialized(_: ServerState, __: types.InitializedParams) -> None:
        await server.start()

    def leave(_: ServerState, __: Any) -> None:
        server.leave(0 if server.protocol.shutting_down else 1)

    feature(types.INITIALIZE, initialize)
    feature(types.INITIALIZED, initialized)
    override(types.EXIT, leave)

    override(types.TEXT_DOCUMENT_DID_OPEN, files.did_open)
    override(types.TEXT_DOCUMENT_DID_CHANGE, files.did_change)
    override(types.TEXT_DOCUMENT_DID_CLOSE, files.did_close)
    feature(types.TEXT_DOCUMENT_DID_SAVE, files.did_save)
    feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, files.did_change_watched_files)
    override(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, files.did_change_workspace_folders)
    feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION, _did_change_configuration)

    feature(types.TEXT_DOCUMENT_HOVER, hover)
    feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, document_symbol)
    feature(types.WORKSPACE_SYMBOL, workspace_symbol)
    feature(types.TEXT_DOCUMENT_CODE_ACTION, code_action, options=types.CodeActionOptions([EXPLAIN]))

    feature(types.TEXT_DOCUMENT_DEFINITION, definition)
    feature(types.TEXT_DOCUMENT_DECLARATION, declaration)
    feature(types.TEXT_DOCUMENT_IMPLEMENTATION, implementation)
    feature(types.TEXT_DOCUMENT_REFERENCES, references)
    feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, document_highlight)
    feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY, prepare_call_hierarchy)
    feature(types.CALL_HIERARCHY_INCOMING_CALLS, incoming_calls)
    feature(types.CALL_HIERARCHY_OUTGOING_CALLS, outgoing_calls)
    feature(types.TEXT_DOCUMENT_PREPARE_TYPE_HIERARCHY, prepare_type_hierarchy)
    feature(types.TYPE_HIERARCHY_SUPERTYPES, supertypes)
    feature(types.TYPE_HIERARCHY_SUBTYPES, subtypes)
    feature(types.TEXT_DOCUMENT_CODE_LENS, code_lens)
    feature(types.CODE_LENS_RESOLVE, resolve_code_lens)
    feature(extensions.DID_CHANGE_LANGUAGE_SERVERS, _did_change_language_servers, LanguageServersParams)

    feature(extensions.CHAT, chat, ChatParams)
    feature(extensions.CONTEXT, context, ContextParams)
    feature(extensions.DIGEST, digest, DigestParams)
    feature(extensions.STATUS, _status)
    feature(extensions.FEEDBACK, feedback, FeedbackParams)
    feature(extensions.DID_FOCUS, files.did_focus, FocusParams)

    for name, command in COMMANDS.items():
        server.command(name)(command)  # for the server's capabilities; `execute_command` calls it
    # pygls's own handler would leave a command running when its request is cancelled.
    override(types.WORKSPACE_EXECUTE_COMMAND, execute_command)
    override(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, _cancel_progress)


def _bound(handler: Handler, server: ServerState, method: str, params_type: Any = None) -> Callable[[Any], Any]:
    """Bind the server, structure the parameters of our own methods, and turn exceptions into error responses."""

    def read(params: Any) -> Any:
        return params if params_type is None else read_params(params_type, params, method)

    if asyncio.iscoroutinefunction(handler):

        async def answer_later(params: Any) -> Any:
            with error_responses():
                return await handler(server, read(params))

        return answer_later

    def answer(params: Any) -> Any:
        with error_responses():
            return handler(server, read(params))

    return answer


async def _did_change_configuration(server: ServerState, params: types.DidChangeConfigurationParams) -> None:
    await server.apply_settings(params.settings)


def _did_change_language_servers(server: ServerState, params: LanguageServersParams) -> None:
    server.navigation.set_other_servers(params.languages)


async def _status(server: ServerState, _: Any) -> dict[str, Any]:
    return await server.status()


def _cancel_progress(server: ServerState, params: types.WorkDoneProgressCancelParams) -> None:
    server.jobs.cancel(params.token)
