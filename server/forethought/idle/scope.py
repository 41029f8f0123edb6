"""What is thought about unasked: open files, files of recent commits, the most-called symbols."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forethought.errors import ForethoughtError
from forethought.facts.symbol_facts import most_called
from forethought.names.resolver import Target
from forethought.workspace.saved_contexts import SavedSymbol
from forethought.workspace.workspace import Workspace

# More of either covers more of what may be asked, and leaves fewer of a day's minutes for each.
RECENT_COMMITS = 10
"""Commits whose files are in scope."""
MAX_CALLED = 50
"""Most-called symbols in scope."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is in scope in one root, by its history and its open files at one moment."""

    paths: Mapping[str, frozenset[str] | None]
    """path → the symbols in scope; None: all of the file."""
    committed: Mapping[str, int]
    """path → its rank among the files that recent commits changed, newest first."""
    just_committed: frozenset[str]
    """Paths of the newest commit: settled, whenever they were saved."""
    call_ranks: Mapping[Target, int]
    """Rank of each of the most-called symbols, the most called first."""

    def select(self, path: str, symbols: Sequence[SavedSymbol]) -> Sequence[SavedSymbol]:
        """Those of a file's symbols that are in scope; all of them if the file is not, but a person looks at it."""
        selection = self.paths.get(path)
        return symbols if selection is None else [item for item in symbols if item.symbol.id in selection]


def scope_of(workspace: Workspace) -> Scope:
    """The scope that the root's setting `sleep.scope` means right now. Reads the index and git."""
    chosen = workspace.settings.sleep_scope
    if chosen == "off":
        return Scope({}, {}, frozenset(), {})
    inside = f"{workspace.within}/" if workspace.within else ""
    data = workspace.index.paths_of(workspace.languages.data_names)
    allowed = {path for path in workspace.index.paths() - data if path.startswith(inside)}
    committed: dict[str, int] = {}
    call_ranks: dict[Target, int] = {}
    paths: dict[str, frozenset[str] | None] = {}
    just_committed: frozenset[str] = frozenset()
    if workspace.repository is not None:
        with contextlib.suppress(ForethoughtError):  # a damaged history only narrows the scope
            recent = workspace.repository.recent_paths(RECENT_COMMITS)
            committed = {path: rank for rank, path in enumerate(path for path in recent if path in allowed)}
            just_committed = frozenset(workspace.repository.recent_paths(1))
    if chosen == "auto":
        called = [target for target in most_called(workspace.index, MAX_CALLED) if target.path in allowed]
        call_ranks = {target: rank for rank, target in enumerate(called)}
        for target in called:
            paths[target.path] = (paths.get(target.path) or frozenset()) | {target.symbol_id}
        paths |= dict.fromkeys(committed)
    paths |= dict.fromkeys(allowed if chosen == "all" else allowed.intersection(workspace.open_paths))
    return Scope(paths, committed, just_committed, call_ranks)
