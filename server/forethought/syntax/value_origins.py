"""Names in JavaScript and TypeScript that get a value without an assignment of their own.

`const {a} = box` binds `a` to `box.a`, and in `boxes.map(box => …)` the type of `boxes` says what `box` is. Both are
written as an expression or a type of the language, as if it stood beside the name.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import tree_sitter

from forethought.syntax.expressions import PASSED
from forethought.syntax.nodes import one_line

_MAX_LENGTH = 200
_FUNCTIONS = frozenset({"arrow_function", "function_expression"})
_ENTRIES = re.compile(r"\.entries\(\)$")


class Origin(NamedTuple):
    """Where a name gets its value from, as text."""

    annotation: str | None = None
    value: str | None = None


def read_origins(source: bytes, nodes: Sequence[tree_sitter.Node]) -> dict[int, Origin]:
    """Start byte of a name → where its value comes from.

    nodes: declarations and parameters with a pattern, `for` loops with one, calls that pass functions, and declarations
    of functions with a type
    """
    origins: dict[int, Origin] = {}
    for node in nodes:
        for name, origin in _of_node(source, node):
            if origin != Origin():
                origins.setdefault(name.start_byte, origin)
    return origins


def _of_node(source: bytes, node: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, Origin]]:
    if node.type == "call_expression":
        yield from _of_arguments(source, node)
        return
    if node.type == "for_in_statement":
        yield from _of_loop(source, node)
        return
    target = node.child_by_field_name("pattern") or node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    annotation = _annotation(node)
    if target is None:
        return
    if target.type.endswith("_pattern"):
        yield from _of_pattern(source, target, annotation, _text(source, value))
    elif value is not None and value.type in _FUNCTIONS and annotation is not None:
        declared = _text(source, annotation)
        for index, parameter in _parameters(value):
            typed = Origin(f"Parameters<{declared}>[{index}]") if declared else Origin()
            yield from _of_parameter(source, parameter, typed)


def _of_arguments(source: bytes, call: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, Origin]]:
    function = _text(source, call.child_by_field_name("function"))
    arguments = call.child_by_field_name("arguments")
    if function is None or arguments is None:
        return
    for place, argument in enumerate(arguments.named_children):
        if argument.type in _FUNCTIONS:
            for index, parameter in _parameters(argument):
                origin = Origin(value=f"{_operand(function)}.{PASSED}({place}, {index})")
                yield from _of_parameter(source, parameter, origin)


def _of_loop(source: bytes, loop: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, Origin]]:
    """`for (const [key, value] of map)`: nothing is known about the keys."""
    left, right = loop.child_by_field_name("left"), _text(source, loop.child_by_field_name("right"))
    if left is None or right is None:
        return
    if left.type == "object_pattern":
        yield from _of_pattern(source, left, None, f"next(iter({right}))")
    elif left.type == "array_pattern" and left.named_child_count > 1:
        values = f"next(iter({_operand(_ENTRIES.sub('', right))}.values()))"
        yield from _inside(source, left.named_children[1], Origin(value=values))


def _parameters(function: tree_sitter.Node) -> Iterator[tuple[int, tree_sitter.Node]]:
    single = function.child_by_field_name("parameter")
    parameters = function.child_by_field_name("parameters")
    children = [single] if single is not None else parameters.named_children if parameters is not None else []
    yield from enumerate(child for child in children if child.type != "comment")


def _of_parameter(
    source: bytes, parameter: tree_sitter.Node, origin: Origin
) -> Iterator[tuple[tree_sitter.Node, Origin]]:
    if _annotation(parameter) is None:
        yield from _inside(source, parameter.child_by_field_name("pattern") or parameter, origin)


def _of_pattern(
    source: bytes, pattern: tree_sitter.Node, annotation: tree_sitter.Node | None, value: str | None
) -> Iterator[tuple[tree_sitter.Node, Origin]]:
    if annotation is None:
        yield from _inside(source, pattern, Origin(value=value))
        return
    if annotation.type != "object_type":
        yield from _inside(source, pattern, Origin(_text(source, annotation)))
        return
    declared = {
        _name(member): member_type
        for member in annotation.named_children
        if member.type == "property_signature" and (member_type := _annotation(member)) is not None
    }
    for key, target in _properties(pattern):
        if (member_type := declared.get(key)) is not None and target.type.endswith("object_pattern"):
            yield from _of_pattern(source, target, member_type, None)
        elif member_type is not None:
            yield from _inside(source, target, Origin(_text(source, member_type)))


def _inside(source: bytes, target: tree_sitter.Node, origin: Origin) -> Iterator[tuple[tree_sitter.Node, Origin]]:
    """Each name in a pattern, given where the whole of it comes from."""
    if target.type in ("assignment_pattern", "object_assignment_pattern"):
        left = target.child_by_field_name("left")
        if left is not None:
            yield from _inside(source, left, origin)
    elif target.type in ("identifier", "shorthand_property_identifier_pattern"):
        yield target, origin
    elif target.type == "object_pattern":
        for key, inner in _properties(target):
            yield from _inside(source, inner, _member(origin, key))
    elif target.type == "array_pattern":
        items = [child for child in target.children if child.type == "," or child.is_named]
        index = 0
        for item in items:
            if item.type == ",":
                index += 1
            else:
                yield from _inside(source, item, _item(origin, index))


def _properties(pattern: tree_sitter.Node) -> Iterator[tuple[str, tree_sitter.Node]]:
    """(key, what it is bound to) of each property in an object pattern."""
    for child in pattern.named_children:
        if child.type == "pair_pattern":
            key, target = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and target is not None and key.type == "property_identifier":
                yield (key.text or b"").decode(), target
        elif child.type == "shorthand_property_identifier_pattern":
            yield (child.text or b"").decode(), child
        elif child.type == "object_assignment_pattern" and (left := child.child_by_field_name("left")) is not None:
            yield (left.text or b"").decode(), left


def _member(origin: Origin, key: str) -> Origin:
    annotation = f"{_operand(origin.annotation)}['{key}']" if origin.annotation else None
    return Origin(annotation, f"{_operand(origin.value)}.{key}" if origin.value else None)


def _item(origin: Origin, index: int) -> Origin:
    annotation = f"{_operand(origin.annotation)}[{index}]" if origin.annotation else None
    return Origin(annotation, f"{_operand(origin.value)}[{index}]" if origin.value else None)


def _operand(text: str) -> str:
    """The text, in parentheses if what follows would belong to its end only."""
    return f"({text})" if re.search(r"[^\w.$#]", re.sub(r"\(.*\)|\[.*\]|<.*>", "", text)) else text


def _annotation(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The type that a declaration or parameter has."""
    found = node.child_by_field_name("type")
    return found.named_children[0] if found is not None and found.named_children else None


def _name(node: tree_sitter.Node) -> str:
    name = node.child_by_field_name("name")
    return (name.text or b"").decode() if name is not None else ""


def _text(source: bytes, node: tree_sitter.Node | None) -> str | None:
    text = one_line(source, node, _MAX_LENGTH) if node is not None else "…"
    return None if "…" in text else text
