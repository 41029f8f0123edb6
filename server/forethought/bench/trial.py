"""A trial: clones of a repository with their own caches, settings and engine hosts. The user's are left untouched."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from forethought.bench.lsp_client import Client
from forethought.bench.machine import describe_machine
from forethought.errors import ForethoughtError, UsageError
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS

SETTLE_SECONDS = 300.0
_COMMAND_SECONDS = 3600.0
_MIN_SYMBOLS, _MAX_SYMBOLS = 4, 14
"""How many functions and classes a precomputed file may have: enough to ask about, few enough to finish soon."""
_MAX_FILE_BYTES = 20_000


class Trial:
    """A temporary folder. Leaving it stops the engine hosts started in it and deletes it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="forethought-bench-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name).resolve()
        self._environments: list[Mapping[str, str]] = []
        self.machine = describe_machine()
        """For `Report.settings`."""

    def __enter__(self) -> "Trial":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for environment in self._environments:
            run_command(environment, "engine", "stop")
        self._folder.cleanup()

    def environment(self, name: str, engine: str = "llama") -> dict[str, str]:
        """Return the environment of a fresh machine called `name`. The model is FORETHOUGHT_MODEL, or else SmolLM2."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        config = folder / "forethought.toml"
        config.touch()
        found = {
            **os.environ,
            "FORETHOUGHT_CACHE_DIR": str(folder / "cache"),
            "FORETHOUGHT_RUNTIME_DIR": str(folder / "run"),
            "FORETHOUGHT_CONFIG": str(config),
            "FORETHOUGHT_ENGINE": engine,
        }
        if engine == "llama":
            found.setdefault("FORETHOUGHT_MODEL", "smollm2")
            self._environments.append(found)
        return found

    def clone(self, source: Path, name: str) -> Path:
        """Clone a git repository at its HEAD. Raises UsageError if it cannot be cloned."""
        target = self.folder / name
        try:
            git(self.folder, "clone", "--quiet", "--shared", "--", str(source), str(target))
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            raise UsageError(
                f"{source} cannot be cloned ({reason}); name a git repository with at least one commit."
            ) from error
        return target


def git(folder: Path, *words: str) -> str:
    """Run git without hooks and return its output. Raises CalledProcessError."""
    switches = ["core.hooksPath=/dev/null", "core.fsmonitor=false", "commit.gpgsign=false", "advice.detachedHead=false"]
    switches += ["user.name=bench", "user.email=bench@localhost"]
    command = ["git", *(word for switch in switches for word in ("-c", switch)), *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout.decode(errors="surrogateescape")


def forethought_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "forethought", *words]


def run_command(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        forethought_command(*words), env=dict(environment), capture_output=True, timeout=_COMMAND_SECONDS, check=False
    )


def command_document(environment: Mapping[str, str], *words: str) -> dict[str, Any]:
    """Run a command with `--json`; returns its document. Raises ForethoughtError with its message if it fails."""
    done = run_command(environment, *words, "--json")
    try:
        document: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ForethoughtError(f"`forethought {words[0]}` failed: {said[-1] if said else done.returncode}") from None
    return document


def precompute_files(environment: Mapping[str, str], root: Path, paths: Sequence[str]) -> dict[str, Any]:
    """Run `precompute` on these files and return its document. Raises ForethoughtError."""
    includes = [word for path in paths for word in ("--include", f"/{path}")]
    return command_document(environment, "precompute", "--root", str(root), *includes)


def pick_files(root: Path, count: int, seed: int) -> list[str]:
    """Choose tracked source files with a handful of functions and classes each. Raises UsageError if there are none."""
    languages = load_languages()
    paths = git(root, "ls-files", "-z").split("\0")
    random.Random(seed).shuffle(paths)  # noqa: S311 - sampling, not cryptography
    found: list[str] = []
    for path in paths:
        file = root / path
        if len(found) == count:
            break
        if not path or file.is_symlink() or not file.is_file() or file.stat().st_size > _MAX_FILE_BYTES:
            continue
        data = file.read_bytes()
        language = languages.detect(path, data[:8192])
        if language is None:
            continue
        symbols = read_tags(language, data).symbols
        definitions = sum(symbol.kind in FUNCTION_KINDS | CLASS_KINDS for symbol in symbols)
        if _MIN_SYMBOLS <= definitions <= _MAX_SYMBOLS:
            found.append(path)
    if not found:
        raise UsageError(
            f"{root} tracks no file with {_MIN_SYMBOLS} to {_MAX_SYMBOLS} functions and classes; name another "
            "repository."
        )
    return found


def start_server(environment: Mapping[str, str], root: Path, seconds: float = SETTLE_SECONDS) -> Client:
    """Start a language server process and wait until it has built its index. Raises ForethoughtError."""
    client = Client([sys.executable, "-m", "forethought.lsp"], root, environment)
    client.initialize(root)
    wait_for(
        lambda: client.request("forethought/status", None)["state"] not in ("starting", "indexing"),
        seconds,
        "the index to be built",
    )
    return client


def wait_for(condition: Callable[[], bool], seconds: float, what: str, every: float = 0.2) -> float:
    """Poll until `condition()` holds; returns the seconds. Raises ForethoughtError, naming `what`, on timeout."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise ForethoughtError(
                f"Timed out after {seconds:g} s waiting for {what}; `forethought doctor` may say why."
            )
        time.sleep(every)
    return time.monotonic() - started
