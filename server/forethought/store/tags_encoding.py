"""FileTags as compact JSON: the outline, and the references by name, each readable without the other."""

import json
import zlib
from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from forethought.syntax.symbol_kinds import SYMBOL_KINDS
from forethought.syntax.tags import Binding, FileTags, Import, Position, Range, Reference, Span, Symbol, name_of

_ENCODER = json.JSONEncoder(separators=(",", ":"))
_KINDS = ("call", "class", "type", "attribute", "name")
_KIND_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_quote = json.encoder.encode_basestring_ascii
_REFERENCE_FIELDS = attrgetter("name", "kind", "range", "scope", "receiver", "arguments")


def encode_outline(tags: FileTags) -> bytes:
    """Encode everything except for the references outside of decorators: see `decorator_references`."""
    places = {symbol.id: number for number, symbol in enumerate((*tags.symbols, *tags.fields))}
    return _pack(
        [
            tags.language,
            int(tags.has_errors),
            [_symbol_row(symbol, places) for symbol in tags.symbols],
            [_field_row(symbol, places) for symbol in tags.fields],
            [_reference_row(reference, places) for reference in decorator_references(tags)],
            [
                [item.local, item.module, item.name, *_flat(item.range), places[item.scope]]
                + ([_flat(item.original)] if item.original else [])
                for item in tags.imports
            ],
            [
                [item.name, *_flat(item.range), places[item.scope], item.annotation, item.value]
                + ([_flat(item.seen_in) if item.seen_in else None, 1] if item.is_type else [])
                + ([_flat(item.seen_in)] if item.seen_in and not item.is_type else [])
                for item in tags.bindings
            ],
        ]
    )


def decode_outline(blob: bytes) -> FileTags:
    """The tags, with the references in decorators only. Raises ValueError for bytes that were not encoded here."""
    try:
        language, has_errors, symbol_rows, field_rows, reference_rows, import_rows, binding_rows = _unpack(blob)
        ids = [row[0] for row in (*symbol_rows, *field_rows)]
        return FileTags(
            language=language,
            symbols=tuple(_symbol(row, ids) for row in symbol_rows),
            references=_references(reference_rows, ids),
            imports=tuple(
                Import(local, module, name, _range(a, b, c, d), ids[scope], _range(*original[0]) if original else None)
                for local, module, name, a, b, c, d, scope, *original in import_rows
            ),
            bindings=tuple(
                Binding(
                    name,
                    ids[scope],
                    _range(a, b, c, d),
                    annotation,
                    value,
                    _range(*rest[0]) if rest and rest[0] else None,
                    is_type=len(rest) > 1,
                )
                for name, a, b, c, d, scope, annotation, value, *rest in binding_rows
            ),
            has_errors=bool(has_errors),
            fields=tuple(_field(row, ids) for row in field_rows),
        )
    except (TypeError, IndexError, KeyError, AttributeError) as error:
        raise ValueError(f"not encoded tags: {error}") from error


@dataclass(frozen=True, slots=True)
class EncodedTags:
    """A file's tags as the index stores them: the encoded outline, and rows by name."""

    outline: bytes
    symbol_count: int
    """Not counting the file itself."""
    reference_count: int
    definitions: tuple[tuple[str, str, str], ...]
    """(unqualified name, symbol id, kind)."""
    mentions: tuple[tuple[str, str, int], ...]
    """(name, its encoded references in this file, how many of these are calls), in order of names.

    See `decode_mentions`.
    """
    aliases: tuple[tuple[str, str], ...]
    """(name, its alias), for each import that renames it."""

    def parts(self) -> tuple[dict[str, object], bytes]:
        """A JSON object and bytes, the inverse of `from_parts`."""
        header: dict[str, object] = {
            "counts": [self.symbol_count, self.reference_count],
            "definitions": self.definitions,
            "mentions": self.mentions,
            "aliases": self.aliases,
        }
        return header, self.outline

    @classmethod
    def from_parts(cls, header: dict[str, Any], outline: bytes) -> "EncodedTags":
        symbol_count, reference_count = header["counts"]
        return cls(
            outline,
            symbol_count,
            reference_count,
            tuple((name, symbol, kind) for name, symbol, kind in header["definitions"]),
            tuple((name, places, calls) for name, places, calls in header["mentions"]),
            tuple((name, local) for name, local in header["aliases"]),
        )


