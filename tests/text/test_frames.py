"""Frames on streams: what is written is read, and a stream that ends early says so."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.text.frames import HEADER_BYTES, body_length, encode_frame, read_frame, write_frame


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_frames_are_read_as_they_were_written(bodies: list[bytes]) -> None:
    stream = io.BytesIO()
    for body in bodies:
        write_frame(stream, body)
    assert stream.getvalue() == b"".join(encode_frame(body) for body in bodies)
    stream.seek(0)
    assert [read_frame(stream) for _ in bodies] == bodies


def test_a_header_gives_the_length_of_the_body() -> None:
    frame = encode_frame(b"x" * 300)
    assert frame[:HEADER_BYTES] == b"\0\0\1\x2c"
    assert body_length(frame[:HEADER_BYTES]) == 300


@pytest.mark.parametrize("length", range(7))
def test_a_stream_that_ends_early_is_an_error(length: int) -> None:
    with pytest.raises(EOFError):
        read_frame(io.BytesIO(encode_frame(b"abc")[:length]))
