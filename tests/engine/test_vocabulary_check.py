"""`model check` loads a vocabulary where it can do no harm."""

import struct
from pathlib import Path

import pytest

from forethought.cli.main import main
from forethought.engine.client import vocabulary_check
from forethought.engine.client.vocabulary_check import check_vocabulary
from forethought.errors import ModelLoadError
from support.engine import MakeModel

pytestmark = pytest.mark.engine


def test_a_good_file_loads(make_model: MakeModel, capsys: pytest.CaptureFixture[str]) -> None:
    path = make_model("llama", "v3")
    assert check_vocabulary(path)
    assert main(["model", "check", str(path)]) == 0
    assert "vocabulary loads" in capsys.readouterr().out


def test_a_file_that_aborts_llama_cpp_is_said_to(make_model: MakeModel, capsys: pytest.CaptureFixture[str]) -> None:
    path = make_model("llama", "v3", byte_tokens=False)
    assert main(["model", "check", str(path)]) == 1
    assert "crashes llama.cpp" in capsys.readouterr().err


def test_a_file_that_llama_cpp_refuses_says_why(make_model: MakeModel, tmp_path: Path) -> None:
    data = make_model("llama", "v3").read_bytes()
    path = tmp_path / "model.gguf"
    name = b"tokenizer.ggml.model"
    value = data.index(name) + len(name) + struct.calcsize("<IQ")
    path.write_bytes(data[:value] + b"zzzzz" + data[value + 5 :])
    with pytest.raises(ModelLoadError, match=r"Cannot load the model model\.gguf"):
        check_vocabulary(path)


def test_the_check_ends(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary_check, "_SECONDS", 0.01)
    with pytest.raises(ModelLoadError, match="takes more than"):
        check_vocabulary(make_model("llama", "v3"))


def test_without_llama_cpp_nothing_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not check_vocabulary(tmp_path / "model.gguf")
