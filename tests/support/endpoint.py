"""An OpenAI-compatible endpoint on loopback that keeps every prompt it gets, and says back what it is told to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def verdict_asked_for(request: str) -> str | None:
    """What a model that stands by its statements replies if a request asks for that; None if it asks anything else."""
    if "Is this statement correct" in request:
        return "Yes"
    return "No" if "Does the code contradict this statement" in request else None


class Endpoint:
    def __init__(self, answer: str = "It does what its name says.") -> None:
        self.answer = answer
        self.bodies: list[str] = []
        self.asked = threading.Event()
        self.held = threading.Event()
        """While it is set, an answer stops after its first word."""
        self.gone = threading.Event()
        """A client hung up in the middle of an answer."""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Quiet."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                endpoint.bodies.append(json.dumps(json.loads(body), ensure_ascii=False))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                try:
                    answer = verdict_asked_for(body) or endpoint.answer
                    self.say({"choices": [{"delta": {"content": answer}, "finish_reason": None}]})
                    endpoint.asked.set()
                    while endpoint.held.is_set() and not threading.Event().wait(0.05):
                        self.wfile.write(b": still here\n\n")
                        self.wfile.flush()
                    self.say({"choices": [{"delta": {}, "finish_reason": "stop"}]})
                    self.say({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}})
                    self.wfile.write(b"data: [DONE]\n\n")
                except OSError:
                    endpoint.gone.set()

            def say(self, chunk: dict[str, Any]) -> None:
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.flush()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.held.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
