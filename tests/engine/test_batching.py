"""Which tokens are read, how often, and what an interrupt leaves: with a decoder that only keeps books."""

import itertools
from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.engine.host.backend import Control
from forethought.engine.host.llama.batching import KEPT_WHEN_FINISHED, Batcher, Entry, common_prefix
from forethought.errors import EngineError


class BookKeeper:
    """A decoder whose slots are lists of positions and tokens; it fails whenever the real one would be wrong."""

    def __init__(self, slots: int = 12, cells: int = 1000, batch_size: int = 8, can_share: bool = True) -> None:
        self.slots = slots
        self.batch_size = batch_size
        self.can_share = can_share
        self.state: dict[int, list[int]] = {slot: [] for slot in range(slots)}
        self.read: list[int] = []
        self.steps: list[list[Entry]] = []
        self.abort_at: set[int] = set()
        self.cells = cells

    def copy(self, source: int, target: int, length: int) -> None:
        assert self.state[target] == [], "copied over something"
        assert len(self.state[source]) >= length, "copied what is not there"
        self.state[target] = self.state[source][:length]

    def trim(self, slot: int, length: int) -> None:
        del self.state[slot][length:]

    def decode(self, entries: Sequence[Entry]) -> Literal["done", "full", "aborted"]:
        assert 0 < len(entries) <= self.batch_size
        if sum(map(len, self.state.values())) + len(entries) > self.cells:
            return "full"
        if len(self.steps) in self.abort_at:
            self.abort_at.discard(len(self.steps))
            return "aborted"
        for entry in entries:
            assert entry.position == len(self.state[entry.slot]), "a gap in a sequence"
            self.state[entry.slot].append(entry.token)
            self.read.append(entry.token)
        self.steps.append(list(entries))
        return "done"


class Counting:
    """A line that goes on with `last + 1`, like a model would that only counts."""

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

    def reused(self, count: int) -> None:
        if self.cached is None:
            self.cached = count

    def take(self, position: int, output: int) -> None:
        assert position == len(self.tokens) - 1
        self.tokens.append(self.tokens[-1] + 1)


def go(batcher: Batcher, lines: Sequence[Counting], owner: object = None) -> bool:
    return batcher.run(lines, owner or object(), Control(), lambda: None)


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=20), min_size=1, max_size=5))
def test_every_beginning_is_read_once(prompts: list[list[int]]) -> None:
    decoder = BookKeeper()
    lines = [Counting(prompt, 1) for prompt in prompts]
    assert go(Batcher(decoder), lines)
    assert all(line.done for line in lines)
    # A prompt that is the beginning of another still needs its last token for itself.
    beginnings = {tuple(prompt[:end]) for prompt in prompts for end in range(1, len(prompt) + 1)}
    assert len(decoder.read) <= len(beginnings) + len(prompts)


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=4),
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=4),
    st.sets(st.integers(0, 12)),
)
def test_interrupts_change_nothing_but_the_time(
    first: list[list[int]], second: list[list[int]], aborts: set[int]
) -> None:
    decoder = BookKeeper(slots=24)
    decoder.abort_at = aborts
    batcher = Batcher(decoder)
    lines, others = [Counting(p, 4) for p in first], [Counting(p, 3) for p in second]
    owner, control = object(), Control()
    steps = itertools.count()

    def between() -> None:
        if next(steps) % 3 == 2 or len(decoder.steps) in decoder.abort_at:
            control.interrupt()

    while not batcher.run(lines, owner, control, between):
        control.resume()
        decoder.abort_at = set()
        if others:
            go(batcher, [others.pop()])
    expected = [[*prompt, *range(prompt[-1] + 1, prompt[-1] + 5)] for prompt in first]
    assert [line.tokens for line in lines] == expected


def test_a_later_prompt_begins_where_an_earlier_one_agrees() -> None:
    decoder = BookKeeper()
    batcher = Batcher(decoder)
    go(batcher, [Counting(range(20), 2)])
    later = Counting([*range(15), 99], 2)
    go(batcher, [later])
    assert later.cached == 15


def test_a_model_that_cannot_share_reads_everything() -> None:
    decoder = BookKeeper(can_share=False)
    lines = [Counting(range(10), 1), Counting(range(10), 1)]
    go(Batcher(decoder), lines)
    assert [line.cached for line in lines] == [0, 0]
    assert len(decoder.read) == 20


def test_state_that_nobody_uses_makes_room() -> None:
    decoder = BookKeeper(cells=40)
    batcher = Batcher(decoder)
    for start in (100, 200, 300):
        assert go(batcher, [Counting(range(start, start + 25), 2)])


def test_interrupted_state_makes_room_and_is_read_again() -> None:
    decoder = BookKeeper(cells=40)
    batcher = Batcher(decoder)
    waiting, owner, control = Counting(range(25), 4), object(), Control()
    assert not batcher.run([waiting], owner, control, lambda: control.interrupt() if decoder.steps else None)
    assert go(batcher, [Counting(range(500, 530), 2)])
    control.resume()
    assert batcher.run([waiting], owner, control, lambda: None)
    assert waiting.tokens == list(range(29))


def test_what_can_never_fit_is_an_error() -> None:
    with pytest.raises(EngineError, match="full"):
        go(Batcher(BookKeeper(cells=10)), [Counting(range(30), 1)])


def test_little_is_kept_when_work_is_done() -> None:
    decoder = BookKeeper()
    batcher = Batcher(decoder)
    for start in range(0, 500, 50):
        go(batcher, [Counting(range(start, start + 10), 2), Counting(range(start + 20, start + 30), 2)])
    assert sum(bool(state) for state in decoder.state.values()) <= KEPT_WHEN_FINISHED


@given(st.lists(st.integers(0, 1)), st.lists(st.integers(0, 1)))
def test_a_common_prefix_is_as_long_as_it_can_be(first: list[int], second: list[int]) -> None:
    expected = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
    assert common_prefix(first, second) == expected
