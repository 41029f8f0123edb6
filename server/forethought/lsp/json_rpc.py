"""LSP as we speak it: our own methods, errors in one sentence, and pygls's defaults where ours differ."""

import contextvars
import logging
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

from forethought.errors import Cancelled, ContextOverflow, ForethoughtError, IndexingError, UsageError

if TYPE_CHECKING:
    from forethought.lsp.server import ForethoughtServer

CHAT = "forethought/chat"
CONTEXT = "forethought/context"
DIGEST = "forethought/digest"
STATUS = "forethought/status"
DID_CHANGE_STATUS = "forethought/didChangeStatus"
DID_FOCUS = "forethought/didFocus"
FEEDBACK = "forethought/feedback"

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
CANCELLED = -32800
CONTENT_MODIFIED = -32801
REQUEST_FAILED = -32803

logger = logging.getLogger(__name__)


@attrs.define
class LooseRequest:
    """A request of ours: `params` as the JSON has them, so that an ill-typed one still gets an answer."""

    id: int | str
    method: str
    jsonrpc: str
    """Without a default, which the converter would leave out."""
    params: Any = None


@attrs.define
class LooseNotification:
    method: str
    jsonrpc: str
    params: Any = None


def request_error(code: int, sentence: str, reason: str | None = None) -> JsonRpcException:
    """An error response. `reason` is what programs read in `data.reason`."""
    return JsonRpcException(sentence, code, None if reason is None else {"reason": reason})


def invalid_params(sentence: str) -> JsonRpcException:
    return request_error(INVALID_PARAMS, sentence)


def error_of(error: BaseException) -> types.ResponseError:
    """What a client is told about an error; anything unexpected is an internal error without a traceback."""
    match error:
        case JsonRpcException():
            response: types.ResponseError = error.to_response_error()
            return response
        case UsageError():
            return types.ResponseError(INVALID_PARAMS, str(error))
        case Cancelled():
            return types.ResponseError(CANCELLED, str(error))
        case ContextOverflow():
            return types.ResponseError(REQUEST_FAILED, str(error), {"reason": "overflow"})
        case IndexingError():
            return types.ResponseError(REQUEST_FAILED, str(error), {"reason": "indexing"})
        case ForethoughtError():
            return types.ResponseError(REQUEST_FAILED, str(error), {"reason": "engine_failed"})
    return types.ResponseError(
        INTERNAL_ERROR, f"An internal error ({type(error).__name__}); the server's log (stderr) has the details."
    )


_INITIALIZE: Mapping[str, Any] = {
    **dict.fromkeys(("processId", "rootUri", "rootPath", "workspaceFolders", "initializationOptions", "clientInfo")),
    "capabilities": {
        "general": {"positionEncodings": None},
        "window": {"workDoneProgress": None},
        "workspace": {"configuration": None, "workspaceFolders": None, "didChangeWatchedFiles": None},
        "textDocument": {
            "synchronization": None,
            "hover": {"contentFormat": ("markdown", "plaintext")},
            "documentSymbol": {"hierarchicalDocumentSymbolSupport": None},
        },
    },
}
"""What we make use of: None for all there is, a tuple for the values of a list."""


