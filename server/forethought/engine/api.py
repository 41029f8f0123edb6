"""What is asked of an engine and what it answers. Shared by the clients and the engine host; imports nothing heavy."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Priority = Literal["interactive", "requested", "idle"]
"""interactive: a person is waiting; requested: work a person started (`precompute`); idle: runs only when idle."""

Finish = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation. The engine applies the model's own chat template and opens the assistant's turn."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    temperature: float = 0.0
    """0 is greedy."""
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A batch of prompts, decoded together; what their beginnings share is read once."""

    prompts: tuple[Prompt, ...]
    max_tokens: int
    """Per prompt."""
    priority: Priority = "interactive"
    sampling: Sampling = field(default_factory=Sampling)
    schema: dict[str, object] | None = None
    """A JSON schema that the text must follow, or None."""
    work_key: str | None = None
    """`context_hash:generator_id` of sleep work: equal keys from several windows are computed once (single-flight)."""
    idle_delay_seconds: float = 5.0
    """With priority `idle`: how long no window of this user may have been active."""


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int = 0
    """All tokens of the prompt, cached ones included."""
    cached_tokens: int = 0
    """Those that did not have to be read again."""
    completion_tokens: int = 0
    first_token_seconds: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the text of prompt `index`."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of prompt `index`, with its whole text."""

    index: int
    text: str
    finish: Finish
    usage: Usage


Event = Delta | Completion


@dataclass(frozen=True, slots=True)
class EngineInfo:
    kind: Literal["llama", "openai", "fake"]
    model: str
    """For people: the catalogue name, or the file's name."""
    digest: str
    """Content digest of the model file, or of (base URL, model name) for an endpoint."""
    context_length: int
    device: str
    """`cpu`, or the accelerator's name."""
    loaded: bool
    remote: bool
    demo: bool = False
    """The model is for demonstration only; its text is labelled so."""
    prompt_tokens_per_second: float | None = None
    """Measured on this machine; None before the first measurement."""
    completion_tokens_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A chosen GGUF file. It need not exist: the engine says so when it is asked to work."""

    path: Path
    name: str
    """For people: the catalogue name, or the file's name without `.gguf`."""
    demo: bool = False


class CancelToken:
    """Set once by whoever wants the work to stop; safe from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep for at most `seconds`; True as soon as it is cancelled."""
        return self._event.wait(seconds)


class Engine(Protocol):
    """One model, seen from any process. Calls block: never make one on an event loop. Safe from several threads."""

    def info(self) -> EngineInfo:
        """Describe the model without loading it. Raises EngineUnavailable."""
        ...

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Iterator[Event]:
        """Yield deltas as they are decoded, and one Completion a prompt.

        Raises ModelLoadError, ContextOverflow (before any token is decoded), Cancelled, EngineError.
        """
        ...

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[str], priority: Priority, cancel: CancelToken
    ) -> list[float | None]:
        """Mean log-probability per token of each continuation as the assistant's text after its prompt.

        None where the engine cannot score.
        """
        ...

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        """Tokens of each prompt after the chat template. Estimates from above where the endpoint cannot count."""
        ...

    def report_activity(self) -> None:
        """A person edits, hovers or asks: idle work of every window waits."""
        ...

    def close(self) -> None: ...
