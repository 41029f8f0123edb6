"""Code with its conditions turned round."""

import pytest

from forethought.insights.negated_code import negate_conditions


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if not name:", "if name:"),
        ("if name:", "if not name:"),
        ("    return left == right", "    return left != right"),
        ("while count < 10:", "while count >= 10:"),
        ("if key in table and key is not None:", "if key not in table and key is None:"),
        ("if (a > b) {", "if (a <= b) {"),
        ("return a", None),
        ("for name in names:", None),
        ("def f(a) -> int:", None),
        ("# if this is so", None),
    ],
)
def test_conditions_are_turned_round_and_nothing_else(code: str, expected: str | None) -> None:
    assert negate_conditions(code) == expected
    assert expected is None or negate_conditions(expected) == code
