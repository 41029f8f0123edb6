"""Questions about what functions do: the data, the clones, and the share answered right from each material."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.measures import understanding
from benchmarks.measures.understanding import (
    ALL,
    BEHAVIOR,
    CODE,
    NOTES,
    NOTHING,
    SIGNATURE,
    Question,
    best_option,
    choose,
    read_questions,
    run,
)
from forethought.bench.measurement import Measurement
from forethought.bench.report_json import report_to_json
from forethought.bench.trial import git
from forethought.engine.api import Prompt
from forethought.errors import EngineError, UsageError
from support.fake_engine import FakeEngine

SOURCE = '''def pause(seconds):
    """Pauses."""
    if seconds < 0:
        raise ValueError(seconds)
    return min(seconds, 60)
'''
OPTIONS = ("It sleeps", "It raises", "It returns zero", "It waits forever")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    root = tmp_path / "clones" / "waits"
    root.mkdir(parents=True)
    git(root, "init", "-q")
    (root / "waits.py").write_text(SOURCE, "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


@pytest.fixture
def question(clone: Path, monkeypatch: pytest.MonkeyPatch) -> Question:
    commit = git(clone, "rev-parse", "HEAD").strip()
    asked = "What happens when it is negative?"
    found = Question("we/waits", commit, "waits.py", "pause", "python", "tune", asked, OPTIONS, 1)
    monkeypatch.setattr(understanding, "read_questions", lambda: [found])
    return found


def believes(prompt: Prompt, continuation: str) -> float:
    """Prefers the first option by itself, and the right one where the material tells it."""
    shown = prompt.messages[-1].content
    prior = -1.0 - OPTIONS.index(continuation) if continuation in OPTIONS else -1.0
    return prior + 0.5 * (continuation == "It raises" and "aises" in shown.replace("Pauses", ""))


def measured(folder: Path, clone: Path, engine: FakeEngine, **options: object) -> understanding.Report:
    environment = {"FORETHOUGHT_CACHE_DIR": str(folder / "own"), "FORETHOUGHT_CONFIG": str(folder / "none")}
    with Measurement("understanding", folder / "out", environment, engine=engine) as measurement:
        return run(measurement, clone.parent, **options)  # type: ignore[arg-type] # options of the test


def test_the_questions_that_ship_are_enough_and_no_repository_has_two_roles() -> None:
    found = read_questions()
    assert len(found) >= 300
    assert len({one.repository for one in found}) >= 3
    assert len({one.language for one in found}) >= 3
    assert all(len(one.commit) == 40 and len(set(one.options)) == 4 for one in found)
    places = [one.answer for one in found]
    assert min(places.count(place) for place in range(4)) > len(found) / 5


def test_a_faulty_question_is_refused(tmp_path: Path, question: Question) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({**asdict(question), "answer": 4}), "utf-8")
    with pytest.raises(UsageError, match="faulty answer or role"):
        read_questions(file)
    file.write_text('{"question": "What?"}', "utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        read_questions(file)


def test_questions_are_chosen_by_role_and_language(question: Question) -> None:
    assert choose([question], "tune", "python", 0, 7) == [question]
    with pytest.raises(UsageError, match="roles are tune, judge, languages python"):
        choose([question], "judge", "", 0, 7)


def test_an_option_wins_by_what_the_material_adds_to_it() -> None:
    assert best_option([-1.0, -2.0], [-1.0, -2.5]) == 1
    assert best_option([-1.0, -2.0], [-1.5, -2.0]) == 0


def test_each_material_is_measured_and_results_are_kept(tmp_path: Path, clone: Path, question: Question) -> None:
    engine = FakeEngine()
    engine.score_of = believes
    report = measured(tmp_path, clone, engine)
    rows = {row[0]: row for row in report.tables[0].rows}
    assert NOTHING not in rows
    assert NOTES not in rows
    accuracy = {name: row[1].mean for name, row in rows.items()}  # type: ignore[union-attr]
    assert (accuracy[SIGNATURE], accuracy[BEHAVIOR], accuracy[CODE]) == (0.0, 1.0, 0.0)
    assert "--precompute" in report.verdict[-1]
    assert report_to_json(report)["data"]["questions"][0]["right"][BEHAVIOR] == 1.0
    scored = len(engine.scored)
    again = measured(tmp_path, clone, engine)
    assert (again.tables, again.data) == (report.tables, report.data)  # the machine's load may be another
    assert len(engine.scored) == scored


def test_notes_are_written_first_if_asked_for(tmp_path: Path, clone: Path, question: Question) -> None:
    engine = FakeEngine(default="It raises an error when it is given less than nothing.")
    report = measured(tmp_path, clone, engine, precompute=True)
    assert engine.requests
    if report.settings["notes_by"] != "none":
        assert {row[0] for row in report.tables[0].rows} >= {NOTES, ALL}


def test_an_engine_that_cannot_score_is_refused(tmp_path: Path, clone: Path, question: Question) -> None:
    engine = FakeEngine()
    engine.score_of = lambda prompt, text: None
    with pytest.raises(EngineError, match="cannot score"):
        measured(tmp_path, clone, engine)


def test_a_clone_that_cannot_be_made_says_what_to_do(
    tmp_path: Path, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.harness.clones._source", lambda repository: str(tmp_path / "nowhere"))
    with (
        Measurement("understanding", tmp_path / "out", {}, engine=FakeEngine()) as measurement,
        pytest.raises(UsageError, match=r"cannot be cloned .*--repositories"),
    ):
        run(measurement, tmp_path / "empty")
    assert not list((tmp_path / "empty").iterdir())
    with (
        Measurement("understanding", tmp_path / "out", {}, engine=FakeEngine()) as measurement,
        pytest.raises(UsageError, match="--repositories"),
    ):
        run(measurement)


def test_a_missing_clone_is_made_at_its_commit(
    tmp_path: Path, clone: Path, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(clone, "commit", "-q", "--allow-empty", "-m", "second")
    monkeypatch.setattr("benchmarks.harness.clones._source", lambda repository: str(clone))
    engine = FakeEngine()
    with Measurement("understanding", tmp_path / "out", {}, engine=engine) as measurement:
        run(measurement, tmp_path / "new")
    assert git(tmp_path / "new" / "waits", "rev-parse", "HEAD").strip() == question.commit
