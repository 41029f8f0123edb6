"""A lane runs keyed jobs one after another, urgent ones first."""

import threading

from forethought.lane import Lane


def make_lane() -> tuple[Lane, list[Exception], threading.Event]:
    errors: list[Exception] = []
    lane = Lane("test", errors.append)
    gate = threading.Event()
    lane.submit("gate", lambda: (gate.wait(5), None)[1], 0)
    return lane, errors, gate


def test_urgent_jobs_go_first() -> None:
    lane, _, gate = make_lane()
    order: list[str] = []
    lane.submit("slow", lambda: order.append("slow"), 5)
    lane.submit("urgent", lambda: order.append("urgent"), 1)
    gate.set()
    assert lane.wait_idle(5)
    assert order == ["urgent", "slow"]


def test_a_job_with_the_same_key_replaces_the_one_that_waits() -> None:
    lane, _, gate = make_lane()
    done: list[int] = []
    lane.submit("key", lambda: done.append(1))
    lane.submit("key", lambda: done.append(2))
    gate.set()
    assert lane.wait_idle(5)
    assert done == [2]


def test_a_job_that_raises_does_not_end_the_lane() -> None:
    lane, errors, gate = make_lane()
    done: list[int] = []
    lane.submit("bad", lambda: 1 // 0, 1)  # type: ignore[arg-type,return-value]
    lane.submit("good", lambda: done.append(1), 2)
    gate.set()
    assert lane.wait_idle(5)
    assert done == [1]
    assert isinstance(errors[0], ZeroDivisionError)


def test_discarded_and_closed_jobs_do_not_run() -> None:
    lane, _, gate = make_lane()
    done: list[int] = []
    lane.submit("dropped", lambda: done.append(1))
    lane.discard("dropped")
    lane.submit("late", lambda: done.append(2))
    lane.close()
    gate.set()
    lane.join(5)
    assert done == []
