"""The facts about a symbol: what it calls, who calls it, and which tests reach it; complete, and never guessed."""

import pytest

from forethought.errors import Cancelled
from forethought.facts.symbol_facts import MAX_LOCATIONS, SymbolFacts, facts_of, most_called
from forethought.names.resolver import Target
from support.indexing import index_of

APP = '''
from util import Jar, aid as help_out

class App:
    """An app."""
    def __init__(self, jar: Jar):
        self.jar = jar

    def go(self, count: int = 1) -> None:
        """Go."""
        self.jar.open(); self.jar.open()
        help_out()
        self.stop()
        print(unknown())
        raise ValueError("no")

    def stop(self): ...
'''
UTIL = "class Jar:\n    def open(self): ...\ndef aid(): ...\n"
TESTS = (
    "from app import App\ndef make(): return App(None)\ndef test_go(): make().go()\ndef test_app(): App(None).go()\n"
)
WORLD = {"app.py": APP, "util.py": UTIL, "test_app.py": TESTS}


def facts(sources: dict[str, str], path: str, symbol_id: str) -> SymbolFacts:
    return facts_of(index_of(sources), path, symbol_id)


def names(places: tuple[tuple[str, str, object], ...]) -> list[str]:
    return [f"{path}:{symbol}" for path, symbol, _ in places]


def test_signature_docs_and_exceptions_are_the_symbols_own() -> None:
    found = facts(WORLD, "app.py", "App.go")
    assert found.signature == "def go(self, count: int = 1) -> None"
    assert found.doc == "Go."
    assert found.raises == ("ValueError",)


def test_calls_are_in_order_without_duplicates_and_unknown_ones() -> None:
    assert names(facts(WORLD, "app.py", "App.go").calls) == ["util.py:Jar.open", "util.py:aid", "app.py:App.stop"]


def test_a_class_does_not_call_what_its_methods_call() -> None:
    assert facts(WORLD, "app.py", "App").calls == ()


def test_callers_have_the_location_of_the_call() -> None:
    found = facts(WORLD, "util.py", "Jar.open")
    assert names(found.called_by) == ["app.py:App.go", "app.py:App.go"]
    assert found.called_by_count == 2
    assert found.called_by[0].range.start == (10, 17)


def test_a_class_is_called_where_it_is_instantiated_and_not_where_it_is_a_base() -> None:
    sources = {"a.py": "class A: ...\nclass B(A): ...\ndef f():\n    return A()\n"}
    assert names(facts(sources, "a.py", "A").called_by) == ["a.py:f"]


def test_callers_under_another_name_are_found() -> None:
    assert names(facts(WORLD, "util.py", "aid").called_by) == ["app.py:App.go"]


def test_a_namesake_is_no_caller() -> None:
    sources = {
        "a.py": "def make(): ...\nmake()\n",
        "b.py": "def make(): ...\nmake()\n",
        "c.py": "from outside import make\nmake()\nx.make()\n",
    }
    found = facts(sources, "a.py", "make")
    assert names(found.called_by) == ["a.py:"]
    assert found.called_by_count == 1


def test_the_list_of_callers_is_limited_but_the_count_is_complete() -> None:
    calls = "\n".join(f"def f{number}(): make()" for number in range(MAX_LOCATIONS + 20))
    found = facts({"a.py": f"def make(): ...\n{calls}\n"}, "a.py", "make")
    assert len(found.called_by) == MAX_LOCATIONS
    assert found.called_by_count == MAX_LOCATIONS + 20


def test_tests_that_call_a_symbol_or_one_of_its_callers() -> None:
    assert names(facts(WORLD, "app.py", "App.go").tests) == ["test_app.py:test_go", "test_app.py:test_app"]
    annotated = {**WORLD, "test_app.py": TESTS.replace("def make():", "def make() -> App:")}
    assert names(facts(annotated, "app.py", "App.go").tests) == ["test_app.py:test_go", "test_app.py:test_app"]
    assert names(facts(WORLD, "app.py", "App.stop").tests) == ["test_app.py:test_go", "test_app.py:test_app"]
    assert names(facts(WORLD, "app.py", "App").tests) == ["test_app.py:test_app", "test_app.py:test_go"]


def test_the_list_of_tests_is_limited_but_the_count_is_complete() -> None:
    tests = "from app import go\n" + "".join(f"def test_{number}():\n    go()\n" for number in range(MAX_LOCATIONS + 9))
    found = facts({"app.py": "def go(): pass\n", "test_app.py": tests}, "app.py", "go")
    assert (len(found.tests), found.tests_count, found.tests_are_all) == (MAX_LOCATIONS, MAX_LOCATIONS + 9, True)


def test_the_facts_say_when_not_all_callers_were_followed_to_tests() -> None:
    callers = "".join(f"def call_{number}():\n    go()\n" for number in range(100))
    assert not facts({"app.py": f"def go(): pass\n{callers}"}, "app.py", "go").tests_are_all


def test_tests_by_the_conventions_of_other_languages() -> None:
    go = {
        "a.go": "package a\nfunc Aid() {}\n",
        "a_test.go": "package a\nfunc TestAid(t *T) { Aid() }\nfunc x() { Aid() }\n",
    }
    assert names(facts(go, "a.go", "Aid").tests) == ["a_test.go:TestAid"]
    rust = {"src/lib.rs": "fn aid() {}\n#[test]\nfn works() { aid(); }\nfn other() { aid(); }\n"}
    assert names(facts(rust, "src/lib.rs", "aid").tests) == ["src/lib.rs:works"]
    script = {
        "a.ts": "export function aid() {}\n",
        "a.spec.ts": 'import { aid } from "./a";\nit("x", () => { aid(); });\n',
    }
    assert names(facts(script, "a.ts", "aid").tests) == ["a.spec.ts:"]


