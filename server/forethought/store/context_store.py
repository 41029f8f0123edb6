"""c′ on disk: one row a subject with every producer's entry, as canonical JSON bytes.

A row may be garbage or gone at any time: it is then as if nobody had thought about that subject. A broken folder is set
aside and a new one started; where no folder can be used the store lives in memory and `problem` says why.
"""

import contextlib
import json
import logging
import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from forethought.errors import StoreError
from forethought.insights import SCHEMA, Entry
from forethought.store.json_disk import (
    DATABASE,
    EVICTABLE_PREFIX,
    MAX_VALUE_BYTES,
    DiskRows,
    MemoryRows,
    ReadOnlyRows,
    Rows,
    inspect,
)

CONTEXTS_FOLDER = "contexts"
"""The store's folder inside the cache folder."""

MARKER = "forethought-contexts.json"
"""Says that a folder is ours, and of which schema."""

_ENTRY_PREFIX = EVICTABLE_PREFIX
_WRONG_PREFIX = "wrong:"
_MAX_PRODUCERS = 16
_MAX_REJECTED = 1_000
_PUT_CHUNK = 64
_FLUSH_AFTER = 2_000
_CULL_STEPS = 20
_BUSY_SECONDS = 10.0

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
        self._size_limit = size_limit
        self._inode = _inode(folder)
        self._heal_lock = threading.Lock()
        self._used_lock = threading.Lock()
        self._used: dict[str, float] = {}

    @classmethod
    def open(cls, folder: Path, size_limit: int) -> "DiskContextStore":
        """Open or create the store in `folder`, of at most `size_limit` bytes. Never raises: see `problem`."""
        rows, problem, kept_in = _open_rows(folder)
        if problem:
            _logger.warning("%s", problem)
        return cls(kept_in, rows, size_limit, problem)

    @classmethod
    def in_memory(cls, size_limit: int = 100_000_000) -> "DiskContextStore":
        """A store that is gone with the process."""
        return cls(None, MemoryRows(), size_limit, None)

    def get_many(self, subjects: Iterable[str]) -> dict[str, tuple[Entry, ...]]:
        """Every producer's entry of each subject that has one, by producer. Never writes, never raises."""
        keys = {_ENTRY_PREFIX + subject: subject for subject in subjects}
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
        """Keep each entry under (subject, producer), replacing what that producer wrote before.

        Raises StoreError when it cannot be kept (disk full, read-only).
        """
        self.merge_many(entries, _replace)

    def merge_many(
        self, entries: Iterable[Entry], merge: Callable[[dict[str, Entry], Entry, frozenset[str]], bool]
    ) -> int:
        """Offer each entry to `merge`, with what its subject has (by producer, to be changed) and its rejected texts.

        `merge` tells whether it changed anything; the number of entries that did is returned. Reading, merging and
        writing are one step, so that no process loses another's entry. Raises StoreError.
        """
        grouped: dict[str, list[Entry]] = {}
        for entry in entries:
            grouped.setdefault(entry.subject, []).append(entry)
        subjects = list(grouped)
        kept = 0
        for start in range(0, len(subjects), _PUT_CHUNK):
            chunk = subjects[start : start + _PUT_CHUNK]
            kept += self._merge_chunk({subject: grouped[subject] for subject in chunk}, merge)
        self._or_heal(lambda rows: rows.cull(self._size_limit, _CULL_STEPS) if rows.writable else None, None)
        return kept

    def rejected(self, subjects: Iterable[str]) -> dict[str, frozenset[str]]:
        """For each subject that has any, the digests of the texts that a person called wrong."""
        keys = {_WRONG_PREFIX + subject: subject for subject in subjects}
        rows = self._read(list(keys))
        return {keys[key]: digests for key, value in rows.items() if (digests := _parse_digests(value))}

    def reject(self, subject: str, text_digest: str) -> None:
        """Remember that a text is wrong for a subject. Raises StoreError when it cannot be kept."""
        key = _WRONG_PREFIX + subject

        def edit(rows: Mapping[str, bytes]) -> dict[str, bytes | None]:
            digests = {*_parse_digests(rows.get(key, b"{}")), text_digest}
            return {key: _canonical({"digests": sorted(digests)[:_MAX_REJECTED]})}

        self._change([key], edit)

    def subjects(self) -> Iterator[str]:
        """Every subject that has a row, in no order."""
        return (key.removeprefix(_ENTRY_PREFIX) for _, key, _ in self._scan() if key and key.startswith(_ENTRY_PREFIX))

    def flush_access(self) -> None:
        """Write down which rows were used, so that eviction goes by least recent use."""
        with self._used_lock:
            used, self._used = self._used, {}
        if not used:
            return
        try:
            self._rows.touch(used)
        except (sqlite3.Error, OSError) as error:
            _logger.debug("access times were not written: %s", error)

    def info(self) -> dict[str, Any]:
        """`entries` (subjects with c′), `bytes` on disk, `limit` in bytes, `problem`."""
        return {
            "entries": self._or_heal(lambda rows: rows.count(_ENTRY_PREFIX), 0),
            "bytes": self._or_heal(lambda rows: rows.size(), 0),
            "limit": self._size_limit,
            "problem": self.problem,
        }

    def gc(self) -> int:
        """Delete garbage, what exceeds the size limit, and folders set aside. Returns the bytes freed.

        Raises StoreError.
        """
        self.flush_access()
        before = self._footprint()
        self._delete([number for number, _ in self._garbage_rows()])
        self._attempt(lambda rows: rows.cull(self._size_limit, 1_000_000))
        self._attempt(lambda rows: rows.shrink())
        if self._folder:
            for aside in _set_aside_folders(self._folder):
                shutil.rmtree(aside, ignore_errors=True)
        return max(0, before - self._footprint())

    def clear(self) -> None:
        """Delete everything: c′ of every producer and what people called wrong. Raises StoreError."""
        self._attempt(lambda rows: rows.clear())

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
            for subject, offered in grouped.items():
                key = _ENTRY_PREFIX + subject
                present = {entry.producer: entry for entry in _parse_entries(subject, rows.get(key)) or ()}
                rejected = _parse_digests(rows.get(_WRONG_PREFIX + subject, b"{}"))
                changed = sum(merge(present, entry, rejected) for entry in offered)
                if changed:
                    kept += changed
                    changes[key] = _row_of(present, offered)
            return changes

        keys = [prefix + subject for subject in grouped for prefix in (_ENTRY_PREFIX, _WRONG_PREFIX)]
        self._change(keys, edit)
        return kept

    def _change(self, keys: Sequence[str], edit: Callable[[Mapping[str, bytes]], Mapping[str, bytes | None]]) -> None:
        self._attempt(lambda rows: rows.change(keys, edit))

    def _attempt(self, action: Callable[[Rows], _Result]) -> _Result:
        """Do something that must be done: once more in a new store if the present one is broken, else StoreError."""
        self._follow()
        rows = self._rows
        try:
            return action(rows)
        except sqlite3.DatabaseError as error:
            if not _is_corruption(error):
                raise StoreError(_why_not_kept(error)) from error
            self._heal(rows, error)
        except OSError as error:
            raise StoreError(_why_not_kept(error)) from error
        try:
            return action(self._rows)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(_why_not_kept(error)) from error

    def _or_heal(self, action: Callable[[Rows], _Result], otherwise: _Result) -> _Result:
        """Do something that may fail: then the answer is poorer, and a broken store is replaced for the next time."""
        self._follow()
        rows = self._rows
        try:
            return action(rows)
        except sqlite3.DatabaseError as error:
            if _is_corruption(error):
                self._heal(rows, error)
            else:
                _logger.warning("the c′ store could not be read: %s", error)
        except OSError as error:
            _logger.warning("the c′ store could not be read: %s", error)
        return otherwise

    def _follow(self) -> None:
        """Open again when the database was deleted or set aside by another process: ours would be written in vain."""
        if self._folder is not None and _inode(self._folder) != self._inode:
            with self._heal_lock:
                if _inode(self._folder) != self._inode:
                    self._reopen()

    def _heal(self, broken: Rows, error: sqlite3.DatabaseError) -> None:
        with self._heal_lock:
            if self._folder is None or self._rows is not broken:
                return
            if _inode(self._folder) == self._inode:  # otherwise another thread or process has set the broken one aside
                try:
                    _set_aside(self._folder)
                except OSError as failure:
                    _logger.warning("the broken c′ store could not be set aside: %s", failure)
            self._reopen()
            self.problem = self.problem or f"The c′ store was broken ({error}); it was set aside and a new one started."
            _logger.warning("%s", self.problem)

    def _reopen(self) -> None:
        assert self._folder is not None
        with contextlib.suppress(sqlite3.Error):  # it only has to let go of its files
            self._rows.close()
        self._rows, self.problem, self._folder = _open_rows(self._folder)
        self._inode = _inode(self._folder)

    def _note_used(self, keys: Iterable[str]) -> None:
        now = time.time()
        with self._used_lock:
            self._used.update(dict.fromkeys(keys, now))
            due = len(self._used) >= _FLUSH_AFTER
        if due:
            self.flush_access()

    def _scan(self) -> Iterator[tuple[int, str | None, bytes | None]]:
        rows = self._rows
        try:
            yield from rows.scan()
        except sqlite3.DatabaseError as error:
            if _is_corruption(error):
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
        aside = _set_aside_folders(self._folder) if self._folder else []
        return self._or_heal(lambda rows: rows.size(), 0) + sum(
            path.stat().st_size for folder in aside for path in folder.rglob("*") if path.is_file()
        )


