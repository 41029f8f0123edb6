"""Direct subclasses, and own and inherited members, wherever they are defined."""

import pytest

from forethought.facts import class_hierarchy as hierarchy
from forethought.names.resolver import Resolver, Target
from support.indexing import index_of


def subclasses(sources: dict[str, str], path: str, symbol: str) -> list[str]:
    found = hierarchy.subclasses(Resolver(index_of(sources)), Target(path, symbol))
    return [f"{place.path}:{place.symbol_id}" for place in found]


@pytest.mark.parametrize(
    ("sources", "path", "expected"),
    [
        ({"a.py": "class A: ...\nclass B(A): ...\nclass C(B): ...\n",
          "b.py": "import a\nfrom a import A as Base\nclass D(Base): ...\nclass E(a.A): ...\n",
          "c.py": "class A: ...\nclass F(A): ...\n"}, "a.py", ["a.py:B", "b.py:D", "b.py:E"]),
        ({"a.ts": "export class A {}\nexport class B extends A {}\n",
          "b.ts": "import { A } from './a';\nclass C extends A {}\nclass D extends Other {}\n"},
         "a.ts", ["a.ts:B", "b.ts:C"]),
        ({"p/A.java": "package p; interface A {}", "p/B.java": "package p; class B implements A {}"},
         "p/A.java", ["p/B.java:B"]),
        ({"a.rs": "trait A {}\nstruct S;\nimpl A for S {}\n"}, "a.rs", ["a.rs:S"]),
        ({"a.rb": "class A\nend\nclass B < A\nend\n"}, "a.rb", ["a.rb:B"]),
        ({"a.kt": "open class A\nclass B : A()\n"}, "a.kt", ["a.kt:B"]),
        ({"a.cs": "class A {}\nclass B : A {}\n"}, "a.cs", ["a.cs:B"]),
        ({"a.cpp": "class A {};\nclass B : public A {};\n"}, "a.cpp", ["a.cpp:B"]),
        ({"a.php": "<?php class A {}\nclass B extends A {}\n"}, "a.php", ["a.php:B"]),
        ({"a.go": "package p\ntype A struct{}\ntype B struct { A }\n"}, "a.go", ["a.go:B"]),
    ],
)  # fmt: skip
def test_direct_subclasses(sources: dict[str, str], path: str, expected: list[str]) -> None:
    assert subclasses(sources, path, "A") == expected


def test_methods_outside_their_class_are_its_members() -> None:
    sources = {
        "p/a.go": "package p\ntype A struct{}\nfunc (a *A) One() {}\n",
        "p/b.go": "package p\nfunc (a *A) Two() {}\n",
        "q/c.go": "package q\nfunc (a *A) Three() {}\n",
    }
    members = hierarchy.own_members(Resolver(index_of(sources)), Target("p/a.go", "A"))
    assert [symbol.name for _, symbol in members] == ["A.One", "A.Two"]


def test_overridden_methods_are_not_inherited() -> None:
    sources = {"a.py": "class A:\n    def f(self): ...\n    def g(self): ...\nclass B(A):\n    def f(self): ...\n"}
    found = hierarchy.inherited(Resolver(index_of(sources)), Target("a.py", "B"))
    assert [(base.symbol_id, [symbol.name for _, symbol in methods]) for base, methods in found] == [("A", ["A.g"])]


def test_external_bases_are_named() -> None:
    sources = {"a.py": "from far import Far\nclass A(Far): ...\nclass B(A): ...\n"}
    assert hierarchy.external_bases(Resolver(index_of(sources)), Target("a.py", "B")) == ("Far",)


def test_a_class_may_inherit_its_constructor() -> None:
    sources = {"a.py": "class A:\n    def __init__(self, x): ...\nclass B(A): ...\nclass C: ...\n"}
    resolver = Resolver(index_of(sources))
    assert hierarchy.constructor(resolver, Target("a.py", "B")) == Target("a.py", "A.__init__")
    assert hierarchy.constructor(resolver, Target("a.py", "C")) is None
