"""What people will ask, and what the context answers by itself."""

import pytest

from forethought.insights.question_predictor import (
    asked_before,
    documented_purpose,
    proposed,
    shown_by,
    template_of,
    templates_of,
)
from support.indexing import context_of

SOURCE = '''
import contextlib
from abc import abstractmethod


def divide(left, right: int = 1, *, exact=False) -> float:
    """Divides left by right."""
    if right == 0:
        raise ZeroDivisionError(left)
    elif exact and left % right:
        raise ValueError(right)
    else:
        raise TypeError
    return left / right


def pick(items):
    chosen = items[0]
    return chosen


def numbers(limit):
    yield from range(limit)


@contextlib.contextmanager
def opened(path):
    yield open(path)


async def fetch(url):
    return await get(url)


class Shape:
    @property
    def area(self):
        return self.width * self.height

    @abstractmethod
    def draw(self): ...
'''


def check(symbol: str, kind: str, *expected: str, source: str = SOURCE, path: str = "main.py") -> None:
    """Exactly these answers of one kind stand in the context."""
    found = [ask.answer for ask in shown_by(context_of(source, symbol, path)) if ask.kind == kind]
    assert found == list(expected)


def test_what_is_returned_is_quoted() -> None:
    check("divide", "returns", "It returns `left / right`, as `float`.")


def test_the_name_of_a_local_variable_tells_nothing() -> None:
    check("pick", "returns")


def test_an_error_is_told_with_the_line_that_it_stands_under() -> None:
    check(
        "divide",
        "raises",
        "It raises `ZeroDivisionError` under `if right == 0`.",
        "It raises `ValueError` under `elif exact and left % right`.",
    )


def test_an_error_under_a_condition_that_is_not_on_one_line_is_left_out() -> None:
    source = "def check(a, b):\n    if (\n        a\n        and b\n    ):\n        raise ValueError(a)\n"
    check("check", "raises", source=source)


def test_errors_are_found_in_other_languages() -> None:
    source = "function parse(text) {\n  if (!text) {\n    throw new SyntaxError(text);\n  }\n  return text;\n}\n"
    check("parse", "raises", "It raises `SyntaxError` under `if (!text)`.", source=source, path="main.js")


def test_defaults_are_listed() -> None:
    check("divide", "defaults", "`right` defaults to `1`; `exact` defaults to `False`.")


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("numbers", "It is a generator: nothing of it runs before its first item is wanted."),
        ("opened", "It is a context manager: use it in a with statement."),
        ("fetch", "It is asynchronous: await it."),
        ("Shape.area", "It is a property: read it without brackets."),
        ("Shape.draw", "It is abstract: subclasses have to define it."),
    ],
)
def test_how_it_is_to_be_called_is_told(symbol: str, expected: str) -> None:
    check(symbol, "caller", expected)


@pytest.mark.parametrize(
    ("docs", "expected"),
    [
        ("Divides left by right.", "Divides left by right."),
        ("Divides :func:`left` by\n    ``right``\n\n    Slowly.", "Divides `left` by `right`."),
        ("Divides left by right if that is wanted.", None),
        (":param left: what to divide", None),
        ("Divides.", None),
        ("A left half.", "A left half."),
        (".-. .-. .-. .-. . .-. |( |- |.|", None),
        ("shop.left_right\n    ~~~~~~~~~~~~~~~\n\n    Divides left by right.", "Divides left by right."),
        ("Calls `vanish` at once, like the others.", "Calls `vanish` at once, like the others."),
    ],
)
def test_the_purpose_is_what_the_docs_begin_with(docs: str, expected: str | None) -> None:
    source = f'def divide(left, right):\n    """{docs}"""\n    return left / right\n'
    assert documented_purpose(context_of(source, "divide")) == expected


# The model's own question


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Does divide round its left side?", "Does `divide` round its left side?"),
        ("Sure. Does `divide()` round its left side?", "Does `divide` round its left side?"),
        ("Does it round?", None),
        ("It divides.", None),
        ("Does divide call `vanish`?", None),
        ("What does divide return?", None),
    ],
)
def test_a_models_question_has_to_be_one(text: str, expected: str | None) -> None:
    ask = proposed(text, context_of(SOURCE, "divide"), ["What does `divide` return?"])
    assert (ask.question if ask else None) == expected


# The log


@pytest.mark.parametrize(
    ("question", "symbol", "expected"),
    [
        ("How fast is divide?", "divide", "How fast is {}?"),
        ("How fast is `Shape.area()`?", "Shape.area", "How fast is {}?"),
        ("Is area safe to call twice?", "Shape.area", "Is {} safe to call twice?"),
        ("Is this function safe?", "divide", "Is {} safe?"),
        ("Is it safe?", "divide", "Is {} safe?"),
        ("Is divide like divide?", "divide", None),
        ("Is this safe?", "", None),
        ("Make divide safe.", "divide", None),
        ("How fast are dividers?", "divide", None),
    ],
)
def test_a_question_becomes_a_template(question: str, symbol: str, expected: str | None) -> None:
    assert template_of(question, symbol) == expected


def test_a_template_counts_when_it_was_asked_of_two_symbols() -> None:
    asked = [("Is divide safe?", "divide"), ("Is divide safe?", "divide"), ("Is pick fast?", "pick")]
    assert templates_of(asked) == ()
    assert templates_of([*asked, ("Is pick safe?", "pick")]) == ("Is {} safe?",)


def test_what_is_asked_before_is_not_asked_twice_and_names_nothing_unknown() -> None:
    templates = ("Is {} safe?", "What does {} return?", "Does {} use `vanish`?")
    assert [ask.question for ask in asked_before(context_of(SOURCE, "divide"), templates)] == ["Is `divide` safe?"]
