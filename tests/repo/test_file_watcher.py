"""Changes on disk are reported: by notifications and by polling."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from forethought.repo import file_watcher
from forethought.repo.discovery import source_folders
from forethought.repo.file_watcher import FileWatcher
from forethought.repo.git import Repository
from support.polling import eventually
from support.repository import git, make_repository, write_files

pytestmark = pytest.mark.slow

FILES = {"a.py": "", "lib/b.py": "", ".gitignore": "build/\n", "build/made.py": "", "node_modules/x/index.js": ""}


class Watched:
    """A repository that is watched, and what was reported about it."""

    def __init__(self, root: Path) -> None:
        self.root = make_repository(root, FILES)
        self.reported: list[str | None] = []
        self.errors: list[Exception] = []
        self.listed = 0
        self._repository = Repository.open(self.root)
        self.watcher = FileWatcher(self.root, self._folders, self._report, self.errors.append)

    def start(self) -> "Watched":
        self.watcher.start()
        eventually(lambda: None in self.reported)
        return self

    def _folders(self) -> Collection[str]:
        self.listed += 1
        return source_folders(self.root, self._repository)

    def _report(self, paths: Collection[str] | None) -> None:
        self.reported += [None] if paths is None else paths

    def sees(self, path: str, change: Callable[[], object]) -> None:
        before = len(self.reported)
        change()
        eventually(lambda: path in self.reported[before:], seconds=5)


@pytest.fixture(params=["notifications", "polling", "polling, because watches ran out"])
def watched(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(file_watcher, "POLL_SECONDS", 0.05)
    if request.param == "polling":
        monkeypatch.setattr(file_watcher, "is_on_network", lambda folder: True)
    elif request.param != "notifications":

        def refuse(*args: object, **options: object) -> None:
            raise OSError("OS file watch limit reached")

        monkeypatch.setattr(file_watcher, "watch", refuse)
    repository = Watched(tmp_path / "r").start()
    yield repository
    repository.watcher.close()
    eventually(lambda: not any(thread.name == "files r" for thread in threading.enumerate()))
    assert not repository.errors


def test_edits_creations_and_deletions_are_reported(watched: Watched) -> None:
    watched.sees("a.py", lambda: (watched.root / "a.py").write_text("A = 1"))
    watched.sees("lib/new.py", lambda: (watched.root / "lib/new.py").write_text("N = 1"))
    watched.sees("lib/b.py", lambda: (watched.root / "lib/b.py").unlink())
    watched.sees(".gitignore", lambda: (watched.root / ".gitignore").write_text("dist/\n"))


def test_a_new_folder_is_watched(watched: Watched) -> None:
    listed = watched.listed
    write_files(watched.root, {"far/away/c.py": ""})
    eventually(lambda: bool({None, "far", "far/away", "far/away/c.py"}.intersection(watched.reported)))
    eventually(lambda: watched.listed > listed)
    time.sleep(0.5)
    watched.sees("far/away/c.py", lambda: (watched.root / "far/away/c.py").write_text("C = 1"))


def test_ignored_folders_are_not_watched(watched: Watched) -> None:
    before = len(watched.reported)
    write_files(watched.root, {"build/made.py": "B = 1", "node_modules/x/index.js": "1"})
    git(watched.root, "commit", "-q", "--allow-empty", "-m", "x")
    watched.sees("a.py", lambda: (watched.root / "a.py").write_text("A = 2"))
    assert {path for path in watched.reported[before:] if path} == {"a.py"}


def test_nested_repositories_are_not_watched_but_submodules_are(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "r", {"a.py": ""})
    library = make_repository(tmp_path / "library", {"src/l.py": ""})
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "sub")
    git(root, "clone", "-q", str(library), "clone")
    git(root, "commit", "-q", "--allow-empty", "-m", "first commit of the submodule")
    git(root, "worktree", "add", "-q", "-b", "side", "side")
    assert source_folders(root, Repository.open(root)) == {"", "sub", "sub/src"}
