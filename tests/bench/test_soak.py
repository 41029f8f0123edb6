"""What the soak benchmark calls flat and lost."""

from typing import Any

import pytest

from benchmarks.measures.soak import Sample, agree, make_report

EARLY = Sample(hours=1.0, edits=10, megabytes=100.0, handles=30, threads=15, entries=40)
SETTINGS = {"commits": 8}


def goals(*samples: Sample, differing: tuple[str, ...] = ()) -> dict[str, bool]:
    report = make_report(samples, differing, 100, (), True, SETTINGS)
    return {goal.figure: goal.met for goal in report.goals}


def test_a_flat_day_meets_every_goal() -> None:
    assert all(goals(EARLY, EARLY, EARLY._replace(hours=8.0, megabytes=109.0)).values())


@pytest.mark.parametrize(
    ("late", "goal"),
    [
        ({"megabytes": 120.0}, "growth of memory from the second eighth on"),
        ({"handles": 40}, "growth of handles"),
        ({"threads": 16}, "growth of threads"),
    ],
)
def test_growth_fails_its_goal(late: dict[str, Any], goal: str) -> None:
    assert not goals(EARLY, EARLY, EARLY._replace(hours=8.0, **late))[goal]


def test_an_insight_that_vanished_is_lost_though_others_came() -> None:
    assert not goals(EARLY, EARLY, EARLY._replace(entries=39), EARLY._replace(entries=50))["lost insights"]


def test_facts_disagree_when_they_differ_but_not_when_one_was_not_found_in_time() -> None:
    facts = {"signature": "def f()", "usedBy": {"called": 1}}
    assert agree(facts, facts)
    assert agree({**facts, "usedBy": None}, facts)
    assert not agree({**facts, "usedBy": {}}, facts)
    assert not agree({**facts, "signature": "def g()"}, facts)
    assert not agree(None, facts)
