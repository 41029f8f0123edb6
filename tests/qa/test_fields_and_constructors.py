"""The fields, constants and constructors of types, in every form in which languages declare them."""

from collections.abc import Iterator

import pytest

from forethought.app.session import Session
from forethought.names.resolver import Target
from forethought.qa.fact_rendering import fact_text
from forethought.qa.fact_rendering.subject import FactSubject
from forethought.qa.intent import Intent
from forethought.qa.question import Referent
from support.session_world import SessionWorld

SOURCES = {
    "a.py": """from collections import namedtuple
from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict
import attr, enum
class Point(NamedTuple):
    x: int
    def go(self): ...
Pair = namedtuple("Pair", ["a", "b"])
@dataclass
class Jar:
    name: str
    tags: list = field(default_factory=list)
class Keys(TypedDict, total=False):
    k: int
@attr.s
class Old:
    z = attr.ib(default=1)
class Color(enum.Enum):
    RED = 1
class Base:
    def __init__(self, size): ...
class Derived(Base): ...
""",
    "B.java": "record Point2(int x, int y) {}\n"
    "enum Strictness { LENIENT, STRICT(1); static final int MAX = 3; private int v; Strictness(int q) {} }\n"
    "class Tin { Tin(int a) {} Tin() {} int f; }\n",
    "c.rs": "pub enum Kind { A, B(u8) }\npub struct Wrap(pub u8, String);\n"
    "impl Wrap { pub fn new() -> Self { todo!() } pub fn len(&self) -> u8 { 1 } }\n"
    "pub fn wrapped() -> Option<Wrap> { None }\n",
    "d.ts": "export type Options = { a: number; b?: string };\nexport type More = Options & { c: number };\n",
    "e.c": "struct S { int a; char *b; };\ntypedef struct tn { int d; } tn_t;\n",
    "f.go": "package p\ntype Box struct { *Lid; x, y int }\ntype Lid struct {}\n"
    "func NewBox(l *Lid) (*Box, error) { return nil, nil }\nfunc (b *Box) Clone() *Box { return b }\n"
    "func (b *Box) Name() string { return \"\" }\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    world = SessionWorld(tmp_path_factory.mktemp("fields"))
    for path, text in SOURCES.items():
        world.write(path, text)
    opened, workspace = world.open(engine=False)
    workspace.refresh()
    yield opened
    world.close()


def text_of(session: Session, path: str, name: str, aspect: str, part: str | None = None) -> str:
    (workspace,) = session.workspaces
    info = workspace.quick_info(Target(path, name))
    assert info is not None
    return fact_text(FactSubject(Referent(workspace, info), Intent(aspect, name, part=part))).text


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("a.py", "Point", "`Point` has 1 field:\n- `x: int` (line 6)\n\nIt inherits from `NamedTuple`."),
        ("a.py", "Pair", '`Pair` is a variable and has no fields.\n\nIt is declared as `Pair = namedtuple("Pair"'),
        ("a.py", "Jar", "`Jar` has 2 fields:\n- `name: str` (line 11)\n- `tags: list = field("),
        ("a.py", "Keys", "`Keys` has 1 field:\n- `k: int`"),
        ("a.py", "Old", "`Old` has 1 field:\n- `z = attr.ib(default=1)`"),
        ("a.py", "Color", "`Color` has 1 member:\n- `RED = 1`"),
        ("B.java", "Point2", "`Point2` has 2 fields:\n- `int x` (line 1)\n- `int y` (line 1)"),
        ("B.java", "Strictness", "`Strictness` has 2 constants:\n- `LENIENT` (line 2)\n- `STRICT(1)` (line 2)\n\n"
         "`Strictness` has 2 fields:\n- `static final int MAX = 3`"),
        ("c.rs", "Kind", "`Kind` has 2 variants:\n- `A` (line 1)\n- `B(u8)` (line 1)"),
        ("c.rs", "Wrap", "`Wrap` declares no fields.\n\nIt is declared as `pub struct Wrap(pub u8, String)`."),
        ("d.ts", "Options", "`Options` has 2 fields:\n- `a: number` (line 1)\n- `b?: string` (line 1)"),
        ("d.ts", "More", "`More` has 1 field:\n- `c: number` (line 2)\n\nIt is declared as `"),
        ("e.c", "S", "`S` has 2 fields:\n- `int a` (line 1)\n- `char *b` (line 1)"),
        ("e.c", "tn_t", "`tn_t` declares no fields.\n\nIt is declared as `typedef struct tn"),
        ("f.go", "Box", "`Box` has 3 fields:\n- `*Lid` (line 2)\n- `x, y int` (line 2)"),
    ],
)  # fmt: skip
def test_fields(session: Session, path: str, name: str, expected: str) -> None:
    assert text_of(session, path, name, "fields").startswith(expected)


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("B.java", "Tin", "`Tin` has 2 constructors:\n- `Tin(int a)` (line 3)\n- `Tin()` (line 3)"),
        ("a.py", "Base", "`Base` has 1 constructor:\n- `def __init__(self, size)` (line 21)"),
        ("a.py", "Derived", "`Derived` inherits its constructor: `def __init__(self, size)` (a.py:21)."),
        ("a.py", "Color", "`Color` declares no constructor.\n\nIt inherits from `enum.Enum`."),
        ("c.rs", "Wrap", "`Wrap` declares no constructor, but is returned by 2 functions:\n"
         "- `pub fn new() -> Self` (line 3)\n- `pub fn wrapped() -> Option<Wrap>` (line 4)"),
        ("f.go", "Box", "`Box` declares no constructor, but is returned by 1 function:\n"
         "- `func NewBox(l *Lid) (*Box, error)` (line 4)"),
    ],
)  # fmt: skip
def test_constructors(session: Session, path: str, name: str, expected: str) -> None:
    assert text_of(session, path, name, "members", "constructor") == expected


def test_the_constants_of_a_class_include_those_of_an_enum_and_final_fields(session: Session) -> None:
    text = text_of(session, "B.java", "Strictness", "members", "constant")
    assert text.startswith("`Strictness` defines 3 constants:\n- `LENIENT` (line 2)\n- `STRICT(1)` (line 2)")
