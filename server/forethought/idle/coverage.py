"""The status of the symbols in scope, by saved content: how good their insights are, and whether a pass is needed."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from forethought.engine.api import ModelIdentity
from forethought.idle.scope import Scope, scope_of
from forethought.insights.freshness import State, is_needed
from forethought.insights.sleep_pass import Method, generator_id_of
from forethought.names.resolver import Target
from forethought.workspace.workspace import Workspace


class Generator(NamedTuple):
    """Who would think: a model and a method."""

    id: str | None
    """None if there is no engine to ask."""
    demo: bool

    @classmethod
    def of(cls, identity: ModelIdentity, method: Method) -> "Generator":
        return cls(generator_id_of(identity, method), identity.demo)


NO_GENERATOR = Generator(None, False)


@dataclass(frozen=True, slots=True)
class SymbolStatus:
    """The status of one symbol, by its saved text."""

    symbol_id: str
    name: str
    kind: str
    lines: int
    context_hash: str
    state: State
    needed: bool
    """Whether a pass by the current generator would bring anything."""
    edited_at: float | None
    """When its text last changed, in seconds since the epoch; None if that was more than two days ago."""


def survey_file(
    workspace: Workspace, path: str, generator: Generator, scope: Scope | None = None
) -> list[SymbolStatus]:
    """The status of a file's symbols, or only of those in a scope. Reads the disk and the store.

    Empty for data, and if the file is not indexed, or is newer on disk; then it is queued to be indexed.
    """
    if workspace.is_data(path):
        return []
    saved = workspace.saved.symbols(path)
    if not saved and workspace.index.content_hash(path) is not None:
        workspace.files_changed([path])
    symbols = scope.select(path, saved) if scope is not None else saved
    statuses = workspace.saved.insight_statuses(path, symbols)
    edits = workspace.index.context_hashes.edits(path)
    return [
        SymbolStatus(
            symbol_id=item.symbol.id,
            name=item.symbol.name,
            kind=item.symbol.kind,
            lines=item.symbol.range.end.row - item.symbol.range.start.row + 1,
            context_hash=item.context_hash,
            state=statuses[item.symbol.id].state,
            needed=is_needed(statuses[item.symbol.id], generator.id, generator.demo),
            edited_at=edits.get(item.symbol.id),
        )
        for item in symbols
    ]


@dataclass(frozen=True, slots=True)
class RootCoverage:
    """The status of the symbols of one root, as of a survey."""

    generator: Generator
    scope: Scope
    files: Mapping[str, dict[str, SymbolStatus]]
    """path → symbol id → status, which `Coverage.update` replaces."""


class Coverage:
    """The status of everything in scope, root by root. Safe from any thread; only `survey` reads the disk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._roots: dict[Workspace, RootCoverage | None] = {}
        """None: not surveyed yet."""

    @property
    def roots(self) -> tuple[Workspace, ...]:
        with self._lock:
            return tuple(self._roots)

    def add(self, workspace: Workspace) -> None:
        with self._lock:
            self._roots.setdefault(workspace, None)

    def remove(self, workspace: Workspace) -> None:
        with self._lock:
            self._roots.pop(workspace, None)

    def of(self, workspace: Workspace) -> RootCoverage | None:
        """The status of a root's symbols; None before its first survey."""
        return self._roots.get(workspace)

    def counts(self, workspace: Workspace) -> Counter[State]:
        """How many symbols in scope are in each state."""
        known = self.of(workspace)
        files = known.files if known is not None else {}
        return Counter(status.state for symbols in files.values() for status in symbols.values())

    def survey(
        self,
        workspace: Workspace,
        changed: Collection[str] | None,
        requested: Collection[str],
        generator: Generator,
        *,
        rescope: bool = True,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Update the status of changed files (None: of all), and of what came into scope. Reads disk, git and store.

        `requested` files are surveyed whether or not they are in scope. Without `rescope` the scope stays as it is.
        If the generator is another one, everything is surveyed: what is needed depends on it.
        """
        known = self.of(workspace)
        scope = known.scope if known is not None and not rescope else scope_of(workspace)
        if known is not None and known.generator != generator:
            changed = None
        files: dict[str, dict[str, SymbolStatus]] = {}
        for path in sorted(scope.paths.keys() | requested):
            if stopped():
                return
            if (
                known is not None
                and changed is not None
                and path not in changed
                and path in known.files
                and scope.paths.get(path) == known.scope.paths.get(path)
            ):
                files[path] = known.files[path]
            else:
                statuses = survey_file(workspace, path, generator, scope)
                files[path] = {status.symbol_id: status for status in statuses}
        self._put(workspace, RootCoverage(generator, scope, files))

    def clear(self, workspace: Workspace) -> None:
        """Forget the status of a root's symbols: no engine is meant to think about them."""
        self._put(workspace, None)

    def update(self, workspace: Workspace, target: Target, state: State, *, needed: bool) -> None:
        """Note what became of one symbol."""
        known = self.of(workspace)
        symbols = known.files.get(target.path, {}) if known is not None else {}
        if (status := symbols.get(target.symbol_id)) is not None:
            symbols[target.symbol_id] = replace(status, state=state, needed=needed)

    def _put(self, workspace: Workspace, coverage: RootCoverage | None) -> None:
        with self._lock:
            if workspace in self._roots:  # else it was removed meanwhile
                self._roots[workspace] = coverage
