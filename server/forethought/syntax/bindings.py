"""The local names and attributes that a file binds, with their types and values as written."""

import tree_sitter

from forethought.syntax.captures import Captures
from forethought.syntax.languages import Language
from forethought.syntax.nodes import NodeSpans, find_child, one_line
from forethought.syntax.outline import Outline
from forethought.syntax.tags import Binding, Position, Range

MAX_VALUE_LENGTH = 200

_DERIVED = {"element": "next(iter({}))", "entered": "({}).__enter__()", "caught": "({})()"}
"""What Python's `for`, `with … as` and `except … as` bind, as an expression of what is written beside the name."""

INFERRED_TYPES = frozenset({"var", "auto", "let", "val"})
"""Written where a type would be: the compiler infers the type."""


def read_bindings(
    language: Language, source: bytes, captures: Captures, outline: Outline, closures: NodeSpans
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
    bindings = []
    for kind, name, node in (captures.bindings | values).values():
        start, end = Position(*name.start_point), Position(*name.end_point)
        scope = parents[end] if end in parents else outline.scope_at(name.start_byte)
        if kind == "global" or (global_names and (scope, name.text) in global_names):
            continue
        annotation, value = _type_and_value(language, source, kind, name, node)
        closure = closures.innermost(name.start_byte, scope_starts[scope] + 1)
        bindings.append(
            Binding(
                name=one_line(source, name, MAX_VALUE_LENGTH).replace("->", "."),
                scope=scope,
                range=Range(start, end),
                annotation=annotation,
                value=value,
                seen_in=Range(Position(*closure.start_point), Position(*closure.end_point)) if closure else None,
            )
        )
    bindings.sort(key=lambda binding: binding.range)
    return tuple(bindings)


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
