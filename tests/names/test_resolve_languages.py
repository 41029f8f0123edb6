"""What names refer to in languages other than Python: members, imports, types of receivers, and what stays unknown."""

from support.indexing import check

TS_UTIL = "export class Jar { open() {} }\nexport function aid() {}\nexport default class Main { run() {} }\n"


def test_typescript_imports_and_receivers() -> None:
    start = 'import Main, { aid as help, Jar } from "./util";\nimport * as ns from "./util";\n'
    for text, expected in (
        ("‸help();", "aid"),
        ("ns.‸aid();", "aid"),
        ("new Jar().‸open();", "Jar.open"),
        ("const jar = new ‸Jar();", "Jar"),
        ("const jar = new Jar();\njar.‸open();", "Jar.open"),
        ("function f(jar: Jar | null) { jar?.‸open(); }", "Jar.open"),
        ("class A { private jar: Jar; go() { this.jar.‸open(); } }", "Jar.open"),
        ("class A { constructor(private jar: Jar) {}\n go() { this.jar.‸open(); } }", "Jar.open"),
        ("class A { constructor() { this.jar = new Jar(); }\n go() { this.jar.‸open(); } }", "Jar.open"),
        ("class B extends Jar { go() { this.‸open(); } }", "Jar.open"),
        ("class B extends Jar { open() { super.‸open(); } }", "Jar.open"),
        ("new Main().‸run();", "Main.run"),
    ):
        check({"src/util.ts": TS_UTIL, "src/main.ts": start + text}, f"src/util.ts:{expected}")


def test_javascript_modules_re_export_names() -> None:
    check(
        {
            "lib/index.js": 'export { aid } from "./deep/aid.js";\nexport * from "./other";\n',
            "lib/deep/aid.js": "export function aid() {}\n",
            "lib/other.js": "export function more() {}\n",
            "main.js": 'import { aid, more } from "./lib";\nmore();\n‸aid();\n',
        },
        "lib/deep/aid.js:aid",
    )


def test_javascript_requires() -> None:
    files = {"util.js": "function aid() {}\nmodule.exports = { aid };\n"}
    check({**files, "main.js": 'const util = require("./util");\nutil.‸aid();\n'}, "util.js:aid")
    check({**files, "main.js": 'const { aid } = require("./util");\n‸aid();\n'}, "util.js:aid")


def test_javascript_locals_shadow_and_packages_are_external() -> None:
    check({"main.js": "function aid() {}\nfunction f(aid) { ‸aid(); }\n"})
    check({"aid.js": "export function aid() {}\n", "main.js": 'import { aid } from "aid";\n‸aid();\n'})


GO_UTIL = "package util\ntype Jar struct{}\nfunc NewJar() (*Jar, error) { return nil, nil }\nfunc (j *Jar) Open() {}\n"


def test_go_packages_and_receivers() -> None:
    start = 'package app\nimport (\n"fmt"\n"example.com/m/util"\n)\n'
    for text, expected in (
        ("func f() { util.‸NewJar() }", "util/jar.go:NewJar"),
        ("func f() { jar, err := util.NewJar()\njar.‸Open() }", "util/jar.go:Jar.Open"),
        ("type App struct { jar *util.Jar }\nfunc (a *App) Go() { a.jar.‸Open() }", "util/jar.go:Jar.Open"),
        ("type App struct{}\nfunc (a *App) Go() { a.‸More() }", "app/more.go:App.More"),
        ("func f() { ‸help() }", "app/more.go:help"),
    ):
        more = "package app\nfunc (a *App) More() {}\nfunc help() {}\n"
        check({"util/jar.go": GO_UTIL, "app/more.go": more, "app/app.go": f"{start}{text}\n"}, expected)


def test_go_standard_packages_are_external() -> None:
    check(
        {
            "errors/e.go": "package errors\nfunc New() {}\n",
            "a/a.go": 'package a\nimport "errors"\nvar e = errors.‸New()\n',
        }
    )


RUST_IO = """
pub struct Reader {}
impl Reader {
    pub fn open() -> Self { Reader {} }
    pub fn pull(&self) {}
}
pub fn aid() {}
"""


