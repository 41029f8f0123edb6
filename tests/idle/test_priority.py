"""Which symbols to think about first, and why."""

import pytest

from forethought.idle.priority import Signals, mean_predictability, priority_of, relative
from forethought.insights.entry import Insights, PredictedQuestion


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (Signals("function", requested=True), Signals("function", open=True)),
        (Signals("function", focused=True, open=True), Signals("function", open=True)),
        (Signals("function", changed=True), Signals("function", open=True)),
        (Signals("function", committed_rank=0), Signals("function", committed_rank=9)),
        (Signals("function", committed_rank=5), Signals("function")),
        (Signals("function", call_rank=0), Signals("function", call_rank=40)),
        (Signals("function", lines=30), Signals("function", lines=2)),
        (Signals("function", lines=30), Signals("constant", lines=30)),
        (Signals("function"), Signals("function", open=True, settling=True)),
        (Signals("function", predictability=0.9), Signals("function", predictability=0.1)),
    ],
)
def test_the_first_has_priority_over_the_second(more: Signals, less: Signals) -> None:
    assert priority_of(more).amount > priority_of(less).amount


def test_the_reason_is_the_strongest_signal() -> None:
    assert priority_of(Signals("function", requested=True, open=True)).reason == "looked at, and no insight yet"
    assert "settles" in priority_of(Signals("function", open=True, settling=True)).reason


def test_the_reason_says_what_holds_it_back() -> None:
    assert (
        priority_of(Signals("constant", open=True)).reason == "in an open file, but such symbols are rarely asked about"
    )
    unforeseen = Signals("function", lines=30, open=True, predictability=0.2)
    assert priority_of(unforeseen).reason == "in an open file, but questions about it are hard to predict"


def test_predictability_is_relative_to_the_most_predictable_kind() -> None:
    means = {"function": -1.0, "file": -2.0}
    assert relative(means, "function") == 1.0
    assert relative(means, "file") == pytest.approx(0.3679, abs=1e-4)
    assert relative(means, "class") == 1.0


def test_what_could_not_be_scored_says_nothing_about_predictability() -> None:
    questions = (PredictedQuestion("a?", "b", -1.0), PredictedQuestion("c?", "d"), PredictedQuestion("e?", "f", -3.0))
    assert mean_predictability(Insights(questions=questions)) == -2.0
    assert mean_predictability(Insights(questions=questions[1:2])) is None
