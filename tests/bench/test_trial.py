"""What every benchmark builds on: quantiles, and trials that leave nothing behind and touch nothing else."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.bench.quantiles import percentiles, quantile
from forethought.bench.trial import Trial, git, pick_files
from forethought.errors import UsageError

FUNCTIONS = "\n\n".join(f"def f{number}():\n    return {number}" for number in range(6))


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / "some.py").write_text(FUNCTIONS)
    (root / "one.py").write_text("def alone():\n    return 1\n")
    (root / "notes.txt").write_text("no code")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Begin")
    return root


def test_quantiles_are_nearest_ranks():
    values = list(range(1, 101))
    assert [quantile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert quantile([7.0], 0.5) == 7.0
    with pytest.raises(ValueError):
        quantile([], 0.5)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(1, 100).map(lambda percent: percent / 100))
def test_a_quantile_is_a_value_that_enough_others_do_not_exceed(values, share):
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


def test_percentiles_say_how_many_values_they_rest_on():
    found = percentiles([1.0, 2.0, 1000.0])
    assert (found["p50"], found["p99"], found["max"], found["count"]) == (2.0, 1000.0, 1000.0, 3)


def test_a_trial_has_caches_and_engines_of_its_own_and_leaves_nothing(repository):
    with Trial() as trial:
        one, other = trial.environment("one", engine="none"), trial.environment("other", engine="none")
        assert one["FORETHOUGHT_CACHE_DIR"] != other["FORETHOUGHT_CACHE_DIR"]
        for name in ("FORETHOUGHT_CACHE_DIR", "FORETHOUGHT_RUNTIME_DIR", "FORETHOUGHT_CONFIG"):
            assert one[name].startswith(str(trial.folder))
        clone = trial.clone(repository, "clone")
        (clone / "some.py").write_text("")
    assert not trial.folder.exists()
    assert (repository / "some.py").read_text() == FUNCTIONS


def test_what_cannot_be_cloned_is_said(tmp_path):
    with Trial() as trial, pytest.raises(UsageError, match="cannot be cloned"):
        trial.clone(tmp_path, "clone")


def test_files_with_a_handful_of_functions_are_picked(repository):
    assert pick_files(repository, 3, seed=1) == ["some.py"]
    git(repository, "rm", "--quiet", "some.py")
    with pytest.raises(UsageError, match="tracks no file"):
        pick_files(repository, 3, seed=1)


def test_hooks_of_a_repository_do_not_run(repository):
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "Despite the hook")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "no-such-command")
