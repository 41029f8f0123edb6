import stat
import time
from pathlib import Path

import pytest

from forethought.engine import place as places
from forethought.engine.place import FileLock, collect_crash, crash_count, is_running, place_of
from forethought.engine.records import Records, Speed
from forethought.errors import EngineUnavailable, ModelLoadError


def test_places_differ_by_what_they_serve(tmp_path: Path) -> None:
    assert place_of(tmp_path, "llama:/a.gguf") != place_of(tmp_path, "llama:/b.gguf")
    assert place_of(tmp_path, "llama:/a.gguf") == place_of(tmp_path, "llama:/a.gguf")


def test_a_socket_path_is_never_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("é" * 60) / ("b" * 60)
    place = place_of(deep, "x")
    assert len(str(place.socket).encode()) <= places.SOCKET_PATH_LIMIT
    assert place.socket != place_of(deep, "y").socket
    assert place.socket != place_of(deep / "c", "x").socket


def test_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    place = place_of(tmp_path / ("long" * 40), "x")
    place.prepare()
    for folder in (place.folder, place.socket.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "engine").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EngineUnavailable, match="not a folder of yours"):
        place_of(tmp_path, "x").prepare()


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineUnavailable, match="FORETHOUGHT_RUNTIME_DIR"):
        place_of(tmp_path / "file", "x").prepare()


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
    place = place_of(tmp_path, "x")
    place.prepare()
    assert not is_running(place)
    lock = FileLock(place.lock)
    assert lock.acquire()
    assert is_running(place)
    lock.release()
    assert not is_running(place)


def test_crashes_are_counted_for_one_state_of_a_file(tmp_path: Path) -> None:
    place = place_of(tmp_path, "x")
    place.prepare()
    assert not collect_crash(place, "size:time")
    place.fatal.write_text("Fatal Python error: Aborted")
    assert collect_crash(place, "size:time")
    assert not collect_crash(place, "size:time")
    place.loading.touch()
    assert collect_crash(place, "size:time")
    assert crash_count(place, "size:time") == 2
    assert crash_count(place, "another:time") == 0


def test_old_crashes_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_of(tmp_path, "x")
    place.prepare()
    place.loading.touch()
    collect_crash(place, "mark")
    later = time.time() + 2 * 24 * 3600
    monkeypatch.setattr(places.time, "time", lambda: later)
    assert crash_count(place, "mark") == 0


def test_an_empty_fatal_file_is_no_crash(tmp_path: Path) -> None:
    place = place_of(tmp_path, "x")
    place.prepare()
    place.fatal.touch()
    assert not collect_crash(place, "mark")


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
