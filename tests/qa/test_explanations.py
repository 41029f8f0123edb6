"""Without a model, what a symbol does is told by its documentation and its code."""

import pytest

from forethought.app.session import Session
from support.session_world import SessionWorld, ask

pytestmark = pytest.mark.slow


def without_model(world: SessionWorld) -> Session:
    session, workspace = world.open(engine=False)
    workspace.refresh()
    return session


def test_how_a_function_works_is_told_step_by_step_with_lines(world: SessionWorld) -> None:
    answer = ask(without_model(world), "how does Greeter.greet work?")
    assert (answer.tier, answer.model) == ("facts", None)
    assert "Raises `ValueError(name)` when `not name`." in answer.text
    assert "(line 9)" in answer.text
    assert ("greet.py", 8) in {(source.path, source.range.start.row) for source in answer.sources}


def test_what_a_documented_function_does_is_told_by_its_documentation(world: SessionWorld) -> None:
    assert ask(without_model(world), "what does Greeter.greet do?").text == "Greets one person."


def test_what_an_undocumented_function_does_is_told_by_its_code(world: SessionWorld) -> None:
    assert "Returns `text.strip()`." in ask(without_model(world), "what does polish do?").text


def test_how_a_class_works_is_told_by_its_methods(world: SessionWorld) -> None:
    answer = ask(without_model(world), "how does Greeter work?")
    assert "Knows how to greet." in answer.text
    assert "raise `ValueError`" in answer.text


def test_a_question_that_takes_a_model_gets_at_least_what_the_symbol_does(world: SessionWorld) -> None:
    answer = ask(without_model(world), "why is polish so slow?")
    assert answer.tier == "none"
    assert "Returns `text.strip()`." in answer.text


@pytest.mark.parametrize("question", ["is polish pure?", "does polish have side effects?"])
def test_having_no_side_effects_is_no_yes_and_no_no(world: SessionWorld, question: str) -> None:
    assert "`polish` has no side effects" in ask(without_model(world), question).text


def test_with_a_model_the_model_explains(world: SessionWorld) -> None:
    session, _ = world.prepared(think=False)
    assert ask(session, "how does Greeter.greet work?").tier == "full"
