"""The files of a root: which there are, which are left out and why, and their bytes."""

import errno
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from pathspec import GitIgnoreSpec

from forethought.errors import ForethoughtError, RootError
from forethought.git import Repository, find_git_root, is_bare_repository
from forethought.secrets import is_secret_path

LARGEST_SOURCE = 1_000_000
"""Larger files, in bytes, are no source that a person wrote; they are never opened."""

SNIFFED = 8192
"""How many bytes of a file decide what it is."""

NEVER_ENTERED = frozenset(
    {
        ".git", ".hg", ".svn", ".bzr", ".jj", "node_modules", "bower_components", ".venv", "venv", "__pycache__",
        ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".eggs", ".gradle", ".terraform",
    }
)  # fmt: skip
"""Folders that are skipped where no git says what belongs to the repository."""

Detect = Callable[[str, bytes], str | None]
"""(path, the file's first bytes) → the name of its language, or None."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that is read. `path` is POSIX and relative to the root; `size` in bytes; `modified_ns` since the epoch."""

    path: str
    size: int
    modified_ns: int
    language: str


@dataclass(frozen=True)
class Discovery:
    """The files of a root, sorted by path, and why each of the others is left out."""

    files: tuple[SourceFile, ...]
    skipped: Mapping[str, str]

    @cached_property
    def skipped_reasons(self) -> Counter[str]:
        return Counter(self.skipped.values())


