"""What the benchmark `resolution` counts, on a small truth of its own, and the format of the truth that ships."""

import json
from pathlib import Path

import pytest

from benchmarks.measures.resolution import TRUTH, read_truth, run
from forethought.bench.trial import git
from forethought.errors import UsageError

JARS = """class Jar:
    def open(self):
        return 1


def make(size):
    jar = Jar()
    print(size)
    return jar.open()
"""
USES = [
    # line, column, name, kind, called, target line
    (1, 6, "Jar", "class", False, 1),
    (7, 10, "Jar", "class", True, 1),
    (8, 10, "size", "parameter", False, 6),
    (9, 11, "jar", "local", False, 7),
    (9, 15, "open", "method", True, 2),
]


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    root = tmp_path / "clones" / "jars"
    root.mkdir(parents=True)
    git(root, "init", "-q")
    (root / "jars.py").write_text(JARS, "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root.parent


def write_truth(clones: Path, rows: list[tuple[int, int, str, str, bool, int]]) -> Path:
    folder = clones.parent / "truth"
    folder.mkdir()
    commit = git(clones / "jars", "rev-parse", "HEAD").strip()
    lines = [
        json.dumps(
            {
                "repository": "we/jars", "commit": commit, "language": "python", "reference": "us", "path": "jars.py",
                "line": line, "column": column, "name": name, "kind": kind, "called": called, "inside": "",
                "target_path": "jars.py" if target else "", "target_line": target,
            }
        )
        for line, column, name, kind, called, target in rows
    ]  # fmt: skip
    (folder / "python.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_right_answers_callers_and_hovers_count(clones: Path) -> None:
    report = run(clones, truth=write_truth(clones, USES))
    assert {goal.figure: goal.value for goal in report.goals} == {
        "python: answered": 1.0,
        "python: methods answered": 1.0,
        "python: right of the answered": 1.0,
        "python: precision of callers": 1.0,
        "python: recall of callers": 1.0,
        "python: hovers": 1.0,
        "python: hovers on parameters and locals": 1.0,
    }
    assert report.data["failures"] == []
    by_kind = {row[1]: row[2] for row in report.tables[0].rows}
    assert by_kind == {"class": 1, "parameter": 1, "local": 1, "method": 1, "all": 4}  # a declaration is not a use


def test_wrong_answers_count_inside_and_outside(clones: Path) -> None:
    rows = [(7, 10, "Jar", "class", True, 6), (9, 15, "open", "method", True, 0)]
    report = run(clones, truth=write_truth(clones, rows))
    values = {goal.figure: goal.value for goal in report.goals}
    assert values["python: right of the answered"] == 0
    assert [failure["verdict"] for failure in report.data["failures"]] == ["wrong", "wrong"]
    (method,) = (row for row in report.tables[0].rows if row[1] == "method")
    assert method[6:8] == (1, 1)


def test_what_is_missing_is_said(clones: Path) -> None:
    truth = write_truth(clones, USES)
    with pytest.raises(UsageError, match="no truth for “go”"):
        run(clones, "go", truth)
    with pytest.raises(UsageError, match="we/jars"):
        run(truth=truth)


def test_the_truth_that_ships_is_complete() -> None:
    rows = read_truth(TRUTH)
    assert rows
    assert all(len(row.commit) == 40 and row.line >= 1 and row.column >= 0 for row in rows)
    assert all(bool(row.target_path) == (row.target_line > 0) for row in rows)
    commits = {(row.repository, row.commit) for row in rows}
    assert len(commits) == len({repository for repository, _ in commits})
