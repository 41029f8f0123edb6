"""Languages are detected by file name, extension and `#!` line; users can add some, and faulty ones are left out."""

from pathlib import Path

import pytest

from forethought.syntax.captures import DEFINITION_KINDS
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import Languages, load_languages

SHIPPED = {
    "python",
    "javascript",
    "typescript",
    "tsx",
    "go",
    "rust",
    "java",
    "c",
    "cpp",
    "c-sharp",
    "ruby",
    "php",
    "bash",
    "lua",
    "kotlin",
    "markdown",
    "toml",
    "yaml",
    "json",
    "css",
    "html",
    "sql",
    "scala",
    "swift",
    "elixir",
    "haskell",
    "julia",
    "zig",
    "ocaml",
    "ocaml-interface",
    "hcl",
}


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load_languages()


def test_every_shipped_grammar_imports_and_every_query_compiles(languages: Languages) -> None:
    assert set(languages.names) == SHIPPED
    assert {name for name in SHIPPED if languages.named(name) is None} == set(), languages.problems
    assert languages.problems == []


def test_the_shipped_queries_define_exactly_the_kinds_of_symbol(languages: Languages) -> None:
    kinds = {
        query.capture_name(number).removeprefix("definition.")
        for name in SHIPPED
        if (language := languages.named(name)) is not None
        for query in (language.query,)
        for number in range(query.capture_count)
        if query.capture_name(number).startswith("definition.")
    }
    assert kinds == DEFINITION_KINDS


@pytest.mark.parametrize(
    ("path", "first_bytes", "name"),
    [
        ("src/app.py", b"", "python"),
        ("stubs/app.pyi", b"", "python"),
        ("SConstruct", b"", "python"),
        ("web/view.jsx", b"", "javascript"),
        ("web/module.mjs", b"", "javascript"),
        ("web/module.cjs", b"", "javascript"),
        ("web/a.d.ts", b"", "typescript"),
        ("web/a.tsx", b"", "tsx"),
        ("Main.JAVA", b"", "java"),
        ("Gemfile", b"", "ruby"),
        ("bin/tool", b"#!/usr/bin/env python3.11\n", "python"),
        ("bin/tool", b"#!/usr/bin/env -S node --harmony\n", "javascript"),
        ("bin/tool", b"#!/bin/bash -e\n", "bash"),
        ("include/a.h", b"int f(void);\n", "c"),
        ("include/a.h", b"#pragma once\nclass A {\npublic:\n};\n", "cpp"),
        ("include/a.h", b"namespace a {\n}\n", "cpp"),
        ("include/a.h", b"/* class of things */\nint f(void);\n", "c"),
        ("include/a.h", b"/*\n  class of things\n  using them\n*/\nstruct a { int public; };\n", "c"),
        ("include/a.h", b"/* a */\nusing Names = int;\n", "cpp"),
        ("src/a.C", b"", "cpp"),
    ],
)
def test_a_file_has_the_language_of_its_name_or_first_line(
    languages: Languages, path: str, first_bytes: bytes, name: str
) -> None:
    language = languages.detect(path, first_bytes)
    assert language is not None
    assert language.name == name


@pytest.mark.parametrize(
    ("path", "first_bytes"),
    [
        ("notes.txt", b"#!/bin/sh\n"),
        ("LICENSE", b"text"),
        ("bin/tool", b"#!"),
        (".py", b""),
        ("", b""),
        ("a.", b"\xff"),
    ],
)
def test_other_files_have_no_language(languages: Languages, path: str, first_bytes: bytes) -> None:
    assert languages.detect(path, first_bytes) is None


def write_folder(folder: Path, table: str, query: str = "") -> Path:
    (folder / "mine").mkdir(parents=True)
    (folder / "languages.toml").write_text(table, encoding="utf-8")
    (folder / "mine" / "tags.scm").write_text(query, encoding="utf-8")
    return folder


ZIG_TABLE = """
[mine]
module = "tree_sitter_zig"
extensions = ["zag"]
doc_prefixes = ["///"]
returns = ["type"]
"""
ZIG_QUERY = """
(comment) @doc
(function_declaration name: (identifier) @name) @definition.function
(variable_declaration . (identifier) @name (struct_declaration)) @definition.struct
(parameter name: (identifier) @name) @definition.parameter
(identifier) @name @reference.name
(call_expression function: (identifier) @name @reference.call)
(call_expression function: (field_expression member: (identifier) @name) @reference.call)
"""


