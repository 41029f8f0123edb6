"""Passes that were asked for: everything once, nothing twice, kept at every symbol."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from forethought.app.session import Session
from forethought.engine.api import CancelToken, Prompt
from forethought.errors import EngineError, EngineUnavailable, UsageError
from forethought.idle.precomputation import PrecomputeReport, Selection
from forethought.idle.verification import verify_contexts
from forethought.insights.entry import Entry
from forethought.names.resolver import Target
from forethought.qa.question import Question
from forethought.workspace.workspace import Workspace
from support.fake_engine import FakeEngine, sound_answer
from support.repository import git
from support.session_world import SessionWorld


def run(session: Session, workspace: Workspace, selection: Selection | None = None) -> PrecomputeReport:
    return session.precompute(workspace, selection or Selection(), lambda progress: None, CancelToken())


def stored(session: Session) -> list[Entry]:
    return [entry for found in session.contexts.get_many(session.contexts.context_hashes()).values() for entry in found]


def thought_about(engine: FakeEngine) -> list[str]:
    """The symbol of each request, in order."""
    keys = [request.prompts[0].messages[-1].content.partition("`")[2].partition("`")[0] for request in engine.requests]
    return list(dict.fromkeys(keys))


def test_everything_is_thought_about_once(world: SessionWorld) -> None:
    session, workspace = world.open()
    report = run(session, workspace)
    assert (report.files_selected, report.files_computed, report.failed, report.remaining) == (2, 2, 0, 0)
    assert report.computed == len(workspace.index.tags("greet.py").symbols) + 2  # type: ignore[union-attr]
    again = run(session, workspace)
    assert (again.computed, again.reused, again.files_reused) == (0, report.computed, 2)


def test_a_second_run_asks_the_model_nothing(world: SessionWorld) -> None:
    session, workspace = world.open()
    run(session, workspace)
    asked = len(world.engine.requests)
    session, workspace = world.open()
    run(session, workspace)
    assert len(world.engine.requests) == asked


def test_only_the_symbol_whose_body_changed_is_thought_about_again(world: SessionWorld) -> None:
    session, workspace = world.open()
    run(session, workspace)
    world.engine.requests.clear()
    world.write("greet.py", (world.folder / "greet.py").read_text().replace("text.strip()", "text.lower()"))
    report = run(session, workspace)
    assert report.computed == 1
    assert thought_about(world.engine) == ["polish"]


def test_users_of_a_changed_interface_are_thought_about_again(world: SessionWorld) -> None:
    session, workspace = world.open()
    run(session, workspace)
    world.engine.requests.clear()
    world.write(
        "greet.py",
        (world.folder / "greet.py")
        .read_text()
        .replace("def polish(text: str)", "def polish(text: str, hard: bool = False)"),
    )
    run(session, workspace)
    names = set(thought_about(world.engine))
    assert {"polish", "Greeter.greet"} <= names
    assert not {"main", "Greeter", "test_greets"} & names


def test_a_moved_file_costs_nothing(world: SessionWorld) -> None:
    session, workspace = world.open()
    run(session, workspace)
    asked = len(world.engine.requests)
    git(world.folder, "mv", "greet.py", "hello.py")
    (world.folder / "test_greet.py").unlink()
    report = run(session, workspace)
    assert report.computed == 0
    assert len(world.engine.requests) == asked


def test_another_clone_reuses_the_work(world: SessionWorld, tmp_path: Path) -> None:
    session, workspace = world.open()
    first = run(session, workspace)
    subprocess.run(["git", "clone", "-q", str(world.folder), str(tmp_path / "clone")], check=True)
    report = run(session, session.add_root(tmp_path / "clone"))
    assert (report.computed, report.reused) == (0, first.computed)


def test_a_budget_ends_the_run_and_says_what_remains(world: SessionWorld) -> None:
    session, workspace = world.open()
    report = run(session, workspace, Selection(budget_tokens=1))
    assert report.computed == 1
    assert report.remaining > 0
    assert not report.failures
    rest = run(session, workspace)
    assert rest.computed == report.remaining


def test_a_cancelled_run_keeps_what_was_done(world: SessionWorld) -> None:
    session, workspace = world.open()
    cancel = CancelToken()

    def stop_at_three(progress: object) -> None:
        if len(world.engine.requests) == 3:
            cancel.cancel()

    report = session.precompute(workspace, Selection(), stop_at_three, cancel)
    assert report.interrupted
    assert report.computed == 3
    assert run(session, workspace).reused == 3


def test_a_symbol_at_which_the_engine_fails_twice_is_a_failure_and_the_others_go_on(world: SessionWorld) -> None:
    session, workspace = world.open()
    world.engine.queue(EngineError("it died"), EngineError("it died again"))
    report = run(session, workspace)
    assert [failure.reason for failure in report.failures] == ["it died again"]
    assert report.remaining == 0
    assert run(session, workspace).computed == 1


def test_a_dry_run_needs_no_engine_and_estimates(world: SessionWorld) -> None:
    session, workspace = world.open(engine=False)
    report = run(session, workspace, Selection(dry_run=True))
    assert report.remaining > 0
    assert report.estimate_minutes > 0


def test_without_an_engine_it_says_what_to_do(world: SessionWorld) -> None:
    session, workspace = world.open(engine=False)
    with pytest.raises(EngineUnavailable, match="engine"):
        run(session, workspace)


def test_a_selection_by_revision_path_and_glob(world: SessionWorld) -> None:
    session, workspace = world.open()
    world.write("other/thing.py", "def thing():\n    return 1\n")
    world.commit("second")
    assert run(session, workspace, Selection(since="HEAD~1", dry_run=True)).files_selected == 1
    assert run(session, workspace, Selection(paths=("other",), dry_run=True)).files_selected == 1
    assert run(session, workspace, Selection(include=("*.py",), exclude=("test_*",), dry_run=True)).files_selected == 2
    with pytest.raises(UsageError, match="nowhere"):
        run(session, workspace, Selection(paths=("nowhere",), dry_run=True))
    with pytest.raises(UsageError, match="no-such-revision"):
        run(session, workspace, Selection(since="no-such-revision", dry_run=True))


def test_a_secret_in_the_source_reaches_no_prompt(world: SessionWorld) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    world.write("config.py", f'TOKEN = "{secret}"\n\n\ndef connect():\n    return TOKEN\n')
    session, workspace = world.open()
    run(session, workspace)
    prompts = [
        message.content
        for request in world.engine.requests
        for prompt in request.prompts
        for message in prompt.messages
    ]
    assert not any(secret in prompt for prompt in prompts)
    symbol_info = workspace.symbol_info(Target("config.py", "connect"))
    assert symbol_info is not None
    assert symbol_info.state == "fresh"


def test_a_file_gets_no_more_than_its_share_of_tokens(world: SessionWorld) -> None:
    session, workspace = world.open(**{"sleep.maxTokensPerFile": 1})
    report = run(session, workspace)
    assert report.computed == 2
    assert report.remaining > 0
    assert not report.failures


def test_each_stage_is_stored_as_soon_as_it_is_there(world: SessionWorld) -> None:
    seen: set[tuple[int, bool]] = set()

    def answer(prompt: Prompt) -> str:
        if "step by step" in prompt.messages[-1].content:
            seen.update((entry.provenance.rounds, entry.provenance.finished) for entry in stored(session))
        return sound_answer(prompt)

    world.engine = FakeEngine(default=answer)
    session, workspace = world.open(**{"sleep.rounds": 2})
    run(session, workspace)
    assert (1, False) in seen
    assert all(entry.provenance.finished for entry in stored(session))


def test_a_pass_that_was_cut_off_between_two_stages_is_run_again(world: SessionWorld) -> None:
    session, workspace = world.open()
    run(session, workspace)
    cut = next(entry for entry in stored(session) if entry.outcome == "done")
    session.contexts.put_many([replace(cut, provenance=replace(cut.provenance, finished=False))])
    report = run(session, workspace)
    assert report.computed == 1


def test_why_texts_were_dropped_is_counted(world: SessionWorld) -> None:
    session, workspace = world.open()
    world.engine.queue("It calls `vanish` first.")
    assert run(session, workspace).to_json()["dropped"]["unknown identifier"] == 1


def test_what_was_asked_about_two_symbols_is_predicted_for_others(world: SessionWorld) -> None:
    def answer(prompt: Prompt) -> str:
        text = prompt.messages[-1].content
        return "It is bowing to the person." if "polite to" in text else sound_answer(prompt)

    world.engine = FakeEngine(default=answer)
    session, workspace = world.open()
    run(session, workspace)
    for name in ("main", "Greeter"):
        session.ask(Question(f"Is `{name}` polite to the person?"), lambda delta: None, CancelToken())
    world.write("new.py", "def bow(person):\n    return person\n")
    run(session, workspace)
    symbol_info = workspace.symbol_info(Target("new.py", "bow"))
    assert symbol_info is not None and symbol_info.insights is not None
    assert ("Is `bow` polite to the person?", "log") in [
        (item.question, item.origin) for item in symbol_info.insights.questions
    ]


def test_the_log_of_questions_can_be_switched_off(world: SessionWorld) -> None:
    session, _ = world.open(**{"questions.log": False})
    session.ask(Question("Who calls `polish`?"), lambda delta: None, CancelToken())
    assert not (world.cache / "questions.jsonl").exists()


def test_stored_texts_are_checked_against_their_contexts(world: SessionWorld) -> None:
    session, workspace = world.open()
    run(session, workspace)
    report = verify_contexts(workspace, session.contexts)
    assert report.texts > 0
    assert report.faults == ()
    bad = next(entry for entry in stored(session) if entry.outcome == "done")
    session.contexts.put_many([replace(bad, insights=replace(bad.insights, summary="It asks `oracle`."))])
    assert [fault.name for fault in verify_contexts(workspace, session.contexts).faults] == ["oracle"]


def test_what_was_checked_less_strictly_is_thought_about_again(world: SessionWorld) -> None:
    session, workspace = world.open()
    run(session, workspace)
    old = next(entry for entry in stored(session) if entry.outcome == "done")
    provenance = replace(old.provenance, prompt_version="1", generator_id="0" * 32)
    session.contexts.clear()
    session.contexts.put_many([replace(old, generator_id="0" * 32, provenance=provenance)])
    report = run(session, workspace)
    assert report.reused == 0


def test_the_model_is_told_what_a_function_does_step_by_step(world: SessionWorld) -> None:
    world.write("shop.py", "def pay(cents):\n    if not cents:\n        return None\n    return charge(cents)\n")
    session, workspace = world.open()
    run(session, workspace)
    prompts = [prompt.messages[1].content for request in world.engine.requests for prompt in request.prompts]
    told = {text.partition("Step by step: ")[2].partition("\n")[0] for text in prompts if "charge(cents)" in text}
    assert any("not cents" in steps for steps in told)
