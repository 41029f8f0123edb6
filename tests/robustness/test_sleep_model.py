"""A model for passes apart from the one that answers: two hosts, and each is asked what is its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from forethought.app.session import Session
from forethought.config import load_settings
from forethought.engine.api import CancelToken
from forethought.engine.client.hosts import host_status, stop_hosts
from forethought.idle.precomputation import Selection
from forethought.names.resolver import Target
from forethought.qa.question import Question
from support.endpoint import Endpoint

pytestmark = pytest.mark.slow

SOURCE = "def polish(text):\n    return text.strip()\n"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint("It will polish the text.")
    yield endpoint
    endpoint.close()


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "run"
    stop_hosts(tmp_path / "run")


def models_asked(endpoint: Endpoint) -> set[str]:
    found = {json.loads(body)["model"] for body in endpoint.bodies}
    endpoint.bodies.clear()
    return found


def test_passes_think_with_their_own_model_and_questions_go_to_the_other(
    tmp_path: Path, endpoint: Endpoint, runtime: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "main.py").write_text(SOURCE)
    flags = {
        "openai": {"baseUrl": endpoint.url, "model": "talker"},
        "sleep": {"model": "thinker"},
        "cache": {"directory": str(tmp_path / "cache")},
    }
    environment = {"FORETHOUGHT_RUNTIME_DIR": str(runtime), "FORETHOUGHT_CONFIG": str(tmp_path / "none")}
    session = Session(load_settings(root, {}, flags=flags), environment)
    try:
        workspace = session.add_root(root)
        report = session.precompute(workspace, Selection(), lambda progress: None, CancelToken())
        assert report.model == "thinker"
        assert models_asked(endpoint) == {"thinker"}
        symbol_info = workspace.symbol_info(Target("main.py", "polish"))
        assert symbol_info is not None and symbol_info.entry is not None
        assert (symbol_info.entry.provenance.model, symbol_info.insights and symbol_info.insights.summary) == (
            "thinker",
            "It will polish the text.",
        )
        question = Question("Is `polish` safe for empty texts, and why?", at=(workspace, "main.py", None))
        answer = session.ask(question, lambda delta: None, CancelToken())
        assert (answer.tier, answer.model) == ("enriched", "talker")
        assert models_asked(endpoint) == {"talker"}
        engine = session.status()["engine"]
        assert (engine["model"], engine["chatModel"]) == ("thinker", "talker")
        assert {host["model"] for host in host_status(runtime)} == {"thinker", "talker"}
    finally:
        session.close()
