"""Git, read-only, and safe in a hostile repository: no call runs a program that the repository names, fetches,
writes, or takes a lock.

Nothing here asks git to look at the *content* of working files: `status`, `diff` and `blame` of the working tree run
the repository's clean filters. Content is hashed and compared by us instead.
"""

import os
import stat
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forethought.errors import ForethoughtError

if TYPE_CHECKING:
    from git.cmd import Git

CALL_SECONDS = 60.0
"""No call may take longer; one that does is ended and counts as failed."""

LARGEST_COMPARED = 1_000_000
"""Working files above this size, in bytes, are never read: `files.discover` leaves them out as well."""


class GitError(ForethoughtError):
    """Git could not do what was asked: the repository is damaged, an object is missing, or it took too long."""


@dataclass(frozen=True, slots=True)
class TrackedFile:
    """One entry of the index. `mode` is git's, such as 0o100644; `present` is False for a sparse checkout's absentee."""

    path: str
    mode: int
    blob: str
    present: bool

    @property
    def is_submodule(self) -> bool:
        return stat.S_IFMT(self.mode) == 0o160000


class Repository:
    """One working tree and its history. Paths are POSIX, relative to `root`; undecodable bytes by surrogateescape."""

    def __init__(self, root: Path, git_folder: Path, common_folder: Path, git: "Git") -> None:
        self.root = root
        self.git_folder = git_folder
        self.common_folder = common_folder
        self._git = git
        self._packed_refs: tuple[tuple[int, int, int], bytes] | None = None

    @classmethod
    def open(cls, path: Path) -> "Repository | None":
        """The repository whose working tree holds `path`; None when there is none that git agrees to read.

        `refusal` says why a repository that is there cannot be used.
        """
        opened = _open(path)
        return opened if isinstance(opened, Repository) else None

    @classmethod
    def refusal(cls, path: Path) -> str | None:
        """One sentence that says why the repository around `path` cannot be used; None when it can, or there is none."""
        opened = _open(path)
        return opened if isinstance(opened, str) else None

    def __enter__(self) -> "Repository":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End whatever still runs. The repository must not be used afterwards."""
        self._git.clear_cache()

    def head(self) -> str | None:
        """The id of the current commit; None before the first one."""
        status, output, _ = self._call("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return output.decode().strip() if status == 0 else None

    def head_state(self) -> str:
        """What HEAD says and which commit that is, read from files only: cheap enough to poll each second.

        Changes with each commit, amend, merge, rebase, switch and pull. Never raises; an unreadable part reads as "".
        """
        state = _read_text(self.git_folder / "HEAD")
        target = state
        for _ in range(5):  # a symbolic ref may name another; git itself allows five
            if not target.startswith("ref: "):
                break
            target = self._read_ref(target.removeprefix("ref: ").strip())
        return f"{state.strip()} {target.strip()}"

    def list_tracked(self, within: str = "") -> list[TrackedFile]:
        """The index's entries, sorted by path, each path once (of a conflict, the first stage)."""
        output = self._read("ls-files", "-z", "--cached", "--stage", "-t", "--", *_pathspec(within))
        entries: dict[str, TrackedFile] = {}
        for record in _records(output):
            header, _, name = record.partition(b"\t")
            tag, mode, blob, _stage = header.decode("ascii").split(" ")
            path = os.fsdecode(name)
            entries.setdefault(path, TrackedFile(path, int(mode, 8), blob, present=tag != "S"))
        return list(entries.values())

    def list_untracked(self, within: str = "", ignored: bool = False) -> list[str]:
        """Untracked files that git does not ignore; with `ignored`, those that it does."""
        which = ("--others", "--ignored", "--exclude-standard") if ignored else ("--others", "--exclude-standard")
        paths = (
            os.fsdecode(record) for record in _records(self._read("ls-files", "-z", *which, "--", *_pathspec(within)))
        )
        return [path for path in paths if not path.endswith("/")]  # a nested repository is listed as a folder

    def submodule(self, path: str) -> "Repository | None":
        """The checked-out submodule at `path`; None when it is not checked out."""
        opened = _open(self.root / path)
        return opened if isinstance(opened, Repository) and opened.root == self.root / path else None

    def _read_ref(self, name: str) -> str:
        if name.startswith("/") or ".." in name:
            return ""
        for folder in (self.git_folder, self.common_folder):
            if text := _read_text(folder / name):
                return text
        if text := _read_text(self.common_folder / "reftable" / "tables.list"):
            return text
        return self._read_packed_ref(name)

    def _read_packed_ref(self, name: str) -> str:
        file = self.common_folder / "packed-refs"
        try:
            status = file.stat()
            identity = (status.st_ino, status.st_mtime_ns, status.st_size)
            if self._packed_refs is None or self._packed_refs[0] != identity:
                self._packed_refs = (identity, file.read_bytes())
        except OSError:
            return ""  # no packed refs: the branch is unborn
        content = self._packed_refs[1]
        end = content.find(b" " + os.fsencode(name) + b"\n")
        return content[content.rfind(b"\n", 0, end) + 1 : end].decode("ascii", "replace") if end >= 0 else ""

    def _read(self, *arguments: str, stdin: bytes = b"", seconds: float = CALL_SECONDS) -> bytes:
        status, output, errors = self._call(*arguments, stdin=stdin, seconds=seconds)
        if status != 0:
            raise GitError(f"git {arguments[0]} failed in {self.root}: {_last_line(errors)}; check the repository.")
        return output

    def _call(self, *arguments: str, stdin: bytes = b"", seconds: float = CALL_SECONDS) -> tuple[int, bytes, str]:
        return _call(self._git, self.root, self.git_folder, self.common_folder, arguments, stdin, seconds)


