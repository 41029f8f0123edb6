"""One symbol, a scripted model: what is asked, what survives, what is stored."""

import pytest

from forethought.context import IDENTIFIER, Context
from forethought.engine.fake import FakeEngine
from forethought.engine.messages import CancelToken, Prompt
from forethought.errors import Cancelled, ContextOverflow, EngineError
from forethought.insights import text_digest
from forethought.prompts import asks_about
from forethought.sleep import Method, Thought, producer_of, think

TEXT = "```python\ndef clean(text: str) -> str:\n    return text.strip()\n```"
CONTEXT = Context(
    subject="5" * 64,
    language="python",
    kind="function",
    name="clean",
    text=TEXT,
    identifiers=frozenset(IDENTIFIER.findall(TEXT)),
    callees={"helper": "d1"},
)
GOOD = (
    "It strips the text it is given.",
    "It returns the stripped text.",
    "Use it on raw input.",
    "The text must be a string.",
)


def run(engine: FakeEngine, method: Method | None = None, rejected: frozenset[str] = frozenset()) -> Thought:
    return think(CONTEXT, engine, method or Method(), rejected, CancelToken())


def test_each_answer_finds_its_place() -> None:
    insights = run(FakeEngine(GOOD)).entry.insights
    assert insights.summary == GOOD[0]
    assert insights.inferences == (GOOD[3],)
    assert [item.answer for item in insights.questions] == [GOOD[0], GOOD[1], GOOD[2]]


def test_every_predicted_question_names_its_symbol_and_has_a_predictability() -> None:
    questions = run(FakeEngine(GOOD)).entry.insights.questions
    assert all("`clean`" in item.question for item in questions)
    assert all(item.predictability is not None for item in questions)


def test_ungrounded_answers_are_dropped_and_counted() -> None:
    thought = run(FakeEngine(("It calls `vanish` at once.", *GOOD[1:])))
    assert thought.entry.insights.summary is None
    assert thought.dropped["unknown identifier"] == 1


def test_when_nothing_survives_the_entry_is_empty() -> None:
    thought = run(FakeEngine(default="It calls `vanish` at once."))
    assert thought.entry.outcome == "empty"


def test_a_text_that_was_called_wrong_does_not_come_back() -> None:
    insights = run(FakeEngine(GOOD), rejected=frozenset({text_digest(GOOD[1].upper())})).entry.insights
    assert GOOD[1] not in [item.answer for item in insights.questions]
    assert insights.summary == GOOD[0]


def test_the_same_sentence_is_not_kept_twice() -> None:
    insights = run(FakeEngine((GOOD[0], GOOD[0], GOOD[2], GOOD[3]))).entry.insights
    assert [item.answer for item in insights.questions] == [GOOD[0], GOOD[2]]


def test_what_does_not_fit_is_failed_with_its_reason() -> None:
    entry = run(FakeEngine([ContextOverflow("too long by 5 tokens")])).entry
    assert entry.outcome == "failed"
    assert entry.reason == "too long by 5 tokens"


def test_an_engine_that_fails_says_so() -> None:
    with pytest.raises(EngineError, match="died"):
        run(FakeEngine([EngineError("the engine died")]))


def test_a_cancelled_pass_stores_nothing() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        think(CONTEXT, FakeEngine(GOOD), Method(), frozenset(), cancel)


def test_a_revision_replaces_a_draft_only_when_it_is_grounded() -> None:
    better = "It strips white space off the text."
    engine = FakeEngine((*GOOD, better, "It asks `oracle` for help.", GOOD[2], GOOD[3]))
    insights = run(engine, Method(rounds=2)).entry.insights
    assert insights.summary == better
    assert insights.questions[1].answer == GOOD[1]


def test_rounds_stop_when_nothing_changes() -> None:
    engine = FakeEngine(GOOD * 2)
    run(engine, Method(rounds=10))
    assert len(engine.requests) == 2


def test_among_candidates_the_most_agreed_one_is_kept() -> None:
    agreed = "It strips the white space off the text."
    engine = FakeEngine((GOOD[1], *GOOD[1:], agreed, *GOOD[1:], f"{agreed[:-1]} given.", *GOOD[1:]))
    insights = run(engine, Method(candidates=3)).entry.insights
    assert insights.summary == agreed


def test_candidates_after_the_first_are_sampled_with_seeds_of_their_own() -> None:
    engine = FakeEngine(default=GOOD[0])
    run(engine, Method(candidates=3))
    assert [request.sampling.seed for request in engine.requests] == [0, 1, 2]
    assert [request.sampling.temperature > 0 for request in engine.requests] == [False, True, True]


def test_the_producer_names_everything_that_thinking_depends_on() -> None:
    info = FakeEngine().info()
    producers = {producer_of(info, method) for method in (Method(), Method(rounds=2), Method(candidates=2))}
    assert len(producers) == 3
    assert producer_of(info, Method(priority="asked")) == producer_of(info, Method())


def test_provenance_remembers_the_callees_and_the_cost() -> None:
    provenance = run(FakeEngine(GOOD)).entry.provenance
    assert provenance.callees == {"helper": "d1"}
    assert provenance.prompt_tokens > 0
    assert provenance.completion_tokens > 0


def test_all_asks_of_a_symbol_share_the_beginning_of_their_prompt() -> None:
    engine = FakeEngine(GOOD)
    run(engine)
    prompts: tuple[Prompt, ...] = engine.requests[0].prompts
    assert len(prompts) == len(asks_about(CONTEXT))
    start = prompts[0].messages[-1].content.index(TEXT) + len(TEXT)
    assert len({prompt.messages[-1].content[:start] for prompt in prompts}) == 1
