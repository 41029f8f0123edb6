"""The overview: a repository explained, package by package, for someone who has never seen it.

Computed on request from the index, the files and stored insights. No model is called. A package is a folder with source
files. Packages, files and symbols are in order of how much they are used. Each has one sentence: the summary that a
model wrote about its current text, else the first sentence of its documentation, else what its code does, else a
summary that a model wrote about an earlier text.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled
from forethought.facts.effects import Effect
from forethought.facts.entry_points import EntryPoint, find_api, find_entry_points
from forethought.facts.exports import exports_of, is_exported
from forethought.facts.flows import TELLING, Flow, FlowFinder
from forethought.facts.symbol_behavior import Behavior, behaviors_of, member_behavior
from forethought.facts.usage import Progress, Usage, find_usage, folder_of
from forethought.insights.freshness import InsightStatus
from forethought.names.file_names import Target
from forethought.repo.discovery import UnreadableSource, read_source
from forethought.repo.package_discovery import find_commands
from forethought.search.ranking import is_test_path
from forethought.syntax.behavior import read_bodies
from forethought.syntax.effect_rules import EffectRules
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Position, Symbol
from forethought.text.prose import first_sentence, opening
from forethought.workspace.open_documents import content_hash_of
from forethought.workspace.workspace import Workspace

# More of each says more, and is read less.
MAX_FILES = 12
"""Files of a package that are described; the others are counted."""
MAX_SYMBOLS = 6
"""Symbols of a file that are described."""
MAX_EXPORTS = 16
"""Exports of a package that are listed; the others are counted."""
MAX_FLOWS_OF_KIND = 4
MAX_API_FLOWS = 8
MAX_API_FLOWS_OF_PACKAGE = 3
MAX_CODE_SENTENCE = 200

_READMES = ("README.md", "README.rst", "README.txt", "README", "readme.md", "Readme.md")
_SOURCE_FOLDERS = frozenset({"src", "source", "lib"})
"""A package's manifest is often beside such a folder."""
_JVM_SOURCES = re.compile(r"(?:^|/)src/[\w-]+/(?:java|kotlin)/(.+)$")
_DOCUMENTING = ("__init__.py", "doc.go", "package-info.java", "mod.rs", "lib.rs", "main.rs", "index.ts", "index.js")
"""Files whose own documentation is about their package."""
_SUPPORT = frozenset(
    {"example", "examples", "sample", "samples", "demo", "demos", "doc", "docs", "bench", "benches", "benchmark"}
    | {"benchmarks", "script", "scripts", "tool", "tools", "fixture", "fixtures", "testdata", "vendor", "third_party"}
)
"""Folders of code that is not the product itself, without leading underscores."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said about something, and on what basis."""

    text: str
    basis: Literal["model", "docs", "code"]
    state: Literal["fresh", "stale", "live"]
    """Of a model's: whether it is about the current text. What is computed is live."""
    path: str
    """The file that it is about, or quoted from."""
    row: int = 0
    """Where that begins: the row of the symbol's name."""
    model: str | None = None