def _open_rows(folder: Path) -> tuple[Rows, str | None, Path | None]:
    """The best rows to be had for a folder, what is wrong with them, and the folder if they are kept in it."""
    found = _inode(folder)
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
        if not _is_corruption(error):
            return _fall_back(folder, error)
        first = error
    except OSError as error:
        return _fall_back(folder, error)
    try:
        if _inode(folder) == found:  # otherwise another process has already set the broken one aside
            _set_aside(folder)
        _prepare(folder)
        return DiskRows(folder), f"The c′ store was broken ({first}); it was set aside and a new one started.", folder
    except (sqlite3.Error, OSError) as error:
        return _fall_back(folder, error)


def _fall_back(folder: Path, error: Exception) -> tuple[Rows, str, Path | None]:
    """Read what is there; failing that, keep things in memory."""
    try:
        if _stored_schema(folder) == SCHEMA and (folder / DATABASE).is_file():
            inspect(folder)
            rows = ReadOnlyRows(folder)
            rows.read(["c1:probe"])
            return rows, f"The c′ store in {folder} is read-only ({error}): new insights are not kept.", folder
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
        _set_aside(folder)
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
    draft.write_bytes(_canonical({"format": "forethought contexts", "schema": SCHEMA}))
    draft.replace(folder / MARKER)


