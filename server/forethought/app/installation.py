"""What of ours lies on this machine (for `uninstall`), and whether it is in order (for `doctor`).

Ours is what has a name that we give, in a folder that we use. Nothing else is listed, so nothing else is deleted, and
no link is followed.
"""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from forethought.config import Settings
from forethought.engine.models.catalog import CATALOG, CHOICE, RECORDS, choose_model, read_records
from forethought.engine.models.gguf import check_memory, read_model_file
from forethought.errors import EngineError, ModelError
from forethought.folders import model_folder, runtime_folder, user_config_file
from forethought.store.healing_cache import MARKER
from forethought.store.insight_store import INSIGHTS_FOLDER, DiskInsightStore
from forethought.syntax.languages import load_languages

_OLDEST_GIT = (2, 25)
_LITTLE_SPACE = 500_000_000

_IN_CACHE = (
    (
        "contexts",
        r"(contexts|verdicts)(\.broken-\d+)?/(cache\.db(-wal|-shm|-journal)?|forethought-contexts\.json(\.[\d-]+)?)",
    ),
    ("index", r"index/[0-9a-f]{32}\.(words\.)?(sqlite(-wal|-shm|-journal)?|set-aside)"),
    ("engine", r"engine/(digests|speeds)\.json"),
    ("snapshots", r"snapshots/[0-9a-f]{16,64}\.[\w.]+"),
    ("state", r"state\.(json|lock)|state-\w{8}"),
    ("questions", r"questions\.jsonl(\.\d+)?"),
    ("logs", r"faults\.log"),
    ("measurements", r"measurements/[a-z][a-z0-9-]*\.(jsonl|json|html|png)"),
)
_IN_RUNTIME = (("engine host", r"engine/[0-9a-f]{16}\.[a-z.]+"),)
_IN_SOCKETS = (("engine host", r"[0-9a-f]{16}\.sock"),)
_IN_CONFIG = (("settings", r"forethought\.toml"),)
_PARTIAL = re.compile(r"\..+\.gguf\.(\w+\.part|lock)")


@dataclass(frozen=True, slots=True)
class Item:
    """Files of one kind in one folder."""

    kind: str
    path: Path
    """The folder that holds them, or the one file."""
    bytes: int
    files: tuple[Path, ...]
    top: Path
    """The folder of ours that they lie in; it goes, too, when nothing is left in it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `doctor` looked at."""

    ok: bool
    what: str
    mend: str | None = None
    """How to mend a fault, or to get more than there is; None when there is nothing to do."""


def inventory(settings: Settings, environment: Mapping[str, str]) -> list[Item]:
    """Everything of ours on this machine, outside of Python's own packages."""
    data = model_folder().parent
    runtime = runtime_folder(environment)
    config = user_config_file(environment)
    usual_config = Path(platformdirs.user_config_dir("forethought"))
    return [
        *_grouped(settings.cache_folder, _cache_files(settings.cache_folder)),
        *_grouped(data, _data_files(data)),
        *_grouped(runtime, _matching(runtime, _IN_RUNTIME)),
        *_grouped(_socket_folder(), _matching(_socket_folder(), _IN_SOCKETS)),
        # Settings that the person keeps elsewhere, among dotfiles perhaps, are not ours to delete.
        *_grouped(usual_config, _matching(usual_config, _IN_CONFIG) if config.parent == usual_config else ()),
    ]


def delete(items: Iterable[Item]) -> list[str]:
    """Delete what `inventory` listed, and the folders that are empty then. One sentence for each thing left."""
    problems = []
    for item in items:
        for path in item.files:
            try:
                if _is_plain_file(path) and not _has_link(path, item.top):
                    path.unlink()
            except OSError as error:
                problems.append(f"{path} could not be deleted ({error.strerror}).")
        for folder in {path.parent for path in item.files}:
            _remove_empty(folder, item.top)
    return problems


