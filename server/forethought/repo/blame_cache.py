"""Who changed the rows of a root's files last, remembered by content."""

import hashlib
import threading
from collections import OrderedDict

from forethought.errors import ForethoughtError
from forethought.repo.blame import LineChanges
from forethought.repo.git import Repository

MAX_FILES = 64


class LastChanges:
    """Safe from any thread. Without a repository nothing is known."""

    def __init__(self, repository: Repository | None) -> None:
        self._repository = repository
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], LineChanges] = OrderedDict()

    def of(self, path: str, data: bytes) -> LineChanges:
        """The changes of a file with this text. Reads git."""
        if self._repository is None:
            return LineChanges()
        key = (path, hashlib.sha256(data).hexdigest())
        with self._lock:
            table = self._known
            known = table.get(key)
        if known is not None:
            return known
        try:
            known = self._repository.last_changes(path, data)
        except ForethoughtError:
            known = LineChanges()  # a missing history leaves one fact out, and no more
        with self._lock:
            table[key] = known  # of the history as it was: it is not for those who ask after `forget`
            while len(table) > MAX_FILES:
                table.popitem(last=False)
        return known

    def forget(self) -> None:
        """HEAD may have moved."""
        with self._lock:
            self._known = OrderedDict()
