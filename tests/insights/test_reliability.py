"""What a model may serve, by what people found when they read its answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.insights.entry import MODEL_KINDS, Insights, PredictedQuestion
from forethought.insights.reliability import Counts, Reliability, shipped_reliability

TABLE = {
    "models": {
        "small": {"purpose": {"right": 95, "vague": 3, "wrong": 2}, "when": {"right": 10, "vague": 6, "wrong": 4}}
    }
}


@pytest.mark.parametrize(
    ("kind", "others", "refused"),
    [
        (Counts(50, 0, 0), Counts(), False),
        (Counts(45, 0, 5), Counts(), False),
        (Counts(40, 0, 10), Counts(), True),
        (Counts(0, 20, 0), Counts(), False),  # vague is not wrong
        (Counts(1, 0, 1), Counts(50, 0, 0), False),  # one wrong answer says little beside fifty right ones …
        (Counts(2, 0, 0), Counts(25, 0, 25), True),  # … and two right ones little beside 25 wrong ones
        (Counts(50, 0, 0), Counts(0, 0, 50), False),
        (Counts(), Counts(20, 0, 0), False),
        (Counts(), Counts(15, 0, 5), True),
    ],
)
def test_a_kind_is_refused_where_more_than_a_tenth_is_expected_to_be_wrong(
    kind: Counts, others: Counts, refused: bool
) -> None:
    table = Reliability({"small": {"when": kind, "purpose": others}})
    assert ("when" in table.unreliable_kinds("small")) is refused


def test_a_kind_without_labels_is_expected_to_be_like_the_others() -> None:
    assert set(MODEL_KINDS) == Reliability({"small": {"when": Counts(0, 0, 9)}}).unreliable_kinds("small")
    assert not Reliability({"small": {"when": Counts(9, 0, 0)}}).unreliable_kinds("small")
    assert not Reliability({"small": {}}).unreliable_kinds("small")


def test_what_was_not_measured_is_served() -> None:
    table = Reliability.from_json(TABLE)
    assert table.unreliable_kinds("small") == {"when"}
    assert table.unreliable_kinds("other") == frozenset()


WRONG = {"when": Counts(0, 0, 5), "caller": Counts(0, 0, 5), "purpose": Counts(200, 0, 0)}


def test_refused_kinds_are_left_out_wherever_they_stand_and_facts_stay() -> None:
    questions = (
        PredictedQuestion("What does `a` do?", "It adds.", kind="purpose"),
        PredictedQuestion("When should I use `a`?", "Use it always.", kind="when"),
        PredictedQuestion("When is `a` used?", "It is used in `b`.", kind="when", basis="facts"),
        PredictedQuestion("What should a caller know?", "Use it twice.", kind="caller"),
    )
    insights = Insights("It adds.", ("Use it twice.",), questions)
    left = Reliability({"small": WRONG}).servable(insights, "small")
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
