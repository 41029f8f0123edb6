"""The pages about commands and LSP extensions name what the code has: all of it, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click
import pytest

from forethought.cli.commands.bench import bench
from forethought.cli.main import forethought
from forethought.lsp.server import ForethoughtServer

CHECKOUT = Path(__file__).parents[2]
COMMANDS_PAGE = (CHECKOUT / "docs/commands.md").read_text(encoding="utf-8")
LSP_PAGE = (CHECKOUT / "docs/lsp-extensions.md").read_text(encoding="utf-8")
SOURCE = "".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "server/forethought").rglob("*.py"))


def sections(page: str) -> dict[str, str]:
    """The text below each second-level heading; what comes before the first one stands under ""."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def leaves(command: click.Command = forethought, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words; `bench`, whose names have a table, is one."""
    if not isinstance(command, click.Group) or path == "bench":
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, f"{path} {name}".strip())


LEAVES = dict(leaves())


def options(text: str) -> set[str]:
    """The long options that a text has in its tables' first column."""
    cells = re.findall(r"^\| (`-[^|]*) \|", text.replace("\\|", "/"), flags=re.MULTILINE)
    return {option for cell in cells for option in re.findall(r"--[a-z][a-z-]*", cell)}


def long_options(command: click.Command) -> set[str]:
    flags = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    return {flag for flag in flags if flag.startswith("--")}


COMMON = long_options(forethought) - {"--version"} | {"--help"}


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert set(sections(COMMANDS_PAGE)) - {""} == set(LEAVES)


def test_the_common_options_are_listed_once() -> None:
    assert options(sections(COMMANDS_PAGE)[""]) == COMMON


@pytest.mark.parametrize("path", LEAVES)
def test_every_option_is_documented_and_exists(path: str) -> None:
    assert options(sections(COMMANDS_PAGE)[path]) == long_options(LEAVES[path]) - COMMON


def test_the_examples_use_options_that_exist() -> None:
    for path, text in sections(COMMANDS_PAGE).items():
        for words in re.findall(r"^forethought .*$", text, flags=re.MULTILINE):
            allowed = COMMON | long_options(LEAVES[path])
            assert set(re.findall(r"(?<!\S)--[a-z][a-z-]*", words)) <= allowed, words


def test_every_benchmark_of_ones_own_repository_is_listed() -> None:
    names = set(bench.list_commands(click.Context(bench))) - {"report"}
    assert set(re.findall(r"^\| `(\w+)` \|", sections(COMMANDS_PAGE)["bench"], flags=re.MULTILINE)) == names


@pytest.fixture(scope="module")
def server() -> ForethoughtServer:
    def open_nothing(*_: object, **__: object) -> NoReturn:
        raise AssertionError("nothing is opened here")

    return ForethoughtServer(open_nothing, {})


def test_every_method_is_documented_and_exists(server: ForethoughtServer) -> None:
    handled = {name for name in server.protocol.fm.features if name.startswith("forethought/")}
    named = set(re.findall(r"\"(forethought/\w+)\"", SOURCE))  # those that the server only sends as well
    assert handled < named
    assert set(re.findall(r"\bforethought/\w+", LSP_PAGE)) == named


def test_every_command_of_the_server_is_documented_and_exists(server: ForethoughtServer) -> None:
    rows = re.findall(r"^\| `(forethought\.\w+)` \|", LSP_PAGE, flags=re.MULTILINE)
    assert sorted(rows) == sorted(server.protocol.fm.commands)


def test_the_documents_have_only_fields_that_the_code_has() -> None:
    for block in re.findall(r"```typescript\n(.*?)```", LSP_PAGE, flags=re.DOTALL):
        without_notes = re.sub(r"//.*|\"[^\"]*\"|\[\w+: string\]", "", block)
        for name in re.findall(r"(\w+)\??:", without_notes):
            attribute = re.sub(r"(?=[A-Z])", "_", name).lower()
            assert re.search(rf"\"{name}\"|^ +{attribute}: ", SOURCE, flags=re.MULTILINE), name
