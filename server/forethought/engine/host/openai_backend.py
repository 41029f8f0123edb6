"""A backend that asks an OpenAI-compatible endpoint (vLLM, llama.cpp's server, Ollama, …), if one is configured.

Interface: https://platform.openai.com/docs/api-reference/chat/streaming
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

import httpx2

from forethought.engine.api import Completion, Delta, Finish, GenerateRequest, Prompt, Usage
from forethought.engine.host.backend import BackendState, Control
from forethought.errors import ContextOverflow, EngineError, EngineUnavailable

KEY_VARIABLES: Final = ("FORETHOUGHT_OPENAI_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the API key; the first one that is set counts."""
_MAX_PARALLEL: Final = 4
_TIMEOUT_SECONDS: Final = 120.0
"""For connecting, and between two pieces of an answer."""
_MAX_ERROR_BYTES: Final = 10_000
_MAX_REASON_CHARS: Final = 300
_TOKENS_PER_MESSAGE: Final = 8
"""A generous allowance for what a chat template adds to each message."""


class OpenAIBackend:
    """One model of one endpoint. Connections stay open between requests, and the environment's proxies are used."""

    def __init__(self, base_url: str, model: str, context_length: int) -> None:
        self.base_url = base_url
        self.model = model
        self._context_length = context_length
        self._runner = asyncio.Runner()
        self._client: httpx2.AsyncClient | None = None

    def state(self) -> BackendState:
        return BackendState(loaded=True, device="endpoint", context_length=self._context_length)

    def generate(self, request: GenerateRequest) -> "EndpointWork":
        return EndpointWork(self, request)

    def score(self, prompts: tuple[Prompt, ...], continuations: tuple[str, ...]) -> "NoScores":
        return NoScores(len(prompts))

    def count_tokens(self, prompts: tuple[Prompt, ...]) -> list[int]:
        """An upper estimate: common tokenizers need fewer than one token for two bytes of ordinary text or code."""
        return [
            sum(
                len(message.content.encode("utf-8", "replace")) // 2 + 1 + _TOKENS_PER_MESSAGE
                for message in prompt.messages
            )
            for prompt in prompts
        ]

    def unload(self) -> None:
        """Does nothing: the endpoint's memory is not ours."""

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the event loop that the connections belong to. One at a time."""
        self._runner.run(coroutine)

    def client(self) -> httpx2.AsyncClient:
        """Raises EngineError when the environment's proxy cannot be used."""
        if self._client is None:
            try:
                self._client = httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS)
            except (ImportError, ValueError, httpx2.InvalidURL) as error:
                raise EngineError(
                    f"The proxy in the environment cannot be used ({error}); change or unset HTTP_PROXY, HTTPS_PROXY "
                    "and ALL_PROXY."
                ) from error
        return self._client

    def completions_url(self) -> httpx2.URL:
        """Raises EngineError when the base URL is not an http(s) address."""
        try:
            url = httpx2.URL(self.base_url)
        except httpx2.InvalidURL as error:
            raise self._bad_address() from error
        if url.scheme not in ("http", "https") or not url.host:
            raise self._bad_address()
        return url.copy_with(path=url.path.rstrip("/") + "/chat/completions", userinfo=b"")

    def _bad_address(self) -> EngineError:
        return EngineError(f"openai.baseUrl is {self.base_url!r}, which is not an http or https address; correct it.")


class NoScores:
    """The result of scoring on an endpoint: the interface does not tell the probability of a given text."""

    def __init__(self, count: int) -> None:
        self.scores: list[float | None] = [None] * count

    def run(self, control: Control) -> bool:
        return True

    def close(self) -> None:
        """Nothing to free."""


