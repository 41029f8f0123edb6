"""What is thought about without being asked: open files, files of recent commits, the most-called symbols."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forethought.errors import ForethoughtError
from forethought.facts.symbol_facts import most_called
from forethought.names.resolver import Target
from forethought.workspace.saved_contexts import SavedSymbol
from forethought.workspace.workspace import Workspace

RECENT_COMMITS = 10
MAX_CALLED = 50


@dataclass(frozen=True, slots=True)
class Scope:
    """Of one root, as its history and its open files are now."""

    paths: Mapping[str, frozenset[str] | None]
    """path → the symbols in scope; None: all of the file."""
    committed: Mapping[str, int]
    """path → its position among those that recent commits changed, newest first."""
    just: frozenset[str]
    """Paths of the newest commit: settled, whenever they were saved."""
    call_ranks: Mapping[Target, int]
    """Of the most-called symbols, the most called first."""

    def select(self, path: str, symbols: Sequence[SavedSymbol]) -> list[SavedSymbol]:
        """Those of a file's symbols that are in scope; all of a file that is not, which somebody looked at."""
        chosen = self.paths.get(path)
        return [item for item in symbols if chosen is None or item.symbol.id in chosen]


def scope_of(workspace: Workspace) -> Scope:
    """What the root's setting `sleep.scope` means just now. Reads the index and git."""
    chosen = workspace.settings.sleep_scope
    if chosen == "off":
        return Scope({}, {}, frozenset(), {})
    inside = f"{workspace.within}/" if workspace.within else ""
    allowed = {path for path in workspace.index.paths() if path.startswith(inside)}
    committed: dict[str, int] = {}
    call_ranks: dict[Target, int] = {}
    paths: dict[str, frozenset[str] | None] = {}
    just: frozenset[str] = frozenset()
    if workspace.repository is not None:
        with contextlib.suppress(ForethoughtError):  # a damaged history narrows the scope, and no more
            recent = workspace.repository.recent_paths(RECENT_COMMITS)
            committed = {path: rank for rank, path in enumerate(path for path in recent if path in allowed)}
            just = frozenset(workspace.repository.recent_paths(1))
    if chosen == "auto":
        called = [target for target in most_called(workspace.index, MAX_CALLED) if target.path in allowed]
        call_ranks = {target: rank for rank, target in enumerate(called)}
        for target in called:
            paths[target.path] = (paths.get(target.path) or frozenset()) | {target.symbol_id}
        paths |= dict.fromkeys(committed)
    paths |= dict.fromkeys(allowed if chosen == "all" else allowed.intersection(workspace.open_paths))
    return Scope(paths, committed, just, call_ranks)
