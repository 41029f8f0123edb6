"""What is thought about next: the symbols that need a pass, the most valuable first."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forethought.idle.coverage import Coverage, RootCoverage
from forethought.idle.priority import SETTLING_SECONDS, Signals, SymbolPriority, priority_of, relative
from forethought.names.resolver import Target
from forethought.workspace.workspace import Workspace

MAX_REQUESTS = 200
"""Requested symbols that are remembered; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A symbol that could be thought about."""

    workspace: Workspace
    target: Target
    context_hash: str
    priority: SymbolPriority
    edited_at: float | None
    """When its text last changed, in seconds since the epoch; None if that was more than two days ago."""


class ThinkQueue:
    """The candidates in order, and what is left out. Safe from any thread; nothing here waits."""

    def __init__(self) -> None:
        self.done = 0
        """Symbols thought about since the queue was last empty."""
        self._lock = threading.Lock()
        self._candidates: tuple[Candidate, ...] = ()
        self._requested: OrderedDict[tuple[Workspace, Target], None] = OrderedDict()
        self._given_up: set[tuple[Workspace, str]] = set()
        """(root, context hash) at which the engine failed."""
        self._tokens: Counter[tuple[Workspace, str]] = Counter()
        """Tokens spent by (root, path) since the start, for the limit per file."""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The most valuable first."""
        return self._candidates

    def rank(self, coverage: Coverage, predictability: Mapping[str, float]) -> None:
        """Queue everything that needs a pass. `predictability` is by kind of symbol; see `priority.relative`."""
        now = time.monotonic()
        candidates = [
            candidate
            for workspace in coverage.roots
            if (known := coverage.of(workspace)) is not None and workspace.settings.sleep_scope != "off"
            for candidate in self._candidates_of(workspace, known, predictability, now)
        ]
        candidates.sort(key=lambda candidate: (-candidate.priority.amount, candidate.target))
        with self._lock:
            roots = coverage.roots  # one may have been removed meanwhile
            self._put([candidate for candidate in candidates if candidate.workspace in roots])

    def request(self, workspace: Workspace, target: Target) -> bool:
        """Put a symbol first from the next ranking on, since a person wants its insight. False if it is so already."""
        with self._lock:
            if (workspace, target) in self._requested:
                return False
            self._requested[workspace, target] = None
            while len(self._requested) > MAX_REQUESTS:
                self._requested.popitem(last=False)
        return True

    def requested_paths(self, workspace: Workspace) -> set[str]:
        with self._lock:
            return {target.path for root, target in self._requested if root is workspace}

    def tokens_left(self, workspace: Workspace, path: str) -> int:
        """The tokens that may still be spent on a file."""
        return max(0, workspace.settings.sleep_max_tokens_per_file - self._tokens[workspace, path])

    def finish(self, candidate: Candidate, tokens: int) -> None:
        """The candidate was thought about, for so many tokens."""
        self.done += 1
        self._tokens[candidate.workspace, candidate.target.path] += tokens
        with self._lock:
            self._requested.pop((candidate.workspace, candidate.target), None)
        self.remove(candidate)

    def give_up(self, candidate: Candidate) -> None:
        """Leave this context out until failures are forgotten."""
        self._given_up.add((candidate.workspace, candidate.context_hash))
        self.remove(candidate)

    def forget_failures(self) -> None:
        """Contexts that were given up may be tried again."""
        self._given_up.clear()

    def remove(self, candidate: Candidate) -> None:
        with self._lock:
            self._put([known for known in self._candidates if known is not candidate])

    def remove_root(self, workspace: Workspace) -> None:
        with self._lock:
            self._put([known for known in self._candidates if known.workspace is not workspace])
            self._given_up = {failure for failure in self._given_up if failure[0] is not workspace}
            for request in [request for request in self._requested if request[0] is workspace]:
                del self._requested[request]
            for file in [file for file in self._tokens if file[0] is workspace]:
                del self._tokens[file]

    def _put(self, candidates: list[Candidate]) -> None:
        """The lock is held."""
        self._candidates = tuple(candidates)
        if not candidates:
            self.done = 0

    def _candidates_of(
        self, workspace: Workspace, known: RootCoverage, predictability: Mapping[str, float], now: float
    ) -> Iterator[Candidate]:
        scope, open_paths = known.scope, set(workspace.open_paths)
        for path, symbols in known.files.items():
            if not self.tokens_left(workspace, path):
                continue
            seconds_since_edit = now - workspace.edited_at.get(path, float("-inf"))
            settling = seconds_since_edit < SETTLING_SECONDS and path not in scope.just_committed
            for status in list(symbols.values()):
                if not status.needed or (workspace, status.context_hash) in self._given_up:
                    continue
                target = Target(path, status.symbol_id)
                signals = Signals(
                    kind=status.kind,
                    focused=workspace.focused == path and path in open_paths,
                    open=path in open_paths,
                    committed_rank=scope.committed.get(path),
                    call_rank=scope.call_ranks.get(target),
                    changed=status.state == "stale",
                    requested=(workspace, target) in self._requested,
                    settling=settling,
                    lines=status.lines,
                    predictability=relative(predictability, status.kind),
                )
                yield Candidate(workspace, target, status.context_hash, priority_of(signals), status.edited_at)
