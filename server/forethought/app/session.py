"""The composition root: roots, c′, engine and scheduler of one process, and what the edges ask of them."""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from forethought.app.engine_registry import Engines
from forethought.app.status_document import status_document, title_of
from forethought.config import LoadedSettings, Settings, runtime_folder, user_config_file
from forethought.engine.api import CancelToken, Engine
from forethought.errors import ForethoughtError, RootError, StoreError
from forethought.idle.idle_loop import IdleLoop
from forethought.idle.pass_runner import PassRunner, method_of
from forethought.idle.precomputation import PrecomputeReport, Progress, Selection, precompute
from forethought.insights.entry import text_digest
from forethought.insights.question_predictor import templates_of
from forethought.insights.reliability import shipped_reliability
from forethought.insights.sleep_pass import PassOptions
from forethought.names.resolver import Target
from forethought.qa.answerer import Answerer
from forethought.qa.intent import read_intent
from forethought.qa.question import Answer, Question
from forethought.repo.git import Repository
from forethought.search.fulltext_index import delete_fulltext_indexes
from forethought.store.index_files import evict_indexes, index_bytes
from forethought.store.index_store import IndexStore
from forethought.store.insight_store import DiskInsightStore
from forethought.store.question_log import QuestionLog
from forethought.store.user_state import UserState
from forethought.syntax.extraction import TAGS_VERSION
from forethought.syntax.languages import load_languages
from forethought.workspace.changes_since import MAX_LISTED, Digest, make_digest
from forethought.workspace.workspace import Workspace

