"""Idle thinking: what is in scope, in which order, and what stops it."""

import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from forethought.app.session import Session
from forethought.engine.api import CancelToken, GenerateRequest, Prompt
from forethought.errors import IndexingError, ModelLoadError, StoreError
from forethought.idle import coverage
from forethought.idle.precomputation import Selection
from forethought.insights.context import Context, build_context
from forethought.insights.entry import Entry
from forethought.names.resolver import Resolver, Target
from forethought.store.user_state import UserState
from forethought.syntax.tags import FileTags, Symbol
from forethought.workspace.workspace import Workspace
from support.fake_engine import FakeEngine, sound_answer
from support.polling import eventually
from support.repository import git
from support.session_world import SOURCE, SessionWorld

pytestmark = pytest.mark.slow


def symbol_state(workspace: Workspace, path: str, symbol_id: str) -> str | None:
    symbol_info = workspace.symbol_info(Target(path, symbol_id))
    return symbol_info.state if symbol_info else None


def symbol_of(request: GenerateRequest) -> str:
    """What a pass asks about, as it stands in its prompts."""
    found = re.search("`[a-zA-Z.]+`", request.prompts[0].messages[-1].content)
    return found.group() if found else ""


def finished(session: Session) -> bool:
    status = session.status()
    return bool(status["state"] == "idle" and status["queue"] == 0 and status["roots"][0]["contexts"]["fresh"])


def test_what_was_committed_is_thought_about_while_idle(world: SessionWorld) -> None:
    session, workspace = world.open()
    session.start()
    eventually(lambda: finished(session))
    assert symbol_state(workspace, "greet.py", "Greeter.greet") == "fresh"


def test_a_commit_brings_exactly_the_changed_symbol_back(world: SessionWorld) -> None:
    session, workspace = world.open()
    session.start()
    eventually(lambda: finished(session))
    asked = len(world.engine.requests)
    world.write("greet.py", SOURCE.replace("text.strip()", "text.lower()"))
    world.commit("second")
    eventually(lambda: len(world.engine.requests) > asked and finished(session))
    texts = [request.prompts[0].messages[-1].content for request in world.engine.requests[asked:]]
    assert all("`polish`" in text for text in texts)
    assert symbol_state(workspace, "greet.py", "polish") == "fresh"


def test_a_branch_switch_back_and_forth_costs_nothing(world: SessionWorld) -> None:
    session, workspace = world.open()
    session.start()
    eventually(lambda: finished(session))
    git(world.folder, "switch", "-q", "-c", "other")
    world.write("greet.py", SOURCE.replace("text.strip()", "text.lower()"))
    world.commit("on the branch")
    eventually(lambda: symbol_state(workspace, "greet.py", "polish") == "fresh" and finished(session))
    asked = len(world.engine.requests)
    git(world.folder, "switch", "-q", "main")
    eventually(lambda: "strip" in b"\n".join(workspace.lines("greet.py")).decode() and not workspace.busy)
    eventually(lambda: symbol_state(workspace, "greet.py", "polish") == "fresh" and finished(session))
    assert len(world.engine.requests) == asked


def test_an_edited_symbol_shows_its_older_insight_marked_stale(world: SessionWorld) -> None:
    session, workspace = world.open()
    session.start()
    eventually(lambda: finished(session))
    workspace.change_file("greet.py", SOURCE, 1)
    workspace.change_file("greet.py", SOURCE.replace("text.strip()", "text.title()"), 2)
    eventually(lambda: symbol_state(workspace, "greet.py", "polish") == "stale")
    symbol_info = workspace.symbol_info(Target("greet.py", "polish"))
    assert symbol_info is not None
    assert symbol_info.insights is not None
    assert symbol_state(workspace, "greet.py", "Greeter.greet") == "fresh"


def test_a_changed_callee_body_is_said(world: SessionWorld) -> None:
    session, workspace = world.open()
    session.start()
    eventually(lambda: finished(session))
    workspace.change_file("greet.py", SOURCE.replace("text.strip()", "text.title()"), 1)
    eventually(lambda: symbol_state(workspace, "greet.py", "Greeter.greet") == "fresh")
    symbol_info = workspace.symbol_info(Target("greet.py", "Greeter.greet"))
    assert symbol_info is not None
    assert symbol_info.callee_changed


