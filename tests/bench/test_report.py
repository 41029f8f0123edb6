"""Reports: their files, their text, and what an interrupted measurement keeps."""

import json
from dataclasses import replace

import pytest

from benchmarks.report import files
from benchmarks.report.files import NO_PLOTS, join_reports, write_report
from benchmarks.report.page import html_page
from forethought.bench.bootstrap import bootstrap, bootstrap_of, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Goal, Interval, Plot, Report, Series, Table
from forethought.bench.report_json import report_from_json, report_to_json
from forethought.bench.results import Results
from forethought.bench.tables import cell_text, goals_table
from forethought.engine.api import CancelToken, Message, Prompt
from forethought.errors import Cancelled, UsageError
from support.fake_engine import FakeEngine

LINES = Plot(
    "Accuracy by tokens", "tokens", "accuracy",
    (Series("plain", ((10, 0.1), (100, 0.5))), Series("c′", ((10, 0.3), (100, 0.5)), ((0.2, 0.4), (0.4, 0.6)))),
    log_x=True, note="Higher is better.",
)  # fmt: skip
BARS = Plot("Cost", "arm", "tokens", (Series("cost", (("without", 3.0), ("with", 1.0))),), kind="bar")
REPORT = Report(
    name="trial",
    title="A trial",
    shows="Whether reports are drawn.",
    verdict=("It is <b>drawn</b>.",),
    goals=(Goal("p99", 9.3, "≤", 30, "ms"), Goal("recall", 0.5, "≥", 0.75)),
    tables=(Table("Table", ("arm", "share"), (("<script>", Interval(0.5, 0.25, 0.75)), ("none", None)), "A note."),),
    plots=(LINES, BARS),
    settings={"model": "fake & co", "seed": 7},
    data={"figures": [1, 2.5, None]},
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "–"), (1319, "1,319"), (0.4567, "0.457"), (5.25, "5.25"), (12.34, "12.3"), (1234.5, "1,234"),
        (Interval(0.457, 0.4, 0.512), "0.457 (0.400 to 0.512)"), ("word", "word"), (True, "yes"),
    ],
)  # fmt: skip
def test_cells_read_well(cell, text):
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    ("value", "comparison", "target", "met"),
    [(1, "<", 2, True), (2, "<", 2, False), (2, "≤", 2, True), (3, "≤", 2, False), (2, "=", 2, True),
     (1, "=", 2, False),
     (2, "≥", 2, True), (1, "≥", 2, False), (3, ">", 2, True), (2, ">", 2, False)],
)  # fmt: skip
def test_a_goal_is_met_or_not(value, comparison, target, met):
    assert Goal("figure", value, comparison, target).met is met


def test_goals_are_a_table_and_a_missed_one_stands_out():
    assert goals_table(REPORT.goals).rows == (
        ("p99", "9.30 ms", "≤ 30 ms", "met"),
        ("recall", "0.500", "≥ 0.750", "NOT met"),
    )


def test_a_report_survives_json():
    document = json.loads(json.dumps(report_to_json(REPORT)))
    assert report_to_json(report_from_json(document)) == document
    assert report_from_json(document).tables == REPORT.tables
    assert [goal["met"] for goal in document["goals"]] == [True, False]


@pytest.mark.parametrize("document", [None, [], {}, {"schema": 1}, {"schema": 2, "name": "x"}])
def test_what_is_no_report_is_refused(document):
    with pytest.raises(UsageError):
        report_from_json(document)


@pytest.mark.slow
def test_a_report_becomes_json_html_and_a_picture_a_plot(tmp_path):
    written = write_report(REPORT, tmp_path / "out")
    assert written.problem is None
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"trial.json", "trial.html", "trial-accuracy-by-tokens.png", "trial-cost.png"}
    assert (tmp_path / "out" / "trial-cost.png").read_bytes().startswith(b"\x89PNG")
    assert written.page.read_text(encoding="utf-8").count("data:image/png;base64,") == 4  # light and dark of each


@pytest.mark.slow
def test_everything_in_the_page_is_escaped_and_nothing_is_fetched(tmp_path):
    page = write_report(REPORT, tmp_path).page.read_text(encoding="utf-8")
    assert "&lt;script&gt;" in page and "<script" not in page
    assert "It is &lt;b&gt;drawn&lt;/b&gt;." in page
    assert "fake &amp; co" in page
    assert "NOT met" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_hostile_name_and_plot_cannot_leave_their_attributes():
    hostile = replace(REPORT, name='x" onload="y', plots=(replace(BARS, title='"><script>'),))
    page = html_page([hostile], lambda plot: (b"light", b"dark"))
    assert '" onload' not in page and "<script" not in page


def test_without_matplotlib_everything_else_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    written = write_report(REPORT, tmp_path)
    assert written.problem == NO_PLOTS
    assert {path.name for path in tmp_path.iterdir()} == {"trial.json", "trial.html"}
    assert "<img" not in written.page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_reports_are_joined_into_one_page(tmp_path):
    write_report(REPORT, tmp_path)
    write_report(replace(REPORT, name="other", title="Another"), tmp_path)
    page = join_reports([tmp_path], tmp_path).page.read_text(encoding="utf-8")
    assert page.count("<article") == 2 and 'href="#other"' in page


