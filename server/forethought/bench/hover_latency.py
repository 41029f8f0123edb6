"""Hover latency over stdio, relative to a server that returns a constant.

Both servers have the same files open and receive the same requests alternately, so that other load on the machine
affects both alike. With `busy`, a third series is measured while a pass over the whole repository runs at full load.
"""

import contextlib
import importlib.util
import keyword
import random
import shutil
import sys
import time
import tokenize
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import psutil

from forethought.bench.lsp_client import Client
from forethought.bench.quantiles import percentiles
from forethought.bench.report import Goal, Report, Table
from forethought.bench.trial import Trial, git
from forethought.errors import ForethoughtError, UsageError
from forethought.text.uris import file_uri

MAX_P50_RATIO = 1.5
"""Relative to the constant server."""
MAX_P99_RATIO = 3.0
MAX_BUSY_P99_MS = 20.0

_OPEN_FILES = 20
_WARM_UP = 20
_SETTLE_SECONDS = 120.0
_KEYWORDS = frozenset(keyword.kwlist) | {"self"}
_OURS, _CONSTANT, _BUSY = "forethought", "constant server", "forethought, during a pass"

Position = tuple[str, int, int]
"""URI, 0-based line and character."""
Hovers = list[tuple[float, bool]]
"""Milliseconds of each hover, and whether it had an answer."""


def run(
    folder: Sequence[Path] = (),
    requests: Annotated[int, "Number of hovers, at random identifiers."] = 1000,
    seed: Annotated[int, "Seed that chooses the identifiers."] = 7,
    busy: Annotated[bool, "Also hover while a pass runs at full load."] = False,
) -> Report:
    """Hover at `requests` random identifiers of the Python files in a folder, by default a copy of Pygments.

    Raises UsageError if the folder has no Python files.
    """
    with Trial() as trial:
        root = folder[0].resolve() if folder else _sample_repository(trial.folder / "repository")
        paths = [path for path in sorted(root.rglob("*.py")) if ".git" not in path.parts and path.is_file()]
        environment = trial.environment("machine", "llama" if busy else "none")
        hovers = _measure(root, paths, environment, requests, seed, busy)
    settings = {"root": root.name, "files": len(paths), "requests": requests, "seed": seed, **trial.machine}
    return make_report(hovers, settings)


def make_report(hovers: Mapping[str, Hovers], settings: dict[str, Any]) -> Report:
    """`hovers` holds the series of our server, of the constant one, and of ours during a pass if it was measured."""
    times = {name: percentiles([milliseconds for milliseconds, _ in values]) for name, values in hovers.items()}
    answered = {name: sum(found for _, found in values) / len(values) for name, values in hovers.items()}
    ratios = {key: round(times[_OURS][key] / times[_CONSTANT][key], 2) for key in ("p50", "p95", "p99", "max")}
    goals = [
        Goal("p50, relative to the constant server", ratios["p50"], "≤", MAX_P50_RATIO, "×"),
        Goal("p99, relative to the constant server", ratios["p99"], "≤", MAX_P99_RATIO, "×"),
    ]
    if _BUSY in times:
        goals.append(Goal("p99 during a pass", times[_BUSY]["p99"], "≤", MAX_BUSY_P99_MS, "ms"))
    return Report(
        name="hover",
        title="Hover latency",
        shows="How much longer does a hover take than an answer from a server that returns a constant?",
        goals=tuple(goals),
        tables=(
            Table(
                "Milliseconds",
                ("server", "p50", "p95", "p99", "max", "share answered"),
                tuple(
                    (name, one["p50"], one["p95"], one["p99"], one["max"], answered[name])
                    for name, one in times.items()
                ),
            ),
        ),
        settings=settings,
        data={"times": times, "answered": answered, "ratios": ratios},
    )


def _measure(
    root: Path, paths: Sequence[Path], environment: Mapping[str, str], requests: int, seed: int, busy: bool
) -> dict[str, Hovers]:
    if not paths:
        raise UsageError(f"{root} has no Python files; name a repository that does.")
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    opened = chooser.sample(paths, min(_OPEN_FILES, len(paths)))
    positions = identifier_positions(opened, chooser, requests)
    if not positions:
        raise UsageError(f"{root} has no Python file with identifiers; name a repository that does.")
    ours = Client([sys.executable, "-m", "forethought.lsp"], root, environment)
    constant = Client([sys.executable, "-m", "forethought.bench.constant_server"], root, environment)
    try:
        for client in (ours, constant):
            client.initialize(root)
            for path in opened:
                client.open(path, "python")
        _wait_until_settled(ours)
        for position in positions[:_WARM_UP]:
            timed_hover(ours, position)
            timed_hover(constant, position)
        hovers: dict[str, Hovers] = {_OURS: [], _CONSTANT: []}
        for position in positions:
            hovers[_OURS].append(timed_hover(ours, position))
            hovers[_CONSTANT].append(timed_hover(constant, position))
        if busy:
            hovers[_BUSY] = _hover_during_pass(ours, positions)
    finally:
        ours.close()
        constant.close()
    return hovers


def timed_hover(client: Client, position: Position) -> tuple[float, bool]:
    uri, line, character = position
    params = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    started = time.perf_counter()
    answer = client.request("textDocument/hover", params)
    return (time.perf_counter() - started) * 1000, answer is not None


def _hover_during_pass(client: Client, positions: Sequence[Position]) -> Hovers:
    """Hover during a pass over everything, and cancel it at the end. Raises ForethoughtError if no pass starts."""
    work = client.send("workspace/executeCommand", {"command": "forethought.precomputeWorkspace", "arguments": []})
    _wait_until_thinking(client)
    values = [timed_hover(client, position) for position in positions]
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
    """Wait until the index is built and the server has used almost no processor time for two seconds."""
    process = psutil.Process(client.process.pid)
    deadline = time.monotonic() + _SETTLE_SECONDS
    quiet = 0
    while quiet < 4 and time.monotonic() < deadline:
        indexing = client.request("forethought/status", None)["state"] in ("starting", "indexing")
        quiet = 0 if indexing or process.cpu_percent(0.5) > 5 else quiet + 1


def identifier_positions(paths: Sequence[Path], chooser: random.Random, count: int) -> list[Position]:
    """Positions of identifiers, according to Python's own tokenizer, spread evenly over the files."""
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


def _sample_repository(folder: Path) -> Path:
    """Create a git repository with the more than 250 modules of Pygments, which is always installed along with us."""
    package = importlib.util.find_spec("pygments")
    if package is None or not package.submodule_search_locations:
        raise UsageError("Pygments, the package measured by default, is not installed; name a repository.")
    shutil.copytree(
        package.submodule_search_locations[0], folder / "pygments", ignore=shutil.ignore_patterns("__pycache__")
    )
    for words in (["init", "--quiet", "."], ["add", "."], ["commit", "--quiet", "--message", "A copy of Pygments"]):
        git(folder, *words)
    return folder
