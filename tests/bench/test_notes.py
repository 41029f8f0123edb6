"""Labeled statements: how they are read, what the calibration makes of them, and how more of them are collected."""

import json
import random
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.datasets.labeled_notes import Statement, read_statements
from benchmarks.harness import note_collection
from benchmarks.harness.calibrating import MIN_EVIDENCE, choose_thresholds, fit_calibrations
from benchmarks.measures import notes
from benchmarks.measures.notes import area_under_curve, run, shown_notes
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval, Report
from forethought.bench.report_json import report_to_json
from forethought.errors import UsageError
from forethought.insights.selection import Calibration, Calibrations, Measurements
from forethought.insights.sleep_pass import MAX_SHOWN
from support.fake_engine import FakeEngine

MEASURED = Measurements(likelihood=-1.0, signature_likelihood=-2.0, yes_odds=2.0)
STATEMENT = Statement(
    repository="we/waits", commit="c" * 40, path="waits.py", symbol="pause", language="python", model="m", digest="d",
    kind="how", text="It waits.", measurements=MEASURED, right=("right", "right"), adds=(True, True), role="judge",
)  # fmt: skip
EVERYTHING = Calibration(-99.0, -99.0, 0.9, 0.5)


def many(repository: str, role: str, count: int = 60, digest: str = "d") -> list[Statement]:
    """Statements that are right where the model believes them, and that add something where the code tells them."""
    chooser = random.Random(repository)
    found = []
    for number in range(count):
        belief, gain = chooser.uniform(-4, 4), chooser.uniform(-1, 3)
        label, adds = "right" if belief > 0 else "wrong", gain > 1
        measured = Measurements(-1.0, -1.0 - gain, belief)
        found.append(
            replace(
                STATEMENT, repository=repository, role=role, symbol=f"f{number // 3}", measurements=measured,
                right=(label, label), adds=(adds, adds), digest=digest, model=f"model {digest}",
            )
        )  # fmt: skip
    return found


def labels_in(folder: Path, statements: Sequence[Statement]) -> Path:
    file = folder / "labels.jsonl"
    file.write_text("".join(f"{json.dumps(asdict(one))}\n" for one in statements), "utf-8")
    return file


def report_of(folder: Path, statements: Sequence[Statement]) -> Report:
    with Measurement("notes", folder, {}) as measurement:
        return run(measurement, folder, labels=labels_in(folder, statements))


def test_the_labels_are_complete() -> None:
    found = read_statements()
    assert len(found) >= 150
    assert len({one.repository for one in found if one.role == "judge"}) >= 3


def test_the_calibration_follows_from_the_labels() -> None:
    shipped = json.loads((Path(notes.forethought.__file__).parent / "insights" / notes.CALIBRATION).read_bytes())
    fitted = {model["fitted"] for model in shipped["models"].values()}
    assert fit_calibrations(read_statements(), fitted.pop())[0] == shipped


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"right": ["right"]}, "needs two readers' labels"),
        ({"right": ["right", "maybe"]}, "needs two readers' labels"),
        ({"adds": [True]}, "needs two readers' labels"),
        ({"adds": [1, 0]}, "cannot be read"),
        ({"role": ""}, "needs one role"),
        ({"measurements": {"likelihood": 0}}, "cannot be read"),
        ({"more": 1}, "cannot be read"),
    ],
)
def test_a_faulty_label_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps({**asdict(STATEMENT), **change}), "utf-8")
    with pytest.raises(UsageError, match=said):
        read_statements(file)


def test_a_repository_with_two_roles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs one role"):
        read_statements(labels_in(tmp_path, [STATEMENT, replace(STATEMENT, role="tune")]))


def test_labels_are_read_as_they_were_written(tmp_path: Path) -> None:
    assert read_statements(labels_in(tmp_path, [STATEMENT])) == [STATEMENT]


def test_the_area_under_the_curve_counts_pairs_in_the_right_order() -> None:
    assert area_under_curve([(0.1, False), (0.4, True), (0.35, False), (0.8, True)]) == 1.0
    assert area_under_curve([(0.5, False), (0.5, True)]) == 0.5
    assert area_under_curve([(0.9, False), (0.1, True), (0.2, True)]) == 0.0
    assert area_under_curve([(0.9, True)]) == 0.5


def test_thresholds_are_chosen_that_show_no_more_than_a_few_errors() -> None:
    calibration, wrong = choose_thresholds([one for name in "ab" for one in many(f"x/{name}", "tune")])
    assert wrong <= 0.05
    assert calibration.right_if_shown > calibration.right_otherwise
    assert calibration.right_if_shown > 0.9


def test_the_least_wrong_share_is_chosen_and_told_if_no_thresholds_are_good_enough() -> None:
    torn = [
        replace(one, right=("right", "wrong" if number % 2 else "right"))
        for number, one in enumerate(many("x/a", "tune"))
    ]
    assert choose_thresholds(torn)[1] > 0.05
    _, sentences = fit_calibrations(torn, "2026-01-01")
    assert sentences[0].startswith("model d: no thresholds keep what is wrong at 5%")
    data, _ = fit_calibrations(torn, "2026-01-01")
    assert Calibrations.from_json(data).by_digest == {"d": None}


def test_a_choice_needs_enough_statements() -> None:
    with pytest.raises(UsageError, match="labeled statements of role tune"):
        choose_thresholds(many("x/a", "tune", MIN_EVIDENCE - 1))
    with pytest.raises(UsageError, match="labeled statements of role tune"):
        fit_calibrations(many("x/a", "judge"), "2026-01-01")


