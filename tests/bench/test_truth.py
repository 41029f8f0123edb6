"""Labels of what models wrote: how they are read, counted, and turned into what may be served."""

import json
import subprocess
from dataclasses import asdict, replace
from importlib import resources

import pytest

from benchmarks.measures.truth import Item, read_labels, reliability_of, run
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval
from forethought.bench.report_json import report_to_json
from forethought.errors import UsageError
from forethought.insights.reliability import Reliability
from support.fake_engine import FakeEngine

ITEM = Item(
    repository="greet", commit="c" * 40, path="greet.py", symbol="greet", symbol_kind="function", language="python",
    subject="s" * 64, kind="purpose", question="What does `greet` do?", text="It greets.",
    basis="model", model="m",
    producer="p", prompt_version="2", kept=True, label="right",
)  # fmt: skip

SOURCE = '''def polish_text(text, width=80):
    """Takes the spaces away at both ends."""
    if not text:
        raise ValueError(text)
    return text.strip()


class Polisher:
    """Polishes many texts."""

    def polish_all(self, texts):
        """Every text polished."""
        found = []
        for text in texts:
            found.append(polish_text(text))
        return found
'''


def labels_in(folder, *items):
    file = folder / "labels.jsonl"
    file.write_text("".join(f"{json.dumps(asdict(item))}\n" for item in items), "utf-8")
    return file


def report_of(folder, *items):
    with Measurement("truth", folder, {}) as measurement:
        return run(measurement, folder, labels=labels_in(folder, *items))


def shares(report):
    """Stage → (items, share wrong)."""
    return {row[1]: (row[2], row[5].mean if isinstance(row[5], Interval) else None) for row in report.tables[0].rows}


def many(count, **changes):
    return [replace(ITEM, path=f"{changes.get('kind', '')}{number}.py", **changes) for number in range(count)]


def test_the_labels_that_ship_are_complete():
    items = read_labels()
    assert len(items) >= 300
    assert len({item.repository for item in items}) >= 3


def test_what_may_be_served_follows_from_the_labels_that_ship():
    shipped = json.loads(resources.files("forethought.insights").joinpath("reliability.json").read_bytes())
    assert shipped == reliability_of(read_labels())


def test_an_item_without_a_label_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"“What does `greet` do\?” in greet.py has no label"):
        read_labels(labels_in(tmp_path, replace(ITEM, label="")))


def test_a_file_that_holds_no_labels_is_refused(tmp_path):
    (tmp_path / "x").write_text('{"what": 1}\n', "utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        read_labels(tmp_path / "x")


def test_only_what_a_model_wrote_and_grounding_kept_decides_what_it_may_serve():
    items = [
        *many(2, label="wrong"),
        *many(1, label="right"),
        *many(5, label="wrong", kept=False),
        *many(5, label="right", basis="facts"),
    ]
    table = reliability_of(items)
    assert table == {"models": {"m": {"purpose": {"right": 1, "vague": 0, "wrong": 2}}}}
    Reliability.from_json(table)


def test_the_stages_show_what_the_rules_take_away(tmp_path):
    items = [
        *many(30, kind="purpose", label="right"),
        *many(20, kind="when", label="wrong"),
        *many(5, kind="when", label="right"),
        *many(25, kind="purpose", label="wrong", kept=False, dropped="cut off"),
        *many(4, kind="returns", label="right", basis="facts"),
    ]
    found = shares(report_of(tmp_path, *items))
    assert found["as the model wrote it"] == (80, pytest.approx(45 / 80))
    assert found["kept by grounding"] == (55, pytest.approx(20 / 55))
    assert found["served of that"] == (30, 0.0)
    assert found["quoted from the code"] == (4, 0.0)


def test_it_is_said_how_far_two_readers_agree(tmp_path):
    items = [
        *many(6, readers=("right", "right")),
        *many(3, kind="when", readers=("wrong", "wrong"), label="wrong"),
        *many(1, kind="how", readers=("right", "wrong"), label="wrong"),
    ]
    assert (
        "10 texts were labeled by two readers, who did not know which were kept. They agree on 90% (κ = 0.78)"
        in (report_of(tmp_path, *items).verdict[-1])
    )
    assert "two readers" not in report_of(tmp_path, *many(4)).verdict[-1]


def test_a_draft_that_was_cut_down_counts_as_it_was_written(tmp_path):
    item = replace(ITEM, draft="It greets, which saves the world.", draft_label="wrong")
    found = shares(report_of(tmp_path, item))
    assert (found["as the model wrote it"][1], found["kept by grounding"][1]) == (1.0, 0.0)


def test_reasons_for_dropping_are_shown_with_what_was_right_among_it(tmp_path):
    items = [ITEM, replace(ITEM, kept=False, dropped="says nothing", label="right")]
    assert ("says nothing", 1, 1, 0, 0) in report_of(tmp_path, *items).tables[3].rows


def test_the_report_is_plain_json(tmp_path):
    document = report_to_json(report_of(tmp_path, ITEM))
    assert document["data"]["labels"] == {"right": 1}


class TestCollecting:
    @pytest.fixture
    def place(self, tmp_path):
        root = tmp_path / "polish"
        root.mkdir()
        (root / "texts.py").write_text(SOURCE, "utf-8")
        for words in (
            ("init", "-q"),
            ("add", "-A"),
            ("-c", "user.name=T", "-c", "user.email=t@x", "commit", "-qm", "1"),
        ):
            subprocess.run(["git", "-C", str(root), *words], check=True)
        return root

    def collect(self, folder, root, engine):
        file = folder / "items.jsonl"
        environment = {"FORETHOUGHT_CONFIG": str(folder / "none"), "FORETHOUGHT_RUNTIME_DIR": str(folder / "run")}
        with Measurement("truth", folder / "out", environment, engine=engine) as measurement:
            run(measurement, root, collect=file, limit=10)
        return [Item(**json.loads(line)) for line in file.read_text("utf-8").splitlines()]

    def test_what_is_kept_dropped_and_made_of_facts_is_told_apart(self, tmp_path, place):
        def say(prompt):
            question = prompt.messages[-1].content.rpartition("\n")[2]
            return "It takes the spaces away at both ends." if "What does `polish" in question else "Use `frobnicate`."

        items = self.collect(tmp_path, place, FakeEngine(default=say))
        of_function = [item for item in items if item.symbol == "polish_text"]
        assert ("purpose", True, "model") in [(item.kind, item.kept, item.basis) for item in of_function]
        dropped = [item for item in of_function if not item.kept]
        assert {item.dropped for item in dropped} == {"unknown identifier"}
        assert {item.kind for item in of_function if item.basis == "facts"} >= {"raises", "defaults"}
        assert {item.symbol for item in items} == {"", "polish_text", "Polisher", "Polisher.polish_all"}

    def test_texts_are_written_once_and_judged_anew(self, tmp_path, place):
        first = self.collect(tmp_path, place, FakeEngine(default="It takes the spaces away at both ends."))
        engine = FakeEngine(default="Something else.")
        (tmp_path / "out" / "truth.jsonl").unlink()  # as after a change of the program
        assert self.collect(tmp_path, place, engine) == first
        assert not engine.requests
