"""Questions about what functions do are answered from the code: with the path, and never more than is seen."""

from typing import Literal, get_args

import pytest

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled
from forethought.names.resolver import Target
from forethought.qa.fact_rendering import fact_text
from forethought.qa.fact_rendering.subject import FactSubject
from forethought.qa.intent import Intent
from forethought.qa.question import Question, Referent
from forethought.syntax.tags import Position
from support.session_world import SessionWorld, ask

SOURCES = {
    "jars.py": """import random
import time

import far


class Jar:
    def __init__(self, size):
        self.size = size

    def fill(self, spoon, notes):
        global COUNT
        if not spoon:
            return None
        if self.size > 3:
            self.size -= 1
        COUNT = 2
        notes.append(spoon)
        notes[0] = spoon
        return save(spoon)

    def peek(self):
        return self.size


def save(spoon):
    return _write(spoon)


def _write(spoon):
    with open("jar.txt", "w") as file:
        file.write(spoon)


def shelve(jar):
    far.send(jar)
    return jar


def label(jar, path, mode):
    open(path, mode)


def double(number):
    return number + number


def risky(jar):
    try:
        save(jar)
    except ValueError:
        pass
    except OSError as error:
        print(error)
    return jar


def clean(jar):
    if jar is None:
        return 0
    for item in jar:
        if item == "lid":
            return 1
        time.sleep(1)
    return 2


LIMIT = 3
""",
    "shelves.py": """import os
import shutil


def empty(path):
    os.remove(path)
    shutil.rmtree(path)
    os.remove(path)
""",
}


def check(world: SessionWorld, question: str, *expected: str, **options: object) -> str:
    """The answer is a fact, and says all of what is expected."""
    for path, text in SOURCES.items():
        world.write(path, text)
    session, workspace = world.open(engine=False)
    workspace.refresh()
    if isinstance(at := options.pop("at", None), int):
        options["at"] = (workspace, "jars.py", Position(at - 1, 8))
    answer = ask(session, question, **options)
    assert answer.tier == "facts", answer.text
    for part in expected:
        assert part in answer.text, answer.text
    return answer.text


def test_an_effect_is_named_with_its_place_and_the_calls_that_lead_to_it(world: SessionWorld) -> None:
    text = check(world, "does Jar.fill write to disk?")
    assert text == "Yes: `Jar.fill` writes to the file system: `open`, through `save` → `_write` (jars.py:31)."


def test_the_sources_are_the_effect_and_the_definitions_on_the_path(world: SessionWorld) -> None:
    world.write("jars.py", SOURCES["jars.py"])
    session, workspace = world.open(engine=False)
    workspace.refresh()
    answer = ask(session, "does Jar.fill write to disk?")
    assert [(source.symbol, source.range.start.row + 1) for source in answer.sources] == [
        ("Jar.fill", 11),
        ("_write", 31),
        ("save", 26),
    ]


def test_all_calls_with_the_effect_in_the_own_body_are_named_once(world: SessionWorld) -> None:
    text = check(
        world, "does empty write to disk?", "Yes: `empty` writes to the file system: `os.remove` (shelves.py:6)."
    )
    assert text.endswith("\n\nSo does `shutil.rmtree` (shelves.py:7).")


def test_no_is_only_said_when_nothing_was_left_unseen(world: SessionWorld) -> None:
    assert check(world, "does double use the network?").startswith("No: neither")
    unseen = check(world, "does shelve use the network?")
    assert unseen == "No effect of that kind was found; it makes 1 call whose effects are unknown: `far.send`."


def test_what_may_be_of_the_kind_is_only_possible(world: SessionWorld) -> None:
    check(world, "does label write to disk?", "Possibly: `label` uses the file system: `open` (jars.py:41).")


def test_anything_that_may_take_long_blocks(world: SessionWorld) -> None:
    check(world, "can clean block?", "Yes: `clean` sleeps: `time.sleep` (jars.py:64).")
    check(world, "is double blocking?", "No: ")


def test_side_effects_are_listed_with_what_is_changed(world: SessionWorld) -> None:
    text = check(world, "what are the side effects of Jar.fill?", "- writes to the file system: `open`")
    assert "- changes `self.size`, `COUNT`, `notes[0]` itself" in text
    check(world, "does double have side effects?", "`double` has no side effects")


def test_a_class_is_asked_about_its_methods(world: SessionWorld) -> None:
    text = check(world, "does the class Jar write to disk?", "1 of the 3 functions of `Jar` can:")
    assert "- `fill` writes to the file system: `open`, through `save` → `_write` (jars.py:31)" in text
    check(world, "does the class Jar use a database?", " of `Jar`")
    check(world, "what does Jar change?", "`Jar`: Its methods change `self.size` (in `fill`).")
    check(world, "does LIMIT log?", "has no functions of its own")


