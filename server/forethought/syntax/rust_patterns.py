"""What the names in a Rust pattern are bound to, as expressions of what the pattern is matched with, and from where on.

Three functions that no program can call stand for what Rust has no expression for. Their names are keywords:

    ref(Shape::Circle, 0)        the part of a variant or struct: a position, or the name of a field
    move(jars.iter().map, 0, 1)  the second parameter of the closure that is the first argument of a call
    for(jars)                    an element
"""

from collections.abc import Sequence

import tree_sitter

from forethought.syntax.captures import Definition
from forethought.syntax.nodes import NodeSpans, node_range, one_line
from forethought.syntax.tags import Range

PART, PARAMETER, ELEMENT = "ref", "move", "for"
_MAX_LENGTH = 400
_WRAPPED = frozenset({"Some", "Ok"})
_TRANSPARENT = frozenset({"match_pattern", "ref_pattern", "mut_pattern", "reference_pattern", "or_pattern"})
_DELAYED = frozenset({"let_declaration", "let_condition", "for_expression"})
"""Statements whose names are not visible in the value that they match."""


class Patterns:
    """The patterns of a file."""

    def __init__(self, source: bytes, patterns: Sequence[Definition]) -> None:
        self._source = source
        self._spans = NodeSpans([pattern.name for pattern in patterns])
        self._statements = {pattern.name.start_byte: pattern.node for pattern in patterns}

    def visible_in(self, name: tree_sitter.Node, block: Range | None) -> Range | None:
        """The part of the block around a name in which the name is visible: what follows its statement."""
        pattern = self._spans.innermost(name.start_byte)
        statement = self._statements[pattern.start_byte] if pattern is not None else None
        if block is None or statement is None or statement.type not in _DELAYED:
            return block
        value = statement.child_by_field_name("value") if statement.type == "for_expression" else statement
        after = node_range(value or statement).end
        return Range(after, block.end) if block.start <= after < block.end else block

    def value(self, name: tree_sitter.Node) -> str | None:
        """What a name in a pattern is bound to; None if it is in none or that cannot be said."""
        pattern = self._spans.innermost(name.start_byte)
        if pattern is None:
            return None
        whole = self._matched(pattern, self._statements[pattern.start_byte])
        text = self._part(pattern, name, whole) if whole is not None else None
        return text if text is not None and len(text) <= _MAX_LENGTH and "…" not in text else None

    def _matched(self, pattern: tree_sitter.Node, statement: tree_sitter.Node) -> str | None:
        """The expression that a pattern is matched with."""
        if statement.type == "call_expression":
            return self._parameter(pattern, statement)
        value = statement.child_by_field_name("value")
        if value is None or (statement.type == "let_declaration" and statement.child_by_field_name("type") is not None):
            return None
        text = self._text(value)
        return f"{ELEMENT}({text})" if statement.type == "for_expression" else text

    def _parameter(self, pattern: tree_sitter.Node, call: tree_sitter.Node) -> str | None:
        callee, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        if callee is None or arguments is None:
            return None
        for index, argument in enumerate(arguments.named_children):
            parameters = argument.child_by_field_name("parameters")
            for position, parameter in enumerate(parameters.named_children if parameters is not None else ()):
                if parameter.start_byte == pattern.start_byte:
                    return f"{PARAMETER}({self._text(callee)}, {index}, {position})"
        return None

    def _part(self, pattern: tree_sitter.Node, name: tree_sitter.Node, whole: str) -> str | None:
        """The part of an expression that a pattern binds a name to."""
        if pattern.start_byte == name.start_byte and pattern.end_byte == name.end_byte:
            return whole
        children = pattern.named_children
        if pattern.type == "captured_pattern" and children[0].start_byte == name.start_byte:
            return whole
        inner = next((child for child in children if child.start_byte <= name.start_byte < child.end_byte), None)
        if inner is None:
            return None
        kind = pattern.child_by_field_name("type")
        part: str | None = None
        if pattern.type in _TRANSPARENT or pattern.type == "captured_pattern":
            part = whole
        elif pattern.type in ("tuple_pattern", "tuple_struct_pattern"):
            before = [child for child in children if child.end_byte <= inner.start_byte and child != kind]
            if any(child.type == "remaining_field_pattern" for child in before):
                return None
            if kind is None:
                part = f"({whole}).{len(before)}"
            elif self._text(kind) in _WRAPPED:
                part = f"({whole}).unwrap()"
            else:
                part = f"{PART}({self._text(kind)}, {len(before)})" if self._text(kind) != "Err" else None
        elif pattern.type == "struct_pattern" and kind is not None:
            field = inner.child_by_field_name("name")
            part = f"{PART}({self._text(kind)}, {self._text(field)})" if field is not None else None
            inner = inner.child_by_field_name("pattern") or name
        elif pattern.type == "slice_pattern":
            part = f"({whole})[0]"
        return self._part(inner, name, part) if part is not None else None

    def _text(self, node: tree_sitter.Node) -> str:
        return one_line(self._source, node, _MAX_LENGTH)
