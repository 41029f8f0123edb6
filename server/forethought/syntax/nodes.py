"""The text and the children of syntax nodes."""

import re
from bisect import bisect_right
from collections.abc import Sequence

import tree_sitter

from forethought.syntax.languages import Language
from forethought.syntax.tags import Position, Range

MAX_SIGNATURE_LENGTH = 400

_BLANK = re.compile(r"""(?P<quoted>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\s+""")


def one_line(source: bytes, node: tree_sitter.Node, max_length: int = MAX_SIGNATURE_LENGTH) -> str:
    """The node's text on one line: see `collapse`."""
    return line_between(source, node.start_byte, node.end_byte, max_length)


def line_between(source: bytes, start: int, end: int, max_length: int) -> str:
    """The source between two byte offsets on one line: see `collapse`."""
    # Decode no more than is shown: a literal may be megabytes long.
    return collapse(source[start : min(end, start + 8 * max_length)].decode("utf-8", "replace"), max_length)


def collapse(text: str, max_length: int) -> str:
    """Collapse whitespace outside single-line strings; longer text is cut to `max_length`, ending in an ellipsis."""
    if len(text) <= max_length and text.isidentifier():
        return text  # most texts
    text = text[: 8 * max_length]
    if '"' in text or "'" in text:
        line = _BLANK.sub(lambda match: match["quoted"] or " ", text).strip()
    else:
        line = " ".join(text.split())
    return line if len(line) <= max_length else line[: max_length - 1].rstrip() + "…"


def find_child(language: Language, node: tree_sitter.Node, names: Sequence[str]) -> tree_sitter.Node | None:
    """The child in the first of these fields that the node has.

    Names that are not fields of the grammar are node types; the last child of one of those types is the fallback.
    """
    node_types = []
    for name in names:
        if name not in language.fields:
            node_types.append(name)
        elif (child := node.child_by_field_name(name)) is not None:
            return child
    if not node_types:
        return None
    return next((child for child in reversed(node.named_children) if child.type in node_types), None)


def node_range(node: tree_sitter.Node) -> Range:
    """Where the node is."""
    return Range(Position(*node.start_point), Position(*node.end_point))


class NodeSpans:
    """Nodes that may nest but not overlap otherwise, found by a byte offset inside them."""

    def __init__(self, nodes: Sequence[tree_sitter.Node]) -> None:
        self._nodes = sorted(nodes, key=lambda node: node.start_byte)
        self._starts = [node.start_byte for node in self._nodes]
        self._parents: list[int] = []
        """For each node the index of the one around it, or -1."""
        open_nodes: list[int] = []
        for index, node in enumerate(self._nodes):
            while open_nodes and self._nodes[open_nodes[-1]].end_byte <= node.start_byte:
                open_nodes.pop()
            self._parents.append(open_nodes[-1] if open_nodes else -1)
            open_nodes.append(index)

    def innermost(self, byte: int, not_before: int = 0) -> tree_sitter.Node | None:
        """The innermost node around the byte; None if there is none, or if it starts before `not_before`."""
        index = bisect_right(self._starts, byte) - 1
        while index >= 0 and self._nodes[index].end_byte <= byte:
            index = self._parents[index]
        return self._nodes[index] if index >= 0 and self._starts[index] >= not_before else None
