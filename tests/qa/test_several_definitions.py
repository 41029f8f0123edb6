"""A name with several definitions: which one is meant is asked, unless all others are tests' own."""

import pytest

from forethought.app.session import Session
from support.session_world import SessionWorld, ask

pytestmark = pytest.mark.slow

SOURCES = {
    "jar.py": "class Jar(dict):\n    pass\n\nclass Tin:\n    def open(self): ...\n",
    "box.py": "class Box:\n    def open(self): ...\n",
    "tests/test_jar.py": "class Jar(list):\n    pass\n",
}


@pytest.fixture
def session(world: SessionWorld) -> Session:
    for path, text in SOURCES.items():
        world.write(path, text)
    world.commit()
    session, workspace = world.open(engine=False)
    workspace.refresh()
    return session


def test_a_fact_is_about_the_one_outside_of_tests_and_names_the_other(session: Session) -> None:
    answer = ask(session, "what does Jar inherit from?")
    assert answer.text.startswith("`Jar` inherits from `dict`")
    assert "tests define another in tests/test_jar.py:1" in answer.text


def test_of_several_outside_of_tests_none_is_chosen(session: Session) -> None:
    answer = ask(session, "who calls open()?")
    assert "could be one of 2; which one do you mean?" in answer.text


def test_a_name_with_several_definitions_exists(session: Session) -> None:
    answer = ask(session, "does a function named open exist?")
    assert answer.text.startswith("Yes:")
    assert "`Tin.open` in jar.py:5" in answer.text and "`Box.open` in box.py:2" in answer.text
