"""One process's Forethought: what the command line and the language server ask of it."""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from forethought.app.composition import compose, pass_options
from forethought.app.status_document import status_document, title_of
from forethought.config import REPOSITORY_FILE, LoadedSettings, Settings
from forethought.embedding.embedder import Embedder
from forethought.engine.api import CancelToken, Engine
from forethought.errors import ForethoughtError, StoreError
from forethought.facts.usage import Progress as ReadProgress
from forethought.idle.pass_runner import PassRunner, method_of
from forethought.idle.precomputation import PrecomputeReport, Progress, Selection, precompute
from forethought.insights.entry import text_digest
from forethought.names.resolver import Target
from forethought.qa.intent import read_intent
from forethought.qa.question import Answer, Question
from forethought.search.fulltext_index import delete_fulltext_indexes
from forethought.store.index_files import index_bytes
from forethought.workspace.changes_since import MAX_LISTED, Digest, make_digest
from forethought.workspace.repository_overview import Overview, make_overview
from forethought.workspace.workspace import Workspace

MAX_ANSWERS = 200
"""Answers that feedback can still name."""


class Session:
    """Serves roots, questions, status and passes. Safe from any thread; what blocks says so."""

    def __init__(
        self,
        loaded: LoadedSettings,
        environment: Mapping[str, str],
        *,
        on_change: Callable[[], None] = lambda: None,
        on_log: Callable[[str], None] = lambda line: None,
        engine: Engine | None = None,
        embedder: Embedder | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`engine` is used in place of what the settings name, `embedder` in place of the installed model. `now` is in
        seconds since the epoch; days follow it."""
        self.settings: Settings = loaded.settings
        """Of no root in particular; what a repository may choose is in `Workspace.settings`."""
        self._parts = compose(
            loaded,
            environment,
            engine,
            embedder,
            on_change=on_change,
            on_error=lambda error: on_log(f"{type(error).__name__}: {error}"),
            now=now,
        )
        self.contexts = self._parts.contexts
        self.idle_loop = self._parts.idle_loop
        self._cache_folder = loaded.settings.cache_folder
        self._on_change = on_change
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._precomputing: Progress | None = None
        self._started = False
        self._closed = False

    # Roots

    @property
    def workspaces(self) -> tuple[Workspace, ...]:
        return self._parts.workspaces.all

    def add_root(self, path: Path, within: str = "") -> Workspace:
        """Serve a folder. Blocks for moments. Raises RootError when it cannot be served."""
        return self._parts.workspaces.add(path, within)

    def remove_root(self, path: Path) -> None:
        """Stop serving a folder. Blocks for moments."""
        self._parts.workspaces.remove(path)

    def workspace_of(self, file: Path) -> tuple[Workspace, str] | None:
        """The innermost root that holds the file, and the file's path there."""
        return self._parts.workspaces.of(file)

    # Life

    def start(self, *, watch_files: bool = False) -> None:
        """Index in the background, follow the repositories, and think while idle.

        watch_files: find out which files change on disk, because the client does not report them
        """
        self._started = True
        # The rules of questions take a while to compile: not while a person waits for the first answer.
        threading.Thread(target=read_intent, args=("Who calls this?",), name="question rules", daemon=True).start()
        self._parts.workspaces.watch(self._follow_settings if watch_files else None)
        self.idle_loop.start()

    def configure(self, loaded: LoadedSettings) -> None:
        """Take new settings. Blocks for moments. A changed cache directory counts from the next start."""
        self.settings = loaded.settings
        self.idle_loop.settings = loaded.settings
        self._parts.engines.configure(loaded.settings)
        self._parts.workspaces.configure(loaded)
        self.idle_loop.forget_failures()
        self.idle_loop.survey_soon()
        self._on_change()

    def reread_settings(self, workspace: Workspace) -> None:
        """The root's own settings file changed. Blocks for moments."""
        self._parts.workspaces.reread_settings(workspace)
        self.idle_loop.survey_soon(workspace)
        self._on_change()

    def _follow_settings(self, workspace: Workspace, changed: Collection[str]) -> None:
        if REPOSITORY_FILE in changed:
            self.reread_settings(workspace)

    def settings_of(self, workspace: Workspace | None) -> Settings:
        """The settings of a root; for None, those for a question about no root in particular."""
        if workspace is None and len(self.workspaces) == 1:
            workspace = self.workspaces[0]
        return self.settings if workspace is None else workspace.settings

    def close(self) -> None:
        """End everything within moments; idempotent."""
        if not self._closed:
            self._closed = True
            self._parts.close()

    # Questions

    def ask(self, question: Question, on_delta: Callable[[str], None], cancel: CancelToken) -> Answer:
        """Answer a question, and note it. Blocks. Raises UsageError, Cancelled, ContextOverflow, EngineError."""
        self.report_activity()
        answer = self._parts.answerer.answer(question, on_delta, cancel)
        self._answers[answer.id] = answer
        while len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)
        if self.settings.questions_log and answer.sources:
            with contextlib.suppress(StoreError):  # an answer is worth more than the note of its question
                self._parts.questions.note(question.text, answer.sources[0].symbol, answer.tier)
        return answer

    def feedback(self, answer_id: str, verdict: Literal["wrong", "right"]) -> None:
        """“wrong” removes a stored answer and keeps it from coming back for its context; “right” takes that back.

        Raises StoreError.
        """
        answer = self._answers.get(answer_id)
        if answer and answer.context_hash and answer.stored_text:
            judge = self.contexts.reject if verdict == "wrong" else self.contexts.accept
            judge(answer.context_hash, text_digest(answer.stored_text))
            for workspace in self.workspaces:
                workspace.insights_changed()
            self._on_change()

    def digest(self, workspace: Workspace, since: str | None, most: int = MAX_LISTED) -> Digest:
        """What changed since a revision, or since the last digest. Blocks.

        Raises RootError without git or commits, UsageError for an unknown revision, GitError.
        """
        return make_digest(workspace, self.contexts, self._parts.user_state, since, most)

    def overview(
        self,
        workspace: Workspace,
        within: str = "",
        *,
        with_code: bool = True,
        on_progress: ReadProgress = lambda done, total, path: None,
        cancel: CancelToken | None = None,
    ) -> Overview:
        """The repository explained, below a folder: see `make_overview`. Blocks. Raises Cancelled."""
        return make_overview(
            workspace,
            within,
            with_insights=self.contexts.info()["entries"] > 0,
            with_code=with_code,
            on_progress=on_progress,
            cancel=cancel,
        )

    def report_activity(self) -> None:
        """A person edits, hovers or asks. Instant."""
        self.idle_loop.note_activity()
        self._parts.engines.report_activity()

    # Thinking

    def request_insights(self, workspace: Workspace, targets: Iterable[Target]) -> None:
        """A person looks at these symbols, and there is no fresh insight: they are thought about first. Instant."""
        for target in targets:
            self.idle_loop.request(workspace, target)

    def pause(self, minutes: float | None) -> None:
        """Stop idle thinking in every window, until resumed or for some minutes. Raises StoreError."""
        self._parts.user_state.pause(minutes)
        self.idle_loop.cancel_current()
        self._on_change()

    def resume(self) -> None:
        """End the pause. Raises StoreError."""
        self._parts.user_state.resume()
        self.idle_loop.resume()
        self._on_change()

    def defer(self) -> None:
        """End this run of idle thinking; the next commit, save or hover on something missing begins another."""
        self.idle_loop.defer()
        self._on_change()

    def precompute(
        self,
        workspace: Workspace,
        selection: Selection,
        on_progress: Callable[[Progress], None],
        cancel: CancelToken,
    ) -> PrecomputeReport:
        """Run passes over a selection now. Blocks. Raises EngineUnavailable, ModelError, StoreError, UsageError."""

        def note(progress: Progress) -> None:
            self._precomputing = progress
            on_progress(progress)

        engine: Engine | None = None
        try:
            engine = self._parts.engines.sleep_engine()
        except ForethoughtError:
            if not selection.dry_run:
                raise
        user_state = self._parts.user_state
        try:
            return precompute(
                workspace,
                selection,
                engine,
                method_of(self.settings, "requested"),
                PassRunner(self.contexts, user_state),
                user_state,
                note,
                cancel,
                pass_options(self.settings, self._parts.questions),
            )
        finally:
            self._precomputing = None
            self.idle_loop.survey_soon(workspace)

    def clear_cache(self) -> None:
        """Forget every insight, and every question of the log. Raises StoreError."""
        self.contexts.clear()
        self._parts.questions.clear()
        for workspace in self.workspaces:
            workspace.repository_search.reset()
            workspace.semantic_index.reset()
        delete_fulltext_indexes(self._cache_folder)
        self.idle_loop.survey_soon()
        for workspace in self.workspaces:
            workspace.insights_changed()
        self._on_change()

    # Status

    def refresh_coverage(self) -> None:
        """Find out how everything in scope stands, for a process that was not started. Blocks: reads the disk."""
        self.idle_loop.survey_now()

    def status(self) -> dict[str, Any]:
        """The status document. Reads the index and the store, asks the engine: blocks for moments."""
        stored = self.contexts.info()
        cache = {
            "entries": stored["entries"],
            "bytes": stored["bytes"] + index_bytes(self._cache_folder),
            "limit": self.settings.cache_size_limit,
        }
        return status_document(
            self.workspaces,
            self.idle_loop,
            self._parts.engines,
            cache,
            started=self._started,
            precomputing=self._precomputing,
        )

    @property
    def running_job(self) -> Progress | None:
        """What runs in the background, for a progress bar."""
        if self._precomputing is not None:
            return self._precomputing
        for workspace in self.workspaces:
            if workspace.indexing:
                return Progress(*workspace.refresher.progress, f"indexing {workspace.root.name}")
            if (progress := workspace.repository_search.progress) is not None:
                return Progress(*progress, f"reading the words of {workspace.root.name}")
        current, queue = self.idle_loop.current, self.idle_loop.queue
        if current is not None:
            return Progress(queue.done, queue.done + len(queue.candidates), title_of(current[1]))
        return None
