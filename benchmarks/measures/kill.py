"""What `kill -9` costs: a `precompute` run is killed at random moments, and each time the next run goes on.

Each run is a process of its own that says which symbol it begins. After a kill, the host must stop the orphaned work,
`cache verify` must be clean, and the next run may think again only about what was in flight: begun and not stored.
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
from forethought.bench.trial import Trial, command_document, goal_line, machine_line, pick_files
from forethought.config import load_settings
from forethought.engine.api import CancelToken
from forethought.engine.client.hosts import host_status
from forethought.errors import ForethoughtError
from forethought.folders import runtime_folder
from forethought.idle.precomputation import Progress, Selection

HOST_GOAL_SECONDS = 1.0
_HOST_SECONDS = 30.0
_EARLY_KILLS = 2
"""Runs killed by the clock from their start, in whatever they do then; the others, in the midst of thinking."""
_BEGIN = "begin "


def run(
    root: Path,
    kills: Annotated[int, "How many runs are killed."] = 10,
    files: Annotated[int, "How many files the runs are about."] = 20,
    thoughts: Annotated[int, "Kill after the first to this many thoughts."] = 6,
    longest_seconds: Annotated[float, "Kill at most this long after a thought."] = 4.0,
    seed: Annotated[int, "Chooses the moments."] = 7,
) -> dict[str, Any]:
    """Kill `kills` runs over `files` files of a clone of `root`, each up to `longest_seconds` after the first to the
    `thoughts`-th thought of it began: so that there is work done before most kills, however slow the model.

    Plain JSON values: `kills` (each with `after_thoughts`, `after_seconds`, `begun`, `stored`, `in_flight`, `again`,
    `host_seconds`, `problems`), `stored` in all, the worst of each, `met`, `machine`.
    """
    chooser = random.Random(seed)  # noqa: S311 - a sample, no secret
    with Trial() as trial:
        clone = trial.clone(root, "clone")
        environment = trial.environment("machine")
        paths = pick_files(clone, files, seed)
        records: list[dict[str, Any]] = []
        runs: list[list[str]] = []
        for number in range(kills + 1):
            early = number < _EARLY_KILLS
            after_thoughts = 0 if early else chooser.randint(1, thoughts) if number < kills else thoughts
            seconds = chooser.uniform(0.5 if early else 0.0, longest_seconds)
            before = _stored(environment)
            begun = _killed_run(environment, clone, paths, seconds, after_thoughts)
            host_seconds = _until_host_rests(environment)
            after = _stored(environment)
            problems = command_document(environment, "cache", "verify")["problems"]
            if runs:
                records[-1]["again"] = sum(name in runs[-1] for name in begun)
            runs.append(begun)
            records.append(
                {
                    "after_thoughts": after_thoughts,
                    "after_seconds": round(seconds, 2),
                    "begun": len(begun),
                    "stored": after - before,
                    "in_flight": max(len(begun[-1:]), len(begun) - (after - before)),  # a first draft may be stored
                    "again": 0,
                    "host_seconds": round(host_seconds, 2),
                    "problems": problems,
                }
            )
        del records[-1]  # it only shows what the last but one left behind
        host_worst = max(record["host_seconds"] for record in records)
        lost = max(record["again"] for record in records)
        within = all(record["again"] <= record["in_flight"] for record in records)
        clean = not any(record["problems"] for record in records)
        return {
            "kills": records,
            "stored": sum(record["stored"] for record in records),
            "most_thought_again": lost,
            "only_in_flight": within,
            "clean": clean,
            "host_seconds": host_worst,
            "seed": seed,
            "met": within and clean and host_worst <= HOST_GOAL_SECONDS,
            "machine": trial.machine,
        }


def render(result: dict[str, Any]) -> str:
    """The figures as lines for people, each with its goal."""
    lines = [
        f"`precompute` killed {len(result['kills'])} times, {machine_line(result['machine'])}",
        f"{'killed after':>26}{'begun':>8}{'stored':>8}{'in flight':>11}{'again':>7}{'host rests after':>18}",
    ]
    for record in result["kills"]:
        begun = f"thought {record['after_thoughts']}" if record["after_thoughts"] else "start"
        lines.append(
            f"{begun:>15} +{record['after_seconds']:>6.2f} s{record['begun']:>8}{record['stored']:>8}"
            f"{record['in_flight']:>11}{record['again']:>7}{record['host_seconds']:>16.2f} s"
        )
    problems = sum(len(record["problems"]) for record in result["kills"])
    lines += [
        goal_line(
            "symbols thought again by the next run, at most",
            str(result["most_thought_again"]),
            "in flight",
            result["only_in_flight"],
        ),
        goal_line("problems that `cache verify` finds", str(problems), "0", result["clean"]),
        goal_line(
            "orphaned work runs on for, at most",
            f"{result['host_seconds']:.2f} s",
            f"≤ {HOST_GOAL_SECONDS:g} s",
            result["host_seconds"] <= HOST_GOAL_SECONDS,
        ),
    ]
    return "\n".join(lines)


def _killed_run(
    environment: Mapping[str, str], root: Path, paths: Sequence[str], seconds: float, after_thoughts: int
) -> list[str]:
    """Start a run and kill it `seconds` after its `after_thoughts`-th thought began (0: after its start).

    The symbols that it began to think about.
    """
    command = [sys.executable, "-m", "benchmarks.measures.kill", str(root), *paths]
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    timer = threading.Timer(seconds, process.kill)
    if not after_thoughts:
        timer.start()
    begun = []
    try:
        for line in process.stdout:
            if line.endswith(b"\n"):
                begun.append(line.decode(errors="surrogateescape").removeprefix(_BEGIN).rstrip("\n"))
                if len(begun) == after_thoughts:
                    timer.start()
        process.wait()
    finally:
        timer.cancel()
    if process.returncode > 0:
        raise ForethoughtError("A run failed before it was killed; `forethought doctor` may say why.")
    return begun


def _until_host_rests(environment: Mapping[str, str]) -> float:
    """Seconds until no engine host has work left; none may be running at all."""
    started = time.monotonic()
    while any(host.get("busy") or not host["answering"] for host in host_status(runtime_folder(environment))):
        if time.monotonic() - started > _HOST_SECONDS:
            break
        time.sleep(0.02)
    return time.monotonic() - started


def _stored(environment: Mapping[str, str]) -> int:
    entries: int = command_document(environment, "cache", "info")["entries"]
    return entries


def _victim(root: Path, paths: Sequence[str]) -> None:
    """A run of `precompute` that says what it begins."""
    session = Session(load_settings(root), os.environ)

    def tell(progress: Progress) -> None:
        if progress.message not in ("indexing", "comparing with what is known", "done"):
            sys.stdout.buffer.write(f"{_BEGIN}{progress.message}\n".encode(errors="surrogateescape"))
            sys.stdout.buffer.flush()

    session.precompute(session.add_root(root), Selection(tuple(paths)), tell, CancelToken())


if __name__ == "__main__":
    _victim(Path(sys.argv[1]), sys.argv[2:])
