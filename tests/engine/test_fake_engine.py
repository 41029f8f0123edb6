import threading

import pytest

from forethought.engine.api import CancelToken, Completion, Delta, GenerateRequest, Message, Prompt
from forethought.errors import Cancelled, ContextOverflow, EngineError
from support.fake_engine import FakeEngine


def ask(*texts: str, max_tokens: int = 20) -> GenerateRequest:
    return GenerateRequest(tuple(Prompt((Message("user", text),)) for text in texts), max_tokens)


def texts(engine: FakeEngine, request: GenerateRequest) -> list[str]:
    return [event.text for event in engine.generate(request, CancelToken()) if isinstance(event, Completion)]


def test_answers_come_in_turn_and_then_the_default() -> None:
    engine = FakeEngine(["one", lambda prompt: prompt.messages[0].content.upper()], default="rest")
    assert texts(engine, ask("a", "b", "c")) == ["one", "B", "rest"]
    assert [len(request.prompts) for request in engine.requests] == [3]


def test_deltas_join_to_the_completion() -> None:
    events = list(FakeEngine(["some words here"]).generate(ask("a"), CancelToken()))
    assert "".join(event.text for event in events if isinstance(event, Delta)) == "some words here"


def test_the_budget_cuts_the_answer() -> None:
    (completion,) = [
        event
        for event in FakeEngine(["one two three"]).generate(ask("a", max_tokens=2), CancelToken())
        if isinstance(event, Completion)
    ]
    assert (completion.text, completion.finish) == ("one two", "length")


def test_a_queued_error_is_raised() -> None:
    with pytest.raises(EngineError, match="broken"):
        texts(FakeEngine([EngineError("broken")]), ask("a"))


def test_a_held_request_waits_and_can_be_cancelled() -> None:
    engine, cancel, seen = FakeEngine(), CancelToken(), []
    engine.hold()

    def run() -> None:
        try:
            list(engine.generate(ask("a"), cancel))
        except Cancelled as error:
            seen.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    engine.wait_until_asked(1)
    assert not seen
    cancel.cancel()
    thread.join(5)
    assert len(seen) == 1


def test_a_prompt_that_does_not_fit_overflows_before_any_token() -> None:
    with pytest.raises(ContextOverflow):
        next(FakeEngine().generate(ask("word " * 5000), CancelToken()))
