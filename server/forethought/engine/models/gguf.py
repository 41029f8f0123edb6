"""Reads the header of a GGUF file without llama.cpp, which a damaged file could crash.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import psutil

from forethought.errors import ModelLoadError

MAGIC: Final = b"GGUF"
# `gguf_metadata_value_type` of the format, as codes of `struct`.
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
# By `ggml_type`: elements and bytes of a block (`GGML_QUANT_SIZES` in llama.cpp's gguf-py/gguf/constants.py).
_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
# Larger numbers mean a damaged or hostile file. Usual ones are 50 pairs, 1,000 tensors, a million strings and 30 MB.
_MAX_PAIRS: Final = 2_000
_MAX_TENSORS: Final = 100_000
_MAX_ELEMENTS: Final = 4_000_000
"""Of an array, and of all arrays of strings together."""
_MAX_HEADER_BYTES: Final = 128_000_000
_MAX_KEY_BYTES: Final = 65_535
"""By the format."""
_MAX_DIMENSIONS: Final = 4
"""`GGML_MAX_DIMS` of llama.cpp."""
_MAX_INTEGER: Final = 1 << 32
"""Of what describes a model: layers, heads, tokens of context."""
_MAX_SHOWN_CHARS: Final = 80
_MAX_KEPT_ELEMENTS: Final = 4096
"""Longer arrays (scores and token types of a vocabulary) are skipped."""
_READ_BYTES: Final = 1 << 16
_LENGTH: Final = struct.Struct("<Q")
_COMPUTE_BYTES: Final = 150_000_000
"""What llama.cpp needs besides the weights and the KV cache: the vocabulary and the buffers of one batch."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The header of one GGUF file."""

    path: Path
    size: int
    """Bytes on disk."""
    architecture: str
    name: str | None
    context_length: int
    """In tokens; what the model was trained for."""
    tokenizer: str
    """`llama` (SentencePiece), `gpt2` (byte-level BPE), …"""
    chat_template: str | None
    kv_bytes_per_token: int
    """Of the KV cache at f16."""
    metadata: dict[str, Any]
    """Scalars and strings; arrays are left out."""

    def memory_need(self, context_length: int) -> int:
        """An upper estimate of the bytes for the weights and a KV cache of `context_length` tokens."""
        return self.size + self.kv_bytes_per_token * context_length + _COMPUTE_BYTES


