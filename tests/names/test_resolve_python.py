"""What Python names refer to: scopes, classes, imports, types, and what must stay unknown."""

from support.indexing import check

CLASSES = """
class Base:
    def run(self): ...
    def own(self): ...
class Child(Base):
    def run(self): ...
"""
METHODS = f"{CLASSES}\nclass App:\n    "


def test_a_function_of_the_same_file() -> None:
    check("def make(): ...\n‸make()\n", "main.py:make")


def test_a_definition_means_itself() -> None:
    check("def ‸make(): ...\n", "main.py:make")


def test_a_parameter_shadows_the_function_of_its_name() -> None:
    check("def make(): ...\ndef other(make):\n    ‸make()\n")


def test_a_local_variable_shadows_the_function_of_its_name() -> None:
    check("def make(): ...\ndef other():\n    make = 1\n    ‸make()\n")


def test_a_comprehension_variable_is_no_function() -> None:
    check("def make(): ...\ndef other(all_):\n    return [‸make for make in all_]\n")


def test_a_nested_function_comes_before_the_outer_one() -> None:
    check("def make(): ...\ndef other():\n    def make(): ...\n    ‸make()\n", "main.py:other.make")


def test_a_method_does_not_see_the_names_of_its_class() -> None:
    check("def make(): ...\nclass A:\n    def make(self): ...\n    def other(self):\n        ‸make()\n", "main.py:make")


def test_a_class_body_sees_its_own_names() -> None:
    check("class A:\n    def make(): ...\n    x = ‸make()\n", "main.py:A.make")


def test_a_class_body_does_not_see_what_it_defines_later() -> None:
    check("def wrap(f): ...\nclass A:\n    @‸wrap\n    def wrap(self): ...\n", "main.py:wrap")


def test_builtins_are_external_unless_shadowed() -> None:
    check("‸print()\n")
    check("def print(): ...\n‸print()\n", "main.py:print")


def test_self_finds_the_method_of_its_class() -> None:
    check(f"{CLASSES}\n    def go(self):\n        self.‸run()\n", "main.py:Child.run")


def test_self_finds_what_a_base_defines() -> None:
    check(f"{CLASSES}\n    def go(self):\n        self.‸own()\n", "main.py:Base.own")


def test_super_skips_the_class_itself() -> None:
    check(f"{CLASSES}\n    def go(self):\n        super().‸run()\n", "main.py:Base.run")


def test_self_may_have_another_name() -> None:
    check("class A:\n    def a(this): ...\n    def b(this):\n        this.‸a()\n", "main.py:A.a")


def test_a_static_method_has_no_self() -> None:
    check("class A:\n    @staticmethod\n    def b(self):\n        self.‸get()\n    def get(self): ...\n")


def test_bases_are_looked_up_in_their_order() -> None:
    diamond = "class A:\n    def f(self): ...\nclass B(A): ...\nclass C(A):\n    def f(self): ...\nclass D(B, C): ...\n"
    check(f"{diamond}D().‸f()\n", "main.py:C.f")


def test_bases_are_found_in_other_files() -> None:
    check(
        {
            "pkg/__init__.py": "",
            "pkg/base.py": "class Base:\n    def run(self): ...\n",
            "pkg/app.py": "from .base import Base\nclass App(Base):\n    def go(self):\n        self.‸run()\n",
        },
        "pkg/base.py:Base.run",
    )


def test_a_class_that_is_its_own_base_ends() -> None:
    check("class A(A):\n    def f(self):\n        self.‸nothing()\n")


