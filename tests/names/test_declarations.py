"""A C or C++ definition has the docs of its declaration."""

from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from support.indexing import index_of

PANEL = {
    "win.h": (
        "class Panel {\npublic:\n  /** Draws it. */\n  void draw(int n);\n"
        "  /** Draws it twice. */\n  void draw(int n, int m);\n"
        "  void hide();\n};\n/** Counts panels. */\nint count_panels(void);\n"
    ),
    "win.cpp": (
        '#include "win.h"\nvoid Panel::draw(int n) { }\nvoid Panel::draw(int n, int m) { }\n'
        "/// Hides it.\nvoid Panel::hide() { }\nint count_panels(void) { return 1; }\nvoid other() { }\n"
    ),
}


def documentation(sources: dict[str, str], path: str, symbol_id: str) -> str | None:
    return Resolver(index_of(sources)).documentation(Target(path, symbol_id))


def test_a_definition_has_the_docs_of_its_declaration() -> None:
    assert documentation(PANEL, "win.cpp", "count_panels") == "Counts panels."
    assert documentation(PANEL, "win.cpp", "Panel.draw") == "Draws it."
    assert documentation(PANEL, "win.cpp", "Panel.draw#2") == "Draws it twice."


def test_a_definition_keeps_its_own_docs() -> None:
    assert documentation(PANEL, "win.cpp", "Panel.hide") == "Hides it."
    assert documentation(PANEL, "win.cpp", "other") is None


def test_docs_of_a_declaration_that_two_files_define_are_those_of_neither() -> None:
    sources = {"a.h": "/** Runs. */\nint run(void);\n", "a.c": "int run(void) { return 1; }\n"}
    assert documentation(sources, "a.c", "run") == "Runs."
    assert documentation({**sources, "b.c": "int run(void) { return 2; }\n"}, "a.c", "run") is None
