"""What a model may serve, by what people found when they read its answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.insights import Insights, PredictedQuestion
from forethought.reliability import Counts, Reliability, shipped_reliability

TABLE = {
    "models": {
        "small": {"purpose": {"right": 40, "vague": 5, "wrong": 5}, "when": {"right": 10, "vague": 6, "wrong": 4}}
    }
}


@pytest.mark.parametrize(
    ("counts", "serves"),
    [
        (Counts(), True),
        (Counts(0, 0, 2), True),
        (Counts(0, 0, 3), False),
        (Counts(18, 0, 2), True),
        (Counts(17, 0, 3), False),
        (Counts(0, 20, 0), True),
    ],
)
def test_a_kind_is_refused_when_more_than_a_tenth_of_twenty_labels_or_more_must_be_wrong(
    counts: Counts, serves: bool
) -> None:
    assert counts.serves is serves


def test_what_was_not_measured_is_served() -> None:
    table = Reliability.from_json(TABLE)
    assert table.unreliable_kinds("small") == {"when"}
    assert table.unreliable_kinds("other") == frozenset()


def test_refused_kinds_are_left_out_wherever_they_stand_and_facts_stay() -> None:
    questions = (
        PredictedQuestion("What does `a` do?", "It adds.", kind="purpose"),
        PredictedQuestion("When should I use `a`?", "Use it always.", kind="when"),
        PredictedQuestion("When is `a` used?", "It is used in `b`.", kind="when", basis="facts"),
        PredictedQuestion("What should a caller know?", "Use it twice.", kind="caller"),
    )
    insights = Insights("It adds.", ("Use it twice.",), questions)
    left = Reliability({"small": {"when": Counts(0, 0, 20), "caller": Counts(0, 0, 20)}}).servable(insights, "small")
    assert left == Insights("It adds.", (), (questions[0], questions[2]))
    purposes = Reliability({"small": {"purpose": Counts(0, 0, 20)}})
    assert purposes.servable(insights, "small").summary is None
    assert purposes.servable(insights, "other") is insights


def test_the_shipped_table_can_be_read() -> None:
    assert isinstance(shipped_reliability(), Reliability)


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=9)
)
def test_garbage_is_no_table(data: object) -> None:
    try:
        Reliability.from_json(data)
    except ValueError:
        return
    assert isinstance(data, dict) and isinstance(data["models"], dict)
