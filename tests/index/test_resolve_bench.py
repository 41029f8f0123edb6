"""`bench resolve` counts what Jedi resolves inside a package, and what of it we answer alike."""

import json
from pathlib import Path

import pytest

from forethought.bench import resolution as bench
from forethought.errors import UsageError
from forethought.names.resolver import Resolution, Resolver
from forethought.syntax.tags import Position

pytest.importorskip("jedi")

CORE = """
import os

class Jar:
    def open(self): ...
    @property
    def lid(self): ...
    @lid.setter
    def lid(self, value): ...

def make() -> Jar:
    return Jar()

def use(jar, path):
    make().open()
    os.path.join(path)
    jar.nothing()
"""


def package(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .core import make\n")
    (folder / "core.py").write_text(CORE)
    (folder / "broken.py").write_text("def (\n")
    return folder


def test_only_what_jedi_finds_inside_the_package_counts(tmp_path: Path) -> None:
    result = bench.run([package(tmp_path)], limit=100, seed=1)
    (figures,) = result["packages"]
    assert figures["files"] == 2
    assert figures["references"] == figures["answered"] == figures["same"] > 3
    assert result["met"]
    assert json.loads(json.dumps(result)) == result
    assert "goals" in bench.render(result)


def test_a_wrong_answer_and_a_missing_one_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = package(tmp_path)
    right = Resolver.resolve_at

    def misled(self: Resolver, path: str, position: Position) -> Resolution:
        found = right(self, path, position)
        return Resolution(tuple(target._replace(symbol_id="use") for target in found.targets))

    monkeypatch.setattr(Resolver, "resolve_at", misled)
    wrong = bench.run([folder], limit=100, seed=1)
    assert (wrong["answered"], wrong["same"], wrong["met"]) == (1.0, 0.0, False)
    monkeypatch.setattr(Resolver, "resolve_at", lambda self, path, position: Resolution())
    missing = bench.run([folder], limit=100, seed=1)
    assert (missing["answered"], missing["met"]) == (0.0, False)
    assert "unknown" in bench.render(missing, verbose=True)


def test_the_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    folder = package(tmp_path)
    runs = [bench.run([folder], limit=2, seed=3) for _ in range(2)]
    assert runs[0]["references"] == 2
    assert runs[0]["packages"][0]["examples"] == runs[1]["packages"][0]["examples"]


def test_a_folder_without_python_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Python file"):
        bench.run([tmp_path], limit=10)


def test_installed_packages_are_found() -> None:
    assert all((folder / "__init__.py").is_file() for folder in bench.installed_packages())
    assert bench.installed_packages()