def test_a_users_folder_adds_a_language(tmp_path: Path) -> None:
    languages = load_languages([write_folder(tmp_path, ZIG_TABLE, ZIG_QUERY)])
    language = languages.detect("src/main.zig")
    assert language is not None, languages.problems
    tags = read_tags(
        language,
        b"/// Adds.\npub fn add(a: i32) i32 { return helper(a); }\n"
        b"const Point = struct { pub fn len(self: Point) f32 { return self.norm(); } };\n",
    )
    assert [(s.kind, s.id, s.doc) for s in tags.symbols[1:]] == [
        ("function", "add", "Adds."),
        ("struct", "Point", None),
        ("method", "Point.len", None),
    ]
    assert tags.symbols[1].returns == "i32"
    assert [(r.name, r.receiver, r.scope) for r in tags.references if r.kind == "call"] == [
        ("helper", None, "add"),
        ("norm", "self", "Point.len"),
    ]
    assert set(languages.names) == SHIPPED | {"mine"}


def test_a_users_folder_replaces_a_shipped_query(tmp_path: Path) -> None:
    table = '[python]\nmodule = "tree_sitter_python"\nextensions = ["py"]\nquery = "mine"\n'
    query = "(class_definition name: (identifier) @name) @definition.class"
    language = load_languages([write_folder(tmp_path, table, query)]).detect("a.py")
    assert language is not None
    tags = read_tags(language, b"def f(): pass\nclass A: pass\n")
    assert [symbol.id for symbol in tags.symbols] == ["", "A"]


@pytest.mark.parametrize(
    ("table", "query", "part_of_message"),
    [
        ("[zig", "", "languages table cannot be read"),
        ("[mine]\n", "", "names no Python module"),
        ("mine = 1\n", "", "not a table"),
        ('[mine]\nmodule = "tree_sitter_zig"\nextensions = "zag"\n', "", "not a list of strings"),
        ('[mine]\nmodule = "tree_sitter_zig"\nextension = ["zag"]\n', "", "not a known rule"),
        ('[mine]\nmodule = "no_such_grammar"\nextensions = ["zag"]\n', "", "no_such_grammar"),
        ('[mine]\nmodule = "json"\nextensions = ["zag"]\n', "", "AttributeError"),
        (ZIG_TABLE, "(no_such_node) @name", "QueryError"),
        (ZIG_TABLE, "((", "QueryError"),
    ],
)
def test_a_faulty_folder_is_reported_and_disables_only_its_language(
    tmp_path: Path, table: str, query: str, part_of_message: str
) -> None:
    languages = load_languages([write_folder(tmp_path, table, query)])
    assert languages.detect("main.zag") is None
    assert languages.detect("main.py") is not None
    (problem,) = languages.problems
    assert str(tmp_path) in problem
    assert part_of_message in problem


def test_definitions_of_an_unknown_kind_are_named_and_left_out(tmp_path: Path) -> None:
    query = f"{ZIG_QUERY}\n(container_field name: (identifier) @name) @definition.bit\n"
    languages = load_languages([write_folder(tmp_path, ZIG_TABLE, query)])
    language = languages.detect("main.zag")
    assert language is not None
    tags = read_tags(language, b"const Point = struct { x: f32, pub fn len(self: Point) f32 { return self.x; } };\n")
    assert [symbol.id for symbol in tags.symbols] == ["", "Point", "Point.len"]
    (problem,) = languages.problems
    assert str(tmp_path) in problem
    assert "“bit”" in problem
    assert "function" in problem


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    languages = load_languages([tmp_path / "nowhere"])
    assert "nowhere" in languages.problems[0]
    assert languages.detect("a.py") is not None


def test_another_query_gives_another_digest(tmp_path: Path) -> None:
    plain = load_languages().digest
    folder = tmp_path / "grammars"
    (folder / "python").mkdir(parents=True)
    (folder / "languages.toml").write_text('[python]\nmodule = "tree_sitter_python"\nextensions = ["py"]\n')
    (folder / "python" / "tags.scm").write_text("(module) @definition.module\n")
    assert load_languages([folder]).digest != plain
    assert load_languages().digest == plain


@pytest.mark.parametrize(
    ("path", "text", "doc"),
    [
        ("a.go", "//go:build windows\n// +build windows\n\npackage a\n", None),
        ("a.go", "//go:build windows\n\n// Package a does it.\npackage a\n", "Package a does it."),
        ("a.py", "# -*- coding: utf-8 -*-\n# Tools for it.\n\nx = 1\n", "Tools for it."),
        ("a.js", "/* eslint-disable */\n\n// Tools.\n\nconst a = 1\n", "Tools."),
    ],
)
def test_a_comment_for_a_tool_does_not_document_the_file(path: str, text: str, doc: str | None) -> None:
    language = load_languages().detect(path)
    assert language is not None
    assert read_tags(language, text.encode()).symbols[0].doc == doc
