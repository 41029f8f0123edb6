"""Refreshes the index of one root: reads what changed, parses it, and stores it in batches."""

import hashlib
import os
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forethought.engine.api import CancelToken
from forethought.errors import IndexingError
from forethought.repo.discovery import Discovery, SourceFile, UnreadableSource, discover, read_source
from forethought.repo.git import Repository
from forethought.repo.package_discovery import find_packages
from forethought.store.index_store import IndexedFile, IndexStore, Stamp
from forethought.store.tags_encoding import EncodedTags, encode
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import Languages
from forethought.syntax.package_manifests import MANIFESTS
from forethought.workspace.parser_process import ParserWorker
from forethought.workspace.precise_import import import_precise_index

MAX_FILES_IN_PROCESS = 20
"""More files than this are parsed in worker processes: tree-sitter holds the GIL while it parses."""
MAX_FILE_IN_PROCESS_BYTES = 100_000
"""A larger file is parsed in a worker process."""
MAX_WORKERS = 8
"""Worker processes, as far as the machine has cores: about 45 MB each. Storing what one of them reads takes an eighth
of its time, so more would wait for this process."""

Progress = Callable[[int, int], None]
"""(files read so far, files to read)."""

_BATCH_FILES = 64
_BATCH_SECONDS = 2.0
_LEASE_POLL_SECONDS = 0.1
_UNSETTLED_NS = 100_000_000
"""A file modified this recently is read again next time: it may change again without its time stamp changing."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What the index holds after a refresh, and what the refresh did."""

    files: int
    symbols: int
    references: int
    bytes: int
    seconds: float
    languages: Mapping[str, int]
    skipped: Mapping[str, int]
    """Reason → files."""
    changed: tuple[str, ...] = ()
    """Paths whose content is new or different, sorted."""
    removed: tuple[str, ...] = ()
    read: int = 0
    """Files whose bytes were read."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Path → why it could not be indexed. These are counted in `skipped`, too."""
    cancelled: bool = False
    """The refresh stopped half-way. What was read is kept, and the next refresh continues from there."""
    others_wrote: bool = False
    """Another process wrote to the index since the last refresh here, so it may have changed any file."""


