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
        ("What does pkg/__init__.py export?", "`pkg/__init__.py` passes on 1 name from other modules:\n- `f` (pkg/a.py"),
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
