"""The source files of a root, the files that are skipped and why, and reading them.

The reasons in `Discovery.skipped` and `UnreadableSource.reason` are `ignored by .forethoughtignore`, `excluded`,
`secret`, `generated`, `minified`, `binary`, `too large`, `lfs pointer`, `symlink`, `not a regular file`, `unreadable`
and `unknown language`. Files that git ignores are not listed at all.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from forethought.errors import ForethoughtError, RootError
from forethought.repo.git import Repository, find_git_root, is_bare_repository
from forethought.repo.git_process import git_folder_of
from forethought.text.positions import end_lines_with_lf
from forethought.text.redaction import is_secret_path

MAX_SOURCE_BYTES = 1_000_000
"""Files larger than this, in bytes, are not written by hand and are never opened."""

MAX_DATA_BYTES = 100_000
"""The same for files of keys and values: what people write by hand is smaller, and each key is a symbol."""

SNIFFED_BYTES = 8192
"""A file is classified by this many bytes of its start."""

FORETHOUGHT_RULES = ".forethoughtignore"
IGNORE_FILES = frozenset({".gitignore", FORETHOUGHT_RULES})
"""Names of the files whose rules say which files of their folder are left out."""

NEVER_ENTERED = frozenset(
    {
        ".git", ".hg", ".svn", ".bzr", ".jj", "node_modules", "bower_components", ".venv", "venv", "__pycache__",
        ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".eggs", ".gradle", ".terraform",
    }
)  # fmt: skip
"""Folders that are skipped where there is no git to say what belongs to the repository."""

Detect = Callable[[str, bytes], str | None]
"""(path, the file's first bytes) → name of its language, or None."""

Known = Callable[[str, int, int], str | None]
"""(path, size, modified_ns) → the known language of a file that has not changed since, or None."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source file. `path` is POSIX and relative to the root, `size` in bytes, `modified_ns` since the epoch."""

    path: str
    size: int
    modified_ns: int
    language: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """The source files of a root, and why each of its other files is skipped."""

    files: tuple[SourceFile, ...]
    """Sorted by path."""
    skipped: Mapping[str, str]
    """Path → reason."""


class UnreadableSource(ForethoughtError):
    """A file is not read. `reason` is one of those in the module's docstring, `missing`, or `outside the root`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{os.fsencode(path).decode('utf-8', 'replace')} is not read: {reason}.")
        self.path = path
        self.reason = reason


def find_root(path: Path, asked: bool = False) -> Path:
    """The nearest git root at or above `path`, else `path` itself; resolved.

    Raises RootError if `path` does not exist, is not a folder or is a bare repository; and, unless the user `asked` for
    it, if the root would be the home folder or the whole file system.
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
        root = folder  # a home folder that is kept in git is not the project
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
    """The source files of `root` by git's rules, or without a `repository` by the ignore files alone.

    exclude: patterns in gitignore syntax
    within: limits the search to one folder or file
    known: files whose language it knows are not opened

    Raises GitError if git fails.
    """
    located = _Located(root)
    forethought_rules = _IgnoreFiles(located, FORETHOUGHT_RULES)
    within = "/".join(PurePosixPath(within.strip("/")).parts)
    excluded = _compile(exclude)
    files: list[SourceFile] = []
    skipped: dict[str, str] = {}
    for path in sorted(_list_paths(located, repository, within, forethought_rules)):
        try:
            if forethought_rules.verdict(path):
                raise UnreadableSource(path, "ignored by .forethoughtignore")
            if excluded.match_file(path):
                raise UnreadableSource(path, "excluded")
            files.append(_look_at(located, path, detect, known))
        except UnreadableSource as error:
            if error.reason != "missing":  # git lists deleted files as well
                skipped[path] = error.reason
    return Discovery(tuple(files), skipped)


def read_source(root: Path, path: str) -> bytes:
    """The content of a file of at most MAX_SOURCE_BYTES, its lines ending in LF or CRLF, not in a bare CR.

    Never blocks, and never leaves the root. A symlink to a regular file inside the root is followed. Raises
    UnreadableSource for anything else.
    """
    file, status = _Located(root).locate(path, follow=True)
    return end_lines_with_lf(_read(path, file, status, MAX_SOURCE_BYTES))


def source_folders(root: Path, repository: Repository | None) -> set[str]:
    """The folders in which source files may appear, the root ("") among them. Raises GitError if git fails."""
    ignored = repository.ignored_folders() if repository is not None else frozenset()
    found: set[str] = set()
    pending = [""]
    while pending:
        folder = pending.pop()
        if folder and git_folder_of(root / folder) is not None and is_foreign(root, repository, folder):
            continue
        found.add(folder)
        with contextlib.suppress(OSError), os.scandir(root / folder) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name not in NEVER_ENTERED and path not in ignored and entry.is_dir(follow_symlinks=False):
                    pending.append(path)
    return found


def is_foreign(root: Path, repository: Repository | None, path: str) -> bool:
    """Whether a file belongs to a clone or worktree inside the repository. Raises GitError if git fails."""
    nested = nested_root(root, path)
    if nested is None or repository is None:
        return False
    submodule = repository.submodule(nested) if repository.is_submodule(nested) else None
    return submodule is None or is_foreign(submodule.root, submodule, path.removeprefix(nested).strip("/"))


def is_left_out(root: Path, repository: Repository | None, exclude: Sequence[str], path: str) -> bool:
    """Whether a file is ignored, excluded, secret or reached through a symlink. Raises GitError if git fails.

    It need not exist.
    """
    if os.path.realpath(root / path) != str(root / path):
        return True  # a target inside the root is listed itself
    located = _Located(root)
    verdict = _IgnoreFiles(located, FORETHOUGHT_RULES).verdict(path)
    if verdict or is_secret_path(path) or _compile(exclude).match_file(path):
        return True
    return verdict is None and _is_ignored_by_git(located, repository, path)


def _is_ignored_by_git(located: "_Located", repository: Repository | None, path: str) -> bool:
    if repository is None:
        rules = _IgnoreFiles(located, ".gitignore")
        folders = [folder for folder in folders_above(path) if folder]
        return any(rules.verdict(folder, is_folder=True) for folder in folders) or rules.verdict(path) is True
    nested = nested_root(repository.root, path)
    if nested is None:
        return bool(repository.ignored([path]))
    submodule = repository.submodule(nested)
    inner = path.removeprefix(nested).strip("/")
    return submodule is None or _is_ignored_by_git(_Located(submodule.root), submodule, inner)


def language_of(path: str, data: bytes, detect: Detect) -> str | None:
    """The language that a file with this content would be read in; None if it would be skipped. Reads no disk."""
    name = path.rpartition("/")[2].lower()
    odd_name = is_secret_path(path) or _GENERATED_NAME.fullmatch(name) or _MINIFIED_NAME.fullmatch(name)
    if odd_name or len(data) > (MAX_DATA_BYTES if name.endswith(_DATA) else MAX_SOURCE_BYTES):
        return None
    try:
        return _sniff(path, data[:SNIFFED_BYTES], detect)
    except UnreadableSource:
        return None


def _look_at(located: "_Located", path: str, detect: Detect, known: Known) -> SourceFile:
    name = path.rpartition("/")[2].lower()
    if _GENERATED_NAME.fullmatch(name):
        raise UnreadableSource(path, "generated")
    if _MINIFIED_NAME.fullmatch(name):
        raise UnreadableSource(path, "minified")
    file, status = located.locate(path, follow=False)
    if name.endswith(_DATA) and status.st_size > MAX_DATA_BYTES:
        raise UnreadableSource(path, "too large")
    language = known(path, status.st_size, status.st_mtime_ns)
    if language is None:
        language = _sniff(path, _read(path, file, status, SNIFFED_BYTES), detect)
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
    # Plain searches first: a regular expression over every file takes longer than reading it.
    if b"generated" not in head and b"Generated" not in head and b"GENERATED" not in head:
        return False
    return _GENERATED_MARK.search(head) is not None


class _Located:
    """Locates the paths of one root on disk, never outside the root. Each folder is resolved once."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._folders: dict[str, Path | None] = {}

    def locate(self, path: str, follow: bool) -> tuple[Path, os.stat_result]:
        """The file and its status; a symlink is followed if `follow`. Raises UnreadableSource."""
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
            raise UnreadableSource(path, "missing")  # there is now a folder instead
        _check(path, status)
        if status.st_size > MAX_SOURCE_BYTES:
            raise UnreadableSource(path, "too large")
        return file, status

    def _folder(self, name: str) -> Path | None:
        """The resolved folder; None if a symlink leads out of the root."""
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
            raise UnreadableSource(path, "symlink")  # a target inside the root is listed itself
        if is_secret_path(target.relative_to(self.root).as_posix()):
            raise UnreadableSource(path, "secret")
        return target, status


def _check(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableSource(path, "not a regular file")


def _read(path: str, file: Path, expected: os.stat_result, limit: int) -> bytes:
    """The first `limit` bytes of a file that was located."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_NOCTTY", "O_BINARY"):  # the last on Windows, the others on POSIX
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(file, flags)
        try:
            _check(path, os.fstat(descriptor))  # it may have been replaced since
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
        raise UnreadableSource(path, "too large")  # it has grown since
    return bytes(content[:limit])


