"""Checks the installation, for `forethought doctor`."""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from forethought.config import Settings
from forethought.embedding import minilm_file
from forethought.embedding.minilm import MiniLM
from forethought.embedding.source import missing_part
from forethought.engine.models.catalog import CATALOG, choose_model
from forethought.engine.models.gguf import check_memory, read_model_file
from forethought.errors import EngineError, ModelError
from forethought.folders import model_folder, runtime_folder
from forethought.store.insight_store import INSIGHTS_FOLDER, DiskInsightStore
from forethought.syntax.languages import Languages

MIN_GIT_VERSION = (2, 25)
"""Older versions are reported as a fault."""
MIN_FREE_BYTES = 500_000_000
"""Less is reported as a fault. The default cache alone may grow to four times as much."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    ok: bool
    message: str
    fix: str | None = None
    """How to fix a fault, or to improve on what works; None if there is nothing to do."""


def diagnose(settings: Settings, environment: Mapping[str, str], languages: Languages) -> list[Finding]:
    """Check everything that has to work. Takes a moment: imports the grammars, reads the model's header and opens the
    store."""
    return [
        _check_python(),
        _check_git(environment),
        *_check_languages(languages),
        *_check_engine(settings),
        _check_semantic_search(),
        _check_store(settings.cache_folder, settings.cache_size_limit),
        _check_runtime_folder(runtime_folder(environment)),
        *(_check_space(folder) for folder in dict.fromkeys((settings.cache_folder, model_folder()))),
    ]


def _check_python() -> Finding:
    """Always fine, because a version that is too old cannot import this module; shows which Python runs."""
    return Finding(True, f"Python {'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}")


def _check_git(environment: Mapping[str, str]) -> Finding:
    program = shutil.which("git", path=environment.get("PATH"))
    if program is None:
        return Finding(
            False,
            "git is not installed: no history, no ignore rules and no passes after commits",
            "Install git and make sure that it is on the PATH.",
        )
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(False, f"{program} does not run ({error})", "Reinstall git.")
    match = re.search(r"(\d+)\.(\d+)", done.stdout)
    if match is None or (int(match[1]), int(match[2])) < MIN_GIT_VERSION:
        oldest = ".".join(map(str, MIN_GIT_VERSION))
        return Finding(False, f"{done.stdout.strip()} is too old", f"Upgrade git to {oldest} or newer.")
    return Finding(True, done.stdout.strip())


def _check_languages(languages: Languages) -> list[Finding]:
    loaded = [name for name in languages.names if languages.named(name) is not None]
    if loaded:
        findings = [Finding(True, f"{len(loaded)} languages: {', '.join(loaded)}")]
    else:
        findings = [Finding(False, "no language can be parsed", "Reinstall Forethought.")]
    for problem in languages.problems:
        findings.append(Finding(False, problem, "Reinstall Forethought, or fix the named file in your own grammars."))
    return findings


def _check_engine(settings: Settings) -> list[Finding]:
    if settings.engine == "none":
        return [Finding(True, "engine: none, as configured: answers are facts and stored insights")]
    if settings.engine == "openai" or (settings.engine == "auto" and settings.openai_base_url):
        if settings.openai_base_url and settings.openai_model:
            return [Finding(True, f"engine: {settings.openai_model} at {settings.openai_base_url}")]
        fix = "Set `openai.baseUrl` and `openai.model` in your own settings."
        return [Finding(False, "the engine is an endpoint, but its URL or model is not set", fix)]
    # Facts alone are a complete installation. A missing engine is a fault only if the settings ask for one.
    required = settings.engine == "llama" or bool(settings.model_name or settings.model_path)
    if importlib.util.find_spec("llama_cpp") is None:
        fix = "Run `pip install 'llama-cpp-python>=0.3.36'`; it needs a C++ compiler and takes several minutes."
        engine = Finding(not required, "the engine llama.cpp is not installed: facts only", fix)
    else:
        engine = Finding(True, "engine: llama.cpp")
    return [engine, _check_model(settings, required)]


def _check_model(settings: Settings, required: bool) -> Finding:
    recommended = next(model.name for model in CATALOG if model.recommended)
    try:
        model = choose_model(settings, model_folder())
        if model is None:
            fix = f"Run `forethought model pull {recommended}`."
            return Finding(not required, "no model is chosen or installed: facts only", fix)
        header = read_model_file(model.path)
        check_memory(header, settings.model_context_length)
    except (ModelError, EngineError) as error:
        return Finding(False, str(error), "Run `forethought model list`, then `model pull` or `model use`.")
    return Finding(True, f"model: {model.name} ({header.architecture}, {header.size / 1e9:.2f} GB) at {model.path}")


def _check_semantic_search() -> Finding:
    """Never a fault unless the model is damaged: search by words alone is a complete installation."""
    if (missing := missing_part(model_folder())) is not None:
        what, fix = missing
        return Finding(True, f"search: by words only, because {what}", fix)
    try:
        MiniLM(minilm_file.file_in(model_folder()))
    except Exception as error:  # noqa: BLE001 -- whatever ONNX Runtime raises is a finding
        fix = f"Run `forethought model pull {minilm_file.NAME}`."
        return Finding(False, f"search: by words only, because its model does not load ({error})", fix)
    return Finding(True, f"search: by words and meaning ({minilm_file.TITLE})")


def _check_store(folder: Path, limit: int) -> Finding:
    store = DiskInsightStore.open(folder / INSIGHTS_FOLDER, limit)
    info = store.info()
    store.close()
    if info["problem"]:
        return Finding(False, info["problem"], f"Make sure that {folder} is writable, or set `cache.directory`.")
    return Finding(True, f"store: {info['entries']} entries, {info['bytes'] / 1e6:.1f} MB in {folder}")


def _check_runtime_folder(folder: Path) -> Finding:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return Finding(True, f"runtime folder: {folder} (created when the engine starts)")
    except OSError as error:
        return Finding(False, f"{folder} cannot be read ({error.strerror})", "Set FORETHOUGHT_RUNTIME_DIR.")
    if not stat.S_ISDIR(status.st_mode):
        return Finding(False, f"{folder} is not a folder", "Delete it, or set FORETHOUGHT_RUNTIME_DIR.")
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return Finding(False, f"{folder} belongs to another user", "Set FORETHOUGHT_RUNTIME_DIR to a folder of yours.")
    if os.name == "posix" and status.st_mode & 0o022:
        return Finding(False, f"other users can write to {folder}", f"Run `chmod 700 {folder}`.")
    return Finding(True, f"runtime folder: {folder}")


def _check_space(folder: Path) -> Finding:
    existing = next((parent for parent in (folder, *folder.parents) if parent.exists()), Path("/"))
    free = shutil.disk_usage(existing).free
    if free < MIN_FREE_BYTES:
        return Finding(False, f"only {free / 1e6:.0f} MB free in {folder}", "Free some space, or move the folder.")
    return Finding(True, f"disk: {free / 1e9:.1f} GB free in {folder}")
