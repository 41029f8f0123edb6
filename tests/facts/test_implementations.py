"""Subclasses and overrides, direct and indirect."""

import pytest

from forethought.errors import Cancelled
from forethought.facts.implementations import find_implementations, subtypes, supertypes
from forethought.names.resolver import Resolver, Target
from support.indexing import index_of

PYTHON = {
    "a.py": "class A:\n    def go(self): ...\n    def stay(self): ...\nclass B(A):\n    def go(self): ...\n",
    "c.py": "from a import B\nclass C(B):\n    def go(self): ...\nclass D(C): ...\n",
    "e.py": "class A: ...\nclass E(A):\n    def go(self): ...\n",
}

GO = {
    "a.go": "package p\ntype Opener interface { Open() error }\ntype Jar struct{}\n"
    "func (*Jar) Open() (err error) { return nil }\ntype Lid struct{}\nfunc (Lid) Open() {}\n",
    "b.go": "package p\ntype Box struct { Jar }\n",
}


@pytest.mark.parametrize(
    ("sources", "path", "symbol", "expected"),
    [
        (PYTHON, "a.py", "A", ["a.py:B", "c.py:C", "c.py:D"]),
        (PYTHON, "a.py", "A.go", ["a.py:B.go", "c.py:C.go"]),
        (PYTHON, "a.py", "A.stay", []),
        (PYTHON, "c.py", "D", []),
        ({"a.ts": "export interface A { go(): void }\nclass B implements A { go() {} }\n"},
         "a.ts", "A.go", ["a.ts:B.go"]),
        ({"p/A.java": "package p; interface A { void go(); }",
          "p/B.java": "package p; class B implements A { public void go() {} }"},
         "p/A.java", "A.go", ["p/B.java:B.go"]),
        (GO, "a.go", "Opener", ["a.go:Jar", "b.go:Box"]),
        (GO, "a.go", "Opener.Open", ["a.go:Jar.Open"]),
        ({"a.cs": "interface A { void Go(); }\nclass B : A { public void Go() {} }\n"}, "a.cs", "A", ["a.cs:B"]),
    ],
)  # fmt: skip
def test_implementations(sources: dict[str, str], path: str, symbol: str, expected: list[str]) -> None:
    found = find_implementations(Resolver(index_of(sources)), Target(path, symbol))
    assert [f"{target.path}:{target.symbol_id}" for target in found] == expected


def test_the_supertypes_of_a_go_type_are_its_embedded_types_and_interfaces() -> None:
    resolver = Resolver(index_of(GO))
    assert supertypes(resolver, Target("b.go", "Box")) == (Target("a.go", "Jar"), Target("a.go", "Opener"))
    assert supertypes(resolver, Target("a.go", "Lid")) == ()
    assert subtypes(resolver, Target("a.go", "Jar")) == (Target("b.go", "Box"),)


def test_the_search_stops_when_it_is_cancelled() -> None:
    with pytest.raises(Cancelled):
        find_implementations(Resolver(index_of(PYTHON)), Target("a.py", "A"), lambda: True)
