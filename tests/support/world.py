"""Runs the real command and the real server in an isolated environment."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from forethought.bench.lsp_client import Client
from forethought.cli.main import main
from forethought.engine.client.hosts import stop_hosts
from support.lsp import wait_until_indexed
from support.repository import Files, make_repository

SHAPES = '''"""Areas of shapes."""

import math


class Circle:
    """A round shape."""

    def __init__(self, radius: float) -> None:
        if radius < 0:
            raise ValueError("negative")
        self.radius = radius

    def area(self) -> float:
        """Square units."""
        return math.pi * self.radius**2


def total_area(circles: list[Circle]) -> float:
    """The sum of the areas."""
    return sum(circle.area() for circle in circles)
'''

REPORT = """from shapes import Circle, total_area


def report(radii):
    return total_area([Circle(radius) for radius in radii])
"""


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class World:
    """An isolated home, cache and runtime folder, and the command that uses them."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "forethought", *words]

    def run(self, *words: str, cwd: Path | None = None) -> Ran:
        """Run the command in this process, which is fast."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            contextlib.chdir(cwd or self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            status = main(words)
        texts = []
        for stream in (out, err):
            stream.flush()
            assert isinstance(stream.buffer, io.BytesIO)
            texts.append(stream.buffer.getvalue().decode("utf-8", "surrogateescape"))
        assert "Traceback" not in texts[1], texts[1]
        return Ran(status, *texts)

    def run_process(
        self, *words: str, cwd: Path | None = None, seconds: float = 120, more: Mapping[str, str] | None = None
    ) -> Ran:
        """Run the command in a new process."""
        done = subprocess.run(
            self.command(*words),
            cwd=cwd or self.folder,
            env={**self.environment, **(more or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
        )
        out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
        assert "Traceback" not in err, err
        return Ran(done.returncode, out, err)

    def start_server(self, root: Path, files: int = 1, options: Any = None, **changes: str) -> Client:
        """Start the server with a folder open, and wait until it has indexed so many files."""
        client = Client(self.command("serve"), root, {**self.environment, **changes})
        client.initialize(root, options)
        wait_until_indexed(client, files)
        return client

    def repository(self, name: str, files: Files) -> Path:
        """Create a git repository with one commit of these files."""
        return make_repository(self.folder / name, files)

    def stop_engines(self) -> None:
        stop_hosts(Path(self.environment["FORETHOUGHT_RUNTIME_DIR"]))


def make_world(folder: Path, **changes: str) -> World:
    """Isolate settings, stores, sockets and models in a folder. There is no engine unless `changes` names one."""
    folder = folder.resolve()
    home = folder / "home"
    home.mkdir(parents=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XDG_")},
        "HOME": str(home),
        "USERPROFILE": str(home),
        "FORETHOUGHT_CACHE_DIR": str(folder / "cache"),
        "FORETHOUGHT_RUNTIME_DIR": str(folder / "run"),
        "FORETHOUGHT_ENGINE": "none",
        "PYTHONWARNINGS": "default",
        **changes,
    }
    return World(folder, environment)


def one_line(ran: Ran) -> str:
    """Return the only line of stderr that reports an error. Other lines show progress."""
    lines = [line for line in ran.err.splitlines() if line.startswith("forethought: ")]
    assert len(lines) == 1, ran.err
    return lines[0]


def end(client: Client) -> None:
    client.process.kill()
    client.process.wait()


def bytes_below(folder: Path) -> bytes:
    """Every byte of every file of a folder."""
    return b"\n".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
