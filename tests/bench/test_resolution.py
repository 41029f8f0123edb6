"""`bench resolve` counts what Jedi resolves inside a package, and what of it we answer alike."""

from pathlib import Path

import pytest

from forethought.bench.resolution import installed_packages, run
from forethought.errors import UsageError
from forethought.names.resolver import Resolution, Resolver
from forethought.syntax.tags import Position

pytestmark = pytest.mark.slow

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
    report = run([package(tmp_path)], limit=100, seed=1)
    (figures,) = report.data["packages"]
    assert figures["files"] == 2
    assert figures["references"] == figures["answered"] == figures["same"] > 3
    assert [goal.met for goal in report.goals] == [True, True]


def test_a_wrong_answer_and_a_missing_one_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = package(tmp_path)
    right = Resolver.resolve_at

    def misled(self: Resolver, path: str, position: Position) -> Resolution:
        found = right(self, path, position)
        return Resolution(tuple(target._replace(symbol_id="use") for target in found.targets))

    monkeypatch.setattr(Resolver, "resolve_at", misled)
    wrong = run([folder], limit=100, seed=1)
    assert (wrong.data["answered"], wrong.data["same"]) == (1.0, 0.0)
    assert [goal.met for goal in wrong.goals] == [True, False]
    monkeypatch.setattr(Resolver, "resolve_at", lambda self, path, position: Resolution())
    missing = run([folder], limit=100, seed=1)
    assert missing.data["answered"] == 0.0 and not missing.goals[0].met
    assert {row[0] for row in missing.tables[1].rows} == {"unknown"}


def test_the_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    folder = package(tmp_path)
    runs = [run([folder], limit=2, seed=3).data for _ in range(2)]
    assert runs[0]["references"] == 2
    assert runs[0]["packages"][0]["examples"] == runs[1]["packages"][0]["examples"]


def test_a_folder_without_python_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no readable Python file"):
        run([tmp_path], limit=10)


@pytest.mark.slow
def test_installed_packages_are_found() -> None:
    assert all((folder / "__init__.py").is_file() for folder in installed_packages())
    assert installed_packages()
