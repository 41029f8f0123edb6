"""Simulated time: what is thought about between commits, and which hovers find it."""

from dataclasses import replace

import pytest

from benchmarks.measures.replay import (
    Day,
    Step,
    Tally,
    Thinker,
    Work,
    live_through,
    mean_seconds,
    run,
    steady_pace,
    token_pace,
)
from forethought.bench.trial import git
from forethought.errors import ForethoughtError
from forethought.names.resolver import Target

DAY = 86_400


def works(*context_hashes):
    return tuple(
        Work(context_hash, 360, 4, Target("a.py", context_hash), value=-place, value_if_stale=1)
        for place, context_hash in enumerate(context_hashes)
    )


def test_reading_the_code_once_and_answering_each_ask_makes_the_cost():
    pace = token_pace(prompt_tokens_per_second=10, completion_tokens_per_second=2)
    assert pace(works("a")[0]) == pytest.approx((100 + 160) / 10 + 160 / 2)


def test_the_queue_is_worked_off_in_its_order_as_far_as_time_allows():
    thinker = Thinker(steady_pace(10), 3600)
    thinker.think(0, 25, works("a", "b", "c"))
    assert thinker.fresh == {"a", "b"}
    assert thinker.seconds == 25


def test_what_was_begun_is_ended_before_anything_else():
    thinker = Thinker(steady_pace(10), 3600)
    thinker.think(0, 5, works("a"))
    thinker.think(100, 106, works("urgent"))
    assert thinker.fresh == {"a"}
    thinker.think(200, 209, works("urgent"))
    assert thinker.fresh == {"a", "urgent"}


def test_what_changed_since_it_was_thought_about_goes_first():
    thinker = Thinker(steady_pace(10), 3600)
    thinker.think(0, 10, works("a"))
    first, second = works("b", "a, edited")
    thinker.think(100, 110, (first, replace(second, target=Target("a.py", "a"))))
    assert thinker.fresh == {"a", "a, edited"}


def test_nothing_is_thought_about_twice():
    thinker = Thinker(steady_pace(10), 3600)
    thinker.think(0, 1000, works("a", "b"))
    thinker.think(2000, 3000, works("b", "a"))
    assert thinker.seconds == 20


def test_the_daily_limit_holds_until_the_next_day():
    thinker = Thinker(steady_pace(10), daily_seconds=20)
    queue = works("a", "b", "c", "d")
    thinker.think(1000, DAY - 1, queue)
    assert thinker.fresh == {"a", "b"}
    thinker.think(DAY - 1, DAY + 100, queue)
    assert thinker.fresh == {"a", "b", "c", "d"}


def test_a_share_of_the_day_is_kept_for_what_changed_on_it():
    thinker = Thinker(steady_pace(10), daily_seconds=40)
    old = works("a", "b", "c", "d")
    thinker.think(1000, 2000, old)
    assert thinker.fresh == {"a", "b", "c"}
    new, later = works("new", "later")
    thinker.think(3000, 4000, (replace(later, edited_at=2500.0), replace(new, edited_at=DAY + 1.0), *old))
    assert thinker.fresh == {"a", "b", "c", "later"}


def test_the_limit_counts_a_thought_over_midnight_where_it_is_spent():
    thinker = Thinker(steady_pace(10), daily_seconds=20)
    thinker.think(DAY - 4, DAY + 6, works("a"))
    assert thinker.fresh == {"a"}
    thinker.think(DAY + 6, DAY + 1000, works("b", "c", "d"))
    assert thinker.fresh == {"a", "b", "c"}


def lived(seconds, gap, day=None):
    thinker, tally = Thinker(steady_pace(seconds), 3600), Tally()
    live_through(Step(0, ("a", "b"), works("a", "b")), gap, thinker, day or Day(), tally)
    return {moment: item["share"] for moment, item in tally.to_json().items()}


def test_hovers_find_what_was_done_by_then():
    shares = lived(seconds=40, gap=4000)
    assert shares == {"1 min": 0.5, "5 min": 1.0, "30 min": 1.0, "editing begins": 1.0, "all": 0.875}


def test_nothing_is_thought_about_while_somebody_edits():
    shares = lived(seconds=1, gap=500)
    assert shares == {"editing begins": 0.0, "1 min": 0.0, "5 min": 0.0, "all": 0.0}


def test_a_hover_holds_thinking_back_for_the_idle_delay():
    day = Day(idle_delay=5, editing=0, hovers=(60.0, 62.0))
    assert lived(seconds=56, gap=66, day=day)["editing begins"] == 0.0
    assert lived(seconds=28, gap=66, day=day)["editing begins"] == 0.5


def test_hovers_after_the_next_commit_do_not_count():
    assert "30 min" not in lived(seconds=1, gap=1000)


def test_the_mean_of_an_export_leaves_its_first_and_last_line_out():
    lines = [{"format": "x"}, {"provenance": {"seconds": 1.0}}, {"provenance": {"seconds": 3.0}}, {"count": 2}]
    assert mean_seconds(lines) == 2.0
    with pytest.raises(ForethoughtError, match="seconds-per-symbol"):
        mean_seconds(lines[:1])


@pytest.fixture
def commit(tmp_path, monkeypatch):
    """Commits a text as `sums.py` at a minute of the first day of 2024."""
    git(tmp_path, "init", "--quiet")

    def add(text, minute):
        (tmp_path / "sums.py").write_text(text)
        git(tmp_path, "add", ".")
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2024-01-01T{minute // 60:02}:{minute % 60:02}:00 +0000")
        git(tmp_path, "commit", "--quiet", "--message", "Change")

    return add


def test_a_replay_hovers_on_just_the_symbols_that_each_commit_changed(tmp_path, commit):
    commit("def add(a, b):\n    return a + b\n\n\ndef twice(a):\n    return add(a, a)\n", 0)
    commit("def add(a, b):\n    return b + a\n\n\ndef twice(a):\n    return add(a, a)\n", 120)
    commit("def add(a, b):\n    return b + a\n\n\ndef twice(a):\n    return 2 * add(a, 0)\n", 240)
    commit("def add(a, b):\n    return b + a\n\n\ndef twice(a):\n    return 3 * add(a, 0)\n", 360)
    report = run(tmp_path, seconds_per_symbol=2.0, prompt_tokens_per_second=0.001)
    assert report.data["commits"] == 4
    assert report.data["changing_commits"] == report.data["changed_symbols"] == 2
    assert report.data["models"]["measured here"]["moments"]["all"] == {"hovers": 8, "share": 1.0}
    assert report.data["models"]["7B, extrapolated"]["moments"]["all"] == {"hovers": 8, "share": 0.0}
    assert "100.0%" in " ".join(report.verdict)
