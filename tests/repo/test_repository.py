"""Reading ordinary and unusual repositories."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from forethought.errors import UsageError
from forethought.repo.git import GitError, Repository
from forethought.repo.git_process import GitProcess
from support.repository import git, make_repository

pytestmark = pytest.mark.slow


def commit(folder: Path, message: str = "change", at: int = 0, **files: str | None) -> str:
    """Write files (`a__b_py` is a/b.py; None deletes) and commit everything."""
    for name, content in files.items():
        file = folder / name.replace("__", "/").replace("_py", ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink() if content is None else file.write_bytes(content.encode())
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message, at=at)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


def opened(folder: Path) -> Repository:
    repository = Repository.open(folder)
    assert repository is not None
    return repository


def test_opening_from_a_folder_inside(folder: Path) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    repository = opened(folder / "deep" / "er")
    assert (repository.root, repository.git_folder, repository.common_folder) == (
        folder,
        folder / ".git",
        folder / ".git",
    )


def test_no_repository_is_no_refusal(tmp_path: Path) -> None:
    assert Repository.open(tmp_path) is None
    assert Repository.refusal(tmp_path) is None


def test_unborn_head(folder: Path) -> None:
    (folder / "a.py").write_text("x = 1\n")
    repository = opened(folder)
    before = repository.head_state()
    assert repository.head() is None
    assert (repository.history(5), repository.recent_paths(5)) == ([], [])
    assert repository.blame("a.py").last_change(0, 0) is None
    assert repository.list_untracked() == ["a.py"]
    with pytest.raises(UsageError, match="'HEAD' is not a commit"):
        repository.changed_paths("HEAD")
    first = commit(folder)
    assert repository.head() == first
    assert repository.head_state() != before


def test_detached_head(folder: Path) -> None:
    first = commit(folder, a_py="1\n")
    commit(folder, a_py="2\n")
    git(folder, "switch", "-q", "--detach", first)
    repository = opened(folder)
    assert repository.head() == first
    assert first in repository.head_state()


def amend(folder: Path) -> None:
    git(folder, "commit", "-q", "--amend", "-m", "amended")


def merge(folder: Path) -> None:
    git(folder, "merge", "-q", "--no-ff", "-m", "merged", "other")


def rebase(folder: Path) -> None:
    git(folder, "rebase", "-q", "other")


def switch(folder: Path) -> None:
    git(folder, "switch", "-q", "other")


def switch_to_the_same_commit(folder: Path) -> None:
    git(folder, "switch", "-q", "-c", "another")


def reset(folder: Path) -> None:
    git(folder, "reset", "-q", "--hard", "HEAD~1")


def pull(folder: Path) -> None:
    git(folder, "pull", "-q", "--no-rebase", "--no-edit", ".", "other")


MOVES = [commit, amend, merge, rebase, switch, switch_to_the_same_commit, reset, pull]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["plain", "worktree", "submodule"])
@pytest.mark.parametrize("move", MOVES)
def test_head_state_changes_with_every_move_of_head(
    folder: Path, move: Callable[[Path], object], kind: str, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(folder, a_py="1\n")
    git(folder, "branch", "other")
    commit(folder, b_py="1\n")
    at = folder
    if kind == "worktree":
        at = folder.parent / "tree"
        git(folder, "worktree", "add", "-q", "-b", "side", str(at))
    elif kind == "submodule":
        outer = folder.parent / "outer"
        outer.mkdir()
        git(outer, "init", "-q")
        git(outer, "submodule", "add", "-q", str(folder), "inner")
        at = outer / "inner"
        git(at, "branch", "other", "HEAD~1")
    git(at, "switch", "-q", "other")
    commit(at, c_py="1\n")
    git(at, "switch", "-q", "-")
    if packed:
        git(at, "pack-refs", "--all")
    repository = opened(at)
    monkeypatch.setattr(Repository, "head", None)  # must not run git
    monkeypatch.setattr(repository, "_git", None)
    before = repository.head_state()
    assert before == repository.head_state()
    assert git(at, "rev-parse", "HEAD") in before
    move(at)
    assert repository.head_state() != before
    assert git(at, "rev-parse", "HEAD") in repository.head_state()


def test_changes_between_two_commits(folder: Path) -> None:
    first = commit(folder, a_py="1\n", b_py="1\n", gone_py="1\n", old_py="same\n" * 20)
    git(folder, "mv", "old.py", "new.py")
    second = commit(folder, a_py="2\n", gone_py=None, dir__c_py="1\n")
    repository = opened(folder)
    expected = {"a.py", "gone.py", "dir/c.py", "old.py", "new.py"}
    assert repository.changed_paths(first, second) == expected
    assert repository.changed_paths("HEAD~1", "main") == expected
    assert repository.changed_paths(second, second) == frozenset()


def test_changes_in_the_working_tree(folder: Path) -> None:
    first = commit(
        folder, same_py="1\n", edited_py="1\n", deleted_py="1\n", staged_py="1\n", touched_py="1\n", unstaged_py="1\n"
    )
    commit(folder, later_py="1\n", same_py="2\n")
    (folder / ".git" / "info" / "exclude").write_text("ignored.py\n")
    for name in ("untracked.py", "ignored.py", "edited.py", "staged.py"):
        (folder / name).write_text("2\n")
    (folder / "same.py").write_text("1\n")  # as it was in the first commit
    git(folder, "add", "staged.py")
    git(folder, "rm", "-q", "--cached", "unstaged.py")  # still there, untracked
    (folder / "deleted.py").unlink()
    os.utime(folder / "touched.py", (1, 1))
    expected = {"edited.py", "deleted.py", "staged.py", "later.py", "untracked.py"}
    assert opened(folder).changed_paths(first) == expected


def test_line_endings_alone_are_no_change(folder: Path) -> None:
    commit(folder, a_py="1\n2\n")
    git(folder, "config", "core.autocrlf", "true")
    (folder / "a.py").write_bytes(b"1\r\n2\r\n")
    assert opened(folder).changed_paths("HEAD") == frozenset()


def test_executable_links_are_compared_by_their_target(folder: Path) -> None:
    (folder / "link").symlink_to("a.py")
    commit(folder, a_py="1\n")
    assert opened(folder).changed_paths("HEAD") == frozenset()
    (folder / "link").unlink()
    (folder / "link").symlink_to("b.py")
    assert opened(folder).changed_paths("HEAD") == {"link"}


@pytest.mark.parametrize(
    "revision", ["nope", "--output=evil", "-h", "", "a b", "HEAD^{tree}", "HEAD:a.py", "x\0y", "HEAD\n"]
)
def test_an_unknown_revision_is_a_usage_error_of_one_line(folder: Path, revision: str) -> None:
    commit(folder, a_py="1\n")
    with pytest.raises(UsageError) as caught:
        opened(folder).changed_paths(revision)
    assert "\n" not in str(caught.value)
    assert not (folder / "evil").exists()


def test_a_branch_whose_name_is_also_a_file(folder: Path) -> None:
    commit(folder, a_py="1\n")
    git(folder, "branch", "a.py")
    assert opened(folder).changed_paths("a.py") == frozenset()


def test_recent_paths_come_newest_first_and_once(folder: Path) -> None:
    commit(folder, a_py="1\n", at=1_700_000_001)
    commit(folder, b_py="1\n", at=1_700_000_002)
    commit(folder, a_py="2\n", c_py="1\n", at=1_700_000_003)
    repository = opened(folder)
    assert repository.recent_paths(2) == ["a.py", "c.py", "b.py"]
    assert repository.recent_paths(100) == ["a.py", "c.py", "b.py"]
    assert repository.recent_paths(0) == []
    assert [(found.time, found.paths) for found in repository.history(2)] == [
        (1_700_000_003, ("a.py", "c.py")),
        (1_700_000_002, ("b.py",)),
    ]


def test_a_merge_changes_its_files(folder: Path) -> None:
    commit(folder, a_py="1\n")
    git(folder, "switch", "-qc", "other")
    commit(folder, b_py="1\n")
    git(folder, "switch", "-q", "main")
    commit(folder, c_py="1\n")
    merge(folder)
    assert [found.paths for found in opened(folder).history(10)] == [("b.py",), ("c.py",), ("a.py",)]


def test_an_empty_commit_in_the_history(folder: Path) -> None:
    commit(folder, a_py="1\n")
    commit(folder)
    commit(folder, b_py="1\n")
    assert [found.paths for found in opened(folder).history(10)] == [("b.py",), (), ("a.py",)]


def test_a_shallow_clone_claims_nothing_about_its_boundary(folder: Path, tmp_path: Path) -> None:
    commit(folder, a_py="1\n2\n", b_py="1\n")
    commit(folder, a_py="1\n3\n")
    commit(folder, a_py="1\n3\n4\n")
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{folder}", "shallow")
    repository = opened(tmp_path / "shallow")
    assert repository.recent_paths(10) == ["a.py"]
    assert [found.paths for found in repository.history(10)] == [("a.py",), ()]
    changes = repository.blame("a.py")
    assert changes.last_change(0, 0) is None
    assert (change := changes.last_change(2, 2)) and change.commit == repository.head()
    with pytest.raises(UsageError, match="fetch more history"):
        repository.changed_paths("HEAD~2")


def test_a_partial_clone_answers_with_what_was_fetched(folder: Path, tmp_path: Path) -> None:
    git(folder, "config", "uploadpack.allowFilter", "true")
    first = commit(folder, a_py="1\n", b_py="b\n")
    commit(folder, a_py="2\n")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{folder}", "partial")
    repository = opened(tmp_path / "partial")
    assert repository.cat_files(first, ["a.py", "b.py"]) == {"b.py": b"b\n"}
    assert repository.cat_files("HEAD", ["a.py", "b.py"]) == {"a.py": b"2\n", "b.py": b"b\n"}
    assert repository.changed_paths(first, "HEAD") == repository.changed_paths(first) == {"a.py"}
    assert repository.recent_paths(1) == ["a.py"]
    repository.blame("a.py")  # may be empty, but does not raise


def test_a_sparse_checkout_deletes_nothing(folder: Path) -> None:
    first = commit(folder, in__a_py="1\n", out__b_py="1\n", out__c_py="1\n")
    commit(folder, out__c_py="2\n")
    git(folder, "sparse-checkout", "set", "in")
    assert opened(folder).changed_paths("HEAD") == frozenset()
    assert opened(folder).changed_paths(first) == {"out/c.py"}


def test_a_worktree_has_its_own_head_and_index(folder: Path, tmp_path: Path) -> None:
    commit(folder, a_py="1\n")
    git(folder, "worktree", "add", "-q", "-b", "side", str(tmp_path / "tree"))
    commit(tmp_path / "tree", b_py="1\n")
    repository = opened(tmp_path / "tree")
    assert repository.root == tmp_path / "tree"
    assert repository.git_folder == folder / ".git" / "worktrees" / "tree"
    assert repository.common_folder == folder / ".git"
    assert [entry.path for entry in repository.list_tracked()] == ["a.py", "b.py"]
    assert repository.changed_paths("main") == {"b.py"}


def test_changes_inside_a_submodule_are_its_files(folder: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    commit(folder, a_py="1\n", b_py="1\n")
    start = commit(outer, x_py="1\n")
    git(outer, "submodule", "add", "-q", str(folder), "inner")
    added = commit(outer)
    commit(outer / "inner", a_py="2\n")
    bumped = commit(outer)
    (outer / "inner" / "b.py").write_text("2\n")
    repository = opened(outer)
    assert repository.changed_paths(added, bumped) == {"inner/a.py"}
    assert repository.changed_paths(bumped) == {"inner/b.py"}
    assert repository.changed_paths(start) == {".gitmodules", "inner/a.py", "inner/b.py"}
    assert repository.submodule("inner") is not None
    assert repository.submodule("x.py") is None


def test_last_change_of_rows(folder: Path) -> None:
    commit(folder, "first", 1_700_000_000, a_py="one\ntwo\nthree\n")
    second = commit(folder, "second: ümlaut", 1_700_100_000, a_py="one\nTWO\nthree\n")
    changes = opened(folder).blame("a.py")
    newest = changes.last_change(0, 2)
    assert newest is not None
    assert (newest.commit, newest.author, newest.subject) == (second, "Ada", "second: ümlaut")
    assert newest.date == "2023-11-16T04:00:00+02:00"
    oldest = changes.last_change(2, 2)
    assert oldest is not None
    assert oldest.subject == "first"
    assert changes.last_change(50, 60) is None


def test_uncommitted_rows_have_no_last_change_and_others_keep_theirs(folder: Path) -> None:
    commit(folder, "first", a_py="one\ntwo\nthree\n")
    content = b"zero\r\none\r\nTWO\r\nthree\r\nfour"
    changes = opened(folder).blame("a.py", content)
    known = [changes.last_change(row, row) is not None for row in range(5)]
    assert known == [False, True, False, True, False]
    assert changes.last_change(0, 4) is None
    (folder / "a.py").write_bytes(content)
    assert opened(folder).blame("a.py") == changes


def test_blame_of_files_without_history(folder: Path) -> None:
    commit(folder, a_py="1\n", empty_py="")
    (folder / "new.py").write_text("1\n")
    (folder / "huge.py").write_bytes(b"x\n" * 600_000)
    repository = opened(folder)
    for path in ("new.py", "huge.py", "missing.py", "empty.py", "-x.py", "a.py/b"):
        assert repository.blame(path).last_change(0, 0) is None


def test_a_rewritten_large_file_is_compared_in_bounded_time(folder: Path) -> None:
    commit(folder, a_py="".join(f"{row}\n" for row in range(20_000)))
    changes = opened(folder).blame("a.py", "".join(f"{row}\n" for row in range(20_000, 0, -1)).encode())
    assert changes.last_change(5, 5) is None


def test_blobs_of_a_commit(folder: Path) -> None:
    first = commit(folder, a_py="1\n", dir__b_py="", c_py="x" * 1_000_001)
    commit(folder, a_py="2\n")
    repository = opened(folder)
    assert repository.cat_files(first, ["a.py", "dir/b.py", "c.py", "nope.py"]) == {"a.py": b"1\n", "dir/b.py": b""}
    assert repository.cat_files("HEAD", ["a.py"]).get("a.py") == b"2\n"
    assert repository.cat_files("HEAD", ["nope.py"]).get("nope.py") is None
    assert repository.cat_files("HEAD", []) == {}


@pytest.mark.parametrize(
    "name", ["with space.py", "new\nline.py", "-x.py", ":(glob)*.py", "naïve.py", "tab\t.py", '"q".py', "caf\udce9.py"]
)
def test_any_path(folder: Path, name: str) -> None:
    try:
        (folder / name).write_text("1\n")
    except OSError:
        pytest.skip("this file system accepts only Unicode names")
    first = commit(folder)
    (folder / name).write_text("2\n")
    repository = opened(folder)
    assert repository.changed_paths(first) == {name}
    second = commit(folder)
    assert [entry.path for entry in repository.list_tracked(name)] == [name]
    assert repository.changed_paths(first, second) == {name}
    assert repository.recent_paths(1) == [name]
    assert repository.cat_files(first, [name]).get(name) == b"1\n"
    assert repository.blame(name).last_change(0, 0) is not None


def test_a_repository_with_sha256(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    first = commit(tmp_path, a_py="1\n", b_py="1\n")
    (tmp_path / "a.py").write_text("2\n")
    repository = opened(tmp_path)
    assert len(first) == 64
    assert repository.changed_paths("HEAD") == {"a.py"}
    assert repository.history(1)[0].commit == first
    assert (change := repository.blame("b.py").last_change(0, 0)) and change.commit == first


def test_a_bare_repository_is_refused(folder: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(folder), "bare.git")
    assert Repository.open(tmp_path / "bare.git") is None
    assert "bare git repository" in str(Repository.refusal(tmp_path / "bare.git"))


def test_an_untrusted_owner_is_refused_until_the_user_trusts_the_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert Repository.open(folder) is None
    assert "safe.directory" in str(Repository.refusal(folder))
    trusting = tmp_path / "gitconfig"
    trusting.write_text(f"[safe]\ndirectory = {folder}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(trusting))
    assert Repository.open(folder) is not None
    assert Repository.refusal(folder) is None


def test_a_damaged_repository_is_refused(folder: Path) -> None:
    commit(folder, a_py="1\n")
    (folder / ".git" / "config").write_text("[core\n")
    assert Repository.open(folder) is None
    assert "repair it" in str(Repository.refusal(folder))


def test_an_outer_repository_does_not_replace_a_damaged_one(folder: Path) -> None:
    commit(folder, a_py="1\n")
    inner = folder / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    shutil.rmtree(inner / ".git" / "objects")
    assert Repository.open(inner) is None
    assert Repository.refusal(inner) is not None


def test_without_git_installed_the_refusal_says_so(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from forethought.repo.git import Repository; at = Path(sys.argv[1]);"
        "print(Repository.open(at), Repository.refusal(at))"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"PATH": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, str(folder)], env=environment, capture_output=True, text=True)
    assert done.stdout.startswith("None "), done.stderr
    assert "git was not found" in done.stdout


def test_a_call_that_hangs_is_killed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = GitProcess(folder)
    hanging = tmp_path / "bin" / "git"
    hanging.parent.mkdir()
    hanging.write_text("#!/bin/sh\nsleep 30.125\n")  # its child keeps the pipe open after the shell is gone
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{hanging.parent}{os.pathsep}{os.environ['PATH']}")
    began = time.monotonic()
    with pytest.raises(GitError, match="took longer than"):
        process.call("rev-parse", seconds=0.2)
    left = [process for process in psutil.process_iter(["cmdline"]) if "30.125" in (process.info["cmdline"] or ())]
    assert psutil.wait_procs(left, timeout=10)[1] == []  # a killed process takes a moment to disappear
    assert time.monotonic() - began < 25  # on its own it would end after 30


def test_a_fifo_in_the_git_folder_does_not_block(folder: Path) -> None:
    commit(folder, a_py="1\n")
    repository = opened(folder)
    (folder / ".git" / "refs" / "heads" / "main").unlink()
    os.mkfifo(folder / ".git" / "refs" / "heads" / "main")
    assert repository.head_state().startswith("ref: refs/heads/main")


def test_in_a_git_hook_the_right_repository_is_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    commit(other, b_py="1\n")
    head = commit(folder, a_py="1\n")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    repository = opened(folder)
    assert repository.head() == head
    assert [entry.path for entry in repository.list_tracked()] == ["a.py"]


def test_the_index_and_locks_are_never_touched(folder: Path) -> None:
    first = commit(folder, a_py="1\n")
    os.utime(folder / "a.py", (1, 1))  # a plain `git status` would now refresh the index
    (folder / ".git" / "index.lock").write_text("")  # the user's own git is at work
    before = {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in (folder / ".git").rglob("*")}
    repository = opened(folder)
    repository.list_tracked(), repository.list_untracked(), repository.head(), repository.history(5)
    repository.changed_paths(first), repository.changed_paths(first, "HEAD"), repository.blame("a.py")
    assert repository.cat_files("HEAD", ["a.py"]).get("a.py") == b"1\n"
    assert {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in (folder / ".git").rglob("*")} == before


def test_commits_since_a_revision_and_before_a_time(folder: Path) -> None:
    first = commit(folder, a_py="1\n")
    second = commit(folder, a_py="2\n")
    repository = opened(folder)
    assert [repository.count_commits(since) for since in (first, second)] == [1, 0]
    assert repository.commit_before(1) is None
    assert repository.commit_before(2**40) == second
    with pytest.raises(UsageError, match="is not a commit"):
        repository.count_commits("nowhere")


def test_ignored_paths_need_not_exist(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "r", {".gitignore": "build/\n*.log\n", "kept.log.py": "", ":odd/a.py": ""})
    (root / "tracked.log").write_text("")
    git(root, "add", "-f", "tracked.log")
    repository = Repository.open(root)
    assert repository is not None
    asked = ["build/new.py", "kept.log.py", "x.log", "tracked.log", ":odd/a.py", ":odd/[b].log"]
    assert repository.ignored(asked) == {"build/new.py", "x.log", ":odd/[b].log"}
    assert repository.ignored([]) == frozenset()
