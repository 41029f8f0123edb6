"""Start an engine host as a process of its own, which outlives whoever started it."""

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
START_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class HostConfig:
    """Everything a host needs to know. An endpoint's key comes from the environment, never from here."""

    runtime_folder: str
    cache_folder: str
    model_name: str
    model_path: str | None = None
    """With None, the endpoint is used."""
    base_url: str | None = None
    context_length: int = 4096
    gpu_layers: int = -1
    threads: int = 0
    unload_seconds: float = 600.0
    idle_share: float = 0.25
    """Idle work is let on while other processes leave this share of the cores."""
    transport: Transport = DEFAULT_TRANSPORT

    @property
    def served(self) -> str:
        if self.model_path is not None:
            return f"llama:{os.path.realpath(self.model_path)}"
        return f"openai:{self.base_url}:{self.model_name}"

    @property
    def runtime_dir(self) -> RuntimeDir:
        return runtime_dir_of(Path(self.runtime_folder), self.served)

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_text(text: str) -> "HostConfig":
        """Raises ValueError and TypeError."""
        value: dict[str, Any] = json.loads(text)
        return HostConfig(**value)


def start_host(config: HostConfig) -> None:
    """Start a host and wait until it listens. Raises EngineUnavailable with the log's last line."""
    runtime_dir = config.runtime_dir
    runtime_dir.prepare()
    environment = dict(os.environ)
    package = str(Path(__file__).parents[3])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package, environment.get("PYTHONPATH")]))
    # -P and our own folder as working directory: no module of an opened repository can take the place of one of ours.
    command = [sys.executable, "-P", "-m", "forethought.engine.host", config.to_text()]
    flags: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        flags = {"creationflags": 0x00000008 | 0x00000200}  # DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
    with runtime_dir.log.open("ab") as log:
        runtime_dir.log.chmod(0o600)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=runtime_dir.folder, env=environment, **flags
        )
    try:
        if os.name == "nt":
            _wait_until_running(process, runtime_dir)
            return
        # The process that was started forks the host, waits until it listens, and ends.
        status = process.wait(START_SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.wait()
        raise EngineUnavailable(
            f"The engine did not start within {START_SECONDS:.0f} s; its log is {runtime_dir.log}."
        ) from error
    if status != 0:
        raise EngineUnavailable(
            f"The engine did not start ({last_line(runtime_dir.log)}); its log is {runtime_dir.log}."
        )


def last_line(path: Path) -> str:
    """The last line of a log, for people."""
    try:
        lines = path.read_bytes()[-4096:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return "no log"
    return lines[-1][:200] if lines else "its log is empty"


def _wait_until_running(process: subprocess.Popen[bytes], runtime_dir: RuntimeDir) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not (is_running(runtime_dir) and runtime_dir.port_file.exists()):
        if process.poll() is not None or time.monotonic() >= deadline:
            raise EngineUnavailable(
                f"The engine did not start ({last_line(runtime_dir.log)}); its log is {runtime_dir.log}."
            )
        time.sleep(0.05)
    # It is meant to live on; nothing of ours waits for it.
    process.returncode = 0
