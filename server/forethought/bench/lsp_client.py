"""A minimal LSP client, enough to drive any server over stdio and to time it."""

import contextlib
import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from forethought.text.uris import file_uri

CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
    "textDocument": {
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "synchronization": {"didSave": True},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
    },
}


class ServerError(Exception):
    """An error response, with `code` and `data` as the server sent them."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(str(error.get("message")))
        self.code = error.get("code")
        self.data = error.get("data")


class Connection:
    """A connection to a server over two streams. Answers the server's requests as an editor would."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes], settings: Mapping[str, Any] | None = None) -> None:
        self._reader = reader
        self._writer = writer
        self.notifications: queue.Queue[dict[str, Any]] = queue.Queue()
        """Everything the server sent on its own initiative, including its requests."""
        self.on_notification: Callable[[dict[str, Any]], None] = self.notifications.put
        self._settings = settings
        self._last_id = 0
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def initialize(self, root: Path, options: Any = None, capabilities: Any = None, **more: Any) -> dict[str, Any]:
        """Initialize the server with one workspace folder and return its answer."""
        uri = file_uri(root)
        result: dict[str, Any] = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": uri,
                "workspaceFolders": [{"uri": uri, "name": root.name}],
                "initializationOptions": options,
                "capabilities": CAPABILITIES if capabilities is None else capabilities,
                **more,
            },
            120,
        )
        self.notify("initialized", {})
        return result

    def open(self, path: Path, language: str, text: str | None = None) -> str:
        """Open a document, with the file's text by default, and return its URI."""
        uri = file_uri(path)
        content = path.read_text(encoding="utf-8", errors="replace") if text is None else text
        document = {"uri": uri, "languageId": language, "version": 1, "text": content}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def request(self, method: str, params: Any, seconds: float = 60.0) -> Any:
        """Send a request and wait for the answer. Raises ServerError, and queue.Empty if there is none in time."""
        return self.result(self.send(method, params), seconds)

    def send(self, method: str, params: Any) -> int:
        """Send a request and return its id without waiting."""
        with self._lock:
            self._last_id += 1
            identifier = self._last_id
            self._waiting[identifier] = queue.SimpleQueue()
        self.write({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
        return identifier

    def result(self, identifier: int, seconds: float = 60.0) -> Any:
        """Wait for the answer to an earlier `send`. Raises what `request` raises."""
        message = self._waiting[identifier].get(timeout=seconds)
        del self._waiting[identifier]
        if "error" in message:
            raise ServerError(message["error"])
        return message.get("result")

    def notify(self, method: str, params: Any) -> None:
        self.write({"jsonrpc": "2.0", "method": method, "params": params})

    def write(self, message: Any) -> None:
        body = json.dumps(message).encode()
        self.write_raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def write_raw(self, data: bytes) -> None:
        """Send raw bytes. Raises BrokenPipeError if the server is gone."""
        with self._lock:
            self._writer.write(data)
            self._writer.flush()

    def leave(self) -> None:
        """Send `shutdown` and `exit`; a server that no longer listens is fine."""
        with contextlib.suppress(OSError, queue.Empty, ServerError):
            self.request("shutdown", None, 10)
            self.notify("exit", None)

    def _read(self) -> None:
        while True:
            length = 0
            while (line := self._reader.readline()).strip():
                name, _, value = line.partition(b":")
                if name.strip().lower() == b"content-length":
                    length = int(value)
            if not line:
                break
            self._take(json.loads(self._reader.read(length)))
        for waiting in list(self._waiting.values()):
            waiting.put({"error": {"code": None, "message": "the server is gone"}})

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("jsonrpc") != "2.0":
            raise ValueError(f"not a JSON-RPC 2.0 message: {message}")
        if "method" not in message:
            if (waiting := self._waiting.get(message.get("id") or 0)) is not None:
                waiting.put(message)
            else:
                self.on_notification(message)
            return
        if "id" in message:
            result = None
            if message["method"] == "workspace/configuration":
                result = [self._settings for _ in message["params"]["items"]]
            self.write({"jsonrpc": "2.0", "id": message["id"], "result": result})
        self.on_notification(message)


class Client(Connection):
    """Starts a server process and connects to its stdin and stdout."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=None if environment is None else dict(environment),
        )
        assert self.process.stdout is not None and self.process.stdin is not None
        super().__init__(self.process.stdout, self.process.stdin, settings)

    def close(self) -> int:
        """Shut the server down and return its exit status, or -9 if it had to be killed."""
        self.leave()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
