"""What is said about Java and Kotlin functions."""

import pytest

from support.behaviors import behavior, check

JAVA = {
    "guards": (
        'int f(String a) { if (a == null) return 0; if (a.isEmpty()) { throw new E("x"); } return g(a); }',
        'Returns `0` when `a == null`. Throws `new E("x")` when `a.isEmpty()`. Otherwise, returns `g(a)`.',
    ),
    "groups of cases fall through": (
        "void f(int a) { switch (a) { case 1: case 2: go(); break; case 3: stop(); default: end(); } }",
        "Depending on `a`: `1, 2` → calls `go()`; `3` → calls `stop()` and goes on with the next case; "
        "otherwise → calls `end()`.",
    ),
    "rules do not": (
        "void f(Object a) { switch (a) { case String s when s.isEmpty() -> go(); case Integer i -> { stop(i); } "
        "case null, default -> end(); } }",
        "Depending on `a`: `String s when s.isEmpty()` → calls `go()`; `Integer i` → calls `stop(i)`; "
        "`null, default` → calls `end()`.",
    ),
    "a switch as a value": (
        'int f(String a) {\n  int r = switch (a) {\n    case "x", "y" -> 1;\n    case "z" -> {\n      '
        "go();\n      yield 2;\n    }\n"
        "    default -> throw new E();\n  };\n  return r;\n}",
        'Depending on `a`: `"x", "y"` → sets `r` to `1`; `"z"` → calls `go()` and sets `r` to `2`; '
        "otherwise → throws `new E()`. Returns `r`.",
    ),
    "resources are entered before anything is caught": (
        "void f() { try (Foo x = open(); Bar y = x.bar()) { go(x); } catch (A | B e) { throw new C(e); } "
        "finally { stop(); } }",
        "With `Foo x = open(); Bar y = x.bar()`, calls `go(x)`; on `A | B e`, throws `new C(e)`; "
        "in any case, calls `stop()`.",
    ),
    "locks": ("void f() { synchronized (lock) { n++; } }", "Holding the lock on `lock`, increments `n`."),
    "loops": (
        "void f(List<String> a) { for (String s : a) go(s); for (int i = 0; i < 3; i++) { go(i); } while (x) "
        "{ y(); } do { z(); } while (x); }",
        "For each `s` in `a`, calls `go(s)`. For `int i = 0; i < 3; i++`, calls `go(i)`. While `x`, calls `y()`. "
        "Once and then while `x`, calls `z()`.",
    ),
    "a lambda with a block": (
        "void f() {\n  run(() -> {\n    go();\n    return;\n  });\n  each(x -> x.go());\n}",
        "Calls `run(() -> {…})` (lambda: calls `go()` and returns). Calls `each(x -> x.go())`.",
    ),
    "an anonymous class is not entered": (
        "Object f() {\n  return new A() {\n    public void run() {\n      go();\n    }\n  };\n}",
        "Returns `new A() {…}`.",
    ),
    "names that nothing declares are attributes": (
        "void f(int a) { count = a; int local = 1; local = 2; this.x = local; values[a] = 3; }",
        "Sets `count` to `a`, `local` to `1`, `local` to `2`, `this.x` to `local` and `values[a]` to `3`.",
    ),
    "patterns in conditions": (
        "void f(Object o) { if (o instanceof String s && s.length() > 1) { go(s); } else if (b) stop(); else "
        "{ end(); } }",
        "If `o instanceof String s && s.length() > 1`, calls `go(s)`; else if `b`, calls `stop()`; otherwise "
        "calls `end()`.",
    ),
    "chained assignments and ternaries": (
        "int f(int[] q) { q[0] = q[1] = 1; return q == null ? 1 : 2; }",
        "Sets `q[1]` to `1` and `q[0]` to `1`, and returns `q == null ? 1 : 2`.",
    ),
    "labels": (
        "void f(List<X> a) { outer: for (X x : a) { while (true) { if (x.y()) break outer; } } }",
        "For each `x` in `a`, in an open-ended loop, leaves `outer` when `x.y()`.",
    ),
    "types do nothing": (
        "void f() { Map<String, List<X>> m = g(); final int[] a; var b = 1; use(m); }",
        "Gets `m` from `g()`, sets `b` to `1` and calls `use(m)`.",
    ),
    "asserts and the end of the process": (
        'void f(Object a) { assert a != null : "x"; System.exit(1); }',
        'Asserts `a != null : "x"` and ends the process with `System.exit(1)`.',
    ),
}


@pytest.mark.parametrize("name", JAVA)
def test_java(name):
    source, expected = JAVA[name]
    check("java", f"class K {{\n{source}\n}}\n", expected)


def test_a_java_constructor():
    check(
        "java",
        "class A { A(int x) { super(x); this.x = x; } }",
        "Calls `super(x)` and sets `this.x` to `x`.",
        symbol="A",
    )


