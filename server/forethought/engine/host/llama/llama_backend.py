"""The backend for GGUF files: loads and unloads a model, and starts work on it."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from forethought.engine.api import GenerateRequest, Prompt
from forethought.engine.host.backend import BackendState
from forethought.engine.host.llama.amx import without_amx
from forethought.engine.host.llama.decoding import GenerateWork, ScoringWork
from forethought.engine.host.llama.llama_model import LlamaModel, Phase
from forethought.engine.host.llama.native_log import NativeLog
from forethought.engine.host.llama.vocabulary import Vocabulary
from forethought.engine.models.gguf import ModelFile, check_memory, read_model_file
from forethought.errors import ContextOverflow


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    path: Path
    context_length: int
    """In tokens; shortened to what the model was trained for."""
    gpu_layers: int
    """-1: all that fit."""


class LlamaBackend:
    """One GGUF file. The first call that needs the file raises ModelLoadError if it cannot be used."""

    def __init__(
        self,
        options: LlamaOptions,
        choose_threads: Callable[[], int],
        loading: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`choose_threads` says how many threads are free now; `loading` surrounds what may abort the process."""
        self._options = options
        self.choose_threads = choose_threads
        self._loading = loading
        self._log = NativeLog()
        self._lock = threading.Lock()
        self._file: ModelFile | None = None
        self._vocabulary: Vocabulary | None = None
        self._model: LlamaModel | None = None
        self._speeds: dict[Phase, float] = {}
        self._device = "cpu"

    def state(self) -> BackendState:
        model = self._model
        speeds = model.speeds if model else self._speeds
        return BackendState(
            loaded=model is not None,
            device=self._device,
            context_length=self.context_length if self._file else 0,
            prompt_tokens_per_second=speeds.get("prompt"),
            completion_tokens_per_second=speeds.get("completion"),
        )

    @property
    def context_length(self) -> int:
        """In tokens; the configured length until the file has been read."""
        trained = self._file.context_length if self._file else 0
        return min(self._options.context_length, trained or self._options.context_length)

    def generate(self, request: GenerateRequest) -> GenerateWork:
        prompts = [self.vocabulary().encode(prompt) for prompt in request.prompts]
        for tokens in prompts:
            self._check_length(len(tokens), request.max_tokens)
        return GenerateWork(self, request, prompts)

    def score(self, prompts: tuple[Prompt, ...], continuations: tuple[str, ...]) -> ScoringWork:
        vocabulary = self.vocabulary()
        pairs = [
            (vocabulary.encode(prompt), vocabulary.tokenize(text))
            for prompt, text in zip(prompts, continuations, strict=True)
        ]
        for prompt_tokens, text_tokens in pairs:
            self._check_length(len(prompt_tokens), len(text_tokens))
        return ScoringWork(self, pairs)

    def count_tokens(self, prompts: tuple[Prompt, ...]) -> list[int]:
        vocabulary = self.vocabulary()
        return [len(vocabulary.encode(prompt)) for prompt in prompts]

    def unload(self) -> None:
        if self._model is not None:
            self._speeds = self._model.speeds
            self._model.close()
            self._model = None

    def vocabulary(self) -> Vocabulary:
        """Load the tokenizer if needed: quick, since it needs no weights. Raises ModelLoadError."""
        with self._lock:
            if self._vocabulary is None:
                self._file = read_model_file(self._options.path)
                with self._loading(), without_amx():
                    self._vocabulary = Vocabulary(self._file, self._log)
            return self._vocabulary

    def model(self) -> LlamaModel:
        """Load the weights if needed. Raises ModelLoadError."""
        if self._model is None:
            vocabulary = self.vocabulary()
            file = read_model_file(self._options.path)
            check_memory(file, self.context_length)
            with self._loading(), without_amx():
                self._model = LlamaModel(vocabulary, file, self._options.gpu_layers, self.context_length, self._log)
            self._model.speeds.update(self._speeds)
            self._device = self._model.device
        return self._model

    @property
    def loaded_model(self) -> LlamaModel | None:
        return self._model

    def _check_length(self, prompt_tokens: int, more_tokens: int) -> None:
        if prompt_tokens + more_tokens > self.context_length:
            raise ContextOverflow(
                f"The prompt has {prompt_tokens} tokens and the answer may have {more_tokens}, but the model's context "
                f"holds {self.context_length}; ask about something smaller or raise model.contextLength."
            )
