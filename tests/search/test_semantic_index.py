"""What changed is embedded, once, and questions find what means the same."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from forethought.embedding.source import EmbedderSource
from forethought.engine.api import CancelToken
from forethought.errors import Cancelled
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.repository_search import RepositorySearch
from forethought.search.semantic_index import SemanticIndex
from forethought.store.insight_store import DiskInsightStore
from forethought.store.vector_store import VectorStore
from support.fake_embedder import FakeEmbedder
from support.indexing import index_of

pytest.importorskip("numpy", reason="comes with the extra `semantic`")

SOURCES = {
    "client.py": "def backoff(attempt):\n    return 2 ** attempt\n\n\ndef close(socket):\n    socket.shutdown()\n",
    "paint.py": "def draw(canvas):\n    canvas.fill('red')\n",
}
QUESTION = "where is retry handled?"


class Root:
    """A root in memory, except for its vectors."""

    def __init__(
        self, folder: Path, embedder: FakeEmbedder | None = None, sources: dict[str, str] | None = None
    ) -> None:
        self.embedder = embedder or FakeEmbedder({"retry": "backoff"})
        self.sources = dict(sources or SOURCES)
        self.stores: list[VectorStore] = []
        self.index = index_of(self.sources)

        def open_store(digest: str, dimensions: int) -> VectorStore:
            self.stores.append(VectorStore.of_root(folder, folder, digest, dimensions))
            return self.stores[-1]

        insights = DiskInsightStore.in_memory()
        self.semantic = SemanticIndex(
            self.index, insights, EmbedderSource(folder, self.embedder), open_store, self.read
        )
        self.search = RepositorySearch(self.index, insights, FulltextIndex.in_memory(), self.read, self.semantic)

    def read(self, path: str) -> bytes | None:
        return self.sources[path].encode() if path in self.sources else None

    def embed_all(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        while self.semantic.pending:
            self.semantic.embed_next(cancelled)

    def found(self) -> list[str]:
        ranking = self.search.rank(QUESTION, CancelToken())
        return [f"{target.path}:{target.symbol_id}" for target, _ in ranking.symbols]


def test_a_question_finds_what_says_the_same_in_other_words(tmp_path: Path) -> None:
    root = Root(tmp_path)
    assert root.found() == []
    root.embed_all()
    assert root.found()[0] == "client.py:backoff"


def test_what_has_another_meaning_is_not_found(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.embed_all()
    assert not any(name.startswith("paint.py") for name in root.found())


def test_only_what_changed_is_embedded_again(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.embed_all()
    later = Root(tmp_path, sources={**SOURCES, "client.py": SOURCES["client.py"].replace("shutdown", "close")})
    later.embed_all()
    assert len(later.embedder.embedded) == 1
    assert "socket.close()" in later.embedder.embedded[0]


def test_the_next_process_embeds_nothing_but_the_question(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.embed_all()
    root.semantic.close()
    later = Root(tmp_path)
    assert later.found()[0] == "client.py:backoff"
    assert later.embedder.embedded == [QUESTION]


def test_files_that_are_gone_are_not_found(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.embed_all()
    root.index.remove(["client.py"])
    root.semantic.files_changed(["client.py"])
    assert not any(name.startswith("client.py") for name in root.found())
    root.embed_all()
    assert root.stores[0].stamps().keys() == {"paint.py"}


def test_what_was_embedded_before_an_interruption_is_kept(tmp_path: Path) -> None:
    root = Root(tmp_path)
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        root.embed_all(lambda: next(answers))
    assert len(root.embedder.embedded) == 2
    root.embed_all()
    assert len(root.embedder.embedded) == len(set(root.embedder.embedded))


def test_half_a_repository_is_searched_by_words_alone(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.semantic.embed_next(lambda: False)
    root.semantic.embed_next(lambda: False)
    assert root.found() == []


def test_vectors_of_another_model_are_made_again(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.embed_all()
    root.semantic.close()
    other = Root(tmp_path, FakeEmbedder({"retry": "backoff"}, digest="other"))
    assert other.found() == []
    other.embed_all()
    assert other.found()[0] == "client.py:backoff"


def test_a_store_that_was_cut_is_filled_again(tmp_path: Path) -> None:
    root = Root(tmp_path)
    root.embed_all()
    root.semantic.close()
    (file,) = (tmp_path / "index").glob("*.vectors.sqlite")
    file.write_bytes(file.read_bytes()[:5000])
    later = Root(tmp_path)
    assert later.found() == []
    assert "damaged" in (later.semantic.problem or "")
    later.embed_all()
    assert later.found()[0] == "client.py:backoff"


def test_secrets_are_not_embedded(tmp_path: Path) -> None:
    secret = "ghp_" + hashlib.sha256(b"x").hexdigest()[:36]
    root = Root(tmp_path, sources={"a.py": f'def connect():\n    token = "{secret}"\n    return token\n'})
    root.embed_all()
    assert not any(secret in text for text in root.embedder.embedded)


def test_without_an_embedder_words_alone_count(tmp_path: Path) -> None:
    root = Root(tmp_path)
    missing = EmbedderSource(tmp_path)
    semantic = SemanticIndex(root.index, DiskInsightStore.in_memory(), missing, lambda *_: pytest.fail(), root.read)
    assert not semantic.pending
    assert semantic.nearest(QUESTION, 10) is None
