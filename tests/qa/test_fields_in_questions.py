"""A name that is a parameter of the function asked about is not the field of the same name."""

import pytest

from support.session_world import SessionWorld, ask

pytestmark = pytest.mark.slow

ORDERS = """
class Order:
    def __init__(self, currency: str = "EUR") -> None:
        self.currency = currency


def convertMoney(amount: float, currency: str = "USD") -> float:
    return amount
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("If I leave out currency when calling convertMoney, what is used?", '`"USD"`'),
        ("convertMoney: what type does currency have", "`currency: str = "),
    ],
)
def test_the_parameter_is_meant(world: SessionWorld, question: str, expected: str) -> None:
    world.write("orders.py", ORDERS)
    world.commit()
    session, workspace = world.open(engine=False)
    workspace.refresh()
    answer = ask(session, question)
    assert (answer.tier, expected in answer.text) == ("facts", True), answer.text


def test_a_field_is_not_asked_for_its_parameters(world: SessionWorld) -> None:
    world.write("orders.py", ORDERS)
    world.commit()
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert ask(session, "default currency").tier == "none"