def test_imports_of_every_shape() -> None:
    files = {"pkg/__init__.py": "", "pkg/util.py": "def help(): ...\n", "pkg/sub/__init__.py": ""}
    for text in (
        "from pkg.util import help\n‸help()",
        "from pkg.util import help as other\n‸other()",
        "from pkg import util\nutil.‸help()",
        "import pkg.util\npkg.util.‸help()",
        "import pkg.util as u\nu.‸help()",
        "from pkg.util import *\n‸help()",
        "from pkg.util import ‸help",
    ):
        check({**files, "main.py": text}, "pkg/util.py:help")
    for text in ("from ..util import help\n‸help()", "from .. import util\nutil.‸help()"):
        check({**files, "pkg/sub/mod.py": text}, "pkg/util.py:help")


def test_an_import_inside_a_function_counts_there_only() -> None:
    files = {"util.py": "def aid(): ...\n"}
    check({**files, "main.py": "def f():\n    from util import aid\n    ‸aid()\n"}, "util.py:aid")
    check({**files, "main.py": "def f():\n    from util import aid\ndef g():\n    ‸aid()\n"})


def test_a_package_re_exports_names() -> None:
    check(
        {
            "pkg/__init__.py": "from .core import *\nfrom .deep import Thing as Item\n",
            "pkg/core.py": "def make(): ...\n",
            "pkg/deep/__init__.py": "from ._impl import Thing\n",
            "pkg/deep/_impl.py": "class Thing:\n    def go(self): ...\n",
            "main.py": "import pkg\npkg.Item().‸go()\n",
        },
        "pkg/deep/_impl.py:Thing.go",
    )


def test_both_names_of_an_import_under_another_name() -> None:
    files = {"util.py": "def help(): ...\n"}
    for text in ("from util import ‸help as aid", "from util import help as ‸aid", "from util import ‸help as help"):
        check({**files, "main.py": text}, "util.py:help")


def test_a_wildcard_brings_in_what_the_module_offers() -> None:
    module = "def offered(): ...\ndef kept(): ...\ndef _own(): ...\n"
    for offer, expected in (("", ("offered", "kept")), ("__all__ = ['offered', '_own']\n", ("offered", "_own"))):
        for name in ("offered", "kept", "_own"):
            found = [f"util.py:{name}"] if name in expected else []
            check({"util.py": offer + module, "main.py": f"from util import *\n‸{name}()"}, *found)


def test_of_a_class_for_type_checkers_and_its_stand_in_the_first_counts() -> None:
    text = "if TYPE_CHECKING:\n    class Make(Protocol):\n        def run(self): ...\nelse:\n    class Make: ...\n"
    check(f"from typing import TYPE_CHECKING\n{text}def f(make: Make):\n    make.‸run()\n", "main.py:Make.run")


def test_circular_imports_end() -> None:
    check({"a.py": "from b import *\nfrom b import x\n", "b.py": "from a import *\nfrom a import x\n‸x()\n"})


def test_the_source_layout_is_found() -> None:
    check(
        {"src/pkg/__init__.py": "def make(): ...", "tests/test_a.py": "import pkg\npkg.‸make()"},
        "src/pkg/__init__.py:make",
    )


def test_a_module_of_the_standard_library_is_not_a_file_elsewhere() -> None:
    check({"pkg/__init__.py": "", "pkg/json.py": "def loads(): ...", "main.py": "import json\njson.‸loads('')"})


def test_what_is_imported_from_elsewhere_is_external() -> None:
    check({"util.py": "def connect(): ...", "main.py": "from psycopg import connect\n‸connect()"})
    check({"util.py": "def create_engine_now(): ...", "main.py": "import sa\nsa.‸create_engine_now()"})


def test_an_optional_import_refers_to_the_available_module() -> None:
    text = "try:\n    from fast import loads_all\nexcept ImportError:\n    from slow import loads_all\n‸loads_all()\n"
    check({"slow.py": "def loads_all(): ...", "main.py": text}, "slow.py:loads_all")


def test_the_receivers_type_from_assignments() -> None:
    check(f"{CLASSES}\nchild = Child()\nchild.‸run()\n", "main.py:Child.run")


def test_the_last_assignment_before_the_use_counts() -> None:
    check(
        f"{CLASSES}\ndef f():\n    it = Base()\n    it = Child()\n    it.‸run()\n    it = Base()\n", "main.py:Child.run"
    )


