"""Requests that other servers answer, too, with a real server over stdio."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from forethought.bench.lsp_client import CAPABILITIES, Client, ServerError
from forethought.text.uris import file_uri
from support.lsp import MAIN, SHAPES, at, environment_in, wait_until_indexed
from support.polling import eventually
from support.repository import make_repository

pytestmark = pytest.mark.slow

FILES = {
    "shapes.py": SHAPES,
    "main.py": MAIN,
    "test_main.py": "from main import main\n\n\ndef test_main():\n    main()\n",
    "web/jar.ts": "export interface Jar { open(): void }\nexport class Tin implements Jar {\n  open() {}\n}\n",
    "web/box.ts": (
        "import { Jar, Tin } from './jar';\nexport function fill(jar: Jar): Jar { jar.open(); return new Tin(); }\n"
    ),
    "go.mod": "module example.org/m\n",
    "cmd/a.go": "package cmd\n\nfunc Run(n int) int { return step(n) }\n",
    "cmd/b.go": "package cmd\n\nfunc step(n int) int {\n\tm := n\n\treturn m\n}\n",
    "src/jar.rs": "pub trait Jar { fn open(&self); }\npub struct Tin;\nimpl Jar for Tin { fn open(&self) {} }\n",
    "src/lib.rs": "mod jar;\nuse crate::jar::Tin;\npub fn make() -> Tin { Tin }\n",
    "c/jar.h": "int fill(int n);\n",
    "c/jar.c": '#include "jar.h"\n\nint fill(int n) { return n; }\n',
    "c/main.c": '#include "jar.h"\n\nint main(void) { return fill(1); }\n',
    "java/p/Jar.java": "package p;\n\ninterface Jar { void open(); }\n",
    "java/p/Tin.java": "package p;\n\nclass Tin implements Jar { public void open() {} }\n",
    "java/p/Main.java": "package p;\n\nclass Main { void go(Tin tin) { tin.open(); } }\n",
}
LANGUAGES = {"py": "python", "ts": "typescript", "go": "go", "rs": "rust", "c": "c", "h": "c", "java": "java"}


class Editor:
    """A client with the repository open that names places by the text there."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.opened: set[str] = set()

    def place(self, path: str, text: str) -> dict[str, Any]:
        """The position of the first `|` in the text, in the (opened) file."""
        if path not in self.opened:
            self.opened.add(path)
            self.client.open(self.folder / path, LANGUAGES[path.rpartition(".")[2]])
        content = FILES[path]
        before = content[: content.index(text.replace("|", "")) + text.index("|")]
        line = before.rpartition("\n")[2]
        return at(file_uri(self.folder / path), before.count("\n"), len(line.encode("utf-16-le")) // 2)

    def ask(self, method: str, path: str, text: str, **more: Any) -> Any:
        return self.client.request(f"textDocument/{method}", {**self.place(path, text), **more})

    def shown(self, locations: Any) -> list[str]:
        """`path:line text` of each location, with lines counted from 1."""
        return [self.show(item["uri"], item["range"]) for item in locations]

    def show(self, uri: str, range_: Mapping[str, Any]) -> str:
        path = uri.removeprefix(file_uri(self.folder) + "/")
        start, end = range_["start"], range_["end"]
        units = FILES[path].split("\n")[start["line"]].encode("utf-16-le")
        text = units[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")
        return f"{path}:{start['line'] + 1} {text}".rstrip()


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("navigation")
    repository = make_repository(folder / "repository", FILES)
    client = Client([sys.executable, "-m", "forethought.lsp"], repository, environment_in(folder))
    client.initialize(repository, {"navigation": "on"})
    wait_until_indexed(client, len(FILES) - 1)
    yield Editor(client, repository)
    assert client.close() == 0


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("main.py", "t|otal([", ["shapes.py:20 total"]),
        ("main.py", "import S|quare", ["shapes.py:12 Square"]),
        ("main.py", "print(smi|le", ["main.py:5 smile"]),
        ("shapes.py", "cla|ss Shape", None),
        ("web/box.ts", "jar.op|en", ["web/jar.ts:1 open"]),
        ("web/box.ts", "new T|in", ["web/jar.ts:2 Tin"]),
        ("cmd/a.go", "step|(n)", ["cmd/b.go:3 step"]),
        ("cmd/b.go", "return m|", ["cmd/b.go:4 m"]),
        ("src/lib.rs", "-> T|in", ["src/jar.rs:2 Tin"]),
        ("c/main.c", "fi|ll(1)", ["c/jar.c:3 fill"]),
        ("java/p/Main.java", "tin.op|en", ["java/p/Tin.java:3 open"]),
    ],
)
def test_definition(editor: Editor, path: str, text: str, expected: list[str] | None) -> None:
    found = editor.ask("definition", path, text)
    assert expected == (None if found is None else editor.shown(found))


