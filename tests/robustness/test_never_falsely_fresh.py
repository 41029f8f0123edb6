"""Whatever happens to a repository, what is shown about its symbols is right for their text, or marked as old.

A state machine edits, saves, switches branches, stashes, rebases, ignores and so on in a real repository that two
sessions serve, as two editor windows do. After each step an oracle, which reads the files with Python's own parser,
says what is right. It knows nothing of the index, of hashes or of events.
"""

import ast
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from forethought.app.session import Session
from forethought.engine.api import CancelToken
from forethought.idle.precomputation import Selection
from forethought.names.resolver import Target
from forethought.qa.question import Question
from forethought.syntax.tags import Position
from forethought.workspace.workspace import Workspace
from support.repository import git
from support.session_world import SessionWorld

pytestmark = pytest.mark.slow

STEPS = 15
"""Rules a run, and the checks after each."""

MODULES = ("one", "two", "three", "four")
NAMES = ("alpha", "beta", "gamma")

counts: Counter[str] = Counter()
"""How often each rule ran, over all runs: printed at the end."""


@dataclass(frozen=True)
class Function:
    """One function of a module, as generated."""

    name: str
    parameters: str
    doc: int
    number: int
    called: tuple[str, str] | None
    """(module, name) of what the body calls."""

    def text(self, module: str) -> str:
        value = str(self.number)
        if self.called is not None and self.called != (module, self.name):
            place, name = self.called
            value = f"{name if place == module else f'{place}.{name}'}(x) + {value}"
        return f'def {self.name}({self.parameters}):\n    """Doc {self.doc}."""\n    return {value}\n'


