"""The `Engine` that every other process uses: it talks to the host, and starts one when needed."""

import contextlib
import importlib.util
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from forethought.config import Settings
from forethought.engine.api import (
    CancelToken,
    Engine,
    EngineInfo,
    Event,
    GenerateRequest,
    ModelIdentity,
    Priority,
    Prompt,
    ResolvedModel,
)
from forethought.engine.client.host_connection import (
    CONNECT_SECONDS,
    POLL_SECONDS,
    HostConnection,
    HostLeaving,
    NoHost,
    ask_host,
)
from forethought.engine.client.launcher import DEFAULT_TRANSPORT, HostConfig, Transport, start_host
from forethought.engine.client.model_records import ModelRecords, endpoint_digest, fingerprint
from forethought.engine.ipc import wire
from forethought.engine.ipc.crash_records import MAX_CRASHES, crash_count, record_crash
from forethought.engine.ipc.host_lock import is_running, start_lock
from forethought.engine.models.gguf import ModelFile, read_model_file
from forethought.errors import Cancelled, EngineError, EngineUnavailable, ModelLoadError

_START_LOCK_SECONDS: Final = 90.0
_MIN_ACTIVITY_SECONDS: Final = 0.5
"""Between two reports of activity."""
_ACTIVITY_REPLY_SECONDS: Final = 1.0
_MAX_ATTEMPTS: Final = 4
_LEAVING_SECONDS: Final = 0.1
"""How long a leaving host keeps its address; multiplied by the number of the attempt."""


def connect(
    settings: Settings,
    *,
    model: ResolvedModel | None,
    runtime_folder: Path,
    transport: Transport = DEFAULT_TRANSPORT,
) -> Engine:
    """The engine that the settings choose. Nothing is started until it is needed.

    Raises EngineUnavailable, with a remedy: switched off, no model, or the extra is not installed.
    """
    if settings.engine == "none":
        raise EngineUnavailable("The engine is switched off by the setting `engine`; set it to `auto`.")
    common: dict[str, Any] = {
        "runtime_folder": str(runtime_folder.absolute()),
        "cache_folder": str(settings.cache_folder.absolute()),
        "context_length": settings.model_context_length,
        "unload_seconds": settings.idle_unload_minutes * 60,
        "transport": transport,
    }
    if settings.engine == "openai" or (settings.engine == "auto" and settings.openai_base_url):
        if not settings.openai_base_url or not settings.openai_model:
            raise EngineUnavailable(
                "The engine is set to `openai`, but openai.baseUrl or openai.model is not set; set both."
            )
        return EngineClient(
            HostConfig(**common, model_name=settings.openai_model, base_url=settings.openai_base_url.rstrip("/"))
        )
    if model is None:
        raise EngineUnavailable(
            "No model is installed; run `forethought model pull ministral-3b`, or set model.path to a GGUF file."
        )
    if importlib.util.find_spec("llama_cpp") is None:
        raise EngineUnavailable(
            "The local engine is not installed; run `pip install 'llama-cpp-python>=0.3.36'` (it is built from "
            "source and needs a C++ compiler)."
        )
    return EngineClient(
        HostConfig(
            **common,
            model_name=model.name,
            model_path=str(model.path.absolute()),
            gpu_layers=settings.model_gpu_layers,
            threads=settings.model_threads,
        ),
        demo=model.demo,
    )