def test_a_symbol_that_is_gone_has_empty_facts() -> None:
    found = facts(WORLD, "app.py", "Nothing")
    assert (found.signature, found.calls, found.called_by_count) == ("", (), 0)


def test_cancelling_stops_the_facts() -> None:
    with pytest.raises(Cancelled):
        facts_of(index_of(WORLD), "util.py", "aid", cancelled=lambda: True)


def test_the_most_called_come_first() -> None:
    sources = {"a.py": "def twice(): ...\ndef single(): ...\ndef never(): ...\ntwice(); twice(); single()\n"}
    assert most_called(index_of(sources), 5) == (Target("a.py", "twice"), Target("a.py", "single"))


def test_only_the_requested_parts_are_computed() -> None:
    whole = facts(WORLD, "util.py", "Jar.open")
    assert whole.called_by and whole.tests
    only = facts_of(index_of(WORLD), "util.py", "Jar.open", parts={"callers"})
    assert (only.called_by, only.tests, only.calls) == (whole.called_by, (), ())
    assert facts_of(index_of(WORLD), "util.py", "Jar.open", parts={"tests"}).tests == whole.tests
    assert facts_of(index_of(WORLD), "app.py", "App.go", parts={"calls"}).called_by == ()


def possible(sources: dict[str, str], path: str, symbol_id: str) -> list[str]:
    """`path:row` (1-based) of each call that may refer to the symbol."""
    return [f"{place.path}:{place.range.start.row + 1}" for place in facts(sources, path, symbol_id).possible_callers]


def through(sources: dict[str, str], path: str, symbol_id: str) -> dict[str, list[str]]:
    """Overridden or implemented method → `path:row` (1-based) of each call of it."""
    return {
        calls.target.symbol_id: [f"{place.path}:{place.range.start.row + 1}" for place in calls.places]
        for calls in facts(sources, path, symbol_id).called_through
    }


def test_a_call_on_an_unknown_value_may_run_any_method_of_that_name() -> None:
    sources = {"a.py": "class Jar:\n    def close(self): ...\nclass Box:\n    def close(self): ...\n"}
    sources["b.py"] = "import os\ndef use(thing):\n    thing.close()\n    os.close()\n    close()\n"
    assert possible(sources, "a.py", "Jar.close") == ["b.py:3"]
    assert facts(sources, "a.py", "Jar.close").possible_callers_count == 1
    assert not facts(sources, "a.py", "Jar.close").tests_are_all


def test_a_call_on_a_base_may_run_an_override_but_one_on_super_does_not() -> None:
    base = "class Base:\n    def close(self): ...\n    def use(self):\n        self.close()\n        self.own()\n"
    sub = "class Sub(Base):\n    def close(self):\n        super().close()\n    def own(self): ...\n"
    sources = {"a.py": base + sub}
    assert through(sources, "a.py", "Sub.close") == {"Base.close": ["a.py:4"]}
    assert possible(sources, "a.py", "Sub.close") == []
    assert possible(sources, "a.py", "Sub.own") == ["a.py:5"]
    assert possible(sources, "a.py", "Base.close") == []


def test_a_call_on_an_unknown_object_does_not_mean_a_function() -> None:
    assert possible({"a.py": "def close(): ...\ndef use(thing):\n    thing.close()\n"}, "a.py", "close") == []


def test_a_name_that_is_bound_once_to_a_function_calls_it() -> None:
    sources = {"a.py": "def aid(): ...\n", "b.py": "import a\nhelp_out = a.aid\ndef use():\n    help_out()\n"}
    assert names(facts(sources, "b.py", "use").calls) == ["a.py:aid"]


def test_unresolved_calls_are_listed_separately() -> None:
    source = "class Jar:\n    def close(self): ...\nclass Box:\n    def close(self): ...\n"
    use = "def use(thing):\n    thing.close()\n    thing.other()\n"
    found = facts({"a.py": source + use}, "a.py", "use")
    assert (found.calls, [call.name for call in found.unresolved_calls]) == ((), ["close"])


def test_helpers_in_test_files_are_no_tests() -> None:
    java = {
        "src/main/java/a/Jar.java": "package a;\nclass Jar { void open() {} }\n",
        "src/test/java/a/JarTest.java": "package a;\nclass JarTest {\n @Test void opens() { new Jar().open(); }\n"
        " void aid() { new Jar().open(); }\n}\n",
    }
    path = "src/main/java/a/Jar.java"
    assert names(facts(java, path, "Jar.open").tests) == ["src/test/java/a/JarTest.java:JarTest.opens"]


def test_files_in_a_folder_of_tests_hold_tests() -> None:
    script = {"aid.js": "export function aid() {}\n", "test/basic.js": "import { aid } from '../aid.js';\naid();\n"}
    assert names(facts(script, "aid.js", "aid").tests) == ["test/basic.js:"]
    c = {
        "aid.c": "int aid(void) { return 1; }\n",
        "tests/x.c": "void works(void) { aid(); }\nvoid h(int a) { aid(); }\n",
    }
    assert names(facts(c, "aid.c", "aid").tests) == ["tests/x.c:works"]
