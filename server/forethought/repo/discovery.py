"""The files of a root: which there are, which are left out and why, and their bytes.

Reasons to leave a file out, as `Discovery.skipped` and `UnreadableSource.reason` name them: `ignored by
.forethoughtignore`, `excluded`, `secret`, `generated`, `minified`, `binary`, `too large`, `lfs pointer`, `symlink`,
`not a regular file`, `unreadable`, `unknown language`. What git ignores is not there at all.
"""

import errno
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from forethought.errors import ForethoughtError, RootError
from forethought.repo.git import Repository, find_git_root, is_bare_repository
from forethought.text.redaction import is_secret_path

MAX_SOURCE_BYTES = 1_000_000
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

Known = Callable[[str, int, int], str | None]
"""(path, size, modified_ns) → the language that an unchanged file was found to have earlier, or None."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that is read. `path` is POSIX and relative to the root; `size` in bytes; `modified_ns` since the epoch."""

    path: str
    size: int
    modified_ns: int
    language: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files of a root, sorted by path, and why each of the others is left out."""

    files: tuple[SourceFile, ...]
    skipped: Mapping[str, str]

    @property
    def skipped_reasons(self) -> Counter[str]:
        return Counter(self.skipped.values())


class UnreadableSource(ForethoughtError):
    """A file is not read. `reason` is a word of the module's list, or `missing`, or `outside the root`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{os.fsencode(path).decode('utf-8', 'replace')} is not read: {reason}.")
        self.path = path
        self.reason = reason


def find_root(path: Path, asked: bool = False) -> Path:
    """The nearest git root at or above `path`, else `path` itself; always resolved.

    Raises RootError when `path` is missing, no folder or a bare repository, and for the home folder and the file
    system's root, which are served only when `asked`.
    """
    try:
        folder = path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise RootError(f"{path} does not exist or cannot be reached ({error}); name a folder that exists.") from error
    if not folder.is_dir():
        raise RootError(f"{path} is not a folder; name the folder that holds the source files.")
    root = find_git_root(folder)
    if root is None and is_bare_repository(folder):
        raise RootError(f"{path} is a bare git repository, which has no files to read; clone it and name the clone.")
    too_wide = (Path.home().resolve(), Path(folder.anchor))
    if root is None or (root in too_wide and not asked):
        root = folder  # whoever keeps the home folder in git did not ask for all of it
    if root in too_wide and not asked:
        raise RootError(f"{root} is your home folder or the whole file system; name a project's folder instead.")
    return root


def discover(
    root: Path,
    detect: Detect,
    repository: Repository | None,
    exclude: Sequence[str] = (),
    within: str = "",
    known: Known = lambda path, size, modified_ns: None,
) -> Discovery:
    """Every source file of `root` by git's rules, or by the ignore files alone where `repository` is None.

    `exclude` are patterns in gitignore syntax. `within` limits the search to one folder or file. A file for which
    `known` answers is not opened. Raises GitError when git fails.
    """
    located = _Located(root)
    own_rules = _IgnoreFiles(located, ".forethoughtignore")
    within = "/".join(PurePosixPath(within.strip("/")).parts)
    excluded = _compile(exclude)
    files: list[SourceFile] = []
    skipped: dict[str, str] = {}
    for path in sorted(_list_paths(located, repository, within, own_rules)):
        try:
            if own_rules.verdict(path):
                raise UnreadableSource(path, "ignored by .forethoughtignore")
            if excluded.match_file(path):
                raise UnreadableSource(path, "excluded")
            files.append(_look_at(located, path, detect, known))
        except UnreadableSource as error:
            if error.reason != "missing":  # deleted, or it vanished just now
                skipped[path] = error.reason
    return Discovery(tuple(files), skipped)


