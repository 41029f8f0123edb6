"""The real model, where it is installed: `make test` pulls it into the virtual environment."""

import struct
import sys
import time
from pathlib import Path

import pytest

from forethought.embedding import minilm_file
from forethought.embedding.embedder import Vector
from forethought.embedding.minilm import MiniLM
from forethought.embedding.source import PACKAGES, EmbedderSource
from forethought.errors import ModelError

FOLDER = Path(sys.prefix) / "minilm"
RETRY = (
    "def backoff(attempt):\n    '''Seconds to wait before the request is sent once more.'''\n    return 2 ** attempt"
)
PAINT = "def draw(canvas):\n    canvas.fill('red')"


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    for package in PACKAGES:
        pytest.importorskip(package, reason="comes with the extra `semantic`")
    if not minilm_file.is_installed(FOLDER):
        pytest.skip("the model is not installed; make test does that")
    return MiniLM(minilm_file.file_in(FOLDER))


def cosine(some: Vector, other: Vector) -> float:
    pairs = zip(struct.unpack("384b", some.values), struct.unpack("384b", other.values), strict=True)
    return sum(left * right for left, right in pairs) * some.scale * other.scale


def test_a_question_is_nearer_to_what_answers_it(minilm: MiniLM) -> None:
    question, retry, paint = minilm.embed(["where is retry handled?", RETRY, PAINT])
    assert cosine(question, retry) > 0.3 > cosine(question, paint)
    assert cosine(retry, retry) == pytest.approx(1, abs=0.01)


def test_a_text_has_the_same_vector_in_any_company(minilm: MiniLM) -> None:
    assert minilm.embed([RETRY, PAINT])[1] == minilm.embed([PAINT])[0]


def test_any_text_has_a_vector(minilm: MiniLM) -> None:
    for text in ("", "\udcff", "漢字 ünïcode 🎉", "x" * 100_000, "a b " * 10_000):
        (vector,) = minilm.embed([text])
        assert len(vector.values) == minilm.dimensions


def test_the_file_is_checked_when_it_is_loaded(tmp_path: Path) -> None:
    for package in PACKAGES:
        pytest.importorskip(package, reason="comes with the extra `semantic`")
    minilm_file.file_in(tmp_path).write_bytes(b"not the model")
    with pytest.raises(ModelError, match="SHA-256"):
        MiniLM(minilm_file.file_in(tmp_path))
    source = EmbedderSource(tmp_path)
    assert source.available
    assert source.get() is None
    assert "words only" in (source.problem or "")
    assert not source.available


@pytest.mark.slow
def test_a_function_takes_no_longer_than_a_fortieth_of_a_second(minilm: MiniLM) -> None:
    started = time.process_time()
    minilm.embed([f"{RETRY}\n# {number} {PAINT}" for number in range(40)])
    assert time.process_time() - started < 40 / 25
