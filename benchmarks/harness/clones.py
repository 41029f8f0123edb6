"""Clones of the public repositories that a benchmark is about, at pinned commits."""

import shutil
import subprocess
from pathlib import Path

from forethought.bench.trial import git
from forethought.errors import UsageError


def clone_at(folder: Path, repository: str, commit: str) -> Path:
    """The clone `name` of the GitHub repository `owner/name` in the folder, at the commit; made if there is none.

    Raises UsageError if it cannot be made, is at another commit, or has uncommitted changes.
    """
    root = folder / repository.rpartition("/")[2]
    if not (root / ".git").exists():
        _make_clone(root, _source(repository), commit)
    check_clone(root, commit)
    return root


def check_clone(root: Path, commit: str) -> None:
    """Raises UsageError if the clone is at another commit, has uncommitted changes, or cannot be read."""
    try:
        head = git(root, "rev-parse", "HEAD").strip()
        changed = git(root, "status", "--porcelain", "--untracked-files=no").strip()
    except subprocess.CalledProcessError as error:
        raise UsageError(f"{root} cannot be read ({_reason(error)}).") from error
    if not head.startswith(commit):
        raise UsageError(f"{root} is not at the commit of the questions; run: git -C {root} checkout {commit}")
    if changed:
        raise UsageError(f"{root} has uncommitted changes; use a clean clone.")


def _source(repository: str) -> str:
    return f"https://github.com/{repository}"


def _make_clone(root: Path, source: str, commit: str) -> None:
    """Download one commit. An interrupted download leaves nothing at `root`."""
    part = root.with_name(f"{root.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        git(part, "init", "--quiet")
        git(part, "fetch", "--quiet", "--depth", "1", source, commit)
        git(part, "checkout", "--quiet", "--detach", "FETCH_HEAD")
    except subprocess.CalledProcessError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise UsageError(
            f"{source} cannot be cloned ({_reason(error)}); name a folder with a clone of it with --repositories."
        ) from error
    part.rename(root)


def _reason(error: subprocess.CalledProcessError) -> str:
    """The last line of what git said."""
    lines: list[str] = error.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit status {error.returncode}"
