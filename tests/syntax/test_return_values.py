"""What a function returns and yields, in every language."""

import pytest

from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages


def check(
    language: str, source: str, returned: tuple[str, ...], yielded: tuple[str, ...] = (), of: str | None = None
) -> None:
    """The named function, or the first one, returns exactly these expressions."""
    found = load_languages().named(language)
    assert found is not None
    symbols = [item for item in read_tags(found, source.encode()).symbols if item.kind in ("function", "method")]
    symbol = next(item for item in symbols if of in (None, item.id))
    assert (symbol.returned, symbol.yielded) == (returned, yielded)


@pytest.mark.parametrize(
    ("language", "source", "returned"),
    [
        ("python", "def f(x):\n    if x:\n        return 1, 2\n    return None\n", ("1, 2", "None")),
        ("python", "async def f():\n    return await g()\n", ("await g()",)),
        ("python", "def f():\n    return\n", ()),
        ("javascript", "function f() { return a(function () { return 2; }); }", ("a(function () { return 2; })",)),
        ("javascript", "const f = async (x) => ({a: x});", ("{a: x}",)),
        ("typescript", "const f = (x: number): number => x + 1;", ("x + 1",)),
        ("tsx", "const F = () => <p/>;", ("<p/>",)),
        ("go", "package p\nfunc f() (int, error) { go func() { return }(); return 1, nil }", ("1, nil",)),
        ("rust", "fn f(x: i32) -> i32 { if x > 1 { return 3; } match x { 1 => 2, _ => { x } } }", ("3", "2", "x")),
        ("rust", "fn f() -> u8 { if a { 1 } else { panic!() } }", ("1",)),
        ("rust", "fn f() { g() }", ()),
        ("rust", "fn f() -> u8 { let g = |y| { return y; }; g(1) }", ("g(1)",)),
        ("java", "class A { int f() { run(() -> { return 2; }); return 1; } }", ("1",)),
        ("c", "int f(void) { return 1; }", ("1",)),
        ("cpp", "int f() { auto g = [](int a) { return a; }; return g(1); }", ("g(1)",)),
        ("c-sharp", "class A { int F() => 1; }", ("1",)),
        ("c-sharp", "class A { int F() { Run(x => { return x; }); return 2; } }", ("2",)),
        ("ruby", "def f(x)\n  return 1 if x\n  if x\n    2\n  else\n    3\n  end\nrescue E\n  4\nend\n", tuple("1234")),
        ("ruby", "def f(list)\n  list.map { |x| x }\nend\n", ("list.map { |x| x }",)),
        ("php", "<?php function f($x) { $g = function() { return 1; }; return $x; }", ("$x",)),
        ("bash", "f() {\n  return 1\n}\n", ("1",)),
        ("lua", "function f(x) local g = function() return 1 end return x, 2 end", ("x, 2",)),
        ("kotlin", "fun f(x: Int) = x + 1", ("x + 1",)),
        ("kotlin", "fun f(): Int { list.map { return@map 2 }; return 1 }", ("1",)),
    ],
)
def test_the_values_of_its_own_returns_in_order(language: str, source: str, returned: tuple[str, ...]) -> None:
    check(language, source, returned)


@pytest.mark.parametrize(
    ("language", "source", "yielded"),
    [
        ("python", "def f():\n    yield 1\n    yield from g()\n", ("1", "from g()")),
        ("javascript", "function* f() { yield 1; yield* g(); }", ("1", "* g()")),
        ("c-sharp", "class A { IEnumerable<int> F() { yield return 1; yield break; } }", ("1",)),
        ("php", "<?php function f() { yield 2; }", ("2",)),
    ],
)
def test_a_generator_yields(language: str, source: str, yielded: tuple[str, ...]) -> None:
    check(language, source, (), yielded)


def test_a_nested_function_returns_for_itself() -> None:
    source = "def f():\n    def g():\n        return 1\n    return g\n"
    check("python", source, ("g",), of="f")
    check("python", source, ("1",), of="f.g")


def test_a_long_value_is_cut() -> None:
    check("python", f"def f():\n    return [{'1, ' * 80}]\n", (f"[{'1, ' * 26}"[:79].rstrip() + "…",))
