"""The folders that the client opened, and the names by which it knows their files."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from forethought.errors import RootError
from forethought.repo.discovery import find_root
from forethought.repo.git import find_git_root
from forethought.text.uris import file_uri, path_of

if TYPE_CHECKING:
    from forethought.app.session import Session
    from forethought.workspace.workspace import Workspace


class Roots:
    """Maps URIs to (root, path inside) and back. Knows a folder both as the client writes it and as it really is."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._folders: dict[Path, tuple[Path, Path]] = {}
        """Folder as written → (the same with symlinks resolved, its root). Replaced whole: the event loop reads it."""
        self._changing = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._folders)

    def add(self, folder: Path) -> None:
        """Serve a folder: its own repository, or itself where there is none. Blocks. Raises RootError."""
        real, root = _real_and_root(folder)
        with self._changing:
            folders = {**self._folders, folder: (real, root)}
            self._serve(root, folders)
            self._folders = folders

    def remove(self, folder: Path) -> None:
        """Stop serving a folder. Blocks."""
        with self._changing:
            known = self._folders.get(folder)
            if known:
                self._folders = {other: pair for other, pair in self._folders.items() if other != folder}
                self._serve(known[1], self._folders)

    def _serve(self, root: Path, folders: dict[Path, tuple[Path, Path]]) -> None:
        """Have the session serve what the folders need of one root: several in one repository share it."""
        inside = [real for real, its_root in folders.values() if its_root == root]
        served = next((workspace for workspace in self._session.workspaces if workspace.root == root), None)
        common = Path(os.path.commonpath(inside)) if inside else None
        within = "" if common in (None, root) else common.relative_to(root).as_posix()
        if served is not None and (common is None or served.within != within):
            self._session.remove_root(root)
            served = None
        if served is None and common is not None:
            self._session.add_root(root, within)

    def home_of(self, uri: str) -> "tuple[Workspace, str] | None":
        """The root that holds a file and the file's path there. Instant; looks at names only."""
        written = path_of(uri)
        if written is None:
            return None
        for folder, (real, _) in self._folders.items():
            if folder != real and written.is_relative_to(folder):
                return self._session.workspace_of(real / written.relative_to(folder))
        return self._session.workspace_of(written)

    def locate(self, workspace: "Workspace", path: str) -> str:
        """The URI by which the client knows a file."""
        return self._written(workspace.root / path)

    def renamed(self, uri: str) -> str:
        """A file URI as the client would write it."""
        path = path_of(uri)
        return uri if path is None else self._written(path)

    def _written(self, full: Path) -> str:
        for folder, (real, _) in self._folders.items():
            if folder != real and full.is_relative_to(real):
                return file_uri(folder / full.relative_to(real))
        return file_uri(full)


def _real_and_root(folder: Path) -> tuple[Path, Path]:
    """A folder without symlinks, and the root that serves it. Blocks. Raises RootError."""
    real = Path(os.path.realpath(folder))  # not Path.resolve, which fails on a loop of symlinks
    try:
        return real, find_root(folder)
    except RootError:
        around = find_git_root(real)
        if not real.is_dir() or around in (None, real) or real in (Path.home().resolve(), Path(real.anchor)):
            raise
        return real, real  # a home folder kept in git is no project, but the folder inside it may be one
