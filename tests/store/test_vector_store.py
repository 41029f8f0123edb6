"""Vectors are kept by content, and healed when something is wrong with them."""

import sqlite3
from pathlib import Path

from forethought.embedding.embedder import Vector
from forethought.names.resolver import Target
from forethought.store.index_files import index_file
from forethought.store.vector_store import PlacedVector, VectorStore

A, B = Vector(0.5, bytes([1, 2, 3, 254])), Vector(0.25, bytes(4))


def opened(folder: Path, digest: str = "model", dimensions: int = 4) -> VectorStore:
    return VectorStore.of_root(folder, folder, digest, dimensions)


def filled(folder: Path) -> VectorStore:
    store = opened(folder)
    store.put_vectors({b"a": A, b"b": B})
    store.put_file("x.py", "1", [("f", b"a"), ("g", b"b")])
    store.put_file("y.py", "2", [("", b"a")])
    return store


def file_of(folder: Path) -> Path:
    return index_file(folder, folder, "vectors.sqlite")


def change(folder: Path, statement: str) -> None:
    with sqlite3.connect(file_of(folder)) as connection:
        connection.execute(statement)
    connection.close()


def test_what_is_put_is_there_in_the_next_process(tmp_path: Path) -> None:
    filled(tmp_path).close()
    store = opened(tmp_path)
    assert sorted(store.load()) == [
        PlacedVector(Target("x.py", "f"), A),
        PlacedVector(Target("x.py", "g"), B),
        PlacedVector(Target("y.py", ""), A),
    ]
    assert store.stamps() == {"x.py": "1", "y.py": "2"}
    assert store.problem is None


def test_a_vector_stays_as_long_as_any_text_has_it(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.remove(["x.py"])
    assert store.known([b"a", b"b"]) == {b"a"}
    assert [placed.target.path for placed in store.load()] == ["y.py"]


def test_another_models_vectors_are_not_used(tmp_path: Path) -> None:
    filled(tmp_path).close()
    store = opened(tmp_path, "another")
    assert (store.load(), store.stamps(), store.known([b"a"])) == ([], {}, set())


def test_files_whose_vectors_are_damaged_lose_their_stamp(tmp_path: Path) -> None:
    filled(tmp_path).close()
    change(tmp_path, "UPDATE vectors SET bytes = x'0102' WHERE key = CAST('b' AS BLOB)")
    store = opened(tmp_path)
    before = store.revision
    assert [placed.target.path for placed in store.load()] == ["x.py", "y.py"]
    assert store.stamps() == {"y.py": "2"}
    assert store.known([b"a", b"b"]) == {b"a"}
    assert store.revision != before
    assert "computed again" in (store.problem or "")


def test_files_whose_vectors_are_missing_lose_their_stamp(tmp_path: Path) -> None:
    filled(tmp_path).close()
    change(tmp_path, "DELETE FROM vectors WHERE key = CAST('a' AS BLOB)")
    store = opened(tmp_path)
    store.load()
    assert store.stamps() == {}


def test_a_file_that_was_cut_is_set_aside(tmp_path: Path) -> None:
    filled(tmp_path).close()
    file = file_of(tmp_path)
    file.write_bytes(file.read_bytes()[:5000])
    store = opened(tmp_path)
    assert store.load() == []
    store.put_vectors({b"a": A})
    store.put_file("x.py", "1", [("f", b"a")])
    assert store.load() == [PlacedVector(Target("x.py", "f"), A)]
    assert "damaged" in (store.problem or "")


def test_names_that_are_not_unicode_are_kept(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put_vectors({b"a": A})
    store.put_file("\udcff.py", "1", [("\udc80", b"a")])
    assert store.load() == [PlacedVector(Target("\udcff.py", "\udc80"), A)]
