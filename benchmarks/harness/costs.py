"""Costs of sleep-time and test-time compute, the break-even between them, and the value of several attempts."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any

from forethought.engine.api import Completion

_MAX_BREAK_EVEN = 1000


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens and seconds. `cached` tokens are included in `prompt`."""

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
        """Tokens the model processed: prompt tokens that were not cached, and completion tokens."""
        return self.prompt - self.cached + self.completion

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def spent_on(completions: Iterable[Completion], seconds: float) -> Spent:
    """Cost of one request. `seconds` is its duration as a whole, because its prompts are decoded together."""
    total = Spent(seconds=seconds)
    for completion in completions:
        usage = completion.usage
        total += Spent(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)
    return total


def spent_from(value: dict[str, Any]) -> Spent:
    return Spent(value["prompt"], value["cached"], value["completion"], value["seconds"])


def mean_spent(all_spent: Sequence[Spent]) -> Spent:
    """Raises ValueError if there are none."""
    if not all_spent:
        raise ValueError("nothing was spent")
    total = sum(all_spent, Spent())
    count = len(all_spent)
    return Spent(total.prompt / count, total.cached / count, total.completion / count, total.seconds / count)


def pass_cost(sleep: Spent) -> str:
    """The cost of a sleep-time pass as a sentence."""
    return (
        f"One pass over a context takes {sleep.prompt:.0f} prompt tokens ({sleep.cached:.0f} cached), "
        f"{sleep.completion:.0f} completion tokens and {sleep.seconds:.1f} s."
    )


def cost_a_query(sleep: float, test: float, queries: int, weight: float = 1.0) -> float:
    """Average cost of a query when `queries` share one sleep-time pass.

    Test-time cost counts `weight` times, because a person is waiting (arXiv 2504.13171, section 5.3).
    """
    return sleep / queries + weight * test


def break_even(sleep: float, without: float, with_sleep: float, weight: float = 1.0) -> float | None:
    """Number of queries about a context after which its sleep-time pass has paid off, or None if it never does.

    `without` and `with_sleep` are test-time costs of one query.
    """
    saved = weight * (without - with_sleep)
    return sleep / saved if saved > 0 else None


def break_even_text(even: float | None) -> int | str:
    """A break-even for people: whole queries; above 1,000 the number would be noise."""
    if even is None:
        return "never"
    return math.ceil(even) if even <= _MAX_BREAK_EVEN else f"over {_MAX_BREAK_EVEN:,}"


def pass_at(k: int, right: int, tries: int) -> float:
    """Probability that at least one of `k` attempts is right, given that `right` of `tries` were.

    The unbiased estimator of M. Chen et al., arXiv 2107.03374, equation 1. Raises ValueError unless 0 < k ≤ tries.
    """
    if not 0 < k <= tries:
        raise ValueError(f"k is {k}, but there are {tries} attempts")
    return 1.0 - comb(tries - right, k) / comb(tries, k)


def majority_at(k: int, answers: Sequence[float | None], expected: float, seed: int, draws: int = 200) -> float:
    """How often a majority vote of `k` answers, drawn at random, gives the expected one.

    An attempt without an answer has no vote; ties go to the answer given first. Raises ValueError unless
    0 < k ≤ len(answers).
    """
    if not 0 < k <= len(answers):
        raise ValueError(f"k is {k}, but there are {len(answers)} attempts")
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    if k == len(answers):
        return float(_winner(answers) == expected)
    return sum(_winner(chooser.sample(list(answers), k)) == expected for _ in range(draws)) / draws


def _winner(answers: Sequence[float | None]) -> float | None:
    votes = Counter(answer for answer in answers if answer is not None)
    return votes.most_common(1)[0][0] if votes else None