def find_git_root(path: Path) -> Path | None:
    """The nearest folder at or above `path` that has a `.git`, as git itself would find it. No program is run."""
    for folder in (path, *path.parents):
        if _git_folder_of(folder) is not None:
            return folder
    return None


def is_bare_repository(path: Path) -> bool:
    """Whether `path` is itself a git folder, without files to read."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _open(path: Path) -> "Repository | str | None":
    """The repository; a sentence why it cannot be used; or None when there is none."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow a symlink out of the repository
    root = find_git_root(path)
    if root is None:
        return (
            "This is a bare git repository, which has no files to read; clone it." if is_bare_repository(path) else None
        )
    git_folder = _git_folder_of(root)
    assert git_folder is not None
    common_folder = _common_folder_of(git_folder)
    try:
        from git.cmd import Git  # here, because importing GitPython runs git and fails where there is none
    except ImportError:
        return "The folder is a git repository, but the program git was not found; install git to follow its history."
    git = Git(str(root))
    try:
        status, _, errors = _call(git, root, git_folder, common_folder, ("rev-parse", "--git-dir"), b"", CALL_SECONDS)
    except GitError as error:
        return str(error)
    if status == 0:
        return Repository(root, git_folder, common_folder, git)
    if "safe.directory" in errors:
        return (
            f"git does not trust {root}, because another user owns it; run "
            f"`git config --global --add safe.directory {root}` if you do."
        )
    return f"git cannot read the repository {root} ({_last_line(errors)}); mend or clone it again."


def _call(
    git: "Git",
    root: Path,
    git_folder: Path,
    common_folder: Path,
    arguments: Sequence[str],
    stdin: bytes,
    seconds: float,
) -> tuple[int, bytes, str]:
    """Run one git command with everything switched off that could run another program. Status, output, errors."""
    from git.exc import GitCommandNotFound

    command = ["git", *_hardening(), *arguments]
    environment = _environment(root, git_folder, common_folder)
    try:
        process = git.execute(command, istream=subprocess.PIPE, as_process=True, env=environment)
    except (GitCommandNotFound, OSError) as error:
        raise GitError(f"git could not be run in {root} ({error}); check that git is installed.") from error
    try:
        output, errors = process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise GitError(f"git {arguments[0]} in {root} took longer than {seconds:g} seconds and was ended.") from error
    return process.returncode, output, errors.decode("utf-8", "replace")


def _hardening() -> list[str]:
    """Options that win over the repository's own config, each of which could otherwise run a program or the network."""
    settings = {
        "core.fsmonitor": "false",
        "core.hooksPath": os.devnull,
        "core.pager": "cat",
        "core.sshCommand": "false",
        "core.gitProxy": "false",
        "core.askPass": "",
        "core.editor": "false",
        "core.alternateRefsCommand": "false",
        "core.untrackedCache": "false",  # it would have to be written
        "core.quotePath": "false",
        "credential.helper": "",
        "diff.external": "",
        "gpg.program": "false",
        "gpg.ssh.program": "false",
        "gpg.x509.program": "false",
        "log.showSignature": "false",
        "protocol.allow": "never",
        "gc.auto": "0",
        "maintenance.auto": "false",
        "submodule.recurse": "false",
    }
    return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]


def _environment(root: Path, git_folder: Path, common_folder: Path) -> dict[str, str]:
    environment = {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",  # known from git 2.44 on
        "GIT_ALLOW_PROTOCOL": "",  # stops lazy fetches in an older git: no transport is allowed
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_SSH_COMMAND": "false",
        "GIT_PAGER": "cat",
        "PAGER": "cat",
        "GIT_EDITOR": "false",
        "GIT_EXTERNAL_DIFF": "",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_WORK_TREE": str(root),  # a repository's core.worktree could point anywhere
    }
    # Inside a git hook these name the repository of the hook, which need not be this one.
    own = {
        "GIT_DIR": git_folder,
        "GIT_COMMON_DIR": common_folder,
        "GIT_INDEX_FILE": git_folder / "index",
        "GIT_OBJECT_DIRECTORY": common_folder / "objects",
    }
    return environment | {name: str(value) for name, value in own.items() if name in os.environ}


def _git_folder_of(folder: Path) -> Path | None:
    entry = folder / ".git"
    if (entry / "HEAD").is_symlink() or (entry / "HEAD").is_file():
        return entry
    if not entry.is_file():
        return None
    text = _read_text(entry)
    if not text.startswith("gitdir: "):
        return None
    git_folder = Path(os.path.normpath(folder / text.removeprefix("gitdir: ").rstrip("\r\n")))
    return git_folder if git_folder.is_dir() else None


def _common_folder_of(git_folder: Path) -> Path:
    text = _read_text(git_folder / "commondir").rstrip("\r\n")
    return Path(os.path.normpath(git_folder / text)) if text else git_folder


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""  # absent, a folder, or just being replaced: the next poll sees the new one


def _records(output: bytes) -> Iterator[bytes]:
    return (record for record in output.split(b"\0") if record)


def _pathspec(within: str) -> tuple[str, ...]:
    return (within,) if within else ()


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no message"
