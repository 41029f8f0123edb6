"""Splits a file into words to search: one passage for the file, and one for each function and class in it.

Names are split into their parts, so that “cookie jar” finds `RequestsCookieJar` and `cookie_jar`; the whole name is a
word, too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from forethought.syntax.tags import FileTags, Symbol
from forethought.text.redaction import mask

WORDS_VERSION = 3
"""Bump it whenever the same file yields other words: full-text indexes are then rebuilt."""

_VALUE_KINDS = frozenset({"constant", "variable"})
_NAME = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


class Passage(NamedTuple):
    """The words of a symbol, without those of the functions and classes in it, which have passages of their own."""

    symbol_id: str
    """Empty for the file itself: its text outside of functions and classes."""
    name: str
    """The words of the unqualified name."""
    text: str
    """The words of the enclosing symbols' names and of the text."""


@dataclass(frozen=True, slots=True)
class FileWords:
    """The words of one file, separated by spaces. Secrets are left out."""

    path: str
    content_hash: str
    path_words: str
    names: str
    """Of all symbols in the file."""
    text: str
    passages: tuple[Passage, ...]


def words(text: str) -> Iterator[str]:
    """The words of a text in lower case: each name, and its parts as separated by case, digits and underscores."""
    for name in _NAME.findall(text):
        parts = _PART.findall(name) if name.isascii() else [part for part in name.split("_") if part]
        if len(parts) != 1 and name.strip("_"):
            yield name.lower()
        for part in parts:
            yield part.lower()


def read_words(path: str, content_hash: str, tags: FileTags, source: bytes) -> FileWords:
    """The words of a file. `tags` are those of `source`; secrets in it are left out."""
    masked = mask(source)
    passages = []
    for symbol in tags.symbols:
        if symbol.kind == "file":
            if text := _joined(own_text(tags, symbol, masked)):
                passages.append(Passage("", _joined(path.rpartition("/")[2]), text))
        elif has_passage(symbol):
            owner = _joined(symbol.name.rpartition(".")[0])
            text = f"{owner} {_joined(own_text(tags, symbol, masked))}".strip()
            passages.append(Passage(symbol.id, _joined(symbol.short_name), text))
    names = " ".join(_joined(symbol.short_name) for symbol in tags.symbols[1:])
    text = masked.decode("utf-8", "replace")
    return FileWords(path, content_hash, _joined(path), names, _joined(text), tuple(passages))


def has_passage(symbol: Symbol) -> bool:
    """Whether a symbol of a file is a function, a class or alike."""
    return symbol.body is not None and symbol.kind not in _VALUE_KINDS


def own_text(tags: FileTags, symbol: Symbol, source: bytes) -> str:
    """The symbol's text, without the parts that have passages of their own."""
    pieces = []
    at = symbol.span.start
    for child in tags.symbols:
        if has_passage(child) and child is not symbol and child.parent == symbol.id and child.span.start >= at:
            pieces.append(source[at : child.span.start])
            at = child.span.end
    pieces.append(source[at : symbol.span.end])
    return b"\n".join(pieces).decode("utf-8", "replace")


def _joined(text: str) -> str:
    return " ".join(words(text))
