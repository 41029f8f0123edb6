"""The folder of the c′ store: opened, made, set aside when it is broken, read when it cannot be written."""

import json
import logging
import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from forethought.insights.entry import SCHEMA
from forethought.store.disk_rows import DATABASE, DiskRows, ReadOnlyRows, inspect
from forethought.store.rows import MemoryRows, Rows

MARKER = "forethought-contexts.json"
"""Says that a folder is ours, and of which schema."""

_BUSY_SECONDS = 10.0

_logger = logging.getLogger(__name__)


def open_rows(folder: Path) -> tuple[Rows, str | None, Path | None]:
    """The best rows to be had for a folder, what is wrong with them, and the folder if they are kept in it."""
    found = inode(folder)
    try:
        schema = _prepare(folder)
        if schema is not None and schema > SCHEMA:
            problem = (
                f"The c′ store in {folder} was written by a newer Forethought (schema {schema}); it is left alone and"
                " nothing is kept until Forethought is upgraded or `cache.directory` is set to another folder."
            )
            return MemoryRows(), problem, None
        if (folder / DATABASE).exists():
            if not (folder / DATABASE).is_file():
                raise sqlite3.DatabaseError(f"its {DATABASE} is not a file")
            _patiently(lambda: inspect(folder))
        return DiskRows(folder), None, folder
    except sqlite3.DatabaseError as error:
        if not is_corruption(error):
            return _fall_back(folder, error)
        first = error
    except OSError as error:
        return _fall_back(folder, error)
    try:
        if inode(folder) == found:  # otherwise another process has already set the broken one aside
            set_aside(folder)
        _prepare(folder)
        return DiskRows(folder), f"The c′ store was broken ({first}); it was set aside and a new one started.", folder
    except (sqlite3.Error, OSError) as error:
        return _fall_back(folder, error)


def set_aside(folder: Path) -> None:
    """Rename a folder to a numbered name and drop those set aside before. Raises OSError."""
    earlier = set_aside_folders(folder)
    number = 1 + max((int(path.name.rpartition("-")[2]) for path in earlier), default=0)
    folder.rename(folder.with_name(f"{folder.name}.broken-{number}"))
    for path in earlier:
        shutil.rmtree(path, ignore_errors=True)


def set_aside_folders(folder: Path) -> list[Path]:
    pattern = re.compile(re.escape(folder.name) + r"\.broken-\d{1,9}")
    try:
        siblings = list(folder.parent.iterdir())
    except OSError:
        return []
    return [path for path in siblings if pattern.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]


def inode(folder: Path | None) -> int | None:
    try:
        return (folder / DATABASE).stat().st_ino if folder else None
    except OSError:
        return None


def is_corruption(error: sqlite3.DatabaseError) -> bool:
    """Whether the database is broken, not merely busy, full, read-only or closed: a sound one is never set aside."""
    if type(error) is sqlite3.DatabaseError:
        return True
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or str(error).startswith("no such ")


def why_not_kept(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    number = getattr(error, "errno", None)
    if name == "SQLITE_FULL" or number in (28, 122):
        return "The c′ store could not be written: the disk is full; free some space."
    if name.startswith("SQLITE_READONLY") or isinstance(error, PermissionError):
        return "The c′ store could not be written: it is read-only; change its permissions or set `cache.directory`."
    if isinstance(error, TimeoutError) or name.startswith("SQLITE_BUSY"):
        return f"The c′ store could not be written: {error}; try again."
    return f"The c′ store could not be written ({error}); run `forethought cache verify`."


def _fall_back(folder: Path, error: Exception) -> tuple[Rows, str, Path | None]:
    """Read what is there; failing that, keep things in memory."""
    try:
        if _stored_schema(folder) == SCHEMA and (folder / DATABASE).is_file():
            inspect(folder)
            rows = ReadOnlyRows(folder)
            rows.read(["c1:probe"])
            problem = (
                f"The c′ store in {folder} is read-only for now ({error}): what is in it is used, but nothing new is"
                " kept until space or permissions are mended."
            )
            return rows, problem, folder
    except (sqlite3.Error, OSError) as second:
        _logger.debug("the store cannot be read either: %s", second)
    problem = f"The c′ store in {folder} cannot be used ({error}); insights are kept in memory until this is mended."
    return MemoryRows(), problem, None


def _patiently(action: Callable[[], None]) -> None:
    """Try again while another process is creating the database."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return action()
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _prepare(folder: Path) -> int | None:
    """Create the folder and its marker; set aside a store of an older schema. Returns the schema found, if any."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    has_database = (folder / DATABASE).exists()  # asked first: whoever creates a store writes the marker first
    schema = _stored_schema(folder)
    if schema is None and has_database:
        raise sqlite3.DatabaseError(f"it lacks a readable {MARKER}")
    if schema is not None and schema < SCHEMA:
        set_aside(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        schema = None
    if schema is None:
        _write_marker(folder)
    return schema


def _stored_schema(folder: Path) -> int | None:
    try:
        data = json.loads((folder / MARKER).read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        return None
    schema = data.get("schema") if isinstance(data, dict) else None
    return schema if isinstance(schema, int) and not isinstance(schema, bool) else None


def _write_marker(folder: Path) -> None:
    draft = folder / f"{MARKER}.{os.getpid()}-{threading.get_ident()}"
    draft.write_bytes(json.dumps({"format": "forethought contexts", "schema": SCHEMA}).encode())
    draft.replace(folder / MARKER)
