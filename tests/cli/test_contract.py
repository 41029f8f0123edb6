"""Every command of the contract exists, is documented, and follows the common rules."""

import json

import click
import pytest

from forethought import __version__
from forethought.cli.main import SUMMARIES, forethought, main

CONTRACT = {
    "serve": ["--stdio", "--tcp"],
    "precompute": ["--since", "--include", "--exclude", "--budget-tokens", "--budget-seconds", "--dry-run"],
    "ask": ["--at", "--verbosity", "--tier", "--fresh"],
    "show": [],
    "digest": ["--since", "--limit"],
    "overview": ["--html"],
    "status": [],
    "index": [],
    "model list": [],
    "model pull": [],
    "model use": [],
    "model check": [],
    "model remove": [],
    "cache info": [],
    "cache gc": [],
    "cache clear": [],
    "cache verify": [],
    "cache export": ["--since"],
    "cache import": [],
    "engine status": [],
    "engine stop": [],
    "doctor": [],
    "uninstall": ["--dry-run"],
    "bench hover": [],
    "bench resolve": [],
}
COMMON = ["--root", "--json", "-v"]


def find(path):
    command, context = forethought, click.Context(forethought)
    for word in path.split():
        command = command.get_command(context, word)
        assert command is not None, f"there is no `forethought {path}`"
    return command


def every_command(command=forethought, path=""):
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from every_command(command.get_command(context, name), f"{path} {name}".strip())


@pytest.mark.parametrize("path", CONTRACT)
def test_the_contract_is_kept(path):
    command = find(path)
    flags = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    missing = [flag for flag in [*CONTRACT[path], *COMMON] if flag not in flags]
    assert not missing


def test_nothing_stands_outside_the_contract():
    leaves = {path for path, command in every_command() if not isinstance(command, click.Group)}
    assert leaves - {path for path in leaves if path.startswith("bench ")} <= set(CONTRACT)


@pytest.mark.parametrize("path,command", list(every_command()), ids=lambda value: str(value)[:30])
def test_every_command_and_option_says_what_it_does(path, command):
    assert command.help and command.help.strip().partition("\n")[0].endswith(".")
    short = command.get_short_help_str(limit=62)
    assert path.startswith("bench ") or not short.endswith("..."), (
        "the first sentence does not fit into the list of commands"
    )
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help and parameter.help.endswith("."), parameter.name


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_list_of_commands_repeats_the_first_sentence_of_each(name):
    assert find(name).get_short_help_str(limit=100) == SUMMARIES[name]


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"forethought {__version__}\n"


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["status", "--nonsense"], ["show"], ["ask", "x", "--verbosity", "5"]]
)
def test_wrong_words_are_status_2_and_one_line(words, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    if words:
        assert len(captured.err.strip().splitlines()) == 1


def test_help_is_status_0(capsys):
    assert main(["precompute", "--help"]) == 0
    assert "--budget-tokens" in capsys.readouterr().out


def test_an_error_is_a_document_when_json_was_asked_for(capsys, tmp_path):
    assert main(["status", "--root", str(tmp_path / "nothing"), "--json"]) == 1
    captured = capsys.readouterr()
    assert "does not exist" in json.loads(captured.out)["error"]
    assert "does not exist" in captured.err


def test_a_fault_in_the_words_is_a_document_wherever_json_was_asked_for(capsys):
    for words in (["--json", "nonsense"], ["nonsense", "--json"], ["--json", "show"]):
        assert main(words) == 2
        captured = capsys.readouterr()
        assert json.loads(captured.out)["error"] in captured.err


def test_common_options_stand_before_the_command_as_well(world, shapes):
    before = world.run("--root", str(shapes), "--json", "-v", "index")
    after = world.run("index", "--root", str(shapes), "--json", "-v")
    assert before.status == after.status == 0
    assert before.document["files"] == after.document["files"] == 2


def test_an_unexpected_fault_is_one_line_and_keeps_its_traceback(world, shapes, monkeypatch, capsys):
    def fail(*_, **__):
        raise RuntimeError("something odd\nwith lines")

    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("forethought.app.session.Session.add_root", fail)
    assert main(["status", "--root", str(shapes)]) == 1
    err = capsys.readouterr().err
    assert "RuntimeError: something odd" in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    log = world.folder / "cache" / "faults.log"
    assert str(log) in err
    assert "with lines" in log.read_text()
    assert main(["status", "--root", str(shapes), "-v"]) == 1
    assert "Traceback" in capsys.readouterr().err
