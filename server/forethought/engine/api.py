"""The interface of an engine: requests, events, and the `Engine` protocol. Imports nothing heavy."""

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
    """A batch of prompts that are decoded together; prefixes that they share are processed once."""

    prompts: tuple[Prompt, ...]
    max_tokens: int
    """Per prompt."""
    priority: Priority = "interactive"
    sampling: Sampling = field(default_factory=Sampling)
    schema: dict[str, object] | None = None
    """A JSON schema that the text must follow, or None."""
    work_key: str | None = None
    """`context_hash:generator_id` of sleep work. Equal keys from several windows are computed once (single-flight)."""
    idle_delay_seconds: float = 5.0
    """With priority `idle`: how long all windows of this user must have been inactive."""


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int = 0
    """All tokens of the prompt, cached ones included."""
    cached_tokens: int = 0
    """Prompt tokens that did not have to be processed again."""
    completion_tokens: int = 0
    first_token_seconds: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer to prompt `index`. Sent for interactive requests only."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of the answer to prompt `index`, with its whole text."""

    index: int
    text: str
    finish: Finish
    usage: Usage


Event = Delta | Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIdentity:
    """Which model an engine uses."""

    kind: Literal["llama", "openai", "fake"]
    model: str
    """For people: the catalog name, or the file's name."""
    digest: str
    """SHA-256 of the model file, or of (base URL, model name) for an endpoint, in hexadecimal."""
    remote: bool
    demo: bool = False
    """The model is for demonstration only; its text is labeled so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo(ModelIdentity):
    """A model, and the present state of the engine."""

    context_length: int
    """In tokens."""
    device: str
    """`cpu`, `endpoint`, or the accelerator's name."""
    loaded: bool
    prompt_tokens_per_second: float | None = None
    """Measured on this machine; None before the first measurement."""
    completion_tokens_per_second: float | None = None
    """Over all sequences of a batch."""


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A chosen GGUF file. It need not exist: the engine reports that when it is needed."""

    path: Path
    name: str
    """For people: the catalog name, or the file's name without `.gguf`."""
    demo: bool = False


class CancelToken:
    """Set once to stop some work. Thread-safe."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds`, or until cancelled. Return whether it was cancelled."""
        return self._event.wait(seconds)


class Engine(Protocol):
    """One model, used from any process. All calls may block: never make one on an event loop. Thread-safe."""

    def identity(self) -> ModelIdentity:
        """Which model it is, without a connection: cheap enough to call per symbol.

        The first call for a state of a model file hashes the file: seconds for gigabytes, remembered across processes.
        Raises ModelLoadError when the file is missing or not a GGUF file.
        """
        ...

    def fetch_info(self) -> EngineInfo:
        """The identity, and the present state: a round trip to the host, if one is running. Starts and loads nothing.

        For showing to people and for estimates; do not call it in a loop. Raises ModelLoadError like `identity`.
        """
        ...

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Iterator[Event]:
        """Yield deltas as they are decoded, and one Completion per prompt.

        Raises EngineUnavailable, ModelLoadError, ContextOverflow (before any token is decoded), Cancelled, EngineError.
        """
        ...

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[str], priority: Priority, cancel: CancelToken
    ) -> list[float | None]:
        """The mean log-probability per token of each continuation, as the assistant's text after its prompt.

        None where the engine cannot score. Raises the errors of `generate`.
        """
        ...

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        """The tokens of each prompt after the chat template; an upper estimate for an endpoint.

        Raises EngineUnavailable and ModelLoadError.
        """
        ...

    def report_activity(self) -> None:
        """Tell the host that a person is active in some window, so that idle work of all windows waits."""
        ...

    def close(self) -> None: ...
