"""Immutable snapshots: of one document, and of a whole root with its open documents laid over the index."""

import re
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from forethought.names.file_names import Contents
from forethought.names.resolver import IndexSnapshot, Target
from forethought.syntax.package_manifests import Package
from forethought.syntax.tags import FileTags, Import, Position, Range, Reference

_NO_EDITS: Mapping[str, int] = MappingProxyType({})
_NO_TAGS: Mapping[str, FileTags] = MappingProxyType({})


_IMPORT = re.compile(rb"\b(?:import|from|export|require\w*|use|using|include\w*|source|load)\b|^\s*\.\s")
_MAX_IMPORT_ROWS = 50
"""How far an imported name may be from its module's: more than the rows of nearly all import statements."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """An open file's text as the editor has it."""

    path: str
    data: bytes
    version: int | None


class DocumentSnapshot:
    """One file's text at one version, and its tags. Immutable."""

    def __init__(self, path: str, version: int | None, data: bytes, tags: FileTags) -> None:
        self.path = path
        self.version = version
        """The editor's; None when the text was read from disk."""
        self.data = data
        self.lines = tuple(data.split(b"\n"))
        self.tags = tags
        self._rows: dict[int, list[tuple[int, int]]] = {}
        """row → (start column, end column) of each identifier, in order."""
        references = {(place.start, place.end) for place in _places(tags)}
        ends = {end for _, end in references}
        bound = {
            (binding.range.start, binding.range.end)
            for binding in tags.bindings
            if "." not in binding.name and binding.range.end not in ends
        }
        self._bound = frozenset(start for start, _ in bound)
        """Where the identifiers start that only bind a name."""
        self._definitions = {symbol.selection.start: symbol.id for symbol in reversed(tags.definitions)}
        """Where the name of each definition starts → its id."""
        for start, end in sorted(references | bound):
            if start.row == end.row:
                self._rows.setdefault(start.row, []).append((start.column, end.column))

    def identifier(self, position: Position) -> Range | None:
        """The range of the identifier at (or ending at) the position."""
        row = self._rows.get(position.row)
        if not row:
            return None
        index = bisect_right(row, (position.column, 1 << 30)) - 1
        if index < 0:
            return None
        start, end = row[index]
        if not start <= position.column <= end:
            return None
        return Range(Position(position.row, start), Position(position.row, end))

    def own_targets(self, start: Position) -> tuple[Target, ...] | None:
        """What the identifier that starts here refers to, if the document alone tells: a definition, or nothing."""
        if (symbol_id := self._definitions.get(start)) is not None:
            return (Target(self.path, symbol_id),)
        return () if start in self._bound else None

    def module(self, position: Position) -> tuple[Range, Import] | None:
        """(where the module name at the position is written, an import of that module); None outside import lines."""
        line = self.lines[position.row] if position.row < len(self.lines) else b""
        if not _IMPORT.search(line):
            return None
        for item in self.tags.imports:
            if abs(item.range.start.row - position.row) > _MAX_IMPORT_ROWS or not item.module:
                continue
            for match in re.finditer(rb"(?<![\w.])" + re.escape(item.module.encode()) + rb"(?!\w)", line):
                if match.start() <= position.column <= match.end():
                    place = Range(Position(position.row, match.start()), Position(position.row, match.end()))
                    return place, replace(item, name=None)
        return None

    def identifiers(self) -> Iterator[Position]:
        """Where each identifier starts that may refer to a definition, in order."""
        for row in sorted(self._rows):
            for start, _ in self._rows[row]:
                if (place := Position(row, start)) not in self._bound:
                    yield place

    def text_at(self, place: Range) -> bytes:
        """The text of a range that lies in one row."""
        return self.lines[place.start.row][place.start.column : place.end.column]


