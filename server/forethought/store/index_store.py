"""The index of one root in SQLite: files, their tags by content, and the names that they define and mention.

Tags are stored by content hash: two paths with the same text share them, and they are still there after switching
branches back and forth.
"""

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from forethought.names.file_names import Contents, Target
from forethought.scip.precise_builder import PrecisePlaces
from forethought.store import tags_encoding
from forethought.store.context_hash_table import ContextHashTable
from forethought.store.index_database import IndexDatabase, bump, counter
from forethought.store.index_files import index_file
from forethought.store.sqlite import key_of, text_of
from forethought.store.tags_encoding import EncodedTags
from forethought.syntax.package_manifests import Package
from forethought.syntax.tags import FileTags, Position, Reference

KEPT_CONTENTS = 4000
"""Contents kept although no path has them now (other branches, older texts)."""
_DECODED_FILES = 256
"""Kept in memory: about 50 kB for an outline, 120 kB with references."""
_NOTE_ALL_REPLACED = "INSERT OR IGNORE INTO replaced SELECT path, content_hash FROM files JOIN contents ON id = content"
_NOTE_REPLACED = (
    "INSERT OR IGNORE INTO replaced SELECT path, content_hash FROM files JOIN contents ON id = content WHERE path = ?"
)


class Stamp(NamedTuple):
    """What a file looked like when it was indexed: an unchanged size and time mean an unchanged file."""

    size: int
    """In bytes."""
    modified_ns: int
    """Since the epoch."""
    content_hash: str
    language: str


class Definition(NamedTuple):
    """Where a symbol is defined."""

    path: str
    symbol_id: str
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file to be put into the index."""

    path: str
    size: int
    modified_ns: int
    content_hash: str
    language: str
    tags: FileTags | EncodedTags | None
    """None if `has_content(content_hash, language)`: the index has them already."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals of an index. `languages` and `skipped` map a language and a reason to the number of files."""

    files: int
    symbols: int
    """Not counting the files themselves."""
    references: int
    bytes: int
    languages: Mapping[str, int]
    skipped: Mapping[str, int]


