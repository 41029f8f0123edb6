"""The engine host: one process per user and model that owns the model and serves every window and command.

    python -m forethought.engine.host '<HostConfig as JSON>'

The main thread runs an event loop that speaks with clients; one worker thread does the model's work.
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
from forethought.engine.client.model_records import Records, Speed
from forethought.engine.host.client_connection import ClientConnection, ConnectionListener
from forethought.engine.host.lazy_backend import LazyBackend, make_backend
from forethought.engine.host.machine_load import MachineLoad
from forethought.engine.host.request_queue import Job, RequestQueue, generate_job
from forethought.engine.ipc import wire
from forethought.engine.ipc.host_lock import HostLock
from forethought.engine.ipc.runtime_dir import RuntimeDir
from forethought.engine.json_files import write_json
from forethought.errors import Cancelled, EngineError, EngineUnavailable

LOG_LIMIT: Final = 1_000_000
_HELLO_SECONDS: Final = 10.0
_TICK_SECONDS: Final = 1.0
_EXIT_SECONDS: Final = (2.0, 60.0)
"""After unloading: as long again, within these bounds."""
_STOP_SECONDS: Final = 5.0


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m forethought.engine.host CONFIG\n")
        return 2
    try:
        config = HostConfig.from_text(arguments[0])
    except (ValueError, TypeError) as error:
        sys.stderr.write(f"The engine host's configuration is not understood ({error}).\n")
        return 2
    if not hasattr(os, "fork"):
        return _run(config, None)
    read_end, write_end = os.pipe()
    if os.fork() > 0:
        os.close(write_end)
        return 0 if os.read(read_end, 16) == b"ready" else 1
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
        # Written by the interpreter when native code aborts or faults; a later start reads it.
        faulthandler.enable(fatal, all_threads=False)
        host = Host(config, runtime_dir, lock)
        asyncio.run(host.run(ready))
    runtime_dir.fatal.unlink(missing_ok=True)
    return 0


class Host:
    """One model's host. `run` returns when it leaves."""

    def __init__(self, config: HostConfig, runtime_dir: RuntimeDir, lock: HostLock) -> None:
        self._config = config
        self._place = runtime_dir
        self._lock = lock
        self._load = MachineLoad()
        self._board = RequestQueue(lambda: self._load.leaves(config.idle_share))
        self._records = Records(Path(config.cache_folder))
        self._backend = LazyBackend(lambda: make_backend(config, self._load, self._loading))
        self._token = secrets.token_hex(32) if config.transport == "tcp" else ""
        self._leaving = asyncio.Event()
        self._at_once = False
        self._calls: set[asyncio.Task[None]] = set()
        self._kept_speed: tuple[float | None, float | None] = (None, None)

    async def run(self, ready: int | None) -> None:
        server = await self._listen()
        worker = threading.Thread(target=self._work, name="engine", daemon=True)
        worker.start()
        write_json(
            self._place.status,
            {"pid": os.getpid(), "model": self._config.model_name, "version": __version__, "started": time.time()},
        )
        if ready is not None:
            os.write(ready, b"ready")
            os.close(ready)
        ticking = asyncio.create_task(self._tick())
        try:
            await self._leaving.wait()
        finally:
            server.close()
            self._forget_address()
            await asyncio.to_thread(self._finish_requests)
            self._board.close()
            await asyncio.to_thread(worker.join, _STOP_SECONDS)
            # A stop in the middle of loading is no crash.
            self._place.loading.unlink(missing_ok=True)
            ticking.cancel()
            if self._calls:
                await asyncio.wait(self._calls, timeout=1.0)
        _log("left")
        if worker.is_alive():
            self._place.fatal.unlink(missing_ok=True)
            os._exit(0)  # native code that cannot be interrupted

    async def _listen(self) -> asyncio.Server:
        if self._config.transport == "tcp":
            server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            write_json(self._place.port_file, {"port": port, "token": self._token})
            return server
        path = self._place.socket
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
        return self._place.port_file if self._config.transport == "tcp" else self._place.socket

    def _forget_address(self) -> None:
        """From here on another host may take over."""
        if self._lock.intact:
            for path in (self._address, self._place.status):
                path.unlink(missing_ok=True)
        self._lock.release()

    def _leave(self, reason: str, at_once: bool = False) -> None:
        if not self._leaving.is_set():
            _log(f"leaving: {reason}")
        self._at_once = self._at_once or at_once
        self._leaving.set()

    def _finish_requests(self) -> None:
        while self._board.busy and not self._at_once:
            time.sleep(0.05)

    async def _tick(self) -> None:
        """Once a second: look at the machine, at our own files, and at whether anybody still needs us."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._load.sample()
            if not self._lock.intact or not self._address.exists():
                self._leave("its lock or address was removed")
            quiet = time.monotonic() - max(self._board.last_work, self._board.last_activity)
            unload = self._config.unload_seconds
            if not self._board.busy and quiet >= unload + min(max(unload, _EXIT_SECONDS[0]), _EXIT_SECONDS[1]):
                self._leave("nobody needs it")
            with contextlib.suppress(OSError):
                if self._place.log.stat().st_size > LOG_LIMIT:
                    os.truncate(self._place.log, 0)
            if not self._board.busy:
                await asyncio.to_thread(self._keep_speed)

    def _keep_speed(self) -> None:
        state = self._backend.state()
        speed = (state.prompt_tokens_per_second, state.completion_tokens_per_second)
        if self._config.model_path is None or not state.loaded or speed == self._kept_speed:
            return
        self._kept_speed = speed
        with contextlib.suppress(EngineError):
            digest = self._records.digest(Path(self._config.model_path))
            self._records.keep_speed(digest, Speed(*speed, state.device))

    def _work(self) -> None:
        try:
            self._backend.prepare()
            self._board.serve(self._backend, self._pause)
        except BaseException:  # noqa: BLE001  without a worker the host is of no use, whatever ended it
            traceback.print_exc()
            os._exit(70)

    def _pause(self) -> None:
        if self._backend.state().loaded and time.monotonic() - self._board.last_work >= self._config.unload_seconds:
            _log("unloading the model: nobody needs it")
            self._backend.unload()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)
        caller = ClientConnection(reader, writer)
        try:
            if not caller.is_same_user:
                return
            if await self._greet(caller):
                while await self._serve(caller):
                    pass
        except wire.WireError as error:
            caller.send(wire.error_to_json(EngineError(f"The engine did not understand the request: {error}.")))
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            return  # the client is gone, or never said what it wants
        finally:
            await caller.close()

    async def _greet(self, caller: ClientConnection) -> bool:
        """Exchange versions. A newer client makes this host leave, so that a new one takes over."""
        hello = await asyncio.wait_for(caller.receive(), _HELLO_SECONDS)
        if hello.get("type") != "hello":
            raise wire.WireError("it does not begin with hello")
        if self._token and not hmac.compare_digest(str(hello.get("token", "")), self._token):
            raise wire.WireError("its token is wrong")
        if _version(hello) > (wire.PROTOCOL_VERSION, _numbers(__version__)) or self._leaving.is_set():
            caller.send({"type": "leaving"})
            self._leave("a newer version wants to take over")
            return False
        if hello.get("protocol") != wire.PROTOCOL_VERSION:
            caller.send(
                wire.error_to_json(
                    EngineUnavailable(
                        "The running engine belongs to a newer Forethought; restart this program, or update it."
                    )
                )
            )
            return False
        caller.send({"type": "hello", "protocol": wire.PROTOCOL_VERSION, "version": __version__, "pid": os.getpid()})
        return True

    async def _serve(self, caller: ClientConnection) -> bool:
        """One request; False at the end of the connection."""
        try:
            message = await caller.receive()
        except asyncio.IncompleteReadError:
            return False
        kind = message.get("type")
        try:
            if kind == "generate":
                request = wire.request_from_json(message.get("request"))
                await self._do(caller, generate_job(request, json.dumps(message["request"], sort_keys=True)))
            elif kind == "score":
                await self._do(caller, _score_job(message))
            elif kind == "count_tokens":
                prompts = wire.prompts_from_json(message.get("prompts"))
                caller.end(await asyncio.to_thread(self._backend.count_tokens, prompts))
            elif kind == "info":
                caller.end(self._describe())
            elif kind == "activity":
                self._board.note_activity()
                caller.end(None)
            elif kind == "cancel":
                caller.end(None)  # nothing is under way on this connection
            elif kind == "stop":
                caller.end(None)
                self._leave("it was asked to stop", at_once=True)
            else:
                raise wire.WireError("its type is unknown")
        except EngineError as error:
            caller.send(wire.error_to_json(error))
        return True

    async def _do(self, caller: ClientConnection, job: Job) -> None:
        """Queue a job and stay until it ends, is cancelled, or the client goes away."""
        listener = ConnectionListener(caller, asyncio.get_running_loop())
        job = self._board.add(job, listener)
        closed = asyncio.create_task(caller.cancelled())
        done = asyncio.create_task(listener.done.wait())
        try:
            await asyncio.wait({closed, done}, return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                self._board.leave(job, listener)
                listener.deaf = True
                if caller.open:
                    caller.send(wire.error_to_json(Cancelled("The request was cancelled.")))
        finally:
            done.cancel()
            await caller.stop_reading(closed)

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
            "busy": self._board.busy,
            "free_cores": round(self._load.free_cores, 2),
        }

    @contextlib.contextmanager
    def _loading(self) -> Iterator[None]:
        """Leaves a trace for the case that the process dies within."""
        started = time.monotonic()
        self._place.loading.touch()
        try:
            yield
        finally:
            self._place.loading.unlink(missing_ok=True)
        _log(f"loaded {self._config.model_name} in {time.monotonic() - started:.2f} s")


def _score_job(message: dict[str, Any]) -> Job:
    prompts = wire.prompts_from_json(message.get("prompts"))
    texts = wire.texts_from_json(message.get("continuations"))
    if len(prompts) != len(texts):
        raise wire.WireError("it has as many prompts as texts only by accident")
    return Job(
        start=lambda backend: backend.score(prompts, texts),
        finish=lambda work: work.scores,  # type: ignore[attr-defined]  # `score` gives a ScoreWork
        priority=wire.priority_from_json(message.get("priority")),
    )


def _version(hello: dict[str, Any]) -> tuple[int, tuple[int, ...]]:
    protocol = hello.get("protocol")
    return protocol if isinstance(protocol, int) else 0, _numbers(str(hello.get("version", "")))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


def _log(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {os.getpid()} {line}\n")
    sys.stderr.flush()