def test_a_pause_stops_thinking_survives_a_restart_and_resumes(world: SessionWorld) -> None:
    UserState(world.cache).pause(None)
    session, _ = world.open()
    session.start()
    eventually(lambda: session.status()["state"] == "paused")
    assert "until you resume" in session.status()["pausedReason"]
    assert not world.engine.requests
    session.resume()
    eventually(lambda: finished(session))


def test_a_pause_shows_without_an_engine_too(world: SessionWorld) -> None:
    session, workspace = world.open(engine=False)
    assert session.status()["state"] == "starting"
    workspace.refresh()
    session.pause(60)
    assert session.status()["state"] == "paused"
    session.resume()
    assert session.status()["state"] == "idle"


def test_pausing_in_mid_thought_stops_it(world: SessionWorld) -> None:
    session, _ = world.open()
    world.engine.hold()
    session.start()
    eventually(lambda: session.status()["state"] == "thinking")
    assert session.status()["current"]["uri"].startswith("file://")
    session.pause(60)
    eventually(lambda: session.status()["state"] == "paused")
    world.engine.release()
    session.resume()
    eventually(lambda: finished(session))


def test_the_daily_limit_pauses(world: SessionWorld) -> None:
    UserState(world.cache, lambda: world.now).add_thinking(61)
    session, _ = world.open(**{"idle.dailyMinutes": 1})
    session.start()
    eventually(lambda: session.status()["state"] == "paused")
    assert session.status()["pausedReason"] == "today's 1 minutes are used up (idle.dailyMinutes)"


def test_minutes_are_kept_for_what_changes_today(world: SessionWorld) -> None:
    UserState(world.cache, lambda: world.now).add_thinking(60)
    session, workspace = world.open(**{"idle.dailyMinutes": 1.25})
    session.start()
    eventually(lambda: session.status()["state"] == "paused")
    assert "kept for what changes" in session.status()["pausedReason"]
    waiting = session.status()["queue"]
    assert waiting
    assert not world.engine.requests
    world.write("greet.py", SOURCE.replace("text.strip()", "text.lower()"))
    world.commit("second")
    eventually(
        lambda: symbol_state(workspace, "greet.py", "polish") == "fresh" and session.status()["state"] == "paused"
    )
    assert {symbol_of(request) for request in world.engine.requests} == {"`polish`"}
    assert session.status()["queue"] == waiting - 1
    world.now += 86_400
    eventually(lambda: finished(session))
    assert session.idle_loop._user_state.spent_today().older > 0


def test_what_the_kept_minutes_are_for_is_next_and_says_so(world: SessionWorld) -> None:
    UserState(world.cache, lambda: world.now).add_thinking(60)
    session, workspace = world.open(**{"idle.dailyMinutes": 1.25})
    workspace.refresh()
    world.write("greet.py", SOURCE.replace("text.strip()", "text.lower()"))
    world.commit("second")
    workspace.refresh()
    session.refresh_coverage()
    first, second, *_ = session.status()["next"]
    assert first["symbol"] == "polish"
    assert first["reason"] == "changed today, in a recently committed file"
    assert "when there are minutes for older code again" in second["reason"]
    world.now += 86_400
    assert "changed today" not in session.status()["next"][0]["reason"]


def test_on_battery_it_pauses(world: SessionWorld) -> None:
    session, _ = world.open(**{"idle.onBattery": False})
    session.idle_loop.limits._on_battery = lambda: True
    session.start()
    eventually(lambda: session.status()["state"] == "paused")
    assert "battery" in session.status()["pausedReason"]


def test_a_model_that_cannot_load_is_degraded_and_said(world: SessionWorld) -> None:
    session, _ = world.open()
    world.engine.queue(ModelLoadError("The model is truncated; pull it again."))
    session.start()
    eventually(lambda: session.status()["state"] == "degraded")
    assert session.status()["message"] == "The model is truncated; pull it again."


def test_without_an_engine_it_is_idle_with_zero_contexts(world: SessionWorld) -> None:
    session, workspace = world.open(engine=False)
    session.start()
    eventually(lambda: workspace.indexed_once and not workspace.busy)
    status = session.status()
    assert status["state"] == "idle"
    assert status["engine"] is None
    assert set(status["roots"][0]["contexts"].values()) == {0}


