"""Remembers content digests and measured speeds of models between runs."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forethought.engine.json_files import read_json, write_json
from forethought.errors import ModelLoadError
from forethought.private_folders import ensure_private_folder

_MAX_ENTRIES: Final = 200


@dataclass(frozen=True, slots=True)
class Speed:
    """In tokens per second, measured on this machine."""

    prompt: float | None = None
    """Of prompt processing."""
    completion: float | None = None
    """Of generation, over all sequences of a batch."""
    device: str = "cpu"


class ModelRecords:
    """Two small files in the cache folder. Losing them costs only time."""

    def __init__(self, cache_folder: Path) -> None:
        self._folder = cache_folder / "engine"

    def digest(self, path: Path) -> str:
        """The SHA-256 of the file. It is read again only when the file was changed or replaced.

        Raises ModelLoadError when the file cannot be read.
        """
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait forever
                raise ModelLoadError(f"The model {path} is not a file; choose a GGUF file.")
            with path.open("rb") as file:
                name = f"{path.resolve()}:{_state(os.fstat(file.fileno()))}"
                known = self._read("digests").get(name)
                if isinstance(known, str):
                    return known
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelLoadError(f"Cannot read the model {path} ({error.strerror}); choose another.") from error
        self._write("digests", name, digest)
        return digest

    def speed(self, digest: str) -> Speed:
        """What was measured for the model with this digest."""
        record = self._read("speeds").get(digest)
        if not isinstance(record, dict):
            return Speed()
        device = record.get("device")
        return Speed(
            _positive(record.get("prompt")),
            _positive(record.get("completion")),
            device if isinstance(device, str) else "cpu",
        )

    def save_speed(self, digest: str, speed: Speed) -> None:
        self._write("speeds", digest, {"prompt": speed.prompt, "completion": speed.completion, "device": speed.device})

    def _read(self, name: str) -> dict[str, object]:
        return read_json(self._folder / f"{name}.json")

    def _write(self, name: str, key: str, value: object) -> None:
        entries = self._read(name)
        entries.pop(key, None)
        entries[key] = value
        try:
            ensure_private_folder(self._folder)
            write_json(self._folder / f"{name}.json", dict(list(entries.items())[-_MAX_ENTRIES:]))
        except OSError:
            return  # the disk is full or read-only: compute or measure it again next time


def fingerprint(path: Path) -> str:
    """Identifies the present state of a file without reading it; "" when it is missing."""
    try:
        return _state(path.stat())
    except OSError:
        return ""


def _state(status: os.stat_result) -> str:
    """Modification times can be set, so the inode and the time of the last change of any kind count, too."""
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


def endpoint_digest(base_url: str, model: str) -> str:
    """Takes the place of a model file's digest for an endpoint."""
    return hashlib.sha256(f"{base_url}\n{model}".encode()).hexdigest()


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None
