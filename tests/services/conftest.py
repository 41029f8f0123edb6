"""The world that the services are tested in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.session_world import SessionWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SessionWorld]:
    made = SessionWorld(tmp_path)
    yield made
    made.close()
