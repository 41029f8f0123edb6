"""Requests under way on llama.cpp: what is decoded together, and what an interrupt leaves of each answer."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from forethought.engine.api import Completion, Delta, Finish, GenerateRequest, Usage
from forethought.engine.host.backend import Control
from forethought.engine.host.llama.batching import Line, common_prefix
from forethought.engine.host.llama.detokenizer import TextStream

if TYPE_CHECKING:
    from forethought.engine.host.llama.llama_backend import LlamaBackend, Model

SEQUENCES: Final = 16
"""Decoded together at most; more bring little."""
_THREADS_SECONDS: Final = 1.0


class GenerateWork:
    """One `generate` request on llama.cpp."""

    def __init__(self, backend: "LlamaBackend", request: GenerateRequest, prompts: list[list[int]]) -> None:
        self._backend = backend
        self._worked = 0.0
        """Seconds, without those in which the work waited for others."""
        self._waiting = [_Answer(index, tokens, request) for index, tokens in enumerate(prompts)]
        self._request = request
        self._group: list[_Answer] = []

    def run(self, control: Control) -> bool:
        model = self._backend.model()
        started = time.monotonic() - self._worked
        try:
            while self._waiting or self._group:
                if not self._group:
                    self._group = self._next_group(model)
                for answer in self._group:
                    # The model may have been unloaded and loaded again since an interrupt.
                    answer.attach(model, started, control)
                if not _advance(self._backend, model, self._group, self, control):
                    return False
                self._group = []
            return True
        finally:
            self._worked = time.monotonic() - started

    def close(self) -> None:
        for answer in self._group:
            answer.close()
        model = self._backend.loaded_model
        if model is not None:
            model.batcher.release(self)

    def _next_group(self, model: "Model") -> list["_Answer"]:
        """As many of the waiting answers, in order, as fit into the context together."""
        group: list[_Answer] = []
        cells = 0
        while self._waiting and len(group) < SEQUENCES:
            answer = self._waiting[0]
            shared = max((common_prefix(other.tokens, answer.tokens) for other in group), default=0)
            if not model.can_share:
                shared = 0
            cells += len(answer.tokens) - min(shared, len(answer.tokens) - 1) + self._request.max_tokens
            if group and cells > model.context_length:
                break
            group.append(self._waiting.pop(0))
        return group


class ScoringWork:
    """One `score` request on llama.cpp."""

    def __init__(self, backend: "LlamaBackend", pairs: list[tuple[list[int], list[int]]]) -> None:
        self._backend = backend
        self._lines = [_Scored(prompt, text) for prompt, text in pairs]

    @property
    def scores(self) -> list[float | None]:
        return [line.mean for line in self._lines]

    def run(self, control: Control) -> bool:
        model = self._backend.model()
        for line in self._lines:
            line.model = model
        # In groups that fit: a line takes at most the whole context.
        remaining = [line for line in self._lines if not line.done]
        while remaining:
            group, cells = [remaining[0]], len(remaining[0].tokens)
            for line in remaining[1:SEQUENCES]:
                cells += len(line.tokens) - max(common_prefix(other.tokens, line.tokens) for other in group) + 1
                if cells > model.context_length:
                    break
                group.append(line)
            if not _advance(self._backend, model, group, self, control):
                return False
            remaining = [line for line in remaining if not line.done]
        return True

    def close(self) -> None:
        model = self._backend.loaded_model
        if model is not None:
            model.batcher.release(self)


class _Answer:
    """One prompt's tokens, growing by its answer."""

    def __init__(self, index: int, tokens: list[int], request: GenerateRequest) -> None:
        self.tokens = list(tokens)
        self.done = False
        self._index = index
        self._request = request
        self._prompt_length = len(tokens)
        self._text = TextStream(request.sampling.stop)
        self._cached: int | None = None
        self._first: float | None = None
        self._sampler: Any = None

    @property
    def first_output(self) -> int:
        return len(self.tokens) - 1

    def attach(self, model: "Model", started: float, control: Control) -> None:
        self._model = model
        self._started = started
        self._control = control
        if self._sampler is None and not self.done:
            self._sampler = model.new_sampler(self._request, self._index)

    def close(self) -> None:
        if self._sampler is not None:
            self._model.free_sampler(self._sampler)
            self._sampler = None

    def reused(self, count: int) -> None:
        if self._cached is None:
            self._cached = count

    def take(self, position: int, output: int) -> None:
        if position != len(self.tokens) - 1:
            return
        token = self._model.sample(self._sampler, output)
        if self._first is None:
            self._first = time.monotonic() - self._started
        if self._model.vocabulary.ends(token):
            self._end("stop")
            return
        self.tokens.append(token)
        self._show(self._text.push(self._model.vocabulary.piece(token)))
        if self._text.stopped:
            self._end("stop")
        elif len(self.tokens) - self._prompt_length >= self._request.max_tokens:
            self._end("length")

    def _show(self, text: str) -> None:
        if text and self._request.priority == "interactive":
            self._control.emit(Delta(self._index, text))

    def _end(self, finish: Finish) -> None:
        self._show(self._text.finish())
        usage = Usage(
            prompt_tokens=self._prompt_length,
            cached_tokens=self._cached or 0,
            completion_tokens=len(self.tokens) - self._prompt_length,
            first_token_seconds=self._first or 0.0,
            seconds=time.monotonic() - self._started,
        )
        self.done = True
        self.close()
        self._control.emit(Completion(self._index, self._text.text, finish, usage))


class _Scored:
    """A prompt and a text whose probability is wanted."""

    def __init__(self, prompt: list[int], text: list[int]) -> None:
        self.tokens = prompt + text[:-1]
        self.model: Model | None = None
        self._prompt_length = len(prompt)
        self._text = text
        self._found: list[float] = []

    @property
    def mean(self) -> float | None:
        return sum(self._found) / len(self._found) if self._found else None

    @property
    def done(self) -> bool:
        return len(self._found) >= len(self._text)

    @property
    def first_output(self) -> int:
        return self._prompt_length - 1 + len(self._found)

    def reused(self, count: int) -> None:
        """Nothing is reported about a score."""

    def take(self, position: int, output: int) -> None:
        if self.model is not None and position == self.first_output:
            self._found.append(self.model.log_probability(output, self._text[len(self._found)]))


def _advance(backend: "LlamaBackend", model: "Model", lines: Sequence[Line], owner: object, control: Control) -> bool:
    """Run the lines, with as many threads as are free at each moment."""
    chosen = 0.0

    def between() -> None:
        nonlocal chosen
        now = time.monotonic()
        if now - chosen >= _THREADS_SECONDS:
            model.use_threads(backend.threads())
            chosen = now

    model.go_on()
    control.on_interrupt(model.interrupt)
    try:
        return model.batcher.run(lines, owner, control, between)
    finally:
        control.on_interrupt(None)
