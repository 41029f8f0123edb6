"""Quantiles of measured times."""

from collections.abc import Sequence


def quantile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank quantile: the smallest value that at least this share of the values does not exceed.

    Raises ValueError if there are no values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return `p50`, `p95`, `p99` and `max`, rounded to 0.001, and the `count` they rest on."""
    found = {f"p{share}": round(quantile(values, share / 100), 3) for share in (50, 95, 99)}
    return {**found, "max": round(max(values), 3), "count": len(values)}