class _IgnoreFiles:
    """The nested ignore files of one name, each read when first needed. The last matching rule decides."""

    def __init__(self, located: _Located, name: str) -> None:
        self.name = name
        self._located = located
        self._by_folder: dict[str, GitIgnoreSpec | None] = {}

    def verdict(self, path: str, is_folder: bool = False) -> bool | None:
        """True if the path is ignored, False if it is re-included by `!`, None if no rule matches."""
        verdict = None
        for folder in folders_above(path):
            if (rules := self._rules(folder)) is not None:
                relative = path[len(folder) + 1 if folder else 0 :] + ("/" if is_folder else "")
                include = rules.check_file(relative).include
                verdict = include if include is not None else verdict
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
            return None  # absent, or not a file of rules
        return _compile(os.fsdecode(content.removeprefix(b"\xef\xbb\xbf")).splitlines())


def _compile(patterns: Iterable[str]) -> GitIgnoreSpec:
    """Invalid patterns match nothing, as in git; nor do those that could take very long to match."""
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


def folders_above(path: str) -> Iterator[str]:
    """Every folder above a path, the root ("") first."""
    yield ""
    slash = path.find("/")
    while slash >= 0:
        yield path[:slash]
        slash = path.find("/", slash + 1)


def _list_paths(
    located: _Located, repository: Repository | None, within: str, forethought_rules: _IgnoreFiles
) -> Iterable[str]:
    if repository is None:
        return _walk(located, within, forethought_rules)
    prefix = _prefix_of(located.root, repository)
    start = (prefix + within).rstrip("/")
    listed = {path.removeprefix(prefix) for path in _list_in_repository(repository, start)}
    rule_folders = {path.rpartition("/")[0] for path in listed if path.rpartition("/")[2] == forethought_rules.name}
    if any(forethought_rules.reincludes(folder) for folder in rule_folders.union(folders_above(within))):
        ignored = (path.removeprefix(prefix) for path in repository.list_untracked(start, ignored=True))
        listed.update(path for path in ignored if forethought_rules.verdict(path) is False)
    return listed


