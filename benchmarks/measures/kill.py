"""The cost of `kill -9`: `precompute` runs are killed at random moments, and each next run resumes.

Each run is a process that reports every symbol it begins. After a kill the host must stop the orphaned work,
`cache verify` must find no problems, and the next run may recompute only what was in flight: begun but not stored.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from forethought.app.session import Session
from forethought.bench.report import Goal, Report, Table
from forethought.bench.trial import Trial, command_document, pick_files
from forethought.config import load_settings
from forethought.engine.api import CancelToken
from forethought.engine.client.hosts import host_status
from forethought.errors import ForethoughtError
from forethought.folders import runtime_folder
from forethought.idle.precomputation import Progress, Selection

MAX_HOST_SECONDS = 1.0
_HOST_TIMEOUT_SECONDS = 30.0
_EARLY_KILLS = 2
"""Runs killed some time after their start, whatever they are doing; the others are killed while they compute."""
_BEGIN = "begin "


def run(
    root: Path,
    kills: Annotated[int, "Number of runs to kill."] = 10,
    files: Annotated[int, "Number of files the runs work on."] = 20,
    symbols: Annotated[int, "Kill a run after it began the first to this many symbols."] = 6,
    longest_seconds: Annotated[float, "Kill a run at most this long after it began that symbol."] = 4.0,
    seed: Annotated[int, "Seed that chooses the moments."] = 7,
) -> Report:
    """Kill `kills` runs over `files` files of a clone of `root`. Raises UsageError and ForethoughtError.

    Each is killed up to `longest_seconds` after it began one of its first `symbols` symbols, so that however slow the
    model is, work has been stored before most kills.
    """
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    with Trial() as trial:
        clone = trial.clone(root, "clone")
        environment = trial.environment("machine")
        paths = pick_files(clone, files, seed)
        records: list[dict[str, Any]] = []
        runs: list[list[str]] = []
        for number in range(kills + 1):
            early = number < _EARLY_KILLS
            after_symbols = 0 if early else chooser.randint(1, symbols) if number < kills else symbols
            seconds = chooser.uniform(0.5 if early else 0.0, longest_seconds)
            before = _stored(environment)
            begun = _killed_run(environment, clone, paths, seconds, after_symbols)
            host_seconds = _until_host_rests(environment)
            after = _stored(environment)
            problems = command_document(environment, "cache", "verify")["problems"]
            if runs:
                records[-1]["repeated"] = sum(name in runs[-1] for name in begun)
            runs.append(begun)
            records.append(
                {
                    "after_symbols": after_symbols,
                    "after_seconds": round(seconds, 2),
                    "begun": len(begun),
                    "stored": after - before,
                    "in_flight": max(len(begun[-1:]), len(begun) - (after - before)),  # a first draft may be stored
                    "repeated": 0,
                    "host_seconds": round(host_seconds, 2),
                    "problems": problems,
                }
            )
        del records[-1]  # only shows what the run before it left behind
    settings = {"root": root.name, "kills": kills, "files": files, "symbols": symbols, "seed": seed, **trial.machine}
    return make_report(records, settings)


def make_report(records: Sequence[dict[str, Any]], settings: dict[str, Any]) -> Report:
    lost = max(record["repeated"] - record["in_flight"] for record in records)
    return Report(
        name="kill",
        title="`precompute` killed at random moments",
        shows="What does `kill -9` cost the next run, and does it leave the store and the engine host in order?",
        goals=(
            Goal("symbols recomputed that were not in flight, worst kill", max(0, lost), "=", 0),
            Goal("problems found by `cache verify`", sum(len(record["problems"]) for record in records), "=", 0),
            Goal(
                "orphaned work goes on for, longest",
                max(record["host_seconds"] for record in records),
                "≤",
                MAX_HOST_SECONDS,
                "s",
            ),
        ),
        tables=(
            Table(
                "Kills",
                ("killed after", "+ seconds", "begun", "stored", "in flight", "recomputed", "host rests after, s"),
                tuple(
                    (
                        f"symbol {record['after_symbols']}" if record["after_symbols"] else "start",
                        record["after_seconds"],
                        record["begun"],
                        record["stored"],
                        record["in_flight"],
                        record["repeated"],
                        record["host_seconds"],
                    )
                    for record in records
                ),
                "Recomputed: symbols begun by this run that the next run began again.",
            ),
        ),
        settings=settings,
        data={"kills": list(records), "stored": sum(record["stored"] for record in records)},
    )


def _killed_run(
    environment: Mapping[str, str], root: Path, paths: Sequence[str], seconds: float, after_symbols: int
) -> list[str]:
    """Start a run and kill it `seconds` after it began its `after_symbols`-th symbol (0: after its start).

    Returns the symbols it began. Raises ForethoughtError if the run fails on its own.
    """
    command = [sys.executable, "-m", "benchmarks.measures.kill", str(root), *paths]
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    timer = threading.Timer(seconds, process.kill)
    if not after_symbols:
        timer.start()
    begun = []
    try:
        for line in process.stdout:
            if line.endswith(b"\n"):
                begun.append(line.decode(errors="surrogateescape").removeprefix(_BEGIN).rstrip("\n"))
                if len(begun) == after_symbols:
                    timer.start()
        process.wait()
    finally:
        timer.cancel()
    if process.returncode > 0:
        raise ForethoughtError("A run failed before it was killed; `forethought doctor` may say why.")
    return begun


def _until_host_rests(environment: Mapping[str, str]) -> float:
    """Seconds until no engine host has work left."""
    started = time.monotonic()
    while any(host.get("busy") or not host["answering"] for host in host_status(runtime_folder(environment))):
        if time.monotonic() - started > _HOST_TIMEOUT_SECONDS:
            break
        time.sleep(0.02)
    return time.monotonic() - started


def _stored(environment: Mapping[str, str]) -> int:
    entries: int = command_document(environment, "cache", "info")["entries"]
    return entries


def _victim(root: Path, paths: Sequence[str]) -> None:
    """A `precompute` run that reports what it begins."""
    session = Session(load_settings(root), os.environ)

    def tell(progress: Progress) -> None:
        if progress.message not in ("indexing", "comparing with what is known", "done"):
            sys.stdout.buffer.write(f"{_BEGIN}{progress.message}\n".encode(errors="surrogateescape"))
            sys.stdout.buffer.flush()

    session.precompute(session.add_root(root), Selection(tuple(paths)), tell, CancelToken())


if __name__ == "__main__":
    _victim(Path(sys.argv[1]), sys.argv[2:])
