"""A question is answered by the cheapest tier that knows, and says which one that was."""

import pytest

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled, ContextOverflow, UsageError
from forethought.insights.context import build_context
from forethought.insights.question_predictor import purpose_question, shown_by, working_question
from forethought.qa.answerer import Answerer
from forethought.qa.intent import Intent, read_intent
from forethought.qa.question import Question
from forethought.qa.reader.question_reader import QuestionReader
from forethought.qa.referents import Referents
from forethought.qa.retrieval import Retriever
from forethought.qa.tiers import ASPECT_OF_KIND, AskedQuestion
from forethought.syntax.tags import Position
from support.session_world import SessionWorld, ask

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("who calls polish?", "`Greeter.greet` (greet.py:11)"),
        ("what does main call?", "`Greeter.greet` (greet.py:"),
        ("what does Greeter.greet raise?", "`ValueError`"),
        ("which tests cover Greeter.greet?", "`test_greets` (test_greet.py:"),
        ("where is polish defined?", "greet.py:14"),
        ("what are the parameters of polish?", "`text: str`"),
        ("who last changed polish?", "last changed by Ada on"),
        ("what methods does Greeter have?", "`def greet(self, name: str) -> str`"),
        ("what does greet.py define?", "`class Greeter`"),
        ("what is the docstring of Greeter?", "Knows how to greet."),
        ("is main called?", "is not called in this repository"),
        ("who calls polsh_?", "Did you mean `polish`?"),
    ],
)
def test_a_question_of_fact_is_answered_without_a_model(world: SessionWorld, question: str, expected: str) -> None:
    session, _ = world.prepared(think=False)
    answer = ask(session, question)
    assert answer.tier == "facts"
    assert expected in answer.text
    assert answer.model is None
    assert not world.engine.requests


def test_the_sources_of_a_fact_are_its_places(world: SessionWorld) -> None:
    session, workspace = world.prepared(think=False)
    sources = ask(session, "who calls polish?").sources
    assert [(source.path, source.symbol, source.workspace) for source in sources] == [
        ("greet.py", "polish", workspace),
        ("greet.py", "Greeter.greet", workspace),
    ]


def test_a_predicted_question_is_answered_from_the_store(world: SessionWorld) -> None:
    session, _ = world.prepared()
    answer = ask(session, "please, what does polish do")
    assert (answer.tier, answer.state) == ("predicted", "fresh")
    assert answer.matched_question == "What does `polish` do?"
    assert answer.usage.completion_tokens == 0
    assert not world.engine.requests


def test_a_place_in_a_file_is_what_this_means(world: SessionWorld) -> None:
    session, workspace = world.prepared()
    at = (workspace, "greet.py", Position(13, 6))
    assert ask(session, "what does this do?", at=at).matched_question == "What does `polish` do?"


def test_other_questions_are_enriched_by_what_is_known(world: SessionWorld) -> None:
    session, _ = world.prepared()
    answer = ask(session, "is `polish` safe for empty texts, and why?")
    assert (answer.tier, answer.state, answer.model) == ("enriched", "fresh", "fake")
    prompt = world.engine.requests[0].prompts[0].messages[-1].content
    assert "what it is given" in prompt
    assert "    return text.strip()" not in prompt


def test_a_prediction_about_all_defaults_answers_no_question_about_one(world: SessionWorld) -> None:
    world.write("paint.py", "def paint(colour: str = 'red') -> str:\n    return colour\n")
    session, _ = world.prepared()
    assert ask(session, "what are the defaults of paint?", tier="predicted").tier == "predicted"
    assert ask(session, "what is the default of size in paint?", tier="predicted").tier == "none"


def test_a_long_answer_is_made_from_the_code_itself(world: SessionWorld) -> None:
    session, _ = world.prepared()
    question = "is `polish` safe for empty texts, and why?"
    assert ask(session, question, verbosity=3).tier == "full"
    assert ask(session, question, verbosity=3, tier="enriched").tier == "enriched"


