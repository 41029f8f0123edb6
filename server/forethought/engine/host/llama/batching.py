"""Decode several sequences together, and read what their beginnings share only once.

The bookkeeping is apart from llama.cpp, which a `Decoder` stands for, so that it can be tested by itself. A slot holds
the attention state of one token list; copying a beginning from slot to slot costs nothing (`llama_memory_seq_cp`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from forethought.engine.host.backend import Control
from forethought.errors import EngineError

KEPT_WHEN_FINISHED: Final = 2
"""Finished sequences whose state stays for a later prompt that begins alike. More would slow each step down."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One token of a decoding step."""

    token: int
    position: int
    slot: int
    output: bool
    """The model's judgement of what comes next is wanted here."""


class Decoder(Protocol):
    """What batching needs of the model."""

    slots: int
    batch_size: int
    can_share: bool
    """Whether the beginning of a state can be used by itself (not so for recurrent models)."""

    def copy(self, source: int, target: int, length: int) -> None: ...

    def trim(self, slot: int, length: int) -> None:
        """Forget everything of the slot from position `length` on."""
        ...

    def decode(self, entries: Sequence[Entry]) -> Literal["done", "full", "aborted"]:
        """After `full` and `aborted` nothing is changed once the slots are trimmed. Raises EngineError."""
        ...


class Line(Protocol):
    """A token list under way."""

    tokens: list[int]
    """Known so far; `take` may append."""

    @property
    def done(self) -> bool: ...

    @property
    def first_output(self) -> int:
        """From this position on, outputs are wanted."""
        ...

    def reused(self, count: int) -> None:
        """The state of the first `count` tokens was there already."""
        ...

    def take(self, position: int, output: int) -> None:
        """The output after `tokens[position]` is number `output` of the last step."""
        ...


@dataclass(slots=True)
class _Held:
    tokens: list[int]
    owner: object | None


@dataclass(slots=True)
class _Place:
    line: Line
    slot: int
    source: "_Place | None"
    """Whose beginning it waits for."""
    length: int


class Batcher:
    """Holds the slots of one decoder."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        # In order of age.
        self._held: dict[int, _Held] = {}

    def run(self, lines: Sequence[Line], owner: object, control: Control, between: Callable[[], None]) -> bool:
        """Bring all lines to their end (True), or stop at an interrupt (False; call again to go on).

        `between` is called before each step. Raises EngineError.
        """
        places = self._place([line for line in lines if not line.done], owner)
        while places:
            if control.interrupted:
                return False
            between()
            entries, readers = self._fill(places)
            outcome = self._decoder.decode(entries)
            if outcome != "done":
                for place, _ in readers:
                    self._decoder.trim(place.slot, len(self._held[place.slot].tokens))
                if outcome == "full" and not self._evict():
                    raise EngineError("The model's context is full; ask for fewer or shorter texts at once.")
                if outcome == "aborted" and not control.interrupted:
                    raise EngineError("The model stopped by itself in the middle of a step; ask again.")
                continue
            for place, count in readers:
                held = self._held[place.slot].tokens
                held += place.line.tokens[len(held) : len(held) + count]
            for place in places:
                self._copy_when_ready(place)
            slots = {place.slot: place for place in places}
            for number, entry in enumerate(entries):
                place = slots[entry.slot]
                if entry.output and not place.line.done:
                    place.line.take(entry.position, number)
            for place in [place for place in places if place.line.done]:
                places.remove(place)
        self.release(owner, keep=True)
        return True

    def release(self, owner: object, keep: bool = False) -> None:
        """Forget the slots of `owner`; with `keep` all but the first, which a later prompt may begin like."""
        mine = [slot for slot, held in self._held.items() if held.owner is owner]
        for slot in mine[1:] if keep else mine:
            self._drop(slot)
        if keep and mine:
            self._held[mine[0]].owner = None
            finished = [slot for slot, held in self._held.items() if held.owner is None]
            for slot in finished[:-KEPT_WHEN_FINISHED]:
                self._drop(slot)

    def _place(self, lines: list[Line], owner: object) -> list[_Place]:
        """Give each line a slot, filled from the slot or the earlier line that begins most alike."""
        before = [slot for slot, held in self._held.items() if held.owner is owner]
        places: list[_Place] = []
        for line in lines:
            limit = line.first_output if self._decoder.can_share else 0
            slot = self._free_slot(before, [place.slot for place in places])
            source, length = None, 0
            for candidate, held in self._held.items():
                common = min(limit, common_prefix(held.tokens, line.tokens))
                if common > length:
                    source, length = candidate, common
            earlier: _Place | None = None
            for place in places:
                common = min(limit, common_prefix(place.line.tokens, line.tokens))
                if common > length:
                    earlier, length = place, common
            line.reused(length)
            self._held[slot] = _Held([], owner)
            if earlier is None and source is not None:
                self._decoder.copy(source, slot, length)
                self._held[slot].tokens = line.tokens[:length]
            places.append(_Place(line, slot, earlier, length))
        for slot in before:
            self._drop(slot)
        return places

    def _copy_when_ready(self, place: _Place) -> None:
        source = place.source
        if source is not None and len(self._held[source.slot].tokens) >= place.length:
            self._decoder.copy(source.slot, place.slot, place.length)
            self._held[place.slot].tokens = place.line.tokens[: place.length]
            place.source = None

    def _fill(self, places: list[_Place]) -> tuple[list[Entry], list[tuple[_Place, int]]]:
        """The next step: whatever is known and not yet read, up to the size of a batch."""
        entries: list[Entry] = []
        readers: list[tuple[_Place, int]] = []
        for place in places:
            room = self._decoder.batch_size - len(entries)
            if place.source is not None or room <= 0:
                continue
            start = len(self._held[place.slot].tokens)
            tokens = place.line.tokens[start : start + room]
            first = place.line.first_output
            entries += [
                Entry(token, position, place.slot, position >= first) for position, token in enumerate(tokens, start)
            ]
            readers.append((place, len(tokens)))
        return entries, readers

    def _free_slot(self, before: list[int], taken: list[int]) -> int:
        while True:
            for slot in range(self._decoder.slots):
                if slot not in self._held:
                    return slot
            spare = next((slot for slot in self._held if slot not in before and slot not in taken), None)
            if spare is None:
                spare = before.pop(0)
            self._drop(spare)

    def _evict(self) -> bool:
        """Drop the oldest state that nobody is working on; what is interrupted is read again later."""
        running = next(reversed(self._held.values())).owner if self._held else None
        for slot, held in self._held.items():
            if held.owner is not running or held.owner is None:
                self._drop(slot)
                return True
        return False

    def _drop(self, slot: int) -> None:
        self._decoder.trim(slot, 0)
        del self._held[slot]


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """How many leading tokens are the same."""
    low, high = 0, min(len(first), len(second))
    # Slices compare at the speed of C; halving needs few of them.
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
