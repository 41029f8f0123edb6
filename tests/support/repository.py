"""Git repositories for tests. Name, address and settings of the author come from the configuration in conftest.py."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, str | bytes]
"""Content by path."""


def git(folder: Path, *arguments: str | bytes, at: int = 0) -> str:
    """Run git in a folder and return its output without surrounding white space. Raises CalledProcessError.

    `at`: the time of a commit, in seconds since the epoch.
    """
    environment = dict(os.environ)
    if at:
        environment |= {"GIT_AUTHOR_DATE": f"{at} +0200", "GIT_COMMITTER_DATE": f"{at} +0200"}
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=environment)
    return os.fsdecode(done.stdout).strip()


def write_files(root: Path, files: Files) -> None:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def commit(root: Path, message: str = "change", files: Files | None = None, at: int = 0) -> str:
    """Write files, commit everything and return the commit."""
    write_files(root, files or {})
    _commit_all(root, message, at)
    return git(root, "rev-parse", "HEAD")


def make_repository(root: Path, files: Files) -> Path:
    """Create a git repository with one commit of these files, written an hour ago.

    The indexer reads a file that was written just now a second time, which would depend on how fast a test is.
    """
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q")
    write_files(root, files)
    an_hour_ago = time.time() - 3600
    for path in files:
        os.utime(root / path, (an_hour_ago, an_hour_ago))
    _commit_all(root, "first")
    return root


def _commit_all(root: Path, message: str, at: int = 0) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message, at=at)
