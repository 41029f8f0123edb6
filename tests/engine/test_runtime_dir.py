import stat
import sys
from pathlib import Path

import pytest

from forethought.engine.ipc.runtime_dir import MAX_SOCKET_PATH_BYTES, all_runtime_dirs, runtime_dir_of
from forethought.errors import EngineUnavailable


def test_each_model_has_files_of_its_own(tmp_path: Path) -> None:
    assert runtime_dir_of(tmp_path, "llama:/a.gguf") != runtime_dir_of(tmp_path, "llama:/b.gguf")
    assert runtime_dir_of(tmp_path, "llama:/a.gguf") == runtime_dir_of(tmp_path, "llama:/a.gguf")


def test_hosts_are_found_by_the_files_they_left(tmp_path: Path) -> None:
    assert all_runtime_dirs(tmp_path) == []
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    runtime_dir.log.touch()
    runtime_dir.lock.touch()
    (runtime_dir.folder / ".draft.json").touch()
    assert all_runtime_dirs(tmp_path) == [runtime_dir]


def test_a_socket_path_is_never_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("é" * 60) / ("b" * 60)
    runtime_dir = runtime_dir_of(deep, "x")
    assert len(str(runtime_dir.socket).encode()) <= MAX_SOCKET_PATH_BYTES
    assert runtime_dir.socket != runtime_dir_of(deep, "y").socket
    assert runtime_dir.socket != runtime_dir_of(deep / "c", "x").socket


def test_only_the_owner_can_enter_the_folders(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path / ("long" * 40), "x")
    runtime_dir.prepare()
    for folder in (runtime_dir.folder, runtime_dir.socket.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "engine").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EngineUnavailable, match="not a folder of yours"):
        runtime_dir_of(tmp_path, "x").prepare()


def test_a_folder_that_cannot_be_created_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineUnavailable, match="FORETHOUGHT_RUNTIME_DIR"):
        runtime_dir_of(tmp_path / "file", "x").prepare()


@pytest.mark.skipif(sys.platform == "win32", reason="owners of POSIX")
def test_nothing_that_another_user_made_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    runtime_dir.secure()
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)
    for use in (runtime_dir.secure, runtime_dir.prepare, lambda: all_runtime_dirs(tmp_path)):
        with pytest.raises(EngineUnavailable, match=r"(of yours|another user).*FORETHOUGHT_RUNTIME_DIR"):
            use()


@pytest.mark.parametrize("name", ["socket", "port_file"])
def test_a_link_in_place_of_the_address_is_refused(tmp_path: Path, name: str) -> None:
    runtime_dir = runtime_dir_of(tmp_path, "x")
    runtime_dir.prepare()
    getattr(runtime_dir, name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EngineUnavailable, match="of yours"):
        runtime_dir.secure()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_folders_are_closed_before_they_are_used(tmp_path: Path) -> None:
    runtime_dir = runtime_dir_of(tmp_path / ("long" * 40), "x")
    runtime_dir.secure()
    assert not runtime_dir.folder.exists()
    runtime_dir.prepare()
    for folder in (runtime_dir.folder, runtime_dir.socket.parent):
        folder.chmod(0o777)
        runtime_dir.secure()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
