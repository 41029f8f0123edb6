"""The runtime folder of the engine hosts: which file is where, and who may read it."""

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forethought.errors import EngineUnavailable
from forethought.folders import short_socket_folder
from forethought.private_folders import ensure_private_folder

MAX_SOCKET_PATH_BYTES: Final = 100
"""The system's own limit, including the final zero byte, is 104 (macOS) or 108 (Linux)."""

_REMEDY: Final = "delete it, or set FORETHOUGHT_RUNTIME_DIR to another folder"


@dataclass(frozen=True, slots=True)
class RuntimeDir:
    """The files of one host."""

    folder: Path
    key: str
    """A short hash of what the host serves: a model file or an endpoint."""

    @property
    def socket(self) -> Path:
        """In `folder`, or in the system's temporary folder when the path would be too long for a socket."""
        path = self.folder / f"{self.key}.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
            return path
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return short_socket_folder() / f"{digest}.sock"

    @property
    def port_file(self) -> Path:
        """Port and token of a host that listens on the loopback address."""
        return self.folder / f"{self.key}.port"

    @property
    def lock(self) -> Path:
        """Locked by the host for as long as it accepts requests."""
        return self.folder / f"{self.key}.lock"

    @property
    def start_lock(self) -> Path:
        """Locked by the client that is starting a host."""
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
        """Not empty after a fault in native code killed a host."""
        return self.folder / f"{self.key}.fatal"

    @property
    def loading(self) -> Path:
        """Exists while a host loads a model."""
        return self.folder / f"{self.key}.loading"

    @property
    def crashes(self) -> Path:
        """When hosts crashed (see `crash_records`)."""
        return self.folder / f"{self.key}.crashes"

    def prepare(self) -> None:
        """Create the folders, accessible to their owner only. Raises EngineUnavailable."""
        self.secure()
        for folder in self._folders:
            _make_private(folder)
        self.secure()

    def secure(self) -> None:
        """Close the folders to others. Raises EngineUnavailable if a folder, the socket or the port file is not ours.

        Call it before reading the port file or connecting to the socket: another user may have been first.
        """
        _check_runtime_folder(self.folder.parent)
        for folder in self._folders:
            if _exists_and_is_own(folder, stat.S_ISDIR, "folder"):
                _make_private(folder)
        _exists_and_is_own(self.socket, stat.S_ISSOCK, "socket")
        _exists_and_is_own(self.port_file, stat.S_ISREG, "file")

    @property
    def _folders(self) -> tuple[Path, ...]:
        return tuple({self.folder: None, self.socket.parent: None})


def runtime_dir_of(runtime_folder: Path, served: str) -> RuntimeDir:
    """The files of the host that serves `served`: a string that identifies a model file or an endpoint."""
    key = hashlib.sha256(served.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return RuntimeDir(runtime_folder / "engine", key)


def all_runtime_dirs(runtime_folder: Path) -> list[RuntimeDir]:
    """One for each host, running or not, that has left files in the folder.

    Raises EngineUnavailable if the folder is not ours.
    """
    folder = runtime_folder / "engine"
    _check_runtime_folder(runtime_folder)
    _exists_and_is_own(folder, stat.S_ISDIR, "folder")
    keys = {path.name.partition(".")[0] for path in folder.glob("[!.]*.*")} if folder.is_dir() else set()
    return [RuntimeDir(folder, key) for key in sorted(keys)]


def _check_runtime_folder(folder: Path) -> None:
    """Raises EngineUnavailable if another user, root excepted, owns the folder and so can replace what is in it."""
    status = _status(folder)
    if status is not None and os.name == "posix" and status.st_uid not in (0, os.geteuid()):
        raise EngineUnavailable(f"{folder} belongs to another user, so the engine does not use it; {_REMEDY}.")


def _exists_and_is_own(path: Path, is_right_kind: Callable[[int], bool], kind: str) -> bool:
    """Whether there is something. Raises EngineUnavailable unless it is of this kind, not a link to one, and ours."""
    status = _status(path)
    if status is None:
        return False
    if not is_right_kind(status.st_mode) or (os.name == "posix" and status.st_uid != os.geteuid()):
        raise EngineUnavailable(f"{path} is not a {kind} of yours, so the engine does not use it; {_REMEDY}.")
    return True


def _status(path: Path) -> os.stat_result | None:
    """None when it is missing. Raises EngineUnavailable when the system does not tell."""
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EngineUnavailable(f"Cannot read {path} ({error.strerror}); {_REMEDY}.") from error


def _make_private(folder: Path) -> None:
    try:
        ensure_private_folder(folder)
    except OSError as error:
        raise EngineUnavailable(f"Cannot use the engine's folder {folder} ({error.strerror}); {_REMEDY}.") from error