def test_the_receivers_type_from_annotations() -> None:
    for annotation in ("Child", '"Child"', "Child | None", "Optional[Child]", "t.Annotated[Child, 1]"):
        check(f"{CLASSES}\ndef f(it: {annotation}):\n    it.‸run()\n", "main.py:Child.run")


def test_the_receivers_type_from_return_annotations() -> None:
    check(f"{CLASSES}\ndef make() -> Child: ...\nmake().‸run()\n", "main.py:Child.run")
    check(
        f"{CLASSES}\nasync def make() -> Child: ...\nasync def f():\n    (await make()).‸run()\n", "main.py:Child.run"
    )


def test_the_type_of_an_attribute_assigned_in_any_method() -> None:
    making = "def __init__(self):\n        self.it = Child()\n"
    check(f"{METHODS}{making}    def go(self):\n        self.it.‸run()\n", "main.py:Child.run")


def test_the_type_of_a_property() -> None:
    making = "@property\n    def it(self) -> Child: ...\n"
    check(f"{METHODS}{making}    def go(self):\n        self.it.‸run()\n", "main.py:Child.run")


def test_a_class_method_that_returns_its_class() -> None:
    base = "class A:\n    @classmethod\n    def make(cls) -> Self: ...\n    def go(self): ...\n"
    check(f"{base}class B(A):\n    def go(self): ...\nB.make().‸go()\n", "main.py:B.go")


def test_a_method_that_returns_its_receiver_by_a_type_variable() -> None:
    base = "T = typing.TypeVar('T', bound='A')\nclass A:\n    def __enter__(self: T) -> T: ...\n    def go(self): ...\n"
    check(f"{base}def f():\n    with A() as it:\n        it.‸go()\n", "main.py:A.go")
    check(
        f"{base}class B(A):\n    def go(self): ...\ndef f():\n    with B() as it:\n        it.‸go()\n", "main.py:B.go"
    )
    static = base.replace("def __enter__(self: T)", "@staticmethod\n    def pick(it: T)")
    check(f"{static}class C:\n    def go(self): ...\nA.pick(C()).‸go()\n")


def test_the_elements_of_typed_containers() -> None:
    check(f"{CLASSES}\ndef f(them: dict[str, Child]):\n    them['x'].‸run()\n", "main.py:Child.run")
    check(f"{CLASSES}\ndef f(them: dict[str, Child]):\n    them.get('x').‸run()\n", "main.py:Child.run")


def test_a_union_of_types_is_ambiguous() -> None:
    text = "class A:\n    def go(self): ...\nclass B:\n    def go(self): ...\n"
    check(f"{text}def f(it: A | B):\n    it.‸go()\n", "main.py:A.go", "main.py:B.go")


def test_a_type_alias_is_followed() -> None:
    check(f"{CLASSES}\nAlias = Child\ndef f(it: Alias):\n    it.‸run()\n", "main.py:Child.run")


def test_overloads_mean_the_implementation() -> None:
    text = "@overload\ndef make(a: int): ...\n@overload\ndef make(a: str): ...\ndef make(a): ...\n"
    check(f"{text}‸make(1)\n", "main.py:make#3")


def test_a_property_with_a_setter_means_the_getter() -> None:
    text = "class A:\n    @property\n    def x(self): ...\n    @x.setter\n    def x(self, value): ...\n"
    check(f"{text}A().‸x\n", "main.py:A.x")


def test_a_decorator_stands_outside_what_it_decorates() -> None:
    check("def wrap(f): ...\n@‸wrap\ndef other(wrap): ...\n", "main.py:wrap")


def test_a_rare_method_name_that_only_one_class_has() -> None:
    check(
        {"a.py": "class A:\n    def frobnicate(self): ...\n", "main.py": "def f(x):\n    x.‸frobnicate()\n"},
        "a.py:A.frobnicate",
    )


