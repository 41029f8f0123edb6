"""The mutation control: what the source decides is turned round, and what is said of it turns, too."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from forethought.config import load_settings
from forethought.engine.api import CancelToken, Engine, Prompt
from forethought.engine.client.engine_client import connect
from forethought.engine.client.hosts import stop_hosts
from forethought.engine.models.catalog import choose_model
from forethought.insights.claims import states_condition
from forethought.insights.sleep_pass import Method, PassOptions, think
from support.fake_engine import FakeEngine
from support.indexing import context_of

SOURCE = '''
def withdraw(balance: int, amount: int = 10, fee: int = 2) -> int:
    """Takes an amount out of a balance."""
    if amount > balance:
        raise ValueError(amount)
    return balance - amount - fee


def is_same(left, right):
    return left.key == right.key


def find(names, wanted):
    if wanted not in names:
        raise LookupError(wanted)
    return names.index(wanted)
'''
MUTATIONS = [
    ("withdraw", "if amount > balance", "if amount <= balance"),
    ("withdraw", "amount: int = 10", "amount: int = 20"),
    ("withdraw", "raise ValueError", "raise TypeError"),
    ("withdraw", "- amount - fee", "- amount + fee"),
    ("is_same", "left.key == right.key", "left.key != right.key"),
    ("find", "wanted not in names", "wanted in names"),
    ("find", "raise LookupError", "raise IndexError"),
]
OPPOSITE = re.compile(r"==|>|\bin\b")
DECISIVE = {"returns", "raises", "defaults"}


def said(source: str, symbol: str, engine: Engine) -> set[str]:
    """Everything that is stored and rests on what a mutation turns."""
    insights = think(context_of(source, symbol), engine, Method(), PassOptions(), CancelToken()).entry.insights
    texts = {text for text in (insights.summary, *insights.inferences) if text and states_condition(text)}
    return texts | {
        item.answer for item in insights.questions if item.kind in DECISIVE or states_condition(item.answer)
    }


def check_mutation(symbol: str, before: str, after: str, engine: Engine) -> None:
    """The context hash changes, what named the old text is gone, and claims about the old condition are gone."""
    mutated = SOURCE.replace(before, after)
    assert context_of(SOURCE, symbol).context_hash != context_of(mutated, symbol).context_hash
    old, new = said(SOURCE, symbol, engine), said(mutated, symbol, engine)
    assert old - new, f"nothing of {old} changed"
    if OPPOSITE.search(before):
        assert not {text for text in old & new if states_condition(text)}


@pytest.mark.parametrize(("symbol", "before", "after"), MUTATIONS)
def test_the_answer_turns_with_the_code_whatever_the_model_says(symbol: str, before: str, after: str) -> None:
    claims = ["It takes the amount out of the balance if the amount is in the balance.", "It is used if left is right."]
    check_mutation(symbol, before, after, FakeEngine(claims * 10))


def test_a_condition_that_follows_from_the_code_is_kept_for_that_code_alone() -> None:
    claim = "It finds the index of the wanted name unless the wanted name is not in names."

    def score(prompt: Prompt, text: str) -> float:
        if text in ("Yes", "No"):
            return 0.0 if text == "Yes" else -20.0
        return -0.5 if "if wanted not in names" in prompt.messages[-1].content else -6.0

    def kept(source: str) -> bool:
        engine = FakeEngine(default=claim)
        engine.score_of = score
        return claim in said(source, "find", engine)

    assert kept(SOURCE)
    assert not kept(SOURCE.replace("wanted not in names", "wanted in names"))


@pytest.fixture(scope="module")
def real_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("mutation")
    runtime = Path("/tmp") / f"ft-{folder.name}"
    model = os.environ.get("FORETHOUGHT_TEST_MODEL", "smollm2")  # another one's name or file, to try it
    environment = {"FORETHOUGHT_MODEL": model, "FORETHOUGHT_CACHE_DIR": str(folder)}
    settings = load_settings(None, environment).settings
    engine = connect(settings, model=choose_model(settings, folder), runtime_folder=runtime)
    yield engine
    engine.close()
    stop_hosts(runtime)
    shutil.rmtree(runtime, ignore_errors=True)


@pytest.mark.engine
@pytest.mark.parametrize(("symbol", "before", "after"), MUTATIONS)
def test_the_answer_turns_with_the_code_for_a_real_model(
    symbol: str, before: str, after: str, real_model: Engine
) -> None:
    check_mutation(symbol, before, after, real_model)
