"""The local names and attributes that a file binds, with their types and values as written."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import tree_sitter

from forethought.syntax.block_scopes import BlockScopes
from forethought.syntax.captures import Captures, Definition
from forethought.syntax.doc_comments import LeadingLines
from forethought.syntax.doc_types import documented_variable
from forethought.syntax.languages import Language
from forethought.syntax.nodes import find_child, one_line
from forethought.syntax.outline import Outline
from forethought.syntax.symbol_kinds import FIELD_KINDS, TYPE_KINDS
from forethought.syntax.tags import Binding, Position, Range, visible

MAX_VALUE_LENGTH = 200

_DERIVED = {"element": "next(iter({}))", "entered": "({}).__enter__()", "caught": "({})()"}
"""What Python's `for`, `with … as` and `except … as` bind, as an expression of what is written beside the name."""

_DEFAULT_OBJECT = re.compile("call|creation")
"""Node types of defaults that say which class a parameter has."""

INFERRED_TYPES = frozenset({"var", "auto", "let", "val"})
"""Written where a type would be: the compiler infers the type."""


def read_bindings(
    language: Language, source: bytes, captures: Captures, outline: Outline, blocks: BlockScopes, leading: LeadingLines
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
    fields = {
        start: field
        for start, field in captures.fields.items()
        if field.kind in ("field", "property") and field.name.type != "simple_symbol"  # Ruby's `attr_reader :size`
    }
    types = {symbol.id for symbol in outline.symbols if symbol.kind in TYPE_KINDS}
    bindings: list[Binding] = []
    assigned: set[int] = set()
    """Indices of the bindings of variables that are declared elsewhere."""
    for kind, name, node, operand in (fields | captures.bindings | values).values():
        start, end = Position(*name.start_point), Position(*name.end_point)
        scope = parents[end] if end in parents else outline.scope_at(name.start_byte)
        if name == node and name.start_byte in captures.definitions:
            continue  # a symbol
        if kind in FIELD_KINDS and scope not in types:
            continue  # a property of a type in a function's parameters
        if kind == "global" or (global_names and (scope, name.text) in global_names):
            continue
        annotation, value = _type_and_value(language, source, Definition(kind, name, node, operand))
        annotation = annotation or _documented_type(language, leading, name)
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
    bindings = [*_with_declared_scopes(bindings, assigned), *_documented_variables(source, captures, outline)]
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


def _documented_type(language: Language, leading: LeadingLines, name: tree_sitter.Node) -> str | None:
    """The type that the comment above a declaration gives: `/** @var Jar */`."""
    above = leading.above(name.start_point.row, language.doc_prefixes)
    found = documented_variable(above[-1].text) if above and "@" in above[-1].text else None
    return found[0] if found and not found[1] else None


def _documented_variables(source: bytes, captures: Captures, outline: Outline) -> Iterator[Binding]:
    """Variables that a comment declares by name: `/** @var Jar $jar */`."""
    for comment in captures.comments if b"@var" in source else ():
        text = (comment.text or b"").decode("utf-8", "replace")
        if "@var" in text and (found := documented_variable(text)) and found[1]:
            where = Position(*comment.end_point)
            yield Binding(found[1], outline.scope_at(comment.start_byte), Range(where, where), found[0])


def _type_and_value(language: Language, source: bytes, definition: Definition) -> tuple[str | None, str | None]:
    """The type and the value that are written beside a bound name."""
    kind, name, node, operand = definition
    if operand is None and kind in _DERIVED:
        operand = node.child_by_field_name("right") or node.named_children[0]
    if operand is not None:
        text = one_line(source, operand, MAX_VALUE_LENGTH)
        value = _DERIVED.get(kind, "{}").format(text) if "…" not in text else None
        return _type_text(source, find_child(language, node, language.annotations)), value
    if node.start_byte == name.start_byte and node.end_byte == name.end_byte:
        return None, None
    annotation = find_child(language, node, language.annotations)
    assigned = find_child(language, node, language.values)
    if annotation is None or assigned is None:
        # In `Foo a = new Foo()` the type is in an outer node. Search downwards: tree-sitter finds a node's parent by
        # descending from the root.
        inner = node.child_with_descendant(name)
        while inner is not None and inner.id != name.id:
            annotation = annotation or find_child(language, inner, language.annotations)
            assigned = assigned or find_child(language, inner, language.values)
            inner = inner.child_with_descendant(name)
    if assigned is not None and assigned.type == "expression_list" and assigned.named_child_count > 1:
        assigned = None  # Go's `a, b = f(), g()`
    if kind == "parameter" and assigned is not None and not _DEFAULT_OBJECT.search(assigned.type):
        assigned = None
    value = one_line(source, assigned, MAX_VALUE_LENGTH) if assigned is not None else None
    return _type_text(source, annotation), value


def _type_text(source: bytes, annotation: tree_sitter.Node | None) -> str | None:
    text = one_line(source, annotation).lstrip(": ") if annotation is not None else ""
    return text if text and text not in INFERRED_TYPES else None
