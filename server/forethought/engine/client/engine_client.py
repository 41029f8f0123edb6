"""The engine as every other process sees it: an `Engine` that speaks with the host, and starts it when needed."""

import contextlib
import importlib.util
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psutil

from forethought import __version__
from forethought.config import Settings
from forethought.engine.api import (
    CancelToken,
    Engine,
    EngineInfo,
    Event,
    GenerateRequest,
    Priority,
    Prompt,
    ResolvedModel,
)
from forethought.engine.client.launcher import DEFAULT_TRANSPORT, HostConfig, Transport, start_host
from forethought.engine.client.model_records import Records, endpoint_digest, fingerprint
from forethought.engine.ipc import wire
from forethought.engine.ipc.crash_records import MAX_CRASHES, crash_count, record_crash
from forethought.engine.ipc.host_lock import is_running, start_lock
from forethought.engine.ipc.runtime_dir import RuntimeDir, all_runtime_dirs
from forethought.engine.json_files import read_json
from forethought.engine.models.gguf import ModelFile, read_model_file
from forethought.errors import Cancelled, EngineError, EngineUnavailable, ModelLoadError

_POLL_SECONDS: Final = 0.03
_HELLO_SECONDS: Final = 20.0
_CONNECT_SECONDS: Final = 5.0
_START_LOCK_SECONDS: Final = 90.0
_ACTIVITY_SECONDS: Final = 0.5
_ATTEMPTS: Final = 4
_LEAVE_SECONDS: Final = 10.0


