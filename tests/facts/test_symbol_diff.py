"""The differences between two versions of some files, by symbol."""

from hypothesis import given
from hypothesis import strategies as st

from forethought.facts.symbol_diff import Version, compare
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages

LANGUAGES = load_languages()

AREA = """
def area(width, height):
    product = width * height
    return round(product, 2)
"""

SQUARE = """
class Square:
    def side(self):
        return self.width

    def grow(self, by):
        self.width = self.width + by
        return self
"""


def versions(files):
    return {
        path: Version(read_tags(LANGUAGES.detect(path), text.encode()), text.encode()) for path, text in files.items()
    }


def told(before, after):
    """Each change as `kind before → after: details`, without paths if there is only one."""
    before = {"a.py": before} if isinstance(before, str) else before
    after = {"a.py": after} if isinstance(after, str) else after
    several = len(before.keys() | after.keys()) > 1
    lines = []
    for change in compare(versions(before), versions(after)):
        sides = [
            f"{side.path} {side.symbol.id}".strip() if several or not side.symbol.id else side.symbol.id
            for side in (change.before, change.after)
            if side
        ]
        line = f"{change.kind} {' → '.join(dict.fromkeys(sides))}"
        lines.append(f"{line}: {', '.join(change.details)}" if change.details else line)
    return lines


def check(before, after, *expected):
    assert told(before, after) == list(expected)


def test_equal_files_do_not_differ():
    check(AREA, AREA)


def test_line_endings_and_trailing_spaces_are_no_change():
    check(AREA, AREA.replace("\n", "  \r\n"))


def test_code_that_only_moved_down_is_no_change():
    check(AREA, f"\n\n\n{AREA}")


def test_added_and_removed():
    check("def a():\n    return 1\n", "def b(x, y):\n    print(x)\n    return y\n", "removed a", "added b")


def test_a_body_that_changed():
    check(AREA, AREA.replace("2", "3"), "changed area: body")


def test_docs_alone():
    check('def a():\n    """Old."""\n    go()\n', 'def a():\n    """New."""\n    go()\n', "changed a: docs")


def test_docs_and_body():
    check('def a():\n    """Old."""\n    go()\n', 'def a():\n    """New."""\n    stop()\n', "changed a: docs, body")


def test_parameters_are_compared_one_by_one():
    check(
        "def a(x, y=1, *z): ...\n",
        "def a(x, y=2, w=3): ...\n",
        "changed a: parameter `y=1` → `y=2`, parameter `*z` removed, parameter `w=3` added",
    )


def test_an_annotation_is_a_change_of_the_parameter():
    check("def a(x): ...\n", "def a(x: int): ...\n", "changed a: parameter `x` → `x: int`")


def test_reordered_parameters():
    check("def a(x, y): ...\n", "def a(y, x): ...\n", "changed a: parameters reordered")


def test_result_bases_and_exceptions():
    check("def a() -> int: ...\n", "def a() -> str: ...\n", "changed a: return type `int` → `str`")
    check("def a(): ...\n", "def a() -> str: ...\n", "changed a: return type none written → `str`")
    check("class A(B):\n    x = 1\n", "class A(C):\n    x = 1\n", "changed A: bases `B` → `C`")
    check(
        "def a():\n    raise KeyError\n",
        "def a():\n    raise ValueError\n",
        "changed a: raises `ValueError` now, raises `KeyError` no longer, body",
    )


def test_users_notice_the_interface_and_not_the_body():
    changes = compare(versions({"a.py": AREA}), versions({"a.py": AREA.replace("height)", "height, depth)")}))
    assert [change.interface_changed for change in changes] == [True]
    changes = compare(versions({"a.py": AREA}), versions({"a.py": AREA.replace("2", "3")}))
    assert [change.interface_changed for change in changes] == [False]


def test_a_method_that_changed_does_not_change_its_class():
    check(SQUARE, SQUARE.replace("+ by", "- by"), "changed Square.grow: body")


def test_a_function_in_a_function_belongs_to_it():
    before = "def a():\n    def b():\n        return 1\n    return b\n"
    check(before, before.replace("1", "2"), "changed a: body")


