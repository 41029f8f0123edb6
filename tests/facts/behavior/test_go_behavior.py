"""What is said about Go functions."""

import pytest

from support.behaviors import behavior, check

CASES = {
    "results that are dropped": (
        "func f() {\n\t_, _ = fmt.Println(1)\n\tn, _ := g()\n\th(n)\n}",
        "Calls `fmt.Println(1)`, gets `n, _` from `g()` and calls `h(n)`.",
    ),
    "an error is passed on after each step": (
        'func f(p string) (string, error) {\n\tfile, err := os.Open(p)\n\tif err != nil {\n\t\treturn "", err\n\t}\n'
        '\tdata, err := io.ReadAll(file)\n\tif err != nil {\n\t\treturn "", err\n\t}\n\treturn string(data), nil\n}',
        "Gets `file, err` from `os.Open(p)` and `data, err` from `io.ReadAll(file)`, "
        'and after each returns `"", err` when `err != nil`. Otherwise, returns `string(data), nil`.',
    ),
    "a condition with a statement of its own": (
        "func f() {\n\tif v, ok := m[1]; !ok {\n\t\treturn\n\t} else if v > 1 {\n\t\th()\n\t} else {\n\t\tk()\n\t}\n}",
        "If `v, ok := m[1]; !ok`, returns; else if `v > 1`, calls `h()`; otherwise calls `k()`.",
    ),
    "loops": (
        "func f(m map[int]int) {\n\tfor i := 0; i < 3; i++ {\n\t\th(i)\n\t}\n\tfor k, v := range m {\n\t\tk(v)\n\t}\n"
        "\tfor range ch {\n\t\th()\n\t}\n\tfor x < 3 {\n\t\th()\n\t}\n\tfor {\n\t\th()\n\t}\n}",
        "For `i := 0; i < 3; i++`, calls `h(i)`. For each `k, v` in `m`, calls `k(v)`. "
        "For each iteration over `range ch`, calls `h()`. While `x < 3`, calls `h()`. "
        "In an open-ended loop, calls `h()`.",
    ),
    "a switch does not fall through unless it says so": (
        "func f(a int) {\n\tswitch a {\n\tcase 1, 2:\n\t\th()\n\tcase "
        "3:\n\t\tk()\n\t\tfallthrough\n\tdefault:\n\t\treturn\n\t}\n}",
        "Depending on `a`: `1, 2` → calls `h()`; `3` → calls `k()` and goes on with the next case; otherwise "
        "→ returns.",
    ),
    "a switch over conditions": (
        "func f(a int) {\n\tswitch {\n\tcase a > 1:\n\t\th()\n\tdefault:\n\t\tk()\n\t}\n}",
        "Depending on which holds first: `a > 1` → calls `h()`; otherwise → calls `k()`.",
    ),
    "a switch over types": (
        "func f(a any) int {\n\tswitch x := a.(type) {\n\tcase int, string:\n\t\treturn g(x)\n\tcase "
        "nil:\n\t\treturn 0\n\t}\n"
        "\treturn 1\n}",
        "Returns, depending on `x := a.(type)`: for `int, string` `g(x)`, for `nil` `0`. Returns `1`.",
    ),
    "select waits, unless it has a default": (
        "func f() error {\n\tselect {\n\tcase v := <-ch:\n\t\th(v)\n\tcase <-ctx.Done():\n\t\treturn "
        "ctx.Err()\n\t}\n\tselect {\n"
        "\tcase ch <- 1:\n\t\tk()\n\tdefault:\n\t}\n\treturn nil\n}",
        "Waits for what is ready first: `v := <-ch` → calls `h(v)`; `<-ctx.Done()` → returns `ctx.Err()`. "
        "Takes what is ready: `ch <- 1` → calls `k()`; otherwise → nothing. Returns `nil`.",
    ),
    "goroutines, deferred calls, channels and panics": (
        'func f() {\n\tmu.Lock()\n\tdefer mu.Unlock()\n\tgo h(1)\n\tch <- 1\n\tpanic("no")\n}',
        "Calls `mu.Lock()`, defers `mu.Unlock()`, starts `h(1)` in a goroutine, sends `ch <- 1` and panics "
        'with `"no"`.',
    ),
    "a deferred function": (
        "func f() (err error) {\n\tdefer func() {\n\t\tif r := recover(); r != nil {\n\t\t\terr = "
        "wrap(r)\n\t\t}\n\t}()\n"
        "\treturn h()\n}",
        "Defers `func() {…}()` (function: if `r := recover(); r != nil`, gets `err` from `wrap(r)`). Returns `h()`.",
    ),
    "a function that is returned": (
        "func f(next H) H {\n\treturn func(w W) {\n\t\tw.Go()\n\t\tnext(w)\n\t}\n}",
        "Returns `func(w W) {…}` (function: calls `w.Go()` and `next(w)`).",
    ),
    "labels": (
        "func f(a []int) {\nouter:\n\tfor _, x := range a {\n\t\tif x > 1 {\n\t\t\tbreak "
        "outer\n\t\t}\n\t}\n\tgoto end\nend:\n\th()\n}",
        "For each `x` in `a`, leaves `outer` when `x > 1`. Jumps to `end`. At the label `end`, calls `h()`.",
    ),
    "break leaves the switch, not the loop": (
        "func f(a []int) {\n\tfor _, x := range a {\n\t\tswitch x {\n\t\tcase 1:\n\t\t\tif y "
        "{\n\t\t\t\tbreak\n\t\t\t}\n\t\t\th()\n\t\t}\n\t}\n}",
        "For each `x` in `a`, depending on `x`: `1` → (leaves the switch when `y`; otherwise calls `h()`).",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_go(name):
    source, expected = CASES[name]
    check("go", f"package p\n\n{source}\n", expected)


def test_whose_the_written_names_are():
    source = """package p
func (s *S) f(a *A) (n int) {
	s.count++
	a.x = 1
	*out = 2
	total = 3
	n = 4
	local := B{}
	local.y = 5
	if err := g(); err != nil {
		err = nil
	}
}
"""
    written = {(write.target, write.scope) for write in behavior("go", source).writes}
    assert written == {
        ("s.count", "attribute"),
        ("a.x", "argument"),
        ("*out", "outer"),
        ("total", "outer"),
        ("local.y", "object"),
    }
