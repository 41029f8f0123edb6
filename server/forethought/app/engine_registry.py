"""The engines of one process: which of them the settings name, connected when they are first needed."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from forethought.config import Settings
from forethought.engine.api import Engine, EngineInfo, ResolvedModel
from forethought.engine.client.engine_client import connect
from forethought.engine.models.catalog import choose_model, choose_sleep_model
from forethought.errors import EngineUnavailable, ForethoughtError
from forethought.folders import model_folder
from forethought.workspace.worker_queue import WorkerQueue

ACTIVITY_SECONDS = 0.5
"""Between two reports of activity to the engine host."""


class Engines:
    """The engines that the settings name, connected when first needed."""

    def __init__(
        self, settings: Settings, runtime: Path, given: Engine | None, on_error: Callable[[Exception], None]
    ) -> None:
        self.problem: str | None = None
        self._runtime = runtime
        self._given = given
        self._settings = settings
        self._lock = threading.Lock()
        self._connected: dict[str, Engine] = {}
        self._activity_at = 0.0
        self._worker_queue = WorkerQueue("activity", on_error)

    @property
    def configured(self) -> bool:
        """Whether an engine is meant to work, able or not."""
        if self._given is not None:
            return True
        settings = self._settings
        if settings.engine == "none":
            return False
        if _uses_endpoint(settings):
            return True
        try:
            return choose_sleep_model(settings, model_folder()) is not None
        except ForethoughtError:
            return True  # a model was named that cannot be used: that is a problem, not a choice

    @property
    def switched_off(self) -> bool:
        """Whether a person wants facts only."""
        return self._settings.engine == "none"

    def configure(self, settings: Settings) -> None:
        self._settings = settings
        self.problem = None
        self.disconnect()

    def chat_engine(self) -> Engine:
        """Raises EngineUnavailable or ModelError."""
        return self._connect("chat", self._settings, choose_model)

    def sleep_engine(self) -> Engine:
        """What passes think with: `sleep.model`, on an endpoint the name of one of its models, or the chat's engine.

        Raises EngineUnavailable or ModelError.
        """
        settings = self._settings
        if settings.sleep_model is None:
            return self.chat_engine()
        if _uses_endpoint(settings):
            return self._connect("sleep", replace(settings, openai_model=settings.sleep_model), lambda *_: None)
        return self._connect("sleep", settings, choose_sleep_model)

    def known_info(self) -> EngineInfo | None:
        """What is known of the sleep engine; None when there is none, or it cannot be described."""
        if not self.configured:
            return None
        try:
            info = self.sleep_engine().fetch_info()
        except ForethoughtError as error:
            self.problem = str(error)
            return None
        self.problem = None
        return info

    def known_chat_model(self) -> str | None:
        """The model that answers; None when there is none, or it cannot be described."""
        try:
            return self.chat_engine().identity().model if self.configured else None
        except ForethoughtError:
            return None  # asking says why

    def report_activity(self) -> None:
        """Tell the hosts, off this thread: they may take a moment to answer."""
        if time.monotonic() - self._activity_at >= ACTIVITY_SECONDS:
            self._activity_at = time.monotonic()
            self._worker_queue.submit("activity", self._tell_activity)

    def _tell_activity(self) -> None:
        if not self.configured:
            return
        for engine in dict.fromkeys((self.sleep_engine(), self.chat_engine())):
            engine.report_activity()

    def close(self) -> None:
        self._worker_queue.close()
        self.disconnect()

    def disconnect(self) -> None:
        """Let go of the engines; the next need connects again."""
        with self._lock:
            connected, self._connected = self._connected, {}
        for engine in connected.values():
            engine.close()

    def _connect(
        self, role: str, settings: Settings, choose: Callable[[Settings, Path], ResolvedModel | None]
    ) -> Engine:
        if self._given is not None:
            return self._given
        if settings.engine == "none":
            raise EngineUnavailable("The engine is switched off (engine: none); choose `llama` or `openai` to use one.")
        with self._lock:  # two threads that need one at once share it
            known = self._connected.get(role)
            if known is None:
                model = choose(settings, model_folder())
                known = self._connected[role] = connect(settings, model=model, runtime_folder=self._runtime)
            return known


def _uses_endpoint(settings: Settings) -> bool:
    return settings.engine == "openai" or (settings.engine == "auto" and settings.openai_base_url is not None)
