"""Blame of a root's files, cached by their content."""

import hashlib
import threading
from collections import OrderedDict

from forethought.errors import ForethoughtError
from forethought.repo.blame import Blame
from forethought.repo.git import Repository

MAX_FILES = 64
"""More than an editor keeps open; the blame of a file takes memory in proportion to its lines."""


class BlameCache:
    """The blame of the files used last. Safe from any thread. Without a repository, every blame is empty."""

    def __init__(self, repository: Repository | None) -> None:
        self._repository = repository
        self._lock = threading.Lock()
        self._blames: OrderedDict[tuple[str, str], Blame] = OrderedDict()

    def get(self, path: str, data: bytes) -> Blame:
        """The blame of a file with this text. Runs git unless it is cached."""
        if self._repository is None:
            return Blame()
        key = (path, hashlib.sha256(data).hexdigest())
        with self._lock:
            blames = self._blames
            blame = blames.get(key)
        if blame is not None:
            return blame
        try:
            blame = self._repository.blame(path, data)
        except ForethoughtError:
            blame = Blame()  # history is optional: without it, the last change is just not shown
        with self._lock:
            blames[key] = blame  # of the history as it was: after `clear`, this table is no longer the current one
            while len(blames) > MAX_FILES:
                blames.popitem(last=False)
        return blame

    def clear(self) -> None:
        """Drop everything, because HEAD may have moved."""
        with self._lock:
            self._blames = OrderedDict()
