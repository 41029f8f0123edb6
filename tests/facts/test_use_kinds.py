"""Which kind each use of a definition is, in every language."""

import pytest

from forethought.facts.certain_uses import UsedBy, besides_imports, used_by
from forethought.facts.entry_points import ways_in
from forethought.facts.symbol_behavior import FileBehaviors
from forethought.facts.symbol_facts import facts_of
from forethought.names.resolver import Resolver, Target
from forethought.syntax.languages import load_languages
from support.indexing import index_of


def uses_in(sources: dict[str, str], target: Target) -> UsedBy:
    languages = load_languages()
    store = index_of(sources)

    def assignments_of(function: Target) -> list[tuple[int, str]]:
        tags = store.tags(function.path)
        language = languages.named(tags.language) if tags is not None else None
        assert tags is not None and language is not None
        behavior = FileBehaviors(language, sources[function.path].encode(), tags).behavior(function.symbol_id)
        return [(write.row, write.target) for write in behavior.writes] if behavior is not None else []

    return used_by(Resolver(store), target, assignments_of)


PYTHON = """\
import functools
LIMIT = 10
class Jar:
    def __init__(self): self.size = LIMIT
class Box(Jar): ...
def wrap(f): return f
@wrap
def on_done(x: Jar): return x
TABLE = {"done": on_done}
def run(pool):
    pool.submit(on_done, 3)
    on_done(Jar())
"""
TYPESCRIPT = """\
export interface Doer { act(): void }
export class Lamp implements Doer { act() {} }
export enum Mood { Calm, Wild }
export function handler(d: Doer) { return Mood.Calm; }
export function attach(el: any) { el.on("click", handler); return new Lamp(); }
"""
READ = {"read": [2]}
GO = """\
package g
const Cap = 3
type Jar struct{}
func index(j Jar) int { return Cap }
func Routes() { http.HandleFunc("/", index); _ = Jar{} }
var table = map[string]any{"i": index}
"""
RUST = """\
pub trait Doer {}
pub struct Rope { pub len: i32 }
impl Doer for Rope {}
pub const DEEP: i32 = 3;
pub fn double(x: i32) -> i32 { x * DEEP }
pub fn every(v: Vec<i32>, r: &Rope) -> Vec<i32> { v.into_iter().map(double).collect() }
"""
JAVA = """\
public class J {
  static final int CEIL = 9;
  J() {}
  int top(J m) { return CEIL; }
  void all(List<String> l) { l.forEach(this::each); new J(); }
  void each(String s) {}
}
class K extends J {}
"""
C_SHARP = """\
public interface IRun { void Go(); }
public class X : IRun {
  public event System.Action Done;
  public void Hook(X x) { Done += Handle; }
  void Handle() {}
  public void Go() {}
}
"""


