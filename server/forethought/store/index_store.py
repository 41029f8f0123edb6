"""The index of one root in SQLite: files, their tags by content, and the names that they define and mention.

What is read off a file is kept by content hash, so that two paths with the same text share it and a branch switch
back finds it again. The file heals itself: garbage, or another version's schema, is set aside and begun anew; when
the disk fails the index goes on in memory, and `problem` says so.
"""

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psutil

from forethought.errors import IndexingError
from forethought.index.tags import FileTags, Reference
from forethought.store import tags_encoding
from forethought.store.tags_encoding import EncodedTags

SCHEMA_VERSION = 4
LEASE_SECONDS = 20.0
"""How long a writer that does not renew its lease keeps others from writing."""
KEPT_CONTENTS = 4000
"""Contents that no path has any more (other branches, older texts) and that are kept all the same."""
_DECODED_FILES = 1024
_BUSY_SECONDS = 10.0

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE contents ( -- an id never comes back: what was decoded in memory is known by it
    id INTEGER PRIMARY KEY AUTOINCREMENT, content_hash TEXT NOT NULL, language TEXT NOT NULL, used_at REAL NOT NULL,
    symbols INTEGER NOT NULL, refs INTEGER NOT NULL, outline BLOB NOT NULL,
    first_mention INTEGER NOT NULL, last_mention INTEGER NOT NULL, -- a content's mentions stand in a row
    UNIQUE (content_hash, language));
