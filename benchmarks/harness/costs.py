"""What thinking costs, when it pays, and what many tries are worth."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any

from forethought.engine.api import Completion

_MANY = 1000


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens and seconds; cached tokens are among the prompt's."""

    prompt: float = 0.0
    cached: float = 0.0
    completion: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
            self.seconds + other.seconds,
        )

    @property
    def tokens(self) -> float:
        """All tokens that the model worked on: read, and written."""
        return self.prompt - self.cached + self.completion

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def spent_on(completions: Iterable[Completion], seconds: float) -> Spent:
    """Of one request; `seconds` is how long all of it took, since its prompts are worked on together."""
    total = Spent(seconds=seconds)
    for completion in completions:
        usage = completion.usage
        total += Spent(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)
    return total


def spent_from(value: dict[str, Any]) -> Spent:
    return Spent(value["prompt"], value["cached"], value["completion"], value["seconds"])


def mean_spent(all_spent: Sequence[Spent]) -> Spent:
    """Raises ValueError for none."""
    if not all_spent:
        raise ValueError("nothing was spent")
    total = sum(all_spent, Spent())
    count = len(all_spent)
    return Spent(total.prompt / count, total.cached / count, total.completion / count, total.seconds / count)


def pass_cost(sleep: Spent) -> str:
    """What a sleep-time pass took, as a sentence."""
    return (
        f"The pass over a context: {sleep.prompt:.0f} prompt tokens ({sleep.cached:.0f} cached), "
        f"{sleep.completion:.0f} written, {sleep.seconds:.1f} s, once."
    )


def cost_a_query(sleep: float, test: float, queries: int, weight: float = 1.0) -> float:
    """The average cost of a query when `queries` share one sleep-time pass; what is spent at test time, while a person
    waits, counts `weight` times (arXiv 2504.13171, section 5.3)."""
    return sleep / queries + weight * test


def break_even(sleep: float, without: float, with_sleep: float, weight: float = 1.0) -> float | None:
    """After how many queries on a context its sleep-time pass has paid for itself; None: never.

    `without` and `with_sleep` are the costs of a query at test time.
    """
    saved = weight * (without - with_sleep)
    return sleep / saved if saved > 0 else None


def queries_said(even: float | None) -> int | str:
    """A break-even for people: whole queries, and no number where it is only noise."""
    if even is None:
        return "never"
    return math.ceil(even) if even <= _MANY else f"over {_MANY:,}"


def pass_at(k: int, right: int, tries: int) -> float:
    """The chance that at least one of `k` tries is right, from `right` of `tries`: the unbiased estimate of M. Chen et
    al., arXiv 2107.03374, equation 1. Raises ValueError for k > tries."""
    if not 0 < k <= tries:
        raise ValueError(f"k is {k}, but there are {tries} tries")
    return 1.0 - comb(tries - right, k) / comb(tries, k)


def majority_at(k: int, answers: Sequence[float | None], expected: float, seed: int, draws: int = 200) -> float:
    """How often the most frequent of `k` answers is the expected one, over random choices of k. A try without an
    answer has no vote; of several that are equally frequent, the one given first counts. Raises ValueError for k."""
    if not 0 < k <= len(answers):
        raise ValueError(f"k is {k}, but there are {len(answers)} tries")
    chooser = random.Random(seed)  # noqa: S311 - a sample, no secret
    if k == len(answers):
        return float(_elected(answers) == expected)
    return sum(_elected(chooser.sample(list(answers), k)) == expected for _ in range(draws)) / draws


def _elected(answers: Sequence[float | None]) -> float | None:
    votes = Counter(answer for answer in answers if answer is not None)
    return votes.most_common(1)[0][0] if votes else None
