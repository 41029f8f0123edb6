"""Whether a folder's file system has the locks that SQLite needs. Network drives often have none.

Without them, SQLite takes every lock for another process's and waits; or it gets no answer at all.
"""

import sys
import tempfile
import threading
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

_SECONDS: Final = 1.5
"""A server that is not there may take for ever to answer."""


def has_locks(folder: Path) -> bool:
    """Try to lock a new file in the folder. True where no file can be created, so that the caller meets the cause."""
    if sys.platform == "win32":  # its network drives have locks
        return True
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(_can_lock(folder)), name="lock test", daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return found == [True]


def _can_lock(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder, prefix="lock-test-") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
    except OSError:
        return True
    return True
