"""A cache folder that heals itself: whatever happens to it, reads give less and writes raise one sentence.

A broken folder is set aside, and a new one started. A folder that can only be read is copied, because diskcache cannot
open it. Where neither works, values are kept in memory.
"""

import contextlib
import errno
import json
import logging
import os
import re
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import diskcache  # type: ignore[import-untyped]  # diskcache publishes no types

from forethought.errors import StoreError
from forethought.private_folders import ensure_private_folder
from forethought.store import sqlite
from forethought.store.json_cache import DATABASE, JsonCache, MemoryCache

MARKER = "forethought-contexts.json"
"""The file that says that a folder is ours, and which schema it has."""

_RETRY_SECONDS = 5.0
"""How often a write to a folder that could not be written tries to open it again."""
_FAILURES = (sqlite3.Error, OSError, diskcache.Timeout)
"""What diskcache raises when a folder cannot be used."""

_logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")
Cache = JsonCache | MemoryCache


class HealingCache:
    """The cache in one folder. Safe from several threads and processes; methods read the disk."""

    def __init__(self, folder: Path | None, schema: int) -> None:
        """Open or create the folder; None keeps everything in memory. Never raises: see `problem`.

        A folder of an older schema is set aside; one of a newer schema is left alone.
        """
        self.problem: str | None = None
        """One sentence when the folder is not what it should be (read-only, newer, rebuilt …); else None."""
        self._folder = folder
        self._schema = schema
        self._lock = threading.RLock()
        """Held while the cache is replaced by another one."""
        self._cache: Cache = MemoryCache()
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        """Holds a copy of a folder that can only be read."""
        self._inode: int | None = None
        self._opened_at = 0.0
        if folder is not None:
            self._open(folder)

    @property
    def keeps(self) -> bool:
        """Whether what is written outlives this process."""
        return isinstance(self._cache, JsonCache) and self._copy is None

    def read(self, action: Callable[[Cache], _Result], otherwise: _Result) -> _Result:
        """Run `action`; if that fails, return `otherwise`, and heal a broken folder for the next time."""
        self._follow()
        cache = self._cache
        try:
            return action(cache)
        except _FAILURES as error:
            if not self._heals(cache, error):
                _logger.warning("The insight store could not be read: %s", _cause(error))
            return otherwise

    def run(self, action: Callable[[Cache], _Result]) -> _Result:
        """Run `action`; if the folder is broken, heal it and run `action` again. Raises StoreError."""
        self._follow()
        cache = self._cache
        try:
            return action(cache)
        except _FAILURES as error:
            if not self._heals(cache, error):
                raise StoreError(_sentence(error)) from error
        try:
            return action(self._cache)
        except _FAILURES as error:
            raise StoreError(_sentence(error)) from error

    def write(self, action: Callable[[Cache], _Result]) -> _Result:
        """As `run`, for an action that writes. Raises StoreError, also when the folder can only be read."""
        self._follow()
        self.retry()
        if self._copy is not None:
            raise StoreError(self.problem or "The insight store can only be read.")
        return self.run(action)

    def retry(self) -> None:
        """Use a folder that could not be written before, if it can be now."""
        with self._lock:
            if self.keeps or self._folder is None or time.monotonic() - self._opened_at < _RETRY_SECONDS:
                return
            self._opened_at = time.monotonic()
            try:
                cache = self._open_folder(self._folder)
            except (*_FAILURES, _NewerSchema):
                return  # as `problem` says
            before = self._cache
            self.close()
            self._cache, self._copy, self.problem = cache, None, None
            self._inode = _inode(self._folder)
            if isinstance(before, MemoryCache):
                self.run(lambda cache: [cache.set(key, before.get(key)) for key in before])

    def check(self) -> None:
        """Have the database check itself, and replace a broken one: see `problem`. Raises StoreError."""
        unknown_files = (diskcache.UnknownFileWarning, diskcache.EmptyDirWarning)  # such as the marker
        cache = self._cache
        warnings = self.run(lambda cache: cache.check())
        faults = [str(warning.message) for warning in warnings if not issubclass(warning.category, unknown_files)]
        if faults:
            self._replace(cache, faults[0])

    def clear(self) -> None:
        """Delete everything. Raises StoreError."""
        if self.keeps and self._folder is not None:
            # By the folder: a full disk has no room for deleting rows.
            with self._lock, contextlib.suppress(OSError):
                _set_aside(self._folder)
                self._reopen(self._folder)
                self.delete_set_aside()
                return
        self.write(lambda cache: cache.clear())

    def size(self) -> int:
        """Bytes on disk, without the folders set aside."""
        return self.read(lambda cache: int(cache.volume()), 0)

    def delete_set_aside(self) -> int:
        """Delete the folders set aside, and return their size in bytes."""
        folders = _set_aside_folders(self._folder) if self._folder else []
        size = 0
        with contextlib.suppress(OSError):  # another process deletes them, too
            size = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        return size

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # nothing more can be done for a database that will not close
            self._cache.close()
        if self._copy is not None:
            self._copy.cleanup()

    def _open(self, folder: Path) -> None:
        """Choose the best cache to be had, and say in `problem` why it is not a better one."""
        self._opened_at = time.monotonic()
        self._copy, self.problem = None, None
        self._inode = _inode(folder)
        try:
            try:
                self._cache = self._open_folder(folder)
            except sqlite3.DatabaseError as error:
                if not sqlite.is_damage(error):
                    raise
                if _inode(folder) == self._inode:  # otherwise another process has set the broken one aside
                    _set_aside(folder)
                self._cache = self._open_folder(folder)
                self.problem = _broken(folder, str(error))
        except _NewerSchema as newer:
            self._cache = MemoryCache()
            self.problem = (
                f"The insight store in {folder} was written by a newer Forethought (schema {newer}); it is left alone,"
                " and nothing is kept until you upgrade Forethought or set `cache.directory` to another folder."
            )
        except _FAILURES as error:
            self._fall_back(folder, _cause(error))
        self._inode = _inode(folder)
        if self.problem:
            _logger.warning("%s", self.problem)

    def _open_folder(self, folder: Path) -> JsonCache:
        """Raises sqlite3.Error, OSError, Timeout, or _NewerSchema."""
        ensure_private_folder(folder)
        sqlite.require_locks(folder)
        has_database = (folder / DATABASE).exists()  # checked first: the marker is written before the database
        schema = _stored_schema(folder)
        if schema is None and has_database:
            raise sqlite3.DatabaseError(f"{MARKER} is missing or unreadable")
        if schema is not None and schema > self._schema:
            raise _NewerSchema(schema)
        if schema is not None and schema < self._schema:
            _set_aside(folder)
            folder.mkdir(mode=0o700)
            has_database, schema = False, None
        if has_database and not (folder / DATABASE).is_file():
            raise sqlite3.DatabaseError(f"{DATABASE} is not a file")
        if schema != self._schema:
            _write_marker(folder, self._schema)
        return JsonCache(folder)

    def _fall_back(self, folder: Path, error: BaseException) -> None:
        """Read a copy of what is there; if that fails, too, use memory."""
        if isinstance(error, sqlite.NoLocks):
            self._folder, self._cache = None, MemoryCache()  # trying again could take seconds each time
            self.problem = (
                f"The insight store in {folder} cannot be used ({error}); insights are kept in memory until Forethought"
                f" restarts, so {sqlite.LOCKS_REMEDY}."
            )
            return
        try:
            if _stored_schema(folder) == self._schema:
                self._copy = tempfile.TemporaryDirectory(prefix="forethought-", ignore_cleanup_errors=True)
                self._cache = _open_copy(folder, Path(self._copy.name))
                self.problem = (
                    f"The insight store in {folder} is read-only for now ({error}): its insights are used, but new ones"
                    " are not stored; free some disk space or fix the permissions."
                )
                return
        except _FAILURES as second:
            _logger.debug("The insight store cannot be copied either: %s", second)
            if self._copy is not None:
                self._copy.cleanup()
        self._cache, self._copy = MemoryCache(), None
        self.problem = (
            f"The insight store in {folder} cannot be used ({error}); insights are kept in memory until it can, so fix"
            " its permissions, free some disk space, or set `cache.directory`."
        )

    def _follow(self) -> None:
        """Open again if another process deleted the folder or set it aside: writing to the old one would be in vain."""
        if self._folder is not None and _inode(self._folder) != self._inode:
            with self._lock:
                if _inode(self._folder) != self._inode:
                    self._reopen(self._folder)

    def _heals(self, cache: Cache, error: BaseException) -> bool:
        """Replace the cache if the error shows that its folder is broken."""
        with contextlib.suppress(sqlite3.Error):
            cache.close()  # this thread's connection, which a failed COMMIT leaves inside a transaction
        cause = _cause(error)
        if not isinstance(cause, sqlite3.Error) or not sqlite.is_damage(cause):
            return False
        self._replace(cache, str(cause))
        return True

    def _replace(self, broken: Cache, reason: str) -> None:
        """Set a broken folder aside and start a new one, unless another thread or process already has."""
        with self._lock:
            if self._folder is None or self._cache is not broken:
                return
            if _inode(self._folder) == self._inode:
                try:
                    _set_aside(self._folder)
                except OSError as error:
                    _logger.warning("The broken insight store could not be set aside: %s", error)
            self._reopen(self._folder)
            self.problem = self.problem or _broken(self._folder, reason)
            _logger.warning("%s", self.problem)

    def _reopen(self, folder: Path) -> None:
        self.close()
        self._open(folder)


