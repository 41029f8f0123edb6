"""Reads TOML files that may come from strangers: a repository's settings must not stop the server."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

_MAX_BYTES: Final = 256 * 1024
_MAX_DEPTH: Final = 16
_MAX_KEY_PARTS: Final = 100
_INTEGER_BITS: Final = 64
_KEY_PART: Final = r"""(?:"[^"\n]*+"|'[^'\n]*+'|(?<![\w-])[\w-]++)[ \t]*+"""
_LONG_KEY: Final = re.compile(rf"{_KEY_PART}(?:\.[ \t]*+{_KEY_PART}){{{_MAX_KEY_PARTS},}}")
"""Python's parser takes a time quadratic in the parts of a key: a minute for 20,000."""


def read_toml(path: Path) -> dict[str, Any]:
    """Parse the file. Raises OSError, and ValueError with the reason if it is not TOML or needlessly large."""
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError(f"it is larger than {_MAX_BYTES // 1024} KiB")
    return parse_toml(data.decode("utf-8").replace("\r\n", "\n"))


def parse_toml(text: str) -> dict[str, Any]:
    """Parse a text of limited length. Raises ValueError with the reason.

    Its nesting and its numbers are limited, so that the time to read it is, too.
    """
    if _LONG_KEY.search(text):
        raise ValueError(f"a key has more than {_MAX_KEY_PARTS} parts")
    try:
        values = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("its values are nested too deeply") from error
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # Python refuses to convert thousands of digits
        raise ValueError("a number has too many digits") from error
    _check(values)
    return values


def _check(values: dict[str, Any]) -> None:
    """Raises ValueError unless nesting and integers are within their limits. TOML has no integers above 64 bits."""
    waiting: list[tuple[Any, int]] = [(values, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, int) and value.bit_length() >= _INTEGER_BITS:
            raise ValueError("a number has too many digits")
        if isinstance(value, dict | list):
            if depth > _MAX_DEPTH:
                raise ValueError("its values are nested too deeply")
            parts = value.values() if isinstance(value, dict) else value
            waiting.extend((part, depth + 1) for part in parts)
