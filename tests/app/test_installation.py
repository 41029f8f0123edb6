"""`uninstall` deletes exactly what is ours, and `doctor` says what is wrong and how to fix it."""

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from forethought.app.diagnosis import Finding, diagnose
from forethought.app.inventory import delete_items, take_inventory
from forethought.config import EngineKind, Settings
from forethought.embedding import minilm_file
from forethought.embedding.source import PACKAGES
from forethought.engine.models.catalog import CATALOG, write_records
from forethought.folders import model_folder, user_grammar_folder
from forethought.store.insight_store import DiskInsightStore
from forethought.syntax.languages import Languages, load_languages

NO_LANGUAGES = Languages()
"""Loading the real grammars takes a while, and few tests need them."""


@dataclass(frozen=True)
class Home:
    path: Path
    settings: Settings
    environment: Mapping[str, str]

    @property
    def cache(self) -> Path:
        return self.settings.cache_folder

    @property
    def models(self) -> Path:
        return model_folder()

    def kinds(self) -> set[str]:
        return {item.kind for item in take_inventory(self.settings, self.environment)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    environment = {"FORETHOUGHT_RUNTIME_DIR": str(tmp_path / "run"), "PATH": os.environ["PATH"]}
    return Home(tmp_path, Settings(cache_directory=str(tmp_path / "our-cache")), environment)


def write(path: Path, text: str = "x" * 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def furnish(home: Home) -> None:
    """One of everything that Forethought leaves on a machine."""
    DiskInsightStore.open(home.cache / "contexts", 10**8).close()
    write(home.cache / "contexts.broken-3" / "cache.db")
    write(home.cache / "index" / f"{'ab' * 16}.sqlite")
    write(home.cache / "engine" / "digests.json")
    write(home.cache / "state.json")
    write(home.cache / "questions.jsonl")
    write(home.cache / "faults.log")
    write(home.cache / "measurements" / "juggler.jsonl")
    write(home.cache / "measurements" / "notes-cache" / "contexts" / "cache.db")
    write(home.cache / "measurements" / "notes-cache" / "index" / f"{'cd' * 16}.sqlite")
    write(home.cache / "measurements" / "juggler-cumulative-seconds.png")
    write(home.models / CATALOG[0].file)
    write(home.models / "a--b--pulled.gguf")
    write(home.models / ".a--b--c.gguf.0123456789abcdef.part")
    write_records(home.models, {"a--b--pulled.gguf": {"repository": "a/b"}})
    write(home.models.parent / "model-choice.json")
    write(home.path / "run" / "engine" / f"{'0' * 16}.log")
    write(home.path / "config" / "forethought" / "forethought.toml")


def test_everything_of_ours_is_listed_with_its_size_and_deleted(home: Home) -> None:
    furnish(home)
    items = take_inventory(home.settings, home.environment)
    of_cache = {"contexts", "index", "engine", "state", "questions", "logs", "measurements"}
    elsewhere = {"models", "choice", "engine host", "settings"}
    assert {item.kind for item in items} == of_cache | elsewhere
    assert all(item.bytes == sum(path.stat().st_size for path in item.files) for item in items)
    assert delete_items(items) == []
    assert take_inventory(home.settings, home.environment) == []
    assert [path for path in home.path.rglob("*") if path.is_file()] == []
    assert not home.cache.exists()
    assert not home.models.parent.exists()


def test_listing_changes_nothing(home: Home) -> None:
    furnish(home)
    before = sorted(home.path.rglob("*"))
    take_inventory(home.settings, home.environment)
    assert sorted(home.path.rglob("*")) == before


def test_what_is_not_ours_stays(home: Home) -> None:
    furnish(home)
    theirs = [
        write(home.cache / "notes.txt"),
        write(home.cache / "measurements" / "notes" / "cache.db"),
        write(home.cache / "measurements" / "notes-cache" / "notes.txt"),
        write(home.cache / "index" / "index.html"),
        write(home.cache / "contexts" / "mine.txt"),
        write(home.cache / "contexts.broken-x" / "cache.db"),
        write(home.cache / "deep" / "er" / "cache.db"),
        write(home.models / "put-here-by-hand.gguf"),
        write(home.path / "run" / "engine" / "notes.log"),
        write(home.path / "config" / "forethought" / "grammars" / "mylang" / "tags.scm"),
    ]
    assert delete_items(take_inventory(home.settings, home.environment)) == []
    assert sorted(path for path in home.path.rglob("*") if path.is_file()) == sorted(theirs)


def test_a_cache_folder_that_never_was_ours_is_left_alone(home: Home) -> None:
    write(home.cache / "state.json")
    write(home.cache / "index" / f"{'ab' * 16}.sqlite")
    assert home.kinds() == set()


def test_settings_kept_elsewhere_are_not_ours_to_delete_items(home: Home) -> None:
    dotfile = write(home.path / "dotfiles" / "forethought.toml")
    elsewhere = Home(home.path, home.settings, {**home.environment, "FORETHOUGHT_CONFIG": str(dotfile)})
    assert "settings" not in elsewhere.kinds()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_neither_followed_nor_deleted(home: Home) -> None:
    furnish(home)
    outside = write(home.path / "outside" / f"{'cd' * 16}.sqlite")
    (home.cache / "snapshots").symlink_to(outside.parent)
    (home.models / CATALOG[1].file).symlink_to(outside)
    (home.cache / "index" / f"{'ef' * 16}.sqlite").symlink_to(outside)
    delete_items(take_inventory(home.settings, home.environment))
    assert outside.exists()
    assert (home.models / CATALOG[1].file).is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_folder_that_becomes_a_link_after_the_listing_is_not_followed(home: Home) -> None:
    furnish(home)
    items = take_inventory(home.settings, home.environment)
    (home.cache / "index").rename(home.path / "moved")
    (home.cache / "index").symlink_to(home.path / "moved")
    delete_items(items)
    assert (home.path / "moved" / f"{'ab' * 16}.sqlite").exists()


def findings(
    home: Home, settings: Settings | None = None, languages: Languages = NO_LANGUAGES
) -> dict[bool, list[Finding]]:
    found = diagnose(settings or home.settings, home.environment, languages)
    assert all("\n" not in finding.message for finding in found)
    assert all(finding.fix for finding in found if not finding.ok)
    return {verdict: [finding for finding in found if finding.ok is verdict] for verdict in (True, False)}


def test_a_machine_in_order_has_no_complaints(home: Home) -> None:
    settings = Settings(cache_directory=home.settings.cache_directory, engine="none")
    found = findings(home, settings, load_languages())
    assert found[False] == []
    text = " ".join(finding.message for finding in found[True])
    for part in ("Python 3", "git version", "python", "store:", "disk:"):
        assert part in text


def complaint(home: Home, part: str, settings: Settings | None = None, languages: Languages = NO_LANGUAGES) -> Finding:
    (finding,) = [finding for finding in findings(home, settings, languages)[False] if part in finding.message]
    return finding


@pytest.mark.parametrize("engine", ["auto", "llama"])
def test_a_missing_model_says_which_to_pull_and_is_a_fault_only_where_an_engine_is_wanted(
    home: Home, engine: EngineKind
) -> None:
    settings = replace(home.settings, engine=engine)
    (finding,) = [item for found in findings(home, settings).values() for item in found if "no model" in item.message]
    assert "model pull ministral-3b" in (finding.fix or "")
    assert finding.ok is (engine == "auto")


def test_a_bad_model_says_what_is_wrong_with_it(home: Home) -> None:
    bad = write(home.path / "bad.gguf", "<html>")
    settings = Settings(cache_directory=home.settings.cache_directory, model_path=str(bad), engine="llama")
    assert "model" in (complaint(home, "not a GGUF file", settings).fix or "")


def test_search_by_words_alone_is_no_fault_and_says_how_to_add_meaning(home: Home) -> None:
    (finding,) = [item for item in findings(home)[True] if "by words only" in item.message]
    assert "pip install onnxruntime" in (finding.fix or "") or "model pull minilm" in (finding.fix or "")


def test_a_damaged_model_for_search_is_a_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in PACKAGES:
        pytest.importorskip(package, reason="comes with the extra `semantic`")
    monkeypatch.setattr("forethought.app.diagnosis.model_folder", lambda: home.models)
    write(minilm_file.file_in(home.models), "cut")
    assert "model pull minilm" in (complaint(home, "by words only").fix or "")


def test_an_engine_that_is_not_installed_says_how_to_install_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    wanted = replace(home.settings, engine="llama")
    assert "pip install 'llama-cpp-python" in (complaint(home, "llama.cpp is not installed", wanted).fix or "")
    assert not [item for item in findings(home)[False] if "llama.cpp" in item.message]  # facts alone are fine, too


def test_an_endpoint_that_is_half_configured_is_said(home: Home) -> None:
    complaint(home, "endpoint", Settings(cache_directory=home.settings.cache_directory, engine="openai"))


def test_a_missing_git_is_said(home: Home) -> None:
    without = Home(home.path, home.settings, {**home.environment, "PATH": str(home.path)})
    assert "git" in (complaint(without, "git is not installed").fix or "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script")
def test_an_old_git_is_said(home: Home) -> None:
    script = write(home.path / "bin" / "git", "#!/bin/sh\necho git version 2.1.0\n")
    script.chmod(0o755)
    complaint(Home(home.path, home.settings, {**home.environment, "PATH": str(script.parent)}), "2.1.0 is too old")


def test_a_broken_store_is_said(home: Home) -> None:
    furnish(home)
    (home.cache / "contexts" / "forethought-contexts.json").write_text('{"schema": 99}')
    complaint(home, "newer Forethought")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_a_runtime_folder_that_others_can_write_is_said(home: Home) -> None:
    (home.path / "run").mkdir()
    (home.path / "run").chmod(0o777)
    assert "chmod" in (complaint(home, "other users can write").fix or "")
    assert stat.S_IMODE((home.path / "run").stat().st_mode) == 0o777


def test_a_full_disk_is_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    assert len([finding for finding in findings(home)[False] if "only 1 MB free" in finding.message]) == 2


def test_a_grammar_of_ones_own_that_does_not_load_is_said(home: Home) -> None:
    grammars = user_grammar_folder(home.environment)
    write(grammars / "languages.toml", '[nolang]\nmodule = "tree_sitter_nolang_missing"\nextensions = ["nl"]\n')
    complaint(home, "nolang", languages=load_languages((grammars,)))
