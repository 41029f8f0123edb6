"""Indexes count towards the size limit, and those not used for longest go first."""

import os
import time
from pathlib import Path

from forethought.store.index_files import evict_indexes, index_bytes
from forethought.store.index_store import IndexStore


def put(folder: Path, root: str, hours: float, suffix: str = "sqlite", size: int = 1000) -> Path:
    file = folder / "index" / f"{root * 16}.{suffix}"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"x" * size)
    then = time.time() - 3600 * hours
    os.utime(file, (then, then))
    return file


def test_nothing_takes_no_space(tmp_path: Path) -> None:
    assert index_bytes(tmp_path) == 0
    evict_indexes(tmp_path, 0)


def test_indexes_go_whole_the_least_recently_used_first(tmp_path: Path) -> None:
    old = [put(tmp_path, "aa", 50), put(tmp_path, "aa", 50, "words.sqlite")]
    used = [put(tmp_path, "bb", 90), put(tmp_path, "bb", 3, "sqlite-wal")]
    other = put(tmp_path, "zz", 99, "txt.")
    assert index_bytes(tmp_path) == 4000
    evict_indexes(tmp_path, 2500)
    assert [path.exists() for path in (*old, *used, other)] == [False, False, True, True, True]
    evict_indexes(tmp_path, 2500)
    assert index_bytes(tmp_path) == 2000


def test_what_was_used_lately_stays_whatever_it_takes(tmp_path: Path) -> None:
    put(tmp_path, "aa", 0.5)
    evict_indexes(tmp_path, 0)
    assert index_bytes(tmp_path) == 1000


def test_an_index_that_is_opened_counts_as_used(tmp_path: Path) -> None:
    IndexStore.open(tmp_path, tmp_path / "root").close()
    (file,) = (tmp_path / "index").glob("*.sqlite")
    os.utime(file, (0, 0))
    IndexStore.open(tmp_path, tmp_path / "root").close()
    evict_indexes(tmp_path, 0)
    assert file.exists()
