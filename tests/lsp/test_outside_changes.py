"""Files that change outside the editor, are opened through links, or end their lines in a bare CR."""

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forethought.bench.lsp_client import CAPABILITIES, Client
from forethought.text.uris import file_uri
from support.lsp import at, wait_until_indexed
from support.polling import eventually
from support.repository import git

pytestmark = pytest.mark.slow

MAX_DELAY = 2.0
"""Seconds in which a change outside the editor must be seen."""


def hover_text(client: Client, uri: str, line: int, character: int) -> str:
    answer = client.request("textDocument/hover", at(uri, line, character))
    return str(answer["contents"]["value"]) if answer else ""


def test_a_client_that_cannot_watch_files_sees_changes_within_seconds(
    start: Callable[..., Client], repository: Path
) -> None:
    capabilities: dict[str, Any] = copy.deepcopy(CAPABILITIES)
    capabilities["workspace"]["didChangeWatchedFiles"]["dynamicRegistration"] = False
    client = start()
    client.initialize(repository, capabilities=capabilities)
    wait_until_indexed(client, 2)
    time.sleep(1)
    delays = []

    def measure(found: Callable[[], Any], change: Callable[[], object]) -> None:
        change()
        started = time.monotonic()
        eventually(found)
        delays.append(time.monotonic() - started)

    def symbols(name: str) -> Any:
        return client.request("workspace/symbol", {"query": name})

    new = repository / "far" / "new.py"
    measure(lambda: symbols("first_name"), lambda: (repository / "b.py").write_text("def first_name(): ...\n"))
    measure(lambda: symbols("second_name"), lambda: (repository / "b.py").write_text("def second_name(): ...\n"))
    measure(lambda: symbols("in_folder"), lambda: (new.parent.mkdir(), new.write_text("def in_folder(): ...\n")))
    measure(lambda: not symbols("second_name"), lambda: (repository / "b.py").unlink())
    git(repository, "add", "-A")
    git(repository, "stash")  # HEAD stays where it is
    eventually(lambda: not symbols("in_folder"))
    measure(lambda: symbols("in_folder"), lambda: git(repository, "stash", "pop"))
    print("seconds until a change outside the editor is seen:", [round(delay, 2) for delay in delays])
    assert sorted(delays)[len(delays) // 2] <= MAX_DELAY, delays


def test_a_settings_file_that_changes_outside_the_editor_counts(start: Callable[..., Client], repository: Path) -> None:
    client = start()
    client.initialize(repository, capabilities={})
    wait_until_indexed(client, 2)
    (repository / "forethought.toml").write_text('exclude = ["shapes.py"]\n')
    eventually(lambda: not client.request("workspace/symbol", {"query": "Square"}))


def test_a_file_that_is_opened_through_a_link_has_the_facts_of_the_file_behind_it(
    client: Client, repository: Path
) -> None:
    (repository / "link.py").symlink_to("shapes.py")
    (repository / "folder").symlink_to(".")
    for link in (repository / "link.py", repository / "folder" / "shapes.py"):
        uri = client.open(link, "python")
        text = eventually(lambda uri=uri: hover_text(client, uri, 19, 5))  # type: ignore[misc]
        document = eventually(lambda uri=uri: client.request("forethought/context", at(uri, 19, 5)))  # type: ignore[misc]
        assert "The sum of all areas." in text
        assert document["uri"] == uri
        assert [call["uri"] for call in document["symbols"][0]["facts"]["calledBy"]] == [
            file_uri(repository / "main.py")
        ]
        found = client.request("workspace/symbol", {"query": "total"})
        assert [item["location"]["uri"] for item in found] == [uri]
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def test_an_edit_in_a_link_counts_for_the_file_behind_it(client: Client, repository: Path) -> None:
    (repository / "link.py").symlink_to("shapes.py")
    main = client.open(repository / "main.py", "python")
    real = client.open(repository / "shapes.py", "python")
    text = (repository / "shapes.py").read_text().replace("The sum of all areas.", "Edited here.")
    link = client.open(repository / "link.py", "python", text)
    eventually(lambda: "Edited here." in hover_text(client, main, 4, 31))
    client.notify("textDocument/didClose", {"textDocument": {"uri": link}})
    eventually(lambda: "The sum of all areas." in hover_text(client, main, 4, 31))
    client.notify("textDocument/didClose", {"textDocument": {"uri": real}})
    eventually(lambda: "The sum of all areas." in hover_text(client, main, 4, 31))


def test_lines_may_end_in_a_bare_cr(client: Client, repository: Path) -> None:
    text = "def one():\r    return 1\r\r\ndef two():\n    return one()\r"
    (repository / "cr.py").write_bytes(text.encode())
    uri = file_uri(repository / "cr.py")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 1}]})
    eventually(lambda: client.request("workspace/symbol", {"query": "two"}))
    for opened in (False, True):
        if opened:
            document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
            client.notify("textDocument/didOpen", {"textDocument": document})
        answer = eventually(lambda: client.request("textDocument/hover", at(uri, 4, 12)))
        assert "def one()" in answer["contents"]["value"]
        assert answer["range"] == {"start": {"line": 4, "character": 11}, "end": {"line": 4, "character": 14}}
    found = client.request("workspace/symbol", {"query": "two"})
    assert [item["location"]["range"]["start"]["line"] for item in found] == [3]
