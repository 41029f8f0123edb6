"""The values that functions return and yield: those of their statements, and of a final expression where that counts.

The statements of anonymous functions do not count for the function around them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import tree_sitter

from forethought.syntax.languages import Language
from forethought.syntax.nodes import NodeSpans, line_between
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import Symbol

_MAX_LENGTH = 80
_MAX_DEPTH = 12
_WRAPPERS = frozenset({"function_body", "arrow_expression_clause", "parenthesized_expression"})
_VALUELESS = frozenset({"return", "return_expression", "let_declaration", "empty_statement", "line_comment"})
_NEVER_RETURN = ("raise", "panic!", "todo!", "unreachable!", "unimplemented!", "fail")
_CLAUSES = frozenset({"rescue", "ensure"})


class _Scopes(Protocol):
    def scope_at(self, byte: int) -> str: ...


def with_return_values(
    symbols: Sequence[Symbol],
    scopes: _Scopes,
    source: bytes,
    returns: Iterable[tree_sitter.Node],
    yields: Iterable[tree_sitter.Node],
    closures: NodeSpans,
) -> list[Symbol]:
    """The symbols with what their bodies return and yield: the statements' values, then a final expression's."""
    bodies = {symbol.id: symbol.body.start for symbol in symbols if symbol.body and symbol.kind in FUNCTION_KINDS}
    returned = _values_by_function(scopes, source, returns, closures, bodies)
    yielded = _values_by_function(scopes, source, yields, closures, bodies)
    return [
        replace(
            symbol,
            returned=tuple(dict.fromkeys((*returned.get(symbol.id, ()), *symbol.returned))),
            yielded=tuple(yielded.get(symbol.id, ())),
        )
        if symbol.id in returned or symbol.id in yielded
        else symbol
        for symbol in symbols
    ]


def last_expressions(language: Language, source: bytes, body: tree_sitter.Node | None) -> tuple[str, ...]:
    """What a body returns without a statement: `x + 1` in `x => x + 1`; in Rust and Ruby, each branch's last value."""
    if body is None:
        return ()
    nodes: Iterable[tree_sitter.Node] = ()
    if language.blocks:
        while body.type in _WRAPPERS and body.named_child_count == 1:
            body = body.named_children[0]
        nodes = () if body.type in language.blocks else (body,)
    elif language.results and _has_value(language, body):
        nodes = _last_nodes(body, 0)
    texts = (line_between(source, node.start_byte, node.end_byte, _MAX_LENGTH) for node in nodes)
    return tuple(dict.fromkeys(text for text in texts if text and not text.startswith(_NEVER_RETURN)))


def _has_value(language: Language, body: tree_sitter.Node) -> bool:
    """False for Rust's `fn f() { … }`, which returns nothing whatever its last expression is."""
    owner = body.parent
    return "return_type" not in language.fields or (
        owner is not None and owner.child_by_field_name("return_type") is not None
    )


def _last_nodes(node: tree_sitter.Node, depth: int) -> Iterator[tree_sitter.Node]:
    """The expressions that may be the value of a block, branch by branch."""
    if depth > _MAX_DEPTH or node.type in _VALUELESS:
        return
    if node.type == "expression_statement":
        if node.named_child_count and node.children[-1].type != ";":
            yield from _last_nodes(node.named_children[0], depth + 1)
        return
    branches = _branches(node)
    if branches is None:
        yield node
        return
    for branch in branches:
        yield from _last_nodes(branch, depth + 1)


def _branches(node: tree_sitter.Node) -> list[tree_sitter.Node] | None:
    """The parts that may give the node its value; None for an expression that is itself the value."""
    children = [child for child in node.named_children if "comment" not in child.type]
    match node.type:
        case "block" | "body_statement" | "then" | "else" | "begin" | "unsafe_block" | "block_body":
            statements = [child for child in children if child.type not in _CLAUSES and child.type != "else"]
            rescued = [inner for child in children if child.type == "rescue" for inner in child.named_children[-1:]]
            alternative = [child for child in children if child.type == "else"]
            return [*(alternative or statements[-1:]), *(child for child in rescued if child.type == "then")]
        case "if_expression" | "if" | "unless" | "elsif":
            parts = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
            return [part for part in parts if part is not None]
        case "else_clause":
            return children[-1:]
        case "match_expression":
            arms = node.child_by_field_name("body")
            values = [arm.child_by_field_name("value") for arm in (arms.named_children if arms is not None else ())]
            return [value for value in values if value is not None]
        case "case" | "case_match":
            return [
                inner
                for child in children[1:]
                for inner in ([child] if child.type == "else" else child.named_children[-1:])
            ]
        case "if_modifier" | "unless_modifier":
            return children[:1]
    return None


def _values_by_function(
    scopes: _Scopes,
    source: bytes,
    statements: Iterable[tree_sitter.Node],
    closures: NodeSpans,
    bodies: dict[str, int],
) -> dict[str, dict[str, None]]:
    """Symbol id → texts of the values of its own statements, in order.

    bodies: symbol id → start byte of its body
    """
    values: dict[str, dict[str, None]] = {}
    for node in sorted(statements, key=lambda node: node.start_byte):
        scope = scopes.scope_at(node.start_byte)
        body = bodies.get(scope)
        if body is None or closures.innermost(node.start_byte, not_before=body) is not None:
            continue
        if text := _value(source, node):
            values.setdefault(scope, {})[text] = None
    return values


def _value(source: bytes, statement: tree_sitter.Node) -> str:
    """The text after the keyword."""
    values = [child for child in statement.named_children if "comment" not in child.type]
    if values and values[0].type == "command_name":
        values = values[1:]
    if not values:
        return ""
    start = values[0].start_byte
    keyword = source[statement.start_byte : start].rstrip()
    delegates = "from " if keyword.endswith(b"from") else "* " if keyword.endswith(b"*") else ""
    return delegates + line_between(source, start, values[-1].end_byte, _MAX_LENGTH)
