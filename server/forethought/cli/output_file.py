"""Files that a command is asked to write."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from forethought.errors import ForethoughtError


class OutputFileError(ForethoughtError):
    """A file cannot be written."""


def write_file(file: Path, parts: Iterable[bytes]) -> None:
    """Write the parts, replacing a regular file in one step. Raises OutputFileError, and what `parts` raises."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if file.exists() and not file.is_file():  # a pipe or a device
            file.write_bytes(b"".join(parts))
            return
        with partial.open("wb") as stream:
            stream.writelines(parts)
        partial.replace(file)
    except OSError as error:
        raise OutputFileError(f"{file} cannot be written ({error.strerror or error}); name another file.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
