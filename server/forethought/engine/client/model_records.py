"""What is remembered about models between runs: content digests and measured speeds."""

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forethought.engine.json_files import read_json, write_json
from forethought.errors import ModelLoadError

_KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Speed:
    """Measured on this machine."""

    prompt: float | None = None
    """Tokens read per second."""
    completion: float | None = None
    """Tokens written per second, over all sequences of a batch."""
    device: str = "cpu"


class Records:
    """Two small files in the cache folder. Losing them costs time only."""

    def __init__(self, cache_folder: Path) -> None:
        self._folder = cache_folder / "engine"

    def digest(self, path: Path) -> str:
        """SHA-256 of the file's bytes, taken again only when size or time of change differ.

        Raises ModelLoadError when the file cannot be read.
        """
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):  # to open a pipe would be to wait for ever
                raise ModelLoadError(f"The model {path} is not a file; choose a GGUF file.")
            name = f"{path.resolve()}:{found.st_size}:{found.st_mtime_ns}"
            known = self._read("digests").get(name)
            if isinstance(known, str):
                return known
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelLoadError(f"The model {path} cannot be read ({error.strerror}); choose another.") from error
        self._write("digests", name, digest)
        return digest

    def speed(self, digest: str) -> Speed:
        found = self._read("speeds").get(digest)
        if not isinstance(found, dict):
            return Speed()
        device = found.get("device")
        return Speed(
            _positive(found.get("prompt")),
            _positive(found.get("completion")),
            device if isinstance(device, str) else "cpu",
        )

    def keep_speed(self, digest: str, speed: Speed) -> None:
        self._write("speeds", digest, {"prompt": speed.prompt, "completion": speed.completion, "device": speed.device})

    def _read(self, name: str) -> dict[str, object]:
        return read_json(self._folder / f"{name}.json")

    def _write(self, name: str, key: str, value: object) -> None:
        entries = self._read(name)
        entries.pop(key, None)
        entries[key] = value
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_json(self._folder / f"{name}.json", dict(list(entries.items())[-_KEPT:]))
        except OSError:
            return  # a full or read-only disk: it is taken again next time


def fingerprint(path: Path) -> str:
    """Tells one state of a file from another without reading it; "" when it is missing."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}:{found.st_mtime_ns}"


def endpoint_digest(base_url: str, model: str) -> str:
    """What stands in for a model file's digest when an endpoint answers."""
    return hashlib.sha256(f"{base_url}\n{model}".encode()).hexdigest()


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None
