"""Which files a change touches is predicted from its parent alone, and measured beside BM25."""

from pathlib import Path

import pytest

from benchmarks.measures import commit_files
from benchmarks.measures.commit_files import BM25, HISTORY, Change, Snapshots, f1, predict, read_changes, run
from forethought.bench.measurement import Measurement
from forethought.bench.trial import git
from forethought.errors import UsageError

RETRY = "def retry(times):\n    '''Tries again after a pause.'''\n    return times\n"


class Clone:
    """A small repository, commit by commit."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        git(root, "init", "-q")

    def commit(self, message: str, **files: str | None) -> str:
        for name, text in files.items():
            file = self.root / f"{name}.py"
            if text is None:
                file.unlink()
            else:
                file.write_text(text)
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "-m", message)
        return git(self.root, "rev-parse", "HEAD").strip()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clones" / "name")


def test_f1_is_of_precision_and_recall() -> None:
    assert f1(["a", "b"], ["a", "c"]) == 0.5
    assert f1(["a"], ["a"]) == 1.0
    assert f1([], ["a"]) == 0.0


def test_what_changed_together_with_the_best_match_is_predicted() -> None:
    words = {"retry.py": 9.0, "zoo.py": 3.0, "far.py": 2.0}
    history = [["retry.py", "test_retry.py"], ["retry.py", "test_retry.py"], ["zoo.py"]]
    assert predict(words, [])[:2] == ["retry.py", "zoo.py"]
    assert predict(words, history)[:2] == ["retry.py", "test_retry.py"]


def test_a_commit_of_many_files_says_nothing_about_company() -> None:
    many = [f"{number}.py" for number in range(100)]
    assert predict({"retry.py": 9.0}, [["retry.py", *many]]) == ["retry.py"]


def test_no_words_and_no_history_predict_nothing() -> None:
    assert predict({}, []) == []


def test_a_snapshot_is_of_its_commit_wherever_the_clone_stands(clone: Clone) -> None:
    first = clone.commit("first", net=RETRY, other="def wait(): ...\n")
    second = clone.commit("second", net=None, moved=RETRY)
    clone.commit("third", moved="def nothing(): ...\n")
    snapshots = Snapshots(clone.root)
    for commit, path in ((second, "moved.py"), (first, "net.py"), (second, "moved.py")):
        snapshots.go_to(commit)
        assert list(snapshots.by_words("retry after a pause")) == [path]
        assert snapshots.by_bm25("retry after a pause") == [path]
    assert git(clone.root, "status", "--porcelain") == ""


def test_history_ends_at_the_commit(clone: Clone) -> None:
    first = clone.commit("first", net=RETRY, other="x = 1\n")
    clone.commit("second", net="", other="")
    snapshots = Snapshots(clone.root)
    snapshots.go_to(first)
    assert [sorted(paths) for paths in snapshots.history(first)] == [["net.py", "other.py"]]


def test_a_commit_that_is_not_there_is_said_in_one_sentence(clone: Clone) -> None:
    clone.commit("first", net=RETRY)
    with pytest.raises(UsageError, match="lacks the commit 0000000000"):
        Snapshots(clone.root).go_to("0" * 40)


def test_the_report_holds_both_ways_and_their_difference(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        parent = clone.commit(f"edit {number}", net=f"{RETRY}# {number}\n", company=f"x = {number}\n", other="y = 1\n")
    change = Change("c1", parent, "Pause longer before a retry", ("net.py", "company.py", "gone.py"))
    monkeypatch.setattr(commit_files, "read_changes", lambda: {"owner/name": [change], "owner/absent": []})
    with Measurement("commit-files", tmp_path / "out", {}) as measurement:
        report = run(measurement, clone.root.parent)
    predicted = report.data["predicted"]["owner/name"]["c1"]
    assert predicted[BM25] == ["net.py"]
    assert predicted[HISTORY][:2] == ["net.py", "company.py"]
    assert "owner/absent" in report.verdict[-1]
    assert report.tables[0].rows[-1][:3] == ("all", HISTORY, 1)


def test_without_any_clone_it_says_how_to_get_them(tmp_path: Path) -> None:
    with Measurement("commit-files", tmp_path, {}) as measurement, pytest.raises(UsageError, match="git clone"):
        run(measurement, tmp_path)


def test_the_commits_that_ship_are_whole() -> None:
    changes = [change for wanted in read_changes().values() for change in wanted]
    assert len(changes) == 715
    assert all(3 <= len(change.gold) <= 10 and len(change.parent) == 40 for change in changes)