def test_declaration_is_the_prototype_of_a_c_function_and_elsewhere_the_definition(editor: Editor) -> None:
    assert editor.shown(editor.ask("declaration", "c/main.c", "fi|ll(1)")) == ["c/jar.h:1 fill"]
    assert editor.shown(editor.ask("declaration", "main.py", "t|otal([")) == ["shapes.py:20 total"]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("shapes.py", "class Sh|ape", ["shapes.py:12 Square"]),
        ("shapes.py", "def ar|ea", ["shapes.py:7 area", "shapes.py:16 area"]),
        ("web/box.ts", "jar.op|en", ["web/jar.ts:3 open"]),
        ("src/jar.rs", "trait J|ar", ["src/jar.rs:2 Tin"]),
        ("java/p/Jar.java", "interface J|ar", ["java/p/Tin.java:3 Tin"]),
    ],
)
def test_implementation(editor: Editor, path: str, text: str, expected: list[str]) -> None:
    assert editor.shown(editor.ask("implementation", path, text)) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("shapes.py", "class Squ|are", ["shapes.py:12 Square", "main.py:1 Square", "main.py:5 Square"]),
        ("main.py", "t|otal([", ["shapes.py:20 total", "main.py:1 total", "main.py:5 total"]),
        ("main.py", "smi|le =", ["main.py:5 smile", "main.py:5 smile"]),
        ("web/jar.ts", "interface J|ar",
         ["web/jar.ts:1 Jar", "web/box.ts:1 Jar", "web/box.ts:2 Jar", "web/box.ts:2 Jar", "web/jar.ts:2 Jar"]),
        ("cmd/b.go", "func st|ep", ["cmd/b.go:3 step", "cmd/a.go:3 step"]),
        ("src/jar.rs", "struct T|in", ["src/jar.rs:2 Tin", "src/jar.rs:3 Tin", "src/lib.rs:2 Tin", "src/lib.rs:3 Tin",
                                       "src/lib.rs:3 Tin"]),
        ("c/main.c", "fi|ll(1)", ["c/jar.c:3 fill", "c/jar.h:1 fill", "c/main.c:3 fill"]),
        ("java/p/Tin.java", "class T|in", ["java/p/Tin.java:3 Tin", "java/p/Main.java:3 Tin"]),
    ],
)  # fmt: skip
def test_references_with_the_definition_first(editor: Editor, path: str, text: str, expected: list[str]) -> None:
    found = editor.ask("references", path, text, context={"includeDeclaration": True})
    assert editor.shown(found) == expected
    without = editor.ask("references", path, text, context={"includeDeclaration": False})
    definitions = 2 if path.startswith("c/") else 1
    assert editor.shown(without) == expected[definitions:]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("main.py", "smi|le =", ["main.py:5 smile write", "main.py:5 smile read"]),
        ("main.py", "t|otal([", ["main.py:1 total read", "main.py:5 total read"]),
        (
            "shapes.py",
            "class Sh|ape",
            ["shapes.py:4 Shape write", "shapes.py:12 Shape read", "shapes.py:20 Shape read"],
        ),
        ("cmd/b.go", "m :|= n", ["cmd/b.go:4 m write", "cmd/b.go:5 m read"]),
        ("web/box.ts", "fill(j|ar", ["web/box.ts:2 jar write", "web/box.ts:2 jar read"]),
    ],
)
def test_document_highlight(editor: Editor, path: str, text: str, expected: list[str]) -> None:
    text = text.replace(":|=", "|:=") if path == "cmd/b.go" else text
    found = editor.ask("documentHighlight", path, text.replace("m |:=", "m| :="))
    uri = file_uri(editor.folder / path)
    kinds = {2: "read", 3: "write"}
    assert [f"{editor.show(uri, item['range'])} {kinds[item['kind']]}" for item in found] == expected


