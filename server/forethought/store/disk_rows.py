"""Rows of plain bytes under text keys, on diskcache: nothing is ever pickled, unpickled or kept in a file of its own.

diskcache brings the database, its connections per thread and process, and the write lock. Reads here never write, a
store of unknown origin is looked at before diskcache opens it, and rows that are not ours are skipped, not decoded.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import diskcache  # type: ignore[import-untyped]  # diskcache publishes no types

from forethought.store.rows import EVICTABLE_PREFIX, MAX_VALUE_BYTES, Edit

DATABASE = "cache.db"
_RAW = 1  # diskcache's mode for a value kept in the row as it is
_READ_CHUNK = 500
_SCAN_CHUNK = 200
_CULL_CHUNK = 20
_BUSY_SECONDS = 10.0
_TOUCH_BUSY_MS = 100

_SELECT_PLAIN = (
    "SELECT key, value FROM Cache WHERE raw = 1 AND mode = 1 AND filename IS NULL AND typeof(value) = 'blob'"
    " AND length(value) <= ?"
)

_KNOWN_OBJECTS = frozenset(
    {"Settings", "Cache", "sqlite_autoindex_Settings_1", "Cache_key_raw", "Cache_expire_time", "Cache_access_time"}
    | {"Settings_count_insert", "Settings_count_delete", "Settings_size_insert", "Settings_size_update"}
    | {"Settings_size_delete"}
)
_KNOWN_SETTINGS = frozenset(diskcache.DEFAULT_SETTINGS) | {"count", "size", "hits", "misses"}


def inspect(folder: Path) -> None:
    """Look at an existing database before diskcache opens it: diskcache takes pragmas and attributes from its tables.

    Raises sqlite3.DatabaseError when it is no database, or holds anything that diskcache does not put there.
    """
    connection = _connect_read_only(folder)
    try:
        objects = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if not objects:
            return
        strange = objects - _KNOWN_OBJECTS
        settings = connection.execute("SELECT key, value FROM Settings").fetchall() if "Settings" in objects else []
        strange |= {str(key) for key, value in settings if key not in _KNOWN_SETTINGS or not _plain_setting(value)}
    finally:
        connection.close()
    if strange:
        raise sqlite3.DatabaseError(f"it holds what we never put there: {', '.join(sorted(map(repr, strange)))[:200]}")


class PlainDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache publishes no types
    """Text keys and bytes in the row; everything else is refused, in both directions."""

    def put(self, key: Any) -> tuple[str, bool]:
        if type(key) is not str:
            raise TypeError(f"a key is text, not {type(key).__name__}")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        if not raw or type(key) is not str:
            raise ValueError("a key that is not plain text")
        return key

    def store(self, value: Any, read: bool, key: Any = None) -> tuple[int, int, None, sqlite3.Binary]:
        if read or type(value) is not bytes or len(value) > MAX_VALUE_BYTES:
            raise TypeError(f"a value is at most {MAX_VALUE_BYTES} bytes, not {type(value).__name__}")
        return 0, _RAW, None, sqlite3.Binary(value)

    def fetch(self, mode: Any, filename: Any, value: Any, read: bool) -> bytes:
        if mode != _RAW or filename is not None or type(value) is not bytes:
            raise ValueError("a value that is not plain bytes")
        return value

    def remove(self, file_path: str) -> None:
        """We keep no files beside the database, so a row that names one is not ours: leave that file alone."""


class DiskRows:
    """The rows of one database folder, shared with other threads and processes."""

    writable = True

    def __init__(self, folder: Path) -> None:
        """Open or create. Raises sqlite3.Error or OSError; `inspect` an existing database first."""
        self._folder = folder
        self._cache = _ClosingCache(
            str(folder),
            timeout=_BUSY_SECONDS,
            disk=PlainDisk,
            eviction_policy="least-recently-used",
            cull_limit=0,  # diskcache culls by a size that does not shrink inside a transaction; `cull` is ours
            statistics=0,
            disk_min_file_size=MAX_VALUE_BYTES + 1,
            sqlite_mmap_size=0,  # a database truncated under a mapping would kill the process (SIGBUS)
        )

    def read(self, keys: Sequence[str]) -> dict[str, bytes]:
        return _read(self._connection(), keys)

    def change(self, keys: Sequence[str], edit: Edit) -> None:
        with self._write() as connection:
            for key, value in edit(_read(connection, keys)).items():
                if value is None:
                    connection.execute("DELETE FROM Cache WHERE key = ? AND raw = 1", (key,))
                else:
                    self._cache.set(key, value)

    def touch(self, used: Mapping[str, float]) -> None:
        self._connection().execute(f"PRAGMA busy_timeout = {_TOUCH_BUSY_MS}")  # somebody may be waiting for a read
        try:
            with self._write() as connection:
                connection.executemany(
                    "UPDATE Cache SET access_time = ? WHERE key = ? AND raw = 1 AND access_time < ?",
                    [(moment, key, moment) for key, moment in used.items()],
                )
        finally:
            self._connection().execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")

    def scan(self) -> Iterator[tuple[int, str | None, bytes | None]]:
        return _scan(self._connection())

    def delete(self, row_numbers: Sequence[int]) -> None:
        with self._write() as connection:
            connection.executemany("DELETE FROM Cache WHERE rowid = ?", [(number,) for number in row_numbers])

    def cull(self, limit: int, steps: int) -> None:
        for _ in range(steps):
            if self._used_bytes() <= limit:
                return
            rows = (
                self._connection()
                .execute(
                    "SELECT rowid FROM Cache WHERE raw = 1 AND key >= ? AND key < ? ORDER BY access_time LIMIT ?",
                    (*_span(EVICTABLE_PREFIX), _CULL_CHUNK),
                )
                .fetchall()
            )
            if not rows:
                return
            self.delete([number for (number,) in rows])

    def count(self, prefix: str) -> int:
        return _count(self._connection(), prefix)

    def size(self) -> int:
        return _bytes_on_disk(self._folder)

    def faults(self) -> list[str]:
        return _faults(self._connection())

    def clear(self) -> None:
        with self._write() as connection:
            connection.execute("DELETE FROM Cache")
        self.shrink()

    def shrink(self) -> None:
        self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        self._cache.close()

    def _connection(self) -> sqlite3.Connection:
        """diskcache's connection of this thread and process."""
        connection: sqlite3.Connection = self._cache._con
        return connection

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._cache.transact():
                yield self._connection()
        except diskcache.Timeout as error:
            raise TimeoutError("another process did not stop writing") from error

    def _used_bytes(self) -> int:
        connection = self._connection()
        ((page_size,),) = connection.execute("PRAGMA page_size")
        ((pages,),) = connection.execute("PRAGMA page_count")
        ((free,),) = connection.execute("PRAGMA freelist_count")
        return int(page_size) * (int(pages) - int(free))