def read_source(root: Path, path: str) -> bytes:
    """The file's bytes, at most LARGEST_SOURCE of them. Never blocks, never leaves the root.

    A symlink to a regular file inside the root is followed. Raises UnreadableSource.
    """
    file, status = _Located(root).locate(path, follow=True)
    return _read(path, file, status, MAX_SOURCE_BYTES)


def language_of(path: str, data: bytes, detect: Detect) -> str | None:
    """The language in which a file that is not on the disk (any more) would be read; None when it would be left out."""
    name = path.rpartition("/")[2].lower()
    odd_name = is_secret_path(path) or _GENERATED_NAME.fullmatch(name) or _MINIFIED_NAME.fullmatch(name)
    if odd_name or len(data) > MAX_SOURCE_BYTES:
        return None
    try:
        return _sniff(path, data[:SNIFFED], detect)
    except UnreadableSource:
        return None


def _look_at(located: "_Located", path: str, detect: Detect, known: Known) -> SourceFile:
    name = path.rpartition("/")[2].lower()
    if _GENERATED_NAME.fullmatch(name):
        raise UnreadableSource(path, "generated")
    if _MINIFIED_NAME.fullmatch(name):
        raise UnreadableSource(path, "minified")
    file, status = located.locate(path, follow=False)
    language = known(path, status.st_size, status.st_mtime_ns)
    if language is None:
        language = _sniff(path, _read(path, file, status, SNIFFED), detect)
    return SourceFile(path, status.st_size, status.st_mtime_ns, language)


def _sniff(path: str, head: bytes, detect: Detect) -> str:
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        raise UnreadableSource(path, "lfs pointer")
    if b"\0" in head:
        raise UnreadableSource(path, "binary")
    if _says_generated(head):
        raise UnreadableSource(path, "generated")
    if (
        path.endswith(_MINIFIABLE)
        and len(head) > 2 * MINIFIED_LINE
        and len(head) > MINIFIED_LINE * len(head.splitlines())
    ):
        raise UnreadableSource(path, "minified")
    language = detect(path, head)
    if language is None:
        raise UnreadableSource(path, "unknown language")
    return language


def _says_generated(head: bytes) -> bool:
    # Two plain searches first, because a regular expression over each file takes longer than reading it.
    if b"generated" not in head and b"Generated" not in head and b"GENERATED" not in head:
        return False
    return _GENERATED_MARK.search(head) is not None


class _Located:
    """Where the paths of one root lie on the disk, never outside the root. Looks at each folder once."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._folders: dict[str, Path | None] = {}

    def locate(self, path: str, follow: bool) -> tuple[Path, os.stat_result]:
        """The file itself, behind a symlink if `follow`, and its status. Raises UnreadableSource."""
        if is_secret_path(path):
            raise UnreadableSource(path, "secret")
        folder_name, _, name = path.rpartition("/")
        if path.startswith(("/", "\\")) or ".." in path.split("/") or not name:
            raise UnreadableSource(path, "outside the root")
        folder = self._folder(folder_name)
        if folder is None:
            raise UnreadableSource(path, "symlink")
        file = folder / name
        try:
            status = file.lstat()
            if stat.S_ISLNK(status.st_mode):
                file, status = self._target(path, file, follow)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UnreadableSource(path, "missing") from error
        except (OSError, ValueError) as error:
            raise UnreadableSource(path, "unreadable") from error
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableSource(path, "missing")  # a folder stands where the file was
        _check(path, status)
        if status.st_size > MAX_SOURCE_BYTES:
            raise UnreadableSource(path, "too large")
        return file, status

    def _folder(self, name: str) -> Path | None:
        """The real folder; None when a symlink leads out of the root."""
        if name not in self._folders:
            try:
                folder = (self.root / name).resolve()
            except (OSError, RuntimeError, ValueError):  # a loop of symlinks
                folder = None
            self._folders[name] = folder if folder is not None and folder.is_relative_to(self.root) else None
        return self._folders[name]

    def _target(self, path: str, link: Path, follow: bool) -> tuple[Path, os.stat_result]:
        try:
            target = link.resolve(strict=True)
            status = target.lstat()
        except (OSError, RuntimeError) as error:  # dangling, or a loop
            raise UnreadableSource(path, "symlink") from error
        if not follow or not target.is_relative_to(self.root) or stat.S_ISDIR(status.st_mode):
            raise UnreadableSource(path, "symlink")  # in `discover`, its target inside the root is listed already
        if is_secret_path(target.relative_to(self.root).as_posix()):
            raise UnreadableSource(path, "secret")
        return target, status


def _check(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableSource(path, "not a regular file")


def _read(path: str, file: Path, expected: os.stat_result, limit: int) -> bytes:
    """The first `limit` bytes of a file that was located."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_NOCTTY", "O_BINARY"):  # the last on Windows, the others elsewhere
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(file, flags)
        try:
            _check(path, os.fstat(descriptor))  # it may have been replaced since it was located
            content = bytearray()
            while len(content) <= limit and (part := os.read(descriptor, limit + 1 - len(content))):
                content += part
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise UnreadableSource(path, "missing") from error
    except OSError as error:
        special = error.errno in (errno.ENXIO, errno.EISDIR, errno.ELOOP)
        raise UnreadableSource(path, "not a regular file" if special else "unreadable") from error
    if len(content) > limit and limit == MAX_SOURCE_BYTES:
        raise UnreadableSource(path, "too large")  # it grew since it was located
    return bytes(content[:limit])


