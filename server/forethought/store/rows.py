"""What the c′ store needs of whatever holds its rows; and rows that live as long as the process."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

MAX_VALUE_BYTES = 1 << 20
"""A longer value is refused when written and garbage when read."""
EVICTABLE_PREFIX = "c1:"

Edit = Callable[[Mapping[str, bytes]], Mapping[str, bytes | None]]
"""From the present values of some keys to their new ones; None deletes the row."""


class Rows(Protocol):
    """Bytes by text key. Every method but `close` may raise sqlite3.Error, OSError or TimeoutError."""

    writable: bool

    def read(self, keys: Sequence[str]) -> dict[str, bytes]: ...

    def change(self, keys: Sequence[str], edit: Edit) -> None:
        """Read, edit and write some keys as one step that no other process can come between."""
        ...

    def touch(self, used: Mapping[str, float]) -> None:
        """Note when keys were last used (seconds since the epoch)."""
        ...

    def scan(self) -> Iterator[tuple[int, str | None, bytes | None]]:
        """Every row's number, its key (None when it is not plain text) and its value (None when not plain bytes)."""
        ...

    def delete(self, row_numbers: Sequence[int]) -> None: ...

    def cull(self, limit: int, steps: int) -> None:
        """Delete the least recently used evictable rows, a few a step, until `size()` is at most `limit` bytes."""
        ...

    def count(self, prefix: str) -> int: ...

    def size(self) -> int:
        """Bytes taken on disk."""
        ...

    def faults(self) -> list[str]:
        """What the database itself says is wrong with it."""
        ...

    def clear(self) -> None: ...

    def shrink(self) -> None:
        """Give back the space that the database no longer needs."""
        ...

    def close(self) -> None: ...


class MemoryRows:
    """Rows that live as long as the process: what is left when no folder can be used."""

    writable = True

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rows: dict[str, bytes] = {}
        """Least recently used first."""

    def read(self, keys: Sequence[str]) -> dict[str, bytes]:
        with self._lock:
            return {key: self._rows[key] for key in keys if key in self._rows}

    def change(self, keys: Sequence[str], edit: Edit) -> None:
        with self._lock:
            for key, value in edit(self.read(keys)).items():
                self._rows.pop(key, None)
                if value is not None:
                    self._rows[key] = value

    def touch(self, used: Mapping[str, float]) -> None:
        with self._lock:
            for key in sorted(used, key=lambda key: used[key]):
                if key in self._rows:
                    self._rows[key] = self._rows.pop(key)

    def scan(self) -> Iterator[tuple[int, str | None, bytes | None]]:
        with self._lock:
            rows = list(self._rows.items())
        return iter([(number, key, value) for number, (key, value) in enumerate(rows)])

    def delete(self, row_numbers: Sequence[int]) -> None:
        with self._lock:
            keys = list(self._rows)
            for number in row_numbers:
                self._rows.pop(keys[number], None)

    def cull(self, limit: int, steps: int) -> None:
        with self._lock:
            size = self.size()
            for key in [key for key in self._rows if key.startswith(EVICTABLE_PREFIX)]:
                if size <= limit:
                    return
                size -= len(self._rows.pop(key))

    def count(self, prefix: str) -> int:
        with self._lock:
            return sum(key.startswith(prefix) for key in self._rows)

    def size(self) -> int:
        with self._lock:
            return sum(map(len, self._rows.values()))

    def faults(self) -> list[str]:
        return []

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()

    def shrink(self) -> None:
        """Nothing to give back."""

    def close(self) -> None:
        """Nothing is open."""
