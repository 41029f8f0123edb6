"""The locks that keep one engine host per model. The system releases them however their holder ends."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import filelock

from forethought.engine.ipc.runtime_dir import RuntimeDir
from forethought.errors import EngineUnavailable

_POLL_SECONDS: Final = 0.02


class HostLock:
    """A file lock that can tell whether its file was deleted while it was held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # A soft lock (a file that exists) would outlive a killed holder, so a file system must support real ones.
        self._lock = filelock.FileLock(
            path, thread_local=False, fallback_to_soft=False, on_acquired=self._remember, poll_interval=_POLL_SECONDS
        )
        self._locked_file: os.stat_result | None = None

    def acquire(self, seconds: float = 0.0) -> bool:
        """Try for `seconds`; False when another holder keeps it.

        Raises EngineUnavailable when the file system has no locks, or the file cannot be created.
        """
        try:
            self._lock.acquire(timeout=seconds)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise EngineUnavailable(
                f"The engine cannot lock {self.path} ({error.strerror}); set FORETHOUGHT_RUNTIME_DIR to a folder on a "
                "local disk."
            ) from error
        return True

    @property
    def intact(self) -> bool:
        """Whether the lock is held and its file is still at its path."""
        if self._locked_file is None or not self._lock.is_locked:
            return False
        try:
            return os.path.samestat(self._locked_file, self.path.stat())
        except OSError:
            return False

    def release(self) -> None:
        self._lock.release()

    def _remember(self, descriptor: int) -> None:
        self._locked_file = os.fstat(descriptor)


@contextlib.contextmanager
def start_lock(runtime_dir: RuntimeDir, seconds: float) -> Iterator[None]:
    """Only one client at a time starts a host. Raises EngineUnavailable when another takes longer than `seconds`."""
    lock = HostLock(runtime_dir.start_lock)
    if not lock.acquire(seconds):
        raise EngineUnavailable(
            f"Another process has been starting the engine for {seconds:.0f} s; run `forethought engine stop`."
        )
    try:
        yield
    finally:
        lock.release()


def is_running(runtime_dir: RuntimeDir) -> bool:
    """Whether a host is accepting requests. Raises EngineUnavailable when the file system has no locks."""
    if not runtime_dir.lock.exists():
        return False
    lock = HostLock(runtime_dir.lock)
    if lock.acquire():
        lock.release()
        return False
    return True
