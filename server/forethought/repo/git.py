"""Git, read-only, and safe in a hostile repository: no call runs a program that the repository names, fetches,
writes, or takes a lock.

Nothing here asks git to look at the *content* of working files: `status`, `diff` and `blame` of the working tree run
the repository's clean filters. Content is hashed and compared by us instead.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forethought.errors import UsageError
from forethought.repo.blame import LastChange as LastChange
from forethought.repo.blame import LineChanges, carry_over, parse_blame
from forethought.repo.git_process import GitError as GitError
from forethought.repo.git_process import GitProcess, git_folder_of, last_line, read_text

MAX_READ_BYTES = 1_000_000
"""Larger files, in bytes, are never read here: they are not taken for source code anyway."""

BLAME_SECONDS = 10.0
"""The history of lines is nice to have, so it may take less time than other calls."""


@dataclass(frozen=True, slots=True)
class TrackedFile:
    """One entry of the index. `mode` is git's, such as 0o100644; a sparse checkout leaves out what is not `present`."""

    path: str
    mode: int
    blob: str
    present: bool

    @property
    def is_submodule(self) -> bool:
        return self.mode == _SUBMODULE


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the history as the branch saw it: a merge brings in everything at its own time."""

    commit: str
    time: int
    """Seconds since the epoch, the committer's clock."""
    paths: tuple[str, ...]
    """What it changed against its first parent. Empty at the edge of a shallow clone, where nobody knows."""


