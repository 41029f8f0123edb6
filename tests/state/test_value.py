"""What is worth thinking about first."""

import pytest

from forethought.value import Signals, value_of


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (Signals("function", hovered=True), Signals("function", open=True)),
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
def test_the_first_is_worth_more_than_the_second(more: Signals, less: Signals) -> None:
    assert value_of(more).amount > value_of(less).amount


def test_the_reason_is_the_strongest_signal() -> None:
    assert value_of(Signals("function", hovered=True, open=True)).reason == "looked at, and no insight yet"
    assert "settles" in value_of(Signals("function", open=True, settling=True)).reason
