"""Intervals by resampling: what is seen in a sample, and how far off that may be. Percentile bootstrap, 95 %.

B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

import random
from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from typing import TypeVar

from forethought.bench.report import Interval

RESAMPLES = 2000

Item = TypeVar("Item")


def bootstrap(values: Sequence[float], seed: int = 0, groups: Sequence[Hashable] | None = None) -> Interval:
    """The mean of `values` with its interval. Raises ValueError for no values.

    `groups` names what each value belongs to (questions of one context): whole groups are drawn, since what belongs
    together is not independent.
    """
    if not values:
        raise ValueError("no values")
    if groups is None:
        return bootstrap_of([(value,) for value in values], _mean_of_all, seed)
    by_group: dict[Hashable, list[float]] = {}
    for group, value in zip(groups, values, strict=True):
        by_group.setdefault(group, []).append(value)
    return bootstrap_of(list(by_group.values()), _mean_of_all, seed)


def paired_bootstrap(
    treated: Sequence[float], control: Sequence[float], seed: int = 0, groups: Sequence[Hashable] | None = None
) -> Interval:
    """The mean of `treated` minus `control`, pair by pair, with its interval. Raises ValueError: no pairs."""
    return bootstrap([one - other for one, other in zip(treated, control, strict=True)], seed, groups)


def bootstrap_of(items: Sequence[Item], statistic: Callable[[Sequence[Item]], float], seed: int = 0) -> Interval:
    """Any figure made from a sample of items (a ratio of sums, say), with its interval. Raises ValueError: no items."""
    if not items:
        raise ValueError("no items")
    chooser = random.Random(seed)  # noqa: S311 - a sample, no secret
    drawn = sorted(statistic(chooser.choices(items, k=len(items))) for _ in range(RESAMPLES))
    low, high = drawn[round(0.025 * (RESAMPLES - 1))], drawn[round(0.975 * (RESAMPLES - 1))]
    return Interval(statistic(items), low, high)


def _mean_of_all(groups: Sequence[Sequence[float]]) -> float:
    count = sum(map(len, groups))
    return sum(chain.from_iterable(groups)) / count
