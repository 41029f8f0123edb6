import os
from pathlib import Path

import pytest

from forethought.engine.client.model_records import ModelRecords, Speed, fingerprint
from forethought.errors import ModelLoadError


def test_a_digest_depends_on_the_content_and_follows_it(tmp_path: Path) -> None:
    records = ModelRecords(tmp_path / "cache")
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"weights")
    two.write_bytes(b"weights")
    assert records.digest(one) == records.digest(two)
    two.write_bytes(b"changed weights")
    assert records.digest(one) != records.digest(two)


def test_a_known_digest_needs_no_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records, path = ModelRecords(tmp_path / "cache"), tmp_path / "one"
    path.write_bytes(b"weights")
    digest = records.digest(path)
    monkeypatch.setattr("hashlib.file_digest", None)
    assert ModelRecords(tmp_path / "cache").digest(path) == digest


def test_a_replaced_file_is_read_again_whatever_its_times_say(tmp_path: Path) -> None:
    records = ModelRecords(tmp_path / "cache")
    path, other = tmp_path / "model", tmp_path / "other"
    path.write_bytes(b"weights")
    other.write_bytes(b"WEIGHTS")
    digest, state = records.digest(path), fingerprint(path)
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    assert records.digest(path) != digest
    assert fingerprint(path) != state


def test_a_missing_model_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError):
        ModelRecords(tmp_path).digest(tmp_path / "none")


def test_speeds_are_remembered_and_garbage_is_ignored(tmp_path: Path) -> None:
    records = ModelRecords(tmp_path)
    assert records.speed("d") == Speed()
    records.save_speed("d", Speed(200.0, 50.0, "cpu"))
    assert ModelRecords(tmp_path).speed("d") == Speed(200.0, 50.0, "cpu")
    (tmp_path / "engine" / "speeds.json").write_text('{"d": {"prompt": "fast", "completion": -1, "device": 3}}')
    assert records.speed("d") == Speed()
    (tmp_path / "engine" / "speeds.json").write_text("no json")
    assert records.speed("d") == Speed()


def test_an_unwritable_cache_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    model = tmp_path / "model"
    model.write_bytes(b"x")
    assert len(ModelRecords(tmp_path / "file").digest(model)) == 64
