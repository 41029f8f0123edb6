"""Passes that were asked for: everything once, nothing twice, kept at every symbol."""

import subprocess
from pathlib import Path

import pytest
from tests_world import World

from forethought.engine.fake import FakeEngine
from forethought.engine.messages import CancelToken
from forethought.errors import EngineError, EngineUnavailable, UsageError
from forethought.index.resolve import Target
from forethought.precompute import PrecomputeReport, Selection
from forethought.session import Session
from forethought.workspace import Workspace


def run(session: Session, workspace: Workspace, selection: Selection | None = None) -> PrecomputeReport:
    return session.precompute(workspace, selection or Selection(), lambda progress: None, CancelToken())


def thought_about(engine: FakeEngine) -> list[str]:
    """The symbol of each request, in order."""
    keys = [request.prompts[0].messages[-1].content.partition("`")[2].partition("`")[0] for request in engine.requests]
    return list(dict.fromkeys(keys))


def test_everything_is_thought_about_once(world: World) -> None:
    session, workspace = world.open()
    report = run(session, workspace)
    assert (report.files_selected, report.files_computed, report.failed, report.remaining) == (2, 2, 0, 0)
    assert report.computed == len(workspace.index.tags("greet.py").symbols) + 2  # type: ignore[union-attr]
    again = run(session, workspace)
    assert (again.computed, again.reused, again.files_reused) == (0, report.computed, 2)


def test_a_second_run_asks_the_model_nothing(world: World) -> None:
    session, workspace = world.open()
    run(session, workspace)
    asked = len(world.engine.requests)
    session, workspace = world.open()
    run(session, workspace)
    assert len(world.engine.requests) == asked


def test_only_the_symbol_whose_body_changed_is_thought_about_again(world: World) -> None:
    session, workspace = world.open()
    run(session, workspace)
    world.engine.requests.clear()
    world.write("greet.py", (world.folder / "greet.py").read_text().replace("text.strip()", "text.lower()"))
    report = run(session, workspace)
    assert report.computed == 1
    assert thought_about(world.engine) == ["polish"]


def test_users_of_a_changed_interface_are_thought_about_again(world: World) -> None:
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


def test_a_moved_file_costs_nothing(world: World) -> None:
    session, workspace = world.open()
    run(session, workspace)
    asked = len(world.engine.requests)
    world.git("mv", "greet.py", "hello.py")
    (world.folder / "test_greet.py").unlink()
    report = run(session, workspace)
    assert report.computed == 0
    assert len(world.engine.requests) == asked


def test_another_clone_reuses_the_work(world: World, tmp_path: Path) -> None:
    session, workspace = world.open()
    first = run(session, workspace)
    subprocess.run(["git", "clone", "-q", str(world.folder), str(tmp_path / "clone")], check=True)
    report = run(session, session.add_root(tmp_path / "clone"))
    assert (report.computed, report.reused) == (0, first.computed)


def test_a_budget_ends_the_run_and_says_what_remains(world: World) -> None:
    session, workspace = world.open()
    report = run(session, workspace, Selection(budget_tokens=1))
    assert report.computed == 1
    assert report.remaining > 0
    assert not report.failures
    rest = run(session, workspace)
    assert rest.computed == report.remaining


def test_a_cancelled_run_keeps_what_was_done(world: World) -> None:
    session, workspace = world.open()
    cancel = CancelToken()

    def stop_at_three(progress: object) -> None:
        if len(world.engine.requests) == 3:
            cancel.cancel()

    report = session.precompute(workspace, Selection(), stop_at_three, cancel)
    assert report.interrupted
    assert report.computed == 3
    assert run(session, workspace).reused == 3


def test_a_symbol_at_which_the_engine_fails_twice_is_a_failure_and_the_others_go_on(world: World) -> None:
    session, workspace = world.open()
    world.engine.queue(EngineError("it died"), EngineError("it died again"))
    report = run(session, workspace)
    assert [failure.reason for failure in report.failures] == ["it died again"]
    assert report.remaining == 0
    assert run(session, workspace).computed == 1


def test_a_dry_run_needs_no_engine_and_estimates(world: World) -> None:
    session, workspace = world.open(engine=False)
    report = run(session, workspace, Selection(dry_run=True))
    assert report.remaining > 0
    assert report.estimate_minutes > 0


def test_without_an_engine_it_says_what_to_do(world: World) -> None:
    session, workspace = world.open(engine=False)
    with pytest.raises(EngineUnavailable, match="engine"):
        run(session, workspace)


def test_a_selection_by_revision_path_and_glob(world: World) -> None:
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


def test_a_secret_in_the_source_reaches_no_prompt(world: World) -> None:
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
    card = workspace.card(Target("config.py", "connect"))
    assert card is not None
    assert card.state == "fresh"


def test_a_file_gets_no_more_than_its_share_of_tokens(world: World) -> None:
    session, workspace = world.open(**{"sleep.maxTokensPerFile": 1})
    report = run(session, workspace)
    assert report.computed == 2
    assert report.remaining > 0
    assert not report.failures
