"""The local names and attributes that a file binds, with their types and values as written."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import tree_sitter

from forethought.syntax.block_scopes import BlockScopes
from forethought.syntax.captures import Captures
from forethought.syntax.languages import Language
from forethought.syntax.nodes import find_child, one_line
from forethought.syntax.outline import Outline
from forethought.syntax.tags import Binding, Position, Range, visible

MAX_VALUE_LENGTH = 200

_DERIVED = {"element": "next(iter({}))", "entered": "({}).__enter__()", "caught": "({})()"}
"""What Python's `for`, `with … as` and `except … as` bind, as an expression of what is written beside the name."""

INFERRED_TYPES = frozenset({"var", "auto", "let", "val"})
"""Written where a type would be: the compiler infers the type."""


def read_bindings(
    language: Language, source: bytes, captures: Captures, outline: Outline, blocks: BlockScopes
) -> tuple[Binding, ...]:
    """The bindings in order, those of the file's own variables and constants included."""
    global_names = {
        (outline.scope_at(node.name.start_byte), node.name.text)
        for node in captures.bindings.values()
        if node.kind == "global"
    }
    parents = {symbol.selection.end: symbol.parent for symbol in outline.symbols[1:]}
    scope_starts = {symbol.id: symbol.span.start for symbol in outline.symbols}
    values = {start: node for start, node in captures.definitions.items() if node.kind in ("variable", "constant")}
    bindings: list[Binding] = []
    assigned: set[int] = set()
    """Indices of the bindings of variables that are declared elsewhere."""
    for kind, name, node in (captures.bindings | values).values():
        start, end = Position(*name.start_point), Position(*name.end_point)
        scope = parents[end] if end in parents else outline.scope_at(name.start_byte)
        if name == node and name.start_byte in captures.definitions:
            continue  # a symbol
        if kind == "global" or (global_names and (scope, name.text) in global_names):
            continue
        annotation, value = _type_and_value(language, source, kind, name, node)
        text = one_line(source, name, MAX_VALUE_LENGTH).replace("->", ".")
        is_attribute = "." in text or text.startswith("@")
        bindings.append(
            Binding(
                name=text,
                scope=scope,
                range=Range(start, end),
                annotation=annotation,
                value=value,
                seen_in=None if is_attribute else blocks.around(name, node, scope_starts[scope] + 1),
            )
        )
        if kind == "assigned":
            assigned.add(len(bindings) - 1)
    bindings = _with_declared_scopes(bindings, assigned)
    bindings.sort(key=lambda binding: binding.range)
    return tuple(bindings)


def _with_declared_scopes(bindings: Sequence[Binding], assigned: Collection[int]) -> list[Binding]:
    """The bindings, with each of the `assigned` ones visible wherever the variable that it assigns to is."""
    declared: dict[tuple[str, str], list[Binding]] = {}
    for index, binding in enumerate(bindings):
        if index not in assigned:
            declared.setdefault((binding.scope, binding.name), []).append(binding)
    placed = []
    for index, binding in enumerate(bindings):
        around = declared.get((binding.scope, binding.name)) if index in assigned else None
        around = visible(around, binding.range.start) if around else None
        placed.append(replace(binding, seen_in=around[0].seen_in) if around else binding)
    return placed


def _type_and_value(
    language: Language, source: bytes, kind: str, name: tree_sitter.Node, node: tree_sitter.Node
) -> tuple[str | None, str | None]:
    """The type and the value that are written beside a bound name."""
    if node.start_byte == name.start_byte and node.end_byte == name.end_byte:
        return None, None
    if kind in _DERIVED:
        operand = one_line(source, node.child_by_field_name("right") or node.named_children[0], MAX_VALUE_LENGTH)
        return None, None if "…" in operand else _DERIVED[kind].format(operand)
    annotation = find_child(language, node, language.annotations)
    value = find_child(language, node, language.values)
    if annotation is None or value is None:
        # In `Foo a = new Foo()` the type is in an outer node. Search downwards: tree-sitter finds a node's parent by
        # descending from the root.
        inner = node.child_with_descendant(name)
        while inner is not None and inner.id != name.id:
            annotation = annotation or find_child(language, inner, language.annotations)
            value = value or find_child(language, inner, language.values)
            inner = inner.child_with_descendant(name)
    if value is not None and value.type == "expression_list" and value.named_child_count > 1:
        value = None  # Go's `a, b = f(), g()`
    if kind == "parameter" and value is not None and "call" not in value.type and "creation" not in value.type:
        value = None
    type_text = one_line(source, annotation).lstrip(": ") if annotation is not None else ""
    return (
        type_text if type_text and type_text not in INFERRED_TYPES else None,
        one_line(source, value, MAX_VALUE_LENGTH) if value is not None else None,
    )
