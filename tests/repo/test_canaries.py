"""Our calls run none of the programs that a hostile repository configures, while plain git runs them."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from forethought.errors import ForethoughtError
from forethought.repo.discovery import discover
from forethought.repo.git import Repository
from support.trap import Trap


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def test_no_canary_fires_over_all_calls(trap: Trap) -> None:
    assert Repository.refusal(trap.root) is None
    repository = Repository.open(trap.root)
    assert repository is not None
    assert repository.head()
    repository.head_state()
    assert {entry.path for entry in repository.list_tracked()} >= {"a.py", "b.js", "sub"}
    assert "private.py" not in repository.list_untracked()
    repository.list_untracked(ignored=True)
    assert repository.changed_paths("HEAD~1", "HEAD") >= {".gitattributes"}
    assert repository.changed_paths("HEAD") >= {"a.py", "b.js", "sub/a.py"}
    assert repository.changed_paths(trap.first) >= {"a.py"}
    assert repository.recent_paths(10)
    assert len(repository.history(10)) == 4
    assert repository.count_commits("HEAD~1") >= 1
    assert repository.commit_before(2**40) == repository.head()
    repository.blame("a.py")
    repository.blame("b.js")
    assert repository.cat_files("HEAD", ["a.py"]).get("a.py") == b"x = 2\n"
    assert repository.cat_files(trap.first, ["a.py"]).get("a.py") is None  # it would have to be fetched
    assert repository.cat_files(trap.first, ["a.py", "b.js"]) == {"b.js": b"y = 0\n"}
    submodule = repository.submodule("sub")
    assert submodule is not None
    assert submodule.changed_paths("HEAD") == {"a.py", "b.js"}
    discovery = discover(trap.root, lambda path, head: "python", repository)
    assert {"a.py", "b.js", "sub/a.py"} <= {file.path for file in discovery.files}
    for name in ("HEAD~1", "evil", "--upload-pack=x", "@{upstream}", "one/main"):
        try:
            repository.changed_paths(name)
        except ForethoughtError:
            continue
    repository.close()
    assert trap.fired == set()


def test_plain_git_does_fire_them(trap: Trap) -> None:
    """The control: the trap works, so the test above means something."""
    trap.git("config", "--unset", "core.worktree")
    trap.git("status")
    trap.git("diff", "--", "a.py")
    trap.git("config", "--unset", "diff.evil.command")
    trap.git("diff", "--", "a.py")
    trap.git("diff", "--no-ext-diff", "HEAD~2", "HEAD")
    trap.git("blame", "a.py")
    trap.git("log", "-1")
    trap.git("evil")
    trap.git("cat-file", "-p", trap.missing)
    trap.git("commit", "-qm", "x")
    trap.git("checkout", "-f", ".")
    _with_terminal(trap)
    expected = {
        "alias", "clean", "diff-command", "ext", "fsmonitor", "gpg", "hook", "included", "pager-log", "process", "ssh",
        "textconv", "uploadpack",
    }  # fmt: skip
    assert expected - trap.fired == set()


def _with_terminal(trap: Trap) -> None:
    """Run `git log` on a terminal, where it would start a pager."""
    controller, terminal = pty.openpty()
    try:
        subprocess.run(
            ["git", "log", "-1"], cwd=trap.root, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, timeout=20
        )
    finally:
        os.close(terminal)
        os.close(controller)
