"""How long a hover takes from request to answer over stdio, next to a server that answers with a constant.

Both servers have the same files open and get the same requests in turn, so that whatever else the machine does hits
both alike. With `busy`, a third series is measured while a pass over the whole repository runs at full load.
"""

import contextlib
import importlib.util
import keyword
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import psutil

from forethought.bench.lsp_client import Client
from forethought.errors import ForethoughtError, UsageError
from forethought.text.uris import file_uri

P50_GOAL = 1.5
"""Times the constant server's."""
P99_GOAL = 3.0
BUSY_P99_GOAL_MS = 20.0

_OPEN_FILES = 20
_WARM_UP = 20
_SETTLE_SECONDS = 120.0
_KEYWORDS = frozenset(keyword.kwlist) | {"self"}


def run(
    folder: Sequence[Path] = (),
    requests: Annotated[int, "Hovers at random identifiers."] = 1000,
    seed: Annotated[int, "Chooses the identifiers."] = 7,
    busy: Annotated[bool, "Hover while a pass runs at full load, too."] = False,
) -> dict[str, Any]:
    """Hover at `requests` random identifiers of Python files. Without a folder: a copy of an installed package.

    The result is plain JSON values: `files`, `ours` and `constant` (p50, p95, p99 and max in ms, share answered),
    `ratio`, `met`; with `busy` also `busy`. Raises UsageError for a folder without Python files.
    """
    with tempfile.TemporaryDirectory(prefix="forethought-bench-") as scratch:
        root = folder[0].resolve() if folder else _sample_repository(Path(scratch) / "repository")
        return _measure(root, Path(scratch), requests, seed, busy)


def render(result: dict[str, Any]) -> str:
    """The figures as lines for people, each with its goal."""
    lines = [f"hover on {result['files']} files, {result['requests']} requests each, in turn"]
    names = {"ours": "forethought", "constant": "a constant", "busy": "forethought, pass running"}
    for series, name in names.items():
        if (figures := result.get(series)) is not None:
            times = "   ".join(f"{key} {figures[key]:7.2f} ms" for key in ("p50", "p95", "p99", "max"))
            lines.append(f"{name:26} {times}   answered {figures['answered']:.0%}")
    ratio = result["ratio"]
    lines.append(f"p50 {ratio['p50']:.2f} × the constant server (goal ≤ {P50_GOAL})")
    lines.append(f"p99 {ratio['p99']:.2f} × the constant server (goal ≤ {P99_GOAL:g})")
    if result.get("busy") is not None:
        lines.append(f"p99 {result['busy']['p99']:.1f} ms while a pass runs (goal ≤ {BUSY_P99_GOAL_MS:g} ms)")
    return "\n".join(lines)


Position = tuple[str, int, int]


def _measure(root: Path, scratch: Path, requests: int, seed: int, busy: bool) -> dict[str, Any]:
    paths = [path for path in sorted(root.rglob("*.py")) if ".git" not in path.parts and path.is_file()]
    if not paths:
        raise UsageError(f"{root} holds no Python file; name a repository that does.")
    chooser = random.Random(seed)  # noqa: S311 - a sample, no secret
    opened = chooser.sample(paths, min(_OPEN_FILES, len(paths)))
    positions = _positions(opened, chooser, requests)
    if not positions:
        raise UsageError(f"{root} holds no Python file with identifiers; name a repository that does.")
    environment = _environment(scratch, "llama" if busy else "none")
    ours = Client([sys.executable, "-m", "forethought.lsp"], root, environment)
    constant = Client([sys.executable, "-m", "forethought.bench.constant_server"], root, environment)
    try:
        for client in (ours, constant):
            client.initialize(root)
            for path in opened:
                client.open(path, "python")
        _wait_until_settled(ours)
        for position in positions[:_WARM_UP]:
            _hover(ours, position)
            _hover(constant, position)
        series: dict[str, list[tuple[float, bool]]] = {"ours": [], "constant": []}
        for position in positions:
            series["ours"].append(_hover(ours, position))
            series["constant"].append(_hover(constant, position))
        busy_series = _while_thinking(ours, positions) if busy else None
    finally:
        ours.close()
        constant.close()
        _stop_engine(environment)
    figures = {name: _figures(values) for name, values in series.items()}
    ratio = {key: round(figures["ours"][key] / figures["constant"][key], 2) for key in ("p50", "p95", "p99", "max")}
    met = ratio["p50"] <= P50_GOAL and ratio["p99"] <= P99_GOAL
    result: dict[str, Any] = {
        "files": len(paths),
        "requests": len(positions),
        "seed": seed,
        **figures,
        "ratio": ratio,
        "met": met,
    }
    if busy_series is not None:
        result["busy"] = _figures(busy_series)
        result["met"] = met and result["busy"]["p99"] <= BUSY_P99_GOAL_MS
    return result


