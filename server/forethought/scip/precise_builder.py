"""What references mean according to a SCIP index, in files that are as they were when they were indexed.

SCIP documents have no hash. A file counts as unchanged if the document has its text; or if the caller knows that it was
not written since, and every occurrence fits the present text. A definition lies on its name; a reference on its name,
an alias, a module or a keyword, or, if it leads out of the repository, on a word that nothing here defines. If one does
not fit, the document is dropped.
"""

import re
from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from forethought.names.file_names import Target
from forethought.scip.scip_documents import (
    DEFINITION,
    FORWARD_DEFINITION,
    Occurrence,
    ScipDocument,
    descriptor_name,
    owner_of,
)
from forethought.syntax.tags import FileTags
from forethought.text.positions import BOM, units_to_index

_CONSTRUCTORS = frozenset({"<constructor>", "<init>", "constructor", "__init__", "__construct", "initialize", "new"})
_KEYWORDS = frozenset(
    {"self", "Self", "this", "super", "cls", "base", "parent", "static", "default"}
    | {"constructor", "crate", "var", "val", "auto", "new", "init", "import"}
)
"""What may stand for a definition of another name."""
_WORD = re.compile(r"\w+")
_UNKNOWN = -1
"""Defined in the repository, but not known where: in a changed file, twice, at nothing that has a symbol, or as one of
several overloads that the index does not tell apart."""


class PrecisePlaces(NamedTuple):
    """What a SCIP index says about the references in one file."""

    targets: tuple[Target, ...]
    places: tuple[tuple[int, int, int], ...]
    """(row, UTF-8 column, index in `targets`) of each reference; the index is -1 for what is not in the repository."""


@dataclass(slots=True)
class _Uses:
    """The references of one matching document: parallel arrays, because there may be millions."""

    path: str
    rows: "array[int]" = field(default_factory=lambda: array("I"))
    columns: "array[int]" = field(default_factory=lambda: array("I"))
    symbols: "array[int]" = field(default_factory=lambda: array("q"))
    """Hashes of symbols."""
    odd_symbols: set[int] = field(default_factory=set)
    """Hashes of the symbols that are referred to by another name: the document fits only if all are external."""


class PreciseBuilder:
    """Takes the documents of one index, one at a time, and then says what the references mean.

    defined_names: the unqualified names of all definitions in the repository
    packages: the names of the packages in the repository
    """

    def __init__(self, defined_names: Collection[str], packages: Collection[str] = ()) -> None:
        self._defined_names = defined_names
        self._packages = packages
        self._definitions: dict[int, int] = {}
        """Hash of a symbol → its target's index, or _UNKNOWN. Hashes are randomly keyed by Python and 64 bits wide."""
        self._own: set[int] = set()
        """Hashes of symbols of the repository's packages: those that are not defined here are not external."""
        self._targets: list[Target] = []
        self._uses: list[_Uses] = []

    def add(self, document: ScipDocument, source: bytes, tags: FileTags, *, unwritten: bool) -> bool:
        """Take a document about an indexed file with this text and these tags. Returns whether it fits.

        unwritten: the file was not written since the index was
        """
        text = source.decode("utf-8", "replace")
        same = document.text is not None and document.text.removeprefix("\ufeff") == text.removeprefix("\ufeff")
        if (document.text is None and not unwritten) or (document.text is not None and not same):
            self.add_changed(document)
            return False
        uses = _Uses(document.path)
        reader = _DocumentReader(document, source, tags, self._defined_names)
        definitions: list[tuple[int, str | None]] = []
        for occurrence in document.occurrences:
            fit = reader.fit(occurrence)
            if fit is None and not same:
                self.add_changed(document)
                return False
            if fit is None or fit.symbol is None:
                continue
            symbol = hash(fit.symbol)
            if occurrence.roles & DEFINITION:
                definitions.append((symbol, reader.symbol_ids.get((occurrence.row, fit.column))))
            elif fit.is_named:
                if symbol not in self._definitions and _package(fit.symbol) in self._packages:
                    self._own.add(symbol)
                uses.rows.append(occurrence.row)
                uses.columns.append(fit.column)
                uses.symbols.append(symbol)
            elif not same:
                uses.odd_symbols.add(symbol)
        unlike = _told_apart(tags, {symbol_id for _, symbol_id in definitions if symbol_id is not None})
        for symbol, symbol_id in definitions:
            is_certain = symbol_id is not None and symbol_id in unlike
            self._define(symbol, Target(document.path, symbol_id or "") if is_certain else None)
        self._uses.append(uses)
        return True

    def add_changed(self, document: ScipDocument) -> None:
        """Take a document about a file that has changed or is not indexed: what it defines is not external."""
        for occurrence in document.occurrences:
            if occurrence.roles & DEFINITION and not occurrence.symbol.startswith("local "):
                self._define(hash(occurrence.symbol), None)

    def results(self) -> Iterator[tuple[str, PrecisePlaces]]:
        """(path, what its references mean) of each file that fits; call it after all documents."""
        for uses in self._uses:
            if uses.odd_symbols.isdisjoint(self._definitions):
                yield uses.path, self._places(uses)

    def _define(self, symbol: int, target: Target | None) -> None:
        if target is None or symbol in self._definitions:
            self._definitions[symbol] = _UNKNOWN
        else:
            self._definitions[symbol] = len(self._targets)
            self._targets.append(target)

    def _places(self, uses: _Uses) -> PrecisePlaces:
        external, ambiguous = -1, -2
        found: dict[tuple[int, int], int] = {}
        for row, column, symbol in zip(uses.rows, uses.columns, uses.symbols, strict=True):
            number = self._definitions.get(symbol)
            if number is None:
                meant = ambiguous if symbol in self._own else external
            else:
                meant = ambiguous if number == _UNKNOWN else number
            if found.setdefault((row, column), meant) != meant:
                found[row, column] = ambiguous
        certain = {place: number for place, number in found.items() if number != ambiguous}
        numbers = sorted({number for number in certain.values() if number != external})
        index = {external: -1} | {number: position for position, number in enumerate(numbers)}
        places = tuple((row, column, index[number]) for (row, column), number in sorted(certain.items()))
        return PrecisePlaces(tuple(self._targets[number] for number in numbers), places)


