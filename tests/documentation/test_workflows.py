"""The workflows call what exists, on every Python that the package supports."""

import json
import re
import tomllib
from pathlib import Path

import click
import pytest

from forethought.cli.main import forethought

CHECKOUT = Path(__file__).parents[2]
WORKFLOWS = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
HOOKS = CHECKOUT / ".pre-commit-config.yaml"
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))

each_file = pytest.mark.parametrize("file", [*WORKFLOWS, HOOKS], ids=lambda path: path.name)


@each_file
def test_every_command_exists(file: Path) -> None:
    text = re.sub(r"#.*", "", file.read_text(encoding="utf-8"))
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", text)) <= TARGETS
    scripts = json.loads((CHECKOUT / "extension/vscode/package.json").read_text(encoding="utf-8"))["scripts"]
    assert set(re.findall(r"\bnpm run ([\w:-]+)", text)) <= set(scripts)
    for path in re.findall(r"\b(?:scripts|tests|extension)/[\w./-]+", text):
        assert (CHECKOUT / path).exists(), path
    assert set(re.findall(r"--group (\w+)", text)) <= set(PROJECT["dependency-groups"])
    assert set(re.findall(r"not (\w+)", " ".join(re.findall(r"-m \"(.*)\"", text)))) <= {
        marker.partition(":")[0] for marker in PROJECT["tool"]["pytest"]["ini_options"]["markers"]
    }


@each_file
def test_every_forethought_command_and_option_exists(file: Path) -> None:
    text = re.sub(r"#.*", "", file.read_text(encoding="utf-8"))
    for line in re.findall(r"(?<![\w/.-])forethought ([a-z]+[^`;&|\n]*)", text):
        command: click.Command = forethought
        for word in line.split():
            if not isinstance(command, click.Group):
                break
            found = command.get_command(click.Context(command), word)
            assert found is not None, line
            command = found
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z][a-z-]*", line)) <= flags, line


def test_the_matrix_has_every_supported_python() -> None:
    text = (CHECKOUT / ".github/workflows/pull-request.yml").read_text(encoding="utf-8")
    matrix = re.search(r"python: \[(.*)\]", text)
    assert matrix
    supported = [name.rpartition(" ")[2] for name in PROJECT["project"]["classifiers"] if "Python :: 3." in name]
    assert re.findall(r"[\d.]+", matrix[1]) == supported
    assert PROJECT["project"]["requires-python"] == f">={supported[0]}"
