"""The composition root: roots, c′, engine and scheduler of one process, and what the edges ask of them."""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from forethought.answer.answering import Answering
from forethought.answer.question import Answer, Question
from forethought.config import LoadedSettings, Settings, model_folder, runtime_folder, user_config_file
from forethought.digest import MOST_LISTED, Digest, make_digest
from forethought.engine.catalogue import choose_model, choose_sleep_model
from forethought.engine.client import connect
from forethought.engine.messages import CancelToken, Engine, EngineInfo, ResolvedModel
from forethought.errors import EngineUnavailable, ForethoughtError, RootError, StoreError
from forethought.git import Repository
from forethought.index.extract import TAGS_VERSION
from forethought.index.languages import load_languages
from forethought.index.resolve import Target
from forethought.insights import text_digest
from forethought.lane import Lane
from forethought.matching import read_intent
from forethought.precompute import PrecomputeReport, Progress, Selection, precompute
from forethought.predictor import templates_of
from forethought.reliability import shipped_reliability
from forethought.scheduler import Scheduler, method_of
from forethought.sleep import Guidance
from forethought.store.context_store import DiskContextStore
from forethought.store.index_files import evict_indexes, index_bytes
from forethought.store.index_store import IndexStore
from forethought.store.question_log import QuestionLog
from forethought.store.search_store import delete_words
from forethought.store.user_state import UserState
from forethought.workspace import Workspace

REMEMBERED_ANSWERS = 200
"""Answers that feedback can still name."""
ACTIVITY_SECONDS = 0.5
"""Between two reports of activity to the engine host."""
SHOWN_NEXT = 5


