"""Types in Rust's signatures: the parts of tuple structs and variants, the bounds of type parameters, closures."""

import re
from collections.abc import Iterator

_VISIBILITY = re.compile(r"(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?")


def part_types(signature: str, name: str) -> list[str]:
    """The types in `struct Jar(pub A, B)` or the variant `Jar(A, B)`; empty if it has none or they are cut."""
    start = re.search(rf"\b{re.escape(name)}\s*(?=[<(])", signature)
    if start is None:
        return []
    at = start.end()
    if signature[at] == "<":
        at += len(_until(signature[at + 1 :], ">")) + 2
    if signature[at : at + 1] != "(" or "…" in signature:
        return []
    return [_VISIBILITY.sub("", item, count=1) for item in split_types(_until(signature[at + 1 :], ")"))]


def field_type(signature: str, field: str) -> str:
    """The type of a field in the variant `Jar { lid: Lid }`; empty if it has no such field."""
    if "{" not in signature:
        return ""
    for item in split_types(signature.partition("{")[2].rpartition("}")[0] or signature.partition("{")[2]):
        name, _, text = _VISIBILITY.sub("", item, count=1).partition(":")
        if name.strip() == field and "…" not in text:
            return text.strip()
    return ""


def bounds(signature: str, name: str) -> list[str]:
    """The traits that a type parameter is bound by: `A` and `B` in `fn f<T: A + B>` or `where T: A + B`."""
    found: list[str] = []
    for match in re.finditer(rf"(?:[<,]|\bwhere)\s*{re.escape(name)}\s*:(?!:)", signature):
        text = _until(signature[match.end() :], ",>{;=").partition(" where ")[0]
        found += [part.strip() for part in _split(text, "+") if not part.strip().startswith(("'", "?"))]
    return found


def closure_types(bound: str) -> list[str]:
    """The parameters' types in `FnMut(&A, B) -> C`; empty for anything else."""
    match = re.search(r"\bFn(?:Mut|Once)?\(", bound)
    return split_types(_until(bound[match.end() :], ")")) if match is not None else []


def split_types(text: str) -> list[str]:
    """The parts of a list of types, without blanks."""
    return [part.strip() for part in _split(text, ",") if part.strip()]


def _split(text: str, separator: str) -> Iterator[str]:
    while text:
        part = _until(text, separator)
        yield part
        text = text[len(part) + 1 :]


def _until(text: str, ends: str) -> str:
    """The text up to the first of the characters that stands in no brackets."""
    depth = 0
    for index, character in enumerate(text):
        if depth == 0 and character in ends and not (character in ">=" and text[index - 1 : index] in ("-", "=")):
            return text[:index]
        depth += (character in "<([{") - (character in ")]}" or (character == ">" and text[index - 1 : index] != "-"))
    return text
