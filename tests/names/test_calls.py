"""Calls that are written in unusual ways: in macros, through `?.`, with type arguments, on casts."""

from support.indexing import check, index_of


def test_arguments_of_rust_macros_are_calls() -> None:
    jar = "struct Jar {}\nimpl Jar { fn new() -> Jar { Jar {} }\n fn open(&self, n: u8) -> u8 { n } }\nfn aid() {}\n"
    for text, expected in (
        ("assert_eq!(‸aid(), 2);", "aid"),
        ("let j = Jar::new(); assert_eq!(2, j.‸open(1));", "Jar.open"),
        ('println!("{}", Jar::‸new());', "Jar.new"),
        ('println!("{}", Jar::new().‸open(1));', "Jar.open"),
        ("let v = vec![‸aid(), aid()];", "aid"),
        ("matches!(Jar::new().‸open(aid()), 1);", "Jar.open"),
        ('vec![0..1].map(|x| format!("{}", ‸aid()));', "aid"),
    ):
        check({"a.rs": f"{jar}fn f() {{ {text} }}\n"}, f"a.rs:{expected}")


def test_names_in_macros_that_are_no_calls() -> None:
    text = "fn f() { assert!(a.b, c); let x = vec![Vec::<u8>::with(1)]; debug!(S { n: 1 }); }\n"
    tags = index_of({"a.rs": text}).tags("a.rs")
    assert tags is not None
    found = {(item.name, item.kind, item.receiver) for item in tags.references}
    assert {("b", "attribute", "a"), ("c", "name", None), ("with", "call", "…"), ("S", "name", None)} <= found


def test_c_sharp_null_conditional_calls() -> None:
    bell = "class Bell { public Bell Next() { return this; } public int Ring<T>(int n) { return n; } }\n"
    for text, expected in (
        ("b?.‸Ring(1);", "Ring"),
        ("b?.Next()?.‸Ring<int>(1);", "Ring"),
        ("b?.‸Next()?.Ring<int>(1);", "Next"),
        ("(o as Bell)?.‸Next();", "Next"),
        ("((Bell) o).‸Next();", "Next"),
    ):
        check({"a.cs": f"{bell}class A {{ void F(Bell b, object o) {{ {text} }} }}\n"}, f"a.cs:Bell.{expected}")


def test_calls_with_type_arguments() -> None:
    for path, text, expected in (
        ("a.cpp", "namespace n { template <class T> T conv(int x); }\nint f() { return n::‸conv<int>(1); }", "n.conv"),
        ("a.cpp", "struct B { template <class T> T get(); };\nint f(B& b) { return b.‸get<int>(); }", "B.get"),
        ("a.cpp", "struct B { template <class T> static T mk(); };\nint f() { return B::‸mk<int>(); }", "B.mk"),
        ("a.go", "package p\nfunc Conv[T any](x T) T { return x }\nvar x = ‸Conv[int](1)", "Conv"),
        ("a.go", "package p\nfunc Zero[T any]() int { return 0 }\nvar x = ‸Zero[int]()", "Zero"),
        ("a.kt", "fun <T> conv(x: Int) {}\nfun f() {\n  ‸conv<Int>(1)\n}", "conv"),
        ("a.kt", "class B {\n  fun <T> conv(x: Int) {}\n}\nfun f(b: B) {\n  b.‸conv<Int>(1)\n}", "B.conv"),
        ("a.ts", "function conv<T>(x: T) {}\n‸conv<number>(1);", "conv"),
        ("a.rs", "fn conv<T>() {}\nfn f() { ‸conv::<u8>(); }", "conv"),
        ("a.java", "class A { static <T> void conv() {} void f() { A.<String>‸conv(); } }", "A.conv"),
        ("a.cs", "class A { static void Conv<T>() {} void F() { A.‸Conv<int>(); } }", "A.Conv"),
    ):
        check({path: f"{text}\n"}, f"{path}:{expected}")


def test_casts_say_the_type() -> None:
    for path, text, expected in (
        ("a.ts", "class Jar { zork() {} }\nclass Lid { zork() {} }\nfunction f(x) { (x as Jar).‸zork(); }", "Jar.zork"),
        (
            "a.java",
            "class A { void zork() {} }\nclass B { void zork() {} void f(Object o) { ((A) o).‸zork(); } }",
            "A.zork",
        ),
        ("a.go", "package p\ntype A struct{}\nfunc (a A) Z() {}\nfunc f(x any) { x.(A).‸Z() }", "A.Z"),
    ):
        check({path: f"{text}\n"}, f"{path}:{expected}")


def test_kotlin_infix_calls() -> None:
    jar = "class Jar {\n  infix fun pour(n: Int) {}\n}\nclass Lid {\n  infix fun pour(n: Int) {}\n}\n"
    check({"a.kt": f"{jar}fun f(j: Jar) {{\n  j ‸pour 2\n}}\n"}, "a.kt:Jar.pour")


def test_both_tags_of_an_element_name_the_component() -> None:
    box = "const Box = (p) => <div>{p.children}</div>;\n"
    for path in ("a.tsx", "a.jsx"):
        check({path: f"{box}const x = <Box>hi</‸Box>;\n"}, f"{path}:Box")


def test_a_variable_does_not_hide_the_function_that_gives_its_value() -> None:
    java = 'class A { static R reader(String s) { return null; } void f() { R reader = new R(‸reader("x")); } }'
    check({"A.java": java}, "A.java:A.reader")
    check(
        {"a.go": "package m\nfunc path(x int) int { return x }\nfunc f() { path := ‸path(1); _ = path }"}, "a.go:path"
    )
    check({"a.go": "package m\nfunc path(x int) int { return x }\nfunc f(path func(int)) { ‸path(1) }"})
    check({"a.rs": "fn part(x: u8) -> u8 { x }\nfn f() { let part = ‸part(1); }"}, "a.rs:part")
    check({"a.rs": "fn part(x: u8) -> u8 { x }\nfn f() { let part = |x| x; ‸part(1); }"})
    check({"A.java": "class A { void f(Runnable go) { ‸go(); } }"})
    local = "class A { void f() { R r = new R() { void go() { ‸own().read(); } R own() { return null; } }; } }"
    check({"A.java": local}, "A.java:A.f.own")
    check({"A.java": "class A { void f() { class B { void go() {} } new B().‸go(); } }"}, "A.java:A.f.B.go")


def test_a_getter_gives_what_it_returns() -> None:
    jars = "class Jar { open() {} }\nclass Tin { open() {} }\n"
    for path, rest in {
        "a.ts": "class A { get jar(): Jar { return x } }\nfunction f(a: A) { a.jar.‸open() }",
        "b.ts": "class A { public get jar() { return new Jar() } }\nfunction f(a: A) { a.jar.‸open() }",
        "a.js": "class A { static get jar() { return new Jar() } }\nfunction f() { A.jar.‸open() }",
        "b.js": "class A { get() { return new Jar() } }\nfunction f() { new A().get().‸open() }",
    }.items():
        check({path: jars + rest}, f"{path}:Jar.open")
