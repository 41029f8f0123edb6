"""95 % confidence intervals by the percentile bootstrap.

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
    """Return the mean of `values` with its interval. Raises ValueError if there are no values.

    `groups` names the group of each value, e.g. the context a question is about. Whole groups are resampled, because
    values within a group are not independent. If all values are 0, or all are 1, resampling shows no variation, and
    the exact binomial interval is returned instead.
    """
    found = _resampled(values, seed, groups)
    if set(values) == {0.0}:
        return Interval(0.0, 0.0, _upper_bound_of_zero(values, groups))
    if set(values) == {1.0}:
        return Interval(1.0, 1.0 - _upper_bound_of_zero(values, groups), 1.0)
    return found


def paired_bootstrap(
    treated: Sequence[float], control: Sequence[float], seed: int = 0, groups: Sequence[Hashable] | None = None
) -> Interval:
    """Return the mean of `treated` minus `control`, pair by pair, with its interval.

    If both are shares and no pair differs, the interval covers how many pairs could still differ. Raises ValueError
    if there are no pairs, or if the lengths differ.
    """
    differences = [one - other for one, other in zip(treated, control, strict=True)]
    if differences and set(differences) == {0.0} and {*treated, *control} <= {0.0, 1.0}:
        bound = _upper_bound_of_zero(differences, groups)
        return Interval(0.0, -bound, bound)
    return _resampled(differences, seed, groups)


def bootstrap_of(items: Sequence[Item], statistic: Callable[[Sequence[Item]], float], seed: int = 0) -> Interval:
    """Return any statistic of a sample (e.g. a ratio of sums) with its interval. Raises ValueError if it is empty."""
    if not items:
        raise ValueError("no items")
    chooser = random.Random(seed)  # noqa: S311 - resampling, not cryptography
    drawn = sorted(statistic(chooser.choices(items, k=len(items))) for _ in range(RESAMPLES))
    low, high = drawn[round(0.025 * (RESAMPLES - 1))], drawn[round(0.975 * (RESAMPLES - 1))]
    return Interval(statistic(items), low, high)


def _resampled(values: Sequence[float], seed: int, groups: Sequence[Hashable] | None) -> Interval:
    if not values:
        raise ValueError("no values")
    if groups is None or len(set(groups)) == 1:
        groups = range(len(values))  # resampling a single group would show no variation at all
    by_group: dict[Hashable, list[float]] = {}
    for group, value in zip(groups, values, strict=True):
        by_group.setdefault(group, []).append(value)
    return bootstrap_of(list(by_group.values()), _mean_of_all, seed)


def _upper_bound_of_zero(values: Sequence[float], groups: Sequence[Hashable] | None) -> float:
    """The highest rate at which something never seen in this sample may still occur.

    The one-sided 97.5 % bound of C. Clopper and E. Pearson, Biometrika 26, 1934.
    """
    return float(1.0 - 0.025 ** (1.0 / len(set(groups) if groups is not None else values)))


def _mean_of_all(groups: Sequence[Sequence[float]]) -> float:
    count = sum(map(len, groups))
    return sum(chain.from_iterable(groups)) / count
