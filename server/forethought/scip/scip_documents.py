"""The messages of a SCIP index that are used here, decoded and encoded.

Schema: https://github.com/sourcegraph/scip/blob/main/scip.proto
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from forethought.scip.protobuf import (
    MalformedProtobuf,
    read_fields,
    read_varints,
    stream_fields,
    write_field,
    write_varints,
)
from forethought.text.positions import Encoding

MAX_DOCUMENT_BYTES = 64_000_000
MAX_DOCUMENTS = 200_000
MAX_OCCURRENCES = 5_000_000
"""Over all documents: each takes about 20 bytes until the index is imported."""
MAX_SYMBOL_CHARACTERS = 4096

TOOL = "forethought"
"""The tool that our own indexes name."""
DEFINITION = 1
"""The bit of `Occurrence.roles` that says that the symbol is defined there."""
FORWARD_DEFINITION = 64

_ENCODINGS: dict[int, Encoding] = {1: "utf-8", 2: "utf-16", 3: "utf-32"}
_NAME = r"([\w+$-]+|`(?:[^`]|``)+`)"
_LAST_DESCRIPTOR = re.compile(rf"(?:{_NAME}(/|\#|\.|:|!|\([\w+$-]*\)\.)|\[{_NAME}\]|\({_NAME}\))\Z")


class Occurrence(NamedTuple):
    """A use or definition of a symbol, within one row."""

    row: int
    start: int
    """In code units of the document's encoding, like `end`."""
    end: int
    symbol: str
    roles: int = 0


@dataclass(frozen=True, slots=True)
class SymbolText:
    """What an index says about a symbol."""

    symbol: str
    documentation: tuple[str, ...] = ()
    signature: str = ""
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class ScipDocument:
    """What an index says about one file."""

    path: str
    """Relative to the root, with slashes."""
    occurrences: tuple[Occurrence, ...]
    """Without those that span rows or are empty, which stand for whole files."""
    encoding: Encoding | None = None
    """What columns count; None if the index does not say."""
    text: str | None = None
    """The file's content when it was indexed, if the index has it."""
    language: str = ""
    symbols: tuple[SymbolText, ...] = ()


def read_documents(file: BinaryIO) -> Iterator[ScipDocument]:
    """The documents of an index, one at a time, without `symbols`. Raises MalformedProtobuf.

    An index of ours has none: it says nothing that is not known.
    """
    documents = occurrences = 0
    for number, data in stream_fields(file, MAX_DOCUMENT_BYTES):
        if number == 1 and _tool(data) == TOOL:
            return
        if number != 2:
            continue
        document = _read_document(data, MAX_OCCURRENCES - occurrences)
        documents += 1
        occurrences += len(document.occurrences)
        if documents > MAX_DOCUMENTS:
            raise MalformedProtobuf(f"It has more than {MAX_DOCUMENTS} documents.")
        yield document


def write_index(documents: Iterable[ScipDocument], root_uri: str, version: str, tool: str = TOOL) -> Iterator[bytes]:
    """Encode an index, in parts: the metadata, then each document."""
    tool_info = write_field(1, tool) + write_field(2, version)
    yield write_field(1, write_field(2, tool_info) + write_field(3, root_uri) + write_field(4, 1))
    for document in documents:
        yield write_field(2, _write_document(document))


def descriptor_name(symbol: str) -> tuple[str, str]:
    """(name, suffix) of the last part of a global symbol: (`open`, `().`); both empty if there is none."""
    match = _LAST_DESCRIPTOR.search(symbol)
    if match is None:
        return "", ""
    name = match[1] or match[3] or match[4]
    suffix = match[2] or symbol[-1]
    return (name[1:-1].replace("``", "`") if name[0] == "`" else name), suffix


def owner_of(symbol: str) -> str:
    """The symbol without its last part; empty if there is none."""
    match = _LAST_DESCRIPTOR.search(symbol)
    return symbol[: match.start()] if match is not None else ""


def escape_name(name: str) -> str:
    """A name as a descriptor shows it."""
    return name if re.fullmatch(r"[\w+$-]+", name, re.ASCII) else "`" + name.replace("`", "``") + "`"


def _tool(metadata: bytes) -> str:
    tool_info = next((value for number, value in read_fields(metadata) if number == 2), b"")
    names = read_fields(tool_info) if isinstance(tool_info, bytes) else ()
    return next((_text(value) for number, value in names if number == 1), "")


def _read_document(data: bytes, max_occurrences: int) -> ScipDocument:
    path = language = ""
    text: str | None = None
    encoding = 0
    occurrences: list[Occurrence] = []
    for number, value in read_fields(data):
        if number == 2 and isinstance(value, bytes):
            if (occurrence := _read_occurrence(value)) is not None:
                occurrences.append(occurrence)
            if len(occurrences) > max_occurrences:
                raise MalformedProtobuf(f"It has more than {MAX_OCCURRENCES} occurrences.")
        elif number == 1:
            path = _text(value)
        elif number == 4:
            language = _text(value)
        elif number == 5:
            text = _text(value)
        elif number == 6 and isinstance(value, int):
            encoding = value
    return ScipDocument(path, tuple(occurrences), _ENCODINGS.get(encoding), text or None, language)


def _read_occurrence(data: bytes) -> Occurrence | None:
    """None if it spans rows or is empty."""
    place: list[int] = []
    symbol, roles = "", 0
    for number, value in read_fields(data):
        if number == 1:  # packed; one by one in old encoders
            place += read_varints(value) if isinstance(value, bytes) else [value]
        elif number == 2:
            symbol = _text(value)
        elif number == 3 and isinstance(value, int):
            roles = value
    if len(place) not in (3, 4):
        raise MalformedProtobuf("A range does not have three or four numbers.")
    if len(symbol) > MAX_SYMBOL_CHARACTERS:
        raise MalformedProtobuf("A symbol is too long.")
    row, start, end = place[0], place[1], place[-1]
    if not symbol or start >= end or (len(place) == 4 and place[2] != row):
        return None
    return Occurrence(row, start, end, symbol, roles)


def _text(value: int | bytes) -> str:
    if isinstance(value, int):
        raise MalformedProtobuf("A field that should hold text holds a number.")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise MalformedProtobuf("A text is not UTF-8.") from error


def _write_document(document: ScipDocument) -> bytes:
    encoding = next((number for number, name in _ENCODINGS.items() if name == document.encoding), 0)
    return b"".join(
        [
            write_field(4, document.language),
            write_field(1, document.path),
            *(write_field(2, _write_occurrence(occurrence)) for occurrence in document.occurrences),
            *(write_field(3, _write_symbol(symbol)) for symbol in document.symbols),
            write_field(5, document.text or ""),
            write_field(6, encoding),
        ]
    )


def _write_occurrence(occurrence: Occurrence) -> bytes:
    row, start, end, symbol, roles = occurrence
    return write_varints(1, (row, start, end)) + write_field(2, symbol) + write_field(3, roles)


def _write_symbol(symbol: SymbolText) -> bytes:
    return b"".join(
        [
            write_field(1, symbol.symbol),
            *(write_field(3, text) for text in symbol.documentation),
            write_field(6, symbol.display_name),
            write_field(7, write_field(5, symbol.signature)),
        ]
    )
