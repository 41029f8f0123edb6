"""What the engine host needs of a backend, which generates text."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from forethought.engine.api import Event, GenerateRequest, Prompt


class Control:
    """Interrupts one piece of work, and receives its events. Thread-safe."""

    def __init__(self, emit: Callable[[Event], None] = lambda event: None) -> None:
        self.emit = emit
        self._interrupted = threading.Event()
        self._on_interrupt: Callable[[], None] | None = None

    @property
    def interrupted(self) -> bool:
        return self._interrupted.is_set()

    def interrupt(self) -> None:
        """Stop the work soon: more urgent work is waiting, or nobody waits for this any more."""
        self._interrupted.set()
        hook = self._on_interrupt
        if hook is not None:
            hook()

    def resume(self) -> None:
        """Allow the work to run again."""
        self._interrupted.clear()

    def on_interrupt(self, hook: Callable[[], None] | None) -> None:
        """Set the function that each `interrupt` calls, on the thread that interrupts."""
        self._on_interrupt = hook


class Work(Protocol):
    """A request under way. It keeps its progress when it is interrupted."""

    def run(self, control: Control) -> bool:
        """Work until it is done (True) or interrupted (False: call again to continue). Raises EngineError."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


class ScoreWork(Work, Protocol):
    """Work whose result is numbers."""

    @property
    def scores(self) -> list[float | None]: ...


@dataclass(frozen=True, slots=True)
class BackendState:
    loaded: bool
    device: str
    """`cpu`, `endpoint`, or the accelerator's name."""
    context_length: int
    """In tokens; 0 while it is unknown."""
    prompt_tokens_per_second: float | None = None
    completion_tokens_per_second: float | None = None


class Backend(Protocol):
    """One model. `count_tokens` and `state` are thread-safe; call the rest from one thread."""

    def state(self) -> BackendState: ...

    def generate(self, request: GenerateRequest) -> Work:
        """Raises ModelLoadError and ContextOverflow."""
        ...

    def score(self, prompts: tuple[Prompt, ...], continuations: tuple[str, ...]) -> ScoreWork:
        """Raises ModelLoadError and ContextOverflow."""
        ...

    def count_tokens(self, prompts: tuple[Prompt, ...]) -> list[int]:
        """Raises ModelLoadError."""
        ...

    def unload(self) -> None:
        """Free the model's memory; the next work loads it again."""
        ...
