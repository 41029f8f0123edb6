#!/usr/bin/env python3
"""Write a random-weight GGUF (Q4_0) with Mistral's real tokenizer and a chat template.

Its text is noise; its speed and memory are those of a real model of that shape.
usage: make_gguf.py OUT.gguf [--architecture llama|mistral3] [--tokenizer v1|v3|tekken] [--shape tiny|135m|1b|3b|7b]
needs: pip install gguf 'mistral-common[sentencepiece]' numpy
"""

import argparse
import base64
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import mistral_common
import numpy as np
from sentencepiece import SentencePieceProcessor

DATA = Path(mistral_common.__file__).parent / "data"
SENTENCEPIECE = {"v1": "tokenizer.model.v1", "v3": "mistral_instruct_tokenizer_240323.model.v3"}
TEKKEN = "tekken_240911.json"
TINY_TEKKEN_WORDS = 12_000
Q4_0 = gguf.GGMLQuantizationType.Q4_0


class Shape(NamedTuple):
    layers: int
    embedding: int
    heads: int
    key_value_heads: int
    feed_forward: int


SHAPES = {
    "tiny": Shape(4, 256, 8, 2, 704),
    "135m": Shape(30, 576, 9, 3, 1536),
    "1b": Shape(22, 2048, 32, 4, 5632),
    "3b": Shape(26, 3072, 32, 8, 9216),
    "7b": Shape(32, 4096, 32, 8, 14336),
}

# The formats as the models' own templates have them, for plain conversations.
TEMPLATES = {
    "v1": "{{ bos_token }}{% for m in messages %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% elif m['role'] == 'assistant' %}{{ ' ' + m['content'] + eos_token }}"
    "{% else %}{{ raise_exception('only user and assistant') }}{% endif %}{% endfor %}",
    "v3": "{{ bos_token }}{% set ns = namespace(system='') %}{% for m in messages %}"
    "{% if m['role'] == 'system' %}{% set ns.system = m['content'] + '\n\n' %}"
    "{% elif m['role'] == 'user' %}"
    "{{ '[INST] ' + (ns.system if loop.last else '') + m['content'] + '[/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}",
    "tekken": "{{ bos_token }}{% for m in messages %}"
    "{% if m['role'] == 'system' %}{{ '[SYSTEM_PROMPT]' + m['content'] + '[/SYSTEM_PROMPT]' }}"
    "{% elif m['role'] == 'user' %}{{ '[INST]' + m['content'] + '[/INST]' }}"
    "{% else %}{{ m['content'] + eos_token }}{% endif %}{% endfor %}",
}


class Tokenizer(NamedTuple):
    model: str
    pre: str
    tokens: list[bytes]
    types: list[int]
    scores: list[float] | None
    merges: list[str] | None


