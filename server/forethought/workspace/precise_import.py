"""Reads the SCIP index in a root (`index.scip`), from which the store then answers what references mean."""

import hashlib
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from forethought.engine.api import CancelToken
from forethought.repo.discovery import UnreadableSource, read_source
from forethought.scip.precise_builder import PreciseBuilder
from forethought.scip.protobuf import MalformedProtobuf
from forethought.scip.scip_documents import ScipDocument, read_documents
from forethought.store.index_store import IndexStore

PRECISE_INDEX = "index.scip"
"""The name that the indexers give their file."""
MAX_INDEX_BYTES = 256_000_000


def precise_stamp(root: Path) -> str:
    """Differs whenever the SCIP index in a root was written; empty if there is none."""
    try:
        status = (root / PRECISE_INDEX).lstat()
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def precise_problem(store: IndexStore, root: Path) -> str | None:
    """Why the SCIP index that is in the root now is not used, one sentence; None if it is, or was not read yet."""
    return store.precise_problem if store.precise_version() == precise_stamp(root) else None


def import_precise_index(store: IndexStore, root: Path, cancel: CancelToken) -> None:
    """Replace what the store knows from a SCIP index if another one is there now, or none. Needs the writer's lease.

    An index that cannot be used leaves a sentence in `IndexStore.precise_problem`.
    """
    stamp = precise_stamp(root)
    if stamp == store.precise_version() or cancel.cancelled:
        return
    if not stamp:
        store.set_precise("")
        return
    importer = _Importer(store, root, cancel)
    try:
        with _open_regular_file(root / PRECISE_INDEX) as file:
            status = os.fstat(file.fileno())
            if status.st_size > MAX_INDEX_BYTES:
                raise MalformedProtobuf(f"It has more than {MAX_INDEX_BYTES // 1_000_000} MB.")
            if not importer.read(file, status.st_mtime_ns):
                return  # cancelled: the next refresh starts again
    except (OSError, MalformedProtobuf) as error:
        reason = error.strerror or "unreadable" if isinstance(error, OSError) else str(error)
        store.set_precise(stamp, problem=f"{PRECISE_INDEX} is not used: {reason}")
        return
    hashes, builder = importer.hashes, importer.builder
    store.set_precise(stamp, lambda: ((path, hashes[path], places) for path, places in builder.results()))


class _Importer:
    """Reads one index, in a background thread: it gives way to other threads after each document."""

    def __init__(self, store: IndexStore, root: Path, cancel: CancelToken) -> None:
        self.builder = PreciseBuilder(store.defined_names(), _packages(store))
        self.hashes: dict[str, str] = {}
        """path → content hash of each file that fits."""
        self._store = store
        self._root = root
        self._cancel = cancel
        self._indexed = store.paths()

    def read(self, file: BinaryIO, written_ns: int) -> bool:
        """Take all documents; False if cancelled. Raises MalformedProtobuf.

        written_ns: when the index was written
        """
        renewed = started = time.monotonic()
        for document in read_documents(file):
            self._take(document, written_ns)
            now = time.monotonic()
            if now - renewed > 1:
                self._store.acquire_writer()
                renewed = now
            if self._cancel.wait((now - started) / 4):
                return False
            started = time.monotonic()
        return True

    def _take(self, document: ScipDocument, written_ns: int) -> None:
        path = document.path
        tags = self._store.outline(path) if path in self._indexed and path not in self.hashes else None
        with suppress(UnreadableSource):
            source = read_source(self._root, path) if tags is not None else b""
            digest = hashlib.sha256(source).hexdigest()
            if tags is not None and self._store.content_hash(path) == digest:
                if self.builder.add(document, source, tags, unwritten=self._modified_ns(path) <= written_ns):
                    self.hashes[path] = digest
                return
        self.builder.add_changed(document)

    def _modified_ns(self, path: str) -> int:
        try:
            return (self._root / path).stat().st_mtime_ns
        except OSError as error:
            raise UnreadableSource(path, "unreadable") from error


def _packages(store: IndexStore) -> set[str]:
    """The names that the root's packages may have: those in manifests, and those of the outermost folders."""
    named = {package.name for package in store.packages() if package.name}
    folders = {path.partition("/")[0] for path in store.paths() if "/" in path}
    return named | folders | {folder.replace("_", "-") for folder in folders}


def _open_regular_file(path: Path) -> BinaryIO:
    """Open a file for reading that is no symlink, device or pipe. Raises OSError."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_NOCTTY", "O_BINARY"):  # the last on Windows, the others on POSIX
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file")
        return os.fdopen(descriptor, "rb", buffering=1 << 16)
    except OSError:
        os.close(descriptor)
        raise