functions = st.lists(
    st.builds(
        Function,
        name=st.sampled_from(NAMES),
        parameters=st.sampled_from(("x", "x, y=1", "x, *rest")),
        doc=st.integers(0, 2),
        number=st.integers(10, 14),
        called=st.none() | st.tuples(st.sampled_from(MODULES), st.sampled_from(NAMES)),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda function: function.name,
)
modules = st.sampled_from(MODULES)


def text_of(module: str, parts: list[Function]) -> str:
    """The text of a module. Names of its own that it lacks are not called."""
    names = {part.name for part in parts}
    parts = [
        part if part.called is None or part.called[0] != module or part.called[1] in names
        else Function(part.name, part.parameters, part.doc, part.number, None)
        for part in parts
    ]  # fmt: skip
    imported = sorted({part.called[0] for part in parts if part.called is not None} - {module})
    return "".join(f"import {name}\n" for name in imported) + "\n\n" + "\n\n".join(part.text(module) for part in parts)


@dataclass(frozen=True)
class Known:
    """What the oracle knows about one function."""

    signature: str
    doc: str | None
    source: str
    line: int
    calls: frozenset[tuple[str, str]]
    """(path, name) of the functions that the body calls."""


Oracle = Mapping[tuple[str, str], Known]
"""By path and name."""


def read_all(texts: Mapping[str, str]) -> Oracle:
    trees = {path: ast.parse(text) for path, text in texts.items()}
    defined = {
        (path, node.name): node
        for path, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    found = {}
    for (path, name), node in defined.items():
        calls = set()
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                match inner.func:
                    case ast.Name(id=called):
                        calls.add((path, called))
                    case ast.Attribute(value=ast.Name(id=module), attr=called):
                        calls.add((f"{module}.py", called))
        found[path, name] = Known(
            f"def {name}({ast.unparse(node.args)})",
            ast.get_docstring(node),
            ast.get_source_segment(texts[path], node) or "",
            node.lineno,
            frozenset(calls & defined.keys()),
        )
    return found


def view_of(oracle: Oracle, key: tuple[str, str]) -> tuple[object, ...]:
    """What insights about a function are made from: its text, and the interfaces of what it calls."""
    known = oracle[key]
    return key[1], known.source, tuple(sorted((name, oracle[path, name].signature) for path, name in known.calls))


def bodies_of(oracle: Oracle, key: tuple[str, str]) -> tuple[object, ...]:
    """The texts of what a function calls, whose changes are told."""
    return tuple(sorted((name, oracle[path, name].source) for path, name in oracle[key].calls))


class Changes(RuleBasedStateMachine):
    """One run over one new repository."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="fresh-"))
        self.world = SessionWorld(self.folder)
        self.root = self.world.folder
        for name in ("greet.py", "test_greet.py"):
            git(self.root, "rm", "-q", name)
        self.buffers: dict[str, tuple[str, int]] = {}
        """path → text and version of the documents that are open in the first window."""
        self.thought: set[tuple[tuple[object, ...], tuple[object, ...]]] = set()
        """(view, bodies) of every function at the time when it was thought about."""
        self.branches = 0
        self.disk: dict[str, bytes] = {}
        self.head = ""

    @initialize(parts=st.lists(functions, min_size=3, max_size=3))
    def begin(self, parts: list[list[Function]]) -> None:
        for module, content in zip(MODULES, parts, strict=False):
            (self.root / f"{module}.py").write_text(text_of(module, content))
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--amend", "-m", "begin")
        self.windows = [self._open(), self._open()]
        self._remember_disk()
        self._check("begin")
        self.think(0)

    # Edits in the first window

    @rule(module=modules, parts=functions)
    def edit(self, module: str, parts: list[Function]) -> None:
        path = f"{module}.py"
        text, version = text_of(module, parts), self.buffers.get(path, ("", 0))[1] + 1
        self.buffers[path] = (text, version)
        self.windows[0][1].change_file(path, text, version)
        self._check("edit")

    @rule(module=modules, parts=functions)
    def edit_again(self, module: str, parts: list[Function]) -> None:
        """Twice the weight of any other step."""
        self.edit(module, parts)

    @precondition(lambda self: self.buffers)
    @rule(data=st.data())
    def save(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(self.buffers)))
        (self.root / path).write_text(self.buffers[path][0])
        self.windows[0][1].save_file(path)
        self._finish_outside("save", seen_by_first=False)

    @precondition(lambda self: self.buffers)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(self.buffers)))
        del self.buffers[path]
        self.windows[0][1].close_file(path)
        self._check("close")

    # Outside of it

    @rule(module=modules, parts=functions)
    def write(self, module: str, parts: list[Function]) -> None:
        (self.root / f"{module}.py").write_text(text_of(module, parts))
        self._finish_outside("write")

    @precondition(lambda self: self._modules())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        (self.root / data.draw(st.sampled_from(self._modules()))).unlink()
        self._finish_outside("delete")

    @precondition(lambda self: self._modules())
    @rule(data=st.data(), module=modules)
    def rename(self, data: st.DataObject, module: str) -> None:
        (self.root / data.draw(st.sampled_from(self._modules()))).replace(self.root / f"{module}.py")
        self._finish_outside("rename")

    @rule(module=modules, rules=st.sampled_from((".gitignore", ".forethoughtignore", ".git/info/exclude")))
    def ignore(self, module: str, rules: str) -> None:
        file = self.root / rules
        line = f"/{module}.py\n"
        before = file.read_text() if file.exists() else ""
        file.write_text(before.replace(line, "") if line in before else before + line)
        self._finish_outside(f"ignore by {rules}")

    # Git

    @rule()
    def commit(self) -> None:
        self._git("add", "-A", "--", ":(exclude)inner")  # else git takes a clone for a submodule
        self._git("commit", "-qm", "change", "--allow-empty")
        self._finish_outside("commit")

    @precondition(lambda self: self.branches < 5)
    @rule()
    def branch(self) -> None:
        self.branches += 1
        self._git("switch", "-q", "-c", f"branch{self.branches}")
        self._finish_outside("branch")

    @rule(number=st.integers(0, 5))
    def switch(self, number: int) -> None:
        self._git("switch", "-q", "-f", f"branch{number}" if number else "main")
        self._finish_outside("switch")

    @rule()
    def stash(self) -> None:
        self._git("stash", "-q", "-u")
        self._finish_outside("stash")

    @rule()
    def pop(self) -> None:
        if not self._git("stash", "pop", "-q"):
            self._git("reset", "-q", "--hard")
        self._finish_outside("stash pop")

    @rule()
    def revert(self) -> None:
        if not self._git("revert", "--no-edit", "HEAD"):
            self._git("revert", "--abort")
        self._finish_outside("revert")

    @rule(number=st.integers(0, 5))
    def rebase(self, number: int) -> None:
        if not self._git("rebase", "-q", f"branch{number}" if number else "main"):
            self._git("rebase", "--abort")
        self._finish_outside("rebase")

    @rule()
    def reset(self) -> None:
        self._git("reset", "-q", "--hard", "HEAD~1") or self._git("reset", "-q", "--hard")
        self._finish_outside("reset")

    @rule(number=st.integers(0, 5))
    def merge(self, number: int) -> None:
        if not self._git("merge", "-q", "--no-edit", f"branch{number}" if number else "main"):
            self._git("merge", "--abort")
        self._finish_outside("merge")

    @rule(kind=st.sampled_from(("worktree", "clone")), module=modules)
    def nest(self, kind: str, module: str) -> None:
        inner = self.root / "inner"
        if inner.exists():
            self._git("worktree", "remove", "--force", "inner")
            shutil.rmtree(inner, ignore_errors=True)
            self._git("worktree", "prune")
        elif kind == "clone":
            self._git("clone", "-q", str(self.root), "inner")
        else:
            self._git("worktree", "add", "-q", "--detach", "inner")
        for _, workspace in self.windows:
            workspace.files_changed([f"inner/{module}.py"])
        self._finish_outside(f"nested {kind}")

    # The sessions

    @rule(number=st.integers(0, 1))
    def think(self, number: int) -> None:
        session, workspace = self.windows[number]
        session.precompute(workspace, Selection(), lambda progress: None, CancelToken())
        oracle = read_all(self._texts(opened=False))
        self.thought |= {(view_of(oracle, key), bodies_of(oracle, key)) for key in oracle}
        for _, other in self.windows:
            other.insights_changed()
        self._check("think")

    @rule(number=st.integers(0, 1))
    def restart(self, number: int) -> None:
        """The process is killed: nothing is closed in order, and another one starts over the same cache."""
        self.windows[number] = self._open()
        if number == 0:
            for path, (text, version) in self.buffers.items():
                self.windows[0][1].change_file(path, text, version)
        self._check("restart")

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # What the rules share

    def _open(self) -> tuple[Session, Workspace]:
        session, workspace = self.world.open()
        workspace.refresh()
        return session, workspace

    def _git(self, *arguments: str) -> bool:
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, check=False)
        return done.returncode == 0

    def _modules(self) -> list[str]:
        return sorted(file.name for file in self.root.glob("*.py"))

    def _read_disk(self) -> dict[str, bytes]:
        names = [*self._modules(), ".gitignore", ".forethoughtignore"]
        return {name: (self.root / name).read_bytes() for name in names if (self.root / name).is_file()}

    def _remember_disk(self) -> set[str]:
        """What changed on disk, as a watcher of files would report it."""
        before, self.disk = self.disk, self._read_disk()
        return {name for name in before.keys() | self.disk.keys() if before.get(name) != self.disk.get(name)}

    def _finish_outside(self, step: str, seen_by_first: bool = True) -> None:
        """Report to the windows what changed on disk, and poll as they do once a second; then check."""
        changed = self._remember_disk()
        for number, (_, workspace) in enumerate(self.windows):
            if changed and (number or seen_by_first):
                workspace.files_changed(changed)
            if workspace.refresher._repository_changed():
                workspace.refresher.refresh_soon()
        self._check(step)

    def _texts(self, opened: bool) -> dict[str, str]:
        """Path → text of the files that count, as a window shows it."""
        tracked = set(git(self.root, "ls-files").splitlines())
        lines = {name: self._lines(name) for name in (".gitignore", ".git/info/exclude", ".forethoughtignore")}
        by_git = lines[".gitignore"] | lines[".git/info/exclude"]
        texts = {path: (self.root / path).read_text() for path in self._modules()}
        if opened:
            texts |= {path: text for path, (text, _) in self.buffers.items()}
        return {
            path: text
            for path, text in texts.items()
            if f"/{path}" not in lines[".forethoughtignore"] and (path in tracked or f"/{path}" not in by_git)
        }

    def _lines(self, name: str) -> set[str]:
        file = self.root / name
        return set(file.read_text().splitlines()) if file.exists() else set()

    def _check(self, step: str) -> None:
        counts[step] += 1
        counts["steps"] += step != "begin"
        first, second = self.windows
        for path, (_, version) in self.buffers.items():  # at once: what a hover shows while facts are being computed
            first[1].wait_document(path, version, 10)
        shown = read_all(self._texts(opened=True))
        if step == "edit":
            for key in shown:
                self._check_hover(first[1], key, shown, f"at once after {step}")
        for (session, workspace), oracle in ((first, shown), (second, read_all(self._texts(opened=False)))):
            assert workspace.wait_idle(60)
            for key in oracle:
                self._check_symbol(workspace, key, oracle, step)
                self._check_hover(workspace, key, oracle, step)
            self._check_search(workspace, oracle, step)
            self._check_answers(session, workspace, oracle, step)

    def _check_symbol(self, workspace: Workspace, key: tuple[str, str], oracle: Oracle, step: str) -> None:
        info = workspace.symbol_info(Target(*key))
        assert info is not None, (step, key, "is unknown")
        assert info.facts is not None
        self._compare(info, key, oracle, step)

    def _check_hover(self, workspace: Workspace, key: tuple[str, str], oracle: Oracle, step: str) -> None:
        """What a hover over the name shows at once, without waiting."""
        document = workspace.document(key[0])
        if document is None or key[0] not in self.buffers:
            return
        targets = workspace.targets(document, Position(oracle[key].line - 1, len("def ")))
        assert targets == (Target(*key),), (step, key, targets)
        info = workspace.quick_info(targets[0])
        assert info is not None, (step, key, "is unknown to a hover")
        self._compare(info, key, oracle, f"hover, {step}")
        for called in oracle[key].calls:
            info = workspace.quick_info(Target(*called))
            assert info is not None, (step, called)
            self._compare(info, called, oracle, f"hover, {step}")

    def _compare(self, info: Any, key: tuple[str, str], oracle: Oracle, step: str) -> None:
        known = oracle[key]
        assert info.symbol.signature.replace(" ", "") == known.signature.replace(" ", ""), (step, key)
        assert info.symbol.doc == known.doc, (step, key)
        assert info.symbol.selection.start.row == known.line - 1, (step, key)
        if info.facts is not None:
            callers = {(place.path, place.symbol_id) for place in info.facts.called_by}
            assert callers == {other for other in oracle if key in oracle[other].calls}, (step, key, "called by")
            calls = {(place.path, place.symbol_id) for place in info.facts.calls}
            assert calls == set(known.calls), (step, key, "calls")
        if info.state == "fresh":
            counts["fresh"] += 1
            made = view_of(oracle, key), bodies_of(oracle, key)
            if key in known.calls:  # it calls itself: its interface is in its own text, and no callee's
                assert made[0][:2] in {view[:2] for view, _ in self.thought}, (step, key, "is falsely fresh")
            else:
                assert made[0] in {view for view, _ in self.thought}, (step, key, "is falsely fresh")
                assert info.callee_changed or made in self.thought, (step, key, "does not say that a callee changed")
        else:
            counts[info.state] += 1

    def _check_search(self, workspace: Workspace, oracle: Oracle, step: str) -> None:
        """The index holds what is saved. Of files that are open in this window, their buffers' symbols are shown."""
        opened = self.buffers.keys() if workspace is self.windows[0][1] else ()
        shown = {(info.path, info.symbol.name) for name in NAMES for info in workspace.search(name)}
        saved = read_all(self._texts(opened=False)).keys()
        assert {key for key in shown if key[0] not in opened} == {key for key in saved if key[0] not in opened}, step
        assert {key for key in shown if key[0] in opened} <= oracle.keys(), step

    def _check_answers(self, session: Session, workspace: Workspace, oracle: Oracle, step: str) -> None:
        for name in NAMES:
            places = [key for key in oracle if key[1] == name]
            if len(places) != 1:
                continue
            answer = session.ask(
                Question(f"Who calls `{name}`?", (workspace, places[0][0], None)), lambda delta: None, CancelToken()
            )
            found = {(path, int(line)) for path, line in re.findall(r"\((\w+\.py):(\d+)\)", answer.text)}
            callers = {
                (path, oracle[path, caller].line + 2)
                for path, caller in oracle
                if places[0] in oracle[path, caller].calls
            }
            assert found == callers, (step, name, answer.text)


def run(examples: int, steps: int) -> None:
    counts.clear()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Changes,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining traces every line
            print_blob=True,
        ),
    )
    print(f"\nnever falsely fresh: {counts.pop('steps')} steps;", dict(counts.most_common()))


def test_nothing_is_falsely_fresh() -> None:
    run(examples=3, steps=STEPS)


@pytest.mark.fuzz
@pytest.mark.timeout(3600)
def test_nothing_is_falsely_fresh_in_thousands_of_steps() -> None:
    """Examples × steps is at least 2,000, by `make fuzz` several times as many."""
    run(examples=int(os.environ.get("FRESH_EXAMPLES", "60")), steps=50)
