"""A trial: copies of a repository, with caches, settings and engine hosts of their own; the user's stay as they are."""

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
from forethought.errors import ForethoughtError, UsageError
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS

SETTLE_SECONDS = 300.0
_COMMAND_SECONDS = 3600.0
_FEW_SYMBOLS = (4, 14)
"""Functions and classes of a file that is thought about for a measurement: some questions, soon done."""
_MAX_FILE_BYTES = 20_000


class Trial:
    """A temporary folder in which things are tried; at the end its engine hosts are stopped and it is deleted."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="forethought-bench-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name).resolve()
        self._environments: list[Mapping[str, str]] = []
        self.load_at_start = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0

    def __enter__(self) -> "Trial":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for environment in self._environments:
            run_command(environment, "engine", "stop")
        self._folder.cleanup()

    @property
    def machine(self) -> dict[str, Any]:
        """What else went on: cores, and the load when the trial began."""
        return {"cores": os.cpu_count(), "load_at_start": round(self.load_at_start, 2)}

    def environment(self, name: str, engine: str = "llama") -> dict[str, str]:
        """A machine of its own called `name`. With an engine: the model of FORETHOUGHT_MODEL, else SmolLM2."""
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
        """A clone of a git repository, as its HEAD is. Raises UsageError for a folder that is none."""
        target = self.folder / name
        try:
            git(self.folder, "clone", "--quiet", "--shared", "--", str(source), str(target))
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            raise UsageError(
                f"{source} cannot be cloned ({reason}); name a git repository that has a commit."
            ) from error
        return target


def git(folder: Path, *words: str) -> str:
    """Run git with no hooks; its output. Raises CalledProcessError."""
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
    """What a command prints with `--json`. Raises ForethoughtError, with what it said, when it printed none."""
    done = run_command(environment, *words, "--json")
    try:
        document: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ForethoughtError(f"`forethought {words[0]}` failed: {said[-1] if said else done.returncode}") from None
    return document


def precompute_files(environment: Mapping[str, str], root: Path, paths: Sequence[str]) -> dict[str, Any]:
    """Think about these files now; the document of `precompute`. Raises ForethoughtError."""
    includes = [word for path in paths for word in ("--include", f"/{path}")]
    return command_document(environment, "precompute", "--root", str(root), *includes)


def pick_files(root: Path, count: int, seed: int) -> list[str]:
    """Tracked source files with a handful of functions and classes each. Raises UsageError when there are none."""
    languages = load_languages()
    paths = git(root, "ls-files", "-z").split("\0")
    random.Random(seed).shuffle(paths)  # noqa: S311 - a sample, no secret
    fewest, most = _FEW_SYMBOLS
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
        if fewest <= sum(symbol.kind in FUNCTION_KINDS | CLASS_KINDS for symbol in symbols) <= most:
            found.append(path)
    if not found:
        raise UsageError(f"{root} tracks no file of {fewest} to {most} functions and classes; name another repository.")
    return found


def start_server(environment: Mapping[str, str], root: Path) -> Client:
    """A language server of its own process, initialized and with its index built. Raises ForethoughtError."""
    client = Client([sys.executable, "-m", "forethought.lsp"], root, environment)
    client.initialize(root)
    wait_for(
        lambda: client.request("forethought/status", None)["state"] not in ("starting", "indexing"),
        SETTLE_SECONDS,
        "the index to be built",
    )
    return client


def wait_for(condition: Callable[[], bool], seconds: float, what: str, every: float = 0.2) -> float:
    """Poll until `condition()` is true; the seconds it took. Raises ForethoughtError, naming `what`, at the end."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise ForethoughtError(f"Waited {seconds:g} s for {what} in vain; `forethought doctor` may say why.")
        time.sleep(every)
    return time.monotonic() - started


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest-rank quantile: at least this share of the values is no larger. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]


def figures(milliseconds: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and max, rounded, with how many."""
    found = {f"p{share}": round(quantile(milliseconds, share / 100), 2) for share in (50, 95, 99)}
    return {**found, "max": round(max(milliseconds), 2), "count": len(milliseconds)}


def goal_line(what: str, figure: str, goal: str, met: bool) -> str:
    """One line of a table: what was measured, the figure, and the goal beside it."""
    return f"{what:<58}{figure:>14}   goal {goal:<10} {'met' if met else 'NOT met'}"


def machine_line(machine: Mapping[str, Any]) -> str:
    return f"on {machine['cores']} cores, load {machine['load_at_start']} at the start"
