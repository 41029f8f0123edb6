"""Names are local to blocks and anonymous functions, and members need their receiver."""

from support.indexing import check


def test_names_of_one_callback_are_not_those_of_another() -> None:
    for path in ("a.ts", "a.js", "a.tsx"):
        text = (
            'it("a", () => {\n  const h = () => 1;\n  1h();\n});\nit("b", () => {\n  const h = () => 2;\n  2h();\n});\n'
        )
        check({path: text.replace("1h", "‸h").replace("2h", "h")}, f"{path}:h")
        check({path: text.replace("2h", "‸h").replace("1h", "h")}, f"{path}:h#2")


def test_the_innermost_block_counts() -> None:
    jars = {
        "ts": "class Jar { open() {} }\nclass Lid { open() {} }\n",
        "java": "class Jar { void open() {} }\nclass Lid { void open() {} }\n",
        "go": "package p\ntype Jar struct{}\nfunc (j Jar) Open() {}\ntype Lid struct{}\nfunc (l Lid) Open() {}\n",
        "rs": "struct Jar {}\nimpl Jar { fn open(&self) {} }\nstruct Lid {}\nimpl Lid { fn open(&self) {} }\n",
        "cpp": "struct Jar { void open() {} };\nstruct Lid { void open() {} };\n",
        "cs": "class Jar { public void Open() {} }\nclass Lid { public void Open() {} }\n",
        "kt": "class Jar {\n fun turn() {}\n}\nclass Lid {\n fun turn() {}\n}\n",
    }
    for extension, text in (
        ("ts", "function f() { const a = new Jar(); if (true) { const a = new Lid(); } a.‸open(); }"),
        ("ts", "function f() { const a = new Jar(); for (const a of []) {} a.‸open(); }"),
        ("go", "func f() { a := Jar{}\nif a := (Lid{}); true { _ = a }\na.‸Open() }"),
        ("rs", "fn f() { let a = Jar {}; if true { let a = Lid {}; } a.‸open(); }"),
        ("cpp", "void f() { Jar a; if (true) { Lid a; } a.‸open(); }"),
        ("java", "class A { Jar a; void f() { if (true) { Lid a = new Lid(); } a.‸open(); } }"),
        ("cs", "class A { Jar a; void F() { if (true) { Lid a = new Lid(); } a.‸Open(); } }"),
        ("kt", "fun f() { val a = Jar()\nif (true) { val a = Lid() }\na.‸turn() }"),
    ):
        opened = {"go": "Open", "cs": "Open", "kt": "turn"}.get(extension, "open")
        check({f"a.{extension}": f"{jars[extension]}{text}\n"}, f"a.{extension}:Jar.{opened}")


def test_lua_locals_end_with_their_block() -> None:
    start = "local function open() end\n"
    check({"a.lua": f"{start}do local function open() end end\n‸open()\n"}, "a.lua:open")
    check({"a.lua": f"{start}do local open = 1 end\n‸open()\n"}, "a.lua:open")


def test_what_is_not_declared_in_a_block_is_visible_after_it() -> None:
    jar = "class Jar { open() {} }\n"
    check({"a.js": f"{jar}function f() {{ let a; if (1) {{ a = new Jar(); }} a.‸open(); }}\n"}, "a.js:Jar.open")
    check({"a.js": f"{jar}function f() {{ if (1) {{ var a = new Jar(); }} a.‸open(); }}\n"}, "a.js:Jar.open")
    check({"a.js": f"{jar}let a;\nbefore(() => {{ a = new Jar(); }});\nit(() => {{ a.‸open(); }});\n"}, "a.js:Jar.open")


def test_names_in_a_block_are_not_exported() -> None:
    hidden = "run(() => { const aid = () => 1; });\n"
    check({"a.js": hidden, "b.js": 'const a = require("./a");\na.‸aid();\n'})


def test_a_bare_name_does_not_mean_a_member() -> None:
    aid = "function aid() {}\n"
    for path, text in (
        ("a.ts", f"class A {{ static aid() {{}}\n state = ‸aid(); }}\n{aid}"),
        ("a.js", f"class A {{ static aid() {{}}\n state = ‸aid(); }}\n{aid}"),
        ("a.js", f"function f() {{ use({{ aid() {{ return ‸aid(); }} }}); }}\n{aid}"),
        ("a.js", f"function f() {{ use({{ aid: () => 1 }}); return ‸aid(); }}\n{aid}"),
        ("a.js", f"function F() {{ this.aid = () => 1; ‸aid(); }}\n{aid}"),
        ("a.php", f"<?php\n{aid}class A {{ const aid = 1; public function f() {{ return ‸aid(); }} }}\n"),
        ("a.lua", "local function aid() end\nlocal function f() local t = { aid = function() end }\n‸aid() end\n"),
    ):
        check({path: text}, f"{path}:aid")
