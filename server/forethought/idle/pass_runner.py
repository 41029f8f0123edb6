"""Runs the sleep-time pass over one symbol, and stores each stage as soon as it is there."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

from forethought.config import Settings
from forethought.engine.api import CancelToken, Engine, Priority
from forethought.errors import StoreError
from forethought.facts.symbol_behavior import behaviors_of, text_limit
from forethought.idle.priority import mean_predictability
from forethought.insights.context import Context
from forethought.insights.entry import Entry
from forethought.insights.sleep_pass import Method, PassOptions, Thought, think
from forethought.names.resolver import Target
from forethought.store.protocol import InsightStore
from forethought.store.user_state import UserState
from forethought.syntax.behavior import read_bodies
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.text.redaction import redact
from forethought.workspace.workspace import Workspace

MIN_STEPS_LENGTH = 600
"""Characters of the steps in a prompt, which may be more than people are shown: about 170 tokens."""


def method_of(settings: Settings, priority: Priority = "idle") -> Method:
    """How to think, according to the settings."""
    return Method(
        rounds=settings.sleep_rounds,
        candidates=settings.sleep_candidates,
        priority=priority,
        idle_delay_seconds=settings.idle_delay_seconds,
    )


class PassRunner:
    """Runs one pass after another: for idle thinking, for `precompute`, and for benchmarks. Not thread-safe."""

    def __init__(
        self,
        store: InsightStore,
        user_state: UserState | None = None,
        on_stored: Callable[[Workspace, Target, Entry], None] = lambda workspace, target, entry: None,
    ) -> None:
        """Speed and predictability are noted in `user_state`. `on_stored` is called with each stage that was stored."""
        self._store = store
        self._user_state = user_state
        self._on_stored = on_stored
        self._unsaved: tuple[Workspace, Target, Entry] | None = None
        """What could not be stored, and should not be computed again."""

    def run(
        self,
        workspace: Workspace,
        target: Target,
        context: Context,
        engine: Engine,
        method: Method,
        cancel: CancelToken,
        options: PassOptions | None = None,
        max_tokens: int | None = None,
    ) -> Thought:
        """Think about one symbol, whose context is `context`, spending at most about `max_tokens`.

        Each stage is stored at once and survives a failure of the next. Raises Cancelled, EngineUnavailable,
        ModelLoadError, EngineError; and StoreError, after which `retry_save` stores what was computed.
        """
        rejected = self._store.rejected([context.context_hash]).get(context.context_hash, frozenset())
        options = replace(options or PassOptions(), rejected=rejected, most_tokens=max_tokens)

        def save(entry: Entry) -> None:
            self._save(workspace, target, entry)

        context = replace(context, steps=_steps_of(workspace, target))
        thought = think(context, engine, method, options, cancel, save)
        save(thought.entry)
        self._note_measurements(context, thought.entry)
        return thought

    def retry_save(self) -> bool:
        """Store what could not be stored before; False if there is nothing. Raises StoreError."""
        if self._unsaved is None:
            return False
        self._save(*self._unsaved)
        self._unsaved = None
        return True

    def _save(self, workspace: Workspace, target: Target, entry: Entry) -> None:
        try:
            self._store.put_many([entry])
        except StoreError:
            self._unsaved = (workspace, target, entry)
            raise
        workspace.index.context_hashes.mark_insights(target.path, [target.symbol_id])
        workspace.insights_changed([target])
        self._on_stored(workspace, target, entry)

    def _note_measurements(self, context: Context, entry: Entry) -> None:
        if self._user_state is None:
            return
        with contextlib.suppress(StoreError):  # an estimate that cannot be kept must not cost the insight
            self._user_state.measure(entry.generator_id, entry.provenance.seconds)
            if (predictability := mean_predictability(entry.insights)) is not None:
                self._user_state.note_predictability(context.kind, predictability)


def _steps_of(workspace: Workspace, target: Target) -> tuple[str, ...]:
    """What a function does, step by step. Of its own body alone, like its context, so that the hash still holds."""
    found = workspace.saved.source(target.path)
    symbol = found[0].symbol(target.symbol_id) if found else None
    if found is None or symbol is None or symbol.kind not in FUNCTION_KINDS:
        return ()
    tags, source = found
    language = workspace.languages.named(tags.language)
    if language is None:
        return ()
    behavior = behaviors_of(read_bodies(language, source, tags), language).get(symbol.id)
    return (
        tuple(redact(sentence.text) for sentence in behavior.sentences(max(MIN_STEPS_LENGTH, text_limit(symbol))))
        if behavior
        else ()
    )
