"""The wire format: what is written is read back, and no bytes do more than raise an error."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.scip.protobuf import (
    MalformedProtobuf,
    read_fields,
    read_varints,
    stream_fields,
    write_field,
    write_varint,
    write_varints,
)

NUMBERS = st.integers(1, 1 << 28)
VALUES = st.integers(1, (1 << 64) - 1) | st.binary(min_size=1, max_size=300)


@given(st.lists(st.tuples(NUMBERS, VALUES)))
def test_fields_are_read_as_written(fields: list[tuple[int, int | bytes]]) -> None:
    data = b"".join(write_field(number, value) for number, value in fields)
    assert list(read_fields(data)) == fields
    lengths = [(number, value) for number, value in fields if isinstance(value, bytes)]
    assert list(stream_fields(io.BytesIO(data), 300)) == lengths


@given(st.lists(st.integers(0, (1 << 31) - 1)))
def test_packed_numbers_are_read_as_written(values: list[int]) -> None:
    fields = list(read_fields(write_varints(1, values)))
    assert [number for _, data in fields for number in read_varints(data)] == values


@given(st.binary(max_size=400))
def test_garbage_is_refused_or_read_and_nothing_else(data: bytes) -> None:
    for read in (lambda: list(read_fields(data)), lambda: list(stream_fields(io.BytesIO(data), 100))):
        try:
            read()
        except MalformedProtobuf:
            continue


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a",
        b"\x0a\x05ab",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x0b\x01",
        b"\x80" * 20,
        b"\x08\x80",
        write_varint(10) + write_varint(1 << 60),
    ],
)
def test_lengths_are_checked_before_anything_is_read(data: bytes) -> None:
    with pytest.raises(MalformedProtobuf):
        list(read_fields(data))
    with pytest.raises(MalformedProtobuf):
        list(stream_fields(io.BytesIO(data), 1000))
