"""Prose, markup and data: their files have symbols, which names in code never refer to, and are not thought about."""

import pytest

from forethought.store.tags_encoding import encode
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.symbol_kinds import DATA_KINDS
from forethought.syntax.tags import FileTags
from forethought.workspace.saved_contexts import interface_of
from support.indexing import check

LANGUAGES = load_languages()


def tags_of(language: str, source: str) -> FileTags:
    found = LANGUAGES.named(language)
    assert found is not None
    return read_tags(found, source.encode())


def names(language: str, source: str) -> list[str]:
    return [f"{symbol.kind} {symbol.id}" for symbol in tags_of(language, source).symbols[1:]]


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("markdown", "# A\n## B\n# C\n", ["section A", "section A.B", "section C"]),
        ("markdown", "```\n# not a heading\n```\n", []),
        ("markdown", "Text.\n", []),
        ("markdown", "#\n", []),
        ("toml", "[a.b]\nc = {d = 1}\n[a]\n", ["section a.b", "key a.b.c", "section a"]),
        ("toml", "'x y' = 1\n\"\" = 2\n", ["key x y"]),
        ("yaml", "a:\n  b:\n    c:\n      d: 1\n", ["key a", "key a.b", "key a.b.c"]),
        ("yaml", "- a: 1\n", []),
        ("yaml", "a: {b: 1}\n'c': 2\n", ["key a", "key c"]),
        ("json", '{"a": {"b": {"c": {"d": 1}}}}', ["key a", "key a.b", "key a.b.c"]),
        ("json", '[{"a": 1}]', []),
        ("json", '{"a": 1, "a": 2, "": 3}', ["key a", "key a#2"]),
        ("css", "a, .b > c { --d: 1; e: f }", ["selector a, .b > c", "key a, .b > c.--d"]),
        ("css", "@media print { .a { b: c } }", ["selector .a"]),
        ("html", '<p id=a><b id="c">x</b></p><p id="">', ["section a", "section a.c"]),
        ("html", '<a name="x">y</a><input name="z">', ["section x"]),
    ],
)
def test_the_symbols_of_data(language: str, source: str, expected: list[str]) -> None:
    assert names(language, source) == expected


@pytest.mark.parametrize(
    ("language", "source", "doc", "rows"),
    [
        ("toml", "[a]\nx = 1\n\n# About b.\n[b]\n", "About b.", (3, 4)),
        ("yaml", "a:\n  x: 1\n# About b.\nb: 1\n", "About b.", (2, 3)),
        ("yaml", "a:\n  x: 1\n\n  # About b.\n  b: 1\n", "About b.", (3, 4)),
        ("css", "a { b: c }\n/* About b. */\nb { c: d }\n", "About b.", (1, 2)),
        ("html", "<p>a</p>\n<!-- About b. -->\n<p id=b></p>\n", "About b.", (1, 2)),
    ],
)
def test_a_comment_documents_what_follows_it(language: str, source: str, doc: str, rows: tuple[int, int]) -> None:
    symbol = tags_of(language, source).symbols[-1]
    assert (symbol.short_name, symbol.doc) == ("b", doc)
    assert (symbol.range.start.row, symbol.range.end.row) == rows


def test_dots_in_a_heading_or_a_key_are_part_of_its_name() -> None:
    assert [s.short_name for s in tags_of("markdown", "# 1.0.1\n## v. 2\n# 1.0.1\n## x.y\n").symbols[1:]] == [
        "1.0.1", "v. 2", "1.0.1", "x.y",
    ]  # fmt: skip


def test_no_name_in_code_refers_to_a_key() -> None:
    check({"main.py": "‸launch()\n", "a.json": '{"launch": 1}', "b.yaml": "launch: 1\n", "c.md": "# launch\n"})
    check(
        {"main.py": "def f(job): job.‸launch()\n", "a.py": "def launch(): ...\n", "a.toml": "launch = 1\n"},
        "a.py:launch",
    )


@pytest.mark.parametrize("language", sorted(LANGUAGES.data_names))
def test_keys_are_in_no_list_of_definitions_and_in_no_interface(language: str) -> None:
    sources = {"css": ".a { b: c }", "html": "<p id=a></p>", "json": '{"a": 1}', "markdown": "# a\n", "toml": "a = 1\n"}
    sources["hcl"] = "locals {\n  a = 1\n}\n"
    tags = tags_of(language, sources.get(language, "a: 1\n"))
    assert [symbol.kind in DATA_KINDS for symbol in tags.symbols[1:]] == [True]
    assert encode(tags).definitions == ()
    assert set(interface_of(tags)) <= {""}


def test_the_files_that_a_page_or_a_style_sheet_loads_are_found() -> None:
    page = '<link href="css/a.css"><script src="/js/‸b.js"></script><script src="https://x.org/c.js"></script>'
    check({"site/index.html": page, "site/js/b.js": "f()", "c.js": ""}, "site/js/b.js:")
    check({"css/a.css": '@import "‸b.css";', "css/b.css": "", "b.css": ""}, "css/b.css:")
