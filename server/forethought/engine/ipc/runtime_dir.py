"""Where one engine host lives: its socket, locks, log and crash record in the runtime folder."""

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from forethought.errors import EngineUnavailable

SOCKET_PATH_LIMIT: Final = 100
"""Bytes; the system's own limit is 104 (macOS) or 108 (Linux) with the final zero."""
CRASHES_ALLOWED: Final = 2
_CRASH_MEMORY_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class RuntimeDir:
    """The files of the host with one key."""

    folder: Path
    key: str
    """A short hash of what the host serves: a model file or an endpoint."""

    @property
    def socket(self) -> Path:
        path = self.folder / f"{self.key}.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"forethought-{_user()}" / f"{digest}.sock"

    @property
    def port_file(self) -> Path:
        """Port and token of a host that listens on the loopback address."""
        return self.folder / f"{self.key}.port"

    @property
    def lock(self) -> Path:
        """Held by the host as long as it takes requests."""
        return self.folder / f"{self.key}.lock"

    @property
    def start_lock(self) -> Path:
        """Held by the client that starts a host."""
        return self.folder / f"{self.key}.start"

    @property
    def status(self) -> Path:
        """Process id, model and version, for people."""
        return self.folder / f"{self.key}.json"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.key}.log"

    @property
    def fatal(self) -> Path:
        """Not empty after a host was ended by a fault of native code."""
        return self.folder / f"{self.key}.fatal"

    @property
    def loading(self) -> Path:
        """Is there while a host loads a model."""
        return self.folder / f"{self.key}.loading"

    @property
    def crashes(self) -> Path:
        return self.folder / f"{self.key}.crashes"

    def prepare(self) -> None:
        """Make the folders, for their owner only. Raises EngineUnavailable."""
        _own_folder(self.folder)
        if self.socket.parent != self.folder:
            _own_folder(self.socket.parent)


def runtime_dir_of(runtime_folder: Path, served: str) -> RuntimeDir:
    """`served` names the model file or endpoint."""
    return RuntimeDir(
        runtime_folder / "engine", hashlib.sha256(served.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    )


def all_runtime_dirs(runtime_folder: Path) -> list[RuntimeDir]:
    """Every place that a host has left traces of."""
    folder = runtime_folder / "engine"
    keys = {path.name.partition(".")[0] for path in folder.glob("*.*")} if folder.is_dir() else set()
    return [RuntimeDir(folder, key) for key in sorted(keys)]


class FileLock:
    """A lock that the system gives back when its process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def acquire(self, seconds: float = 0.0) -> bool:
        """Try for `seconds`. The file may have been removed and made again meanwhile; only the present one counts."""
        deadline = time.monotonic() + seconds
        while True:
            file = self.path.open("a+b")
            if _try_lock(file) and _same_file(file, self.path):
                self._file = file
                return True
            file.close()
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)

    @property
    def intact(self) -> bool:
        """Whether the file that is locked still stands at its path."""
        return self._file is not None and _same_file(self._file, self.path)

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Raises EngineUnavailable when the lock cannot be had in time."""
    lock = FileLock(path)
    if not lock.acquire(seconds):
        raise EngineUnavailable(
            f"Another process has been starting the engine for {seconds:.0f} s; run `forethought engine stop`."
        )
    try:
        yield
    finally:
        lock.release()


def is_running(runtime_dir: RuntimeDir) -> bool:
    """Whether a host takes requests at this place."""
    if not runtime_dir.lock.exists():
        return False
    lock = FileLock(runtime_dir.lock)
    if lock.acquire():
        lock.release()
        return False
    return True


def read_json(path: Path) -> dict[str, Any]:
    """A small file of ours; empty when it is missing or damaged."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replace the file in one step, readable by its owner only. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(temporary, path)  # noqa: PTH105  mkstemp gives a text, not a Path
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108  as above
        raise


def collect_crash(runtime_dir: RuntimeDir, fingerprint: str) -> bool:
    """Note a crash of a host that is gone. True when there was one. Call it while no host runs here."""
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
    """Crashes of the last day on this very file."""
    return len(_crash_times(runtime_dir, fingerprint))


def _crash_times(runtime_dir: RuntimeDir, fingerprint: str) -> list[float]:
    record = read_json(runtime_dir.crashes)
    times = record.get("times")
    if record.get("fingerprint") != fingerprint or not isinstance(times, list):
        return []
    earliest = time.time() - _CRASH_MEMORY_SECONDS
    return [moment for moment in times if isinstance(moment, int | float) and moment >= earliest]


def _own_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
            raise EngineUnavailable(f"{folder} is not a folder of yours, so the engine cannot use it; remove it.")
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise EngineUnavailable(
            f"The engine's folder {folder} cannot be made ({error.strerror}); set FORETHOUGHT_RUNTIME_DIR to another."
        ) from error


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


def _same_file(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _try_lock(file: IO[bytes]) -> bool:
    if os.name == "nt":
        import msvcrt  # only there on Windows

        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # typed on Windows only
        except OSError:
            return False
        return True
    import fcntl  # only there on Unix

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