def test_call_hierarchy(editor: Editor) -> None:
    (item,) = editor.ask("prepareCallHierarchy", "main.py", "t|otal([")
    assert (item["name"], item["detail"]) == ("total", "shapes.py")
    assert editor.show(item["uri"], item["selectionRange"]) == "shapes.py:20 total"
    (incoming,) = editor.client.request("callHierarchy/incomingCalls", {"item": item})
    assert incoming["from"]["name"] == "main"
    main_uri = file_uri(editor.folder / "main.py")
    assert [editor.show(main_uri, range_) for range_ in incoming["fromRanges"]] == ["main.py:5 total"]
    outgoing = editor.client.request("callHierarchy/outgoingCalls", {"item": incoming["from"]})
    assert [(call["to"]["name"], editor.show(main_uri, call["fromRanges"][0])) for call in outgoing] == [
        ("total", "main.py:5 total"),
        ("Square", "main.py:5 Square"),
    ]
    assert editor.ask("prepareCallHierarchy", "main.py", "smi|le =") is None


def test_type_hierarchy(editor: Editor) -> None:
    (item,) = editor.ask("prepareTypeHierarchy", "shapes.py", "class Squ|are")
    (above,) = editor.client.request("typeHierarchy/supertypes", {"item": item})
    assert above["name"] == "Shape"
    (below,) = editor.client.request("typeHierarchy/subtypes", {"item": above})
    assert below["name"] == "Square"
    (java,) = editor.ask("prepareTypeHierarchy", "java/p/Jar.java", "interface J|ar")
    (tin,) = editor.client.request("typeHierarchy/subtypes", {"item": java})
    assert editor.show(tin["uri"], tin["selectionRange"]) == "java/p/Tin.java:3 Tin"


def test_items_that_are_not_ours_are_answered_with_null(editor: Editor) -> None:
    (item,) = editor.ask("prepareCallHierarchy", "main.py", "t|otal([")
    for data in (None, {"symbol": 5}, "x"):
        assert editor.client.request("callHierarchy/incomingCalls", {"item": {**item, "data": data}}) is None
    gone = {**item, "data": {"symbol": "gone"}}
    assert editor.client.request("callHierarchy/incomingCalls", {"item": gone}) == []


def test_code_lenses_are_resolved_one_by_one(editor: Editor) -> None:
    place = editor.place("shapes.py", "class |Shape")
    lenses = editor.client.request("textDocument/codeLens", {"textDocument": place["textDocument"]})
    uri = place["textDocument"]["uri"]
    assert [editor.show(uri, lens["range"]) for lens in lenses] == [
        "shapes.py:4 Shape",
        "shapes.py:7 area",
        "shapes.py:12 Square",
        "shapes.py:16 area",
        "shapes.py:20 total",
    ]
    assert all("command" not in lens for lens in lenses)
    last = editor.client.request("codeLens/resolve", lenses[-1])
    assert last["command"] == {"title": "1 use · 1 test · changed today", "command": ""}
    shape = editor.client.request("codeLens/resolve", lenses[0])
    assert shape["command"]["title"] == "2 uses · changed today"


def test_tests_have_no_lens(editor: Editor) -> None:
    place = editor.place("test_main.py", "test_|main")
    assert editor.client.request("textDocument/codeLens", {"textDocument": place["textDocument"]}) == []


METHODS = ("definition", "declaration", "implementation", "documentHighlight", "prepareCallHierarchy")


@pytest.mark.parametrize("method", [*METHODS, "prepareTypeHierarchy", "references"])
def test_nothing_is_found_outside_the_roots_or_outside_the_text(editor: Editor, method: str) -> None:
    context = {"context": {"includeDeclaration": True}}
    for uri in ("untitled:Untitled-1", "git:/main.py?HEAD", "vscode-notebook-cell:/a.ipynb#W0", "file:///nowhere/a.py"):
        assert editor.client.request(f"textDocument/{method}", {**at(uri, 0, 0), **context}) is None
    main = file_uri(editor.folder / "main.py")
    for line, character in ((99, 0), (4, 500), (2, 0)):
        assert editor.client.request(f"textDocument/{method}", {**at(main, line, character), **context}) is None


def test_code_lenses_of_other_documents_are_null(editor: Editor) -> None:
    for uri in ("untitled:Untitled-1", "file:///nowhere/a.py"):
        assert editor.client.request("textDocument/codeLens", {"textDocument": {"uri": uri}}) is None