def test_scope_off_thinks_about_nothing(world: SessionWorld) -> None:
    session, workspace = world.open(**{"sleep.scope": "off"})
    session.start()
    eventually(lambda: workspace.indexed_once and not workspace.busy)
    assert session.status()["queue"] == 0
    assert not world.engine.requests


def test_the_scope_open_covers_open_files_only(world: SessionWorld) -> None:
    session, workspace = world.open(**{"sleep.scope": "open"})
    workspace.change_file("test_greet.py", (world.folder / "test_greet.py").read_text(), 1)
    session.start()
    eventually(lambda: finished(session))
    assert symbol_state(workspace, "test_greet.py", "test_greets") == "fresh"
    assert symbol_state(workspace, "greet.py", "polish") == "missing"


def test_a_hover_without_an_insight_brings_its_symbol_up(world: SessionWorld) -> None:
    session, workspace = world.open(**{"sleep.scope": "open"})
    session.start()
    eventually(lambda: workspace.indexed_once and not workspace.busy)
    session.request_insights(workspace, [Target("greet.py", "polish")])
    eventually(lambda: symbol_state(workspace, "greet.py", "polish") == "fresh")


def test_the_next_symbols_say_why(world: SessionWorld) -> None:
    session, _ = world.open()
    world.engine.hold()
    session.start()
    upcoming = eventually(lambda: session.status()["next"])
    assert all(item["reason"] for item in upcoming)
    world.engine.release()


def test_evicted_insights_are_missing_and_nothing_crashes(world: SessionWorld) -> None:
    session, workspace = world.open()
    session.start()
    eventually(lambda: finished(session))
    session.pause(None)
    session.contexts.clear()
    assert symbol_state(workspace, "greet.py", "polish") == "missing"


def test_a_text_called_wrong_disappears(world: SessionWorld) -> None:
    from forethought.qa.question import Question

    session, workspace = world.open()
    session.start()
    eventually(lambda: finished(session))
    question = Question("what does polish do?", at=(workspace, "greet.py", None))
    answer = session.ask(question, lambda delta: None, CancelToken())
    assert answer.tier == "predicted"
    session.feedback(answer.id, "wrong")
    again = session.ask(question, lambda delta: None, CancelToken())
    assert again.text != answer.text or again.tier != "predicted"


def test_a_full_survey_keeps_what_was_requested_outside_the_scope(world: SessionWorld) -> None:
    session, workspace = world.open(**{"sleep.scope": "open"})
    session.start()
    eventually(lambda: workspace.indexed_once and not workspace.busy)
    session.idle_loop.request(workspace, Target("greet.py", "polish"))
    session.idle_loop.survey_soon(workspace)
    eventually(lambda: symbol_state(workspace, "greet.py", "polish") == "fresh")


