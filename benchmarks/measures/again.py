"""How long a second `precompute` takes when nothing changed, beside the start-up of the program.

Once for a few files that the model has thought about, and once for the whole repository, whose insights are made up
so that filling the store takes no hours; what a second run does is the same for both.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from forethought.app.session import Session
from forethought.bench.trial import (
    Trial,
    command_document,
    goal_line,
    machine_line,
    pick_files,
    precompute_files,
    quantile,
    run_command,
)
from forethought.config import load_settings
from forethought.engine.api import CancelToken
from forethought.engine.client.engine_client import connect
from forethought.engine.models.catalog import choose_model
from forethought.errors import ForethoughtError
from forethought.folders import model_folder, runtime_folder
from forethought.idle.precomputation import Selection
from support.fake_engine import FakeEngine

GOAL_SECONDS = 1.0
"""Beyond start-up."""


def run(
    root: Path,
    files: Annotated[int, "How many files are thought about first."] = 2,
    repeats: Annotated[int, "How often each run is timed."] = 5,
    seed: Annotated[int, "Chooses the files."] = 7,
) -> dict[str, Any]:
    """Measure on a clone of `root`. Plain JSON values: `start_up` (seconds), `few` and `whole` (`seconds`, `symbols`
    reused, `computed`, `host_started`), `met`, `machine`. Raises UsageError and ForethoughtError.
    """
    with Trial() as trial:
        clone = trial.clone(root, "clone")
        few, whole = trial.environment("few"), trial.environment("whole")
        chosen = pick_files(clone, files, seed)
        precompute_files(few, clone, chosen)
        _fill(whole, clone)
        includes = [word for path in chosen for word in ("--include", f"/{path}")]
        start_up = min(_seconds(few, "--version") for _ in range(repeats))
        result: dict[str, Any] = {
            "start_up": round(start_up, 3),
            "few": _second_run(few, clone, includes, repeats),
            "whole": _second_run(whole, clone, [], repeats),
        }
        met = all(
            item["seconds"] <= GOAL_SECONDS + start_up and not item["computed"] and not item["host_started"]
            for item in (result["few"], result["whole"])
        )
        return {**result, "met": met, "machine": trial.machine}


def render(result: dict[str, Any]) -> str:
    """The figures as lines for people, each with its goal."""
    start_up = result["start_up"]
    lines = [
        f"`precompute` with nothing changed, median of several, {machine_line(result['machine'])}",
        f"start-up (`forethought --version`): {start_up:.2f} s",
    ]
    for key, what in (("few", "a few files"), ("whole", "the whole repository")):
        item = result[key]
        met = item["seconds"] <= GOAL_SECONDS + start_up
        goal = f"≤ {GOAL_SECONDS + start_up:.2f} s"
        lines.append(goal_line(f"{what}, {item['symbols']} symbols known", f"{item['seconds']:.2f} s", goal, met))
        idle = not item["computed"] and not item["host_started"]
        lines.append(goal_line("  symbols thought again, engine hosts started", str(item["computed"]), "none", idle))
    return "\n".join(lines)


def _second_run(environment: Mapping[str, str], root: Path, words: list[str], repeats: int) -> dict[str, Any]:
    """Without a host and with cold processes: the model would have to be loaded anew, if it were used."""
    run_command(environment, "engine", "stop")
    command = ("precompute", "--root", str(root), *words)
    seconds = [_seconds(environment, *command) for _ in range(repeats)]
    report = command_document(environment, *command)
    hosts = command_document(environment, "engine", "status")["hosts"]
    return {
        "seconds": round(quantile(seconds, 0.5), 3),
        "inside_seconds": report["seconds"],
        "symbols": report["symbols"]["reused"],
        "computed": report["symbols"]["computed"],
        "host_started": bool(hosts),
    }


def _seconds(environment: Mapping[str, str], *words: str) -> float:
    started = time.perf_counter()
    done = run_command(environment, *words)
    elapsed = time.perf_counter() - started
    if done.returncode:
        raise ForethoughtError(f"`forethought {words[0]}` failed: {done.stderr.decode(errors='replace').strip()}")
    return elapsed


def _fill(environment: Mapping[str, str], root: Path) -> None:
    """Think about every symbol with made-up text, in the name of the model that `environment` chooses."""
    loaded = load_settings(root, environment)
    model = choose_model(loaded.settings, model_folder())
    info = connect(loaded.settings, model=model, runtime_folder=runtime_folder(environment)).fetch_info()
    session = Session(loaded, environment, engine=FakeEngine(default="It does what it says.", info=info))
    try:
        session.precompute(session.add_root(root), Selection(), lambda progress: None, CancelToken())
    finally:
        session.close()
