"""Continuous batching: decodes several sequences together, and reads the prefixes that they share only once.

The bookkeeping is separate from llama.cpp, which a `Decoder` stands for, so that tests need no model. A slot
(llama.cpp's sequence id) holds the KV cache of one token list; copying a prefix from slot to slot costs nothing
(`llama_memory_seq_cp` with a unified cache).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from forethought.engine.host.backend import Control
from forethought.errors import EngineError

MAX_PARALLEL_SEQUENCES: Final = 16
"""Decoded together; more add little throughput."""
MAX_CACHED_SLOTS: Final = 2
"""Finished sequences whose KV cache is kept for a later prompt with the same prefix. More would slow each step."""


@dataclass(frozen=True, slots=True)
class BatchToken:
    """One token of a decoding step."""

    token: int
    position: int
    slot: int
    wants_logits: bool


class Decoder(Protocol):
    """What batching needs of a model."""

    slots: int
    batch_size: int
    """The maximum number of tokens of a step."""
    can_share_prefixes: bool
    """Whether a slot can be cut back to a prefix (recurrent models cannot)."""

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of slot `source` into the empty slot `target`."""
        ...

    def trim(self, slot: int, length: int) -> None:
        """Forget the tokens of the slot from position `length` on."""
        ...

    def decode(self, tokens: Sequence[BatchToken]) -> Literal["done", "full", "aborted"]:
        """Run one step. After `full` and `aborted`, trim the slots to undo it. Raises EngineError."""
        ...


class TokenSequence(Protocol):
    """A prompt, together with the tokens that are generated after it."""

    tokens: list[int]
    """Those known so far; `accept_output` may append to them."""

    @property
    def done(self) -> bool: ...

    @property
    def first_output(self) -> int:
        """Logits are wanted from this position on."""
        ...

    def note_cached(self, count: int) -> None:
        """The first `count` tokens need not be decoded: their KV cache exists, or another sequence computes it."""
        ...

    def accept_output(self, position: int, output: int) -> None:
        """The logits after `tokens[position]` are those of token number `output` of the last step."""
        ...


@dataclass(slots=True)
class _SlotContent:
    tokens: list[int]
    """Those in the KV cache."""
    owner: object | None
    """The work that uses the slot; None when it is only kept as a cache."""


@dataclass(slots=True)
class _Assignment:
    """A sequence and the slot it is decoded in."""

    sequence: TokenSequence
    slot: int
    prefix_of: "_Assignment | None"
    """Its prefix is copied from there once it has been decoded."""
    prefix_length: int


