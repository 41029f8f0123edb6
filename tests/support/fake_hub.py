"""A local server that answers like the Hugging Face Hub: metadata, redirects to a file store, byte ranges, faults."""

import hashlib
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c0ffee" * 6 + "abcd"


@dataclass
class Hub:
    """What the server serves, and which requests it received."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By `owner/repository/file`."""
    announced: dict[str, str] = field(default_factory=dict)
    """Wrong checksums, by file."""
    statuses: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and error code of repositories that are refused."""
    store_statuses: deque[int] = field(default_factory=deque)
    """For each of the next downloads: the status with which the store refuses it."""
    cuts: deque[int] = field(default_factory=deque)
    """For each of the next downloads: after how many bytes the connection breaks."""
    instead: bytes | None = None
    """What every download returns, whatever was requested."""
    missing_revisions: set[str] = field(default_factory=set)
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of each download."""
    ignores_ranges: bool = False
    requests: list[str] = field(default_factory=list)
    endpoint: str = ""


class HubServer:
    def __init__(self) -> None:
        self.hub = Hub()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self.hub))
        self.hub.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler_of(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            hub.requests.append(f"{self.command} {self.path}")
            parts = self.path.split("?")[0].strip("/").split("/")
            if parts[0] == "store":
                self._send_file("/".join(parts[1:]))
                return
            repository, revision, name = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
            path = f"{repository}/{name}"
            if repository in hub.statuses:
                status, code = hub.statuses[repository]
                self._refuse(status, code)
            elif revision in hub.missing_revisions:
                self._refuse(404, "RevisionNotFound")
            elif not any(known.startswith(f"{repository}/") for known in hub.files):
                self._refuse(401, "RepoNotFound")
            elif path not in hub.files:
                self._refuse(404, "EntryNotFound")
            else:
                body = hub.files[path]
                self.send_response(302)
                # Another host, as in production: its answers carry none of the hub's headers.
                self.send_header("Location", f"{hub.endpoint.replace('127.0.0.1', 'localhost')}/store/{path}")
                self.send_header("X-Repo-Commit", COMMIT)
                digest = hub.announced.get(path) or hashlib.sha256(body).hexdigest()
                self.send_header("X-Linked-Etag", f'"{digest}"')
                self.send_header("X-Linked-Size", str(len(body)))
                self.send_header("Content-Length", "0")
                self.end_headers()

        def _refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", "refused by the test")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send_file(self, path: str) -> None:
            body = hub.instead if hub.instead is not None else hub.files[path]
            range_header = self.headers.get("Range")
            hub.ranges.append(range_header)
            if hub.store_statuses:
                self._refuse(hub.store_statuses.popleft(), "")
                return
            start = 0
            if range_header and hub.instead is None and not hub.ignores_ranges:
                start = int(range_header.removeprefix("bytes=").split("-")[0])
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            rest = body[start:]
            if hub.cuts:
                self.wfile.write(rest[: hub.cuts.popleft()])
                self.wfile.flush()
                self.close_connection = True
                return
            self.wfile.write(rest)

        def log_message(self, format: str, *args: object) -> None:
            """Tests look at `Hub.requests` instead."""

    return Handler