@pytest.mark.parametrize(
    ("path", "source", "symbol", "expected"),
    [
        ("a.py", PYTHON, "LIMIT", {"read": [4]}),
        ("a.py", PYTHON, "Jar", {"constructed": [12], "subclassed": [5], "annotated": [8]}),
        ("a.py", PYTHON, "wrap", {"decorates": [7]}),
        ("a.py", PYTHON, "on_done", {"called": [12], "passed": [11], "registered": [9]}),
        ("a.ts", TYPESCRIPT, "Doer", {"implemented": [2], "annotated": [4]}),
        ("a.ts", TYPESCRIPT, "Lamp", {"constructed": [5]}),
        ("a.ts", TYPESCRIPT, "Mood", {"read": [4]}),
        ("a.ts", TYPESCRIPT, "handler", {"passed": [5]}),
        ("a.ts", "class A { get area() { return 1; } }\nfunction f(a: A) { return a.area; }\n", "A.area", READ),
        ("a.py", "class A:\n  @property\n  def b(self): ...\ndef f(a: A): return a.b\n", "A.b", {"read": [4]}),
        ("a.py", "class A:\n  b = 1\ndef f(a: A):\n  a.b = a.b + 1\n", "A.b", {"read": [4], "written": [4]}),
        ("a.go", GO, "Cap", {"read": [4]}),
        ("a.go", GO, "Jar", {"constructed": [5], "annotated": [4]}),
        ("a.go", GO, "index", {"passed": [5], "registered": [6]}),
        ("a.rs", RUST, "DEEP", {"read": [5]}),
        ("a.rs", RUST, "double", {"passed": [6]}),
        ("J.java", JAVA, "J.CEIL", {"read": [4]}),
        ("J.java", JAVA, "J", {"constructed": [5], "subclassed": [8], "annotated": [4]}),
        ("J.java", JAVA, "J.each", {"passed": [5]}),
        ("X.cs", C_SHARP, "X.Handle", {"passed": [4]}),
        ("X.cs", C_SHARP, "X", {"annotated": [4]}),
        ("X.cs", C_SHARP, "IRun", {"implemented": [2]}),
        ("a.c", "int gain(int x) { return x; }\nint (*table[])(int) = { gain };\n", "gain", {"registered": [2]}),
        ("a.c", "typedef struct n { int v; } node;\nint f(node *n) { return 1; }\n", "node", {"annotated": [2]}),
        ("a.kt", "fun shout(s: String) = s\nfun loud(xs: List<String>) = xs.map(::shout)\n", "shout", {"passed": [2]}),
        ("a.sh", "cleanup() {\n  rm x\n}\nstart() {\n  trap cleanup EXIT\n}\n", "cleanup", {"called": [5]}),
        ("a.php", "<?php\nclass A {}\nfunction f(A $a) { new A(); }\n", "A", {"constructed": [3], "annotated": [3]}),
        ("a.rb", "class A\nend\nclass B < A\nend\ndef f\n  A.new\nend\n", "A", {"constructed": [6], "subclassed": [3]}),
        ("a.rb", "class D\n  before_action :check\n  def check\n    1\n  end\nend\n", "D.check", {"called": [2]}),
        ("a.lua", "local function go() end\nlocal t = { go }\n", "go", {"registered": [2]}),
    ],
)  # fmt: skip
def test_kinds(path: str, source: str, symbol: str, expected: dict[str, list[int]]) -> None:
    found = uses_in({path: source}, Target(path, symbol))
    assert {kind: [place.range.start.row + 1 for place in uses.places] for kind, uses in found.items()} == expected
    assert all(uses.total == len(uses.places) for uses in found.values())


def test_imports_do_not_count_as_uses_of_their_own() -> None:
    sources = {"a.py": "LIMIT = 3\n", "b.py": "from a import LIMIT\nprint(LIMIT)\n"}
    found = uses_in(sources, Target("a.py", "LIMIT"))
    assert list(found) == ["read", "imported"]
    assert besides_imports(found).total == 1


CONSTRUCTORS = {
    "Kettle.java": "class Kettle {\n  Kettle(int a) {}\n}\nclass B { void make() { new Kettle(1); } }\n",
    "b.ts": "class Lamp {\n  constructor(a: number) {}\n}\nfunction make() { return new Lamp(4); }\n",
    "c.php": "<?php\nclass Chair {\n  function __construct($a) {}\n}\nfunction make() { return new Chair(3); }\n",
    "d.rb": "class Stove\n  def initialize(a)\n  end\nend\n\ndef make\n  Stove.new(4)\nend\n",
    "e.py": "class Oven:\n    def __init__(self, a): ...\ndef make():\n    return Oven(2)\n",
    "f.cs": "class Fridge {\n  Fridge(int a) {}\n}\nclass B { Fridge make() { return new Fridge(3); } }\n",
    "i.cpp": "class Pan {\npublic:\n  Pan(int w) {}\n};\nPan make() { return Pan(3); }\n",
}


@pytest.mark.parametrize(("path", "source"), CONSTRUCTORS.items())
def test_making_an_instance_calls_the_class_and_its_constructor(path: str, source: str) -> None:
    index = index_of({path: source})
    tags = index.tags(path)
    assert tags is not None
    found = next(symbol for symbol in tags.symbols if symbol.is_constructor)
    for symbol_id in (found.id, found.parent):
        callers = facts_of(index, path, symbol_id).called_by
        assert [place.symbol_id.rpartition(".")[2] for place in callers] == ["make"]


