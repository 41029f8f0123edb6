"""The documents open in the editor, a few closed files that were read recently, and what names in them refer to."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from forethought.facts.value_facts import LocalName, local_name_at
from forethought.names.query_cache import SharedQueryCache
from forethought.names.resolver import Resolver, Target
from forethought.repo.discovery import MAX_SOURCE_BYTES
from forethought.store.index_store import IndexStore
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import Languages
from forethought.syntax.tags import Import, Position
from forethought.workspace.change_set import ChangeSet
from forethought.workspace.membership import Membership
from forethought.workspace.saved_contexts import interface_of
from forethought.workspace.snapshot import Buffer, DocumentSnapshot, OverlaySnapshot, Snapshot, SnapshotId
from forethought.workspace.symbol_info_cache import SymbolInfoCache

MAX_CLOSED_DOCUMENTS = 8
"""Snapshots of closed files, kept for the next request about them."""

_Targets = dict[Position, tuple[Target, ...]]


class _Shown(NamedTuple):
    """What readers see. It is replaced as a whole, so they see either the old state or the new one."""

    overlay: OverlaySnapshot
    documents: Mapping[str, DocumentSnapshot]


class OpenDocuments:
    """Buffers, and the snapshots made from them. Safe from any thread; only `wait` waits."""

    def __init__(
        self,
        index: IndexStore,
        languages: Languages,
        read: Callable[[str], bytes | None],
        membership: Membership,
        index_queries: SharedQueryCache,
        cache: SymbolInfoCache,
    ) -> None:
        """`read` returns the text on disk. `cache` is told of each document that is published or taken away."""
        self._index = index
        self._languages = languages
        self._read = read
        self._membership = membership
        self._index_queries = index_queries
        self._overlay_queries = SharedQueryCache(start=index_queries)
        self._cache = cache
        self._interfaces: dict[str, dict[str, str]] = {}
        """Of the open files that have been published."""
        self._unsaved_interfaces: set[str] = set()
        """Those of them whose interface is not that of the indexed file."""
        self._lock = threading.RLock()
        self._published = threading.Condition(self._lock)
        self._buffers: dict[str, Buffer] = {}
        self._outdated: set[str] = set()
        """Open files whose snapshots are older than their buffers."""
        self._shown = _Shown(OverlaySnapshot(index), {})
        self._own_queries: WeakKeyDictionary[DocumentSnapshot, SharedQueryCache] = WeakKeyDictionary()
        """Of open files that are left out, which see names that no other file does."""
        self._targets: WeakKeyDictionary[DocumentSnapshot, _Targets] = WeakKeyDictionary()
        """What the identifiers of each document refer to. Replaced when the names defined in an open file change."""

    # Events from the editor

    def put(self, buffer: Buffer) -> bool:
        """Take the new text of a buffer; `build` publishes it. Returns whether the file was open before."""
        with self._lock:
            known = buffer.path in self._buffers
            self._buffers[buffer.path] = buffer
            self._outdated.add(buffer.path)
            return known

    def close(self, path: str) -> None:
        """Forget the buffer: the text on disk counts again."""
        with self._published:
            self._buffers.pop(path, None)
            self._outdated.discard(path)
            self._interfaces.pop(path, None)
            self._hide(path)
            if path in self._unsaved_interfaces:
                self._unsaved_interfaces.discard(path)
                self._cache.outdate_contexts(None, self._after_edit())
            self._published.notify_all()

    def build(self, path: str) -> DocumentSnapshot | None:
        """Parse the file's buffer and publish it. None if it cannot be parsed, or was replaced or closed meanwhile."""
        document = self._build(path)
        while document is not None and not self.follows_rules(path):  # they changed meanwhile
            document = self._build(path)
        return document

    def follows_rules(self, path: str) -> bool:
        """Whether names resolve to an open file exactly if it is not left out. May ask git."""
        return (path in self._shown.overlay.laid_over) != self._membership.is_left_out(path)

    def _build(self, path: str) -> DocumentSnapshot | None:
        buffer = self._buffers.get(path)
        if buffer is None:
            return None
        document = self._parse(path, buffer.version, buffer.data)
        laid_over = not self._membership.is_left_out(path)  # names in other files must not resolve to what is hidden
        interface = interface_of(document.tags if document is not None else None)
        is_saved = content_hash_of(buffer.data) == self._index.content_hash(path)
        saved_interface = interface if is_saved else interface_of(self._index.outline(path))
        generation = self._index.generation  # read before locking: the event loop takes this lock, too
        with self._published:
            if self._buffers.get(path) is not buffer:
                return None
            was_laid_over = path in self._shown.overlay.laid_over
            if _names(self._shown.documents.get(path)) != _names(document) or was_laid_over != laid_over:
                self._targets = WeakKeyDictionary()
            self._show(path, document, generation, laid_over=laid_over)
            self._outdated.discard(path)
            if interface != self._interfaces.get(path, saved_interface):
                self._cache.outdate_contexts(None, self._after_edit())
            self._interfaces[path] = interface
            (self._unsaved_interfaces.discard if interface == saved_interface else self._unsaved_interfaces.add)(path)
            self._published.notify_all()
        self.resolver(self.overlay)  # derives the query cache now, so that no hover has to
        return document

    # What readers see

    @property
    def paths(self) -> tuple[str, ...]:
        """The open files."""
        with self._lock:
            return tuple(self._buffers)

    @property
    def are_current(self) -> bool:
        """Whether every snapshot shows its buffer: what a name refers to may depend on any open file."""
        return not self._outdated

    def document(self, path: str) -> DocumentSnapshot | None:
        """The last snapshot published of a file."""
        return self._shown.documents.get(path)

    def wait(self, path: str, version: int | None, seconds: float) -> DocumentSnapshot | None:
        """Wait up to `seconds` until every buffer, and at least this version of the file, is published.

        Returns the last snapshot, whether or not that happened.
        """

        def ready() -> bool:
            document = self.document(path)
            current = document is not None and (
                version is None or document.version is None or document.version >= version
            )
            return current and self.are_current

        with self._published:
            self._published.wait_for(ready, seconds)
            return self.document(path)

    @property
    def overlay(self) -> OverlaySnapshot:
        """The index with the documents laid over it, as it is now."""
        return self._shown.overlay

    def snapshot(self) -> Snapshot:
        """The root as it is now."""
        shown = self._shown
        return Snapshot(SnapshotId(self._index.generation, shown.overlay.edits), shown.overlay, shown.documents)

    def resolver(self, overlay: OverlaySnapshot) -> Resolver:
        """A resolver over one state of the root, for one piece of work."""
        if overlay.empty:
            return Resolver(self._index, self._index_queries.current(self._index))
        return Resolver(overlay, self._overlay_queries.current(overlay))

    def targets(self, document: DocumentSnapshot, start: Position) -> tuple[Target, ...]:
        """What the identifier that starts here refers to; several targets if it is ambiguous. Remembered."""
        # Taken before resolving: if names change meanwhile, the result goes into a table that is no longer read.
        known = self._targets.setdefault(document, {})
        if start not in known:
            known[start] = self._resolver_in(document).resolve_at(document.path, start).targets
        return known[start]

    def modules(self, document: DocumentSnapshot, item: Import) -> tuple[Target, ...]:
        """The files that an import in a document refers to."""
        return self._resolver_in(document).imported(document.path, item).targets

    def local_name(self, document: DocumentSnapshot, start: Position) -> LocalName | None:
        """The parameter or local variable whose identifier starts here; None for anything else."""
        return local_name_at(self._resolver_in(document), document.path, start)

    def known_targets(self, document: DocumentSnapshot, start: Position) -> tuple[Target, ...] | None:
        """What `targets` returns, if it is remembered or the document alone tells; None if it has to be resolved."""
        known = self._targets.get(document, {}).get(start)
        return document.own_targets(start) if known is None else known

    def _resolver_in(self, document: DocumentSnapshot) -> Resolver:
        overlay = self.overlay
        if document.path not in self._buffers or document.path in overlay.laid_over:
            return self.resolver(overlay)
        # The file is left out, so that others do not see its names, but it does.
        overlay = overlay.with_document(document.path, document.tags)
        queries = self._own_queries.setdefault(document, SharedQueryCache(start=self._index_queries))
        return Resolver(overlay, queries.current(overlay))

    def lines(self, path: str) -> tuple[bytes, ...]:
        """The rows of the buffer, else of the file on disk; empty if there is neither. May read the disk."""
        buffer, document = self._buffers.get(path), self.document(path)
        if buffer is not None:
            return tuple(buffer.data.split(b"\n"))
        if document is not None:
            return document.lines
        data = self._read(path)
        return tuple(data.split(b"\n")) if data is not None else ()

    def read(self, path: str) -> DocumentSnapshot | None:
        """A snapshot of a file that need not be open; None if it cannot be read or parsed. Reads the disk."""
        document = self.document(path)
        if path in self._buffers:
            return document
        data = self._read(path)
        if data is None:
            return None
        if document is not None and document.data == data:
            return document
        document = self._parse(path, None, data)
        if document is not None and content_hash_of(data) == self._index.content_hash(path):
            self._show_closed(document, laid_over=False)
        return document

    # Closed files

    def catch_up(self, path: str) -> bool:
        """Publish the file's current text. Returns whether it has to be indexed again. Reads the disk."""
        document, buffer = self.document(path), self._buffers.get(path)
        if buffer is not None:
            if document is None or document.version != buffer.version:
                self.build(path)
            return False
        data = self._read(path)
        if data is None or (document is not None and document.data == data):
            return False
        indexed = self._index.content_hash(path)
        if content_hash_of(data) == indexed:
            with self._lock:
                if path not in self._buffers:
                    self._hide(path)
            return False
        document = self._parse(path, None, data)
        if document is None:
            return indexed is not None
        # A file that is not indexed may be excluded on purpose: names must not resolve to it.
        self._show_closed(document, laid_over=indexed is not None)
        return path not in self._index.skipped()

    def index_changed(self, change: ChangeSet) -> None:
        """Drop the snapshots of closed files, as far as the index has caught up with the disk."""
        with self._lock:
            overlay, documents = self._shown
            for path in overlay.laid_over - self._buffers.keys():
                if change.covers(path):
                    overlay = overlay.with_document(path, None)
            self._shown = _Shown(overlay, {path: documents[path] for path in documents if path in self._buffers})
        self.resolver(self.overlay)  # derives the query cache now, so that no hover has to

    def _show_closed(self, document: DocumentSnapshot, *, laid_over: bool) -> None:
        generation = self._index.generation
        with self._lock:
            if document.path in self._buffers:
                return  # opened meanwhile: the buffer counts
            self._show(document.path, document, generation, laid_over=laid_over)
            closed = [path for path in self._shown.documents if path not in self._buffers]
            for path in closed[:-MAX_CLOSED_DOCUMENTS]:
                self._shown = self._shown._replace(documents=_without(self._shown.documents, path))

    def _show(self, path: str, document: DocumentSnapshot | None, generation: int, *, laid_over: bool) -> None:
        """Publish a document; None stands for a buffer that cannot be parsed. The lock is held."""
        if document is None:
            self._hide(path)
            return
        overlay, before = self._shown.overlay, self._shown.documents.get(path)
        shown = overlay.with_document(path, document.tags if laid_over else None)
        if shown is overlay and before is not None and before.data != document.data:
            shown = overlay.touched()
        self._shown = _Shown(shown, {**_without(self._shown.documents, path), path: document})
        self._cache.follow_document(document, SnapshotId(generation, shown.edits))

    def _hide(self, path: str) -> None:
        """Take a document away; the index shows through. The lock is held."""
        overlay, documents = self._shown
        shown = overlay.with_document(path, None)
        if path in documents and shown is overlay:
            shown = overlay.touched()
        self._shown = _Shown(shown, _without(documents, path))
        if shown is not overlay:
            self._cache.drop_files((path,), self._after_edit())

    def _after_edit(self) -> SnapshotId:
        """A lower bound of all snapshots from the last edit on. Reads no index: the event loop waits for the lock."""
        return SnapshotId(0, self._shown.overlay.edits)

    def _parse(self, path: str, version: int | None, data: bytes) -> DocumentSnapshot | None:
        """None if the file is too large, of an unknown language, or another repository's."""
        if self._membership.is_foreign(path):
            return None
        language = self._languages.detect(path, data[:8192])
        if language is None or len(data) > MAX_SOURCE_BYTES:
            return None
        tags = self._index.tags(path) if content_hash_of(data) == self._index.content_hash(path) else None
        return DocumentSnapshot(path, version, data, tags if tags is not None else read_tags(language, data))


def content_hash_of(data: bytes) -> str:
    """The SHA-256 by which the index knows a text, in 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def _names(document: DocumentSnapshot | None) -> tuple[object, ...] | None:
    """What decides about the meaning of names in other files: equal values, equal meanings."""
    if document is None:
        return None
    return (document.tags.imports, *((symbol.id, symbol.kind) for symbol in document.tags.definitions))


def _without(documents: Mapping[str, DocumentSnapshot], path: str) -> dict[str, DocumentSnapshot]:
    return {known: document for known, document in documents.items() if known != path}