def test_code_outside_definitions_changes_the_file():
    check(f"import os\n{AREA}", f"import sys\n{AREA}", "changed a.py: code outside its definitions")


def test_a_value_that_changed():
    check("LIMIT = 1\n", "LIMIT = 2\n", "changed LIMIT: value")


def test_renamed_code_is_recognized():
    check(AREA, AREA.replace("area", "surface"), "renamed area → surface")


def test_code_that_was_renamed_and_edited_a_little_is_recognized():
    longer = AREA + "    # one\n" + "    print(product)\n" * 6
    check(longer, longer.replace("area", "surface").replace(", 2", ", 3"), "renamed area → surface: body")


def test_one_liners_are_not_matched_by_similarity():
    check("def a():\n    pass\n", "def b():\n    pass\n", "added b", "removed a")


def test_code_that_moved_to_another_file_is_recognized():
    check(
        {"a.py": AREA + SQUARE, "b.py": "x = 1\n"},
        {"a.py": AREA, "b.py": "x = 1\n" + SQUARE},
        "moved a.py Square → b.py Square",
    )


def test_two_equal_candidates_are_not_guessed_between():
    before = {"a.py": AREA, "b.py": "x = 1\n", "c.py": "x = 1\n"}
    after = {"a.py": "x = 1\n", "b.py": AREA + "x = 1\n", "c.py": AREA + "x = 1\n"}
    assert told(before, after)[1:] == ["removed a.py area", "added b.py area", "added c.py area"]


def test_a_decorator_that_changed():
    check(f"@cache{AREA}", f"@lru_cache(2){AREA}", "changed area: decorators")


def test_a_method_that_moved_to_another_class_is_recognized():
    before = SQUARE + "\nclass Circle:\n    radius = 1\n"
    grow = SQUARE[SQUARE.index("    def grow") :]
    check(before, before.replace(grow, "") + grow, "moved Square.grow → Circle.grow")


def test_the_edits_of_a_renamed_file_are_separate_changes():
    check({"a.py": AREA + SQUARE}, {"b.py": AREA + SQUARE}, "moved a.py → b.py")
    check(
        {"a.py": AREA + SQUARE},
        {"b.py": AREA + SQUARE.replace("+ by", "- by")},
        "moved a.py → b.py",
        "changed a.py Square.grow → b.py Square.grow: body",
    )


def test_a_renamed_class_keeps_its_methods():
    check(SQUARE, SQUARE.replace("Square", "Box"), "renamed Square → Box")


def test_a_file_that_was_split_has_moved_code():
    found = told({"a.py": AREA + SQUARE}, {"b.py": AREA, "c.py": SQUARE})
    assert "moved a.py Square → c.py Square" in found or "moved a.py → c.py" in found
    assert not [line for line in found if line.startswith(("removed a.py Square", "added c.py Square"))]


def test_other_languages():
    check(
        {"a.go": "package a\n\nfunc Area(w int) int {\n\treturn w\n}\n"},
        {"a.go": "package a\n\nfunc Area(w int, h int) int {\n\treturn w\n}\n"},
        "changed Area: parameter `h int` added",
    )


BLOCKS = st.lists(
    st.builds(
        lambda name, body, indent: f"{indent}def {name}({body[:1]}):\n{indent}    return {body!r}\n\n",
        st.sampled_from(["area", "side", "grow", "area"]),
        st.text(st.characters(blacklist_categories=("Cs",)), max_size=12),
        st.sampled_from(["", "class A:\n    "]),
    ),
    max_size=6,
).map("".join)
FILES = st.dictionaries(st.sampled_from(["a.py", "b.py", "c/d.py"]), BLOCKS | st.text(max_size=40), max_size=3)


@given(FILES)
def test_equal_files_never_differ_whatever_their_text(files):
    assert told(files, files) == []


@given(FILES, FILES)
def test_differences_are_neither_repeated_nor_invented(before, after):
    for side, files in (("before", before), ("after", after)):
        places = [getattr(change, side) for change in compare(versions(before), versions(after))]
        found = [(place.path, place.symbol.id) for place in places if place is not None]
        assert len(found) == len(set(found))
        assert {path for path, _ in found} <= files.keys()
