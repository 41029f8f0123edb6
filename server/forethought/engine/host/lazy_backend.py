"""Creates the configured backend, llama.cpp or an endpoint, when it is first needed."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from forethought.engine.api import GenerateRequest, Prompt
from forethought.engine.client.launcher import HostConfig
from forethought.engine.host.backend import Backend, BackendState, ScoreWork, Work
from forethought.engine.host.machine_load import MachineLoad
from forethought.errors import EngineUnavailable


class LazyBackend:
    """A backend that is created on the worker thread, so that the host answers before llama.cpp is imported."""

    def __init__(self, create: Callable[[], Backend]) -> None:
        """If `create` raises EngineUnavailable, so does each request."""
        self._create = create
        self._lock = threading.Lock()
        self._backend: Backend | None = None

    def prepare(self) -> None:
        """Create the backend now."""
        with contextlib.suppress(EngineUnavailable):  # each request raises it again
            self._created()

    def state(self) -> BackendState:
        backend = self._backend
        return backend.state() if backend is not None else BackendState(False, "cpu", 0)

    def generate(self, request: GenerateRequest) -> Work:
        return self._created().generate(request)

    def score(self, prompts: tuple[Prompt, ...], continuations: tuple[str, ...]) -> ScoreWork:
        return self._created().score(prompts, continuations)

    def count_tokens(self, prompts: tuple[Prompt, ...]) -> list[int]:
        return self._created().count_tokens(prompts)

    def unload(self) -> None:
        self._created().unload()

    def _created(self) -> Backend:
        with self._lock:
            if self._backend is None:
                self._backend = self._create()
            return self._backend


def create_backend(
    config: HostConfig, load: MachineLoad, loading: Callable[[], contextlib.AbstractContextManager[None]]
) -> Backend:
    """`load` says how many threads are free; `loading` surrounds what may abort the process.

    Raises EngineUnavailable when llama-cpp-python cannot be imported.
    """
    if config.model_path is None:
        from forethought.engine.host.openai_backend import OpenAIBackend  # a host needs only one of the two backends

        return OpenAIBackend(config.base_url or "", config.model_name, config.context_length)
    try:
        from forethought.engine.host.llama.llama_backend import (  # heavy, and not installed everywhere
            LlamaBackend,
            LlamaOptions,
        )
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineUnavailable(
            f"Cannot use llama-cpp-python ({error}); run `pip install 'llama-cpp-python>=0.3.36'`."
        ) from error
    options = LlamaOptions(Path(config.model_path), config.context_length, config.gpu_layers)
    return LlamaBackend(options, lambda: load.choose_threads(config.threads), loading)