def diagnose(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """Look at everything that has to work. Takes moments: imports grammars, reads a model's header, opens the store."""
    return [
        _python(),
        _git(environment),
        *_grammars(environment),
        *_engine(settings),
        *_store(settings.cache_folder, settings.cache_size_limit),
        _runtime(runtime_folder(environment)),
        *(_space(folder) for folder in dict.fromkeys((settings.cache_folder, model_folder()))),
    ]


def _cache_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files of the cache folder; of one that is not the usual place only when our marker is in it."""
    usual = Path(platformdirs.user_cache_dir("forethought"))
    if folder == usual or (folder / INSIGHTS_FOLDER / MARKER).is_file():
        yield from _matching(folder, _IN_CACHE)
        for entry in _entries(folder / "measurements"):
            if entry.name.endswith("-cache") and entry.is_dir() and not entry.is_symlink():
                yield from _matching(entry, _IN_CACHE)  # a bench's own, kept so that it can go on


def _data_files(data: Path) -> Iterator[tuple[str, Path]]:
    """What was pulled and chosen. A GGUF file that somebody put there by hand is theirs."""
    models = data / model_folder().name
    names = {RECORDS, *(model.file for model in CATALOG), *read_records(models)}
    for path in _files_below(data):
        if path == data / CHOICE:
            yield "choice", path
        elif path.parent == models and (path.name in names or _PARTIAL.fullmatch(path.name)):
            yield "models", path


def _matching(top: Path, patterns: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Path]]:
    compiled = [(kind, re.compile(pattern)) for kind, pattern in patterns]
    for path in _files_below(top):
        name = path.relative_to(top).as_posix()
        for kind, pattern in compiled:
            if pattern.fullmatch(name):
                yield kind, path


def _files_below(top: Path) -> Iterator[Path]:
    """Files in a folder and in its folders, no deeper; links are neither followed nor listed."""
    for path in _entries(top):
        if path.is_dir() and not path.is_symlink():
            yield from filter(_is_plain_file, _entries(path))
        elif _is_plain_file(path):
            yield path


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # not there, or not ours to read


def _is_plain_file(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _has_link(path: Path, top: Path) -> bool:
    """Whether a folder between `top` and the file has become a link since it was listed."""
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


def _socket_folder() -> Path:
    """Where the engine host's socket lies when the path of the runtime folder is too long for one."""
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"forethought-{user}"


def _remove_empty(folder: Path, top: Path) -> None:
    """Remove a folder that has become empty, and those above it up to and with `top`."""
    while folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            return  # something is left in it, or it is gone
        folder = folder.parent


def _python() -> Finding:
    """A version that is too old cannot even import this; the person wants to see which one runs."""
    return Finding(True, f"Python {'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}")


def _git(environment: Mapping[str, str]) -> Finding:
    program = shutil.which("git", path=environment.get("PATH"))
    if program is None:
        return Finding(
            False,
            "git is not installed: everything works but history, ignore rules and passes after commits",
            "Install git, and see that it is on the PATH.",
        )
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(False, f"{program} does not run ({error})", "Install git anew.")
    match = re.search(r"(\d+)\.(\d+)", done.stdout)
    if match is None or (int(match[1]), int(match[2])) < _OLDEST_GIT:
        oldest = ".".join(map(str, _OLDEST_GIT))
        return Finding(False, f"{done.stdout.strip()} is too old", f"Upgrade git to {oldest} or newer.")
    return Finding(True, done.stdout.strip())


def _grammars(environment: Mapping[str, str]) -> list[Finding]:
    own = user_config_file(environment).parent / "grammars"
    languages = load_languages((own,) if own.is_dir() else ())
    loaded = [name for name in languages.names if languages.named(name) is not None]
    findings = [Finding(bool(loaded), f"{len(loaded)} languages: {', '.join(loaded)}")] if loaded else []
    for problem in languages.problems:
        findings.append(Finding(False, problem, "Reinstall Forethought; in a folder of your own, mend the named file."))
    if not loaded:
        findings.append(Finding(False, "no language can be read", "Install Forethought again, from its checkout."))
    return findings


def _engine(settings: Settings) -> list[Finding]:
    if settings.engine == "none":
        return [Finding(True, "engine: none is wanted, answers are facts and what was thought elsewhere")]
    if settings.engine == "openai" or (settings.engine == "auto" and settings.openai_base_url):
        if settings.openai_base_url and settings.openai_model:
            return [Finding(True, f"engine: {settings.openai_model} at {settings.openai_base_url}")]
        mend = "Set `openai.baseUrl` and `openai.model` in your own settings."
        return [Finding(False, "the engine is an endpoint, but not which one", mend)]
    # Facts alone are a whole installation; what somebody asked for and does not get is a fault.
    wanted = settings.engine == "llama" or bool(settings.model_name or settings.model_path)
    findings = []
    if importlib.util.find_spec("llama_cpp") is None:
        mend = "Run `pip install 'llama-cpp-python>=0.3.36'`, which needs a C++ compiler and takes minutes."
        findings.append(Finding(not wanted, "the engine llama.cpp is not installed: facts only", mend))
    else:
        findings.append(Finding(True, "engine: llama.cpp"))
    findings.append(_model(settings, wanted))
    return findings


def _model(settings: Settings, wanted: bool) -> Finding:
    recommended = next(model.name for model in CATALOG if model.recommended)
    try:
        model = choose_model(settings, model_folder())
        if model is None:
            mend = f"Run `forethought model pull {recommended}`."
            return Finding(not wanted, "no model is chosen or installed: facts only", mend)
        header = read_model_file(model.path)
        check_memory(header, settings.model_context_length)
    except (ModelError, EngineError) as error:
        return Finding(False, str(error), "Run `forethought model list`, then `model pull` or `model use`.")
    return Finding(True, f"model: {model.name} ({header.architecture}, {header.size / 1e9:.2f} GB) at {model.path}")


def _store(folder: Path, limit: int) -> list[Finding]:
    store = DiskInsightStore.open(folder / INSIGHTS_FOLDER, limit)
    info = store.info()
    store.close()
    if info["problem"]:
        return [Finding(False, info["problem"], f"See that {folder} can be written, or set `cache.directory`.")]
    return [Finding(True, f"store: {info['entries']} entries, {info['bytes'] / 1e6:.1f} MB in {folder}")]


def _runtime(folder: Path) -> Finding:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return Finding(True, f"runtime folder: {folder} (made when the engine starts)")
    except OSError as error:
        return Finding(False, f"{folder} cannot be looked at ({error.strerror})", "Set FORETHOUGHT_RUNTIME_DIR.")
    if not stat.S_ISDIR(found.st_mode):
        return Finding(False, f"{folder} is not a folder", "Remove it, or set FORETHOUGHT_RUNTIME_DIR to another.")
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        return Finding(False, f"{folder} belongs to another user", "Set FORETHOUGHT_RUNTIME_DIR to a folder of yours.")
    if os.name == "posix" and found.st_mode & 0o022:
        return Finding(False, f"others can write in {folder}", f"Run `chmod 700 {folder}`.")
    return Finding(True, f"runtime folder: {folder}")


def _space(folder: Path) -> Finding:
    place = next((parent for parent in (folder, *folder.parents) if parent.exists()), Path("/"))
    free = shutil.disk_usage(place).free
    if free < _LITTLE_SPACE:
        return Finding(False, f"only {free / 1e6:.0f} MB are free in {folder}", "Free some space, or move the folder.")
    return Finding(True, f"disk: {free / 1e9:.1f} GB free in {folder}")
