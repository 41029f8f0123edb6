"""What functions do, as the workspace knows it: of the text as it is now, and with effects once they are computed."""

from collections.abc import Callable

import pytest

from forethought.errors import Cancelled
from forethought.facts.effects import Effects
from forethought.names.resolver import Target
from forethought.workspace.symbol_info import SymbolInfo
from forethought.workspace.workspace import Workspace
from support.polling import eventually
from support.session_world import SOURCE, SessionWorld

GREET = Target("greet.py", "Greeter.greet")
MAIN = Target("greet.py", "main")


def info(workspace: Workspace, target: Target) -> SymbolInfo:
    found = workspace.symbol_info(target)
    assert found is not None
    return found


def test_a_symbol_info_says_what_the_function_does(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    greet = info(workspace, GREET)
    assert greet.behavior_summary.startswith("Raises `ValueError(name)` when `not name`.")
    assert greet.behavior is not None and greet.behavior.raises == ("ValueError(name)",)
    assert info(workspace, Target("greet.py", "Greeter")).behavior_summary == (
        "Its methods raise `ValueError` (in `greet`)."
    )
    assert info(workspace, Target("test_greet.py", "")).behavior_summary == ""


def test_behavior_is_that_of_the_buffer(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    assert info(workspace, GREET).behavior_summary
    workspace.change_file("greet.py", SOURCE.replace("if not name", "if name == 'Bob'"), 1)
    assert workspace.wait_document("greet.py", 1, 10) is not None
    shown = workspace.quick_info(GREET)
    assert shown is not None and "not name" not in shown.behavior_summary
    assert "when `name == 'Bob'`" in info(workspace, GREET).behavior_summary
    behavior = workspace.behavior(GREET)
    assert behavior is not None and behavior == info(workspace, GREET).behavior


def test_effects_are_added_after_all_else_and_go_with_any_change(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    assert info(workspace, MAIN).effects is None
    workspace.complete_soon(MAIN)

    def effects() -> Effects | None:
        shown = workspace.quick_info(MAIN)
        return shown.effects if shown is not None else None

    assert eventually(lambda: effects() is not None)
    assert [effect.category for effect in effects().nearest] == ["log"]  # type: ignore[union-attr]
    workspace.change_file("test_greet.py", "import time\n", 1)
    assert workspace.wait_document("test_greet.py", 1, 10) is not None
    assert effects() is None


def test_effects_stop_when_they_are_cancelled(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    with pytest.raises(Cancelled):
        workspace.effects(MAIN, lambda: True)
    assert workspace.effects(MAIN, lambda: False).nearest[0].call == "print"


def test_effects_of_a_newer_text_replace_those_of_an_older_one(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is still being computed for an older snapshot is not kept."""
    _, workspace = world.open(engine=False)
    workspace.refresh()
    info(workspace, MAIN)
    symbols = workspace.symbols

    def edit_meanwhile(snapshot: object, target: Target, cancelled: Callable[[], bool]) -> Effects:
        workspace.change_file("greet.py", SOURCE.replace("print(", "("), 1)
        assert workspace.wait_document("greet.py", 1, 10) is not None
        assert cancelled()
        return Effects(at_least=True)

    monkeypatch.setattr(symbols, "_effects", edit_meanwhile)
    symbols._add_effects(MAIN)
    shown = workspace.quick_info(MAIN)
    assert shown is not None and shown.effects is None
