import stat
import time
from pathlib import Path

import pytest

from forethought.engine.client.model_records import Records, Speed
from forethought.engine.ipc import runtime_dir as runtime_dirs
from forethought.engine.ipc.runtime_dir import FileLock, collect_crash, crash_count, is_running, runtime_dir_of
from forethought.errors import EngineUnavailable, ModelLoadError


def test_places_differ_by_what_they_serve(tmp_path: Path) -> None:
    assert runtime_dir_of(tmp_path, "llama:/a.gguf") != runtime_dir_of(tmp_path, "llama:/b.gguf")
    assert runtime_dir_of(tmp_path, "llama:/a.gguf") == runtime_dir_of(tmp_path, "llama:/a.gguf")


def test_a_socket_path_is_never_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("é" * 60) / ("b" * 60)
    runtime_dir = runtime_dir_of(deep, "x")
    assert len(str(runtime_dir.socket).encode()) <= runtime_dirs.SOCKET_PATH_LIMIT
    assert runtime_dir.socket != runtime_dir_of(deep, "y").socket
    assert runtime_dir.socket != runtime_dir_of(deep / "c", "x").socket


def test_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path / ("long" * 40), "x")
    runtime_dir.prepare()
    for folder in (runtime_dir.folder, runtime_dir.socket.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "engine").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EngineUnavailable, match="not a folder of yours"):
        runtime_dir_of(tmp_path, "x").prepare()


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineUnavailable, match="FORETHOUGHT_RUNTIME_DIR"):
        runtime_dir_of(tmp_path / "file", "x").prepare()


def test_one_lock_has_one_holder(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_a_lock_whose_file_was_removed_is_not_intact(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert lock.acquire()
    assert lock.intact
    lock.path.unlink()
    assert not lock.intact
    lock.release()


def test_a_place_runs_while_its_lock_is_held(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    assert not is_running(runtime_dir)
    lock = FileLock(runtime_dir.lock)
    assert lock.acquire()
    assert is_running(runtime_dir)
    lock.release()
    assert not is_running(runtime_dir)


def test_crashes_are_counted_for_one_state_of_a_file(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    assert not collect_crash(runtime_dir, "size:time")
    runtime_dir.fatal.write_text("Fatal Python error: Aborted")
    assert collect_crash(runtime_dir, "size:time")
    assert not collect_crash(runtime_dir, "size:time")
    runtime_dir.loading.touch()
    assert collect_crash(runtime_dir, "size:time")
    assert crash_count(runtime_dir, "size:time") == 2
    assert crash_count(runtime_dir, "another:time") == 0


def test_old_crashes_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    runtime_dir.loading.touch()
    collect_crash(runtime_dir, "mark")
    later = time.time() + 2 * 24 * 3600
    monkeypatch.setattr(runtime_dirs.time, "time", lambda: later)
    assert crash_count(runtime_dir, "mark") == 0


def test_an_empty_fatal_file_is_no_crash(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    runtime_dir.fatal.touch()
    assert not collect_crash(runtime_dir, "mark")


def test_a_digest_is_of_the_content_and_follows_it(tmp_path: Path) -> None:
    records = Records(tmp_path / "cache")
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"weights")
    two.write_bytes(b"weights")
    assert records.digest(one) == records.digest(two)
    two.write_bytes(b"changed weights")
    assert records.digest(one) != records.digest(two)


def test_a_known_digest_needs_no_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records, path = Records(tmp_path / "cache"), tmp_path / "one"
    path.write_bytes(b"weights")
    digest = records.digest(path)
    monkeypatch.setattr("hashlib.file_digest", None)
    assert Records(tmp_path / "cache").digest(path) == digest


def test_a_missing_model_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError):
        Records(tmp_path).digest(tmp_path / "none")


def test_speeds_are_remembered_and_garbage_is_not_believed(tmp_path: Path) -> None:
    records = Records(tmp_path)
    assert records.speed("d") == Speed()
    records.keep_speed("d", Speed(200.0, 50.0, "cpu"))
    assert Records(tmp_path).speed("d") == Speed(200.0, 50.0, "cpu")
    (tmp_path / "engine" / "speeds.json").write_text('{"d": {"prompt": "fast", "completion": -1, "device": 3}}')
    assert records.speed("d") == Speed()
    (tmp_path / "engine" / "speeds.json").write_text("no json")
    assert records.speed("d") == Speed()


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    model = tmp_path / "model"
    model.write_bytes(b"x")
    assert len(Records(tmp_path / "file").digest(model)) == 64