CREATE TABLE files (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, content INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_by_content ON files (content);
CREATE TABLE definitions (
    name BLOB, content INTEGER, symbol BLOB, kind TEXT NOT NULL, PRIMARY KEY (name, content, symbol)) WITHOUT ROWID;
CREATE TABLE mentions (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL, content INTEGER NOT NULL, places TEXT NOT NULL, calls INTEGER NOT NULL);
CREATE INDEX mentions_by_name ON mentions (name, content);
CREATE TABLE aliases (name BLOB, content INTEGER, local BLOB, PRIMARY KEY (name, content, local)) WITHOUT ROWID;
CREATE TABLE skipped (path BLOB PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE subjects (
    path BLOB, symbol BLOB, content_hash TEXT NOT NULL, subject TEXT NOT NULL, previous TEXT, thought TEXT,
    PRIMARY KEY (path, symbol)) WITHOUT ROWID;
CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1), owner TEXT NOT NULL, pid INTEGER NOT NULL, expires REAL NOT NULL);
"""

_Result = TypeVar("_Result")


class Stamp(NamedTuple):
    size: int
    modified_ns: int
    content_hash: str
    language: str


class Definition(NamedTuple):
    path: str
    symbol_id: str
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class IndexedFile:
    path: str
    size: int
    modified_ns: int
    content_hash: str
    language: str
    tags: FileTags | EncodedTags | None
    """None when `has_content(content_hash, language)`: it was read off before."""


@dataclass(frozen=True, slots=True)
class Counts:
    files: int
    symbols: int
    """Without the files themselves."""
    references: int
    bytes: int
    languages: Mapping[str, int]
    skipped: Mapping[str, int]


class IndexStore:
    """The index of one root. Safe from several threads and processes; one process writes at a time (`writing`)."""

    def __init__(self, file: Path | None, extractor_version: str, problem: str | None = None) -> None:
        self.problem = problem
        """One sentence when the index could not be kept on disk, or had to be begun anew; else None."""
        self._file = file
        self._extractor_version = extractor_version
        self._owner = uuid.uuid4().hex
        self._lock = threading.RLock()
        self._idle: list[tuple[int, sqlite3.Connection]] = []
        """(epoch, connection) of each that no thread uses now, the last used last."""
        self._epoch = 0
        self._memory: sqlite3.Connection | None = None
        self._decoded: OrderedDict[tuple[int, int, bool], FileTags] = OrderedDict()
        self._paths: tuple[int, frozenset[str]] | None = None

    @classmethod
    def open(cls, folder: Path, root: Path, extractor_version: str = "1") -> "IndexStore":
        """The index of `root` under `folder`/index. Never raises for what is on the disk: see `problem`."""
        digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
        file = folder / "index" / f"{digest}.sqlite"
        with contextlib.suppress(OSError):  # none yet, or read-only
            os.utime(file)  # what is used is not evicted
        store = cls(file, extractor_version)
        store._read(lambda connection: None)
        return store

    @classmethod
    def in_memory(cls, extractor_version: str = "1") -> "IndexStore":
        return cls(None, extractor_version)

    def close(self) -> None:
        with self._lock:
            self._epoch += 1
            self._memory = None
        while self._idle:
            self._idle.pop()[1].close()

    # Files

    @property
    def generation(self) -> int:
        """Grows with every write, in whichever process."""
        row = self._row("SELECT value FROM meta WHERE key = 'generation'")
        return self._in_this_epoch(int(row[0]) if row else 0)

    def contents(self) -> dict[str, int]:
        """path → a number for its text and language; another text has another number."""
        rows = self._rows("SELECT path, content FROM files")
        return {os.fsdecode(path): self._in_this_epoch(content) for path, content in rows}

    def stamps(self) -> dict[str, Stamp]:
        rows = self._rows(
            "SELECT path, size, modified_ns, content_hash, language FROM files JOIN contents ON id = content"
        )
        return {os.fsdecode(row[0]): Stamp(*row[1:]) for row in rows}

    def paths(self) -> frozenset[str]:
        """Every indexed path; the same object as long as none is added or removed."""
        row = self._row("SELECT value FROM meta WHERE key = 'paths_generation'")
        generation = int(row[0]) if row else 0
        known = self._paths
        if known is None or known[0] != generation:
            rows = self._rows("SELECT path FROM files")
            known = self._paths = (generation, frozenset(os.fsdecode(path) for (path,) in rows))
        return known[1]

    def content_hash(self, path: str) -> str | None:
        row = self._row(
            "SELECT content_hash FROM files JOIN contents ON id = content WHERE path = ?", (os.fsencode(path),)
        )
        return str(row[0]) if row else None

    def content_hashes(self) -> dict[str, str]:
        """path → content hash of every file."""
        rows = self._rows("SELECT path, content_hash FROM files JOIN contents ON id = content")
        return {os.fsdecode(path): digest for path, digest in rows}

    def has_content(self, content_hash: str, language: str) -> bool:
        return (
            self._row("SELECT 1 FROM contents WHERE content_hash = ? AND language = ?", (content_hash, language))
            is not None
        )

    def put(self, files: Iterable[IndexedFile]) -> None:
        """Index the files in one transaction, replacing what their paths held."""
        batch = list(files)
        self._write(lambda connection: self._put(connection, batch))

    def remove(self, paths: Iterable[str]) -> None:
        keys = [(os.fsencode(path),) for path in paths]

        def delete(connection: sqlite3.Connection) -> None:
            before = connection.total_changes
            connection.executemany("DELETE FROM files WHERE path = ?", keys)
            if connection.total_changes != before:
                _bump(connection, "paths_generation")

        if keys:
            self._write(delete)

    def set_skipped(self, skipped: Mapping[str, str]) -> None:
        """Replace the list of files that are left out, with the reason of each."""
        if self.skipped() == dict(skipped):
            return

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM skipped")
            connection.executemany(
                "INSERT INTO skipped VALUES (?, ?)", [(os.fsencode(path), reason) for path, reason in skipped.items()]
            )

        self._write(change)

    def skipped(self) -> dict[str, str]:
        return {os.fsdecode(path): reason for path, reason in self._rows("SELECT path, reason FROM skipped")}

    def prune(self, keep: int = KEPT_CONTENTS) -> None:
        """Forget contents that no path has any more, beyond the `keep` last used."""
        rows = self._rows(
            "SELECT id, outline, first_mention, last_mention FROM contents WHERE id NOT IN (SELECT content FROM files)"
            " ORDER BY used_at DESC LIMIT -1 OFFSET ?",
            (keep,),
        )

        def delete(connection: sqlite3.Connection) -> None:
            for content, outline, first, last in rows:
                tags = tags_encoding.decode_outline(outline)
                names = {_key(symbol.short_name) for symbol in tags.symbols}
                connection.executemany(
                    "DELETE FROM definitions WHERE name = ? AND content = ?", [(name, content) for name in names]
                )
                aliased = {_key(item.name) for item in tags.imports if item.name}
                connection.executemany(
                    "DELETE FROM aliases WHERE name = ? AND content = ?", [(name, content) for name in aliased]
                )
                connection.execute("DELETE FROM mentions WHERE id BETWEEN ? AND ?", (first, last))
                connection.execute("DELETE FROM contents WHERE id = ?", (content,))

        if rows:
            self._write(delete)

    # Names

    def tags(self, path: str) -> FileTags | None:
        """Everything read off the file as last indexed; None when it is not indexed."""
        return self._tags(path, with_references=True)

    def outline(self, path: str) -> FileTags | None:
        """The tags without the references (those in decorators stay): cheaper to read."""
        return self._tags(path, with_references=False)

    def outline_of(self, content_hash: str) -> FileTags | None:
        """The outline of a text that a path has, or had; None when it is forgotten, or was read as two languages."""
        rows = self._rows("SELECT outline FROM contents WHERE content_hash = ?", (content_hash,))
        with contextlib.suppress(ValueError):
            return tags_encoding.decode_outline(rows[0][0]) if len(rows) == 1 else None
        return None

    def definitions_named(self, short_name: str) -> tuple[Definition, ...]:
        """Where a symbol of this unqualified name is defined, in path order."""
        rows = self._rows(
            "SELECT files.path, symbol, kind, language FROM definitions JOIN files USING (content)"
            " JOIN contents ON contents.id = content WHERE name = ? ORDER BY files.path",
            (_key(short_name),),
        )
        return tuple(Definition(os.fsdecode(path), _text(symbol), kind, lang) for path, symbol, kind, lang in rows)

    def references_named(self, name: str) -> tuple[tuple[str, Reference], ...]:
        """(path, reference) of every use of the name, in path order."""
        rows = self._rows(
            "SELECT files.path, places FROM mentions JOIN files USING (content) WHERE name = ? ORDER BY files.path",
            (_key(name),),
        )
        found: list[tuple[str, Reference]] = []
        for key, places in rows:
            path = os.fsdecode(key)
            if (outline := self.outline(path)) is not None:
                try:
                    found.extend((path, item) for item in tags_encoding.decode_mentions(name, places, outline))
                except ValueError:
                    self._forget_garbled(path)
        return tuple(found)

    def paths_calling(self, name: str) -> tuple[str, ...]:
        """Files that call something of this name, in order."""
        rows = self._rows(
            "SELECT files.path FROM mentions JOIN files USING (content) WHERE name = ? AND calls > 0"
            " ORDER BY files.path",
            (_key(name),),
        )
        return tuple(os.fsdecode(path) for (path,) in rows)

    def paths_naming(self, name: str) -> frozenset[str]:
        """Files that use the name, or import it under another one."""
        rows = self._rows(
            "SELECT files.path FROM mentions JOIN files USING (content) WHERE name = ?1"
            " UNION SELECT files.path FROM aliases JOIN files USING (content) WHERE name = ?1",
            (_key(name),),
        )
        return frozenset(os.fsdecode(path) for (path,) in rows)

    def aliases_of(self, name: str) -> tuple[tuple[str, str], ...]:
        """(path, other name) of each import that brings the name in under another name, in path order."""
        rows = self._rows(
            "SELECT files.path, local FROM aliases JOIN files USING (content) WHERE name = ? ORDER BY files.path",
            (_key(name),),
        )
        return tuple((os.fsdecode(path), _text(local)) for path, local in rows)

    def search(self, text: str, limit: int = 200) -> tuple[Definition, ...]:
        """Symbols whose name contains `text`, whatever the case: shortest names first."""
        rows = self._rows(
            "SELECT files.path, symbol, kind, language FROM definitions JOIN files USING (content)"
            " JOIN contents ON contents.id = content"
            " WHERE instr(lower(CAST(name AS TEXT)), lower(?)) > 0 ORDER BY length(name), name, files.path LIMIT ?",
            (text.encode("utf-8", "replace").decode(), limit),
        )
        return tuple(Definition(os.fsdecode(path), _text(symbol), kind, lang) for path, symbol, kind, lang in rows)

    def defined_names(self) -> frozenset[str]:
        """The unqualified names of everything that is defined here."""
        rows = self._rows("SELECT DISTINCT name FROM definitions JOIN files USING (content)")
        return frozenset(_text(name) for (name,) in rows) - {""}

    def call_counts(self, limit: int) -> tuple[tuple[str, int], ...]:
        """(name, how often something of this name is called) of names that are defined here, most called first."""
        rows = self._rows(
            "SELECT name, SUM(calls) AS total FROM mentions JOIN files USING (content)"
            " WHERE calls > 0 AND EXISTS (SELECT 1 FROM definitions WHERE definitions.name = mentions.name)"
            " GROUP BY name ORDER BY total DESC, name LIMIT ?",
            (limit,),
        )
        return tuple((_text(name), int(total)) for name, total in rows)

    def counts(self) -> Counts:
        languages = self._rows(
            "SELECT language, COUNT(*), SUM(symbols), SUM(refs), SUM(size)"
            " FROM files JOIN contents ON id = content GROUP BY language ORDER BY COUNT(*) DESC, language"
        )
        skipped = self._rows("SELECT reason, COUNT(*) FROM skipped GROUP BY reason ORDER BY COUNT(*) DESC, reason")
        return Counts(
            files=sum(row[1] for row in languages),
            symbols=sum(row[2] for row in languages),
            references=sum(row[3] for row in languages),
            bytes=sum(row[4] for row in languages),
            languages={row[0]: row[1] for row in languages},
            skipped=dict(skipped),
        )

    # Subjects: what stood at a place, so that an insight about an older text can be shown, marked

    def get_subjects(self, path: str) -> dict[str, tuple[str, str]]:
        """symbol id → (content hash of the file, subject), as last computed."""
        rows = self._rows("SELECT symbol, content_hash, subject FROM subjects WHERE path = ?", (os.fsencode(path),))
        return {_text(symbol): (digest, subject) for symbol, digest, subject in rows}

    def put_subjects(self, path: str, subjects: Mapping[str, tuple[str, str]]) -> None:
        """Remember symbol id → (content hash, subject). What stood there before is kept as `earlier_subject`."""
        known = self.get_subjects(path)
        key = os.fsencode(path)
        rows = [
            (key, _key(symbol), digest, subject)
            for symbol, (digest, subject) in subjects.items()
            if known.get(symbol) != (digest, subject)
        ]

        def insert(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO subjects (path, symbol, content_hash, subject) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (path, symbol) DO UPDATE SET content_hash = excluded.content_hash,"
                " previous = CASE WHEN subject = excluded.subject THEN previous ELSE subject END,"
                " subject = excluded.subject",
                rows,
            )

        if rows:
            self._write(insert, counts=False)

    def mark_thought(self, path: str, symbol_ids: Iterable[str]) -> None:
        """The current subjects of these symbols have insights: pin them until newer ones have."""
        rows = [(os.fsencode(path), _key(symbol)) for symbol in symbol_ids]
        if rows:
            self._write(
                lambda connection: connection.executemany(
                    "UPDATE subjects SET thought = subject WHERE path = ? AND symbol = ? AND thought IS NOT subject",
                    rows,
                ),
                counts=False,
            )

    def last_thought_subjects(self, path: str) -> dict[str, str]:
        """symbol id → the last subject that was marked thought here, else the one before the current one."""
        query = "SELECT symbol, COALESCE(thought, previous) AS last FROM subjects WHERE path = ? AND last IS NOT NULL"
        return {_text(symbol): subject for symbol, subject in self._rows(query, (os.fsencode(path),))}

    # Writing, one process at a time

    def acquire_writer(self) -> bool:
        """Take or renew the lease on writing. False while another process that is alive holds it."""

        def take(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT owner, pid, expires FROM lease").fetchone()
            now = time.time()
            if row and row[0] != self._owner and now < row[2] <= now + LEASE_SECONDS and psutil.pid_exists(row[1]):
                return False
            connection.execute(
                "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?)", (self._owner, os.getpid(), now + LEASE_SECONDS)
            )
            return True

        return self._write(take, counts=False)

    def release_writer(self) -> None:
        self._write(
            lambda connection: connection.execute("DELETE FROM lease WHERE owner = ?", (self._owner,)), counts=False
        )

    # Inside

    def _put(self, connection: sqlite3.Connection, files: list[IndexedFile]) -> None:
        now = time.time()
        added = False
        for file in files:
            row = connection.execute(
                "SELECT id FROM contents WHERE content_hash = ? AND language = ?", (file.content_hash, file.language)
            ).fetchone()
            if row:
                content = int(row[0])
                connection.execute("UPDATE contents SET used_at = ? WHERE id = ?", (now, content))
            elif file.tags is None:
                continue  # pruned since the caller looked: the file stays unknown and is read again next time
            else:
                tags = file.tags if isinstance(file.tags, EncodedTags) else tags_encoding.encode(file.tags)
                content = _insert_content(connection, file, tags, now)
            key = os.fsencode(file.path)
            added |= connection.execute("SELECT 1 FROM files WHERE path = ?", (key,)).fetchone() is None
            connection.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (key, file.size, file.modified_ns, content)
            )
        if added:
            _bump(connection, "paths_generation")

    def _tags(self, path: str, *, with_references: bool) -> FileTags | None:
        row = self._row("SELECT content FROM files WHERE path = ?", (os.fsencode(path),))
        if row is None:
            return None
        key = (self._epoch, int(row[0]), with_references)
        with self._lock:
            if (found := self._decoded.get(key)) is not None:
                self._decoded.move_to_end(key)
                return found
        row = self._row("SELECT outline, first_mention, last_mention FROM contents WHERE id = ?", (row[0],))
        if row is None:
            return None
        try:
            tags = tags_encoding.decode_outline(row[0])
            if with_references:
                mentions = self._rows("SELECT name, places FROM mentions WHERE id BETWEEN ? AND ?", row[1:])
                references = [
                    reference
                    for name, places in mentions
                    for reference in tags_encoding.decode_mentions(_text(name), places, tags)
                ]
                references.sort(key=attrgetter("range"))
                tags = replace(tags, references=tuple(references))
        except ValueError:
            self._forget_garbled(path)
            return None
        with self._lock:
            self._decoded[key] = tags
            while len(self._decoded) > _DECODED_FILES:
                self._decoded.popitem(last=False)
        return tags

    def _in_this_epoch(self, number: int) -> int:
        """Larger than any number from a file that was set aside."""
        return (self._epoch << 40) + number

    def _forget_garbled(self, path: str) -> None:
        """Drop a row that cannot be read, so that the next refresh reads the file again."""
        self.problem = f"The index held a garbled row for {path!r}; the file is read again."
        row = self._row("SELECT content FROM files WHERE path = ?", (os.fsencode(path),))
        if row is not None:
            self._write(lambda connection: _delete_content(connection, row[0]))

    def _row(self, query: str, parameters: tuple[object, ...] = ()) -> tuple[Any, ...] | None:
        rows = self._rows(query, parameters)
        return rows[0] if rows else None

    def _rows(self, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        return self._read(lambda connection: connection.execute(query, parameters).fetchall())

    def _read(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        for attempt in range(3):
            try:
                with self._connection() as connection:
                    return query(connection)
            except sqlite3.Error as error:
                self._heal(error, last=attempt == 1)
        raise IndexingError("The index cannot be read, not even in memory; start again, and report this as a fault.")

    def _write(self, change: Callable[[sqlite3.Connection], _Result], *, counts: bool = True) -> _Result:
        for attempt in range(3):
            try:
                with self._connection() as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    try:
                        result = change(connection)
                        if counts:
                            _bump(connection, "generation")
                        connection.execute("COMMIT")
                    except BaseException:
                        if connection.in_transaction:
                            connection.execute("ROLLBACK")
                        raise
                    return result
            except sqlite3.Error as error:
                self._heal(error, last=attempt == 1)
        raise IndexingError("The index cannot be written, not even in memory; start again, and report this as a fault.")

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._file is None or self._memory is not None:
            with self._lock:
                if self._memory is None:
                    self._memory = self._opened(None)
                yield self._memory
            return
        epoch = self._epoch
        try:
            opened_in, connection = self._idle.pop()
        except IndexError:
            opened_in, connection = epoch, self._opened(self._file)
        if opened_in != epoch:
            connection.close()
            opened_in, connection = epoch, self._opened(self._file)
        try:
            yield connection
        finally:
            if self._epoch == opened_in:
                self._idle.append((opened_in, connection))
            else:
                connection.close()

    def _opened(self, file: Path | None) -> sqlite3.Connection:
        if file is not None:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise sqlite3.OperationalError(f"{error.strerror}: {file.parent}") from error
        connection = sqlite3.connect(
            file or ":memory:",
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # one thread at a time uses it, but not always the same
        )
        try:
            if file is not None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            self._check_schema(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_schema(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        if version == SCHEMA_VERSION and self._extractor_of(connection) == self._extractor_version:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = _version(connection)
            if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise _OtherVersion(f"it has schema {version}, not {SCHEMA_VERSION}")
            if self._extractor_of(connection) != self._extractor_version:
                for table in ("files", "contents", "definitions", "mentions", "aliases"):
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('extractor', ?)", (self._extractor_version,))
                _bump(connection, "paths_generation")
                _bump(connection, "generation")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _extractor_of(self, connection: sqlite3.Connection) -> object:
        row = connection.execute("SELECT value FROM meta WHERE key = 'extractor'").fetchone()
        return row[0] if row else None

    def _heal(self, error: sqlite3.Error, *, last: bool) -> None:
        """Make the next attempt possible: a file begun anew where the file is at fault, else memory."""
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise IndexingError(
                "The index is being written by another process for a long time; try again when it is done."
            ) from error
        with self._lock:
            if self._file is None or self._memory is not None:
                raise IndexingError(f"The index in memory failed ({error}); start again.") from error
            at_fault = isinstance(error, _OtherVersion) or code in (
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
                sqlite3.SQLITE_ERROR,  # a table or column is missing
                sqlite3.SQLITE_MISMATCH,
                sqlite3.SQLITE_CONSTRAINT,
            )
            self._epoch += 1
            self._paths = None
            if at_fault and not last and self._set_aside(self._file):
                if not isinstance(error, _OtherVersion):
                    self.problem = f"The index {self._file} was damaged ({error}); it is being built anew."
                return
            self.problem = (
                f"The index cannot be kept in {self._file} ({error}); it is kept in memory until you restart."
            )
            self._memory = self._opened(None)
            if not at_fault:
                self._copy_to_memory(self._file, self._memory)

    def _set_aside(self, file: Path) -> bool:
        try:
            file.replace(file.with_suffix(".set-aside"))
            for suffix in ("-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
        except OSError:
            return False  # the caller goes on in memory, and says so
        return True

    def _copy_to_memory(self, file: Path, memory: sqlite3.Connection) -> None:
        try:
            with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
                if _version(source) == SCHEMA_VERSION and self._extractor_of(source) == self._extractor_version:
                    source.backup(memory)
        except sqlite3.Error as error:
            self.problem = f"{self.problem} What it held could not be read either ({error})."


class _OtherVersion(sqlite3.DatabaseError):
    """The file was written by another version of Forethought."""


def _insert_content(connection: sqlite3.Connection, file: IndexedFile, tags: EncodedTags, now: float) -> int:
    first = connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM mentions").fetchone()[0]
    content = connection.execute(
        "INSERT INTO contents (content_hash, language, used_at, symbols, refs, outline, first_mention, last_mention)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            file.content_hash,
            file.language,
            now,
            tags.symbol_count,
            tags.reference_count,
            tags.outline,
            first,
            first + len(tags.mentions) - 1,
        ),
    ).lastrowid
    assert content is not None
    connection.executemany(
        "INSERT OR IGNORE INTO definitions VALUES (?, ?, ?, ?)",
        [(_key(name), content, _key(symbol), kind) for name, symbol, kind in tags.definitions],
    )
    connection.executemany(
        "INSERT INTO mentions VALUES (?, ?, ?, ?, ?)",
        [(first + number, _key(name), content, *rest) for number, (name, *rest) in enumerate(tags.mentions)],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)",
        [(_key(name), content, _key(local)) for name, local in tags.aliases],
    )
    return content


def _delete_content(connection: sqlite3.Connection, content: int) -> None:
    connection.execute("DELETE FROM files WHERE content = ?", (content,))
    connection.execute("DELETE FROM definitions WHERE content = ?", (content,))
    connection.execute("DELETE FROM mentions WHERE content = ?", (content,))
    connection.execute("DELETE FROM aliases WHERE content = ?", (content,))
    connection.execute("DELETE FROM contents WHERE id = ?", (content,))
    _bump(connection, "paths_generation")


def _bump(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("INSERT INTO meta VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET value = value + 1", (key,))


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _key(text: str) -> bytes:
    """Names as bytes: SQLite's text cannot hold the lone surrogates of undecodable source."""
    return text.encode("utf-8", "surrogatepass")


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")
