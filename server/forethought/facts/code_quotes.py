"""Code as a quotation in a sentence: exact, or visibly shortened."""

import re
from typing import NamedTuple

_STRING = re.compile(
    r"\"(?:\\.|[^\"\\])*\"|(?<![\w&<'])'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`", re.DOTALL
)  # fmt: skip
_OPAQUE = re.compile(rf"{_STRING.pattern}|(?<=\w)<[\w\s,.?:\[\]&*]*>", re.DOTALL)
"""Strings, and the arguments of generic types."""
_OPERATOR = re.compile(r"\s*(?:&&|\|\||\?\?)\s*|\s(?:and|or)\s")
_PAIR = re.compile(r"((?:[\w$-]+|\"[\w$-]+\"|'[\w$-]+')\s*(?::|=>|=))(?![=>:]).", re.DOTALL)
_REPEATED_CALL = re.compile(r"(\.\w+\(…\))(?:\s*\1)+")
"""What is left of a builder's chain: `.arg(…).arg(…).arg(…)`."""
_MAX_ITEMS = 6
_MAX_ITEM = 10
_WHOLE = 0.7
"""A group that is more of the text than this is cut at its end rather than left out: `[[ -n "$a" && …`."""
_MAX_STRING = 24
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MAX_TEXT = 4000
"""Longer code is cut before anything else: only its beginning can be shown."""


def quoted(text: str, limit: int) -> str:
    """The code as Markdown, shortened to about `limit` characters; the backticks stay balanced whatever it holds."""
    text = abbreviated(text, limit)
    if "`" not in text:
        return f"`{text}`"
    fence = "`" * (max(map(len, re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def abbreviated(text: str, limit: int) -> str:
    """The code with `…` in place of what is left out.

    First go the contents of long strings and of arguments, the innermost first (of pairs `key: value` the values
    alone), and calls that then repeat the one before, then the last operands of `a && b && c`, then the contents of
    other brackets, then the end.
    """
    if len(text) <= limit:
        return text
    text = _STRING.sub(_shorter_string, text[:_MAX_TEXT])
    text = _without_groups(text, limit, arguments_only=True)
    text = _REPEATED_CALL.sub(r"\1…", text)
    text = _without_operands(text, limit)
    text = _without_groups(text, limit, arguments_only=False)
    return text if len(text) <= limit + 8 else _cut(text, limit)


def _without_groups(text: str, limit: int, arguments_only: bool) -> str:
    while len(text) > limit:
        group = _next_group(text, arguments_only)
        if group is None:
            break
        inside = text[group.start : group.end]
        outline = _outlined(inside.strip())
        if outline != "…" and inside.startswith(" "):
            outline = f" {outline} "
        shown = outline if len(outline) < len(inside) else "…"
        text = f"{text[: group.start]}{shown}{text[group.end :]}"
    return text


def _without_operands(text: str, limit: int) -> str:
    """The first operands of a chain of `&&`, `||`, `and`, `or`, `??`."""
    while len(text) > limit:
        cuts = [start for start, end in _top_level(text) if start > 0 and not text[end:].strip(" ….").startswith("…")]
        cuts = [start for start in cuts if text[start:].strip(" &|?andor…")]
        if not cuts:
            break
        operator = _OPERATOR.match(text, cuts[-1])
        shorter = f"{text[: cuts[-1]]}{operator[0] if operator else ' '}…"
        if len(shorter) >= len(text):
            break
        text = shorter
    return text


def _top_level(text: str) -> list[tuple[int, int]]:
    """The spans of the logical operators that stand in no brackets and no strings."""
    depth = 0
    found: list[tuple[int, int]] = []
    for start, end in _outside_strings(text):
        place = start
        while place < end:
            character = text[place]
            depth += (character in _CLOSING) - (character in ")]}")
            operator = _OPERATOR.match(text, place) if depth == 0 else None
            if operator is not None:
                found.append(operator.span())
                place = operator.end()
            else:
                place += 1
    return found


def _outlined(inside: str) -> str:
    """`a: …, b, …` of `a: 1, b, f(x)`; only `…` where that says nothing."""
    items = _split_at_commas(inside)
    if len(items) > _MAX_ITEMS:
        return "…"
    shown = [_outlined_item(item) for item in items]
    text = ", ".join(shown)
    says_little = 2 * sum(item == "…" for item in shown) > len(shown)
    return "…" if len(text) >= len(inside) or says_little else text


def _outlined_item(item: str) -> str:
    if len(item) <= _MAX_ITEM:
        return item
    pair = _PAIR.match(item)
    if pair is None:
        return "…"
    return f"{pair[1]}…" if pair[1].endswith("=") else f"{pair[1]} …"


def _split_at_commas(text: str) -> list[str]:
    depth = 0
    items: list[str] = []
    at = 0
    for start, end in _outside(_OPAQUE, text):
        for place in range(start, end):
            depth += (text[place] in _CLOSING) - (text[place] in ")]}")
            if text[place] == "," and depth == 0:
                items.append(text[at:place].strip())
                at = place + 1
    return [item for item in [*items, text[at:].strip()] if item]


class _Group(NamedTuple):
    """The contents of a pair of brackets."""

    start: int
    end: int
    depth: int


def _next_group(text: str, arguments_only: bool) -> _Group | None:
    """Of the deepest groups that still have something to leave out, the longest."""
    opened: list[tuple[str, int]] = []
    best: _Group | None = None
    for start, end in _outside_strings(text):
        for place in range(start, end):
            character = text[place]
            if character in _CLOSING:
                opened.append((_CLOSING[character], place + 1))
            elif opened and character == opened[-1][0]:
                _, inside = opened.pop()
                group = _Group(inside, place, len(opened))
                is_argument = inside > 1 and (text[inside - 2].isalnum() or text[inside - 2] in "_!?])>")
                counts = place - inside > 2 and text[inside:place] != "…" and (is_argument or not arguments_only)
                counts = counts and (is_argument or place - inside < _WHOLE * len(text))
                if counts and (best is None or _rank(group) > _rank(best)):
                    best = group
    return best


def _rank(group: _Group) -> tuple[int, int]:
    return group.depth, group.end - group.start


def _outside_strings(text: str) -> list[tuple[int, int]]:
    return _outside(_STRING, text)


def _outside(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """The spans between the matches."""
    spans = []
    at = 0
    for found in pattern.finditer(text):
        spans.append((at, found.start()))
        at = found.end()
    return [*spans, (at, len(text))]


def _shorter_string(found: re.Match[str]) -> str:
    text = found[0]
    return text if len(text) <= _MAX_STRING else f"{text[: _MAX_STRING // 2]}…{text[-1]}"


def _cut(text: str, limit: int) -> str:
    """The beginning, up to the end of a word and not into a string."""
    end = limit - 1
    for found in _STRING.finditer(text):
        if found.start() < end < found.end():
            end = found.start() if found.start() > limit // 3 else end
    place = max(text.rfind(sign, 0, end + 1) for sign in (" ", ".", ",", "(", "-", "/"))
    return f"{text[: place if place > limit // 2 else end].rstrip()}…"
