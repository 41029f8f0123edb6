"""Whether a large repository is as responsive as a small one: hovers from the first one after opening a file.

The repository is made of copies of the standard library's packages. The server is started twice: cold, without an
index, and warm, with the one that the first start left. Then files are opened one after another, without waiting for
any work that goes on, and each is hovered at once. In the end a buffer is flooded while the others are hovered.
"""

import random
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import psutil

from benchmarks.datasets.large_repository import make_large_repository
from forethought.bench.hover_latency import Hovers, identifier_positions, timed_hover
from forethought.bench.lsp_client import Client
from forethought.bench.quantiles import percentiles
from forethought.bench.report import Goal, Report, Table
from forethought.bench.trial import Trial, start_server
from forethought.errors import UsageError

MAX_HOVER_P99_MS = 20.0
MAX_FLOODED_HOVER_MS = 50.0
MAX_SERVER_MB = 300.0
_INDEX_SECONDS = 3600.0
_FULL_HOVER_SECONDS = 30.0
_HUGE_BYTES = 50_000_000
_LAST_CHANGE = ": Copies of packages"
"""What only a complete hover says: the last change."""
_OPENED, _EDITS, _HUGE = "after opening", "during edits in a row", "after a huge buffer was opened"
_CONSTANT = "constant server, after opening"
"""What the machine itself takes while the index works: the two servers are asked in turn."""


def run(
    files: Annotated[int, "Number of files in the repository."] = 2000,
    opened: Annotated[int, "Number of files to open."] = 20,
    hovers: Annotated[int, "Hovers in each file right after it was opened."] = 50,
    edits: Annotated[int, "Edits in a row, while other files are hovered."] = 20_000,
    seed: Annotated[int, "Seed that chooses the files and the identifiers."] = 7,
) -> Report:
    """Make a repository of `files` Python files, open `opened` of them, and hover each `hovers` times.

    Raises UsageError if there are too few files to open.
    """
    if not 0 < opened < files:
        raise UsageError("Fewer files must be opened than there are, and at least one.")
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    with Trial() as trial:
        root = trial.folder / "repository"
        root.mkdir()
        paths = make_large_repository(root, files)
        size = sum((root / path).stat().st_size for path in paths)
        environment = trial.environment("machine", "none")
        cold_seconds, cold_megabytes, client = _start(environment, root)
        client.close()
        warm_seconds, warm_megabytes, client = _start(environment, root)
        constant = Client([sys.executable, "-m", "forethought.bench.constant_server"], root, environment)
        constant.initialize(root)
        memory = _PeakMemory(client)
        memory.start()
        flooded, *chosen = (root / path for path in chooser.sample(paths, opened + 1))
        try:
            series, full_seconds = _open_and_hover(client, constant, chosen, chooser, hovers)
            memory.stop()
            series[_EDITS] = _hover_during_edits(client, flooded, chosen, edits, chooser)
            series[_HUGE] = _hover_after_huge_buffer(client, flooded, chosen, chooser)
        finally:
            memory.stop()
            client.close()
            constant.close()
    starts = {"cold": (cold_seconds, cold_megabytes), "warm": (warm_seconds, warm_megabytes)}
    settings = {"files": files, "megabytes": round(size / 1e6), "opened": opened, "hovers": hovers, "edits": edits}
    return make_report(series, full_seconds, starts, memory.peak_megabytes, {**settings, "seed": seed, **trial.machine})


def make_report(
    series: Mapping[str, Hovers],
    full_seconds: Sequence[float],
    starts: Mapping[str, tuple[float, float]],
    peak_megabytes: float,
    settings: Mapping[str, Any],
) -> Report:
    """`full_seconds` holds the time from opening each file to its first complete hover.

    `starts` maps a start to the seconds until the index was ready, and to the server's megabytes then.
    """
    times = {name: percentiles([milliseconds for milliseconds, _ in values]) for name, values in series.items()}
    answered = {name: sum(found for _, found in values) / len(values) for name, values in series.items()}
    full = percentiles(list(full_seconds))
    peak = round(peak_megabytes)
    return Report(
        name="large",
        title="A large repository",
        shows="Is a hover in a large repository answered at once, from the first one after a file was opened?",
        goals=(
            Goal("hover p99 from opening on", times[_OPENED]["p99"], "≤", MAX_HOVER_P99_MS, "ms"),
            Goal("slowest hover during edits", times[_EDITS]["max"], "≤", MAX_FLOODED_HOVER_MS, "ms"),
            Goal("slowest hover after a huge buffer", times[_HUGE]["max"], "≤", MAX_FLOODED_HOVER_MS, "ms"),
            Goal("server's memory, peak while files are opened", peak, "≤", MAX_SERVER_MB, "MB"),
        ),
        tables=(
            Table(
                "Hovers, milliseconds",
                ("when", "p50", "p95", "p99", "max", "share answered"),
                tuple(
                    (name, one["p50"], one["p95"], one["p99"], one["max"], answered[name])
                    for name, one in times.items()
                ),
            ),
            Table("From opening to the first complete hover, seconds", tuple(full), (tuple(full.values()),)),
            Table(
                "Starts",
                ("start", "seconds until the index is ready", "server, MB"),
                tuple((name, round(seconds, 1), round(megabytes)) for name, (seconds, megabytes) in starts.items()),
            ),
        ),
        settings=dict(settings),
        data={"times": times, "answered": answered, "full": full, "starts": dict(starts), "peak": peak},
    )


