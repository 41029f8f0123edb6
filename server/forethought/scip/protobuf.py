"""The part of protobuf's wire format that SCIP needs.

Hand-written, because the runtime and generated code would weigh more than this, and an index is untrusted: nothing is
allocated before its length is known to be there. Format: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from forethought.errors import ForethoughtError

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types."""
_MAX_VARINT_BYTES = 10


class MalformedProtobuf(ForethoughtError):
    """Bytes are not in protobuf's wire format, or exceed a bound."""


def read_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of each field of a message, in order. Raises MalformedProtobuf.

    Fields of fixed width, which SCIP does not have, are left out.
    """
    position, end = 0, len(data)
    while position < end:
        key = data[position]
        position += 1
        if key & 0x80:
            key, position = _read_varint(data, position - 1)
        wire_type = key & 7
        if wire_type in (VARINT, LENGTH):
            if position >= end:
                raise MalformedProtobuf("A field is cut off.")
            value = data[position]
            position += 1
            if value & 0x80:
                value, position = _read_varint(data, position - 1)
            if wire_type == VARINT:
                yield key >> 3, value
                continue
            start, position = position, position + value
            if position > end:
                raise MalformedProtobuf("A field is longer than its message.")
            yield key >> 3, data[start:position]
        elif wire_type in (FIXED64, FIXED32):
            position += 8 if wire_type == FIXED64 else 4
        else:
            raise MalformedProtobuf(f"Wire type {wire_type} is unknown.")
    if position > end:
        raise MalformedProtobuf("A field is cut off.")


def read_varints(data: bytes) -> list[int]:
    """The numbers of a packed field. Raises MalformedProtobuf."""
    if data.isascii():
        return list(data)  # each number is a single byte
    found, position = [], 0
    while position < len(data):
        value, position = _read_varint(data, position)
        found.append(value)
    return found


def stream_fields(file: BinaryIO, max_field_bytes: int) -> Iterator[tuple[int, bytes]]:
    """(field number, value) of the outermost message's fields with a length, one at a time.

    Raises MalformedProtobuf, also if a field is longer than `max_field_bytes`.
    """
    while (key := _stream_varint(file)) is not None:
        value = _stream_varint(file)
        if key & 7 == VARINT and value is not None:
            continue
        if key & 7 != LENGTH or value is None:
            raise MalformedProtobuf("It is not a message of messages.")
        if value > max_field_bytes:
            raise MalformedProtobuf(f"A field has more than {max_field_bytes} bytes.")
        data = file.read(value)
        if len(data) != value:
            raise MalformedProtobuf("It is cut off.")
        yield key >> 3, data


def write_varint(value: int) -> bytes:
    """Encode a number, which is not negative."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def write_field(number: int, value: int | bytes | str) -> bytes:
    """Encode a field; a default value is left out, as protobuf 3 does."""
    if not value:
        return b""
    if isinstance(value, int):
        return write_varint(number << 3 | VARINT) + write_varint(value)
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    return write_varint(number << 3 | LENGTH) + write_varint(len(data)) + data


def write_varints(number: int, values: Iterable[int]) -> bytes:
    """Encode a packed field."""
    return write_field(number, b"".join(map(write_varint, values)))


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    """(the number, the position after it)."""
    value = 0
    for shift, byte in enumerate(data[position : position + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, position + shift + 1
    raise MalformedProtobuf("A number is cut off or too long.")


def _stream_varint(file: BinaryIO) -> int | None:
    """The next number; None at the end of the file."""
    encoded = b""
    while len(encoded) < _MAX_VARINT_BYTES:
        byte = file.read(1)
        if not byte and not encoded:
            return None
        encoded += byte
        if not byte or byte < b"\x80":
            break
    return _read_varint(encoded, 0)[0]
