"""Quotations stay exact, or show what they leave out."""

import re

from hypothesis import given
from hypothesis import strategies as st

from forethought.facts.code_quotes import abbreviated, quoted


def test_short_code_stays_as_it_is():
    assert quoted("f(a, b)", 20) == "`f(a, b)`"


def test_backticks_are_fenced():
    assert quoted("`a ${b}`", 40) == "`` `a ${b}` ``"
    assert quoted("x ``y`` z", 40) == "```x ``y`` z```"


def test_the_innermost_arguments_go_first():
    assert abbreviated("store(find(load(path, mode)), other)", 30) == "store(find(load(…)), other)"
    assert abbreviated("store(find(load(path, mode)), other)", 12) == "store(…)"


def test_the_names_of_arguments_stay_longer_than_their_values():
    assert (
        abbreviated("Request(method=the_method, url=the_url, json=the_json)", 44) == "Request(method=…, url=…, json=…)"
    )


def test_long_strings_are_cut_inside_of_their_quotes():
    assert abbreviated('raise_error("a very long text about what is wrong here")', 40) == 'raise_error("a very long…")'


def test_operands_go_from_the_right():
    code = "(parent == NULL) || (parent->child == NULL) || (replacement == NULL)"
    assert abbreviated(code, 50) == "(parent == NULL) || (parent->child == NULL) || …"
    assert abbreviated(code, 30) == "(parent == NULL) || …"


def test_calls_that_repeat_the_one_before_are_left_out():
    code = 'cmd.stderr(Stdio::null()).arg("--edition=2018").arg("--crate-type=lib").arg(probefile).status()'
    assert abbreviated(code, 45) == "cmd.stderr(…).arg(…)….status()"


def test_brackets_in_strings_count_for_nothing():
    assert abbreviated('f("(", [1, 2, 3, 4, 5, 6, 7, 8, 9])', 20) == 'f("(", …)'


@given(st.text(alphabet="ab ()[]{}\"'`,.&|=:…\\", max_size=300), st.integers(5, 80))
def test_any_code(code, limit):
    text = abbreviated(code, limit)
    assert len(text) <= max(len(code), limit + 8)
    fenced = quoted(code, limit)
    fence = re.match(r"`+", fenced)
    assert fence is not None and fenced.endswith(fence[0])