class _PeakMemory(threading.Thread):
    """Samples the resident memory of a server."""

    def __init__(self, client: Client) -> None:
        super().__init__(daemon=True)
        self.peak_megabytes = 0.0
        self._client = client
        self._stopped = threading.Event()

    def run(self) -> None:
        while True:
            self.peak_megabytes = max(self.peak_megabytes, _megabytes(self._client))
            if self._stopped.wait(0.2):
                return

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def _megabytes(client: Client) -> float:
    return float(psutil.Process(client.process.pid).memory_info().rss) / 1e6


def _start(environment: Mapping[str, str], root: Path) -> tuple[float, float, Client]:
    started = time.perf_counter()
    client = start_server(environment, root, _INDEX_SECONDS)
    return time.perf_counter() - started, _megabytes(client), client


def _open_and_hover(
    client: Client, constant: Client, paths: Sequence[Path], chooser: random.Random, hovers: int
) -> tuple[dict[str, Hovers], list[float]]:
    """(the hovers right after each file was opened, seconds from then to its first complete hover)."""
    found: Hovers = []
    of_constant: Hovers = []
    full_seconds: list[float] = []
    for path in paths:
        positions = identifier_positions([path], chooser, hovers)
        function = next(iter(_definitions(path)), None)
        started = time.perf_counter()
        constant.open(path, "python")
        uri = client.open(path, "python")
        for position in positions:
            found.append(timed_hover(client, position))
            of_constant.append(timed_hover(constant, position))
        while function is not None and time.perf_counter() - started < _FULL_HOVER_SECONDS:
            place = {"line": function[0], "character": function[1]}
            hover = client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": place})
            if hover is not None and _LAST_CHANGE in hover["contents"]["value"]:
                full_seconds.append(time.perf_counter() - started)
                break
            time.sleep(0.02)
        else:
            if function is not None:
                full_seconds.append(_FULL_HOVER_SECONDS)  # none in time
    return {_OPENED: found, _CONSTANT: of_constant}, full_seconds or [_FULL_HOVER_SECONDS]


def _definitions(path: Path) -> list[tuple[int, int]]:
    """0-based (line, character) of the names of top-level functions."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [(row, len("def ") + 1) for row, line in enumerate(lines) if line.startswith("def ")]


def _hover_during_edits(
    client: Client, flooded: Path, others: Sequence[Path], edits: int, chooser: random.Random
) -> Hovers:
    """Type into one file, a character an edit, as fast as the server reads; hover other files meanwhile."""
    uri = client.open(flooded, "python")
    place = {"line": 0, "character": 0}

    def type_characters() -> None:
        for number in range(edits):
            client.notify(
                "textDocument/didChange",
                {
                    "textDocument": {"uri": uri, "version": number + 2},
                    "contentChanges": [{"range": {"start": place, "end": place}, "text": "#"}],
                },
            )

    typing = threading.Thread(target=type_characters)
    positions = identifier_positions(others, chooser, 200)
    found: Hovers = []
    typing.start()
    while typing.is_alive() or len(found) < len(positions):
        found.append(timed_hover(client, positions[len(found) % len(positions)]))
        time.sleep(0.01)
    return found


def _hover_after_huge_buffer(client: Client, huge: Path, others: Sequence[Path], chooser: random.Random) -> Hovers:
    """Open a buffer that is too large to be parsed, and hover other files at once."""
    line = "value = compute(value)  # again\n"
    positions = identifier_positions(others, chooser, 200)
    client.open(huge.with_name("huge.py"), "python", line * (_HUGE_BYTES // len(line)))
    found: Hovers = []
    for position in positions:
        found.append(timed_hover(client, position))
        time.sleep(0.01)
    return found