def _is_id(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _understood(value: Any, wanted: Any) -> Any:
    if isinstance(wanted, tuple):
        return [item for item in value if item in wanted] if isinstance(value, list) else None
    if wanted is None or not isinstance(value, Mapping):
        return value
    return {key: _understood(item, wanted[key]) for key, item in value.items() if key in wanted}


class ForethoughtProtocol(LanguageServerProtocol):
    """pygls's protocol with our methods, our document store and our error texts."""

    _server: "ForethoughtServer"

    def get_message_type(self, method: str) -> Any:  # type: ignore[override] # pygls caches its own, ours is a look-up
        """The type of a message: loose for our own methods, where pygls would make ill-typed params unanswerable."""
        if method in (CHAT, CONTEXT, DIGEST, STATUS):
            return LooseRequest
        if method in (DID_CHANGE_STATUS, DID_FOCUS, FEEDBACK):
            return LooseNotification
        return types.METHOD_TO_TYPES.get(method, (None,))[0]

    def receive(self, data: dict[str, Any]) -> None:
        """Handle one message. Whatever is wrong with it is answered or logged; nothing is raised."""
        method, identifier = data.get("method"), data.get("id")
        is_request = isinstance(method, str) and "id" in data
        try:
            if is_request and (refusal := self._refusal(str(method), identifier)):
                self.respond_error(identifier, refusal)
                return
            if not is_request and self._shutdown and method != types.EXIT:
                return
            message = self._structure({"jsonrpc": "2.0", **data})
            # pygls tells messages apart by their members, which takes longer than a hover.
            if is_request:
                contextvars.copy_context().run(self._handle_request, message.id, message.method, message.params)
            else:
                self.handle_message(message)
        except JsonRpcException:
            if is_request:
                sentence = f"The parameters of {method} do not have the form that the protocol gives them."
                self.respond_error(identifier, types.ResponseError(INVALID_PARAMS, sentence))
            else:
                logger.warning("ignored an ill-formed message (%s)", method)
        except Exception:
            logger.exception("could not handle a message (%s)", method)

    def respond_error(self, identifier: Any, error: types.ResponseError) -> None:
        self._send_data(
            {
                "jsonrpc": "2.0",
                "id": identifier if _is_id(identifier) else None,
                "error": {"code": error.code, "message": error.message}
                | ({} if error.data is None else {"data": error.data}),
            }
        )

    def _structure(self, data: dict[str, Any]) -> Any:
        """Raises JsonRpcException."""
        try:
            return self.structure_message(data)
        except JsonRpcException:
            params = data.get("params")
            if data.get("method") != types.INITIALIZE or not isinstance(params, Mapping):
                raise
            # A newer client announces values that lsprotocol does not know; what we make use of is enough.
            return self.structure_message({**data, "params": _understood(params, _INITIALIZE)})

    def _refusal(self, method: str, identifier: Any) -> types.ResponseError | None:
        if not _is_id(identifier):
            return types.ResponseError(INVALID_REQUEST, "A request's `id` must be a text or a whole number.")
        if self._shutdown:
            return types.ResponseError(INVALID_REQUEST, "The server is shutting down; only `exit` is expected.")
        if method == types.INITIALIZE:
            if self._server.initialized:
                return types.ResponseError(INVALID_REQUEST, "The server was initialized already.")
        elif not self._server.initialized:
            return types.ResponseError(NOT_INITIALIZED, "The server is not initialized; send `initialize` first.")
        return None

    def _send_handler_result(self, future: "Future[Any]", *, msg_id: int | str) -> None:
        """Answer a request. pygls would send tracebacks, and name no reason."""
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            self.respond_error(msg_id, types.ResponseError(CANCELLED, "The request was cancelled."))
        elif (error := future.exception()) is None:
            self._send_response(msg_id, result=future.result())
        else:
            if not isinstance(error, JsonRpcException | ForethoughtError):
                logger.error("a request failed", exc_info=error)
            self.respond_error(msg_id, error_of(error))

    def _check_handler_result(self, future: "Future[Any]") -> None:
        """What went wrong in a notification goes to the log, never to a pop-up."""
        if not future.cancelled() and (error := future.exception()) is not None:
            logger.error("a notification failed", exc_info=error)

    @lsp_method(types.INITIALIZE)
    async def lsp_initialize(  # type: ignore[override] # pygls runs generators and coroutines alike
        self, params: types.InitializeParams
    ) -> types.InitializeResult:
        steps = super().lsp_initialize(params)
        try:
            next(steps)
        except StopIteration as ended:
            await self._server.begin(params)
            result: types.InitializeResult = ended.value
            if (commands := result.capabilities.execute_command_provider) is not None:
                commands.work_done_progress = True
            return result
        raise AssertionError("nothing registers a handler of its own for initialize")

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> None:  # type: ignore[override] # as above
        self._server.leave(0 if self._shutdown else 1)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self._server.open_document(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._server.change_document(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._server.close_document(params.text_document.uri)

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def lsp_workspace__did_change_workspace_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        await self._server.change_folders(params.event.added or [], params.event.removed or [])

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override] # as above
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Our own, so that cancelling the request cancels the command's coroutine."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise invalid_params(f"{params.command} is not a command of Forethought.")
        return await command(list(params.arguments or ()), params.work_done_token)

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        self._server.jobs.cancel(params.token)


class Params:
    """Reads the JSON parameters of our own methods. Each fault is InvalidParams with one sentence."""

    def __init__(self, what: str, data: Any) -> None:
        if data is None:
            data = {}
        if not isinstance(data, Mapping):
            raise invalid_params(f"{what} takes an object of named parameters.")
        self._what = what
        self._data = data

    def text(self, name: str) -> str | None:
        value: str | None = self._typed(name, str, "a text")
        return value

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if value is None or not value.strip():
            raise invalid_params(f"{self._what} needs `{name}`, a text that is not empty.")
        return value

    def flag(self, name: str) -> bool:
        return bool(self._typed(name, bool, "true or false"))

    def number(self, name: str, low: float, high: float) -> float | None:
        value = self._data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise invalid_params(f"`{name}` of {self._what} must be a number between {low:g} and {high:g}.")
        return value

    def integer(self, name: str, low: int, high: int) -> int | None:
        value = self._data.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
            raise invalid_params(f"`{name}` of {self._what} must be a whole number from {low} to {high}.")
        return value

    def choice(self, name: str, *allowed: str) -> str | None:
        value: str | None = self._typed(name, str, "a text")
        if value is not None and value not in allowed:
            raise invalid_params(f"`{name}` of {self._what} must be one of {', '.join(allowed)}.")
        return value

    def items(self, name: str) -> list["Params"]:
        value = self._typed(name, list, "a list")
        return [Params(f"`{name}` of {self._what}", item) for item in value or ()]

    def token(self, name: str) -> int | str | None:
        value = self._data.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | str)):
            raise invalid_params(f"`{name}` of {self._what} must be a text or a whole number.")
        return value

    def document(self) -> str | None:
        """The URI of `textDocument`, if there is one."""
        value = self._data.get("textDocument")
        if value is None:
            return None
        return Params(f"`textDocument` of {self._what}", value).required_text("uri")

    def required_document(self) -> str:
        uri = self.document()
        if uri is None:
            raise invalid_params(f"{self._what} needs `textDocument` with its `uri`.")
        return uri

    def position(self) -> types.Position | None:
        value = self._data.get("position")
        if value is None:
            return None
        place = Params(f"`position` of {self._what}", value)
        line, character = place.integer("line", 0, 2**31 - 1), place.integer("character", 0, 2**31 - 1)
        if line is None or character is None:
            raise invalid_params(f"`position` of {self._what} needs `line` and `character`.")
        return types.Position(line, character)

    def _typed(self, name: str, kind: type, words: str) -> Any:
        value = self._data.get(name)
        if value is not None and not isinstance(value, kind):
            raise invalid_params(f"`{name}` of {self._what} must be {words}.")
        return value
