"""Search by meaning over one root: embeds what changed, a file at a time, and finds the texts nearest to a question."""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from forethought.embedding.embedder import Embedder, Vector
from forethought.embedding.source import EmbedderSource
from forethought.errors import Cancelled
from forethought.insights.entry import Insights
from forethought.insights.freshness import best_entry
from forethought.names.resolver import Target
from forethought.search.embedded_texts import TEXTS_VERSION, read_texts
from forethought.store.index_store import IndexStore
from forethought.store.protocol import InsightStore
from forethought.store.vector_store import VectorStore

if TYPE_CHECKING:
    from forethought.search.vector_index import VectorIndex

MIN_EMBEDDED_SHARE = 0.9
"""Share of the files below which questions go by words alone: what has no vector yet would seem to be unrelated."""
_BATCH_TEXTS = 16
"""Embedded before they are stored, and before the work yields: half a second."""


class SemanticIndex:
    """Safe from several threads. Methods read the disk unless they say otherwise."""

    def __init__(
        self,
        index: IndexStore,
        insights: InsightStore,
        embedders: EmbedderSource,
        open_store: Callable[[str, int], VectorStore],
        read: Callable[[str], bytes | None],
        tags_version: str = "1",
        data_languages: Collection[str] = (),
    ) -> None:
        """`open_store` is called with the embedder's digest and dimensions. `read` returns a saved file's bytes, or
        None if it cannot be read. `tags_version` is that of the code and queries that fill the index. Files in
        `data_languages` are left out."""
        self._index = index
        self._insights = insights
        self._embedders = embedders
        self._open_store = open_store
        self._read = read
        self._data_languages = data_languages
        self._texts_version = f"{TEXTS_VERSION}-{tags_version}"
        self._lock = threading.Lock()
        """Guards what follows; held for moments only."""
        self._changed: set[str] = set()
        """Files that may have to be embedded."""
        self._all_changed = True  # another process may have changed any of them
        self._store: VectorStore | None = None
        self._loaded: tuple[tuple[int, int], VectorIndex] | None = None
        """The revision of the store, and what was read from it."""

    def close(self) -> None:
        with self._lock:
            if self._store is not None:
                self._store.close()

    def reset(self) -> None:
        """Close the file, which is about to be deleted. Everything is embedded again."""
        with self._lock:
            if self._store is not None:
                self._store.close()
            self._store, self._loaded, self._all_changed = None, None, True

    @property
    def problem(self) -> str | None:
        """Why questions go by words alone, or what is wrong with the store; None if nothing is. Instant."""
        store = self._store
        return self._embedders.problem or (store.problem if store is not None else None)

    # Embedding

    def files_changed(self, paths: Iterable[str]) -> None:
        """The content of these files changed, or insights about their symbols did. Instant."""
        with self._lock:
            self._changed.update(paths)

    def all_changed(self) -> None:
        """Any file may have changed. Instant."""
        with self._lock:
            self._all_changed = True

    @property
    def pending(self) -> bool:
        """Whether there may be something to embed. Instant."""
        return (self._all_changed or bool(self._changed)) and self._embedders.available

    def embed_next(self, cancelled: Callable[[], bool]) -> None:
        """Embed what changed in one file, or find out which files did. Takes moments, and seconds for a long file.

        Raises StoreError, and Cancelled as soon as `cancelled` returns true; what was embedded until then is kept.
        """
        opened = self._open()
        if opened is None:
            return
        embedder, store = opened
        if self._all_changed:
            self._find_changed(store)
            return
        with self._lock:
            path = min(self._changed, default=None)
            self._changed.discard(path or "")
        if path is None:
            return
        try:
            self._embed_file(path, embedder, store, cancelled)
        except BaseException:
            self.files_changed([path])
            raise

    def _find_changed(self, store: VectorStore) -> None:
        """Queue every file: whether its stamp differs shows when its turn comes."""
        with self._lock:
            self._all_changed = False
        try:
            paths = self._paths()
            if gone := store.stamps().keys() - paths:
                store.remove(gone)
        except BaseException:
            self.all_changed()
            raise
        self.files_changed(paths)

    def _paths(self) -> frozenset[str]:
        return self._index.paths() - self._index.paths_of(self._data_languages)

    def _embed_file(self, path: str, embedder: Embedder, store: VectorStore, cancelled: Callable[[], bool]) -> None:
        content_hash = self._index.content_hash(path)
        if content_hash is None:
            store.remove([path])
            return
        insights = self._fresh_insights(path)
        stamp = _stamp(self._texts_version, content_hash, insights)
        if store.stamp(path) == stamp:
            return
        source, tags = self._read(path), self._index.outline(path)
        if tags is not None and tags.language in self._data_languages:
            return
        if source is None or tags is None or hashlib.sha256(source).hexdigest() != content_hash:
            return  # the file is newer than the index, which will then report it as changed
        texts = [(_key(item.text), item) for item in read_texts(path, tags, source, insights)]
        known = store.known({key for key, _ in texts})
        missing = [(key, item.text) for key, item in dict(texts).items() if key not in known]
        for start in range(0, len(missing), _BATCH_TEXTS):
            vectors: dict[bytes, Vector] = {}
            for key, text in missing[start : start + _BATCH_TEXTS]:
                if cancelled():
                    store.put_vectors(vectors)
                    raise Cancelled("A person is active.")
                vectors[key] = embedder.embed([text])[0]
            store.put_vectors(vectors)
        store.put_file(path, stamp, [(item.symbol_id, key) for key, item in texts])

    def _fresh_insights(self, path: str) -> dict[str, Insights]:
        """Those about the file and its symbols, by symbol id."""
        hashes = {symbol: found[1] for symbol, found in self._index.context_hashes.of(path).items() if found[1]}
        if not hashes:
            return {}
        entries = self._insights.get_many(set(hashes.values()))
        rejected = self._insights.rejected(set(hashes.values())) if entries else {}
        nothing: frozenset[str] = frozenset()
        fresh: dict[str, Insights] = {}
        for symbol, context_hash in hashes.items():
            best = best_entry(entries.get(context_hash, ()), rejected.get(context_hash, nothing))
            if best is not None and best.outcome == "done":
                fresh[symbol] = best.insights
        return fresh

    # Searching

    def nearest(self, question: str, count: int) -> dict[Target, float] | None:
        """What the `count` texts nearest to the question are about, with their cosines, the nearest first.

        None: there is no embedder, or too little is embedded. Raises StoreError.
        """
        opened = self._open()
        if opened is None:
            return None
        embedder, store = opened
        vectors = self._load(store, embedder.dimensions)
        paths = self._paths()
        if len(store.stamps().keys() & paths) < MIN_EMBEDDED_SHARE * len(paths) or not len(vectors):
            return None
        found = vectors.nearest(embedder.embed([question])[0], count)
        return {target: cosine for target, cosine in found.items() if target.path in paths}

    def _load(self, store: VectorStore, dimensions: int) -> "VectorIndex":
        from forethought.search.vector_index import VectorIndex  # needs numpy, which the extra brings

        loaded = self._loaded
        revision = store.revision
        if loaded is None or loaded[0] != revision:
            loaded = (revision, VectorIndex(store.load(), dimensions))
            if store.revision != revision:
                self.all_changed()  # damaged vectors were dropped
            self._loaded = loaded
        return loaded[1]

    def _open(self) -> tuple[Embedder, VectorStore] | None:
        embedder = self._embedders.get()
        if embedder is None:
            return None
        with self._lock:
            if self._store is None:
                self._store = self._open_store(embedder.digest, embedder.dimensions)
            return embedder, self._store


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16]


def _stamp(texts_version: str, content_hash: str, insights: dict[str, Insights]) -> str:
    """A hash of everything that the texts of a file are made of."""
    written = sorted((symbol, item.texts) for symbol, item in insights.items())
    return hashlib.sha256(repr((texts_version, content_hash, written)).encode()).hexdigest()[:32]
