"""Overloads are told apart by the number of arguments, then by their types; what fits several is ambiguous."""

import pytest

from forethought.names.overloads import split_arguments, type_of_parameter
from support.indexing import check

JAVA = """class Jar {
  void put() {}
  void put(int n) {}
  void put(String s) {}
  void put(Lid lid, int... more) {}
  void put(Object o, Object p) {}
}
class Lid { void put(int a, int b, int c, int d) {} }
class Cup extends Jar { void put(Cup cup, Cup other, Cup third) {} }
"""


def test_java_overloads() -> None:
    for call, expected in (
        ("jar.‸put();", "Jar.put"),
        ("jar.‸put(1);", "Jar.put#2"),
        ('jar.‸put("a");', "Jar.put#3"),
        ("jar.‸put(text);", "Jar.put#3"),
        ("jar.‸put(new Lid());", "Jar.put#4"),
        ("jar.‸put(new Lid(), 1, 2);", "Jar.put#4"),
        ("jar.‸put(text, text);", "Jar.put#5"),
        ("cup.‸put(1);", "Jar.put#2"),
        ("cup.‸put(cup, cup, cup);", "Cup.put"),
    ):
        use = f"class Use {{ void f(Jar jar, Cup cup, String text) {{ {call} }} }}\n"
        check({"Jar.java": JAVA, "Use.java": use}, f"Jar.java:{expected}")


def test_unknown_types_leave_several_overloads() -> None:
    use = "class Use { void f(Jar jar) { jar.‸put(unknown()); } }\n"
    check({"Jar.java": JAVA, "Use.java": use}, "Jar.java:Jar.put#2", "Jar.java:Jar.put#3", "Jar.java:Jar.put#4")


def test_cpp_overloads_and_their_definitions() -> None:
    files = {
        "b.h": "bool Get(int* a, int* b);\nconst char* Get(const char* a, int r);\nvoid one(int a = 1, int b = 2);\n",
        "b.cc": '#include "b.h"\nbool Get(int* x, int* y) { return true; }\n'
        "const char* Get(const char* s, int n) { return s; }\nvoid one(int a, int b) {}\n",
    }
    for call, expected in (("‸Get(&i, &i);", "Get"), ('‸Get("a", 1);', "Get#2"), ("‸one();", "one")):
        check({**files, "c.cc": f'#include "b.h"\nvoid f() {{ int i; {call} }}\n'}, f"b.cc:{expected}")


def test_overloads_of_other_languages() -> None:
    sharp = (
        "class Jar { public void Put(int n) {} public void Put(string s) {} public void Put(int n, int m = 1) {} }\n"
    )
    for call, expected in (('jar.‸Put("a");', "Jar.Put#2"), ("jar.‸Put(1, 2);", "Jar.Put#3")):
        check({"a.cs": f"{sharp}class Use {{ void F(Jar jar) {{ {call} }} }}\n"}, f"a.cs:{expected}")
    kotlin = "class Jar {\n  fun put(n: Int) {}\n  fun put(s: String, n: Int = 1) {}\n}\n"
    for call, expected in (("jar.‸put(1)", "Jar.put"), ('jar.‸put("a")', "Jar.put#2")):
        check({"a.kt": f"{kotlin}fun f(jar: Jar) {{\n  {call}\n}}\n"}, f"a.kt:{expected}")


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("final int n", "int"),
        ("const char* s", "char*"),
        ("char *s", "char*"),
        ("List<Map<A, B>> all", "List"),
        ("n: Int = 3", "Int"),
        ("vararg n: Int", "Int"),
        ("std::string", "std::string"),
    ],
)
def test_the_type_of_a_parameter(parameter: str, expected: str) -> None:
    assert type_of_parameter(parameter) == expected


def test_arguments_are_split_at_their_own_commas() -> None:
    assert split_arguments('f(a, b), "x, \\"y", [1, 2], z') == ["f(a, b)", '"x, \\"y"', "[1, 2]", "z"]
    assert split_arguments("") == []


def test_java_fields_and_methods_of_one_name_are_told_apart() -> None:
    java = "class A { int pos; int pos() { return 0; } A next; "
    field, method = "A.java:A.pos#2", "A.java:A.pos"
    for text, expected in (
        ("void f() { this.‸pos = 1; }", field),
        ("void f() { this.‸pos(); }", method),
        ("void f() { ‸pos = 1; }", field),
        ("void f() { ‸pos(); }", method),
        ("int f(A a) { return a.next.‸pos; }", field),
        ("void f(A a) { g(a::‸pos); }", method),
    ):
        check({"A.java": f"{java}{text} }}\n"}, expected)


def test_a_long_anonymous_class_still_chooses_the_overload() -> None:
    body = "public void visit() { " + "int x = 1; " * 40 + "}"
    methods = "void go(Visitor v, int n) {} void go(Filter f, int n) {}"
    java = f"class A {{ {methods} void f() {{ ‸go(new Visitor() {{ {body} }}, 1); }} }}"
    check({"A.java": java, "V.java": "interface Visitor {}\ninterface Filter {}\n"}, "A.java:A.go")
