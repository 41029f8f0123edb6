"""What is said about JavaScript and TypeScript functions."""

import pytest

from support.behaviors import behavior, check

JAVASCRIPT = {
    "a guard without braces, and a guard with them": (
        "function f(a) { if (!a) return; if (a.b) { throw new Error('x'); } go(a); }",
        "Does nothing when `!a`. Throws `new Error('x')` when `a.b`. Otherwise, calls `go(a)`.",
    ),
    "short circuits are conditions": (
        "function f(a) { a && go(); a || stop(); a ?? make(); }",
        "If `a`, calls `go()`. Unless `a`, calls `stop()`. If `a` is null or undefined, calls `make()`.",
    ),
    "a ternary that stands alone": (
        "function f(a) { a ? go() : stop(); }",
        "If `a`, calls `go()`; otherwise calls `stop()`.",
    ),
    "cases fall through until they leave": (
        "function f(a) { switch (a) { case 1: case 2: go(); case 3: stop(); break; default: return 4; } }",
        "Depending on `a`: `1, 2` → calls `go()` and goes on with the next case; `3` → calls `stop()`; "
        "otherwise → returns `4`.",
    ),
    "a case that leaves now and then": (
        "function f(a) { switch (a) { case 1: if (b) break; go(); case 2: stop(); } }",
        "Depending on `a`: `1` → (leaves the switch when `b`; otherwise calls `go()`) and, where that has "
        "not left the case, "
        "goes on with the next one; `2` → calls `stop()`.",
    ),
    "a callback of several lines is told, and its return is its own": (
        "function f(items) {\n  items.forEach((item) => {\n    if (!item) return;\n    use(item);\n  });\n  done();\n}",
        "Calls `items.forEach((item) => {…})` (callback: returns early when `!item`; otherwise calls `use(item)`). "
        "Calls `done()`.",
    ),
    "a callback on one line is quoted": (
        "function f(items) { return items.map((item) => item.id); }",
        "Returns `items.map((item) => item.id)`.",
    ),
    "a chain of promises": (
        "function f(url) {\n  return fetch(url)\n    .then((r) => r.json())\n    .catch((error) => {\n      "
        "report(error);\n"
        "      throw error;\n    });\n}",
        "Returns `fetch(url).then((r) => r.json()).catch((error) => {…})` "
        "(callback: calls `report(error)` and throws `error`).",
    ),
    "errors": (
        "function f() { try { go(); } catch (e) { report(e); } finally { close(); } try { go(); } catch {} }",
        "Calls `go()`; on any error (`e`), calls `report(e)`; in any case, calls `close()`. "
        "Calls `go()`; ignores any error.",
    ),
    "loops over values, keys and counters": (
        "function f(a) { for (const x of a) go(x); for (const k in a) { stop(k); } for (let i = 0; i < 3; "
        "i++) { go(i); } "
        "do { tick(); } while (a.b); }",
        "For each `x` in `a`, calls `go(x)`. For each key `k` of `a`, calls `stop(k)`. "
        "For `let i = 0; i < 3; i++`, calls `go(i)`. Once and then while `a.b`, calls `tick()`.",
    ),
    "labels": (
        "function f(a) { outer: for (const x of a) { for (const y of x) { if (y) break outer; if (!y) "
        "continue outer; } } }",
        "For each `x` in `a`, for each `y` in `x`, leaves `outer` when `y`; "
        "otherwise moves on to the next iteration of `outer` when `!y`.",
    ),
    "assignments": (
        "function f(a) { this.x = a; this.n++; this.q ||= make(); this.r ??= 1; a.b += 2; total = 3; delete a.c; }",
        "Sets `this.x` to `a`, increments `this.n`, sets `this.q` to `make()` if it is falsy, "
        "sets `this.r` to `1` if it is null or undefined, updates `a.b` (`+= 2`) and sets `total` to `3`. "
        "Deletes `a.c`.",
    ),
    "awaiting": (
        "async function f(a) { const { data } = await load(a); for await (const x of a) { await x.go(); } "
        "return await g(); }",
        "Gets `{ data }` by awaiting `load(a)`. Asynchronously, for each `x` in `a`, awaits `x.go()`. "
        "Returns the awaited `g()`.",
    ),
    "an arrow function without a block": ("const f = (a) => g(a);", "Returns `g(a)`."),
    "a generator": ("function* f(a) { yield a; yield* rest(); }", "Yields `a`. Yields from `rest()`."),
    "text in backticks is quoted exactly": (
        "function f(a) { return `x ${a}`; }",
        "Returns `` `x ${a}` ``.",
    ),
    "a function that runs at once": (
        "function f() {\n  (async () => {\n    await go();\n  })();\n}",
        "Calls `(async () => {…})()` (callback: awaits `go()`).",
    ),
}


@pytest.mark.parametrize("name", JAVASCRIPT)
def test_javascript(name):
    check("javascript", *JAVASCRIPT[name])


