import time
from pathlib import Path

import pytest

from forethought.engine.ipc.crash_records import crash_count, record_crash
from forethought.engine.ipc.runtime_dir import RuntimeDir, runtime_dir_of


@pytest.fixture
def runtime_dir(tmp_path: Path) -> RuntimeDir:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    return runtime_dir


def test_crashes_are_counted_per_state_of_the_model_file(runtime_dir: RuntimeDir) -> None:
    assert not record_crash(runtime_dir, "size:time")
    runtime_dir.fatal.write_text("Fatal Python error: Aborted")
    assert record_crash(runtime_dir, "size:time")
    assert not record_crash(runtime_dir, "size:time")
    runtime_dir.loading.touch()
    assert record_crash(runtime_dir, "size:time")
    assert crash_count(runtime_dir, "size:time") == 2
    assert crash_count(runtime_dir, "another:time") == 0


def test_crashes_are_forgotten_after_a_day(runtime_dir: RuntimeDir, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime_dir.loading.touch()
    record_crash(runtime_dir, "size:time")
    tomorrow = time.time() + 25 * 3600
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    assert crash_count(runtime_dir, "size:time") == 0


def test_an_empty_fatal_file_is_not_a_crash(runtime_dir: RuntimeDir) -> None:
    runtime_dir.fatal.touch()
    assert not record_crash(runtime_dir, "size:time")


@pytest.mark.parametrize("garbage", ["", "[1]", '{"fingerprint": "size:time", "times": "many"}', "{"])
def test_a_damaged_record_counts_as_none(runtime_dir: RuntimeDir, garbage: str) -> None:
    runtime_dir.crashes.write_text(garbage)
    assert crash_count(runtime_dir, "size:time") == 0
