"""Fixtures of the robustness tests: they drive the real command and the real server, as the tests of each do."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

for area in ("cli", "lsp", "git"):
    folder = str(Path(__file__).parents[1] / area)
    if folder not in sys.path:
        sys.path.append(folder)

from cli_world import World, make_world  # noqa: E402 - it lies in a folder that was only just named
from robust_world import stop_engines  # noqa: E402 - as above


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path / "world")
    yield world
    stop_engines(world)