def test_a_rare_method_name_that_two_classes_have_is_not_guessed() -> None:
    check("class A:\n    def frob(self): ...\nclass B:\n    def frob(self): ...\ndef f(x):\n    x.‸frob()\n")


def test_a_common_method_name_is_never_guessed() -> None:
    for name in ("get", "append", "join", "read", "close", "format", "items"):
        check(f"class A:\n    def {name}(self): ...\ndef f(x):\n    x.‸{name}()\n")


def test_a_method_of_a_known_external_type_is_not_guessed() -> None:
    check("class A:\n    def frobnicate(self): ...\n'text'.‸frobnicate()\n")
    check("import other\nclass A:\n    def frobnicate(self): ...\nother.Thing().‸frobnicate()\n")


def test_a_member_that_a_known_class_lacks_is_not_guessed() -> None:
    check("class A:\n    def frobnicate(self): ...\nclass B: ...\nB().‸frobnicate()\n")


def test_long_values_and_unusual_expressions_are_handled() -> None:
    check("def f():\n    x = " + "(" * 60 + "1" + ")" * 60 + "\n    x.‸frob()\n")
    check(f"{CLASSES}\nchild = Child({', '.join(str(n) for n in range(200))})\nchild.‸run()\n", "main.py:Child.run")


def test_undecodable_and_broken_text_is_accepted() -> None:
    check("def make(): ...\nclass (\n‸make()\n", "main.py:make")


JARS = """
class Lid:
    def turn(self): ...
class Jar:
    lids: list[Lid]
    by_name: dict[str, Lid]
    def __enter__(self): return self
    def __iter__(self) -> Iterator[Lid]: ...
class Broken(Exception):
    def show(self): ...
def make():
    return Jar()
"""


def test_what_loops_with_statements_and_handlers_bind() -> None:
    for text, expected in (
        ("def f(jar: Jar):\n    for lid in jar.lids:\n        lid.‸turn()\n", "Lid.turn"),
        ("def f(jar: Jar):\n    return [lid.‸turn() for lid in jar.lids]\n", "Lid.turn"),
        ("def f(jar: Jar):\n    for lid in jar:\n        lid.‸turn()\n", "Lid.turn"),
        ("def f(jar: Jar):\n    for lid in jar.by_name.values():\n        lid.‸turn()\n", "Lid.turn"),
        ("def f():\n    with Jar() as jar:\n        jar.lids[0].‸turn()\n", "Lid.turn"),
        ("try: ...\nexcept Broken as error:\n    error.‸show()\n", "Broken.show"),
    ):
        check(f"{JARS}{text}", f"main.py:{expected}")
    keys = "def f(jar: Jar):\n    for name in jar.by_name:\n        name.‸turn()\n"
    check(f"{JARS}class Key:\n    def turn(self): ...\n{keys}")


def test_the_result_of_a_function_without_a_type_is_inferred_if_all_returns_are_known() -> None:
    check(f"{JARS}make().lids[0].‸turn()\n", "main.py:Lid.turn")
    unsure = "class Key:\n    def turn(self): ...\ndef pick(a, b):\n    if a: return Lid()\n    return b\n"
    check(f"{JARS}{unsure}pick(1, 2).‸turn()\n")


def test_a_parameter_of_a_test_is_the_result_of_its_fixture() -> None:
    files = {"jars.py": JARS, "tests/conftest.py": "import pytest\nfrom jars import Lid\n@pytest.fixture\ndef lid():\n"}
    files["tests/conftest.py"] += "    yield Lid()\n"
    files["other.py"] = "class Key:\n    def turn(self): ...\n"
    check({**files, "tests/a/test_a.py": "def test_it(lid):\n    lid.‸turn()\n"}, "jars.py:Lid.turn")
    check({**files, "tests/a/test_a.py": "def aid(lid):\n    lid.‸turn()\n"})
