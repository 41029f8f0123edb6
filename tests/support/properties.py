"""How many examples a property is tested with: a fixed number, or many more in `make fuzz`."""

from hypothesis import settings

_DEFAULT_EXAMPLES = 100
"""Hypothesis' own, to which the numbers in the tests relate."""


def examples(count: int) -> int:
    """`count` by default, and as many times more as the profile has more examples than Hypothesis' default."""
    return max(1, count * settings().max_examples // _DEFAULT_EXAMPLES)