@pytest.mark.parametrize("name", JAVASCRIPT)
def test_typescript_reads_like_javascript(name):
    check("typescript", *JAVASCRIPT[name])


TYPESCRIPT = {
    "types are left out of what runs": (
        "function f(a: string | undefined): number { const b = (a as any).foo!; return <number>b; }",
        "Sets `b` to `(a as any).foo!` and returns `<number>b`.",
    ),
    "a method with a pattern for a parameter": (
        "class A { f({ a, b = 1 }: O = {}): void { this.a = a; if (!b) throw new TypeError(); } }",
        "Sets `this.a` to `a`. Throws `new TypeError()` when `!b`.",
    ),
    "optional calls": ("function f(a?: A) { a?.b?.(); void a.go(); }", "Calls `a?.b?.()` and `a.go()`."),
    "a constructor": (
        "class A extends B { constructor(private readonly x: number) { super(x); this.y = x; } f() {} }",
        "Does nothing.",
    ),
    "an enum and an interface inside do nothing": (
        "function f() { interface X { a: number } type Y = X; return 1; }",
        "Returns `1`.",
    ),
    "a getter": ("class A { get f() { return this.#x; } }", "Returns `this.#x`."),
    "a property with a function": ("class A { f = (x: number) => this.set(x); }", "Returns `this.set(x)`."),
    "chained assignments": ("function f(a: A) { a.x = a.y = 1; }", "Sets `a.y` to `1` and `a.x` to `1`."),
    "a chained assignment of a new object": (
        "function f(a: A) { a.x = a.y = []; }",
        "Sets `a.y` to `[]` and `a.x` to `a.y`.",
    ),
    "destructuring": ("function f(a: A) { [a.x, this.y] = [1, 2]; }", "Sets `[a.x, this.y]` to `[1, 2]`."),
    "satisfies": ("function f() { return { a: 1 } satisfies A; }", "Returns `{ a: 1 } satisfies A`."),
}


@pytest.mark.parametrize("name", TYPESCRIPT)
def test_typescript(name):
    check("typescript", *TYPESCRIPT[name])


TSX = {
    "markup is quoted without its brackets": (
        "function f({ a }: P) { if (!a) return null; return (\n  <div>\n    <B x={a} />\n  </div>\n); }",
        "Returns `null` when `!a`. Otherwise, returns `<div> <B x={a} /> </div>`.",
    ),
    "hooks": (
        "function f() {\n  const [n, setN] = useState(0);\n  useEffect(() => {\n    start(n);\n    return () "
        "=> stop(n);\n"
        "  }, [n]);\n  return <A n={n} />;\n}",
        "Gets `[n, setN]` from `useState(0)`. "
        "Calls `useEffect(() => {…}, [n])` (callback: calls `start(n)` and returns `() => stop(n)`). "
        "Returns `<A n={n} />`.",
    ),
    "conditions in markup stay quoted": (
        "const f = (p: P) => <>{p.a && <B />}</>;",
        "Returns `<>{p.a && <B />}</>`.",
    ),
    "an effect without a function": ("function f() { useEffect(go, []); }", "Calls `useEffect(go, [])`."),
    "a handler": (
        "function f() {\n  const click = (e: E) => {\n    e.stop();\n  };\n  return <B onClick={click} />;\n}",
        "Sets `click` to `(e: E) => {…}` (callback: calls `e.stop()`). Returns `<B onClick={click} />`.",
    ),
    "a class component": (
        "class A extends C { f() { this.setState({ x: 1 }); return null; } }",
        "Calls `this.setState({ x: 1 })` and returns `null`.",
    ),
    "a long choice of markup": (
        "function f(p: P) { return p.isReady ? <Ready label={p.label} value={p.value} /> : <Loading "
        "label={p.label} />; }",
        "Returns `<Ready label={p.label} value={p.value} />` when `p.isReady`, otherwise `<Loading "
        "label={p.label} />`.",
    ),
    "a short one": ("function f(p: P) { return p.a ? <A /> : <B />; }", "Returns `p.a ? <A /> : <B />`."),
    "a fragment of a list": (
        "function f(p: P) { return p.items.map((i) => <li key={i}>{i}</li>); }",
        "Returns `p.items.map((i) => <li key={i}>{i}</li>)`.",
    ),
    "a guard with markup": (
        "function f(p: P) { if (p.a) { return <A />; } return <B />; }",
        "Returns `<A />` when `p.a`. Otherwise, returns `<B />`.",
    ),
}


@pytest.mark.parametrize("name", TSX)
def test_tsx(name):
    check("tsx", *TSX[name])


def test_what_a_callback_writes_is_told_apart():
    source = "function f(a) {\n  this.x = 1;\n  go(() => {\n    this.y = 2;\n  });\n  use((z) => (this.z = z));\n}"
    written = {write.target: write.in_closure for write in behavior("javascript", source).writes}
    assert written == {"this.x": False, "this.y": True, "this.z": True}