def test_a_marked_name_outweighs_plain_words_that_are_names(world: SessionWorld) -> None:
    world.write("plain.py", "def call():\n    return 1\n\n\ndef wash_up():\n    return 2\n")
    session, _ = world.prepared()
    answer = ask(session, "what should I watch out for when I call wash_up?")
    assert answer.tier == "enriched"
    assert [source.symbol for source in answer.sources] == ["wash_up"]


def test_full_works_when_nothing_was_precomputed(world: SessionWorld) -> None:
    session, _ = world.prepared(think=False)
    answer = ask(session, "is `polish` safe for empty texts, and why?")
    assert (answer.tier, answer.state) == ("full", "live")
    assert "text.strip()" in world.engine.requests[0].prompts[0].messages[-1].content


def test_a_question_about_this_file_does_not_mean_what_is_named_like_one_of_its_words(world: SessionWorld) -> None:
    world.write("work.py", "def parts() -> int:\n    return 1\n")
    session, workspace = world.prepared()
    answer = ask(session, "How do the parts of this file work together?", at=(workspace, "greet.py", None))
    assert [source.path for source in answer.sources] == ["greet.py"]


def test_fresh_skips_what_was_predicted(world: SessionWorld) -> None:
    session, _ = world.prepared()
    assert ask(session, "what does polish do?", fresh=True).tier == "enriched"


@pytest.mark.parametrize(
    ("tier", "question", "think", "expected"),
    [
        ("facts", "is polish any good?", True, "none"),
        ("predicted", "is polish any good?", True, "none"),
        ("enriched", "what does polish do?", False, "none"),
        ("full", "what does polish do?", True, "full"),
        ("enriched", "what does polish do?", True, "enriched"),
    ],
)
def test_a_forced_tier_is_kept_or_refused_with_a_reason(
    world: SessionWorld, tier: str, question: str, think: bool, expected: str
) -> None:
    session, _ = world.prepared(think=think)
    answer = ask(session, question, tier=tier)
    assert answer.tier == expected
    assert answer.text


def test_an_ambiguous_name_is_said_and_not_guessed(world: SessionWorld) -> None:
    world.write("other.py", "def polish(shoe):\n    return shoe\n")
    session, _ = world.prepared(think=False)
    answer = ask(session, "who calls polish?")
    assert "could be one of 2" in answer.text
    assert {source.path for source in answer.sources} == {"greet.py", "other.py"}
    assert "greet.py:11" in ask(session, "who calls greet.polish?").text


def test_overloads_of_one_name_are_one_symbol(world: SessionWorld) -> None:
    world.write(
        "over.py",
        "from typing import overload\n\n\n@overload\ndef twice(x: int) -> int: ...\ndef twice(x):\n    return x\n",
    )
    session, _ = world.prepared(think=False)
    assert ask(session, "where is twice defined?").text == "`twice` is defined in over.py:6."


def test_facts_follow_an_edit_of_another_file(world: SessionWorld) -> None:
    session, workspace = world.prepared(think=False)
    assert "from 1 place" in ask(session, "who calls polish?").text
    workspace.change_file(
        "test_greet.py", "from greet import polish\n\n\ndef test_polish() -> None:\n    polish('x')\n", 1
    )
    workspace.wait_idle(5)
    assert "from 2 places" in ask(session, "who calls polish?").text


def test_a_stale_insight_is_not_served_as_the_answer(world: SessionWorld) -> None:
    session, workspace = world.prepared()
    world.write("greet.py", (world.folder / "greet.py").read_text().replace("text.strip()", "text.lower()"))
    workspace.refresh(["greet.py"])
    answer = ask(session, "what does polish do?")
    assert answer.tier == "full"
    forced = ask(session, "what does polish do?", tier="predicted")
    assert forced.state == "stale"
    assert "older version" in forced.text


def test_without_an_engine_it_says_what_is_missing(world: SessionWorld) -> None:
    session, workspace = world.open(engine=False)
    workspace.refresh()
    answer = ask(session, "is polish any good?")
    assert answer.tier == "none"
    assert "engine" in answer.text


def test_a_question_about_nothing_known_is_not_made_up(world: SessionWorld) -> None:
    session, _ = world.prepared()
    assert ask(session, "why is the sky blue?").tier == "none"


