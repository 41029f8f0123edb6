"""No text tells people to install the bare name `forethought` from an index: it is not ours; anyone could own it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
FOLDERS = (".github", "benchmarks", "docs", "extension", "grammars", "scripts", "server", "tests")
SKIPPED = {"node_modules", "dist", "__pycache__", "fixtures", "data"}
TEXT = {".json", ".lua", ".md", ".mjs", ".py", ".scm", ".sh", ".toml", ".ts", ".txt", ".yaml", ".yml"}

BARE_NAME = r"""['"]?forethought(?:\[[\w,-]*\])?(?:[=~<>!]=?[\w.]+)?['"]?(?=[\s`;,.)\\]|$)(?!\s*@)"""
INSTALLS = re.compile(
    r"(?:pip3?|pipx|uv tool|uv|poetry|conda)\s+(?:install|add|run|inject|upgrade)\b(?:\s+-{1,2}\S+)*\s+" + BARE_NAME
    + r"|\buvx\s+" + BARE_NAME
)  # fmt: skip
DEFAULTS = re.compile(r"^\s*(?:-\s+)?(?:default|package|PACKAGE):\s*" + BARE_NAME, re.MULTILINE)


def texts() -> Iterator[Path]:
    yield from (path for path in CHECKOUT.iterdir() if path.is_file() and (path.suffix in TEXT or not path.suffix))
    for top in FOLDERS:
        for folder, folders, files in os.walk(CHECKOUT / top):
            folders[:] = [name for name in folders if name not in SKIPPED]
            paths = (Path(folder, name) for name in files)
            yield from (path for path in paths if path.suffix in TEXT and path != Path(__file__))


def bare_names(text: str, *patterns: re.Pattern[str]) -> list[str]:
    return [found[0] for pattern in patterns for found in pattern.finditer(text)]


def test_no_text_installs_the_bare_name() -> None:
    found = {
        str(path.relative_to(CHECKOUT)): names
        for path in texts()
        if (names := bare_names(path.read_text(encoding="utf-8"), INSTALLS))
    }
    assert not found


def test_no_workflow_installs_the_bare_name_by_default() -> None:
    for path in (CHECKOUT / ".github").rglob("*.yml"):
        assert not bare_names(path.read_text(encoding="utf-8"), DEFAULTS), path


@pytest.mark.parametrize(
    "text",
    [
        "pipx install forethought",
        "pipx install 'forethought[llama]'",
        "python -m pip install --user forethought`",
        "pip install forethought==0.1.0",
        "uv tool install forethought",
        "uvx forethought serve",
    ],
)
def test_the_bare_name_is_recognized(text: str) -> None:
    assert bare_names(text, INSTALLS)


@pytest.mark.parametrize(
    "text",
    [
        "pipx install ./forethought",
        'pip install "./forethought[llama]"',
        "pip install .",
        "pip install 'forethought[llama] @ git+https://host.example/owner/forethought@v0.1.0'",
        "pip install forethought-0.1.0-py3-none-any.whl",
        "pip uninstall forethought",
    ],
)
def test_paths_and_urls_are_left_alone(text: str) -> None:
    assert not bare_names(text, INSTALLS)
