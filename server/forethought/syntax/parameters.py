"""A parameter as written, taken apart: its names and its default, by the rules of its language."""

import re
from dataclasses import dataclass

_NAME = re.compile(r"[^\W\d]\w*")
_NAME_FIRST = frozenset({"python", "javascript", "typescript", "tsx", "rust", "kotlin", "lua", "ruby"})
"""Languages that write the name before the type."""
_COMPARISONS = "=!<>+-*/%&|^~:"
_CALLBACK = re.compile(r"\(\s*[*^]\s*(?:\w+\s+)*(\w+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    text: str
    """As written."""
    names: tuple[str, ...]
    """Mostly one; several for Go's `a, b int` and for a pattern that takes its argument apart; none for `/`."""
    default: str | None
    """As written."""
    gathers: bool = False
    """Takes any number of arguments: `*args`, `**options`, `...rest`."""


def read_parameter(language: str, text: str) -> Parameter:
    """`timeout: float = 30.0` → `timeout` and `30.0`. Total: an odd text gives its last word as the name."""
    left, default = _split_default(text)
    gathers = bool(re.match(r"\s*(?:\*\*?\s*[^\W\d]|\.\.\.)", left)) or "..." in left or left.startswith("vararg ")
    if language == "ruby" and (keyword := re.match(r"\s*(\w+):\s*(.*)$", text)):
        return Parameter(text, (keyword[1],), keyword[2] or None)
    if left.lstrip().startswith(("{", "[")) and language in _NAME_FIRST:
        return Parameter(text, _pattern_names(left), default, gathers)
    if language in _NAME_FIRST:
        words = _NAME.findall(_before_colon(left))
        return Parameter(text, tuple(words[-1:]), default, gathers)
    if language == "go":
        return Parameter(text, _go_names(left), None, gathers)
    if callback := _CALLBACK.search(left):
        return Parameter(text, (callback[1],), default, gathers)
    words = _NAME.findall(re.sub(r"\[[^\]]*\]|<[^<>]*>", " ", left))
    return Parameter(text, tuple(words[-1:]), default, gathers)


def default_in_pattern(parameter: Parameter, name: str) -> str | None:
    """The default of a name inside `{ a = 1, b }`."""
    match = re.search(rf"(?<![\w$.]){re.escape(name)}\s*=(?![=>])\s*([^,}}\]]+)", parameter.text)
    return match[1].strip() if match and parameter.text.lstrip().startswith(("{", "[")) else None


def _split_default(text: str) -> tuple[str, str | None]:
    """At the first `=` that stands in no bracket and is no part of another operator."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{<") - (character in ")]}" or (character == ">" and text[place - 1 : place] != "="))
        if character == "=" and depth <= 0:
            before, after = text[place - 1 : place], text[place + 1 : place + 2]
            if before not in tuple(_COMPARISONS) and after not in ("=", ">"):
                return text[:place].rstrip(), text[place + 1 :].strip() or None
    return text, None


def _before_colon(text: str) -> str:
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{<") - (character in ")]}>")
        if character == ":" and depth <= 0:
            return text[:place]
    return text


def _pattern_names(text: str) -> tuple[str, ...]:
    inside = re.sub(r"=[^,}\]]+", "", text[: max(text.rfind("}"), text.rfind("]")) + 1])
    return tuple(part.rpartition(":")[2].strip(" .{}[]") for part in inside.split(",") if part.strip(" .{}[]"))


def _go_names(text: str) -> tuple[str, ...]:
    """`a, b int` names two, `ctx context.Context` one, `int` none."""
    names, _, its_type = text.partition(" ") if "," not in text else text.rpartition(" ")
    if not its_type:
        return ()
    return tuple(_NAME.findall(names))
