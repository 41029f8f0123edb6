"""An OpenAI-compatible endpoint (vLLM, llama.cpp's server, Ollama …) behind the same host. Only when configured."""

import http.client
import json
import os
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlsplit

from forethought.engine.api import Completion, Delta, Finish, GenerateRequest, Prompt, Usage
from forethought.engine.host.backend import BackendState, Control
from forethought.errors import ContextOverflow, EngineError, EngineUnavailable

KEY_VARIABLES: Final = ("FORETHOUGHT_OPENAI_API_KEY", "OPENAI_API_KEY")
_PARALLEL: Final = 4
_TIMEOUT_SECONDS: Final = 120.0
_LINE_LIMIT: Final = 1_000_000
_BODY_LIMIT: Final = 10_000
_TURN_TOKENS: Final = 8


class OpenAIBackend:
    """One model of one endpoint, by the chat completions interface."""

    def __init__(self, base_url: str, model: str, context_length: int) -> None:
        self.base_url = base_url
        self.model = model
        self._context_length = context_length

    def state(self) -> BackendState:
        return BackendState(loaded=True, device="endpoint", context_length=self._context_length)

    def generate(self, request: GenerateRequest) -> "EndpointWork":
        return EndpointWork(self, request)

    def score(self, prompts: tuple[Prompt, ...], continuations: tuple[str, ...]) -> "NoScores":
        return NoScores(len(prompts))

    def count_tokens(self, prompts: tuple[Prompt, ...]) -> list[int]:
        """From above: no common tokenizer makes more than one token of two bytes of ordinary text or code."""
        return [
            sum(len(message.content.encode("utf-8", "replace")) // 2 + 1 + _TURN_TOKENS for message in prompt.messages)
            for prompt in prompts
        ]

    def unload(self) -> None:
        """The endpoint's memory is not ours."""


class NoScores:
    """An endpoint does not tell the probability of a given text."""

    def __init__(self, count: int) -> None:
        self.scores: list[float | None] = [None] * count

    def run(self, control: Control) -> bool:
        return True

    def close(self) -> None:
        """Nothing is held."""


class EndpointWork:
    """One `generate` request; a prompt whose answer was interrupted is asked again."""

    def __init__(self, backend: OpenAIBackend, request: GenerateRequest) -> None:
        self._backend = backend
        self._request = request
        self._remaining = set(range(len(request.prompts)))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def run(self, control: Control) -> bool:
        if control.interrupted:
            return False
        control.on_interrupt(self._shut)
        try:
            with ThreadPoolExecutor(_PARALLEL, "endpoint") as pool:
                calls = [pool.submit(self._ask, index, control) for index in sorted(self._remaining)]
                wait(calls, return_when=FIRST_EXCEPTION)
                failed = next((call for call in calls if call.done() and call.exception() is not None), None)
                if failed is not None:
                    for call in calls:
                        call.cancel()
                    self._shut()
                    if not control.interrupted:
                        failed.result()
        finally:
            control.on_interrupt(None)
        return not self._remaining

    def close(self) -> None:
        self._shut()

    def _shut(self) -> None:
        """Wake every reader; the endpoint sees the connection end and stops decoding."""
        with self._lock:
            for stream in self._open:
                try:
                    stream.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it is closed already

    def _ask(self, index: int, control: Control) -> None:
        if control.interrupted:
            return
        started = time.monotonic()
        first: float | None = None
        parts: list[str] = []
        finish: Finish = "stop"
        counted: dict[str, Any] = {}
        connection = self._connect()
        # The connection itself forgets its socket as soon as the answer begins.
        stream = connection.sock
        with self._lock:
            self._open.add(stream)
        try:
            for chunk in self._chunks(connection, self._body(index)):
                if control.interrupted:
                    return
                counted = chunk.get("usage") or counted
                for choice in chunk.get("choices") or []:
                    text = (choice.get("delta") or {}).get("content") or ""
                    if text and not parts:
                        text = text.lstrip()
                    if text:
                        first = first or time.monotonic() - started
                        parts.append(text)
                        if self._request.priority == "interactive":
                            control.emit(Delta(index, text))
                    if choice.get("finish_reason") == "length":
                        finish = "length"
        finally:
            with self._lock:
                self._open.discard(stream)
            connection.close()
        if control.interrupted:
            return
        usage = Usage(
            prompt_tokens=_count(counted.get("prompt_tokens")),
            cached_tokens=_count((counted.get("prompt_tokens_details") or {}).get("cached_tokens")),
            completion_tokens=_count(counted.get("completion_tokens")),
            first_token_seconds=first or 0.0,
            seconds=time.monotonic() - started,
        )
        self._remaining.discard(index)
        control.emit(Completion(index, "".join(parts), finish, usage))

    def _connect(self) -> http.client.HTTPConnection:
        url = self._backend.base_url
        connection = _connection(url)
        try:
            connection.connect()
        except OSError as error:
            raise EngineUnavailable(
                f"The endpoint {url} cannot be reached ({error}); start it, or check openai.baseUrl."
            ) from error
        return connection

    def _body(self, index: int) -> dict[str, Any]:
        request = self._request
        body: dict[str, Any] = {
            "model": self._backend.model,
            "messages": [asdict(message) for message in request.prompts[index].messages],
            "max_tokens": request.max_tokens,
            "temperature": request.sampling.temperature,
            "seed": request.sampling.seed + index,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.sampling.stop:
            body["stop"] = list(request.sampling.stop)
        if request.schema is not None:
            schema = {"name": "answer", "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def _chunks(self, connection: http.client.HTTPConnection, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The stream's JSON objects. Raises EngineError."""
        url = self._backend.base_url
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        key = next((os.environ[name] for name in KEY_VARIABLES if os.environ.get(name)), None)
        if key:
            headers["Authorization"] = f"Bearer {key}"
        complete = False
        try:
            path = urlsplit(url).path.rstrip("/") + "/chat/completions"
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise self._refusal(response.status, response.read(_BODY_LIMIT).decode("utf-8", "replace"))
            while line := response.readline(_LINE_LIMIT):
                field, _, value = line.decode("utf-8", "replace").partition(":")
                if field != "data":
                    continue
                if value.strip() == "[DONE]":
                    return
                chunk = json.loads(value)
                if not isinstance(chunk, dict) or "error" in chunk:
                    raise EngineError(f"The endpoint {url} broke off its answer; its log may say why. Ask again.")
                yield chunk
                complete = complete or any(choice.get("finish_reason") for choice in chunk.get("choices") or [])
            if not complete:
                raise EngineError(f"The endpoint {url} ended in the middle of its answer; ask again.")
        except (http.client.HTTPException, ValueError) as error:
            raise EngineError(
                f"The endpoint {url} does not speak the chat completions interface ({type(error).__name__}); "
                "check openai.baseUrl."
            ) from error
        except OSError as error:
            raise EngineError(f"The endpoint {url} broke off its answer ({error}); ask again.") from error

    def _refusal(self, status: int, text: str) -> EngineError:
        try:
            reason = str(json.loads(text)["error"]["message"])[:300]
        except (ValueError, KeyError, TypeError):
            reason = http.client.responses.get(status, "no reason given")
        if status in (400, 413) and "context" in reason.lower():
            return ContextOverflow(f"The prompt does not fit into the endpoint's context ({reason}); ask about less.")
        advice = {
            401: f"set {KEY_VARIABLES[0]}",
            403: f"check {KEY_VARIABLES[0]}",
            404: "check openai.baseUrl and model",
        }
        hint = advice.get(status, "ask again later")
        return EngineError(f"The endpoint {self._backend.base_url} answered {status} ({reason}); {hint}.")


def _connection(base_url: str) -> http.client.HTTPConnection:
    """Through the proxy of the environment where one applies. Raises EngineError."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EngineError(f"openai.baseUrl is {base_url!r}, which is no http address; correct it.")
    make: Callable[..., http.client.HTTPConnection] = (
        http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    )
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname):
        through = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        connection = make(through.hostname or "", through.port or 3128, timeout=_TIMEOUT_SECONDS)
        connection.set_tunnel(parts.hostname, parts.port)
        return connection
    return make(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
