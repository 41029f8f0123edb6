"""Notes and prompts, and every benchmark of sleep time from end to end with a scripted engine."""

import re
from importlib import import_module

import pytest

from benchmarks.harness.sleep_time import ability, draft_several, merge_notes, question_prompt, think
from benchmarks.measures.idle import covered, with_wrong_results
from benchmarks.report.files import write_report
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval
from forethought.bench.report_json import report_to_json
from forethought.engine.api import CancelToken
from forethought.errors import Cancelled
from support.fake_engine import FAKE_INFO, FakeEngine
from support.word_problems import write_gsm8k

pytestmark = pytest.mark.slow


def measurement(tmp_path, engine, name="trial", cancel=None):
    return Measurement(
        name, tmp_path / "out", {"FORETHOUGHT_RUNTIME_DIR": str(tmp_path / "run")}, engine=engine, cancel=cancel
    )


def text_of(prompt):
    return "\n".join(message.content for message in prompt.messages)


@pytest.mark.parametrize(
    ("drafts", "notes"),
    [
        (["1. 2 + 2 = 4\n2. 2 + 2 = 4"], "2 + 2 = 4"),
        (["a = 1\nb = 2", "- b = 2\nc = 3"], "b = 2\na = 1\nc = 3"),
        (["", "  \n"], ""),
        (["3.5 kg"], "3.5 kg"),
    ],
)
def test_notes_hold_each_line_once_and_agreement_first(drafts, notes):
    assert merge_notes(drafts) == notes


def test_the_arms_differ_only_by_the_notes():
    without = text_of(question_prompt("A context.", "How many?", 1, None))
    noted = text_of(question_prompt("A context.", "How many?", 1, "x = 3"))
    assert noted.replace("\n\nNotes, made before:\nx = 3", "") == without
    assert "How many?" not in text_of(question_prompt("A context.", None, 1, None))


def test_rethinking_ends_when_the_model_has_finished(tmp_path):
    engine = FakeEngine(["a = 1", "a = 1\nb = 2", "FINISHED.", "never asked"])
    found = think(measurement(tmp_path, engine), "A context.", rounds=5)
    assert [notes.text for notes in found] == ["a = 1", "a = 1\nb = 2", "a = 1\nb = 2"]
    assert found[-1].rounds == 2 and found[-1].spent.completion == 3 + 5 + 1
    assert len(engine.requests) == 3


def test_several_drafts_are_warm_and_the_more_hold_the_fewer(tmp_path):
    engine = FakeEngine(["a = 1", "b = 2", "b = 2", "c = 3", "c = 3"])
    found = draft_several(measurement(tmp_path, engine), "A context.", (2, 5), seed=3)
    assert [len(request.prompts) for request in engine.requests] == [2, 3]
    assert all(request.sampling.temperature > 0 for request in engine.requests)
    assert found[2].text == "a = 1\nb = 2" and found[5].text == "b = 2\nc = 3\na = 1"
    assert found[5].spent.completion == 15


def test_a_single_draft_is_greedy(tmp_path):
    engine = FakeEngine()
    think(measurement(tmp_path, engine), "A context.")
    assert engine.requests[0].sampling.temperature == 0


def test_the_question_to_come_may_be_foreseen(tmp_path):
    engine = FakeEngine()
    think(measurement(tmp_path, engine), "A context.", likely="How many?")
    assert "How many?" in text_of(engine.requests[0].prompts[0])


def test_wrong_results_change_what_was_computed_and_nothing_else():
    wrong = with_wrong_results("12 eggs, 12 - 3 = 9", "She has 12 eggs and eats 3.", seed=1)
    assert re.fullmatch(r"12 eggs, 12 - 3 = (1\d)", wrong)


@pytest.mark.parametrize(
    ("seconds", "stages"), [(0, [0, 0]), (4, [0, 0]), (5, [1, 0]), (11, [1, 1]), (14, [2, 1]), (100, [2, 2])]
)
def test_idle_time_is_spent_on_every_context_once_before_any_twice(seconds, stages):
    assert covered([[5, 3], [6, 4]], seconds) == stages


def test_a_model_that_cannot_do_it_is_said_to_be_so():
    assert "cannot" in " ".join(ability(FAKE_INFO, Interval(0.02, 0.0, 0.1)))
    assert "cannot" not in " ".join(ability(FAKE_INFO, Interval(0.6, 0.5, 0.7)))


def solver(prompt):
    """Knows the juggler's golf balls where notes say so, and guesses otherwise."""
    text = text_of(prompt)
    if "Notes, made before" in text:
        return "The answer is 600."
    return "golf = 800 - 200 = 600" if "will ask about this soon" in text else "I think step by step. The answer is 8."


@pytest.fixture
def problems(tmp_path):
    return write_gsm8k(tmp_path / "gsm8k")


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "a.py").write_text(
        "def total(items):\n    found = 0\n    for item in items:\n        found += item\n    return found\n"
    )
    return folder


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("juggler", {}), ("stateful", {"limit": 3}), ("amortize", {"limit": 3}), ("predictability", {"limit": 4}),
        ("idle", {"limit": 3, "arrivals": 2}), ("candidates", {"limit": 2}),
    ],
)  # fmt: skip
def test_every_benchmark_reports_and_resumes(name, options, tmp_path, repository, problems):
    if name == "candidates":
        options = {**options, "root": repository}
    if name != "juggler":
        options = {**options, "gsm8k": problems}
    module = import_module(f"benchmarks.measures.{name}")
    engine = FakeEngine(default=solver)
    report = module.run(measurement(tmp_path, engine, name), **options)
    assert report.name == name and report.verdict and report.tables and report.plots
    assert write_report(report, tmp_path / "out").page.exists()
    again = FakeEngine(default=solver)
    assert (
        report_to_json(module.run(measurement(tmp_path, again, name), **options))["data"]
        == report_to_json(report)["data"]
    )
    assert not again.requests and not again.scored, "everything was kept"


def test_the_juggler_counts_what_notes_bring(tmp_path):
    report = import_module("benchmarks.measures.juggler").run(
        measurement(tmp_path, FakeEngine(default=solver), "juggler")
    )
    beside = {row[0]: row[3:] for row in report.tables[0].rows}
    assert (beside["share right"][0].mean, beside["share right"][1].mean) == (0.0, 0.2)
    assert beside["completion tokens"] == (9.0, 4.0)
    sleep = beside["completion tokens of the pass"][1]
    assert beside["break-even, completion tokens"] == (None, -(-sleep // 5))


def test_an_interrupted_benchmark_reports_what_is_done(tmp_path, problems):
    cancel = CancelToken()

    class Interrupting(FakeEngine):
        def generate(self, request, token):
            if len(self.requests) == 40:
                cancel.cancel()
            return super().generate(request, token)

    first = measurement(tmp_path, Interrupting(default=solver), "amortize", cancel)
    report = import_module("benchmarks.measures.amortize").run(first, limit=6, gsm8k=problems)
    assert first.unfinished and report.tables
    fresh = measurement(tmp_path, FakeEngine(default=solver), "amortize")
    assert import_module("benchmarks.measures.amortize").run(fresh, limit=6, gsm8k=problems) and not fresh.unfinished


def test_without_a_first_result_there_is_no_report(tmp_path, problems):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        import_module("benchmarks.measures.stateful").run(
            measurement(tmp_path, FakeEngine(), "stateful", cancel), gsm8k=problems
        )