class EngineClient:
    """An `Engine`. Each call has a connection of its own: closing it cancels the call."""

    def __init__(self, config: HostConfig, *, demo: bool = False) -> None:
        self.config = config
        self.runtime_dir = config.runtime_dir
        self._demo = demo
        self._records = ModelRecords(Path(config.cache_folder))
        self._lock = threading.Lock()
        self._header: tuple[str, ModelFile] | None = None
        """The model file's header, with the fingerprint of the file it was read from."""
        self._digest: tuple[str, str] | None = None
        """The model file's digest, with the same fingerprint."""
        self._activity_reported_at = 0.0

    def identity(self) -> ModelIdentity:
        """Calls that follow raise EngineError when the file was replaced, so that no other model answers for this."""
        config = self.config
        if config.model_path is None:
            digest = endpoint_digest(config.base_url or "", config.model_name)
            return ModelIdentity(kind="openai", model=config.model_name, digest=digest, remote=True, demo=self._demo)
        self._read_header()
        mark = self._fingerprint()
        if self._digest is None or self._digest[0] != mark:
            self._digest = mark, self._records.digest(Path(config.model_path))
        return ModelIdentity(
            kind="llama", model=config.model_name, digest=self._digest[1], remote=False, demo=self._demo
        )

    def fetch_info(self) -> EngineInfo:
        running: dict[str, Any] = {}
        with contextlib.suppress(EngineError, NoHost):  # what is known without a host has to do
            running = ask_host(self.runtime_dir, {"type": "info"})
        identity = self.identity()
        header = self._read_header()
        trained = header.context_length if header else 0
        configured = self.config.context_length
        speed = self._records.speed(identity.digest)
        return EngineInfo(
            kind=identity.kind,
            model=identity.model,
            digest=identity.digest,
            remote=identity.remote,
            demo=identity.demo,
            # A host that another window has started may have another context length.
            context_length=int(running.get("context_length") or min(configured, trained or configured)),
            device="endpoint" if identity.remote else str(running.get("device") or speed.device),
            loaded=bool(running.get("loaded")),
            prompt_tokens_per_second=running.get("prompt_tokens_per_second") or speed.prompt,
            completion_tokens_per_second=running.get("completion_tokens_per_second") or speed.completion,
        )

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Iterator[Event]:
        message = {"type": "generate", "request": wire.request_to_json(request)}
        for reply in self._call(message, cancel):
            if reply.get("type") == "event":
                yield wire.event_from_json(reply)

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[str], priority: Priority, cancel: CancelToken
    ) -> list[float | None]:
        if not prompts:
            return []
        message = {
            "type": "score",
            "prompts": wire.prompts_to_json(tuple(prompts)),
            "continuations": list(continuations),
            "priority": priority,
        }
        return list(self._result(message, cancel))

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        if not prompts:
            return []
        message = {"type": "count_tokens", "prompts": wire.prompts_to_json(tuple(prompts))}
        return list(self._result(message, CancelToken()))

    def report_activity(self) -> None:
        now = time.monotonic()
        if now - self._activity_reported_at < _MIN_ACTIVITY_SECONDS:
            return
        self._activity_reported_at = now
        with contextlib.suppress(EngineError, NoHost):  # without a host there is no idle work
            ask_host(self.runtime_dir, {"type": "activity"}, _ACTIVITY_REPLY_SECONDS)

    def close(self) -> None:
        """Does nothing: no connection outlives its call, and the host leaves when nobody needs it."""

    def _result(self, message: dict[str, Any], cancel: CancelToken) -> Any:
        """The result of a call that ends with one."""
        result: Any = None
        for reply in self._call(message, cancel):
            if reply.get("type") == "end":
                result = reply.get("result")
        return result

    def _call(self, message: dict[str, Any], cancel: CancelToken) -> Iterator[dict[str, Any]]:
        """Yield the host's replies up to and including `end`. Raises EngineError."""
        try:
            request = wire.encode_message(message)
        except wire.WireError as error:
            raise EngineError(f"The request is too long for the engine: {error}; ask for less at once.") from error
        with contextlib.closing(self._connect(request, cancel)) as connection:
            while True:
                if cancel.cancelled:
                    raise Cancelled("The request was cancelled.")
                try:
                    reply = connection.reader.read(POLL_SECONDS)
                except (wire.ConnectionEnded, wire.WireError) as error:
                    raise self._why_host_ended() from error
                if reply is None:
                    continue
                if reply.get("type") == "error":
                    raise wire.error_from_json(reply)
                yield reply
                if reply.get("type") == "end":
                    return

    def _connect(self, request: bytes, cancel: CancelToken) -> HostConnection:
        """Send the request to the host; start one if there is none. Raises EngineError."""
        self._read_header()
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            if cancel.cancelled:
                raise Cancelled("The request was cancelled.")
            model_state = self._fingerprint()
            if self._digest is not None and self._digest[0] != model_state:
                self._digest = None  # so that the next attempt has the new digest
                raise EngineError(f"The model file {self.config.model_path} was replaced meanwhile; ask again.")
            try:
                return HostConnection(self.runtime_dir, request, lambda: cancel.cancelled, model_state=model_state)
            except NoHost:
                self._start_host()
            except HostLeaving:
                cancel.wait(_LEAVING_SECONDS * attempt)
        raise EngineUnavailable(
            f"Cannot reach the engine after {_MAX_ATTEMPTS} attempts; run `forethought engine stop` and try again (its "
            f"log is {self.runtime_dir.log})."
        )

    def _start_host(self) -> None:
        """Start a host, unless another process has just done so, or the model has crashed too often."""
        self.runtime_dir.prepare()
        with start_lock(self.runtime_dir, _START_LOCK_SECONDS):
            if is_running(self.runtime_dir):
                return
            mark = self._fingerprint()
            record_crash(self.runtime_dir, mark)
            if crash_count(self.runtime_dir, mark) >= MAX_CRASHES:
                raise self._crashes_too_often()
            start_host(self.config)

    def _why_host_ended(self) -> EngineError:
        """The error to raise when the host has ended in the middle of a request."""
        deadline = time.monotonic() + CONNECT_SECONDS
        while is_running(self.runtime_dir) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        mark = self._fingerprint()
        with start_lock(self.runtime_dir, _START_LOCK_SECONDS):
            crashed = not is_running(self.runtime_dir) and record_crash(self.runtime_dir, mark)
        if crash_count(self.runtime_dir, mark) >= MAX_CRASHES:
            return self._crashes_too_often()
        if crashed:
            return ModelLoadError(
                f"The model {self.config.model_name} crashed the engine (its log is {self.runtime_dir.log}); it will "
                "be tried once more."
            )
        return EngineError("The engine ended in the middle of the request; ask again to start a new one.")

    def _crashes_too_often(self) -> ModelLoadError:
        return ModelLoadError(
            f"The model {self.config.model_name} crashed the engine {MAX_CRASHES} times, so it is not tried again; "
            "choose another model, or run `forethought engine stop` to try once more."
        )

    def _read_header(self) -> ModelFile | None:
        """The model file's header, read again when the file changes; None for an endpoint. Raises ModelLoadError."""
        if self.config.model_path is None:
            return None
        mark = self._fingerprint()
        with self._lock:
            if self._header is None or self._header[0] != mark:
                self._header = mark, read_model_file(Path(self.config.model_path))
            return self._header[1]

    def _fingerprint(self) -> str:
        return fingerprint(Path(self.config.model_path)) if self.config.model_path else "endpoint"