class UnreadableSource(ForethoughtError):
    """A file cannot be read. `reason` is the word under which `discover` counts it; "missing" when it is gone."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{os.fsencode(path).decode('utf-8', 'replace')} is not read: {reason}.")
        self.path = path
        self.reason = reason


def find_root(path: Path, asked: bool = False) -> Path:
    """The nearest git root at or above `path`, else `path` itself.

    Raises RootError when `path` is missing or no folder, and for the home folder and the file system's root, which
    are served only when `asked`.
    """
    path = path.expanduser()
    try:
        folder = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise RootError(f"{path} does not exist or cannot be reached ({error}); name a folder that exists.") from error
    if not folder.is_dir():
        raise RootError(f"{path} is not a folder; name the folder that holds the source files.")
    root = find_git_root(folder)
    if root is None and is_bare_repository(folder):
        raise RootError(f"{path} is a bare git repository, which has no files to read; clone it and name the clone.")
    root = root or folder
    if not asked and root in (Path.home().resolve(), Path(root.anchor)):
        raise RootError(f"{root} is your home folder or the whole file system; name a project's folder instead.")
    return root


def discover(
    root: Path,
    detect: Detect,
    repository: Repository | None,
    exclude: Sequence[str] = (),
    within: str = "",
    known: Callable[[str, int, int], str | None] = lambda path, size, modified_ns: None,
) -> Discovery:
    """Every source file of `root` by git's rules, or by the ignore files alone where `repository` is None.

    `exclude` are globs of the settings in gitignore syntax. `within` limits the search to one subfolder.
    `known(path, size, modified_ns)` may return the language of a file that has not changed since it was last looked
    at; such a file is not opened. Files that git ignores are neither in `files` nor in `skipped`.
    """
    own_rules = _OwnRules(root)
    excluded = GitIgnoreSpec.from_lines(exclude)
    files: list[SourceFile] = []
    skipped: dict[str, str] = {}
    for path in _list_paths(root, repository, within, own_rules):
        try:
            if own_rules.ignores(path):
                raise UnreadableSource(path, "ignored by .forethoughtignore")
            if exclude and excluded.match_file(path):
                raise UnreadableSource(path, "excluded")
            files.append(_look_at(root, path, detect, known))
        except UnreadableSource as error:
            if error.reason != "missing":
                skipped[path] = error.reason
    return Discovery(tuple(files), MappingProxyType(skipped))


def read_source(root: Path, path: str) -> bytes:
    """The file's bytes, at most LARGEST_SOURCE of them. Never blocks, never leaves the root.

    Raises UnreadableSource with the reason: `missing`, `unreadable`, `symlink`, `not a regular file`, `too large`,
    or `secret`.
    """
    _check_name(path)
    _check_status(path, _status(root, path))
    return _read(root, path, LARGEST_SOURCE)


def _look_at(root: Path, path: str, detect: Detect, known: Callable[[str, int, int], str | None]) -> SourceFile:
    _check_name(path)
    status = _status(root, path)
    _check_status(path, status)
    language = known(path, status.st_size, status.st_mtime_ns)
    if language is None:
        language = _sniff(path, _read(root, path, LARGEST_SOURCE, SNIFFED), detect)
    return SourceFile(path, status.st_size, status.st_mtime_ns, language)


def _check_name(path: str) -> None:
    if is_secret_path(path):
        raise UnreadableSource(path, "secret")
    name = path.rpartition("/")[2].lower()
    if _GENERATED_NAME.fullmatch(name):
        raise UnreadableSource(path, "generated")
    if _MINIFIED_NAME.fullmatch(name):
        raise UnreadableSource(path, "minified")


def _status(root: Path, path: str) -> os.stat_result:
    """Of the file itself, or of what a symlink to a regular file inside the root points at."""
    file = root / path
    try:
        status = file.lstat()
        if not stat.S_ISLNK(status.st_mode):
            if not _is_inside(root, file.parent):
                raise UnreadableSource(path, "symlink")
            return status
        target = file.resolve(strict=True)
        status = target.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnreadableSource(path, "missing") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise UnreadableSource(path, "symlink" if file.is_symlink() else "unreadable") from error
    if not _is_inside(root, target) or stat.S_ISDIR(status.st_mode):
        raise UnreadableSource(path, "symlink")
    return status


def _is_inside(root: Path, target: Path) -> bool:
    return os.path.realpath(target).startswith(os.path.join(os.path.realpath(root), "")) or target == root


def _check_status(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableSource(path, "not a regular file")
    if status.st_size > LARGEST_SOURCE:
        raise UnreadableSource(path, "too large")


def _read(root: Path, path: str, limit: int, wanted: int | None = None) -> bytes:
    """The first `wanted` bytes, or all of a file of at most `limit`."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        descriptor = os.open(root / path, flags)
        with open(descriptor, "rb", buffering=0 if wanted else -1) as file:
            _check_status(path, os.fstat(descriptor))  # it may have been replaced since it was looked at
            content = file.read(wanted if wanted is not None else limit + 1)
    except FileNotFoundError as error:
        raise UnreadableSource(path, "missing") from error
    except OSError as error:
        reason = "not a regular file" if error.errno in (errno.ENXIO, errno.EISDIR) else "unreadable"
        raise UnreadableSource(path, reason) from error
    if len(content) > limit:
        raise UnreadableSource(path, "too large")
    return content


def _sniff(path: str, head: bytes, detect: Detect) -> str:
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        raise UnreadableSource(path, "lfs pointer")
    if b"\0" in head:
        raise UnreadableSource(path, "binary")
    if _GENERATED_MARK.search(head):
        raise UnreadableSource(path, "generated")
    if max(map(len, head.split(b"\n"))) > LONGEST_LINE:
        raise UnreadableSource(path, "minified")
    language = detect(path, head)
    if language is None:
        raise UnreadableSource(path, "unknown language")
    return language


LONGEST_LINE = 5000
_GENERATED_NAME = re.compile(
    r"""package-lock\.json | npm-shrinkwrap\.json | yarn\.lock | pnpm-lock\.ya?ml | bun\.lockb? | poetry\.lock | uv\.lock
    | pdm\.lock | pipfile\.lock | cargo\.lock | gemfile\.lock | composer\.lock | go\.sum | flake\.lock | mix\.lock
    | .*\.pb\.(go|cc|h) | .*_pb2(_grpc)?\.pyi? | .*_pb\.(js|ts|d\.ts) | .*\.g\.(dart|cs) | .*\.designer\.cs""",
    re.VERBOSE,
)
_MINIFIED_NAME = re.compile(r".*[.-]min\.(js|css|mjs|cjs)|.*\.bundle\.js")
_GENERATED_MARK = re.compile(rb"^[^\w\r\n]{0,8}[^\r\n]{0,200}?(@generated\b|Code generated .{0,200} DO NOT EDIT)", re.M)


