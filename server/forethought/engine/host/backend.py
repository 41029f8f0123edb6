"""What the engine host asks of whatever generates text."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from forethought.engine.api import Event, GenerateRequest, Prompt


class Control:
    """How one piece of work is watched and stopped from outside; safe from any thread."""

    def __init__(self, emit: Callable[[Event], None] = lambda event: None) -> None:
        self.emit = emit
        self._stop = threading.Event()
        self._on_interrupt: Callable[[], None] | None = None

    @property
    def interrupted(self) -> bool:
        return self._stop.is_set()

    def interrupt(self) -> None:
        """Stop soon: someone more urgent waits, or nobody waits any more."""
        self._stop.set()
        hook = self._on_interrupt
        if hook is not None:
            hook()

    def resume(self) -> None:
        self._stop.clear()

    def on_interrupt(self, hook: Callable[[], None] | None) -> None:
        """`hook` is called, from another thread, at each interrupt."""
        self._on_interrupt = hook


class Work(Protocol):
    """A request under way; it keeps what is done when it is interrupted."""

    def run(self, control: Control) -> bool:
        """Go on until the end (True) or until `control` is interrupted (False). Raises EngineError."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class ScoreWork(Work, Protocol):
    """Work that ends with numbers."""

    @property
    def scores(self) -> list[float | None]: ...


@dataclass(frozen=True, slots=True)
class BackendState:
    """What only a running backend knows."""

    loaded: bool
    device: str
    context_length: int
    """0 while it is not known yet."""
    prompt_tokens_per_second: float | None = None
    completion_tokens_per_second: float | None = None


class Backend(Protocol):
    """One model. `count_tokens` and `state` may be called beside running work; the rest from one thread."""

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
        """Give the memory back; the next work loads again."""
        ...
