"""The decorators, annotations or attributes of a definition, as written. Pure."""

import re
from collections.abc import Sequence

from forethought.syntax.tags import Symbol

_START = re.compile(r"@(?=[A-Za-z_])|#\[|\[(?=\s*[A-Za-z_])")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def decorators_of(symbol: Symbol, lines: Sequence[bytes]) -> tuple[str, ...]:
    """The decorators of a symbol in order, without `@` or brackets; `lines` are the rows of its file."""
    start, end = symbol.range.start, symbol.selection.start
    rows = [line.decode("utf-8", "replace") for line in lines[start.row : end.row]]
    decorators: list[str] = []
    depth = 0
    for row in rows:
        text = row.strip()
        if depth > 0:
            decorators[-1] += f" {text}"
        elif _START.match(text):
            decorators.append(text)
        else:
            continue
        depth += sum(_BRACKETS.get(character, 0) for character in _without_strings(text))
    return tuple(_bare(text) for text in decorators)


def _without_strings(line: str) -> str:
    return re.sub(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|#.*$", "", line)


def _bare(text: str) -> str:
    """The decorator without its marker and without a trailing comment."""
    plain = re.sub(r"\s+#[^\"'\[\]()]*$", "", text)
    if plain.startswith("@"):
        return " ".join(plain[1:].split())
    return " ".join(plain.removeprefix("#").removeprefix("[").removesuffix("]").split())
