import struct
import time
from collections.abc import Mapping
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


def pair(key: str, value: object) -> bytes:
    """A list is an array of 32-bit numbers."""
    kind, data = 4, b""
    match value:
        case bool():
            kind, data = 7, struct.pack("<?", value)
        case str():
            kind, data = 8, text(value)
        case int():
            kind, data = (4, struct.pack("<I", value)) if 0 <= value < 1 << 32 else (11, struct.pack("<q", value))
        case float():
            kind, data = 6, struct.pack("<f", value)
        case list():
            kind, data = 9, struct.pack(f"<IQ{len(value)}I", 4, len(value), *value)
    return text(key) + struct.pack("<I", kind) + data


def header(tensor_bytes: int = 64, more: Mapping[str, object] = {}, shape: bytes = b"", **replaced: bytes) -> bytes:
    """A small GGUF file: pairs of metadata, a word list, one f32 tensor and its data. `more` replaces or adds pairs."""
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
        *(pair(key, value) for key, value in more.items()),
    ]
    head = replaced.get("magic", b"GGUF") + struct.pack("<IQQ", 3, 1, len(pairs)) + b"".join(pairs)
    tensor = text("token_embd.weight") + (shape or struct.pack("<IQ", 1, 16)) + struct.pack("<IQ", 0, 0)
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


@pytest.mark.parametrize("value", ["x", 1.5, True, -1, 1 << 40, [], [1, -1 % (1 << 32)]], ids=str)
@pytest.mark.parametrize(
    "key",
    ["general.alignment", "llama.context_length", "llama.block_count", "llama.attention.head_count_kv"],
)
def test_a_number_of_the_wrong_type_is_one_sentence(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(header(more={key: value}))
    if isinstance(value, list) and value and key != "general.alignment":
        read_model_file(path)  # one per layer
        return
    with pytest.raises(ModelLoadError, match=r"(`.*` is not a whole number|alignment).*; download it again"):
        read_model_file(path)


@pytest.mark.parametrize("value", [1, 1.5, True, [1]], ids=str)
@pytest.mark.parametrize(
    "key", ["general.architecture", "general.name", "tokenizer.ggml.model", "tokenizer.chat_template"]
)
def test_a_text_of_the_wrong_type_is_one_sentence(tmp_path: Path, key: str, value: object) -> None:
    check(tmp_path, header(more={key: value}), f"`{key}` is not a text.*; download it again")


HOSTILE = {
    "dimensions": (header(shape=struct.pack("<I", (1 << 32) - 1)) + b"\xff" * 5_000_000, "4294967295 dimensions"),
    "five dimensions": (header(shape=struct.pack("<I5Q", 5, 1, 1, 1, 1, 1)), "5 dimensions"),
    "huge dimensions": (header(shape=struct.pack("<I4Q", 4, *[(1 << 64) - 1] * 4)), "truncated"),
    "pairs": (b"GGUF" + struct.pack("<IQQ", 3, 0, 999_999) + pair("k", 1) * 999_999, "999999 entries"),
    "tensors": (b"GGUF" + struct.pack("<IQQ", 3, 999_999, 0) + bytes(24) * 999_999, "999999 entries"),
    "long key": (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + pair("k" * 70_000, 1), "70000 bytes"),
    "key of unknown type": (
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k" * 60_000) + struct.pack("<I", 99),
        "unknown type 99",
    ),
    "texts": (
        b"GGUF"
        + struct.pack("<IQQ", 3, 0, 9)
        + (text("k") + struct.pack("<IIQ", 9, 8, 999_999) + bytes(8) * 999_999) * 9,
        "announces 4999995 texts",
    ),
    "numbers": (
        b"GGUF"
        + struct.pack("<IQQ", 3, 0, 2_000)
        + (text("k") + struct.pack("<IIQ", 9, 0, 4_096) + bytes(4_096)) * 2_000
        + bytes(32),
        "no architecture",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_header_is_one_sentence_in_moments(tmp_path: Path, case: str) -> None:
    data, message = HOSTILE[case]
    started = time.process_time()
    check(tmp_path, data, message)
    assert time.process_time() - started < 5


def test_a_header_of_any_length_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    with path.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IQ", 8, 1 << 33))
        file.truncate(1 << 34)  # of zeros, which take no space
    with pytest.raises(ModelLoadError, match="a text has 8589934592 bytes") as caught:
        read_model_file(path)
    assert len(str(caught.value)) < 500 + len(str(path))


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
