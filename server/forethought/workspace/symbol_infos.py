"""Computes what is known about symbols (insights, facts, behavior, last change) and keeps it in memory for hovers.

Effects and uses can take long, so they are computed after all else, on a queue of their own, and added when they are
there.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import partial

from forethought.errors import Cancelled
from forethought.facts.certain_uses import UsedBy, used_by
from forethought.facts.effects import Effects, effects_of
from forethought.facts.symbol_behavior import Behavior, FileBehaviors
from forethought.facts.symbol_facts import ALL_PARTS, FactPart, SymbolFacts, facts_of
from forethought.facts.value_facts import exported_names, places_set
from forethought.insights.context import build_context
from forethought.insights.freshness import InsightStatus, callee_changed
from forethought.names.resolver import Target
from forethought.repo.blame import LastChange
from forethought.repo.blame_cache import BlameCache
from forethought.store.index_store import IndexStore
from forethought.syntax.effect_rules import EffectRules
from forethought.syntax.languages import Languages
from forethought.syntax.symbol_kinds import FIELD_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Symbol
from forethought.workspace.background_pause import BackgroundPause
from forethought.workspace.behavior_cache import BehaviorCache
from forethought.workspace.change_set import ChangeSet
from forethought.workspace.open_documents import OpenDocuments, content_hash_of
from forethought.workspace.saved_contexts import SavedContexts
from forethought.workspace.snapshot import DocumentSnapshot, Snapshot
from forethought.workspace.symbol_info import SymbolInfo
from forethought.workspace.symbol_info_cache import SymbolInfoCache
from forethought.workspace.worker_queue import WorkerQueue

MAX_SUMMARY = 200
"""Characters of a behavior's summary: two lines of a hover."""

MAX_SECONDS_AHEAD = 5.0
"""Work that is done ahead of any hover when a document is opened or edited. In a large repository, the facts about
everything that it names may take minutes; those that are left over are computed when they are pointed at."""


