"""The made-up file of the benchmark `commit`, and the comparison of the benchmark `share`."""

import ast

from benchmarks.measures.commit import edited, source
from benchmarks.measures.share import comparable_hover
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages


def symbols(text):
    tags = read_tags(load_languages().named("python"), text.encode())
    return {symbol.id: symbol for symbol in tags.symbols}


def test_the_committed_file_has_thirty_symbols():
    ast.parse(source())
    assert len(symbols(source())) == 30


def test_each_round_edits_the_body_of_another_function_and_no_interface():
    names, text = [], source()
    for number in range(6):
        before = symbols(text)
        text, name = edited(text, number)
        after = symbols(text)
        names.append(name)
        assert [key for key in after if after[key].digest != before[key].digest and key] == [name]
        assert all(after[key].signature == before[key].signature for key in after)
    assert len(set(names)) == 6


def test_hovers_of_two_clones_compare_without_their_folders_and_origin():
    def hover(text):
        return {"contents": {"kind": "markdown", "value": text}}

    one = comparable_hover(hover("It [adds](file:///a/x.py#L1).\n\n— Forethought · smollm2 · fresh"), "file:///a")
    other = comparable_hover(
        hover("It [adds](file:///b/x.py#L1).\n\n— Forethought · smollm2 · shared · fresh"), "file:///b"
    )
    assert one == other
    assert comparable_hover(None, "file:///a/x.py") is None
