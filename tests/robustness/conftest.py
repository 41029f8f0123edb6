"""Fixtures of the robustness tests: they drive the real command and the real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path / "world")
    yield world
    world.stop_engines()
