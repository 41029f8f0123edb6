"""The engine host: one process per user and model, shared by every window and command.

    python -m forethought.engine.host '<HostConfig as JSON>'

The main thread runs an event loop that talks to clients; one worker thread runs the model.
"""

import asyncio
import contextlib
import faulthandler
import hmac
import json
import os
import secrets
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from forethought import __version__
from forethought.engine.client.launcher import HostConfig
from forethought.engine.client.model_records import ModelRecords, Speed, fingerprint
from forethought.engine.host.client_connection import ClientConnection, ConnectionListener
from forethought.engine.host.lazy_backend import LazyBackend, create_backend
from forethought.engine.host.machine_load import MachineLoad
from forethought.engine.host.request_queue import Job, RequestQueue, generate_job
from forethought.engine.ipc import wire
from forethought.engine.ipc.host_lock import HostLock
from forethought.engine.ipc.runtime_dir import RuntimeDir
from forethought.engine.json_files import write_json
from forethought.errors import Cancelled, EngineError, EngineUnavailable, ModelLoadError

_MAX_LOG_BYTES: Final = 1_000_000
_HELLO_SECONDS: Final = 10.0
_TICK_SECONDS: Final = 1.0
_EXIT_SECONDS: Final = (2.0, 60.0)
"""How long a host stays after unloading its model: `unload_seconds` once more, within these bounds."""
_STOP_SECONDS: Final = 5.0
_LAST_REPLY_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.05
_READY: Final = b"ready"
_WORKER_FAILED: Final = 70
"""The exit status (EX_SOFTWARE of sysexits.h)."""


