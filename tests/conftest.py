"""Isolation of all tests: no settings, git configuration, caches or network of whoever runs them."""

import functools
import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import tree_sitter

if TYPE_CHECKING:
    from support.session_world import SessionWorld

GIT_CONFIG = """\
[user]
name = Ada
email = ada@example.org
[init]
defaultBranch = main
[commit]
gpgsign = false
[core]
autocrlf = false
[protocol "file"]
allow = always
"""
"""`file` is allowed for the clones and submodules that tests make; ours must work, and be safe, all the same."""

PRIVATE_PREFIXES = ("FORETHOUGHT_", "GIT_", "XDG_", "HF_", "OPENAI_")

hypothesis.settings.register_profile("derandomized", derandomize=True, deadline=None)
hypothesis.settings.register_profile("fuzz", max_examples=2000, deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "derandomized"))


def pytest_configure(config: pytest.Config) -> None:
    """Before any module of ours is imported: some read the environment then."""
    home = Path(tempfile.mkdtemp(prefix="forethought-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    isolate_environment(home, cache=config.rootpath / ".pytest_cache")
    forbid_network()


@pytest.fixture(scope="session", autouse=True)
def compiled_queries() -> Iterator[None]:
    """Compile each query once: that takes a tenth of a second, and tests open sessions by the hundreds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree_sitter, "Query", functools.cache(tree_sitter.Query))
        yield


@pytest.fixture
def world(tmp_path: Path) -> "Iterator[SessionWorld]":
    """A repository of two files, and sessions over it with a fake engine."""
    from support.session_world import SessionWorld  # after the isolation above: some modules read the environment

    made = SessionWorld(tmp_path)
    yield made
    made.close()


def isolate_environment(home: Path, cache: Path) -> None:
    for name in [name for name in os.environ if name.startswith(PRIVATE_PREFIXES)]:
        del os.environ[name]
    git_config = home / "gitconfig"
    git_config.write_text(GIT_CONFIG)
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    os.environ |= {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_RUNTIME_DIR": str(runtime),
        "GIT_CONFIG_GLOBAL": str(git_config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "MPLCONFIGDIR": str(cache / "matplotlib"),  # its font cache takes seconds to build
    }


def forbid_network() -> None:
    """Let sockets of this process connect to this machine only."""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _on_loopback_only(getattr(socket.socket, name)))


def _on_loopback_only(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise PermissionError(f"a test may not connect to {address}")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