Start = Callable[..., Client]


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 33), ("utf-16", 31), ("utf-32", 30)])
def test_positions_are_counted_as_negotiated(start: Start, repository: Path, encoding: str, character: int) -> None:
    client = start()
    general = {"positionEncodings": [encoding]}
    client.initialize(repository, {"navigation": "on"}, {**CAPABILITIES, "general": general})
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    line = (repository / "main.py").read_text().splitlines()[4]
    before = line[: line.index("total")]
    width = {"utf-8": len(before.encode()), "utf-16": len(before.encode("utf-16-le")) // 2, "utf-32": len(before)}
    assert width[encoding] == character
    found = client.request("textDocument/documentHighlight", at(uri, 4, character + 1))
    assert found[-1]["range"]["start"] == {"line": 4, "character": character}
    assert found[-1]["range"]["end"] == {"line": 4, "character": character + 5}


def test_links_are_sent_to_clients_that_support_them(start: Start, repository: Path) -> None:
    client = start()
    capabilities = {**CAPABILITIES, "textDocument": {"definition": {"linkSupport": True}}}
    client.initialize(repository, {"navigation": "on"}, capabilities)
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    (link,) = client.request("textDocument/definition", at(uri, 0, 20))
    assert link["targetUri"] == file_uri(repository / "shapes.py")
    assert link["originSelectionRange"] == {"start": {"line": 0, "character": 19}, "end": {"line": 0, "character": 25}}
    assert link["targetSelectionRange"]["start"] == {"line": 11, "character": 6}
    assert link["targetRange"]["end"]["line"] > 11


def test_unsaved_text_counts_in_every_file(start: Start, repository: Path) -> None:
    client = start()
    client.initialize(repository, {"navigation": "on"})
    wait_until_indexed(client, 2)
    shapes = client.open(repository / "shapes.py", "python", "\n" + SHAPES.replace("def total(", "def sum_up("))
    main = client.open(repository / "main.py", "python", "from shapes import sum_up\n\nsum_up([])\n")
    (found,) = client.request("textDocument/definition", at(main, 2, 2))
    assert found["uri"] == shapes and found["range"]["start"] == {"line": 20, "character": 4}
    context = {"context": {"includeDeclaration": False}}
    references = client.request("textDocument/references", {**at(shapes, 20, 5), **context})
    assert [(item["uri"], item["range"]["start"]["line"]) for item in references] == [(main, 0), (main, 2)]
    symbols = client.request("workspace/symbol", {"query": "sum_"})
    assert [(item["name"], item["location"]["range"]["start"]["line"]) for item in symbols] == [("sum_up", 20)]
    assert client.request("workspace/symbol", {"query": "total"}) == []


def test_several_candidates_are_several_definitions_but_no_references(start: Start, repository: Path) -> None:
    source = (
        "class A:\n    def go(self): ...\nclass B:\n    def go(self): ...\n"
        "def f(flag):\n    x = A() if flag else B()\n    x.go()\n"
    )
    (repository / "several.py").write_text(source)
    client = start()
    client.initialize(repository, {"navigation": "on"})
    wait_until_indexed(client, 3)
    uri = client.open(repository / "several.py", "python")
    found = client.request("textDocument/definition", at(uri, 6, 7))
    assert [item["range"]["start"]["line"] for item in found] == [1, 3]
    context = {"context": {"includeDeclaration": False}}
    assert client.request("textDocument/references", {**at(uri, 6, 7), **context}) == []
    assert len(client.request("textDocument/documentHighlight", at(uri, 6, 7))) == 2


def test_an_edit_meanwhile_gives_content_modified_or_the_answer_for_the_new_text(
    start: Start, repository: Path
) -> None:
    client = start()
    client.initialize(repository, {"navigation": "on"})
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    context = {"context": {"includeDeclaration": False}}
    waiting = client.send("textDocument/references", {**at(uri, 0, 28), **context})
    edit = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "text": "\n"}
    client.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [edit]})
    try:
        answer = client.result(waiting)
        assert answer is None or [item["range"]["start"]["line"] for item in answer] == [0, 4]
    except ServerError as error:
        assert error.code == -32801
    found = client.request("textDocument/references", {**at(uri, 1, 28), **context})
    assert [item["range"]["start"]["line"] for item in found] == [1, 5]


# The setting

DYNAMIC = {
    **CAPABILITIES,
    "textDocument": {
        name: {"dynamicRegistration": True}
        for name in ("definition", "declaration", "implementation", "references", "documentHighlight", "codeLens")
    },
}
TOLD = {"experimental": {"forethought": {"languageServers": True, "showReferences": "editor.references"}}}