def connect(
    settings: Settings,
    *,
    model: ResolvedModel | None,
    runtime_folder: Path,
    transport: Transport = DEFAULT_TRANSPORT,
) -> Engine:
    """The engine that the settings choose; nothing is started before it is asked to work.

    Raises EngineUnavailable with what to do: switched off, no model, or the extra is not installed.
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


def host_status(runtime_folder: Path) -> list[dict[str, Any]]:
    """What each running host says: pid, model and answering; where it answers also loaded, device, busy and speeds."""
    found = []
    for runtime_dir in all_runtime_dirs(runtime_folder):
        if not is_running(runtime_dir):
            continue
        try:
            found.append({**_ask(runtime_dir, {"type": "info"}), "answering": True})
        except (EngineError, _NoHost):
            found.append({"pid": None, "model": None, **read_json(runtime_dir.status), "answering": False})
    return found


def stop_hosts(runtime_folder: Path) -> int:
    """Stop every host of this folder, and forget which models crashed. Returns how many were stopped."""
    stopped = 0
    for runtime_dir in all_runtime_dirs(runtime_folder):
        if is_running(runtime_dir):
            pid = read_json(runtime_dir.status).get("pid")
            with contextlib.suppress(EngineError, _NoHost):
                _ask(runtime_dir, {"type": "stop"})
            _wait_for_end(pid)
            stopped += 1
        for path in (runtime_dir.crashes, runtime_dir.fatal, runtime_dir.loading):
            path.unlink(missing_ok=True)
    return stopped


class EngineClient:
    """An `Engine`. Each call has a connection of its own: closing it is what cancels."""

    def __init__(self, config: HostConfig, *, demo: bool = False) -> None:
        self._config = config
        self._place = config.runtime_dir
        self._demo = demo
        self._records = Records(Path(config.cache_folder))
        self._lock = threading.Lock()
        self._file: tuple[str, ModelFile] | None = None
        self._last_activity = 0.0

    def info(self) -> EngineInfo:
        config = self._config
        running: dict[str, Any] = {}
        with contextlib.suppress(EngineError, _NoHost):
            running = _ask(self._place, {"type": "info"})
        if config.model_path is None:
            digest = endpoint_digest(config.base_url or "", config.model_name)
            trained = config.context_length
        else:
            digest = self._records.digest(Path(config.model_path))
            trained = self._checked_file().context_length or config.context_length
        speed = self._records.speed(digest)
        return EngineInfo(
            kind="openai" if config.model_path is None else "llama",
            model=config.model_name,
            digest=digest,
            # A host that another window started may have another context.
            context_length=int(running.get("context_length") or min(config.context_length, trained)),
            device=str(running.get("device") or speed.device) if config.model_path else "endpoint",
            loaded=bool(running.get("loaded")),
            remote=config.model_path is None,
            demo=self._demo,
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
        if now - self._last_activity < _ACTIVITY_SECONDS:
            return
        self._last_activity = now
        with contextlib.suppress(EngineError, _NoHost):  # no host, no idle work
            _ask(self._place, {"type": "activity"}, seconds=1.0)

    def close(self) -> None:
        """Nothing is kept open between calls; the host leaves by itself."""

    def _result(self, message: dict[str, Any], cancel: CancelToken) -> Any:
        result: Any = None
        for reply in self._call(message, cancel):
            if reply.get("type") == "end":
                result = reply.get("result")
        return result

    def _call(self, message: dict[str, Any], cancel: CancelToken) -> Iterator[dict[str, Any]]:
        """Send a request and yield every reply up to the end. Raises EngineError."""
        try:
            frame = wire.encode_message(message)
        except wire.WireError as error:
            raise EngineError(f"The request is too long for the engine: {error}.") from error
        connection = self._connect(frame, cancel)
        with contextlib.closing(connection):
            while True:
                if cancel.cancelled:
                    raise Cancelled("The request was cancelled.")
                try:
                    reply = connection.reader.read(_POLL_SECONDS)
                except (wire.ConnectionEnded, wire.WireError) as error:
                    raise self._why_it_ended() from error
                if reply is None:
                    continue
                if reply.get("type") == "error":
                    raise wire.error_from_json(reply)
                yield reply
                if reply.get("type") == "end":
                    return

    def _connect(self, frame: bytes, cancel: CancelToken) -> "_Connection":
        """A connection on which the host has taken the request; starts a host where none is."""
        self._checked_file()
        for attempt in range(_ATTEMPTS):
            if cancel.cancelled:
                raise Cancelled("The request was cancelled.")
            try:
                return _Connection(self._place, frame, lambda: cancel.cancelled)
            except _NoHost:
                self._start()
            except _HostLeaves:
                # It finishes what it has; its address is free in a moment.
                cancel.wait(0.1 * (attempt + 1))
        raise EngineUnavailable(
            f"The engine could not be reached in {_ATTEMPTS} attempts; run `forethought engine stop` and try again. "
            f"Its log is {self._place.log}."
        )

    def _start(self) -> None:
        """Start a host unless somebody else just did, or the model has crashed too often."""
        self._place.prepare()
        with start_lock(self._place, _START_LOCK_SECONDS):
            if is_running(self._place):
                return
            mark = self._fingerprint()
            record_crash(self._place, mark)
            if crash_count(self._place, mark) >= MAX_CRASHES:
                raise self._given_up()
            start_host(self._config)

    def _why_it_ended(self) -> EngineError:
        """The host is gone in the middle of a request."""
        deadline = time.monotonic() + _CONNECT_SECONDS
        while is_running(self._place) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        with start_lock(self._place, _START_LOCK_SECONDS):
            crashed = not is_running(self._place) and record_crash(self._place, self._fingerprint())
        if crash_count(self._place, self._fingerprint()) >= MAX_CRASHES:
            return self._given_up()
        if crashed:
            return ModelLoadError(
                f"The model {self._config.model_name} made the engine crash (its log is {self._place.log}); "
                "it is tried once more."
            )
        return EngineError("The engine ended in the middle of the request; ask again, and a new one starts.")

    def _given_up(self) -> ModelLoadError:
        return ModelLoadError(
            f"The model {self._config.model_name} made the engine crash {MAX_CRASHES} times, so it is not tried "
            "again; choose another model, or run `forethought engine stop` to try once more."
        )

    def _checked_file(self) -> ModelFile | Any:
        """The model's header, read again when the file changes. Raises ModelLoadError."""
        if self._config.model_path is None:
            return None
        mark = self._fingerprint()
        with self._lock:
            if self._file is None or self._file[0] != mark:
                self._file = mark, read_model_file(Path(self._config.model_path))
            return self._file[1]

    def _fingerprint(self) -> str:
        return fingerprint(Path(self._config.model_path)) if self._config.model_path else "endpoint"