def main(arguments: list[str]) -> int:
    """Run a host. Where the system can fork, return as soon as the forked host accepts requests."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m forethought.engine.host CONFIG\n")
        return 2
    try:
        config = HostConfig.from_json(arguments[0])
    except (ValueError, TypeError) as error:
        sys.stderr.write(f"Cannot read the engine host's configuration ({error}).\n")
        return 2
    if not hasattr(os, "fork"):
        return _run(config, None)
    read_end, write_end = os.pipe()
    if os.fork() > 0:
        os.close(write_end)
        return 0 if os.read(read_end, 16) == _READY else 1
    os.close(read_end)
    return _run(config, write_end)


def _run(config: HostConfig, ready: int | None) -> int:
    runtime_dir = config.runtime_dir
    lock = HostLock(runtime_dir.lock)
    try:
        runtime_dir.prepare()
        acquired = lock.acquire(_STOP_SECONDS)
    except EngineUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not acquired:
        sys.stderr.write("Another engine host already serves this model.\n")
        return 1
    with runtime_dir.fatal.open("wb") as fatal:
        # The interpreter writes to it when native code aborts or faults; `record_crash` reads it.
        faulthandler.enable(fatal, all_threads=False)
        host = Host(config, runtime_dir, lock)
        asyncio.run(host.run(ready))
    runtime_dir.fatal.unlink(missing_ok=True)
    return 0


class Host:
    """The host of one model."""

    def __init__(self, config: HostConfig, runtime_dir: RuntimeDir, lock: HostLock) -> None:
        """`lock` is held; the host releases it when it stops accepting requests."""
        self._config = config
        self._runtime_dir = runtime_dir
        self._lock = lock
        self._load = MachineLoad()
        self._queue = RequestQueue(lambda: self._load.leaves_free(config.idle_share))
        self._records = ModelRecords(Path(config.cache_folder))
        self._model_state = self._present_model_state()
        """Of the file when the host started: it never loads another one."""
        self._backend = LazyBackend(lambda: create_backend(config, self._load, self._loading))
        self._token = secrets.token_hex(32) if config.transport == "tcp" else ""
        self._leaving = asyncio.Event()
        self._drop_requests = False
        """Leave without finishing the requests."""
        self._connections: set[asyncio.Task[None]] = set()
        self._saved_speed: tuple[float | None, float | None] = (None, None)

    async def run(self, ready: int | None) -> None:
        """Serve until nobody needs the host. `ready`: a file descriptor to report on that it accepts requests."""
        server = await self._listen()
        worker = threading.Thread(target=self._work, name="engine", daemon=True)
        worker.start()
        write_json(
            self._runtime_dir.status,
            {"pid": os.getpid(), "model": self._config.model_name, "version": __version__, "started": time.time()},
        )
        if ready is not None:
            os.write(ready, _READY)
            os.close(ready)
        ticking = asyncio.create_task(self._tick())
        try:
            await self._leaving.wait()
        finally:
            server.close()
            self._remove_address()
            await asyncio.to_thread(self._finish_requests)
            self._queue.close()
            await asyncio.to_thread(worker.join, _STOP_SECONDS)
            # Stopping while a model loads is not a crash.
            self._runtime_dir.loading.unlink(missing_ok=True)
            ticking.cancel()
            if self._connections:
                await asyncio.wait(self._connections, timeout=_LAST_REPLY_SECONDS)
        _log("left")
        if worker.is_alive():
            self._runtime_dir.fatal.unlink(missing_ok=True)
            os._exit(0)  # it runs native code that cannot be interrupted

    async def _listen(self) -> asyncio.Server:
        if self._config.transport == "tcp":
            server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            write_json(self._runtime_dir.port_file, {"port": port, "token": self._token})
            return server
        path = self._runtime_dir.socket
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        return await asyncio.start_unix_server(self._accept, sock=listener)

    @property
    def _address(self) -> Path:
        return self._runtime_dir.port_file if self._config.transport == "tcp" else self._runtime_dir.socket

    def _remove_address(self) -> None:
        """From here on, another host may take over."""
        if self._lock.intact:
            for path in (self._address, self._runtime_dir.status):
                path.unlink(missing_ok=True)
        self._lock.release()

    def _leave(self, reason: str, drop_requests: bool = False) -> None:
        if not self._leaving.is_set():
            _log(f"leaving: {reason}")
        self._drop_requests = self._drop_requests or drop_requests
        self._leaving.set()

    def _finish_requests(self) -> None:
        while self._queue.busy and not self._drop_requests:
            time.sleep(_POLL_SECONDS)

    async def _tick(self) -> None:
        """Once a second: sample the load, and check our files and whether anybody still needs the host."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._load.sample()
            if not self._lock.intact or not self._address.exists():
                self._leave("its lock or address was removed")
            if self._present_model_state() != self._model_state:
                self._leave("its model file was replaced", drop_requests=True)
            inactive = time.monotonic() - max(self._queue.last_work, self._queue.last_activity)
            unload = self._config.unload_seconds
            if not self._queue.busy and inactive >= unload + min(max(unload, _EXIT_SECONDS[0]), _EXIT_SECONDS[1]):
                self._leave("nobody needs it")
            with contextlib.suppress(OSError):  # somebody has removed the log
                if self._runtime_dir.log.stat().st_size > _MAX_LOG_BYTES:
                    os.truncate(self._runtime_dir.log, 0)
            if not self._queue.busy:
                await asyncio.to_thread(self._save_speed)

    def _save_speed(self) -> None:
        state = self._backend.state()
        speed = (state.prompt_tokens_per_second, state.completion_tokens_per_second)
        if self._config.model_path is None or not state.loaded or speed == self._saved_speed:
            return
        self._saved_speed = speed
        with contextlib.suppress(EngineError):  # the file is gone; its speed does not matter any more
            digest = self._records.digest(Path(self._config.model_path))
            self._records.save_speed(digest, Speed(*speed, state.device))

    def _work(self) -> None:
        """The worker thread."""
        try:
            self._backend.prepare()
            self._queue.serve(self._backend, self._unload_if_unused)
        except BaseException:  # noqa: BLE001  without a worker the host is useless, whatever ended it
            traceback.print_exc()
            os._exit(_WORKER_FAILED)

    def _unload_if_unused(self) -> None:
        unused = time.monotonic() - self._queue.last_work
        if self._config.model_path and self._backend.state().loaded and unused >= self._config.unload_seconds:
            _log("unloading the model: nobody needs it")
            self._backend.unload()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        connection = ClientConnection(reader, writer)
        try:
            if not connection.is_same_user:
                return
            if self._token:
                await asyncio.wait_for(connection.prove_token(self._token), _HELLO_SECONDS)
            if await self._greet(connection):
                while await self._serve(connection):
                    pass
        except wire.WireError as error:
            connection.send(wire.error_to_json(EngineError(f"The engine did not understand the request: {error}.")))
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            return  # the client is gone, or never said what it wants
        finally:
            await connection.close()

    async def _greet(self, connection: ClientConnection) -> bool:
        """Exchange versions; False when the connection ends here.

        A newer client, or one that means another state of the model file, makes this host leave.
        """
        hello = await asyncio.wait_for(connection.receive(), _HELLO_SECONDS)
        if hello.get("type") != "hello":
            raise wire.WireError("the connection does not begin with hello")
        token = str(hello.get("token", "")).encode("utf-8", "replace")
        if self._token and not hmac.compare_digest(token, self._token.encode()):
            raise wire.WireError("the token is wrong")
        if _version_of(hello) > (wire.PROTOCOL_VERSION, _numbers(__version__)) or self._leaving.is_set():
            connection.send({"type": "leaving"})
            self._leave("a newer version wants to take over")
            return False
        if hello.get("model_state") not in (None, self._model_state):
            connection.send({"type": "leaving"})
            self._leave("its model file was replaced", drop_requests=True)
            return False
        if hello.get("protocol") != wire.PROTOCOL_VERSION:
            connection.send(
                wire.error_to_json(
                    EngineUnavailable(
                        "The running engine belongs to a newer version of Forethought; restart this program, or update"
                        " it."
                    )
                )
            )
            return False
        hello = {"type": "hello", "protocol": wire.PROTOCOL_VERSION, "version": __version__, "pid": os.getpid()}
        connection.send(hello)
        return True

    async def _serve(self, connection: ClientConnection) -> bool:
        """Serve one request; False at the end of the connection."""
        try:
            message = await connection.receive()
        except asyncio.IncompleteReadError:
            return False
        kind = message.get("type")
        try:
            if kind == "generate":
                request = wire.request_from_json(message.get("request"))
                await self._run_job(connection, generate_job(request, json.dumps(message["request"], sort_keys=True)))
            elif kind == "score":
                await self._run_job(connection, _score_job(message))
            elif kind == "count_tokens":
                prompts = wire.prompts_from_json(message.get("prompts"))
                connection.send_result(await asyncio.to_thread(self._backend.count_tokens, prompts))
            elif kind == "info":
                connection.send_result(self._describe())
            elif kind == "activity":
                self._queue.note_activity()
                connection.send_result(None)
            elif kind == "cancel":
                connection.send_result(None)  # nothing is under way on this connection
            elif kind == "stop":
                connection.send_result(None)
                self._leave("it was asked to stop", drop_requests=True)
            else:
                raise wire.WireError("its type is unknown")
        except EngineError as error:
            connection.send(wire.error_to_json(error))
        return True

    async def _run_job(self, connection: ClientConnection, job: Job) -> None:
        """Queue a job, and wait until it ends or is cancelled, or the client is gone."""
        listener = ConnectionListener(connection, asyncio.get_running_loop())
        job = self._queue.add(job, listener)
        cancelled = asyncio.create_task(connection.wait_for_cancel())
        done = asyncio.create_task(listener.done.wait())
        try:
            await asyncio.wait({cancelled, done}, return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                self._queue.abandon(job, listener)
                listener.muted = True
                if connection.is_open:
                    connection.send(wire.error_to_json(Cancelled("The request was cancelled.")))
        finally:
            done.cancel()
            cancelled.cancel()
            with contextlib.suppress(asyncio.CancelledError):  # ours
                await cancelled

    def _present_model_state(self) -> str:
        path = self._config.model_path
        return "endpoint" if path is None else fingerprint(Path(path))

    def _describe(self) -> dict[str, Any]:
        state = self._backend.state()
        return {
            "pid": os.getpid(),
            "version": __version__,
            "model": self._config.model_name,
            "loaded": state.loaded,
            "device": state.device,
            "context_length": state.context_length,
            "prompt_tokens_per_second": state.prompt_tokens_per_second,
            "completion_tokens_per_second": state.completion_tokens_per_second,
            "busy": self._queue.busy,
            "free_cores": round(self._load.free_cores, 2),
        }

    @contextlib.contextmanager
    def _loading(self) -> Iterator[None]:
        """Leave a marker in case the process dies while loading. Raises ModelLoadError if the file was replaced."""
        started = time.monotonic()
        self._runtime_dir.loading.touch()
        try:
            yield
        finally:
            self._runtime_dir.loading.unlink(missing_ok=True)
        if self._present_model_state() != self._model_state:
            raise ModelLoadError(f"The model file {self._config.model_path} was replaced meanwhile; ask again.")
        _log(f"loaded {self._config.model_name} in {time.monotonic() - started:.2f} s")


def _score_job(message: dict[str, Any]) -> Job:
    prompts = wire.prompts_from_json(message.get("prompts"))
    continuations = wire.texts_from_json(message.get("continuations"))
    if len(prompts) != len(continuations):
        raise wire.WireError("prompts and continuations differ in length")
    return Job(
        start=lambda backend: backend.score(prompts, continuations),
        result_of=lambda work: work.scores,  # type: ignore[attr-defined]  # `score` returns a ScoreWork
        priority=wire.priority_from_json(message.get("priority")),
    )


def _version_of(hello: dict[str, Any]) -> tuple[int, tuple[int, ...]]:
    """Of the protocol, and of the client's program."""
    protocol = hello.get("protocol")
    return protocol if isinstance(protocol, int) else 0, _numbers(str(hello.get("version", "")))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


def _log(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {os.getpid()} {line}\n")
    sys.stderr.flush()