class EndpointWork:
    """One `generate` request. Prompts that an interrupt left unfinished are sent again when the work resumes."""

    def __init__(self, backend: OpenAIBackend, request: GenerateRequest) -> None:
        self._backend = backend
        self._request = request
        self._remaining = set(range(len(request.prompts)))

    def run(self, control: Control) -> bool:
        self._backend.run(self._complete_all(control))
        return not self._remaining

    def close(self) -> None:
        """Nothing to free: an interrupt has closed the connections already."""

    async def _complete_all(self, control: Control) -> None:
        limit = asyncio.Semaphore(_MAX_PARALLEL)
        tasks = [asyncio.create_task(self._complete(index, control, limit)) for index in sorted(self._remaining)]
        loop = asyncio.get_running_loop()

        def cancel_all() -> None:
            for task in tasks:
                task.cancel()

        def cancel_from_another_thread() -> None:
            loop.call_soon_threadsafe(cancel_all)

        # Cancelling closes a connection in whatever state it is, so the endpoint stops decoding.
        control.on_interrupt(cancel_from_another_thread)
        if control.interrupted:
            cancel_all()
        try:
            await asyncio.gather(*tasks)
        except (asyncio.CancelledError, EngineError):
            if not control.interrupted:
                raise
        finally:
            control.on_interrupt(None)
            cancel_all()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _complete(self, index: int, control: Control, limit: asyncio.Semaphore) -> None:
        async with limit:
            started = time.monotonic()
            first: float | None = None
            parts: list[str] = []
            finish: Finish = "stop"
            usage: dict[str, Any] = {}
            async for chunk in self._chunks(self._body(index)):
                usage = chunk.get("usage") or usage
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
        self._remaining.discard(index)
        measured = Usage(
            prompt_tokens=_count(usage.get("prompt_tokens")),
            cached_tokens=_count((usage.get("prompt_tokens_details") or {}).get("cached_tokens")),
            completion_tokens=_count(usage.get("completion_tokens")),
            first_token_seconds=first or 0.0,
            seconds=time.monotonic() - started,
        )
        control.emit(Completion(index, "".join(parts), finish, measured))

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

    async def _chunks(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The JSON objects of one streamed answer. Raises EngineError."""
        url = self._backend.completions_url()
        headers = {"Content-Type": "application/json"} | _authorization()
        complete = False
        try:
            # The standard encoder escapes lone surrogates, which source texts may contain; httpx2's does not.
            content = json.dumps(body).encode("ascii")
            async with self._backend.client().sse(url, method="POST", content=content, headers=headers) as events:
                if events.response.status_code != HTTPStatus.OK:
                    raise self._refusal(events.response.status_code, await _read_error(events.response))
                # A server that does not declare its content type is taken at its word.
                events.response.headers.setdefault("Content-Type", "text/event-stream")
                async for event in events:
                    # Read on after [DONE]: a connection is kept only when its response was read to the end.
                    complete = complete or event.data == "[DONE]"
                    if event.data and event.data != "[DONE]":
                        chunk = json.loads(event.data)
                        if not isinstance(chunk, dict) or "error" in chunk:
                            raise self._failure("broke off its answer; its log may say why. Ask again")
                        yield chunk
                        complete = complete or any(choice.get("finish_reason") for choice in chunk.get("choices") or [])
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            raise EngineUnavailable(
                f"The endpoint {self._backend.base_url} cannot be reached ({_reason(error)}); start it, or check "
                "openai.baseUrl."
            ) from error
        except (httpx2.SSEError, httpx2.DecodingError, ValueError) as error:
            raise self._failure(
                f"does not speak the chat completions interface ({type(error).__name__}); check openai.baseUrl"
            ) from error
        except httpx2.HTTPError as error:
            raise self._failure(f"broke off its answer ({_reason(error)}); ask again") from error
        if not complete:
            raise self._failure("ended in the middle of its answer; ask again")

    def _failure(self, what: str) -> EngineError:
        return EngineError(f"The endpoint {self._backend.base_url} {what}.")

    def _refusal(self, status: int, text: str) -> EngineError:
        try:
            reason = str(json.loads(text)["error"]["message"])[:_MAX_REASON_CHARS]
        except (ValueError, KeyError, TypeError):
            reason = httpx2.codes.get_reason_phrase(status) or "no reason given"
        if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE) and "context" in reason.lower():
            return ContextOverflow(f"The prompt does not fit into the endpoint's context ({reason}); ask about less.")
        advice: dict[int, str] = {
            HTTPStatus.UNAUTHORIZED: f"set {KEY_VARIABLES[0]}",
            HTTPStatus.FORBIDDEN: f"check {KEY_VARIABLES[0]}",
            HTTPStatus.NOT_FOUND: "check openai.baseUrl and openai.model",
        }
        return self._failure(f"answered {status} ({reason}); {advice.get(status, 'try again later')}")


def _authorization() -> dict[str, str]:
    """Raises EngineError, which does not quote the key, when the key cannot be sent."""
    variable = next((name for name in KEY_VARIABLES if os.environ.get(name)), None)
    if variable is None:
        return {}
    key = os.environ[variable].strip()
    if not (key.isascii() and key.isprintable()):
        raise EngineError(f"{variable} contains characters that an API key cannot have; correct it.")
    return {"Authorization": f"Bearer {key}"}


async def _read_error(response: httpx2.Response) -> str:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) >= _MAX_ERROR_BYTES:
            break
    return body[:_MAX_ERROR_BYTES].decode("utf-8", "replace")


def _reason(error: httpx2.HTTPError) -> str:
    return str(error) or type(error).__name__


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
