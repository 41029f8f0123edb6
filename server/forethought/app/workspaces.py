"""The roots that one process serves: opens, finds, configures and closes their workspaces."""

import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from forethought.config import LoadedSettings
from forethought.embedding.source import EmbedderSource
from forethought.errors import RootError
from forethought.idle.idle_loop import IdleLoop
from forethought.repo.git import Repository
from forethought.store.index_files import evict_indexes, index_bytes
from forethought.store.index_store import IndexStore
from forethought.store.insight_store import DiskInsightStore
from forethought.syntax.extraction import TAGS_VERSION
from forethought.syntax.languages import Languages
from forethought.workspace.precise_import import precise_problem
from forethought.workspace.workspace import Workspace


class Workspaces:
    """Safe from any thread. Adding, removing and configuring block for moments."""

    def __init__(
        self,
        loaded: LoadedSettings,
        contexts: DiskInsightStore,
        languages: Languages,
        grammar_folders: Sequence[Path],
        idle_loop: IdleLoop,
        embedders: EmbedderSource,
        *,
        on_change: Callable[[], None],
        on_error: Callable[[Exception], None],
        now: Callable[[], float],
    ) -> None:
        self._loaded = loaded
        self._folder = loaded.settings.cache_folder
        self._contexts = contexts
        self._languages = languages
        self._grammar_folders = grammar_folders
        self._idle_loop = idle_loop
        self._embedders = embedders
        self._on_change = on_change
        self._on_error = on_error
        self._now = now
        self._watching = False
        self._on_outside_change: Callable[[Workspace, Collection[str]], None] | None = None
        self._changing = threading.Lock()
        """Held while roots are added or removed: editors do so on several threads."""
        self._all: tuple[Workspace, ...] = ()

    @property
    def all(self) -> tuple[Workspace, ...]:
        return self._all

    def add(self, path: Path, within: str) -> Workspace:
        """Serve a folder; a folder that is served already stays as it is. Raises RootError if it is no folder."""
        if not path.is_dir():
            raise RootError(f"{path} is not a folder; name the folder that holds the source files.")
        root = path.resolve()
        with self._changing:
            known = next((workspace for workspace in self._all if workspace.root == root), None)
            return known or self._open(root, within)

    def remove(self, path: Path) -> None:
        root = path.resolve()
        with self._changing:
            removed = [workspace for workspace in self._all if workspace.root == root]
            self._all = tuple(workspace for workspace in self._all if workspace not in removed)
        for workspace in removed:
            self._idle_loop.remove(workspace)
            workspace.close()

    def of(self, file: Path) -> tuple[Workspace, str] | None:
        """The innermost root that holds the file, and the file's path there."""
        around = [workspace for workspace in self._all if file.is_relative_to(workspace.root)]
        if not around:
            return None
        innermost = max(around, key=lambda workspace: len(workspace.root.parts))
        return innermost, file.relative_to(innermost.root).as_posix()

    def watch(self, on_outside_change: Callable[[Workspace, Collection[str]], None] | None) -> None:
        """Index every root now and whenever it changes, those that are added later, too.

        on_outside_change: called with the files that change on disk; None if the client reports them
        """
        self._watching = True
        self._on_outside_change = on_outside_change
        for workspace in self._all:
            self._watch(workspace)

    def _watch(self, workspace: Workspace) -> None:
        report = self._on_outside_change
        workspace.watch(None if report is None else lambda paths: report(workspace, paths))

    def configure(self, loaded: LoadedSettings) -> None:
        """Take new settings. A changed cache directory counts from the next start."""
        self._loaded = loaded
        for workspace in self._all:
            self.reread_settings(workspace)

    def reread_settings(self, workspace: Workspace) -> None:
        """The root's own settings file may have changed."""
        own = self._loaded.of_root(workspace.root)
        workspace.notices = tuple(dict.fromkeys((*workspace.notices, *own.warnings)))
        workspace.configure(own.settings)

    def close(self) -> None:
        for workspace in self._all:
            workspace.close()

    def _open(self, root: Path, within: str) -> Workspace:
        repository = Repository.open(root)
        own = self._loaded.of_root(root)
        workspace = Workspace(
            root,
            within,
            own.settings,
            self._languages,
            self._contexts,
            IndexStore.open(self._folder, root, f"{TAGS_VERSION}-{self._languages.digest}"),
            repository if repository is not None and repository.root == root else None,
            self._embedders,
            grammar_folders=self._grammar_folders,
            on_change=self._on_change,
            on_error=self._on_error,
            now=self._now,
        )
        refusal = Repository.refusal(root) if repository is None else None
        problems = (refusal, workspace.index.problem, self._contexts.problem, precise_problem(workspace.index, root))
        workspace.notices = (*self._loaded.warnings, *own.warnings, *(problem for problem in problems if problem))
        self._all = (*self._all, workspace)
        self._share_space()
        self._idle_loop.add(workspace)
        if self._watching:
            self._watch(workspace)
        return workspace

    def _share_space(self) -> None:
        """Keep indexes and insights together below the limit: unused indexes go first, then insights make room."""
        limit = self._loaded.settings.cache_size_limit
        try:
            evict_indexes(self._folder, max(0, limit - self._contexts.info()["bytes"]))
        except OSError as error:
            self._on_error(error)
        self._contexts.size_limit = max(limit // 2, limit - index_bytes(self._folder))