def read_model_file(path: Path) -> ModelFile:
    """Read and check the header. Raises ModelLoadError: missing, not GGUF, truncated, unsupported."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise ModelLoadError(f"The model {path} is not a file; choose a GGUF file.")
        with path.open("rb") as file:
            return _Reader(path, file, size).read()
    except FileNotFoundError as error:
        raise ModelLoadError(
            f"The model {path} does not exist; choose another with `forethought model use`, or pull one."
        ) from error
    except OSError as error:
        raise ModelLoadError(f"Cannot read the model {path} ({error.strerror}); fix its permissions.") from error


def check_memory(model: ModelFile, context_length: int, available: int | None = None) -> None:
    """Raises ModelLoadError when the model does not fit into `available` bytes (None: the memory that is free now)."""
    available = available_memory() if available is None else available
    need = model.memory_need(context_length)
    if need > available:
        raise ModelLoadError(
            f"The model {model.path.name} needs about {_gigabytes(need)} of memory with a context of {context_length} "
            f"tokens, but {_gigabytes(available)} is free; choose a smaller model or a shorter model.contextLength."
        )


def available_memory() -> int:
    """Bytes that can be allocated without swapping, within the memory limit of a container (cgroup v2)."""
    available = int(psutil.virtual_memory().available)
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    try:
        text = limit.read_text().strip()
        if text != "max":
            available = min(available, int(text) - int(used.read_text()) + _cached_bytes())
    except (OSError, ValueError):
        return available  # there is no such limit
    return available


def _cached_bytes() -> int:
    """Of the page cache in a container: the kernel frees them when memory is needed. Raises OSError, ValueError."""
    for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines():
        name, _, value = line.partition(" ")
        if name == "file":
            return int(value)
    return 0


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _shown(key: str) -> str:
    return key if len(key) <= _MAX_SHOWN_CHARS else f"{key[:_MAX_SHOWN_CHARS]}…"


class _Reader:
    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self._path = path
        self._file = file
        self._size = size
        self._strings = 0

    def read(self) -> ModelFile:
        if self._file.read(len(MAGIC)) != MAGIC:
            raise ModelLoadError(f"{self._path} is not a GGUF file; download the model again.")
        version = self._number("I")
        if version not in (2, 3):
            raise ModelLoadError(
                f"{self._path} is GGUF version {version}, which is not supported; convert the model again."
            )
        tensors, pairs = self._count(_MAX_TENSORS), self._count(_MAX_PAIRS)
        metadata: dict[str, Any] = {}
        for _ in range(pairs):
            key = self._string(_MAX_KEY_BYTES)
            value = self._value(self._number("I"), key)
            if value is not None:
                metadata[key] = value
        alignment = self._integer(metadata, "general.alignment", 32)
        if alignment.bit_count() != 1:
            raise self._damaged(f"its alignment is {alignment}")
        self._check_tensors(tensors, alignment)
        return self._describe(metadata)

    def _describe(self, metadata: dict[str, Any]) -> ModelFile:
        architecture = self._text(metadata, "general.architecture")
        if not architecture:
            raise ModelLoadError(f"{self._path} names no architecture, so it is not a language model; choose another.")

        def number(key: str, default: int) -> int:
            return self._integer(metadata, f"{architecture}.{key}", default)

        heads = number("attention.head_count", 1) or 1
        width = number("embedding_length", 0) // heads
        per_head = number("attention.key_length", width) + number("attention.value_length", width)
        return ModelFile(
            path=self._path,
            size=self._size,
            architecture=architecture,
            name=self._text(metadata, "general.name"),
            context_length=number("context_length", 0),
            tokenizer=self._text(metadata, "tokenizer.ggml.model") or "",
            chat_template=self._text(metadata, "tokenizer.chat_template"),
            kv_bytes_per_token=2 * number("block_count", 0) * number("attention.head_count_kv", heads) * per_head,
            metadata={key: value for key, value in metadata.items() if not isinstance(value, list)},
        )

    def _text(self, metadata: dict[str, Any], key: str) -> str | None:
        """None when it is missing. Raises ModelLoadError when it is something else."""
        value = metadata.get(key)
        if value is not None and not isinstance(value, str):
            raise self._damaged(f"`{_shown(key)}` is not a text")
        return value

    def _integer(self, metadata: dict[str, Any], key: str, default: int) -> int:
        """The largest one, if there is one per layer. Raises ModelLoadError when it is something else."""
        value = metadata.get(key, default)
        values = value if isinstance(value, list) and value else [value]
        if not all(type(number) is int and 0 <= number <= _MAX_INTEGER for number in values):
            raise self._damaged(f"`{_shown(key)}` is not a whole number from 0 to {_MAX_INTEGER}")
        return int(max(values))

    def _check_tensors(self, count: int, alignment: int) -> None:
        """Raises ModelLoadError unless every tensor ends within the file."""
        end = 0
        for _ in range(count):
            self._string(_MAX_KEY_BYTES)
            dimensions = self._number("I")
            if dimensions > _MAX_DIMENSIONS:
                raise self._damaged(f"a tensor has {dimensions} dimensions")
            elements = 1
            for _ in range(dimensions):
                elements *= self._number("Q")
            per_block, block_bytes = _BLOCKS.get(self._number("I"), (elements or 1, 0))
            end = max(end, self._number("Q") + elements // per_block * block_bytes)
        start = -(-self._file.tell() // alignment) * alignment
        if start + end > self._size:
            raise self._truncated(start + end)

    def _value(self, kind: int, key: str) -> Any:
        if kind == _STRING:
            return self._string()
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind != _ARRAY:
            raise self._damaged(f"`{_shown(key)}` has the unknown type {kind}")
        element, length = self._number("I"), self._count(_MAX_ELEMENTS)
        if element == _STRING:
            self._strings += length
            if self._strings > _MAX_ELEMENTS:
                raise self._damaged(f"it announces {self._strings} texts")
            self._skip_strings(length)
            return None
        if element not in _SCALARS:
            raise self._damaged(f"`{_shown(key)}` is an array of type {element}")
        code = _SCALARS[element]
        if length > _MAX_KEPT_ELEMENTS:
            self._skip(length * struct.calcsize(code))
            return None
        return list(struct.unpack(f"<{length}{code}", self._bytes(length * struct.calcsize(code))))

    def _count(self, limit: int) -> int:
        count: int = self._number("Q")
        if count > limit:
            raise self._damaged(f"it announces {count} entries")
        return count

    def _number(self, code: str) -> Any:
        size = struct.calcsize("<" + code)
        return struct.unpack("<" + code, self._bytes(size))[0]

    def _string(self, limit: int = _MAX_HEADER_BYTES) -> str:
        length = self._number("Q")
        if self._size >= length > limit:
            raise self._damaged(f"a text has {length} bytes")
        return self._bytes(length).decode("utf-8", "replace")

    def _bytes(self, count: int) -> bytes:
        self._check_position(count)
        data = self._file.read(count)
        if len(data) < count:
            raise self._truncated(None)
        return data

    def _skip(self, count: int) -> None:
        self._check_position(count)
        self._file.seek(count, os.SEEK_CUR)

    def _check_position(self, count: int) -> None:
        """Raises ModelLoadError unless the header may go on for `count` bytes."""
        end = self._file.tell() + count
        if end > self._size:
            raise self._truncated(None)
        if end > _MAX_HEADER_BYTES:
            raise self._damaged(f"its header has more than {_MAX_HEADER_BYTES // 1_000_000} MB")

    def _skip_strings(self, count: int) -> None:
        """Skip an array in large reads: a vocabulary has 100,000 strings, and every command reads this header."""
        data, position = b"", 0
        for _ in range(count):
            if position + 8 > len(data):
                data, position = data[position:] + self._file.read(_READ_BYTES), 0
                if len(data) < 8:
                    raise self._truncated(None)
            position += 8 + _LENGTH.unpack_from(data, position)[0]
            if position > len(data):
                self._skip(position - len(data))
                data, position = b"", 0
        self._file.seek(position - len(data), os.SEEK_CUR)

    def _damaged(self, reason: str) -> ModelLoadError:
        return ModelLoadError(f"The model {self._path} is damaged ({reason}); download it again.")

    def _truncated(self, needed: int | None) -> ModelLoadError:
        missing = f"it has {self._size} of {needed} bytes" if needed else "its header ends early"
        return ModelLoadError(f"The model {self._path} is truncated ({missing}); download it again.")
