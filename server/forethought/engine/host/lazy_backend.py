"""The host's backend, made when it is first needed: llama.cpp or an endpoint, as the configuration says."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forethought.engine.client.launcher import HostConfig
from forethought.engine.host.backend import Backend, BackendState, ScoreWork
from forethought.engine.host.machine_load import MachineLoad
from forethought.errors import EngineUnavailable


class LazyBackend:
    """Makes the backend on the worker's thread, so that the host answers before llama.cpp is imported."""

    def __init__(self, make: Callable[[], Backend]) -> None:
        """`make` may raise EngineUnavailable: then each request does."""
        self._make = make
        self._lock = threading.Lock()
        self._backend: Backend | None = None

    def prepare(self) -> None:
        with contextlib.suppress(EngineUnavailable):  # each request says it again
            self._made()

    def _made(self) -> Backend:
        with self._lock:
            if self._backend is None:
                self._backend = self._make()
            return self._backend

    def state(self) -> BackendState:
        backend = self._backend
        return backend.state() if backend is not None else BackendState(False, "cpu", 0)

    def generate(self, request: Any) -> Any:
        return self._made().generate(request)

    def score(self, prompts: Any, continuations: Any) -> ScoreWork:
        return self._made().score(prompts, continuations)

    def count_tokens(self, prompts: Any) -> list[int]:
        return self._made().count_tokens(prompts)

    def unload(self) -> None:
        self._made().unload()


def make_backend(
    config: HostConfig, load: MachineLoad, loading: Callable[[], contextlib.AbstractContextManager[None]]
) -> Backend:
    """`load` says which threads are free; `loading` surrounds what may abort the process. Raises EngineUnavailable."""
    if config.model_path is None:
        from forethought.engine.host.openai_backend import OpenAIBackend  # only one of the two backends is ever needed

        return OpenAIBackend(config.base_url or "", config.model_name, config.context_length)
    try:
        from forethought.engine.host.llama.llama_backend import (  # heavy, and not everywhere installed
            LlamaBackend,
            LlamaOptions,
        )
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineUnavailable(
            f"llama-cpp-python cannot be used ({error}); run `pip install 'llama-cpp-python>=0.3.36'`."
        ) from error
    options = LlamaOptions(Path(config.model_path), config.context_length, config.gpu_layers)
    return LlamaBackend(options, lambda: load.threads(config.threads), loading)
