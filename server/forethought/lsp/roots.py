"""The folders that the client opened, and the names by which it knows their files."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from forethought.app.session import Session
from forethought.errors import RootError
from forethought.repo.discovery import find_root
from forethought.repo.git import find_git_root
from forethought.text.uris import file_uri, path_of
from forethought.workspace.workspace import Workspace

MAX_REMEMBERED = 1024
"""URIs whose location is remembered. Every hover asks for one; working it out each time cost about a third more CPU."""


@dataclass(frozen=True, slots=True)
class _Resolved:
    """Locations by URI, valid while the session serves the same roots from the same folders, and links are the same."""

    workspaces: tuple[Workspace, ...]
    folders: dict[Path, tuple[Path, Path]]
    links: dict[Path, Path]
    locations: dict[str, tuple[Workspace, str] | None]


class Roots:
    """Maps URIs to (root, path inside it) and back, also for what the client reaches through symbolic links."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._folders: dict[Path, tuple[Path, Path]] = {}
        """Maps a folder, as the client writes it, to (its real path, the root that serves it).

        Replaced as a whole, because the event loop reads it while a thread changes it.
        """
        self._links: dict[Path, Path] = {}
        """Maps a file, as the client writes it, to the file in a root that it is a link to. Replaced as a whole."""
        self._resolved = _Resolved((), {}, {}, {})
        self._changing = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._folders)

    def add(self, folder: Path) -> None:
        """Serve a folder: from the repository around it, if there is one. Blocks. Raises RootError."""
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
        """Make the session serve what these folders need of a root. Several folders of one repository share a root."""
        inside = [real for real, its_root in folders.values() if its_root == root]
        served = next((workspace for workspace in self._session.workspaces if workspace.root == root), None)
        common = Path(os.path.commonpath(inside)) if inside else None
        within = "" if common in (None, root) else common.relative_to(root).as_posix()
        if served is not None and (common is None or served.within != within):
            self._session.remove_root(root)
            served = None
        if served is None and common is not None:
            self._session.add_root(root, within)

    def resolve_uri(self, uri: str) -> tuple[Workspace, str] | None:
        """Return the root that contains a file and the file's path there. Instant: knows names and links."""
        resolved, workspaces, folders, links = self._resolved, self._session.workspaces, self._folders, self._links
        if resolved.workspaces is not workspaces or resolved.folders is not folders or resolved.links is not links:
            resolved = self._resolved = _Resolved(workspaces, folders, links, {})
        locations = resolved.locations
        if uri not in locations:
            if len(locations) >= MAX_REMEMBERED:
                self._resolved = _Resolved(workspaces, folders, links, {})
            locations[uri] = self._resolve(uri)
        return locations[uri]

    def _resolve(self, uri: str) -> tuple[Workspace, str] | None:
        written = path_of(uri)
        if written is None:
            return None
        if linked := self._links.get(written):
            return self._session.workspace_of(linked)
        return self._resolve_name(written)

    def follow_link(self, uri: str) -> bool:
        """Find out whether a file is reached through a symbolic link inside its root. Blocks: reads the disk.

        Returns whether `resolve_uri` or `document_uri` answers differently now.
        """
        written = path_of(uri)
        if written is None:
            return False
        real = Path(os.path.realpath(written))
        named = self._resolve_name(written)
        is_link = (named is None or named[0].root / named[1] != real) and self._session.workspace_of(real) is not None
        with self._changing:
            # One spelling a file: the client's last one is that in which it is told about the file.
            links = {link: file for link, file in self._links.items() if file != real and link != written}
            if is_link:
                links = {**dict(list(links.items())[1 - MAX_REMEMBERED :]), written: real}
            if links == self._links:
                return False
            self._links = links
        return True

    def _resolve_name(self, written: Path) -> tuple[Workspace, str] | None:
        for folder, (real, _) in self._folders.items():
            if folder != real and written.is_relative_to(folder):
                return self._session.workspace_of(real / written.relative_to(folder))
        return self._session.workspace_of(written)

    def document_uri(self, workspace: Workspace, path: str) -> str:
        """Return the URI by which the client knows a file."""
        return self._written(workspace.root / path)

    def client_uri(self, uri: str) -> str:
        """Return a file URI as the client would write it."""
        path = path_of(uri)
        return uri if path is None else self._written(path)

    def _written(self, path: Path) -> str:
        for link, file in self._links.items():
            if file == path:
                return file_uri(link)
        for folder, (real, _) in self._folders.items():
            if folder != real and path.is_relative_to(real):
                return file_uri(folder / path.relative_to(real))
        return file_uri(path)


def _real_and_root(folder: Path) -> tuple[Path, Path]:
    """Return a folder without symbolic links, and the root that serves it. Blocks. Raises RootError."""
    real = Path(os.path.realpath(folder))  # not Path.resolve, which fails on a loop of links
    try:
        return real, find_root(folder)
    except RootError:
        around = find_git_root(real)
        if not real.is_dir() or around in (None, real) or real in (Path.home().resolve(), Path(real.anchor)):
            raise
        return real, real  # a home folder under git is not served, but a folder inside it may be