def test_what_does_not_fit_is_tried_shorter_and_then_said(world: SessionWorld) -> None:
    session, _ = world.prepared(think=False)
    world.engine.queue(ContextOverflow("too long"), ContextOverflow("too long"), "It strips.")
    assert ask(session, "is `polish` good?").text == "It strips."
    world.engine.queue(*[ContextOverflow("too long")] * 3)
    with pytest.raises(ContextOverflow):
        ask(session, "is `polish` good?")


def test_a_cancelled_question_ends(world: SessionWorld) -> None:
    session, _ = world.prepared(think=False)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        session.ask(Question("is `polish` good?"), lambda delta: None, cancel)


def test_an_empty_question_is_refused(world: SessionWorld) -> None:
    session, _ = world.prepared(think=False)
    with pytest.raises(UsageError):
        ask(session, "  ")


def test_a_text_that_is_cut_off_or_invents_a_name_says_so(world: SessionWorld) -> None:
    session, _ = world.prepared(think=False)
    world.engine.queue("It hands the text to `launder` first.", "word " * 60)
    assert "“launder” does not occur in the code" in ask(session, "is `polish` good?").text
    assert ask(session, "is `polish` good?", verbosity=0).text.endswith("…")


def test_the_tiers_are_tried_from_the_cheapest_to_the_one_that_always_answers(world: SessionWorld) -> None:
    session, _ = world.prepared(think=False)
    answerer = Answerer(lambda: session.workspaces, lambda: world.engine)
    assert [tier.name for tier in answerer.tiers] == ["facts", "predicted", "facts", "enriched", "full", "none"]


@pytest.mark.parametrize(
    ("question", "tiers"),
    [
        ("who calls polish?", {"facts", "enriched", "full", "none"}),
        ("what does polish do?", {"predicted", "enriched", "full", "none"}),
        ("is `polish` any good?", {"enriched", "full", "none"}),
        ("what does `launder` do?", {"facts", "none"}),
        ("why is the sky blue?", {"none"}),
    ],
)
def test_each_tier_answers_what_it_can_and_leaves_the_rest_to_the_next(
    world: SessionWorld, question: str, tiers: set[str]
) -> None:
    session, _ = world.prepared()
    referents = Referents(lambda: session.workspaces)
    retriever = Retriever(lambda: session.workspaces, referents)
    resolved = referents.resolve(Question(question))
    asked = AskedQuestion(resolved, retriever, QuestionReader(), lambda delta: None, CancelToken())
    answerer = Answerer(lambda: session.workspaces, lambda: world.engine)
    assert {tier.name for tier in answerer.tiers if tier.try_answer(asked) is not None} == tiers


def test_the_kind_of_a_template_says_what_its_question_asks(world: SessionWorld) -> None:
    """So that the question need not be parsed."""
    world.write("shop.py", "LIMIT = 3\n\n\ndef pay(cents: int, tries: int = LIMIT) -> str:\n    return str(cents)\n")
    _, workspace = world.prepared(think=False)
    kinds = set()
    for path in ("greet.py", "shop.py"):
        snapshot = workspace.read_document(path)
        assert snapshot is not None
        for symbol in snapshot.tags.symbols[1:]:
            context = build_context(workspace.resolver(), path, snapshot.tags, symbol, snapshot.data)
            asked = [("purpose", purpose_question(context)), ("mechanism", working_question(context))]
            for kind, question in (*asked, *((item.kind, item.question) for item in shown_by(context))):
                if kind in ASPECT_OF_KIND:
                    assert read_intent(question) == Intent(ASPECT_OF_KIND[kind], symbol.name, marked=True)
                    kinds.add(kind)
    assert kinds == ASPECT_OF_KIND.keys()


def test_verbosity_sets_the_budget(world: SessionWorld) -> None:
    session, _ = world.prepared(think=False)
    for verbosity in range(5):
        ask(session, "is `polish` good?", verbosity=verbosity)
    assert [request.max_tokens for request in world.engine.requests] == [40, 80, 160, 320, 640]
