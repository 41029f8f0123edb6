"""A worker queue runs keyed jobs one after another, urgent ones first."""

import threading

from forethought.workspace.worker_queue import WorkerQueue


def make_queue() -> tuple[WorkerQueue, list[Exception], threading.Event]:
    errors: list[Exception] = []
    worker_queue = WorkerQueue("test", errors.append)
    gate = threading.Event()
    worker_queue.submit("gate", lambda: (gate.wait(5), None)[1], 0)
    return worker_queue, errors, gate


def test_urgent_jobs_go_first() -> None:
    worker_queue, _, gate = make_queue()
    order: list[str] = []
    worker_queue.submit("slow", lambda: order.append("slow"), 5)
    worker_queue.submit("urgent", lambda: order.append("urgent"), 1)
    gate.set()
    assert worker_queue.wait_idle(5)
    assert order == ["urgent", "slow"]


def test_a_job_with_the_same_key_replaces_the_one_that_waits() -> None:
    worker_queue, _, gate = make_queue()
    done: list[int] = []
    worker_queue.submit("key", lambda: done.append(1))
    worker_queue.submit("key", lambda: done.append(2))
    gate.set()
    assert worker_queue.wait_idle(5)
    assert done == [2]


def test_a_job_that_raises_does_not_end_the_thread() -> None:
    worker_queue, errors, gate = make_queue()
    done: list[int] = []
    worker_queue.submit("bad", lambda: 1 // 0, 1)  # type: ignore[arg-type,return-value]
    worker_queue.submit("good", lambda: done.append(1), 2)
    gate.set()
    assert worker_queue.wait_idle(5)
    assert done == [1]
    assert isinstance(errors[0], ZeroDivisionError)


def test_discarded_and_closed_jobs_do_not_run() -> None:
    worker_queue, _, gate = make_queue()
    done: list[int] = []
    worker_queue.submit("dropped", lambda: done.append(1))
    worker_queue.discard("dropped")
    worker_queue.submit("late", lambda: done.append(2))
    worker_queue.close()
    gate.set()
    worker_queue.join(5)
    assert done == []
