"""llama.cpp in this process, with random weights: what is hard to observe through a host."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from forethought.engine.api import Delta, Event, Sampling
from forethought.engine.host.backend import Control
from forethought.engine.host.llama.amx import without_amx
from forethought.errors import ModelLoadError
from support.engine import MakeModel, ask, completions
from support.polling import eventually

pytestmark = pytest.mark.engine
Load = Callable[..., Any]


@pytest.fixture
def load(make_model: MakeModel) -> Load:
    llama = pytest.importorskip("forethought.engine.host.llama.llama_backend")

    def make(architecture: str = "llama", tokenizer: str = "v3", context_length: int = 2048) -> Any:
        options = llama.LlamaOptions(make_model(architecture, tokenizer), context_length, 0)
        return llama.LlamaBackend(options, lambda: 1, contextlib.nullcontext)

    return make


def test_interrupted_work_outlives_an_unload(load: Load) -> None:
    backend, events = load(), list[Event]()

    def emit(event: Event) -> None:
        events.append(event)
        if len(events) == 50:
            control.interrupt()

    control = Control(emit)
    work = backend.generate(ask("One", "Two", max_tokens=100))
    assert not work.run(control)
    backend.unload()
    control.resume()
    assert work.run(control)
    for done in completions(events):
        assert done.usage.completion_tokens == 100
        deltas = [event.text for event in events if isinstance(event, Delta) and event.index == done.index]
        assert "".join(deltas) == done.text


def test_an_interrupt_ends_a_step_under_way(load: Load) -> None:
    backend, control = load(), Control()
    backend.model()
    work = backend.generate(ask("word " * 1500, max_tokens=500, priority="requested"))
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(work.run(control)))
    thread.start()
    eventually(lambda: control._on_interrupt is not None)
    control.interrupt()
    thread.join(60)
    assert ended == [False]


def test_counting_needs_no_weights(load: Load) -> None:
    backend = load()
    assert backend.count_tokens(ask("Hello").prompts)[0] > 5
    assert not backend.state().loaded


def test_a_model_that_does_not_fit_is_refused_before_it_is_loaded(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.engine.models.gguf.available_memory", lambda: 1_000_000)
    backend = load()
    with pytest.raises(ModelLoadError, match=r"needs about .* is free"):
        backend.generate(ask("Hi")).run(Control())
    assert not backend.state().loaded


def test_the_context_is_never_longer_than_what_the_model_was_trained_for(load: Load) -> None:
    backend = load(context_length=131072)
    backend.vocabulary()
    assert backend.context_length == 32768


def test_every_seed_gives_its_own_sample_and_always_the_same(load: Load) -> None:
    backend = load()

    def sample(seed: int) -> str:
        events: list[Event] = []
        request = ask("Tell me a story.", max_tokens=20, sampling=Sampling(temperature=1.0, seed=seed))
        assert backend.generate(request).run(Control(events.append))
        return completions(events)[0].text

    seeds = [0, 1, 2, 3, 2**32 - 3, 2**32 - 2]
    assert len({sample(seed) for seed in seeds}) == len(seeds)
    assert sample(1) == sample(1)
    assert sample(2**32 - 1) == sample(2**32 - 1)  # to llama.cpp, this number means a random seed


def test_text_that_is_not_valid_unicode_is_tokenized(load: Load) -> None:
    assert load().count_tokens(ask("\udcff \x00 \ud800").prompts)[0] > 5


def test_avoiding_amx_restores_the_signal_stack() -> None:
    import ctypes

    from forethought.engine.host.llama.amx import _SignalStack

    def now() -> tuple[int | None, int, int]:
        stack = _SignalStack()
        ctypes.CDLL(None).sigaltstack(None, ctypes.byref(stack))
        return stack.start, stack.flags, stack.size

    before = now()
    with without_amx():
        pass
    after = now()
    assert (after[0] or 0, after[1]) == (before[0] or 0, before[1])