class Indexer:
    """Refreshes the index of one root. One refresh at a time; safe to call from any thread."""

    def __init__(
        self,
        store: IndexStore,
        root: Path,
        languages: Languages,
        repository: Repository | None,
        *,
        exclude: Sequence[str] = (),
        language_folders: Sequence[Path] = (),
    ) -> None:
        self.store = store
        self._root = root
        self._languages = languages
        self._repository = repository
        self._exclude = exclude
        self._language_folders = language_folders
        self._running = threading.Lock()
        self._generation: int | None = None
        """Of the index after the last refresh here."""

    def refresh(
        self,
        paths: Collection[str] | None = None,
        *,
        on_progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> IndexReport:
        """Read what changed below each of `paths` (files or folders), or in the whole root if None.

        Waits while another process writes this index. Raises GitError when git cannot list the files, and
        IndexingError when the index cannot be read or written.
        """
        cancel = cancel or CancelToken()
        started = time.perf_counter()
        with self._running:
            run = _Run(self, paths, on_progress or (lambda done, total: None), cancel)
            while not self.store.acquire_writer():
                if cancel.wait(_LEASE_POLL_SECONDS):
                    return self._report(run, started)
            run.others_wrote = self.store.generation != self._generation
            try:
                run.go()
            finally:
                self._generation = self.store.generation
                self.store.release_writer()
            return self._report(run, started)

    def _report(self, run: "_Run", started: float) -> IndexReport:
        counts = self.store.counts()
        return IndexReport(
            files=counts.files,
            symbols=counts.symbols,
            references=counts.references,
            bytes=counts.bytes,
            seconds=time.perf_counter() - started,
            languages=counts.languages,
            skipped=counts.skipped,
            changed=tuple(sorted(run.changed)),
            removed=tuple(sorted(run.removed)),
            read=run.read,
            failures=dict(run.failures),
            cancelled=run.cancel.cancelled,
            others_wrote=run.others_wrote,
        )


class _Run:
    """One refresh, with the writer's lease held."""

    def __init__(self, indexer: Indexer, paths: Collection[str] | None, on_progress: Progress, cancel: CancelToken):
        self._indexer = indexer
        self._store = indexer.store
        self._paths = paths
        self._on_progress = on_progress
        self.cancel = cancel
        self.changed: list[str] = []
        self.removed: list[str] = []
        self.failures: dict[str, str] = {}
        self.read = 0
        self.others_wrote = False

    def go(self) -> None:
        stamps = self._store.stamps()
        below = [""] if self._paths is None else _outermost(self._paths)
        skipped: dict[str, str] = {}
        present: dict[str, SourceFile] = {}
        for folder in below:
            discovery = self._discover(folder, stamps)
            present.update((file.path, file) for file in discovery.files)
            skipped.update(discovery.skipped)
        self.removed = [path for path in stamps if path not in present and is_below(path, below)]
        self._store.remove(self.removed)
        to_read = [file for file in present.values() if not _is_current(file, stamps.get(file.path))]
        self._read_files(to_read, stamps)
        self._store.remove([path for path in self.failures if path in stamps])
        kept = {path: reason for path, reason in self._store.skipped().items() if not is_below(path, below)}
        self._store.set_skipped({**kept, **skipped, **self.failures})
        self._store.prune()
        known = all(path in stamps and path in present and not _is_manifest(path) for path in below)
        if not known:  # else only files were looked at that say nothing of packages
            self._store.set_packages(find_packages(self._indexer._root, self._store.paths()))
        import_precise_index(self._store, self._indexer._root, self.cancel)

    def _discover(self, within: str, stamps: Mapping[str, Stamp]) -> Discovery:
        def known(path: str, size: int, modified_ns: int) -> str | None:
            stamp = stamps.get(path)
            return stamp.language if stamp and (stamp.size, stamp.modified_ns) == (size, modified_ns) else None

        def detect(path: str, head: bytes) -> str | None:
            language = self._indexer._languages.detect(path, head)
            return language.name if language else None

        return discover(
            self._indexer._root, detect, self._indexer._repository, self._indexer._exclude, within=within, known=known
        )

    def _read_files(self, files: Sequence[SourceFile], stamps: Mapping[str, Stamp]) -> None:
        large = [file for file in files if file.size > MAX_FILE_IN_PROCESS_BYTES]
        data = self._indexer._languages.data_names  # read in less time than it takes to start a process
        if sum(file.language not in data for file in files) > MAX_FILES_IN_PROCESS:
            results = self._in_workers(files)
        elif large:
            results = self._chained(
                self._in_process([file for file in files if file not in large]), self._in_workers(large)
            )
        else:
            results = self._in_process(files)
        batch: list[IndexedFile] = []
        stored_at = time.monotonic()
        for number, (file, result) in enumerate(results, 1):
            if isinstance(result, IndexedFile):
                self.read += 1
                stamp = stamps.get(file.path)
                if stamp is None or stamp.content_hash != result.content_hash or stamp.language != result.language:
                    self.changed.append(file.path)
                batch.append(result)
            elif result != "missing":
                self.failures[file.path] = result
            if len(batch) >= _BATCH_FILES or time.monotonic() - stored_at > _BATCH_SECONDS:
                self._put(batch)
                batch, stored_at = [], time.monotonic()
            self._on_progress(number, len(files))
            if self.cancel.cancelled:
                break
        self._put(batch)

    def _put(self, batch: Sequence[IndexedFile]) -> None:
        self._store.acquire_writer()  # renews the lease
        if batch:
            self._store.put(batch)

    def _chained(self, *parts: "_Results") -> "_Results":
        for part in parts:
            yield from part

    def _in_process(self, files: Sequence[SourceFile]) -> "_Results":
        def parse(language: str, source: bytes) -> EncodedTags:
            found = self._indexer._languages.named(language)
            if found is None:
                raise IndexingError(f"the grammar for “{language}” cannot be loaded")
            try:
                return encode(read_tags(found, source))
            except Exception as error:
                raise IndexingError(f"it cannot be parsed ({type(error).__name__})") from error

        copies = _Copies()
        for file in files:
            yield from self._indexed(file, parse, copies)

    def _in_workers(self, files: Sequence[SourceFile]) -> "_Results":
        """In the order of completion. The largest start first, so that the workers finish at about the same time.

        Of files with one text, such as copies of packages, the first is parsed.
        """
        waiting = iter(sorted(files, key=lambda file: file.size, reverse=True))
        guard = threading.Lock()
        done: queue.Queue[tuple[SourceFile, IndexedFile | str]] = queue.Queue(maxsize=4 * _BATCH_FILES)
        stop = threading.Event()
        copies = _Copies()

        def work() -> None:
            worker = ParserWorker(self._indexer._language_folders)
            try:
                while not stop.is_set():
                    with guard:
                        file = next(waiting, None)
                    if file is None:
                        return
                    for result in self._indexed(file, worker.encoded_tags, copies):
                        done.put(result)
            finally:
                worker.close()

        count = max(1, min(MAX_WORKERS, _usable_cores(), len(files)))
        threads = [threading.Thread(target=work, name="forethought-parser", daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            for _ in files:
                yield self._next_result(done, threads)
        finally:
            stop.set()
            while any(thread.is_alive() for thread in threads):
                _drain(done)
                threads[0].join(0.01)
                threads[-1].join(0.01)

    def _next_result(
        self, done: "queue.Queue[tuple[SourceFile, IndexedFile | str]]", threads: Sequence[threading.Thread]
    ) -> tuple[SourceFile, IndexedFile | str]:
        while True:
            alive = any(thread.is_alive() for thread in threads)
            try:
                return done.get(timeout=1.0 if alive else 0.0)
            except queue.Empty:
                if not alive:
                    raise IndexingError("The index is incomplete: its parser threads stopped; index again.") from None
                self._store.acquire_writer()  # a slow file must not cost us the lease

    def _indexed(self, file: SourceFile, parse: Callable[[str, bytes], EncodedTags], copies: "_Copies") -> "_Results":
        """The result for a file, then for those that waited for it. Nothing if the file itself waits for another."""
        try:
            source = read_source(self._indexer._root, file.path)
        except UnreadableSource as error:
            yield file, error.reason
            return
        text = (hashlib.sha256(source).hexdigest(), file.language)
        if copies.wait_for(text, file):
            return
        failure, tags = copies.failures.get(text), None
        if text not in copies.failures and not self._store.has_content(*text):
            try:
                tags = parse(file.language, source)
            except IndexingError as error:
                failure = str(error)
        yield file, failure or _stamped(file, text[0], tags)
        for copy in copies.finish(text, failure):
            yield copy, failure or _stamped(copy, text[0], None)


class _Copies:
    """Files that have one text: the first is parsed, the others wait for its result. Safe from any thread."""

    def __init__(self) -> None:
        self.failures: dict[tuple[str, str], str | None] = {}
        """(content hash, language) of each text that is finished → why it could not be parsed, if so."""
        self._waiting: dict[tuple[str, str], list[SourceFile]] = {}
        self._lock = threading.Lock()

    def wait_for(self, text: tuple[str, str], file: SourceFile) -> bool:
        """Whether another file with the text is being parsed: `finish` then returns this one."""
        with self._lock:
            if text in self._waiting:
                self._waiting[text].append(file)
                return True
            if text not in self.failures:
                self._waiting[text] = []
            return False

    def finish(self, text: tuple[str, str], failure: str | None) -> list[SourceFile]:
        """The files that waited. Call this once the result for the first file was passed on: it is stored first."""
        with self._lock:
            self.failures[text] = failure
            return self._waiting.pop(text, [])


def _stamped(file: SourceFile, digest: str, tags: EncodedTags | None) -> IndexedFile:
    settled = abs(time.time_ns() - file.modified_ns) > _UNSETTLED_NS
    return IndexedFile(file.path, file.size, file.modified_ns if settled else -1, digest, file.language, tags)


def _usable_cores() -> int:
    """The cores that this process may run on: in a container fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_Results = Iterator[tuple[SourceFile, IndexedFile | str]]


def _is_current(file: SourceFile, stamp: Stamp | None) -> bool:
    return stamp is not None and (stamp.size, stamp.modified_ns) == (file.size, file.modified_ns)


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] in MANIFESTS


def _outermost(paths: Collection[str]) -> list[str]:
    """The paths without those below another one; the whole root if there are too many to list one by one."""
    kept: list[str] = []
    for path in sorted({path.strip("/") for path in paths}):
        if not kept or not is_below(path, kept[-1:]):
            kept.append(path)
    return kept if len(kept) <= MAX_FILES_IN_PROCESS else [""]


def is_below(path: str, folders: Collection[str]) -> bool:
    """Whether a path is one of these files or folders, or inside one. An empty folder is the root."""
    return any(folder in ("", path) or path.startswith(f"{folder}/") for folder in folders)


def _drain(done: "queue.Queue[tuple[SourceFile, IndexedFile | str]]") -> None:
    try:
        while True:
            done.get_nowait()
    except queue.Empty:
        return
