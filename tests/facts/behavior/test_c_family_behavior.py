"""What is said about C, C++ and C# functions."""

import pytest

from support.behaviors import behavior, check

C = {
    "guards and jumps": (
        "int f(char *p) { char *q = malloc(2); if (!q) goto fail; if (*p == 'x') return 1; free(q); fail: return -1; }",
        "Gets `q` from `malloc(2)`, then jumps to `fail` when `!q`. Returns `1` when `*p == 'x'`. "
        "Otherwise, calls `free(q)`. At the label `fail`, returns `-1`.",
    ),
    "writes through pointers": (
        "void f(struct s *p, int *out) { p->x = 1; *out = 2; (*p).y += 3; table[0] = 4; p->n++; --total; }",
        "Sets `p->x` to `1` and `*out` to `2`, updates `(*p).y` (`+= 3`), sets `table[0]` to `4`, increments `p->n`, "
        "and decrements `total`.",
    ),
    "cases fall through": (
        "int f(int a) { switch (a) { case 1: case 2: go(); break; case 3: { stop(); break; } case 4: end(); "
        "default: return 1; } return 0; }",
        "Depending on `a`: `1, 2` → calls `go()`; `3` → calls `stop()`; `4` → calls `end()` and goes on with "
        "the next case; "
        "otherwise → returns `1`. Returns `0`.",
    ),
    "the preprocessor's conditions": (
        "void f(void) {\n#ifdef X\n  go();\n#elif defined(Y)\n  stop();\n#else\n  end();\n#endif\n}\n",
        "Under `#ifdef X`, calls `go()`; else under `#elif defined(Y)`, calls `stop()`; otherwise calls `end()`.",
    ),
    "a condition that assigns": (
        "void f(int fd) { int n; while ((n = read(fd)) > 0) { if (n == 1) continue; use(n); } }",
        "While `(n = read(fd)) > 0`, moves on to the next iteration when `n == 1`; otherwise calls `use(n)`.",
    ),
    "the wrapping of macros runs once": (
        "void f(void) { do { go(); stop(); } while (0); }",
        "Calls `go()` and `stop()`.",
    ),
    "short circuits, ternaries and commas": (
        "void f(int a) { a && go(); a ? stop() : end(); x++, y--; (void)go(); }",
        "If `a`, calls `go()`. If `a`, calls `stop()`; otherwise calls `end()`. "
        "Increments `x`, decrements `y` and calls `go()`.",
    ),
    "loops": (
        "void f(void) { for (;;) { tick(); } for (int i = 0; i < 3; i++) go(i); do go(); while (x); }",
        "In an open-ended loop, calls `tick()`. For `int i = 0; i < 3; i++`, calls `go(i)`. Once and then "
        "while `x`, calls `go()`.",
    ),
    "declarations": (
        "void f(void) { int a, *b = g(), c = 1; char d[2] = {0}; use(a); }",
        "Gets `b` from `g()`, sets `c` to `1`, declares `char d[2] = {0}` and calls `use(a)`.",
    ),
    "the end of the process": (
        "void f(void) { if (x) exit(1); abort(); }",
        "Ends the process with `exit(1)` when `x`. Otherwise, ends the process with `abort()`.",
    ),
    "comments in the middle": ("int f(int a) { return g(a, /* b */ 2); }", "Returns `g(a, 2)`."),
}


@pytest.mark.parametrize("name", C)
def test_c(name):
    check("c", *C[name])


CPP = {
    "objects that hold something are declared": (
        "int A::f(int x) { MutexLock l(&mutex_); std::lock_guard<std::mutex> g(m); auto v = make(x); return v; }",
        "Declares `MutexLock l(&mutex_)`, declares `std::lock_guard<std::mutex> g(m)`, gets `v` from "
        "`make(x)` and returns `v`.",
    ),
    "a condition with a statement of its own": (
        "int f(int x) { if (auto it = m.find(x); it != m.end()) { return 1; } return 2; }",
        "Returns `1` when `auto it = m.find(x); it != m.end()`. Otherwise, returns `2`.",
    ),
    "errors": (
        "void f() { try { go(); } catch (const std::exception& e) { log(e); throw; } catch (...) { } throw "
        'Error("x"); }',
        "Calls `go()`; on `const std::exception& e`, calls `log(e)` and rethrows the error; ignores `...`. "
        'Throws `Error("x")`.',
    ),
    "range loops and lambdas": (
        "void f(V& v) {\n  for (auto& i : v) go(i);\n  each(v, [&](int x) {\n    if (!x) return;\n    go(x);\n  });\n}",
        "For each `i` in `v`, calls `go(i)`. "
        "Calls `each(v, [&](int x) {…})` (lambda: returns early when `!x`; otherwise calls `go(x)`).",
    ),
    "streams are run": ('void f() { std::cout << "x" << std::endl; }', 'Runs `std::cout << "x" << std::endl`.'),
    "an expression that reads like a declaration": ("void f() { ready && go(); }", "Runs `ready && go()`."),
    "new and delete": (
        "void f() { auto p = new A(1); delete p; delete[] q; }",
        "Sets `p` to `new A(1)`, and deletes `p` and `q`.",
    ),
    "members without this": (
        "void A::f(int x, int& out) { count_ = x; this->y = 1; (*this)[0] = 2; out = 3; int local = 4; local = 5; }",
        "Sets `count_` to `x`, `this->y` to `1`, `(*this)[0]` to `2`, `out` to `3`, `local` to `4` and `local` to `5`.",
    ),
    "structured bindings": (
        "void f() { auto [a, b] = pair(); use(a, b); }",
        "Gets `[a, b]` from `pair()` and calls `use(a, b)`.",
    ),
    "casts are no calls": (
        "int f(long x) { int y = static_cast<int>(x); return y; }",
        "Sets `y` to `static_cast<int>(x)` and returns `y`.",
    ),
    "coroutines": ("Task f() { co_await go(); co_return 1; }", "Awaits `go()` and returns `1`."),
}


