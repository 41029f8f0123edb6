"""Which folders are served, under which names, and with which settings."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from forethought.bench.lsp_client import Client
from forethought.text.uris import file_uri
from support.lsp import MAIN, SHAPES, at, wait_until_indexed
from support.polling import eventually
from support.repository import git, make_repository

pytestmark = pytest.mark.slow


def folder(path: Path) -> dict[str, str]:
    return {"uri": file_uri(path), "name": path.name}


def root_uris(client: Client) -> list[str]:
    return [root["uri"] for root in client.request("forethought/status", None)["roots"]]


def messages(client: Client) -> list[str]:
    shown = [m for m in list(client.notifications.queue) if m["method"] == "window/showMessage"]
    return [message["params"]["message"] for message in shown]


def test_each_folder_is_a_root_of_its_own_and_may_come_and_go(
    start: Callable[..., Client], repository: Path, tmp_path: Path
) -> None:
    other = make_repository(tmp_path / "other", {"greet.py": "def greet() -> None: ...\n\n\ngreet()\n"})
    client = start()
    client.initialize(repository, workspaceFolders=[folder(repository)])
    wait_until_indexed(client, 2)
    uri = client.open(other / "greet.py", "python")
    assert client.request("textDocument/hover", at(uri, 3, 1)) is None

    def change(added: list[Path], removed: list[Path]) -> None:
        event = {"added": [folder(path) for path in added], "removed": [folder(path) for path in removed]}
        client.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    change([other], [])
    eventually(lambda: set(root_uris(client)) == {file_uri(repository), file_uri(other)})
    assert "def greet" in eventually(lambda: client.request("textDocument/hover", at(uri, 3, 1)))["contents"]["value"]
    change([], [other, tmp_path / "never"])
    eventually(lambda: root_uris(client) == [file_uri(repository)])
    assert client.request("textDocument/hover", at(uri, 3, 1)) is None


def test_a_folder_inside_a_repository_is_served_from_its_repository(
    start: Callable[..., Client], tmp_path: Path
) -> None:
    whole = make_repository(tmp_path / "whole", {"lib/shapes.py": SHAPES, "app/main.py": MAIN})
    client = start()
    client.initialize(whole / "app", workspaceFolders=[folder(whole / "app"), folder(whole / "lib")])
    assert root_uris(client) == [file_uri(whole)]
    wait_until_indexed(client, 2)


def test_a_root_that_is_reached_through_a_link_keeps_the_clients_names(
    start: Callable[..., Client], repository: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(repository, target_is_directory=True)
    client = start()
    client.initialize(link)
    wait_until_indexed(client, 2)
    uri = client.open(link / "main.py", "python")
    document = eventually(lambda: client.request("forethought/context", at(uri, 4, 35)))
    assert document["uri"] == file_uri(link / "shapes.py")
    assert root_uris(client) == [file_uri(link)]


def test_a_file_without_a_folder_is_served_from_its_repository(start: Callable[..., Client], repository: Path) -> None:
    client = start()
    client.initialize(repository, workspaceFolders=None, rootUri=None)
    uri = client.open(repository / "main.py", "python")
    eventually(lambda: root_uris(client) == [file_uri(repository)])
    wait_until_indexed(client, 2)
    assert "def total" in eventually(lambda: client.request("textDocument/hover", at(uri, 4, 35)))["contents"]["value"]


def test_the_home_folder_and_what_is_no_folder_are_not_served(
    start: Callable[..., Client], repository: Path, tmp_path: Path
) -> None:
    client = start(HOME=str(tmp_path))
    folders = [folder(tmp_path), folder(repository / "main.py"), folder(tmp_path / "gone"), {"uri": "x:y", "name": ""}]
    client.initialize(tmp_path, workspaceFolders=folders)
    assert root_uris(client) == []
    assert client.request("workspace/symbol", {"query": "total"}) == []
    assert messages(client) == []


def test_a_project_inside_a_home_folder_that_is_kept_in_git_is_served_by_itself(
    start: Callable[..., Client], tmp_path: Path
) -> None:
    home = make_repository(tmp_path / "home", {".bashrc": "", "project/shapes.py": SHAPES})
    client = start(HOME=str(home))
    client.initialize(home / "project")
    assert root_uris(client) == [file_uri(home / "project")]


def test_the_server_starts_with_no_configuration_at_all(start: Callable[..., Client], repository: Path) -> None:
    client = start()
    client.initialize(repository, None, capabilities={})
    assert wait_until_indexed(client, 2)["state"] == "idle"
    assert not [
        m for m in list(client.notifications.queue) if "id" in m
    ]  # the server sends no requests to such a client


def test_a_client_of_a_later_protocol_is_served(start: Callable[..., Client], repository: Path) -> None:
    client = start()
    symbols = {"symbolKind": {"valueSet": [1, 99]}}
    formats = {"contentFormat": ["hologram", "plaintext"]}
    capabilities = {"workspace": {"symbol": symbols}, "textDocument": {"hover": formats}, "window": None}
    client.initialize(repository, {"hover": {"content": "full"}}, capabilities=capabilities, trace="loud")
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    hover = eventually(lambda: client.request("textDocument/hover", at(uri, 4, 35)))
    assert hover["contents"]["kind"] == "plaintext"


@pytest.mark.parametrize(
    "options", [7, "text", [1], {"hover": 3}, {"hover": {"enabled": "perhaps"}}, {"no": {"such": 1}}]
)
def test_bad_options_give_one_message_and_the_defaults(
    start: Callable[..., Client], repository: Path, options: Any
) -> None:
    client = start()
    client.initialize(repository, options)
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    assert eventually(lambda: client.request("textDocument/hover", at(uri, 4, 35)))
    (message,) = eventually(lambda: messages(client))
    assert message.endswith(".") and "\n" not in message


def test_a_broken_settings_file_of_the_user_gives_one_message_and_the_defaults(
    start: Callable[..., Client], repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "home" / "forethought").mkdir(parents=True)
    broken = tmp_path / "home" / "forethought" / "forethought.toml"
    broken.write_text("engine = [")
    client = start(FORETHOUGHT_CONFIG="", XDG_CONFIG_HOME=str(tmp_path / "home"))
    client.initialize(repository)
    assert wait_until_indexed(client, 2)["state"] == "idle"
    (message,) = eventually(lambda: messages(client))
    assert str(broken) in message and "fix or delete it" in message


def test_options_settings_pulled_and_settings_pushed_count_in_this_order(
    start: Callable[..., Client], repository: Path
) -> None:
    client = start(settings={"hover": {"content": "insights"}})
    client.initialize(repository, {"hover": {"enabled": False}})
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    assert client.request("textDocument/hover", at(uri, 4, 35)) is None
    pushed = {"settings": {"forethought": {"hover": {"enabled": True, "content": "full"}}}}
    client.notify("workspace/didChangeConfiguration", pushed)
    assert eventually(lambda: client.request("textDocument/hover", at(uri, 4, 35)))
    client.notify(
        "workspace/didChangeConfiguration", {"settings": None}
    )  # pulled again: insights only, and there are none
    eventually(lambda: client.request("textDocument/hover", at(uri, 4, 35)) is None)


def test_settings_pushed_empty_are_taken_back(start: Callable[..., Client], repository: Path) -> None:
    client = start()
    client.initialize(repository, {"chat": {"verbosity": 3}}, capabilities={})
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    hover = partial(client.request, "textDocument/hover", at(uri, 4, 35))
    for empty in ({"forethought": {}}, {}):
        client.notify("workspace/didChangeConfiguration", {"settings": {"forethought": {"hover": {"enabled": False}}}})
        eventually(lambda: hover() is None)
        client.notify("workspace/didChangeConfiguration", {"settings": empty})
        eventually(hover)


def test_settings_of_others_are_none_of_our_business(start: Callable[..., Client], repository: Path) -> None:
    client = start(settings={"hover": {"enabled": False}})
    client.initialize(repository)
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    client.notify("workspace/didChangeConfiguration", {"settings": {"python": {"linting": True}}})
    client.notify("workspace/didChangeConfiguration", {"settings": {"chat.verbosity": 2, "hover.enabled": True}})
    assert eventually(lambda: client.request("textDocument/hover", at(uri, 4, 35)))
    assert messages(client) == []


def test_settings_that_follow_one_another_count_in_their_order(start: Callable[..., Client], repository: Path) -> None:
    client = start()
    client.initialize(repository)
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    for scope in ("all", "open", "off", "auto", "open"):
        client.notify("workspace/didChangeConfiguration", {"settings": {"forethought": {"sleep": {"scope": scope}}}})
    client.notify("workspace/didChangeConfiguration", {"settings": {"forethought": {"hover": {"enabled": False}}}})
    eventually(lambda: client.request("textDocument/hover", at(uri, 4, 35)) is None)
    assert client.request("forethought/status", None)["roots"][0]["scope"] == "auto"


def test_each_root_takes_its_own_safe_settings_and_follows_them(
    start: Callable[..., Client], repository: Path, tmp_path: Path
) -> None:
    other = make_repository(tmp_path / "other", {"shapes.py": SHAPES, "main.py": MAIN})
    (other / "forethought.toml").write_text('[hover]\nenabled = false\n[sleep]\nscope = "all"\n')
    client = start()
    client.initialize(repository, workspaceFolders=[folder(repository), folder(other)])
    wait_until_indexed(client, 4)
    scopes = {root["uri"]: root["scope"] for root in client.request("forethought/status", None)["roots"]}
    assert scopes == {file_uri(repository): "auto", file_uri(other): "all"}
    mine, theirs = client.open(repository / "main.py", "python"), client.open(other / "main.py", "python")
    assert client.request("textDocument/hover", at(mine, 4, 35))
    assert client.request("textDocument/hover", at(theirs, 4, 35)) is None
    (other / "forethought.toml").write_text('[hover]\nenabled = true\n[model]\nname = "evil"\n')
    saved = {"textDocument": {"uri": file_uri(other / "forethought.toml")}}
    client.notify("textDocument/didSave", saved)
    eventually(lambda: client.request("textDocument/hover", at(theirs, 4, 35)))
    (message,) = eventually(lambda: messages(client))
    assert "model.name" in message and str(other) in message


def test_a_repository_that_names_a_model_or_an_endpoint_is_told_off_once(
    start: Callable[..., Client], repository: Path
) -> None:
    (repository / "forethought.toml").write_text(
        'exclude = ["main.py"]\n[model]\npath = "/tmp/evil.gguf"\n[openai]\nbaseUrl = "http://evil.example"\n'
    )
    client = start()
    client.initialize(repository)
    wait_until_indexed(client)
    (message,) = eventually(lambda: messages(client))
    assert "model.path" in message and "openai.baseUrl" in message
    client.notify("workspace/didChangeConfiguration", {"settings": {"forethought": {"chat": {"verbosity": 2}}}})
    assert client.request("forethought/status", None)["engine"] is None
    assert len(messages(client)) == 1


def test_a_commit_elsewhere_is_seen_by_watched_files(client: Client, repository: Path) -> None:
    (repository / "new.py").write_text("def brand_new() -> None: ...\n")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [
        {"uri": file_uri(repository / "new.py"), "type": 1}, {"uri": file_uri(repository / ".git" / "HEAD"), "type": 2},
    ]})  # fmt: skip
    eventually(lambda: client.request("workspace/symbol", {"query": "brand_new"}))
    (repository / "new.py").unlink()
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": file_uri(repository / "new.py"), "type": 3}]})
    eventually(lambda: not client.request("workspace/symbol", {"query": "brand_new"}))
    git(repository, "status")