class OverlaySnapshot:
    """The index with documents in place of what it holds of their files. An `IndexSnapshot`; the overlay is immutable.

    The index below it is live: `generation` tells when it has moved on.
    """

    def __init__(
        self,
        saved: IndexSnapshot,
        documents: Mapping[str, FileTags] = _NO_TAGS,
        edits: int = 0,
        last_edits: Mapping[str, int] = _NO_EDITS,
    ) -> None:
        self.edits = edits
        """How many changes led here."""
        self._saved = saved
        self._documents = documents
        self._last_edits = last_edits
        """path → number of the last edit that laid something over it, or took it away."""
        self._paths: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        """The paths of the index, and those with the documents: computed once for each set of indexed paths."""

    def with_document(self, path: str, tags: FileTags | None) -> "OverlaySnapshot":
        """The same with `tags` laid over a file; None uncovers what the index holds. Itself when nothing changes."""
        if self._documents.get(path) is tags:
            return self
        documents = {**self._documents}
        if tags is None:
            del documents[path]
        else:
            documents[path] = tags
        edits = self.edits + 1
        return OverlaySnapshot(self._saved, documents, edits, {**self._last_edits, path: edits})

    def touched(self) -> "OverlaySnapshot":
        """The same, counted as another edit: something changed that the overlay does not show."""
        return OverlaySnapshot(self._saved, self._documents, self.edits + 1, self._last_edits)

    @property
    def generation(self) -> tuple[Hashable, int]:
        return self._saved.generation, self.edits

    @property
    def empty(self) -> bool:
        """Nothing is laid over: the index is all there is."""
        return not self._documents

    @property
    def laid_over(self) -> frozenset[str]:
        """The files of which something other than the index is shown."""
        return frozenset(self._documents)

    def contents(self) -> Contents:
        saved = self._saved.contents().saved
        return Contents(saved, {path: (saved.get(path), edit) for path, edit in self._last_edits.items()})

    def paths(self) -> frozenset[str]:
        saved, documents = self._saved.paths(), self._documents
        if documents.keys() <= saved:
            return saved
        if self._paths[0] is not saved:
            self._paths = (saved, saved | documents.keys())
        return self._paths[1]

    def packages(self) -> Sequence[Package]:
        return self._saved.packages()

    def tags(self, path: str) -> FileTags | None:
        return self._documents.get(path) or self._saved.tags(path)

    def outline(self, path: str) -> FileTags | None:
        return self._documents.get(path) or self._saved.outline(path)

    def definitions_named(self, short_name: str) -> Sequence[tuple[str, str, str, str]]:
        documents = self._documents
        found = [row for row in self._saved.definitions_named(short_name) if row[0] not in documents]
        found += [
            (path, symbol.id, symbol.kind, tags.language)
            for path, tags in documents.items()
            for symbol in tags.nameable
            if symbol.short_name == short_name
        ]
        return sorted(found)

    def references_named(self, name: str) -> Sequence[tuple[str, Reference]]:
        documents = self._documents
        found = [(path, reference) for path, reference in self._saved.references_named(name) if path not in documents]
        found += [
            (path, reference)
            for path, tags in documents.items()
            for reference in tags.references
            if reference.name == name
        ]
        return sorted(found, key=lambda item: (item[0], item[1].range))

    def paths_calling(self, name: str) -> Sequence[str]:
        documents = self._documents
        found = [path for path in self._saved.paths_calling(name) if path not in documents]
        found += [
            path
            for path, tags in documents.items()
            if any(reference.name == name and reference.kind in ("call", "class") for reference in tags.references)
        ]
        return sorted(found)

    def aliases_of(self, name: str) -> Sequence[tuple[str, str]]:
        documents = self._documents
        found = [alias for alias in self._saved.aliases_of(name) if alias[0] not in documents]
        found += [
            (path, item.local)
            for path, tags in documents.items()
            for item in tags.imports
            if item.name == name and item.local != name
        ]
        return sorted(found)

    def precise(self, path: str) -> Mapping[Position, Target | None]:
        precise = self._saved.precise(path)
        if not precise or not self._is_as_saved(path):
            return {}
        edited = {target.path for target in precise.values() if target and not self._is_as_saved(target.path)}
        return {place: target for place, target in precise.items() if target is None or target.path not in edited}

    def _is_as_saved(self, path: str) -> bool:
        """Whether what is laid over a file, if anything, says the same as the index."""
        tags = self._documents.get(path)
        return tags is None or tags == self._saved.tags(path)

    def precise_version(self) -> Hashable:
        return self._saved.precise_version()

    def call_counts(self, limit: int) -> Sequence[tuple[str, int]]:
        return self._saved.call_counts(limit)


class SnapshotId(NamedTuple):
    """Names a root's state at one moment. Ids are compared whole: where they are equal, nothing readable has changed.

    Both numbers only ever grow.
    """

    generation: int
    """Of the index."""
    edits: int
    """Of the overlay."""

    def is_at_least(self, other: "SnapshotId") -> bool:
        """Whether everything that the other one has seen was to be seen here."""
        return self.generation >= other.generation and self.edits >= other.edits


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A root at one moment, for one piece of work: what the editor sends meanwhile does not reach into it.

    The index is live; work that began before the index moved on is recognized by the snapshot's id.
    """

    id: SnapshotId
    overlay: OverlaySnapshot
    documents: Mapping[str, DocumentSnapshot]
    """Every open file that could be parsed, and a few closed ones that were read lately."""

    def tags(self, path: str) -> FileTags | None:
        """Everything read off a file; None when it is neither indexed nor among the documents."""
        document = self.documents.get(path)
        return document.tags if document is not None else self.overlay.tags(path)

    def outline(self, path: str) -> FileTags | None:
        """The tags, without references where that is cheaper."""
        document = self.documents.get(path)
        return document.tags if document is not None else self.overlay.outline(path)


def _places(tags: FileTags) -> Iterator[Range]:
    for symbol in tags.definitions:
        yield symbol.selection
    for reference in tags.references:
        yield reference.range
    for item in tags.imports:
        yield item.range
        if item.original is not None:
            yield item.original
