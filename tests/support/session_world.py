"""A session over a small git repository, with a scripted model."""

from datetime import datetime
from pathlib import Path

from forethought.app.session import Session
from forethought.config import load_settings
from forethought.embedding.embedder import Embedder
from forethought.engine.api import CancelToken
from forethought.idle.precomputation import Selection
from forethought.qa.question import Answer, Question
from forethought.workspace.workspace import Workspace
from support.fake_engine import FakeEngine, sound_answer
from support.repository import commit, make_repository, write_files

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
TEST = "from greet import Greeter\n\n\ndef test_greets() -> None:\n    assert Greeter().greet('x')\n"


class SessionWorld:
    """One repository, a cache, and the sessions that were opened over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = make_repository(folder / "repository", {"greet.py": SOURCE, "test_greet.py": TEST})
        self.cache = folder / "cache"
        self.engine = FakeEngine(default=sound_answer)
        self.now = datetime(2024, 5, 1, 12).timestamp()
        """The time by which sessions count days."""
        self._sessions: list[Session] = []

    def write(self, path: str, text: str) -> None:
        write_files(self.folder, {path: text})

    def commit(self, message: str = "change") -> None:
        commit(self.folder, message)

    def open(self, engine: bool = True, embedder: Embedder | None = None, **flags: object) -> tuple[Session, Workspace]:
        settings = {"cache": {"directory": str(self.cache)}, "idle": {"delaySeconds": 0, "onBattery": True}, **flags}
        if not engine:
            settings["engine"] = "none"
        loaded = load_settings(self.folder, {}, flags=settings)
        environment = {
            "FORETHOUGHT_RUNTIME_DIR": str(self.cache / "run"),
            "FORETHOUGHT_CONFIG": str(self.cache / "none"),
        }
        session = Session(
            loaded, environment, engine=self.engine if engine else None, embedder=embedder, now=lambda: self.now
        )
        self._sessions.append(session)
        return session, session.add_root(self.folder)

    def prepared(self, *, think: bool = True) -> tuple[Session, Workspace]:
        """A session whose repository is indexed and, unless `think` is False, has insights about every symbol."""
        session, workspace = self.open()
        if think:
            session.precompute(workspace, Selection(), lambda progress: None, CancelToken())
        else:
            workspace.refresh()
        self.engine.requests.clear()
        return session, workspace

    def close(self) -> None:
        for session in self._sessions:
            session.close()


def ask(session: Session, text: str, **options: object) -> Answer:
    """Ask a question, and check that what is streamed is the answer."""
    deltas: list[str] = []
    question = Question(text, **options)  # type: ignore[arg-type]  # passed on as written in each test
    answer = session.ask(question, deltas.append, CancelToken())
    assert "".join(deltas).strip() == answer.text.strip()
    return answer
