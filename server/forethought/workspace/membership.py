"""Decides about files that are not in the index: whose they are, and whether they may be looked at."""

from collections.abc import Sequence
from pathlib import Path

from forethought.repo.discovery import is_foreign, is_left_out
from forethought.repo.git import GitError, Repository
from forethought.store.index_store import IndexStore


class Membership:
    """Answers are remembered until the next refresh of the index. Safe from any thread; asks git, so it blocks."""

    def __init__(self, root: Path, repository: Repository | None, index: IndexStore, exclude: Sequence[str]) -> None:
        self.exclude = exclude
        """Patterns in gitignore syntax."""
        self._root = root
        self._repository = repository
        self._index = index
        self._foreign: dict[str, bool] = {}
        self._left_out: dict[str, bool] = {}
        """Both are replaced as a whole, so that an answer from before `forget` is not remembered after it."""

    def is_foreign(self, path: str) -> bool:
        """Whether the file belongs to a clone or worktree inside the root. That is another repository."""
        known = self._foreign
        if path not in known:
            known[path] = path not in self._index.paths() and self._ask_foreign(path)
        return known[path]

    def is_left_out(self, path: str) -> bool:
        """Whether the file is ignored, excluded or secret, and so must not reach other files' facts or a prompt."""
        known = self._left_out
        if path not in known:
            known[path] = path not in self._index.paths() and self._ask_left_out(path)
        return known[path]

    def forget(self) -> None:
        """Ask again: the index, or what it is built by, has changed."""
        self._foreign, self._left_out = {}, {}

    def _ask_foreign(self, path: str) -> bool:
        try:
            return is_foreign(self._root, self._repository, path)
        except GitError:
            return True  # a nested repository that cannot be read is none of ours

    def _ask_left_out(self, path: str) -> bool:
        try:
            return is_left_out(self._root, self._repository, self.exclude, path)
        except GitError:
            return True  # showing too little is safer than showing what should stay hidden
