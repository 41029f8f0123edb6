"""Whatever the umask and whoever was first: our folders are ours alone."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forethought.folders import runtime_folder, short_socket_folder
from forethought.private_folders import create_private_folder, ensure_private_folder
from forethought.store.question_log import QuestionLog
from support.session_world import SessionWorld

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")

NOBODY = 65534


@pytest.fixture(params=[0o000, 0o002, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("create", [create_private_folder, ensure_private_folder])
def test_new_folders_are_private_and_so_are_their_new_parents(tmp_path: Path, create: object) -> None:
    create(tmp_path / "a" / "b" / "c")  # type: ignore[operator]  # one of the two functions
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/c")] == [0o700] * 3


def test_a_folder_of_ours_is_closed_to_others_and_its_parents_stay(tmp_path: Path) -> None:
    folder = tmp_path / "parent" / "ours"
    folder.mkdir(parents=True)
    (tmp_path / "parent").chmod(0o755)
    folder.chmod(0o777)
    create_private_folder(folder)
    assert mode(folder) == 0o777
    ensure_private_folder(folder)
    assert (mode(folder), mode(tmp_path / "parent")) == (0o700, 0o755)


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "folder"):
        with pytest.raises(OSError, match="file"):
            create_private_folder(path)


def test_nobody_else_can_read_what_is_stored(world: SessionWorld) -> None:
    before = os.umask(0)
    try:
        world.prepared()
        QuestionLog(world.cache / "new").note("Who calls this?", "f", "facts")
    finally:
        os.umask(before)
    folders = [path for path in (world.cache, *world.cache.rglob("*")) if path.is_dir()]
    assert {path.name for path in folders} >= {"cache", "index", "contexts", "new"}
    assert {path.name: oct(mode(path)) for path in folders} == {path.name: oct(0o700) for path in folders}


def test_the_runtime_folder_of_another_user_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "darwin":
        pytest.skip("macOS has a folder of its own per user")
    folder = tmp_path / "run"
    folder.mkdir()
    assert runtime_folder({"XDG_RUNTIME_DIR": str(folder)}) == folder / "forethought"
    monkeypatch.setattr("os.geteuid", lambda: NOBODY)
    for environment in ({"XDG_RUNTIME_DIR": str(folder)}, {"XDG_RUNTIME_DIR": "relative"}, {}):
        assert runtime_folder(environment) == short_socket_folder()
