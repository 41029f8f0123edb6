"""What a model is told in place of the code is short, and complete in what it counts."""

import pytest

from forethought.engine.api import CancelToken
from forethought.idle.precomputation import Selection
from forethought.names.resolver import Target
from forethought.qa.context_summary import MAX_NAMES, context_summary
from forethought.qa.question import Referent
from support.session_world import SessionWorld

CALLERS = "\n\n".join(f"def caller_{number}():\n    return wash({number})" for number in range(9))
SOURCE = f'''\
class Tub(Base):
    def fill(self, level: int = 3) -> int:
        """Lets water in.

        Nobody reads on.
        """
        if level > 9:
            raise ValueError(level)
        return wash(level)


class Sink(Tub):
    pass


def wash(what):
    return what


{CALLERS}
'''


def summary_of_bath(world: SessionWorld, symbol: str, *, think: bool = False) -> list[str]:
    world.write("bath.py", SOURCE)
    world.write("test_bath.py", "from bath import Tub\n\n\ndef test_fills():\n    assert Tub().fill(1)\n")
    return summary(world, symbol, think=think)


def summary(world: SessionWorld, symbol: str, *, think: bool = False) -> list[str]:
    session, workspace = world.open()
    workspace.refresh()
    if think:
        session.precompute(workspace, Selection(), lambda progress: None, CancelToken())
    symbol_info = workspace.info_with_insights(Target("bath.py", symbol))
    assert symbol_info is not None
    return context_summary(Referent(workspace, symbol_info)).splitlines()


def test_a_function_is_told_by_its_interface_and_its_neighbours(world: SessionWorld) -> None:
    assert summary_of_bath(world, "Tub.fill") == [
        "`Tub.fill`, a method in bath.py:2",
        "def fill(self, level: int = 3) -> int",
        "Docs: Lets water in.",
        "Returns: wash(level)",
        "Raises: ValueError",
        "Calls: wash",
        "Behavior: Raises `ValueError(level)` when `level > 9`. Otherwise, returns `wash(level)`.",
        "Called by: test_fills",
        "Tested by: test_fills",
    ]


def test_a_class_is_told_by_what_it_is_based_on_and_defines(world: SessionWorld) -> None:
    lines = summary_of_bath(world, "Tub")
    assert {"Bases: Base", "Defines: fill", "Subclasses: Sink"} <= set(lines)


def test_what_is_not_there_is_told_as_well(world: SessionWorld) -> None:
    nothing = {"Defines: nothing", "Subclasses: nothing in this repository", "Tested by: nothing in this repository"}
    assert nothing <= set(summary_of_bath(world, "Sink"))


def test_a_file_is_told_by_what_it_defines(world: SessionWorld) -> None:
    lines = summary_of_bath(world, "")
    assert lines[0] == "The file bath.py"
    assert any(line.startswith("Defines: Tub, Sink, wash, caller_0") for line in lines)


def test_a_long_list_says_how_many_more_there_are(world: SessionWorld) -> None:
    called_by = next(line for line in summary_of_bath(world, "wash") if line.startswith("Called by"))
    assert called_by.count(",") == MAX_NAMES - 1
    assert called_by.endswith(" and 4 more")


def test_what_may_call_it_is_not_told_as_nothing(world: SessionWorld) -> None:
    world.write("guest.py", "def stay(thing):\n    return thing.drain(3)\n")
    drains = "class {}:\n    def drain(self, level):\n        return level\n\n\n"
    world.write("bath.py", drains.format("Tub") + drains.format("Sink"))
    assert "Called by: nothing that is certain, perhaps others" in summary(world, "Tub.drain")


@pytest.mark.parametrize("symbol", ["Tub.fill", "wash"])
def test_what_was_thought_is_told_once(world: SessionWorld, symbol: str) -> None:
    lines = summary_of_bath(world, symbol, think=True)
    thoughts = [line for line in lines if line.startswith("- ")]
    assert thoughts
    assert len(thoughts) == len(set(thoughts))
