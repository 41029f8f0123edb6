"""What names refer to in Go: fields and methods by the types of their receivers."""

import pytest

from support.indexing import check

GO = """package m
type Jar struct{ lid int; next *Jar; on func() *Jar }
func (j *Jar) Open() *Jar { return j }
type Box struct{ lid int }
func (b *Box) Open() {}
func mk() (int, *Jar, error) { return 0, nil, nil }
"""

COMPOSITE_LITERALS = (
    ("var x = Jar{‸lid: 1}", "Jar.lid"),
    ("var x = &Box{‸lid: 1}", "Box.lid"),
    ("var x = []*Jar{{‸lid: 1}}", "Jar.lid"),
    ('var x = map[string][]Box{"a": {{‸lid: 1}}}', "Box.lid"),
    ("const lid = 1\nvar x = map[int]int{‸lid: 1}", "lid"),
    ("const lid = 1\ntype M map[int]int\nvar x = M{‸lid: 1}", "lid"),
    ("type L []*Jar\nvar x = L{{‸lid: 1}}", "Jar.lid"),
    ("var x = U{‸Jar: nil}\ntype U struct { *Jar }", "U.Jar"),
    ("func f() { tests := []struct { j *Jar; n int }{{‸n: 1}} }", "f.tests.n"),
)

PARTS_OF_VALUES = (
    ("func f() { _, j, _ := mk(); j.‸Open() }", "Jar.Open"),
    ("func f(m map[string]*Jar) { for _, v := range m { v.‸Open() } }", "Jar.Open"),
    ("func f(m map[*Jar]int) { for k := range m { k.‸Open() } }", "Jar.Open"),
    ("func f(m chan *Jar) { for k := range m { k.‸Open() } }", "Jar.Open"),
    ("func f(m chan *Jar) { j, ok := <-m; j.‸Open() }", "Jar.Open"),
    ("func f(m map[string]*Jar) { if j, ok := m[``]; ok { j.‸Open() } }", "Jar.Open"),
    ("func f(m ...*Jar) { m[0].‸Open() }", "Jar.Open"),
    ("func f(j *Jar) { j.on().‸Open() }", "Jar.Open"),
    ("func f(j *Jar) { j.‸on() }", "Jar.on"),
    ("func f() { a, b := &Box{}, &Jar{}\n_ = a\nb.‸Open() }", "Jar.Open"),
    ("type H func() *Jar\nfunc f(h H) { h().‸Open() }", "Jar.Open"),
    ("func f(x any) { j := x.(*Jar); j.‸Open() }", "Jar.Open"),
    ("func f() { g := func() (*Jar, error) { return nil, nil }; j, err := g(); j.‸Open() }", "Jar.Open"),
    ("func f() { g := mk; _, j, _ := g(); j.‸Open() }", "Jar.Open"),
    ("type J = Jar\nfunc f(j *J) { j.‸Open() }", "Jar.Open"),
    ("func f() { jar := &‸Jar{}; _ = jar }", "Jar"),
    ("func f(l []*Jar) { l = append(l, nil); l[1:][0].‸Open() }", "Jar.Open"),
    ("var a, b = &Box{}, &Jar{}\nfunc f() { b.‸Open() }", "Jar.Open"),
    ("func f(j *Jar) { o := j.Open; o().‸Open() }", "Jar.Open"),
)

GENERICS = (
    (
        "type T[K any] struct { k K }\nfunc (t *T[E]) Get() E { return t.k }\nfunc f(t *T[*Jar]) { t.Get().‸Open() }",
        "Jar.Open",
    ),
    ("type T[K any] struct { k K; l []K }\nfunc f(t *T[*Jar]) { t.l[0].‸Open() }", "Jar.Open"),
    (
        "type T[K any] struct { k K }\nfunc N[K any](k K) *T[K] { return nil }\nfunc f(j *Jar) { N(j).k.‸Open() }",
        "Jar.Open",
    ),
    (
        "type T[K any] struct { k K }\nfunc N[K any]() *T[K] { return nil }\nfunc f(j *Jar) { N[*Jar]().k.‸Open() }",
        "Jar.Open",
    ),
    ("type T[K any] struct { k K }\nfunc (t *T[K]) Zap() {}\nfunc f() { t := &T[int]{}; t.‸Zap() }", "T.Zap"),
    ("type T[K any] struct { k K }\ntype U struct { T[*Jar] }\nfunc f(u U) { u.k.‸Open() }", "Jar.Open"),
    ("type I interface { Zap() *Jar }\nfunc f[T I](t T) { t.Zap().‸Open() }", "Jar.Open"),
)

EMBEDDED_AND_UNNAMED = (
    ("type U struct { *Jar }\nfunc f(u U) { u.‸Jar.Open() }", "U.Jar"),
    ("type U struct { *Jar }\nfunc f(u U) { u.Jar.‸Open() }", "Jar.Open"),
    ("type U struct { *‸Jar }", "Jar"),
    (
        "func f() { tests := []struct { j *Jar; n int }{{nil, 1}}\nfor _, tt := range tests { tt.j.‸Open() } }",
        "Jar.Open",
    ),
    ("func f() { for _, tt := range []struct { j *Jar; n int }{{n: 1}} { tt.‸n++ } }", "f.struct.n"),
    (
        "var tests = []struct { j *Jar; n int }{{n: 1}}\nfunc f() { for _, tt := range tests { tt.j.‸Open() } }",
        "Jar.Open",
    ),
    ("type S struct { in struct { j *Jar } }\nfunc f(s S) { s.in.j.‸Open() }", "Jar.Open"),
    ("type S struct { in struct { j *Jar } }\nfunc f(s S) { s.in.‸j = nil }", "S.in.j"),
    ("func f() { done := make(chan struct{})\ntests := []struct { n int }{}\nx := <-done; x.‸n() }", ""),
    ("type Params []int\ntype S struct { Params int; p ‸Params }", "Params"),
    ("type E struct { error }\nfunc f(e E) { e.‸Open() }", ""),
    ("func f() { var e struct { lid int }\n e.‸lid = 2 }", "f.e.lid"),
)


@pytest.mark.parametrize(
    ("text", "expected"), (*COMPOSITE_LITERALS, *PARTS_OF_VALUES, *GENERICS, *EMBEDDED_AND_UNNAMED)
)
def test_go_types_say_what_a_member_is(text: str, expected: str) -> None:
    check({"a.go": GO + text + "\n"}, *([f"a.go:{expected}"] if expected else []))


def test_go_methods_belong_to_the_type_of_their_own_package() -> None:
    other = "package b\ntype List struct{}\n"
    check(
        {
            "a/list.go": "package a\ntype List struct{}\nfunc f(l *List) { l.‸Each() }\n",
            "a/each.go": "package a\nfunc (l *List) Each() {}\n",
            "b/list.go": other,
            "b/each.go": "package b\nfunc (l *List) Each() {}\n",
        },
        "a/each.go:List.Each",
    )


def test_a_function_may_have_the_name_of_a_predeclared_one() -> None:
    check({"a.go": GO + "func make() *Jar { return nil }\nfunc f() { j := make(); j.‸Open() }\n"}, "a.go:Jar.Open")
