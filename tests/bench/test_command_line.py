"""`forethought bench` and `python -m benchmarks`: their words, and what they leave behind."""

import inspect
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from benchmarks import BENCHMARKS
from benchmarks.__main__ import benchmarks
from forethought.bench import BENCHMARKS as OWN_REPOSITORY
from forethought.bench.measurement import Measurement
from forethought.bench.report import Report
from forethought.bench.report_json import report_from_json
from forethought.cli.commands.bench import bench
from forethought.cli.main import main
from support.fake_engine import FakeEngine

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("FORETHOUGHT_MODEL", "FORETHOUGHT_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "forethought.toml"
    config.touch()
    monkeypatch.setenv("FORETHOUGHT_CONFIG", str(config))
    monkeypatch.setenv("FORETHOUGHT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("FORETHOUGHT_RUNTIME_DIR", str(tmp_path / "run"))
    return tmp_path


@pytest.fixture
def scripted(monkeypatch):
    """Whatever model is asked for, a scripted one answers."""
    engine = FakeEngine(default="The answer is 600.")
    monkeypatch.setattr(Measurement, "engine", property(lambda self: engine))
    return engine


def options_of(group, name):
    command = group.get_command(click.Context(group), name)
    return {option.name: option for option in command.params if isinstance(option, click.Option)}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_returns_a_report_and_explains_its_options(name):
    options = options_of(benchmarks, name)
    assert not [key for key, option in options.items() if len(option.help or "") < 10]
    run = import_module(BENCHMARKS[name].module).run
    assert inspect.signature(run).return_annotation is Report
    assert {"out", "json"} <= set(options)
    assert ("measurement" in inspect.signature(run).parameters) == ("model" in options) == ("engine" in options)


def test_a_users_benchmarks_are_four_and_write_no_files():
    assert set(OWN_REPOSITORY) == {"chat", "coverage", "hover", "resolve"}
    assert not [name for name in OWN_REPOSITORY if "out" in options_of(bench, name)]


def test_both_command_lines_list_what_they_offer(home, capsys):
    assert main(["bench", "--help"]) == 0
    own = capsys.readouterr().out
    assert "coverage" in own and "juggler" not in own
    assert main(["--help"], benchmarks) == 0
    every = capsys.readouterr().out
    assert all(name in every for name in (*BENCHMARKS, "report", "fetch"))


def test_the_benchmarks_run_from_a_checkout_without_being_installed():
    command = [sys.executable, "-m", "benchmarks", "juggler", "--help"]
    ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert "Usage: python -m benchmarks juggler" in ran.stdout


def test_a_benchmark_of_ones_own_prints_tables_and_goals(home, capsys, tmp_path):
    package = tmp_path / "shelf"
    package.mkdir()
    (package / "core.py").write_text("def make(): ...\n\n\ndef use():\n    make()\n")
    assert main(["bench", "resolve", str(package)]) == 0
    out = capsys.readouterr().out
    assert "Goals" in out and "≥ 0.850" in out and "shelf" in out and "Report:" not in out
    assert main(["bench", "resolve", str(package), "--json"]) == 0
    report = report_from_json(json.loads(capsys.readouterr().out))
    assert report.name == "resolve" and all(goal.met for goal in report.goals)


def test_a_benchmark_prints_its_tables_and_leaves_a_report(home, scripted, capsys):
    assert main(["juggler", "--limit", "2"], benchmarks) == 0
    out = capsys.readouterr().out
    assert "compared to the notebook" in out and str(home / "cache" / "measurements" / "juggler.html") in out
    names = {path.name for path in (home / "cache" / "measurements").iterdir()}
    assert {"juggler.html", "juggler.json", "juggler.jsonl"} <= names


def test_json_is_one_document_and_the_folder_can_be_chosen(home, scripted, capsys):
    assert main(["juggler", "--limit", "1", "--json", "--out", str(home / "mine")], benchmarks) == 0
    report = report_from_json(json.loads(capsys.readouterr().out))
    assert report.name == "juggler" and report.settings["questions"] == 1
    assert (home / "mine" / "juggler.html").exists() and not (home / "cache" / "measurements").exists()


def test_reports_are_joined(home, scripted, capsys):
    main(["juggler", "--limit", "1"], benchmarks)
    assert main(["report"], benchmarks) == 0
    assert (home / "cache" / "measurements" / "all.html").exists()
    assert main(["report", str(home / "cache" / "measurements"), "--out", str(home / "page")], benchmarks) == 0
    assert (home / "page" / "all.html").exists()


def test_without_an_engine_a_sentence_says_so(home, capsys):
    assert main(["juggler", "--engine", "none"], benchmarks) == 1
    assert "engine" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_named(home, capsys):
    assert main(["juggler", "--model", str(home / "missing.gguf")], benchmarks) == 1
    assert "missing.gguf" in capsys.readouterr().err
