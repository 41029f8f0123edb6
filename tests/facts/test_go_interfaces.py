"""Which Go types have all methods of an interface: by method sets, never by name alone."""

import pytest

from forethought.errors import Cancelled
from forethought.facts.go_interfaces import GoMethodSets
from forethought.names.resolver import Resolver, Target
from support.indexing import index_of

GO = "go.mod", "module far.example/shop\n"
JARS = """package jars
import (
	"io"
	web "net/http"
)
type Jar interface {
	Open(lid string, force bool) (*Lid, error)
	Close() error
}
type Lid struct{}
type Glass struct{}
func (g *Glass) Open(l string, f bool) (lid *Lid, err error) { return nil, nil }
func (g Glass) Close() error { return nil }
type Other struct{}
func (Other) Open(lid, force string) (*Lid, error) { return nil, nil }
func (Other) Close() error { return nil }
type Half struct{}
func (Half) Open(lid string, force bool) (*Lid, error) { return nil, nil }
type Boxed struct { *Glass; label string }
type Hidden struct { Glass; Close bool }
type Wrapped struct { Jar }
type Mixed struct { Half; io.Closer }
type Far struct { Half; web.Server }
type Alias = Glass
type Page func(web.ResponseWriter, *web.Request)
func (p Page) ServeHTTP(w web.ResponseWriter, r *web.Request) {}
"""


def implementers(sources: dict[str, str], path: str, symbol: str) -> tuple[list[str], list[str]]:
    found = GoMethodSets(Resolver(index_of(dict([GO]) | sources))).implementers(Target(path, symbol))
    return [item.symbol_id for item in found.types], [f"{item.type.symbol_id} {item.why}" for item in found.undecided]


def test_types_with_all_methods_implement_an_interface() -> None:
    types, undecided = implementers({"jars/a.go": JARS}, "jars/a.go", "Jar")
    assert types == ["Boxed", "Glass", "Mixed", "Wrapped"]
    assert undecided == ["Far web.Server"]


@pytest.mark.parametrize(
    ("interface", "methods", "expected"),
    [
        ("Do(a, b int)", "func (X) Do(int, int) {}", ["X"]),
        ("Do(a, b int)", "func (X) Do(a int, b string) {}", []),
        ("Do(f func(x int) bool) bool", "func (*X) Do(g func(int) bool) (ok bool) { return true }", ["X"]),
        ("Do(func() error, ...string)", "func (*X) Do(g func() (err error), s ...string) {}", ["X"]),
        ("Do(map[string]interface{}) []byte", "func (*X) Do(m map[string] any) []uint8 { return nil }", ["X"]),
        ("Do(chan int)", "func (*X) Do(c chan int) {}", ["X"]),
        ("Do(chan int)", "func (*X) Do(c chan string) {}", []),
        ("Do(Name)", "func (*X) Do(n string) {}\ntype Name = string", ["X"]),
        ("Do(Name)", "func (*X) Do(n string) {}\ntype Name string", []),
        ("error\n\tDo()", "func (*X) Do() {}", []),
        ("error\n\tDo()", "func (*X) Do() {}\nfunc (*X) Error() string { return \"\" }", ["X"]),
        ("Do()\n\tinner", "type inner interface { in() }\nfunc (*X) Do() {}", []),
        ("Do()\n\tinner", "type inner interface { in() }\nfunc (*X) Do() {}\nfunc (*X) in() {}", ["X"]),
    ],
)  # fmt: skip
def test_methods_are_the_same_if_their_types_are(interface: str, methods: str, expected: list[str]) -> None:
    source = f"package p\ntype I interface {{\n\t{interface}\n}}\ntype X struct{{}}\n{methods}\n"
    assert implementers({"a.go": source}, "a.go", "I") == (expected, [])


def test_packages_are_told_apart() -> None:
    sources = {
        "jars/a.go": JARS,
        "use/b.go": 'package use\nimport j "far.example/shop/jars"\ntype Lid struct{}\ntype Mine struct{}\n'
        "func (Mine) Open(a string, b bool) (*j.Lid, error) { return nil, nil }\n"
        "func (Mine) Close() error { return nil }\n"
        "type Own struct{}\n"
        "func (Own) Open(a string, b bool) (*Lid, error) { return nil, nil }\nfunc (Own) Close() error { return nil }\n"
        "type Secret struct{}\nfunc (Secret) hide() {}\n",
        "jars/hide.go": "package jars\ntype Hider interface { hide() }\n",
    }
    assert "Mine" in implementers(sources, "jars/a.go", "Jar")[0]
    assert "Own" not in implementers(sources, "jars/a.go", "Jar")[0]
    assert implementers(sources, "jars/hide.go", "Hider") == ([], [])


def test_type_parameters_leave_it_undecided() -> None:
    source = "package p\ntype I[T any] interface { Add(T) }\ntype X struct{}\nfunc (X) Add(n int) {}\n"
    assert implementers({"a.go": source}, "a.go", "I") == ([], ["X "])


def test_constraints_and_empty_interfaces_have_no_methods_to_compare() -> None:
    source = "package p\ntype N interface { int | string }\ntype E interface {}\ntype X struct{}\n"
    sets = GoMethodSets(Resolver(index_of({"a.go": source})))
    assert not sets.implementers(Target("a.go", "N")).has_methods
    assert not sets.implementers(Target("a.go", "E")).has_methods


def test_what_an_interface_embeds_from_outside_is_named() -> None:
    source = (
        'package p\nimport "far.example/far"\ntype I interface { far.Big; Go() }\ntype X struct{}\nfunc (X) Go() {}\n'
    )
    sets = GoMethodSets(Resolver(index_of({"a.go": source})))
    found = sets.implementers(Target("a.go", "I"))
    assert ([item.symbol_id for item in found.types], found.outside) == (["X"], ("far.Big",))
    assert sets.implements(Target("a.go", "X"), Target("a.go", "I")) is None


def test_interfaces_of_the_standard_library_are_known() -> None:
    sets = GoMethodSets(Resolver(index_of({"a.go": JARS})))
    found = sets.library_implementers("http.Handler")
    assert found is not None and [item.symbol_id for item in found.types] == ["Page"]
    assert sets.library_implementers("web.Unknown") is None


def test_methods_of_embedded_library_interfaces_are_promoted() -> None:
    source = (
        'package p\nimport "net/http"\ntype W interface { http.ResponseWriter; Status() int }\n'
        "type Base struct{ http.ResponseWriter }\nfunc (*Base) Status() int { return 0 }\ntype Deep struct{ Base }\n"
        "type None struct{}\nfunc (None) Status() int { return 0 }\n"
    )
    assert implementers({"a.go": source}, "a.go", "W") == (["Base", "Deep"], [])


def test_interfaces_of_a_type_are_found() -> None:
    sets = GoMethodSets(Resolver(index_of({"a.go": JARS})))
    assert sets.interfaces_of(Target("a.go", "Boxed")) == (Target("a.go", "Jar"),)
    assert sets.interfaces_of(Target("a.go", "Half")) == ()
    assert sets.methods_implemented_by(Target("a.go", "Glass.Open")) == (Target("a.go", "Jar.Open"),)
    assert sets.methods_implemented_by(Target("a.go", "Other.Open")) == ()
    assert sets.method(Target("a.go", "Boxed"), "Open") == Target("a.go", "Glass.Open")


def test_the_search_stops_when_it_is_cancelled() -> None:
    with pytest.raises(Cancelled):
        GoMethodSets(Resolver(index_of({"a.go": JARS})), lambda: True).implementers(Target("a.go", "Jar"))
