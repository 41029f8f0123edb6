"""JavaScript's private members are named with their `#`; elsewhere `#` joins a class and its member."""

import pytest

from support.session_world import SessionWorld, ask

pytestmark = pytest.mark.slow

JARS = """
export class Jar {
  #count = 0;
  get() { return this.#get(); }
  #get() { return this.#count; }
  size() { return this.#get(); }
}
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("where is #get defined?", "`Jar.#get` is defined in jar.js:5."),
        ("where is Jar.#get defined?", "`Jar.#get` is defined in jar.js:5."),
        ("where is `#get` defined?", "`Jar.#get` is defined in jar.js:5."),
        ("where is Jar#get defined?", "`Jar.get` is defined in jar.js:4."),
        ("where is Greeter#greet defined?", "`Greeter.greet` is defined in greet.py:7."),
        ("where is #greet defined?", "`Greeter.greet` is defined in greet.py:7."),
        ("where is Jar.#count defined?", "`Jar.#count` is defined in jar.js:3."),
        ("who calls #get?", "`Jar.#get` is called from 2 places"),
    ],
)
def test_the_member_that_is_written_is_meant(world: SessionWorld, question: str, expected: str) -> None:
    world.write("jar.js", JARS)
    world.commit()
    session, workspace = world.open(engine=False)
    workspace.refresh()
    answer = ask(session, question)
    assert (answer.tier, expected in answer.text) == ("facts", True), answer.text
