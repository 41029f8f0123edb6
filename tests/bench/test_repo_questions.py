"""Files found for questions about repositories: clones are checked, and rankings measured side by side."""

from pathlib import Path

import pytest

from benchmarks.measures import repo_questions
from benchmarks.measures.repo_questions import (
    BM25,
    CODE,
    ENRICHED,
    NOT_FOUND,
    PREDICTED,
    Asked,
    find_clone,
    hits,
    rank_of,
    read_questions,
    reciprocals,
    run,
)
from forethought.bench.measurement import Measurement
from forethought.bench.trial import git
from forethought.errors import UsageError
from support.fake_engine import FakeEngine

QUESTION = Asked("requests 0", "Where is a retry paused?", frozenset({"net.py"}))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    root = tmp_path / "clones" / "requests"
    root.mkdir(parents=True)
    git(root, "init", "-q")
    (root / "net.py").write_text("def retry(times):\n    '''Pauses, then tries again.'''\n    return times\n")
    (root / "other.py").write_text("def wait():\n    '''Waits.'''\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def head(clone: Path) -> str:
    return git(clone, "rev-parse", "HEAD").strip()


def test_ranks_hits_and_reciprocals() -> None:
    assert rank_of(["a", "b", "c"], frozenset("cb")) == 2
    assert rank_of(["a"], frozenset("b")) == NOT_FOUND
    assert hits([1, 6, NOT_FOUND], 5) == [1.0, 0.0, 0.0]
    assert reciprocals([1, 4, NOT_FOUND]) == [1.0, 0.25, 0.0]


def test_a_clone_is_taken_as_it_is_at_the_commit(clone: Path) -> None:
    assert find_clone(clone.parent, "requests", head(clone)[:7]) == clone


def test_a_missing_moved_or_changed_clone_is_refused_with_what_to_do(clone: Path) -> None:
    with pytest.raises(UsageError, match=r"git clone .*pylint"):
        find_clone(clone.parent, "pylint", "44740e5")
    with pytest.raises(UsageError, match="--repositories"):
        find_clone(None, "requests", "46e939b")
    with pytest.raises(UsageError, match="checkout 46e939b"):
        find_clone(clone.parent, "requests", "46e939b")
    (clone / "net.py").write_text("changed = 1\n")
    with pytest.raises(UsageError, match="uncommitted"):
        find_clone(clone.parent, "requests", head(clone))


def test_each_ranking_is_measured_and_c_prime_only_when_there_is_some(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repo_questions, "read_questions", lambda: {"requests": (head(clone), [QUESTION])})
    environment = {"FORETHOUGHT_CACHE_DIR": str(tmp_path / "own")}
    with Measurement("repo-questions", tmp_path / "out", environment) as measurement:
        report = run(measurement, clone.parent)
    assert report.data["ranks"]["requests"] == {BM25: [1], CODE: [1]}
    assert "effect is not measured" in report.verdict[-1]
    engine = FakeEngine(default="It holds retry and times.")
    with Measurement("repo-questions", tmp_path / "out", environment, engine=engine) as measurement:
        report = run(measurement, clone.parent, precompute=2)
    assert set(report.data["ranks"]["requests"]) == {BM25, CODE, ENRICHED, PREDICTED}
    assert report.data["entries"]["requests"] > 0


def test_the_questions_that_ship_are_whole() -> None:
    questions = read_questions()
    assert {name: len(asked) for name, (_, asked) in questions.items()} == {
        "pylint": 45,
        "requests": 45,
        "sqlfluff": 41,
        "xarray": 42,
    }
    assert all(item.gold for _, asked in questions.values() for item in asked)
