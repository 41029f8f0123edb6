"""The names and default of a parameter, by the rules of its language."""

import pytest

from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.parameters import default_in_pattern, read_parameter


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("python", "def f(self, a, b: int = 1, *, c: str = 'x=y', **kw): ...",
         {"self": None, "a": None, "b": "1", "c": "'x=y'", "kw": None}),
        ("javascript", "function f(a, b = {c: 1}, ...rest) {}", {"a": None, "b": "{c: 1}", "rest": None}),
        ("typescript", "function f(a: (x: number) => void, b?: string, c: number = 2) {}",
         {"a": None, "b": None, "c": "2"}),
        ("typescript", "class A { constructor(private readonly jar: Jar = new Jar()) {} }", {"jar": "new Jar()"}),
        ("go", "package p\nfunc f(a, b int, rest ...string) {}", {"a": None, "b": None, "rest": None}),
        ("rust", "fn f(&self, mut a: Vec<u8>) {}", {"self": None, "a": None}),
        ("java", "class A { void f(final List<String> a, int... rest) {} }", {"a": None, "rest": None}),
        ("c", "int f(char *name, int (*callback)(int), int sizes[4]) { return 0; }",
         {"name": None, "callback": None, "sizes": None}),
        ("cpp", "int f(const std::string& a, int b = 3) { return b; }", {"a": None, "b": "3"}),
        ("c-sharp", "class A { void F(ref int a, string b = \"x\") {} }", {"a": None, "b": '"x"'}),
        ("ruby", "def f(a, b = 1, c:, d: 2, *rest, **options, &block)\nend",
         {"a": None, "b": "1", "c": None, "d": "2", "rest": None, "options": None, "block": None}),
        ("php", "<?php function f(?int $a, string $b = 'x') {}", {"a": None, "b": "'x'"}),
        ("lua", "function f(a, b) end", {"a": None, "b": None}),
        ("kotlin", "fun f(a: Int, b: (Int) -> Int = { it + 1 }) {}", {"a": None, "b": "{ it + 1 }"}),
    ],
)  # fmt: skip
def test_names_and_defaults(language: str, source: str, expected: dict[str, str | None]) -> None:
    found = load_languages().named(language)
    assert found is not None
    symbol = next(item for item in read_tags(found, source.encode()).symbols if item.parameters)
    parameters = [read_parameter(language, text) for text in symbol.parameters]
    assert {name: item.default for item in parameters for name in item.names} == expected


def test_a_destructuring_pattern_has_several_names() -> None:
    parameter = read_parameter("javascript", "{ depth = 3, name: inner, ...rest } = {}")
    assert parameter.names == ("depth", "inner", "rest")
    assert default_in_pattern(parameter, "depth") == "3"
    assert default_in_pattern(parameter, "inner") is None


@pytest.mark.parametrize(
    ("text", "is_variadic"), [("*args", True), ("**options", True), ("...rest", True), ("*", False)]
)
def test_variadic_parameters_are_known(text: str, is_variadic: bool) -> None:
    assert read_parameter("python" if "*" in text else "javascript", text).is_variadic is is_variadic