REMEMBERED_ANSWERS = 200
"""Answers that feedback can still name."""


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
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now`, in seconds since the epoch, is what days are counted by."""
        self.settings: Settings = loaded.settings
        """Of no root in particular; what a repository may choose stands in `Workspace.settings`."""
        self.warnings = loaded.warnings
        self._of_root = loaded.of_root
        self._on_change = on_change
        self._on_log = on_log
        folder = self.settings.cache_folder
        self.contexts = DiskInsightStore.open(folder / "contexts", self.settings.cache_size_limit)
        self._grammar_folders = _grammar_folders(environment)
        self.languages = load_languages(self._grammar_folders)
        self._index_folder = folder
        self._now = now
        self._user_state = UserState(folder, now)
        self._questions = QuestionLog(folder)
        self._engines = Engines(self.settings, runtime_folder(environment), engine, self._log_error)
        self._roots = threading.Lock()
        """Held while roots are added or taken away: editors do so on several threads."""
        self._workspaces: tuple[Workspace, ...] = ()
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._answering = Answerer(lambda: self._workspaces, self._engines.chat_engine)
        self._started = False
        self._closed = False
        self._precomputing: Progress | None = None
        self.idle_loop = IdleLoop(
            self.settings,
            self._engines,
            self.contexts,
            self._user_state,
            on_change=on_change,
            on_error=self._log_error,
            options=lambda settings: self._guidance(),
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
        with self._roots:
            known = next((workspace for workspace in self._workspaces if workspace.root == root), None)
            return known or self._add_root(root, within)

    def _add_root(self, root: Path, within: str) -> Workspace:
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
            now=self._now,
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
        self.idle_loop.add(workspace)
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
        with self._roots:
            gone = [workspace for workspace in self._workspaces if workspace.root == root]
            self._workspaces = tuple(workspace for workspace in self._workspaces if workspace not in gone)
        for workspace in gone:
            self.idle_loop.remove(workspace)
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
        self.idle_loop.start()

    def configure(self, loaded: LoadedSettings) -> None:
        """Take new settings. Blocks for moments. A changed cache directory counts from the next start."""
        self.settings, self.warnings, self._of_root = loaded.settings, loaded.warnings, loaded.of_root
        self.idle_loop.settings = self.settings
        self._engines.configure(self.settings)
        for workspace in self._workspaces:
            self._configure_root(workspace)
        self.idle_loop.forget_failures()
        self.idle_loop.survey_soon()
        self._on_change()

    def settings_of(self, workspace: Workspace | None) -> Settings:
        """What counts for a root; for None, for a question about no root in particular."""
        if workspace is None and len(self._workspaces) == 1:
            workspace = self._workspaces[0]
        return self.settings if workspace is None else workspace.settings

    def reread_settings(self, workspace: Workspace) -> None:
        """The root's own settings file changed. Blocks for moments."""
        self._configure_root(workspace)
        self.idle_loop.survey_soon(workspace)
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
        self.idle_loop.close()
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
        """“wrong” removes a stored answer and keeps it from coming back for its context hash; “right” takes that back.

        Raises StoreError.
        """
        answer = self._answers.get(answer_id)
        if answer and answer.context_hash and answer.stored_text:
            judge = self.contexts.reject if verdict == "wrong" else self.contexts.accept
            judge(answer.context_hash, text_digest(answer.stored_text))
            for workspace in self._workspaces:
                workspace.insights_changed()
            self._on_change()

    def digest(self, workspace: Workspace, since: str | None, most: int = MAX_LISTED) -> Digest:
        """What changed since a revision, or since you last asked. Blocks.

        Raises RootError without git or commits, UsageError for an unknown revision, GitError.
        """
        return make_digest(workspace, self.contexts, self._user_state, since, most)

    def request_insights(self, workspace: Workspace, targets: Iterable[Target]) -> None:
        """A person looks at these symbols, and there is no fresh insight: they are thought about first. Instant."""
        for target in targets:
            self.idle_loop.request(workspace, target)

    def report_activity(self) -> None:
        """A person edits, hovers or asks."""
        self._engines.report_activity()

    # Thinking

    def pause(self, minutes: float | None) -> None:
        """Stop idle thinking in every window, until resumed or for some minutes. Raises StoreError."""
        self._user_state.pause(minutes)
        self.idle_loop.cancel_current()
        self._on_change()

    def defer(self) -> None:
        """End this run of idle thinking; the next commit, save or hover on something missing begins another."""
        self.idle_loop.defer()
        self._on_change()

    def resume(self) -> None:
        """Raises StoreError."""
        self._user_state.resume()
        self.idle_loop.resume()
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
        method = method_of(self.settings, "requested")
        try:
            return precompute(
                workspace,
                selection,
                engine,
                method,
                PassRunner(self.contexts, self._user_state),
                self._user_state,
                note,
                cancel,
                self._guidance(),
            )
        finally:
            self._precomputing = None
            self.idle_loop.survey_soon(workspace)
            workspace.insights_changed()

    @property
    def running_job(self) -> Progress | None:
        """What runs in the background, for progress."""
        if self._precomputing is not None:
            return self._precomputing
        for workspace in self._workspaces:
            if workspace.indexing:
                done, total = workspace.refresher.progress
                return Progress(done, total, f"indexing {workspace.root.name}")
            if (progress := workspace.repository_search.progress) is not None:
                return Progress(*progress, f"reading the words of {workspace.root.name}")
        current = self.idle_loop.current
        if current is not None:
            done = self.idle_loop.done
            return Progress(done, done + len(self.idle_loop.queue), title_of(current[1]))
        return None

    def clear_cache(self) -> None:
        """Forget every insight, and every question of the log. Raises StoreError."""
        self.contexts.clear()
        self._questions.clear()
        for workspace in self._workspaces:
            workspace.repository_search.reset()
        delete_fulltext_indexes(self._index_folder)
        self.idle_loop.survey_soon()
        for workspace in self._workspaces:
            workspace.insights_changed()
        self._on_change()

    # Status

    def refresh_coverage(self) -> None:
        """Find out how everything in scope stands, for a process that was not started. Blocks: reads the disk."""
        self.idle_loop.survey_now()

    def status(self) -> dict[str, Any]:
        """The status document. Reads the index and the store: blocks for moments."""
        kept = self.contexts.info()
        cache = {
            "entries": kept["entries"],
            "bytes": kept["bytes"] + index_bytes(self._index_folder),
            "limit": self.settings.cache_size_limit,
        }
        return status_document(
            self._workspaces,
            self.idle_loop,
            self._engines,
            cache,
            started=self._started,
            precomputing=self._precomputing,
        )

    def _guidance(self) -> PassOptions:
        """What a pass may know of this user and of what was measured."""
        asked = self._questions.questions() if self.settings.questions_log else ()
        return PassOptions(
            templates_of([(text, symbol) for text, symbol, _ in asked]), reliability=shipped_reliability()
        )

    def _log_error(self, error: Exception) -> None:
        self._on_log(f"{type(error).__name__}: {error}")


def _grammar_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    folder = user_config_file(environment).parent / "grammars"
    return (folder,) if folder.is_dir() else ()