def test_what_a_function_changes_is_listed_with_its_conditions(world: SessionWorld) -> None:
    text = check(world, "what does Jar.fill change?")
    assert text.splitlines() == [
        "`Jar.fill` itself changes 3 things:",
        "- `self.size`, when `self.size > 3` (jars.py:16)",
        "- `COUNT` (jars.py:17)",
        "- `notes[0]` (jars.py:19)",
        "",
        "What it calls may change more: `notes.append(spoon)`.",
    ]
    check(world, "what does double mutate?", "`double` changes nothing that outlives the call.")


def test_a_method_that_is_called_may_change_what_it_is_called_on(world: SessionWorld) -> None:
    text = check(world, "what does shelve change?")
    assert text == (
        "`shelve` assigns to no attribute, argument or global itself, but what it calls may change something: "
        "`far.send(jar)`."
    )


def test_what_happens_is_told_for_each_condition_on_the_name(world: SessionWorld) -> None:
    expected = "- When `not spoon`, returns `None`. (jars.py:13)"
    check(world, "what happens when spoon is empty in Jar.fill?", "1 case with a condition on `spoon`", expected)
    check(world, "what happens if the spoon is missing?", expected, at=20)  # at a call of something else
    check(world, "what does Jar.fill do with its argument spoon?", expected)
    nested = '- For each `item` in `jar`, when `item == "lid"`, returns `1`. (jars.py:62)'
    check(world, "what happens if item is None in clean?", nested.replace(" in `jar`", ""))


@pytest.mark.parametrize(
    "question", ["what happens when notes is empty in Jar.fill?", "what does double do with its argument number?"]
)
def test_a_name_without_a_condition_is_left_to_the_other_tiers(world: SessionWorld, question: str) -> None:
    world.write("jars.py", SOURCES["jars.py"])
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert ask(session, question).tier == "none"


def test_early_returns_come_with_all_conditions_around_them(world: SessionWorld) -> None:
    text = check(world, "when does clean return early?", "returns before its end in 2 cases")
    assert "- When `jar is None`, returns `0`. (jars.py:60)" in text
    assert 'when `item == "lid"`, returns `1`. (jars.py:63)' in text
    check(world, "does double return early?", "`double` never returns early itself.")


def test_caught_exceptions_are_listed_and_those_without_code_are_swallowed(world: SessionWorld) -> None:
    text = check(world, "what does risky catch?", "- `ValueError` and ignores it (jars.py:51)")
    assert "- `OSError as error` (jars.py:53)" in text
    assert "OSError" not in check(world, "does risky swallow exceptions?", "- `ValueError` and ignores it")
    check(world, "does risky catch KeyError?", "names `KeyError` in no handler", "It handles `ValueError`")
    check(world, "what does double catch?", "`double` catches no exceptions itself.")


def test_a_question_that_takes_long_can_be_cancelled(world: SessionWorld) -> None:
    world.write("jars.py", SOURCES["jars.py"])
    session, workspace = world.open(engine=False)
    workspace.refresh()
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        session.ask(Question("does Jar.fill write to disk?"), lambda text: None, cancel)


def test_where_a_field_is_set_and_read_is_told_apart(world: SessionWorld) -> None:
    for path, text in SOURCES.items():
        world.write(path, text)
    _, workspace = world.open(engine=False)
    workspace.refresh()
    info = workspace.quick_info(Target("jars.py", "Jar.size"))
    assert info is not None
    answers = {
        aspect: fact_text(FactSubject(Referent(workspace, info), Intent(aspect, "Jar.size"))).text
        for aspect in get_args(Literal["setters", "readers", "value"])
    }
    assert answers["setters"].startswith("`Jar.size` is set in 2 places:\n- `Jar.__init__` (jars.py:9)\n- `Jar.fill`")
    assert "It is also used as a value in 2 places (jars.py:15, jars.py:23)." in answers["setters"]
    assert answers["readers"].startswith("`Jar.size` is read in 2 places:\n- `Jar.fill` (jars.py:15)\n- `Jar.peek`")


def test_a_field_that_only_subclasses_set_is_said_to_be(world: SessionWorld) -> None:
    card = "class Card(Base):\n    def __init__(self):\n        self.name = 'card'\n"
    world.write("base.py", f"class Base:\n    name: str\n\n\n{card}")
    _, workspace = world.open(engine=False)
    workspace.refresh()
    info = workspace.quick_info(Target("base.py", "Base.name"))
    assert info is not None
    text = fact_text(FactSubject(Referent(workspace, info), Intent("setters", "Base.name"))).text
    assert "Subclasses set a field of their own by this name: `Card.name` (base.py:7)." in text
