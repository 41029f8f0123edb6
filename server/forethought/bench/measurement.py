"""One run of a benchmark: its engine, its stored results, its progress, and the settings it takes to repeat it."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from forethought.bench.machine import describe_machine
from forethought.bench.results import Results
from forethought.config import Settings, load_settings
from forethought.engine.api import CancelToken, Completion, Engine, GenerateRequest, Prompt, Sampling
from forethought.engine.client.engine_client import connect
from forethought.engine.client.hosts import stop_hosts
from forethought.engine.models.catalog import choose_model, resolve_model
from forethought.errors import Cancelled
from forethought.folders import model_folder

DEMO_MODEL = "smollm2"
"""The model used if none was chosen, so that anybody can repeat the run."""
RESULTS_SUFFIX = ".jsonl"

Unit = TypeVar("Unit")


def measurements_folder(settings: Settings) -> Path:
    """Where results, reports and downloaded datasets are stored unless told otherwise."""
    return settings.cache_folder / "measurements"


class Progress(Protocol):
    def __call__(self, done: int, total: int, message: str = "") -> None: ...


@contextlib.contextmanager
def _no_progress(title: str) -> Any:
    yield lambda done, total, message="": None


@dataclass(frozen=True, slots=True)
class Batch:
    """The completions of one request, one per prompt and in order, and how long they took together."""

    completions: tuple[Completion, ...]
    seconds: float


class Measurement:
    """Passed to a benchmark's `run`. Leaving it stops the engine host, which it shares with nobody.

        measured = measurement.collect("problems", {problem.key: problem …}, measure, {"seed": seed, "rounds": rounds})

    measures each unit once: results of an interrupted run are reused if the settings are the same.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        environment: Mapping[str, str],
        *,
        package: str = "forethought",
        cancel: CancelToken | None = None,
        show_progress: Callable[[str], AbstractContextManager[Progress]] = _no_progress,
        engine: Engine | None = None,
    ) -> None:
        """`package` is the top-level package of the benchmark: stored results are valid only for the same sources."""
        self.name = name
        self.folder = folder
        self.environment = environment
        """Includes the model and engine chosen on the command line; for child processes."""
        self.cancel = cancel or CancelToken()
        self.unfinished: list[str] = []
        """What Ctrl-C left undone, in words."""
        self._packages = tuple(sorted({"forethought", package}))
        self._show_progress = show_progress
        self._engine = engine
        self._runtime: tempfile.TemporaryDirectory[str] | None = None
        self._machine = describe_machine()

    def __enter__(self) -> "Measurement":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runtime is not None:
            stop_hosts(Path(self._runtime.name))
            self._runtime.cleanup()

    @property
    def engine(self) -> Engine:
        """The engine to measure: as given, else of the configured model, else of SmolLM2. Connects on first use.

        Raises EngineUnavailable and ModelError.
        """
        if self._engine is None:
            settings = self.user_settings
            local = settings.engine == "llama" or (settings.engine == "auto" and not settings.openai_base_url)
            model = (
                choose_model(settings, model_folder()) or resolve_model(DEMO_MODEL, model_folder()) if local else None
            )
            self._runtime = tempfile.TemporaryDirectory(prefix="forethought-", ignore_cleanup_errors=True)
            self._engine = connect(settings, model=model, runtime_folder=Path(self._runtime.name))
        return self._engine

    @property
    def user_settings(self) -> Settings:
        """The user's settings, without those of any repository."""
        return load_settings(None, self.environment).settings

    def settings(self, **own: Any) -> dict[str, Any]:
        """What it takes to repeat the run, for `Report.settings`: the model first, if an engine was used."""
        found: dict[str, Any] = {}
        if self._engine is not None:
            info = self._engine.fetch_info()
            found = {"model": info.model, "digest": info.digest[:16], "engine": info.kind, "device": info.device}
            if info.demo:
                found["model"] = f"{info.model} (demo model)"
        return {**found, **own, **self._machine}

    def collect(
        self,
        what: str,
        units: Mapping[str, Unit],
        measure: Callable[[Unit], dict[str, Any]],
        settings: Mapping[str, Any],
    ) -> dict[str, dict[str, Any]]:
        """Measure every unit without a stored result, in order, and return the results by unit, in order.

        `what` names the units for the progress bar, e.g. “problems”. `settings` holds everything that changes a
        result besides the model and the program. `measure` returns plain JSON values. After Ctrl-C only the finished
        units are returned. Raises Cancelled if there are none, and whatever `measure` raises.
        """
        stored = self._results(what, settings)
        missing = [unit for unit in units if unit not in stored]
        done = len(units) - len(missing)
        resumed = f"{done} from an earlier run" if done else ""
        with self._show_progress(f"{self.name}: {what}") as report:
            report(done, len(units), resumed)
            for unit in missing:
                if self.cancel.cancelled:
                    break
                try:
                    value = measure(units[unit])
                except Cancelled:
                    if not self.cancel.cancelled:
                        raise
                    break
                stored.add(unit, value)
                done += 1
                report(done, len(units), resumed)
        found = {unit: stored[unit] for unit in units if unit in stored}
        if len(found) < len(units):
            self.unfinished.append(f"{len(found)} of {len(units)} {what}")
            if not found:
                raise Cancelled(f"Interrupted before any of the {what} was measured; run the same command to resume.")
        return found

    def generate(self, prompts: Sequence[Prompt], max_tokens: int, sampling: Sampling | None = None) -> Batch:
        """Decode the prompts as one batch. Raises EngineError."""
        request = GenerateRequest(tuple(prompts), max_tokens, priority="requested", sampling=sampling or Sampling())
        started = time.perf_counter()
        events = list(self.engine.generate(request, self.cancel))
        seconds = time.perf_counter() - started
        completions = {event.index: event for event in events if isinstance(event, Completion)}
        return Batch(tuple(completions[number] for number in range(len(prompts))), seconds)

    def _results(self, what: str, settings: Mapping[str, Any]) -> Results:
        model = self._engine.identity().digest if self._engine is not None else None
        everything = {"of": what, "program": _program_digest(self._packages), "model": model, **settings}
        return Results(self.folder / f"{self.name}{RESULTS_SUFFIX}", everything)


@cache
def _program_digest(packages: tuple[str, ...]) -> str:
    """Digest of every module of these packages as first seen by this process; editing one invalidates all results."""
    digest = sha256()
    for package in packages:
        spec = find_spec(package)
        for folder in sorted((spec and spec.submodule_search_locations) or ()):
            for file in sorted(Path(folder).rglob("*.py")):
                digest.update(file.read_bytes())
    return digest.hexdigest()
