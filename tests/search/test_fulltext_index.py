"""The full-text index finds files, passages and insights by any word, and failures of its file end no session."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from forethought.errors import StoreError
from forethought.names.resolver import Target
from forethought.search import fulltext_index
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.passages import FileWords, Passage


def file_words(path: str, digest: str = "1", **passages: str) -> FileWords:
    text = " ".join(passages.values())
    return FileWords(path, digest, path, "", text, tuple(Passage(key, key, said) for key, said in passages.items()))


def opened(folder: Path, version: str = "1") -> FulltextIndex:
    return FulltextIndex.of_root(folder, folder, version)


def found(store: FulltextIndex, *words: str) -> list[tuple[str, ...]]:
    scores = store.search(words).passages
    return sorted(scores, key=lambda key: -scores[key])


def test_passages_and_files_are_found_by_any_word_best_first(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([file_words("a.py", f="retry retry wait", g="other"), file_words("b.py", h="wait a long long time")])
    assert found(store, "retry", "wait") == [("a.py", "f"), ("b.py", "h")]
    assert list(store.search(["wait"]).files) == ["a.py", "b.py"]
    assert store.search([]).files == {}


def test_forms_of_a_word_are_one(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([file_words("a.py", f="retries"), file_words("b.py", g="unrelated"), file_words("c.py", h="nothing")])
    assert found(store, "retry") == [("a.py", "f")]


def test_words_cannot_be_a_query_of_their_own(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([file_words("a.py", f="near and not")])
    assert found(store, "near", "and", "not") == [("a.py", "f")]


def test_a_file_is_replaced_whole_and_removed(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([file_words("a.py", f="retry"), file_words("b.py", g="wait")])
    store.put([file_words("a.py", "2", f="other")])
    assert found(store, "retry") == []
    assert store.stamps() == {"a.py": "2", "b.py": "1"}
    store.remove(["b.py", "never.py"])
    assert found(store, "wait") == []
    assert store.context_hashes() == {Target("a.py", "f"): None}


def test_insights_are_found_replaced_and_go_with_their_file(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([file_words("a.py", f="code"), file_words("b.py", g="code")])
    store.put_insights({Target("a.py", "f"): ("hash", "waits politely"), Target("gone.py", "f"): ("hash", "politely")})
    assert list(store.search(["politely"]).insights) == [("a.py", "f")]
    assert store.context_hashes()[Target("a.py", "f")] == "hash"
    store.put_insights({Target("a.py", "f"): ("other", "hurries")})
    assert store.search(["politely"]).insights == {}
    store.put([file_words("a.py", "2", f="code")])
    assert store.search(["hurries"]).insights == {}


def test_another_process_and_the_next_start_find_it(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([file_words("a.py", f="retry")])
    assert found(opened(tmp_path), "retry") == [("a.py", "f")]
    store.close()
    assert found(store, "retry") == [("a.py", "f")]


def test_words_of_another_version_are_read_again_without_a_problem(tmp_path: Path) -> None:
    opened(tmp_path, "1").put([file_words("a.py", f="retry")])
    store = opened(tmp_path, "2")
    assert store.stamps() == {}
    assert store.problem is None


@pytest.mark.parametrize("garbage", [b"garbage" * 2000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_rebuilt_and_reported(tmp_path: Path, garbage: bytes) -> None:
    store = opened(tmp_path)
    store.put([file_words("a.py", f="retry")])
    store.close()
    (file,) = tmp_path.glob("index/*.words.sqlite")
    file.write_bytes(garbage)
    store = opened(tmp_path)
    assert store.stamps() == {}
    assert store.problem is not None and "damaged" in store.problem
    store.put([file_words("a.py", f="retry")])
    assert found(store, "retry") == [("a.py", "f")]


def test_a_folder_that_cannot_be_written_leaves_it_in_memory(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file where the folder should be")
    store = opened(tmp_path)
    store.put([file_words("a.py", f="retry")])
    assert found(store, "retry") == [("a.py", "f")]
    assert store.problem is not None and "memory" in store.problem


def test_without_full_text_search_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulltext_index, "_SCHEMA", fulltext_index._SCHEMA.replace("USING fts5", "USING fts5_absent"))
    with pytest.raises(StoreError, match="which this Python's SQLite lacks"):
        opened(tmp_path).stamps()


def test_a_writer_that_takes_long_is_an_error_and_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.store.sqlite.BUSY_SECONDS", 0.05)
    store = opened(tmp_path)
    store.put([file_words("a.py", f="retry")])
    (file,) = tmp_path.glob("index/*.words.sqlite")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another process"):
        store.put([file_words("b.py", f="retry")])
    other.execute("ROLLBACK")
    assert found(store, "retry") == [("a.py", "f")]


def test_paths_and_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    path = os.fsdecode(b"caf\xe9.py")
    store = opened(tmp_path)
    store.put([FileWords(path, "1", path, "\udce9", "retry", (Passage("\udce9", "\udce9", "retry"),))])
    assert found(store, "retry") == [(path, "\udce9")]


def test_threads_search_while_one_writes(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([file_words("a.py", f="retry")])
    wrong: list[object] = []

    def search() -> None:
        wrong.extend(result for _ in range(50) if (result := found(store, "retry")) != [("a.py", "f")])

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        store.put([file_words("b.py", str(number), g="other")])
    for thread in threads:
        thread.join()
    assert not wrong
