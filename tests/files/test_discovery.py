"""Which files are found, which are skipped, and why."""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from forethought.errors import RootError
from forethought.repo.discovery import MAX_SOURCE_BYTES, Discovery, UnreadableSource, discover, find_root, read_source
from forethought.repo.git import Repository

LANGUAGES = {"py": "python", "js": "javascript", "go": "go", "css": "css"}


def detect(path: str, head: bytes) -> str | None:
    return "bash" if head.startswith(b"#!/bin/sh") else LANGUAGES.get(path.rpartition(".")[2])


@pytest.fixture(autouse=True)
def quiet_git(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    config = tmp_path_factory.mktemp("config") / "gitconfig"
    config.write_text(
        '[user]\nname = A\nemail = a@example.org\n[init]\ndefaultBranch = main\n[protocol "file"]\nallow = always\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def git(folder: Path, *arguments: str | bytes) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    return os.fsdecode(done.stdout).strip()


def write(root: Path, path: str, content: str | bytes = "x = 1\n") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.fixture(params=["git", "no git"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder, with git and without: every rule holds for both."""
    folder = tmp_path / "root"
    folder.mkdir()
    if request.param == "git":
        git(folder, "init", "-q")
    return folder


def found(root: Path, **options: object) -> Discovery:
    return discover(root, detect, Repository.open(root), **options)  # type: ignore[arg-type]


def paths(root: Path, **options: object) -> list[str]:
    return [file.path for file in found(root, **options).files]


def test_files_carry_size_time_and_language(root: Path) -> None:
    file = write(root, "a.py", "x = 1\n")
    os.utime(file, ns=(1_000_000_007, 1_000_000_007))
    (source,) = found(root).files
    assert (source.path, source.size, source.modified_ns, source.language) == ("a.py", 6, 1_000_000_007, "python")


def test_untracked_files_belong_to_the_root_and_ignored_ones_do_not(root: Path) -> None:
    write(root, ".gitignore", "build/\n*.gen.py\n!keep.gen.py\n")
    write(root, "sub/.gitignore", "/local.py\n!wanted.gen.py\n")
    for path in (
        "a.py",
        "build/b.py",
        "c.gen.py",
        "keep.gen.py",
        "sub/local.py",
        "sub/x/local.py",
        "sub/wanted.gen.py",
    ):
        write(root, path)
    assert paths(root) == ["a.py", "keep.gen.py", "sub/wanted.gen.py", "sub/x/local.py"]
    assert not any("build" in path or "c.gen" in path for path in found(root).skipped)


def test_a_rule_in_an_ignored_folder_re_includes_nothing(root: Path) -> None:
    write(root, ".gitignore", "build/\n")
    write(root, "build/.gitignore", "!a.py\n")
    write(root, "build/a.py")
    assert paths(root) == []


def test_the_forethoughtignore_file_ignores_and_re_includes(root: Path) -> None:
    write(root, ".gitignore", "vendored/\n")
    write(root, ".forethoughtignore", "docs/\n!vendored/wanted.py\n")
    write(root, "lib/.forethoughtignore", "*.py\n!kept.py\n")
    for path in ("docs/conf.py", "vendored/wanted.py", "vendored/other.py", "lib/a.py", "lib/kept.py"):
        write(root, path)
    assert paths(root) == ["lib/kept.py", "vendored/wanted.py"]
    reasons = found(root).skipped
    assert reasons["docs/conf.py"] == reasons["lib/a.py"] == "ignored by .forethoughtignore"
    assert "vendored/other.py" not in reasons


def test_excluded_globs(root: Path) -> None:
    write(root, "a.py")
    write(root, "tests/deep/test_a.py")
    assert paths(root, exclude=["test_*.py"]) == ["a.py"]
    assert found(root, exclude=["tests/**"]).skipped == {"tests/deep/test_a.py": "excluded"}


def test_invalid_and_hostile_patterns_match_nothing_quickly(root: Path) -> None:
    write(root, "a" * 200 + ".py")
    write(root, ".forethoughtignore", "!\n\\\n*a*a*a*a*a*a*a*a*b\n**/a/**/a/**/a/**/a/**/a/**/b\n")
    began = time.monotonic()
    assert paths(root, exclude=["!", "*a*a*a*a*a*a*a*b"]) == ["a" * 200 + ".py"]
    assert time.monotonic() - began < 60  # otherwise hours


def test_within_limits_to_a_folder_or_a_file(root: Path) -> None:
    for path in ("a.py", "src/b.py", "src/deep/c.py", "src2/d.py", ".hidden/e.py"):
        write(root, path)
    write(root, ".gitignore", "deep/\n")
    assert paths(root, within="src") == ["src/b.py"]
    assert paths(root, within="./src/") == ["src/b.py"]
    assert paths(root, within="src/b.py") == ["src/b.py"]
    assert paths(root, within=".hidden") == [".hidden/e.py"]
    assert paths(root, within="missing") == []
    assert paths(root, within=".") == paths(root)


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("image.py", b"\x89PNG\0\0", "binary"),
        ("utf16.py", "x = 1".encode("utf-16"), "binary"),
        ("a_pb2.py", "x = 1\n", "generated"),
        ("api.pb.go", "package a\n", "generated"),
        ("package-lock.json", "{}", "generated"),
        ("Cargo.lock", "", "generated"),
        ("mock.go", "// Code generated by MockGen. DO NOT EDIT.\npackage a\n", "generated"),
        (
            "stub.py",
            "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Automatically generated, do not modify\n",
            "generated",
        ),
        ("marked.js", "/**\n * @generated SignedSource<<x>>\n */\n", "generated"),
        ("jquery.min.js", "x", "minified"),
        ("bundle.js", "var a=1;" * 2000, "minified"),
        ("licensed.js", "/* MIT\n * a\n */\n" + "var a=1;" * 2000, "minified"),
        (".env", "A=1", "secret"),
        (".env.local", "A=1", "secret"),
        ("certs/server.pem", "x", "secret"),
        ("data.xyz", "text", "unknown language"),
        ("model.py", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "lfs pointer"),
        ("big.py", b"x = 1\n" * 200_000, "too large"),
    ],
)
def test_every_reason_to_skip_a_file(root: Path, path: str, content: str | bytes, reason: str) -> None:
    write(root, path, content)
    assert found(root).skipped == {path: reason}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("long.py", "x = [" + "1, " * 33_334 + "]\ndef f(): pass\n"),
        ("crlf.py", "x = 1\r\n"),
        ("bom.py", b"\xef\xbb\xbfx = 1\n"),
        ("latin.py", b"# caf\xe9\n"),
        ("empty.py", ""),
        ("speaks.py", 'MARK = "@generated"  # files with `@generated` or "Code generated" are left out\n'),
        ("script", "#!/bin/sh\n"),
        ("wide.js", "x\n" * 10 + "a" * 300),
        ("secrets.py", "import os\n"),
        ("environment.py", ""),
    ],
)
def test_ordinary_files_are_found(root: Path, path: str, content: str | bytes) -> None:
    written = write(root, path, content).read_bytes()
    assert paths(root) == [path]
    assert read_source(root, path) == written


@pytest.mark.parametrize(
    "name", ["with space.py", "new\nline.py", "-rf.py", "--help.py", "naïve.py", ":(top)x.py", "[a]*.py", "\\back.py"]
)
def test_any_name(root: Path, name: str) -> None:
    write(root, f"dir/{name}")
    assert paths(root) == [f"dir/{name}"]
    assert paths(root, within=f"dir/{name}") == [f"dir/{name}"]
    assert read_source(root, f"dir/{name}") == b"x = 1\n"


def test_undecodable_names(root: Path) -> None:
    try:
        (root / os.fsdecode(b"caf\xe9.py")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system accepts only Unicode names")
    (path,) = paths(root)
    assert os.fsencode(path) == b"caf\xe9.py"
    assert read_source(root, path) == b"x"
    (root / path).chmod(0)
    assert "caf" in str(UnreadableSource(path, "unreadable"))


def test_fifos_sockets_and_symlinks_are_never_opened(root: Path, tmp_path: Path) -> None:
    os.mkfifo(root / "fifo.py")
    outside = write(tmp_path, "outside.py")
    write(root, "real/a.py")
    (root / "out.py").symlink_to(outside)
    (root / "dangling.py").symlink_to("nowhere.py")
    (root / "loop.py").symlink_to("loop.py")
    (root / "linked").symlink_to("real")
    (root / "real" / "up").symlink_to("..")
    (root / "alias.py").symlink_to("real/a.py")
    with socket.socket(socket.AF_UNIX) as endpoint:
        here = Path.cwd()
        os.chdir(root)  # a socket's path must be short
        try:
            endpoint.bind("socket.py")
        finally:
            os.chdir(here)
        discovery = found(root)
    assert [file.path for file in discovery.files] == ["real/a.py"]
    # git does not list fifos and sockets that are not tracked
    assert {discovery.skipped.get(path, "not a regular file") for path in ("fifo.py", "socket.py")} == {
        "not a regular file"
    }
    links = ("out.py", "dangling.py", "loop.py", "linked", "real/up", "alias.py")
    assert {discovery.skipped[path] for path in links} == {"symlink"}


def test_read_source_never_blocks_and_never_leaves_the_root(root: Path, tmp_path: Path) -> None:
    os.mkfifo(root / "fifo.py")
    write(tmp_path, "outside.py")
    write(root, "a.py", "inside")
    write(root, ".env", "TOKEN=1")
    write(root, "big.py", b"x" * (MAX_SOURCE_BYTES + 1))
    (root / "alias.py").symlink_to("a.py")
    (root / "out.py").symlink_to(tmp_path / "outside.py")
    (root / "outdir").symlink_to(tmp_path)
    (root / "disguise.py").symlink_to(".env")
    reasons = {
        "fifo.py": "not a regular file",
        "missing.py": "missing",
        "a.py/b.py": "missing",
        "out.py": "symlink",
        "outdir/outside.py": "symlink",
        "disguise.py": "secret",
        ".env": "secret",
        "big.py": "too large",
        "../outside.py": "outside the root",
        "x/../../outside.py": "outside the root",
        str(tmp_path / "outside.py"): "outside the root",
        "nul\0.py": "unreadable",
        "": "outside the root",
    }
    for path, reason in reasons.items():
        with pytest.raises(UnreadableSource) as caught:
            read_source(root, path)
        assert (path, caught.value.reason) == (path, reason)
    assert read_source(root, "alias.py") == b"inside"


def test_a_tracked_fifo_is_not_opened(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, "a.py")
    git(tmp_path, "add", ".")
    (tmp_path / "a.py").unlink()
    os.mkfifo(tmp_path / "a.py")
    assert found(tmp_path).skipped == {"a.py": "not a regular file"}


def test_a_tracked_folder_that_became_a_symlink_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "dir/a.py")
    write(tmp_path, "elsewhere/a.py", "not ours")
    git(root, "init", "-q")
    git(root, "add", ".")
    (root / "dir" / "a.py").unlink()
    (root / "dir").rmdir()
    (root / "dir").symlink_to(tmp_path / "elsewhere")
    assert paths(root) == []


def test_unreadable_files_are_counted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "a.py")
    really_open = os.open

    def refuse(path: object, *rest: int) -> int:
        if str(path).endswith("a.py"):
            raise PermissionError(13, "Permission denied")
        return really_open(path, *rest)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(os, "open", refuse)  # the tests may run as root, who may read everything
    assert found(root).skipped == {"a.py": "unreadable"}


def test_a_file_deleted_meanwhile_is_no_error(root: Path) -> None:
    write(root, "a.py")
    write(root, "b.py")

    def remove_the_next(path: str, head: bytes) -> str | None:
        (root / "b.py").unlink(missing_ok=True)
        return detect(path, head)

    discovery = discover(root, remove_the_next, Repository.open(root))
    assert [file.path for file in discovery.files] == ["a.py"]
    assert discovery.skipped == {}


def test_a_file_that_is_known_is_not_opened(root: Path) -> None:
    write(root, "a.py")

    def refuse(path: str, head: bytes) -> str | None:
        raise AssertionError("it was opened")

    discovery = discover(root, refuse, Repository.open(root), known=lambda path, size, modified_ns: "python")
    assert [file.language for file in discovery.files] == ["python"]


def test_a_huge_file_is_not_read(root: Path) -> None:
    with (root / "huge.py").open("wb") as file:
        file.truncate(50_000_000_000)  # sparse: it takes no space, but reading it would take minutes
    began = time.monotonic()
    assert found(root).skipped == {"huge.py": "too large"}
    assert time.monotonic() - began < 60  # otherwise hours


def test_deleted_files_are_not_listed_but_staged_ones_are(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in ("gone.py", "kept.py"):
        write(tmp_path, name)
    git(tmp_path, "add", ".")
    (tmp_path / "gone.py").unlink()
    assert paths(tmp_path) == ["kept.py"]
    assert found(tmp_path).skipped == {}


def test_tracked_files_stay_even_if_ignored(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, "kept.py")
    git(tmp_path, "add", ".")
    write(tmp_path, ".gitignore", "*.py\n")
    assert paths(tmp_path) == ["kept.py"]


def test_conflicted_files_are_listed_once(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, "a.py", "1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "switch", "-qc", "other")
    write(tmp_path, "a.py", "2\n")
    git(tmp_path, "commit", "-qam", "two")
    git(tmp_path, "switch", "-q", "main")
    write(tmp_path, "a.py", "3\n")
    git(tmp_path, "commit", "-qam", "three")
    subprocess.run(["git", "merge", "other"], cwd=tmp_path, capture_output=True)
    assert "UU" in git(tmp_path, "status", "--porcelain")
    assert paths(tmp_path) == ["a.py"]


def test_a_submodule_lists_its_files_by_its_own_rules(tmp_path: Path) -> None:
    library, root = tmp_path / "library", tmp_path / "root"
    for folder in (library, root):
        write(folder, "a.py")
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "one")
    git(root, "submodule", "add", "-q", str(library), "lib/sub")
    write(root, ".gitignore", "new.py\n")
    write(root, "lib/sub/new.py")
    write(root, "lib/sub/.gitignore", "b.py\n")
    write(root, "lib/sub/b.py")
    assert paths(root) == ["a.py", "lib/sub/a.py", "lib/sub/new.py"]
    assert paths(root, within="lib/sub") == paths(root, within="lib") == ["lib/sub/a.py", "lib/sub/new.py"]
    assert find_root(root / "lib" / "sub") == root / "lib" / "sub"
    git(root, "submodule", "deinit", "-f", "lib/sub")
    assert paths(root) == ["a.py"]


def test_a_sparse_checkout_lists_what_is_there(tmp_path: Path) -> None:
    write(tmp_path, "in/a.py")
    write(tmp_path, "out/b.py")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "sparse-checkout", "set", "in")
    assert paths(tmp_path) == ["in/a.py"]
    assert found(tmp_path).skipped == {}


def test_paths_are_relative_to_a_root_inside_the_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, ".gitignore", "no.py\n")
    for path in ("a.py", "sub/b.py", "sub/no.py", "sub/deep/c.py"):
        write(tmp_path, path)
    discovery = discover(tmp_path / "sub", detect, Repository.open(tmp_path / "sub"))
    assert [file.path for file in discovery.files] == ["b.py", "deep/c.py"]


def test_folders_of_tools_are_never_entered_without_git(tmp_path: Path) -> None:
    for folder in (".venv/lib", "node_modules/x", "src/__pycache__", ".git-like", "src"):
        write(tmp_path, f"{folder}/a.py")
    assert paths(tmp_path) == [".git-like/a.py", "src/a.py"]


def test_the_number_of_git_processes_does_not_grow_with_the_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    real = subprocess.Popen

    def start(*words: Any, **more: Any) -> Any:
        started.append(words)
        return real(*words, **more)

    monkeypatch.setattr(subprocess, "Popen", start)

    def processes() -> int:
        started.clear()
        discover(root, detect, Repository.open(root))
        return len(started)

    write(root, "a.py")
    few = processes()
    for number in range(400):
        write(root, f"package{number % 40}/module{number}.py")
    assert processes() <= few


def test_the_root_is_the_nearest_repository_else_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "repository/deep/a.py")
    write(tmp_path, "plain/deep/a.py")
    git(tmp_path / "repository", "init", "-q")
    assert find_root(tmp_path / "repository" / "deep") == tmp_path / "repository"
    assert find_root(tmp_path / "plain" / "deep") == tmp_path / "plain" / "deep"
    (tmp_path / "link").symlink_to(tmp_path / "repository")
    assert find_root(tmp_path / "link") == tmp_path / "repository"


def test_folders_that_cannot_be_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "a.py")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    (tmp_path / "loop").symlink_to("loop")
    for path, word in {
        tmp_path / "missing": "does not exist",
        file: "not a folder",
        home: "home folder",
        Path("/"): "whole file system",
        tmp_path / "bare.git": "bare git repository",
        tmp_path / "loop": "cannot be reached",
    }.items():
        with pytest.raises(RootError, match=word) as caught:
            find_root(path)
        assert "\n" not in str(caught.value)
    assert find_root(home, asked=True) == home


def test_a_home_folder_in_git_is_not_the_root_of_what_is_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    git(tmp_path, "init", "-q")
    write(tmp_path, "notes/deep/a.py")
    assert find_root(tmp_path / "notes") == tmp_path / "notes"
    assert find_root(tmp_path / "notes", asked=True) == tmp_path
    with pytest.raises(RootError):
        find_root(tmp_path)


def test_nothing_is_found_within_a_symlink_out_of_the_root(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write(other, "a.py")
    git(other, "init", "-q")
    (root / "link").symlink_to(other)
    assert paths(root, within="link") == []
