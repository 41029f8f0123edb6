"""From the definitions that a query found to a file's symbols: nesting, names, signatures, documentation."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import tree_sitter

from forethought.index.docs import LeadingLines, clean_comment, clean_docstring
from forethought.index.languages import Language
from forethought.index.tags import Position, Range, Span, Symbol

CLASS_KINDS = frozenset({"class", "interface", "enum", "struct", "trait", "type"})
CALLABLE_KINDS = frozenset({"function", "method", "macro"})
_VALUE_KINDS = frozenset({"variable", "constant"})
# A deeper definition is left out: names of thousands of nested functions would grow quadratically.
_DEEPEST = 40
_LONGEST_SIGNATURE = 400
_SEPARATOR = re.compile(r"::|->|[.:\\]")
_GENERICS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
_NOT_A_SCOPE = frozenset({"", "this", "module", "exports", "prototype", "window", "globalThis"})
_BASE_WORDS = re.compile(r"^(?:(?:extends|implements|public|private|protected|virtual|with)\b|[:<(])\s*")
_SPACE = re.compile(r"\s+")


class Definition(NamedTuple):
    """What one match of the tags query defines."""

    kind: str
    name: tree_sitter.Node
    node: tree_sitter.Node


@dataclass(slots=True)
class Outline:
    """A file's symbols, and which one encloses a byte."""

    symbols: list[Symbol]
    demoted: list[Definition]
    """Variables inside functions or classes: names that are bound, no symbols."""
    names: set[int]
    """Start bytes of the identifiers that name a symbol."""
    claimed: frozenset[int]
    """Start bytes of the comments that document a symbol."""
    _bounds: list[int] = field(default_factory=lambda: [0])
    _scopes: list[str] = field(default_factory=lambda: [""])

    def scope_at(self, byte: int) -> str:
        """Id of the innermost symbol around the byte."""
        return self._scopes[bisect_right(self._bounds, byte) - 1]

    def enter_scope(self, byte: int, symbol_id: str) -> None:
        """From this byte on, until the next call, the symbol is the innermost one. Bytes come in order."""
        self._bounds.append(byte)
        self._scopes.append(symbol_id)


@dataclass(slots=True)
class _Draft:
    """A definition with its extent, before it has a parent."""

    kind: str
    name: tree_sitter.Node
    node: tree_sitter.Node
    outer: tree_sitter.Node
    start_byte: int
    start: Position
    end_byte: int
    end: Position
    doc: str | None


@dataclass(slots=True)
class _Open:
    """An enclosing scope while the definitions are swept in order."""

    end_byte: int
    name: str
    kind: str
    id: str


def read_outline(
    language: Language,
    source: bytes,
    definitions: Iterable[Definition],
    containers: Iterable[Definition],
    leading: LeadingLines,
    comments: Sequence[tuple[int, int]],
) -> Outline:
    """containers: what prefixes the names inside without being a symbol (Rust's `impl`)
    comments: byte ranges of all comments, in order; they are cut out of signatures"""
    claimed: set[int] = set()
    drafts = [_draft(language, source, definition, leading, claimed) for definition in definitions]
    drafts += [_container(container) for container in containers]
    drafts.sort(key=lambda draft: (draft.start_byte, -draft.end_byte))

    outline = Outline([_file_symbol(source)], [], set(), frozenset(claimed))
    used: dict[str, int] = {}
    known_kinds: dict[str, str] = {}
    stack = [_Open(len(source) + 1, "", "file", "")]
    for draft in drafts:
        while stack[-1].end_byte <= draft.start_byte and len(stack) > 1:
            outline.enter_scope(stack.pop().end_byte, stack[-1].id)
        around = stack[-1]
        if draft.end_byte > around.end_byte:
            continue  # an error in the text made two definitions overlap
        own, selection_length = _own_name(language, draft)
        if not own:
            continue
        qualified = f"{around.name}.{own}" if around.name else own
        if draft.kind == "scope":
            stack.append(_Open(draft.end_byte, qualified, "scope", around.id))
            continue
        if _is_demoted(draft.kind, around.kind) or len(stack) > _DEEPEST:
            outline.demoted.append(Definition(draft.kind, draft.name, draft.node))
            continue
        kind = _final_kind(draft.kind, own, around, known_kinds)
        used[qualified] = used.get(qualified, 0) + 1
        if draft.kind in _VALUE_KINDS and used[qualified] > 1:
            outline.demoted.append(Definition(draft.kind, draft.name, draft.node))
            continue
        symbol_id = qualified if used[qualified] == 1 else f"{qualified}#{used[qualified]}"
        known_kinds.setdefault(qualified, kind)
        symbol = _symbol(language, source, draft, symbol_id, qualified, kind, around.id, selection_length, comments)
        outline.symbols.append(symbol)
        outline.names.add(draft.name.end_byte - selection_length)
        outline.enter_scope(draft.start_byte, symbol_id)
        stack.append(_Open(draft.end_byte, qualified, kind, symbol_id))
    while len(stack) > 1:
        outline.enter_scope(stack.pop().end_byte, stack[-1].id)
    return outline