def _set_aside(folder: Path) -> None:
    """Rename a folder to a numbered name and drop those set aside before. Raises OSError."""
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


def _inode(folder: Path | None) -> int | None:
    try:
        return (folder / DATABASE).stat().st_ino if folder else None
    except OSError:
        return None


def _replace(present: dict[str, Entry], entry: Entry, rejected: frozenset[str]) -> bool:
    present[entry.producer] = entry
    return True


def _row_of(present: Mapping[str, Entry], offered: Sequence[Entry]) -> bytes | None:
    """The row of a subject: the newest producers that fit, never without those just written."""
    fresh = {entry.producer for entry in offered}
    order = sorted(
        present.values(),
        key=lambda entry: (entry.producer in fresh, entry.provenance.created_at, entry.producer),
        reverse=True,
    )[:_MAX_PRODUCERS]
    while order:
        try:
            row = _canonical(
                {"entries": [entry.to_json() for entry in sorted(order, key=lambda entry: entry.producer)]}
            )
        except ValueError as error:
            raise StoreError("An entry could not be kept: it holds a number that is not finite.") from error
        if len(row) <= MAX_VALUE_BYTES:
            return row
        if order.pop().producer in fresh:
            raise StoreError("An entry could not be kept: it is longer than a row of the c′ store may be (1 MiB).")
    return None


def _parse_entries(subject: str, value: bytes | None) -> tuple[Entry, ...] | None:
    """The entries of a row, or None when it is garbage: not JSON, not entries, or another subject's."""
    if value is None:
        return ()
    try:
        entries = tuple(Entry.from_json(item) for item in json.loads(value)["entries"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return entries if all(entry.subject == subject for entry in entries) else None


def _parse_digests(value: bytes) -> frozenset[str]:
    try:
        return frozenset(item for item in json.loads(value)["digests"] if isinstance(item, str))
    except (ValueError, KeyError, TypeError, RecursionError):
        return frozenset()


def _canonical(value: Any) -> bytes:
    """JSON of one spelling: sorted keys, no spaces, UTF-8 (lone surrogates of odd file names pass through)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def _is_corruption(error: sqlite3.DatabaseError) -> bool:
    """Whether the database is broken, and not merely busy, full or read-only."""
    if not isinstance(error, sqlite3.OperationalError):
        return True
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR"))


def _why_not_kept(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    number = getattr(error, "errno", None)
    if name == "SQLITE_FULL" or number in (28, 122):
        return "The c′ store could not be written: the disk is full; free some space, or run `forethought cache gc`."
    if name.startswith("SQLITE_READONLY") or isinstance(error, PermissionError):
        return "The c′ store could not be written: it is read-only; change its permissions or set `cache.directory`."
    if isinstance(error, TimeoutError) or name.startswith("SQLITE_BUSY"):
        return f"The c′ store could not be written: {error}; try again."
    return f"The c′ store could not be written ({error}); run `forethought cache verify`."
