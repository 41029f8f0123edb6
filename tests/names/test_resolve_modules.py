"""Names in Rust's inline modules, slices and enums, and in Go's embedded structs, resolve to what they refer to."""

from support.indexing import check

INLINE = {
    "src/lib.rs": (
        "pub mod client {\n    mod conn;\n    pub use conn::{Config, connect};\n    pub(crate) mod tls;\n"
        "    pub mod deep { pub fn run() {} pub mod low { pub fn dig() {} } }\n}\n"
    ),
    "src/client/conn.rs": (
        "pub struct Config;\nimpl Config { pub fn read(x: u8) -> Self { Config } }\npub fn connect() {}\n"
    ),
    "src/d.rs": "pub struct Decoy;\nimpl Decoy { pub fn read(x: u8) {} }\npub fn run() {}\n",
}


def test_rust_follows_uses_into_an_inline_module() -> None:
    for start, expected in {
        "use crate::client::Config;\nfn f(c: ‸Config) {}": "src/client/conn.rs:Config",
        "use crate::client::Config;\nfn f() { Config::‸read(1); }": "src/client/conn.rs:Config.read",
        "use super::connect;\nfn f() { ‸connect(); }": "src/client/conn.rs:connect",
        "use super::deep::run;\nfn f() { ‸run(); }": "src/lib.rs:client.deep.run",
        "use crate::client::deep::low::dig;\nfn f() { ‸dig(); }": "src/lib.rs:client.deep.low.dig",
        "use super::conn::connect;\nfn f() { ‸connect(); }": "src/client/conn.rs:connect",
    }.items():
        check({**INLINE, "src/client/tls.rs": start}, expected)


def test_rust_follows_uses_of_and_in_inline_modules() -> None:
    library = INLINE["src/lib.rs"]
    check({**INLINE, "src/lib.rs": library + "use client::Config;\nfn f(c: ‸Config) {}\n"}, "src/client/conn.rs:Config")
    check(
        {**INLINE, "src/lib.rs": library + "use client::deep::run;\nfn f() { ‸run() }\n"}, "src/lib.rs:client.deep.run"
    )
    check(
        {**INLINE, "src/lib.rs": library + "fn go() {}\nmod a { use super::go; fn f() { ‸go() } }\n"}, "src/lib.rs:go"
    )
    check(
        {**INLINE, "src/lib.rs": library + "mod a { use super::client::deep::run; fn f() { ‸run() } }\n"},
        "src/lib.rs:client.deep.run",
    )
    check({**INLINE, "src/lib.rs": "mod a { use std::fs::run; fn f() { ‸run() } }\n"})


def test_rust_elements_of_slices_and_arrays() -> None:
    jar = "pub struct Jar;\nimpl Jar { pub fn open(&self) {} }\npub struct Tin;\nimpl Tin { pub fn open(&self) {} }\n"
    for head in ("fn f(a: &[Jar])", "fn f(a: &mut [Jar])", "fn f(a: [Jar; 3])", "fn f(a: [&'static Jar; N])"):
        check({"src/a.rs": f"{jar}{head} {{ a[0].‸open(); }}"}, "src/a.rs:Jar.open")
    check({"src/a.rs": f"{jar}fn f(a: [Jar; 3]) {{ for x in a.iter() {{ x.‸open(); }} }}"}, "src/a.rs:Jar.open")


def test_rust_values_of_variants_that_hold_something() -> None:
    shapes = (
        "enum Shape { Dot, Circle(u8) }\nimpl Shape { fn area(&self) {} }\n"
        "struct Land;\nimpl Land { fn area(&self) {} }\n"
    )
    check({"a.rs": f"{shapes}fn f() {{ let a = Shape::Circle(2); a.‸area(); }}"}, "a.rs:Shape.area")
    check({"a.rs": f"{shapes}fn f() {{ let a = Shape::Dot; a.‸area(); }}"}, "a.rs:Shape.area")


def test_go_parts_that_are_named_by_their_type() -> None:
    go = (
        "package m\ntype Haves struct{ n int }\nfunc (h *Haves) Encode(x int) {}\n"
        "type Decoy struct{}\nfunc (d *Decoy) Encode(x int) {}\n"
    )
    for embedded in ("Haves", "*Haves"):
        check(
            {"a.go": f"{go}type Req struct {{\n\t{embedded}\n}}\nfunc f(r *Req) {{ r.Haves.‸Encode(1) }}"},
            "a.go:Haves.Encode",
        )


def test_rust_modules_may_take_names_from_each_other() -> None:
    check(
        {
            "src/lib.rs": "pub mod bytes;\nmod builders;\nfn f() { bytes::‸Jar::open(); }\n",
            "src/bytes.rs": "pub use crate::builders::bytes::*;\n",
            "src/builders.rs": "pub mod bytes {\n    pub use crate::bytes::Jar;\n}\n",
        }
    )


def test_wildcards_of_unknown_rust_modules_are_looked_up_once() -> None:
    """Not once for each way from one to another, which would take minutes."""
    wildcards = "".join(f"use m{number}::*;\n" for number in range(6))
    check({"src/lib.rs": f"{wildcards}fn f() {{ ‸Jar::open(); }}\n"})