class _OwnRules:
    """The nested `.forethoughtignore` files, read when first needed. The last rule that matches a path decides."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_folder: dict[str, GitIgnoreSpec | None] = {}

    def ignores(self, path: str) -> bool:
        return self.verdict(path) is True

    def verdict(self, path: str) -> bool | None:
        """True: ignored; False: re-included; None: no rule speaks of it."""
        verdict = None
        for folder in _folders_of(path):
            spec = self._spec(folder)
            if spec is not None:
                found = spec.check_file(path[len(folder) + 1 if folder else 0 :]).include
                verdict = found if found is not None else verdict
        return verdict

    def may_reinclude(self) -> bool:
        spec = self._spec("")
        return spec is not None and any(pattern.include is False for pattern in spec.patterns)

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._by_folder:
            self._by_folder[folder] = _read_ignore_file(self._root, folder, ".forethoughtignore")
        return self._by_folder[folder]


def _read_ignore_file(root: Path, folder: str, name: str) -> GitIgnoreSpec | None:
    path = f"{folder}/{name}" if folder else name
    try:
        _check_status(path, _status(root, path))
        content = _read(root, path, LARGEST_SOURCE)
    except UnreadableSource:
        return None  # absent, or nothing that could hold rules
    lines = os.fsdecode(content.removeprefix(b"\xef\xbb\xbf")).splitlines()
    return GitIgnoreSpec.from_lines(lines)


def _folders_of(path: str) -> Iterator[str]:
    """Every folder above a path, the root ("") first."""
    yield ""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _list_paths(root: Path, repository: Repository | None, within: str, own_rules: _OwnRules) -> Iterable[str]:
    if repository is None:
        return sorted(_walk(root, within, own_rules))
    prefix = "" if root == repository.root else root.relative_to(repository.root).as_posix() + "/"
    start = (prefix + within).strip("/")
    paths = set(_list_in_repository(repository, start))
    if own_rules.may_reinclude():
        ignored = (path.removeprefix(prefix) for path in repository.list_untracked(start, ignored=True))
        paths.update(prefix + path for path in ignored if own_rules.verdict(path) is False)
    return sorted(path.removeprefix(prefix) for path in paths)


def _list_in_repository(repository: Repository, within: str) -> Iterator[str]:
    for entry in repository.list_tracked(within):
        if entry.is_submodule:
            submodule = repository.submodule(entry.path)
            if submodule is not None:
                with submodule:
                    yield from (f"{entry.path}/{path}" for path in _list_in_repository(submodule, ""))
        elif entry.present:
            yield entry.path
    yield from repository.list_untracked(within)


def _walk(root: Path, within: str, own_rules: _OwnRules) -> Iterator[str]:
    rules: dict[str, GitIgnoreSpec | None] = {}

    def ignored(path: str, is_folder: bool) -> bool:
        verdict = None
        for folder in _folders_of(path):
            if folder not in rules:
                rules[folder] = _read_ignore_file(root, folder, ".gitignore")
            spec = rules[folder]
            if spec is not None:
                name = path[len(folder) + 1 if folder else 0 :] + ("/" if is_folder else "")
                found = spec.check_file(name).include
                verdict = found if found is not None else verdict
        return verdict is True

    pending = [within.strip("/")]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(root / folder))
        except OSError:
            continue  # it vanished, or may not be read: then nothing in it can be
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.name not in NEVER_ENTERED:
                if own_rules.may_reinclude() or not ignored(path, is_folder=True):
                    pending.append(path)
            elif not is_folder and (own_rules.verdict(path) is False or not ignored(path, is_folder=False)):
                yield path
