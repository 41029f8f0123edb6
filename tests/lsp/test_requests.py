"""The requests of editors, with a real server over stdio."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest

from forethought.bench.lsp_client import CAPABILITIES, Client, ServerError
from forethought.lsp.requests.symbol_requests import LSP_KINDS
from forethought.syntax.symbol_kinds import SymbolKind
from forethought.text.uris import file_uri
from support.lsp import MAIN, SHAPES, at, wait_until_indexed
from support.polling import eventually

pytestmark = pytest.mark.slow

Shared = tuple[Client, Path]


def hover_text(client: Client, uri: str, line: int, character: int) -> str | None:
    answer = client.request("textDocument/hover", at(uri, line, character))
    return None if answer is None else answer["contents"]["value"]


def test_the_server_says_its_name_and_what_it_can_do(start: Callable[..., Client], repository: Path) -> None:
    answer = start().initialize(repository)
    assert answer["serverInfo"]["name"] == "forethought"
    capabilities = answer["capabilities"]
    assert capabilities["positionEncoding"] == "utf-16"
    assert capabilities["hoverProvider"] and capabilities["documentSymbolProvider"]
    assert capabilities["workspaceSymbolProvider"] and capabilities["codeActionProvider"]
    assert capabilities["executeCommandProvider"]["workDoneProgress"] is True
    assert capabilities["workspace"]["workspaceFolders"] == {"supported": True, "changeNotifications": True}
    assert set(capabilities["executeCommandProvider"]["commands"]) == {
        f"forethought.{name}"
        for name in ("ask", "precomputeWorkspace", "precomputeFile", "pause", "resume", "clearCache", "showContext")
    }


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 37), ("utf-16", 35), ("utf-32", 34)])
def test_positions_are_counted_as_negotiated(
    start: Callable[..., Client], repository: Path, encoding: str, character: int
) -> None:
    client = start()
    answer = client.initialize(
        repository, capabilities={**CAPABILITIES, "general": {"positionEncodings": ["x-other", encoding]}}
    )
    assert answer["capabilities"]["positionEncoding"] == encoding
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    start_of_total = MAIN.splitlines()[4].index("total")
    answer = eventually(lambda: client.request("textDocument/hover", at(uri, 4, character)))
    assert "def total" in answer["contents"]["value"]
    before = MAIN.splitlines()[4][:start_of_total]
    width = {"utf-8": len(before.encode()), "utf-16": len(before) + 1, "utf-32": len(before)}[encoding]
    assert answer["range"]["start"] == {"line": 4, "character": width}


def test_a_hover_says_what_is_known_in_a_few_lines(shared: Shared) -> None:
    client, repository = shared
    uri = client.open(repository / "main.py", "python")
    text = eventually(lambda: (text := hover_text(client, uri, 4, 35)) and "Called" in text and text)
    assert "def total(shapes: list[Shape]) -> float" in text
    assert "The sum of all areas." in text
    assert f"[`main`]({file_uri(repository / 'main.py')}#L5)" in text
    lines = [line for line in text.splitlines() if line and not line.startswith("```")]
    assert len(lines) <= 6
    assert lines[-1].startswith("— Forethought · facts")
    assert "Returns `sum(shape.area() for shape in shapes)`." in lines


def test_a_hover_shows_effects_as_soon_as_they_are_known(shared: Shared) -> None:
    client, repository = shared
    uri = client.open(repository / "main.py", "python")
    text = eventually(lambda: (text := hover_text(client, uri, 3, 5)) and "Logs" in text and text)
    assert "Logs or prints: `print`" in text


@pytest.mark.parametrize(
    ("formats", "editor", "shown"),
    [
        (["markdown", "plaintext"], "Some Editor", "[`main`](file://"),
        (["markdown", "plaintext"], "Neovim", "Called once: `main`"),  # or it would wrap lines at hidden addresses
        (["plaintext", "markdown"], "Some Editor", "Called once: main"),
        (["plaintext"], None, "def total(shapes: list[Shape]) -> float\n\nThe sum of all areas."),
    ],
)
def test_a_hover_has_the_form_that_its_client_shows_best(
    start: Callable[..., Client], repository: Path, formats: list[str], editor: str | None, shown: str
) -> None:
    client = start()
    capabilities = {**CAPABILITIES, "textDocument": {"hover": {"contentFormat": formats}}}
    info = {} if editor is None else {"clientInfo": {"name": editor}}
    client.initialize(repository, capabilities=capabilities, **info)
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    text = eventually(lambda: (text := hover_text(client, uri, 4, 35)) and "Called" in text and text)
    assert shown in text
    assert client.request("textDocument/hover", at(uri, 4, 35))["contents"]["kind"] == formats[0]


def test_a_file_that_is_not_open_is_read_from_disk(client: Client, repository: Path) -> None:
    uri = file_uri(repository / "main.py")
    assert "def total" in (hover_text(client, uri, 4, 35) or "")
    (repository / "main.py").write_text("\n\nfrom shapes import total\n\n\ntotal([])\n")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 2}]})
    assert "def total" in eventually(lambda: hover_text(client, uri, 5, 1))
    assert hover_text(client, uri, 4, 0) is None


def test_an_unsaved_buffer_wins_over_the_disk(client: Client, repository: Path) -> None:
    shapes = client.open(repository / "shapes.py", "python", SHAPES.replace("def total(", "def sum_up("))
    uri = client.open(repository / "main.py", "python", MAIN.replace("total", "sum_up"))
    assert "def sum_up" in (eventually(lambda: hover_text(client, uri, 4, 35)) or "")
    symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": shapes}})
    assert "sum_up" in [symbol["name"] for symbol in symbols]


def test_fields_and_local_names_have_short_hovers(shared: Shared) -> None:
    client, repository = shared
    uri = client.open(repository / "shapes.py", "python")
    field = eventually(lambda: hover_text(client, uri, 16, 21))
    assert field is not None and field.startswith("`self.side = side` — field of `Square`")
    assert field.endswith("— Forethought · facts")
    for line, character in ((12, 24), (13, 21)):
        parameter = hover_text(client, uri, line, character)
        assert parameter is not None and parameter.startswith("`side: float` — parameter of `Square.__init__`")
    variable = hover_text(client, uri, 21, 15)
    assert variable is not None and "`shape` — local variable of `total` · type `Shape` · set in line" in variable


def test_the_name_of_an_imported_module_has_a_hover(shared: Shared) -> None:
    client, repository = shared
    uri = client.open(repository / "main.py", "python")
    text = eventually(lambda: hover_text(client, uri, 0, 7))
    assert text is not None and "`shapes.py` — exports `Shape`, `Square`, `total`" in text


def test_a_hover_right_after_an_edit_sees_the_edit(client: Client, repository: Path) -> None:
    uri = client.open(repository / "main.py", "python")
    eventually(lambda: hover_text(client, uri, 4, 35))
    edit = {"range": {"start": {"line": 3, "character": 0}, "end": {"line": 3, "character": 0}}, "text": "# new\n\n"}
    client.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [edit]})
    now, before = hover_text(client, uri, 6, 35), hover_text(client, uri, 4, 35)
    assert now is None or "def total" in now  # the snapshot may lag behind, but is never wrong
    assert before is None
    assert "def total" in eventually(lambda: hover_text(client, uri, 6, 35))


def test_nothing_is_shown_in_a_buffer_that_is_too_large_and_other_files_are_answered(
    client: Client, repository: Path
) -> None:
    huge = client.open(repository / "huge.py", "python", "def total(): ...\n" * 400_000)
    uri = client.open(repository / "main.py", "python")
    assert "def total" in (eventually(lambda: hover_text(client, uri, 4, 35)) or "")
    assert hover_text(client, huge, 0, 5) is None
    logged = [item["params"]["message"] for item in client.notifications.queue if item["method"] == "window/logMessage"]
    assert any("huge.py" in message and "1,000,000" in message for message in logged)
    change = {"textDocument": {"uri": huge, "version": 2}, "contentChanges": [{"text": "def small(): ...\n"}]}
    client.notify("textDocument/didChange", change)
    assert "def small" in (eventually(lambda: hover_text(client, huge, 0, 5)) or "")


@pytest.mark.parametrize(("line", "character"), [(99, 0), (4, 500), (2**31 - 99, 2**31 - 1), (3, 0), (1, 0)])
def test_a_hover_outside_the_text_or_on_no_name_is_null(shared: Shared, line: int, character: int) -> None:
    client, repository = shared
    opened = client.open(repository / "main.py", "python")
    assert hover_text(client, opened, line, character) is None
    assert hover_text(client, file_uri(repository / "shapes.py"), line + 50, character) is None


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1",
        "git:/repository/main.py?ref=HEAD",
        "vscode-notebook-cell:/a.ipynb#W0sZmlsZQ",
        "file:///C:/work/a.py",
        "file:///c%3A/work/%C3%A9.py",
        "file:///nowhere/at/all.py",
        "file:///etc/passwd",
        "file://[",
        "gibberish",
        "",
    ],
)
def test_documents_that_are_not_ours_give_null_and_no_error(shared: Shared, uri: str) -> None:
    client, _ = shared
    item = {"uri": uri, "languageId": "python", "version": 1, "text": "def f():\n    f()\n"}
    client.notify("textDocument/didOpen", {"textDocument": item})
    assert client.request("textDocument/hover", at(uri, 0, 4)) is None
    assert client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}}) is None
    code_action = {**at(uri, 0, 4), "range": {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}}
    assert client.request("textDocument/codeAction", {**code_action, "context": {"diagnostics": []}}) == []
    if uri:
        assert client.request("forethought/context", at(uri, 0, 4)) is None
        client.notify("forethought/didFocus", {"textDocument": {"uri": uri}})
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.request("forethought/status", None)["state"]


def test_names_that_need_encoding_are_found_and_given_back_encoded(client: Client, repository: Path) -> None:
    path = repository / "a b" / "naïve (1)@#.py"
    path.parent.mkdir()
    path.write_text("def odd() -> int:\n    return 1\n\n\nodd()\n")
    uri = client.open(path, "python")
    assert uri.endswith("/a%20b/na%C3%AFve%20%281%29%40%23.py")
    assert "def odd" in eventually(lambda: hover_text(client, uri, 4, 1))
    document = client.request("forethought/context", at(uri.replace("%40", "@"), 4, 1))
    assert document["uri"] == uri


def test_document_symbols_nest_where_the_client_can_show_it(shared: Shared) -> None:
    client, repository = shared
    uri = client.open(repository / "shapes.py", "python")
    symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert [symbol["name"] for symbol in symbols] == ["Shape", "Square", "total"]
    square = symbols[1]
    assert [child["name"] for child in square["children"]] == ["__init__", "side", "area"]
    assert square["selectionRange"]["start"] == {"line": 11, "character": 6}


def test_document_symbols_are_flat_for_other_clients(start: Callable[..., Client], repository: Path) -> None:
    client = start()
    client.initialize(repository, capabilities={})
    uri = file_uri(repository / "shapes.py")
    symbols = client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert {symbol["name"]: symbol.get("containerName") for symbol in symbols}["__init__"] == "Square"
    assert {symbol["location"]["uri"] for symbol in symbols} == {uri}


def test_every_kind_of_symbol_has_one_in_lsp() -> None:
    assert set(LSP_KINDS) == set(get_args(SymbolKind))


def test_workspace_symbols_are_found_by_a_part_of_their_name(shared: Shared) -> None:
    client, repository = shared
    found = client.request("workspace/symbol", {"query": "squ"})
    assert [symbol["name"] for symbol in found] == ["Square"]
    assert found[0]["location"]["uri"] == file_uri(repository / "shapes.py")
    assert client.request("workspace/symbol", {"query": "nothing like it"}) == []
    everything = {symbol["name"] for symbol in client.request("workspace/symbol", {"query": ""})}
    assert everything >= {"Shape", "Shape.area", "Square", "total", "main"}


def code_actions(client: Client, uri: str, **context: Any) -> list[dict[str, Any]]:
    place = {"line": 4, "character": 35}
    params = {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}}
    actions: list[dict[str, Any]] = client.request(
        "textDocument/codeAction", {**params, "context": {"diagnostics": [], **context}}
    )
    return actions


def test_explain_asks_about_the_name_at_the_cursor(shared: Shared) -> None:
    client, repository = shared
    uri = client.open(repository / "main.py", "python")
    (action,) = code_actions(client, uri)
    assert action["title"] == "Explain total"
    answer = client.request("workspace/executeCommand", {"command": action["command"]["command"],
                            "arguments": action["command"]["arguments"]})  # fmt: skip
    assert answer["answer"]


def test_explain_stays_away_from_fixes_on_save_and_from_the_light_bulb(shared: Shared) -> None:
    client, repository = shared
    uri = client.open(repository / "main.py", "python")
    assert code_actions(client, uri, only=["source.fixAll"]) == []
    assert code_actions(client, uri, triggerKind=2) == []
    assert code_actions(client, uri, only=["forethought"], triggerKind=1)


def test_the_context_of_a_file_begins_with_the_file_itself(shared: Shared) -> None:
    client, repository = shared
    uri = file_uri(repository / "shapes.py")
    document = client.request("forethought/context", {"textDocument": {"uri": uri}})
    assert document["schema"] == 1 and document["uri"] == uri and document["language"] == "python"
    first, *others = document["symbols"]
    assert (first["id"], first["name"], first["kind"]) == ("", "", "file")
    assert [symbol["name"] for symbol in others][:2] == ["Shape", "Shape.area"]
    assert document["candidates"] == []


def test_the_context_at_a_place_is_that_of_the_definition(shared: Shared) -> None:
    client, repository = shared
    document = client.request("forethought/context", at(file_uri(repository / "main.py"), 4, 35))
    assert document["uri"] == file_uri(repository / "shapes.py")
    (symbol,) = document["symbols"]
    assert symbol["id"] == "total" and symbol["state"] == "missing" and symbol["insights"] is None
    assert [ref["symbol"] for ref in symbol["facts"]["calledBy"]] == ["main"]
    assert symbol["facts"]["calledBy"][0]["uri"] == file_uri(repository / "main.py")
    assert symbol["facts"]["lastChange"]["author"] == "Ada"
    assert symbol["behaviour"]["text"].startswith("Returns `sum(") and symbol["behaviour"]["effects"] == []


def test_several_meanings_are_given_as_candidates_and_never_guessed(client: Client, repository: Path) -> None:
    for name in ("left", "right"):
        (repository / f"{name}.py").write_text("def collide() -> None: ...\n")
    imports = "try:\n    from left import collide\nexcept ImportError:\n    from right import collide\n\n\n"
    (repository / "use.py").write_text(f"{imports}collide()\n")
    uri = file_uri(repository / "use.py")
    changes = [{"uri": file_uri(repository / name), "type": 1} for name in ("left.py", "right.py", "use.py")]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    wait_until_indexed(client, 5)
    document = client.request("forethought/context", at(uri, 6, 2))
    assert document["symbols"] == [] and document["uri"] == uri
    assert {ref["uri"] for ref in document["candidates"]} == {
        file_uri(repository / f"{name}.py") for name in ("left", "right")
    }
    text = hover_text(client, uri, 6, 2)
    assert text is not None and text.startswith("2 possible definitions:") and text.count("](file://") == 2


def test_unknown_files_and_places_have_no_context(shared: Shared) -> None:
    client, repository = shared
    assert client.request("forethought/context", {"textDocument": {"uri": file_uri(repository / "gone.py")}}) is None
    assert client.request("forethought/context", at(file_uri(repository / "main.py"), 999, 0)) is None
    assert client.request("forethought/context", at(file_uri(repository / "main.py"), 2, 0)) is None


def test_commands_give_their_documents(shared: Shared) -> None:
    client, repository = shared

    def run(name: str, *arguments: Any) -> Any:
        return client.request("workspace/executeCommand", {"command": f"forethought.{name}", "arguments": arguments})

    uri = file_uri(repository / "shapes.py")
    assert run("showContext", uri)["uri"] == uri
    assert run("showContext", at(uri, 3, 7))["symbols"][0]["id"] == "Shape"
    assert run("showContext", {"uri": uri})["symbols"][0]["id"] == ""
    assert run("ask", {"question": "Who calls total?"})["tier"] == "facts"
    assert run("pause", {"minutes": 60})["roots"]
    assert run("pause", 5)["roots"]
    assert run("pause")["roots"]
    assert run("resume")["roots"]
    assert run("clearCache") is None


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("forethought/context", None),
        ("forethought/context", {"textDocument": "main.py"}),
        ("forethought/context", {"textDocument": {"uri": 3}}),
        ("forethought/context", [1]),
        ("forethought/chat", {}),
        ("forethought/chat", {"question": "  "}),
        ("forethought/chat", {"question": 5}),
        ("forethought/chat", {"question": "q", "verbosity": 9}),
        ("forethought/chat", {"question": "q", "verbosity": True}),
        ("forethought/chat", {"question": "q", "tier": "magic"}),
        ("forethought/chat", {"question": "q", "history": [{"role": "robot", "content": ""}]}),
        ("forethought/chat", {"question": "q", "history": "before"}),
        ("forethought/chat", {"question": "q", "position": {"line": -1, "character": 0}}),
        ("forethought/chat", {"question": "q", "fresh": "yes"}),
        ("forethought/chat", {"question": "q", "partialResultToken": {}}),
        ("textDocument/hover", {"textDocument": 3}),
        ("workspace/executeCommand", {"command": "forethought.unknown"}),
        ("workspace/executeCommand", {"command": "forethought.ask"}),
        (
            "workspace/executeCommand",
            {"command": "forethought.precomputeFile", "arguments": ["file:///nowhere.py"]},
        ),
        ("workspace/executeCommand", {"command": "forethought.pause", "arguments": [{"minutes": "long"}]}),
    ],
)
def test_ill_typed_parameters_are_answered_with_one_sentence(shared: Shared, method: str, params: Any) -> None:
    client, _ = shared
    with pytest.raises(ServerError) as caught:
        client.request(method, params)
    assert caught.value.code == -32602
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value) and "Traceback" not in str(caught.value)


def test_precompute_without_an_engine_fails_with_its_reason(shared: Shared) -> None:
    client, _ = shared
    with pytest.raises(ServerError) as caught:
        client.request("workspace/executeCommand", {"command": "forethought.precomputeWorkspace"})
    assert caught.value.code == -32803 and caught.value.data == {"reason": "engine_failed"}


def test_questions_without_an_engine_are_answered_by_facts_or_say_what_is_missing(shared: Shared) -> None:
    client, _ = shared
    fact = client.request("forethought/chat", {"question": "Who calls total?"})
    assert fact["tier"] == "facts" and "main" in fact["answer"]
    assert [source["symbol"] for source in fact["sources"]]
    other = client.request("forethought/chat", {"question": "Why was this written?"})
    assert other["tier"] == "none" and other["answer"] and other["model"] is None


def test_the_status_has_the_form_of_the_contract(shared: Shared) -> None:
    client, repository = shared
    document = client.request("forethought/status", {})
    assert document["state"] == "idle" and document["engine"] is None and document["queue"] == 0
    (root,) = document["roots"]
    assert root["uri"] == file_uri(repository)
    assert root["files"]["indexed"] == 2
    assert set(root["contexts"]) == {"fresh", "stale", "missing", "empty", "failed"}


def test_a_changed_status_is_sent_once(client: Client) -> None:
    def statuses() -> list[dict[str, Any]]:
        found = []
        while not client.notifications.empty():
            message = client.notifications.get()
            if message["method"] == "forethought/didChangeStatus":
                found.append(message["params"])
        return found

    seen = eventually(statuses)
    while more := statuses():
        seen += more
    assert all(before != after for before, after in pairwise(seen))
    client.request("workspace/executeCommand", {"command": "forethought.resume"})
    client.request("workspace/executeCommand", {"command": "forethought.clearCache"})
    assert client.request("forethought/status", None)["state"] == "idle"


@pytest.mark.parametrize(
    "method",
    [
        "initialized",
        "exit",
        "$/cancelRequest",
        "$/setTrace",
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didSave",
        "textDocument/willSave",
        "workspace/didChangeConfiguration",
        "workspace/didChangeWatchedFiles",
        "window/workDoneProgress/cancel",
        "notebookDocument/didOpen",
        "forethought/didFocus",
        "forethought/feedback",
    ],
)
def test_a_notification_with_an_id_is_answered_with_an_error(shared: Shared, method: str) -> None:
    client, _ = shared
    for params in ({}, {"id": 1}, None):
        with pytest.raises(ServerError, match="is a notification; send it without an `id`") as caught:
            client.request(method, params, 10)
        assert caught.value.code == -32600
    assert client.request("forethought/status", None)["state"] == "idle"


@pytest.mark.parametrize("method", ["nonsense", "$/nonsense", "client/registerCapability", "window/showMessageRequest"])
def test_a_request_that_no_server_takes_is_answered(shared: Shared, method: str) -> None:
    client, _ = shared
    with pytest.raises(ServerError):
        client.request(method, {}, 10)


def test_feedback_and_focus_are_taken_without_an_answer(shared: Shared) -> None:
    client, repository = shared
    client.notify("forethought/feedback", {"id": "unknown", "verdict": "wrong"})
    client.notify("forethought/feedback", {"verdict": 3})
    client.notify("forethought/didFocus", {"textDocument": {"uri": file_uri(repository / "main.py")}})
    client.notify("forethought/didFocus", 7)
    assert client.request("forethought/status", None)["state"] == "idle"
    assert not [m for m in list(client.notifications.queue) if m["method"] == "window/showMessage"]
