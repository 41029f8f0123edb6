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