class Repository:
    """One working tree and its history. Paths are POSIX, relative to `root`; undecodable bytes by surrogateescape."""

    def __init__(self, process: GitProcess) -> None:
        self.root = process.root
        self.git_folder = process.git_folder
        self.common_folder = process.common_folder
        self._git = process
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
        """One sentence why the repository around `path` cannot be used; None when it can, or there is none."""
        opened = _open(path)
        return opened if isinstance(opened, str) else None

    def close(self) -> None:
        """Forget what was read. No process outlives the call that started it."""
        self._packed_refs = None

    def head(self) -> str | None:
        """The id of the current commit; None before the first one."""
        status, output, _ = self._git.call("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return output.decode().strip() if status == 0 else None

    def head_state(self) -> str:
        """What HEAD says and which commit that is, read from files only: cheap enough to poll each second.

        Changes with each commit, amend, merge, rebase, switch and pull. Never raises; an unreadable part reads as "".
        """
        state = read_text(self.git_folder / "HEAD")
        target = state
        for _ in range(5):  # a symbolic ref may name another; git itself allows five
            if not target.startswith("ref: "):
                break
            target = self._read_ref(target.removeprefix("ref: ").strip())
        return f"{state.strip()} {target.strip()}"

    def list_tracked(self, within: str = "") -> list[TrackedFile]:
        """The index's entries, sorted by path, each path once (of a conflict, the first stage)."""
        output = self._git.read("ls-files", "-z", "--cached", "--stage", "-t", "--", *_pathspec(within))
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
            os.fsdecode(record)
            for record in _records(self._git.read("ls-files", "-z", *which, "--", *_pathspec(within)))
        )
        return [path for path in paths if not path.endswith("/")]  # a nested repository is listed as a folder

    def submodule(self, path: str) -> "Repository | None":
        """The checked-out submodule at `path`; None when it is not checked out."""
        opened = _open(self.root / path)
        return opened if isinstance(opened, Repository) and opened.root == self.root / path else None

    def changed_paths(self, since: str, until: str | None = None) -> frozenset[str]:
        """Every path that differs between two commits, or between a commit and the working tree.

        A rename gives both paths; changes of a checked-out submodule give its files. In the working tree, untracked
        files count unless ignored, and files above LARGEST_READ bytes do not. Raises UsageError for an unknown commit.
        """
        start = self.resolve(since)
        if until is None:
            return frozenset(self._changed_in_working_tree(start))
        return frozenset(self._changed_between(start, self.resolve(until)))

    def recent_paths(self, commits: int) -> list[str]:
        """The paths that the last commits changed, the newest change first, each path once."""
        return list(dict.fromkeys(path for commit in self.history(commits) for path in commit.paths))

    def history(self, limit: int) -> list[Commit]:
        """The last commits of the current branch along first parents, newest first."""
        if limit <= 0 or self.head() is None:
            return []
        output = self._git.read(
            "log", "-z", f"--max-count={limit}", "--first-parent", "--diff-merges=first-parent", "--no-renames",
            "--no-ext-diff", "--no-textconv", "--name-only", "--format=tformat:%x01%H %ct", "HEAD", "--",
        )  # fmt: skip
        shallow = set(read_text(self.common_folder / "shallow").split())
        found: list[tuple[str, int, list[str]]] = []
        for record in _records(output):
            if header := _COMMIT_HEADER.fullmatch(record):
                found.append((header[1].decode(), int(header[2]), []))
            elif found[-1][0] not in shallow:
                found[-1][2].append(os.fsdecode(record.removeprefix(b"\n")))
        return [Commit(commit, time, tuple(paths)) for commit, time, paths in found]

    def last_changes(self, path: str, content: bytes | None = None) -> LineChanges:
        """Which commit last changed each row of `path`. `content` is what its rows are now; by default, the disk's.

        Empty for a file that is new, too large, or whose history is missing (partial clone) or takes too long: a
        missing history is no error. Rows that differ from the last commit are None, and so are those whose history
        a shallow clone has cut off.
        """
        current = _read_working_file(self.root / path, MAX_READ_BYTES) if content is None else content
        if current is None or len(current) > MAX_READ_BYTES:
            return LineChanges()
        try:
            output = self._git.read(
                "-c", "blame.ignoreRevsFile=", "blame", "--porcelain", "--root", "--no-textconv", "--no-ext-diff",
                "HEAD", "--", path, seconds=BLAME_SECONDS,
            )  # fmt: skip
        except GitError:
            return LineChanges()
        committed, commits, known = parse_blame(output)
        unknown = set(read_text(self.common_folder / "shallow").split())
        oldest_first = sorted(known, key=lambda commit: known[commit][0])
        numbers = {commit: number for number, commit in enumerate(oldest_first)}
        row_numbers = [None if commit in unknown else numbers[commit] for commit in commits]
        rows = carry_over(committed, row_numbers, [line.rstrip(b"\r") for line in current.split(b"\n")])
        return LineChanges(tuple(rows), tuple(known[commit][1] for commit in oldest_first))

    def resolve(self, revision: str) -> str:
        """The id of the commit that a revision names. Raises UsageError for one that this repository does not know."""
        if revision and not revision.startswith("-") and "\0" not in revision:
            status, output, _ = self._git.call("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
            if status == 0:
                return output.decode().strip()
        hint = "fetch more history" if (self.common_folder / "shallow").exists() else "name a commit, branch or tag"
        raise UsageError(f"{revision!r} is not a commit that this repository knows; {hint}.")

    def commit_before(self, time: int) -> str | None:
        """The newest commit along first parents that is older than `time` (seconds since the epoch); None for none."""
        if self.head() is None:
            return None
        output = self._git.read("rev-list", "--first-parent", "--max-count=1", f"--before={time}", "HEAD", "--")
        return output.decode("ascii").strip() or None

    def count_commits(self, since: str) -> int:
        """How many commits HEAD has that `since` lacks. Raises UsageError for an unknown commit."""
        return int(self._git.read("rev-list", "--count", f"{self.resolve(since)}..HEAD", "--"))

    def cat_files(self, revision: str, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of files as they were in a commit, by path. Those that are absent, larger than LARGEST_READ, or
        not fetched yet (partial clone) are left out. Raises UsageError for an unknown commit."""
        commit = self.resolve(revision)
        tree = self._tree(commit)
        wanted = {path: tree[path][1] for path in paths if path in tree and tree[path][0] != _SUBMODULE}
        sizes = self._sizes(commit, set(wanted.values()))
        contents = self._contents([blob for blob, size in sizes.items() if size <= MAX_READ_BYTES])
        return {path: contents[blob] for path, blob in wanted.items() if blob in contents}

    def _tree(self, commit: str) -> dict[str, tuple[int, str]]:
        """Every path of a commit with its mode and its blob's id."""
        entries = {}
        for record in _records(self._git.read("ls-tree", "-r", "-z", "--full-tree", commit)):
            header, _, name = record.partition(b"\t")
            mode, _, blob = header.decode("ascii").split(" ")
            entries[os.fsdecode(name)] = (int(mode, 8), blob)
        return entries

    def _changed_between(self, since: str, until: str) -> Iterator[str]:
        output = self._git.read("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", since, until, "--")
        records = _records(output)
        for header, name in zip(records, records, strict=True):
            old_mode, new_mode, old, new, _ = header.decode("ascii").removeprefix(":").split(" ")
            path = os.fsdecode(name)
            if _SUBMODULE not in (int(old_mode, 8), int(new_mode, 8)):
                yield path
            else:
                yield from self._changed_in_submodule(path, old, new)

    def _changed_in_working_tree(self, since: str) -> Iterator[str]:
        before = self._tree(since)
        now = {entry.path: entry for entry in self.list_tracked()}
        untracked = self.list_untracked()
        yield from before.keys() - now.keys() - set(untracked)
        for path, entry in now.items():
            mode, blob = before.get(path, (0, ""))
            if entry.is_submodule:
                yield from self._changed_in_submodule(path, blob if mode == _SUBMODULE else "")
            elif entry.present:
                if not self._holds(path, blob):
                    yield path
            elif entry.blob != blob:
                yield path
        for path in untracked:
            if path not in before or not self._holds(path, before[path][1]):
                yield path

    def _changed_in_submodule(self, path: str, since: str, until: str | None = None) -> Iterator[str]:
        submodule = self.submodule(path)
        if submodule is None:
            return
        try:
            paths: Iterable[str] = submodule.changed_paths(since, until)
        except UsageError:  # a commit that was never fetched, or the submodule is new: then all of it may differ
            paths = submodule._every_path()
        yield from (f"{path}/{inner}" for inner in paths)

    def _every_path(self) -> list[str]:
        return [entry.path for entry in self.list_tracked() if not entry.is_submodule] + self.list_untracked()

    def _holds(self, path: str, blob: str) -> bool:
        """Whether the working file has the content of this blob, with either kind of line ends."""
        content = _read_working_file(self.root / path, MAX_READ_BYTES)
        if content is None:
            # A deletion is a change if there was something; a huge or odd file is nobody's source.
            return not blob or _git_status(self.root / path) is not None
        versions = [content, content.replace(b"\r\n", b"\n")] if b"\r\n" in content else [content]
        return blob in (_blob_id(version, sha256=len(blob) == 64) for version in versions)

    def _sizes(self, commit: str, blobs: set[str]) -> dict[str, int]:
        """The sizes in bytes of those blobs of a commit that are at hand."""
        measure = ("cat-file", "--batch-check=%(objectname) %(objectsize)")
        status, output, _ = self._git.call(*measure, stdin=_lines(blobs))
        if status != 0:  # a partial clone: git gives up at the first blob that was not fetched
            objects = ("rev-list", "--objects", "--no-object-names", "--missing=print", "--no-walk", commit, "--")
            missing = {line[1:] for line in self._git.read(*objects).decode("ascii").split() if line.startswith("?")}
            output = self._git.read(*measure, stdin=_lines(blobs - missing))
        lines = (line.split(" ") for line in output.decode().splitlines())
        return {blob: int(size) for blob, size in lines if size != "missing"}

    def _contents(self, blobs: list[str]) -> dict[str, bytes]:
        output = self._git.read("cat-file", "--batch", stdin=_lines(blobs))
        contents = {}
        at = 0
        while at < len(output):
            end = output.index(b"\n", at)
            blob, _, size = output[at:end].decode("ascii").split(" ")
            contents[blob] = output[end + 1 : end + 1 + int(size)]
            at = end + 1 + int(size) + 1
        return contents

    def _read_ref(self, name: str) -> str:
        if name.startswith("/") or ".." in name:
            return ""
        for folder in (self.git_folder, self.common_folder):
            if text := read_text(folder / name):
                return text
        if text := read_text(self.common_folder / "reftable" / "tables.list"):
            return text
        return self._read_packed_ref(name)

    def _read_packed_ref(self, name: str) -> str:
        file = self.common_folder / "packed-refs"
        try:
            status = file.stat()
            identity = (status.st_ino, status.st_mtime_ns, status.st_size)
            if not stat.S_ISREG(status.st_mode):
                return ""
            if self._packed_refs is None or self._packed_refs[0] != identity:
                self._packed_refs = (identity, file.read_bytes())
        except OSError:
            return ""  # no packed refs: the branch is unborn
        content = self._packed_refs[1]
        end = content.find(b" " + os.fsencode(name) + b"\n")
        return content[content.rfind(b"\n", 0, end) + 1 : end].decode("ascii", "replace") if end >= 0 else ""


def find_git_root(path: Path) -> Path | None:
    """The nearest folder at or above `path` that has a `.git`, as git itself would find it. No program is run."""
    return next((folder for folder in (path, *path.parents) if git_folder_of(folder) is not None), None)


def is_bare_repository(path: Path) -> bool:
    """Whether `path` is itself a git folder, without files to read."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _open(path: Path) -> Repository | str | None:
    """The repository; a sentence why it cannot be used; or None when there is none."""
    path = path.resolve()
    root = find_git_root(path)
    if root is None:
        return f"{path} is a bare git repository, which has no files; clone it." if is_bare_repository(path) else None
    try:
        process = GitProcess(root)
        status, _, errors = process.call("rev-parse", "--git-dir")
    except GitError as error:
        return str(error)
    if status == 0:
        return Repository(process)
    if "safe.directory" in errors:
        return (
            f"git does not trust {root}, because another user owns it; if you do, run "
            f"`git config --global --add safe.directory {root}`."
        )
    return f"git cannot read the repository {root} ({last_line(errors)}); mend it or clone it again."


def _blob_id(content: bytes, sha256: bool) -> str:
    digest = hashlib.sha256() if sha256 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(content))
    digest.update(content)
    return digest.hexdigest()


def _git_status(file: Path) -> os.stat_result | None:
    """None where git would see no file: nothing there, or a folder."""
    try:
        status = file.lstat()
    except (OSError, ValueError):
        return None
    return None if stat.S_ISDIR(status.st_mode) else status


def _read_working_file(file: Path, limit: int) -> bytes | None:
    """What git would store for this file, without its filters; None for what is absent, odd or above the limit."""
    status = _git_status(file)
    if status is None or status.st_size > limit:
        return None
    try:
        if stat.S_ISLNK(status.st_mode):
            return os.fsencode(file.readlink())
        if not stat.S_ISREG(status.st_mode):
            return None
        with file.open("rb") as stream:
            return stream.read(limit + 1)
    except OSError:
        return None  # it has just vanished, or may not be read


_SUBMODULE = 0o160000
_COMMIT_HEADER = re.compile(rb"\n?\x01([0-9a-f]{40,64}) (\d+)\n?")


def _records(output: bytes) -> Iterator[bytes]:
    return (record for record in output.split(b"\0") if record)


def _lines(texts: Iterable[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode("ascii")


def _pathspec(within: str) -> tuple[str, ...]:
    return (within,) if within else ()
