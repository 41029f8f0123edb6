"""Who is served when: a board with a scripted backend and a clock of its own."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from engine_setup import ask, until

from forethought.engine.api import Completion, Event, GenerateRequest, Usage
from forethought.engine.host.backend import Control
from forethought.engine.host.request_queue import LOAD_PATIENCE_SECONDS, Job, RequestQueue, generate_job
from forethought.errors import Cancelled, EngineError


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.result: Any = None
        self.error: EngineError | None = None
        self.done = threading.Event()

    def event(self, event: Event) -> None:
        self.events.append(event)

    def ended(self, result: Any, error: EngineError | None) -> None:
        self.result, self.error = result, error
        self.done.set()


class StepWork:
    """Work that ends when the test allows it, or at an interrupt."""

    def __init__(self, desk: "Desk", request: GenerateRequest) -> None:
        self.desk, self.request, self.closed = desk, request, False

    def run(self, control: Control) -> bool:
        name = self.request.prompts[0].messages[-1].content
        self.desk.order.append(name)
        if name == "broken":
            raise ValueError("a fault with a secret in it")
        while not self.desk.allowed(name):
            if control.interrupted:
                self.desk.interrupted.append(name)
                return False
            threading.Event().wait(0.002)
        control.emit(Completion(0, name, "stop", Usage()))
        return True

    def close(self) -> None:
        self.closed = True
        self.desk.closed.append(self.request.prompts[0].messages[-1].content)


class Desk:
    """A board, its worker, and a clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.free = True
        self.order: list[str] = []
        self.closed: list[str] = []
        self.interrupted: list[str] = []
        self.finished: set[str] = set()
        self.request_queue = RequestQueue(lambda: self.free, lambda: self.now)
        self.thread = threading.Thread(target=self.request_queue.serve, args=(self, lambda: None))
        self.thread.start()

    def generate(self, request: GenerateRequest) -> StepWork:
        return StepWork(self, request)

    def allowed(self, name: str) -> bool:
        return name in self.finished

    def add(self, name: str, **options: object) -> tuple[Job, Heard]:
        heard = Heard()
        request = ask(name, **options)
        return self.request_queue.add(generate_job(request, repr(request)), heard), heard

    def finish(self, *names: str) -> None:
        self.finished.update(names)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.request_queue.close()
    desk.thread.join(5)
    assert not desk.thread.is_alive()


def test_a_person_comes_before_asked_work_before_idle_work(desk: Desk) -> None:
    desk.add("first", priority="requested")
    until(lambda: desk.order == ["first"])
    heard = {name: desk.add(name, priority=name, idle_delay_seconds=0)[1] for name in ("idle", "requested")}
    heard["person"] = desk.add("person")[1]
    desk.finish("first", "idle", "requested", "person")
    for one in heard.values():
        assert one.done.wait(5)
    names = [name for name in desk.order if name != "first"]
    assert names == ["person", "requested", "idle"]


def test_running_work_is_interrupted_and_goes_on_afterwards(desk: Desk) -> None:
    _, asked = desk.add("requested", priority="requested")
    until(lambda: desk.order == ["requested"])
    desk.finish("person")
    _, person = desk.add("person")
    assert person.done.wait(5)
    assert not asked.done.is_set()
    desk.finish("requested")
    assert asked.done.wait(5)
    assert desk.order == ["requested", "person", "requested"]
    assert [event.text for event in asked.events] == ["requested"]


def test_idle_work_waits_for_the_delay_after_activity(desk: Desk) -> None:
    desk.request_queue.note_activity()
    desk.finish("idle")
    _, heard = desk.add("idle", priority="idle", idle_delay_seconds=5)
    assert not heard.done.wait(0.2)
    desk.now += 5
    assert heard.done.wait(5)


def test_activity_interrupts_idle_work(desk: Desk) -> None:
    desk.add("idle", priority="idle", idle_delay_seconds=1)
    desk.now += 1
    until(lambda: desk.order == ["idle"])
    desk.request_queue.note_activity()
    until(lambda: "idle" in desk.interrupted)
    assert desk.request_queue.busy
    assert desk.closed == []


def test_a_busy_machine_holds_idle_work_back_but_not_forever(desk: Desk) -> None:
    desk.free = False
    desk.finish("idle")
    _, heard = desk.add("idle", priority="idle", idle_delay_seconds=0)
    desk.now += LOAD_PATIENCE_SECONDS / 2
    assert not heard.done.wait(0.2)
    desk.now += LOAD_PATIENCE_SECONDS
    assert heard.done.wait(5)


def test_the_same_work_is_done_once(desk: Desk) -> None:
    first, one = desk.add("same", priority="requested", work_key="subject:producer")
    until(lambda: desk.order == ["same"])
    second, two = desk.add("same", priority="requested", work_key="subject:producer")
    _, other = desk.add("same", priority="requested", work_key="another:producer")
    assert first is second
    desk.finish("same")
    for heard in (one, two, other):
        assert heard.done.wait(5)
        assert [event.text for event in heard.events] == ["same"]
    assert desk.order == ["same", "same"]


def test_joined_work_takes_the_more_urgent_priority(desk: Desk) -> None:
    desk.request_queue.note_activity()
    job, _ = desk.add("same", priority="idle", work_key="k", idle_delay_seconds=100)
    request = ask("same", priority="requested", work_key="k", idle_delay_seconds=100)
    heard = Heard()
    desk.finish("same")
    same = generate_job(request, repr(ask("same", priority="idle", work_key="k", idle_delay_seconds=100)))
    assert desk.request_queue.add(same, heard) is job
    assert heard.done.wait(5)


def test_work_that_nobody_waits_for_is_dropped(desk: Desk) -> None:
    job, heard = desk.add("long", priority="requested")
    until(lambda: desk.order == ["long"])
    desk.request_queue.leave(job, heard)
    until(lambda: not desk.request_queue.busy)
    assert desk.closed == ["long"]


def test_interrupted_work_that_nobody_waits_for_gives_back_what_it_holds(desk: Desk) -> None:
    job, heard = desk.add("long", priority="idle", idle_delay_seconds=0)
    until(lambda: desk.order == ["long"])
    desk.request_queue.note_activity()
    desk.now -= 1
    desk.request_queue.leave(job, heard)
    until(lambda: not desk.request_queue.busy)
    assert desk.closed == ["long"]


def test_work_goes_on_while_one_listener_remains(desk: Desk) -> None:
    job, leaving = desk.add("same", priority="requested", work_key="k")
    _, staying = desk.add("same", priority="requested", work_key="k")
    desk.request_queue.leave(job, leaving)
    desk.finish("same")
    assert staying.done.wait(5)
    assert staying.error is None
    assert not leaving.events


def test_one_broken_request_ends_alone_and_says_nothing_secret(desk: Desk) -> None:
    _, broken = desk.add("broken")
    assert broken.done.wait(5)
    assert "secret" not in str(broken.error)
    desk.finish("fine")
    assert desk.add("fine")[1].done.wait(5)


def test_closing_tells_everybody(desk: Desk) -> None:
    waiting = [desk.add(name, priority="requested")[1] for name in ("one", "two")]
    until(lambda: desk.order == ["one"])
    desk.request_queue.close()
    for heard in waiting:
        assert heard.done.wait(5)
        assert isinstance(heard.error, Cancelled)
