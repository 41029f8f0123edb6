"""The local names and attributes that a file binds, with their types and values as written."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import tree_sitter

from forethought.syntax import go_bindings
from forethought.syntax.block_scopes import BlockScopes
from forethought.syntax.captures import Captures, Definition
from forethought.syntax.doc_comments import LeadingLines
from forethought.syntax.doc_types import documented_variable
from forethought.syntax.languages import Language
from forethought.syntax.nodes import find_child, one_line
from forethought.syntax.outline import Outline
from forethought.syntax.rust_patterns import Patterns
from forethought.syntax.symbol_kinds import FIELD_KINDS, TYPE_KINDS
from forethought.syntax.tags import Binding, Position, Range, visible
from forethought.syntax.value_origins import read_origins

MAX_VALUE_LENGTH = 200

_DERIVED = {"element": "next(iter({}))", "entered": "({}).__enter__()", "caught": "({})()"}
"""What Python's `for`, `with … as` and `except … as` bind, as an expression of what is written beside the name."""

_PATTERNS = frozenset({"pattern_list", "tuple_pattern", "list_pattern"})
"""Node types of Python's targets that take a value apart."""

_DEFAULT_OBJECT = re.compile("call|creation")
"""Node types of defaults that say which class a parameter has."""

INFERRED_TYPES = frozenset({"var", "auto", "let", "val"})
"""Written where a type would be: the compiler infers the type."""


