"""Crashes of engine hosts, counted per model file, so that a model that aborts the process is not tried forever."""

import time
from typing import Final

from forethought.engine.ipc.runtime_dir import RuntimeDir
from forethought.engine.json_files import read_json, write_json

MAX_CRASHES: Final = 2
"""A model file that has crashed this often within a day is not loaded again."""
_MEMORY_SECONDS: Final = 24 * 3600.0


def record_crash(runtime_dir: RuntimeDir, fingerprint: str) -> bool:
    """Record the crash, if any, of a host that is gone; return whether there was one. Call it while no host runs.

    `fingerprint` identifies the state of the model file. Raises OSError when the record cannot be written.
    """
    try:
        crashed = runtime_dir.fatal.stat().st_size > 0
    except OSError:
        crashed = False
    crashed = crashed or runtime_dir.loading.exists()
    if crashed:
        times = _crash_times(runtime_dir, fingerprint)
        write_json(runtime_dir.crashes, {"fingerprint": fingerprint, "times": [*times, time.time()]})
    for marker in (runtime_dir.fatal, runtime_dir.loading):
        marker.unlink(missing_ok=True)
    return crashed


def crash_count(runtime_dir: RuntimeDir, fingerprint: str) -> int:
    """Crashes of the last 24 hours with the model file in this state."""
    return len(_crash_times(runtime_dir, fingerprint))


def _crash_times(runtime_dir: RuntimeDir, fingerprint: str) -> list[float]:
    record = read_json(runtime_dir.crashes)
    times = record.get("times")
    if record.get("fingerprint") != fingerprint or not isinstance(times, list):
        return []
    earliest = time.time() - _MEMORY_SECONDS
    return [moment for moment in times if isinstance(moment, int | float) and moment >= earliest]