class _Budget:
    """The seconds that may still be spent on one document."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._started: float | None = None

    def __enter__(self) -> None:
        self._started = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._left -= self._running
        self._started = None

    @property
    def _running(self) -> float:
        return time.monotonic() - self._started if self._started is not None else 0.0

    @property
    def is_spent(self) -> bool:
        return self._running >= self._left


class SymbolInfos:
    """What is known about the symbols of one root. Safe from any thread; look-ups change nothing but the cache."""

    def __init__(
        self,
        documents: OpenDocuments,
        index: IndexStore,
        saved: SavedContexts,
        blame_cache: BlameCache,
        read: Callable[[str], bytes | None],
        cache: SymbolInfoCache,
        languages: Languages,
        pointed_queue: WorkerQueue,
        queue: WorkerQueue,
        effects_queue: WorkerQueue,
        catch_up: Callable[[str], None],
        pause: BackgroundPause,
        closing: Callable[[], bool],
    ) -> None:
        """`read` returns the text on disk. `catch_up` is called with a file before background work on its symbols.

        `pointed_queue` completes what was pointed at, `queue` what is completed ahead.
        """
        self._documents = documents
        self._index = index
        self._saved = saved
        self._blame_cache = blame_cache
        self._read = read
        self._cache = cache
        self._languages = languages
        self._behaviors = BehaviorCache(languages)
        self._pointed_queue = pointed_queue
        self._queue = queue
        self._effects_queue = effects_queue
        self._pause = pause
        self._closing = closing
        self._catch_up = catch_up

    # Look-ups

    def quick(self, target: Target) -> SymbolInfo | None:
        """What is in memory about a symbol, else its signature and docs from a point look-up in the index.

        Facts that are older than any file's last change are left out: a poorer answer is better than a wrong one.
        """
        snapshot = self._documents.snapshot()
        info = self._cache.shown(target, snapshot.id)
        if info is not None:
            return info
        tags = snapshot.outline(target.path)
        symbol = tags.symbol(target.symbol_id) if tags else None
        if tags is None or symbol is None:
            return None
        info = _with_small_facts(SymbolInfo(target.path, tags.language, symbol), tags)
        return self._cache.put(target, info, snapshot.id, complete=False)

    def with_insights(self, target: Target) -> SymbolInfo | None:
        """A symbol with its current insights, possibly without facts. Takes a few milliseconds. Reads the disk."""
        snapshot = self._documents.snapshot()
        info = self._cache.get(target)
        if info is not None and self._cache.is_complete(target, snapshot.id):
            return info
        return self._look_up(snapshot, target)

    def complete(self, target: Target, cancelled: Callable[[], bool] = lambda: False) -> SymbolInfo | None:
        """Everything about a symbol but uses and effects nobody computed yet, as the editor shows it.

        Insights can be seen before facts are computed. Reads the disk and git. Raises Cancelled as soon as `cancelled`
        returns true.
        """
        snapshot = self._documents.snapshot()
        info = self._look_up(snapshot, target)
        if info is None:
            self._cache.drop(target)
            return None
        info = self._with_behavior(snapshot, info)
        known = self._cache.get(target)
        if known is None or known.context_hash is None:
            self._cache.put(target, info, snapshot.id, complete=False)
        if not self._cache.is_complete(target, snapshot.id):
            known = None
        info = replace(
            info,
            facts=self._facts(snapshot, target, cancelled=cancelled),
            last_change=self._last_change(snapshot, target),
            used_by=known.used_by if known is not None else None,
            effects=known.effects if known is not None else None,
        )
        return self._cache.put(target, info, snapshot.id, complete=True)

    def facts(self, target: Target, part: FactPart) -> SymbolFacts:
        """One part of a symbol's current facts; the other parts may be missing. Reads the index."""
        snapshot = self._documents.snapshot()
        info = self._cache.shown(target, snapshot.id)
        return info.facts if info is not None and info.facts is not None else self._facts(snapshot, target, {part})

    def used_by(self, target: Target, cancelled: Callable[[], bool]) -> UsedBy:
        """A symbol's current uses by kind. Takes up to seconds for a common name. Reads the index.

        Raises Cancelled as soon as `cancelled` returns true.
        """
        snapshot = self._documents.snapshot()
        info = self._cache.shown(target, snapshot.id)
        known = info.used_by if info is not None else None
        return known if known is not None else self._used_by(snapshot, target, cancelled)

    def last_change(self, target: Target) -> LastChange | None:
        """The last commit that changed the symbol's rows; None if they are not committed. Reads git."""
        return self._last_change(self._documents.snapshot(), target)

    def behavior(self, target: Target) -> Behavior | None:
        """What a function does now; None for other symbols, and if the file on disk is newer. Reads the disk."""
        behaviors = self._file_behaviors(self._documents.snapshot(), target.path)
        return behaviors.behavior(target.symbol_id) if behaviors is not None else None

    def member_behavior(self, target: Target, limit: int) -> str:
        """What the methods of a class, or the functions of a file, change and raise now. Reads the disk."""
        behaviors = self._file_behaviors(self._documents.snapshot(), target.path)
        return behaviors.member_behavior(target.symbol_id, limit) if behaviors is not None else ""

    def effects(self, target: Target, cancelled: Callable[[], bool]) -> Effects:
        """A symbol's current effects. Takes up to seconds. Reads the index and the disk.

        Raises Cancelled as soon as `cancelled` returns true.
        """
        snapshot = self._documents.snapshot()
        info = self._cache.shown(target, snapshot.id)
        known = info.effects if info is not None else None
        return known if known is not None else self._effects(snapshot, target, cancelled)

    # In the background

    def complete_soon(self, target: Target) -> None:
        """Compute everything about a symbol that was pointed at, unless it is in memory already."""
        info = self._cache.get(target)
        now = self._documents.snapshot().id
        if info is None or info.context_hash is None or not self._cache.is_complete(target, now):
            self._complete_later(target, self._pointed_queue, 1)
        else:
            self._add_slow_parts_later(target, 3)

    def complete_document(self, document: DocumentSnapshot) -> None:
        """Resolve every name in an open file, then compute what is unknown about these symbols, its own ones first.

        That ends after MAX_SECONDS_AHEAD.
        """
        targets = dict.fromkeys(Target(document.path, symbol.id) for symbol in document.tags.symbols)
        for start in document.identifiers():
            self._pause.wait()
            targets.update(dict.fromkeys(self._documents.targets(document, start)))
            if self._documents.document(document.path) is not document:
                return
        now = self._documents.snapshot().id
        resolver = self._documents.resolver(self._documents.overlay)
        budget = _Budget(MAX_SECONDS_AHEAD)
        for target in targets:
            symbol = resolver.symbol(target)
            if symbol is not None and symbol.kind in FIELD_KINDS:
                continue  # what the tags say is nearly all there is to say
            info = self._cache.get(target)
            known = (
                info is not None
                and info.context_hash is not None
                and self._cache.is_complete_for_index(target, now)  # else each edit would recompute all of them
            )
            if not known or target.path == document.path:
                self._complete_later(target, self._queue, 5, budget)

    def insights_changed(self, targets: Iterable[Target] | None) -> None:
        """Look up the insights of these symbols (None: of all) again. Until then the earlier ones stay visible."""
        for target in self._cache.targets() if targets is None else targets:
            if self._cache.get(target) is not None:
                self._later(target, self._queue, 3, self._update_insights)

    def index_changed(self, change: ChangeSet) -> None:
        """Forget what is known about changed files, and that what uses them is fresh."""
        if change.files:
            self._blame_cache.clear()
            now = self._documents.snapshot().id
            self._cache.outdate_contexts(change.outdated, now)
            self._cache.drop_files(change.files, now)
        elif change.outdated:
            self._cache.outdate_contexts(change.outdated, self._documents.snapshot().id)

    def _complete_later(self, target: Target, queue: WorkerQueue, urgency: int, budget: _Budget | None = None) -> None:
        def complete(target: Target) -> None:
            self._pause.wait()  # also if it was pointed at: what is known already is answered first
            if budget is None:
                with contextlib.suppress(Cancelled):
                    self.complete(target, self._rest)
            elif not budget.is_spent:
                self._complete_within(target, budget)
            self._add_slow_parts_later(target, urgency + 2)

        self._later(target, queue, urgency, complete)

    def _complete_within(self, target: Target, budget: _Budget) -> None:
        def is_spent() -> bool:
            return self._rest() or budget.is_spent

        with budget, contextlib.suppress(Cancelled):
            self.complete(target, is_spent)

    def _rest(self) -> bool:
        """Step aside while a person waits for an answer. Returns whether all work ends."""
        self._pause.wait()
        return self._closing()

    def _add_slow_parts_later(self, target: Target, urgency: int) -> None:
        info = self._cache.get(target)
        if info is None:
            return
        if info.used_by is None and _shows_uses(info):
            self._effects_queue.submit(("uses", target), lambda: self._add_uses(target), urgency)
        if info.effects is None and info.symbol.kind in FUNCTION_KINDS:
            self._effects_queue.submit(("effects", target), lambda: self._add_effects(target), urgency)

    def _add_uses(self, target: Target) -> None:
        """Compute uses, until something changes: then whoever looks next asks again."""
        snapshot = self._documents.snapshot()
        info = self._cache.get(target)
        if info is not None and info.used_by is None and self._cache.is_complete(target, snapshot.id):
            with contextlib.suppress(Cancelled):
                uses = self._used_by(snapshot, target, lambda: self._is_outdated(snapshot))
                self._cache.add_uses(target, uses, snapshot.id)

    def _add_effects(self, target: Target) -> None:
        """Compute effects, until something changes: then whoever looks next asks again."""
        snapshot = self._documents.snapshot()
        info = self._cache.get(target)
        if info is not None and info.effects is None and self._cache.is_complete(target, snapshot.id):
            with contextlib.suppress(Cancelled):
                effects = self._effects(snapshot, target, lambda: self._is_outdated(snapshot))
                self._cache.add_effects(target, effects, snapshot.id)

    def _is_outdated(self, snapshot: Snapshot) -> bool:
        return self._rest() or self._documents.snapshot().id != snapshot.id

    def _later(self, target: Target, queue: WorkerQueue, urgency: int, job: Callable[[Target], object]) -> None:
        def run() -> None:
            self._catch_up(target.path)
            job(target)

        queue.submit(("symbol info", target), run, urgency)

    def _update_insights(self, target: Target) -> None:
        """Refresh the insights alone, if everything else is up to date."""
        snapshot = self._documents.snapshot()
        info = self._cache.get(target)
        if info is None or info.context_hash is None or not self._cache.is_complete(target, snapshot.id):
            self.complete(target)
            return
        status = self._saved.insight_status(target, info.context_hash)
        self._cache.put(target, _with_insights(info, status), snapshot.id, complete=True)

    # One snapshot's answers

    def _look_up(self, snapshot: Snapshot, target: Target) -> SymbolInfo | None:
        """The symbol with its context hash and insights; None if it is gone, or the file on disk is newer."""
        tags, data = snapshot.tags(target.path), self._data(snapshot, target.path)
        symbol = tags.symbol(target.symbol_id) if tags else None
        if tags is None or symbol is None or data is None:
            return None
        resolver = self._documents.resolver(snapshot.overlay)
        context = build_context(resolver, target.path, tags, symbol, data)
        info = SymbolInfo(
            path=target.path,
            language=tags.language,
            symbol=symbol if symbol.doc else replace(symbol, doc=resolver.documentation(target)),
            context_hash=context.context_hash,
            callees=context.callees,
        )
        info = _with_small_facts(info, tags)
        return _with_insights(info, self._saved.insight_status(target, context.context_hash))

    def _facts(
        self,
        snapshot: Snapshot,
        target: Target,
        parts: Collection[FactPart] = ALL_PARTS,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> SymbolFacts:
        resolver = self._documents.resolver(snapshot.overlay)
        return facts_of(
            snapshot.overlay, target.path, target.symbol_id, resolver=resolver, parts=parts, cancelled=cancelled
        )

    def _with_behavior(self, snapshot: Snapshot, info: SymbolInfo) -> SymbolInfo:
        behaviors = self._file_behaviors(snapshot, info.path)
        if behaviors is None:
            return info
        if info.symbol.kind not in FUNCTION_KINDS:
            return replace(info, behavior_summary=behaviors.member_behavior(info.symbol.id, MAX_SUMMARY))
        behavior = behaviors.behavior(info.symbol.id)
        return replace(info, behavior=behavior, behavior_summary=behavior.summary(MAX_SUMMARY) if behavior else "")

    def _used_by(self, snapshot: Snapshot, target: Target, cancelled: Callable[[], bool]) -> UsedBy:
        def assignments_of(function: Target) -> list[tuple[int, str]]:
            behaviors = self._file_behaviors(snapshot, function.path)
            behavior = behaviors.behavior(function.symbol_id) if behaviors is not None else None
            return [(write.row, write.target) for write in behavior.writes] if behavior is not None else []

        return used_by(self._documents.resolver(snapshot.overlay), target, assignments_of, cancelled)

    def _file_behaviors(self, snapshot: Snapshot, path: str) -> FileBehaviors | None:
        tags, data = snapshot.tags(path), self._data(snapshot, path)
        return self._behaviors.get(path, data, tags) if tags is not None and data is not None else None

    def _effects(self, snapshot: Snapshot, target: Target, cancelled: Callable[[], bool]) -> Effects:
        resolver = self._documents.resolver(snapshot.overlay)
        return effects_of(resolver, target, self._effect_rules, partial(self._data, snapshot), cancelled)

    def _effect_rules(self, language: str) -> EffectRules | None:
        found = self._languages.named(language)
        return found.effects if found is not None else None

    def _last_change(self, snapshot: Snapshot, target: Target) -> LastChange | None:
        tags, data = snapshot.tags(target.path), self._data(snapshot, target.path)
        symbol = tags.symbol(target.symbol_id) if tags else None
        if symbol is None or data is None:
            return None
        return self._blame_cache.get(target.path, data).last_change(symbol.range.start.row, _last_row(symbol))

    def _data(self, snapshot: Snapshot, path: str) -> bytes | None:
        """The text that the snapshot's tags were read from; None if the file on disk is newer."""
        document = snapshot.documents.get(path)
        if document is not None:
            return document.data
        data = self._read(path)
        return data if data is not None and content_hash_of(data) == self._index.content_hash(path) else None


def _with_insights(info: SymbolInfo, status: InsightStatus) -> SymbolInfo:
    outdated = status.state == "fresh" and callee_changed(status.entry, dict(info.callees))
    return replace(info, state=status.state, entry=status.entry, callee_changed=outdated)


def _with_small_facts(info: SymbolInfo, tags: FileTags) -> SymbolInfo:
    """The info with what its file's tags alone say of a field or of the file itself."""
    if info.symbol.kind in FIELD_KINDS:
        return replace(info, set_at=places_set(tags, info.symbol))
    return replace(info, exports=exported_names(info.path, tags)) if info.symbol.kind == "file" else info


def _shows_uses(info: SymbolInfo) -> bool:
    """Whether a hover says how often the symbol is used: of a function that is called, it says that instead."""
    return info.symbol.kind != "file" and info.facts is not None and not info.facts.called_by_count


def _last_row(symbol: Symbol) -> int:
    end = symbol.range.end
    return end.row - 1 if end.column == 0 and end.row > symbol.range.start.row else end.row
