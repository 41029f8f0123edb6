"""Folders that only their owner can enter. Everything that Forethought keeps is in one."""

import errno
import os
from pathlib import Path
from typing import Final

_OWNER_ONLY: Final = 0o700
_OTHERS: Final = 0o077


def create_private_folder(folder: Path) -> None:
    """Create the folder and its missing parents for their owner only, whatever the umask. Raises OSError.

    Folders that exist stay as they are: they may be the user's choice.
    """
    missing = []
    for path in (folder, *folder.parents):
        if path.exists():
            break
        missing.append(path)
    for path in reversed(missing):
        try:
            path.mkdir(_OWNER_ONLY)
            path.chmod(_OWNER_ONLY)
        except FileExistsError:  # another process was faster
            continue
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def ensure_private_folder(folder: Path) -> None:
    """Create a folder of ours like `create_private_folder`, or take away what others may do in it. Raises OSError."""
    create_private_folder(folder)
    if os.name == "posix":
        status = folder.stat()
        if status.st_uid == os.geteuid() and status.st_mode & _OTHERS:
            folder.chmod(_OWNER_ONLY)
