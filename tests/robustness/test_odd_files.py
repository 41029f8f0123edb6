"""Files that go wrong, through the real command and server: a clear line or null, and all else goes on."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forethought.bench.lsp_client import Client
from forethought.text.uris import file_uri
from support.lsp import at
from support.odd_repository import LEFT_OUT, LINE, ODD_FILES, ODD_NAMES, make_odd_repository
from support.polling import eventually
from support.world import World, end, make_world, one_line

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="such files do not exist there")]

INDEXED = len(ODD_FILES) - 3 + 1  # two look minified, one binary; and one file that git does not keep


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    world = make_world(tmp_path_factory.mktemp("odd") / "world")
    return world, make_odd_repository(world)


@pytest.fixture(scope="module")
def server(odd: tuple[World, Path]) -> Iterator[Client]:
    world, root = odd
    client = world.start_server(root, INDEXED)
    yield client
    assert client.close() == 0  # whatever the tests did, it is alive and leaves in order
    end(client)


def hover(server: Client, file: Path, line: int, character: int) -> str | None:
    answer = server.request("textDocument/hover", at(file_uri(file), line, character))
    return None if answer is None else answer["contents"]["value"]


def names(server: Client, file: Path) -> list[str] | None:
    symbols = server.request("textDocument/documentSymbol", {"textDocument": {"uri": file_uri(file)}})
    return None if symbols is None else [symbol["name"] for symbol in symbols]


def test_the_index_takes_what_can_be_read_and_says_why_it_leaves_the_rest(odd: tuple[World, Path]) -> None:
    world, root = odd
    ran = world.run("index", "--json", cwd=root)
    assert (ran.status, ran.document["files"], ran.document["failures"]) == (0, INDEXED, [])
    assert ran.document["skipped"] == {"symlink": 4, "minified": 2, "binary": 1, "too large": 1}
    assert world.run("precompute", "--dry-run", cwd=root).status == 0
    assert world.run("status", cwd=root).status == 0


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_file_that_is_left_out_is_named_with_its_reason(odd: tuple[World, Path], name: str) -> None:
    world, root = odd
    for words in [("show", name), ("show", f"{name}:1")]:
        ran = world.run(*words, cwd=root)
        assert ran.status == 1
        assert "Nothing is known about" in one_line(ran)
    assert world.run("index", name, cwd=root).status in (0, 1)  # and it neither hangs nor fails inside
    assert world.run("ask", "What calls `total_area`?", "--at", name, cwd=root).status == 0


@pytest.mark.parametrize("name", [*LEFT_OUT, "", ".", "..", "round", "good.py/x", "x" * 5000, "absent.py"])
def test_the_server_gives_null_for_what_it_cannot_read(server: Client, odd: tuple[World, Path], name: str) -> None:
    uri = f"{file_uri(odd[1])}/{name}"
    document = {"textDocument": {"uri": uri}}
    assert server.request("textDocument/hover", at(uri, 0, 4), 10) is None
    assert server.request("textDocument/documentSymbol", document, 10) is None
    assert server.request("forethought/context", document, 10) is None
    server.notify("textDocument/didSave", document)
    server.notify("forethought/didFocus", document)
    server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 1}]})
    assert server.request("forethought/status", None)["roots"][0]["files"]["indexed"] == INDEXED


def test_the_text_of_an_editor_counts_whatever_lies_on_the_disk(server: Client, odd: tuple[World, Path]) -> None:
    for name in LEFT_OUT:
        file = odd[1] / name
        uri = server.open(file, "python", "def buffered():\n    buffered()\n")
        assert "def buffered" in eventually(lambda file=file: hover(server, file, 1, 5))
        server.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        assert hover(server, file, 1, 5) is None


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_served(server: Client, odd: tuple[World, Path], name: str) -> None:
    file = odd[1] / name
    assert "def odd" in (hover(server, file, 4, 1) or "")
    context: Any = server.request("forethought/context", at(file_uri(file), 4, 1))
    assert context["uri"] == file_uri(file)
    assert [ref["uri"] for ref in context["symbols"][0]["facts"]["calledBy"]] == [file_uri(file)]


def test_invalid_utf8_bom_and_crlf(server: Client, odd: tuple[World, Path]) -> None:
    world, root = odd
    assert "def latin2" in (hover(server, root / "latin.py", 2, 12) or "")
    assert "Ends in CRLF." in (hover(server, root / "windows.py", 6, 3) or "")
    assert names(server, root / "windows.py") == ["windows"]
    assert hover(server, root / "windows.py", 0, 5) is not None  # the column is counted without the mark
    for name in ("latin.py", "windows.py"):
        ran = world.run("show", "--json", name, cwd=root)
        assert ran.status == 0
        assert len(ran.document["symbols"]) >= 2
    shown = world.run("show", "windows.py:1", "--json", cwd=root).document["symbols"][0]
    assert shown["facts"]["calledBy"][0]["range"]["start"] == {"line": 6, "character": 0}


def test_a_very_long_line_and_deep_nesting_cost_no_symbol_around_them(server: Client, odd: tuple[World, Path]) -> None:
    root = odd[1]
    assert "before" in (names(server, root / "line.py") or ())
    assert "after" in (names(server, root / "line.py") or ())
    assert "def before" in (hover(server, root / "line.py", 8, 5) or "")
    assert hover(server, root / "line.py", 4, LINE + 99) is None
    for name in ("brackets.py", "brackets.js", "brackets.c"):
        assert "shallow" in (names(server, root / name) or ()), name
        hover(server, root / name, 1, 5000)
    assert server.request("forethought/status", None)["state"] == "idle"


def test_a_huge_buffer_is_left_alone_and_others_are_served(server: Client, odd: tuple[World, Path]) -> None:
    root = odd[1]
    uri = server.open(root / "huge.py", "python", "def f():\n    f()\n" * 2_000_000)
    assert hover(server, root / "huge.py", 1, 5) is None
    assert "def total_area" in (hover(server, root / "user.py", 4, 13) or "")
    change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "def f():\n    f()\n"}]}
    server.notify("textDocument/didChange", change)
    assert "def f" in eventually(lambda: hover(server, root / "huge.py", 1, 5))
    server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def test_an_unreadable_file_costs_only_itself(odd: tuple[World, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The permission is denied by hand, since nothing is denied to root, as whom tests may run."""
    world, root = odd
    real_open = os.open

    def refuse(path: Any, *arguments: Any, **options: Any) -> int:
        if os.fspath(path).endswith("mute.py"):
            raise PermissionError(13, "Permission denied", path)
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    (root / "mute.py").write_text("def mute():\n    return 'new'\n")
    (root / "mute.py").chmod(0)
    ran = world.run("index", "--json", cwd=root)
    assert ran.document["skipped"].get("unreadable") == 1
    assert ran.document["files"] == INDEXED - 1
    shown = world.run("show", "mute.py", cwd=root)
    assert shown.status == 1
    assert "unreadable" in one_line(shown)
