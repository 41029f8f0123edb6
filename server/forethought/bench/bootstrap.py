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
    together is not independent. Where all values are 0, or all are 1, resampling shows nothing; a share's exact
    interval is given instead.
    """
    found = _resampled(values, seed, groups)
    if set(values) == {0.0}:
        return Interval(0.0, 0.0, _unseen(values, groups))
    if set(values) == {1.0}:
        return Interval(1.0, 1.0 - _unseen(values, groups), 1.0)
    return found


def paired_bootstrap(
    treated: Sequence[float], control: Sequence[float], seed: int = 0, groups: Sequence[Hashable] | None = None
) -> Interval:
    """The mean of `treated` minus `control`, pair by pair, with its interval. Raises ValueError: no pairs.

    Where both are shares and no pair differs: how many pairs may differ all the same.
    """
    differences = [one - other for one, other in zip(treated, control, strict=True)]
    if differences and set(differences) == {0.0} and {*treated, *control} <= {0.0, 1.0}:
        unseen = _unseen(differences, groups)
        return Interval(0.0, -unseen, unseen)
    return _resampled(differences, seed, groups)


def bootstrap_of(items: Sequence[Item], statistic: Callable[[Sequence[Item]], float], seed: int = 0) -> Interval:
    """Any figure made from a sample of items (a ratio of sums, say), with its interval. Raises ValueError: no items."""
    if not items:
        raise ValueError("no items")
    chooser = random.Random(seed)  # noqa: S311 - a sample, no secret
    drawn = sorted(statistic(chooser.choices(items, k=len(items))) for _ in range(RESAMPLES))
    low, high = drawn[round(0.025 * (RESAMPLES - 1))], drawn[round(0.975 * (RESAMPLES - 1))]
    return Interval(statistic(items), low, high)


def _resampled(values: Sequence[float], seed: int, groups: Sequence[Hashable] | None) -> Interval:
    if not values:
        raise ValueError("no values")
    if groups is None or len(set(groups)) == 1:
        groups = range(len(values))  # one group by itself would seem to be certain
    by_group: dict[Hashable, list[float]] = {}
    for group, value in zip(groups, values, strict=True):
        by_group.setdefault(group, []).append(value)
    return bootstrap_of(list(by_group.values()), _mean_of_all, seed)


def _unseen(values: Sequence[float], groups: Sequence[Hashable] | None) -> float:
    """How frequent something may be that was seen in none of so many (97.5 %, one side; C. Clopper and E. Pearson)."""
    return float(1.0 - 0.025 ** (1.0 / len(set(groups) if groups is not None else values)))


def _mean_of_all(groups: Sequence[Sequence[float]]) -> float:
    count = sum(map(len, groups))
    return sum(chain.from_iterable(groups)) / count
