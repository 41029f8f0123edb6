"""A scripted engine without a model: queued answers, recorded requests."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from forethought.engine.api import (
    CancelToken,
    Completion,
    Delta,
    EngineInfo,
    Event,
    GenerateRequest,
    ModelIdentity,
    Priority,
    Prompt,
    Usage,
)
from forethought.errors import Cancelled, ContextOverflow

Answer = str | Exception | Callable[[Prompt], str]
"""A text, an error to raise, or a function of the prompt."""

FAKE_INFO = EngineInfo(
    kind="fake",
    model="fake",
    digest="fake" * 16,
    context_length=4096,
    device="cpu",
    loaded=True,
    remote=False,
    prompt_tokens_per_second=1000.0,
    completion_tokens_per_second=100.0,
)


class FakeEngine:
    """An `Engine` that gives `answers` in turn, one per prompt, and then `default`.

    A token is a word, and each word is streamed as one delta. After `hold()`, `generate` and `score` wait for
    `release()` or cancellation; `wait_until_asked(n)` returns when request number n has arrived.
    """

    def __init__(
        self, answers: Sequence[Answer] = (), *, default: Answer = "An answer.", info: EngineInfo = FAKE_INFO
    ) -> None:
        self.requests: list[GenerateRequest] = []
        self.scored: list[tuple[Prompt, str]] = []
        self.activity_reports = 0
        self.info_fetches = 0
        """How often a real engine would have connected to its host only to describe itself."""
        self.closed = False
        self.score_of: Callable[[Prompt, str], float | None] = _score
        self._answers = deque(answers)
        self._default = default
        self._info = info
        self._open = threading.Event()
        self._open.set()
        self._changed = threading.Condition()

    def queue(self, *answers: Answer) -> None:
        """Append to the queued answers."""
        self._answers.extend(answers)

    def hold(self) -> None:
        """Make requests wait until `release`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def wait_until_asked(self, count: int = 1, seconds: float = 5.0) -> None:
        """Wait until `count` requests have arrived. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= count, seconds):
                raise TimeoutError(f"{len(self.requests)} of {count} requests arrived in {seconds} s")

    def identity(self) -> ModelIdentity:
        return self._info

    def fetch_info(self) -> EngineInfo:
        self.info_fetches += 1
        return self._info

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Iterator[Event]:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        return self._events(request, cancel)

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[str], priority: Priority, cancel: CancelToken
    ) -> list[float | None]:
        self._wait(cancel)
        pairs = list(zip(prompts, continuations, strict=True))
        self.scored.extend(pairs)
        return [self.score_of(prompt, text) for prompt, text in pairs]

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        return [_tokens(prompt) for prompt in prompts]

    def report_activity(self) -> None:
        self.activity_reports += 1

    def close(self) -> None:
        self.closed = True

    def _events(self, request: GenerateRequest, cancel: CancelToken) -> Iterator[Event]:
        for prompt in request.prompts:
            needed = _tokens(prompt) + request.max_tokens
            if needed > self._info.context_length:
                raise ContextOverflow(
                    f"The prompt needs {needed} tokens with its answer, but the model's context holds "
                    f"{self._info.context_length}; ask about something smaller."
                )
        for index, prompt in enumerate(request.prompts):
            self._wait(cancel)
            answer = self._answers.popleft() if self._answers else self._default
            if isinstance(answer, Exception):
                raise answer
            text = answer if isinstance(answer, str) else answer(prompt)
            words = text.split(" ")
            kept = words[: request.max_tokens]
            for number, word in enumerate(kept):
                self._wait(cancel)
                yield Delta(index, f" {word}" if number else word)
            usage = Usage(
                prompt_tokens=_tokens(prompt), completion_tokens=len(kept), first_token_seconds=0.01, seconds=0.02
            )
            yield Completion(index, " ".join(kept), "stop" if kept == words else "length", usage)

    def _wait(self, cancel: CancelToken) -> None:
        while not cancel.cancelled:
            if self._open.wait(0.005):
                break
        if cancel.cancelled:
            raise Cancelled("The request was cancelled.")


def sound_answer(prompt: Prompt) -> str:
    """An answer that may be kept for any symbol: that it does what its name says."""
    name = prompt.messages[1].content.partition("`")[2].partition("`")[0] or "greet"
    word = name.rpartition(".")[2].strip("_").rpartition("_")[2]
    return f"It is {word}ing what it is given."


def _tokens(prompt: Prompt) -> int:
    return sum(len(message.content.split()) for message in prompt.messages)


def _score(prompt: Prompt, continuation: str) -> float:
    """A stable number that depends on the text, as from a model that believes whatever it reads in code.

    Between -0.45 and -0.2 for a text about code, much less if only an interface is shown; "Yes" is certain.
    """
    if continuation in ("Yes", "No"):
        return 0.0 if continuation == "Yes" else -20.0
    base = -0.2 - (sum(continuation.encode()) % 50) / 200
    is_interface = prompt.messages[-1].content.startswith(("Here is the interface of", "Here are the docs of a file"))
    return base - 5.0 if is_interface else base