def test_a_calibration_is_fitted_per_model_on_the_repositories_to_tune_on() -> None:
    tune = [one for name in "abc" for digest in "de" for one in many(f"x/{name}", "tune", digest=digest)]
    judge = [replace(one, right=("wrong", "wrong")) for one in many("x/z", "judge")]
    data, sentences = fit_calibrations([*tune, *judge], "2026-01-01")
    assert data == fit_calibrations(tune, "2026-01-01")[0]
    assert not sentences
    counted = {key: data["models"]["d"][key] for key in ("model", "fitted", "statements", "functions", "repositories")}
    assert list(counted.values()) == ["model d", "2026-01-01", 180, 60, 3]
    found = Calibrations.from_json(data)
    assert set(found.by_digest) == {"d", "e"}
    calibration = found.by_digest["d"]
    assert calibration is not None
    assert calibration.shows(Measurements(-1.0, -3.9, 4.0))
    assert not calibration.shows(Measurements(-1.0, -3.9, -3.0))


def test_as_many_are_shown_as_a_pass_shows_the_most_certain_first() -> None:
    found = [
        replace(STATEMENT, text=str(number), measurements=replace(MEASURED, signature_likelihood=-2.0 - number))
        for number in range(MAX_SHOWN + 2)
    ]
    found.append(
        replace(STATEMENT, text="purpose", kind="purpose", measurements=replace(MEASURED, signature_likelihood=-1.0))
    )
    found.append(replace(STATEMENT, symbol="other"))
    shown = [one.text for one in shown_notes(found, EVERYTHING) if one.symbol == "pause"]
    assert shown == ["purpose", *(str(number) for number in range(MAX_SHOWN + 1, 2, -1))]
    assert len(shown_notes(found, EVERYTHING)) == MAX_SHOWN + 1


def test_what_is_shown_is_judged_on_repositories_the_fit_has_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = [one for name in "abc" for one in many(f"x/{name}", "tune")] + many("x/z", "judge")
    monkeypatch.setattr(
        notes, "shipped_calibrations", lambda: Calibrations.from_json(fit_calibrations(statements, "2026-01-01")[0])
    )
    report = report_of(tmp_path, statements)
    model, calibration, functions, count, shown, wrong, restates, served = report.tables[1].rows[0]
    assert (model, calibration, functions, count) == ("model d", "its own", 20, 60)
    assert isinstance(shown, int)
    assert 0 < shown < 60
    assert isinstance(wrong, Interval)
    assert wrong.mean < 0.2
    assert isinstance(restates, Interval)
    assert isinstance(served, Interval)
    assert served.mean > 0.1
    assert [goal.target for goal in report.goals] == [0.05, 0.15, 0.5]
    coverage = [point["coverage"] for point in report.data["curves"]["model d"]]
    assert coverage == sorted(coverage, reverse=True)
    assert report.plots[0].series[0].points
    area = report.tables[3].rows[2][2]
    assert isinstance(area, Interval)
    assert area.mean > 0.95
    assert "agree on whether they are right, vague or wrong in 100%" in report.verdict[-2]
    report_to_json(report)


def test_a_fit_is_written_where_it_ships_and_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "insights").mkdir()
    monkeypatch.setattr(notes, "forethought", SimpleNamespace(__file__=str(tmp_path / "__init__.py")))
    statements = [one for name in "ab" for one in many(f"x/{name}", "tune")] + many("x/z", "judge")
    with Measurement("notes", tmp_path, {}) as measurement:
        report = run(measurement, tmp_path, fit=True, labels=labels_in(tmp_path, statements))
    written = json.loads((tmp_path / "insights" / notes.CALIBRATION).read_bytes())
    assert set(Calibrations.from_json(written).by_digest) == {"d"}
    assert report.tables[1].rows[0][1] == "its own"


def test_a_model_of_which_nothing_is_shown_is_reported_so(tmp_path: Path) -> None:
    report = report_of(tmp_path, [replace(STATEMENT, measurements=replace(MEASURED, yes_odds=-30.0))])
    assert report.verdict[0] == "m: none of its 1 statements is shown."
    assert [goal.met for goal in report.goals] == [False]


def test_disagreement_counts_against_a_statement() -> None:
    torn = replace(STATEMENT, right=("right", "wrong"), adds=(True, False))
    assert (torn.is_right, torn.is_wrong, torn.is_new) == (False, True, False)


def test_every_measured_statement_is_collected_shown_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "waits"
    root.mkdir()
    body = "".join(f"    seconds += {number}\n" for number in range(5))
    (root / "waits.py").write_text(f"def pause(seconds):\n{body}\n\ndef short():\n    return 1\n", "utf-8")
    for words in ("init -q", "add -A", "-c user.name=T -c user.email=t@x commit -qm 1"):
        subprocess.run(["git", "-C", str(root), *words.split()], check=True)
    original = note_collection.think
    asked = []

    def think(*given: object) -> object:
        asked.append(given)
        return SimpleNamespace(entry=original(*given).entry, measured=(("It waits.", "how", MEASURED),))  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(note_collection, "think", think)
    file, environment = tmp_path / "statements.jsonl", {"FORETHOUGHT_CONFIG": str(tmp_path / "none")}
    for _ in range(2):
        with Measurement("notes", tmp_path / "out", environment, engine=FakeEngine()) as measurement:
            report = run(measurement, root, collect=file, limit=10)
    (found,) = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert (found["repository"], found["path"], found["symbol"], found["text"]) == (
        "waits", "waits.py", "pause", "It waits.",
    )  # fmt: skip
    assert Measurements(**found["measurements"]) == MEASURED
    assert len(found["commit"]) == 40
    assert len(asked) == 1
    assert "1 statements about 1 functions" in report.verdict[0]
    with pytest.raises(UsageError, match="needs two readers' labels"):
        read_statements(file)
