"""Keeps the index of a root up to date, follows HEAD, and publishes what changed."""

import threading
from collections.abc import Callable, Collection

from forethought.engine.api import CancelToken
from forethought.repo.discovery import IGNORE_FILES
from forethought.repo.git import Repository
from forethought.workspace.change_set import ChangeSet
from forethought.workspace.indexer import Indexer, IndexReport, Progress
from forethought.workspace.precise_import import precise_stamp
from forethought.workspace.saved_contexts import SavedContexts
from forethought.workspace.worker_queue import WorkerQueue

POLL_SECONDS = 1.0
"""Between two looks at HEAD and the ignore rules in git's folder, which are a few small files."""


class Refresher:
    """Refreshes the index of one root, at once or off the event loop. Safe from any thread."""

    def __init__(
        self,
        indexer: Indexer,
        saved: SavedContexts,
        repository: Repository | None,
        queue: WorkerQueue,
        on_change: Callable[[], None],
    ) -> None:
        self.indexer = indexer
        """Replaced when the settings exclude other files."""
        self.indexed_once = False
        self.progress = (0, 0)
        """(files read so far, files to read), while a refresh runs."""
        self._saved = saved
        self._repository = repository
        self._queue = queue
        self._on_change = on_change
        self._subscribers: list[Callable[[ChangeSet], None]] = []
        self._lock = threading.Lock()
        self._running = 0
        """Refreshes under way."""
        self._waiting: set[str] = set()
        """Paths of the queued refresh."""
        self._indexed_state: object = None
        """Of the repository when the whole root was last refreshed."""
        self._closing = CancelToken()

    def subscribe(self, subscriber: Callable[[ChangeSet], None]) -> None:
        """Call `subscriber` after each refresh, in the order of subscription, on the thread that refreshed."""
        self._subscribers.append(subscriber)

    def refresh(
        self,
        paths: Collection[str] | None = None,
        on_progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> IndexReport:
        """Index what changed on disk, below `paths` or in the whole root. Blocks for as long as that takes.

        An ignore file among `paths` stands for its folder.

        Raises GitError when git cannot list the files, and IndexingError when the index cannot be written.
        """
        paths = None if paths is None else frozenset(map(_affected, paths))
        state = self._state() if paths is None else None
        report = self._refresh_index(paths, on_progress, cancel)
        if state is not None and not report.cancelled:
            self._indexed_state = state  # not before: a refresh that failed is tried again
        self.indexed_once = True
        change = ChangeSet.of(report, paths, self._saved.invalidate())
        for subscriber in self._subscribers:
            subscriber(change)
        self._on_change()
        return report

    def refresh_soon(self, paths: Collection[str] | None = None) -> None:
        """Queue a refresh of these paths, or of the whole root."""
        if paths is None:
            self._queue.submit("refresh all", lambda: self._refresh_in_background(None), 2)
        else:
            with self._lock:
                self._waiting.update(paths)
            self._queue.submit("refresh changed", self._refresh_waiting, 1)

    def watch(self) -> None:
        """Refresh the root now, and whenever HEAD moves (commit, merge, switch …) or git's own ignore rules change."""
        self.refresh_soon()
        if self._repository is not None:
            threading.Thread(target=self._follow_repository, name="HEAD", daemon=True).start()

    @property
    def running(self) -> bool:
        return self._running > 0

    def close(self) -> None:
        """Stop following the repository, and cancel a refresh that runs in the background."""
        self._closing.cancel()

    def _refresh_index(
        self, paths: Collection[str] | None, on_progress: Progress | None, cancel: CancelToken | None
    ) -> IndexReport:
        def note(done: int, total: int) -> None:
            self.progress = (done, total)
            if on_progress is not None:
                on_progress(done, total)

        with self._lock:
            self._running += 1
        self._on_change()
        try:
            return self.indexer.refresh(paths, on_progress=note, cancel=cancel)
        finally:
            with self._lock:
                self._running -= 1

    def _refresh_waiting(self) -> None:
        with self._lock:
            paths, self._waiting = self._waiting, set()
        self._refresh_in_background(paths)

    def _refresh_in_background(self, paths: Collection[str] | None) -> None:
        # A change of one file may be noticed before the poll notices that HEAD moved: then others have changed, too.
        self.refresh(None if self._repository_changed() else paths, cancel=self._closing)

    def _follow_repository(self) -> None:
        while not self._closing.wait(POLL_SECONDS):
            if self._repository_changed():
                self.refresh_soon()

    def _repository_changed(self) -> bool:
        return self._repository is not None and self._state() != self._indexed_state

    def _state(self) -> object:
        if self._repository is None:
            return None
        return self._repository.head_state(), self._repository.rules_state(), precise_stamp(self._repository.root)


def _affected(path: str) -> str:
    """What may be indexed differently now that a file changed: the file, or the folder that it has rules for."""
    folder, _, name = path.rpartition("/")
    return folder if name in IGNORE_FILES else path
