"""One run of a bench: its engine, its kept results, its progress, and the settings that it takes to repeat it."""

import contextlib
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

import forethought
from forethought.bench.results import Results
from forethought.config import Settings, load_settings
from forethought.engine.api import CancelToken, Completion, Engine, GenerateRequest, Prompt, Sampling
from forethought.engine.client.engine_client import connect
from forethought.engine.client.hosts import stop_hosts
from forethought.engine.models.catalog import choose_model, resolve_model
from forethought.errors import Cancelled
from forethought.folders import model_folder

DEMO_MODEL = "smollm2"
"""What is measured when nobody chose a model: anybody can repeat it."""
RESULTS_SUFFIX = ".jsonl"

Unit = TypeVar("Unit")


class Progress(Protocol):
    def __call__(self, done: int, total: int, message: str = "") -> None: ...


@contextlib.contextmanager
def _no_progress(title: str) -> Any:
    yield lambda done, total, message="": None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a request gave: a completion a prompt, in order, and how long all of them took together."""

    completions: tuple[Completion, ...]
    seconds: float


class Measurement:
    """Given to a bench's `run`. Leaving it stops the engine host, which is nobody else's.

        kept = measurement.collect("problems", {problem.key: problem …}, measure, {"seed": seed, "rounds": rounds})

    measures each unit once, ever: what an interrupted run kept is not measured again under the same settings.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        environment: Mapping[str, str],
        *,
        cancel: CancelToken | None = None,
        show_progress: Callable[[str], AbstractContextManager[Progress]] = _no_progress,
        engine: Engine | None = None,
    ) -> None:
        self.name = name
        self.folder = folder
        self.environment = environment
        """With the model and engine that were chosen on the command line: for programs that are run."""
        self.cancel = cancel or CancelToken()
        self.unfinished: list[str] = []
        """What Ctrl-C left undone, in words."""
        self._show_progress = show_progress
        self._engine = engine
        self._runtime: tempfile.TemporaryDirectory[str] | None = None
        self._load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None

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
        """The model to measure with: the one that was named, else the chosen one, else SmolLM2.

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
        """The user's, without a repository's."""
        return load_settings(None, self.environment).settings

    def settings(self, **own: Any) -> dict[str, Any]:
        """What it takes to repeat the measurement, for `Report.settings`: with an engine, its model first."""
        found: dict[str, Any] = {}
        if self._engine is not None:
            info = self._engine.fetch_info()
            found = {"model": info.model, "digest": info.digest[:16], "engine": info.kind, "device": info.device}
            if info.demo:
                found["model"] = f"{info.model} (demo model)"
        machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
        return {**found, **own, "machine": machine, "load at the start": self._load, "version": forethought.__version__}

    def collect(
        self,
        what: str,
        units: Mapping[str, Unit],
        measure: Callable[[Unit], dict[str, Any]],
        settings: Mapping[str, Any],
    ) -> dict[str, dict[str, Any]]:
        """Measure every unit that has no kept result, in order; the results (plain JSON values) by unit, in order.

        `what` names the units in the progress (“problems”); `settings` is all that changes a result, besides the
        model and the program. After Ctrl-C: those that are done. Raises Cancelled when that is none, and what
        `measure` raises.
        """
        kept = self._results(what, settings)
        missing = [unit for unit in units if unit not in kept]
        done = len(units) - len(missing)
        resumed = f"{done} kept from before" if done else ""
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
                kept.add(unit, value)
                done += 1
                report(done, len(units), resumed)
        found = {unit: kept[unit] for unit in units if unit in kept}
        if len(found) < len(units):
            self.unfinished.append(f"{len(found)} of {len(units)} {what}")
            if not found:
                raise Cancelled(f"Interrupted before the first of the {what} was measured; the same command goes on.")
        return found

    def generate(self, prompts: Sequence[Prompt], max_tokens: int, sampling: Sampling | None = None) -> Batch:
        """Decode the prompts together. Raises EngineError."""
        request = GenerateRequest(tuple(prompts), max_tokens, priority="requested", sampling=sampling or Sampling())
        started = time.perf_counter()
        events = list(self.engine.generate(request, self.cancel))
        seconds = time.perf_counter() - started
        completions = {event.index: event for event in events if isinstance(event, Completion)}
        return Batch(tuple(completions[number] for number in range(len(prompts))), seconds)

    def _results(self, what: str, settings: Mapping[str, Any]) -> Results:
        model = self._engine.identity().digest if self._engine is not None else None
        everything = {"of": what, "program": _program_digest(), "model": model, **settings}
        return Results(self.folder / f"{self.name}{RESULTS_SUFFIX}", everything)


@cache
def _program_digest() -> str:
    """Of every module of ours, as first seen by this process: a result of another program is not this one's."""
    package = Path(forethought.__file__).parent
    digest = sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
