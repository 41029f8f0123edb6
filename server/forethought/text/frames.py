"""Length-prefixed frames: a 4-byte big-endian length, then that many bytes. What the bytes mean is up to the caller."""

import struct
from typing import IO, Final

HEADER_BYTES: Final = 4
_HEADER: Final = struct.Struct(">I")


def encode_frame(body: bytes) -> bytes:
    return _HEADER.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """The number of bytes that follow a header of `HEADER_BYTES`. Check it against a limit before reading them."""
    (length,) = _HEADER.unpack(header)
    return int(length)


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame without flushing the stream. Raises OSError when the stream does."""
    stream.write(_HEADER.pack(len(body)))
    stream.write(body)  # not joined to the header: that would copy the body


def read_frame(stream: IO[bytes]) -> bytes:
    """Read one frame from a buffered stream that you trust: its length is not limited.

    Raises EOFError when the stream ends before the frame does, OSError when the stream does.
    """
    return _read_exactly(stream, body_length(_read_exactly(stream, HEADER_BYTES)))


def _read_exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError(f"the stream ended after {len(data)} of {count} bytes")
    return data
