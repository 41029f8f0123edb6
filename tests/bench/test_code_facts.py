"""Questions of fact from Python's own `ast`, and the judgement of answers to them."""

import subprocess

import pytest

from benchmarks.datasets.python_questions import Expected, make_questions
from benchmarks.measures.code_facts import judge, run
from forethought.bench.measurement import Measurement
from support.fake_engine import FakeEngine

SHAPES = '''"""Shapes."""
from functools import cache


class Shape:
    """Anything with an area."""

    def area(self) -> float:
        raise NotImplementedError


class Square(Shape):
    @property
    def side(self):
        return self._side

    async def grow(self, by=2, *, slowly: bool = False):
        if by < 0:
            raise ValueError("no")
        yield by


@cache
def total_area(shapes):
    """The sum.

    Of all areas.
    """
    return sum(shape.area() for shape in shapes)


def describe_shapes(shapes):
    return str(total_area(shapes))
'''
USER = "from shapes import describe_shapes\n\n\ndef show_everything():\n    print(describe_shapes([]))\n"


@pytest.fixture(scope="module")
def questions():
    return make_questions({"shapes.py": SHAPES, "use/main.py": USER}, 10_000, 1, max_per_definition=100)


def test_who_lists_parameters_may_say_of_which_type_they_are(questions):
    expected = next(item.expected for item in questions if (item.kind, item.name) == ("parameters", "Square.grow"))
    assert judge(expected, "`by`, and `slowly`, which is a `bool`.", "enriched", 1).right
    assert not judge(expected, "`by`, and `slowly`, which is a `str`.", "enriched", 1).right


@pytest.mark.parametrize(
    ("kind", "name", "form", "items"),
    [
        ("parameters", "Square.grow", "items", ("by", "slowly")),
        ("default", "Square.grow", "items", ("False",)),
        ("no default", "total_area", "items", ()),
        ("no such parameter", "total_area", "unknown", ()),
        ("raises", "Square.grow", "items", ("ValueError",)),
        ("raises", "Shape.area", "items", ("NotImplementedError",)),
        ("raises", "total_area", "items", ()),
        ("returns", "Shape.area", "items", ("float",)),
        ("docs", "total_area", "text", ("The sum.",)),
        ("where", "total_area", "place", ("shapes.py:24",)),
        ("where", "Square", "place", ("shapes.py:12",)),
        ("async", "Square.grow", "yes", ()),
        ("async", "Shape.area", "no", ()),
        ("generator", "Square.grow", "yes", ()),
        ("decorators", "Square.side", "items", ("property",)),
        ("decorators", "Square.grow", "items", ()),
        ("bases", "Square", "items", ("Shape",)),
        ("subclasses", "Shape", "items", ("Square",)),
        ("methods", "Square", "items", ("side", "grow")),
        ("callers", "describe_shapes", "items", ("show_everything",)),
    ],
)
def test_the_truth_is_what_ast_says(questions, kind, name, form, items):
    found = [item.expected for item in questions if (item.kind, item.name) == (kind, name)]
    assert items in [expected.items for expected in found if expected.form == form]


def test_a_file_defines_its_functions_and_classes(questions):
    found = {item.path: item.expected.items for item in questions if item.kind == "file"}
    assert found["shapes.py"] == ("Shape", "Square", "total_area", "describe_shapes")


def test_what_is_used_otherwise_than_by_a_plain_call_has_no_certain_callers():
    source = "def alpha_one():\n    pass\n\n\ndef beta_two():\n    return alpha_one\n"
    kinds = {item.kind for item in make_questions({"a.py": source}, 1000, 1, 100) if item.name == "alpha_one"}
    assert "where" in kinds and "callers" not in kinds


def test_a_name_that_several_definitions_share_is_not_asked_about():
    source = "def same_name(a):\n    pass\n"
    other = f"{source}\n\ndef other_name(a):\n    pass\n"
    names = {item.name for item in make_questions({"a.py": source, "b.py": other}, 1000, 1)}
    assert "other_name" in names and "same_name" not in names