def _file_symbol(source: bytes) -> Symbol:
    last_line = source.rfind(b"\n") + 1
    end = Position(source.count(b"\n"), len(source) - last_line)
    start = Position(0, 0)
    whole, span = Range(start, end), Span(0, len(source))
    return Symbol("", "", "file", whole, Range(start, start), span, None, "", "")


def _draft(
    language: Language, source: bytes, definition: Definition, leading: LeadingLines, claimed: set[int]
) -> _Draft:
    outer = definition.node
    while (parent := outer.parent) is not None and parent.type in language.wrappers:
        if any(child.type == outer.type and child.start_byte != outer.start_byte for child in parent.named_children):
            break  # `const a = 1, b = 2`: neither owns the statement
        outer = parent
    start_byte, start = outer.start_byte, Position(*outer.start_point)
    first_on_line = not source[start_byte - start.column : start_byte].strip(b" \t\xef\xbb\xbf")
    above = leading.above(start.row, language.doc_prefixes) if first_on_line else []
    doc = None
    if above:
        start_byte, start = above[0].start_byte, above[0].start
        comments = [part for part in above if part.text]
        claimed.update(part.start_byte for part in comments)
        doc = clean_comment([part.text for part in comments]) if comments else None
    end_byte, end = _trimmed_end(source, outer)
    return _Draft(definition.kind, definition.name, definition.node, outer, start_byte, start, end_byte, end, doc)


def _container(container: Definition) -> _Draft:
    node = container.node
    start, end = Position(*node.start_point), Position(*node.end_point)
    return _Draft("scope", container.name, node, node, node.start_byte, start, node.end_byte, end, None)


def _trimmed_end(source: bytes, node: tree_sitter.Node) -> tuple[int, Position]:
    """The node's end without the line break that some grammars count in."""
    end_byte = node.end_byte
    if source[end_byte - 1 : end_byte] != b"\n" or end_byte - 1 <= node.start_byte:
        return end_byte, Position(*node.end_point)
    trimmed = end_byte - len(source[node.start_byte : end_byte]) + len(source[node.start_byte : end_byte].rstrip())
    row = node.end_point.row - source.count(b"\n", trimmed, end_byte)
    return trimmed, Position(row, trimmed - (source.rfind(b"\n", 0, trimmed) + 1))


def _own_name(language: Language, draft: _Draft) -> tuple[str, int]:
    """The name without its enclosing scopes (`A.f` for `A::f`), and the byte length of its last part."""
    raw = (draft.name.text or b"").decode("utf-8", "replace")
    if draft.name.named_child_count == 0:
        prefix = _receiver_type(draft.node)
        return (f"{prefix}.{raw}" if prefix else raw), draft.name.end_byte - draft.name.start_byte
    without = _SPACE.sub("", raw)
    while (shorter := _GENERICS.sub("", without)) != without:
        without = shorter
    parts = [part for part in _SEPARATOR.split(without) if part not in _NOT_A_SCOPE]
    if not parts:
        return "", 0
    last = raw.replace("::", ":").replace("->", ":").replace(".", ":").rpartition(":")[2].lstrip()
    return ".".join(parts), min(len(last.encode()), draft.name.end_byte - draft.name.start_byte)


def _receiver_type(node: tree_sitter.Node) -> str | None:
    """`Server` of Go's `func (s *Server[T]) Run()`."""
    receiver = node.child_by_field_name("receiver")
    if receiver is None or receiver.type != "parameter_list":
        return None
    words = re.findall(r"\w+", _GENERICS.sub("", (receiver.text or b"").decode("utf-8", "replace")))
    return words[-1] if words else None


def _is_demoted(kind: str, around: str) -> bool:
    if kind == "variable":
        return around not in ("file", "module")
    return kind == "constant" and (around in CALLABLE_KINDS or around in _VALUE_KINDS)


def _final_kind(kind: str, own: str, around: _Open, known_kinds: dict[str, str]) -> str:
    if kind == "function":
        owner = known_kinds.get(own.rpartition(".")[0], "") if "." in own else around.kind
        return "method" if owner in CLASS_KINDS or owner == "scope" else "function"
    if kind == "variable" and own.isupper():
        return "constant"
    return kind


def _symbol(
    language: Language,
    source: bytes,
    draft: _Draft,
    symbol_id: str,
    qualified: str,
    kind: str,
    parent: str,
    selection_length: int,
    comments: Sequence[tuple[int, int]],
) -> Symbol:
    holder = _holder(draft.node)
    body_node = None if kind in _VALUE_KINDS else _part(draft.node, holder, language.bodies)
    body = None
    if body_node is not None:
        body = Span(body_node.start_byte, min(_trimmed_end(source, body_node)[0], draft.end_byte))
    doc = draft.doc
    if language.docstrings and body_node is not None:
        doc = docstring(body_node) or doc
    name_end = Position(*draft.name.end_point)
    # A name that is split over lines keeps a selection on its last line.
    selection_start = Position(name_end.row, max(0, name_end.column - selection_length))
    parameters = _part(draft.node, holder, language.parameters)
    returns = _part(draft.node, holder, language.returns) if kind in CALLABLE_KINDS else None
    text = source[draft.start_byte : draft.end_byte].replace(b"\r\n", b"\n")
    return Symbol(
        id=symbol_id,
        name=qualified,
        kind=kind,
        range=Range(draft.start, draft.end),
        selection=Range(selection_start, name_end),
        span=Span(draft.start_byte, draft.end_byte),
        body=body,
        parent=parent,
        signature=_signature(language, source, draft, body, comments),
        doc=doc,
        parameters=_parameters(parameters) if parameters is not None and kind in CALLABLE_KINDS else (),
        returns=one_line(returns).lstrip("->: ").strip() or None if returns is not None else None,
        bases=_bases(draft.node, holder, language.bases) if kind in CLASS_KINDS else (),
        digest=hashlib.sha256(text).hexdigest()[:16],
    )