def _prefix_of(root: Path, repository: Repository) -> str:
    return "" if root == repository.root else root.relative_to(repository.root).as_posix() + "/"


def nested_root(root: Path, path: str) -> str | None:
    """The outermost submodule, clone or worktree below `root` that holds `path`. Runs no program."""
    folders = (*folders_above(path), path)[1:]
    return next((folder for folder in folders if folder and git_folder_of(root / folder) is not None), None)


def _list_in_repository(repository: Repository, within: str) -> Iterator[str]:
    if (nested := nested_root(repository.root, within)) is not None:
        submodule = repository.submodule(nested) if repository.is_submodule(nested) else None
        if submodule is not None:  # a clone or worktree is another repository, even if git does not ignore it
            inner = within.removeprefix(nested).strip("/")
            yield from (f"{nested}/{path}" for path in _list_in_repository(submodule, inner))
        return
    for entry in repository.list_tracked(within):
        if not entry.is_submodule:
            if entry.present:
                yield entry.path
        elif (submodule := repository.submodule(entry.path)) is not None:
            yield from (f"{entry.path}/{path}" for path in _list_in_repository(submodule, ""))
    yield from repository.list_untracked(within)


def _walk(located: _Located, within: str, forethought_rules: _IgnoreFiles) -> Iterator[str]:
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
            continue  # just deleted, or unreadable
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            entry_ignored = ignored or git_rules.verdict(path, is_folder) is True
            if not is_folder:
                if not entry_ignored or forethought_rules.verdict(path) is False:
                    yield path
            elif entry.name not in NEVER_ENTERED and (not entry_ignored or forethought_rules.reincludes("")):
                pending.append((path, entry_ignored))


MINIFIED_LINE = 400
"""JavaScript, CSS and JSON with more bytes per line on average is minified."""

MAX_STARS = 3
"""Most `*` in one part of a pattern, and most `**` parts: with more, a hostile name takes seconds to match."""

_DATA = (".json", ".jsonc", ".yaml", ".yml", ".toml")
_MINIFIABLE = (".js", ".mjs", ".cjs", ".css", ".json")
_MINIFIED_NAME = re.compile(r".*[.-]min\.(js|mjs|cjs|css)|.*\.bundle\.js", re.DOTALL)
_GENERATED_NAME = re.compile(
    r"""package-lock\.json | npm-shrinkwrap\.json | yarn\.lock | pnpm-lock\.ya?ml | bun\.lockb? | deno\.lock
    | poetry\.lock | uv\.lock | pdm\.lock | pipfile\.lock | cargo\.lock | gemfile\.lock | composer\.lock | flake\.lock
    | mix\.lock | go\.sum | gradle\.lockfile | \.terraform\.lock\.hcl
    | .*\.pb\.(go|cc|h) | .*_pb2(_grpc)?\.pyi? | .*_pb\.(js|ts|d\.ts) | .*_grpc_pb\.js | .*\.g\.(dart|cs)
    | .*\.designer\.cs""",
    re.VERBOSE | re.DOTALL,
)
_GENERATED_MARK = re.compile(
    rb"""^[ \t]* (?: // | \# | /?\*+ | -- | ; | % | <!-- | \"\"\" ) [^\r\n]{0,200}?
    (?: (?<![`'"\w]) @generated \b (?![`'"]) | generated \b [^\r\n]{0,200} \b do \ not \ (?: edit | modify ) \b )""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