def write_model(
    out: Path,
    architecture: str = "llama",
    tokenizer: str = "v3",
    shape: str = "tiny",
    template: str | None = "own",
    byte_tokens: bool = True,
) -> None:
    """Write the file. `template` is Jinja text, None, or "own" for the tokenizer's usual one.

    Without `byte_tokens` the file makes llama.cpp abort the process when it meets a character that has no token.
    """
    size = SHAPES[shape]
    words = read_tokenizer(tokenizer, full=shape != "tiny")
    writer = gguf.GGUFWriter(str(out), architecture)
    writer.add_name(f"random-{architecture}-{shape}")
    _add_shape(writer, architecture, size, len(words.tokens))
    _add_tokenizer(writer, words, byte_tokens)
    if template is not None:
        writer.add_chat_template(TEMPLATES[tokenizer] if template == "own" else template)
    _add_weights(writer, size, len(words.tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_tokenizer(name: str, full: bool = True) -> Tokenizer:
    """Mistral's tokenizers. Without `full`, Tekken loses its rare words, which keeps a tiny file small."""
    if name == "tekken":
        return _read_tekken(full)
    model = SentencePieceProcessor(model_file=str(DATA / SENTENCEPIECE[name]))
    count = model.vocab_size()
    kinds = [
        2 if model.is_unknown(i) else 3 if model.is_control(i) else 6 if model.is_byte(i) else 1 for i in range(count)
    ]
    return Tokenizer(
        "llama",
        "default",
        [model.id_to_piece(i).encode() for i in range(count)],
        kinds,
        [model.get_score(i) for i in range(count)],
        None,
    )


def _read_tekken(full: bool) -> Tokenizer:
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    content = json.loads((DATA / TEKKEN).read_text(encoding="utf-8"))
    specials = int(content["config"]["default_num_special_tokens"])
    words = int(content["config"]["default_vocab_size"]) - specials if full else TINY_TEKKEN_WORDS
    named = {entry["rank"]: entry["token_str"] for entry in Tekkenizer.DEPRECATED_SPECIAL_TOKENS}
    letters = _byte_letters()
    ranks = {base64.b64decode(entry["token_bytes"]): entry["rank"] for entry in content["vocab"][:words]}
    tokens = [named.get(i, f"<SPECIAL_{i}>").encode() for i in range(specials)]
    tokens += ["".join(letters[byte] for byte in word).encode() for word in ranks]
    merges = []
    for word, rank in ranks.items():
        if len(word) > 1:
            parts = _parts(ranks, word, rank)
            if len(parts) == 2:
                merges.append(" ".join("".join(letters[byte] for byte in part) for part in parts))
    return Tokenizer("gpt2", "tekken", tokens, [3] * specials + [1] * len(ranks), None, merges)


def _parts(ranks: dict[bytes, int], word: bytes, limit: int) -> list[bytes]:
    """The two tokens that byte pair encoding had just before it merged them into `word`."""
    parts = [bytes([byte]) for byte in word]
    while len(parts) > 2:
        pairs = [(ranks.get(first + second, limit), i) for i, (first, second) in enumerate(itertools.pairwise(parts))]
        rank, place = min(pairs)
        if rank >= limit:
            break
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts


def _byte_letters() -> dict[int, str]:
    """A printable letter for each byte, as byte-level tokenizers write them."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + i) for i, byte in enumerate(others)}


def _add_shape(writer: Any, architecture: str, size: Shape, vocabulary: int) -> None:
    head = size.embedding // size.heads
    writer.add_context_length(262144 if architecture == "mistral3" else 32768)
    writer.add_embedding_length(size.embedding)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(size.feed_forward)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(1e6)
    writer.add_file_type(2)
    writer.add_vocab_size(vocabulary)
    if architecture == "mistral3":
        # As Ministral-3's own configuration has them.
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(16.0)
        writer.add_rope_scaling_orig_ctx_len(16384)
        writer.add_rope_scaling_yarn_beta_fast(32.0)
        writer.add_rope_scaling_yarn_beta_slow(1.0)
        writer.add_rope_scaling_yarn_log_mul(1.0)
        writer.add_attn_temperature_scale(0.1)


def _add_tokenizer(writer: Any, words: Tokenizer, byte_tokens: bool) -> None:
    writer.add_tokenizer_model(words.model)
    writer.add_tokenizer_pre(words.pre)
    # The same number of tokens, but none that stands for a byte.
    types = words.types if byte_tokens else [1 if kind == 6 else kind for kind in words.types]
    tokens: Sequence[bytes] = words.tokens
    if not byte_tokens:
        tokens = [
            f"no-byte-{i}".encode()
            if words.types[i] == 6 or token in (b"(", b"+", "▁(".encode(), "▁+".encode())
            else token
            for i, token in enumerate(tokens)
        ]
    writer.add_token_list(tokens)
    if words.scores is not None:
        writer.add_token_scores(words.scores)
    writer.add_token_types(types)
    if words.merges is not None:
        writer.add_token_merges(words.merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)


def _add_weights(writer: Any, size: Shape, vocabulary: int) -> None:
    random = np.random.default_rng(0)
    scale = np.array([0.006], np.float16).view(np.uint8)

    def matrix(name: str, rows: int, columns: int) -> None:
        blocks = np.empty((rows * columns // 32, 18), np.uint8)
        blocks[:, :2] = scale
        blocks[:, 2:] = random.integers(0, 256, (rows * columns // 32, 16), dtype=np.uint8)
        writer.add_tensor(name, blocks.reshape(rows, columns // 32 * 18), raw_dtype=Q4_0)

    def norm(name: str) -> None:
        writer.add_tensor(name, np.ones(size.embedding, np.float32))

    shared = size.embedding // size.heads * size.key_value_heads
    matrix("token_embd.weight", vocabulary, size.embedding)
    norm("output_norm.weight")
    matrix("output.weight", vocabulary, size.embedding)
    for layer in range(size.layers):
        block = f"blk.{layer}."
        norm(block + "attn_norm.weight")
        norm(block + "ffn_norm.weight")
        matrix(block + "attn_q.weight", size.embedding, size.embedding)
        matrix(block + "attn_output.weight", size.embedding, size.embedding)
        matrix(block + "attn_k.weight", shared, size.embedding)
        matrix(block + "attn_v.weight", shared, size.embedding)
        matrix(block + "ffn_gate.weight", size.feed_forward, size.embedding)
        matrix(block + "ffn_up.weight", size.feed_forward, size.embedding)
        matrix(block + "ffn_down.weight", size.embedding, size.feed_forward)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--architecture", choices=["llama", "mistral3"], default="llama")
    parser.add_argument("--tokenizer", choices=[*SENTENCEPIECE, "tekken"])
    parser.add_argument("--shape", choices=SHAPES, default="tiny")
    arguments = parser.parse_args()
    usual = "tekken" if arguments.architecture == "mistral3" else "v3"
    write_model(arguments.out, arguments.architecture, arguments.tokenizer or usual, arguments.shape)


if __name__ == "__main__":
    main()
