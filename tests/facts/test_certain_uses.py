"""Every certain use of a definition, of whatever kind, in several languages."""

import pytest

from forethought.errors import Cancelled
from forethought.facts.certain_uses import find_declarations, find_uses, find_uses_in
from forethought.names.resolver import Resolver, Target
from support.indexing import index_of


def uses(sources: dict[str, str], path: str, symbol: str) -> list[str]:
    found = find_uses(Resolver(index_of(sources)), Target(path, symbol))
    return [f"{use.path}:{use.range.start.row + 1} {use.kind}" for use in found]


PYTHON = {
    "jar.py": "class Jar:\n    def open(self): ...\n\ndef make() -> Jar:\n    return Jar()\n\nLIMIT = 3\n",
    "box.py": (
        "from .jar import Jar as J, LIMIT, make\n"
        "class Box(J): ...\n"
        "def f(jar: J, m=make):\n"
        "    jar.open()\n"
        "    return LIMIT + make()\n"
    ),
    "other.py": "class Jar: ...\nLIMIT = 4\ndef make(jar): jar.open(LIMIT)\nmake(Jar())\n",
    "__init__.py": "from .jar import make\n",
}


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        (
            "Jar",
            [
                "box.py:1 imported",
                "box.py:2 subclassed",
                "box.py:3 annotated",
                "jar.py:4 annotated",
                "jar.py:5 constructed",
            ],
        ),
        ("Jar.open", ["box.py:4 called"]),
        ("make", ["__init__.py:1 imported", "box.py:1 imported", "box.py:3 passed", "box.py:5 called"]),
        ("LIMIT", ["box.py:1 imported", "box.py:5 read"]),
    ],
)
def test_uses_of_every_kind_in_python(symbol: str, expected: list[str]) -> None:
    assert uses(PYTHON, "jar.py", symbol) == expected


@pytest.mark.parametrize(
    ("sources", "path", "symbol", "expected"),
    [
        ({"a.ts": "export interface Jar {}\nexport function make(): Jar { return {} }\n",
          "b.ts": "import { Jar, make as m } from './a';\nconst jar: Jar = m();\nexport { make } from './a';\n"},
         "a.ts", "Jar", ["a.ts:2 annotated", "b.ts:1 imported", "b.ts:2 annotated"]),
        ({"a.ts": "export function make() {}\n", "b.ts": "import { make as m } from './a';\nm();\n"},
         "a.ts", "make", ["b.ts:1 imported", "b.ts:2 called"]),
        ({"a.go": "package p\ntype Jar struct{}\nfunc Make() *Jar { return &Jar{} }\n",
          "b.go": "package p\nvar f = Make\nfunc g(j Jar) { Make() }\n"},
         "a.go", "Make", ["b.go:2 registered", "b.go:3 called"]),
        ({"src/lib.rs": "mod jar;\nuse crate::jar::make;\nfn f() { make(); }\n", "src/jar.rs": "pub fn make() {}\n"},
         "src/jar.rs", "make", ["src/lib.rs:2 imported", "src/lib.rs:3 called"]),
        ({"p/Jar.java": "package p;\nclass Jar {}\n", "p/Box.java": "package p;\nclass Box extends Jar { Jar jar; }\n"},
         "p/Jar.java", "Jar", ["p/Box.java:2 subclassed", "p/Box.java:2 annotated"]),
        ({"a.h": "int make(int n);\n", "a.c": '#include "a.h"\nint make(int n) { return n; }\n',
          "b.c": '#include "a.h"\nint f(void) { return make(1); }\n'},
         "a.c", "make", ["b.c:2 called"]),
    ],
)  # fmt: skip
def test_uses_in_other_languages(sources: dict[str, str], path: str, symbol: str, expected: list[str]) -> None:
    assert uses(sources, path, symbol) == expected


def test_a_use_of_one_of_several_candidates_is_left_out() -> None:
    sources = {
        "a.py": "class A:\n    def go(self): ...\nclass B:\n    def go(self): ...\n",
        "b.py": "from a import A, B\ndef f(flag):\n    x = A() if flag else B()\n    x.go()\n    A().go()\n",
    }
    assert uses(sources, "a.py", "A.go") == ["b.py:5 called"]


def test_a_file_is_used_where_it_is_imported() -> None:
    sources = {"jar.py": "X = 1\n", "box.py": "import jar\nprint(jar.X)\n"}
    assert uses(sources, "jar.py", "") == ["box.py:1 imported", "box.py:2 read"]


def test_uses_in_one_file() -> None:
    found = find_uses_in(Resolver(index_of(PYTHON)), Target("jar.py", "Jar"), "box.py")
    assert [use.range.start.row + 1 for use in found] == [1, 2, 3]


def test_a_c_function_has_declarations() -> None:
    sources = {
        "a.h": "int make(int n);\n",
        "a.c": '#include "a.h"\nint make(int n) { return n; }\n',
        "z.h": "int take(int n);\n",
    }
    resolver = Resolver(index_of(sources))
    assert find_declarations(resolver, Target("a.c", "make")) == (Target("a.h", "make"),)
    assert find_declarations(resolver, Target("a.h", "make")) == ()


def test_the_search_stops_when_it_is_cancelled() -> None:
    with pytest.raises(Cancelled):
        find_uses(Resolver(index_of(PYTHON)), Target("jar.py", "Jar"), lambda: True)


def test_what_is_gone_has_no_uses() -> None:
    assert uses(PYTHON, "jar.py", "Lid") == []


@pytest.mark.parametrize(
    ("path", "source", "symbol", "expected"),
    [
        ("A.java", "class A { int x;\n int f() { return x; }\n int g() { return this.x; } }\n", "A.x", [2, 3]),
        (
            "a.py",
            "class A:\n    def __init__(self): self.x = 1\n    def f(self):\n        return self.x\n",
            "A.x",
            [2, 4],
        ),
        ("a.ts", "class A { x = 1;\n f() { return this.x } }\n", "A.x", [2]),
        ("a.go", "package p\ntype A struct { X int }\nfunc (a A) F() int {\n return a.X }\n", "A.X", [4]),
        ("a.rs", "struct A { x: i32 }\nimpl A { fn f(&self) -> i32 {\n self.x } }\n", "A.x", [3]),
    ],
)
def test_fields_have_uses(path: str, source: str, symbol: str, expected: list[int]) -> None:
    rows = {int(use.split(":")[1].split()[0]) for use in uses({path: source}, path, symbol)}
    assert sorted(rows) == expected
