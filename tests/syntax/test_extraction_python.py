"""Particularities of Python: scopes of names, types in strings, exceptions, repeated definitions."""

import pytest

from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.tags import FileTags


def tags_of(source: str) -> FileTags:
    language = load_languages().named("python")
    assert language is not None
    return read_tags(language, source.encode())


def check_symbols(source: str, *expected: str) -> None:
    assert [f"{symbol.kind} {symbol.id}" for symbol in tags_of(source).symbols[1:]] == list(expected)


def test_a_repeated_definition_gets_a_number() -> None:
    check_symbols("def f(): ...\ndef f(): ...\ndef f(): ...\n", "function f", "function f#2", "function f#3")


def test_a_module_level_name_assigned_several_times_is_one_symbol() -> None:
    check_symbols("x = 1\nx = 2\nMAX_SIZE = 3\nif x:\n    y = 4\n", "variable x", "constant MAX_SIZE", "variable y")


def test_names_inside_functions_and_classes_are_bindings_only() -> None:
    source = "class A:\n    x = 1\n    def f(self):\n        y = 2\n"
    check_symbols(source, "class A", "method A.f")
    assert [(b.scope, b.name, b.value) for b in tags_of(source).bindings] == [
        ("A", "x", "1"),
        ("A.f", "self", None),
        ("A.f", "y", "2"),
    ]


def test_what_a_function_declares_global_is_bound_in_the_file() -> None:
    tags = tags_of("n = 0\ndef f():\n    global n\n    n = 1\ndef g():\n    n = 2\n")
    assert [binding.scope for binding in tags.bindings if binding.name == "n"] == ["", "", "g"]


def test_a_type_in_a_string_is_a_reference_at_its_place() -> None:
    tags = tags_of('def f(a: "models.User | None") -> "Out[In]": ...\n')
    types = [(r.receiver, r.name, r.range.start.column, r.range.end.column) for r in tags.references]
    assert types == [
        ("models", "User", 17, 21),
        (None, "Out", 35, 38),
        (None, "In", 39, 41),
    ]


@pytest.mark.parametrize(
    ("statement", "raises"),
    [
        ("raise ValueError", ("ValueError",)),
        ("raise errors.NotFound('x') from None", ("NotFound",)),
        ("raise _Private()", ("_Private",)),
        ("raise", ()),
        ("raise problem", ()),
        ("raise self.error('x')", ()),
        ("def inner(): raise ValueError", ()),
        ("raise A\n    raise B\n    raise A", ("A", "B")),
    ],
)
def test_a_function_raises_the_classes_that_its_own_body_names(statement: str, raises: tuple[str, ...]) -> None:
    tags = tags_of(f"def f(self):\n    {statement}\n")
    assert tags.symbols[1].raises == raises


def test_decorators_belong_to_the_range_and_not_to_the_signature() -> None:
    (_, symbol) = tags_of("@app.route('/')\n@cache\nasync def f(\n    a,  # first\n    b=(1, 2),\n): ...\n").symbols
    assert symbol.range.start.row == 0
    assert symbol.selection.start == (2, 10)
    assert symbol.signature == "async def f(a, b=(1, 2))"
    assert symbol.parameters == ("a", "b=(1, 2)")


def test_a_comment_marked_as_documentation_documents_a_constant() -> None:
    (_, first, second) = tags_of("#: Seconds.\n#: At most.\nLIMIT = 3\n# not documentation\nOTHER = 4\n").symbols
    assert (first.doc, first.range.start.row) == ("Seconds.\nAt most.", 0)
    assert (second.doc, second.range.start.row) == (None, 4)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import a.b", ("a", "a.b", None)),
        ("import a.b as c", ("c", "a.b", None)),
        ("from . import a", ("a", ".", "a")),
        ("from ..a.b import c as d", ("d", "..a.b", "c")),
        ("from .a import *", ("*", ".a", "*")),
        ("from __future__ import annotations", ("annotations", "__future__", "annotations")),
    ],
)
def test_what_an_import_binds(statement: str, expected: tuple[str, str, str | None]) -> None:
    (item,) = tags_of(f"def f():\n    {statement}\n").imports
    assert ((item.local, item.module, item.name), item.scope) == (expected, "f")


def test_parameters_keep_their_types_and_only_calls_as_values() -> None:
    tags = tags_of("def f(a: int, b=Session(), c=1, *args: str, **kw): ...\n")
    assert [(b.name, b.annotation, b.value) for b in tags.bindings] == [
        ("a", "int", None),
        ("b", None, "Session()"),
        ("c", None, None),
        ("args", "str", None),
        ("kw", None, None),
    ]


def test_syntax_errors_leave_the_rest_readable() -> None:
    tags = tags_of("def good(): return 1\n\ndef bad(:\n    x = \n\nclass Also:\n    def fine(self): ...\n")
    assert tags.has_errors
    assert {"good", "Also", "Also.fine"} <= {symbol.id for symbol in tags.symbols}


@pytest.mark.parametrize("expression", ["[*make()]", "{*make()}", "[1, *make()]", "(*make(),)", "go(*make())"])
def test_a_call_that_is_spread_out_is_a_call(expression: str) -> None:
    references = tags_of(f"def use():\n    return {expression}\n").references
    assert [reference.kind for reference in references if reference.name == "make"] == ["call"]


def test_whitespace_in_a_string_is_kept() -> None:
    symbol = tags_of("def f(\n    indent='    ',\n    sep  =  \" ,  \",\n):\n    return 'a   b'  +   sep\n").symbols[1]
    assert symbol.parameters == ("indent='    '", 'sep = " ,  "')
    assert symbol.signature == "def f(indent='    ', sep = \" ,  \")"
    assert symbol.returned == ("'a   b' + sep",)
