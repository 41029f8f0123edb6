"""Starts an engine host as a process of its own that outlives the process that started it."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from forethought.engine.ipc.host_lock import is_running
from forethought.engine.ipc.runtime_dir import RuntimeDir, runtime_dir_of
from forethought.errors import EngineUnavailable

Transport = Literal["unix", "tcp"]
DEFAULT_TRANSPORT: Final[Transport] = "tcp" if os.name == "nt" else "unix"

_START_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05
_LOG_TAIL_BYTES: Final = 4096
_MAX_LOG_LINE_CHARS: Final = 200
_DETACHED_PROCESS, _CREATE_NEW_PROCESS_GROUP = 0x00000008, 0x00000200  # of Windows; `subprocess` has them only there


@dataclass(frozen=True, slots=True)
class HostConfig:
    """All that a host needs to know, except an endpoint's API key: that comes from the environment only."""

    runtime_folder: str
    cache_folder: str
    model_name: str
    model_path: str | None = None
    """None: use the endpoint."""
    base_url: str | None = None
    context_length: int = 4096
    """In tokens."""
    gpu_layers: int = -1
    """-1: all that fit."""
    threads: int = 0
    """0: as many as there are free cores."""
    unload_seconds: float = 600.0
    idle_share: float = 0.25
    """Idle work may run while other processes leave this share of the cores free."""
    transport: Transport = DEFAULT_TRANSPORT

    @property
    def served(self) -> str:
        """Identifies the model file or endpoint."""
        if self.model_path is not None:
            return f"llama:{os.path.realpath(self.model_path)}"
        return f"openai:{self.base_url}:{self.model_name}"

    @property
    def runtime_dir(self) -> RuntimeDir:
        return runtime_dir_of(Path(self.runtime_folder), self.served)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "HostConfig":
        """Raises ValueError and TypeError."""
        value: dict[str, Any] = json.loads(text)
        return HostConfig(**value)


def start_host(config: HostConfig) -> None:
    """Start a host and wait until it accepts requests. Raises EngineUnavailable with the last line of its log."""
    runtime_dir = config.runtime_dir
    runtime_dir.prepare()
    command, environment = own_python("forethought.engine.host", config.to_json())
    flags: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        flags = {"creationflags": _DETACHED_PROCESS | _CREATE_NEW_PROCESS_GROUP}
    with runtime_dir.log.open("ab") as log:
        runtime_dir.log.chmod(0o600)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=runtime_dir.folder, env=environment, **flags
        )
    if os.name == "nt":
        _wait_until_running(process, runtime_dir)
        return
    try:
        # The started process forks the host, waits until it accepts requests, and exits.
        status = process.wait(_START_SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.wait()
        raise EngineUnavailable(
            f"The engine did not start within {_START_SECONDS:.0f} s; see its log, {runtime_dir.log}."
        ) from error
    if status != 0:
        raise _did_not_start(runtime_dir)


def own_python(module: str, argument: str) -> tuple[list[str], dict[str, str]]:
    """The command and environment that run one of our modules in a process of its own.

    Run it in a folder of ours: with -P, no module of an opened repository can take the place of one of ours then.
    """
    environment = dict(os.environ)
    package = str(Path(__file__).parents[3])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package, environment.get("PYTHONPATH")]))
    return [sys.executable, "-P", "-m", module, argument], environment


def _wait_until_running(process: subprocess.Popen[bytes], runtime_dir: RuntimeDir) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (is_running(runtime_dir) and runtime_dir.port_file.exists()):
        if process.poll() is not None or time.monotonic() >= deadline:
            raise _did_not_start(runtime_dir)
        time.sleep(_POLL_SECONDS)
    # Keeps `subprocess` from warning that the process is still running: it is meant to outlive us.
    process.returncode = 0


def _did_not_start(runtime_dir: RuntimeDir) -> EngineUnavailable:
    return EngineUnavailable(
        f"The engine did not start ({_last_line(runtime_dir.log)}); see its log, {runtime_dir.log}."
    )


def _last_line(log: Path) -> str:
    try:
        lines = log.read_bytes()[-_LOG_TAIL_BYTES:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return "no log"
    return lines[-1][:_MAX_LOG_LINE_CHARS] if lines else "its log is empty"
