"""Fixtures of the command-line tests."""

from pathlib import Path

import pytest

from support.world import REPORT, SHAPES, World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path / "world")


@pytest.fixture
def shapes(world: World) -> Path:
    """A repository of two small files."""
    return world.repository("shapes", {"shapes.py": SHAPES, "report.py": REPORT})
