"""The set of questions that ships: matched right, or not at all."""

from collections.abc import Iterator

import pytest

from forethought.bench.matching import Outcome, ask_all, lay_out, read_cases, shares, shipped_cases, store_questions
from forethought.config import load_settings
from forethought.errors import UsageError
from forethought.session import Session


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Outcome]]:
    folder = tmp_path_factory.mktemp("matching")
    root = folder / "shop"
    lay_out(root, 400)
    environment = {"FORETHOUGHT_RUNTIME_DIR": str(folder / "run"), "FORETHOUGHT_CONFIG": str(folder / "none")}
    loaded = load_settings(root, {}, flags={"cache": {"directory": str(folder / "cache")}, "engine": "none"})
    session = Session(loaded, environment)
    workspace = session.add_root(root)
    workspace.refresh()
    store_questions(session, workspace)
    yield ask_all(session, workspace, shipped_cases())
    session.close()


def test_hardly_a_match_is_wrong_and_three_quarters_are_found(outcomes: list[Outcome]) -> None:
    assert len(outcomes) >= 400
    precision, recall = shares(outcomes)
    wrong = [outcome.case.question for outcome in outcomes if outcome.aspect is not None and not outcome.right]
    assert precision is not None and precision >= 0.98, wrong
    assert recall is not None and recall >= 0.75


def test_every_near_miss_stays_unmatched(outcomes: list[Outcome]) -> None:
    near = [outcome for outcome in outcomes if outcome.case.aspect is None]
    assert len(near) >= 200
    assert [outcome.case.question for outcome in near if outcome.aspect is not None] == []


def test_a_faulty_line_of_a_set_is_named() -> None:
    with pytest.raises(UsageError, match="Line 2"):
        read_cases('{"question": "q", "category": "c", "expected": null}\n{"question": 1}')
