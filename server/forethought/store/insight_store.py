"""Insights on disk, by context hash.

Implementation
--------------
Two diskcache folders. `contexts` holds one value per context hash: the entries of every generator, as JSON under the
key "c1:" + context hash. It is evicted by size. `verdicts` holds what people called wrong, and is never evicted: a
wrong answer must not come back because the disk filled up.

* *Why diskcache*, and not a table of our own: it brings a connection per thread and process, transactions, eviction
  and checks. We use its documented `Cache` and subclass its `Disk`; its tables are its own business.
* *Why not its policy "least-recently-used"*: with it every `get` is a write transaction, which a hover must not wait
  for. Under "least-recently-stored" reads write nothing, and storing an entry again notes its use. That happens in
  batches, on a thread of its own. A kill loses at most `_FLUSH_SECONDS` of such notes.
* *Why one value per context hash*, and not one per (context hash, generator): a symbol is shown from the entries of all
  generators, so one look-up gets them. The price is read-modify-write, in a transaction.
* *Why diskcache does not evict while storing* (`cull_limit`): it measures the file, which does not shrink inside a
  transaction, so that a batch would evict far too much. We call `cull` after the transaction.
* *Why a read-only store is copied*: diskcache writes its settings whenever it opens a folder. Reading its tables
  ourselves would need no copy, but would bind us to its schema. Stores that cannot be written are rare and small (a
  shared one), or their disk is full; when there is no room for a copy, there are no insights until there is.
* *Damage* is found by SQLite, by `JsonDisk`, or by parsing; nothing is repaired. A value that does not parse counts as
  missing and is overwritten by the next pass; a database that SQLite rejects is set aside as a whole, since everything
  in it can be computed again. gopls' filecache hashes each entry instead; SQLite's page checks and JSON do here.
* *Schema 1* kept verdicts among the entries, under "wrong:" + context hash. They are moved when it is opened.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from forethought.errors import StoreError
from forethought.insights.entry import Entry
from forethought.store.healing_cache import Cache, HealingCache
from forethought.store.json_cache import ValueTooLong

INSIGHTS_FOLDER = "contexts"
"""The folder of the entries inside the cache folder."""
VERDICTS_FOLDER = "verdicts"
"""The folder of the verdicts, beside it."""
STORE_SCHEMA = 3
"""Raise it with `insights.entry.SCHEMA`: older stores are then set aside, and older versions leave ours alone."""
VERDICTS_SCHEMA = 2

_ENTRY_PREFIX = "c1:"
_MAX_GENERATORS = 16
"""Of one context hash; the newest are kept."""
_MAX_VERDICTS = 1_000
"""On one context hash."""
_SHARED_TAGS = tuple(f"shared {digit:x}" for digit in range(16))
"""Tags of values that hold nothing written here, by the first digit of the context hash."""
_BATCH = 64
"""Context hashes per transaction, during which other processes cannot write."""
_FLUSH_SECONDS = 60.0

_logger = logging.getLogger(__name__)

Merge = Callable[[dict[str, Entry], Entry, frozenset[str]], bool]
"""(stored entries of a context hash by generator, a new one, digests of wrong texts) → whether the first changed."""


class DiskInsightStore:
    """The `InsightStore` that is kept. Safe from several threads and processes; methods may read the disk."""

    def __init__(self, entries: HealingCache, verdicts: HealingCache, size_limit: int) -> None:
        self.size_limit = size_limit
        """In bytes; the least recently used entries beyond it are evicted."""
        self.garbage = 0
        """How many values that were looked up could not be parsed, since the store was opened."""
        self._entries = entries
        self._verdicts = verdicts
        self._used_lock = threading.Lock()
        self._used: dict[str, None] = {}
        """Keys of entries read since the last flush, least recently used first."""
        self._flushed_at = time.monotonic()

    @classmethod
    def open(cls, folder: Path, size_limit: int) -> "DiskInsightStore":
        """Open or create the store in `folder` and the folder `verdicts` beside it. Never raises: see `problem`."""
        verdicts = HealingCache(folder.with_name(VERDICTS_FOLDER), VERDICTS_SCHEMA)
        return cls(HealingCache(folder, STORE_SCHEMA), verdicts, size_limit)

    @classmethod
    def in_memory(cls, size_limit: int = 100_000_000) -> "DiskInsightStore":
        """A store that is gone with the process."""
        return cls(HealingCache(None, STORE_SCHEMA), HealingCache(None, VERDICTS_SCHEMA), size_limit)

    @property
    def problem(self) -> str | None:
        """One sentence when the store is not what it should be (in memory, read-only, rebuilt …); else None."""
        return self._entries.problem or self._verdicts.problem

    @property
    def keeps(self) -> bool:
        """Whether entries that are put in outlive this process; else `problem` says why not."""
        return self._entries.keeps

    def get_many(self, context_hashes: Iterable[str]) -> dict[str, tuple[Entry, ...]]:
        """Map each context hash that has entries to them, ordered by generator. Never writes, never raises."""
        nothing: dict[str, tuple[Entry, ...] | None] = {}
        found = self._entries.read(
            lambda cache: {context_hash: _entries_at(cache, context_hash) for context_hash in context_hashes}, nothing
        )
        self.garbage += sum(entries is None for entries in found.values())
        present = {context_hash: entries for context_hash, entries in found.items() if entries}
        self._note_used(present)
        return present

    def put_many(self, entries: Iterable[Entry]) -> None:
        """Store each entry under (context hash, generator), replacing what that generator wrote before.

        Raises StoreError when that fails (disk full, read-only).
        """
        self.merge_many(entries, _replace)

    def note_checked(self, entries: Iterable[Entry]) -> None:
        """Store shared entries that were held against their code, unless that generator wrote here since.

        Raises StoreError.
        """
        self.merge_many(entries, _replace_shared)

    def merge_many(self, entries: Iterable[Entry], merge: Merge) -> int:
        """Pass each entry to `merge`, and store what it changed. Returns for how many entries it returned True.

        Reading, merging and writing are one transaction, so that no process loses another's entry; if the store has to
        be healed, `merge` is called again. Raises StoreError.
        """
        grouped: dict[str, list[Entry]] = {}
        for entry in entries:
            grouped.setdefault(entry.context_hash, []).append(entry)
        self._verdicts.retry()  # seldom written itself
        rejected = self.rejected(grouped)
        changed = 0
        remaining = iter(grouped.items())
        while batch := dict(islice(remaining, _BATCH)):
            changed += self._entries.write(partial(_merge, new=batch, rejected=rejected, merge=merge))
        self._entries.read(self._cull, None)
        return changed

    def rejected(self, context_hashes: Iterable[str]) -> dict[str, frozenset[str]]:
        """Map each context hash that has any to the digests of the texts that a person called wrong."""

        def read(cache: Cache) -> dict[str, frozenset[str]]:
            if not len(cache):
                return {}
            found = {context_hash: _digests_at(cache, context_hash) for context_hash in context_hashes}
            return {context_hash: digests for context_hash, digests in found.items() if digests}

        return self._verdicts.read(read, {})

    def reject(self, context_hash: str, text_digest: str) -> None:
        """Note that a text is wrong for a context hash. Raises StoreError when that cannot be stored."""
        self._edit_verdicts(context_hash, lambda digests: {text_digest, *sorted(digests)[: _MAX_VERDICTS - 1]})

    def accept(self, context_hash: str, text_digest: str) -> None:
        """Take back that a text is wrong for a context hash. Raises StoreError when that cannot be stored."""
        self._edit_verdicts(context_hash, lambda digests: digests - {text_digest})

    def context_hashes(self) -> Iterator[str]:
        """Every context hash that has entries, in no order. Raises StoreError."""
        keys = self._entries.run(list)
        return (_context_hash_in(key) for key in keys if isinstance(key, str) and key.startswith(_ENTRY_PREFIX))

    def flush_access(self) -> None:
        """Store the entries again that were read, so that they are not evicted as unused."""
        with self._used_lock:
            used, self._used = iter(self._used), {}
            self._flushed_at = time.monotonic()
        try:
            while batch := list(islice(used, _BATCH)):
                self._entries.write(partial(_store_again, keys=batch))
        except StoreError as error:
            _logger.debug("The use of entries was not noted: %s", error)

    def info(self) -> dict[str, Any]:
        """`entries` (context hashes with insights), `bytes` on disk, `limit` in bytes, `problem`."""
        return {
            "entries": self._entries.read(len, 0),
            "bytes": self._entries.size() + self._verdicts.size(),
            "limit": self.size_limit,
            "problem": self.problem,
        }

    def gc(self) -> int:
        """Delete garbage, entries beyond the size limit, and folders set aside. Returns the bytes freed.

        Raises StoreError.
        """
        self.flush_access()
        before = self._entries.size() + self._verdicts.size()
        self._delete_garbage()
        self._entries.write(self._cull)
        freed = max(0, before - self._entries.size() - self._verdicts.size())
        return freed + self._entries.delete_set_aside() + self._verdicts.delete_set_aside()

    def clear(self) -> None:
        """Delete everything: the entries of every generator, and the verdicts. Raises StoreError."""
        self._entries.clear()
        self._verdicts.clear()

    def verify(self) -> list[str]:
        """Check the databases and parse every value; garbage is deleted. One line per problem. Raises StoreError."""
        garbage = self._delete_garbage()
        self._entries.check()
        self._verdicts.check()
        return [*filter(None, (self._entries.problem, self._verdicts.problem)), *garbage]

    def close(self) -> None:
        """Note what was used, and close the files."""
        self.flush_access()
        self._entries.close()
        self._verdicts.close()

    def _note_used(self, context_hashes: Iterable[str]) -> None:
        with self._used_lock:
            for context_hash in context_hashes:
                key = _ENTRY_PREFIX + context_hash
                self._used.pop(key, None)
                self._used[key] = None
            due = bool(self._used) and time.monotonic() - self._flushed_at > _FLUSH_SECONDS
        if due:  # on a thread of its own: the caller may be a hover
            threading.Thread(target=self.flush_access, name="forethought-access", daemon=True).start()

    def _cull(self, cache: Cache) -> None:
        cache.reset("size_limit", self.size_limit, update=False)
        for tag in _SHARED_TAGS:  # what others wrote goes first, a part at a time
            if cache.volume() <= self.size_limit:
                return
            cache.evict(tag)
        cache.cull()

    def _edit_verdicts(self, context_hash: str, edit: Callable[[frozenset[str]], Iterable[str]]) -> None:
        def write(cache: Cache) -> None:
            with cache.transact():
                if digests := sorted(edit(_digests_at(cache, context_hash))):
                    cache.set(context_hash, {"digests": digests})
                else:
                    cache.delete(context_hash)

        self._verdicts.write(write)

    def _delete_garbage(self) -> list[str]:
        """Delete values that cannot be parsed, and return a line about each."""
        entries = _delete_garbage(self._entries, lambda cache, key: bool(_entries_at(cache, _context_hash_in(key))))
        return entries + _delete_garbage(self._verdicts, lambda cache, key: bool(_digests_at(cache, key)))


def _replace(stored: dict[str, Entry], entry: Entry, rejected: frozenset[str]) -> bool:
    stored[entry.generator_id] = entry
    return True


def _replace_shared(stored: dict[str, Entry], entry: Entry, rejected: frozenset[str]) -> bool:
    known = stored.get(entry.generator_id)
    if known is None or known.provenance.origin == "local":
        return False
    stored[entry.generator_id] = entry
    return True


def _merge(
    cache: Cache, new: Mapping[str, Sequence[Entry]], rejected: Mapping[str, frozenset[str]], merge: Merge
) -> int:
    total = 0
    with cache.transact():
        for context_hash, entries in new.items():
            stored = {entry.generator_id: entry for entry in _entries_at(cache, context_hash) or ()}
            changed = sum(merge(stored, entry, rejected.get(context_hash, frozenset())) for entry in entries)
            if changed:
                _set_entries(cache, context_hash, stored.values(), {entry.generator_id for entry in entries})
                total += changed
    return total


def _set_entries(cache: Cache, context_hash: str, entries: Iterable[Entry], new: Set[str]) -> None:
    """Store the newest entries that fit into one value: first what was written here, and always the `new` ones of it.

    Raises StoreError.
    """

    def is_own(entry: Entry) -> bool:
        return entry.provenance.origin == "local"

    kept = sorted(
        entries,
        key=lambda entry: (is_own(entry), entry.generator_id in new, entry.provenance.created_at, entry.generator_id),
        reverse=True,
    )[:_MAX_GENERATORS]
    tag = None if any(map(is_own, kept)) else _SHARED_TAGS[int(context_hash[:1], 16)]
    while kept:
        value = {"entries": [entry.to_json() for entry in sorted(kept, key=lambda entry: entry.generator_id)]}
        try:
            cache.set(_ENTRY_PREFIX + context_hash, value, tag=tag)
            return
        except ValueTooLong as error:
            last = kept.pop()
            if last.generator_id in new and (is_own(last) or not kept):
                raise StoreError("An entry was not stored: it is longer than 1 MiB.") from error
        except ValueError as error:
            raise StoreError("An entry was not stored: it contains a number that is not finite.") from error


def _entries_at(cache: Cache, context_hash: str) -> tuple[Entry, ...] | None:
    """The entries of a context hash; None if the value is garbage: not JSON, not entries, or of another hash."""
    try:
        value = cache.get(_ENTRY_PREFIX + context_hash)
        entries = tuple(Entry.from_json(item) for item in value["entries"]) if value is not None else ()
    except (ValueError, KeyError, TypeError):
        return None
    return entries if all(entry.context_hash == context_hash for entry in entries) else None


def _digests_at(cache: Cache, key: str) -> frozenset[str]:
    try:
        value = cache.get(key)
        return frozenset(item for item in value["digests"] if isinstance(item, str)) if value else frozenset()
    except (ValueError, KeyError, TypeError):
        return frozenset()


def _store_again(cache: Cache, keys: Iterable[str]) -> None:
    with cache.transact():
        for key in keys:
            with contextlib.suppress(ValueError):  # garbage may be evicted
                value, tag = cache.get(key, tag=True)
                if value is not None:
                    cache.set(key, value, tag=tag)


def _delete_garbage(cache: HealingCache, is_sound: Callable[[Cache, str], bool]) -> list[str]:
    garbage = cache.run(lambda cache: [key for key in cache if not isinstance(key, str) or not is_sound(cache, key)])
    try:
        deleted = cache.write(lambda cache: [cache.delete(key) for key in garbage]) if garbage else []
    except StoreError:
        deleted = [False] * len(garbage)  # read-only, which is a problem of its own
    endings = ("left", "deleted")
    return [
        f"the value of {str(key)[:80]!r} cannot be parsed: {endings[done]}"
        for key, done in zip(garbage, deleted, strict=True)
    ]


def _context_hash_in(key: str) -> str:
    return key.removeprefix(_ENTRY_PREFIX)
