"""The cards in memory, and for which state of the index each was worked out."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Collection
from dataclasses import replace

from forethought.cards import Card
from forethought.index.resolve import Target
from forethought.index.tags import FileTags

MOST_CARDS = 20_000
"""Those made longest ago go first."""


class CardTable:
    """Cards by symbol. Safe from any thread; nothing here blocks for longer than a look-up."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._cards: OrderedDict[Target, Card] = OrderedDict()
        self._versions = 0
        self._worked_out: dict[Target, tuple[int, int]] = {}
        """(overlay's generation, index's generation) for which a card was completed."""
        self._texts: Counter[str] = Counter()
        """path → how often another text came to be shown."""

    def get(self, target: Target) -> Card | None:
        return self._cards.get(target)

    def shown(self, target: Target, overlay_generation: int) -> Card | None:
        """The card as it may be shown: without facts that rest on an older state of any file."""
        card = self._cards.get(target)
        if card is None or card.facts is None or self.is_current(target, overlay_generation):
            return card
        return replace(card, facts=None, version=-card.version)

    def is_current(self, target: Target, overlay_generation: int) -> bool:
        return self._worked_out.get(target, (-1, -1))[0] == overlay_generation

    def is_current_on_disk(self, target: Target, index_generation: int) -> bool:
        return self._worked_out.get(target, (-1, -1))[1] == index_generation

    def text_number(self, path: str) -> int:
        """Another one for every text of the file; asked before the text is read, it says what a card is about."""
        return self._texts[path]

    def put(self, target: Target, card: Card, text_number: int, generations: tuple[int, int] | None = None) -> Card:
        """Give a card a version, and keep it unless the file has another text by now.

        `generations` when it is complete for them.
        """
        with self._lock:
            self._versions += 1
            versioned = replace(card, version=self._versions)
            if text_number != self._texts[target.path]:
                return versioned  # it was true, and is nothing to show to anybody else
            if generations is not None:
                self._worked_out[target] = generations
            known = self._cards.get(target)
            if known is not None and replace(known, version=0) == replace(card, version=0):
                return known
            self._cards[target] = versioned
            self._cards.move_to_end(target)
            while len(self._cards) > MOST_CARDS:
                self.drop(next(iter(self._cards)))
        return versioned

    def drop(self, target: Target) -> None:
        with self._lock:
            self._cards.pop(target, None)
            self._worked_out.pop(target, None)

    def drop_files(self, paths: Collection[str]) -> None:
        with self._lock:
            self._texts.update(paths)
            for target in [target for target in self._cards if target.path in paths]:
                self.drop(target)

    def targets(self) -> list[Target]:
        with self._lock:
            return list(self._cards)

    def renew(self, path: str, tags: FileTags) -> None:
        """The file's text changed: what its symbols are is new at once, what is known about them follows."""
        symbols = {symbol.id: symbol for symbol in tags.symbols}
        with self._lock:
            self._texts[path] += 1
            for target in [target for target in self._cards if target.path == path]:
                card, symbol = self._cards[target], symbols.get(target.symbol_id)
                if symbol is None:
                    self.drop(target)
                elif symbol != card.symbol:
                    same = bool(symbol.digest) and symbol.digest == card.symbol.digest
                    state = card.state if same or card.state != "fresh" else "stale"
                    self.put(target, replace(card, symbol=symbol, subject=None, state=state), self._texts[path])