def docstring(body: tree_sitter.Node) -> str | None:
    """The string that stands first in a body."""
    first = next((child for child in body.named_children if child.type != "comment"), None)
    if first is None or first.type != "expression_statement" or first.named_child_count != 1:
        return None
    literal = first.named_children[0]
    return clean_docstring((literal.text or b"").decode("utf-8", "replace")) if literal.type == "string" else None


def one_line(node: tree_sitter.Node, longest: int = _LONGEST_SIGNATURE) -> str:
    """A node's text with whitespace collapsed."""
    return collapse((node.text or b"").decode("utf-8", "replace"), longest)


def collapse(text: str, longest: int = _LONGEST_SIGNATURE) -> str:
    """Text on one line, cut with an ellipsis when it is too long."""
    line = _SPACE.sub(" ", text[: 8 * longest]).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _holder(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """What carries parameters and body where the name stands outside: `f` of `const f = () => {}`."""
    return (
        node.child_by_field_name("value")
        or node.child_by_field_name("right")
        or node.child_by_field_name("type")
        or node.child_by_field_name("declarator")
    )


def _part(node: tree_sitter.Node, holder: tree_sitter.Node | None, names: Sequence[str]) -> tree_sitter.Node | None:
    """The first child with one of these field names or node types, of the node or of its holder."""
    for owner in (node, holder):
        if owner is None:
            continue
        for name in names:
            child = owner.child_by_field_name(name)
            if child is None:
                child = next((child for child in owner.named_children if child.type == name), None)
            if child is not None:
                return child
    return None


def _signature(
    language: Language, source: bytes, draft: _Draft, body: Span | None, comments: Sequence[tuple[int, int]]
) -> str:
    start = draft.outer.start_byte
    end = body.start if body and body.start > start else draft.end_byte
    end = min(end, start + 16 * _LONGEST_SIGNATURE)
    cuts = [*_attribute_spans(language, draft), *_within(comments, start, end)]
    text = bytearray()
    for cut_start, cut_end in sorted(cuts):
        if start <= cut_start < end:
            text += source[start:cut_start] + b" "
            start = cut_end
    text += source[start:end]
    line = collapse(text.decode("utf-8", "replace"))
    return re.sub(r"\s*(?:=>|[{:;=,])$", "", line.removesuffix("{")).rstrip()


def _attribute_spans(language: Language, draft: _Draft) -> list[tuple[int, int]]:
    if not language.attributes:
        return []
    spans = []
    for node in (draft.outer, draft.node):
        for child in node.children:
            if child.type in language.attributes:
                spans.append((child.start_byte, child.end_byte))
            elif child.type == "modifiers":
                spans += [
                    (part.start_byte, part.end_byte) for part in child.children if part.type in language.attributes
                ]
    return list(dict.fromkeys(spans))


def _within(comments: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    first = bisect_right(comments, (start, 0))
    inside = []
    for comment in comments[first:]:
        if comment[0] >= end:
            break
        inside.append(comment)
    return inside


def _parameters(node: tree_sitter.Node) -> tuple[str, ...]:
    if node.type == "identifier":
        return (one_line(node),)
    return tuple(one_line(child) for child in node.named_children if "comment" not in child.type)


def _bases(node: tree_sitter.Node, holder: tree_sitter.Node | None, names: Sequence[str]) -> tuple[str, ...]:
    bases: list[str] = []
    for name in names:
        part = _part(node, holder, (name,))
        if part is None:
            continue
        for item in _split_commas(one_line(part, 2000)):
            while (shorter := _BASE_WORDS.sub("", item)) != item:
                item = shorter
            if item and not re.match(r"\w+\s*=(?!=)", item):
                bases.append(item)
    return tuple(dict.fromkeys(bases))


def _split_commas(text: str) -> list[str]:
    """Splits at commas that stand in no bracket; one pair around the whole is taken off."""
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    for word in (" implements ", " extends "):
        text = text.replace(word, f",{word.lstrip()}")
    items, depth, item = [], 0, ""
    for character in text:
        depth += (character in "([{<") - (character in ")]}>")
        if character == "," and depth <= 0:
            items.append(item.strip())
            item = ""
        else:
            item += character
    return [item for item in (*items, item.strip()) if item]
