"""A SCIP index in the root decides what references mean, as long as the files are as it saw them."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from forethought.engine.api import CancelToken
from forethought.names.resolver import Resolver
from forethought.scip import scip_documents
from forethought.scip.export import export_index
from forethought.scip.protobuf import write_field
from forethought.scip.scip_documents import DEFINITION, Occurrence, ScipDocument, write_index
from forethought.store.index_store import IndexStore
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.tags import Position
from forethought.workspace import precise_import
from forethought.workspace.indexer import Indexer
from forethought.workspace.precise_import import PRECISE_INDEX, precise_problem
from forethought.workspace.snapshot import OverlaySnapshot

BEFORE, INDEXED, AFTER = 1_700_000_000, 1_700_000_100, 1_700_000_200
"""When the files were written, when the index was, and a time after that."""
FILES = {
    "a.py": "from b import aid\n\ndef use():\n    return aid()\n",
    "b.py": "def aid(): ...\n",
    "c.py": "def aid(): ...\n",
}
AID = {path: f"test . . . `{path}`/aid()." for path in FILES}


class World:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        self.languages = load_languages()
        self.store = IndexStore.open(folder / "cache", self.root)
        for path, text in FILES.items():
            self.write(path, text)

    def write(self, path: str, data: str | bytes, at: int = BEFORE) -> None:
        file = self.root / path
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        os.utime(file, (at, at))

    def write_scip(self, documents: Iterable[ScipDocument], at: int = INDEXED) -> None:
        self.write(PRECISE_INDEX, b"".join(write_index(documents, "", "1", "test")), at)

    def refresh(self, cancel: CancelToken | None = None) -> None:
        Indexer(self.store, self.root, self.languages, None).refresh(cancel=cancel)

    def targets(self, snapshot: OverlaySnapshot | None = None) -> list[str] | None:
        """What the call in `a.py` means."""
        resolution = Resolver(snapshot or self.store).resolve_at("a.py", Position(3, 11))
        return [f"{target.path}:{target.symbol_id}" for target in resolution.targets]

    @property
    def problem(self) -> str | None:
        return precise_problem(self.store, self.root)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def documents(meant: str = AID["c.py"], text: str | None = None) -> list[ScipDocument]:
    """An index that says that the call means something else than the import says."""
    return [
        ScipDocument("a.py", (Occurrence(3, 11, 14, meant),), "utf-8", text),
        *(ScipDocument(path, (Occurrence(0, 4, 7, AID[path], DEFINITION),)) for path in ("b.py", "c.py")),
    ]


def test_the_index_comes_before_the_rules(world: World) -> None:
    world.refresh()
    assert world.targets() == ["b.py:aid"]
    world.write_scip(documents())
    world.refresh()
    assert world.targets() == ["c.py:aid"]
    assert world.problem is None
    (world.root / PRECISE_INDEX).unlink()
    world.refresh()
    assert world.targets() == ["b.py:aid"]


def test_what_the_index_does_not_define_is_outside_of_the_repository(world: World) -> None:
    world.write_scip(documents(meant="test pip other 1.0 other/aid()."))
    world.refresh()
    assert world.targets() == []


def test_what_may_be_in_a_package_that_the_index_does_not_cover_is_left_to_the_rules(world: World) -> None:
    (world.root / "other").mkdir()
    world.write("other/d.py", "x = 1\n")
    world.write_scip(documents(meant="test pip other 1.0 other/aid()."))
    world.refresh()
    assert world.targets() == ["b.py:aid"]


def test_overloads_that_the_index_does_not_tell_apart_are_left_to_the_rules(world: World) -> None:
    text = "from typing import overload\n@overload\ndef aid(x: int): ...\ndef aid(x): ...\n"
    world.write("b.py", text)
    first, _, third = documents(meant=AID["b.py"])
    world.write_scip([first, ScipDocument("b.py", (Occurrence(2, 4, 7, AID["b.py"], DEFINITION),)), third])
    world.refresh()
    assert world.targets() == ["b.py:aid#2"]
    other = "test . . . `b.py`/aid(+1)."
    both = (Occurrence(2, 4, 7, AID["b.py"], DEFINITION), Occurrence(3, 4, 7, other, DEFINITION))
    world.write_scip([first, ScipDocument("b.py", both), third], at=INDEXED + 1)
    world.refresh()
    assert world.targets() == ["b.py:aid"]


def test_an_index_is_read_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write_scip(documents())
    world.refresh()
    monkeypatch.setattr(precise_import, "read_documents", None)
    world.refresh()
    assert world.targets() == ["c.py:aid"]


@pytest.mark.parametrize("path", ["a.py", "c.py"])
def test_a_file_that_changed_since_is_resolved_by_the_rules(world: World, path: str) -> None:
    world.write_scip(documents())
    world.refresh()
    world.write(path, FILES[path] + "\n# changed\n", AFTER)
    world.refresh()
    assert world.targets() == ["b.py:aid"]
    world.write(path, FILES[path], AFTER)
    world.refresh()
    assert world.targets() == ["c.py:aid"]


def test_a_file_written_after_the_index_needs_its_text_there(world: World) -> None:
    world.write("a.py", FILES["a.py"], AFTER)
    world.write_scip(documents())
    world.refresh()
    assert world.targets() == ["b.py:aid"]
    world.write_scip(documents(text=FILES["a.py"]), at=INDEXED + 1)
    world.refresh()
    assert world.targets() == ["c.py:aid"]
    world.write_scip(documents(text=FILES["a.py"] + "\n"), at=INDEXED + 2)
    world.refresh()
    assert world.targets() == ["b.py:aid"]


@pytest.mark.parametrize(
    "occurrence",
    [
        Occurrence(0, 5, 6, AID["c.py"]),  # `b`
        Occurrence(3, 12, 15, AID["c.py"]),  # `id(`
        Occurrence(3, 11, 13, AID["c.py"]),  # part of a word
        Occurrence(3, 11, 99, AID["c.py"]),
        Occurrence(9, 0, 1, AID["c.py"]),
        Occurrence(2, 4, 7, "test . . . `a.py`/other().", DEFINITION),
        Occurrence(2, 4, 7, AID["c.py"]),  # `use`, which the repository defines
    ],
)
def test_one_occurrence_that_does_not_fit_drops_the_document(world: World, occurrence: Occurrence) -> None:
    first, *others = documents()
    world.write_scip([replace(first, occurrences=(*first.occurrences, occurrence)), *others])
    world.refresh()
    assert world.targets() == ["b.py:aid"]


def test_contradictions_leave_the_rules(world: World) -> None:
    first, *others = documents()
    both = ScipDocument("b.py", (Occurrence(0, 4, 7, AID["c.py"], DEFINITION),))
    world.write_scip([first, *others, both])  # defined twice
    world.refresh()
    assert world.targets() == ["b.py:aid"]
    twice = replace(first, occurrences=(Occurrence(3, 11, 14, AID["b.py"]), Occurrence(3, 11, 14, AID["c.py"])))
    world.write_scip([twice, *others], at=INDEXED + 1)
    world.refresh()
    assert world.targets() == ["b.py:aid"]


def test_unsaved_text_is_resolved_by_the_rules(world: World) -> None:
    world.write_scip(documents())
    world.refresh()
    python = world.languages.named("python")
    assert python is not None
    saved = OverlaySnapshot(world.store).with_document("a.py", read_tags(python, FILES["a.py"].encode()))
    assert world.targets(saved) == ["c.py:aid"]
    for path in ("a.py", "c.py"):
        changed = read_tags(python, FILES[path].encode() + b"\ndef more(): ...\n")
        assert world.targets(saved.with_document(path, changed)) == ["b.py:aid"]


def test_columns_count_what_the_document_says(world: World) -> None:
    world.write("a.py", "from b import aid\n\ndef use():\n    '𝄞é'; aid()\n")
    for encoding, column in (("utf-8", 14), ("utf-16", 11), ("utf-32", 10), (None, 11)):
        first, *others = documents()
        occurrence = Occurrence(3, column, column + 3, AID["c.py"])
        world.write_scip([replace(first, occurrences=(occurrence,), encoding=encoding), *others], INDEXED + column)
        world.refresh()
        targets = Resolver(world.store).resolve_at("a.py", Position(3, 14)).targets
        assert [target.path for target in targets] == ["c.py"], encoding


@pytest.mark.parametrize("data", [b"", b"\x0a", b"garbage " * 100, b"\xff" * 50, write_field(2, write_field(2, b"x"))])
def test_garbage_is_one_sentence(world: World, data: bytes) -> None:
    world.write(PRECISE_INDEX, data, INDEXED)
    world.refresh()
    assert world.targets() == ["b.py:aid"]
    assert data == b"" or (world.problem or "").startswith("index.scip is not used: ")
    world.write_scip(documents(), at=INDEXED + 1)
    assert world.problem is None
    world.refresh()
    assert world.targets() == ["c.py:aid"]


def test_sizes_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scip_documents, "MAX_OCCURRENCES", 2)
    world.write_scip(documents())
    world.refresh()
    assert "occurrences" in (world.problem or "")
    monkeypatch.setattr(precise_import, "MAX_INDEX_BYTES", 10)
    world.write_scip(documents(), at=INDEXED + 1)
    world.refresh()
    assert "MB" in (world.problem or "")
    assert world.targets() == ["b.py:aid"]


@pytest.mark.skipif(os.name == "nt", reason="symlinks need a privilege there")
def test_links_and_pipes_are_not_followed(world: World, tmp_path: Path) -> None:
    world.write_scip(documents())
    (world.root / PRECISE_INDEX).rename(tmp_path / "elsewhere")
    (world.root / PRECISE_INDEX).symlink_to(tmp_path / "elsewhere")
    world.refresh()
    assert world.targets() == ["b.py:aid"]
    assert world.problem
    (world.root / PRECISE_INDEX).unlink()
    os.mkfifo(world.root / PRECISE_INDEX)
    world.refresh()
    assert "regular" in (world.problem or "")


def test_paths_outside_of_the_index_are_ignored(world: World) -> None:
    world.write_scip([*documents(), ScipDocument("../x.py", ()), ScipDocument("/etc/passwd", ()), ScipDocument("", ())])
    world.refresh()
    assert world.targets() == ["c.py:aid"]


def test_an_export_has_definitions_references_and_texts(world: World) -> None:
    world.write("d.py", 'class Jar:\n    """A jar."""\n    def open(self):\n        return self.open()\n')
    world.refresh()

    def exported() -> bytes:
        return b"".join(export_index(Resolver(world.store), "file:///r", "1", str.upper))

    data = exported()
    assert data == exported()
    assert b"A JAR." in data
    assert b"DEF OPEN(SELF)" in data
    world.write(PRECISE_INDEX, data.replace(b"forethought\x12", b"forethinker\x12", 1), INDEXED)
    world.refresh()
    assert world.problem is None
    assert world.store.precise("a.py") == {Position(3, 11): ("b.py", "aid")}
    assert world.store.precise("d.py") == {Position(3, 20): ("d.py", "Jar.open")}