@pytest.mark.parametrize("name", CPP)
def test_cpp(name):
    check("cpp", *CPP[name])


def test_a_cpp_constructor_sets_its_members():
    source = "A::A(int x) : Base(x), a_(x), b_{1} { go(); }"
    check("cpp", source, "Initializes `Base` with `x`, `a_` with `x` and `b_` with `1`, and calls `go()`.", symbol="A")


def test_a_reference_parameter_is_the_callers():
    written = {
        (write.target, write.scope) for write in behavior("cpp", "void f(int& out, int in) { out = 1; in = 2; }").writes
    }
    assert written == {("out", "argument")}


CSHARP = {
    "guards": (
        "int F(string a) { if (a is null) throw new E(nameof(a)); if (a.Length == 0) return 0; return G(a); }",
        "Throws `new E(nameof(a))` when `a is null`. Returns `0` when `a.Length == 0`. Otherwise, returns `G(a)`.",
    ),
    "what is used until the end": (
        "void F(string a) { using var s = Open(a); using (var t = Open(a)) { t.Go(); } lock (_l) { _n++; } }",
        "Uses `var s = Open(a)` until the end of the block. With `var t = Open(a)`, calls `t.Go()`. "
        "Holding the lock on `_l`, increments `_n`.",
    ),
    "null operators": (
        "void F(A a) { var x = a ?? throw new E(); _y ??= Make(); a?.Go(); }",
        "Sets `x` to `a`, or, if that is null, throws `new E()`. Sets `_y` to `Make()` if it is null and "
        "calls `a?.Go()`.",
    ),
    "sections share a label": (
        'void F(string a) { switch (a) { case "x": case "y": Go(); break; case string z when z.Length > 1: '
        "return; default: Stop(); break; } }",
        'Depending on `a`: `"x", "y"` → calls `Go()`; `string z when z.Length > 1` → returns; otherwise → '
        "calls `Stop()`.",
    ),
    "a switch as a value": (
        'int F(string a) {\n  return a switch\n  {\n    "x" => 1,\n    { Length: > 3 } => 2,\n    _ => throw '
        "new E()\n  };\n}",
        'Depending on `a`: `"x"` → returns `1`; `{ Length: > 3 }` → returns `2`; otherwise → throws `new E()`.',
    ),
    "errors with filters": (
        "void F() { try { Go(); } catch (IOException e) when (e.X) { throw; } catch { } finally { Stop(); } }",
        "Calls `Go()`; on `(IOException e) when (e.X)`, rethrows the error; ignores any error; in any case, "
        "calls `Stop()`.",
    ),
    "awaiting": (
        "async Task F() { var x = await G(); await H(x).ConfigureAwait(false); await foreach (var i in I()) "
        "{ J(i); } }",
        "Gets `x` by awaiting `G()` and awaits `H(x).ConfigureAwait(false)`. Asynchronously, for each `i` in "
        "`I()`, calls `J(i)`.",
    ),
    "expression bodies": ("void F() => Go();", "Calls `Go()`."),
    "expression bodies with a result": ("int F() => _x;", "Returns `_x`."),
    "generators": ("IEnumerable<int> F() { yield return 1; yield break; }", "Yields `1`. Returns."),
    "out parameters are the caller's": (
        "bool F(int a, out int b) { b = 1; c = 2; return true; }",
        "Sets `b` to `1` and `c` to `2`, and returns `true`.",
    ),
    "the preprocessor's conditions": (
        "void F() {\n#if DEBUG\n  Go();\n#else\n  Stop();\n#endif\n}",
        "Under `#if DEBUG`, calls `Go()`; otherwise calls `Stop()`.",
    ),
    "types do nothing": (
        "void F() { Exception? e = G(); (int, string) t = H(); List<A?> l; const int C = 1; Use(e); }",
        "Gets `e` from `G()` and `t` from `H()`, sets `C` to `1`, and calls `Use(e)`.",
    ),
    "functions inside": (
        "int F() { int L(int z) => z + 1; return L(2); }",
        "Defines `L(int z)` (which returns `z + 1`). Returns `L(2)`.",
    ),
}


@pytest.mark.parametrize("name", CSHARP)
def test_c_sharp(name):
    source, expected = CSHARP[name]
    check("c-sharp", f"class K {{\n{source}\n}}\n", expected, symbol="F")


def test_a_c_sharp_constructor_calls_its_base_first():
    check(
        "c-sharp", "class A : B { A(int x) : base(x) { _x = x; } }", "Calls `base(x)` and sets `_x` to `x`.", symbol="A"
    )
