"""Finds and deletes what Forethought left on this machine, for `forethought uninstall`.

A file is ours if we gave it its name, in a folder that we use. Nothing else is listed, so nothing else is deleted.
Symbolic links are neither followed nor deleted.
"""

import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from forethought.config import Settings
from forethought.embedding import minilm_file
from forethought.engine.models.catalog import CATALOG, CHOICE, RECORDS, read_records
from forethought.folders import (
    data_folder,
    default_cache_folder,
    default_config_folder,
    model_folder,
    runtime_folder,
    short_socket_folder,
    user_config_file,
)
from forethought.store.healing_cache import MARKER
from forethought.store.insight_store import INSIGHTS_FOLDER

_IN_CACHE = (
    (
        "contexts",
        r"(contexts|verdicts)(\.broken-\d+)?/(cache\.db(-wal|-shm|-journal)?|forethought-contexts\.json(\.[\d-]+)?)",
    ),
    ("index", r"index/[0-9a-f]{32}\.(words\.|vectors\.)?(sqlite(-wal|-shm|-journal)?|set-aside)"),
    ("engine", r"engine/(digests|speeds)\.json"),
    ("snapshots", r"snapshots/[0-9a-f]{16,64}\.[\w.]+"),
    ("state", r"state\.(json|lock)|state-\w{8}"),
    ("questions", r"questions\.jsonl(\.\d+)?"),
    ("logs", r"faults\.log"),
    ("measurements", r"measurements/[a-z][a-z0-9-]*\.(jsonl|json|html|png)"),
)
"""(kind, pattern of the path in the folder)."""
_IN_RUNTIME = (("engine host", r"engine/[0-9a-f]{16}\.[a-z.]+"),)
_IN_SOCKETS = (("engine host", r"[0-9a-f]{16}\.sock"),)
_IN_CONFIG = (("settings", r"forethought\.toml"),)
_PARTIAL_DOWNLOAD = re.compile(r"\..+\.(gguf\.(\w+\.part|lock)|onnx\.part)")


@dataclass(frozen=True, slots=True)
class Item:
    """Files of one kind in one folder."""

    kind: str
    path: Path
    """The folder that holds the files, or the only file."""
    bytes: int
    files: tuple[Path, ...]
    top: Path
    """The folder of ours that they are in. It is deleted, too, once it is empty."""


def take_inventory(settings: Settings, environment: Mapping[str, str]) -> list[Item]:
    """List everything of ours on this machine, except the program itself."""
    data, config = data_folder(), default_config_folder()
    runtime, sockets = runtime_folder(environment), short_socket_folder()
    # A settings file in another place, such as a dotfiles repository, is the user's own.
    own_config = user_config_file(environment).parent == config
    return [
        *_grouped(settings.cache_folder, _cache_files(settings.cache_folder)),
        *_grouped(data, _data_files(data)),
        *_grouped(runtime, _matching(runtime, _IN_RUNTIME)),
        *_grouped(sockets, _matching(sockets, _IN_SOCKETS)),
        *_grouped(config, _matching(config, _IN_CONFIG) if own_config else ()),
    ]


def delete_items(items: Iterable[Item]) -> list[str]:
    """Delete the listed files and the folders that this leaves empty. Returns one sentence per file that is left."""
    problems = []
    for item in items:
        for path in item.files:
            try:
                if _is_plain_file(path) and not _is_behind_link(path, item.top):
                    path.unlink()
            except OSError as error:
                problems.append(f"{path} could not be deleted ({error.strerror}).")
        for folder in {path.parent for path in item.files}:
            _delete_empty(folder, item.top)
    return problems


def _cache_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (kind, file). A folder other than the default one must contain our marker file."""
    if folder == default_cache_folder() or (folder / INSIGHTS_FOLDER / MARKER).is_file():
        yield from _matching(folder, _IN_CACHE)
        for entry in _entries(folder / "measurements"):
            if entry.name.endswith("-cache") and entry.is_dir() and not entry.is_symlink():
                yield from _matching(entry, _IN_CACHE)  # a benchmark's own cache, kept to resume the benchmark


def _data_files(data: Path) -> Iterator[tuple[str, Path]]:
    """Yield (kind, file) for what we downloaded and for the user's choice. GGUF files added by hand are the user's."""
    models = model_folder()
    names = {RECORDS, minilm_file.file_in(models).name, *(model.file for model in CATALOG), *read_records(models)}
    for path in _files_below(data):
        if path == data / CHOICE:
            yield "choice", path
        elif path.parent == models and (path.name in names or _PARTIAL_DOWNLOAD.fullmatch(path.name)):
            yield "models", path


def _matching(top: Path, patterns: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Path]]:
    compiled = [(kind, re.compile(pattern)) for kind, pattern in patterns]
    for path in _files_below(top):
        name = path.relative_to(top).as_posix()
        for kind, pattern in compiled:
            if pattern.fullmatch(name):
                yield kind, path


def _files_below(top: Path) -> Iterator[Path]:
    """Yield the files in a folder and in its direct subfolders. Links are neither followed nor listed."""
    for path in _entries(top):
        if path.is_dir() and not path.is_symlink():
            yield from filter(_is_plain_file, _entries(path))
        elif _is_plain_file(path):
            yield path


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # missing or unreadable


def _is_plain_file(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _is_behind_link(path: Path, top: Path) -> bool:
    """Tell whether a folder between `top` and the file has become a link since it was listed."""
    return any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(top) and parent != top)


def _grouped(top: Path, found: Iterable[tuple[str, Path]]) -> list[Item]:
    groups: dict[tuple[str, Path], list[Path]] = {}
    for kind, path in found:
        groups.setdefault((kind, path.parent), []).append(path)
    return [
        Item(
            kind=kind,
            path=paths[0] if len(paths) == 1 else folder,
            bytes=sum(path.lstat().st_size for path in paths),
            files=tuple(paths),
            top=top,
        )
        for (kind, folder), paths in groups.items()
    ]


def _delete_empty(folder: Path, top: Path) -> None:
    """Delete a folder if it is empty, and then its parents up to and including `top`."""
    while folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            return  # not empty, or gone already
        folder = folder.parent
