import stat
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
    with pytest.raises(EngineUnavailable, match="not a folder that you own"):
        runtime_dir_of(tmp_path, "x").prepare()


def test_a_folder_that_cannot_be_created_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineUnavailable, match="FORETHOUGHT_RUNTIME_DIR"):
        runtime_dir_of(tmp_path / "file", "x").prepare()
