import asyncio
import os
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from forethought.app.session import Session
from forethought.bench.lsp_client import Connection
from forethought.lsp.server import ForethoughtServer
from support.fake_engine import FakeEngine
from support.polling import eventually

SHAPES = '''"""Shapes and their areas."""


class Shape:
    """Anything with an area."""

    def area(self) -> float:
        """Area in square units."""
        raise NotImplementedError


class Square(Shape):
    def __init__(self, side: float) -> None:
        self.side = side

    def area(self) -> float:
        return self.side * self.side


def total(shapes: list[Shape]) -> float:
    """The sum of all areas."""
    return sum(shape.area() for shape in shapes)
'''

MAIN = """from shapes import Square, total


def main() -> None:
    smile = "😀"; print(smile, total([Square(2)]))
"""


def at(uri: str, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}


def wait_until_indexed(connection: Connection, files: int = 1) -> dict[str, Any]:
    """Wait until at least `files` files are indexed and none is being indexed. Returns the status."""

    def indexed() -> Any:
        document = connection.request("forethought/status", None)
        ready = document["state"] not in ("starting", "indexing")
        return document if ready and sum(root["files"]["indexed"] for root in document["roots"]) >= files else None

    document: dict[str, Any] = eventually(indexed)
    return document


def environment_in(folder: Path) -> dict[str, str]:
    """Return an environment with caches, settings and runtime files in a folder, and without an engine."""
    (folder / "settings.toml").touch()
    return {
        **os.environ,
        "FORETHOUGHT_CACHE_DIR": str(folder / "cache"),
        "FORETHOUGHT_RUNTIME_DIR": str(folder / "run"),
        "FORETHOUGHT_CONFIG": str(folder / "settings.toml"),
        "FORETHOUGHT_ENGINE": "none",
    }


class InProcess(Connection):
    """A server in a thread of this process, whose session a test can inspect."""

    def __init__(self, environment: Mapping[str, str], engine: FakeEngine) -> None:
        to_server, to_client = os.pipe(), os.pipe()
        reader, writer = os.fdopen(to_server[0], "rb"), os.fdopen(to_client[1], "wb")
        self.engine = engine
        self.server = ForethoughtServer(partial(Session, engine=engine), environment)
        self._thread = threading.Thread(target=lambda: asyncio.run(self.server.run(reader, writer)), daemon=True)
        self._thread.start()
        super().__init__(os.fdopen(to_client[0], "rb"), os.fdopen(to_server[1], "wb"))

    def close(self) -> None:
        self.engine.release()
        self.leave()
        self._thread.join(10)