def test_rust_paths_and_impls() -> None:
    start = "use crate::io::{Reader, aid as help};\nmod io;\n"
    for text, expected in (
        ("fn f() { ‸help(); }", "aid"),
        ("fn f() { crate::io::‸aid(); }", "aid"),
        ("fn f() { io::‸aid(); }", "aid"),
        ("fn f() { Reader::‸open(); }", "Reader.open"),
        ("fn f() { let r = Reader::open(); r.‸pull(); }", "Reader.pull"),
        ("struct A { r: Reader }\nimpl A { fn go(&self) { self.r.‸pull(); } }", "Reader.pull"),
    ):
        check({"src/io.rs": RUST_IO, "src/lib.rs": f"{start}{text}\n"}, f"src/io.rs:{expected}")


def test_rust_self_in_an_impl() -> None:
    check(
        {"src/lib.rs": "struct A {}\nimpl A { fn aid(&self) {}\n fn go(&self) { self.‸aid(); } }\n"}, "src/lib.rs:A.aid"
    )
    check({"src/lib.rs": "struct A {}\nimpl A { fn aid() {}\n fn go() { Self::‸aid(); } }\n"}, "src/lib.rs:A.aid")


JAVA = {
    "src/com/y/Util.java": "package com.y; public class Util { public void open() {} public static void aid() {} }",
    "src/com/x/Base.java": "package com.x;\nclass Base { void own() {} }\n",
}


def test_java_members_packages_and_types() -> None:
    start = "package com.x;\nimport com.y.Util;\nimport static com.y.Util.aid;\n"
    util = "src/com/y/Util.java"
    for body, expected in (
        ("private Util util; void go() { util.‸open(); }", f"{util}:Util.open"),
        ("private Util util; void go() { this.util.‸open(); }", f"{util}:Util.open"),
        ("void go(Util it) { it.‸open(); }", f"{util}:Util.open"),
        ("void go() { Util.‸aid(); }", f"{util}:Util.aid"),
        ("void go() { ‸aid(); }", f"{util}:Util.aid"),
        ("void go() { new Util().‸open(); }", f"{util}:Util.open"),
        ("void go() { new ‸Util(); }", f"{util}:Util"),
        ("void go() { ‸own(); }", "src/com/x/Base.java:Base.own"),
        ("void go() { var it = new Util(); it.‸open(); }", f"{util}:Util.open"),
    ):
        check({**JAVA, "src/com/x/A.java": f"{start}public class A extends Base {{ {body} }}\n"}, expected)


def test_java_classes_of_the_standard_library_are_external() -> None:
    text = "package x;\nimport java.util.List;\nclass A { void go(List l) { l.‸frobnicate(); } }\n"
    check({"src/util/List.java": "package util;\nclass List { void frobnicate() {} }\n", "src/x/A.java": text})


def test_kotlin_members_and_imports() -> None:
    util = "package com.y\nclass Util {\n    fun open() {}\n}\nfun aid() {}\n"
    start = "package com.x\n\nimport com.y.Util\nimport com.y.aid\n\n"
    for text, expected in (
        ("fun go() {\n    aid()\n    ‸aid()\n}\n", "aid"),
        ("fun go(it: Util) {\n    it.‸open()\n}\n", "Util.open"),
        ("fun go() {\n    val it = Util()\n    it.‸open()\n}\n", "Util.open"),
    ):
        check({"src/com/y/things.kt": util, "src/com/x/A.kt": start + text}, f"src/com/y/things.kt:{expected}")


def test_c_includes() -> None:
    check(
        {
            "include/util.h": "static inline int aid(int x) { return x; }\n",
            "src/main.c": '#include "util.h"\nint main(void) { return ‸aid(1); }\n',
        },
        "include/util.h:aid",
    )


def test_c_functions_of_other_files_and_candidates() -> None:
    main = "int aid(int);\nint main(void) { return ‸aid(1); }\n".replace("int aid(int);\n", "")
    check({"a.c": "int aid(int x) { return x; }\n", "main.c": main}, "a.c:aid")
    check(
        {"a.c": "int aid(int x) { return x; }\n", "b.c": "int aid(int x) { return 2; }\n", "main.c": main},
        "a.c:aid",
        "b.c:aid",
    )


def test_cpp_members() -> None:
    header = (
        "class Jar { public: void open() {} };\n"
        "namespace n { class A { public: void go(); void aid() {} Jar jar; }; }\n"
    )
    for body, expected in (
        ("jar.‸open();", "Jar.open"),
        ("this->jar.‸open();", "Jar.open"),
        ("‸aid();", "n.A.aid"),
        ("auto it = new Jar(); it->‸open();", "Jar.open"),
    ):
        source = f'#include "a.hpp"\nvoid n::A::go() {{ {body} }}\n'
        check({"a.hpp": header, "a.cpp": source}, f"a.hpp:{expected}")


