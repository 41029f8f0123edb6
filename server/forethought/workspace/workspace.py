"""One root: its index, its open documents, what is known about its symbols, and the status of their insights.

Three queues work off the event loop: `snapshots` (parse buffers, resolve names, complete symbol infos), `index` (read
what changed on disk) and `calls` (resolve all calls eagerly). What hover reads is in memory, or a point look-up in the
index.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from forethought.config import Settings
from forethought.engine.api import CancelToken
from forethought.facts.call_graph import find_calls
from forethought.facts.symbol_facts import ALL_PARTS, FactPart, SymbolFacts, facts_of
from forethought.insights.context import build_context
from forethought.insights.freshness import callee_changed
from forethought.names.query_cache import SharedQueryCache
from forethought.names.resolver import IndexSnapshot, Resolver, Target
from forethought.repo.blame import LastChange
from forethought.repo.blame_cache import BlameCache
from forethought.repo.discovery import MAX_SOURCE_BYTES, UnreadableSource, read_source
from forethought.repo.git import Repository
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.passages import WORDS_VERSION
from forethought.search.repository_search import RepositorySearch
from forethought.store.index_store import IndexStore
from forethought.store.protocol import InsightStore
from forethought.syntax.extraction import TAGS_VERSION, read_tags
from forethought.syntax.languages import Languages
from forethought.syntax.tags import FileTags, Position, Symbol
from forethought.workspace.indexer import Indexer, IndexReport, is_below
from forethought.workspace.open_documents import OpenFiles
from forethought.workspace.saved_contexts import SavedContexts
from forethought.workspace.snapshot import Buffer, DocumentSnapshot
from forethought.workspace.symbol_info import SymbolInfo
from forethought.workspace.symbol_info_cache import SymbolInfoCache
from forethought.workspace.worker_queue import WorkerQueue

HEAD_SECONDS = 1.0
"""Between two looks at HEAD, which reads two small files."""
MAX_FILES_AHEAD = 3000
"""Files whose calls are resolved before anybody asks."""


class Workspace:
    """One root. Safe from any thread; methods that read the disk say so."""

    def __init__(
        self,
        root: Path,
        within: str,
        settings: Settings,
        languages: Languages,
        contexts: InsightStore,
        index: IndexStore,
        repository: Repository | None,
        *,
        grammar_folders: Sequence[Path] = (),
        on_change: Callable[[], None],
        on_error: Callable[[Exception], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.root = root
        self.within = within
        self.settings = settings
        self.languages = languages
        self.index = index
        self.repository = repository
        self.notices: tuple[str, ...] = ()
        self.last_report: IndexReport | None = None
        self.index_progress = (0, 0)
        """Files read and to be read, while indexing."""
        self.focused: str | None = None
        self.saved_at: dict[str, float] = {}
        """path → monotonic seconds of the last edit or save seen; what is being edited waits."""
        self.saved = SavedContexts(index, contexts, self._read, lambda path: self.files_changed([path]), now)
        """What passes read."""
        words_version = f"{WORDS_VERSION}-{TAGS_VERSION}-{languages.digest}"
        self.repository_search = RepositorySearch(
            index, contexts, FulltextIndex.of_root(settings.cache_folder, root, words_version), self._read
        )
        """What questions about the whole repository are answered from."""
        self._on_change = on_change
        self._symbol_infos = SymbolInfoCache()
        self._open = OpenFiles(index, self._symbol_infos.renew)
        self._overlay = self._open.overlay
        self._query_cache = SharedQueryCache(self._overlay, start=self.saved.query_cache)
        self._blame_cache = BlameCache(repository)
        self._missed: list[Callable[[Target], None]] = []
        self._refreshed: list[Callable[[IndexReport], None]] = []
        self._grammar_folders = grammar_folders
        self._indexer = self._make_indexer()
        self._snapshot_queue = WorkerQueue(f"views {root.name}", on_error)
        self._index_queue = WorkerQueue(f"index {root.name}", on_error)
        self._call_graph_queue = WorkerQueue(f"calls {root.name}", on_error)
        self._lock = threading.Lock()
        self._refreshes = 0
        """Under way now."""
        self._watched = False
        self._head_read: str | None = None
        """HEAD when the whole root was last read."""
        self._closing = CancelToken()

    # Open files

    def open_file(self, path: str, text: str, version: int | None) -> None:
        """An editor opened the file; the snapshot is built off the loop."""
        self.change_file(path, text, version)

    def change_file(self, path: str, text: str, version: int | None) -> None:
        """The buffer's text is now `text`."""
        if self._open.put(Buffer(path, text.encode("utf-8", "replace"), version)):
            self.saved_at[path] = time.monotonic()
        self._snapshot_queue.submit(("view", path), lambda: self._build_snapshot(path), 0)

    def close_file(self, path: str) -> None:
        self._open.close(path)
        self._snapshot_queue.discard(("view", path))
        self._snapshot_queue.discard(("complete", path))

    def save_file(self, path: str) -> None:
        self.saved_at[path] = time.monotonic()
        self.files_changed([path])

    def files_changed(self, paths: Collection[str]) -> None:
        """These paths may have changed on disk; they are read again off the loop."""
        changed = frozenset(paths)
        self._index_queue.submit(("refresh", changed), lambda: self._refresh_quietly(changed), 1)

    def refresh_later(self) -> None:
        """Read again whatever changed, off the loop."""
        self._index_queue.submit("refresh all", lambda: self._refresh_quietly(None), 2)

    def configure(self, settings: Settings) -> None:
        """Take new settings; the root is read again when they leave out other files."""
        changed = settings.exclude != self.settings.exclude
        self.settings = settings
        if changed:
            self._indexer = self._make_indexer()
            self.refresh_later()

    def focus(self, path: str) -> None:
        self.focused = path

    @property
    def open_paths(self) -> tuple[str, ...]:
        return self._open.paths

    # Views: what hover reads

    def snapshot(self, path: str) -> DocumentSnapshot | None:
        """The last snapshot that was built of an open file."""
        return self._open.snapshot(path)

    @property
    def views_are_current(self) -> bool:
        """Whether every open file's snapshot shows its buffer: what a name means may rest on any of them."""
        return self._open.views_are_current

    def wait_snapshot(self, path: str, version: int | None, seconds: float) -> DocumentSnapshot | None:
        """Wait up to `seconds` for the snapshot of at least this version, and all others; else return the last one."""
        return self._open.wait_snapshot(path, version, seconds)

    def snapshot_from_disk(self, path: str) -> DocumentSnapshot | None:
        """The snapshot of a file that need not be open. Reads the disk. None when it is not ours to read."""
        snapshot, buffer = self._open.snapshot(path), self._open.buffer(path)
        if buffer is not None:
            if snapshot is None or snapshot.version != buffer.version:
                self._build_snapshot(path)
            return self._open.snapshot(path)
        data = self._read(path)
        if data is None:
            return None
        if snapshot is not None and snapshot.data == data:
            return snapshot
        indexed = self.index.content_hash(path)
        snapshot = self._make_snapshot(path, None, data)
        newer = _digest(data) != indexed
        if snapshot is not None:
            self._open.show_closed(snapshot, newer=newer and indexed is not None)
        if newer and path not in self.index.skipped():
            self.files_changed([path])
        return snapshot

    def hovered(self, path: str, target: Target) -> None:
        """A person looks at this symbol and finds no fresh insight: its file moves up."""
        self.complete_soon(target)
        for listener in self._missed:
            listener(target)

    def complete_soon(self, target: Target) -> None:
        """Work out the symbol info before all others, unless it is complete as things stand."""
        symbol_info = self._symbol_infos.get(target)
        if (
            symbol_info is None
            or symbol_info.context_hash is None
            or not self._symbol_infos.is_current(target, self._overlay.generation)
        ):
            self._complete_later(target, 1)

    def on_missed(self, listener: Callable[[Target], None]) -> None:
        """Call `listener` when a person looks at a symbol that has no fresh insight."""
        self._missed.append(listener)

    # Symbol infos

    def symbol_infos(self, path: str) -> tuple[SymbolInfo, ...] | None:
        """Every symbol of the file, the file itself first, complete. Reads the disk. None for an unknown file."""
        snapshot = self.snapshot_from_disk(path)
        tags = snapshot.tags if snapshot else self._overlay.tags(path)
        if tags is None:
            return None
        return tuple(symbol_info for symbol in tags.symbols if (symbol_info := self._complete(Target(path, symbol.id))))

    def symbol_info(self, target: Target) -> SymbolInfo | None:
        """One symbol, complete. Reads the disk."""
        self.catch_up(target.path)
        return self._complete(target)

    def insight_card(self, target: Target) -> SymbolInfo | None:
        """A symbol with what was thought about it as it is now, without facts: a few milliseconds. Reads the disk."""
        self.catch_up(target.path)
        symbol_info = self._symbol_infos.get(target)
        if symbol_info is not None and self._symbol_infos.is_current(target, self._overlay.generation):
            return symbol_info
        return self._look_up(target)

    def catch_up(self, path: str) -> None:
        """Make sure that what is known of a file is what stands in its buffer, else on the disk. Reads the disk."""
        if self._open.buffer(path) is None:
            data = self._read(path)
            if data is not None and _digest(data) == self.index.content_hash(path):
                self._open.forget_older(path, data)
                return
        self.snapshot_from_disk(path)

    def quick_info(self, target: Target) -> SymbolInfo | None:
        """What is in memory about a symbol; else its signature and docs by a point look-up.

        Facts that rest on an older state of any file are left out: a poorer symbol info is better than a wrong one.
        """
        symbol_info = self._symbol_infos.shown(target, self._overlay.generation)
        if symbol_info is not None:
            return symbol_info
        content_version = self._symbol_infos.content_version(target.path)
        snapshot = self._open.snapshot(target.path)
        tags = snapshot.tags if snapshot else self._overlay.outline(target.path)
        symbol = tags.symbol(target.symbol_id) if tags else None
        if tags is None or symbol is None:
            return None
        return self._symbol_infos.put(target, SymbolInfo(target.path, tags.language, symbol), content_version)

    def facts(self, target: Target, part: FactPart) -> SymbolFacts:
        """One part of the facts of a symbol as they are now; the others may be missing. Reads the index."""
        symbol_info = self._symbol_infos.shown(target, self._overlay.generation)
        return (
            symbol_info.facts
            if symbol_info is not None and symbol_info.facts is not None
            else self._facts(target, {part})
        )

    def last_change(self, target: Target) -> LastChange | None:
        """The last commit that changed the symbol's rows; None when they are not committed. Reads git."""
        tags, data = self._tags_of(target.path), self._data_of(target.path)
        symbol = tags.symbol(target.symbol_id) if tags else None
        if symbol is None or data is None:
            return None
        return self._blame_cache.get(target.path, data).last_change(symbol.range.start.row, _last_row(symbol))

    def targets_at(self, path: str, position: Position) -> tuple[Target, ...]:
        """What the identifier at the position means; several when ambiguous. Reads the disk."""
        snapshot = self.snapshot_from_disk(path)
        return snapshot.at(position) if snapshot else ()

    def enclosing_symbol(self, path: str, position: Position) -> Target | None:
        """The innermost symbol around the position. Reads the disk."""
        snapshot = self.snapshot_from_disk(path)
        return Target(path, snapshot.tags.enclosing(position).id) if snapshot else None

    def search(self, query: str, limit: int = 200) -> tuple[SymbolInfo, ...]:
        """Symbols whose name contains `query`, without facts; the shortest names first. Reads the index."""
        found = self.index.search(query, limit)
        return tuple(
            symbol_info for item in found if (symbol_info := self.quick_info(Target(item.path, item.symbol_id)))
        )

    def names(self) -> frozenset[str]:
        """Unqualified names of everything that is defined. Reads the index."""
        return self.index.defined_names()

    def lines(self, path: str) -> tuple[bytes, ...]:
        """The file's rows as bytes: the buffer's, else the disk's; empty when there is neither."""
        buffer, snapshot = self._open.buffer(path), self._open.snapshot(path)
        if buffer is not None:
            return tuple(buffer.data.split(b"\n"))
        if snapshot is not None:
            return snapshot.lines
        data = self._read(path)
        return tuple(data.split(b"\n")) if data is not None else ()

    def forget_symbol_infos(self, targets: Iterable[Target] | None = None) -> None:
        """c′ changed for these symbols (None: for any): look again, and show what is known until then."""
        targets = targets if targets is None else tuple(targets)
        self.repository_search.insights_changed(targets)
        for target in self._symbol_infos.targets() if targets is None else targets:
            if self._symbol_infos.get(target) is not None:
                self._complete_later(target, 3)

    # Names

    @property
    def overlay(self) -> IndexSnapshot:
        """The index with open buffers in place of the disk."""
        return self._overlay

    def resolver(self) -> Resolver:
        """A resolver over the open buffers and the index as they are now, for one piece of work."""
        if self._overlay.empty:
            return self.saved.resolver()
        return Resolver(self._overlay, self._query_cache.current())

    # The index

    def refresh(
        self,
        paths: Collection[str] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> IndexReport:
        """Read again what changed on disk (of `paths`, or anywhere). Reads the disk, for as long as it takes."""
        head = self.repository.head_state() if paths is None and self.repository is not None else None
        with self._lock:
            self._refreshes += 1
        self._on_change()

        def note(done: int, total: int) -> None:
            self.index_progress = (done, total)
            if on_progress is not None:
                on_progress(done, total)

        try:
            report = self._indexer.refresh(paths, on_progress=note, cancel=cancel)
        finally:
            with self._lock:
                self._refreshes -= 1
        if head is not None and not report.cancelled:
            self._head_read = head  # only now: what failed is read again
        self.last_report = report
        self.saved.outdate()
        changed = (*report.changed, *report.removed)
        if changed:
            self._blame_cache.clear()
            self._symbol_infos.drop_files(changed)
            if self.repository_search.initialized:
                self._index_queue.submit("words", lambda: self.repository_search.catch_up(CancelToken()), 9)
        self._open.forget_closed(
            lambda path: path in changed or (not report.cancelled and (paths is None or is_below(path, paths)))
        )
        if changed:
            self._renew_snapshots()
        if self._watched:
            self._call_graph_queue.submit("calls", self._find_calls_ahead)
        for listener in self._refreshed:
            listener(report)
        self._on_change()
        return report

    def why_left_out(self, path: str) -> str | None:
        """Why a file is not in the index; None when it is there, or is a folder. Reads the index."""
        if path in self.index.paths() or (self.root / path).is_dir():
            return None
        return self.index.skipped().get(path, "it is not a source file that git or we follow")

    def on_refreshed(self, listener: Callable[[IndexReport], None]) -> None:
        """Call `listener` after each refresh, on the thread that did it."""
        self._refreshed.append(listener)

    @property
    def indexing(self) -> bool:
        return self._refreshes > 0

    @property
    def indexed_once(self) -> bool:
        return self.last_report is not None

    def watch(self) -> None:
        """Read the root now, and again whenever HEAD moves: commit, amend, merge, rebase, switch, pull."""
        self._watched = True
        self.refresh_later()
        if self.repository is not None:
            threading.Thread(target=self._follow_head, name=f"HEAD {self.root.name}", daemon=True).start()

    @property
    def busy(self) -> bool:
        return self.indexing or not self._index_queue.idle

    def wait_idle(self, seconds: float) -> bool:
        """Wait until both worker queues have nothing to do."""
        end = time.monotonic() + seconds
        return self._index_queue.wait_idle(seconds) and self._snapshot_queue.wait_idle(max(0.0, end - time.monotonic()))

    def close(self) -> None:
        self._closing.cancel()
        worker_queues = (self._snapshot_queue, self._index_queue, self._call_graph_queue)
        for worker_queue in worker_queues:
            worker_queue.close()
        for worker_queue in worker_queues:
            worker_queue.join(1.0)
        self.repository_search.close()
        self.index.close()

    # Inside

    def _make_indexer(self) -> Indexer:
        return Indexer(
            self.index,
            self.root,
            self.languages,
            self.repository,
            exclude=self.settings.exclude,
            language_folders=self._grammar_folders,
        )

    def _follow_head(self) -> None:
        while not self._closing.wait(HEAD_SECONDS):
            if self._head_moved():
                self.refresh_later()

    def _head_moved(self) -> bool:
        """Whether HEAD is not where it was when the whole root was last read."""
        return self.repository is not None and self.repository.head_state() != self._head_read

    def _refresh_quietly(self, paths: Collection[str] | None) -> None:
        # A single file is seen to change before the poll sees HEAD move: then others may have changed as well.
        self.refresh(None if self._head_moved() else paths, cancel=self._closing)

    def _find_calls_ahead(self) -> None:
        """Resolve the calls of each file, with pauses for people, so that callers and tests are look-ups."""
        for path in sorted(self.index.paths())[:MAX_FILES_AHEAD]:
            started = time.monotonic()
            find_calls(self.resolver(), path)
            if self._closing.wait((time.monotonic() - started) / 4):
                return

    def _renew_snapshots(self) -> None:
        for path in self._open.paths:
            self._snapshot_queue.submit(("view", path), lambda path=path: self._build_snapshot(path), 2)  # type: ignore[misc] # mypy cannot infer a lambda with a default

    def _build_snapshot(self, path: str) -> None:
        buffer = self._open.buffer(path)
        if buffer is None:
            return
        snapshot = self._make_snapshot(path, buffer.version, buffer.data)
        if self._open.show(buffer, snapshot) and snapshot is not None:
            self._snapshot_queue.submit(("complete", path), lambda: self._complete_snapshot(path), 4)

    def _make_snapshot(self, path: str, version: int | None, data: bytes) -> DocumentSnapshot | None:
        language = self.languages.detect(path, data[:8192])
        if language is None or len(data) > MAX_SOURCE_BYTES:
            return None
        tags = self.index.tags(path) if _digest(data) == self.index.content_hash(path) else None
        if tags is None:
            tags = read_tags(language, data)
        return DocumentSnapshot(path, version, data, tags, lambda at: self._resolve_at(path, at), self.quick_info)

    def _resolve_at(self, path: str, position: Position) -> tuple[Target, ...]:
        return self.resolver().resolve_at(path, position).targets

    def _complete_snapshot(self, path: str) -> None:
        """Resolve every name of an open file, then complete the symbol infos: its own symbols first."""
        snapshot = self._open.snapshot(path)
        if snapshot is None:
            return
        targets = dict.fromkeys(Target(path, symbol.id) for symbol in snapshot.tags.symbols)
        for start in snapshot.identifiers():
            targets.update(dict.fromkeys(snapshot.targets(start)))
            if self._open.snapshot(path) is not snapshot:
                return
        indexed = self.index.generation
        for target in targets:
            symbol_info = self._symbol_infos.get(target)
            known = (
                symbol_info is not None
                and symbol_info.context_hash is not None
                and self._symbol_infos.is_current_on_disk(target, indexed)
            )
            if not known or target.path == path:
                self._complete_later(target, 5)
        self._on_change()

    def _complete_later(self, target: Target, urgency: int) -> None:
        def complete() -> None:
            self._complete(target)

        self._snapshot_queue.submit(("card", target), complete, urgency)

    def _complete(self, target: Target) -> SymbolInfo | None:
        """Work out everything about one symbol, as the editor has it."""
        content_version = self._symbol_infos.content_version(target.path)
        generations = (self._overlay.generation, self.index.generation)
        symbol_info = self._look_up(target)
        if symbol_info is None:
            self._symbol_infos.drop(target)
            return None
        symbol_info = replace(symbol_info, facts=self._facts(target), last_change=self.last_change(target))
        return self._symbol_infos.put(target, symbol_info, content_version, generations)

    def _look_up(self, target: Target) -> SymbolInfo | None:
        """The symbol's context now, and how its context hash stands in c′."""
        tags = self._tags_of(target.path)
        symbol = tags.symbol(target.symbol_id) if tags else None
        data = self._data_of(target.path)
        if tags is None or symbol is None or data is None:
            return None
        context = build_context(self.resolver(), target.path, tags, symbol, data)
        insight_status = self.saved.insight_status(target, context.context_hash)
        return SymbolInfo(
            path=target.path,
            language=tags.language,
            symbol=symbol,
            context_hash=context.context_hash,
            state=insight_status.state,
            entry=insight_status.entry,
            callee_changed=insight_status.state == "fresh"
            and callee_changed(insight_status.entry, dict(context.callees)),
        )

    def _facts(self, target: Target, parts: Collection[FactPart] = ALL_PARTS) -> SymbolFacts:
        return facts_of(self._overlay, target.path, target.symbol_id, resolver=self.resolver(), parts=parts)

    def _tags_of(self, path: str) -> FileTags | None:
        snapshot = self._open.snapshot(path)
        return snapshot.tags if snapshot else self._overlay.tags(path)

    def _data_of(self, path: str) -> bytes | None:
        """The text that `_tags_of` was read from; None when the disk has moved on."""
        snapshot = self._open.snapshot(path)
        if snapshot is not None:
            return snapshot.data
        data = self._read(path)
        if data is not None and _digest(data) != self.index.content_hash(path):
            self.files_changed([path])
            return None
        return data

    def _read(self, path: str) -> bytes | None:
        try:
            return read_source(self.root, path)
        except UnreadableSource:
            return None  # gone, or not ours to read: there is nothing to show


def _last_row(symbol: Symbol) -> int:
    end = symbol.range.end
    return end.row - 1 if end.column == 0 and end.row > symbol.range.start.row else end.row


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
