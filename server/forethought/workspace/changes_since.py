"""The digest: what changed while you were away, symbol by symbol: what it did, what it does now, who is affected.

Computed on request from git, the index and stored insights. No model is called, and nothing is stored except which
commit was seen.
"""

import contextlib
import hashlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pathspec import GitIgnoreSpec

from forethought.errors import RootError, StoreError, UsageError
from forethought.facts.certain_uses import besides_imports
from forethought.facts.location import Location
from forethought.facts.symbol_diff import Change, Side, Version, compare
from forethought.facts.symbol_facts import is_test
from forethought.insights.context import build_context
from forethought.insights.freshness import State, insight_status_of
from forethought.names.resolver import Resolver, Target
from forethought.repo.discovery import UnreadableSource, language_of, read_source
from forethought.repo.git import Repository
from forethought.store.protocol import InsightStore
from forethought.store.user_state import SeenCommits, UserState
from forethought.syntax.extraction import read_tags
from forethought.syntax.tags import FileTags
from forethought.workspace.snapshot import OverlaySnapshot
from forethought.workspace.workspace import Workspace

MAX_LISTED = 40
"""Changed symbols that a digest lists by default; it says how many more there are."""
MAX_FILES = 500
"""Changed files that are compared; it says how many more there are."""
LOOK_BACK_SECONDS = 24 * 3600
"""How far back the first digest of a repository looks."""