@dataclass(frozen=True, slots=True)
class SymbolEntry:
    target: Target
    symbol: Symbol
    about: Sentence | None
    calls: int
    """Calls that certainly run it, outside tests."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    path: str
    about: Sentence | None
    used_by: int
    """Other files that import it or call into it, outside tests."""
    symbols: tuple[SymbolEntry, ...]
    """Those that other files can see first, and of them the most called."""
    symbol_count: int
    """Its top-level functions and classes, listed or not."""


@dataclass(frozen=True, slots=True)
class PackageEntry:
    folder: str
    """Empty for the root."""
    name: str
    languages: tuple[str, ...]
    about: Sentence | None
    is_support: bool
    """Examples, scripts, benchmarks and such."""
    files: tuple[FileEntry, ...]
    """The most used first."""
    file_count: int
    exports: tuple[SymbolEntry, ...]
    """First those whose names most files call, tests included."""
    export_count: int
    used_by: tuple[tuple[str, int], ...]
    """(folder of another package, how many of its files use this one), most first."""


@dataclass(frozen=True, slots=True)
class FlowEntry:
    flow: Flow
    about: Sentence | None
    """About where it starts."""


@dataclass(frozen=True, slots=True)
class Overview:
    workspace: Workspace
    within: str
    about: Sentence | None
    languages: Mapping[str, int]
    """Language → files, tests included."""
    packages: tuple[PackageEntry, ...]
    """The most used first; support packages last."""
    tests: Mapping[str, int]
    """Folder → test files in it; they are not described."""
    flows: tuple[FlowEntry, ...]
    """By kind: commands, `main` functions, routes, public interface."""
    symbols: Mapping[Target, Symbol]
    """Every definition that a flow names."""


def make_overview(
    workspace: Workspace,
    within: str = "",
    *,
    with_insights: bool = True,
    with_code: bool = True,
    on_progress: Progress = lambda done, total, path: None,
    cancel: CancelToken | None = None,
) -> Overview:
    """The overview of the indexed files below a folder. Blocks: reads the index, the disk, git and the store.

    with_insights: False if the store is known to be empty, which saves hashing contexts
    with_code: False if sentences on the basis of code are not shown, which saves parsing
    Raises Cancelled.
    """
    return _Maker(workspace, within, with_insights, with_code, cancel).make(on_progress)


class _Maker:
    """Makes one overview."""

    def __init__(
        self, workspace: Workspace, within: str, with_insights: bool, with_code: bool, cancel: CancelToken | None
    ) -> None:
        self._workspace = workspace
        self._within = within
        self._with_insights = with_insights
        self._with_code = with_code
        self._cancel = cancel
        self._resolver = workspace.resolver()
        self._snapshot = workspace.overlay
        self._package_names = {package.folder: package.name for package in self._snapshot.packages() if package.name}
        self._sources: dict[str, bytes | None] = {}
        self._behaviors: dict[str, Mapping[str, Behavior]] = {}
        self._insights: dict[str, Mapping[str, InsightStatus]] = {}

    def make(self, on_progress: Progress) -> Overview:
        workspace, resolver = self._workspace, self._resolver
        everything = sorted(path for path in workspace.overlay.paths() if not workspace.is_data(path))
        sources = [path for path in everything if not is_test_path(path)]
        asked = [path for path in everything if _is_inside(path, self._within)]
        described = [path for path in asked if not is_test_path(path)] or asked
        usage = find_usage(resolver, sources, on_progress, self._is_cancelled)
        finder = FlowFinder(
            resolver, self._rules_of, self._source_of, lambda path: not is_test_path(path), self._is_cancelled
        )
        by_folder: dict[str, list[str]] = {}
        for path in described:
            by_folder.setdefault(folder_of(path), []).append(path)
        folders = sorted(by_folder, key=lambda folder: _package_rank(folder, by_folder[folder], usage))
        flows = self._flows(finder, described, {folder: by_folder[folder] for folder in folders})
        packages = []
        for number, folder in enumerate(folders):
            self._check_cancelled()
            on_progress(number, len(folders), folder or workspace.root.name)
            packages.append(self._package(folder, by_folder[folder], usage))
        tags = [self._snapshot.outline(path) for path in asked]
        shown = {step.target for flow in flows for step in flow.start.steps()}
        shown |= {
            target for flow in flows for step in flow.start.steps() for item in step.effects for target in item.via
        }
        return Overview(
            workspace,
            self._within,
            self._readme_sentence(self._within),
            dict(Counter(item.language for item in tags if item is not None).most_common()),
            tuple(packages),
            dict(Counter(folder_of(path) for path in asked if path not in set(described))),
            tuple(FlowEntry(flow, self._sentence(flow.entry.target)) for flow in flows),
            {target: symbol for target in shown if (symbol := resolver.symbol(target)) is not None},
        )

    def _flows(
        self, finder: FlowFinder, paths: Sequence[str], by_folder: Mapping[str, Sequence[str]]
    ) -> tuple[Flow, ...]:
        """Flows of the product itself; only if there are none, those of examples and scripts."""
        product = [path for path in paths if not _is_support(path)]
        for allowed in (product, paths):
            commands = find_commands(self._workspace.root, allowed)
            entries = find_entry_points(self._resolver, allowed, commands, self._source_of)
            flows: list[Flow] = []
            for kind in ("command", "main", "route"):
                of_kind = [entry for entry in entries if entry.kind == kind]
                flows += finder.choose(of_kind, MAX_FLOWS_OF_KIND, set())
            covered: set[Target] = set()
            known = {entry.target for entry in entries}
            left = MAX_API_FLOWS
            for files in by_folder.values():
                offered = self._api(set(allowed).intersection(files), known)
                chosen = finder.choose(offered, min(left, MAX_API_FLOWS_OF_PACKAGE), covered)
                left -= len(chosen)
                flows += chosen
            if flows:
                return tuple(flows)
        return ()

    def _api(self, paths: Iterable[str], known: set[Target]) -> list[EntryPoint]:
        public = [path for path in paths if not _is_internal(path)]
        return [entry for entry in find_api(self._resolver, public) if entry.target not in known]

    def _package(self, folder: str, paths: Sequence[str], usage: Usage) -> PackageEntry:
        ranked = sorted(paths, key=lambda path: (-len(usage.users.get(path, ())), -self._symbol_count(path), path))
        languages = Counter(tags.language for path in paths if (tags := self._snapshot.outline(path)) is not None)
        exports = sorted(exports_of(self._resolver, paths), key=self._export_rank)
        users = Counter(folder_of(path) for path in usage.folder_users.get(folder, ()))
        return PackageEntry(
            folder,
            self._name(folder, paths),
            tuple(language for language, _ in languages.most_common()),
            self._package_sentence(folder, paths),
            _is_support(f"{folder}/"),
            tuple(self._file(path, usage) for path in ranked[:MAX_FILES]),
            len(paths),
            tuple(entry for target in exports[:MAX_EXPORTS] if (entry := self._symbol(target, usage)) is not None),
            len(exports),
            tuple(sorted(users.items(), key=lambda item: (-item[1], item[0]))),
        )

    def _file(self, path: str, usage: Usage) -> FileEntry:
        main = self._main_symbols(path)
        tags = self._snapshot.outline(path)

        def rank(symbol: Symbol) -> tuple[bool, int, Position]:
            is_hidden = tags is None or not is_exported(path, tags, symbol)
            return is_hidden, -usage.calls[Target(path, symbol.id)], symbol.range.start

        ranked = sorted(main, key=rank)
        chosen = (self._symbol(Target(path, symbol.id), usage) for symbol in ranked[:MAX_SYMBOLS])
        return FileEntry(
            path,
            self._sentence(Target(path, "")),
            len(usage.users.get(path, ())),
            tuple(entry for entry in chosen if entry is not None),
            len(main),
        )

    def _symbol(self, target: Target, usage: Usage) -> SymbolEntry | None:
        symbol = self._resolver.symbol(target)
        if symbol is None:
            return None
        return SymbolEntry(target, symbol, self._sentence(target), usage.calls[target])

    def _export_rank(self, target: Target) -> tuple[int, Target]:
        """First what most files call something by the name of, tests included: they show what is meant to be used."""
        symbol = self._resolver.symbol(target)
        return -len(self._snapshot.paths_calling(symbol.short_name if symbol is not None else "")), target

    def _main_symbols(self, path: str) -> list[Symbol]:
        tags = self._snapshot.outline(path)
        kinds = CLASS_KINDS | FUNCTION_KINDS
        found: dict[str, Symbol] = {}
        for symbol in tags.symbols[1:] if tags is not None else ():
            if symbol.kind in kinds and "." not in symbol.name:
                found.setdefault(symbol.name, symbol)  # the first of overloads
        return list(found.values())

    def _symbol_count(self, path: str) -> int:
        tags = self._snapshot.outline(path)
        return len(tags.symbols) if tags is not None else 0

    def _name(self, folder: str, paths: Sequence[str]) -> str:
        """As it is imported where that can be told from its files and manifests; else the folder."""
        above, _, last = folder.rpartition("/")
        for place in (folder, above) if last in _SOURCE_FOLDERS else (folder,):
            if place in self._package_names:
                return self._package_names[place]
        if found := _JVM_SOURCES.search(folder):
            return found[1].replace("/", ".")
        if f"{folder}/__init__.py" in paths:
            parts = folder.split("/")
            start = len(parts) - 1
            while start and "/".join((*parts[:start], "__init__.py")) in self._snapshot.paths():
                start -= 1
            return ".".join(parts[start:])
        return folder or self._workspace.root.name

    # Sentences

    def _package_sentence(self, folder: str, paths: Sequence[str]) -> Sentence | None:
        by_name = {path.rpartition("/")[2]: path for path in paths}
        documenting = [by_name[name] for name in _DOCUMENTING if name in by_name]
        documenting += [path for path in paths if path.endswith(".go") and self._doc(path).startswith("Package ")]
        for path in documenting or (paths if len(paths) == 1 else ()):
            sentence = self._sentence(Target(path, ""))
            if sentence is not None and sentence.basis != "code":
                return sentence
        is_whole = folder.rpartition("/")[2] == self._workspace.root.name  # the repository's only or main package
        return self._readme_sentence(folder) or (self._readme_sentence("") if is_whole else None)

    def _readme_sentence(self, folder: str) -> Sentence | None:
        for name in _READMES:
            path = f"{folder}/{name}" if folder else name
            try:
                data = read_source(self._workspace.root, path)
            except UnreadableSource:
                continue
            if text := opening(data.decode("utf-8", "replace")):
                return Sentence(text, "docs", "live", path)
        return None

    def _doc(self, path: str) -> str:
        tags = self._snapshot.outline(path)
        return (tags.symbols[0].doc or "") if tags is not None else ""

    def _sentence(self, target: Target) -> Sentence | None:
        """The best that can be said about a symbol: see the module's docstring."""
        tags = self._snapshot.outline(target.path)
        symbol = tags.symbol(target.symbol_id) if tags is not None else None
        if tags is None or symbol is None:
            return None
        path, row = target.path, symbol.selection.start.row
        status = self._insights_of(path).get(symbol.id)
        entry = status.entry if status is not None else None
        summary = entry.insights.summary if entry is not None else None
        model = entry.provenance.model if entry is not None else None
        if summary and status is not None and status.state == "fresh":
            return Sentence(summary, "model", "fresh", path, row, model)
        if text := first_sentence(symbol.doc):
            return Sentence(text, "docs", "live", path, row)
        if self._with_code and (text := self._behavior_text(target, tags, symbol)):
            return Sentence(text, "code", "live", path, row)
        if summary and status is not None and status.state == "stale":
            return Sentence(summary, "model", "stale", path, row, model)
        return None

    def _behavior_text(self, target: Target, tags: FileTags, symbol: Symbol) -> str:
        behaviors = self._behaviors_of(target.path, tags)
        if symbol.kind in FUNCTION_KINDS:
            behavior = behaviors.get(symbol.id)
            return behavior.summary(MAX_CODE_SENTENCE) if behavior is not None else ""
        return member_behavior(tags, behaviors, symbol.id, MAX_CODE_SENTENCE)

    def _behaviors_of(self, path: str, tags: FileTags) -> Mapping[str, Behavior]:
        if path not in self._behaviors:
            source, language = self._source_of(path), self._workspace.languages.named(tags.language)
            if source is None or language is None:
                self._behaviors[path] = {}
            else:
                self._behaviors[path] = behaviors_of(read_bodies(language, source, tags), language)
        return self._behaviors[path]

    def _insights_of(self, path: str) -> Mapping[str, InsightStatus]:
        if path not in self._insights:
            self._check_cancelled()
            saved = self._workspace.saved
            symbols = saved.symbols(path) if self._with_insights else ()
            self._insights[path] = saved.insight_statuses(path, symbols) if symbols else {}
        return self._insights[path]

    # What the facts are computed from

    def _source_of(self, path: str) -> bytes | None:
        """The indexed text; None if the file has changed since."""
        if path not in self._sources:
            data = b"\n".join(self._workspace.lines(path))
            is_indexed = content_hash_of(data) == self._workspace.index.content_hash(path)
            self._sources[path] = data if is_indexed else None
        return self._sources[path]

    def _rules_of(self, language: str) -> EffectRules | None:
        found = self._workspace.languages.named(language)
        return found.effects if found is not None else None

    def _is_cancelled(self) -> bool:
        return self._cancel is not None and self._cancel.cancelled

    def _check_cancelled(self) -> None:
        if self._is_cancelled():
            raise Cancelled("The overview is no longer wanted.")


def ends(flow: Flow) -> tuple[Effect, ...]:
    """The effects that a flow ends in, each call once, the most telling first."""
    found = {(item.category, item.call): item for step in flow.start.steps() for item in step.effects}
    return tuple(sorted(found.values(), key=lambda item: TELLING.index(item.category)))


def _package_rank(folder: str, paths: Sequence[str], usage: Usage) -> tuple[bool, bool, int, int, str]:
    users = usage.folder_users.get(folder, set())
    return _is_support(f"{folder}/"), _is_internal(f"{folder}/"), -len(users), -len(paths), folder


def _is_support(path: str) -> bool:
    return any(part.lstrip("_.").lower() in _SUPPORT for part in path.split("/")[:-1])


def _is_internal(path: str) -> bool:
    """Whether a file is in a folder that other repositories are not to use."""
    return any(part == "internal" or (part.startswith("_") and part != "__init__.py") for part in path.split("/")[:-1])


def _is_inside(path: str, within: str) -> bool:
    return not within or path == within or path.startswith(f"{within}/")
