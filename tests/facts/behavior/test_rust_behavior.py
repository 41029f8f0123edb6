"""What is said about Rust functions."""

import pytest

from support.behaviors import check

CASES = {
    "the last expression is the result": (
        "fn f(a: u8) -> u8 {\n    go(a);\n    a + 1\n}",
        "Calls `go(a)` and returns `a + 1`.",
    ),
    "without a result type there is none": ("fn f() {\n    go()\n}", "Calls `go()`."),
    "branches as the result": (
        "fn f(a: u8) -> u8 {\n    if a > 1 {\n        go();\n        1\n    } else {\n        2\n    }\n}",
        "If `a > 1`, calls `go()` and returns `1`; otherwise returns `2`.",
    ),
    "let else leaves": (
        "fn f(a: O) -> R {\n    let Some(b) = a else { return Err(E) };\n    Ok(b)\n}",
        "Returns `Err(E)` unless `let Some(b) = a`. Otherwise, returns `Ok(b)`.",
    ),
    "a match as a value, with an arm that leaves": (
        "fn f(a: O) -> R {\n    let b = match a {\n        Some(v) if v > 1 => v,\n        None => return Err(E),\n"
        "        _ => {\n            go();\n            3\n        }\n    };\n    Ok(b)\n}",
        "Depending on `a`: `Some(v) if v > 1` → sets `b` to `v`; `None` → returns `Err(E)`; "
        "otherwise → calls `go()` and sets `b` to `3`. Returns `Ok(b)`.",
    ),
    "a match as the result": (
        "fn f(a: O) -> u8 {\n    match a {\n        O::A => 1,\n        _ => 2,\n    }\n}",
        "Returns, depending on `a`: for `O::A` `1`, for anything else `2`.",
    ),
    "if let and chains of it": (
        "fn f(a: O) {\n    if let Some(b) = a {\n        go(b);\n    } else if a.x() {\n        stop();\n    }\n}",
        "If `let Some(b) = a`, calls `go(b)`; else if `a.x()`, calls `stop()`.",
    ),
    "the question mark stays in the quotation": (
        "fn f() -> R {\n    let a = open()?;\n    a.write()?;\n    go().await?;\n    Ok(())\n}",
        "Gets `a` from `open()?`, calls `a.write()?`, awaits `go().await?` and returns `Ok(())`.",
    ),
    "loops": (
        "fn f(a: V) {\n    for (i, x) in a.iter() {\n        go(i, x);\n    }\n    while let Some(y) = "
        "a.pop() {\n        stop(y);\n"
        "    }\n    loop {\n        tick();\n    }\n}",
        "For each `(i, x)` in `a.iter()`, calls `go(i, x)`. While `let Some(y) = a.pop()`, calls `stop(y)`. "
        "In an open-ended loop, calls `tick()`.",
    ),
    "labels of loops": (
        "fn f(a: V) {\n    'outer: for x in a {\n        if x {\n            break 'outer;\n        "
        "}\n        continue 'outer;\n    }\n}",
        "For each `x` in `a`, leaves `'outer` when `x`; otherwise moves on to the next iteration of `'outer`.",
    ),
    "panics, asserts and macros": (
        'fn f(a: u8) {\n    assert!(a > 1, "no");\n    if a > 2 {\n        panic!("x {}", a);\n    '
        '}\n    println!("{}", a);\n    todo!()\n}',
        'Asserts `a > 1, "no"`. Panics with `"x {}", a` when `a > 2`. '
        'Otherwise, calls `println!("{}", a)` and fails with `todo!()`.',
    ),
    "conditions of the compiler": (
        "fn f() {\n    #[cfg(windows)]\n    go();\n    #[allow(unused)]\n    stop();\n}",
        "Under `#[cfg(windows)]`, calls `go()`. Calls `stop()`.",
    ),
    "unsafe blocks run like others": (
        "fn f() {\n    unsafe {\n        go();\n    }\n    stop();\n}",
        "Calls `go()` and `stop()`.",
    ),
    "closures": (
        "fn f(a: V) -> V {\n    a.map(|x| {\n        go(x);\n        x + 1\n    })\n}",
        "Returns `a.map(|x| {…})` (closure: calls `go(x)` and returns `x + 1`).",
    ),
    "an early bail out": (
        'fn f(a: u8) -> R {\n    if a > 1 {\n        bail!("no");\n    }\n    Ok(())\n}',
        'Returns `bail!("no")` when `a > 1`. Otherwise, returns `Ok(())`.',
    ),
    "what is written": (
        "impl S {\n    fn f(&mut self, v: &mut V) {\n        self.n += 1;\n        v[0] = 2;\n        "
        "*self.m = 3;\n    }\n}",
        "Increments `self.n`, and sets `v[0]` to `2` and `*self.m` to `3`.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rust(name):
    check("rust", *CASES[name])
