"""A repository whose config names programs everywhere: neither the command nor the server ever runs one of them.

That the trap is armed is shown where it is built: plain git fires it (`test_plain_git_does_fire_them`).
"""

from pathlib import Path

import pytest

from support.lsp import at
from support.polling import eventually
from support.trap import Trap
from support.world import World, end

pytestmark = pytest.mark.slow


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def test_no_command_runs_a_program_of_the_repository(world: World, trap: Trap) -> None:
    for words in [
        ("index",),
        ("status",),
        ("show", "a.py"),
        ("show", "b.js:1"),
        ("precompute", "--dry-run"),
        ("precompute", "--dry-run", "--since", "HEAD~1"),
        ("precompute", "--dry-run", "--since", trap.first),
        ("ask", "when did x last change?", "--at", "a.py"),
        ("cache", "export", "out", "--since", "HEAD~2"),
        ("doctor",),
    ]:
        ran = world.run(*words, cwd=trap.root)
        assert ran.status == 0, (words, ran.err)
        assert trap.fired == set(), words
    # Where it would have to ask a remote for the revision.
    for revision in ("one/main", "two/main", "@{upstream}", "--upload-pack=x"):
        assert world.run("precompute", "--dry-run", f"--since={revision}", cwd=trap.root).status in (1, 2)
        assert trap.fired == set(), revision
    assert world.run_process("index", cwd=trap.root).status == 0
    assert trap.fired == set()


def test_the_server_runs_no_program_of_the_repository(world: World, trap: Trap) -> None:
    earlier = trap.git("-c", "core.worktree=.", "-c", "core.fsmonitor=false", "--no-pager", "rev-parse", "HEAD~1")
    assert trap.fired == set()
    server = world.start_server(trap.root, 4)
    try:
        uri = server.open(trap.root / "a.py", "python")
        assert eventually(lambda: server.request("textDocument/hover", at(uri, 0, 0)))
        assert server.request("forethought/context", {"textDocument": {"uri": uri}})["symbols"]
        text = "def saved():\n    pass\n"
        version = {"uri": uri, "version": 2}
        server.notify("textDocument/didChange", {"textDocument": version, "contentChanges": [{"text": text}]})
        (trap.root / "a.py").write_text(text)
        server.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        eventually(lambda: server.request("workspace/symbol", {"query": "saved"}))
        # HEAD moves: only the poll can see it.
        (trap.root / "c.py").write_text("def polled():\n    pass\n")
        (trap.root / ".git" / "refs" / "heads" / "main").write_text(f"{earlier}\n")
        eventually(lambda: server.request("workspace/symbol", {"query": "polled"}))
        question = {"question": "When did `x` last change?", "textDocument": {"uri": uri}}
        assert server.request("forethought/chat", question)["tier"] == "facts"
        assert server.close() == 0
    finally:
        end(server)
    assert trap.fired == set()
