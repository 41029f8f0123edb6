"""How right definitions, callers and hovers are, according to each language's own compiler or language server.

data/resolution has a file per language. A row is an identifier in a public repository at a pinned commit, and where
the language's reference implementation says it is defined. A row that is its own definition counts for hovers only.

*Answered* means exactly one definition; several candidates are no answer, but not wrong either. An identifier that is
defined outside of its repository should not be answered at all, so any answer to it is wrong.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from benchmarks.harness.clones import clone_at
from forethought.bench.machine import describe_machine
from forethought.bench.report import Cell, Goal, Report, Table
from forethought.errors import UsageError
from forethought.facts import local_names, value_facts
from forethought.facts.call_hierarchy import incoming_calls
from forethought.facts.certain_uses import same_definitions
from forethought.names.resolver import Resolver, Target
from forethought.store.index_database import IndexDatabase
from forethought.store.index_store import IndexStore
from forethought.syntax.languages import load_languages
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import Position
from forethought.text.positions import units_to_bytes
from forethought.workspace.indexer import Indexer
from forethought.workspace.snapshot import DocumentSnapshot

TRUTH = Path(__file__).parent.parent / "data" / "resolution"
MIN_ANSWERED, MIN_METHODS_ANSWERED, MIN_RIGHT = 0.95, 0.90, 0.995
MIN_CALLER_PRECISION, MIN_CALLER_RECALL = 0.99, 0.95
MIN_HOVERS, MIN_LOCAL_HOVERS = 0.95, 0.90

METHODS = frozenset({"method", "constructor"})
LOCALS = frozenset({"parameter", "local"})
CORE = METHODS | {"function", "class", "struct", "interface", "trait", "enum", "type", "constant", "macro"}
"""The kinds whose share of answers has a goal."""
_MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class TruthRow:
    """An identifier, and where it is defined."""

    repository: str
    """`owner/name` on GitHub."""
    commit: str
    language: str
    reference: str
    """What said so, with its version: `Jedi 0.20.1`."""
    path: str
    line: int
    """From 1."""
    column: int
    """From 0, in UTF-16 units."""
    name: str
    kind: str
    """Of the definition: `method`, `field`, `enum member`, `local`, `module` …"""
    called: bool
    inside: str
    """Qualified name of the function around it; empty if there is none."""
    target_path: str
    """Empty if the definition is outside of the repository."""
    target_line: int

    @property
    def is_declaration(self) -> bool:
        return (self.path, self.line) == (self.target_path, self.target_line)


Verdict = Literal["right", "wrong", "ambiguous", "unanswered"]


@dataclass
class Figures:
    """The counts of one kind of identifier in one language."""

    verdicts: dict[Verdict, int] = field(default_factory=lambda: defaultdict(int))
    """Of the uses of what the repository defines."""
    outside: int = 0
    """Uses of what it does not define."""
    outside_answered: int = 0
    """Uses of what it does not define that are answered, all of them wrongly."""
    identifiers: int = 0
    hovers: int = 0

    @property
    def uses(self) -> int:
        return sum(self.verdicts.values())

    @property
    def right(self) -> int:
        return self.verdicts["right"]

    @property
    def answered(self) -> int:
        """Uses of what the repository defines that have exactly one answer."""
        return self.right + self.verdicts["wrong"]


@dataclass
class Callers:
    calls: int = 0
    """Calls of what the repository defines, according to the reference."""
    found: int = 0
    """Those that are listed for the definition."""
    listed: int = 0
    """Calls that are listed for a definition, and that the reference says something about."""
    right: int = 0


@dataclass
class Measured:
    """What was counted in one language."""

    kinds: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    callers: Callers = field(default_factory=Callers)
    failures: list[dict[str, Any]] = field(default_factory=list)
    """The rows that are not answered right, with `verdict` and `ours`."""
    references: set[str] = field(default_factory=set)
    repositories: set[str] = field(default_factory=set)


def run(
    repositories: Annotated[
        Path | None, "Folder with clones of the repositories; missing ones are cloned there."
    ] = None,
    language: Annotated[str, "Only this language, e.g. go."] = "",
    truth: Annotated[Path | None, "Folder with other files of truth, in the same format."] = None,
) -> Report:
    """Report the shares by language and kind. Raises UsageError if there is no truth or a clone cannot be had."""
    rows = read_truth(truth or TRUTH, language)
    if not rows:
        raise UsageError(f"There is no truth for “{language}” in {truth or TRUTH}.")
    if repositories is None:
        names = ", ".join(sorted({row.repository for row in rows}))
        raise UsageError(f"Name a folder with --repositories; missing clones are made there, of {names}.")
    measured: dict[str, Measured] = defaultdict(Measured)
    by_repository: dict[tuple[str, str], list[TruthRow]] = defaultdict(list)
    for row in rows:
        by_repository[row.repository, row.commit].append(row)
    for (repository, commit), own in sorted(by_repository.items()):
        for name, item in _measure(clone_at(repositories, repository, commit), own).items():
            _merge(measured[name], item)
    return _report(dict(sorted(measured.items())))


def read_truth(folder: Path, language: str = "") -> list[TruthRow]:
    """Return the rows of all files in the folder, or of one language."""
    names = [item.name for item in fields(TruthRow)]
    found = [
        TruthRow(**{name: data[name] for name in names})
        for file in sorted(folder.glob("*.jsonl"))
        for data in map(json.loads, file.read_text("utf-8").splitlines())
    ]
    return [row for row in found if language in ("", row.language)]


def _measure(root: Path, rows: Sequence[TruthRow]) -> dict[str, Measured]:
    """Ask about each row of one repository; by language."""
    store = IndexStore(IndexDatabase(None, "resolution"))
    Indexer(store, root, load_languages(), None).refresh()
    repository = _Repository(root, store)
    found: dict[str, Measured] = defaultdict(Measured)
    for row in rows:
        measured = found[row.language]
        measured.repositories.add(row.repository)
        measured.references.add(row.reference)
        figures = measured.kinds[row.kind]
        answer = repository.ask(row)
        if row.target_path:
            figures.identifiers += 1
            figures.hovers += answer.has_hover
        if row.is_declaration:
            continue
        verdict = repository.judge(row, answer)
        if row.target_path:
            figures.verdicts[verdict] += 1
        else:
            figures.outside += 1
            figures.outside_answered += verdict == "wrong"
        if verdict == "wrong" or (row.target_path and verdict != "right"):
            measured.failures.append(_failure(row, verdict, answer))
    for name, measured in found.items():
        measured.callers = repository.count_callers([row for row in rows if row.called and row.language == name])
    return found


@dataclass(frozen=True, slots=True)
class _Answer:
    targets: tuple[Target, ...]
    local: local_names.LocalName | None
    """The parameter or local variable, if there are no targets."""
    has_hover: bool


class _Repository:
    """One indexed repository, asked as the language server asks it."""

    def __init__(self, root: Path, store: IndexStore) -> None:
        self._root = root
        self._resolver = Resolver(store)
        self._documents: dict[str, DocumentSnapshot | None] = {}

    def ask(self, row: TruthRow) -> _Answer:
        document, position = self._document(row.path), self._position(row)
        if document is None or position is None:
            return _Answer((), None, has_hover=False)
        place = document.identifier(position)
        if place is None:
            module = document.module(position)
            targets = self._resolver.imported(row.path, module[1]).targets if module is not None else ()
            return _Answer(targets, None, bool(targets))
        own = document.own_targets(place.start)
        targets = own if own is not None else self._resolver.resolve_at(row.path, place.start).targets
        if targets:
            return _Answer(targets, None, has_hover=True)
        has_hover = value_facts.local_name_at(self._resolver, row.path, place.start) is not None
        return _Answer((), local_names.local_name_at(document.tags, position), has_hover)

    def judge(self, row: TruthRow, answer: _Answer) -> Verdict:
        if answer.local is not None:
            is_right = row.target_path == row.path and row.target_line in _lines(answer.local.bindings)
            # A local name may hold something from outside; what it is bound to is not what was asked.
            return "right" if is_right else "wrong" if row.target_path else "unanswered"
        if len(answer.targets) != 1:
            return "ambiguous" if answer.targets else "unanswered"
        return "right" if self._is_at(answer.targets[0], row) else "wrong"

    def count_callers(self, calls: Sequence[TruthRow]) -> Callers:
        """Compare the callers of each definition that is called with the calls of it."""
        counts = Callers()
        at = {(row.path, position): row for row in calls if (position := self._position(row)) is not None}
        by_target: dict[Target, list[TruthRow]] = defaultdict(list)
        for row in calls:
            if (target := self._target(row)) is not None:
                by_target[target].append(row)
        for target, rows in sorted(by_target.items()):
            listed = {
                (caller.path, range_.start)
                for caller, ranges in incoming_calls(self._resolver, target).items()
                for range_ in ranges
            }
            counts.calls += len(rows)
            counts.found += sum((row.path, self._position(row)) in listed for row in rows)
            known = [at[place] for place in sorted(listed) if place in at]
            counts.listed += len(known)
            called = [target, owner] if (owner := self._constructed(target)) is not None else [target]
            counts.right += sum(any(self._is_at(one, row) for one in called) for row in known)
        return counts

    def _constructed(self, target: Target) -> Target | None:
        """The class of a constructor: a call of either calls both, and references name one of them."""
        symbol = self._resolver.symbol(target)
        return self._resolver.owner(target) if symbol is not None and symbol.is_constructor else None

    def _target(self, row: TruthRow) -> Target | None:
        """The function or class of the index that a row says is called."""
        tags = self._resolver.snapshot.outline(row.target_path) if row.target_path else None
        at_line = [
            symbol
            for symbol in (tags.symbols if tags is not None else ())
            if symbol.id and symbol.selection.start.row + 1 == row.target_line
            if symbol.kind in FUNCTION_KINDS | CLASS_KINDS
        ]
        named = [symbol for symbol in at_line if symbol.short_name == row.name] or at_line
        return Target(row.target_path, named[0].id) if named else None

    def _is_at(self, target: Target, row: TruthRow) -> bool:
        """Whether the target, or another definition of the same thing, is where the row says."""
        if not target.symbol_id:
            return target.path == row.target_path and (row.kind == "module" or row.target_line <= 1)
        return any(
            same.path == row.target_path and row.target_line in self._definition_lines(same)
            for same in (target, *same_definitions(self._resolver, target))
        )

    def _definition_lines(self, target: Target) -> set[int]:
        """Where a definition is written, and where else a field or variable gets its value."""
        symbol, tags = self._resolver.symbol(target), self._resolver.snapshot.tags(target.path)
        if symbol is None or tags is None:
            return set()
        places = {symbol.selection, *value_facts.places_set(tags, symbol)}
        places |= {
            item.range for item in tags.bindings if (item.scope, item.name) == (symbol.parent, symbol.short_name)
        }
        return _lines(places)

    def _document(self, path: str) -> DocumentSnapshot | None:
        if path not in self._documents:
            tags = self._resolver.snapshot.tags(path)
            data = (self._root / path).read_bytes() if tags is not None else b""
            self._documents[path] = DocumentSnapshot(path, None, data, tags) if tags is not None else None
        return self._documents[path]

    def _position(self, row: TruthRow) -> Position | None:
        document = self._document(row.path)
        if document is None or row.line > len(document.lines):
            return None
        column = units_to_bytes(document.lines[row.line - 1].decode("utf-8", "replace"), row.column, "utf-16")
        return Position(row.line - 1, column) if column is not None else None


def _lines(places: Iterable[Any]) -> set[int]:
    return {place.start.row + 1 for place in places}


def _failure(row: TruthRow, verdict: Verdict, answer: _Answer) -> dict[str, Any]:
    ours = [f"{target.path}:{target.symbol_id}" for target in answer.targets]
    if answer.local is not None:
        ours = [f"{row.path}:{answer.local.bindings[0].start.row + 1}"]
    return {
        "language": row.language,
        "at": f"{row.repository}/{row.path}:{row.line}:{row.column}",
        "name": row.name,
        "kind": row.kind,
        "verdict": verdict,
        "truth": f"{row.target_path}:{row.target_line}" if row.target_path else "outside",
        "ours": ", ".join(ours),
    }


def _merge(total: Measured, item: Measured) -> None:
    for kind, figures in item.kinds.items():
        into = total.kinds[kind]
        for verdict, count in figures.verdicts.items():
            into.verdicts[verdict] += count
        for name in ("outside", "outside_answered", "identifiers", "hovers"):
            setattr(into, name, getattr(into, name) + getattr(figures, name))
    for name in ("calls", "found", "listed", "right"):
        setattr(total.callers, name, getattr(total.callers, name) + getattr(item.callers, name))
    total.failures += item.failures
    total.references |= item.references
    total.repositories |= item.repositories


def _report(measured: dict[str, Measured]) -> Report:
    failures = [failure for item in measured.values() for failure in item.failures]
    failures.sort(key=lambda failure: str(failure["verdict"]) != "wrong")
    shown = failures[:_MAX_SHOWN]
    columns = ("at", "name", "kind", "verdict", "truth", "ours")
    return Report(
        name="resolution",
        title="Name resolution according to the languages' own tools",
        shows="How often is an identifier answered with its definition, are callers complete, and is there a hover?",
        verdict=tuple(
            f"{language}: {len(item.repositories)} repositories, according to {', '.join(sorted(item.references))}."
            for language, item in measured.items()
        ),
        goals=tuple(goal for language, item in measured.items() for goal in _goals(language, item)),
        tables=(
            Table(
                "By kind of definition",
                (
                    "language",
                    "kind",
                    "uses",
                    "answered",
                    "right of the answered",
                    "ambiguous",
                    "outside",
                    "outside answered",
                    "with a hover",
                ),
                tuple(_rows(measured)),
                "Outside: uses of what the repository does not define; those that are answered are wrong.",
            ),
            Table(
                "Callers",
                ("language", "calls", "recall", "listed", "precision"),
                tuple(
                    (
                        language,
                        item.callers.calls,
                        _share(item.callers.found, item.callers.calls),
                        item.callers.listed,
                        _share(item.callers.right, item.callers.listed),
                    )
                    for language, item in measured.items()
                ),
            ),
            Table(
                f"The first {len(shown)} of {len(failures)} identifiers that are not answered right",
                columns,
                tuple(tuple(failure[column] for column in columns) for failure in shown),
                "Wrong answers first. All of them are in the JSON file.",
            ),
        ),
        settings=describe_machine(),
        data={"failures": failures},
    )


def _rows(measured: dict[str, Measured]) -> Iterator[tuple[Cell, ...]]:
    for language, item in measured.items():
        for kind, figures in (*sorted(item.kinds.items()), ("all", _total(item.kinds.values()))):
            yield (
                language,
                kind,
                figures.uses,
                _share(figures.answered, figures.uses),
                _share(figures.right, figures.answered),
                figures.verdicts["ambiguous"],
                figures.outside,
                figures.outside_answered,
                _share(figures.hovers, figures.identifiers),
            )


def _goals(language: str, item: Measured) -> Iterator[Goal]:
    core = _total(figures for kind, figures in item.kinds.items() if kind in CORE)
    methods = _total(figures for kind, figures in item.kinds.items() if kind in METHODS)
    local = _total(figures for kind, figures in item.kinds.items() if kind in LOCALS)
    other = _total(figures for kind, figures in item.kinds.items() if kind not in LOCALS)
    total = _total(item.kinds.values())
    callers = item.callers
    goals = (
        ("answered", core.answered, core.uses, MIN_ANSWERED),
        ("methods answered", methods.answered, methods.uses, MIN_METHODS_ANSWERED),
        ("right of the answered", total.right, total.answered + total.outside_answered, MIN_RIGHT),
        ("precision of callers", callers.right, callers.listed, MIN_CALLER_PRECISION),
        ("recall of callers", callers.found, callers.calls, MIN_CALLER_RECALL),
        ("hovers", other.hovers, other.identifiers, MIN_HOVERS),
        ("hovers on parameters and locals", local.hovers, local.identifiers, MIN_LOCAL_HOVERS),
    )
    for figure, part, whole, target in goals:
        if whole:
            yield Goal(f"{language}: {figure}", round(part / whole, 4), "≥", target)


def _total(items: Iterable[Figures]) -> Figures:
    total = Figures()
    for item in items:
        for verdict, count in item.verdicts.items():
            total.verdicts[verdict] += count
        total.outside += item.outside
        total.outside_answered += item.outside_answered
        total.identifiers += item.identifiers
        total.hovers += item.hovers
    return total


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
