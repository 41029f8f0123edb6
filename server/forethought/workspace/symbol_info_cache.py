"""The symbol infos in memory, and for which state of the index each was worked out."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Collection
from dataclasses import replace

from forethought.names.resolver import Target
from forethought.syntax.tags import FileTags
from forethought.workspace.symbol_info import SymbolInfo

MAX_SYMBOL_INFOS = 20_000
"""Those made longest ago go first."""


class SymbolInfoCache:
    """Symbol infos by symbol. Safe from any thread; nothing here blocks for longer than a look-up."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._symbol_infos: OrderedDict[Target, SymbolInfo] = OrderedDict()
        self._versions = 0
        self._worked_out: dict[Target, tuple[int, int]] = {}
        """(overlay's generation, index's generation) for which a symbol info was completed."""
        self._texts: Counter[str] = Counter()
        """path → how often another text came to be shown."""

    def get(self, target: Target) -> SymbolInfo | None:
        return self._symbol_infos.get(target)

    def shown(self, target: Target, overlay_generation: int) -> SymbolInfo | None:
        """The symbol info as it may be shown: without facts that rest on an older state of any file."""
        symbol_info = self._symbol_infos.get(target)
        if symbol_info is None or symbol_info.facts is None or self.is_current(target, overlay_generation):
            return symbol_info
        return replace(symbol_info, facts=None, version=-symbol_info.version)

    def is_current(self, target: Target, overlay_generation: int) -> bool:
        return self._worked_out.get(target, (-1, -1))[0] == overlay_generation

    def is_current_on_disk(self, target: Target, index_generation: int) -> bool:
        return self._worked_out.get(target, (-1, -1))[1] == index_generation

    def content_version(self, path: str) -> int:
        """Version of the file's text. Read it *before* the text and pass it to `put`, which rejects outdated infos."""
        return self._texts[path]

    def put(
        self, target: Target, symbol_info: SymbolInfo, content_version: int, generations: tuple[int, int] | None = None
    ) -> SymbolInfo:
        """Give a symbol info a version, and keep it unless the file has another text by now.

        `generations` when it is complete for them.
        """
        with self._lock:
            self._versions += 1
            versioned = replace(symbol_info, version=self._versions)
            if content_version != self._texts[target.path]:
                return versioned  # it was true, and is nothing to show to anybody else
            if generations is not None:
                self._worked_out[target] = generations
            known = self._symbol_infos.get(target)
            if known is not None and replace(known, version=0) == replace(symbol_info, version=0):
                return known
            self._symbol_infos[target] = versioned
            self._symbol_infos.move_to_end(target)
            while len(self._symbol_infos) > MAX_SYMBOL_INFOS:
                self.drop(next(iter(self._symbol_infos)))
        return versioned

    def drop(self, target: Target) -> None:
        with self._lock:
            self._symbol_infos.pop(target, None)
            self._worked_out.pop(target, None)

    def drop_files(self, paths: Collection[str]) -> None:
        with self._lock:
            self._texts.update(paths)
            for target in [target for target in self._symbol_infos if target.path in paths]:
                self.drop(target)

    def targets(self) -> list[Target]:
        with self._lock:
            return list(self._symbol_infos)

    def renew(self, path: str, tags: FileTags) -> None:
        """The file's text changed: what its symbols are is new at once, what is known about them follows."""
        symbols = {symbol.id: symbol for symbol in tags.symbols}
        with self._lock:
            self._texts[path] += 1
            for target in [target for target in self._symbol_infos if target.path == path]:
                symbol_info, symbol = self._symbol_infos[target], symbols.get(target.symbol_id)
                if symbol is None:
                    self.drop(target)
                elif symbol != symbol_info.symbol:
                    same = bool(symbol.digest) and symbol.digest == symbol_info.symbol.digest
                    state = symbol_info.state if same or symbol_info.state != "fresh" else "stale"
                    self.put(
                        target, replace(symbol_info, symbol=symbol, context_hash=None, state=state), self._texts[path]
                    )
