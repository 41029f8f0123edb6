"""FileTags as compact JSON: two deflated blobs, so that a look-up of definitions need not read the references."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

from forethought.index.tags import Binding, FileTags, Import, Position, Range, Reference, Span, Symbol

ENCODING_VERSION = 2


def encode_outline(tags: FileTags) -> bytes:
    """Everything but the references, of which only those in decorators are kept: see `decorator_references`."""
    places = {symbol.id: number for number, symbol in enumerate(tags.symbols)}
    return _pack(
        [
            tags.language,
            int(tags.has_errors),
            [_symbol_row(symbol, places) for symbol in tags.symbols],
            [_reference_row(reference, places) for reference in decorator_references(tags)],
            [[item.local, item.module, item.name, *_flat(item.range), places[item.scope]] for item in tags.imports],
            [
                [item.name, *_flat(item.range), places[item.scope], item.annotation, item.value]
                for item in tags.bindings
            ],
        ]
    )


def encode_references(tags: FileTags) -> bytes:
    places = {symbol.id: number for number, symbol in enumerate(tags.symbols)}
    return _pack([_reference_row(reference, places) for reference in tags.references])


def decode_outline(blob: bytes) -> FileTags:
    """The tags with `references` holding the decorators' only. Raises ValueError for anything not encoded here."""
    try:
        language, has_errors, symbol_rows, reference_rows, import_rows, binding_rows = _unpack(blob)
        ids = [row[0] for row in symbol_rows]
        return FileTags(
            language=language,
            symbols=tuple(_symbol(row, ids) for row in symbol_rows),
            references=_references(reference_rows, ids),
            imports=tuple(
                Import(local, module, name, _range(a, b, c, d), ids[scope])
                for local, module, name, a, b, c, d, scope in import_rows
            ),
            bindings=tuple(
                Binding(name, ids[scope], _range(a, b, c, d), annotation, value)
                for name, a, b, c, d, scope, annotation, value in binding_rows
            ),
            has_errors=bool(has_errors),
        )
    except (TypeError, IndexError, KeyError, AttributeError) as error:
        raise ValueError(f"not encoded tags: {error}") from error


def decode_references(blob: bytes, outline: FileTags) -> tuple[Reference, ...]:
    """Every reference of the file whose outline is given. Raises ValueError for anything not encoded here."""
    try:
        return _references(_unpack(blob), [symbol.id for symbol in outline.symbols])
    except (TypeError, IndexError, KeyError, AttributeError) as error:
        raise ValueError(f"not encoded references: {error}") from error


@dataclass(frozen=True, slots=True)
class EncodedTags:
    """A file's tags as the index keeps them: two blobs, and the rows by which names are found."""

    outline: bytes
    references: bytes
    symbol_count: int
    """Without the file itself."""
    reference_count: int
    definitions: tuple[tuple[str, str, str], ...]
    """(unqualified name, symbol id, kind)."""
    mentions: tuple[tuple[str, str], ...]
    """(name, its references in this file as JSON), by name."""

    def parts(self) -> tuple[dict[str, object], bytes, bytes]:
        """A JSON object and the two blobs: see `from_parts`."""
        header: dict[str, object] = {
            "counts": [self.symbol_count, self.reference_count],
            "definitions": self.definitions,
            "mentions": self.mentions,
        }
        return header, self.outline, self.references

    @classmethod
    def from_parts(cls, header: dict[str, Any], outline: bytes, references: bytes) -> "EncodedTags":
        return cls(
            outline,
            references,
            *header["counts"],
            tuple((name, symbol, kind) for name, symbol, kind in header["definitions"]),
            tuple((name, places) for name, places in header["mentions"]),
        )


def encode(tags: FileTags) -> EncodedTags:
    mentions: dict[str, list[list[Any]]] = {}
    for reference in tags.references:
        mentions.setdefault(reference.name, []).append(
            [reference.kind, *_flat(reference.range), reference.scope, reference.receiver]
        )
    return EncodedTags(
        encode_outline(tags),
        encode_references(tags),
        len(tags.symbols) - 1,
        len(tags.references),
        tuple((symbol.short_name, symbol.id, symbol.kind) for symbol in tags.symbols[1:]),
        tuple((name, json.dumps(mentions[name], separators=(",", ":"))) for name in sorted(mentions)),
    )


def decode_mentions(name: str, text: str) -> tuple[Reference, ...]:
    """The references of one name in one file. Raises ValueError for anything not encoded here."""
    try:
        return tuple(
            Reference(name, kind, _range(a, b, c, d), scope, receiver)
            for kind, a, b, c, d, scope, receiver in json.loads(text)
        )
    except TypeError as error:
        raise ValueError(f"not encoded mentions: {error}") from error


def decorator_references(tags: FileTags) -> tuple[Reference, ...]:
    """The references that stand between the start of their scope's symbol and its name."""
    starts = {symbol.id: symbol.selection.start for symbol in tags.symbols if symbol.id}
    return tuple(
        reference
        for reference in tags.references
        if (selection := starts.get(reference.scope)) is not None and reference.range.start < selection
    )


def _pack(value: Any) -> bytes:
    # ASCII escapes carry lone surrogates (undecodable bytes) through unharmed.
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), 1)


def _unpack(blob: bytes) -> Any:
    try:
        return json.loads(zlib.decompress(blob))
    except zlib.error as error:
        raise ValueError(f"not a deflated blob: {error}") from error


def _flat(value: Range) -> tuple[int, int, int, int]:
    return (*value.start, *value.end)


def _range(start_row: int, start_column: int, end_row: int, end_column: int) -> Range:
    return Range(Position(start_row, start_column), Position(end_row, end_column))


def _symbol_row(symbol: Symbol, places: dict[str, int]) -> list[Any]:
    return [
        symbol.id,
        symbol.name,
        symbol.kind,
        *_flat(symbol.range),
        *_flat(symbol.selection),
        *symbol.span,
        symbol.body,
        places[symbol.parent],
        symbol.signature,
        symbol.doc,
        symbol.parameters,
        symbol.returns,
        symbol.bases,
        symbol.raises,
        symbol.digest,
    ]


def _symbol(row: list[Any], ids: list[str]) -> Symbol:
    (symbol_id, name, kind, a, b, c, d, e, f, g, h, start, end, body, parent) = row[:15]
    (signature, doc, parameters, returns, bases, raises, digest) = row[15:]
    return Symbol(
        symbol_id,
        name,
        kind,
        _range(a, b, c, d),
        _range(e, f, g, h),
        Span(start, end),
        Span(*body) if body is not None else None,
        ids[parent],
        signature,
        doc,
        tuple(parameters),
        returns,
        tuple(bases),
        tuple(raises),
        digest,
    )


def _reference_row(reference: Reference, places: dict[str, int]) -> list[Any]:
    return [reference.name, reference.kind, *_flat(reference.range), places[reference.scope], reference.receiver]


def _references(rows: list[list[Any]], ids: list[str]) -> tuple[Reference, ...]:
    return tuple(
        Reference(name, kind, _range(a, b, c, d), ids[scope], receiver)
        for name, kind, a, b, c, d, scope, receiver in rows
    )
