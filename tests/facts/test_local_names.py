"""Parameters and local variables: where they are bound and used."""

import pytest

from forethought.facts.local_names import local_name_at
from forethought.syntax.tags import Position
from support.indexing import MARK, index_of


@pytest.mark.parametrize(
    ("path", "source", "bindings", "uses"),
    [
        ("a.py", "def f(‸side):\n    y = side\n    return side + y\n", [1], [2, 3]),
        ("a.py", "def f(side):\n    y = 1\n    y = side\n    return side + ‸y\n", [2, 3], [4]),
        ("a.py", "def f(side):\n    return ‸side\ndef g(side):\n    return side\n", [1], [2]),
        ("a.py", "def f(a):\n    def g():\n        return ‸a\n    return a\n", [1], [3, 4]),
        ("a.py", "def f(a):\n    def g(a):\n        return a\n    return ‸a\n", [1], [4]),
        ("a.py", "def f(a):\n    return a.b, x.a, ‸a\n", [1], [2, 2]),
        ("a.ts", "function f(a: number) {\n  return [1].map(a => a + 1)\n   .concat(‸a) }\n", [1], [3]),
        ("a.ts", "function f(a: number) {\n  return [1].map(a => \n  ‸a + 1).concat(a) }\n", [2], [3]),
        ("a.go", "package p\nfunc F(a int) int {\n b := a\n return ‸b + a }\n", [3], [4]),
        ("a.rs", "fn f(‸a: i32) -> i32 {\n a + 1 }\n", [1], [2]),
        ("a.cpp", "int f(int a) {\n int b = ‸a;\n return b; }\n", [1], [2]),
    ],
)
def test_bindings_and_uses(path: str, source: str, bindings: list[int], uses: list[int]) -> None:
    found = name_at(path, source)
    assert found is not None
    assert [range_.start.row + 1 for range_ in found.bindings] == bindings
    assert [range_.start.row + 1 for range_ in found.uses] == uses


@pytest.mark.parametrize(
    "source",
    ["def ‸f(): ...\n", "import os\n‸os\n", "def f(a):\n    return a.‸b\n", "‸print(1)\n", "x = 1\n\n‸\n"],
)
def test_other_names_are_not_local(source: str) -> None:
    assert name_at("a.py", source) is None


def name_at(path: str, source: str):
    before = source[: source.index(MARK)]
    tags = index_of({path: source.replace(MARK, "")}).tags(path)
    assert tags is not None
    return local_name_at(tags, Position(before.count("\n"), len(before.rpartition("\n")[2])))