class _NewerSchema(Exception):
    """The folder was written by a newer version of Forethought."""


def _broken(folder: Path, reason: str) -> str:
    return f"The insight store in {folder} was broken ({reason}); it was set aside and a new one started."


def _cause(error: BaseException) -> BaseException:
    """The error behind those that diskcache raises in its place."""
    while error.__context__ is not None and (
        isinstance(error, diskcache.Timeout)  # for whatever keeps a transaction from starting
        or str(error).startswith("cannot rollback")  # SQLite had rolled back by itself
    ):
        error = error.__context__
    return error


def _sentence(error: BaseException) -> str:
    """What happened, and what to do."""
    cause = _cause(error)
    name = getattr(cause, "sqlite_errorname", None) or ""
    if name == "SQLITE_FULL" or getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return "The insight store could not be written: the disk is full; free some space."
    if name.startswith("SQLITE_READONLY") or isinstance(cause, PermissionError):
        return "The insight store could not be written: it is read-only; fix its permissions or set `cache.directory`."
    if isinstance(cause, sqlite3.Error) and sqlite.is_busy(cause):
        return "The insight store could not be written: another process is writing to it; try again."
    return f"The insight store could not be used ({cause}); run `forethought cache verify`."


def _open_copy(folder: Path, copy: Path) -> JsonCache:
    """diskcache writes whenever it opens a folder, so one that cannot be written is opened as a copy."""
    with (
        contextlib.closing(sqlite.connect_read_only(folder / DATABASE)) as source,
        contextlib.closing(sqlite3.connect(copy / DATABASE)) as target,
    ):
        source.backup(target)
    return JsonCache(copy)