def provided(answer: Mapping[str, Any]) -> set[str]:
    names = ("definition", "references", "documentHighlight", "callHierarchy", "typeHierarchy", "codeLens")
    return {name for name in names if answer["capabilities"].get(f"{name}Provider")}


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_nothing_is_offered_to_a_client_that_does_not_say_which_servers_it_has(
    start: Start, repository: Path, mode: str
) -> None:
    client = start()
    assert provided(client.initialize(repository, {"navigation": mode})) == set()
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    assert client.request("textDocument/definition", at(uri, 0, 20)) is None
    assert client.request("textDocument/codeLens", {"textDocument": {"uri": uri}}) is None


def test_a_client_that_asks_one_server_only_is_answered(start: Start, repository: Path) -> None:
    client = start()
    assert provided(client.initialize(repository, clientInfo={"name": "Eglot"}))
    wait_until_indexed(client, 2)
    uri = client.open(repository / "main.py", "python")
    assert client.request("textDocument/definition", at(uri, 0, 20))


def test_languages_with_another_server_are_not_answered(start: Start, repository: Path) -> None:
    (repository / "a.ts").write_text("export function a() {}\na();\n")
    client = start()
    assert provided(client.initialize(repository, capabilities={**CAPABILITIES, **TOLD}))
    wait_until_indexed(client, 3)
    python = client.open(repository / "main.py", "python")
    script = client.open(repository / "a.ts", "typescript")
    assert client.request("textDocument/definition", at(python, 0, 20)) is None  # not told yet
    client.notify("forethought/didChangeLanguageServers", {"languages": ["python"]})
    assert client.request("textDocument/definition", at(python, 0, 20)) is None
    assert client.request("textDocument/definition", at(script, 1, 0))
    lens = client.request("textDocument/codeLens", {"textDocument": {"uri": script}})[0]
    command = client.request("codeLens/resolve", lens)["command"]
    assert command["command"] == "editor.references"
    assert command["arguments"] == [script, {"line": 0, "character": 16}]
    client.notify("forethought/didChangeLanguageServers", {"languages": []})
    assert client.request("textDocument/definition", at(python, 0, 20))


def registered(client: Client, method: str) -> Any:
    """The parameters of the next request of this method."""

    def next_one() -> Any:
        while not client.notifications.empty():
            message = client.notifications.get()
            if message["method"] == method:
                return message.get("params") or True
        return None

    return eventually(next_one)


def test_capabilities_are_registered_for_the_answered_languages(start: Start, repository: Path) -> None:
    client = start()
    assert provided(client.initialize(repository, capabilities={**DYNAMIC, **TOLD})) == {
        "callHierarchy",
        "typeHierarchy",
    }
    registered(client, "client/registerCapability")  # of file changes
    wait_until_indexed(client, 2)
    client.notify("forethought/didChangeLanguageServers", {"languages": ["python", "csharp"]})
    added = registered(client, "client/registerCapability")["registrations"]
    assert {item["method"] for item in added} == {f"textDocument/{name}" for name in DYNAMIC["textDocument"]}
    selector = added[0]["registerOptions"]["documentSelector"]
    assert {"language": "shellscript"} in selector and {"language": "go"} in selector
    assert {"language": "python"} not in selector and {"language": "csharp"} not in selector
    lens = next(item for item in added if item["method"] == "textDocument/codeLens")
    assert lens["registerOptions"]["resolveProvider"] is True
    client.notify("workspace/didChangeConfiguration", {"settings": {"forethought": {"navigation": "off"}}})
    removed = registered(client, "client/unregisterCapability")["unregisterations"]
    assert {item["id"] for item in removed} == {item["id"] for item in added}
    client.notify("workspace/didChangeConfiguration", {"settings": {"forethought": {"navigation": "on"}}})
    added = registered(client, "client/registerCapability")["registrations"]
    assert added[0]["registerOptions"]["documentSelector"] == [{"scheme": "file"}, {"scheme": "untitled"}]


def test_lenses_are_asked_for_again_when_the_index_has_changed(start: Start, repository: Path) -> None:
    capabilities = {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], "codeLens": {"refreshSupport": True}}}
    client = start()
    client.initialize(repository, {"navigation": "on"}, capabilities)
    wait_until_indexed(client, 2)
    registered(client, "workspace/codeLens/refresh")
    (repository / "more.py").write_text("from shapes import total\n\ntotal([])\n")
    uri = file_uri(repository / "more.py")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 1}]})
    registered(client, "workspace/codeLens/refresh")
