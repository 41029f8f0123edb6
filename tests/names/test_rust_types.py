"""What Rust's values are: the parts of patterns, parameters of closures, options, iterators, bounds."""

import pytest

from support.indexing import check

TYPES = """\
struct Jar; impl Jar { fn open(&self) {} fn lid(&self) -> Option<Lid> { None } fn pair(&self) -> (Jar, Lid) { x } }
struct Lid; impl Lid { fn open(&self) {} fn jar(&self) -> Result<Jar, E> { x } }
struct W(Lid, pub Vec<Jar>); enum Sh { A(Jar, Lid), B { lid: Lid }, C }
fn each<F>(f: F) where F: FnMut(&mut Jar) -> u8 {}
fn per(f: impl Fn(&Lid)) {}
trait Op { fn run(&self); }
struct Q { jars: Option<Vec<Jar>> } impl Q { fn jars(&self) -> Lid {} }
mod hir { pub struct Cls; impl Cls { fn neg(&mut self) {} } }
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fn f(v: Vec<Jar>) { for (i, x) in v.iter().enumerate() { x.‸open(); } }", "Jar.open"),
        ("fn f(v: Jar) { if let Some(v) = v.‸lid() { } }", "Jar.lid"),
        ("fn f(v: Jar) { if let Some(v) = v.lid() { v.‸open() } }", "Lid.open"),
        ("fn f(v: Jar) { let (a, b) = v.pair(); b.‸open() }", "Lid.open"),
        ("fn f(v: Jar) { let (a, b) = v.pair(); a.‸open() }", "Jar.open"),
        ("fn f(s: Sh) { match s { Sh::A(a, b) => b.‸open(), _ => {} } }", "Lid.open"),
        ("fn f(s: Sh) { match s { Sh::B { lid } => lid.‸open(), _ => {} } }", "Lid.open"),
        ("impl Sh { fn f(&self) { match *self { Self::A(ref a, _) => a.‸open(), _ => {} } } }", "Jar.open"),
        ("fn f(v: HashMap<u8, Jar>) { for (k, x) in &v { x.‸open() } }", "Jar.open"),
        ("fn f(v: HashMap<u8, Jar>) { if let Some(x) = v.get(&1) { x.‸open() } }", "Jar.open"),
        ("fn f(x: Jar) { let x = x.‸lid(); }", "Jar.lid"),
        ("fn f(x: &Jar) { match x.lid() { Some(l) if l.‸open() => {}, None => {} } }", "Lid.open"),
        ("fn f(a: &Jar) { let Some(b) = a.lid() else { return }; b.‸open() }", "Lid.open"),
        ("fn f(a: &Jar) { while let Some(b) = a.lid() { b.‸open() } }", "Lid.open"),
        ("fn f(a: Jar, b: Lid) { let (x, y) = (a.lid(), b); y.‸open() }", "Lid.open"),
        ("fn f(a: Jar, b: Lid) { for (x, y) in v.iter().zip(w) { y.‸open() } }", ""),
    ],
)
def test_patterns_and_where_their_names_are_visible(text: str, expected: str) -> None:
    check({"src/a.rs": TYPES + text}, *([f"src/a.rs:{expected}"] if expected else []))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fn f(v: Vec<Jar>) { v.iter().map(|x| x.‸open()); }", "Jar.open"),
        ("fn f(v: Vec<Jar>) { v.iter().map(|x| x.lid()).for_each(|y| y.‸open()); }", ""),
        ("fn f() { each(|j| j.‸open()) }", "Jar.open"),
        ("fn f() { per(|j| j.‸open()) }", "Lid.open"),
        ("fn f(o: Option<Vec<Jar>>) { o.map(|v| v.iter().map(|j| j.‸open())); }", "Jar.open"),
        ("fn f(a: &[Jar]) { a[1..].iter().for_each(|x| x.‸open()) }", "Jar.open"),
        (
            "impl Q { fn f(&self) { self.jars.as_ref()?.iter().map(|x| x.‸open()) } }",
            "Jar.open",
        ),
    ],
)
def test_closures_and_iterators(text: str, expected: str) -> None:
    check({"src/a.rs": TYPES + text}, *([f"src/a.rs:{expected}"] if expected else []))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fn f(v: Jar) { v.lid().unwrap().‸open() }", "Lid.open"),
        ("fn f(v: Jar) -> X { v.lid()?.‸open() }", "Lid.open"),
        ("fn f(v: Jar) -> X { v.lid()?.jar()?.‸lid() }", "Jar.lid"),
        ("impl W { fn f(&self) { self.0.‸open() } }", "Lid.open"),
        ("impl W { fn f(&self) { self.1[0].‸open() } }", "Jar.open"),
        ("fn f<T: Op>(t: T) { t.‸run() }", "Op.run"),
        ("fn f<T>(t: &T) where T: Op { t.‸run() }", "Op.run"),
        ("use Sh::*; fn f() { ‸C }", "Sh.C"),
        ("fn f(x: Arc<Mutex<Jar>>) { x.lock().unwrap().‸open(); }", "Jar.open"),
        ("mod m { pub fn go() {} } fn f(m: Jar) { m::‸go(); }", "m.go"),
        ("fn f(j: Jar) { self::Jar::‸open(&j); }", "Jar.open"),
        ("mod t { fn f() { super::each(1); super::‸per(2) } }", "per"),
        ("mod t { use super::*; fn f(j: Jar) { j.lid().unwrap().‸open() } }", "Lid.open"),
        ("fn f(a: Vec<Jar>) { a.iter().map(Jar::‸lid) }", "Jar.lid"),
        ("impl Jar { fn g(&self, o: &Self) { o.‸open() } }", "Jar.open"),
        ("struct R { jar: Jar } impl R { fn jar(&self) -> Lid {} fn f(&self) { self.jar().‸open() } }", "Lid.open"),
        ("struct R { jar: Jar } impl R { fn jar(&self) -> Lid {} fn f(&self) { self.‸jar } }", "R.jar#2"),
        ("struct R { jar: Jar } impl R { fn jar(&self) -> Lid {} fn f(&self) { self.‸jar() } }", "R.jar"),
        (
            "struct D; impl D { fn neg(&self) {} fn f(&self, cl: &mut hir::Cls) { cl.‸neg() } }",
            "hir.Cls.neg",
        ),
        ("fn f(class: &Jar) { class.‸open() }", "Jar.open"),
        ("struct Formatter; fn f(x: &core::fmt::‸Formatter) {}", ""),
        ("fn f(o: Result<Jar, E>) { let z = o?; z.‸open() }", "Jar.open"),
        ("struct Y { j: Option<Jar> } impl Y { fn f(&self) { let z = self.j?; z.‸open() } }", "Jar.open"),
    ],
)
def test_options_tuples_and_bounds(text: str, expected: str) -> None:
    check({"src/a.rs": TYPES + text}, *([f"src/a.rs:{expected}"] if expected else []))


def test_what_other_configurations_define_is_a_candidate_too() -> None:
    check(
        {"src/a.rs": "#[cfg(x)]\nfn go() {}\n#[cfg(not(x))]\nfn go() {}\nfn f() { ‸go() }"},
        "src/a.rs:go",
        "src/a.rs:go#2",
    )


def test_rust_finds_macros_of_other_files_and_files_of_modules() -> None:
    macros = {"src/m.rs": "macro_rules! need { () => {} }", "src/lib.rs": "#[macro_use]\nmod m;\nmod a;\n"}
    check({"src/a.rs": "fn f() { ‸need!() }", **macros}, "src/m.rs:need")
    check({"src/lib.rs": "mod ‸a;\n", "src/a.rs": ""}, "src/a.rs:")


def test_a_rust_variant_does_not_hide_the_type_that_it_holds() -> None:
    check({"src/a.rs": "struct Jar;\nenum Shape { Jar(‸Jar) }"}, "src/a.rs:Jar")