def _set_aside(folder: Path) -> None:
    """Rename a folder to a numbered name, and delete those set aside before. Raises OSError."""
    earlier = _set_aside_folders(folder)
    number = 1 + max((int(path.name.rpartition("-")[2]) for path in earlier), default=0)
    folder.rename(folder.with_name(f"{folder.name}.broken-{number}"))
    for path in earlier:
        shutil.rmtree(path, ignore_errors=True)


def _set_aside_folders(folder: Path) -> list[Path]:
    pattern = re.compile(re.escape(folder.name) + r"\.broken-\d{1,9}")
    try:
        siblings = list(folder.parent.iterdir())
    except OSError:
        return []
    return [path for path in siblings if pattern.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]


def _inode(folder: Path) -> int | None:
    try:
        return (folder / DATABASE).stat().st_ino
    except OSError:
        return None


def _stored_schema(folder: Path) -> int | None:
    try:
        marker = json.loads((folder / MARKER).read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    schema = marker.get("schema") if isinstance(marker, dict) else None
    return schema if isinstance(schema, int) and not isinstance(schema, bool) else None


def _write_marker(folder: Path, schema: int) -> None:
    draft = folder / f"{MARKER}.{os.getpid()}-{threading.get_ident()}"
    draft.write_bytes(json.dumps({"format": "forethought contexts", "schema": schema}).encode())
    draft.replace(folder / MARKER)
