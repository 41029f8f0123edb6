"""Files of prose, markup and data: indexed, but neither thought about nor described as code."""

import pytest

from forethought.idle.coverage import NO_GENERATOR, survey_file
from forethought.idle.scope import scope_of
from forethought.repo.discovery import MAX_DATA_BYTES
from forethought.workspace.changes_since import changed_symbols
from forethought.workspace.workspace import Workspace
from support.repository import write_files
from support.session_world import SessionWorld

FILES = {
    "README.md": "# Greeting\n\n## Use\n",
    "package.json": '{"scripts": {"greet": "x"}}',
    "package-lock.json": '{"greet": 1}',
    "data/big.json": '{"greet": [\n' + "1,\n" * (MAX_DATA_BYTES // 3) + "1]}",
    "ci.yml": "jobs:\n  greet: 1\n",
}


@pytest.fixture
def workspace(world: SessionWorld) -> Workspace:
    write_files(world.folder, FILES)
    world.commit()
    _, workspace = world.open(engine=False)
    workspace.refresh()
    return workspace


def test_what_is_written_by_hand_is_indexed(workspace: Workspace) -> None:
    assert workspace.index.paths() == {"README.md", "package.json", "ci.yml", "greet.py", "test_greet.py"}
    outline = workspace.index.outline("package.json")
    assert outline is not None
    assert [symbol.id for symbol in outline.symbols] == ["", "scripts", "scripts.greet"]


def test_data_is_not_thought_about(workspace: Workspace) -> None:
    workspace.change_file("README.md", FILES["README.md"], 1)
    assert survey_file(workspace, "README.md", NO_GENERATOR) == []
    assert survey_file(workspace, "greet.py", NO_GENERATOR) != []
    assert set(scope_of(workspace).paths) <= {"greet.py", "test_greet.py"}


def test_data_is_no_part_of_search_or_digest(world: SessionWorld, workspace: Workspace) -> None:
    workspace.repository_search.catch_up(workspace._closing)
    assert set(workspace.repository_search._fulltext.stamps()) == {"greet.py", "test_greet.py"}
    write_files(world.folder, {"ci.yml": "jobs:\n  other: 1\n", "greet.py": "def other(): ...\n"})
    workspace.refresh()
    assert {
        place.path for change in changed_symbols(workspace, "HEAD") for place in [change.after or change.before]
    } == {"greet.py"}


def test_a_key_is_no_definition_even_in_an_open_file(workspace: Workspace) -> None:
    workspace.change_file("ci.yml", "jobs:\n  farewell: 1\n", 1)
    assert workspace.overlay.definitions_named("farewell") == []
    assert {path for path, *_ in workspace.overlay.definitions_named("greet")} <= {"greet.py", "test_greet.py"}
