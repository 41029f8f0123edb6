"""How far two readers agree."""

from collections import Counter
from collections.abc import Sequence


def agreement(what: str, labels: Sequence[Sequence[str]]) -> str:
    """A sentence about the agreement of two readers, each of whose labels for an item is in `labels`.

    Beyond chance it is Cohen's κ (Educational and Psychological Measurement 20, 1960).
    """
    agreed = sum(one == other for one, other in labels) / len(labels)
    tallies = [Counter(pair[place] for pair in labels) for place in (0, 1)]
    by_chance = sum(tallies[0][name] * tallies[1][name] for name in tallies[0]) / len(labels) ** 2
    kappa = (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else 1.0
    return f"The two readers of {len(labels)} statements agree on {what} in {agreed:.0%} (κ = {kappa:.2f})."