class _Fit(NamedTuple):
    """How an occurrence fits the text."""

    symbol: str | None
    """The symbol to look up; None if the occurrence says nothing that can be used."""
    column: int = 0
    """In UTF-8 bytes."""
    is_named: bool = True
    """The text is the symbol's name, or an alias that an import gives it."""


class _DocumentReader:
    """Compares the occurrences of one document with a file's text."""

    def __init__(self, document: ScipDocument, source: bytes, tags: FileTags, defined_names: Collection[str]) -> None:
        self._encoding = document.encoding
        self._lines = source.removeprefix(BOM).decode("utf-8", "replace").split("\n")
        self._has_bom = source.startswith(BOM)
        self._defined_names = defined_names
        self._aliases: Mapping[str, str | None] = {item.local: item.name for item in tags.imports}
        self.symbol_ids = {tuple(symbol.selection.start): symbol.id for symbol in tags.definitions}
        """(row, column) of each definition's name → its id."""

    def fit(self, occurrence: Occurrence) -> _Fit | None:
        """How the occurrence fits; None if it does not."""
        row = occurrence.row
        if row >= len(self._lines):
            return None
        line = self._lines[row]
        if row == 0 and self._has_bom:
            return _Fit(None)  # indexers do not agree on whether the mark counts
        fit = self._fit_line(occurrence, line)
        # Most indexers do not say what they count. It is UTF-16 in most, and in the others the text tells.
        return _Fit(None) if fit is None and self._encoding is None and not line.isascii() else fit

    def _fit_line(self, occurrence: Occurrence, line: str) -> _Fit | None:
        _, first, last, symbol, roles = occurrence
        start = units_to_index(line, first, self._encoding or "utf-16")
        end = units_to_index(line, last, self._encoding or "utf-16")
        if start is None or end is None:
            return None
        text = line[start:end]
        column = start if line.isascii() else len(line[:start].encode())
        is_whole = not (_is_word(line, start - 1) and _is_word(line, start)) and not (
            _is_word(line, end - 1) and _is_word(line, end)
        )
        if not is_whole or not text.strip():
            return None
        if symbol.startswith("local "):
            return _Fit(None)
        name, suffix = descriptor_name(symbol)
        if text == name:
            return _Fit(symbol, column)
        if name in _CONSTRUCTORS:
            owner = owner_of(symbol)
            is_class = text == descriptor_name(owner)[0] or text in self._aliases
            if is_class and roles & DEFINITION:
                return _Fit(symbol, column)
            if is_class:
                return _Fit(owner, column)  # a construction refers to the class
        if roles & (DEFINITION | FORWARD_DEFINITION):
            # Indexers number the keys of anonymous objects: `open0:`.
            is_key = suffix == ":" and re.fullmatch(rf"{re.escape(text)}\d+", name)
            return _Fit(None) if text in _KEYWORDS or is_key or suffix in ("/", "") else None
        if suffix in ("/", ":") and all(word in symbol for word in _WORD.findall(text)):
            return _Fit(None)  # a module as an import writes it
        if text in self._aliases:
            return _Fit(symbol, column) if self._aliases[text] == name else _Fit(None)
        if text in _KEYWORDS or self._aliases.get(text.rpartition(" as ")[2], "") == name:
            return _Fit(None)
        return None if text in self._defined_names else _Fit(symbol, column, is_named=False)


def _told_apart(tags: FileTags, defined: Collection[str]) -> set[str]:
    """The defined symbols whose namesakes, such as overloads, are all defined, too."""
    namesakes = {symbol.name for symbol in tags.definitions if symbol.id not in defined}
    return {symbol.id for symbol in tags.definitions if symbol.id in defined and symbol.name not in namesakes}


def _package(symbol: str) -> str:
    """The name of the package that a symbol belongs to: scheme, manager, name and version come first."""
    return symbol.split(" ", 3)[2] if symbol.count(" ") >= 3 else ""


def _is_word(line: str, index: int) -> bool:
    return 0 <= index < len(line) and (line[index].isalnum() or line[index] == "_")
