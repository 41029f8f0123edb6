"""What a file exports as a whole, what it keeps to itself, and receivers that mean nothing in the repository."""

from support.indexing import check


def test_a_script_that_exports_one_thing_is_that_thing() -> None:
    jar = "class Jar { static make() { return new Jar(); }\n open() {} }\n"
    use = 'const J = require("./jar");\n'
    for text in (f"{jar}module.exports = Jar;\n", f"module.exports = {jar}", f"{jar}exports = module.exports = Jar;\n"):
        check({"jar.js": text, "a.js": f"{use}new ‸J();\n"}, "jar.js:Jar")
        check({"jar.js": text, "a.js": f"{use}J.‸make();\n"}, "jar.js:Jar.make")
        check({"jar.js": text, "a.js": f"{use}const j = J.make();\nj.‸open();\n"}, "jar.js:Jar.open")
    check({"a.js": "exports.aid = () => 1;\nexports.‸aid();\n"}, "a.js:aid")
    check({"a.js": "module.exports.aid = () => 1;\nmodule.exports.‸aid();\n"}, "a.js:aid")


def test_what_a_namespace_import_binds_is_the_file() -> None:
    files = {"jar.ts": "export default class Jar {}\nexport function aid() {}\n"}
    check({**files, "a.ts": 'import * as jar from "./jar";\njar.‸aid();\n'}, "jar.ts:aid")


def test_members_of_globals_are_not_those_of_the_repository() -> None:
    check({"a.js": "class Jar { defineProperty() {} }\n", "b.js": "Object.‸defineProperty({}, 1);\n"})
    check({"a.ts": "class Jar { zork() {} }\n", "b.ts": "chai.assert.‸zork(1);\n"})
    check(
        {"A.java": "class A { static int hypot() { return 1; } }\n", "B.java": "class B { int x = Math.‸hypot(); }\n"}
    )
    check({"a.php": "<?php class A { function zork() {} }\n", "b.php": "<?php DateTime::‸zork(1);\n"})
    check({"a.js": "class Jar { zork() {} }\n", "b.js": "function f(x) { x.‸zork(); }\n"}, "a.js:Jar.zork")
    check({"a.js": "class Jar { zork() {} }\n", "b.js": "window.jar.‸zork();\n"}, "a.js:Jar.zork")


def test_what_a_file_keeps_to_itself_is_not_found_from_others() -> None:
    for private, use in (
        ({"a.lua": "local function zork() end\n"}, {"b.lua": "‸zork()\n"}),
        ({"a.c": "static int zork(int x) { return x; }\n"}, {"b.c": "int use(void) { return ‸zork(2); }\n"}),
        ({"a.cc": "namespace n { static void zork() {} }\n"}, {"b.cc": "namespace n { void use() { ‸zork(); } }\n"}),
        ({"a.py": "def outer():\n    def zork(): ...\n"}, {"b.py": "def f(x): x.‸zork()\n"}),
        (
            {"p/a.go": "package p\ntype A struct{}\nfunc (a A) zork() {}\n"},
            {"q/b.go": "package q\nvar x = y.‸zork()\n"},
        ),
        ({"A.java": "class A { private void zork() {} }\n"}, {"B.java": "class B { Object x = f().‸zork(); }\n"}),
    ):
        check(private | use)
    public = {"a.c": "static int zork(int x) { return x; }\n", "c.c": "int zork(int x) { return x; }\n"}
    check(public | {"b.c": "int use(void) { return ‸zork(2); }\n"}, "c.c:zork")


def test_c_variables_mean_the_definition_and_not_an_extern_declaration() -> None:
    files = {"a.h": "extern int table[3];\n", "a.c": '#include "a.h"\nint table[3] = {1};\n'}
    check({**files, "b.c": '#include "a.h"\nint use(void) { return ‸table[0]; }\n'}, "a.c:table")