class Session:
    """One process's Forethought. Safe from any thread; what blocks says so."""

    def __init__(
        self,
        loaded: LoadedSettings,
        environment: Mapping[str, str],
        *,
        on_change: Callable[[], None] = lambda: None,
        on_log: Callable[[str], None] = lambda line: None,
        engine: Engine | None = None,
    ) -> None:
        self.settings: Settings = loaded.settings
        """Of no root in particular; what a repository may choose stands in `Workspace.settings`."""
        self.warnings = loaded.warnings
        self._of_root = loaded.of_root
        self._on_change = on_change
        self._on_log = on_log
        folder = self.settings.cache_folder
        self.contexts = DiskContextStore.open(folder / "contexts", self.settings.cache_size_limit)
        self._grammar_folders = _grammar_folders(environment)
        self.languages = load_languages(self._grammar_folders)
        self._index_folder = folder
        self._user_state = UserState(folder)
        self._questions = QuestionLog(folder)
        self._engines = _Engines(self.settings, runtime_folder(environment), engine, self._log_error)
        self._workspaces: tuple[Workspace, ...] = ()
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._answering = Answering(lambda: self._workspaces, self._engines.chat_engine)
        self._started = False
        self._closed = False
        self._precomputing: Progress | None = None
        self.scheduler = Scheduler(
            self.settings,
            self._engines,
            self.contexts,
            self._user_state,
            on_change=on_change,
            on_error=self._log_error,
            guidance=self._guidance,
        )

    # Roots

    @property
    def workspaces(self) -> tuple[Workspace, ...]:
        return self._workspaces

    def add_root(self, path: Path, within: str = "") -> Workspace:
        """Serve a folder. Blocks for moments. Raises RootError when it cannot be served."""
        if not path.is_dir():
            raise RootError(f"{path} is not a folder; name the folder that holds the source files.")
        root = path.resolve()
        for known in self._workspaces:
            if known.root == root:
                return known
        repository = Repository.open(root)
        own = self._of_root(root)
        workspace = Workspace(
            root,
            within,
            own.settings,
            self.languages,
            self.contexts,
            IndexStore.open(self._index_folder, root, f"{TAGS_VERSION}-{self.languages.digest}"),
            repository if repository is not None and repository.root == root else None,
            grammar_folders=self._grammar_folders,
            on_change=self._on_change,
            on_error=self._log_error,
        )
        notices = [*self.warnings, *own.warnings]
        if repository is None and (refusal := Repository.refusal(root)):
            notices.append(refusal)
        for problem in (workspace.index.problem, self.contexts.problem):
            if problem:
                notices.append(problem)
        workspace.notices = tuple(notices)
        self._workspaces = (*self._workspaces, workspace)
        self._share_space()
        self.scheduler.add(workspace)
        if self._started:
            workspace.watch()
        return workspace

    def _share_space(self) -> None:
        """Keep indexes and insights together below the limit; an index that is in use stays, and insights make room."""
        limit = self.settings.cache_size_limit
        try:
            evict_indexes(self._index_folder, max(0, limit - self.contexts.info()["bytes"]))
        except OSError as error:
            self._log_error(error)
        self.contexts.size_limit = max(limit // 2, limit - index_bytes(self._index_folder))

    def remove_root(self, path: Path) -> None:
        root = path.resolve()
        for workspace in self._workspaces:
            if workspace.root == root:
                self._workspaces = tuple(known for known in self._workspaces if known is not workspace)
                self.scheduler.remove(workspace)
                workspace.close()

    def workspace_of(self, file: Path) -> tuple[Workspace, str] | None:
        """The innermost root that holds the file, and the file's path there."""
        best: tuple[Workspace, str] | None = None
        for workspace in self._workspaces:
            if file.is_relative_to(workspace.root) and (
                best is None or len(workspace.root.parts) > len(best[0].root.parts)
            ):
                best = (workspace, file.relative_to(workspace.root).as_posix())
        return best

    # Life

    def start(self) -> None:
        """Index in the background, follow the repositories, and think while idle."""
        self._started = True
        # The rules of questions take a while to compile: not while a person waits for the first answer.
        threading.Thread(target=read_intent, args=("Who calls this?",), name="rules of questions", daemon=True).start()
        for workspace in self._workspaces:
            workspace.watch()
        self.scheduler.start()

    def configure(self, loaded: LoadedSettings) -> None:
        """Take new settings. Blocks for moments. A changed cache directory counts from the next start."""
        self.settings, self.warnings, self._of_root = loaded.settings, loaded.warnings, loaded.of_root
        self.scheduler.settings = self.settings
        self._engines.configure(self.settings)
        for workspace in self._workspaces:
            self._configure_root(workspace)
        self.scheduler.forget_failures()
        self.scheduler.survey(None, None)
        self._on_change()

    def settings_of(self, workspace: Workspace | None) -> Settings:
        """What counts for a root; for None, for a question about no root in particular."""
        if workspace is None and len(self._workspaces) == 1:
            workspace = self._workspaces[0]
        return self.settings if workspace is None else workspace.settings

    def reread_settings(self, workspace: Workspace) -> None:
        """The root's own settings file changed. Blocks for moments."""
        self._configure_root(workspace)
        self.scheduler.survey(workspace, None)
        self._on_change()

    def _configure_root(self, workspace: Workspace) -> None:
        own = self._of_root(workspace.root)
        workspace.notices = tuple(dict.fromkeys((*workspace.notices, *own.warnings)))
        workspace.configure(own.settings)

    def close(self) -> None:
        """End everything within moments; idempotent."""
        if self._closed:
            return
        self._closed = True
        self.scheduler.close()
        for workspace in self._workspaces:
            workspace.close()
        self._engines.close()
        self.contexts.close()

    # Questions

    def ask(self, question: Question, on_delta: Callable[[str], None], cancel: CancelToken) -> Answer:
        """Blocks. Raises UsageError, Cancelled, ContextOverflow, EngineError."""
        self.report_activity()
        answer = self._answering.answer(question, on_delta, cancel)
        self._answers[answer.id] = answer
        while len(self._answers) > REMEMBERED_ANSWERS:
            self._answers.popitem(last=False)
        if self.settings.questions_log and answer.sources:
            with contextlib.suppress(StoreError):  # an answer is worth more than the note of its question
                self._questions.note(question.text, answer.sources[0].symbol, answer.tier)
        return answer

    def feedback(self, answer_id: str, verdict: Literal["wrong", "right"]) -> None:
        """“wrong” removes a stored answer and keeps it from coming back for its subject; “right” takes that back.

        Raises StoreError.
        """
        answer = self._answers.get(answer_id)
        if answer and answer.subject and answer.stored_text:
            judge = self.contexts.reject if verdict == "wrong" else self.contexts.accept
            judge(answer.subject, text_digest(answer.stored_text))
            for workspace in self._workspaces:
                workspace.forget_cards(None)
            self._on_change()

    def digest(self, workspace: Workspace, since: str | None, most: int = MOST_LISTED) -> Digest:
        """What changed since a revision, or since you last asked. Blocks.

        Raises RootError without git or commits, UsageError for an unknown revision, GitError.
        """
        return make_digest(workspace, self.contexts, self._user_state, since, most)

    def report_activity(self) -> None:
        """A person edits, hovers or asks."""
        self._engines.report_activity()

    # Thinking

    def pause(self, minutes: float | None) -> None:
        """Stop idle thinking in every window, until resumed or for some minutes. Raises StoreError."""
        self._user_state.pause(minutes)
        self.scheduler.cancel_current()
        self._on_change()

    def put_off(self) -> None:
        """End this run of idle thinking; the next commit, save or hover on something missing begins another."""
        self.scheduler.put_off()
        self._on_change()

    def resume(self) -> None:
        """Raises StoreError."""
        self._user_state.resume()
        self.scheduler.wake()
        self._on_change()

    def precompute(
        self,
        workspace: Workspace,
        selection: Selection,
        on_progress: Callable[[Progress], None],
        cancel: CancelToken,
    ) -> PrecomputeReport:
        """Passes over what is selected, now. Blocks. Raises EngineUnavailable, ModelError, StoreError, UsageError."""

        def note(progress: Progress) -> None:
            self._precomputing = progress
            on_progress(progress)

        engine: Engine | None = None
        try:
            engine = self._engines.sleep_engine()
        except ForethoughtError:
            if not selection.dry_run:
                raise
        method = method_of(self.settings, "asked")
        try:
            return precompute(
                workspace, selection, engine, method, self.contexts, self._user_state, note, cancel, self._guidance()
            )
        finally:
            self._precomputing = None
            self.scheduler.survey(workspace, None)
            workspace.forget_cards(None)

    @property
    def running_job(self) -> Progress | None:
        """What runs in the background, for progress."""
        if self._precomputing is not None:
            return self._precomputing
        for workspace in self._workspaces:
            if workspace.indexing:
                done, total = workspace.index_progress
                return Progress(done, total, f"indexing {workspace.root.name}")
            if (progress := workspace.place_search.progress) is not None:
                return Progress(*progress, f"reading the words of {workspace.root.name}")
        current = self.scheduler.current
        if current is not None:
            done = self.scheduler.done
            return Progress(done, done + len(self.scheduler.queue), _symbol_title(*current))
        return None

    def clear_cache(self) -> None:
        """Forget every insight, and every question of the log. Raises StoreError."""
        self.contexts.clear()
        self._questions.clear()
        for workspace in self._workspaces:
            workspace.place_search.begin_anew()
        delete_words(self._index_folder)
        self.scheduler.survey(None, None)
        for workspace in self._workspaces:
            workspace.forget_cards(None)
        self._on_change()

    # Status

    def survey(self) -> None:
        """Find out how everything in scope stands, for a process that was not started. Blocks: reads the disk."""
        self.scheduler.survey_now()

    def status(self) -> dict[str, Any]:
        """The status document. Reads the index and the store: blocks for moments."""
        scheduler = self.scheduler
        configured = self._engines.configured
        queue = scheduler.queue if configured else ()
        indexing = [workspace for workspace in self._workspaces if workspace.indexing]
        paused = scheduler.paused_reason() if configured else scheduler.paused_by_user()
        info = self._engines.known_info()  # which finds out whether the engine can work
        problem = scheduler.problem or self._engines.problem
        current = scheduler.current
        state, message = _state_of(
            starting=any(not workspace.indexed_once for workspace in self._workspaces) and not indexing,
            indexing=[workspace.root.name for workspace in indexing],
            problem=problem,
            comparing=self._started and configured and scheduler.surveying,
            current=_symbol_title(*current) if current else self._precomputing.message if self._precomputing else None,
            paused=paused,
            configured=configured,
            switched_off=self.settings.engine == "none",
            queue=len(queue),
        )
        speed = scheduler.seconds_a_symbol(info) if info else None
        kept = self.contexts.info()
        document: dict[str, Any] = {
            "state": state,
            "message": message,
            "roots": [self._root_status(workspace, configured) for workspace in self._workspaces],
            "queue": len(queue),
            "next": [
                {
                    "uri": (candidate.workspace.root / candidate.target.path).as_uri(),
                    "symbol": candidate.target.symbol_id,
                    "reason": candidate.value.reason,
                }
                for candidate in queue[:SHOWN_NEXT]
            ],
            "estimateMinutes": round(len(queue) * speed / 60, 1) if speed is not None else None,
            "engine": _engine_status(info, self._engines.known_chat_model()),
            "cache": {
                "entries": kept["entries"],
                "bytes": kept["bytes"] + index_bytes(self._index_folder),
                "limit": self.settings.cache_size_limit,
            },
        }
        if current is not None:
            document["current"] = {"uri": (current[0].root / current[1].path).as_uri(), "symbol": current[1].symbol_id}
        if paused is not None:
            document["pausedReason"] = paused
        return document

    def _root_status(self, workspace: Workspace, configured: bool) -> dict[str, Any]:
        counts = workspace.index.counts()
        coverage = self.scheduler.coverage(workspace) if configured else {}
        return {
            "uri": workspace.root.as_uri(),
            "files": {
                "indexed": counts.files,
                "total": counts.files + sum(counts.skipped.values()),
                "skipped": dict(counts.skipped),
            },
            "contexts": {state: coverage.get(state, 0) for state in ("fresh", "stale", "missing", "empty", "failed")},
            "scope": workspace.settings.sleep_scope,
        }

    def _guidance(self) -> Guidance:
        """What a pass may know of this user and of what was measured."""
        asked = self._questions.questions() if self.settings.questions_log else ()
        return Guidance(templates_of([(text, symbol) for text, symbol, _ in asked]), reliability=shipped_reliability())

    def _log_error(self, error: Exception) -> None:
        self._on_log(f"{type(error).__name__}: {error}")


class _Engines:
    """The engines that the settings name, connected when first needed."""

    def __init__(
        self, settings: Settings, runtime: Path, given: Engine | None, on_error: Callable[[Exception], None]
    ) -> None:
        self.problem: str | None = None
        self._runtime = runtime
        self._given = given
        self._settings = settings
        self._connected: dict[str, Engine] = {}
        self._activity_at = 0.0
        self._lane = Lane("activity", on_error)

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
            info = self.sleep_engine().info()
        except ForethoughtError as error:
            self.problem = str(error)
            return None
        self.problem = None
        return info

    def known_chat_model(self) -> str | None:
        """The model that answers; None when there is none, or it cannot be described."""
        try:
            return self.chat_engine().info().model if self.configured else None
        except ForethoughtError:
            return None  # asking says why

    def report_activity(self) -> None:
        """Tell the hosts, off this thread: they may take a moment to answer."""
        if time.monotonic() - self._activity_at >= ACTIVITY_SECONDS:
            self._activity_at = time.monotonic()
            self._lane.submit("activity", self._tell_activity)

    def _tell_activity(self) -> None:
        if not self.configured:
            return
        for engine in dict.fromkeys((self.sleep_engine(), self.chat_engine())):
            engine.report_activity()

    def close(self) -> None:
        self._lane.close()
        self.disconnect()

    def disconnect(self) -> None:
        """Let go of the engines; the next need connects again."""
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
        known = self._connected.get(role)
        if known is None:
            model = choose(settings, model_folder())
            known = self._connected[role] = connect(settings, model=model, runtime_folder=self._runtime)
        return known


def _uses_endpoint(settings: Settings) -> bool:
    return settings.engine == "openai" or (settings.engine == "auto" and settings.openai_base_url is not None)


def _grammar_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    folder = user_config_file(environment).parent / "grammars"
    return (folder,) if folder.is_dir() else ()


def _engine_status(info: EngineInfo | None, chat_model: str | None) -> dict[str, Any] | None:
    """The engine that thinks; `chatModel` is the one that answers, where `sleep.model` sets them apart."""
    if info is None:
        return None
    apart = {} if chat_model in (None, info.model) else {"chatModel": chat_model}
    return {
        **apart,
        "kind": info.kind,
        "model": info.model,
        "device": info.device,
        "loaded": info.loaded,
        "remote": info.remote,
        "demo": info.demo,
    }


def _symbol_title(workspace: Workspace, target: Target) -> str:
    return f"{target.path} {target.symbol_id}".strip()


def _state_of(
    *,
    starting: bool,
    indexing: list[str],
    problem: str | None,
    comparing: bool,
    current: str | None,
    paused: str | None,
    configured: bool,
    switched_off: bool,
    queue: int,
) -> tuple[str, str]:
    """The one word for people and the sentence that explains it."""
    if starting:
        return "starting", "Starting."
    if indexing:
        return "indexing", f"Reading {', '.join(indexing)}."
    if configured and problem:
        return "degraded", problem
    if current:
        return "thinking", f"Thinking about {current}; {queue} to go."
    if comparing:
        return "indexing", "Comparing with what is known."
    if paused:
        return "paused", f"Paused: {paused}."
    if switched_off:
        return "idle", "Facts only: the engine is switched off (engine: none)."
    if not configured:
        return (
            "idle",
            "Facts only: no model is chosen. Run `forethought model list` to see what is good for this machine.",
        )
    if queue:
        return "idle", f"{queue} {'symbol waits' if queue == 1 else 'symbols wait'} for a moment when nobody works."
    return "idle", "Nothing left to think about."
