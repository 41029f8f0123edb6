"""Which kind each use of a definition is, in every language."""

import pytest

from forethought.facts.certain_uses import besides_imports, used_by
from forethought.names.resolver import Resolver, Target
from support.indexing import index_of

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
        ("a.lua", "local function go() end\nlocal t = { go }\n", "go", {"registered": [2]}),
    ],
)  # fmt: skip
def test_kinds(path: str, source: str, symbol: str, expected: dict[str, list[int]]) -> None:
    found = used_by(Resolver(index_of({path: source})), Target(path, symbol))
    assert {kind: [place.range.start.row + 1 for place in uses.places] for kind, uses in found.items()} == expected
    assert all(uses.count == len(uses.places) for uses in found.values())


def test_imports_do_not_count_as_uses_of_their_own() -> None:
    sources = {"a.py": "LIMIT = 3\n", "b.py": "from a import LIMIT\nprint(LIMIT)\n"}
    found = used_by(Resolver(index_of(sources)), Target("a.py", "LIMIT"))
    assert list(found) == ["read", "imported"]
    assert besides_imports(found).count == 1


def test_an_assignment_writes() -> None:
    sources = {"a.py": "class A:\n    size = 1\n    def grow(self):\n        self.size = 2\n        return self.size\n"}
    found = used_by(Resolver(index_of(sources)), Target("a.py", "A.size"))
    assert {kind: uses.count for kind, uses in found.items()} == {"read": 1, "written": 1}
