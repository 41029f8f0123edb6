"""Running git so that a hostile repository can neither run a program nor reach the network, and no lock is taken."""

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from forethought.errors import ForethoughtError

if TYPE_CHECKING:
    from git.cmd import Git

CALL_SECONDS = 30.0
"""No call may take longer; one that does is ended and counts as failed."""


class GitError(ForethoughtError):
    """Git could not do what was asked: the repository is damaged, an object is missing, or it took too long."""


class GitProcess:
    """Runs git commands in one working tree.

    Commands must leave the content of working files alone: for that git runs clean filters, which cannot be switched
    off without knowing their names. Raises GitError when git is not installed.
    """

    def __init__(self, root: Path) -> None:
        git_folder = git_folder_of(root)
        assert git_folder is not None, "the root was found by its git folder"
        self.root = root
        self.git_folder = git_folder
        self.common_folder = _common_folder_of(git_folder)
        self._git = _new_git(root)

    def read(self, *arguments: str, stdin: bytes = b"", seconds: float = CALL_SECONDS) -> bytes:
        """What the command prints. Raises GitError when it fails."""
        status, output, errors = self.call(*arguments, stdin=stdin, seconds=seconds)
        if status != 0:
            raise GitError(f"git {arguments[0]} failed in {self.root}: {last_line(errors)}; check the repository.")
        return output

    def call(self, *arguments: str, stdin: bytes = b"", seconds: float = CALL_SECONDS) -> tuple[int, bytes, str]:
        """The command's exit status, output and errors. Raises GitError when it cannot run or takes too long."""
        from git.exc import GitCommandNotFound  # see _new_git

        command = ["git", "--no-pager", *_hardening(), *arguments]
        environment = _environment(self.root, self.git_folder, self.common_folder)
        try:
            process = self._git.execute(
                command, istream=subprocess.PIPE, as_process=True, env=environment, start_new_session=True
            )
        except GitCommandNotFound as error:
            raise _git_is_missing(self.root) from error
        except OSError as error:
            raise GitError(f"git could not be run in {self.root} ({error}); check its installation.") from error
        try:
            output, errors = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # its children, too; they would keep the pipes open
            else:
                process.kill()
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()
            raise GitError(
                f"git {arguments[0]} took longer than {seconds:g} seconds in {self.root}; it was ended."
            ) from error
        return process.returncode, output, errors.decode("utf-8", "replace")


def git_folder_of(folder: Path) -> Path | None:
    """The git folder of a working tree's root (also of a worktree or submodule); None when `folder` is no such root."""
    entry = folder / ".git"
    if (entry / "HEAD").is_symlink() or (entry / "HEAD").is_file():
        return entry
    if not entry.is_file():
        return None
    text = read_text(entry)
    if not text.startswith("gitdir: "):
        return None
    git_folder = Path(os.path.normpath(folder / text.removeprefix("gitdir: ").rstrip("\r\n")))
    return git_folder if git_folder.is_dir() else None


def _common_folder_of(git_folder: Path) -> Path:
    text = read_text(git_folder / "commondir").rstrip("\r\n")
    return Path(os.path.normpath(git_folder / text)) if text else git_folder


def read_text(file: Path) -> str:
    """A small file of a git folder; empty when it cannot be read."""
    try:
        if not file.is_file():
            return ""  # a fifo would block us
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""  # absent, a folder, or just being replaced: the next poll sees the new one


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no message"


def _git_is_missing(root: Path) -> GitError:
    return GitError(f"The program git was not found, so {root} is read without its history; install git.")


def _new_git(root: Path) -> "Git":
    try:
        from git.cmd import Git  # here, because importing GitPython runs git and fails where there is none
    except ImportError as error:
        raise _git_is_missing(root) from error
    return Git(str(root))


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
        "gpg.openpgp.program": "false",
        "gpg.ssh.program": "false",
        "gpg.x509.program": "false",
        "log.showSignature": "false",
        "i18n.logOutputEncoding": "UTF-8",
        "protocol.allow": "never",
        "gc.auto": "0",
        "maintenance.auto": "false",
        "submodule.recurse": "false",
    }
    return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]


def _environment(root: Path, git_folder: Path, common_folder: Path) -> dict[str, str]:
    environment = {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",  # known to newer git, and to fixed older ones
        "GIT_ALLOW_PROTOCOL": "",  # stops lazy fetches in an older git: no transport is allowed
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_SSH_COMMAND": "false",
        "GIT_CEILING_DIRECTORIES": str(root.parent),  # never a repository further up instead of a damaged one
        "GIT_PAGER": "cat",
        "PAGER": "cat",
        "GIT_EDITOR": "false",
        "GIT_EXTERNAL_DIFF": "",
        "GIT_LITERAL_PATHSPECS": "1",
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