def test_the_same_seed_gives_the_same_questions():
    first, second = (make_questions({"a.py": SHAPES}, 30, 5) for _ in range(2))
    assert first == second


ITEMS = Expected("items", ("timeout", "retries"), ("send", "self"), ())


@pytest.mark.parametrize(
    ("expected", "answer", "right"),
    [
        (ITEMS, "`send` takes `timeout: float = 3`, `*retries`.\n\n`def send(self, timeout, *retries)`", True),
        (ITEMS, "`send` takes `timeout`.", False),
        (ITEMS, "`send` takes `timeout`, `retries`, `verify`.", False),
        (ITEMS, "It takes timeout and retries.", True),
        (ITEMS, "`send` takes `timeout`, `retries`. " + "def send(): ... " * 60, False),
        (Expected("items", ("ValueError",)), "It raises `errors.ValueError`.", True),
        (Expected("items", ("(1, 2)",)), "`size` defaults to `(1,2)`.", False),
        (Expected("items", ("(1, 2)",), ("size",)), "`size` defaults to `(1,2)`.", True),
        (Expected("items"), "It raises nothing itself.", True),
        (Expected("items"), "It raises `ValueError`.", False),
        (Expected("items"), "It raises an error.", False),
        (Expected("items", ("area",)), "- `def area(self)` (line 3)\n", True),
        (Expected("items", ("None",), ("y",), ("80",)), "`y` is None by default, or 80.", False),
        (Expected("place", ("a/b.py:12",)), "`x` is defined in a/b.py:12.", True),
        (Expected("place", ("a/b.py:12",)), "`x` is defined in a/b.py:120.", False),
        (Expected("place", ("a/b.py:12",)), "`x` is defined in b.py:12.", False),
        (Expected("yes"), "Yes, it is.", True),
        (Expected("yes"), "No, it is not.", False),
        (Expected("no"), "It is not a generator.", True),
        (Expected("text", ("Sends a *request*.",)), "Sends a request. And more.", True),
        (Expected("text", ("Sends a request.",)), "Reads a request.", False),
        (Expected("unknown"), "There is no `x` in this repository.", True),
        (Expected("unknown"), "`x` is defined in a.py:1.", False),
    ],
)
def test_a_right_answer_names_all_and_nothing_else(expected, answer, right):
    assert judge(expected, answer, "facts").right is right


def test_no_answer_is_no_right_answer():
    assert not judge(Expected("items"), "There is nothing.", "none").right


def test_a_file_whose_path_is_the_end_of_another_is_not_asked_about():
    questions = make_questions({"setup.py": SHAPES, "tools/setup.py": SHAPES}, 1000, 1)
    assert {item.path for item in questions if item.kind == "file"} == {"tools/setup.py"}


def test_every_tier_is_asked_and_judged(tmp_path):
    root = tmp_path / "shapes"
    root.mkdir()
    (root / "shapes.py").write_text(SHAPES, "utf-8")
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-q", "-m", "first")):
        subprocess.run(["git", "-C", str(root), *words], check=True)
    environment = {"FORETHOUGHT_CONFIG": str(tmp_path / "none"), "FORETHOUGHT_RUNTIME_DIR": str(tmp_path / "run")}
    engine = FakeEngine(default="It has no area.")
    with Measurement("code-facts", tmp_path / "out", environment, engine=engine) as measurement:
        report = run(measurement, root, limit=40, slow=6)
    rows = {row["tier"]: row for row in report.data["tiers"]}
    assert rows["facts + predicted"]["right"] == 1.0, report.data["misses"]
    assert rows["facts + predicted"]["tokens"] == 0
    assert rows["full, verbosity 1"]["questions"] == 6
    assert rows["full, verbosity 1"]["tokens"] > 0
    assert all(goal.met for goal in report.goals)
