import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forethought.engine.models.gguf import available_memory, check_memory, read_model_file
from forethought.errors import ModelLoadError
from support.engine import MakeModel
from support.properties import examples


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key: str, value: str | int) -> bytes:
    kind, data = (8, text(value)) if isinstance(value, str) else (4, struct.pack("<I", value))
    return text(key) + struct.pack("<I", kind) + data


def header(tensor_bytes: int = 64, **replaced: bytes) -> bytes:
    """A small GGUF file: two pairs of metadata, a word list, one f32 tensor and its data."""
    pairs = [
        pair("general.architecture", "llama"),
        pair("llama.block_count", 2),
        pair("llama.embedding_length", 64),
        pair("llama.attention.head_count", 8),
        pair("llama.attention.head_count_kv", 2),
        pair("llama.context_length", 2048),
        pair("tokenizer.ggml.model", "gpt2"),
        pair("tokenizer.chat_template", "{{ x }}"),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
    ]
    head = replaced.get("magic", b"GGUF") + struct.pack("<IQQ", 3, 1, len(pairs)) + b"".join(pairs)
    tensor = text("token_embd.weight") + struct.pack("<IQ", 1, 16) + struct.pack("<IQ", 0, 0)
    body = head + tensor
    return body + bytes(-len(body) % 32) + bytes(tensor_bytes)


def check(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelLoadError, match=message):
        read_model_file(path)


def test_the_header_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(header())
    model = read_model_file(path)
    assert (model.architecture, model.context_length, model.tokenizer) == ("llama", 2048, "gpt2")
    assert model.chat_template == "{{ x }}"
    # 2 layers, 2 key/value heads of 8 values for keys and 8 for values, 2 bytes each.
    assert model.kv_bytes_per_token == 2 * 2 * (8 + 8) * 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"none\.gguf does not exist"):
        read_model_file(tmp_path / "none.gguf")


def test_a_folder_is_not_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="not a file"):
        read_model_file(tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    check(tmp_path, b"<!doctype html><html>", "not a GGUF file")
    check(tmp_path, b"", "not a GGUF file")


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    check(tmp_path, b"GGUF" + struct.pack("<IQQ", 9, 0, 0), "version 9")


def test_missing_weights_are_noticed(tmp_path: Path) -> None:
    check(tmp_path, header(tensor_bytes=63), "truncated")


@pytest.mark.parametrize("length", [5, 30, 100, 300])
def test_a_header_that_ends_early_is_noticed(tmp_path: Path, length: int) -> None:
    check(tmp_path, header()[:length], "truncated|damaged")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(150))
@given(st.integers(4, 400), st.binary(min_size=1, max_size=8))
def test_damage_anywhere_is_an_error_or_harmless(tmp_path: Path, place: int, damage: bytes) -> None:
    data = bytearray(header())
    data[place : place + len(damage)] = damage
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    try:
        read_model_file(path)
    except ModelLoadError as error:
        assert str(path) in str(error)


def test_a_model_that_does_not_fit_is_refused_with_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(header())
    model = read_model_file(path)
    check_memory(model, 2048, available=10**9)
    with pytest.raises(ModelLoadError, match=r"model\.gguf needs about 0\.2 GB .* 0\.1 GB is free"):
        check_memory(model, 2048, available=10**8)


def test_free_memory_is_a_number_of_bytes() -> None:
    assert available_memory() > 10**7


@pytest.mark.engine
def test_real_files_are_understood(make_model: MakeModel) -> None:
    assert read_model_file(make_model("llama", "v3")).tokenizer == "llama"
    assert read_model_file(make_model("mistral3", "tekken")).architecture == "mistral3"
