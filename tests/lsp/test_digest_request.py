"""`forethought/digest`, with a real server over stdio."""

from collections.abc import Callable
from pathlib import Path

import pytest

from forethought.bench.lsp_client import Client, ServerError
from forethought.text.uris import file_uri
from support.lsp import SHAPES
from support.repository import git

pytestmark = pytest.mark.slow


def test_a_digest_lists_what_changed_with_places_of_the_client(client: Client, repository: Path) -> None:
    (repository / "shapes.py").write_text(SHAPES.replace("self.side * self.side", "self.side**2"), encoding="utf-8")
    answer = client.request("forethought/digest", {"since": "HEAD"})
    (document,) = answer["roots"]
    (item,) = document["items"]
    assert (item["change"], item["symbol"], item["uncommitted"]) == ("changed", "Square.area", True)
    assert item["uri"] == file_uri(repository / "shapes.py")
    assert item["range"]["start"] == {"line": 15, "character": 8}
    assert "Square.area" in answer["markdown"]


def test_without_a_revision_it_goes_on_where_the_last_one_ended(client: Client, repository: Path) -> None:
    client.request("forethought/digest", {"textDocument": {"uri": file_uri(repository / "shapes.py")}})
    (repository / "shapes.py").write_text(SHAPES.replace("def total", "def whole"), encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", "Rename")
    (document,) = client.request("forethought/digest", {})["roots"]
    assert document["reason"] == "your last digest"
    assert [(item["change"], item["symbol"]) for item in document["items"]] == [("renamed", "whole")]


def test_what_cannot_be_compared_is_answered_with_a_sentence(client: Client, start: Callable[..., Client]) -> None:
    with pytest.raises(ServerError, match="'nowhere' is not a commit"):
        client.request("forethought/digest", {"since": "nowhere"})
    with pytest.raises(ServerError, match="must be a whole number"):
        client.request("forethought/digest", {"limit": "many"})