KOTLIN = {
    "an expression as the body": ("fun f(a: Int) = g(a)", "Returns `g(a)`."),
    "elvis operators that leave": (
        'fun f(a: A?): Int {\n    val b = a ?: return 1\n    val c = b.c() ?: throw E("x")\n    return c\n}',
        "Sets `b` to `a`, or, if that is null, returns `1`. Gets `c` from `b.c()`, or, if that is null, "
        'throws `E("x")`. '
        "Returns `c`.",
    ),
    "when with a subject": (
        "fun f(a: Any) {\n    when (a) {\n        1, 2 -> go()\n        in 3..4 -> { stop(); end() "
        "}\n        is String -> go(a)\n"
        "        else -> return\n    }\n    done()\n}",
        "Depending on `a`: `1, 2` → calls `go()`; `in 3..4` → calls `stop()` and `end()`; `is String` → calls `go(a)`; "
        "otherwise → returns. Calls `done()`.",
    ),
    "when over conditions, as a value": (
        "fun f(a: List<A>): Int {\n    return when {\n        a.isEmpty() -> 0\n        else -> g(a)\n    }\n}",
        "Returns: for `a.isEmpty()` `0`, for anything else `g(a)`.",
    ),
    "if and else as statements": (
        "fun f(a: A?) {\n    if (a == null) throw E() else if (a.b) { go() } else stop()\n}",
        "If `a == null`, throws `E()`; else if `a.b`, calls `go()`; otherwise calls `stop()`.",
    ),
    "try as a value": (
        "fun f(): A? {\n    val r = try {\n        load()\n    } catch (e: IOException) {\n        null\n    "
        "} finally {\n        close()\n"
        "    }\n    return r\n}",
        "Gets `r` from `load()`; on `e: IOException`, sets `r` to `null`; in any case, calls `close()`. Returns `r`.",
    ),
    "loops": (
        "fun f(a: List<Int>) {\n    for (i in a) {\n        if (i > 1) continue\n        go(i)\n    }\n    "
        "for ((k, v) in m) go(k)\n"
        "    while (x) y()\n    do { z() } while (x)\n}",
        "For each `i` in `a`, moves on to the next iteration when `i > 1`; otherwise calls `go(i)`. "
        "For each `(k, v)` in `m`, calls `go(k)`. While `x`, calls `y()`. Once and then while `x`, calls `z()`.",
    ),
    "return in a lambda leaves the function, unless it has a label": (
        "fun f(a: List<Int>): Int {\n    a.forEach {\n        if (it > 1) return@forEach\n        if (it > "
        "2) return it\n        go(it)\n"
        "    }\n    return 0\n}",
        "Calls `a.forEach {…}` (lambda: returns from `forEach` when `it > 1`; "
        "otherwise returns `it` from the function when `it > 2`; otherwise calls `go(it)`). Returns `0`.",
    ),
    "labels of loops": (
        "fun f(a: List<Int>) {\n    outer@ for (i in a) {\n        if (i > 1) break@outer\n        "
        "continue@outer\n    }\n}",
        "For each `i` in `a`, leaves `outer` when `i > 1`; otherwise moves on to the next iteration of `outer`.",
    ),
    "writes": (
        "fun f(a: A) {\n    a.x = 1\n    this.y += 2\n    count++\n    arr[0] = 3\n}",
        "Sets `a.x` to `1`, updates `this.y` (`+= 2`), increments `count` and sets `arr[0]` to `3`.",
    ),
    "a function that may be anything is called": (
        'fun f(a: Int) {\n    if (a > 1) error("no")\n    exitProcess(1)\n}',
        'If `a > 1`, calls `error("no")`. Ends the process with `exitProcess(1)`.',
    ),
    "a delegated property is only declared": (
        "fun f() {\n    val a by lazy { go() }\n    use(a)\n}",
        "Declares `val a by lazy { go() }` and calls `use(a)`.",
    ),
    "a function inside": (
        "fun f(): Int {\n    fun inner(x: Int): Int = x + 1\n    return inner(2)\n}",
        "Defines `inner(x: Int)` (which returns `x + 1`). Returns `inner(2)`.",
    ),
}


@pytest.mark.parametrize("name", KOTLIN)
def test_kotlin(name):
    check("kotlin", *KOTLIN[name])


def test_a_secondary_kotlin_constructor():
    source = "class A(val x: Int) {\n    constructor(y: String) : this(y.length) {\n        go()\n    }\n}\n"
    check("kotlin", source, "Calls `this(y.length)` and `go()`.", symbol="constructor")


def test_what_is_opened_and_closed():
    source = "class K { void f() { try (A a = open()) { a.go(); } finally { b.close(); } } }"
    found = behavior("java", source)
    assert found.opened == ("A a = open()",)
    assert found.closed == ("b.close()",)
