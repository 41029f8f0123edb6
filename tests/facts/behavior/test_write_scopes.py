"""Whose the names are that a function writes to."""

import pytest

from support.behaviors import behavior

WRITES = [
    ("python", "def f(a):\n    global z\n    z += 1\n    a[0] = 1\n    m.k = 2\n    del a[1]\n    x = 1\n    del x\n",
     ["outer z", "argument a[0]", "outer m.k", "argument a[1]"]),
    ("javascript", "let g = 0; function f(a) { g = 1; a.x = 2; this.y = 3; const o = {}; [o.q, g] = [1, 2]; }",
     ["outer g", "argument a.x", "attribute this.y", "outer [o.q, g]"]),
    ("javascript", "function f(q) { g(r => { r.x = 1; q.y = 2; const k = {}; k.z = 1 }); q.h(r => r.a = 1) }",
     ["object r.x", "argument q.y", "object k.z", "object r.a"]),
    ("go", "package p\nfunc (s *S) f(a *T) { s.x = 1; a.y = 2; G = 3; go func() { G++ }(); h(func(r *R) { r.z = 1 }) }",
     ["attribute s.x", "argument a.y", "outer G", "outer G", "object r.z"]),
    ("java", "class A { int x; void f() { x = 1; Runnable s = () -> { x = 5; }; } }", ["attribute x", "attribute x"]),
    ("java", "class A { void m() { new R() { int k; void f() { k = 2; } }; } }", ["outer k"]),
    ("c-sharp", "class A { void m() { int n = 0; void f() { n = 2; } } }", ["outer n"]),
    ("cpp", "void f(int *p) { int *q = g(); counter++; delete p; delete q; }",
     ["outer counter", "argument p", "object q"]),
    ("cpp", "class A { int x_; void f(B *p) { x_ = 1; count = 2; p->z = 3; } };",
     ["attribute x_", "unknown count", "argument p->z"]),
    ("cpp", "class A { int x_; }; void A::f() { x_ = 1; this->y_ = 2; }", ["attribute x_", "attribute this->y_"]),
    ("cpp", "class A { void f() { int **l = new int*[n]; l[k++] = 1; } };", ["object l[k++]", "unknown k"]),
    ("kotlin", "class A {\n var x = 0\n fun f(p: P) {\n x = 1\n total = 2\n p.each { r -> r.x = 1 }\n }\n}\n",
     ["attribute x", "unknown total", "object r.x"]),
    ("kotlin", "fun m() {\n var n = 0\n fun f() { n = 2 }\n}\n", ["outer n"]),
    ("rust", "fn f(i: &str) { if let Some(mut r) = w(i) { r = 1; r.x = 2; } while let Some(q) = g() { q.y = 3; } }",
     ["object r.x", "object q.y"]),
    ("go", "package p\nfunc f() { switch v := t.(type) { case A: v.x = 1 }\nfor _, w := range m { w.x = 2 } }",
     ["object v.x", "object w.x"]),
    ("java", "class A { void f(Object o) { if (o instanceof B b) { b.x = 1; } try (R r = g()) { r.x = 2; } } }",
     ["object b.x", "object r.x"]),
    ("c-sharp", "class A { void f(object o) { if (o is B b) { b.X = 1; } g(out var y); y = 1; y.X = 2; "
     "var (p, q) = g(); p = 1; q.X = 3; (int m, int n) = g(); m = 2; } }", ["object b.X", "object y.X", "object q.X"]),
    ("cpp", "void f() { if (auto b = g()) { b->x = 1; } for (int i = 0, n = 1; i < 3; ++i) { n = 2; } }",
     ["object b->x"]),
    ("c", "void f(void) { int (*g)(int); g = h; for (int i = 0, n = 1; i < n; ) { n = 2; } }", []),
    ("kotlin", "class A {\n fun f() {\n when (val x = g()) { is B -> x.y = 1 }\n }\n}\n", ["object x.y"]),
    ("javascript", "function f() { for (let i = 0, n = 2; i < 3; i++) { n = 2; } g = 1; }", ["outer g"]),
    ("c", "void f(struct s *o) { g(o)->x = 1; (*o).y = 2; }", ["unknown g(o)->x", "argument (*o).y"]),
    ("java", "class A { void f(B o) { get().x = 1; items[n()] = 4; } }", ["unknown get().x", "attribute items[n()]"]),
    ("ruby", "def f(o)\n  self.k = 1\n  o.x = 2\n  o.a.b = 3\n  h[1] = 2\n  ALL[1] = 2\nend\n",
     ["attribute self.k", "argument o.x", "unknown o.a.b", "unknown h[1]", "outer ALL[1]"]),
    ("bash", "f() {\n  local v\n  A=1 make\n  v=\"$(B=2 g)\"\n  C=3\n  (D=4)\n}\n", ["outer C"]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "source", "expected"), WRITES)
def test_whose_the_written_names_are(language, source, expected):
    writes = behavior(language, source).writes
    assert [f"{write.scope} {write.target}" for write in writes] == expected
