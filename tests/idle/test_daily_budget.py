"""How a day's minutes are shared."""

import pytest

from forethought.idle.daily_budget import RESERVED_SHARE, DailyBudget
from forethought.store.user_state import Spending

KEPT = 100 * RESERVED_SHARE


@pytest.mark.parametrize(
    ("seconds", "older", "changed", "others"),
    [
        (0, 0, True, True),
        (99 - KEPT, 99 - KEPT, True, True),
        (100 - KEPT, 100 - KEPT, True, False),
        (100 - KEPT, 0, True, True),
        (100, 0, False, False),
        (200, 200, False, False),
    ],
)
def test_a_share_is_reserved_for_what_changed_today(seconds: float, older: float, changed: bool, others: bool) -> None:
    budget = DailyBudget(100, Spending(seconds, older))
    assert (budget.allows(changed_today=True), budget.allows(changed_today=False)) == (changed, others)


def test_without_minutes_nothing_is_thought_about() -> None:
    assert not DailyBudget(0, Spending()).allows(changed_today=True)
