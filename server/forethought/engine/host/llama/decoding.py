"""Requests under way on a llama.cpp model: their sequences, and what an interrupt preserves of them."""

import time
from collections.abc import Sequence
from typing import Any, Final, Protocol

from forethought.engine.api import Completion, Delta, Finish, GenerateRequest, Usage
from forethought.engine.host.backend import Control
from forethought.engine.host.llama.batching import MAX_PARALLEL_SEQUENCES, TokenSequence, common_prefix
from forethought.engine.host.llama.detokenizer import Detokenizer
from forethought.engine.host.llama.llama_model import LlamaModel

_THREADS_SECONDS: Final = 1.0
"""How often the number of threads is adapted to the load of the machine."""


class ModelSource(Protocol):
    """Where the work gets its model. It may have been unloaded and loaded again since an interrupt."""

    def model(self) -> LlamaModel:
        """Load the model if needed. Raises ModelLoadError."""
        ...

    @property
    def loaded_model(self) -> LlamaModel | None: ...

    def choose_threads(self) -> int:
        """The number of threads that are free now."""
        ...


class GenerateWork:
    """One `generate` request."""

    def __init__(self, source: ModelSource, request: GenerateRequest, prompts: list[list[int]]) -> None:
        self._source = source
        self._request = request
        self._waiting = [_Generation(index, tokens, request) for index, tokens in enumerate(prompts)]
        self._group: list[_Generation] = []
        """Decoded together."""
        self._worked_seconds = 0.0
        """Without the time in which the work was interrupted."""

    def run(self, control: Control) -> bool:
        model = self._source.model()
        started = time.monotonic() - self._worked_seconds
        try:
            while self._waiting or self._group:
                if not self._group:
                    self._group = self._next_group(model)
                for generation in self._group:
                    generation.attach(model, started, control)
                if not _decode(self._source, model, self._group, self, control):
                    return False
                self._group = []
            return True
        finally:
            self._worked_seconds = time.monotonic() - started

    def close(self) -> None:
        for generation in self._group:
            generation.close()
        model = self._source.loaded_model
        if model is not None:
            model.batcher.release(self)

    def _next_group(self, model: LlamaModel) -> list["_Generation"]:
        """As many of the waiting prompts, in order, as fit into the context together."""
        group: list[_Generation] = []
        cells = 0
        while self._waiting and len(group) < MAX_PARALLEL_SEQUENCES:
            tokens = self._waiting[0].tokens
            shared = 0
            if model.can_share_prefixes:
                shared = max((common_prefix(other.tokens, tokens) for other in group), default=0)
            cells += len(tokens) - min(shared, len(tokens) - 1) + self._request.max_tokens
            if group and cells > model.context_length:
                break
            group.append(self._waiting.pop(0))
        return group


class ScoringWork:
    """One `score` request."""

    def __init__(self, source: ModelSource, pairs: list[tuple[list[int], list[int]]]) -> None:
        """`pairs`: the tokens of each prompt and of its continuation."""
        self._source = source
        self._scorings = [_Scoring(prompt, continuation) for prompt, continuation in pairs]

    @property
    def scores(self) -> list[float | None]:
        return [scoring.mean for scoring in self._scorings]

    def run(self, control: Control) -> bool:
        model = self._source.model()
        for scoring in self._scorings:
            scoring.model = model
        # In groups that fit into the context together; a single sequence always does.
        remaining = [scoring for scoring in self._scorings if not scoring.done]
        while remaining:
            group, cells = [remaining[0]], len(remaining[0].tokens)
            for scoring in remaining[1:MAX_PARALLEL_SEQUENCES]:
                cells += len(scoring.tokens) - max(common_prefix(other.tokens, scoring.tokens) for other in group) + 1
                if cells > model.context_length:
                    break
                group.append(scoring)
            if not _decode(self._source, model, group, self, control):
                return False
            remaining = [scoring for scoring in remaining if not scoring.done]
        return True

    def close(self) -> None:
        model = self._source.loaded_model
        if model is not None:
            model.batcher.release(self)