def test_nothing_left_is_said_only_after_a_survey(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    session, _ = world.open()
    looked = threading.Event()
    survey = session.idle_loop._survey
    monkeypatch.setattr(session.idle_loop, "_survey", lambda surveys: (looked.wait(20), survey(surveys)))
    session.start()
    eventually(lambda: "Comparing" in session.status()["message"])
    assert session.status()["state"] == "indexing"
    looked.set()
    eventually(lambda: finished(session))


def test_a_stage_is_shown_before_the_pass_is_over(world: SessionWorld) -> None:
    seen: set[str | None] = set()

    def answer(prompt: Prompt) -> str:
        if "step by step" in prompt.messages[-1].content and "`polish`" in prompt.messages[1].content:
            seen.add(symbol_state(workspace, "greet.py", "polish"))
        return sound_answer(prompt)

    world.engine = FakeEngine(default=answer)
    session, workspace = world.open(**{"sleep.rounds": 2})
    session.start()
    eventually(lambda: finished(session))
    assert seen == {"fresh"}


def test_measured_predictability_is_remembered_by_kind(world: SessionWorld) -> None:
    world.engine.score_of = lambda prompt, text: -1.5
    session, _ = world.open()
    session.start()
    eventually(lambda: finished(session))
    assert UserState(world.cache).predictability()["function"] == pytest.approx(-1.5)


def test_a_hover_waits_for_nothing_that_the_loop_reads(world: SessionWorld) -> None:
    session, workspace = world.open(**{"idle.onBattery": False})
    looks, seen = [], threading.Event()

    def look() -> bool:
        """Once, when the queue was made, and then before it waits for something to happen."""
        looks.append(1)
        return len(looks) == 1 or not seen.wait(20)

    session.idle_loop.limits._on_battery = look
    session.start()
    eventually(lambda: len(looks) > 1)
    hover = threading.Thread(target=session.idle_loop.request, args=(workspace, Target("greet.py", "polish")))
    hover.start()
    hover.join(5)
    waits = hover.is_alive()
    seen.set()
    assert not waits


def test_a_survey_that_failed_is_made_again(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.idle.idle_loop.RETRY_SECONDS", 0.01)
    session, workspace = world.open()
    survey, faults = session.idle_loop._survey, [IndexingError("The index is busy.")]

    def fail_once(surveys: Mapping[Workspace, Any]) -> None:
        if faults and workspace.indexed_once:
            raise faults.pop()
        survey(surveys)

    monkeypatch.setattr(session.idle_loop, "_survey", fail_once)
    session.start()
    eventually(lambda: finished(session))
    assert not faults


def test_nothing_more_is_thought_about_a_root_that_is_removed(world: SessionWorld) -> None:
    session, workspace = world.open()
    world.engine.hold()
    session.start()
    eventually(lambda: session.idle_loop.current is not None)
    session.remove_root(workspace.root)
    assert session.idle_loop.queue.candidates == ()
    eventually(lambda: session.idle_loop.current is None)
    asked = len(world.engine.requests)
    world.engine.release()
    assert session.status()["queue"] == 0
    assert len(world.engine.requests) == asked
    assert workspace not in session.idle_loop.coverage.roots


def test_what_another_window_thought_about_meanwhile_is_left_out(world: SessionWorld) -> None:
    session, workspace = world.open()
    workspace.refresh()
    session.refresh_coverage()
    other, its_workspace = world.open()
    other.precompute(its_workspace, Selection(), lambda progress: None, CancelToken())
    asked = len(world.engine.requests)
    for candidate in session.idle_loop.queue.candidates:
        session.idle_loop._think(candidate)
    assert len(world.engine.requests) == asked
    assert session.idle_loop.queue.candidates == ()
    assert session.idle_loop.coverage.counts(workspace)["missing"] == 0


def test_what_could_not_be_stored_is_stored_later_and_not_thought_again(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forethought.idle.idle_loop.RETRY_SECONDS", 0.01)
    session, _ = world.open(**{"sleep.rounds": 0})
    put, faults = session.contexts.put_many, [StoreError("The disk is full.")] * 5

    def put_at_last(entries: Iterable[Entry]) -> None:
        if faults:
            raise faults.pop()
        put(entries)

    monkeypatch.setattr(session.contexts, "put_many", put_at_last)
    session.start()
    eventually(lambda: finished(session))
    keys = [request.work_key for request in world.engine.requests]
    assert len(keys) == len(set(keys))


def surveyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose symbols are looked at from now on."""
    paths: list[str] = []
    survey_file = coverage.survey_file

    def note(workspace: Workspace, path: str, *words: Any) -> list[coverage.SymbolStatus]:
        paths.append(path)
        return survey_file(workspace, path, *words)

    monkeypatch.setattr(coverage, "survey_file", note)
    return paths


def test_a_survey_asks_the_engine_once(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        world.write(f"more{number}.py", f"def more{number}():\n    return {number}\n")
    world.commit("more")
    session, workspace = world.open()
    workspace.refresh()
    asked: list[int] = []
    identity = world.engine.identity
    monkeypatch.setattr(world.engine, "identity", lambda: (asked.append(1), identity())[1])
    session.idle_loop.survey_now()
    assert len(session.idle_loop.queue.candidates) > 10
    assert len(asked) == 1


def test_the_context_of_an_insight_is_built_once(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    session, workspace = world.open()
    session.start()
    eventually(lambda: finished(session))
    workspace.symbol_info(Target("greet.py", "polish"))
    built: list[str] = []

    def count(resolver: Resolver, path: str, tags: FileTags, symbol: Symbol, source: bytes) -> Context:
        built.append(symbol.id)
        return build_context(resolver, path, tags, symbol, source)

    monkeypatch.setattr("forethought.workspace.saved_contexts.build_context", count)
    asked = len(world.engine.requests)
    world.write("greet.py", SOURCE.replace("text.strip()", "text.lower()"))
    world.commit("second")
    eventually(lambda: len(world.engine.requests) > asked and finished(session))
    assert built.count("polish") == 1


def test_a_save_has_only_what_it_changed_surveyed(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("user.py", "from greet import polish\n\n\ndef use():\n    return polish('x')\n")
    world.write("other.py", "def other():\n    return 1\n")
    world.commit("more")
    session, workspace = world.open()
    workspace.refresh()
    session.idle_loop.survey_now()
    paths = surveyed(monkeypatch)
    world.write("greet.py", SOURCE.replace("polish(text: str)", "polish(text: str, hard: bool = False)"))
    workspace.refresh(["greet.py"])
    session.idle_loop._survey(session.idle_loop._surveys)
    assert paths == ["greet.py", "user.py"]
    assert {candidate.target.path for candidate in session.idle_loop.queue.candidates} >= {
        "greet.py",
        "user.py",
        "other.py",
    }


def test_what_another_process_indexed_is_surveyed_too(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    session, workspace = world.open()
    workspace.refresh()
    session.idle_loop.survey_now()
    _, theirs = world.open()
    world.write("greet.py", SOURCE.replace("polish(text: str)", "polish(text: str, hard: bool = False)"))
    theirs.refresh(["greet.py"])
    paths = surveyed(monkeypatch)
    workspace.refresh(["greet.py"])
    session.idle_loop._survey(session.idle_loop._surveys)
    assert paths == ["greet.py", "test_greet.py"]


def test_a_file_that_is_opened_is_in_scope_from_the_next_save_on(world: SessionWorld) -> None:
    world.write("old.py", "def old():\n    return 1\n")
    world.commit("old")
    for number in range(12):
        world.write(f"new{number}.py", f"def new{number}():\n    return {number}\n")
        world.commit(f"new {number}")
    session, workspace = world.open()
    workspace.refresh()
    session.idle_loop.survey_now()
    assert "old.py" not in {candidate.target.path for candidate in session.idle_loop.queue.candidates}
    workspace.change_file("old.py", "def old():\n    return 1\n", 1)
    world.write("new1.py", "def new1():\n    return 'one'\n")
    workspace.refresh(["new1.py"])
    session.idle_loop._survey(session.idle_loop._surveys)
    assert "old.py" in {candidate.target.path for candidate in session.idle_loop.queue.candidates}


def test_looking_twice_at_a_symbol_without_an_insight_is_one_request(world: SessionWorld) -> None:
    session, workspace = world.open()
    target = Target("greet.py", "polish")
    session.request_insights(workspace, [target])
    session.idle_loop._surveys.clear()
    session.request_insights(workspace, [target])
    assert not session.idle_loop._surveys
    session.defer()
    session.request_insights(workspace, [target])
    assert session.idle_loop._surveys
    assert session.idle_loop.obstacle() is None


def test_code_that_is_newly_ignored_leaves_prompts_and_queue_at_once(world: SessionWorld) -> None:
    session, workspace = world.open()
    world.engine.hold()
    session.start()
    eventually(lambda: session.status()["state"] == "thinking")
    eventually(lambda: session.status()["queue"] > 1)
    world.write(".forethoughtignore", "*.py\n")
    workspace.files_changed([".forethoughtignore"])
    eventually(lambda: session.status()["state"] == "idle" and session.status()["queue"] == 0)  # although none answered
    assert not workspace.index.paths()
    asked = len(world.engine.requests)
    world.engine.release()
    world.write(".forethoughtignore", "greet.py\n")
    workspace.files_changed([".forethoughtignore"])
    eventually(lambda: finished(session))
    texts = [message.content for request in world.engine.requests[asked:] for message in request.prompts[0].messages]
    assert texts
    assert not any("Knows how to greet" in text or "def polish" in text for text in texts)
