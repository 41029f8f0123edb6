"""The symbol infos in memory, each with the snapshot that it was computed from."""

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace

from forethought.facts.certain_uses import UsedBy
from forethought.facts.effects import Effects
from forethought.names.resolver import Target
from forethought.workspace.snapshot import DocumentSnapshot, SnapshotId
from forethought.workspace.symbol_info import SymbolInfo

MAX_SYMBOL_INFOS = 20_000
"""The oldest are dropped first."""


class SymbolInfoCache:
    """Symbol infos by symbol. Safe from any thread; nothing here blocks for longer than a look-up."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._infos: OrderedDict[Target, SymbolInfo] = OrderedDict()
        self._by_path: dict[str, set[Target]] = {}
        """The targets of `_infos` by file."""
        self._versions = 0
        self._completed_at: dict[Target, SnapshotId] = {}
        """The snapshot for which everything about a symbol was computed."""
        self._changed_at: dict[str, SnapshotId] = {}
        """path → the first snapshot with the text that the file has now, or since which its contexts are others."""
        self._interfaces_changed_at: SnapshotId | None = None
        """The first snapshot with the interface that an open file has now: any context may use it."""

    def get(self, target: Target) -> SymbolInfo | None:
        return self._infos.get(target)

    def shown(self, target: Target, now: SnapshotId) -> SymbolInfo | None:
        """The info as it may be shown: without facts, uses and effects if anything changed since they were computed."""
        info = self._infos.get(target)
        if info is None or info.facts is None or self.is_complete(target, now):
            return info
        return replace(info, facts=None, used_by=None, effects=None, version=-info.version)

    def is_complete(self, target: Target, now: SnapshotId) -> bool:
        """Whether everything about the symbol was computed for this very snapshot."""
        return self._completed_at.get(target) == now

    def is_complete_for_index(self, target: Target, now: SnapshotId) -> bool:
        """Whether everything was computed since the index changed last, if not since the last edit of a buffer."""
        completed_at = self._completed_at.get(target)
        return completed_at is not None and completed_at.generation == now.generation

    def put(self, target: Target, info: SymbolInfo, computed_from: SnapshotId, *, complete: bool) -> SymbolInfo:
        """Give an info its version and keep it, unless the file's text is newer than the snapshot that it is from.

        An info that equals the one that is kept leaves that in place, so that what was rendered from it stays valid.
        """
        with self._lock:
            self._versions += 1
            versioned = replace(info, version=self._versions)
            changes = (self._changed_at.get(target.path), self._interfaces_changed_at)
            if not all(changed_at is None or computed_from.is_at_least(changed_at) for changed_at in changes):
                return versioned  # true of the text that the caller read; nobody else may see it
            if complete:
                self._completed_at[target] = computed_from
            known = self._infos.get(target)
            if known is not None and replace(known, version=0) == replace(info, version=0):
                return known
            self._infos[target] = versioned
            self._infos.move_to_end(target)
            self._by_path.setdefault(target.path, set()).add(target)
            while len(self._infos) > MAX_SYMBOL_INFOS:
                self.drop(next(iter(self._infos)))
        return versioned

    def add_effects(self, target: Target, effects: Effects, computed_from: SnapshotId) -> None:
        """Add a symbol's effects, if all else that is kept about it was computed for the same snapshot."""
        with self._lock:
            info = self._infos.get(target)
            if info is not None and self.is_complete(target, computed_from):
                self.put(target, replace(info, effects=effects), computed_from, complete=True)

    def add_uses(self, target: Target, uses: UsedBy, computed_from: SnapshotId) -> None:
        """Add a symbol's uses, under the same condition as its effects."""
        with self._lock:
            info = self._infos.get(target)
            if info is not None and self.is_complete(target, computed_from):
                self.put(target, replace(info, used_by=uses), computed_from, complete=True)

    def drop(self, target: Target) -> None:
        with self._lock:
            self._completed_at.pop(target, None)
            if self._infos.pop(target, None) is not None:
                self._by_path[target.path].remove(target)
                if not self._by_path[target.path]:
                    del self._by_path[target.path]

    def drop_files(self, paths: Collection[str], now: SnapshotId) -> None:
        """Forget the symbols of files whose indexed text is another one as of the snapshot `now`."""
        with self._lock:
            self._changed_at.update(dict.fromkeys(paths, now))
            for target in [target for path in set(paths) for target in self._by_path.get(path, ())]:
                self.drop(target)

    def outdate_contexts(self, paths: Collection[str] | None, now: SnapshotId) -> None:
        """What symbols of these files (None: of all) use has another interface as of `now`: no insight counts as fresh.

        Until their contexts are computed again, it is unknown whether they are.
        """
        with self._lock:
            if paths is None:
                self._interfaces_changed_at = now
            else:
                self._changed_at.update(dict.fromkeys(paths, now))
            for target, info in list(self._infos.items()):
                if info.state == "fresh" and (paths is None or target.path in paths):
                    self._completed_at.pop(target, None)
                    self._versions += 1
                    self._infos[target] = replace(info, context_hash=None, state="stale", version=self._versions)

    def targets(self) -> list[Target]:
        with self._lock:
            return list(self._infos)

    def follow_document(self, document: DocumentSnapshot, now: SnapshotId) -> None:
        """A document's text is published: update what can be read off it, and mark as stale what was about another."""
        symbols = {symbol.id: symbol for symbol in (*document.tags.symbols, *document.tags.fields)}
        with self._lock:
            self._changed_at[document.path] = now
            for target in list(self._by_path.get(document.path, ())):
                info, symbol = self._infos[target], symbols.get(target.symbol_id)
                if symbol is None:
                    self.drop(target)
                    continue
                changed = info
                same_text = bool(symbol.digest) and symbol.digest == info.symbol.digest
                if symbol != info.symbol:
                    state = info.state if same_text or info.state != "fresh" else "stale"
                    changed = replace(info, symbol=symbol, context_hash=None, state=state)
                if not same_text:  # also of a file, whose own symbol has no digest
                    changed = replace(changed, behavior=None, behavior_summary="")
                if changed != info:
                    self.put(target, changed, now, complete=False)
