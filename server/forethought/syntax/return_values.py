"""What a function gives back: the values of its return and yield statements, and its last expression where that counts.

A function without a name inside it returns for itself: its statements are not counted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import tree_sitter

from forethought.syntax.languages import Language
from forethought.syntax.lines import collapse
from forethought.syntax.tags import Symbol

_LONGEST = 80
_DEEPEST = 12
_CALLABLE_KINDS = frozenset({"function", "method", "macro"})
_WRAPPERS = frozenset({"function_body", "arrow_expression_clause", "parenthesized_expression"})
_GIVES_NOTHING = frozenset({"return", "return_expression", "let_declaration", "empty_statement", "line_comment"})
_NEVER_RETURN = ("raise", "panic!", "todo!", "unreachable!", "unimplemented!", "fail")
_CLAUSES = frozenset({"rescue", "ensure"})


class _Scopes(Protocol):
    def scope_at(self, byte: int) -> str: ...


def with_results(
    symbols: Sequence[Symbol],
    scopes: _Scopes,
    source: bytes,
    returns: Iterable[tree_sitter.Node],
    yields: Iterable[tree_sitter.Node],
    closures: Iterable[tree_sitter.Node],
) -> list[Symbol]:
    """The symbols with what their bodies return and yield; statements, then the last expression they already have."""
    spans = sorted((node.start_byte, node.end_byte) for node in closures)
    bodies = {symbol.id: symbol.body.start for symbol in symbols if symbol.body and symbol.kind in _CALLABLE_KINDS}
    returned = _by_scope(scopes, source, returns, spans, bodies)
    yielded = _by_scope(scopes, source, yields, spans, bodies)
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
    """What a body gives back without a statement: `x + 1` of `x => x + 1`; in Rust and Ruby each branch's end."""
    if body is None:
        return ()
    if language.blocks:
        while body.type in _WRAPPERS and body.named_child_count == 1:
            body = body.named_children[0]
        found: Iterable[tree_sitter.Node] = () if body.type in language.blocks else (body,)
    elif language.results:
        found = _last(body, 0) if _gives_a_value(language, body) else ()
    else:
        return ()
    texts = (_text(source, node.start_byte, node.end_byte) for node in found)
    return tuple(dict.fromkeys(text for text in texts if text and not text.startswith(_NEVER_RETURN)))


def _gives_a_value(language: Language, body: tree_sitter.Node) -> bool:
    """Rust's `fn f() { … }` gives nothing, whatever stands last."""
    owner = body.parent
    return "return_type" not in language.fields or (
        owner is not None and owner.child_by_field_name("return_type") is not None
    )


def _last(node: tree_sitter.Node, depth: int) -> Iterator[tree_sitter.Node]:
    """The expressions that may be the value of a block, branch by branch."""
    if depth > _DEEPEST or node.type in _GIVES_NOTHING:
        return
    if node.type == "expression_statement":
        if node.named_child_count and node.children[-1].type != ";":
            yield from _last(node.named_children[0], depth + 1)
        return
    branches = _branches(node)
    if branches is None:
        yield node
        return
    for branch in branches:
        yield from _last(branch, depth + 1)


def _branches(node: tree_sitter.Node) -> list[tree_sitter.Node] | None:
    """The parts that give the node its value; None when it is an expression of its own."""
    children = [child for child in node.named_children if "comment" not in child.type]
    match node.type:
        case "block" | "body_statement" | "then" | "else" | "begin" | "unsafe_block" | "block_body":
            own = [child for child in children if child.type not in _CLAUSES and child.type != "else"]
            rescued = [inner for child in children if child.type == "rescue" for inner in child.named_children[-1:]]
            alternative = [child for child in children if child.type == "else"]
            return [*(alternative or own[-1:]), *(child for child in rescued if child.type == "then")]
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


def _by_scope(
    scopes: _Scopes,
    source: bytes,
    statements: Iterable[tree_sitter.Node],
    closures: Sequence[tuple[int, int]],
    bodies: dict[str, int],
) -> dict[str, dict[str, None]]:
    """Symbol id → texts of the values, in order. One sweep over statements and closures."""
    found: dict[str, dict[str, None]] = {}
    inside: list[tuple[int, int]] = []
    place = 0
    for node in sorted(statements, key=lambda node: node.start_byte):
        at = node.start_byte
        while place < len(closures) and closures[place][0] <= at:
            inside.append(closures[place])
            place += 1
        inside = [span for span in inside if span[1] > at] if inside and inside[-1][1] <= at else inside
        scope = scopes.scope_at(at)
        body = bodies.get(scope)
        innermost = next((start for start, end in reversed(inside) if end > at), -1)
        if body is None or innermost >= body:
            continue
        if text := _value(source, node):
            found.setdefault(scope, {})[text] = None
    return found


def _value(source: bytes, statement: tree_sitter.Node) -> str:
    """The text of what follows the keyword."""
    values = [child for child in statement.named_children if "comment" not in child.type]
    if values and values[0].type == "command_name":
        values = values[1:]
    if not values:
        return ""
    start = values[0].start_byte
    keyword = source[statement.start_byte : start].rstrip()
    delegates = "from " if keyword.endswith(b"from") else "* " if keyword.endswith(b"*") else ""
    return delegates + _text(source, start, values[-1].end_byte)


def _text(source: bytes, start: int, end: int) -> str:
    """Source on one line, cut with an ellipsis when it is long."""
    return collapse(source[start : min(end, start + 8 * _LONGEST)].decode("utf-8", "replace"), _LONGEST)
