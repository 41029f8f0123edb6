"""The runtime folder of the engine hosts: which file is where, and who may read it."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forethought.errors import EngineUnavailable
from forethought.folders import short_socket_folder

MAX_SOCKET_PATH_BYTES: Final = 100
"""The system's own limit, including the final zero byte, is 104 (macOS) or 108 (Linux)."""


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
        _make_private_folder(self.folder)
        if self.socket.parent != self.folder:
            _make_private_folder(self.socket.parent)


def runtime_dir_of(runtime_folder: Path, served: str) -> RuntimeDir:
    """The files of the host that serves `served`: a string that identifies a model file or an endpoint."""
    key = hashlib.sha256(served.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return RuntimeDir(runtime_folder / "engine", key)


def all_runtime_dirs(runtime_folder: Path) -> list[RuntimeDir]:
    """One for each host, running or not, that has left files in the folder."""
    folder = runtime_folder / "engine"
    keys = {path.name.partition(".")[0] for path in folder.glob("[!.]*.*")} if folder.is_dir() else set()
    return [RuntimeDir(folder, key) for key in sorted(keys)]


def _make_private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            raise EngineUnavailable(f"{folder} is not a folder that you own, so the engine cannot use it; remove it.")
        if status.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise EngineUnavailable(
            f"Cannot create the engine's folder {folder} ({error.strerror}); set FORETHOUGHT_RUNTIME_DIR to another."
        ) from error
