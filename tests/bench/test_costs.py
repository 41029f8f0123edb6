"""The arithmetic of the benches: costs, break-even, tries, ranks."""

import pytest

from benchmarks.harness.costs import Spent, break_even, cost_a_query, majority_at, mean_spent, pass_at
from benchmarks.measures.predictability import quantiles, rank_correlation


@pytest.mark.parametrize(
    ("sleep", "without", "with_sleep", "weight", "queries"),
    [
        (1026, 73.0, 11.4, 1, 16.66), (43.64, 3.01, 0.58, 1, 17.96), (1000, 100, 50, 10, 2), (1000, 50, 50, 1, None),
        (1000, 50, 60, 10, None),
    ],
)  # fmt: skip
def test_the_pass_pays_once_the_savings_reach_its_cost(sleep, without, with_sleep, weight, queries):
    found = break_even(sleep, without, with_sleep, weight)
    assert found == (None if queries is None else pytest.approx(queries, abs=0.01))


def test_queries_share_the_pass_and_what_a_person_waits_for_weighs_more():
    assert cost_a_query(1000, 10, 1) == 1010
    assert cost_a_query(1000, 10, 10) == 110
    assert cost_a_query(1000, 10, 10, weight=10) == 200


def test_cached_tokens_are_not_worked_on():
    spent = Spent(100, 80, 5, 1.0) + Spent(10, 0, 5, 0.5)
    assert (spent.prompt, spent.cached, spent.completion, spent.seconds) == (110, 80, 10, 1.5)
    assert spent.tokens == 40
    assert mean_spent([spent, Spent()]).completion == 5


@pytest.mark.parametrize(
    ("k", "right", "tries", "chance"),
    [(1, 0, 10, 0.0), (1, 5, 10, 0.5), (10, 1, 10, 1.0), (2, 1, 4, 0.5), (3, 2, 4, 1.0)],
)
def test_pass_at_k_is_the_chance_that_one_of_k_is_right(k, right, tries, chance):
    assert pass_at(k, right, tries) == pytest.approx(chance)


@pytest.mark.parametrize("k", [0, 11])
def test_more_tries_than_were_made_cannot_be_judged(k):
    with pytest.raises(ValueError, match="attempts"):
        pass_at(k, 1, 10)
    with pytest.raises(ValueError, match="attempts"):
        majority_at(k, [1.0] * 10, 1.0, seed=0)


@pytest.mark.parametrize(
    ("answers", "expected", "share"),
    [
        ((3.0, 3.0, 5.0), 3.0, 1.0), ((5.0, 5.0, 3.0), 3.0, 0.0), ((None, None, 3.0), 3.0, 1.0),
        ((None, None, None), 3.0, 0.0), ((3.0, 5.0), 3.0, 1.0),
    ],
)  # fmt: skip
def test_the_majority_of_all_tries(answers, expected, share):
    assert majority_at(len(answers), answers, expected, seed=1) == share


def test_a_majority_of_one_is_a_try():
    assert majority_at(1, [3.0] * 5 + [4.0] * 5, 3.0, seed=1, draws=2000) == pytest.approx(0.5, abs=0.05)


def test_quantiles_hold_everything_once_in_rising_order():
    items = [{"p": -number % 7} for number in range(23)]
    groups = quantiles(items, "p")
    assert [len(group) for group in groups] == [5, 4, 5, 4, 5]
    assert [item["p"] for group in groups for item in group] == sorted(item["p"] for item in items)


@pytest.mark.parametrize(
    ("pairs", "found"),
    [(((1, 10), (2, 20), (3, 900)), 1.0), (((1, 3), (2, 2), (3, 1)), -1.0), (((1, 5), (2, 5), (3, 5)), 0.0)],
)
def test_ranks_correlate(pairs, found):
    assert rank_correlation(pairs) == pytest.approx(found)