class _IgnoreFiles:
    """The nested ignore files of one name, each read when first needed. The last rule that speaks of a path decides."""

    def __init__(self, located: _Located, name: str) -> None:
        self.name = name
        self._located = located
        self._by_folder: dict[str, GitIgnoreSpec | None] = {}

    def verdict(self, path: str, is_folder: bool = False) -> bool | None:
        """True: ignored; False: re-included by `!`; None: no rule speaks of it."""
        verdict = None
        for folder in _folders_of(path):
            if (rules := self._rules(folder)) is not None:
                relative = path[len(folder) + 1 if folder else 0 :] + ("/" if is_folder else "")
                found = rules.check_file(relative).include
                verdict = found if found is not None else verdict
        return verdict

    def reincludes(self, folder: str) -> bool:
        """Whether the ignore file in this folder has a rule with `!`."""
        rules = self._rules(folder)
        return rules is not None and any(pattern.include is False for pattern in rules.patterns)

    def _rules(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._by_folder:
            self._by_folder[folder] = self._read(f"{folder}/{self.name}" if folder else self.name)
        return self._by_folder[folder]

    def _read(self, path: str) -> GitIgnoreSpec | None:
        try:
            content = _read(path, *self._located.locate(path, follow=True), MAX_SOURCE_BYTES)
        except UnreadableSource:
            return None  # absent, or nothing that could hold rules
        return _compile(os.fsdecode(content.removeprefix(b"\xef\xbb\xbf")).splitlines())


def _compile(patterns: Iterable[str]) -> GitIgnoreSpec:
    """Patterns that are not valid match nothing, as in git. Nor do those that a matcher could take ages for."""
    compiled: list[GitIgnoreSpecPattern] = []
    for pattern in patterns:
        parts = pattern.split("/")
        if max(part.count("*") for part in parts) > MAX_STARS or parts.count("**") > MAX_STARS:
            continue
        try:
            compiled += GitIgnoreSpec.from_lines([pattern]).patterns
        except ValueError:
            continue
    return GitIgnoreSpec(compiled)


def _folders_of(path: str) -> Iterator[str]:
    """Every folder above a path, the root ("") first."""
    yield ""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _list_paths(
    located: _Located, repository: Repository | None, within: str, own_rules: _IgnoreFiles
) -> Iterable[str]:
    if repository is None:
        return _walk(located, within, own_rules)
    prefix = _prefix_of(located.root, repository)
    start = (prefix + within).rstrip("/")
    listed = {path.removeprefix(prefix) for path in _list_in_repository(repository, start)}
    rule_folders = {path.rpartition("/")[0] for path in listed if path.rpartition("/")[2] == own_rules.name}
    if any(own_rules.reincludes(folder) for folder in rule_folders.union(_folders_of(within))):
        ignored = (path.removeprefix(prefix) for path in repository.list_untracked(start, ignored=True))
        listed.update(path for path in ignored if own_rules.verdict(path) is False)
    return listed


def _prefix_of(root: Path, repository: Repository) -> str:
    return "" if root == repository.root else root.relative_to(repository.root).as_posix() + "/"


def _list_in_repository(repository: Repository, within: str) -> Iterator[str]:
    # Not Path.resolve, which fails on a loop of symlinks.
    nested_root = find_git_root(Path(os.path.realpath(repository.root / within)))
    if nested_root != repository.root and (nested := Repository.open(repository.root / within)) is not None:
        if not nested.root.is_relative_to(repository.root):
            return  # a symlink led out of the repository
        prefix = _prefix_of(nested.root, repository)
        yield from (
            prefix + path for path in _list_in_repository(nested, within.removeprefix(prefix.rstrip("/")).strip("/"))
        )
        return
    for entry in repository.list_tracked(within):
        if not entry.is_submodule:
            if entry.present:
                yield entry.path
        elif (submodule := repository.submodule(entry.path)) is not None:
            yield from (f"{entry.path}/{path}" for path in _list_in_repository(submodule, ""))
    yield from repository.list_untracked(within)


def _walk(located: _Located, within: str, own_rules: _IgnoreFiles) -> Iterator[str]:
    git_rules = _IgnoreFiles(located, ".gitignore")
    if within and not (located.root / within).is_dir():
        yield within
        return
    pending = [(within, False)]
    while pending:
        folder, ignored = pending.pop()
        try:
            entries = list(os.scandir(located.root / folder))
        except OSError:
            continue  # it vanished, or may not be read: then nothing in it can be
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            entry_ignored = ignored or git_rules.verdict(path, is_folder) is True
            if not is_folder:
                if not entry_ignored or own_rules.verdict(path) is False:
                    yield path
            elif entry.name not in NEVER_ENTERED and (not entry_ignored or own_rules.reincludes("")):
                pending.append((path, entry_ignored))


MINIFIED_LINE = 400
"""JavaScript and CSS whose lines have more bytes than this on average were not written by a person."""

MAX_STARS = 3
"""In one part of a pattern, and parts that are `**`: with more, a hostile name takes seconds to match."""

_MINIFIABLE = (".js", ".mjs", ".cjs", ".css")
_MINIFIED_NAME = re.compile(r".*[.-]min\.(js|mjs|cjs|css)|.*\.bundle\.js", re.DOTALL)
_GENERATED_NAME = re.compile(
    r"""package-lock\.json | npm-shrinkwrap\.json | yarn\.lock | pnpm-lock\.ya?ml | bun\.lockb? | deno\.lock
    | poetry\.lock | uv\.lock | pdm\.lock | pipfile\.lock | cargo\.lock | gemfile\.lock | composer\.lock | flake\.lock
    | mix\.lock | go\.sum | gradle\.lockfile
    | .*\.pb\.(go|cc|h) | .*_pb2(_grpc)?\.pyi? | .*_pb\.(js|ts|d\.ts) | .*_grpc_pb\.js | .*\.g\.(dart|cs)
    | .*\.designer\.cs""",
    re.VERBOSE | re.DOTALL,
)
_GENERATED_MARK = re.compile(
    rb"""^[ \t]* (?: // | \# | /?\*+ | -- | ; | % | <!-- | \"\"\" ) [^\r\n]{0,200}?
    (?: (?<![`'"\w]) @generated \b (?![`'"]) | generated \b [^\r\n]{0,200} \b do \ not \ (?: edit | modify ) \b )""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
