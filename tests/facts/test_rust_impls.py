"""What implements a Rust trait, also where the type is not defined here."""

import pytest

from forethought.facts.rust_impls import derived_traits, implementations_for, implementations_of, impls_in
from forethought.names.resolver import Resolver, Target
from support.indexing import index_of

SOURCES = {
    "src/lib.rs": """mod kinds;
use crate::kinds::Kind;
pub struct Jar<T> { lid: T }
#[derive(Debug, Clone)]
#[derive(serde::Serialize)]
pub enum Lid { Tight }
impl<T> Kind for Jar<T> where T: Clone {}
impl Kind for &Lid {}
impl Jar<u8> { fn open(&self) {} }
fn make() -> impl Kind { Lid::Tight }
""",
    "src/kinds.rs": """use crate::{Jar, Lid};
pub trait Kind { fn kind(&self) -> u8 { 1 } }
pub trait Into2<T> {}
impl Kind for Box<dyn Fn() -> u8 + Send> {}
impl<E> Kind for E
where
    E: Into<u8>,
{
    fn kind(&self) -> u8 { 2 }
}
impl Into2<Vec<u8>> for crate::Jar<u8> {}
impl !Kind for Lid {}
""",
}


def lines_of(path: str) -> list[bytes]:
    return SOURCES[path].encode().split(b"\n")


def test_every_impl_of_a_trait_is_found_as_written() -> None:
    found = implementations_of(Resolver(index_of(SOURCES)), Target("src/kinds.rs", "Kind"), lines_of)
    assert [(place.path, place.range.start.row + 1, item.type_text, item.is_blanket) for place, item in found] == [
        ("src/kinds.rs", 4, "Box<dyn Fn() -> u8 + Send>", False),
        ("src/kinds.rs", 5, "E", True),
        ("src/lib.rs", 7, "Jar<T>", False),
        ("src/lib.rs", 8, "&Lid", False),
    ]
    assert found[1][1].header == "impl<E> Kind for E where E: Into<u8>"
    assert found[2][1].header == "impl<T> Kind for Jar<T> where T: Clone"


@pytest.mark.parametrize(("symbol", "expected"), [("Jar", ["Into2<Vec<u8>>", "Kind"]), ("Lid", [])])
def test_the_traits_of_a_type_may_be_implemented_in_any_file(symbol: str, expected: list[str]) -> None:
    found = implementations_for(Resolver(index_of(SOURCES)), Target("src/lib.rs", symbol), lines_of)
    assert [item.trait_text for _, item in found] == expected


@pytest.mark.parametrize(("name", "expected"), [("Lid", ["Debug", "Clone", "serde::Serialize"]), ("Jar", [])])
def test_derived_traits_are_read_from_all_attributes(name: str, expected: list[str]) -> None:
    symbol = Resolver(index_of(SOURCES)).symbol(Target("src/lib.rs", name))
    assert symbol is not None
    assert derived_traits(symbol, lines_of("src/lib.rs")) == expected


def test_no_other_use_is_an_impl() -> None:
    tags = index_of(SOURCES).tags("src/lib.rs")
    assert tags is not None
    assert len(list(impls_in(tags, lines_of("src/lib.rs")))) == 2


def test_text_that_is_not_what_was_indexed_has_no_impls() -> None:
    tags = index_of(SOURCES).tags("src/lib.rs")
    assert tags is not None
    assert list(impls_in(tags, [b"fn main() {}"])) == []
    assert list(impls_in(tags, [b"impl Other for T {}"] * 20)) == []
