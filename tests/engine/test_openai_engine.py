"""An OpenAI-compatible endpoint: a small server of our own that says what it was asked."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from engine_setup import ask, completions, in_thread, prompt, until

from forethought.config import Settings
from forethought.engine.api import CancelToken, Delta, Event, ResolvedModel
from forethought.engine.client.engine_client import connect, host_status, stop_hosts
from forethought.engine.host.backend import Control
from forethought.engine.host.openai_backend import KEY_VARIABLES, OpenAIBackend
from forethought.errors import ContextOverflow, EngineError, EngineUnavailable


class Endpoint:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.words = ["Hello", " wor", "ld"]
        self.status, self.body = 200, ""
        self.breaks_off = False
        self.hang = threading.Event()
        self.go = threading.Event()
        self.gone = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Quiet."""

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.asked.append({"path": self.path, **body})
                endpoint.headers.append(dict(self.headers))
                self.send_response(endpoint.status)
                self.end_headers()
                if endpoint.status != 200:
                    self.wfile.write(endpoint.body.encode())
                    return
                for word in endpoint.words:
                    self.say({"choices": [{"delta": {"content": word}, "finish_reason": None}]})
                    while endpoint.hang.is_set() and not endpoint.go.wait(0.01):
                        try:
                            self.wfile.write(b": still here\n")
                        except OSError:
                            endpoint.gone.set()
                            return
                if endpoint.breaks_off:
                    return
                self.say({"choices": [{"delta": {}, "finish_reason": "length"}]})
                usage = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
                self.say({"choices": [], "usage": usage})
                self.wfile.write(b"data: [DONE]\n\n")

            def say(self, chunk: dict[str, Any]) -> None:
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.flush()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    endpoint = Endpoint()
    yield endpoint
    endpoint.go.set()
    endpoint.server.shutdown()
    endpoint.server.server_close()
    endpoint.thread.join()


def run(endpoint: Endpoint, **options: Any) -> list[Event]:
    events: list[Event] = []
    work = OpenAIBackend(endpoint.url, "big", 4096).generate(ask("Hi", **options))
    assert work.run(Control(events.append))
    return events


def test_an_answer_streams_with_its_usage(endpoint: Endpoint) -> None:
    events = run(endpoint)
    assert [event.text for event in events if isinstance(event, Delta)] == ["Hello", " wor", "ld"]
    (completion,) = completions(events)
    assert (completion.text, completion.finish) == ("Hello world", "length")
    usage = completion.usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) == (9, 4, 3)
    (asked,) = endpoint.asked
    assert (asked["path"], asked["model"], asked["max_tokens"]) == ("/v1/chat/completions", "big", 12)
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]


def test_a_schema_and_stops_are_passed_on(endpoint: Endpoint) -> None:
    run(endpoint, schema={"type": "object"})
    assert endpoint.asked[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_every_prompt_of_a_batch_is_asked(endpoint: Endpoint) -> None:
    events: list[Event] = []
    work = OpenAIBackend(endpoint.url, "big", 4096).generate(ask(*"abcdef", priority="requested"))
    assert work.run(Control(events.append))
    assert [completion.index for completion in completions(events)] == list(range(6))
    assert len(events) == 6


def test_the_key_comes_from_the_environment(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    run(endpoint)
    monkeypatch.setenv(KEY_VARIABLES[0], "k3y")
    run(endpoint)
    assert [headers.get("Authorization") for headers in endpoint.headers] == [None, "Bearer k3y"]


def test_an_interrupt_ends_the_connection_and_what_is_missing_is_asked_again(endpoint: Endpoint) -> None:
    events: list[Event] = []
    control = Control(events.append)
    work = OpenAIBackend(endpoint.url, "big", 4096).generate(ask("Hi", priority="requested"))
    endpoint.hang.set()
    thread, results = in_thread(lambda: work.run(control))
    until(lambda: bool(endpoint.asked))
    control.interrupt()
    thread.join(5)
    assert results == [False]
    assert endpoint.gone.wait(5)
    endpoint.hang.clear()
    control.resume()
    assert work.run(control)
    assert [event.text for event in events] == ["Hello world"]


@pytest.mark.parametrize(
    ("status", "reason", "kind", "message"),
    [
        (401, "no key", EngineError, KEY_VARIABLES[0]),
        (404, "no such model", EngineError, "no such model"),
        (400, "maximum context length is 8", ContextOverflow, "context"),
        (500, "", EngineError, "500"),
    ],
)
def test_a_refusal_says_why(
    endpoint: Endpoint, status: int, reason: str, kind: type[EngineError], message: str
) -> None:
    endpoint.status, endpoint.body = status, json.dumps({"error": {"message": reason}})
    with pytest.raises(kind, match=message):
        run(endpoint)


def test_half_an_answer_is_an_error(endpoint: Endpoint) -> None:
    endpoint.breaks_off = True
    with pytest.raises(EngineError, match="middle of its answer"):
        run(endpoint)


def test_an_endpoint_that_is_not_there_says_so() -> None:
    work = OpenAIBackend("http://127.0.0.1:9/v1", "big", 4096).generate(ask("Hi"))
    with pytest.raises(EngineUnavailable, match="cannot be reached"):
        work.run(Control())


def test_an_address_that_is_none_says_so() -> None:
    work = OpenAIBackend("file:///etc/passwd", "big", 4096).generate(ask("Hi"))
    with pytest.raises(EngineError, match=r"openai\.baseUrl"):
        work.run(Control())


def test_tokens_are_estimated_from_above() -> None:
    (count,) = OpenAIBackend("http://x/v1", "big", 4096).count_tokens((prompt("hello world " * 100),))
    assert count > 250


def test_an_endpoint_is_served_by_the_host_like_a_model(endpoint: Endpoint, tmp_path: Path) -> None:
    settings = Settings(
        engine="openai", openai_base_url=endpoint.url, openai_model="big", cache_directory=str(tmp_path / "cache")
    )
    engine = connect(settings, model=None, runtime_folder=tmp_path)
    try:
        assert engine.info().remote
        assert engine.info().kind == "openai"
        (completion,) = completions(list(engine.generate(ask("Hi"), CancelToken())))
        assert completion.text == "Hello world"
        assert engine.score([prompt("Hi")], ["x"], "requested", CancelToken()) == [None]
        assert len(host_status(tmp_path)) == 1
    finally:
        assert stop_hosts(tmp_path) == 1


def test_what_is_missing_is_said_when_connecting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
