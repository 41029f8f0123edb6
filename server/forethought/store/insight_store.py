"""c′ on disk: one row a context hash with every generator's entry, as canonical JSON bytes.

A row may be garbage or gone at any time: it then counts as missing. A broken folder is set
aside and a new one started; where no folder can be used the store lives in memory and `problem` says why.
"""

import contextlib
import json
import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from forethought.errors import StoreError
from forethought.insights.entry import Entry
from forethought.store.disk_rows import DATABASE
from forethought.store.rows import EVICTABLE_PREFIX, MAX_VALUE_BYTES, MemoryRows, Rows
from forethought.store.store_folder import inode, is_corruption, open_rows, set_aside, set_aside_folders, why_not_kept

CONTEXTS_FOLDER = "contexts"
"""The store's folder inside the cache folder."""

_ENTRY_PREFIX = EVICTABLE_PREFIX
_WRONG_PREFIX = "wrong:"
_MAX_PRODUCERS = 16
_MAX_REJECTED = 1_000
_PUT_CHUNK = 64
_FLUSH_SECONDS = 60.0
_CULL_STEPS = 20
_RETRY_SECONDS = 5.0

_logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class DiskContextStore:
    """The `ContextStore` that is kept. Safe from several threads and processes; calls may touch the disk."""

    def __init__(self, folder: Path | None, rows: Rows, size_limit: int, problem: str | None) -> None:
        self.problem = problem
        """One sentence when the store is not what it should be (in memory, read-only, started anew); else None."""
        self.garbage = 0
        """Rows that were asked for and turned out to be garbage, since the store was opened."""
        self._folder = folder
        self._rows = rows
        self.size_limit = size_limit
        """Bytes; more than that is evicted, the least recently used first."""
        self._inode = inode(folder)
        self._opened = time.monotonic()
        self._heal_lock = threading.Lock()
        self._used_lock = threading.Lock()
        self._used: dict[str, float] = {}
        self._flushed = time.monotonic()

    @classmethod
    def open(cls, folder: Path, size_limit: int) -> "DiskContextStore":
        """Open or create the store in `folder`, of at most `size_limit` bytes. Never raises: see `problem`."""
        rows, problem, kept_in = open_rows(folder)
        if problem:
            _logger.warning("%s", problem)
        return cls(kept_in, rows, size_limit, problem)

    @classmethod
    def in_memory(cls, size_limit: int = 100_000_000) -> "DiskContextStore":
        """A store that is gone with the process."""
        return cls(None, MemoryRows(), size_limit, None)

    @property
    def keeps(self) -> bool:
        """Whether what is put in now outlives this process; else `problem` says why not."""
        return self._folder is not None and self._rows.writable

    def get_many(self, context_hashes: Iterable[str]) -> dict[str, tuple[Entry, ...]]:
        """Every generator's entry of each context hash that has one, by generator. Never writes, never raises."""
        keys = {_ENTRY_PREFIX + context_hash: context_hash for context_hash in context_hashes}
        rows = self._read(list(keys))
        found: dict[str, tuple[Entry, ...]] = {}
        for key, value in rows.items():
            entries = _parse_entries(keys[key], value)
            if entries is None:
                self.garbage += 1
            elif entries:
                found[keys[key]] = entries
        self._note_used(rows)
        return found

    def put_many(self, entries: Iterable[Entry]) -> None:
        """Keep each entry under (context hash, generator), replacing what that generator wrote before.

        Raises StoreError when it cannot be kept (disk full, read-only).
        """
        self.merge_many(entries, _replace)

    def merge_many(
        self, entries: Iterable[Entry], merge: Callable[[dict[str, Entry], Entry, frozenset[str]], bool]
    ) -> int:
        """Offer each entry to `merge`, with the stored ones of its hash (by generator, mutable) and rejected texts.

        `merge` tells whether it changed anything; the number of entries that did is returned. Reading, merging and
        writing are one step, so that no process loses another's entry. Raises StoreError.
        """
        grouped: dict[str, list[Entry]] = {}
        for entry in entries:
            grouped.setdefault(entry.context_hash, []).append(entry)
        context_hashes = list(grouped)
        kept = 0
        for start in range(0, len(context_hashes), _PUT_CHUNK):
            chunk = context_hashes[start : start + _PUT_CHUNK]
            kept += self._merge_chunk({context_hash: grouped[context_hash] for context_hash in chunk}, merge)
        self._or_heal(lambda rows: rows.cull(self.size_limit, _CULL_STEPS) if rows.writable else None, None)
        return kept

    def rejected(self, context_hashes: Iterable[str]) -> dict[str, frozenset[str]]:
        """For each context hash that has any, the digests of the texts that a person called wrong."""
        keys = {_WRONG_PREFIX + context_hash: context_hash for context_hash in context_hashes}
        rows = self._read(list(keys))
        return {keys[key]: digests for key, value in rows.items() if (digests := _parse_digests(value))}

    def reject(self, context_hash: str, text_digest: str) -> None:
        """Remember that a text is wrong for a context hash. Raises StoreError when it cannot be kept."""
        key = _WRONG_PREFIX + context_hash

        def edit(rows: Mapping[str, bytes]) -> dict[str, bytes | None]:
            others = sorted(_parse_digests(rows.get(key, b"{}")) - {text_digest})
            return {key: _canonical({"digests": sorted([text_digest, *others[: _MAX_REJECTED - 1]])})}

        self._change([key], edit)

    def accept(self, context_hash: str, text_digest: str) -> None:
        """Take back that a text is wrong for a context hash. Raises StoreError when that cannot be kept."""
        key = _WRONG_PREFIX + context_hash

        def edit(rows: Mapping[str, bytes]) -> dict[str, bytes | None]:
            known = _parse_digests(rows.get(key, b"{}"))
            return {key: _canonical({"digests": sorted(known - {text_digest})})} if text_digest in known else {}

        self._change([key], edit)

    def context_hashes(self) -> Iterator[str]:
        """Every context hash that has a row, in no order."""
        return (key.removeprefix(_ENTRY_PREFIX) for _, key, _ in self._scan() if key and key.startswith(_ENTRY_PREFIX))

    def flush_access(self) -> None:
        """Write down which rows were used, so that eviction goes by least recent use."""
        with self._used_lock:
            used, self._used = self._used, {}
            self._flushed = time.monotonic()
        if not used:
            return
        try:
            self._rows.touch(used)
        except (sqlite3.Error, OSError) as error:
            _logger.debug("access times were not written: %s", error)

    def info(self) -> dict[str, Any]:
        """`entries` (context hashes with c′), `bytes` on disk, `limit` in bytes, `problem`."""
        return {
            "entries": self._or_heal(lambda rows: rows.count(_ENTRY_PREFIX), 0),
            "bytes": self._or_heal(lambda rows: rows.size(), 0),
            "limit": self.size_limit,
            "problem": self.problem,
        }

    def gc(self) -> int:
        """Delete garbage, what exceeds the size limit, and folders set aside. Returns the bytes freed.

        Raises StoreError.
        """
        self.flush_access()
        before = self._footprint()
        self._delete([number for number, _ in self._garbage_rows()])
        self._attempt(lambda rows: rows.cull(self.size_limit, 1_000_000))
        self._attempt(lambda rows: rows.shrink())
        if self._folder:
            for aside in set_aside_folders(self._folder):
                shutil.rmtree(aside, ignore_errors=True)
        return max(0, before - self._footprint())

    def clear(self) -> None:
        """Delete everything: c′ of every generator and what people called wrong. Raises StoreError."""
        with contextlib.suppress(StoreError):
            self._attempt(lambda rows: rows.clear())
            return
        self._delete_files()  # on a full disk the database lacks the space to delete in

    def _delete_files(self) -> None:
        with self._heal_lock:
            if self._folder is None:
                return
            with contextlib.suppress(sqlite3.Error):  # it only has to let go of its files
                self._rows.close()
            try:
                for path in self._folder.glob(f"{DATABASE}*"):
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(why_not_kept(error)) from error
            finally:
                self._reopen()

    def verify(self) -> list[str]:
        """Check the database and parse every row; garbage is deleted. One line a problem. Raises StoreError."""
        problems = [self.problem] if self.problem else []
        rows = self._rows
        try:
            faults = rows.faults()
        except sqlite3.DatabaseError as error:
            faults = [str(error)]
        if faults:
            self._heal(rows, sqlite3.DatabaseError(faults[0]))
            return [*problems, *faults[:3], "the broken store was set aside and a new one started"]
        garbage = list(self._garbage_rows())
        if garbage and self._rows.writable:
            self._delete([number for number, _ in garbage])
        ending = "removed" if self._rows.writable else "left, because the store is read-only"
        return [*problems, *(f"{fault}: {ending}" for _, fault in garbage)]

    def close(self) -> None:
        """Write access times and let go of the files."""
        self.flush_access()
        with contextlib.suppress(sqlite3.Error):  # nothing more can be done for a database that will not close
            self._rows.close()

    def _read(self, keys: Sequence[str]) -> dict[str, bytes]:
        nothing: dict[str, bytes] = {}
        return self._or_heal(lambda rows: rows.read(keys), nothing)

    def _merge_chunk(
        self, grouped: Mapping[str, list[Entry]], merge: Callable[[dict[str, Entry], Entry, frozenset[str]], bool]
    ) -> int:
        kept = 0

        def edit(rows: Mapping[str, bytes]) -> dict[str, bytes | None]:
            nonlocal kept
            kept = 0
            changes: dict[str, bytes | None] = {}
            for context_hash, offered in grouped.items():
                key = _ENTRY_PREFIX + context_hash
                present = {entry.generator_id: entry for entry in _parse_entries(context_hash, rows.get(key)) or ()}
                rejected = _parse_digests(rows.get(_WRONG_PREFIX + context_hash, b"{}"))
                changed = sum(merge(present, entry, rejected) for entry in offered)
                if changed:
                    kept += changed
                    changes[key] = _row_of(present, offered)
            return changes

        keys = [prefix + context_hash for context_hash in grouped for prefix in (_ENTRY_PREFIX, _WRONG_PREFIX)]
        self._change(keys, edit)
        return kept

    def _change(self, keys: Sequence[str], edit: Callable[[Mapping[str, bytes]], Mapping[str, bytes | None]]) -> None:
        self._attempt(lambda rows: rows.change(keys, edit))

    def _attempt(self, action: Callable[[Rows], _Result]) -> _Result:
        """Do something that must be done: once more in a new store if the present one is broken, else StoreError."""
        self._follow()
        if not self._rows.writable:
            self._try_to_write_again()
        rows = self._rows
        try:
            return action(rows)
        except sqlite3.DatabaseError as error:
            if not is_corruption(error):
                raise StoreError(why_not_kept(error)) from error
            self._heal(rows, error)
        except OSError as error:
            raise StoreError(why_not_kept(error)) from error
        try:
            return action(self._rows)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(why_not_kept(error)) from error

    def _or_heal(self, action: Callable[[Rows], _Result], otherwise: _Result) -> _Result:
        """Do something that may fail: then the answer is poorer, and a broken store is replaced for the next time."""
        self._follow()
        rows = self._rows
        try:
            return action(rows)
        except sqlite3.DatabaseError as error:
            if is_corruption(error):
                self._heal(rows, error)
            else:
                _logger.warning("the c′ store could not be read: %s", error)
        except OSError as error:
            _logger.warning("the c′ store could not be read: %s", error)
        return otherwise

    def _follow(self) -> None:
        """Open again when the database was deleted or set aside by another process: ours would be written in vain."""
        if self._folder is not None and inode(self._folder) != self._inode:
            with self._heal_lock:
                if inode(self._folder) != self._inode:
                    self._reopen()

    def _try_to_write_again(self) -> None:
        """The disk may have space again. Raises StoreError with the reason when it can still only be read."""
        with self._heal_lock:
            if not self._rows.writable and time.monotonic() - self._opened > _RETRY_SECONDS:
                self._reopen()
            if not self._rows.writable:
                raise StoreError(self.problem or "The c′ store can only be read.")

    def _heal(self, broken: Rows, error: sqlite3.DatabaseError) -> None:
        with self._heal_lock:
            if self._folder is None or self._rows is not broken:
                return
            if inode(self._folder) == self._inode:  # otherwise another thread or process has set the broken one aside
                try:
                    set_aside(self._folder)
                except OSError as failure:
                    _logger.warning("the broken c′ store could not be set aside: %s", failure)
            self._reopen()
            self.problem = self.problem or f"The c′ store was broken ({error}); it was set aside and a new one started."
            _logger.warning("%s", self.problem)

    def _reopen(self) -> None:
        assert self._folder is not None
        with contextlib.suppress(sqlite3.Error):  # it only has to let go of its files
            self._rows.close()
        self._rows, self.problem, self._folder = open_rows(self._folder)
        self._inode = inode(self._folder)
        self._opened = time.monotonic()

    def _note_used(self, keys: Iterable[str]) -> None:
        now = time.time()
        with self._used_lock:
            self._used.update(dict.fromkeys(keys, now))
            due = time.monotonic() - self._flushed > _FLUSH_SECONDS
        if due:
            self.flush_access()

    def _scan(self) -> Iterator[tuple[int, str | None, bytes | None]]:
        rows = self._rows
        try:
            yield from rows.scan()
        except sqlite3.DatabaseError as error:
            if is_corruption(error):
                self._heal(rows, error)
            raise StoreError(f"The c′ store could not be read through ({error}); run it again.") from error

    def _garbage_rows(self) -> Iterator[tuple[int, str]]:
        for number, key, value in self._scan():
            if key is None or value is None:
                yield number, f"row {number} has a key or a value of a foreign kind"
            elif key.startswith(_ENTRY_PREFIX):
                if not _parse_entries(key.removeprefix(_ENTRY_PREFIX), value):
                    yield number, f"row {number} ({key[:80]!r}) does not hold entries of its subject"
            elif not (key.startswith(_WRONG_PREFIX) and _parse_digests(value)):
                yield number, f"row {number} ({key[:80]!r}) is not one of ours"

    def _delete(self, row_numbers: Sequence[int]) -> None:
        self._attempt(lambda rows: rows.delete(row_numbers) if row_numbers else None)

    def _footprint(self) -> int:
        aside = set_aside_folders(self._folder) if self._folder else []
        return self._or_heal(lambda rows: rows.size(), 0) + sum(
            path.stat().st_size for folder in aside for path in folder.rglob("*") if path.is_file()
        )


