"""What modules export, and who imports them."""

import pytest

from support.session_world import SessionWorld, ask

SOURCES = {
    "pkg/__init__.py": "from .a import f\nfrom far import away\n",
    "pkg/a.py": "def f(): ...\ndef g(): ...\n",
    "pkg/listed.py": 'from .a import f\nfrom far import away\n__all__ = ["f", "away", "late"]\n__all__ += late\n',
    "use.py": "from pkg.a import (\n    f,\n    g,\n)\n",
}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does pkg/__init__.py export?", "`pkg/__init__.py` passes on 1 name from other modules:\n- `f` (pkg"),
        ("What does pkg/a.py export?", "`pkg/a.py` defines and exports 2 symbols:\n- `def f()` (line 1)"),
        ("What does pkg/listed.py export?", "`pkg/listed.py` lists 3 names in `__all__`:\n- `f` (pkg/a.py:1)\n"
         "- `away` (from `far`)\n- `late`\n\nIts code adds to `__all__` or changes it."),
        ("What does use.py export?", "`use.py` exports nothing."),
        ("Who uses pkg/a.py?", "`pkg/a.py` is imported by 3 files:\n- `pkg/__init__.py` (pkg/__init__.py:1)\n"),
        ("Who uses use.py?", "`use.py` is not imported in this repository"),
    ],
)  # fmt: skip
def test_modules(world: SessionWorld, question: str, expected: str) -> None:
    for path, text in SOURCES.items():
        world.write(path, text)
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert ask(session, question).text.startswith(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is tested_only used?", "Only tests use it, as far as names can be resolved. It is public"),
        ("Is passed_on unused?", "It is only imported: no other use was found, as far as names can be resolved. It is"),
        ("Is both used?", None),
    ],
)
def test_what_only_tests_or_imports_use_is_said_to_be(world: SessionWorld, question: str, expected: str | None) -> None:
    world.write("pkg/lib.py", "def tested_only(): ...\ndef passed_on(): ...\ndef both(): ...\n")
    world.write("pkg/__init__.py", "from .lib import passed_on, tested_only, both\nboth()\n")
    world.write("test_lib.py", "from pkg.lib import both, tested_only\ndef test_it():\n    tested_only()\n    both()\n")
    session, workspace = world.open(engine=False)
    workspace.refresh()
    text = ask(session, question).text
    assert expected in text if expected is not None else "nly" not in text


def test_a_call_may_be_indirect(world: SessionWorld) -> None:
    world.write("steps.py", "def early(): quiet()\ndef quiet(): pay()\ndef pay(): ...\n")
    session, workspace = world.open(engine=False)
    workspace.refresh()
    expected = "Not itself, but through others, as far as names can be resolved: `early` → `quiet` → `pay`."
    assert ask(session, "Does early call pay?").text == expected
    assert ask(session, "Does pay call early?").text.startswith("No: `pay` does not call `early` itself")


def test_a_listed_name_is_known_to_be_exported(world: SessionWorld) -> None:
    world.write("listed.py", '__all__ = ["LIMIT"]\nLIMIT = 3\nOTHER = 4\n')
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert ask(session, "Is LIMIT used?").text.endswith("It is listed in `__all__`.")
    assert "__all__" not in ask(session, "Is OTHER used?").text
