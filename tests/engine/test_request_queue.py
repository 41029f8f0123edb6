"""Which request runs when: a queue with a scripted backend and a clock that only the test moves."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from forethought.engine.api import Completion, Event, GenerateRequest, Usage
from forethought.engine.host.backend import Control
from forethought.engine.host.request_queue import MAX_LOAD_WAIT_SECONDS, Job, RequestQueue, generate_job
from forethought.errors import Cancelled, EngineError
from support.engine import ask
from support.polling import eventually


class RecordingListener:
    """Keeps what it receives."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.result: Any = None
        self.error: EngineError | None = None
        self.done = threading.Event()

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def on_end(self, result: Any, error: EngineError | None) -> None:
        self.result, self.error = result, error
        self.done.set()


class StepWork:
    """Work that ends when the test allows it, or when it is interrupted."""

    def __init__(self, harness: "Harness", request: GenerateRequest) -> None:
        self.harness, self.request, self.closed = harness, request, False

    def run(self, control: Control) -> bool:
        name = self.request.prompts[0].messages[-1].content
        self.harness.order.append(name)
        if name == "broken":
            raise ValueError("an error with a secret in it")
        while not self.harness.allowed(name):
            if control.interrupted:
                self.harness.interrupted.append(name)
                return False
            threading.Event().wait(0.002)
        control.emit(Completion(0, name, "stop", Usage()))
        return True

    def close(self) -> None:
        self.closed = True
        self.harness.closed.append(self.request.prompts[0].messages[-1].content)


class Harness:
    """A queue, its worker thread, and a scripted backend."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.free = True
        self.order: list[str] = []
        self.closed: list[str] = []
        self.interrupted: list[str] = []
        self.finished: set[str] = set()
        self.queue = RequestQueue(lambda: self.free, lambda: self.now)
        self.thread = threading.Thread(target=self.queue.serve, args=(self, lambda: None))
        self.thread.start()

    def generate(self, request: GenerateRequest) -> StepWork:
        return StepWork(self, request)

    def allowed(self, name: str) -> bool:
        return name in self.finished

    def add(self, name: str, **options: object) -> tuple[Job, RecordingListener]:
        listener = RecordingListener()
        request = ask(name, **options)
        return self.queue.add(generate_job(request, repr(request)), listener), listener

    def finish(self, *names: str) -> None:
        self.finished.update(names)


@pytest.fixture
def harness() -> Iterator[Harness]:
    harness = Harness()
    yield harness
    harness.queue.close()
    harness.thread.join(5)
    assert not harness.thread.is_alive()


def test_interactive_comes_before_requested_before_idle(harness: Harness) -> None:
    harness.add("first", priority="requested")
    eventually(lambda: harness.order == ["first"])
    listeners = {name: harness.add(name, priority=name, idle_delay_seconds=0)[1] for name in ("idle", "requested")}
    listeners["person"] = harness.add("person")[1]
    harness.finish("first", "idle", "requested", "person")
    for one in listeners.values():
        assert one.done.wait(5)
    names = [name for name in harness.order if name != "first"]
    assert names == ["person", "requested", "idle"]


def test_running_work_is_interrupted_and_goes_on_afterwards(harness: Harness) -> None:
    _, requested = harness.add("requested", priority="requested")
    eventually(lambda: harness.order == ["requested"])
    harness.finish("person")
    _, person = harness.add("person")
    assert person.done.wait(5)
    assert not requested.done.is_set()
    harness.finish("requested")
    assert requested.done.wait(5)
    assert harness.order == ["requested", "person", "requested"]
    assert [event.text for event in requested.events] == ["requested"]


def test_idle_work_waits_for_the_delay_after_activity(harness: Harness) -> None:
    harness.queue.note_activity()
    harness.finish("idle")
    _, listener = harness.add("idle", priority="idle", idle_delay_seconds=5)
    assert not listener.done.wait(0.2)
    harness.now += 5
    assert listener.done.wait(5)


def test_activity_interrupts_idle_work(harness: Harness) -> None:
    harness.add("idle", priority="idle", idle_delay_seconds=1)
    harness.now += 1
    eventually(lambda: harness.order == ["idle"])
    harness.queue.note_activity()
    eventually(lambda: "idle" in harness.interrupted)
    assert harness.queue.busy
    assert harness.closed == []


def test_a_busy_machine_holds_idle_work_back_but_not_forever(harness: Harness) -> None:
    harness.free = False
    harness.finish("idle")
    _, listener = harness.add("idle", priority="idle", idle_delay_seconds=0)
    harness.now += MAX_LOAD_WAIT_SECONDS / 2
    assert not listener.done.wait(0.2)
    harness.now += MAX_LOAD_WAIT_SECONDS
    assert listener.done.wait(5)


def test_the_same_work_is_done_once(harness: Harness) -> None:
    first, one = harness.add("same", priority="requested", work_key="subject:producer")
    eventually(lambda: harness.order == ["same"])
    second, two = harness.add("same", priority="requested", work_key="subject:producer")
    _, other = harness.add("same", priority="requested", work_key="another:producer")
    assert first is second
    harness.finish("same")
    for listener in (one, two, other):
        assert listener.done.wait(5)
        assert [event.text for event in listener.events] == ["same"]
    assert harness.order == ["same", "same"]


def test_joined_work_takes_the_more_urgent_priority(harness: Harness) -> None:
    harness.queue.note_activity()
    job, _ = harness.add("same", priority="idle", work_key="k", idle_delay_seconds=100)
    request = ask("same", priority="requested", work_key="k", idle_delay_seconds=100)
    listener = RecordingListener()
    harness.finish("same")
    same = generate_job(request, repr(ask("same", priority="idle", work_key="k", idle_delay_seconds=100)))
    assert harness.queue.add(same, listener) is job
    assert listener.done.wait(5)


def test_work_that_nobody_waits_for_is_dropped(harness: Harness) -> None:
    job, listener = harness.add("long", priority="requested")
    eventually(lambda: harness.order == ["long"])
    harness.queue.abandon(job, listener)
    eventually(lambda: not harness.queue.busy)
    assert harness.closed == ["long"]


def test_interrupted_work_that_nobody_waits_for_is_closed(harness: Harness) -> None:
    job, listener = harness.add("long", priority="idle", idle_delay_seconds=0)
    eventually(lambda: harness.order == ["long"])
    harness.queue.note_activity()
    harness.now -= 1
    harness.queue.abandon(job, listener)
    eventually(lambda: not harness.queue.busy)
    assert harness.closed == ["long"]


def test_work_goes_on_while_one_listener_remains(harness: Harness) -> None:
    job, leaving = harness.add("same", priority="requested", work_key="k")
    _, staying = harness.add("same", priority="requested", work_key="k")
    harness.queue.abandon(job, leaving)
    harness.finish("same")
    assert staying.done.wait(5)
    assert staying.error is None
    assert not leaving.events


def test_one_broken_request_ends_alone_and_says_nothing_secret(harness: Harness) -> None:
    _, broken = harness.add("broken")
    assert broken.done.wait(5)
    assert "secret" not in str(broken.error)
    harness.finish("fine")
    assert harness.add("fine")[1].done.wait(5)


def test_closing_tells_everybody(harness: Harness) -> None:
    waiting = [harness.add(name, priority="requested")[1] for name in ("one", "two")]
    eventually(lambda: harness.order == ["one"])
    harness.queue.close()
    for listener in waiting:
        assert listener.done.wait(5)
        assert isinstance(listener.error, Cancelled)
