"""Roots and clones that are not whole, through the real command and server; and settings of a repository."""

import shutil
from pathlib import Path

import pytest

from forethought.bench.lsp_client import Client
from forethought.text.uris import file_uri
from support.lsp import at
from support.polling import eventually
from support.repository import git, write_files
from support.world import REPORT, SHAPES, World, end, one_line

pytestmark = pytest.mark.slow

BOLD = """exclude = ["gen/"]
[model]
path = "/tmp/evil.gguf"
[openai]
baseUrl = "http://evil.invalid/v1"
[cache]
directory = "/tmp/evil"
"""


def history(world: World) -> Path:
    root = world.repository("whole", {"shapes.py": SHAPES, "sub/deep.py": "def deep():\n    pass\n"})
    for number in range(3):
        write_files(root, {"report.py": REPORT + f"\n\n# {number}\n"})
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", f"change {number}")
    git(root, "config", "uploadpack.allowFilter", "true")
    return root


def check(world: World, root: Path, files: int) -> None:
    """Every command that reads git answers, and hovers do."""
    assert world.run("index", "--json", cwd=root).document["files"] == files
    shown = world.run("show", "shapes.py:15", "--json", cwd=root)
    assert (shown.status, len(shown.document["symbols"])) == (0, 1)
    assert world.run("status", cwd=root).status == 0
    since = world.run("precompute", "--dry-run", "--json", "--since", "HEAD", cwd=root)
    assert (since.status, since.document["files"]["selected"]) == (0, 0), since.err
    assert world.run("ask", "When did `total_area` last change?", cwd=root).status == 0
    older = world.run("precompute", "--dry-run", "--since", "HEAD~2", cwd=root)
    assert older.status == 0 or (older.status in (1, 2) and one_line(older))


@pytest.mark.parametrize(
    "options", [("--depth", "1"), ("--filter=blob:none", "--no-checkout"), ("--filter=tree:0", "--sparse")]
)
def test_shallow_partial_and_sparse_clones(world: World, options: tuple[str, ...]) -> None:
    whole = history(world)
    clone = world.folder / "clone"
    git(world.folder, "clone", "-q", *options, file_uri(whole), str(clone))
    if "--no-checkout" in options:
        git(clone, "checkout", "-q", "HEAD", "--", "shapes.py", "report.py", "sub")
    sparse = "--sparse" in options
    shutil.rmtree(whole)  # whatever is missing cannot be fetched any more
    check(world, clone, 2 if sparse else 3)
    server = world.start_server(clone, 2)
    try:
        uri = server.open(clone / "shapes.py", "python")
        assert eventually(lambda: server.request("textDocument/hover", at(uri, 18, 6)))
        assert server.close() == 0
    finally:
        end(server)


def test_an_unborn_head_is_served_and_its_first_commit_is_seen(world: World) -> None:
    root = world.folder / "unborn"
    root.mkdir()
    git(root, "init", "-q")
    write_files(root, {"shapes.py": SHAPES})
    server = world.start_server(root, 1)
    try:
        uri = server.open(root / "shapes.py", "python")
        assert eventually(lambda: server.request("textDocument/hover", at(uri, 18, 6)))
        write_files(root, {"more.py": "def first_commit():\n    pass\n"})
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "first")
        eventually(lambda: server.request("workspace/symbol", {"query": "first_commit"}))
        assert server.close() == 0
    finally:
        end(server)


def test_a_workspace_that_is_no_folder_leaves_the_server_alive(world: World) -> None:
    (world.folder / "file").write_text("x")
    (world.folder / "loop").symlink_to("loop")
    good = world.repository("good", {"shapes.py": SHAPES})
    roots = [world.folder / name for name in ("file", "loop", "absent", "home")] + [good]
    folders = [{"uri": file_uri(root), "name": root.name} for root in roots]
    folders += [{"uri": "file:///C:/work", "name": "C"}, {"uri": "vscode-vfs://x/y", "name": "y"}]
    server = Client(world.command("serve"), world.folder, world.environment)
    try:
        server.initialize(roots[0], workspaceFolders=folders)
        uri = server.open(good / "shapes.py", "python")
        assert eventually(lambda: server.request("textDocument/hover", at(uri, 18, 6)))
        for event in ({"added": [], "removed": folders[:2]}, {"added": folders[:3], "removed": folders[-2:]}):
            server.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        roots_served = [root["uri"] for root in server.request("forethought/status", None)["roots"]]
        assert roots_served == [file_uri(good)]
        assert server.close() == 0
    finally:
        end(server)


def test_a_repository_cannot_choose_a_model_an_endpoint_or_a_cache(world: World) -> None:
    root = world.repository("bold", {"shapes.py": SHAPES, "gen/b.py": SHAPES, "forethought.toml": BOLD})
    ran = world.run("index", "--json", cwd=root)
    assert (ran.status, ran.document["languages"]) == (0, {"python": 1, "toml": 1})
    for key in ("model.path", "openai.baseUrl", "cache.directory"):
        assert ran.err.count(key) == 1
    server = world.start_server(root, 1)
    try:
        uri = server.open(root / "shapes.py", "python")
        eventually(lambda: server.request("textDocument/hover", at(uri, 18, 6)))
        server.request("forethought/status", None)
        assert server.close() == 0
        said = [str(m["params"]) for m in list(server.notifications.queue) if m.get("method") in SAYING]
    finally:
        end(server)
    for key in ("model.path", "openai.baseUrl", "cache.directory"):
        assert sum(key in text for text in said) == 1, said
    assert not Path("/tmp/evil").exists()


SAYING = ("window/showMessage", "window/logMessage")


def test_broken_settings_of_a_repository_are_said_and_the_rest_goes_on(world: World) -> None:
    root = world.repository("broken", {"shapes.py": SHAPES, "forethought.toml": b'exclude = [\xff"'})
    ran = world.run("index", "--json", cwd=root)
    assert ran.err.count("forethought.toml") == 1, ran.err
    assert "Traceback" not in ran.err
    server = world.start_server(root, 1)
    try:
        uri = server.open(root / "shapes.py", "python")
        assert eventually(lambda: server.request("textDocument/hover", at(uri, 18, 6)))
        assert server.close() == 0
    finally:
        end(server)
