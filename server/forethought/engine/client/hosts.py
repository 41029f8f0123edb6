"""Lists and stops the running engine hosts."""

import contextlib
import time
from pathlib import Path
from typing import Any, Final

import psutil

from forethought.engine.client.host_connection import POLL_SECONDS, NoHost, ask_host
from forethought.engine.ipc.host_lock import is_running
from forethought.engine.ipc.runtime_dir import all_runtime_dirs
from forethought.engine.json_files import read_json
from forethought.errors import EngineError

_LEAVE_SECONDS: Final = 10.0


def host_status(runtime_folder: Path) -> list[dict[str, Any]]:
    """For each running host: `pid`, `model` and `answering`; if it answers, also `loaded`, `device`, `busy` and speeds.

    Raises EngineUnavailable when the file system has no locks.
    """
    statuses = []
    for runtime_dir in all_runtime_dirs(runtime_folder):
        if not is_running(runtime_dir):
            continue
        try:
            statuses.append({**ask_host(runtime_dir, {"type": "info"}), "answering": True})
        except (EngineError, NoHost):
            statuses.append({"pid": None, "model": None, **read_json(runtime_dir.status), "answering": False})
    return statuses


def stop_hosts(runtime_folder: Path) -> int:
    """Stop every host, and forget which models crashed. Return how many were stopped.

    Raises EngineUnavailable when the file system has no locks.
    """
    stopped = 0
    for runtime_dir in all_runtime_dirs(runtime_folder):
        if is_running(runtime_dir):
            pid = read_json(runtime_dir.status).get("pid")
            with contextlib.suppress(EngineError, NoHost):  # one that does not answer is killed below
                ask_host(runtime_dir, {"type": "stop"})
            _wait_for_exit(pid)
            stopped += 1
        for path in (runtime_dir.crashes, runtime_dir.fatal, runtime_dir.loading):
            path.unlink(missing_ok=True)
    return stopped


def _wait_for_exit(pid: object) -> None:
    """Give a host time to leave, then kill it, if the process really is one of our hosts."""
    if not isinstance(pid, int):
        return
    deadline = time.monotonic() + _LEAVE_SECONDS
    try:
        process = psutil.Process(pid)
        if "forethought.engine.host" not in process.cmdline():
            return
        # Where nothing reaps orphans, as in some containers, an exited process stays as a zombie.
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() >= deadline:
                process.kill()
                return
            time.sleep(POLL_SECONDS)
    except psutil.Error:
        return  # it has exited
