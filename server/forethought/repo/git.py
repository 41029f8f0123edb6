"""Read-only access to git, safe even in a hostile repository.

No call runs a program that the repository configures, fetches objects, writes, or takes a lock. Git is never asked
about the *content* of working files, because `status`, `diff` and `blame` of the working tree would run the
repository's clean filters. Instead, content is hashed and compared here.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forethought.errors import UsageError
from forethought.repo.blame import Blame, carry_over, parse_blame
from forethought.repo.git_process import GitError as GitError
from forethought.repo.git_process import GitProcess, git_folder_of, last_line, read_text

MAX_READ_BYTES = 1_000_000
"""Files larger than this, in bytes, are never read; they do not count as source code anyway."""

BLAME_SECONDS = 10.0
"""Blame is optional, so it gets less time than other calls."""


@dataclass(frozen=True, slots=True)
class TrackedFile:
    """One entry of git's index."""

    path: str
    mode: int
    """Git's file mode, such as 0o100644."""
    blob: str
    """Id of the blob, or of a submodule's commit."""
    present: bool
    """False if a sparse checkout leaves the file out."""

    @property
    def is_submodule(self) -> bool:
        return self.mode == _SUBMODULE


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit on the branch's first-parent history, in which a merge counts as one change."""

    commit: str
    time: int
    """The committer's time in seconds since the epoch."""
    paths: tuple[str, ...]
    """What it changed relative to its first parent. Empty at the boundary of a shallow clone, where that is unknown."""