def encode(tags: FileTags) -> EncodedTags:
    """Encode a file's tags for the index."""
    places = {symbol.id: number for number, symbol in enumerate(tags.symbols)}
    mentions: dict[str, list[str]] = {}
    calls: Counter[str] = Counter()
    for name, kind, ((row, column), (end_row, end_column)), scope, receiver, arguments in map(
        _REFERENCE_FIELDS, tags.references
    ):
        if kind in ("call", "class"):
            calls[name] += 1
        number = _KIND_NUMBERS.get(kind)
        # Written by hand: an encoder for each name takes twice as long.
        mentions.setdefault(name, []).append(
            f"{_quote(kind) if number is None else number},{row},{column},"
            f"{end_column - column if row == end_row else f'[{end_row},{end_column}]'},{places[scope]},"
            f"{'null' if receiver is None else _quote(receiver)},{_quote(arguments) if arguments else 0}"
        )
    return EncodedTags(
        encode_outline(tags),
        len(tags.symbols) - 1 + len(tags.fields),
        len(tags.references),
        tuple((symbol.short_name, symbol.id, symbol.kind) for symbol in tags.nameable),
        tuple((name, f"[{','.join(mentions[name])}]", calls[name]) for name in sorted(mentions)),
        tuple(sorted({(item.name, item.local) for item in tags.imports if item.name not in (None, "*", item.local)})),
    )


def decode_mentions(name: str, text: str, outline: FileTags) -> list[Reference]:
    """The references to one name in the file with this outline. Raises ValueError for text that was not encoded here.

    Each is seven values: kind, row, column, width (or its end, if it is in another row), number of the scope's symbol,
    receiver, arguments (or 0).
    """
    try:
        flat = json.loads(text)
        symbols = outline.symbols
        found = []
        for at in range(0, len(flat), 7):
            kind, row, column, width, scope, receiver, arguments = flat[at : at + 7]
            end = Position(row, column + width) if isinstance(width, int) else Position(*width)
            kind = _KINDS[kind] if isinstance(kind, int) else kind
            where = Range(Position(row, column), end)
            found.append(Reference(name, kind, where, symbols[scope].id, receiver, arguments or None))
    except (TypeError, IndexError, KeyError) as error:
        raise ValueError(f"not encoded mentions: {error}") from error
    return found


def decorator_references(tags: FileTags) -> tuple[Reference, ...]:
    """The references between the start of a symbol and its name."""
    starts = {symbol.id: symbol.selection.start for symbol in tags.symbols if symbol.id}
    return tuple(
        reference
        for reference in tags.references
        if (selection := starts.get(reference.scope)) is not None and reference.range.start < selection
    )


def _pack(value: Any) -> bytes:
    return zlib.compress(_dump(value).encode("ascii"), 1)


def _dump(value: Any) -> str:
    """ASCII, so that lone surrogates (undecodable bytes) are escaped and survive."""
    return _ENCODER.encode(value)


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
        symbol.returned,
        symbol.yielded,
        symbol.digest,
        int(symbol.is_constructor),
        int(symbol.needs_receiver),
        _flat(symbol.seen_in) if symbol.seen_in else 0,
    ]


def _symbol(row: list[Any], ids: list[str]) -> Symbol:
    (symbol_id, name, kind, a, b, c, d, e, f, g, h, start, end, body, parent) = row[:15]
    (signature, doc, parameters, returns, bases, raises, returned, yielded, digest, is_constructor) = row[15:25]
    needs_receiver, seen_in = row[25:]
    return Symbol(
        symbol_id,
        name,
        SYMBOL_KINDS[kind],
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
        tuple(returned),
        tuple(yielded),
        digest,
        bool(is_constructor),
        _range(*seen_in) if seen_in else None,
        bool(needs_receiver),
    )


def _field_row(symbol: Symbol, places: dict[str, int]) -> list[Any]:
    kind, parent = symbol.kind, places[symbol.parent]
    return [symbol.id, kind, *_flat(symbol.range), *_flat(symbol.selection), *symbol.span, parent, symbol.signature] + (
        [symbol.doc] if symbol.doc else []
    )


def _field(row: list[Any], ids: list[str]) -> Symbol:
    (symbol_id, kind, a, b, c, d, e, f, g, h, start, end, parent, signature, *doc) = row
    return Symbol(
        id=symbol_id,
        name=name_of(symbol_id),
        kind=SYMBOL_KINDS[kind],
        range=_range(a, b, c, d),
        selection=_range(e, f, g, h),
        span=Span(start, end),
        body=None,
        parent=ids[parent],
        signature=signature,
        doc=doc[0] if doc else None,
    )


def _reference_row(reference: Reference, places: dict[str, int]) -> list[Any]:
    return [reference.name, reference.kind, *_flat(reference.range), places[reference.scope], reference.receiver]


def _references(rows: list[list[Any]], ids: list[str]) -> tuple[Reference, ...]:
    return tuple(
        Reference(name, kind, _range(a, b, c, d), ids[scope], receiver)
        for name, kind, a, b, c, d, scope, receiver in rows
    )
