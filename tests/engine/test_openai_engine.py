"""The OpenAI-compatible backend, against a small server that records what it receives."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from forethought.config import Settings
from forethought.engine.api import CancelToken, Delta, Event, ResolvedModel
from forethought.engine.client.engine_client import connect
from forethought.engine.client.hosts import host_status, stop_hosts
from forethought.engine.host import openai_backend
from forethought.engine.host.backend import Control
from forethought.engine.host.openai_backend import KEY_VARIABLES, OpenAIBackend
from forethought.errors import ContextOverflow, EngineError, EngineUnavailable
from support.engine import ask, completions, in_thread, prompt
from support.polling import eventually

pytestmark = pytest.mark.slow


class Endpoint:
    """Streams `words`, then a finish reason, the usage and `[DONE]`, unless told otherwise."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.words = ["Hello", " wor", "ld"]
        self.status, self.body = 200, ""
        self.content_type: str | None = "text/event-stream"
        self.breaks_off = self.fails = False
        self.silent = threading.Event()
        """Send nothing, not even a status line, until `proceed`."""
        self.stalling = threading.Event()
        """Send only comments after each word, until `proceed`."""
        self.proceed = threading.Event()
        self.client_left = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                endpoint.connections += 1

            def log_message(self, *_: object) -> None:
                """Quiet."""

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append({"path": self.path, **body})
                endpoint.headers.append(dict(self.headers))
                while endpoint.silent.is_set() and not endpoint.proceed.wait(0.01):
                    continue
                try:
                    self.answer()
                except OSError:
                    endpoint.client_left.set()
                    self.close_connection = True

            def answer(self) -> None:
                self.send_response(endpoint.status)
                if endpoint.status != 200:
                    self.send_header("Content-Length", str(len(endpoint.body.encode())))
                    self.end_headers()
                    self.wfile.write(endpoint.body.encode())
                    return
                if endpoint.content_type:
                    self.send_header("Content-Type", endpoint.content_type)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for word in endpoint.words:
                    self.send_data({"choices": [{"delta": {"content": word}, "finish_reason": None}]})
                    while endpoint.stalling.is_set() and not endpoint.proceed.wait(0.01):
                        self.send_chunk(b": still here\n")
                if endpoint.fails:
                    self.send_data({"error": {"message": "out of memory"}})
                if not endpoint.breaks_off:
                    self.send_data({"choices": [{"delta": {}, "finish_reason": "length"}]})
                    cached = {"prompt_tokens_details": {"cached_tokens": 4}}
                    self.send_data({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3, **cached}})
                    self.send_chunk(b"data: [DONE]\n\n")
                self.send_chunk(b"")

            def send_data(self, chunk: dict[str, Any]) -> None:
                self.send_chunk(f"data: {json.dumps(chunk)}\n\n".encode())

            def send_chunk(self, data: bytes) -> None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

        class Server(ThreadingHTTPServer):
            daemon_threads = True  # connections are kept open, so handlers outlive their requests

            def handle_error(self, *_: object) -> None:
                """Quiet: clients that leave are part of the tests."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    endpoint = Endpoint()
    yield endpoint
    endpoint.proceed.set()
    endpoint.server.shutdown()
    endpoint.server.server_close()
    endpoint.thread.join()


def run(endpoint: Endpoint, **options: Any) -> list[Event]:
    return run_on(OpenAIBackend(endpoint.url, "big", 4096), **options)


def run_on(backend: OpenAIBackend, **options: Any) -> list[Event]:
    events: list[Event] = []
    assert backend.generate(ask("Hi", **options)).run(Control(events.append))
    return events


def test_an_answer_streams_with_its_usage(endpoint: Endpoint) -> None:
    events = run(endpoint)
    assert [event.text for event in events if isinstance(event, Delta)] == ["Hello", " wor", "ld"]
    (completion,) = completions(events)
    assert (completion.text, completion.finish) == ("Hello world", "length")
    usage = completion.usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) == (9, 4, 3)
    (request,) = endpoint.requests
    assert (request["path"], request["model"], request["max_tokens"]) == ("/v1/chat/completions", "big", 12)
    assert [message["role"] for message in request["messages"]] == ["system", "user"]


def test_leading_white_space_is_left_out(endpoint: Endpoint) -> None:
    endpoint.words = ["\n", " Hello", " you"]
    assert [event.text for event in run(endpoint)] == ["Hello", " you", "Hello you"]


def test_a_schema_is_passed_on(endpoint: Endpoint) -> None:
    run(endpoint, schema={"type": "object"})
    assert endpoint.requests[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_text_that_is_not_valid_unicode_is_sent(endpoint: Endpoint) -> None:
    assert OpenAIBackend(endpoint.url, "big", 4096).generate(ask("\udcff \x00")).run(Control())
    assert endpoint.requests[0]["messages"][1]["content"] == "\udcff \x00"


def test_every_prompt_of_a_batch_is_sent(endpoint: Endpoint) -> None:
    events: list[Event] = []
    work = OpenAIBackend(endpoint.url, "big", 4096).generate(ask(*"abcdef", priority="requested"))
    assert work.run(Control(events.append))
    assert [completion.index for completion in completions(events)] == list(range(6))
    assert len(events) == 6


def test_the_next_request_uses_the_same_connection(endpoint: Endpoint) -> None:
    backend = OpenAIBackend(endpoint.url, "big", 4096)
    run_on(backend)
    run_on(backend)
    assert (len(endpoint.requests), endpoint.connections) == (2, 1)


def test_the_key_comes_from_the_environment(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    run(endpoint)
    monkeypatch.setenv(KEY_VARIABLES[0], "k3y\n")
    run(endpoint)
    assert [headers.get("Authorization") for headers in endpoint.headers] == [None, "Bearer k3y"]


def test_a_key_that_cannot_be_sent_is_not_quoted(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLES[1], "k3y\r\nHost: elsewhere")
    with pytest.raises(EngineError, match=KEY_VARIABLES[1]) as raised:
        run(endpoint)
    assert "k3y" not in str(raised.value)


def test_the_proxy_of_the_environment_is_used(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", endpoint.url.removesuffix("/v1"))
    monkeypatch.setenv("no_proxy", "")
    run_on(OpenAIBackend("http://model.invalid/v1", "big", 4096))
    assert endpoint.requests[0]["path"] == "http://model.invalid/v1/chat/completions"


def test_a_proxy_that_cannot_be_used_says_so(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "gopher://127.0.0.1:1")
    with pytest.raises(EngineError, match="ALL_PROXY"):
        run(endpoint)


@pytest.mark.parametrize("waiting_for", ["the status line", "the next word"])
def test_an_interrupt_closes_the_connection_and_a_resumed_request_is_sent_again(
    endpoint: Endpoint, waiting_for: str
) -> None:
    events: list[Event] = []
    control = Control(events.append)
    work = OpenAIBackend(endpoint.url, "big", 4096).generate(ask("Hi", priority="requested"))
    pause = endpoint.silent if waiting_for == "the status line" else endpoint.stalling
    pause.set()
    thread, results = in_thread(lambda: work.run(control))
    eventually(lambda: bool(endpoint.requests))
    control.interrupt()
    thread.join(5)
    assert results == [False]
    if pause is endpoint.stalling:
        assert endpoint.client_left.wait(5)
    pause.clear()
    control.resume()
    assert work.run(control)
    assert [event.text for event in events] == ["Hello world"]


def test_interrupted_work_sends_nothing(endpoint: Endpoint) -> None:
    control = Control()
    control.interrupt()
    assert not OpenAIBackend(endpoint.url, "big", 4096).generate(ask("Hi")).run(control)
    assert endpoint.requests == []


def test_an_endpoint_that_stops_sending_is_given_up(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_backend, "_TIMEOUT_SECONDS", 0.2)
    endpoint.silent.set()
    with pytest.raises(EngineError, match="ask again"):
        run(endpoint)


@pytest.mark.parametrize(
    ("status", "reason", "kind", "message"),
    [
        (401, "no key", EngineError, KEY_VARIABLES[0]),
        (404, "no such model", EngineError, "no such model"),
        (400, "maximum context length is 8", ContextOverflow, "context"),
        (500, "", EngineError, "500"),
        (529, "overloaded", EngineError, "overloaded.*later"),
    ],
)
def test_a_refusal_says_why(
    endpoint: Endpoint, status: int, reason: str, kind: type[EngineError], message: str
) -> None:
    endpoint.status, endpoint.body = status, json.dumps({"error": {"message": reason}})
    with pytest.raises(kind, match=message):
        run(endpoint)


def test_one_failed_prompt_ends_the_batch(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.body = 500, "not JSON"
    work = OpenAIBackend(endpoint.url, "big", 4096).generate(ask(*"abcdef", priority="requested"))
    with pytest.raises(EngineError, match="Internal Server Error"):
        work.run(Control())


def test_half_an_answer_is_an_error(endpoint: Endpoint) -> None:
    endpoint.breaks_off = True
    with pytest.raises(EngineError, match="middle of its answer"):
        run(endpoint)


def test_an_error_in_the_middle_of_a_stream_is_an_error(endpoint: Endpoint) -> None:
    endpoint.fails = True
    events: list[Event] = []
    with pytest.raises(EngineError, match="its log may say why"):
        OpenAIBackend(endpoint.url, "big", 4096).generate(ask("Hi")).run(Control(events.append))
    assert [event.text for event in events] == endpoint.words


def test_a_server_need_not_declare_its_content_type(endpoint: Endpoint) -> None:
    endpoint.content_type = None
    assert completions(run(endpoint))


def test_a_web_page_is_not_an_answer(endpoint: Endpoint) -> None:
    endpoint.content_type = "text/html"
    with pytest.raises(EngineError, match=r"does not speak .* check openai\.baseUrl"):
        run(endpoint)


def test_an_endpoint_that_is_not_there_says_so() -> None:
    with pytest.raises(EngineUnavailable, match="cannot be reached"):
        run_on(OpenAIBackend("http://127.0.0.1:9/v1", "big", 4096))


@pytest.mark.parametrize("address", ["file:///etc/passwd", "localhost:8080/v1", "http://", "http://[::1/v1"])
def test_an_invalid_address_says_so(address: str) -> None:
    with pytest.raises(EngineError, match=r"openai\.baseUrl"):
        run_on(OpenAIBackend(address, "big", 4096))


def test_tokens_are_estimated_from_above() -> None:
    (count,) = OpenAIBackend("http://x/v1", "big", 4096).count_tokens((prompt("hello world " * 100),))
    assert count > 250


def test_an_endpoint_is_served_by_the_host_like_a_model(endpoint: Endpoint, tmp_path: Path) -> None:
    settings = Settings(
        engine="openai", openai_base_url=endpoint.url, openai_model="big", cache_directory=str(tmp_path / "cache")
    )
    engine = connect(settings, model=None, runtime_folder=tmp_path)
    try:
        info = engine.fetch_info()
        assert (info.kind, info.remote, info.device) == ("openai", True, "endpoint")
        assert engine.identity().digest == info.digest
        (completion,) = completions(list(engine.generate(ask("Hi"), CancelToken())))
        assert completion.text == "Hello world"
        assert engine.score([prompt("Hi")], ["x"], "requested", CancelToken()) == [None]
        assert len(host_status(tmp_path)) == 1
    finally:
        assert stop_hosts(tmp_path) == 1


def test_connecting_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ResolvedModel(tmp_path / "m.gguf", "m")
    with pytest.raises(EngineUnavailable, match="switched off"):
        connect(Settings(engine="none"), model=model, runtime_folder=tmp_path)
    with pytest.raises(EngineUnavailable, match=r"openai\.baseUrl"):
        connect(Settings(engine="openai"), model=model, runtime_folder=tmp_path)
    with pytest.raises(EngineUnavailable, match="model pull"):
        connect(Settings(), model=None, runtime_folder=tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineUnavailable, match=r"pip install 'llama-cpp-python"):
        connect(Settings(), model=model, runtime_folder=tmp_path)