_UNDERLINE = re.compile(r"^[~=*#^-]{3,}\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence about a symbol, and where it comes from."""

    text: str
    source: Literal["insights", "docs"]
    model: str | None = None
    """The model that wrote the insight."""


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One symbol that changed."""

    change: Change
    uncommitted: bool
    """The saved text differs from the last commit."""
    did: Statement | None = None
    """What it did before the change."""
    does: Statement | None = None
    """What it does now."""
    state: State | None = None
    """Of its insights; None if the symbol is gone."""
    calls: int = 0
    """How often it is called."""
    callers: tuple[Location, ...] = ()
    """The first of these calls."""
    uses: int = 0
    """How often it is used otherwise, imports aside; 0 if it is called."""
    users: tuple[Location, ...] = ()
    """The first of these uses."""
    left_behind: tuple[Location, ...] = ()
    """Uses of its earlier name, which the repository no longer defines."""
    tests: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """What changed between a commit and the working tree."""

    workspace: Workspace
    since: str
    """The commit that is compared with."""
    reason: str
    """Why that one, in words that follow “since”: `your last digest`."""
    head: str
    commits: int
    items: tuple[DigestItem, ...]
    """The most important first."""
    total: int
    """All changed symbols, listed or not."""
    other_files: tuple[str, ...]
    """Changed files that are not indexed as source."""
    files_not_compared: int
    counts: Mapping[str, int]
    """Kind of change (added, removed, changed, renamed, moved) → symbols."""

    @property
    def more(self) -> int:
        return self.total - len(self.items)


def make_digest(
    workspace: Workspace,
    contexts: InsightStore,
    user_state: UserState,
    since: str | None = None,
    most: int = MAX_LISTED,
) -> Digest:
    """What changed since a revision; by default, since the last digest, which this call then becomes.

    Blocks: reads git, the disk and the store. Raises RootError without git or commits, UsageError for an unknown
    revision, GitError.
    """
    repository = workspace.repository
    if repository is None:
        raise RootError(f"A digest compares with a commit, but {workspace.root} is not in a git repository.")
    head = repository.head()
    if head is None:
        raise RootError(f"{workspace.root} has no commits yet, so there is nothing to compare with; commit once.")
    if since is not None:
        start, reason = repository.resolve(since), since
    else:
        start, reason = _since_last_time(repository, user_state, str(workspace.root), head)
    workspace.refresh()
    comparison = _Comparison(workspace, repository, start)
    changes = comparison.changes
    uncommitted = comparison.uncommitted()
    ranked = sorted(changes, key=lambda change: _rank(comparison, change))
    listed = [
        DigestItem(change, any(_key(place) in uncommitted for place in (change.before, change.after) if place))
        for change in ranked[:most]
    ]
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.kind] = counts.get(change.kind, 0) + 1
    return Digest(
        workspace=workspace,
        since=start,
        reason=reason,
        head=head,
        commits=repository.count_commits(start),
        items=tuple(_with_meaning(comparison, contexts, listed)),
        total=len(changes),
        other_files=tuple(comparison.other_files),
        files_not_compared=comparison.files_not_compared,
        counts=counts,
    )


def changed_symbols(workspace: Workspace, since: str) -> list[Change]:
    """The symbols that differ between a commit and the working tree. Raises RootError, UsageError, GitError."""
    repository = workspace.repository
    if repository is None:
        raise RootError(f"What changed is known from git, but {workspace.root} is not in a git repository.")
    comparison = _Comparison(workspace, repository, repository.resolve(since))
    return sorted(comparison.changes, key=lambda change: _rank(comparison, change))


def _since_last_time(repository: Repository, user_state: UserState, root: str, head: str) -> tuple[str, str]:
    """(commit to compare with, why that one). Without a new commit in between, it is the same one again."""
    seen = user_state.seen_commits(root)
    if seen is not None and (start := _known(repository, seen.start if seen.head == head else seen.head)):
        reason = "your last digest"
    elif (newest := repository.commit_before(int(time.time()) - LOOK_BACK_SECONDS)) not in (None, head):
        start, reason = str(newest), "24 hours ago"
    elif parent := _known(repository, f"{head}~1"):
        start, reason = parent, "the commit before the last one"
    else:
        start, reason = head, "the last commit, since nothing older is available here"
    with contextlib.suppress(StoreError):  # only the next digest suffers: it looks further back
        user_state.see_commits(root, SeenCommits(start, head))
    return start, reason


def _known(repository: Repository, revision: str) -> str | None:
    try:
        return repository.resolve(revision)
    except UsageError:  # rewritten, collected, or cut off in a shallow clone
        return None


class _Comparison:
    """The source files that differ between a commit and the disk, in both versions."""

    def __init__(self, workspace: Workspace, repository: Repository, start: str) -> None:
        self.workspace = workspace
        self._repository = repository
        self._excluded = GitIgnoreSpec.from_lines(workspace.settings.exclude)
        within = f"{workspace.within}/" if workspace.within else ""
        changed = sorted(path for path in repository.changed_paths(start) if path.startswith(within))
        known = workspace.index.paths() - workspace.index.paths_of(workspace.languages.data_names)
        candidates = [path for path in changed if path in known or self._language(path, b"") is not None]
        compared = candidates[:MAX_FILES]
        self.files_not_compared = len(candidates) - len(compared)
        self.after = {path: version for path in compared if path in known and (version := self._on_disk(path))}
        self.before = self._committed(start, [path for path in compared if path in self.after or self._is_gone(path)])
        read = self.before.keys() | self.after.keys() | set(candidates[MAX_FILES:])
        self.other_files = [path for path in changed if path not in read]
        self.changes = compare(self.before, self.after)

    def uncommitted(self) -> set[tuple[str, str]]:
        """(path, symbol id) of everything that differs between HEAD and the disk."""
        committed = self._committed("HEAD", self.before.keys() | self.after.keys())
        changes = compare(committed, self.after)
        return {_key(place) for change in changes for place in (change.before, change.after) if place}

    def earlier_snapshot(self) -> OverlaySnapshot:
        """The index as it was at the commit: its version of each changed file, and nothing that was added since."""
        snapshot = OverlaySnapshot(self.workspace.index)
        for path in self.before.keys() | self.after.keys():
            version = self.before.get(path)
            snapshot = snapshot.with_document(path, version.tags if version else _emptied(self.after[path].tags))
        return snapshot

    def is_test(self, change: Change) -> bool:
        place = change.side
        version = (self.after if change.after else self.before).get(place.path)
        return version is not None and is_test(place.path, version.tags, place.symbol.id)

    def _committed(self, commit: str, paths: Iterable[str]) -> dict[str, Version]:
        found = {}
        for path, data in self._repository.cat_files(commit, paths).items():
            name = self._language(path, data)
            language = self.workspace.languages.named(name) if name else None
            if language is not None:
                found[path] = Version(read_tags(language, data), data)
        return found

    def _on_disk(self, path: str) -> Version | None:
        try:
            data = read_source(self.workspace.root, path)
        except UnreadableSource:
            return None  # deleted just now: it counts as removed
        tags = None
        if hashlib.sha256(data).hexdigest() == self.workspace.index.content_hash(path):
            tags = self.workspace.index.tags(path)
        if tags is None:
            language = self.workspace.languages.detect(path, data[:8192])
            if language is None:
                return None
            tags = read_tags(language, data)
        return Version(tags, data)

    def _language(self, path: str, data: bytes) -> str | None:
        if self._excluded.match_file(path):
            return None
        name = language_of(path, data, self._detect)
        return None if name is None or name in self.workspace.languages.data_names else name

    def _detect(self, path: str, head: bytes) -> str | None:
        language = self.workspace.languages.detect(path, head)
        return language.name if language else None

    def _is_gone(self, path: str) -> bool:
        """Whether the file was deleted; one that exists and is not in the index was left out for a reason."""
        return not (self.workspace.root / path).exists()


def _with_meaning(comparison: _Comparison, contexts: InsightStore, items: Sequence[DigestItem]) -> list[DigestItem]:
    """The items, each with what its symbol did and does, and who is affected."""
    did = _earlier_statements(comparison, contexts, items)
    return [_described(comparison, replace(item, did=before)) for item, before in zip(items, did, strict=True)]


def _earlier_statements(
    comparison: _Comparison, contexts: InsightStore, items: Sequence[DigestItem]
) -> list[Statement | None]:
    """What each symbol did: by the stored insight about its earlier context, else by its earlier docs."""
    resolver = Resolver(comparison.earlier_snapshot())
    context_hashes: list[str | None] = []
    for item in items:
        place = item.change.before
        version = comparison.before.get(place.path) if place else None
        if place is None or version is None:
            context_hashes.append(None)
            continue
        context_hashes.append(
            build_context(resolver, place.path, version.tags, place.symbol, version.source).context_hash
        )
    wanted = {context_hash for context_hash in context_hashes if context_hash}
    entries, rejected = contexts.get_many(wanted), contexts.rejected(wanted)
    found: list[Statement | None] = []
    for item, context_hash in zip(items, context_hashes, strict=True):
        before = item.change.before
        if context_hash is None or before is None:
            found.append(None)
            continue
        entry = insight_status_of(entries.get(context_hash, ()), (), rejected.get(context_hash, ()), ()).entry
        summary = entry.insights.summary if entry else None
        model = entry.provenance.model if entry else None
        found.append(Statement(summary, "insights", model) if summary else _from_docs(before.symbol.doc))
    return found


def _described(comparison: _Comparison, item: DigestItem) -> DigestItem:
    workspace, before, after = comparison.workspace, item.change.before, item.change.after
    if before is not None and (after is None or before.symbol.short_name != after.symbol.short_name):
        item = replace(item, left_behind=_left_behind(workspace, before.symbol.short_name))
    if after is None:
        return item
    target = Target(after.path, after.symbol.id)
    symbol_info = workspace.info_with_insights(target)
    if symbol_info is None:
        return item  # an open buffer no longer has it
    summary = symbol_info.insights.summary if symbol_info.insights and symbol_info.state == "fresh" else None
    model = symbol_info.entry.provenance.model if symbol_info.entry else None
    does = Statement(summary, "insights", model) if summary else _from_docs(after.symbol.doc)
    item = replace(item, does=does, state=symbol_info.state)
    if after.symbol.kind == "file":
        return item
    callers, tests = workspace.facts(target, "callers"), workspace.facts(target, "tests")
    item = replace(item, calls=callers.called_by_count, callers=callers.called_by, tests=tests.tests)
    if item.calls:
        return item
    uses = besides_imports(workspace.used_by(target))
    return replace(item, uses=uses.total, users=uses.places)


def _left_behind(workspace: Workspace, name: str) -> tuple[Location, ...]:
    if not name or workspace.index.definitions_named(name):
        return ()
    return tuple(
        Location(path, reference.scope, reference.range)
        for path, reference in workspace.index.references_named(name)
        if reference.kind in ("call", "class", "type")
    )


def _from_docs(doc: str | None) -> Statement | None:
    """The first paragraph of the docs, in one line."""
    first = " ".join(_UNDERLINE.sub("", (doc or "").strip().partition("\n\n")[0]).split())
    return Statement(first, "docs") if first else None


def _rank(comparison: _Comparison, change: Change) -> tuple[bool, int, str, int]:
    """Sort key: first what callers notice (interfaces, removals, behavior); tests and files come last."""
    order = {"changed": 0 if change.interface_changed else 2, "renamed": 0, "removed": 1, "added": 3, "moved": 4}
    rank = order[change.kind]
    if change.details == ("docs",):
        rank = 5
    if change.side.symbol.kind == "file":
        rank = 6
    return comparison.is_test(change), rank, change.side.path, change.side.symbol.range.start.row


def _key(place: Side) -> tuple[str, str]:
    return place.path, place.symbol.id


def _emptied(tags: FileTags) -> FileTags:
    return replace(tags, symbols=tags.symbols[:1], references=(), imports=(), bindings=())