class _Generation:
    """A prompt's tokens, growing by its answer."""

    def __init__(self, index: int, tokens: list[int], request: GenerateRequest) -> None:
        self.tokens = list(tokens)
        self.done = False
        self._index = index
        self._request = request
        self._prompt_length = len(tokens)
        self._text = Detokenizer(request.sampling.stop)
        self._cached_tokens: int | None = None
        self._first_token_seconds: float | None = None
        self._sampler: Any = None

    @property
    def first_output(self) -> int:
        return len(self.tokens) - 1

    def attach(self, model: LlamaModel, started: float, control: Control) -> None:
        """Call it before decoding, and again after each interrupt."""
        self._model = model
        self._started = started
        self._control = control
        if self._sampler is None and not self.done:
            self._sampler = model.new_sampler(self._request, self._index)

    def close(self) -> None:
        if self._sampler is not None:
            self._model.free_sampler(self._sampler)
            self._sampler = None

    def note_cached(self, count: int) -> None:
        if self._cached_tokens is None:  # after an interrupt, part of the answer is cached as well
            self._cached_tokens = count

    def accept_output(self, position: int, output: int) -> None:
        if position != len(self.tokens) - 1:
            return
        token = self._model.sample(self._sampler, output)
        if self._first_token_seconds is None:
            self._first_token_seconds = time.monotonic() - self._started
        if self._model.vocabulary.is_end_of_generation(token):
            self._finish("stop")
            return
        self.tokens.append(token)
        self._emit(self._text.push(self._model.vocabulary.token_bytes(token)))
        if self._text.stopped:
            self._finish("stop")
        elif len(self.tokens) - self._prompt_length >= self._request.max_tokens:
            self._finish("length")

    def _emit(self, text: str) -> None:
        if text and self._request.priority == "interactive":
            self._control.emit(Delta(self._index, text))

    def _finish(self, finish: Finish) -> None:
        self._emit(self._text.finish())
        usage = Usage(
            prompt_tokens=self._prompt_length,
            cached_tokens=self._cached_tokens or 0,
            completion_tokens=len(self.tokens) - self._prompt_length,
            first_token_seconds=self._first_token_seconds or 0.0,
            seconds=time.monotonic() - self._started,
        )
        self.done = True
        self.close()
        self._control.emit(Completion(self._index, self._text.text, finish, usage))


class _Scoring:
    """A prompt and the continuation whose probability is measured."""

    def __init__(self, prompt: list[int], continuation: list[int]) -> None:
        self.tokens = prompt + continuation[:-1]
        self.model: LlamaModel | None = None
        self._prompt_length = len(prompt)
        self._continuation = continuation
        self._log_probabilities: list[float] = []

    @property
    def mean(self) -> float | None:
        """None for an empty continuation."""
        if not self._log_probabilities:
            return None
        return sum(self._log_probabilities) / len(self._log_probabilities)

    @property
    def done(self) -> bool:
        return len(self._log_probabilities) >= len(self._continuation)

    @property
    def first_output(self) -> int:
        return self._prompt_length - 1 + len(self._log_probabilities)

    def note_cached(self, count: int) -> None:
        """A score reports no usage."""

    def accept_output(self, position: int, output: int) -> None:
        if self.model is not None and position == self.first_output:
            token = self._continuation[len(self._log_probabilities)]
            self._log_probabilities.append(self.model.log_probability(output, token))


def _decode(
    source: ModelSource, model: LlamaModel, sequences: Sequence[TokenSequence], owner: object, control: Control
) -> bool:
    """Decode until all sequences are done (True) or an interrupt (False), with as many threads as are free."""
    threads_chosen_at = 0.0

    def adapt_threads() -> None:
        nonlocal threads_chosen_at
        now = time.monotonic()
        if now - threads_chosen_at >= _THREADS_SECONDS:
            model.use_threads(source.choose_threads())
            threads_chosen_at = now

    model.clear_interrupt()
    control.on_interrupt(model.interrupt)
    try:
        return model.batcher.run(sequences, owner, control, adapt_threads)
    finally:
        control.on_interrupt(None)