def test_c_sharp_members() -> None:
    util = "namespace X.Y { public class Util { public void Open() {} public static void Aid() {} } }\n"
    for body, expected in (
        ("private Util _u; void Go() { _u.‸Open(); }", "Util.Open"),
        ("private Util _u; void Go() { this._u.‸Open(); }", "Util.Open"),
        ("void Go() { var it = new Util(); it.‸Open(); }", "Util.Open"),
        ("void Go() { Util.‸Aid(); }", "Util.Aid"),
    ):
        check({"Util.cs": util, "A.cs": f"using X.Y;\nnamespace N {{ class A {{ {body} }} }}\n"}, f"Util.cs:{expected}")


def test_ruby_members_and_constants() -> None:
    util = "class Util\n  def open_it; end\n  def self.aid; end\nend\n"
    for body, expected in (
        ("    @u.‸open_it\n", "Util.open_it"),
        ("    Util.‸aid\n", "Util.aid"),
        ("    Util.new.‸open_it\n", "Util.open_it"),
        ("    u = Util.new\n    u.‸open_it\n", "Util.open_it"),
    ):
        start = 'require_relative "util"\nclass A\n  def initialize\n    @u = Util.new\n  end\n'
        main = f"{start}  def go\n{body}  end\nend\n"
        check({"util.rb": util, "main.rb": main}, f"util.rb:{expected}")


def test_php_members_and_namespaces() -> None:
    util = "<?php namespace App\\Models; class Jar { function openIt() {} static function aid() {} }\n"
    for body, expected in (
        ("private Jar $u; function go() { $this->u->‸openIt(); }", "Jar.openIt"),
        ("function go(Jar $p) { $p->‸openIt(); }", "Jar.openIt"),
        ("function go() { $z = new Jar(); $z->‸openIt(); }", "Jar.openIt"),
        ("function go() { Jar::‸aid(); }", "Jar.aid"),
    ):
        main = f"<?php namespace App; use App\\Models\\Jar; class A {{ {body} }}\n"
        check({"src/Models/Jar.php": util, "src/A.php": main}, f"src/Models/Jar.php:{expected}")


def test_lua_modules() -> None:
    util = "local M = {}\nfunction M.aid() end\nreturn M\n"
    check({"app/util.lua": util, "main.lua": 'local u = require("app.util")\nu.‸aid()\n'}, "app/util.lua:M.aid")


def test_bash_sources() -> None:
    check({"lib.sh": "aid() { :; }\n", "main.sh": "source ./lib.sh\n‸aid\n"}, "lib.sh:aid")


def test_importers_call_what_a_script_exports_as_a_whole() -> None:
    required, imported = 'const J = require("./jar")', 'import J from "./jar"'
    for start, text, expected in (
        (required, "module.exports = class Jar { open() {} }\nfunction aid() {}\n", "Jar"),
        (required, "class Jar { open() {} }\nclass Lid {}\nmodule.exports = Jar\n", "Jar"),
        (imported, "class Jar { open() {} }\nclass Lid {}\nexport default Jar;\n", "Jar"),
        (imported, "export default class { open() {} }\nexport class Lid {}\n", "default"),
    ):
        check({"jar.js": text, "main.js": f"{start}\nconst jar = new J()\njar.‸open()\n"}, f"jar.js:{expected}.open")


def test_an_export_under_another_name_is_followed() -> None:
    check(
        {
            "jar.ts": "function open() {}\nexport { open as unlock };\n",
            "main.ts": 'import { unlock } from "./jar";\n‸unlock();\n',
        },
        "jar.ts:open",
    )


def test_a_getter_counts_rather_than_its_setter() -> None:
    check({"a.js": "class A { get lid() {} set lid(v) {} go() { this.‸lid } }\n"}, "a.js:A.lid")
    check({"a.js": "class A { set lid(v) {} get lid() {} go() { this.‸lid } }\n"}, "a.js:A.lid#2")


def test_the_name_of_a_class_does_not_mean_its_constructor() -> None:
    java = "class Jar { Jar() {} Jar self() { return null; } void open() {} void go(Jar it) { it.‸open(); } }\n"
    check({"src/x/Jar.java": java}, "src/x/Jar.java:Jar.open")
    check(
        {"src/x/Jar.java": "class Jar { Jar() {} }\n", "src/x/A.java": "class A { void go() { new ‸Jar(); } }\n"},
        "src/x/Jar.java:Jar",
    )


