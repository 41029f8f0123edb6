"""Finds what a question about the whole repository refers to, and keeps the full-text index up to date."""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled
from forethought.insights.freshness import best_entry
from forethought.names.resolver import Target
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.passages import FileWords, read_words, words
from forethought.search.ranking import Ranking, question_words, rank
from forethought.search.semantic_index import SemanticIndex
from forethought.store.index_store import IndexStore
from forethought.store.protocol import InsightStore

MAX_NEAREST = 400
"""Texts nearest to a question that count."""
_BATCH_FILES = 64
_LOCK_SECONDS = 0.1
"""How often a question that waits for another one looks whether it was cancelled."""


class RepositorySearch:
    """Search over one root's saved files and their insights. Methods read the disk unless they say otherwise.

    The first question reads every file; later ones only what changed.
    """

    def __init__(
        self,
        index: IndexStore,
        insights: InsightStore,
        fulltext: FulltextIndex,
        read: Callable[[str], bytes | None],
        semantic_index: SemanticIndex | None = None,
        data_languages: Collection[str] = (),
    ) -> None:
        """Search the files of an index, except for those in languages that are data.

        read: returns a saved file's bytes, or None if it cannot be read
        semantic_index: without it, words alone count
        data_languages: the names of those
        """
        self._index = index
        self._insights = insights
        self._fulltext = fulltext
        self._read = read
        self._semantic_index = semantic_index
        self._data_languages = data_languages
        self._catching_up = threading.Lock()
        self._generation: int | None = None
        """That of the index when its changes were last taken over."""
        self.progress: tuple[int, int] | None = None
        """(files done, files in all) while words are being read."""
        self._change_lock = threading.Lock()
        self._changed: set[Target] = set()
        """Symbols whose insights changed."""
        self._all_changed = True  # another process may have changed any of them

    def close(self) -> None:
        self._fulltext.close()

    def reset(self) -> None:
        """Close the file, which is about to be deleted. The next question reads everything again."""
        with self._catching_up:
            self._fulltext.close()
            self._generation, self._all_changed = None, True

    @property
    def initialized(self) -> bool:
        """Whether any question was asked, so that keeping up pays off. Instant."""
        return self._generation is not None

    def insights_changed(self, targets: Iterable[Target] | None) -> None:
        """The insights of these symbols (None: of any) changed. Instant."""
        with self._change_lock:
            if targets is None:
                self._all_changed = True
            else:
                self._changed.update(targets)

    def rank(self, question: str, cancel: CancelToken) -> Ranking:
        """Rank files and symbols by how well they fit the question. Raises StoreError, IndexingError, Cancelled."""
        self.catch_up(cancel)
        hits = self._fulltext.search(question_words(question))
        cosines = self._semantic_index.nearest(question, MAX_NEAREST) if self._semantic_index is not None else None
        return rank(question, hits, cosines)

    def catch_up(self, cancel: CancelToken) -> None:
        """Read what changed since the last call. Raises StoreError, IndexingError, Cancelled."""
        while not self._catching_up.acquire(timeout=_LOCK_SECONDS):
            if cancel.cancelled:
                raise Cancelled("The question was cancelled.")
        try:
            generation = self._index.generation
            if generation != self._generation:
                self._read_changed_files(cancel)
            if generation != self._generation or self._changed or self._all_changed:
                self._read_changed_insights()
            self._generation = generation
        finally:
            self.progress = None
            self._catching_up.release()

    def _read_changed_files(self, cancel: CancelToken) -> None:
        known = self._fulltext.stamps()
        current = {
            path: stamp.content_hash
            for path, stamp in self._index.stamps().items()
            if stamp.language not in self._data_languages
        }
        self._fulltext.remove(known.keys() - current.keys())
        batch: list[FileWords] = []
        changed = sorted(path for path, content_hash in current.items() if known.get(path) != content_hash)
        for number, path in enumerate(changed):
            self.progress = (number, len(changed))
            if cancel.cancelled:
                raise Cancelled("The question was cancelled.")
            if (file_words := self._words_of(path, current[path])) is not None:
                batch.append(file_words)
            if len(batch) == _BATCH_FILES:
                self._fulltext.put(batch)
                batch = []
        self._fulltext.put(batch)

    def _words_of(self, path: str, content_hash: str) -> FileWords | None:
        """The words of a file; None if the file is newer than the index, which will then report it as changed."""
        source, outline = self._read(path), self._index.outline(path)
        if source is None or outline is None or hashlib.sha256(source).hexdigest() != content_hash:
            return None
        return read_words(path, content_hash, outline, source)

    def _read_changed_insights(self) -> None:
        with self._change_lock:
            changed, self._changed = self._changed, set()
            all_changed, self._all_changed = self._all_changed, False
        try:
            self._put_insights(changed, all_changed)
        except BaseException:
            self.insights_changed(None if all_changed else changed)  # they are still to be read
            raise

    def _put_insights(self, changed: set[Target], all_changed: bool) -> None:
        """Update the words of each passage's insight, reading only those that may differ from what is indexed."""
        indexed = self._fulltext.context_hashes()
        of_path: dict[str, dict[str, tuple[str, str]]] = {}
        current: dict[Target, str | None] = {}
        for target, indexed_hash in indexed.items():
            if target.path not in of_path:
                of_path[target.path] = self._index.context_hashes.of(target.path)
            context_hash = of_path[target.path].get(target.symbol_id, (None, None))[1]
            if context_hash != indexed_hash or all_changed or target in changed:
                current[target] = context_hash
        context_hashes = {context_hash for context_hash in current.values() if context_hash}
        entries, rejected = self._insights.get_many(context_hashes), self._insights.rejected(context_hashes)
        nothing: frozenset[str] = frozenset()
        updates: dict[Target, tuple[str, str] | None] = {}
        for target, context_hash in current.items():
            best = (
                best_entry(entries.get(context_hash, ()), rejected.get(context_hash, nothing)) if context_hash else None
            )
            if context_hash and best is not None and best.outcome == "done":
                updates[target] = (context_hash, " ".join(words(" ".join(best.insights.texts))))
            elif indexed[target] is not None:
                updates[target] = None
        self._fulltext.put_insights(updates)
