"""Functions that are named like small words can be asked about without back-ticks."""

import pytest

from support.session_world import SessionWorld, ask

pytestmark = pytest.mark.slow

WORDS = ("before", "any", "where", "has", "both", "at")


def test_who_calls_a_function_named_like_a_small_word(world: SessionWorld) -> None:
    world.write("w.py", "\n\n".join(f"def {word}(x):\n    return x\n" for word in WORDS))
    uses = "\n\n".join(f"def uses_{word}():\n    return w.{word}(1)\n" for word in WORDS)
    world.write("v.py", f"import w\n\n\n{uses}")
    world.commit()
    session, workspace = world.open(engine=False)
    workspace.refresh()
    for word in WORDS:
        answer = ask(session, f"who calls {word}?")
        assert (answer.tier, f"uses_{word}" in answer.text) == ("facts", True), answer.text


def test_without_such_a_function_the_word_is_a_word(world: SessionWorld) -> None:
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert ask(session, "who calls any?").tier == "none"


def test_a_word_between_an_auxiliary_and_its_verb_is_a_name_if_it_has_no_article(world: SessionWorld) -> None:
    world.write(
        "w.py",
        "def slugify(a):\n    return a\n\n\ndef check(a):\n    return a\n\n\ndef make(a):\n    return slugify(a)\n",
    )
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert ask(session, "does check invoke slugify?").text.startswith("No: `check` does not call `slugify`")
    assert ask(session, "does anything invoke slugify?").text.startswith("`slugify` is called from 1 place")
    assert ask(session, "does the check invoke slugify?").tier == "none"