def read_bindings(
    language: Language,
    source: bytes,
    captures: Captures,
    outline: Outline,
    blocks: BlockScopes,
    patterns: Patterns,
    leading: LeadingLines,
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
    if language.name == "cpp":
        values |= {item.name.start_byte: item for item in outline.local_definitions if _is_initialized(item)}
    fields = {
        start: field
        for start, field in captures.fields.items()
        if field.kind in ("field", "property") and field.name.type != "simple_symbol"  # Ruby's `attr_reader :size`
    }
    types = {symbol.id for symbol in outline.symbols if symbol.kind in TYPE_KINDS}
    origins = read_origins(source, captures.origins)
    bindings: list[Binding] = []
    assigned: set[int] = set()
    """Indices of the bindings of variables that are declared elsewhere."""
    for kind, name, node, operand in (fields | captures.bindings | values).values():
        start, end = Position(*name.start_point), Position(*name.end_point)
        scope = parents[end] if end in parents else outline.scope_at(name.start_byte)
        if name == node and name.start_byte in captures.definitions:
            continue  # a symbol
        unnamed = go_bindings.unnamed_struct(node) if kind == "field" and language.name == "go" else None
        if kind in FIELD_KINDS and scope not in types and unnamed is None:
            continue  # a property of a type in a function's parameters
        if kind == "type_parameter" and not scope and blocks.around(name, node, 0) is None:
            continue  # a file has none: the text around it could not be parsed
        if kind == "global":
            continue
        if global_names and (scope, name.text) in global_names:
            scope = ""
        annotation, value = _type_and_value(language, source, Definition(kind, name, node, operand))
        if annotation is None and value is None and name.start_byte in origins:
            annotation, value = origins[name.start_byte]
        annotation = annotation or _documented_type(language, leading, name)
        if annotation is None and (matched := patterns.value(name)) is not None:
            value = matched
        text = one_line(source, name, MAX_VALUE_LENGTH).replace("->", ".")
        text = f"{unnamed[0]}.{text}" if unnamed is not None else text
        is_attribute = "." in text or text.startswith("@")
        bindings.append(
            Binding(
                name=text,
                scope=scope,
                range=Range(start, end),
                annotation=annotation,
                value=value,
                seen_in=None if is_attribute else blocks.around(name, node, scope_starts[scope] + 1),
                is_type=kind == "type_parameter",
            )
        )
        if kind == "assigned":
            assigned.add(len(bindings) - 1)
    around = {symbol.id: symbol.parent for symbol in outline.symbols[1:] if symbol.id not in types}
    bindings = [*_with_declared_scopes(bindings, assigned, around), *_documented_variables(source, captures, outline)]
    bindings.sort(key=lambda binding: binding.range)
    return tuple(bindings)


def _is_initialized(definition: Definition) -> bool:
    """Whether C++'s `Foo x(y);` in a function is a variable: all that its brackets enclose may be values."""
    if definition.kind != "function" or definition.node.type != "declaration":
        return False
    declarator = definition.node.child_by_field_name("declarator")
    passed = declarator.child_by_field_name("parameters") if declarator is not None else None
    items = passed.named_children if passed is not None else []
    return bool(items) and all(_may_be_value(item) for item in items)


def _may_be_value(parameter: tree_sitter.Node) -> bool:
    kinds = [part.type for part in parameter.named_children]
    return kinds[:1] in (["type_identifier"], ["qualified_identifier"]) and kinds[1:] in (
        [],
        ["abstract_function_declarator"],
    )


def _with_declared_scopes(
    bindings: Sequence[Binding], assigned: Collection[int], parents: Mapping[str, str]
) -> list[Binding]:
    """The bindings, with each of the `assigned` ones visible wherever the variable that it assigns to is.

    One in a function around which the variable is declared has no value: that may depend on names of the function.
    """
    declared: dict[tuple[str, str], list[Binding]] = {}
    for index, binding in enumerate(bindings):
        if index not in assigned:
            declared.setdefault((binding.scope, binding.name), []).append(binding)
    placed = []
    for index, binding in enumerate(bindings):
        scope: str | None = binding.scope if index in assigned else None
        while scope is not None:
            if around := visible(declared.get((scope, binding.name), ()), binding.range.start):
                value = binding.value if scope == binding.scope else None
                binding = replace(binding, scope=scope, seen_in=around[0].seen_in, value=value)
                break
            scope = parents.get(scope) if scope else None
        placed.append(binding)
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
    if language.name == "go":
        return go_bindings.read_type_and_value(source, name, node)
    if language.name == "python" and kind == "local" and name.parent is not None and name.parent.type in _PATTERNS:
        return None, _part(source, name)
    if kind == "type_parameter":
        bound = node.child_by_field_name("constraint")
        return (one_line(source, bound).removeprefix("extends ") if bound is not None else None), None
    if operand is None and kind in _DERIVED:
        operand = node.child_by_field_name("right") or node.named_children[0]
    if operand is not None:
        text = one_line(source, operand, MAX_VALUE_LENGTH)
        if kind == "element" and operand.type == "expression_list":  # `for jar in first, second`
            text = f"({text})"
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
    if kind == "parameter" and assigned is not None and not _DEFAULT_OBJECT.search(assigned.type):
        assigned = None
    value = one_line(source, assigned, MAX_VALUE_LENGTH) if assigned is not None else None
    return _type_text(source, annotation), value


def _part(source: bytes, name: tree_sitter.Node) -> str | None:
    """What a name in a Python pattern is bound to, as an expression: `(pair())[1]` for `b` in `a, b = pair()`."""
    places: list[int] = []
    node, around = name, name.parent
    while around is not None and around.type in _PATTERNS:
        before = around.named_children[: around.named_children.index(node)]
        if node.type == "list_splat_pattern" or any(item.type == "list_splat_pattern" for item in before):
            return None
        places.insert(0, len(before))
        node, around = around, around.parent
    value = around.child_by_field_name("right") if around is not None else None
    if around is None or value is None:
        return None
    if around.type in ("for_statement", "for_in_clause"):
        form = _DERIVED["element"]
    elif around.type == "assignment":
        form = "({})"
        while places and value.type in ("expression_list", "tuple", "list") and places[0] < value.named_child_count:
            if any(item.type == "list_splat" for item in value.named_children):
                return None
            value = value.named_children[places.pop(0)]
    else:
        return None
    text = one_line(source, value, MAX_VALUE_LENGTH)
    if "…" in text:
        return None
    if not places and form == "({})":
        return text
    if value.type == "expression_list":
        text = f"({text})"
    return form.format(text) + "".join(f"[{place}]" for place in places)


def _type_text(source: bytes, annotation: tree_sitter.Node | None) -> str | None:
    text = one_line(source, annotation).lstrip(": ") if annotation is not None else ""
    return text if text and text not in INFERRED_TYPES else None