def _hover(client: Client, position: Position) -> tuple[float, bool]:
    uri, line, character = position
    params = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    started = time.perf_counter()
    answer = client.request("textDocument/hover", params)
    return (time.perf_counter() - started) * 1000, answer is not None


def _while_thinking(client: Client, positions: Sequence[Position]) -> list[tuple[float, bool]]:
    """Hover during a pass over everything; the pass is cancelled at the end. Raises ForethoughtError when none runs."""
    work = client.send("workspace/executeCommand", {"command": "forethought.precomputeWorkspace", "arguments": []})
    _wait_until_thinking(client)
    values = [_hover(client, position) for position in positions]
    client.notify("$/cancelRequest", {"id": work})
    return values


def _wait_until_thinking(client: Client) -> None:
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        document = client.request("forethought/status", None)
        if document["state"] == "degraded":
            break
        if document["engine"] and document["engine"]["loaded"]:
            return
        time.sleep(0.2)
    raise ForethoughtError("No pass could be started; `forethought doctor` says what is missing.")


def _wait_until_settled(client: Client) -> None:
    """Until the index is built and the server has used next to no processor time for two seconds."""
    process = psutil.Process(client.process.pid)
    deadline = time.monotonic() + _SETTLE_SECONDS
    quiet = 0
    while quiet < 4 and time.monotonic() < deadline:
        indexing = client.request("forethought/status", None)["state"] in ("starting", "indexing")
        quiet = 0 if indexing or process.cpu_percent(0.5) > 5 else quiet + 1


def _positions(paths: Sequence[Path], chooser: random.Random, count: int) -> list[Position]:
    """Identifiers in code, as Python's own tokenizer sees them, spread evenly over the files."""
    found: list[Position] = []
    for path in paths:
        with contextlib.suppress(tokenize.TokenError, SyntaxError, UnicodeDecodeError), tokenize.open(path) as file:
            names = [
                (file_uri(path), token.start[0] - 1, token.start[1] + 1)
                for token in tokenize.generate_tokens(file.readline)
                if token.type == tokenize.NAME and token.line.isascii() and token.string not in _KEYWORDS
            ]
            found += chooser.sample(names, min(len(names), count // len(paths) + 1))
    chooser.shuffle(found)
    return found[:count]


def _figures(values: Sequence[tuple[float, bool]]) -> dict[str, float]:
    times = sorted(milliseconds for milliseconds, _ in values)

    def quantile(share: float) -> float:
        return round(times[min(len(times) - 1, int(share * len(times)))], 3)

    answered = sum(answered for _, answered in values) / len(values)
    return {
        "p50": quantile(0.5),
        "p95": quantile(0.95),
        "p99": quantile(0.99),
        "max": round(times[-1], 3),
        "answered": round(answered, 3),
    }


def _environment(scratch: Path, engine: str) -> Mapping[str, str]:
    """Nothing of the user's: caches, settings and engine host of our own."""
    config = scratch / "forethought.toml"
    config.touch()
    environment = {
        **os.environ,
        "FORETHOUGHT_CACHE_DIR": str(scratch / "cache"),
        "FORETHOUGHT_RUNTIME_DIR": str(scratch / "run"),
        "FORETHOUGHT_CONFIG": str(config),
        "FORETHOUGHT_ENGINE": engine,
    }
    if engine == "llama":
        environment.setdefault("FORETHOUGHT_MODEL", "smollm2")
    return environment


def _stop_engine(environment: Mapping[str, str]) -> None:
    if environment["FORETHOUGHT_ENGINE"] != "none":
        command = [sys.executable, "-m", "forethought", "engine", "stop"]
        subprocess.run(command, env=dict(environment), capture_output=True, timeout=30, check=False)


def _sample_repository(folder: Path) -> Path:
    """A git repository with the files of an installed package of more than 250 modules."""
    package = importlib.util.find_spec("pygments")
    if package is None or not package.submodule_search_locations:
        raise UsageError("Name a repository: the package that is measured by default (Pygments) is not installed.")
    shutil.copytree(
        package.submodule_search_locations[0], folder / "pygments", ignore=shutil.ignore_patterns("__pycache__")
    )
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet", "."], ["add", "."], ["commit", "--quiet", "--message", "A copy of Pygments"]):
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)
    return folder