def test_a_field_and_a_method_of_one_name_are_told_apart() -> None:
    java = (
        "class Lid { void turn() {} }\nclass Jar { Lid lid; Jar lid() { return this; } void go() { lid.‸turn(); } }\n"
    )
    check({"src/x/Jar.java": java}, "src/x/Jar.java:Lid.turn")
    check({"src/x/Jar.java": java.replace("lid.‸turn()", "‸lid()")}, "src/x/Jar.java:Jar.lid")


def test_any_overload_may_give_the_result() -> None:
    java = (
        "class Lid { void turn() {} }\n"
        "class Jar { Lid lid() { return null; } Jar lid(int a) { return this; } void go() { lid().‸turn(); } }\n"
    )
    check({"src/x/Jar.java": java}, "src/x/Jar.java:Lid.turn")


def test_java_static_members_are_imported_with_a_star() -> None:
    files = {"src/com/y/Util.java": "package com.y; public class Util { static void aid() {} }\n"}
    start = "package com.x;\nimport static com.y.Util.*;\n"
    check(
        {**files, "src/com/x/A.java": f"{start}class A {{ void go() {{ ‸aid(); }} }}\n"}, "src/com/y/Util.java:Util.aid"
    )


def test_go_methods_have_a_receiver() -> None:
    go = "package a\ntype Set struct{}\nfunc (s *Set) Visit() {}\nfunc Visit() {}\n"
    check({"a.go": go, "b.go": "package a\nfunc f() { ‸Visit() }\n"}, "a.go:Visit")


def test_names_bound_in_a_callback_are_invisible_after_it() -> None:
    go = (
        "package a\ntype Flag struct{}\ntype Set struct{}\nfunc (s *Set) Each(f func(*Flag)) {}\n"
        "func (s *Set) Parse() {}\nfunc (s *Flag) Parse() {}\nfunc make() *Set { return nil }\n"
        "func go1() {\n s := make()\n s.Each(func(s *Flag) { s.INNER() })\n s.OUTER()\n}\n"
    )
    check({"a.go": go.replace("OUTER", "‸Parse").replace("INNER", "Parse")}, "a.go:Set.Parse")
    check({"a.go": go.replace("INNER", "‸Parse").replace("OUTER", "Parse")}, "a.go:Flag.Parse")


def test_extension_functions_are_found_where_the_type_lacks_the_member() -> None:
    kotlin = {"src/x/Jar.kt": "package x\nclass Jar\nfun Jar.unscrew() {}\nfun Jar.turn() {}\n"}
    check({**kotlin, "src/x/A.kt": "package x\nfun go(jar: Jar) {\n    jar.‸unscrew()\n}\n"}, "src/x/Jar.kt:unscrew")
    c_sharp = {"Jars.cs": "class Jar {}\nstatic class Jars { public static void Unscrew(this Jar jar) {} }\n"}
    check({**c_sharp, "A.cs": "class A { void Go(Jar jar) { jar.‸Unscrew(); } }\n"}, "Jars.cs:Jars.Unscrew")


CPP_HEADER = "namespace shelf {\nclass SHELF_API Jar : public Box {\npublic:\n  void Open();\n  int lid;\n};\n}\n"


def test_cpp_methods_outside_a_class_with_an_export_macro() -> None:
    files = {
        "jar.h": CPP_HEADER,
        "jar.cpp": '#include "jar.h"\nnamespace shelf {\nvoid Jar::Open() { Shut(); }\nvoid Jar::Shut() {}\n}\n',
    }
    check({**files, "a.cpp": '#include "jar.h"\nvoid f(shelf::Jar& jar) { jar.‸Open(); }\n'}, "jar.cpp:shelf.Jar.Open")
    used = files["jar.cpp"].replace("{ Shut", "{ ‸Shut")
    check({**files, "jar.cpp": used}, "jar.cpp:shelf.Jar.Shut")


def test_c_calls_mean_the_definition_and_not_its_declaration() -> None:
    check(
        {
            "jar.h": "int open_jar(int size);\n",
            "jar.c": '#include "jar.h"\nint open_jar(int size) { return size; }\n',
            "main.c": '#include "jar.h"\nint main(void) { return ‸open_jar(1); }\n',
        },
        "jar.c:open_jar",
    )
