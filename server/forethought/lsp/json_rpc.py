"""Checks messages before pygls handles them: what is wrong with a message is answered or logged, never raised."""

import logging
from collections.abc import Callable, Generator, Mapping
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

from forethought.lsp.error_responses import INVALID_PARAMS, INVALID_REQUEST, NOT_INITIALIZED
from forethought.lsp.protocol_extensions import DID_CHANGE_LANGUAGE_SERVERS, DID_FOCUS, FEEDBACK
from forethought.lsp.transport import frame_message

_USED_INITIALIZE_PARAMS: Mapping[str, Any] = {
    **dict.fromkeys(("processId", "rootUri", "rootPath", "workspaceFolders", "initializationOptions", "clientInfo")),
    "capabilities": {
        "general": {"positionEncodings": None},
        "window": {"workDoneProgress": None},
        "workspace": {"configuration": None, "workspaceFolders": None, "didChangeWatchedFiles": None},
        "textDocument": {
            "synchronization": None,
            "hover": {"contentFormat": ("markdown", "plaintext")},
            "documentSymbol": {"hierarchicalDocumentSymbolSupport": None},
            **dict.fromkeys(("definition", "declaration", "implementation", "references", "documentHighlight")),
            **dict.fromkeys(("callHierarchy", "typeHierarchy", "codeLens")),
        },
        "experimental": None,
    },
}
"""The parameters of `initialize` that we use. None keeps a whole value; a tuple keeps the listed values of a list."""

_NOTIFICATIONS = frozenset(method for method, found in types.METHOD_TO_TYPES.items() if found[1] is None) | {
    DID_CHANGE_LANGUAGE_SERVERS,
    DID_FOCUS,
    FEEDBACK,
}

logger = logging.getLogger(__name__)


class ForethoughtProtocol(LanguageServerProtocol):
    """pygls's protocol behind stricter checks. Uses pygls's public interface only."""

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self.initialized = False
        """Whether `initialize` was answered."""
        self.shutting_down = False
        self.restrict_capabilities: Callable[[types.ServerCapabilities], None] = lambda capabilities: None
        """Called with everything that the server can do, to remove what it does not offer to this client."""

    def receive(self, data: dict[str, Any]) -> None:
        """Handle one message. Never raises."""
        method, message_id = data.get("method"), data.get("id")
        is_request = isinstance(method, str) and "id" in data
        try:
            if is_request and (refusal := self._refusal(str(method), message_id)):
                self.respond_error(message_id, *refusal)
            elif is_request or self._is_welcome(method):
                self.handle_message(self._structure(data))
        except JsonRpcException:
            if is_request:
                sentence = f"The parameters of {method} do not have the form that the protocol prescribes."
                self.respond_error(message_id, INVALID_PARAMS, sentence)
            else:
                logger.warning("ignored a malformed message (%s)", method)
        except Exception:
            logger.exception("could not handle a message (%s)", method)

    def respond_error(self, message_id: Any, code: int, sentence: str) -> None:
        """Answer a message that no handler sees. An id that JSON-RPC does not allow is answered as null."""
        response = {
            "jsonrpc": "2.0",
            "id": message_id if _is_id(message_id) else None,
            "error": {"code": code, "message": sentence},
        }
        if self.writer is not None:
            self.writer.write(frame_message(response))

    def _refusal(self, method: str, message_id: Any) -> tuple[int, str] | None:
        if not _is_id(message_id):
            return INVALID_REQUEST, "The `id` of a request must be a string or a whole number."
        if method in _NOTIFICATIONS:
            return INVALID_REQUEST, f"{method} is a notification; send it without an `id`."
        if self.shutting_down:
            return INVALID_REQUEST, "The server is shutting down; it expects only `exit`."
        if method == types.INITIALIZE:
            return (INVALID_REQUEST, "The server is already initialized.") if self.initialized else None
        return (
            None if self.initialized else (NOT_INITIALIZED, "The server is not initialized; send `initialize` first.")
        )

    def _is_welcome(self, method: Any) -> bool:
        """Tell whether a notification or a response may be handled now."""
        return method == types.EXIT or (self.initialized and not self.shutting_down)

    def _structure(self, data: dict[str, Any]) -> Any:
        """Raises JsonRpcException."""
        defaults = {"jsonrpc": "2.0", "params": None} if "method" in data else {"jsonrpc": "2.0"}
        try:
            return self.structure_message({**defaults, **data})
        except JsonRpcException:
            params = data.get("params")
            if data.get("method") != types.INITIALIZE or not isinstance(params, Mapping):
                raise
            # A newer client may announce values that lsprotocol does not know. Keep only what we use.
            return self.structure_message({**defaults, **data, "params": _reduced(params, _USED_INITIALIZE_PARAMS)})

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        result = yield from super().lsp_initialize(params)
        if (commands := result.capabilities.execute_command_provider) is not None:
            commands.work_done_progress = True
        self.restrict_capabilities(result.capabilities)
        self.initialized = True
        return result

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:
        yield from super().lsp_shutdown(*args)
        self.shutting_down = True


def _is_id(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _reduced(value: Any, used: Any) -> Any:
    """Return the parts of a JSON value that `used` names."""
    if isinstance(used, tuple):
        return [item for item in value if item in used] if isinstance(value, list) else None
    if used is None or not isinstance(value, Mapping):
        return value
    return {key: _reduced(item, used[key]) for key, item in value.items() if key in used}
