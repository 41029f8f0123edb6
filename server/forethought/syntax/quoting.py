"""Code from the syntax tree on one line: as written, without comments, and with `…` for bodies inside of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import tree_sitter

from forethought.syntax.behavior_rules import BehaviorRules

_BODIES = frozenset({"closure", "define", "opaque", "if", "unless", "switch", "try", "begin", "shell_case", "block"})
_STRING_LISTS = frozenset({"concatenated_string", "chained_string", "string_array"})
_NEEDS_WORK = re.compile(rb"[\n\t]|  |/\*|//|\x00")
_CHAIN = re.compile(r"\s*\n\s*(?=(?:\?\.|!!\.|\.|->|&\.|\?->|::)\w)")
_ONE_ELEMENT = re.compile(r"\(([^(),]*),\s*\n\s*\)")
_OPENED = re.compile(r"([(\[])\s*\n\s*")
_CLOSED = re.compile(r",?\s*\n\s*([)\]])")
_BRACES = re.compile(r",\s*\n\s*\}")
_KEPT = re.compile(r"\x00(\d+)\x00")


@dataclass(frozen=True, slots=True)
class Quoter:
    """Quotes the nodes of one file's tree."""

    rules: BehaviorRules
    source: bytes

    def text(self, node: tree_sitter.Node) -> str:
        """As written."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def slice(self, start: int, end: int) -> str:
        """What is written between two bytes, on one line."""
        return one_line(self.source[start:end].decode("utf-8", "replace"))

    def quote(self, node: tree_sitter.Node) -> str:
        """On one line, without comments and a final semicolon; bodies of several lines are `{…}`, strings are cut."""
        written = self.source[node.start_byte : node.end_byte]
        if not _NEEDS_WORK.search(written):
            return written.decode("utf-8", "replace").rstrip(";").strip()
        return self._joined(node.start_byte, node.end_byte, self._cuts(node))

    def quote_until(self, node: tree_sitter.Node, start: int, end: int) -> str:
        """The same of a part of the node's text."""
        inside = [cut for cut in self._cuts(node) if cut[0] >= start and cut[1] <= end]
        return self._joined(start, end, inside)

    def _joined(self, start: int, end: int, cuts: Iterable[tuple[int, int, str]]) -> str:
        pieces: list[str] = []
        kept: list[str] = []
        at = start
        for cut_start, cut_end, text in sorted(cuts):
            if cut_start < at:
                continue
            pieces.append(self.source[at:cut_start].decode("utf-8", "replace").replace("\x00", ""))
            if text.isspace():
                pieces.append(text)
            else:
                kept.append(text)
                pieces.append(f"\x00{len(kept) - 1}\x00")
            at = cut_end
        pieces.append(self.source[at:end].decode("utf-8", "replace").replace("\x00", ""))
        line = _KEPT.sub(lambda found: kept[int(found[1])], one_line("".join(pieces)))
        return line.rstrip(";").strip()

    def _cuts(self, node: tree_sitter.Node) -> Iterator[tuple[int, int, str]]:
        """(start, end, what is written in its place) of comments, strings and bodies."""
        waiting = [node]
        while waiting:
            inner = waiting.pop()
            kind = inner.type
            several_lines = inner.start_point.row < inner.end_point.row
            role = self._role(inner) if several_lines else ""
            if "comment" in kind:
                yield inner.start_byte, inner.end_byte, "\n" if several_lines else " "
            elif is_string(kind):
                yield inner.start_byte, inner.end_byte, self._string(inner)
            elif role == "closure" or (role in _BODIES and inner is not node):
                cut = self._body_cut(inner)
                yield cut
                waiting += [child for child in inner.children if child.end_byte <= cut[0]]
            else:
                waiting += inner.children

    def _string(self, node: tree_sitter.Node) -> str:
        text = self.text(node)
        if "\n" not in text:
            return text
        first = text.partition("\n")[0].rstrip()
        closing = re.search(r"(?:\"{1,3}|'{1,3}|`|\]=*\]|#*)$", text)
        return f"{first}…{closing[0] if closing else ''}"

    def _role(self, node: tree_sitter.Node) -> str:
        role = self.rules.roles.get(node.type)
        return role[0] if role is not None else ""

    def _body_cut(self, node: tree_sitter.Node) -> tuple[int, int, str]:
        role = self.rules.roles[node.type]
        body = None
        if role[0] in ("closure", "define"):
            part = role[1] if role[0] == "closure" and len(role) > 1 else role[3] if len(role) > 3 else "body"
            body = node.child_by_field_name(part)
        if body is None:
            return node.start_byte, node.end_byte, self._abridged(node)
        written = self.source[body.start_byte : body.start_byte + 1]
        return body.start_byte, body.end_byte, "{…}" if written == b"{" else "…"

    def _abridged(self, node: tree_sitter.Node) -> str:
        """`{ x -> …}`, `match x {…}`: the beginning of the first line."""
        first = self.text(node).partition("\n")[0].strip()
        opening = first.find("{")
        if opening >= 0:
            arrow = first.rfind("->")
            return f"{first[: arrow + 2]} …}}" if arrow > opening else f"{first[: opening + 1]}…}}"
        return f"{first} …"


def is_string(kind: str) -> bool:
    """Whether nodes of this type are strings, whose text is never touched."""
    return ("string" in kind or "heredoc" in kind or kind == "regex") and kind not in _STRING_LISTS


def one_line(text: str) -> str:
    """Without line breaks: chains and brackets are joined as one would write them on one line."""
    if "\n" in text:
        text = _ONE_ELEMENT.sub(r"(\1,)", text)
        text = _CHAIN.sub("", text)
        text = _OPENED.sub(r"\1", text)
        text = _CLOSED.sub(r"\1", text)
        text = _BRACES.sub(" }", text)
    return " ".join(text.split())
