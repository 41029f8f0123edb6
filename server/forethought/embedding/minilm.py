"""all-MiniLM-L6-v2 with int8 weights, run by ONNX Runtime.

The model is by sentence-transformers (Apache-2.0). Its training data include docstrings with their functions, so it
takes code as well as sentences. The vocabulary is that of BERT base uncased (Google, Apache-2.0).
"""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from forethought.embedding.embedder import Vector
from forethought.embedding.minilm_file import SHA256
from forethought.errors import ModelError

DIMENSIONS: Final = 384
MAX_TOKENS: Final = 64
"""What the model was trained with. Twice as many take twice the time."""

_VERSION: Final = 1
"""Bump it whenever the same text yields another vector."""


class MiniLM:
    """An `Embedder`. Holds about 60 MB."""

    def __init__(self, file: Path) -> None:
        """Load the model. Takes a few tenths of a second.

        Raises ModelError when the file cannot be read or differs from what was published, and ImportError without
        ONNX Runtime and tokenizers.
        """
        import onnxruntime
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

        weights = _read_verified(file)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # the other cores are the user's
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        vocabulary = _read_vocabulary()
        tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - a token of text
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.post_processor = processors.BertProcessing(
            ("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"])
        )
        tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer = tokenizer

    @property
    def digest(self) -> str:
        return f"minilm-{SHA256[:16]}-{MAX_TOKENS}-{_VERSION}"

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        # One by one: a batch is no faster on a single core, and its texts would change each other's rounding.
        return [self._embed(text) for text in texts]

    def _embed(self, text: str) -> Vector:
        import numpy as np

        tokens = self._tokenizer.encode(text.encode("utf-8", "replace").decode())
        ids = np.array([tokens.ids], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = self._session.run(None, inputs)[0][0].mean(axis=0)
        direction = mean / np.linalg.norm(mean)
        scale = float(abs(direction).max()) / 127
        return Vector(scale, np.rint(direction / scale).astype(np.int8).tobytes())


def _read_verified(file: Path) -> bytes:
    try:
        weights = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file} cannot be read ({error.strerror}).") from error
    if hashlib.sha256(weights).hexdigest() != SHA256:
        raise ModelError(f"{file} differs from what was published (wrong SHA-256); pull it again.")
    return weights


def _read_vocabulary() -> dict[str, int]:
    lines = (files("forethought.embedding") / "bert-base-uncased-vocab.txt").read_text(encoding="utf-8")
    return {token: number for number, token in enumerate(lines.rstrip("\n").split("\n"))}
