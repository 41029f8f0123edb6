"""A session over a small git repository, with a scripted model."""

import subprocess
from datetime import datetime
from pathlib import Path

from forethought.app.session import Session
from forethought.config import load_settings
from forethought.workspace.workspace import Workspace
from support.fake_engine import FakeEngine, sound_answer

SOURCE = '''"""Greets people."""


class Greeter:
    """Knows how to greet."""

    def greet(self, name: str) -> str:
        """Greets one person."""
        if not name:
            raise ValueError(name)
        return polish(f"Hello, {name}")


def polish(text: str) -> str:
    return text.strip()


def main() -> None:
    print(Greeter().greet("you"))
'''


class World:
    """One repository and one session over it."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.cache = cache
        self.engine = FakeEngine(default=sound_answer)
        self.sessions: list[Session] = []
        self.now = datetime(2024, 5, 1, 12).timestamp()
        """What days are counted by."""

    def git(self, *arguments: str) -> None:
        subprocess.run(
            ["git", "-C", str(self.folder), "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments],
            check=True,
            capture_output=True,
        )

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def commit(self, message: str = "change") -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def open(self, engine: bool = True, **flags: object) -> tuple[Session, Workspace]:
        settings = {"cache": {"directory": str(self.cache)}, "idle": {"delaySeconds": 0, "onBattery": True}, **flags}
        if not engine:
            settings["engine"] = "none"
        loaded = load_settings(self.folder, {}, flags=settings)
        environment = {
            "FORETHOUGHT_RUNTIME_DIR": str(self.cache / "run"),
            "FORETHOUGHT_CONFIG": str(self.cache / "none"),
        }
        session = Session(loaded, environment, engine=self.engine if engine else None, now=lambda: self.now)
        self.sessions.append(session)
        return session, session.add_root(self.folder)
