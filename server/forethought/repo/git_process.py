"""Runs git so that a hostile repository can neither run programs nor reach the network, and no lock is taken.

Git runs through GitPython's `Git.execute`, and not through its dynamic methods (`Git.log(…)`), which pass neither
`start_new_session` nor other options on to `Popen`. `Repo` is not used at all: it reads the repository's config, which
may include any file.
"""

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from forethought.errors import ForethoughtError

if TYPE_CHECKING:
    from git.cmd import Git

CALL_SECONDS = 30.0
"""A call that takes longer is killed and counts as failed."""


class GitError(ForethoughtError):
    """A git command failed: the repository is damaged, an object is missing, or it took too long."""


class GitProcess:
    """Runs git commands in one working tree. Raises GitError if git is not installed.

    Commands must not look at the content of working files: for that, git runs clean filters, which can only be switched
    off by name.
    """

    def __init__(self, root: Path) -> None:
        git_folder = git_folder_of(root)
        assert git_folder is not None, "the root was found by its git folder"
        self.root = root
        self.git_folder = git_folder
        self.common_folder = _common_folder_of(git_folder)
        self._git = _new_git(root)
        self._git.update_environment(**_environment(root, git_folder, self.common_folder))

    def read(self, *arguments: str, stdin: bytes = b"", seconds: float = CALL_SECONDS) -> bytes:
        """The command's output. Raises GitError if it fails."""
        status, output, errors = self.call(*arguments, stdin=stdin, seconds=seconds)
        if status != 0:
            raise GitError(f"git {arguments[0]} failed in {self.root}: {last_line(errors)}; check the repository.")
        return output

    def call(
        self, *arguments: str, stdin: bytes = b"", seconds: float = CALL_SECONDS, literal: bool = True
    ) -> tuple[int, bytes, str]:
        """(exit status, output, error output) of the command. Raises GitError if it cannot run or takes too long.

        literal: take paths literally; False for the commands that refuse to
        """
        from git.exc import GitCommandNotFound  # see _new_git

        command = ["git", "--no-pager", *_SAFE_CONFIG, *arguments]
        try:
            # As a process of its own session, because `kill_after_timeout` kills no children that start meanwhile, and
            # nothing at all on Windows.
            process = self._git.execute(
                command,
                istream=subprocess.PIPE,
                as_process=True,
                shell=False,
                start_new_session=True,
                env=None if literal else {"GIT_LITERAL_PATHSPECS": "0"},
            )
        except GitCommandNotFound as error:
            raise _git_is_missing(self.root) from error
        except OSError as error:
            raise GitError(f"git could not be run in {self.root} ({error}); check its installation.") from error
        try:
            output, errors = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # with its children, which would keep the pipes open
            else:
                process.kill()
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()
            raise GitError(
                f"git {arguments[0]} took longer than {seconds:g} seconds in {self.root} and was stopped."
            ) from error
        return process.returncode, output, errors.decode("utf-8", "replace")


def git_folder_of(folder: Path) -> Path | None:
    """The git folder of a working tree, worktree or submodule; None if `folder` is not the root of one."""
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
    """The text of a small file in a git folder; empty if it cannot be read."""
    try:
        if not file.is_file():
            return ""  # reading a FIFO would block
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""  # absent, or just being replaced: the next poll reads the new one


def last_line(text: str) -> str:
    """The last line of git's error output, which says what failed."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no message"


def _git_is_missing(root: Path) -> GitError:
    return GitError(f"The program git was not found, so {root} is read without its history; install git.")


def _new_git(root: Path) -> "Git":
    try:
        from git.cmd import Git  # not at the top: importing GitPython runs git, and fails if there is none
    except ImportError as error:
        raise _git_is_missing(root) from error
    return Git(str(root))


_SAFE_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.sshCommand": "false",
    "core.gitProxy": "false",
    "core.askPass": "",
    "core.editor": "false",
    "core.alternateRefsCommand": "false",
    "core.untrackedCache": "false",  # it would be written
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
_SAFE_CONFIG = [option for key, value in _SAFE_SETTINGS.items() for option in ("-c", f"{key}={value}")]
"""These override the repository's own config, which could otherwise run a program or reach the network."""


def _environment(root: Path, git_folder: Path, common_folder: Path) -> dict[str, str]:
    environment = {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",  # since git 2.45, and backported to older releases
        "GIT_ALLOW_PROTOCOL": "",  # for older git: a lazy fetch finds no transport allowed
        "GIT_PROTOCOL_FROM_USER": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_SSH_COMMAND": "false",
        "GIT_CEILING_DIRECTORIES": str(root.parent),  # if this repository is damaged, do not use one further up
        "GIT_PAGER": "cat",
        "PAGER": "cat",
        "GIT_EDITOR": "false",
        "GIT_EXTERNAL_DIFF": "",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_WORK_TREE": str(root),  # overrides core.worktree, which could be any folder
    }
    # In a git hook these are set for the hook's repository, which may be another one.
    repository = {
        "GIT_DIR": git_folder,
        "GIT_COMMON_DIR": common_folder,
        "GIT_INDEX_FILE": git_folder / "index",
        "GIT_OBJECT_DIRECTORY": common_folder / "objects",
    }
    return environment | {name: str(value) for name, value in repository.items() if name in os.environ}
