"""Which tokens are decoded, how often, and what survives an interrupt: with a decoder that only keeps records."""

import itertools
from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.engine.host.backend import Control
from forethought.engine.host.llama.batching import MAX_CACHED_SLOTS, Batcher, BatchToken, common_prefix
from forethought.errors import EngineError


class RecordingDecoder:
    """A decoder whose slots are lists of tokens. It fails wherever llama.cpp would compute nonsense."""

    def __init__(
        self, slots: int = 12, cells: int = 1000, batch_size: int = 8, can_share_prefixes: bool = True
    ) -> None:
        self.slots = slots
        self.batch_size = batch_size
        self.can_share_prefixes = can_share_prefixes
        self.content: dict[int, list[int]] = {slot: [] for slot in range(slots)}
        self.decoded: list[int] = []
        self.steps: list[list[BatchToken]] = []
        self.abort_at: set[int] = set()
        self.cells = cells

    def copy(self, source: int, target: int, length: int) -> None:
        assert self.content[target] == [], "copied over something"
        assert len(self.content[source]) >= length, "copied more than there is"
        self.content[target] = self.content[source][:length]

    def trim(self, slot: int, length: int) -> None:
        del self.content[slot][length:]

    def decode(self, tokens: Sequence[BatchToken]) -> Literal["done", "full", "aborted"]:
        assert 0 < len(tokens) <= self.batch_size
        if sum(map(len, self.content.values())) + len(tokens) > self.cells:
            return "full"
        if len(self.steps) in self.abort_at:
            self.abort_at.discard(len(self.steps))
            return "aborted"
        for token in tokens:
            assert token.position == len(self.content[token.slot]), "a gap in a sequence"
            self.content[token.slot].append(token.token)
            self.decoded.append(token.token)
        self.steps.append(list(tokens))
        return "done"


class CountingSequence:
    """Generates `last + 1` each time, like a model that can only count."""

    def __init__(self, tokens: Sequence[int], more: int) -> None:
        self.tokens = list(tokens)
        self.length = len(tokens) + more
        self.cached: int | None = None

    @property
    def done(self) -> bool:
        return len(self.tokens) >= self.length

    @property
    def first_output(self) -> int:
        return len(self.tokens) - 1

    def note_cached(self, count: int) -> None:
        if self.cached is None:
            self.cached = count

    def accept_output(self, position: int, output: int) -> None:
        assert position == len(self.tokens) - 1
        self.tokens.append(self.tokens[-1] + 1)


def run(batcher: Batcher, sequences: Sequence[CountingSequence], owner: object = None) -> bool:
    return batcher.run(sequences, owner or object(), Control(), lambda: None)


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=20), min_size=1, max_size=5))
def test_every_prefix_is_decoded_once(prompts: list[list[int]]) -> None:
    decoder = RecordingDecoder()
    sequences = [CountingSequence(prompt, 1) for prompt in prompts]
    assert run(Batcher(decoder), sequences)
    assert all(sequence.done for sequence in sequences)
    # A prompt that is a prefix of another still needs its own last token, for its logits.
    prefixes = {tuple(prompt[:end]) for prompt in prompts for end in range(1, len(prompt) + 1)}
    assert len(decoder.decoded) <= len(prefixes) + len(prompts)


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=4),
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=4),
    st.sets(st.integers(0, 12)),
)
def test_interrupts_change_only_the_time(first: list[list[int]], second: list[list[int]], aborts: set[int]) -> None:
    decoder = RecordingDecoder(slots=24)
    decoder.abort_at = aborts
    batcher = Batcher(decoder)
    sequences = [CountingSequence(prompt, 4) for prompt in first]
    others = [CountingSequence(prompt, 3) for prompt in second]
    owner, control = object(), Control()
    steps = itertools.count()

    def interrupt_sometimes() -> None:
        if next(steps) % 3 == 2 or len(decoder.steps) in decoder.abort_at:
            control.interrupt()

    while not batcher.run(sequences, owner, control, interrupt_sometimes):
        control.resume()
        decoder.abort_at = set()
        if others:
            run(batcher, [others.pop()])
    expected = [[*prompt, *range(prompt[-1] + 1, prompt[-1] + 5)] for prompt in first]
    assert [sequence.tokens for sequence in sequences] == expected


def test_a_later_prompt_reuses_the_prefix_of_an_earlier_one() -> None:
    batcher = Batcher(RecordingDecoder())
    run(batcher, [CountingSequence(range(20), 2)])
    later = CountingSequence([*range(15), 99], 2)
    run(batcher, [later])
    assert later.cached == 15


def test_a_model_that_cannot_share_prefixes_decodes_everything() -> None:
    decoder = RecordingDecoder(can_share_prefixes=False)
    sequences = [CountingSequence(range(10), 1), CountingSequence(range(10), 1)]
    run(Batcher(decoder), sequences)
    assert [sequence.cached for sequence in sequences] == [0, 0]
    assert len(decoder.decoded) == 20


def test_an_unused_cache_makes_room() -> None:
    batcher = Batcher(RecordingDecoder(cells=40))
    for start in (100, 200, 300):
        assert run(batcher, [CountingSequence(range(start, start + 25), 2)])


def test_interrupted_work_makes_room_and_is_decoded_again() -> None:
    decoder = RecordingDecoder(cells=40)
    batcher = Batcher(decoder)
    waiting, owner, control = CountingSequence(range(25), 4), object(), Control()
    assert not batcher.run([waiting], owner, control, lambda: control.interrupt() if decoder.steps else None)
    assert run(batcher, [CountingSequence(range(500, 530), 2)])
    control.resume()
    assert batcher.run([waiting], owner, control, lambda: None)
    assert waiting.tokens == list(range(29))


def test_a_sequence_that_can_never_fit_is_an_error() -> None:
    with pytest.raises(EngineError, match="full"):
        run(Batcher(RecordingDecoder(cells=10)), [CountingSequence(range(30), 1)])


def test_little_is_cached_when_the_work_is_done() -> None:
    decoder = RecordingDecoder()
    batcher = Batcher(decoder)
    for start in range(0, 500, 50):
        run(
            batcher,
            [CountingSequence(range(start, start + 10), 2), CountingSequence(range(start + 20, start + 30), 2)],
        )
    assert sum(bool(tokens) for tokens in decoder.content.values()) <= MAX_CACHED_SLOTS


@given(st.lists(st.integers(0, 1)), st.lists(st.integers(0, 1)))
def test_a_common_prefix_is_as_long_as_possible(first: list[int], second: list[int]) -> None:
    expected = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
    assert common_prefix(first, second) == expected
