"""What an editor's open file means, place by place: the in-memory snapshot that hover reads."""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forethought.names.resolver import IndexSnapshot, Target
from forethought.syntax.package_manifests import Package
from forethought.syntax.tags import FileTags, Position, Range, Reference
from forethought.workspace.symbol_info import SymbolInfo


@dataclass(frozen=True, slots=True)
class Buffer:
    """An open file's text as the editor has it."""

    path: str
    data: bytes
    version: int | None


class OverlaySnapshot:
    """The index with open buffers in place of the disk. An `IndexSnapshot`; `replace_buffer` moves its generation on.

    Any thread may read it; one at a time may replace.
    """

    def __init__(self, saved: IndexSnapshot) -> None:
        self._saved = saved
        self._open: dict[str, FileTags] = {}
        self._edits = 0
        self._last_edits: dict[str, int] = {}
        """path → the number of the last edit that was laid over it, or taken away."""
        self._paths: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())

    @property
    def generation(self) -> int:
        return self._saved.generation + self._edits

    @property
    def empty(self) -> bool:
        """No buffer is laid over: the index is all there is."""
        return not self._open

    @property
    def laid_over(self) -> frozenset[str]:
        """The files of which something else than the index is shown."""
        return frozenset(self._open)

    def replace_buffer(self, path: str, tags: FileTags | None) -> None:
        """Lay a buffer's tags over the disk's; None takes them away."""
        if self._open.get(path) is tags:
            return
        buffers = dict(self._open)
        if tags is None:
            del buffers[path]
        else:
            buffers[path] = tags
        self._open = buffers  # replaced whole: readers on other threads see the one or the other
        self._last_edits = {**self._last_edits, path: self._edits + 1}
        self._edits += 1

    def contents(self) -> Mapping[str, Hashable]:
        contents = dict(self._saved.contents())
        for path, edit in self._last_edits.items():
            contents[path] = (contents.get(path), edit)
        return contents

    def paths(self) -> frozenset[str]:
        saved, buffers = self._saved.paths(), self._open
        if buffers.keys() <= saved:
            return saved
        if self._paths[0] is not saved or not buffers.keys() <= self._paths[1]:
            self._paths = (saved, saved | buffers.keys())
        return self._paths[1]

    def packages(self) -> Sequence[Package]:
        return self._saved.packages()

    def tags(self, path: str) -> FileTags | None:
        return self._open.get(path) or self._saved.tags(path)

    def outline(self, path: str) -> FileTags | None:
        return self._open.get(path) or self._saved.outline(path)

    def definitions_named(self, short_name: str) -> Sequence[tuple[str, str, str, str]]:
        buffers = self._open
        found = [definition for definition in self._saved.definitions_named(short_name) if definition[0] not in buffers]
        found += [
            (path, symbol.id, symbol.kind, tags.language)
            for path, tags in buffers.items()
            for symbol in tags.symbols[1:]
            if symbol.short_name == short_name
        ]
        return sorted(found)

    def references_named(self, name: str) -> Sequence[tuple[str, Reference]]:
        buffers = self._open
        found = [(path, reference) for path, reference in self._saved.references_named(name) if path not in buffers]
        found += [
            (path, reference)
            for path, tags in buffers.items()
            for reference in tags.references
            if reference.name == name
        ]
        return sorted(found, key=lambda item: (item[0], item[1].range))

    def paths_calling(self, name: str) -> Sequence[str]:
        buffers = self._open
        found = [path for path in self._saved.paths_calling(name) if path not in buffers]
        found += [
            path
            for path, tags in buffers.items()
            if any(reference.name == name and reference.kind in ("call", "class") for reference in tags.references)
        ]
        return sorted(found)

    def aliases_of(self, name: str) -> Sequence[tuple[str, str]]:
        buffers = self._open
        found = [alias for alias in self._saved.aliases_of(name) if alias[0] not in buffers]
        found += [
            (path, item.local)
            for path, tags in buffers.items()
            for item in tags.imports
            if item.name == name and item.local != name
        ]
        return sorted(found)

    def call_counts(self, limit: int) -> Sequence[tuple[str, int]]:
        return self._saved.call_counts(limit)


class DocumentSnapshot:
    """One open file at one version. What its names mean is looked up once and remembered."""

    def __init__(
        self,
        path: str,
        version: int | None,
        data: bytes,
        tags: FileTags,
        resolve_at: Callable[[Position], tuple[Target, ...]],
        symbol_info: Callable[[Target], SymbolInfo | None],
    ) -> None:
        self.path = path
        self.version = version
        self.data = data
        self.lines = tuple(data.split(b"\n"))
        self.tags = tags
        self._resolve_at = resolve_at
        self._symbol_info = symbol_info
        self._rows: dict[int, list[tuple[int, int]]] = {}
        self._targets: dict[Position, tuple[Target, ...]] = {}
        for start, end in sorted({(place.start, place.end) for place in _places(tags)}):
            if start.row == end.row:
                self._rows.setdefault(start.row, []).append((start.column, end.column))

    def at(self, position: Position) -> tuple[Target, ...]:
        """The symbols that the identifier at (or ending at) the position means; several when it is ambiguous."""
        identifier = self.identifier(position)
        return self.targets(identifier.start) if identifier else ()

    def identifier(self, position: Position) -> Range | None:
        """The place of the identifier at (or ending at) the position."""
        row = self._rows.get(position.row)
        if not row:
            return None
        found = bisect_right(row, (position.column, 1 << 30)) - 1
        if found < 0:
            return None
        start, end = row[found]
        if not start <= position.column <= end:
            return None
        return Range(Position(position.row, start), Position(position.row, end))

    def targets(self, start: Position) -> tuple[Target, ...]:
        """What the identifier that starts here means."""
        known = self._targets.get(start)
        if known is None:
            known = self._targets[start] = self._resolve_at(start)
        return known

    def forget_targets(self) -> None:
        """Names may mean something else now, because another open file defines other ones."""
        self._targets = {}

    def symbol_info(self, target: Target) -> SymbolInfo | None:
        return self._symbol_info(target)

    def identifiers(self) -> Iterator[Position]:
        """Where each identifier starts, in order."""
        for row in sorted(self._rows):
            for start, _ in self._rows[row]:
                yield Position(row, start)

    def text_at(self, place: Range) -> bytes:
        return self.lines[place.start.row][place.start.column : place.end.column]


def _places(tags: FileTags) -> Iterator[Range]:
    for symbol in tags.symbols[1:]:
        yield symbol.selection
    for reference in tags.references:
        yield reference.range
    for item in tags.imports:
        yield item.range
