import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forethought.engine.ipc.host_lock import HostLock, is_running, start_lock
from forethought.engine.ipc.runtime_dir import runtime_dir_of
from forethought.errors import EngineUnavailable

HOLD = """
import sys, time
from pathlib import Path
from forethought.engine.ipc.host_lock import HostLock
lock = HostLock(Path(sys.argv[1]))
assert lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    first, second = HostLock(tmp_path / "lock"), HostLock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_a_lock_is_not_intact_once_its_file_was_removed(tmp_path: Path) -> None:
    lock = HostLock(tmp_path / "lock")
    assert not lock.intact
    assert lock.acquire()
    assert lock.intact
    lock.path.unlink()
    assert not lock.intact
    successor = HostLock(lock.path)
    assert successor.acquire()
    assert successor.intact
    assert not lock.intact
    for held in (lock, successor):
        held.release()
        assert not held.intact


def test_a_host_runs_while_it_holds_its_lock(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    assert not is_running(runtime_dir)
    lock = HostLock(runtime_dir.lock)
    assert lock.acquire()
    assert is_running(runtime_dir)
    lock.release()
    assert not is_running(runtime_dir)


def test_the_system_releases_the_lock_of_a_killed_process(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, runtime_dir.lock],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_running(runtime_dir)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert not is_running(runtime_dir)


def test_a_second_start_gives_up_after_a_while_and_says_what_to_do(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    with (
        start_lock(runtime_dir, 0.0),
        pytest.raises(EngineUnavailable, match="engine stop"),
        start_lock(runtime_dir, 0.05),
    ):
        pytest.fail("two clients may start a host at once")
    with start_lock(runtime_dir, 0.0):
        pass


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_one_sentence_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    runtime_dir.lock.touch()
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(EngineUnavailable, match="FORETHOUGHT_RUNTIME_DIR"):
        is_running(runtime_dir)
    with pytest.raises(EngineUnavailable, match=os.strerror(number)), start_lock(runtime_dir, 60.0):
        pytest.fail("it started without a lock")


def test_a_lock_that_cannot_be_created_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(EngineUnavailable, match="cannot lock"):
        HostLock(tmp_path / "lock").acquire()
