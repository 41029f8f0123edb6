"""The labels of what is read off the code, and what is reported of them."""

import json

from benchmarks.measures.behavior import LABELS, run
from forethought.bench.report import Interval


def test_every_statement_has_two_readers_labels():
    for line in LABELS.read_text("utf-8").splitlines():
        data = json.loads(line)
        assert len(data["right"]) == len(data["adds"]) == 2
        assert set(data["right"]) <= {"right", "wrong", "vague"}


def test_the_report_counts_a_statement_as_wrong_if_either_reader_does():
    rows = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    table = run().tables[0]
    assert sum(int(str(row[5])) for row in table.rows) == sum("wrong" in one["right"] for one in rows)


def test_the_goals_are_about_the_latest_sample():
    rows = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    latest = [one for one in rows if one["sample"] == max(one["sample"] for one in rows)]
    report = run()
    assert str(len(latest)) in report.goals[0].figure
    served = report.tables[1].rows[-1][-1]
    assert isinstance(served, Interval) and round(served.mean, 3) == round(report.goals[1].value, 3)
