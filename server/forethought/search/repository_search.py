"""Finds the places that a question about the whole repository is about, and keeps the words it searches up to date."""

import hashlib
import threading
from collections.abc import Callable, Iterable

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled
from forethought.insights.entry import Insights
from forethought.insights.freshness import best_entry
from forethought.names.resolver import Target
from forethought.search.fulltext_index import Key, SearchStore
from forethought.search.passages import FileWords, read_words, words
from forethought.search.ranking import Hits, Ranked, question_words, rank
from forethought.store.index_store import IndexStore
from forethought.store.protocol import ContextStore

_BATCH_FILES = 64
_LOCK_SECONDS = 0.1


class PlaceSearch:
    """Search over one root's saved files and what was thought about them. Every method reads the disk.

    Nothing is read before the first question; from then on only what changed is read again.
    """

    def __init__(
        self, index: IndexStore, contexts: ContextStore, store: SearchStore, read: Callable[[str], bytes | None]
    ) -> None:
        self._index = index
        self._contexts = contexts
        self._store = store
        self._read = read
        self._running = threading.Lock()
        self._generation: int | None = None
        """Of the index when it was last followed."""
        self.progress: tuple[int, int] | None = None
        """Files whose words were read, and that are to be read, while that goes on."""
        self._noting = threading.Lock()
        self._changed: set[Target] = set()
        self._all_changed = True  # another process may have changed anything

    def close(self) -> None:
        self._store.close()

    def begin_anew(self) -> None:
        """Let go of the file, which is about to be deleted; the next question reads everything."""
        with self._running:
            self._store.close()
            self._generation, self._all_changed = None, True

    @property
    def begun(self) -> bool:
        """Whether a question was asked, so that it pays to keep up."""
        return self._generation is not None

    def thoughts_changed(self, targets: Iterable[Target] | None) -> None:
        """c′ changed for these symbols; None: for any. Instant."""
        with self._noting:
            if targets is None:
                self._all_changed = True
            else:
                self._changed.update(targets)

    def rank(self, question: str, cancel: CancelToken) -> Ranked:
        """Files and places by how well they fit the question. Raises StoreError, IndexingError, Cancelled."""
        self.catch_up(cancel)
        found = self._store.search(question_words(question))
        hits = Hits(
            {Target(*key): score for key, score in found.passages.items()},
            found.files,
            {Target(*key): score for key, score in found.thoughts.items()},
        )
        return rank(question, hits)

    def catch_up(self, cancel: CancelToken) -> None:
        """Read the words of what changed since the last time. Raises StoreError, IndexingError, Cancelled."""
        while not self._running.acquire(timeout=_LOCK_SECONDS):
            if cancel.cancelled:
                raise Cancelled("The question was cancelled.")
        try:
            generation = self._index.generation
            if generation != self._generation:
                self._follow_files(cancel)
            if generation != self._generation or self._changed or self._all_changed:
                self._follow_thoughts()
            self._generation = generation
        finally:
            self.progress = None
            self._running.release()

    def _follow_files(self, cancel: CancelToken) -> None:
        known = self._store.stamps()
        now = {path: stamp.content_hash for path, stamp in self._index.stamps().items()}
        self._store.remove(known.keys() - now.keys())
        batch: list[FileWords] = []
        changed = sorted(path for path, digest in now.items() if known.get(path) != digest)
        for number, path in enumerate(changed):
            self.progress = (number, len(changed))
            if cancel.cancelled:
                raise Cancelled("The question was cancelled.")
            if (found := self._words_of(path, now[path])) is not None:
                batch.append(found)
            if len(batch) == _BATCH_FILES:
                self._store.put(batch)
                batch = []
        self._store.put(batch)

    def _words_of(self, path: str, digest: str) -> FileWords | None:
        """None when the disk is newer than the index, which then reads the file again."""
        source, outline = self._read(path), self._index.outline(path)
        if source is None or outline is None or hashlib.sha256(source).hexdigest() != digest:
            return None
        return read_words(path, digest, outline, source)

    def _follow_thoughts(self) -> None:
        """Put what c′ holds now about each passage; c′ is read only where it may be another than before."""
        with self._noting:
            changed, self._changed = self._changed, set()
            all_changed, self._all_changed = self._all_changed, False
        try:
            self._put_thoughts(changed, all_changed)
        except BaseException:
            self.thoughts_changed(None if all_changed else changed)  # they are still to be followed
            raise

    def _put_thoughts(self, changed: set[Target], all_changed: bool) -> None:
        present = self._store.context_hashes()
        context_hashes: dict[str, dict[str, tuple[str, str]]] = {}
        wanted: dict[Key, str | None] = {}
        for key, known in present.items():
            path, symbol_id = key
            if path not in context_hashes:
                context_hashes[path] = self._index.context_hashes.of(path)
            context_hash = context_hashes[path].get(symbol_id, (None, None))[1]
            if context_hash != known or all_changed or Target(*key) in changed:
                wanted[key] = context_hash
        asked = {context_hash for context_hash in wanted.values() if context_hash}
        entries, rejected = self._contexts.get_many(asked), self._contexts.rejected(asked)
        nothing: frozenset[str] = frozenset()
        thoughts: dict[Key, tuple[str, str] | None] = {}
        for key, context_hash in wanted.items():
            best = (
                best_entry(entries.get(context_hash, ()), rejected.get(context_hash, nothing)) if context_hash else None
            )
            if context_hash and best is not None and best.outcome == "done":
                thoughts[key] = (context_hash, _words_of_insights(best.insights))
            elif present[key] is not None:
                thoughts[key] = None
        self._store.put_thoughts(thoughts)


def _words_of_insights(insights: Insights) -> str:
    asked = [text for item in insights.questions for text in (item.question, item.answer)]
    return " ".join(words(" ".join([insights.summary or "", *insights.inferences, *asked])))