class Repository:
    """One working tree and its history.

    Paths are POSIX and relative to `root`, with undecodable bytes escaped as surrogates (PEP 383).
    """

    def __init__(self, process: GitProcess) -> None:
        self.root = process.root
        self.git_folder = process.git_folder
        self.common_folder = process.common_folder
        self._git = process
        self._packed_refs: tuple[tuple[int, int, int], bytes] | None = None
        self._excludes_file: tuple[tuple[tuple[int, int] | None, ...], Path] | None = None
        """The user's ignore file, with the state of the configuration that names it."""

    @classmethod
    def open(cls, path: Path) -> "Repository | None":
        """The repository whose working tree contains `path`; None if there is none that git can read.

        `refusal` says why a repository cannot be read.
        """
        opened = _open(path)
        return opened if isinstance(opened, Repository) else None

    @classmethod
    def refusal(cls, path: Path) -> str | None:
        """One sentence that says why the repository around `path` cannot be read; None if it can, or there is none."""
        opened = _open(path)
        return opened if isinstance(opened, str) else None

    def close(self) -> None:
        """Drop what was cached. No git process outlives the call that started it."""
        self._packed_refs = None

    def head(self) -> str | None:
        """The id of the current commit; None before the first one."""
        status, output, _ = self._git.call("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return output.decode().strip() if status == 0 else None

    def head_state(self) -> str:
        """A string that changes whenever HEAD does: with each commit, amend, merge, rebase, switch and pull.

        Only reads files, so it is cheap enough to poll every second. Never raises: an unreadable part counts as empty.
        """
        state = read_text(self.git_folder / "HEAD")
        target = state
        for _ in range(5):  # a symbolic ref may refer to another; git also follows five
            if not target.startswith("ref: "):
                break
            target = self._read_ref(target.removeprefix("ref: ").strip())
        return f"{state.strip()} {target.strip()}"

    def rules_state(self) -> tuple[tuple[int, int] | None, ...]:
        """Differs whenever the ignore rules outside the working tree may: the repository's own, and the user's.

        Git's configuration is asked for `core.excludesFile` again whenever one of its usual files changes.
        """
        user = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "git")  # noqa: PTH111 -- never raises
        configs = (self.common_folder / "config", user / "config", Path(os.path.expanduser("~/.gitconfig")))  # noqa: PTH111 -- never raises
        state = tuple(map(_stamp, configs))
        if self._excludes_file is None or self._excludes_file[0] != state:
            self._excludes_file = state, self._configured_excludes_file() or user / "ignore"
        return (*state, *map(_stamp, (self.common_folder / "info" / "exclude", self._excludes_file[1])))

    def _configured_excludes_file(self) -> Path | None:
        status, output, _ = self._git.call("config", "--null", "--type=path", "--get", "core.excludesFile")
        name = os.fsdecode(output).removesuffix("\0")
        return self.root / name if status == 0 and name else None

    def list_tracked(self, within: str = "") -> list[TrackedFile]:
        """The entries of git's index, sorted by path. A path in conflict is listed once, with its first stage."""
        output = self._git.read("ls-files", "-z", "--cached", "--stage", "-t", "--", *_pathspec(within))
        entries: dict[str, TrackedFile] = {}
        for record in _records(output):
            header, _, name = record.partition(b"\t")
            tag, mode, blob, _stage = header.decode("ascii").split(" ")
            path = os.fsdecode(name)
            entries.setdefault(path, TrackedFile(path, int(mode, 8), blob, present=tag != "S"))
        return list(entries.values())

    def list_untracked(self, within: str = "", ignored: bool = False) -> list[str]:
        """The untracked files that git does not ignore, or with `ignored` those that it does."""
        which = ("--others", "--ignored", "--exclude-standard") if ignored else ("--others", "--exclude-standard")
        paths = (
            os.fsdecode(record)
            for record in _records(self._git.read("ls-files", "-z", *which, "--", *_pathspec(within)))
        )
        return [path for path in paths if not path.endswith("/")]  # a nested repository is listed as a folder

    def is_submodule(self, path: str) -> bool:
        """Whether git's index has a submodule at exactly this path, checked out or not."""
        return any(entry.is_submodule and entry.path == path for entry in self.list_tracked(path))

    def ignored_folders(self) -> frozenset[str]:
        """The folders that git ignores, without those inside them."""
        output = self._git.read("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
        return frozenset(os.fsdecode(record).rstrip("/") for record in _records(output) if record.endswith(b"/"))

    def ignored(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the paths that git ignores. They need not exist; tracked files are never ignored."""
        stdin = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)  # “./” keeps “:” from being magic
        status, output, errors = self._git.call("check-ignore", "-z", "--stdin", stdin=stdin, literal=False)
        if status > 1:
            raise GitError(f"git check-ignore failed in {self.root}: {last_line(errors)}; check the repository.")
        return frozenset(os.fsdecode(record).removeprefix("./") for record in _records(output))

    def submodule(self, path: str) -> "Repository | None":
        """The submodule at `path`; None if it is not checked out."""
        opened = _open(self.root / path)
        return opened if isinstance(opened, Repository) and opened.root == self.root / path else None

    def changed_paths(self, since: str, until: str | None = None) -> frozenset[str]:
        """Every path that differs between two commits, or between a commit and the working tree.

        Both paths of a rename are included, and the changed files of a checked-out submodule. In the working tree,
        untracked files are included unless ignored; files above MAX_READ_BYTES are not. Raises UsageError for an
        unknown commit.
        """
        start = self.resolve(since)
        if until is None:
            return frozenset(self._changed_in_working_tree(start))
        return frozenset(self._changed_between(start, self.resolve(until)))

    def recent_paths(self, commits: int) -> list[str]:
        """The paths that the last commits changed, most recent first, each path once."""
        return list(dict.fromkeys(path for commit in self.history(commits) for path in commit.paths))

    def history(self, limit: int) -> list[Commit]:
        """The last commits of the current branch along first parents, newest first; at most `limit`."""
        if limit <= 0 or self.head() is None:
            return []
        output = self._git.read(
            "log", "-z", f"--max-count={limit}", "--first-parent", "--diff-merges=first-parent", "--no-renames",
            "--no-ext-diff", "--no-textconv", "--name-only", "--format=tformat:%x01%H %ct", "HEAD", "--",
        )  # fmt: skip
        shallow = set(read_text(self.common_folder / "shallow").split())
        commits: list[tuple[str, int, list[str]]] = []
        for record in _records(output):
            if header := _COMMIT_HEADER.fullmatch(record):
                commits.append((header[1].decode(), int(header[2]), []))
            elif commits[-1][0] not in shallow:
                commits[-1][2].append(os.fsdecode(record.removeprefix(b"\n")))
        return [Commit(commit, time, tuple(paths)) for commit, time, paths in commits]

    def blame(self, path: str, content: bytes | None = None) -> Blame:
        """Which commit last changed each row of `path`. `content` is its current text, by default that on disk.

        Missing history is not an error: the blame is empty for a file that is new or too large, or whose history was
        not fetched or takes longer than BLAME_SECONDS. Rows that differ from the last commit are None, and so are
        those whose history a shallow clone lacks.
        """
        current = _read_working_file(self.root / path, MAX_READ_BYTES) if content is None else content
        if current is None or len(current) > MAX_READ_BYTES:
            return Blame()
        try:
            output = self._git.read(
                "-c", "blame.ignoreRevsFile=", "blame", "--porcelain", "--root", "--no-textconv", "--no-ext-diff",
                "HEAD", "--", path, seconds=BLAME_SECONDS,
            )  # fmt: skip
        except GitError:
            return Blame()
        committed = parse_blame(output)
        boundary = set(read_text(self.common_folder / "shallow").split())
        oldest_first = sorted(committed.changes, key=lambda commit: committed.changes[commit][0])
        indexes = {commit: index for index, commit in enumerate(oldest_first)}
        committed_rows = [None if commit in boundary else indexes[commit] for commit in committed.commits]
        rows = carry_over(committed.lines, committed_rows, [line.rstrip(b"\r") for line in current.split(b"\n")])
        return Blame(tuple(rows), tuple(committed.changes[commit][1] for commit in oldest_first))

    def resolve(self, revision: str) -> str:
        """The id of the commit that a revision names. Raises UsageError for an unknown one."""
        if revision and not revision.startswith("-") and "\0" not in revision:
            status, output, _ = self._git.call("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
            if status == 0:
                return output.decode().strip()
        hint = "fetch more history" if (self.common_folder / "shallow").exists() else "name a commit, branch or tag"
        raise UsageError(f"{revision!r} is not a commit that this repository knows; {hint}.")

    def commit_before(self, time: int) -> str | None:
        """The newest commit along first parents older than `time` (seconds since the epoch); None if there is none."""
        if self.head() is None:
            return None
        output = self._git.read("rev-list", "--first-parent", "--max-count=1", f"--before={time}", "HEAD", "--")
        return output.decode("ascii").strip() or None

    def count_commits(self, since: str) -> int:
        """The number of commits in HEAD that are not in `since`. Raises UsageError for an unknown commit."""
        return int(self._git.read("rev-list", "--count", f"{self.resolve(since)}..HEAD", "--"))

    def cat_files(self, revision: str, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of files in a commit, by path. Raises UsageError for an unknown commit.

        Files that are absent, larger than MAX_READ_BYTES, or not fetched (partial clone) are left out.
        """
        commit = self.resolve(revision)
        tree = self._tree(commit)
        wanted = {path: tree[path][1] for path in paths if path in tree and tree[path][0] != _SUBMODULE}
        sizes = self._sizes(commit, set(wanted.values()))
        contents = self._contents([blob for blob, size in sizes.items() if size <= MAX_READ_BYTES])
        return {path: contents[blob] for path, blob in wanted.items() if blob in contents}

    def _tree(self, commit: str) -> dict[str, tuple[int, str]]:
        """Path → (mode, blob id) of all files in a commit."""
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
        tracked = {entry.path: entry for entry in self.list_tracked()}
        untracked = self.list_untracked()
        yield from before.keys() - tracked.keys() - set(untracked)
        for path, entry in tracked.items():
            mode, blob = before.get(path, (0, ""))
            if entry.is_submodule:
                yield from self._changed_in_submodule(path, blob if mode == _SUBMODULE else "")
            elif entry.present:
                if not self._has_content(path, blob):
                    yield path
            elif entry.blob != blob:
                yield path
        for path in untracked:
            if path not in before or not self._has_content(path, before[path][1]):
                yield path

    def _changed_in_submodule(self, path: str, since: str, until: str | None = None) -> Iterator[str]:
        submodule = self.submodule(path)
        if submodule is None:
            return
        try:
            paths: Iterable[str] = submodule.changed_paths(since, until)
        except UsageError:  # the commit was not fetched, or the submodule is new: any file may differ
            paths = submodule._every_path()
        yield from (f"{path}/{inner}" for inner in paths)

    def _every_path(self) -> list[str]:
        return [entry.path for entry in self.list_tracked() if not entry.is_submodule] + self.list_untracked()

    def _has_content(self, path: str, blob: str) -> bool:
        """Whether the working file has the content of this blob, with either kind of line endings."""
        content = _read_working_file(self.root / path, MAX_READ_BYTES)
        if content is None:
            # A deletion is a change if the file existed. Huge and special files are not source code.
            return not blob or _git_status(self.root / path) is not None
        versions = [content, content.replace(b"\r\n", b"\n")] if b"\r\n" in content else [content]
        return blob in (_blob_id(version, sha256=len(blob) == 64) for version in versions)

    def _sizes(self, commit: str, blobs: set[str]) -> dict[str, int]:
        """Blob id → size in bytes, for those blobs of a commit that are available locally."""
        measure = ("cat-file", "--batch-check=%(objectname) %(objectsize)")
        status, output, _ = self._git.call(*measure, stdin=_lines(blobs))
        if status != 0:  # in a partial clone, git stops at the first blob that was not fetched
            objects = ("rev-list", "--objects", "--no-object-names", "--missing=print", "--no-walk", commit, "--")
            missing = {line[1:] for line in self._git.read(*objects).decode("ascii").split() if line.startswith("?")}
            output = self._git.read(*measure, stdin=_lines(blobs - missing))
        lines = (line.split(" ") for line in output.decode().splitlines())
        return {blob: int(size) for blob, size in lines if size != "missing"}

    def _contents(self, blobs: list[str]) -> dict[str, bytes]:
        """Blob id → content."""
        output = self._git.read("cat-file", "--batch", stdin=_lines(blobs))
        contents = {}
        offset = 0
        while offset < len(output):
            header_end = output.index(b"\n", offset)
            blob, _, size = output[offset:header_end].decode("ascii").split(" ")
            offset = header_end + 1 + int(size)
            contents[blob] = output[header_end + 1 : offset]
            offset += 1  # the line break after the content
        return contents

    def _read_ref(self, name: str) -> str:
        """What a ref points to; empty if it cannot be read. For a reftable, a text that changes with every update."""
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
            return ""  # there are no packed refs: the branch is unborn
        content = self._packed_refs[1]
        end = content.find(b" " + os.fsencode(name) + b"\n")
        return content[content.rfind(b"\n", 0, end) + 1 : end].decode("ascii", "replace") if end >= 0 else ""


def find_git_root(path: Path) -> Path | None:
    """The nearest folder at or above `path` with a `.git`, as git itself would find it. Runs no program."""
    return next((folder for folder in (path, *path.parents) if git_folder_of(folder) is not None), None)


def is_bare_repository(path: Path) -> bool:
    """Whether `path` is itself a git folder, and so has no working files."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _open(path: Path) -> Repository | str | None:
    """The repository; a sentence that says why it cannot be read; or None if there is none."""
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
    return f"git cannot read the repository {root} ({last_line(errors)}); repair it or clone it again."


def _blob_id(content: bytes, sha256: bool) -> str:
    digest = hashlib.sha256() if sha256 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(content))
    digest.update(content)
    return digest.hexdigest()


def _git_status(file: Path) -> os.stat_result | None:
    """The file's status; None for what is not a file to git: nothing, or a folder."""
    try:
        status = file.lstat()
    except (OSError, ValueError):
        return None
    return None if stat.S_ISDIR(status.st_mode) else status


def _stamp(file: Path) -> tuple[int, int] | None:
    """A file's time stamp in nanoseconds and its size; None if there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read_working_file(file: Path, limit: int) -> bytes | None:
    """What git would store for this file without filters; None if it is absent, special or larger than the limit."""
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
        return None  # just deleted, or unreadable


_SUBMODULE = 0o160000
_COMMIT_HEADER = re.compile(rb"\n?\x01([0-9a-f]{40,64}) (\d+)\n?")


def _records(output: bytes) -> Iterator[bytes]:
    return (record for record in output.split(b"\0") if record)


def _lines(texts: Iterable[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode("ascii")


def _pathspec(within: str) -> tuple[str, ...]:
    return (within,) if within else ()
