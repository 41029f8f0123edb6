"""What repeats the code's settings, languages and version is generated from it, and nothing has drifted."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from forethought import __version__
from scripts import generate

CHECKOUT = Path(__file__).parents[2]
KEYS = {setting.key for setting in generate.read_settings()}
LANGUAGES = tomllib.loads((CHECKOUT / "grammars/languages.toml").read_text(encoding="utf-8"))
HAND_WRITTEN = [
    CHECKOUT / "README.md",
    *(CHECKOUT / "docs").rglob("*.md"),
    *(CHECKOUT / "extension").glob("*/README.md"),
    CHECKOUT / "extension/neovim/doc/forethought.txt",
]


def test_nothing_has_drifted() -> None:
    assert not generate.outdated(CHECKOUT), "run `make generate`"


def test_the_version_is_written_in_one_place() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    manifest = json.loads((CHECKOUT / "extension/vscode/package.json").read_text(encoding="utf-8"))
    assert manifest["version"] == __version__


def test_a_changed_default_is_noticed(tmp_path: Path) -> None:
    for path in generate.generated(CHECKOUT):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((CHECKOUT / path).read_bytes())
    (tmp_path / "grammars").mkdir()
    (tmp_path / "grammars/languages.toml").write_bytes((CHECKOUT / "grammars/languages.toml").read_bytes())
    assert not generate.outdated(tmp_path)
    page = tmp_path / "docs/settings.md"
    page.write_text(page.read_text(encoding="utf-8").replace("| `4096` |", "| `2048` |"), encoding="utf-8")
    assert generate.outdated(tmp_path) == [Path("docs/settings.md")]


@pytest.mark.parametrize("table", [generate.VSCODE_LANGUAGES, generate.NEOVIM_FILETYPES, generate.TITLES])
def test_the_exceptions_name_languages_that_exist(table: dict[str, object]) -> None:
    assert set(table) <= set(LANGUAGES)


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_hand_written_pages_name_only_settings_that_exist(path: Path) -> None:
    groups = "|".join(sorted({key.partition(".")[0] for key in KEYS if "." in key}))
    named = re.findall(
        rf"(?<![\w./])(?:forethought\.)?((?:{groups})\.(?!png|jsonl|gguf|py\b)[a-z][A-Za-z]+)(?![\w(/-])",
        path.read_text(encoding="utf-8"),
    )
    assert set(named) <= KEYS


def test_every_environment_variable_is_documented() -> None:
    used = {
        name
        for path in (CHECKOUT / "server").rglob("*.py")
        for name in re.findall(r"\"(FORETHOUGHT_[A-Z_]+)\"", path.read_text(encoding="utf-8"))
    }
    page = (CHECKOUT / "docs/settings.md").read_text(encoding="utf-8")
    assert not [name for name in sorted(used) if f"`{name}`" not in page]


def test_the_readme_names_every_language() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert not [name for name in LANGUAGES if generate.title(name) not in readme]
