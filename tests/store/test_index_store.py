"""The index store keeps what it is given, finds names again, and survives what disks and other processes do to it."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.store import tags_encoding
from forethought.store.index_store import IndexedFile, IndexStore
from forethought.syntax.symbol_kinds import SYMBOL_KINDS
from forethought.syntax.tags import Binding, FileTags, Import, Position, Range, Reference, Span, Symbol

TEXT = st.text(max_size=8)
NUMBERS = st.integers(0, 10**6)
RANGES = st.builds(Range, st.builds(Position, NUMBERS, NUMBERS), st.builds(Position, NUMBERS, NUMBERS))
SPANS = st.builds(Span, NUMBERS, NUMBERS)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)


@st.composite
def any_tags(draw: st.DrawFn) -> FileTags:
    ids = ["", *draw(st.lists(TEXT.filter(bool), unique=True, max_size=4))]
    scopes = st.sampled_from(ids)
    symbols = tuple(
        draw(
            st.builds(
                Symbol,
                st.just(symbol_id),
                TEXT,
                st.sampled_from(list(SYMBOL_KINDS)),
                RANGES,
                RANGES,
                SPANS,
                st.none() | SPANS,
                scopes,
                TEXT,
                st.none() | TEXT,
                TEXTS,
                st.none() | TEXT,
                TEXTS,
                TEXTS,
                TEXTS,
                TEXTS,
                TEXT,
                st.booleans(),
            )
        )
        for symbol_id in ids
    )
    references = st.builds(Reference, TEXT, TEXT, RANGES, scopes, st.none() | TEXT)
    imports = st.builds(Import, TEXT, TEXT, st.none() | TEXT, RANGES, scopes)
    bindings = st.builds(Binding, TEXT, scopes, RANGES, st.none() | TEXT, st.none() | TEXT)
    return FileTags(
        draw(TEXT),
        symbols,
        *(tuple(draw(st.lists(items, max_size=3))) for items in (references, imports, bindings)),
        draw(st.booleans()),
    )


def place(row: int) -> Range:
    return Range(Position(row, 0), Position(row, 5))


def file_tags(*names: str, calls: tuple[str, ...] = ()) -> FileTags:
    whole = Symbol("", "", "file", place(0), place(0), Span(0, 9), None, "", "")
    return FileTags(
        "python",
        (whole, *(Symbol(n, n, "function", place(i), place(i), Span(i, i), None, "", n) for i, n in enumerate(names))),
        tuple(Reference(name, "call", place(9), "") for name in calls),
        (),
        (),
        False,
    )


def indexed(path: str, tags: FileTags | None, text: str | None = None) -> IndexedFile:
    digest = hashlib.sha256((text or path).encode("utf-8", "surrogateescape")).hexdigest()
    return IndexedFile(path, 10, 20, digest, "python", tags)


def index_file(folder: Path) -> Path:
    return next((folder / "index").glob("*.sqlite"))


@given(any_tags())
def test_tags_survive_their_encoding(tags: FileTags) -> None:
    encoded = tags_encoding.encode(tags)
    outline = tags_encoding.decode_outline(encoded.outline)
    assert (outline.symbols, outline.imports, outline.bindings) == (tags.symbols, tags.imports, tags.bindings)
    again = tags_encoding.EncodedTags.from_parts(json.loads(json.dumps(encoded.parts()[0])), encoded.parts()[1])
    references = [
        item for name, places, _ in again.mentions for item in tags_encoding.decode_mentions(name, places, outline)
    ]
    assert Counter(references) == Counter(tags.references)


@given(st.binary(max_size=50))
def test_garbage_is_not_tags(blob: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        tags_encoding.decode_outline(blob)


def test_names_are_found_again_after_a_restart(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    tags = file_tags("make", "mend", calls=("make", "other"))
    store.put([indexed("a.py", tags)])
    store.close()
    again = IndexStore.open(tmp_path, tmp_path)
    assert [tuple(item) for item in again.definitions_named("make")] == [("a.py", "make", "function", "python")]
    assert again.references_named("other") == (("a.py", tags.references[1]),)
    assert again.tags("a.py") == tags
    assert again.stamps()["a.py"][:2] == (10, 20)
    assert again.counts().symbols == 2
    assert again.problem is None


def test_paths_and_names_need_not_be_valid_utf8(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("caf\udce9.py", file_tags("na\udce9me"))])
    assert store.paths() == {"caf\udce9.py"}
    assert store.definitions_named("na\udce9me")[0].path == "caf\udce9.py"


def test_a_garbled_row_is_forgotten_so_that_its_file_is_read_again(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("make")), indexed("b.py", file_tags("mend"))])
    store.close()
    connection = sqlite3.connect(index_file(tmp_path))
    connection.execute("UPDATE contents SET outline = x'00' WHERE id = 1")
    connection.commit()
    connection.close()
    again = IndexStore.open(tmp_path, tmp_path)
    assert again.tags("a.py") is None
    assert set(again.stamps()) == {"b.py"}
    assert again.problem
    again.put([indexed("a.py", file_tags("make"))])
    assert again.tags("a.py") == file_tags("make")


def test_two_paths_with_one_text_share_what_was_read(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("make"), "same")])
    digest = store.content_hash("a.py")
    assert digest is not None
    assert store.has_content(digest, "python")
    store.put([indexed("b.py", None, "same")])
    assert [item.path for item in store.definitions_named("make")] == ["a.py", "b.py"]


def test_only_the_present_text_of_an_edited_file_stays_in_memory(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    for number in range(5):
        store.put([indexed("a.py", file_tags(f"make{number}"), f"text {number}")])
        assert store.tags("a.py") is not None
        assert store.outline("a.py") is not None
    assert len(store._decoded) == 2  # with references and without


def test_a_branch_switch_back_finds_the_older_text(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("one"), "one")])
    store.put([indexed("a.py", file_tags("two"), "two")])
    assert store.definitions_named("one") == ()
    store.put([indexed("a.py", None, "one")])
    assert store.definitions_named("one")
    assert store.definitions_named("two") == ()


def test_pruning_forgets_unused_texts_only(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("one", calls=("x",)), "one")])
    store.put([indexed("a.py", file_tags("two", calls=("y",)), "two")])
    store.prune(keep=0)
    assert not store.has_content(hashlib.sha256(b"one").hexdigest(), "python")
    assert store.definitions_named("two")
    assert store.references_named("y")


def test_a_removed_file_is_gone_and_the_generation_grows(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("make", calls=("make",)))])
    before, paths = store.generation, store.paths()
    assert store.paths() is paths
    store.remove(["a.py"])
    assert store.generation > before
    assert store.paths() == frozenset()
    assert store.tags("a.py") is None
    assert store.definitions_named("make") == store.references_named("make") == ()


def test_search_finds_parts_of_names_shortest_first(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("remake", "Make", "other"))])
    assert [item.symbol_id for item in store.search("make")] == ["Make", "remake"]


def test_skipped_files_keep_their_reason(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.set_skipped({"a.bin": "binary", "b.bin": "binary", "c.min.js": "minified"})
    assert store.counts().skipped == {"binary": 2, "minified": 1}


def test_the_subject_before_an_edit_stays_known_through_a_reindex(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.context_hashes.put("a.py", {"make": ("hash1", "subject1")})
    store.context_hashes.mark_insights("a.py", ["make"])
    for number in (2, 3):
        store.put([indexed("a.py", file_tags("make"), str(number))])
        store.context_hashes.put("a.py", {"make": (f"hash{number}", f"subject{number}")})
    assert store.context_hashes.of("a.py") == {"make": ("hash3", "subject3")}
    assert store.context_hashes.last_with_insights("a.py").get("make") == "subject1"


def test_without_a_thought_the_subject_before_is_remembered(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.context_hashes.put("a.py", {"make": ("hash1", "subject1")})
    assert store.context_hashes.last_with_insights("a.py").get("make") is None
    store.context_hashes.put("a.py", {"make": ("hash2", "subject2")})
    store.context_hashes.put("a.py", {"make": ("hash3", "subject2")})
    assert store.context_hashes.last_with_insights("a.py").get("make") == "subject1"


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_garbage_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("make"))])
    store.close()
    index_file(tmp_path).write_bytes(content)
    again = IndexStore.open(tmp_path, tmp_path)
    assert again.problem
    assert again.paths() == frozenset()
    again.put([indexed("a.py", file_tags("make"))])
    again.close()
    assert IndexStore.open(tmp_path, tmp_path).definitions_named("make")


def test_a_truncated_file_is_set_aside_when_it_is_noticed(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed(f"{n}.py", file_tags(*(f"name{n}_{i}" for i in range(50)))) for n in range(50)])
    store.close()
    file = index_file(tmp_path)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    again = IndexStore.open(tmp_path, tmp_path)
    for number in range(50):
        again.definitions_named(f"name{number}_1")
        again.tags(f"{number}.py")
    again.put([indexed("a.py", file_tags("make"))])
    assert again.definitions_named("make")


@pytest.mark.parametrize("version", [0, 99])
def test_an_index_of_another_schema_version_is_rebuilt(tmp_path: Path, version: int) -> None:
    IndexStore.open(tmp_path, tmp_path).put([indexed("a.py", file_tags("make"))])
    connection = sqlite3.connect(index_file(tmp_path))
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    again = IndexStore.open(tmp_path, tmp_path)
    assert again.paths() == frozenset()
    again.put([indexed("a.py", file_tags("make"))])
    assert again.definitions_named("make")


def test_another_extractor_reads_everything_again_but_keeps_subjects(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path, "1")
    store.put([indexed("a.py", file_tags("make"))])
    store.context_hashes.put("a.py", {"make": ("hash", "subject")})
    store.close()
    again = IndexStore.open(tmp_path, tmp_path, "2")
    assert again.stamps() == {}
    assert again.context_hashes.of("a.py") == {"make": ("hash", "subject")}


def test_a_folder_that_cannot_be_written_gives_an_index_in_memory(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file where the folder should be")
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("make"))])
    assert store.definitions_named("make")
    assert store.problem
    assert "memory" in store.problem


def test_a_file_deleted_under_a_running_server_does_no_harm(tmp_path: Path) -> None:
    store = IndexStore.open(tmp_path, tmp_path)
    store.put([indexed("a.py", file_tags("make"))])
    for file in (tmp_path / "index").iterdir():
        file.unlink()
    store.put([indexed("b.py", file_tags("mend"))])
    assert store.definitions_named("mend")


def test_one_process_writes_at_a_time_and_a_dead_one_holds_nobody_up(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from forethought.store.index_store import IndexStore\n"
        "store = IndexStore.open(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1]))\n"
        "print(store.acquire_writer(), flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "True\n"
    store = IndexStore.open(tmp_path, tmp_path)
    assert not store.acquire_writer()
    assert store.paths() == frozenset()
    other.kill()
    other.communicate()
    assert store.acquire_writer()
    store.release_writer()


def test_what_another_process_writes_is_seen(tmp_path: Path) -> None:
    mine, theirs = IndexStore.open(tmp_path, tmp_path), IndexStore.open(tmp_path, tmp_path)
    before = mine.generation
    theirs.put([indexed("a.py", file_tags("make"))])
    assert mine.generation > before
    assert mine.paths() == {"a.py"}
    assert mine.definitions_named("make")
