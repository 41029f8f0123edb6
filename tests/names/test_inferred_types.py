"""Types of receivers: from documentation, results, loops and tables, and what several assignments leave open."""

from support.indexing import check

PHP = """<?php
namespace A;
interface IO { public function write($x); }
class Dummy implements IO {
  public function write($x) {}
  public static function make(): static { return new static(); }
}
class Cmd {
  /** @var IO */
  private $io;
  public function __construct(private Dummy $own) { $this->io = new Dummy(); }
  /** @return IO */
  public function getIO() { if (!$this->io) { $this->io = new Dummy(); } return $this->io; }
  /** @return Dummy[] */
  public function all() { return []; }
  /** @param IO $it */
  public function run($it, $list) { %s }
}
"""


def test_php_documentation_declares_types() -> None:
    for text, expected in (
        ("$this->io->‸write(1);", "IO"),
        ("$this->getIO()->‸write(1);", "IO"),
        ("$it->‸write(1);", "IO"),
        ("foreach ($this->all() as $d) { $d->‸write(1); }", "Dummy"),
        ("foreach ($this->all() as $k => $d) { $d->‸write(1); }", "Dummy"),
        ("/** @var Dummy $d */ $d = $list[0]; $d->‸write(1);", "Dummy"),
        ("/** @var Dummy[] $ds */\nforeach ($ds as $d) { $d->‸write(1); }", "Dummy"),
        ("$this->own->‸write(1);", "Dummy"),
        ("Dummy::make()->‸write(1);", "Dummy"),
    ):
        check({"a.php": PHP % text}, f"a.php:{expected}.write")


def test_assignments_of_several_types_are_not_one_type() -> None:
    jars = "class Jar:\n    def turn(self): ...\nclass Lid:\n    def turn(self): ...\n"
    use = (
        "class A:\n    def f(self): self.x = Jar()\n    def g(self): self.x = Lid()\n    def h(self): self.x.‸turn()\n"
    )
    check(f"{jars}{use}", "main.py:Jar.turn", "main.py:Lid.turn")
    check(f"{jars}{use.replace('self.x = Jar()', 'self.x: Jar = Jar()')}", "main.py:Jar.turn")


def test_php_trait_rules() -> None:
    logs = "trait Logs { function log() {} }\ntrait Prints { function log() {} }\n"
    start = f"<?php\n{logs}trait Reads {{ function fetch() {{}} }}\n"
    rules = "use Reads { fetch as own; }\nuse Logs, Prints { Prints::log insteadof Logs; Logs::log as quiet; }\n"
    for call, expected in (("log", "Prints.log"), ("quiet", "Logs.log"), ("own", "Reads.fetch")):
        check(
            {"a.php": f"{start}class A {{ {rules} function f() {{ return $this->‸{call}(); }} }}\n"},
            f"a.php:{expected}",
        )


GO = """package p
type File interface{ Path() string }
type Jar struct{}
func (j *Jar) Path() string { return "" }
func open() (File, error) { return nil, nil }
func named() (jar *Jar, err error) { return nil, nil }
func both() (from, to *Jar) { return nil, nil }
"""


def test_go_results_assertions_and_ranges() -> None:
    for text, expected in (
        ("x, err := open()\n_ = err\nx.‸Path()", "File"),
        ("x, _ := named()\nx.‸Path()", "Jar"),
        ("x, _ := both()\nx.‸Path()", "Jar"),
        ("if x, ok := a.(*Jar); ok { x.‸Path() }", "Jar"),
        ("for _, x := range files { x.‸Path() }", "File"),
        ("for _, x := range byName { x.‸Path() }", "Jar"),
        ('byName["a"].‸Path()', "Jar"),
    ):
        body = f"func f(a any, files []File, byName map[string]*Jar) {{ {text} }}\n"
        check({"a.go": f"{GO}{body}"}, f"a.go:{expected}.Path")


def test_elements_of_loops() -> None:
    scripts = "class A { zork() {} }\nclass B { zork() {} }\n"
    rust = "struct A {}\nimpl A { fn zork(&self) {} }\nstruct B {}\nimpl B { fn zork(&self) {} }\n"
    sharp = "class A { public void zork() {} }\nclass B { public void zork() {} "
    cpp = "struct A { void zork() {} };\nstruct B { void zork() {} };\n"
    for path, text in (
        ("a.ts", f"{scripts}function f(all: A[]) {{ for (const a of all) a.‸zork(); }}"),
        ("a.rs", f"{rust}fn f(all: Vec<A>) {{ for a in &all {{ a.‸zork(); }} }}"),
        ("a.cs", f"{sharp}void F(A[] all) {{ foreach (var a in all) {{ a.‸zork(); }} }} }}"),
        ("a.cpp", f"{cpp}void f(std::vector<A> all) {{ for (auto& a : all) {{ a.‸zork(); }} }}"),
    ):
        check({path: f"{text}\n"}, f"{path}:A.zork")


def test_lua_functions_of_the_own_module() -> None:
    module = (
        "local M = {}\nfunction M.aid() end\nM.more = function() end\nfunction M.run() return M.‸%s() end\nreturn M\n"
    )
    for name in ("aid", "more"):
        check({"m.lua": module % name}, f"m.lua:M.{name}")


def test_bodies_of_test_fixtures_are_members() -> None:
    start = "class Fix { void Add(int n) {} };\nstruct Decoy { void Add(int n) {} };\n"
    check({"a.cc": f"{start}TEST_F(Fix, Empty) {{ ‸Add(1); }}\n"}, "a.cc:Fix.Add")
