"""Duration of a second `precompute` run with nothing changed, compared to the start-up of the program.

Measured once for a few files that the model really worked on, and once for the whole repository. The insights of the
latter are made up, so that filling the store does not take hours; a second run does the same work for both.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from forethought.app.session import Session
from forethought.bench.quantiles import quantile
from forethought.bench.report import Goal, Report, Table
from forethought.bench.trial import Trial, command_document, pick_files, precompute_files, run_command
from forethought.config import load_settings
from forethought.engine.api import (
    CancelToken,
    Completion,
    EngineInfo,
    GenerateRequest,
    ModelIdentity,
    Priority,
    Prompt,
    Usage,
)
from forethought.engine.client.engine_client import connect
from forethought.engine.models.catalog import choose_model
from forethought.errors import ForethoughtError
from forethought.folders import model_folder, runtime_folder
from forethought.idle.precomputation import Selection

MAX_SECONDS = 1.0
"""Beyond start-up."""
_FEW, _WHOLE = "a few files", "the whole repository"


def run(
    root: Path,
    files: Annotated[int, "Number of files to precompute first."] = 2,
    repeats: Annotated[int, "How often each run is timed."] = 5,
    seed: Annotated[int, "Seed that chooses the files."] = 7,
) -> Report:
    """Time second runs on a clone of `root`. Raises UsageError and ForethoughtError."""
    with Trial() as trial:
        clone = trial.clone(root, "clone")
        few, whole = trial.environment("few"), trial.environment("whole")
        chosen = pick_files(clone, files, seed)
        precompute_files(few, clone, chosen)
        _fill(whole, clone)
        includes = [word for path in chosen for word in ("--include", f"/{path}")]
        start_up = min(_seconds(few, "--version") for _ in range(repeats))
        runs = {
            _FEW: _second_run(few, clone, includes, repeats),
            _WHOLE: _second_run(whole, clone, [], repeats),
        }
    settings = {"root": root.name, "files": len(chosen), "repeats": repeats, "seed": seed, **trial.machine}
    return Report(
        name="again",
        title="`precompute` with nothing changed",
        shows="How long does a second run take that has nothing to do?",
        goals=tuple(goal for name, one in runs.items() for goal in _goals(name, one, start_up)),
        tables=(
            Table(
                "Second runs",
                ("of", "symbols reused", "seconds, median", "seconds inside the program"),
                tuple((name, one["symbols"], one["seconds"], one["inside_seconds"]) for name, one in runs.items()),
                f"Start-up (`forethought --version`, the fastest of {repeats}) takes {start_up:.2f} s.",
            ),
        ),
        settings=settings,
        data={"start_up": round(start_up, 3), **runs},
    )


def _goals(name: str, one: Mapping[str, Any], start_up: float) -> Iterator[Goal]:
    yield Goal(f"{name}: seconds", one["seconds"], "≤", round(MAX_SECONDS + start_up, 2), "s")
    yield Goal(f"{name}: symbols recomputed", one["computed"], "=", 0)
    yield Goal(f"{name}: engine hosts started", one["hosts"], "=", 0)


def _second_run(environment: Mapping[str, str], root: Path, words: list[str], repeats: int) -> dict[str, Any]:
    """Time runs without an engine host, so that a run that uses the model has to load it."""
    run_command(environment, "engine", "stop")
    command = ("precompute", "--root", str(root), *words)
    seconds = [_seconds(environment, *command) for _ in range(repeats)]
    report = command_document(environment, *command)
    return {
        "seconds": round(quantile(seconds, 0.5), 3),
        "inside_seconds": report["seconds"],
        "symbols": report["symbols"]["reused"],
        "computed": report["symbols"]["computed"],
        "hosts": len(command_document(environment, "engine", "status")["hosts"]),
    }


def _seconds(environment: Mapping[str, str], *words: str) -> float:
    started = time.perf_counter()
    done = run_command(environment, *words)
    elapsed = time.perf_counter() - started
    if done.returncode:
        raise ForethoughtError(f"`forethought {words[0]}` failed: {done.stderr.decode(errors='replace').strip()}")
    return elapsed


def _fill(environment: Mapping[str, str], root: Path) -> None:
    """Store made-up insights about every symbol, in the name of the model that `environment` selects."""
    loaded = load_settings(root, environment)
    model = choose_model(loaded.settings, model_folder())
    info = connect(loaded.settings, model=model, runtime_folder=runtime_folder(environment)).fetch_info()
    session = Session(loaded, environment, engine=_ConstantEngine(info))
    try:
        session.precompute(session.add_root(root), Selection(), lambda progress: None, CancelToken())
    finally:
        session.close()


class _ConstantEngine:
    """An `Engine` that writes one sentence about everything and claims to be another."""

    def __init__(self, info: EngineInfo) -> None:
        self._info = info

    def identity(self) -> ModelIdentity:
        return self._info

    def fetch_info(self) -> EngineInfo:
        return self._info

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Iterator[Completion]:
        for index in range(len(request.prompts)):
            yield Completion(index, "It does what it says.", "stop", Usage(completion_tokens=5))

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[str], priority: Priority, cancel: CancelToken
    ) -> list[float | None]:
        return [None] * len(prompts)

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        return [0] * len(prompts)

    def report_activity(self) -> None: ...

    def close(self) -> None: ...
