"""One root: its open documents, its index, and what is known about its symbols.

A commit or save flows from the `Refresher` to the index, and as a `ChangeSet` to everything that depends on it. A hover
reads a document's snapshot and a symbol's info, both in memory. Five queues work off the event loop: `documents` (parse
buffers), `pointed at` (complete the symbols that were hovered), `symbols` (resolve the names in open documents and
complete their symbols ahead of any hover), `index` (read what changed on disk), `calls` (resolve all calls, compute
effects). What a person waits for never queues behind what is done ahead.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path

from forethought.config import Settings
from forethought.embedding.source import EmbedderSource
from forethought.engine.api import CancelToken
from forethought.facts.call_graph import find_calls
from forethought.facts.certain_uses import UsedBy
from forethought.facts.effects import Effects
from forethought.facts.symbol_behavior import Behavior
from forethought.facts.symbol_facts import FactPart, SymbolFacts
from forethought.facts.value_facts import LocalName
from forethought.names.resolver import IndexSnapshot, Resolver, Target
from forethought.repo.blame import LastChange
from forethought.repo.blame_cache import BlameCache
from forethought.repo.discovery import UnreadableSource, folders_above, read_source, source_folders
from forethought.repo.file_watcher import FileWatcher
from forethought.repo.git import Repository
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.passages import WORDS_VERSION
from forethought.search.repository_search import RepositorySearch
from forethought.search.semantic_index import SemanticIndex
from forethought.store.index_store import IndexStore
from forethought.store.protocol import InsightStore
from forethought.store.vector_store import VectorStore
from forethought.syntax.extraction import TAGS_VERSION
from forethought.syntax.languages import Languages
from forethought.syntax.tags import Import, Position
from forethought.text.positions import end_lines_with_lf
from forethought.workspace.background_pause import MAX_PARSE_SECONDS, BackgroundPause
from forethought.workspace.change_set import ChangeSet
from forethought.workspace.indexer import Indexer, IndexReport, Progress
from forethought.workspace.membership import Membership
from forethought.workspace.open_documents import OpenDocuments
from forethought.workspace.precise_import import precise_problem
from forethought.workspace.refresher import Refresher
from forethought.workspace.saved_contexts import SavedContexts
from forethought.workspace.snapshot import Buffer, DocumentSnapshot
from forethought.workspace.symbol_info import SymbolInfo
from forethought.workspace.symbol_info_cache import SymbolInfoCache
from forethought.workspace.symbol_infos import SymbolInfos
from forethought.workspace.worker_queue import WorkerQueue

MAX_FILES_AHEAD = 3000
"""Files whose calls are resolved before anybody asks."""

MAX_LANGUAGES_AHEAD = 3
"""Grammars that are loaded before a file is opened."""


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
        embedders: EmbedderSource,
        *,
        grammar_folders: Sequence[Path] = (),
        on_change: Callable[[], None],
        on_error: Callable[[Exception], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.root = root
        self.within = within
        """The folder that passes are limited to; empty for the whole root."""
        self.settings = settings
        self.languages = languages
        self.index = index
        self.repository = repository
        self.notices: tuple[str, ...] = ()
        """What the user should know about this root, a sentence each."""
        self.focused: str | None = None
        """The file that the editor shows."""
        self.edited_at: dict[str, float] = {}
        """path → monotonic seconds of the last edit or save; what is being edited is thought about later."""
        self._grammar_folders = grammar_folders
        self._on_change = on_change
        self._document_queue = WorkerQueue(f"documents {root.name}", on_error)
        self._pointed_queue = WorkerQueue(f"pointed at {root.name}", on_error)
        self._symbol_queue = WorkerQueue(f"symbols {root.name}", on_error)
        self._index_queue = WorkerQueue(f"index {root.name}", on_error)
        self._call_queue = WorkerQueue(f"calls {root.name}", on_error)
        self._pause = BackgroundPause()
        self._closing = CancelToken()
        self._watched = False
        self._file_watcher: FileWatcher | None = None
        self._on_error = on_error

        read = partial(_read, root)
        tags_version = f"{TAGS_VERSION}-{languages.digest}"
        self.saved = SavedContexts(index, contexts, read, now)
        """What passes work from."""
        open_vectors = partial(VectorStore.of_root, settings.cache_folder, root)
        data = languages.data_names
        self.semantic_index = SemanticIndex(index, contexts, embedders, open_vectors, read, tags_version, data)
        """The meaning of every file and symbol, where there is an embedder. Idle work fills it."""
        fulltext = FulltextIndex.of_root(settings.cache_folder, root, f"{WORDS_VERSION}-{tags_version}")
        self.repository_search = RepositorySearch(index, contexts, fulltext, read, self.semantic_index, data)
        """What questions about the whole repository are answered from."""
        self._membership = Membership(root, repository, index, settings.exclude)
        cache = SymbolInfoCache()
        self.documents = OpenDocuments(index, languages, read, self._membership, self.saved.query_cache, cache)
        self.symbols = SymbolInfos(
            self.documents,
            index,
            self.saved,
            BlameCache(repository),
            read,
            cache,
            languages,
            self._pointed_queue,
            self._symbol_queue,
            self._call_queue,
            self.catch_up,
            self._pause,
            lambda: self._closing.cancelled,
        )
        self.refresher = Refresher(self._make_indexer(), self.saved, repository, self._index_queue, on_change)
        self.refresher.subscribe(lambda change: self._membership.forget())
        self.refresher.subscribe(self.symbols.index_changed)
        self.refresher.subscribe(self.documents.index_changed)
        self.refresher.subscribe(self._follow_change)

    def is_data(self, path: str) -> bool:
        """Whether a file is prose, markup or data rather than code. Reads the index."""
        outline = self.overlay.outline(path)
        return outline is not None and outline.language in self.languages.data_names

    # Events from the editor: instant; the work happens off the event loop

    def change_file(self, path: str, text: str, version: int | None) -> None:
        """The editor opened the file, or changed its buffer to `text`."""
        if self.documents.put(Buffer(path, end_lines_with_lf(text.encode("utf-8", "replace")), version)):
            self.edited_at[path] = time.monotonic()
        self.expect_change()
        self._build_soon(path, 0)

    def close_file(self, path: str) -> None:
        """The editor closed the file: its text on disk counts again."""
        self.documents.close(path)
        self._document_queue.discard(("snapshot", path))
        self._symbol_queue.discard(("complete", path))

    def save_file(self, path: str) -> None:
        """The editor saved the file."""
        self.edited_at[path] = time.monotonic()
        self.files_changed([path])

    def files_changed(self, paths: Collection[str]) -> None:
        """These files may have changed on disk."""
        self.refresher.refresh_soon(paths)

    def focus(self, path: str) -> None:
        """The editor shows this file now."""
        self.focused = path

    def configure(self, settings: Settings) -> None:
        """Take new settings; the root is read again if they exclude other files."""
        changed = settings.exclude != self.settings.exclude
        self.settings = settings
        if changed:
            self._membership.exclude = settings.exclude
            self.refresher.indexer = self._make_indexer()
            self.refresher.refresh_soon()

    # Documents

    @property
    def open_paths(self) -> tuple[str, ...]:
        return self.documents.paths

    def document(self, path: str) -> DocumentSnapshot | None:
        """The last snapshot of an open file."""
        return self.documents.document(path)

    @property
    def documents_are_current(self) -> bool:
        """Whether every snapshot shows its buffer: what a name refers to may depend on any open file."""
        return self.documents.are_current

    def wait_document(self, path: str, version: int | None, seconds: float) -> DocumentSnapshot | None:
        """Wait up to `seconds` for this version's snapshot, and all other buffers'; else return the last one."""
        return self.documents.wait(path, version, seconds)

    def read_document(self, path: str) -> DocumentSnapshot | None:
        """Catch up with a file and return its snapshot; None if it cannot be read or parsed. Reads the disk."""
        self.catch_up(path)
        return self.documents.read(path)

    def catch_up(self, path: str) -> None:
        """Show the file as it is now: in its buffer, else on disk. If the disk is newer, it is queued to be indexed.

        Requests about a file begin with this; what they read afterwards has no side effects. Reads the disk.
        """
        if self.documents.catch_up(path):
            self.files_changed([path])

    def lines(self, path: str) -> tuple[bytes, ...]:
        """The rows of the buffer, else of the file on disk; empty if there is neither. May read the disk."""
        return self.documents.lines(path)

    # Names

    @property
    def overlay(self) -> IndexSnapshot:
        """The index as it is now, with open documents in place of the disk."""
        return self.documents.overlay

    def resolver(self) -> Resolver:
        """A resolver over the open documents and the index as they are now, for one piece of work."""
        return self.documents.resolver(self.documents.overlay)

    def targets(self, document: DocumentSnapshot, start: Position) -> tuple[Target, ...]:
        """What the identifier that starts here refers to; several if ambiguous. Reads the index."""
        return self.documents.targets(document, start)

    def modules(self, document: DocumentSnapshot, item: Import) -> tuple[Target, ...]:
        """The files that an import in a document refers to. Reads the index."""
        return self.documents.modules(document, item)

    def local_name(self, document: DocumentSnapshot, start: Position) -> LocalName | None:
        """The parameter or local variable whose identifier starts here; None for anything else. Reads the index."""
        return self.documents.local_name(document, start)

    def known_targets(self, document: DocumentSnapshot, start: Position) -> tuple[Target, ...] | None:
        """What `targets` returns; None if the name has to be resolved. Instant."""
        return self.documents.known_targets(document, start)

    def targets_at(self, path: str, position: Position) -> tuple[Target, ...]:
        """What the identifier at the position refers to; several targets if ambiguous. Reads the disk."""
        document = self.read_document(path)
        identifier = document.identifier(position) if document else None
        return self.targets(document, identifier.start) if document and identifier else ()

    def enclosing_symbol(self, path: str, position: Position) -> Target | None:
        """The innermost symbol around the position. Reads the disk."""
        document = self.read_document(path)
        return Target(path, document.tags.enclosing(position).id) if document else None

    def names(self) -> frozenset[str]:
        """The unqualified names of all definitions. Reads the index."""
        return self.index.defined_names()

    # Symbols

    def quick_info(self, target: Target) -> SymbolInfo | None:
        """What is in memory about a symbol, else its signature and docs from a point look-up in the index."""
        return self.symbols.quick(target)

    def complete_soon(self, target: Target) -> None:
        """Compute everything about a symbol off the event loop, beside what is computed ahead."""
        self.symbols.complete_soon(target)

    def symbol_info(self, target: Target) -> SymbolInfo | None:
        """Everything about a symbol as it is now. Reads the disk and git."""
        self.catch_up(target.path)
        return self.symbols.complete(target)

    def symbol_infos(self, path: str) -> tuple[SymbolInfo, ...] | None:
        """Every symbol of the file, the file itself first. None for an unknown file. Reads the disk and git."""
        document = self.read_document(path)
        tags = document.tags if document else self.overlay.tags(path)
        if tags is None:
            return None
        return tuple(info for symbol in tags.symbols if (info := self.symbols.complete(Target(path, symbol.id))))

    def info_with_insights(self, target: Target) -> SymbolInfo | None:
        """A symbol with its current insights, possibly without facts. Takes a few milliseconds. Reads the disk."""
        self.catch_up(target.path)
        return self.symbols.with_insights(target)

    def facts(self, target: Target, part: FactPart) -> SymbolFacts:
        """One part of a symbol's current facts; the other parts may be missing. Reads the index."""
        return self.symbols.facts(target, part)

    def used_by(self, target: Target, cancelled: Callable[[], bool] = lambda: False) -> UsedBy:
        """A symbol's current uses by kind. Takes up to seconds for a common name. Reads the index.

        Raises Cancelled as soon as `cancelled` returns true.
        """
        return self.symbols.used_by(target, cancelled)

    def behavior(self, target: Target) -> Behavior | None:
        """What a function does now; None for other symbols. Reads the disk."""
        return self.symbols.behavior(target)

    def member_behavior(self, target: Target, limit: int) -> str:
        """What the methods of a class, or the functions of a file, change and raise now. Reads the disk."""
        return self.symbols.member_behavior(target, limit)

    def effects(self, target: Target, cancelled: Callable[[], bool] = lambda: False) -> Effects:
        """A symbol's current effects. Takes up to seconds. Reads the index and the disk.

        Raises Cancelled as soon as `cancelled` returns true.
        """
        return self.symbols.effects(target, cancelled)

    def last_change(self, target: Target) -> LastChange | None:
        """The last commit that changed the symbol's rows; None if they are not committed. Reads git."""
        return self.symbols.last_change(target)

    def search(self, query: str, limit: int = 200) -> tuple[SymbolInfo, ...]:
        """Symbols whose name contains `query`, the shortest names first; no facts. Reads the index.

        Of an open file, those of its buffer.
        """
        overlay, wanted = self.documents.overlay, query.lower()
        open_files = overlay.laid_over
        found = [(item.path, item.symbol_id) for item in self.index.search(query, limit) if item.path not in open_files]
        for path in open_files:
            tags = overlay.outline(path)
            symbols = tags.symbols[1:] if tags is not None else ()
            found += [(path, symbol.id) for symbol in symbols if wanted in symbol.short_name.lower()]
        infos = [info for path, symbol_id in found if (info := self.quick_info(Target(path, symbol_id)))]
        infos.sort(key=lambda info: (len(info.symbol.short_name), info.symbol.short_name, info.path))
        return tuple(infos[:limit])

    def insights_changed(self, targets: Iterable[Target] | None = None) -> None:
        """Insights about these symbols (None: about any) were stored or rejected. Instant."""
        targets = targets if targets is None else tuple(targets)
        self.repository_search.insights_changed(targets)
        if targets is None:
            self.semantic_index.all_changed()
        else:
            self.semantic_index.files_changed(target.path for target in targets)
        self.symbols.insights_changed(targets)

    # The index

    def refresh(
        self,
        paths: Collection[str] | None = None,
        on_progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> IndexReport:
        """Index what changed on disk, below `paths` or anywhere. Blocks for as long as that takes.

        Raises GitError when git cannot list the files, and IndexingError when the index cannot be written.
        """
        return self.refresher.refresh(paths, on_progress, cancel)

    def watch(self, on_outside_change: Callable[[Collection[str]], None] | None = None) -> None:
        """Index the root now, and again whenever HEAD moves.

        on_outside_change: called with the files that change on disk; None if the client reports them
        """
        self._watched = True
        self.refresher.watch()
        if on_outside_change is not None:

            def report(paths: Collection[str] | None) -> None:
                self.refresher.refresh_soon(paths)
                on_outside_change(paths or ())

            self._file_watcher = FileWatcher(self.root, self._folders, report, self._on_error)
            self._file_watcher.start()

    def why_left_out(self, path: str) -> str | None:
        """Why a file is not in the index; None if it is, or is a folder. Reads the index."""
        if path in self.index.paths() or (self.root / path).is_dir():
            return None
        return self.index.skipped().get(path, "it is not a source file that git or we follow")

    def is_left_out(self, path: str) -> bool:
        """Whether a file must not reach a prompt: it is ignored, excluded or secret. Asks git about unknown files."""
        return self._membership.is_left_out(path)

    @property
    def indexing(self) -> bool:
        return self.refresher.running

    @property
    def indexed_once(self) -> bool:
        return self.refresher.indexed_once

    @property
    def busy(self) -> bool:
        """Whether files are being indexed, or wait to be."""
        return self.indexing or not self._index_queue.idle

    def expect_requests(self) -> None:
        """A person waits for an answer, so work done ahead steps aside for a moment. Instant."""
        self._pause.begin()

    def expect_change(self) -> None:
        """An open file is being edited, and parsed next, so work done ahead steps aside for longer. Instant."""
        self._pause.begin(MAX_PARSE_SECONDS)

    # Life

    def wait_idle(self, seconds: float) -> bool:
        """Wait until no file waits to be indexed or parsed, and no symbol to be completed; False if it took longer."""
        end = time.monotonic() + seconds
        queues = (self._index_queue, self._document_queue, self._symbol_queue, self._pointed_queue)  # in order of work
        return all(queue.wait_idle(max(0.0, end - time.monotonic())) for queue in queues)

    def close(self) -> None:
        """End all background work, within moments."""
        self._closing.cancel()
        self.refresher.close()
        if self._file_watcher is not None:
            self._file_watcher.close()
        queues = (
            self._document_queue,
            self._pointed_queue,
            self._symbol_queue,
            self._index_queue,
            self._call_queue,
        )
        for queue in queues:
            queue.close()
        for queue in queues:
            queue.join(1.0)
        self.repository_search.close()
        self.semantic_index.close()
        self.index.close()

    # Background work

    def _follow_change(self, change: ChangeSet) -> None:
        """Queue what depends on the index and takes time."""
        if (problem := precise_problem(self.index, self.root)) and problem not in self.notices:
            self.notices = (*self.notices, problem)
        names_changed = change.files or change.outdated != frozenset()  # with a manifest, they do so without a file
        for path in self.open_paths:
            if names_changed or not self.documents.follows_rules(path):
                self._build_soon(path, 2)
        self.semantic_index.files_changed(change.files)
        if change.outdated is None:
            self.semantic_index.all_changed()  # another process may have written the index
        if change.files and self.repository_search.initialized:
            self._index_queue.submit("words", lambda: self.repository_search.catch_up(CancelToken()), 9)
        if self._watched:
            for language in self.index.languages(MAX_LANGUAGES_AHEAD):
                self.languages.named(language)  # stops all threads for up to 0.1 s, better now than at the first hover
            for path in sorted(self.index.paths())[:MAX_FILES_AHEAD]:
                self._call_queue.submit(("calls", path), partial(self._find_calls, path), 5)

    def _build_soon(self, path: str, urgency: int) -> None:
        self._document_queue.submit(("snapshot", path), lambda: self._build(path), urgency)

    def _build(self, path: str) -> None:
        """Parse a buffer and publish it; then have the symbols that it names looked at."""
        document = self.documents.build(path)
        self._pause.begin()  # for those who waited for it
        if document is not None:
            self._symbol_queue.submit(("complete", path), lambda: self._complete(document), 4)

    def _complete(self, document: DocumentSnapshot) -> None:
        self.symbols.complete_document(document)
        self._on_change()

    def _find_calls(self, path: str) -> None:
        """Resolve the calls in a file, so that finding callers and tests is a look-up. Yields to other threads."""
        started = time.monotonic()
        find_calls(self.resolver(), path, self._pause.wait)
        self._closing.wait((time.monotonic() - started) / 4)

    def _folders(self) -> set[str]:
        """Where source files are or may appear: what git ignores may be indexed all the same."""
        return source_folders(self.root, self.repository).union(*map(folders_above, self.index.paths()))

    def _make_indexer(self) -> Indexer:
        return Indexer(
            self.index,
            self.root,
            self.languages,
            self.repository,
            exclude=self.settings.exclude,
            language_folders=self._grammar_folders,
        )


def _read(root: Path, path: str) -> bytes | None:
    try:
        return read_source(root, path)
    except UnreadableSource:
        return None  # gone, or refused: there is nothing to show
