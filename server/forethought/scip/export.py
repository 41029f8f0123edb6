"""The index as SCIP: definitions, the references that have exactly one target, signatures and docs."""

import re
from collections.abc import Callable, Collection, Iterator
from functools import cache

from forethought.errors import Cancelled
from forethought.names.resolver import Resolver
from forethought.scip.scip_documents import DEFINITION, Occurrence, ScipDocument, SymbolText, escape_name, write_index
from forethought.syntax.symbol_kinds import CLASS_KINDS, DATA_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Range, Symbol

_LANGUAGES = {
    "c": "C", "cpp": "CPP", "csharp": "CSharp", "hcl": "HCL", "html": "HTML", "javascript": "JavaScript",
    "ocaml": "OCaml", "php": "PHP", "sql": "SQL", "tsx": "TypeScriptReact", "typescript": "TypeScript",
}  # fmt: skip
"""Names in scip.proto that are not ours with a capital letter."""
_NUMBERED = re.compile(r"#(\d+)$")


def export_index(
    resolver: Resolver,
    root_uri: str,
    version: str,
    redact: Callable[[str], str],
    data_languages: Collection[str] = (),
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[bytes]:
    """Encode all indexed code, in parts. Equal indexes give equal bytes.

    redact: removes secrets from signatures and docs
    data_languages: of files that are left out
    cancelled: checked between two files; Cancelled is raised once it returns true
    """

    @cache
    def symbol_names(path: str) -> dict[str, str]:
        tags = resolver.snapshot.outline(path)
        return _symbol_names(path, tags) if tags is not None else {}

    def documents() -> Iterator[ScipDocument]:
        for path in sorted(resolver.snapshot.paths()):
            if cancelled():
                raise Cancelled("The export is no longer wanted.")
            tags = resolver.snapshot.tags(path)
            if tags is not None and tags.language not in data_languages:
                yield _document(resolver, path, tags, symbol_names, redact)

    yield from write_index(documents(), root_uri, version)


def _document(
    resolver: Resolver,
    path: str,
    tags: FileTags,
    symbol_names: Callable[[str], dict[str, str]],
    redact: Callable[[str], str],
) -> ScipDocument:
    own = symbol_names(path)
    occurrences = [
        _occurrence(symbol.selection, own[symbol.id], DEFINITION)
        for symbol in tags.definitions
        if symbol.id in own and symbol.selection.start.row == symbol.selection.end.row
    ]
    for reference in tags.references:
        targets = resolver.resolve(path, reference).targets
        name = symbol_names(targets[0].path).get(targets[0].symbol_id) if len(targets) == 1 else None
        if name is not None and reference.range.start.row == reference.range.end.row:
            occurrences.append(_occurrence(reference.range, name))
    texts = {
        own[symbol.id]: SymbolText(
            own[symbol.id], (redact(symbol.doc),) if symbol.doc else (), redact(symbol.signature), symbol.short_name
        )
        for symbol in reversed(tags.definitions)
        if symbol.id in own
    }
    return ScipDocument(
        path,
        tuple(sorted(set(occurrences))),
        "utf-8",
        language=_LANGUAGES.get(tags.language, tags.language.capitalize()),
        symbols=tuple(texts[name] for name in sorted(texts)),
    )


def _occurrence(place: Range, symbol: str, roles: int = 0) -> Occurrence:
    return Occurrence(place.start.row, place.start.column, place.end.column, symbol, roles)


def _symbol_names(path: str, tags: FileTags) -> dict[str, str]:
    """Symbol id → SCIP symbol: `forethought . . . src/`jar.py`/Jar#open().`."""
    names = {"": "forethought . . . " + "".join(f"{escape_name(part)}/" for part in path.split("/"))}
    for symbol in tags.definitions:
        if symbol.kind in DATA_KINDS or symbol.parent not in names:
            continue
        owner = symbol.name.rpartition(".")[0] if not symbol.parent else ""
        outside = "".join(f"{escape_name(part)}#" for part in owner.split(".") if part)  # of a method outside its class
        names[symbol.id] = names[symbol.parent] + outside + _descriptor(symbol)
    return names


def _descriptor(symbol: Symbol) -> str:
    name = escape_name(symbol.short_name)
    if symbol.kind in CLASS_KINDS:
        return f"{name}#"
    if symbol.kind not in FUNCTION_KINDS:
        return f"{name}."
    number = _NUMBERED.search(symbol.id)
    return f"{name}({f'+{int(number[1]) - 1}' if number else ''})."
