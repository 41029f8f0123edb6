"""What a question refers to when it does not say so itself: spoken of before, pointed at, or asked together."""

import pytest

from forethought.engine.api import Message
from forethought.syntax.tags import Position
from support.session_world import SessionWorld, ask

SOURCE = """def pay(cents: int, currency: str = "EUR") -> str:
    if cents < 0:
        raise ValueError(cents)
    return f"{cents} {currency}"


def refund(cents: int, currency: str = "USD") -> str:
    return pay(-cents, currency)
"""


def answer(
    world: SessionWorld, question: str, history: tuple[str, ...] = (), row: int | None = None
) -> tuple[str, str]:
    """(tier, text) of the answer, asked from a row of the shop."""
    world.write("shop.py", SOURCE)
    session, workspace = world.open(engine=False)
    workspace.refresh()
    at = None if row is None else (workspace, "shop.py", Position(row, 4))
    messages = tuple(Message("user", text) for text in history)
    found = ask(session, question, history=messages, at=at)
    return found.tier, found.text


def test_what_about_another_symbol_asks_the_same_of_it(world: SessionWorld) -> None:
    assert answer(world, "what about refund?", ("what does pay return?",))[1].startswith(
        "`refund` is declared to return"
    )
    assert answer(world, "and `pay`?", ("who calls refund?", "what about pay?"))[0] == "none"  # nothing new is asked


@pytest.mark.parametrize("question", ["what about performance?", "what about refund and pay?", "what about Python 2?"])
def test_what_about_anything_else_is_not_guessed(world: SessionWorld, question: str) -> None:
    assert answer(world, question, ("what does pay return?",))[0] == "none"


def test_a_parameter_alone_belongs_to_what_was_spoken_of_or_is_pointed_at(world: SessionWorld) -> None:
    assert (
        '`currency` of `pay` defaults to `"EUR"`'
        in answer(world, "and the default of currency?", ("who calls pay?",))[1]
    )
    assert '`currency` of `refund` defaults to `"USD"`' in answer(world, "default of currency here?", row=6)[1]
    here = answer(world, "what is the default of currency here?", ("who calls pay?",), row=6)
    assert '`currency` of `refund` defaults to `"USD"`' in here[1]


def test_two_facts_about_one_symbol_are_both_answered(world: SessionWorld) -> None:
    tier, text = answer(world, "what does pay return and raise?")
    assert tier == "facts"
    assert "`pay` is declared to return" in text
    assert "`ValueError`" in text


@pytest.mark.parametrize(
    "question",
    [
        "who calls pay and why?",
        "who calls pay and what does refund return?",
        "what does pay return and raise if it is empty?",
        "what does pay call and not return?",
    ],
)
def test_two_questions_of_which_one_is_not_understood_are_not_half_answered(world: SessionWorld, question: str) -> None:
    assert answer(world, question)[0] == "none"


def test_a_name_in_a_file_that_lacks_it_is_no_fact(world: SessionWorld) -> None:
    world.write("other.py", "def wait() -> None: ...\n")
    assert answer(world, "what does pay in other.py return?")[0] == "none"