def test_joining_nothing_says_so(tmp_path):
    with pytest.raises(UsageError, match="no report"):
        join_reports([tmp_path], tmp_path)


def test_the_mean_lies_in_its_interval_and_the_seed_decides():
    values = [number**0.5 for number in range(50)]
    found = bootstrap(values, seed=3)
    assert found.mean == pytest.approx(sum(values) / 50) and found.low < found.mean < found.high
    assert bootstrap(values, seed=3) == found != bootstrap(values, seed=4)


def test_a_difference_is_taken_pair_by_pair():
    control = [float(number % 7) for number in range(50)]
    found = paired_bootstrap([value + 1 for value in control], control)
    assert found == Interval(1.0, 1.0, 1.0) and found.excludes_zero
    with pytest.raises(ValueError, match="zip"):
        paired_bootstrap([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("values", "low", "high"), [([0.0] * 12, 0.0, 0.265), ([1.0] * 12, 0.735, 1.0)])
def test_a_share_of_none_or_all_is_not_certain(values, low, high):
    found = bootstrap(values)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.001), pytest.approx(high, abs=0.001))


def test_that_no_pair_differs_does_not_prove_that_none_would():
    found = paired_bootstrap([0.0, 1.0] * 6, [0.0, 1.0] * 6)
    assert (found.low, found.high) == (pytest.approx(-0.265, abs=0.001), pytest.approx(0.265, abs=0.001))
    assert paired_bootstrap([0.3, 0.4], [0.3, 0.4]) == Interval(0.0, 0.0, 0.0)


def test_what_belongs_together_is_drawn_together():
    values = [1.0] * 20 + [0.0] * 20
    alone, together = bootstrap(values), bootstrap(values, groups=[number // 10 for number in range(40)])
    assert alone.mean == together.mean
    assert together.high - together.low > alone.high - alone.low


def test_one_group_is_not_certain():
    values = [float(number) for number in range(10)]
    assert bootstrap(values, groups=["same"] * 10) == bootstrap(values)


def test_a_ratio_of_sums_has_an_interval():
    found = bootstrap_of([(2.0, 1.0)] * 10, lambda pairs: sum(a for a, _ in pairs) / sum(b for _, b in pairs))
    assert found == Interval(2.0, 2.0, 2.0)


def test_results_are_kept_by_unit_and_settings(tmp_path):
    file = tmp_path / "r.jsonl"
    Results(file, {"seed": 1}).add("a", {"right": True})
    assert Results(file, {"seed": 1})["a"] == {"right": True}
    assert "a" not in Results(file, {"seed": 2})


def test_a_line_that_a_kill_cut_is_measured_again(tmp_path):
    file = tmp_path / "r.jsonl"
    Results(file, {}).add("a", {"n": 1})
    Results(file, {}).add("b", {"n": 2})
    file.write_text(file.read_text()[:-9])
    kept = Results(file, {})
    assert "a" in kept and "b" not in kept
    kept.add("c", {"n": 3})
    assert len(Results(file, {})) == 2


def trial(tmp_path, cancel=None, engine=None):
    return Measurement("trial", tmp_path, {}, cancel=cancel, engine=engine)


UNITS = {"a": 1, "b": 2, "c": 3}


def test_an_interrupted_measurement_keeps_what_is_done_and_goes_on_there(tmp_path):
    cancel, measured = CancelToken(), []

    def measure(unit):
        measured.append(unit)
        if unit == 2 and not cancel.cancelled:
            cancel.cancel()
            raise Cancelled("Ctrl-C")
        return {"double": unit * 2}

    first = trial(tmp_path, cancel)
    assert first.collect("units", UNITS, measure, {}) == {"a": {"double": 2}}
    assert first.unfinished == ["1 of 3 units"]
    second = trial(tmp_path)
    assert list(second.collect("units", UNITS, measure, {})) == ["a", "b", "c"]
    assert measured == [1, 2, 2, 3] and not second.unfinished


def test_an_interruption_before_the_first_result_is_no_report(tmp_path):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled, match="before any of the units"):
        trial(tmp_path, cancel).collect("units", UNITS, lambda unit: {}, {})


def test_another_model_or_setting_measures_anew(tmp_path):
    measured = []

    def measure(unit):
        measured.append(unit)
        return {}

    other = replace(FakeEngine().fetch_info(), digest="other")
    for engine, seed in ((FakeEngine(), 1), (FakeEngine(), 1), (FakeEngine(info=other), 1), (FakeEngine(), 2)):
        trial(tmp_path, engine=engine).collect("units", {"a": 1}, measure, {"seed": seed})
    assert len(measured) == 3


def test_a_batch_has_a_completion_for_each_prompt(tmp_path):
    prompts = [Prompt((Message("user", word),)) for word in ("one", "two")]
    batch = trial(tmp_path, engine=FakeEngine(["first", "second"])).generate(prompts, 10)
    assert [completion.text for completion in batch.completions] == ["first", "second"]
    assert batch.seconds > 0


def test_what_it_takes_to_repeat_it_is_said(tmp_path):
    settings = trial(tmp_path, engine=FakeEngine()).settings(seed=7)
    assert settings["model"] == "fake" and settings["seed"] == 7 and settings["machine"]
