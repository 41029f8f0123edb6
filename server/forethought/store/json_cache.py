"""diskcache with JSON as its only format, and a dictionary that replaces it where no folder can be used.

diskcache by itself unpickles values and keys (CVE-2025-69872), opens files that its rows name, and obeys settings that
it finds in its database. A cache folder may come from anywhere, so `JsonDisk` and `JsonCache.reset` refuse all three.
"""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import diskcache  # type: ignore[import-untyped]  # diskcache publishes no types

from forethought.store import sqlite

DATABASE = "cache.db"
"""diskcache's file inside the folder of a cache."""
MAX_VALUE_BYTES = 1 << 20
"""As JSON. Longer values are refused, and garbage when read."""


class ValueTooLong(ValueError):
    """The value has more than `MAX_VALUE_BYTES` as JSON."""


class ForeignKey(NamedTuple):
    """A key that Forethought did not write, as it is in the database. It can only be deleted."""

    key: object
    raw: object


class JsonDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache publishes no types
    """Keys are text, values are JSON in the row itself. Nothing is pickled, unpickled, or kept in another file."""

    def put(self, key: Any) -> tuple[Any, Any]:
        if isinstance(key, ForeignKey):
            return key
        if type(key) is not str:
            raise TypeError(f"a key must be a str, not {type(key).__name__}")
        return key, True

    def get(self, key: Any, raw: Any) -> str | ForeignKey:
        return key if raw and type(key) is str else ForeignKey(key, raw)

    def store(self, value: Any, read: bool, key: Any = diskcache.UNKNOWN) -> Any:
        """Raises ValueTooLong; ValueError for a number that is not finite; TypeError for what is not JSON."""
        if read:
            raise TypeError("a value must be JSON, not a file")
        return super().store(_encode(value), False, key=key)

    def fetch(self, mode: Any, filename: Any, value: Any, read: bool) -> Any:
        """Parse the row as JSON, whatever `mode` says it is. Raises ValueError."""
        return _decode(value)

    def remove(self, file_path: str) -> None:
        """No row of ours names a file, so the file is not ours to delete."""


class JsonCache(diskcache.Cache):  # type: ignore[misc]  # diskcache publishes no types
    """A `diskcache.Cache` of JSON values that evicts what was stored longest ago, and only when `cull` is called.

    `get` raises ValueError for a value that is not JSON. Reads do not write, unlike with diskcache's policy
    "least-recently-used"; store a value again to note its use.
    """

    def __init__(self, folder: Path) -> None:
        """Open or create. Raises sqlite3.Error or OSError, and sqlite3.DatabaseError when it holds foreign settings."""
        try:
            super().__init__(str(folder), timeout=sqlite.BUSY_SECONDS, disk=JsonDisk, **_SETTINGS)
        except (TypeError, ValueError, AttributeError) as error:  # settings of types that diskcache does not expect
            self.close()
            raise sqlite3.DatabaseError(f"its settings are not diskcache's: {error}") from error
        except BaseException:
            self.close()
            raise

    def reset(self, key: str, value: Any = diskcache.ENOVAL, update: bool = True) -> Any:
        """Ours are the only settings that diskcache may set, and it may only read its own counters."""
        if value is diskcache.ENOVAL:
            counter = super().reset(key)
            if type(counter) is not int:
                raise sqlite3.DatabaseError(f"its counter {key!r} is not a number")
            return counter
        if key not in _SETTINGS:
            raise sqlite3.DatabaseError(f"it has a setting {key[:80]!r} that Forethought never writes")
        return super().reset(key, value if key == "size_limit" else _SETTINGS[key], update)


class MemoryCache:
    """What `JsonCache` does, as far as it is used here, for as long as the process runs."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rows: dict[str, bytes] = {}
        """Least recently stored first."""
        self._tags: dict[str, str | None] = {}
        self.size_limit = 0

    @contextlib.contextmanager
    def transact(self) -> Iterator[None]:
        with self._lock:
            yield

    def get(self, key: str, tag: bool = False) -> Any:
        """The value, or None; with `tag`, (value, its tag)."""
        with self._lock:
            row, its_tag = self._rows.get(key), self._tags.get(key)
        value = None if row is None else _decode(row)
        return (value, its_tag) if tag else value

    def set(self, key: str, value: Any, tag: str | None = None) -> None:
        encoded = _encode(value)
        with self._lock:
            self._rows.pop(key, None)
            self._rows[key] = encoded
            self._tags[key] = tag

    def evict(self, tag: str) -> None:
        with self._lock:
            for key in [key for key in self._rows if self._tags.get(key) == tag]:
                self.delete(key)

    def delete(self, key: str) -> bool:
        with self._lock:
            self._tags.pop(key, None)
            return self._rows.pop(key, None) is not None

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def volume(self) -> int:
        with self._lock:
            return sum(map(len, self._rows.values()))

    def reset(self, key: str, value: int, update: bool) -> None:
        setattr(self, key, value)

    def cull(self) -> None:
        with self._lock:
            volume = self.volume()
            while volume > self.size_limit and self._rows:
                volume -= len(self._rows.pop(next(iter(self._rows))))

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()

    def check(self) -> list[Any]:
        return []

    def close(self) -> None:
        """Nothing is open."""


_SETTINGS = diskcache.DEFAULT_SETTINGS | {
    "eviction_policy": "least-recently-stored",
    "cull_limit": 0,  # `set` measures a file that does not shrink inside a transaction, and so would evict too much
    "disk_min_file_size": MAX_VALUE_BYTES + 1,  # no value goes into a file of its own
    "sqlite_mmap_size": 0,  # truncating a mapped database would kill the process (SIGBUS)
}


def _encode(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8 that lets the lone surrogates of odd file names pass."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) > MAX_VALUE_BYTES:
        raise ValueTooLong(f"{len(encoded)} bytes of JSON are more than {MAX_VALUE_BYTES}")
    return encoded


def _decode(value: Any) -> Any:
    if type(value) is not bytes or len(value) > MAX_VALUE_BYTES:
        raise ValueError("the value is not a row of JSON")
    try:
        return json.loads(value)
    except RecursionError as error:
        raise ValueError("the value is nested too deeply") from error
