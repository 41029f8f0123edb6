"""Builds the parts of one process and connects them; `Session` serves with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from forethought.app.engine_registry import Engines
from forethought.app.workspaces import Workspaces
from forethought.config import LoadedSettings, Settings
from forethought.embedding.embedder import Embedder
from forethought.embedding.source import EmbedderSource
from forethought.engine.api import Engine
from forethought.folders import model_folder, runtime_folder, user_grammar_folder
from forethought.idle.idle_loop import IdleLoop
from forethought.insights.question_predictor import templates_of
from forethought.insights.sleep_pass import PassOptions
from forethought.qa.answerer import Answerer
from forethought.store.insight_store import DiskInsightStore
from forethought.store.question_log import QuestionLog
from forethought.store.user_state import UserState
from forethought.syntax.languages import load_languages


@dataclass(frozen=True, slots=True)
class Parts:
    """What lives as long as the process."""

    contexts: DiskInsightStore
    user_state: UserState
    questions: QuestionLog
    engines: Engines
    workspaces: Workspaces
    idle_loop: IdleLoop
    answerer: Answerer

    def close(self) -> None:
        """End everything within moments, what uses another part before that part."""
        self.idle_loop.close()
        self.workspaces.close()
        self.engines.close()
        self.contexts.close()


def compose(
    loaded: LoadedSettings,
    environment: Mapping[str, str],
    engine: Engine | None,
    embedder: Embedder | None,
    *,
    on_change: Callable[[], None],
    on_error: Callable[[Exception], None],
    now: Callable[[], float],
) -> Parts:
    """Open the stores in the cache folder and connect everything; nothing runs yet. `engine` and `embedder`: in place
    of a model's."""
    settings = loaded.settings
    folder = settings.cache_folder
    grammar_folders = _grammar_folders(environment)
    contexts = DiskInsightStore.open(folder / "contexts", settings.cache_size_limit)
    user_state = UserState(folder, now)
    questions = QuestionLog(folder)
    engines = Engines(settings, runtime_folder(environment), engine, on_error)
    idle_loop = IdleLoop(
        settings,
        engines,
        contexts,
        user_state,
        on_change=on_change,
        on_error=on_error,
        options=lambda current: pass_options(current, questions),
    )
    workspaces = Workspaces(
        loaded,
        contexts,
        load_languages(grammar_folders),
        grammar_folders,
        idle_loop,
        EmbedderSource(model_folder(), embedder),
        on_change=on_change,
        on_error=on_error,
        now=now,
    )
    answerer = Answerer(lambda: workspaces.all, engines.chat_engine)
    return Parts(contexts, user_state, questions, engines, workspaces, idle_loop, answerer)


def pass_options(settings: Settings, questions: QuestionLog) -> PassOptions:
    """What a pass may know of this user's questions and of what was measured. Reads the log."""
    asked = questions.questions() if settings.questions_log else ()
    templates = templates_of([(text, symbol) for text, symbol, _ in asked])
    return PassOptions(templates)


def _grammar_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    folder = user_grammar_folder(environment)
    return (folder,) if folder.is_dir() else ()