class Batcher:
    """Manages the slots of one decoder."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._slots: dict[int, _SlotContent] = {}
        """Slots in use, oldest first."""

    def run(
        self, sequences: Sequence[TokenSequence], owner: object, control: Control, before_step: Callable[[], None]
    ) -> bool:
        """Decode until all sequences are done (True) or an interrupt (False: call again to continue).

        `owner` identifies the work that the sequences belong to. Raises EngineError.
        """
        assignments = self._assign_slots([sequence for sequence in sequences if not sequence.done], owner)
        while assignments:
            if control.interrupted:
                return False
            before_step()
            batch, added = self._fill_batch(assignments)
            outcome = self._decoder.decode(batch)
            if outcome != "done":
                for assignment, _ in added:
                    self._decoder.trim(assignment.slot, len(self._slots[assignment.slot].tokens))
                if outcome == "full" and not self._evict():
                    raise EngineError("The model's context is full; ask for fewer or shorter texts at once.")
                if outcome == "aborted" and not control.interrupted:
                    raise EngineError("The model aborted a decoding step; ask again.")
                continue
            for assignment, count in added:
                cached = self._slots[assignment.slot].tokens
                cached += assignment.sequence.tokens[len(cached) : len(cached) + count]
            for assignment in assignments:
                self._copy_prefix_if_ready(assignment)
            by_slot = {assignment.slot: assignment for assignment in assignments}
            for output, token in enumerate(batch):
                if token.wants_logits and not (sequence := by_slot[token.slot].sequence).done:
                    sequence.accept_output(token.position, output)
            assignments = [assignment for assignment in assignments if not assignment.sequence.done]
        self.release(owner, keep=True)
        return True

    def release(self, owner: object, keep: bool = False) -> None:
        """Free the owner's slots; with `keep` all but the first, whose prefix a later prompt may share."""
        owned = [slot for slot, content in self._slots.items() if content.owner is owner]
        for slot in owned[1:] if keep else owned:
            self._free(slot)
        if keep and owned:
            self._slots[owned[0]].owner = None
            cached = [slot for slot, content in self._slots.items() if content.owner is None]
            for slot in cached[:-MAX_CACHED_SLOTS]:
                self._free(slot)

    def _assign_slots(self, sequences: list[TokenSequence], owner: object) -> list[_Assignment]:
        """Give each sequence a slot, and the longest prefix that a slot or an earlier sequence shares with it."""
        previous = [slot for slot, content in self._slots.items() if content.owner is owner]
        assignments: list[_Assignment] = []
        for sequence in sequences:
            limit = sequence.first_output if self._decoder.can_share_prefixes else 0
            slot = self._take_slot(previous, [assignment.slot for assignment in assignments])
            source, length = None, 0
            for candidate, content in self._slots.items():
                common = min(limit, common_prefix(content.tokens, sequence.tokens))
                if common > length:
                    source, length = candidate, common
            earlier: _Assignment | None = None
            for assignment in assignments:
                common = min(limit, common_prefix(assignment.sequence.tokens, sequence.tokens))
                if common > length:
                    earlier, length = assignment, common
            sequence.note_cached(length)
            self._slots[slot] = _SlotContent([], owner)
            if earlier is None and source is not None:
                self._decoder.copy(source, slot, length)
                self._slots[slot].tokens = sequence.tokens[:length]
            assignments.append(_Assignment(sequence, slot, earlier, length))
        for slot in previous:
            self._free(slot)
        return assignments

    def _copy_prefix_if_ready(self, assignment: _Assignment) -> None:
        source = assignment.prefix_of
        if source is not None and len(self._slots[source.slot].tokens) >= assignment.prefix_length:
            self._decoder.copy(source.slot, assignment.slot, assignment.prefix_length)
            self._slots[assignment.slot].tokens = assignment.sequence.tokens[: assignment.prefix_length]
            assignment.prefix_of = None

    def _fill_batch(self, assignments: list[_Assignment]) -> tuple[list[BatchToken], list[tuple[_Assignment, int]]]:
        """The known tokens that are not decoded yet, up to the batch size; and how many each assignment adds."""
        batch: list[BatchToken] = []
        added: list[tuple[_Assignment, int]] = []
        for assignment in assignments:
            room = self._decoder.batch_size - len(batch)
            if assignment.prefix_of is not None or room <= 0:
                continue
            start = len(self._slots[assignment.slot].tokens)
            tokens = assignment.sequence.tokens[start : start + room]
            first_output = assignment.sequence.first_output
            batch += [
                BatchToken(token, position, assignment.slot, position >= first_output)
                for position, token in enumerate(tokens, start)
            ]
            added.append((assignment, len(tokens)))
        return batch, added

    def _take_slot(self, previous: list[int], taken: list[int]) -> int:
        """An unused slot, else the oldest one that neither `previous` nor `taken` lists, else the first `previous`."""
        while True:
            for slot in range(self._decoder.slots):
                if slot not in self._slots:
                    return slot
            spare = next((slot for slot in self._slots if slot not in previous and slot not in taken), None)
            self._free(previous.pop(0) if spare is None else spare)

    def _evict(self) -> bool:
        """Free the oldest slot that the running work does not use. Interrupted work decodes its tokens again later."""
        running = next(reversed(self._slots.values())).owner if self._slots else None
        for slot, content in self._slots.items():
            if content.owner is not running or content.owner is None:
                self._free(slot)
                return True
        return False

    def _free(self, slot: int) -> None:
        self._decoder.trim(slot, 0)
        del self._slots[slot]


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """The number of leading tokens that are equal."""
    low, high = 0, min(len(first), len(second))
    # Comparing slices runs at the speed of C, and a binary search needs few of them.
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