def _replace(present: dict[str, Entry], entry: Entry, rejected: frozenset[str]) -> bool:
    present[entry.generator_id] = entry
    return True


def _row_of(present: Mapping[str, Entry], offered: Sequence[Entry]) -> bytes | None:
    """The row of a context hash: the newest generators that fit, never without those just written."""
    fresh = {entry.generator_id for entry in offered}
    order = sorted(
        present.values(),
        key=lambda entry: (entry.generator_id in fresh, entry.provenance.created_at, entry.generator_id),
        reverse=True,
    )[:_MAX_PRODUCERS]
    while order:
        try:
            row = _canonical(
                {"entries": [entry.to_json() for entry in sorted(order, key=lambda entry: entry.generator_id)]}
            )
        except ValueError as error:
            raise StoreError("An entry could not be kept: it holds a number that is not finite.") from error
        if len(row) <= MAX_VALUE_BYTES:
            return row
        if order.pop().generator_id in fresh:
            raise StoreError("An entry could not be kept: it is longer than a row of the c′ store may be (1 MiB).")
    return None


def _parse_entries(context_hash: str, value: bytes | None) -> tuple[Entry, ...] | None:
    """The entries of a row, or None when it is garbage: not JSON, not entries, or another context hash's."""
    if value is None:
        return ()
    try:
        entries = tuple(Entry.from_json(item) for item in json.loads(value)["entries"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return entries if all(entry.context_hash == context_hash for entry in entries) else None


def _parse_digests(value: bytes) -> frozenset[str]:
    try:
        return frozenset(item for item in json.loads(value)["digests"] if isinstance(item, str))
    except (ValueError, KeyError, TypeError, RecursionError):
        return frozenset()


def _canonical(value: Any) -> bytes:
    """JSON of one spelling: sorted keys, no spaces, UTF-8 (lone surrogates of odd file names pass through)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")
