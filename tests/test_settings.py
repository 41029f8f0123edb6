"""How settings are described, merged and checked."""

from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from forethought.config import (
    REPOSITORY_FILE,
    EngineKind,
    HoverContent,
    Settings,
    SleepScope,
    load_settings,
    setting_infos,
)
from forethought.errors import ConfigError

INFOS = setting_infos()


def load(
    tmp_path: Path, user: str = "", repository: str | None = None, **sources: Any
) -> tuple[Settings, tuple[str, ...]]:
    """Merge a user's file, a repository's file, and what else is given."""
    (tmp_path / "user.toml").write_text(user)
    root = tmp_path / "root"
    root.mkdir(exist_ok=True)
    if repository is not None:
        (root / REPOSITORY_FILE).write_text(repository)
    environment = {"FORETHOUGHT_CONFIG": str(tmp_path / "user.toml"), **sources.pop("environment", {})}
    loaded = load_settings(root, environment, **sources)
    return loaded.settings, loaded.warnings


@pytest.mark.parametrize("name", INFOS)
def test_every_setting_is_described_in_one_sentence(name: str) -> None:
    info = INFOS[name]
    assert info.description.endswith(".") and info.description.count(". ") == 0
    default = getattr(Settings(), name)
    is_number = isinstance(default, int | float) and not isinstance(default, bool)
    assert (info.range is not None) == is_number
    if info.range is not None:
        assert info.range[0] <= default <= info.range[1]
    assert all(meaning.endswith(".") for meaning in (info.choices or {}).values())


@pytest.mark.parametrize(
    ("name", "literal"), [("hover_content", HoverContent), ("engine", EngineKind), ("sleep_scope", SleepScope)]
)
def test_the_choices_are_those_of_the_type(name: str, literal: Any) -> None:
    assert tuple(INFOS[name].choices or ()) == get_args(literal)


def test_a_repository_may_set_nothing_that_names_a_model_an_endpoint_a_folder_or_a_program() -> None:
    safe = {info.key for info in INFOS.values() if info.scope == "repository"}
    assert safe == {
        "exclude",
        "hover.content",
        "hover.enabled",
        "chat.verbosity",
        "sleep.scope",
        "sleep.maxTokensPerFile",
    }


def test_later_sources_win(tmp_path: Path) -> None:
    verbosity = "[chat]\nverbosity = {}\n".format
    files = (verbosity(2), verbosity(3))
    editor, flags = {"chat": {"verbosity": 4}}, {"chat.verbosity": 0}
    assert load(tmp_path)[0].chat_verbosity == 1
    assert load(tmp_path, verbosity(2))[0].chat_verbosity == 2
    assert load(tmp_path, *files)[0].chat_verbosity == 3
    assert load(tmp_path, *files, editor=editor)[0].chat_verbosity == 4
    assert load(tmp_path, *files, editor=editor, flags=flags)[0].chat_verbosity == 0


def test_a_later_model_replaces_an_earlier_one_of_the_other_kind(tmp_path: Path) -> None:
    settings, _ = load(tmp_path, '[model]\npath = "/a.gguf"\n', environment={"FORETHOUGHT_MODEL": "ministral-3b"})
    assert (settings.model_path, settings.model_name) == (None, "ministral-3b")
    settings, _ = load(tmp_path, '[model]\nname = "ministral-3b"\n', environment={"FORETHOUGHT_MODEL": "b.gguf"})
    assert (settings.model_path, settings.model_name) == ("b.gguf", None)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("[no]\nsuch = 1\n", "`no.such`, which is not a Forethought setting"),
        ('engine = "steam"\n', "`engine` to 'steam', but it must be one of auto, llama, openai, none"),
        ("engine = [1]\n", "must be one of"),
        ("[hover]\nenabled = 1\n", "must be true or false"),
        ("[chat]\nverbosity = 9\n", "must be between 0 and 4"),
        ("[chat]\nverbosity = true\n", "must be a number"),
        ("[model]\nname = 3\n", "must be a string"),
        ("exclude = [1]\n", "must be a list of strings"),
    ],
)
def test_a_bad_value_is_ignored_and_named(tmp_path: Path, user: str, words: str) -> None:
    settings, (warning,) = load(tmp_path, user)
    assert settings == Settings()
    assert words in warning and warning.endswith("ignored.") and "user.toml" in warning


def test_a_repository_is_warned_about_and_not_obeyed(tmp_path: Path) -> None:
    settings, warnings = load(tmp_path, repository='exclude = ["gen/"]\n[openai]\nbaseUrl = "http://evil.example"\n')
    assert settings == Settings(exclude=("gen/",))
    (warning,) = warnings
    assert "`openai.baseUrl`, which a repository may not set" in warning


def test_the_users_own_broken_file_is_an_error_and_a_repositorys_is_a_warning(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fix or delete it"):
        load(tmp_path, "engine = [")
    settings, (warning,) = load(tmp_path, repository="engine = [")
    assert settings == Settings() and REPOSITORY_FILE in warning


def test_the_settings_of_a_root_bring_only_the_warnings_of_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "user.toml").write_text("no = 1\n")
    (tmp_path / REPOSITORY_FILE).write_text("yes = 1\n[hover]\nenabled = false\n")
    general = load_settings(None, {"FORETHOUGHT_CONFIG": str(tmp_path / "user.toml")})
    own = general.of_root(tmp_path)
    assert "`no`" in general.warnings[0] and general.settings.hover_enabled
    assert ["`yes`" in warning for warning in own.warnings] == [True] and not own.settings.hover_enabled


def test_every_field_has_a_key_of_its_own() -> None:
    assert len({info.key for info in INFOS.values()}) == len(fields(Settings))