class _NoHost(Exception):
    """Nobody listens at this place."""


class _HostLeaves(Exception):
    """The host is of an older version, or ended before it took the request."""


class _Connection:
    """One call's connection, after the greeting. Raises _NoHost, _HostLeaves, EngineError and Cancelled."""

    def __init__(
        self, runtime_dir: RuntimeDir, frame: bytes, cancelled: Callable[[], bool], seconds: float = _HELLO_SECONDS
    ) -> None:
        self._socket, token = _open(runtime_dir)
        self.reader = wire.MessageReader(self._socket)
        hello = {"type": "hello", "protocol": wire.PROTOCOL_VERSION, "version": __version__, "token": token}
        try:
            self._socket.settimeout(_CONNECT_SECONDS)
            self._socket.sendall(wire.encode_message(hello) + frame)
            answer = self._greeting(cancelled, seconds)
        except (OSError, wire.ConnectionEnded, wire.WireError) as error:
            self.close()
            raise _HostLeaves from error
        except BaseException:
            self.close()
            raise
        if answer.get("type") == "error":
            self.close()
            raise wire.error_from_json(answer)
        if answer.get("type") != "hello":
            self.close()
            raise _HostLeaves

    def close(self) -> None:
        self._socket.close()

    def _greeting(self, cancelled: Callable[[], bool], seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (answer := self.reader.read(_POLL_SECONDS)) is None:
            if cancelled():
                raise Cancelled("The request was cancelled.")
            if time.monotonic() >= deadline:
                raise EngineUnavailable("The engine does not answer; run `forethought engine stop` and try again.")
        return answer


def _open(runtime_dir: RuntimeDir) -> tuple[socket.socket, str]:
    """A socket to the host of this place, and the token it wants."""
    if runtime_dir.port_file.exists():
        address = read_json(runtime_dir.port_file)
        try:
            connection = socket.create_connection(("127.0.0.1", int(address["port"])), _CONNECT_SECONDS)
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise _NoHost from error
        return connection, str(address.get("token", ""))
    if not hasattr(socket, "AF_UNIX"):
        raise _NoHost
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_CONNECT_SECONDS)
    try:
        connection.connect(str(runtime_dir.socket))
    except OSError as error:
        connection.close()
        raise _NoHost from error
    return connection, ""


def _ask(runtime_dir: RuntimeDir, message: dict[str, Any], seconds: float = _CONNECT_SECONDS) -> Any:
    """A small question to a host that runs already. Raises _NoHost and EngineError."""
    try:
        connection = _Connection(runtime_dir, wire.encode_message(message), lambda: False, seconds)
    except _HostLeaves as error:
        raise _NoHost from error
    with contextlib.closing(connection):
        try:
            reply = connection.reader.read(seconds)
        except (wire.ConnectionEnded, wire.WireError) as error:
            raise _NoHost from error
    if reply is None:
        raise EngineUnavailable("The engine does not answer; run `forethought engine stop` and try again.")
    if reply.get("type") == "error":
        raise wire.error_from_json(reply)
    return reply.get("result")


def _wait_for_end(pid: object) -> None:
    """Give a host time to leave, then end it: only if the process is one of ours."""
    if not isinstance(pid, int):
        return
    deadline = time.monotonic() + _LEAVE_SECONDS
    try:
        process = psutil.Process(pid)
        if "forethought.engine.host" not in process.cmdline():
            return
        # Where nobody collects orphans, as in some containers, an ended process stays as a zombie.
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() >= deadline:
                process.kill()
                return
            time.sleep(_POLL_SECONDS)
    except psutil.Error:
        return  # it is gone
