"""`forethought bench`: its words, and what they leave behind."""

import inspect
import json
from importlib import import_module

import click
import pytest

from forethought.bench import BENCHES
from forethought.bench.measurement import Measurement
from forethought.bench.report_json import report_from_json
from forethought.cli.commands.bench import bench
from forethought.cli.main import main
from support.fake_engine import FakeEngine


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


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_says_what_its_options_do(name):
    context = click.Context(bench)
    command = bench.get_command(context, name)
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert all(option.help for option in options)
    run = import_module(f"forethought.bench.{name.replace('-', '_')}").run
    if "measurement" in inspect.signature(run).parameters:
        names = {option.name for option in options}
        assert {"model", "engine", "out", "json"} <= names
        assert not [option.help for option in options if option.help.startswith("Sets ")], "say what it is"


def test_a_bench_prints_its_tables_and_leaves_a_report(home, scripted, capsys):
    assert main(["bench", "juggler", "--limit", "2"]) == 0
    out = capsys.readouterr().out
    assert "beside the notebook" in out and str(home / "cache" / "measurements" / "juggler.html") in out
    names = {path.name for path in (home / "cache" / "measurements").iterdir()}
    assert {"juggler.html", "juggler.json", "juggler.jsonl"} <= names


def test_json_is_one_document_and_the_folder_can_be_chosen(home, scripted, capsys):
    assert main(["bench", "juggler", "--limit", "1", "--json", "--out", str(home / "mine")]) == 0
    report = report_from_json(json.loads(capsys.readouterr().out))
    assert report.name == "juggler" and report.settings["questions"] == 1
    assert (home / "mine" / "juggler.html").exists() and not (home / "cache" / "measurements").exists()


def test_reports_are_joined(home, scripted, capsys):
    main(["bench", "juggler", "--limit", "1"])
    assert main(["bench", "report"]) == 0
    assert (home / "cache" / "measurements" / "all.html").exists()
    assert main(["bench", "report", str(home / "cache" / "measurements"), "--out", str(home / "page")]) == 0
    assert (home / "page" / "all.html").exists()


def test_without_an_engine_a_sentence_says_so(home, capsys):
    assert main(["bench", "juggler", "--engine", "none"]) == 1
    assert "engine" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_named(home, capsys):
    assert main(["bench", "juggler", "--model", str(home / "missing.gguf")]) == 1
    assert "missing.gguf" in capsys.readouterr().err