class IndexStore:
    """The index of one root. Safe from several threads and processes; the one with the writer's lease refreshes it.

    Methods read the disk. They raise IndexingError when another process holds the database's lock for seconds, or when
    neither disk nor memory can hold the index.
    """

    def __init__(self, database: IndexDatabase) -> None:
        self._database = database
        self.context_hashes = ContextHashTable(database)
        self._lock = threading.Lock()
        self._decoded: OrderedDict[tuple[int, int, bool], FileTags] = OrderedDict()
        self._decoded_for: OrderedDict[tuple[str, bool], tuple[int, int, bool]] = OrderedDict()
        """The last key in `_decoded` for each path, so that what an edited file held before is dropped."""
        self._packages: tuple[object, tuple[Package, ...]] = ("[]", ())
        """As stored, and decoded."""
        self._paths: tuple[int, int, frozenset[str]] | None = None
        """The generation of the index, that of its paths, and the paths then."""
        self._contents: tuple[int, Contents] | None = None
        """The generation, and the contents then."""

    @classmethod
    def open(cls, folder: Path, root: Path, extractor_version: str = "1") -> "IndexStore":
        """Open or create the index of `root` in `folder`/index. Never raises for a broken file: see `problem`."""
        file = index_file(folder, root, "sqlite")
        with contextlib.suppress(OSError):  # there is none yet, or it is read-only
            os.utime(file)  # `evict_indexes` goes by this time
        database = IndexDatabase(file, extractor_version)
        database.rows("SELECT 1")  # heals a broken file now, so that `problem` is known
        return cls(database)

    @classmethod
    def in_memory(cls, extractor_version: str = "1") -> "IndexStore":
        return cls(IndexDatabase(None, extractor_version))

    def close(self) -> None:
        self._database.close()

    @property
    def problem(self) -> str | None:
        """One sentence when the index could not be stored on disk or had to be rebuilt; else None."""
        return self._database.problem

    def acquire_writer(self) -> bool:
        """Take or renew the lease on writing. False while another living process holds it."""
        return self._database.acquire_writer()

    def release_writer(self) -> None:
        self._database.release_writer()

    # Files

    @property
    def generation(self) -> int:
        """Grows with every write, by any process."""
        return self._database.generation

    def contents(self) -> Contents:
        """The content id of each path: equal ids mean equal text and language."""
        generation, known = self.generation, self._contents
        if known is None or known[0] != generation:
            rows = self._database.rows("SELECT path, content FROM files")
            contents = {os.fsdecode(path): self._database.in_this_epoch(content) for path, content in rows}
            known = self._contents = (generation, Contents(contents))
        return known[1]

    def stamps(self) -> dict[str, Stamp]:
        """Map each path to its stamp."""
        rows = self._database.rows(
            "SELECT path, size, modified_ns, content_hash, language FROM files JOIN contents ON id = content"
        )
        return {os.fsdecode(row[0]): Stamp(*row[1:]) for row in rows}

    def paths(self) -> frozenset[str]:
        """Every indexed path; the same object as long as none is added or removed."""
        generation, known = self.generation, self._paths
        if known is None or known[0] != generation:
            paths_generation = self._database.in_this_epoch(
                self._database.read(lambda connection: counter(connection, "paths_generation"))
            )
            if known is None or known[1] != paths_generation:
                rows = self._database.rows("SELECT path FROM files")
                paths = frozenset(os.fsdecode(path) for (path,) in rows)
            else:
                paths = known[2]
            known = self._paths = (generation, paths_generation, paths)
        return known[2]

    def packages(self) -> tuple[Package, ...]:
        """The packages whose manifests are beside or above the files."""
        row = self._database.row("SELECT value FROM meta WHERE key = 'packages'")
        text, known = row[0] if row else "[]", self._packages
        if known[0] != text:
            known = self._packages = (text, _decode_packages(text))
        return known[1]

    def set_packages(self, packages: Iterable[Package]) -> None:
        """Replace the packages. If any differs, the contexts of all files are noted as outdated: imports decide."""
        text = json.dumps([tuple(package) for package in packages])
        if _decode_packages(text) == self.packages():
            return

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('packages', ?)", (text,))
            connection.execute(_NOTE_ALL_REPLACED)

        self._database.write(change)

    def precise(self, path: str) -> dict[Position, Target | None]:
        """What the SCIP index says about the references in a file, while it and the target's file are as then.

        None stands for something outside of the repository.
        """
        row = self._database.row(
            "SELECT precise.content_hash, meanings FROM precise WHERE path = ?", (os.fsencode(path),)
        )
        if row is None or row[0] != self.content_hash(path):
            return {}
        try:
            paths, symbols, hashes, places = json.loads(row[1])
            current = {name: self.content_hash(name) for name in set(paths)}
            targets = [
                Target(name, symbol) if current[name] == content_hash else None
                for name, symbol, content_hash in zip(paths, symbols, hashes, strict=True)
            ]
            found = {
                Position(line, column): targets[number] if number >= 0 else None
                for line, column, number in places
                if number < 0 or targets[number] is not None
            }
        except (TypeError, ValueError, IndexError):
            return {}  # garbled: names are resolved without it
        return found

    def precise_version(self) -> str:
        """The stamp of the SCIP index that was read last; empty if there is none."""
        return self._precise_source()[0]

    @property
    def precise_problem(self) -> str | None:
        """Why the SCIP index could not be read, one sentence; None if it could, or there is none."""
        return self._precise_source()[1] or None

    def _precise_source(self) -> tuple[str, str]:
        row = self._database.row("SELECT value FROM meta WHERE key = 'precise'")
        stamp, _, problem = str(row[0]).partition("\n") if row else ("", "", "")
        return stamp, problem

    def set_precise(
        self, stamp: str, files: Callable[[], Iterable[tuple[str, str, PrecisePlaces]]] = tuple, problem: str = ""
    ) -> None:
        """Replace what is known from a SCIP index. The contexts of all files are noted as outdated.

        files: gives (path, content hash, what its references mean) of each file; called again if the write is repeated
        """
        hashes = {path: stamp.content_hash for path, stamp in self.stamps().items()}

        def rows() -> Iterator[tuple[bytes, str, str]]:
            for path, content_hash, (targets, places) in files():
                paths, symbols = [target.path for target in targets], [target.symbol_id for target in targets]
                meanings = (paths, symbols, [hashes.get(name) for name in paths], places)
                yield os.fsencode(path), content_hash, json.dumps(meanings, separators=(",", ":"))

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM precise")
            connection.executemany("INSERT OR REPLACE INTO precise VALUES (?, ?, ?)", rows())
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('precise', ?)", (f"{stamp}\n{problem}",))
            connection.execute(_NOTE_ALL_REPLACED)

        self._database.write(change)

    def content_hash(self, path: str) -> str | None:
        """The content hash of a file as indexed; None if it is not indexed."""
        row = self._database.row(
            "SELECT content_hash FROM files JOIN contents ON id = content WHERE path = ?", (os.fsencode(path),)
        )
        return str(row[0]) if row else None

    def has_content(self, content_hash: str, language: str) -> bool:
        """Whether the tags of a text are here, even if no path has it now."""
        return (
            self._database.row(
                "SELECT 1 FROM contents WHERE content_hash = ? AND language = ?", (content_hash, language)
            )
            is not None
        )

    def put(self, files: Iterable[IndexedFile]) -> None:
        """Index the files in one transaction, replacing what was known of their paths."""
        batch = list(files)
        self._database.write(lambda connection: self._put(connection, batch))

    def remove(self, paths: Iterable[str]) -> None:
        """Forget the paths. Their contents stay until `prune`."""
        keys = [(os.fsencode(path),) for path in paths]

        def delete(connection: sqlite3.Connection) -> None:
            before = connection.total_changes
            connection.executemany(_NOTE_REPLACED, keys)
            connection.executemany("DELETE FROM files WHERE path = ?", keys)
            if connection.total_changes != before:
                bump(connection, "paths_generation")

        if keys:
            self._database.write(delete)

    def set_skipped(self, skipped: Mapping[str, str]) -> None:
        """Replace the list of files that are not indexed: path → reason."""
        if self.skipped() == dict(skipped):
            return

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM skipped")
            connection.executemany(
                "INSERT INTO skipped VALUES (?, ?)", [(os.fsencode(path), reason) for path, reason in skipped.items()]
            )

        self._database.write(change)

    def skipped(self) -> dict[str, str]:
        """Map each path that is not indexed to the reason."""
        return {os.fsdecode(path): reason for path, reason in self._database.rows("SELECT path, reason FROM skipped")}

    def prune(self, keep: int = KEPT_CONTENTS) -> None:
        """Delete contents that no path has any more, except for the `keep` most recently used."""
        rows = self._database.rows(
            "SELECT id, outline, first_mention, last_mention FROM contents WHERE id NOT IN (SELECT content FROM files)"
            " ORDER BY used_at DESC LIMIT -1 OFFSET ?",
            (keep,),
        )

        def delete(connection: sqlite3.Connection) -> None:
            for content, outline, first, last in rows:
                tags = tags_encoding.decode_outline(outline)
                names = {key_of(symbol.short_name) for symbol in (*tags.symbols, *tags.fields)}
                connection.executemany(
                    "DELETE FROM definitions WHERE name = ? AND content = ?", [(name, content) for name in names]
                )
                aliased = {key_of(item.name) for item in tags.imports if item.name}
                connection.executemany(
                    "DELETE FROM aliases WHERE name = ? AND content = ?", [(name, content) for name in aliased]
                )
                connection.execute("DELETE FROM mentions WHERE id BETWEEN ? AND ?", (first, last))
                connection.execute("DELETE FROM contents WHERE id = ?", (content,))

        if rows:
            self._database.write(delete)

    # Names

    def tags(self, path: str) -> FileTags | None:
        """The tags of the file as last indexed; None if it is not indexed."""
        return self._tags(path, with_references=True)

    def paths_of(self, languages: Collection[str]) -> frozenset[str]:
        """The indexed paths whose language is one of these."""
        marks = ", ".join("?" * len(languages))
        rows = self._database.rows(
            f"SELECT path FROM files JOIN contents ON id = content WHERE language IN ({marks})",  # noqa: S608 - marks only
            tuple(languages),
        )
        return frozenset(os.fsdecode(path) for (path,) in rows)

    def outline(self, path: str) -> FileTags | None:
        """The tags with no references but those in decorators: cheaper to read."""
        return self._tags(path, with_references=False)

    def outline_of(self, content_hash: str) -> FileTags | None:
        """The outline of a current or earlier text; None if it was pruned, or indexed as two languages."""
        rows = self._database.rows("SELECT outline FROM contents WHERE content_hash = ?", (content_hash,))
        with contextlib.suppress(ValueError):
            return tags_encoding.decode_outline(rows[0][0]) if len(rows) == 1 else None
        return None

    def definitions_named(self, short_name: str) -> tuple[Definition, ...]:
        """Where a symbol of this unqualified name is defined, in path order."""
        rows = self._database.rows(
            "SELECT files.path, symbol, kind, language FROM definitions JOIN files USING (content)"
            " JOIN contents ON contents.id = content WHERE name = ? ORDER BY files.path",
            (key_of(short_name),),
        )
        return tuple(Definition(os.fsdecode(path), text_of(symbol), kind, lang) for path, symbol, kind, lang in rows)

    def references_named(self, name: str) -> tuple[tuple[str, Reference], ...]:
        """(path, reference) of every use of the name, in path order."""
        rows = self._database.rows(
            "SELECT files.path, places FROM mentions JOIN files USING (content) WHERE name = ? ORDER BY files.path",
            (key_of(name),),
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
        rows = self._database.rows(
            "SELECT files.path FROM mentions JOIN files USING (content) WHERE name = ? AND calls > 0"
            " ORDER BY files.path",
            (key_of(name),),
        )
        return tuple(os.fsdecode(path) for (path,) in rows)

    def paths_naming(self, name: str) -> frozenset[str]:
        """Files that use the name, or import it under an alias."""
        rows = self._database.rows(
            "SELECT files.path FROM mentions JOIN files USING (content) WHERE name = ?1"
            " UNION SELECT files.path FROM aliases JOIN files USING (content) WHERE name = ?1",
            (key_of(name),),
        )
        return frozenset(os.fsdecode(path) for (path,) in rows)

    def aliases_of(self, name: str) -> tuple[tuple[str, str], ...]:
        """(path, alias) of each import that renames the name, in path order."""
        rows = self._database.rows(
            "SELECT files.path, local FROM aliases JOIN files USING (content) WHERE name = ? ORDER BY files.path",
            (key_of(name),),
        )
        return tuple((os.fsdecode(path), text_of(local)) for path, local in rows)

    def search(self, text: str, limit: int = 200) -> tuple[Definition, ...]:
        """Symbols whose name contains `text`, ignoring case, shortest names first."""
        rows = self._database.rows(
            "SELECT files.path, symbol, kind, language FROM definitions JOIN files USING (content)"
            " JOIN contents ON contents.id = content"
            " WHERE instr(lower(CAST(name AS TEXT)), lower(?)) > 0 ORDER BY length(name), name, files.path LIMIT ?",
            (text.encode("utf-8", "replace").decode(), limit),
        )
        return tuple(Definition(os.fsdecode(path), text_of(symbol), kind, lang) for path, symbol, kind, lang in rows)

    def defined_names(self) -> frozenset[str]:
        """The unqualified names of all symbols."""
        rows = self._database.rows("SELECT DISTINCT name FROM definitions JOIN files USING (content)")
        return frozenset(text_of(name) for (name,) in rows) - {""}

    def call_counts(self, limit: int) -> tuple[tuple[str, int], ...]:
        """(name, number of calls of anything so named) of names that are defined here, most called first."""
        rows = self._database.rows(
            "SELECT name, SUM(calls) AS total FROM mentions JOIN files USING (content)"
            " WHERE calls > 0 AND EXISTS (SELECT 1 FROM definitions WHERE definitions.name = mentions.name)"
            " GROUP BY name ORDER BY total DESC, name LIMIT ?",
            (limit,),
        )
        return tuple((text_of(name), int(total)) for name, total in rows)

    def counts(self) -> Counts:
        """Totals over all files."""
        languages = self._database.rows(
            "SELECT language, COUNT(*), SUM(symbols), SUM(refs), SUM(size)"
            " FROM files JOIN contents ON id = content GROUP BY language ORDER BY COUNT(*) DESC, language"
        )
        skipped = self._database.rows(
            "SELECT reason, COUNT(*) FROM skipped GROUP BY reason ORDER BY COUNT(*) DESC, reason"
        )
        return Counts(
            files=sum(row[1] for row in languages),
            symbols=sum(row[2] for row in languages),
            references=sum(row[3] for row in languages),
            bytes=sum(row[4] for row in languages),
            languages={row[0]: row[1] for row in languages},
            skipped=dict(skipped),
        )

    def languages(self, limit: int) -> tuple[str, ...]:
        """The languages of the most texts."""
        rows = self._database.rows(
            "SELECT language FROM contents GROUP BY language ORDER BY COUNT(*) DESC, language LIMIT ?", (limit,)
        )
        return tuple(language for (language,) in rows)

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
                continue  # pruned since the caller looked: the next refresh reads the file again
            else:
                tags = file.tags if isinstance(file.tags, EncodedTags) else tags_encoding.encode(file.tags)
                content = _insert_content(connection, file, tags, now)
            key = os.fsencode(file.path)
            known = connection.execute("SELECT content FROM files WHERE path = ?", (key,)).fetchone()
            if known is None:
                added = True
                connection.execute("INSERT OR IGNORE INTO replaced VALUES (?, '')", (key,))
            elif known[0] != content:
                connection.execute(_NOTE_REPLACED, (key,))
            connection.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (key, file.size, file.modified_ns, content)
            )
        if added:
            bump(connection, "paths_generation")

    def _tags(self, path: str, *, with_references: bool) -> FileTags | None:
        row = self._database.row("SELECT content FROM files WHERE path = ?", (os.fsencode(path),))
        if row is None:
            return None
        key = (self._database.epoch, int(row[0]), with_references)
        with self._lock:
            before = self._decoded_for.pop((path, with_references), key)
            self._decoded_for[path, with_references] = key
            while len(self._decoded_for) > _DECODED_FILES:
                self._decoded_for.popitem(last=False)
            if before != key:
                self._decoded.pop(before, None)
            if (found := self._decoded.get(key)) is not None:
                self._decoded.move_to_end(key)
                return found
        row = self._database.row("SELECT outline, first_mention, last_mention FROM contents WHERE id = ?", (row[0],))
        if row is None:
            return None
        try:
            tags = tags_encoding.decode_outline(row[0])
            if with_references:
                mentions = self._database.rows("SELECT name, places FROM mentions WHERE id BETWEEN ? AND ?", row[1:])
                references = [
                    reference
                    for name, places in mentions
                    for reference in tags_encoding.decode_mentions(text_of(name), places, tags)
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

    def _forget_garbled(self, path: str) -> None:
        """Delete a row that cannot be decoded, so that the next refresh reads the file again."""
        self._database.problem = f"The index entry of {path!r} was garbled; the file is being read again."
        row = self._database.row("SELECT content FROM files WHERE path = ?", (os.fsencode(path),))
        if row is not None:
            self._database.write(lambda connection: _delete_content(connection, row[0]))


def _decode_packages(text: object) -> tuple[Package, ...]:
    """The packages; none if the text is garbled: the next refresh of the whole root writes them again."""
    try:
        rows = json.loads(str(text))
        return tuple(
            Package(str(kind), str(folder), str(name), tuple(entries), tuple(map(tuple, aliases)))
            for kind, folder, name, entries, aliases in rows
        )
    except (TypeError, ValueError):
        return ()


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
        [(key_of(name), content, key_of(symbol), kind) for name, symbol, kind in tags.definitions],
    )
    connection.executemany(
        "INSERT INTO mentions VALUES (?, ?, ?, ?, ?)",
        [(first + number, key_of(name), content, *rest) for number, (name, *rest) in enumerate(tags.mentions)],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)",
        [(key_of(name), content, key_of(local)) for name, local in tags.aliases],
    )
    return content


def _delete_content(connection: sqlite3.Connection, content: int) -> None:
    connection.execute("DELETE FROM files WHERE content = ?", (content,))
    connection.execute("DELETE FROM definitions WHERE content = ?", (content,))
    connection.execute("DELETE FROM mentions WHERE content = ?", (content,))
    connection.execute("DELETE FROM aliases WHERE content = ?", (content,))
    connection.execute("DELETE FROM contents WHERE id = ?", (content,))
    bump(connection, "paths_generation")