class ReadOnlyRows:
    """The rows of a database that we may read but not write."""

    writable = False

    def __init__(self, folder: Path) -> None:
        """Raises sqlite3.Error when it cannot even be read."""
        self._folder = folder
        self._lock = threading.Lock()
        self._connection = _connect_read_only(folder)

    def read(self, keys: Sequence[str]) -> dict[str, bytes]:
        with self._lock:
            return _read(self._connection, keys)

    def change(self, keys: Sequence[str], edit: Edit) -> None:
        raise PermissionError("the store is read-only")

    def touch(self, used: Mapping[str, float]) -> None:
        """Nothing can be noted in a store that cannot be written."""

    def scan(self) -> Iterator[tuple[int, str | None, bytes | None]]:
        with self._lock:
            yield from _scan(self._connection)

    def delete(self, row_numbers: Sequence[int]) -> None:
        raise PermissionError("the store is read-only")

    def cull(self, limit: int, steps: int) -> None:
        raise PermissionError("the store is read-only")

    def count(self, prefix: str) -> int:
        with self._lock:
            return _count(self._connection, prefix)

    def size(self) -> int:
        return _bytes_on_disk(self._folder)

    def faults(self) -> list[str]:
        with self._lock:
            return _faults(self._connection)

    def clear(self) -> None:
        raise PermissionError("the store is read-only")

    def shrink(self) -> None:
        """Nothing to give back."""

    def close(self) -> None:
        self._connection.close()


class _ClosingCache(diskcache.Cache):  # type: ignore[misc]  # diskcache publishes no types
    """Lets go of its files when it cannot be opened: deleting them must give their space back."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        try:
            super().__init__(*arguments, **settings)
        except BaseException:
            self.close()
            raise


def _connect_read_only(folder: Path) -> sqlite3.Connection:
    address = f"file:{quote(str((folder / DATABASE).resolve()))}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except sqlite3.OperationalError as error:
        connection.close()
        if not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
        # Without its shared-memory file a write-ahead database on a read-only disk opens only as immutable.
        connection = sqlite3.connect(f"{address}&immutable=1", uri=True, check_same_thread=False)
    return connection


def _read(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for start in range(0, len(keys), _READ_CHUNK):
        chunk = keys[start : start + _READ_CHUNK]
        marks = ",".join("?" * len(chunk))
        statement = f"{_SELECT_PLAIN} AND key IN ({marks})"
        rows = connection.execute(statement, (MAX_VALUE_BYTES, *chunk))
        found.update(rows)
    return found


def _scan(connection: sqlite3.Connection) -> Iterator[tuple[int, str | None, bytes | None]]:
    last = -(1 << 63)
    while True:
        rows = connection.execute(
            "SELECT rowid, CASE WHEN raw = 1 AND typeof(key) = 'text' THEN CAST(key AS BLOB) END,"
            " CASE WHEN mode = 1 AND filename IS NULL AND typeof(value) = 'blob' AND length(value) <= ? THEN value END"
            " FROM Cache WHERE rowid > ? ORDER BY rowid LIMIT ?",
            (MAX_VALUE_BYTES, last, _SCAN_CHUNK),
        ).fetchall()
        for number, key, value in rows:
            yield number, _decoded(key), value
        if not rows:
            return
        last = rows[-1][0]


def _decoded(key: bytes | None) -> str | None:
    try:
        return None if key is None else key.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _count(connection: sqlite3.Connection, prefix: str) -> int:
    ((count,),) = connection.execute(
        "SELECT COUNT(*) FROM Cache WHERE raw = 1 AND key >= ? AND key < ?", _span(prefix)
    ).fetchall()
    return int(count)


def _span(prefix: str) -> tuple[str, str]:
    """The first text with this prefix, and the first after all of them."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _faults(connection: sqlite3.Connection) -> list[str]:
    lines = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(20)").fetchall()]
    return [] if lines == ["ok"] else lines


def _bytes_on_disk(folder: Path) -> int:
    total = 0
    for path in folder.glob(f"{DATABASE}*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue  # a log that another process has just folded in
    return total


def _plain_setting(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and value.replace("-", "").isalnum())
