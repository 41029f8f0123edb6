"""Splits a parameter as written into its names and its default."""

import re
from dataclasses import dataclass

_NAME = re.compile(r"[^\W\d]\w*")
_NAME_FIRST = frozenset({"python", "javascript", "typescript", "tsx", "rust", "kotlin", "lua", "ruby"})
"""Languages in which the name comes before the type."""
_COMPARISONS = "=!<>+-*/%&|^~:"
_CALLBACK = re.compile(r"\(\s*[*^]\s*(?:\w+\s+)*(\w+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    text: str
    """As written."""
    names: tuple[str, ...]
    """Usually one; several for Go's `a, b int` and for a destructuring pattern; none for `/`."""
    default: str | None
    """As written."""
    is_variadic: bool = False
    """Takes any number of arguments, like `*args`, `**options` and `...rest`."""


def read_parameter(language: str, text: str) -> Parameter:
    """`timeout: float = 30.0` has the name `timeout` and the default `30.0`.

    Total: in text that is not a parameter of the language, the last word is the name.
    """
    left, default = _split_default(text)
    is_variadic = bool(re.match(r"\s*(?:\*\*?\s*[^\W\d]|\.\.\.)", left)) or "..." in left or left.startswith("vararg ")
    if language == "ruby" and (keyword := re.match(r"\s*(\w+):\s*(.*)$", text)):
        return Parameter(text, (keyword[1],), keyword[2] or None)
    if left.lstrip().startswith(("{", "[")) and language in _NAME_FIRST:
        return Parameter(text, _pattern_names(left), default, is_variadic)
    if language in _NAME_FIRST:
        words = _NAME.findall(_before_colon(left))
        return Parameter(text, tuple(words[-1:]), default, is_variadic)
    if language == "go":
        return Parameter(text, _go_names(left), None, is_variadic)
    if callback := _CALLBACK.search(left):
        return Parameter(text, (callback[1],), default, is_variadic)
    words = _NAME.findall(re.sub(r"\[[^\]]*\]|<[^<>]*>", " ", left))
    return Parameter(text, tuple(words[-1:]), default, is_variadic)


def type_after_name(text: str) -> str:
    """The type of a parameter whose name or pattern comes first: `{ a }: Props = {}` has `Props`; empty without one."""
    left, _ = _split_default(text)
    return left[len(_before_colon(left)) + 1 :].strip()


def default_in_pattern(parameter: Parameter, name: str) -> str | None:
    """The default of one name in a destructuring pattern: that of `a` in `{ a = 1, b }` is `1`."""
    match = re.search(rf"(?<![\w$.]){re.escape(name)}\s*=(?![=>])\s*([^,}}\]]+)", parameter.text)
    return match[1].strip() if match and parameter.text.lstrip().startswith(("{", "[")) else None


def _split_default(text: str) -> tuple[str, str | None]:
    """Split at the first `=` that is outside brackets and not part of another operator."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "([{<") - (character in ")]}" or (character == ">" and text[index - 1 : index] != "="))
        if character == "=" and depth <= 0:
            before, after = text[index - 1 : index], text[index + 1 : index + 2]
            if before not in tuple(_COMPARISONS) and after not in ("=", ">"):
                return text[:index].rstrip(), text[index + 1 :].strip() or None
    return text, None


def _before_colon(text: str) -> str:
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "([{<") - (character in ")]}>")
        if character == ":" and depth <= 0:
            return text[:index]
    return text


def _pattern_names(text: str) -> tuple[str, ...]:
    inside = re.sub(r"=[^,}\]]+", "", text[: max(text.rfind("}"), text.rfind("]")) + 1])
    return tuple(part.rpartition(":")[2].strip(" .{}[]") for part in inside.split(",") if part.strip(" .{}[]"))


def _go_names(text: str) -> tuple[str, ...]:
    """The names: two in `a, b int`, one in `ctx context.Context`, none in `int`."""
    names, _, type_text = text.partition(" ") if "," not in text else text.rpartition(" ")
    if not type_text:
        return ()
    return tuple(_NAME.findall(names))
