"""The indexer reads what changed and nothing else, and no single file can spoil the rest."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from forethought.engine.api import CancelToken
from forethought.errors import IndexingError
from forethought.repo.discovery import UnreadableSource, read_source
from forethought.store.index_store import IndexStore
from forethought.store.tags_encoding import EncodedTags
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import Language, load_languages
from forethought.syntax.tags import FileTags
from forethought.workspace import indexer as indexer_module
from forethought.workspace.indexer import MAX_FILES_IN_PROCESS, Indexer
from forethought.workspace.parser_process import ParserWorker
from support.polling import eventually

pytestmark = pytest.mark.slow

OLD = 1_700_000_000


def write(root: Path, path: str, text: str, age: int = 0) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (OLD - age, OLD - age))


def indexer_of(tmp_path: Path, **settings: object) -> Indexer:
    root = tmp_path / "root"
    root.mkdir(exist_ok=True)
    return Indexer(IndexStore.open(tmp_path / "cache", root), root, load_languages(), None, **settings)  # type: ignore[arg-type]


def many(root: Path, count: int = MAX_FILES_IN_PROCESS + 5) -> None:
    for number in range(count):
        write(root, f"m{number}.py", f"def make{number}(): ...\n")


def test_a_second_run_reads_nothing_even_after_a_restart(tmp_path: Path) -> None:
    indexer = indexer_of(tmp_path)
    write(tmp_path / "root", "a.py", "def make(): ...\n")
    write(tmp_path / "root", "b.py", "def mend(): ...\n")
    first = indexer.refresh()
    assert (first.files, first.symbols, first.read, first.changed) == (2, 2, 2, ("a.py", "b.py"))
    again = indexer_of(tmp_path).refresh()
    assert (again.files, again.read, again.changed) == (2, 0, ())


def test_only_the_file_that_changed_is_read_again(tmp_path: Path) -> None:
    indexer = indexer_of(tmp_path)
    write(tmp_path / "root", "a.py", "def make(): ...\n")
    write(tmp_path / "root", "b.py", "def mend(): ...\n")
    indexer.refresh()
    write(tmp_path / "root", "b.py", "def mind(): ...\n", age=10)
    report = indexer.refresh()
    assert (report.read, report.changed) == (1, ("b.py",))
    assert indexer.store.definitions_named("mind")
    assert not indexer.store.definitions_named("mend")


def test_a_touched_file_is_read_but_not_changed(tmp_path: Path) -> None:
    indexer = indexer_of(tmp_path)
    write(tmp_path / "root", "a.py", "def make(): ...\n")
    indexer.refresh()
    write(tmp_path / "root", "a.py", "def make(): ...\n", age=10)
    report = indexer.refresh()
    assert (report.read, report.changed) == (1, ())


def test_a_file_written_just_now_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.workspace.indexer._UNSETTLED_NS", 60_000_000_000)  # however slow this machine is
    indexer = indexer_of(tmp_path)
    file = tmp_path / "root" / "a.py"
    file.write_text("def make(): ...\n")
    indexer.refresh()
    status = file.stat()
    file.write_text("def mend(): ...\n")  # the same size
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    indexer.refresh()
    assert indexer.store.definitions_named("mend")


def test_a_deleted_file_is_forgotten(tmp_path: Path) -> None:
    indexer = indexer_of(tmp_path)
    write(tmp_path / "root", "a.py", "def make(): ...\n")
    indexer.refresh()
    (tmp_path / "root" / "a.py").unlink()
    report = indexer.refresh()
    assert (report.files, report.removed) == (0, ("a.py",))


def test_a_refresh_of_some_paths_leaves_the_others_alone(tmp_path: Path) -> None:
    indexer = indexer_of(tmp_path)
    for path in ("a.py", "sub/b.py", "sub/c.py"):
        write(tmp_path / "root", path, "def make(): ...\n")
    (tmp_path / "root" / "data.bin").write_bytes(b"\0")
    indexer.refresh()
    for path in ("a.py", "sub/b.py"):
        write(tmp_path / "root", path, "def mend(): ...\n", age=10)
    (tmp_path / "root" / "sub" / "c.py").unlink()
    report = indexer.refresh(["sub"])
    assert (report.changed, report.removed) == (("sub/b.py",), ("sub/c.py",))
    assert indexer.refresh(["a.py"]).changed == ("a.py",)
    assert sum(report.skipped.values()) == 1


def test_many_files_are_parsed_in_worker_processes_that_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(language: object, source: bytes) -> FileTags:
        raise AssertionError("parsed in this process")

    indexer = indexer_of(tmp_path)
    many(tmp_path / "root")
    monkeypatch.setattr(indexer_module, "read_tags", fail)
    seen: list[tuple[int, int]] = []
    report = indexer.refresh(on_progress=lambda done, total: seen.append((done, total)))
    assert report.files == report.read == MAX_FILES_IN_PROCESS + 5
    assert not report.failures
    assert seen[-1] == (report.read, report.read)
    assert indexer.store.definitions_named("make3")
    assert not [child for child in psutil.Process().children() if "parser_worker" in " ".join(child.cmdline())]


@pytest.mark.parametrize("names", [3, MAX_FILES_IN_PROCESS])
def test_of_files_with_one_text_the_first_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: int
) -> None:
    parsed: list[bytes] = []

    def read(language: Language, source: bytes) -> FileTags:
        parsed.append(source)
        return read_tags(language, source)

    def encoded(worker: ParserWorker, language: str, source: bytes) -> EncodedTags:
        parsed.append(source)
        return real(worker, language, source)

    real = ParserWorker.encoded_tags
    monkeypatch.setattr(indexer_module, "read_tags", read)
    monkeypatch.setattr(ParserWorker, "encoded_tags", encoded)
    indexer = indexer_of(tmp_path)
    for copy in ("a", "b", "c"):
        for number in range(names):
            write(tmp_path / "root", f"{copy}/m{number}.py", f"def make{number}(): ...\n")
    report = indexer.refresh()
    assert (report.files, report.read, report.failures) == (3 * names, 3 * names, {})
    assert len(parsed) == len(set(parsed)) == names
    assert [found.path for found in indexer.store.definitions_named("make2")] == ["a/m2.py", "b/m2.py", "c/m2.py"]


def test_copies_of_a_text_that_cannot_be_parsed_fail_like_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(worker: ParserWorker, language: str, source: bytes) -> EncodedTags:
        if b"bad" in source:
            raise IndexingError("the parser crashed")
        return real(worker, language, source)

    real = ParserWorker.encoded_tags
    monkeypatch.setattr(ParserWorker, "encoded_tags", fail)
    indexer = indexer_of(tmp_path)
    many(tmp_path / "root")
    for copy in ("a", "b", "c"):
        write(tmp_path / "root", f"{copy}.py", "bad = 1\n")
    report = indexer.refresh()
    assert report.failures == dict.fromkeys(("a.py", "b.py", "c.py"), "the parser crashed")


def test_a_large_file_is_parsed_in_a_worker_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    indexer = indexer_of(tmp_path)
    write(tmp_path / "root", "large.py", "def make(): ...\n" + "#" * 120_000)
    monkeypatch.setattr(indexer_module, "read_tags", None)
    assert not indexer.refresh().failures
    assert indexer.store.definitions_named("make")


def test_a_cancelled_run_keeps_what_it_read_and_goes_on_later(tmp_path: Path) -> None:
    indexer = indexer_of(tmp_path)
    many(tmp_path / "root", 30)
    cancel = CancelToken()
    first = indexer.refresh(on_progress=lambda done, total: cancel.cancel() if done == 7 else None, cancel=cancel)
    assert first.cancelled
    assert first.files == 7
    second = indexer.refresh()
    assert (second.files, second.read) == (30, 23)


def test_one_bad_file_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(language: object, source: bytes) -> FileTags:
        if b"bad" in source:
            raise RecursionError
        return real(language, source)  # type: ignore[arg-type]

    real = indexer_module.read_tags
    monkeypatch.setattr(indexer_module, "read_tags", read)
    indexer = indexer_of(tmp_path)
    write(tmp_path / "root", "a.py", "bad = 1\n")
    write(tmp_path / "root", "b.py", "def make(): ...\n")
    report = indexer.refresh()
    assert list(report.failures) == ["a.py"]
    assert "RecursionError" in report.failures["a.py"]
    assert report.files == 1


def test_a_file_that_vanishes_or_cannot_be_read_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(root: Path, path: str) -> bytes:
        if path in reasons:
            raise UnreadableSource(path, reasons[path])
        return read_source(root, path)

    reasons = {"a.py": "missing", "b.py": "unreadable"}
    monkeypatch.setattr(indexer_module, "read_source", read)
    indexer = indexer_of(tmp_path)
    for path in ("a.py", "b.py", "c.py"):
        write(tmp_path / "root", path, f"def make_{path[0]}(): ...\n")
    report = indexer.refresh()
    assert report.files == 1
    assert report.failures == {"b.py": "unreadable"}
    assert report.skipped == {"unreadable": 1}


def test_another_process_that_writes_is_waited_for(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from forethought.store.index_store import IndexStore\n"
        "store = IndexStore.open(*map(pathlib.Path, sys.argv[1:]))\n"
        "print(store.acquire_writer(), flush=True); sys.stdin.read()"
    )
    write(tmp_path / "root", "a.py", "def make(): ...\n")
    arguments = [sys.executable, "-c", program, str(tmp_path / "cache"), str(tmp_path / "root")]
    other = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"True\n"
    indexer = indexer_of(tmp_path)
    cancel = CancelToken()
    cancel.cancel()
    waited = indexer.refresh(cancel=cancel)
    assert (waited.cancelled, waited.files) == (True, 0)
    other.kill()
    other.communicate()
    assert indexer.refresh().files == 1


def test_a_worker_reads_tags_and_names_what_it_cannot_read() -> None:
    worker = ParserWorker()
    try:
        assert worker.encoded_tags("python", b"def make(): ...\n").definitions == (("make", "make", "function"),)
        with pytest.raises(IndexingError, match="cobol"):
            worker.encoded_tags("cobol", b"")
        assert worker.encoded_tags("python", b"def mend(): ...\n").symbol_count == 1
    finally:
        worker.close()


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    slow = ParserWorker(seconds_per_file=0.0)
    with pytest.raises(IndexingError, match="too long"):
        slow.encoded_tags("python", b"x = 1\n" * 100_000)
    slow._seconds = 20.0
    try:
        assert slow.encoded_tags("python", b"def make(): ...\n").symbol_count == 1
    finally:
        slow.close()


def test_a_worker_that_crashes_is_started_again() -> None:
    worker = ParserWorker()
    try:
        worker.encoded_tags("python", b"")
        assert worker._process is not None
        worker._process.kill()
        worker._process.wait()
        assert worker.encoded_tags("python", b"def make(): ...\n").symbol_count == 1
    finally:
        worker.close()


def test_a_worker_ends_with_the_process_that_started_it() -> None:
    program = (
        "import sys; from forethought.workspace.parser_process import ParserWorker\n"
        "worker = ParserWorker(); worker.encoded_tags('python', b'')\n"
        "print(worker._process.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_a_module_of_the_folder_we_stand_in_is_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("import pathlib; pathlib.Path('canary').touch()\n")
    monkeypatch.chdir(tmp_path)
    worker = ParserWorker()
    try:
        worker.encoded_tags("python", b"")
    finally:
        worker.close()
    assert not (tmp_path / "canary").exists()
