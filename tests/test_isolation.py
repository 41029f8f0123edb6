"""The tests depend on nothing of whoever runs them, and reach nothing outside this machine."""

import os
import socket
import tempfile
from pathlib import Path

import pytest

from support.repository import git


def test_no_connection_leaves_this_machine() -> None:
    with pytest.raises(PermissionError, match="may not connect"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)  # an address for documentation, RFC 5737
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=10).close()


def test_settings_and_folders_are_the_tests_own() -> None:
    assert not [name for name in os.environ if name.startswith("FORETHOUGHT_")]
    for path in (Path.home(), os.environ["XDG_CACHE_HOME"], os.environ["XDG_CONFIG_HOME"]):
        assert Path(path).is_relative_to(tempfile.gettempdir())


def test_git_has_one_author_and_signs_nothing(tmp_path: Path) -> None:
    assert git(tmp_path, "config", "user.name") == "Ada"
    assert git(tmp_path, "config", "commit.gpgsign") == "false"
