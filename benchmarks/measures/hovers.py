"""Which share of the identifiers in a repository has a hover, by what they name.

An identifier counts if the repository defines something of its name and kind: `x.size` is a use of a field where a type
of that language has a field `size`. Some of these belong to types from outside, so no share can be expected to be 1.
Local names are those that the index knows to be bound; “all” counts every identifier, also those of other libraries.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forethought.bench.machine import describe_machine
from forethought.bench.report import Cell, Report, Table
from forethought.errors import UsageError
from forethought.facts.value_facts import local_name_at
from forethought.names import modules
from forethought.names.file_names import FileNames
from forethought.names.resolver import Resolver
from forethought.store.index_database import IndexDatabase
from forethought.store.index_store import IndexStore
from forethought.syntax.languages import Language, load_languages
from forethought.syntax.parsing import parse
from forethought.syntax.symbol_kinds import CLASS_KINDS, FIELD_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Position, Reference
from forethought.workspace.indexer import Indexer

KINDS = ("functions", "types", "constants, variables", "fields", "enum members", "parameters, locals", "imports", "all")
_GROUPS: dict[str, str] = {
    **dict.fromkeys(FUNCTION_KINDS, "functions"),
    **dict.fromkeys(CLASS_KINDS, "types"),
    **dict.fromkeys(("constant", "variable"), "constants, variables"),
    **dict.fromkeys(FIELD_KINDS, "fields"),
    "enumerator": "enum members",
}


_NAMES = frozenset({"name", "constant", "variable_name", "instance_variable", "class_variable", "simple_symbol"})
"""Node types of identifiers whose type does not say so."""


@dataclass
class Figures:
    repository: str
    files: int
    identifiers: Counter[str] = field(default_factory=Counter)
    hovers: Counter[str] = field(default_factory=Counter)


def run(repositories: Sequence[Path] = ()) -> Report:
    """Report the shares for each repository. Raises UsageError without repositories."""
    if not repositories:
        raise UsageError("Name the folders of repositories.")
    figures = [measure(folder.resolve()) for folder in repositories]
    rows: list[tuple[Cell, ...]] = [
        (item.repository, item.files, *(_cell(item, kind) for kind in KINDS)) for item in figures
    ]
    return Report(
        name="hovers",
        title="Identifiers with a hover",
        shows="At which share of the identifiers is there a hover, by what they name?",
        tables=(Table("Share with a hover (identifiers)", ("repository", "files", *KINDS), tuple(rows)),),
        settings=describe_machine(),
        data={
            item.repository: {"identifiers": dict(item.identifiers), "hovers": dict(item.hovers)} for item in figures
        },
    )


def measure(root: Path) -> Figures:
    """Count the identifiers of one repository."""
    store = IndexStore(IndexDatabase(None, "hovers"))
    languages = load_languages()
    Indexer(store, root, languages, None).refresh()
    resolver = Resolver(store)
    figures = Figures(root.name, len(store.paths()))
    for path in sorted(store.paths()):
        tags = store.tags(path)
        language = languages.named(tags.language) if tags is not None else None
        if tags is None or language is None:
            continue
        counted = [*identifiers(resolver, path, tags), *(("all", place) for place in tokens(language, root / path))]
        has_hover: dict[Position, bool] = {}
        for kind, position in counted:
            if position not in has_hover:
                is_definition = bool(resolver.resolve_at(path, position).targets)
                has_hover[position] = is_definition or local_name_at(resolver, path, position) is not None
            figures.identifiers[kind] += 1
            figures.hovers[kind] += has_hover[position]
    return figures


def tokens(language: Language, file: Path) -> Iterator[Position]:
    """Where each identifier of a file starts."""
    tree = parse(language, file.read_bytes())
    nodes = [tree.root_node] if tree is not None else []
    while nodes:
        node = nodes.pop()
        nodes += node.named_children
        if not node.named_child_count and (node.type.endswith("identifier") or node.type in _NAMES):
            yield Position(*node.start_point)


def identifiers(resolver: Resolver, path: str, tags: FileTags) -> Iterator[tuple[str, Position]]:
    """(kind, position) of each identifier that counts."""
    names = FileNames(tags)
    for symbol in tags.definitions:
        yield _GROUPS[symbol.kind], symbol.selection.start
    for binding in tags.bindings:
        if "." not in binding.name and names.symbols[binding.scope].kind in FUNCTION_KINDS:
            yield "parameters, locals", binding.range.start
    for item in tags.imports:
        if resolver.query_cache.modules.of_import(path, tags.language, item):
            yield "imports", item.range.start
    for reference in tags.references:
        if kind := _kind(resolver, names, reference):
            yield kind, reference.range.start


def _kind(resolver: Resolver, names: FileNames, reference: Reference) -> str:
    """What a use most likely names; empty if nothing in the repository."""
    if reference.receiver is None:
        for symbol in names.scopes(reference.scope):
            if symbol.kind in FUNCTION_KINDS and reference.name in names.bindings.get(symbol.id, {}):
                return "parameters, locals"
    languages = modules.family(names.tags.language)
    groups = {
        _GROUPS[kind]
        for _, _, kind, language in resolver.snapshot.definitions_named(reference.name)
        if language in languages
    }
    if reference.kind == "call":
        return "functions" if "functions" in groups else ""
    if reference.kind in ("class", "type"):
        return "types" if "types" in groups else ""
    if reference.receiver is not None:
        return next((group for group in ("enum members", "fields", "functions") if group in groups), "")
    return next(
        (group for group in ("constants, variables", "types", "functions", "enum members") if group in groups), ""
    )


def _cell(item: Figures, kind: str) -> str:
    count = item.identifiers[kind]
    return f"{item.hovers[kind] / count:.0%} ({count})" if count else "–"