@pytest.mark.parametrize(
    ("path", "source", "method", "interface", "row"),
    [
        ("a.go", "package g\ntype Doer interface{ Do() }\ntype Jar struct{}\nfunc (j Jar) Do() {}\n"
         "func run(d Doer) { d.Do() }\n", "Jar.Do", "Doer.Do", 5),
        ("a.ts", "interface Doer { act(): void }\nclass Jar { act() {} }\nfunction run(d: Doer) { d.act(); }\n",
         "Jar.act", "Doer.act", 3),
        ("A.java", "interface Doer { void act(); }\nclass Jar implements Doer { public void act() {} }\n"
         "class R { void run(Doer d) { d.act(); } }\n", "Jar.act", "Doer.act", 3),
        ("a.py", "class Base:\n    def act(self): ...\nclass Jar(Base):\n    def act(self): ...\n"
         "def run(d: Base):\n    d.act()\n", "Jar.act", "Base.act", 6),
    ],
)  # fmt: skip
def test_a_call_of_an_interface_may_run_an_implementation(
    path: str, source: str, method: str, interface: str, row: int
) -> None:
    found = facts_of(index_of({path: source}), path, method)
    assert found.called_by == ()
    assert found.may_have_more_callers
    shown = [
        (calls.target.symbol_id, [place.range.start.row + 1 for place in calls.places])
        for calls in found.called_through
    ]
    assert shown == [(interface, [row])]


def test_a_type_that_lacks_a_method_of_an_interface_is_not_called_through_it() -> None:
    source = "package g\ntype Doer interface{ Do(); End() }\ntype Jar struct{}\nfunc (j Jar) Do() {}\n"
    found = facts_of(index_of({"a.go": source + "func run(d Doer) { d.Do() }\n"}), "a.go", "Jar.Do")
    assert found.called_through == ()


@pytest.mark.parametrize(
    ("path", "source", "symbol", "way"),
    [
        ("main.go", "package main\nfunc main() {}\n", "main", "is an entry point of the program"),
        ("a.py", "@app.get('/x')\ndef show(): ...\n", "show", "is a route: `GET /x`"),
        ("a.py", "@hook\ndef _show(): ...\n", "_show", "is decorated with `hook`, which may register it"),
        ("test_a.py", "def test_it(): ...\n", "test_it", "is a test, which a test runner calls"),
        ("a.ts", "export function open() {}\n", "open", "is public, so code outside this repository may use it"),
        ("a.py", "import ext\nclass _A(ext.Base):\n    def _on(self): ...\n", "_A._on",
         "may be called by `ext.Base`, a base of its class outside this repository"),
        ("a.py", "def _help(): ...\n", "_help", None),
    ],
)  # fmt: skip
def test_ways_in(path: str, source: str, symbol: str, way: str | None) -> None:
    resolver = Resolver(index_of({path: source}))
    found = ways_in(resolver, Target(path, symbol), (), source.encode())
    assert found == (() if way is None else (way,))


def test_an_assignment_writes() -> None:
    sources = {"a.py": "LIMIT = 1\n", "b.py": "import a\ndef grow():\n    a.LIMIT = 2\n    return a.LIMIT\n"}
    found = uses_in(sources, Target("a.py", "LIMIT"))
    assert {kind: uses.total for kind, uses in found.items()} == {"read": 1, "written": 1}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("A.java", "class A {\n  int n;\n  void f() {\n    this.n = this.n + 1;\n  }\n}\n"),
        ("A.java", "class A {\n  int n;\n  int f() {\n    n++;\n    return n;\n  }\n}\n"),
        ("a.go", "package a\ntype A struct { n int }\nfunc (a *A) f() int {\n\ta.n += 2\n\treturn a.n\n}\n"),
        ("a.rs", "struct A { n: i32 }\nimpl A {\n  fn f(&mut self) -> i32 {\n    self.n += 1;\n    self.n\n  }\n}\n"),
        ("a.ts", "class A {\n  n = 0;\n  f() {\n    this.n = 2;\n    return this.n;\n  }\n}\n"),
        ("a.c", "struct A { int n; };\nint f(struct A *p) {\n  p->n = 2;\n  return p->n;\n}\n"),
        ("a.cs", "class A {\n  int n;\n  int F() {\n    n = 2;\n    return n;\n  }\n}\n"),
        (
            "a.php",
            "<?php\nclass A {\n  private $n;\n  function f() {\n    $this->n = 2;\n    return $this->n;\n  }\n}\n",
        ),
        ("a.py", "class A:\n    n = {}\n    def f(self, k):\n        self.n[k] = 2\n        return self.n\n"),
    ],
)
def test_assignments_to_fields_write(path: str, source: str) -> None:
    found = uses_in({path: source}, Target(path, "A.n"))
    assert {kind: uses.total for kind, uses in found.items()} == {"read": 1, "written": 1}
