"""What C and C++ refer to: `using`, fixtures, initializers, typedefs, declarations that look like functions."""

import pytest

from support.indexing import check

JAR = """namespace shelf {
class Lid { public: void shut(); bool open(); };
class Jar { public:
  Jar();
  Lid* lid();
  int size_ GUARDED_BY(mutex_);
  Lid lids_[3];
  void fill() EXCLUSIVE_LOCKS_REQUIRED(mutex_);
};
static const int kDepth = 3;
}
struct Decoy { void shut(); bool open(); void fill(); Decoy* lid(); int size_; int lids_; };
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("using shelf::Jar;\nvoid f(Jar* jar) { jar->‸fill(); }\n", "shelf.Jar.fill"),
        ("using shelf::Jar;\nvoid f() { ‸Jar jar; }\n", "shelf.Jar"),
        ("namespace shelf { Jar::Jar() : ‸size_(1) {} }\n", "shelf.Jar.size_"),
        ("namespace shelf { int f() { return ‸kDepth; } }\n", "shelf.kDepth"),
        ("void f(shelf::Jar** jars) { jars[0]->lid()->‸shut(); }\n", "shelf.Lid.shut"),
        ("void f(shelf::Jar* jar) { jar->lids_[1].‸shut(); }\n", "shelf.Lid.shut"),
        ("void f(int size) { shelf::Jar jar(size); jar.‸fill(); }\n", "shelf.Jar.fill"),
        ("void f() { shelf::Jar jar(make()); jar.‸fill(); }\n", "shelf.Jar.fill"),
        ("void f(void* p) { static_cast<shelf::Jar*>(p)->‸fill(); }\n", "shelf.Jar.fill"),
        ("void f() { auto jar = std::make_unique<shelf::Jar>(1); jar->‸fill(); }\n", "shelf.Jar.fill"),
        ("void f(std::vector<shelf::Jar*>& jars) { for (auto* jar : jars) jar->‸fill(); }\n", "shelf.Jar.fill"),
    ],
)
def test_cpp(source: str, expected: str) -> None:
    check({"jar.h": JAR, "a.cc": f'#include "jar.h"\n{source}'}, f"jar.h:{expected}")


def test_bodies_of_fixtures_in_namespaces_are_members() -> None:
    start = "namespace n {\nclass Fix { public: void Add(int n) {} };\nstruct Decoy { void Add(int n) {} };\n"
    check({"a.cc": f"{start}TEST_F(Fix, Empty) {{ ‸Add(1); }}\n}}\n"}, "a.cc:n.Fix.Add")


def test_types_of_another_source_file_are_not_usable() -> None:
    files = {"a.h": "struct Jar { int size; };\n", "a.c": "struct Jar { int depth; };\n"}
    check({**files, "b.c": "struct ‸Jar *jar;\n"}, "a.h:Jar")


def test_typedefs_of_structs_have_their_fields() -> None:
    files = {"jar.h": "typedef struct jar Jar;\nint (jar_size)(Jar *jar);\n", "lid.h": "struct decoy { int size; };\n"}
    files["private.h"] = '#include "jar.h"\nstruct jar { int size; struct jar *next; };\n'
    use = '#include "private.h"\nint f(Jar *jar) { return jar->next->‸size; }\n'
    check({**files, "a.c": use}, "private.h:jar.size")
    check({**files, "a.c": use.replace("jar->next->‸size", "‸jar_size(jar)")}, "jar.h:jar_size")


def test_a_struct_with_a_tag_and_a_typedef_is_one_type() -> None:
    files = {
        "jar.h": "typedef struct jar_s { int size; struct lid_s *lid; } jar_t;\n"
        "typedef struct lid_s { int size; } lid_t;\n"
    }
    check({**files, "a.c": '#include "jar.h"\nint f(jar_t *j) { return j->‸size; }\n'}, "jar.h:jar_s.size")
    check({**files, "a.c": '#include "jar.h"\nint f(jar_t *j) { return j->lid->‸size; }\n'}, "jar.h:lid_s.size")
    check({**files, "a.c": '#include "jar.h"\nint f(struct jar_s *j) { return j->‸size; }\n'}, "jar.h:jar_s.size")


def test_platform_headers_leave_several_types() -> None:
    files = {
        "jar.h": '#ifdef _WIN32\n#include "win.h"\n#else\n#include "unix.h"\n#endif\n',
        "win.h": "typedef struct { int size; } jar_t;\n",
        "unix.h": "typedef struct { long size; } jar_t;\n",
    }
    check({**files, "a.c": '#include "jar.h"\n‸jar_t jar;\n'}, "unix.h:jar_t", "win.h:jar_t")


def test_macros_where_the_grammar_expects_none() -> None:
    header = (
        "#define JAR_FIELDS int size;\n#define JAR_API extern\n"
        "struct jar {\n  /* shared */\n  JAR_FIELDS\n  int depth;\n  JAR_FIELDS\n};\n"
        "JAR_API jar_t *(jar_new)(int size);\n"
        "enum { A,\n  LAST\n};\n"
    )
    check({"jar.h": header, "a.c": '#include "jar.h"\nint f(struct jar *j) { return j->‸depth; }\n'}, "jar.h:jar.depth")
    check({"jar.h": header, "a.c": '#include "jar.h"\nvoid f(void) { ‸jar_new(1); }\n'}, "jar.h:jar_new")
    check({"jar.h": header.replace("  JAR_FIELDS\n  int", "  ‸JAR_FIELDS\n  int")}, "jar.h:JAR_FIELDS")
    check({"jar.h": header, "a.c": '#include "jar.h"\nint f(void) { return ‸LAST; }\n'}, "jar.h:LAST")


def test_bodies_of_macros_keep_their_variables() -> None:
    header = "struct jar { int open; };\nstruct lid { int open; };\n"
    source = "CASE(one) {\n  struct lid it;\n  it.open = 1;\n}\nCASE(two) {\n  struct jar it;\n  it.‸open = 1;\n}\n"
    check({"jar.h": header, "a.c": f'#include "jar.h"\n{source}'}, "jar.h:jar.open")


def test_calls_with_type_arguments_choose_their_overload() -> None:
    header = (
        "struct Node { template <class T> T as() const; template <class T, class S> T as(const S& other) const; };\n"
    )
    check({"n.hpp": header, "a.cc": '#include "n.hpp"\nint f(Node& n) { return n.‸as<int>(); }\n'}, "n.hpp:Node.as")
    check({"n.hpp": header, "a.cc": '#include "n.hpp"\nint f(Node& n) { return n.‸as<int>(1); }\n'}, "n.hpp:Node.as#2")


def test_fixtures_may_be_typedefs() -> None:
    start = "struct Fix { void Add(int n) {} };\nstruct Decoy { void Add(int n) {} };\ntypedef Fix Other;\n"
    check({"a.cc": f"{start}TEST_F(Other, Empty) {{ ‸Add(1); }}\n"}, "a.cc:Fix.Add")
