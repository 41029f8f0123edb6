"""What the work of sleep is worth: tiers over questions, and tokens used and lost."""

import subprocess
from contextlib import closing

import pytest

from forethought.app.session import Session
from forethought.bench.measurement import Measurement
from forethought.bench.tier_coverage import run
from forethought.config import load_settings
from forethought.engine.api import CancelToken
from forethought.errors import UsageError
from forethought.idle.precomputation import Selection
from forethought.store.question_log import QuestionLog
from support.fake_engine import FakeEngine

SOURCE = '''def polish_text(text, width=80):
    """Polishes."""
    return text.strip()


def main():
    print(polish_text("x"), polish_text("y"))
'''


class Place:
    """A repository with c′ of a scripted model."""

    def __init__(self, folder):
        self.root = folder / "repository"
        self.root.mkdir()
        self.write(SOURCE)
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        self.environment = {
            "FORETHOUGHT_CACHE_DIR": str(folder / "cache"),
            "FORETHOUGHT_RUNTIME_DIR": str(folder / "run"),
            "FORETHOUGHT_CONFIG": str(folder / "none"),
        }
        self.folder = folder

    def write(self, text):
        (self.root / "texts.py").write_text(text, encoding="utf-8")

    def think(self):
        loaded = load_settings(self.root, self.environment)
        engine = FakeEngine(default="It polishes the text with `strip`.")
        with closing(Session(loaded, self.environment, engine=engine)) as session:
            session.precompute(session.add_root(self.root), Selection(), lambda step: None, CancelToken())

    def measure(self, *lines):
        file = self.folder / "questions.txt"
        file.write_text("\n".join(lines), encoding="utf-8")
        with Measurement("coverage", self.folder / "out", self.environment) as measurement:
            return run(measurement, self.root, questions=file if lines else None)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_questions_are_counted_by_the_tier_that_answers_them(place):
    place.think()
    report = place.measure(
        "Who calls `polish_text`?", "What does `polish_text` do?", '{"question": "What is the meaning of the moon?"}'
    )
    assert report.data["tiers"] == {"facts": 1, "predicted": 1, "enriched": 0, "full": 0, "none": 1}
    assert report.data["unanswered"] == ["What is the meaning of the moon?"]


def test_tokens_are_used_unasked_for_or_stale(place):
    place.think()
    assert place.measure("Who calls `polish_text`?").data["stored_tokens"]["fresh, not asked about"] > 0
    tokens = place.measure("What does `polish_text` do?").data["stored_tokens"]
    assert tokens["used in an answer"] > 0
    assert tokens["stale: the code has changed"] == 0
    place.write(SOURCE.replace("text.strip()", "text.rstrip()"))
    tokens = place.measure("What does `polish_text` do?").data["stored_tokens"]
    assert tokens["used in an answer"] == 0
    assert tokens["stale: the code has changed"] > 0


def test_without_a_log_the_most_called_symbols_are_asked_about(place):
    report = place.measure()
    assert report.settings["origin"] == "templates over the 1 most-called symbols"
    assert report.data["stored_seconds"] == 0


def test_what_the_user_really_asked_comes_before_templates(place):
    QuestionLog(place.folder / "cache").note("Who calls `polish_text`?", "polish_text", "facts")
    report = place.measure()
    assert report.settings["origin"] == "your question log"
    assert report.data["tiers"]["facts"] == 1


def test_asking_for_a_measurement_is_not_noted(place):
    place.measure("Who calls `polish_text`?")
    assert QuestionLog(place.folder / "cache").questions() == ()


def test_a_file_that_cannot_be_read_is_refused(place):
    with (
        pytest.raises(UsageError, match="cannot be read"),
        Measurement("coverage", place.folder, place.environment) as it,
    ):
        run(it, place.root, questions=place.folder / "nowhere.txt")
