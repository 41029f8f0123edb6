"""The engines that the settings name: one that answers questions, and one that thinks ahead."""

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

ACTIVITY_INTERVAL_SECONDS = 0.5
"""Between two reports of activity to the engine hosts."""


class Engines:
    """Connects to each engine when it is first needed. Safe from any thread."""

    def __init__(
        self, settings: Settings, runtime: Path, given: Engine | None, on_error: Callable[[Exception], None]
    ) -> None:
        """`given` takes the place of every engine, whatever the settings say."""
        self.problem: str | None = None
        """Why the engine does not work, as far as is known."""
        self._runtime = runtime
        self._given = given
        self._settings = settings
        self._lock = threading.Lock()
        self._connected: dict[str, Engine] = {}
        self._activity_at = 0.0
        self._worker_queue = WorkerQueue("activity", on_error)

    @property
    def configured(self) -> bool:
        """Whether the settings ask for an engine, whether it works or not."""
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
            return True  # the settings name a model that cannot be used, which is a problem and not a choice

    @property
    def switched_off(self) -> bool:
        """Whether the user wants facts only."""
        return self._settings.engine == "none"

    def configure(self, settings: Settings) -> None:
        self._settings = settings
        self.problem = None
        self.disconnect()

    def chat_engine(self) -> Engine:
        """Return the engine that answers questions. Raises EngineUnavailable or ModelError."""
        return self._connect("chat", self._settings, choose_model)

    def sleep_engine(self) -> Engine:
        """Return the engine of sleep-time passes: that of `sleep.model` if it is set, otherwise the chat engine.

        With an endpoint, `sleep.model` names another model there. Raises EngineUnavailable or ModelError.
        """
        settings = self._settings
        if settings.sleep_model is None:
            return self.chat_engine()
        if _uses_endpoint(settings):
            return self._connect("sleep", replace(settings, openai_model=settings.sleep_model), lambda *_: None)
        return self._connect("sleep", settings, choose_sleep_model)

    def known_info(self) -> EngineInfo | None:
        """Describe the sleep engine; None if there is none or it does not answer. Updates `problem`."""
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
        """Return the name of the chat model; None if there is none or its engine does not answer."""
        try:
            return self.chat_engine().identity().model if self.configured else None
        except ForethoughtError:
            return None  # a question will say why

    def report_activity(self) -> None:
        """Tell the engine hosts that the user is active. Done on another thread, because they may be slow to answer."""
        if time.monotonic() - self._activity_at >= ACTIVITY_INTERVAL_SECONDS:
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
        """Disconnect from the engines. The next use connects again."""
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
            raise EngineUnavailable("The engine is switched off (engine: none); set `engine` to `auto` to use one.")
        with self._lock:  # threads that connect at the same time share one connection
            known = self._connected.get(role)
            if known is None:
                model = choose(settings, model_folder())
                known = self._connected[role] = connect(settings, model=model, runtime_folder=self._runtime)
            return known


def _uses_endpoint(settings: Settings) -> bool:
    return settings.engine == "openai" or (settings.engine == "auto" and settings.openai_base_url is not None)
