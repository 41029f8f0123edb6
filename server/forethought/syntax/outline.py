"""From the definitions that a query found to a file's symbols: nesting, names, signatures, documentation."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import tree_sitter

from forethought.syntax.doc_comments import LeadingLines, clean_comment, clean_docstring
from forethought.syntax.languages import Language
from forethought.syntax.lines import collapse
from forethought.syntax.return_values import last_expressions
from forethought.syntax.tags import Position, Range, Span, Symbol

CLASS_KINDS = frozenset({"class", "interface", "enum", "struct", "trait", "type"})
CALLABLE_KINDS = frozenset({"function", "method", "macro"})
_VALUE_KINDS = frozenset({"variable", "constant"})
# A deeper definition is left out: names of thousands of nested functions would grow quadratically.
_DEEPEST = 40
_MAX_SIGNATURE_LENGTH = 400
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
    containers: list[tuple[int, int, str]] = field(default_factory=list)
    """Byte range of each named container that is no symbol, and the name of what it belongs to."""
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

    start_byte: int
    end_byte: int
    name: str
    kind: str
    id: str

    @property
    def extent(self) -> tuple[int, int]:
        return self.start_byte, self.end_byte


def read_outline(
    language: Language,
    source: bytes,
    definitions: Iterable[Definition],
    containers: Iterable[Definition],
    leading: LeadingLines,
    comments: Sequence[tuple[int, int]],
    closures: Sequence[tree_sitter.Node] = (),
) -> Outline:
    """containers: what prefixes the names inside without being a symbol (Rust's `impl`)
    comments: byte ranges of all comments, in order; they are cut out of signatures
    closures: functions without a name; what is bound in one that is handed on is seen there only"""
    handed_on = sorted(((node.start_byte, node.end_byte) for node in closures if _is_handed_on(node)), reverse=True)
    inside: list[tuple[int, int]] = []
    claimed: set[int] = set()
    drafts = [_draft(language, source, definition, leading, claimed) for definition in definitions]
    drafts += [_container(container) for container in containers]
    drafts.sort(key=lambda draft: (draft.start_byte, -draft.end_byte))

    outline = Outline([_file_symbol(source)], [], set(), frozenset(claimed))
    used: dict[str, int] = {}
    known_kinds: dict[str, str] = {}
    stack = [_Open(0, len(source) + 1, "", "file", "")]
    for draft in drafts:
        if len(stack) > 1 and stack[-1].extent == (draft.start_byte, draft.end_byte):
            if stack[-1].kind not in _VALUE_KINDS:
                continue
            stack.pop()  # `int a, b;`: the second is no part of the first
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
            outline.containers.append((draft.start_byte, draft.end_byte, qualified))
            stack.append(_Open(draft.start_byte, draft.end_byte, qualified, "scope", around.id))
            continue
        if draft.kind == around.kind and draft.kind in CLASS_KINDS and own == around.name.rpartition(".")[2]:
            continue  # `typedef struct node {…} node;` defines one thing
        while handed_on and handed_on[-1][0] <= draft.start_byte:
            inside.append(handed_on.pop())
        while inside and inside[-1][1] <= draft.start_byte:
            inside.pop()
        in_closure = draft.kind in _VALUE_KINDS and bool(inside) and inside[-1][0] >= around.start_byte
        if in_closure or _is_demoted(draft, around.kind) or len(stack) > _DEEPEST:
            outline.demoted.append(Definition(draft.kind, draft.name, draft.node))
            continue
        kind = _final_kind(draft.kind, draft.name, own, around, known_kinds)
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
        stack.append(_Open(draft.start_byte, draft.end_byte, qualified, kind, symbol_id))
    while len(stack) > 1:
        outline.enter_scope(stack.pop().end_byte, stack[-1].id)
    return outline


def _is_handed_on(closure: tree_sitter.Node) -> bool:
    """`describe("x", () => {…})`, and not `(() => {…})()`, which is how a file hides its names."""
    parent = closure.parent
    return parent is not None and parent.type in ("arguments", "argument_list", "pair", "array")


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
        comments = [line for line in above if line.text]
        claimed.update(line.start_byte for line in comments)
        doc = clean_comment([line.text for line in comments]) if comments else None
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
    if draft.kind == "scope":
        words = re.findall(r"\w+", _without_generics(raw))
        return (words[-1] if words else ""), 0
    if draft.name.named_child_count == 0:
        prefix = _receiver_type(draft.node)
        return (f"{prefix}.{raw}" if prefix else raw), draft.name.end_byte - draft.name.start_byte
    parts = [step for step in _SEPARATOR.split(_without_generics(_SPACE.sub("", raw))) if step not in _NOT_A_SCOPE]
    value = draft.node.child_by_field_name("right")
    if not parts and raw.endswith("exports") and value is not None and value.child_by_field_name("name") is None:
        parts = ["exports"]  # `module.exports = () => …`
    if not parts:
        return "", 0
    last = raw.replace("::", ":").replace("->", ":").replace(".", ":").rpartition(":")[2].lstrip()
    return ".".join(parts), min(len(last.encode()), draft.name.end_byte - draft.name.start_byte)


def _without_generics(text: str) -> str:
    while (shorter := _GENERICS.sub("", text)) != text:
        text = shorter
    return text


def _receiver_type(node: tree_sitter.Node) -> str | None:
    """`Server` of Go's `func (s *Server[T]) Run()`."""
    receiver = node.child_by_field_name("receiver")
    if receiver is None or receiver.type != "parameter_list":
        return None
    words = re.findall(r"\w+", _without_generics((receiver.text or b"").decode("utf-8", "replace")))
    return words[-1] if words else None


def _is_demoted(draft: _Draft, around: str) -> bool:
    if draft.kind == "variable":
        return around not in ("file", "module")
    inside_code = around in CALLABLE_KINDS or around in _VALUE_KINDS
    if draft.kind == "constant":
        return inside_code
    # `Foo x(y);` in C++ reads as a function's declaration.
    return inside_code and draft.node.type == "declaration"


def _final_kind(kind: str, name: tree_sitter.Node, own: str, around: _Open, known_kinds: dict[str, str]) -> str:
    if kind == "function":
        owner = around.kind
        if "." in own:
            # The class of C++'s `A::f` often stands in another file.
            unknown = "class" if b"::" in (name.text or b"") else ""
            owner = known_kinds.get(own.rpartition(".")[0], unknown)
        return "method" if owner in CLASS_KINDS or owner == "scope" else "function"
    if kind == "variable" and len(own) > 1 and own.isupper():
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
    body_node = None if kind in _VALUE_KINDS else _held_part(language, draft.node, language.bodies)
    body = None
    if body_node is not None:
        # Go's `interface { … }`: the keyword belongs to the signature.
        brace = next((child for child in body_node.children[:3] if child.type == "{"), body_node)
        body = Span(brace.start_byte, min(_trimmed_end(source, body_node)[0], draft.end_byte))
    doc = draft.doc
    if language.docstrings and body_node is not None:
        doc = docstring(body_node) or doc
    name_end = Position(*draft.name.end_point)
    # A name that is split over lines keeps a selection on its last line.
    selection_start = Position(name_end.row, max(0, name_end.column - selection_length))
    callable_node = draft.node if kind in CALLABLE_KINDS else None
    parameters = _held_part(language, callable_node, language.parameters) if callable_node is not None else None
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
        parameters=_parameters(source, parameters) if parameters is not None else (),
        returns=_returns(language, source, draft) if kind in CALLABLE_KINDS else None,
        bases=_bases(language, source, draft.node) if kind in CLASS_KINDS else (),
        returned=last_expressions(language, source, body_node) if callable_node is not None else (),
        digest=hashlib.sha256(text).hexdigest()[:16],
    )


def docstring(body: tree_sitter.Node) -> str | None:
    """The string that stands first in a body."""
    first = next((child for child in body.named_children if child.type != "comment"), None)
    if first is None or first.type != "expression_statement" or first.named_child_count != 1:
        return None
    literal = first.named_children[0]
    return clean_docstring((literal.text or b"").decode("utf-8", "replace")) if literal.type == "string" else None


def one_line(source: bytes, node: tree_sitter.Node, longest: int = _MAX_SIGNATURE_LENGTH) -> str:
    """A node's text with whitespace collapsed."""
    start = node.start_byte
    # A slice of the source: a node's own text would copy all of a value that is megabytes long.
    return collapse(source[start : min(node.end_byte, start + 8 * longest)].decode("utf-8", "replace"), longest)


def _holders(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The node, and what carries parameters and body where the name stands outside: `f` of `const f = () => {}`."""
    yield node
    for field_name in ("value", "right", "type"):
        child = node.child_by_field_name(field_name)
        if child is not None:
            yield child
    declarator = node.child_by_field_name("declarator")
    while declarator is not None:
        yield declarator
        declarator = declarator.child_by_field_name("declarator")
    for child in node.named_children:
        if child.type == "expression_list":
            yield from child.named_children[:1]


def part(language: Language, owner: tree_sitter.Node, names: Sequence[str]) -> tree_sitter.Node | None:
    """The first child with one of these field names; the last with one of the node types that are no field names."""
    node_types = []
    for name in names:
        if name not in language.fields:
            node_types.append(name)
        elif (child := owner.child_by_field_name(name)) is not None:
            return child
    if not node_types:
        return None
    return next((child for child in reversed(owner.named_children) if child.type in node_types), None)


def _held_part(language: Language, node: tree_sitter.Node, names: Sequence[str]) -> tree_sitter.Node | None:
    """The first name that the node or one of its holders has."""
    found = part(language, node, names[:1])
    if found is not None:
        return found
    holders = list(_holders(node))
    parts = (part(language, holder, (name,)) for name in names for holder in holders)
    return next((found for found in parts if found is not None), None)


def _signature(
    language: Language, source: bytes, draft: _Draft, body: Span | None, comments: Sequence[tuple[int, int]]
) -> str:
    start = draft.outer.start_byte
    end = body.start if body and body.start > start else draft.end_byte
    end = min(end, start + 16 * _MAX_SIGNATURE_LENGTH)
    cuts = [*_attribute_spans(language, draft), *_within(comments, start, end)]
    text = bytearray()
    for cut_start, cut_end in sorted(cuts):
        if start <= cut_start < end:
            text += source[start:cut_start] + b" "
            start = cut_end
    text += source[start:end]
    line = collapse(text.decode("utf-8", "replace"), _MAX_SIGNATURE_LENGTH)
    if draft.kind not in _VALUE_KINDS:
        line = re.sub(r"(?<=[(\[]) |,? (?=[)\]])", "", line)  # a parameter list over several lines
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


def _parameters(source: bytes, node: tree_sitter.Node) -> tuple[str, ...]:
    """What stands between the commas, without comments."""
    if not node.named_children:
        return (one_line(source, node),) if node.child_count == 0 else ()
    parameters: list[str] = []
    words: list[str] = []
    for child in node.children:
        if child.type == ",":
            parameters.append(" ".join(words))
            words = []
        elif "comment" not in child.type and child.type not in ("(", ")", "[", "]", "|", "{", "}"):
            words.append(one_line(source, child))
    return tuple(parameter for parameter in (*parameters, " ".join(words)) if parameter)


def _returns(language: Language, source: bytes, draft: _Draft) -> str | None:
    returns = _held_part(language, draft.node, language.returns)
    if returns is None:
        return None
    text = one_line(source, returns)
    if draft.node.child_by_field_name("declarator") is not None:
        # C's `char *name(…)`: the star stands with the name.
        between = source[returns.end_byte : max(returns.end_byte, draft.name.start_byte)]
        text += "*" * between.count(b"*") + "&" * between.count(b"&")
    elif returns.start_byte < draft.name.start_byte and not language.fields.intersection(language.returns):
        return None  # Kotlin's `fun Store.total()` names its receiver there
    if macro := re.fullmatch(r"[A-Z][A-Z0-9_]*\((.+)\)(\**)", text):
        text = macro[1] + macro[2]  # `SHELF_PUBLIC(void) open()`
    return text.lstrip("->: ").strip() or None


def _bases(language: Language, source: bytes, node: tree_sitter.Node) -> tuple[str, ...]:
    bases: list[str] = []
    for name in language.bases:
        clause = _held_part(language, node, (name,))
        if clause is None:
            continue
        for item in _split_commas(one_line(source, clause, 2000)):
            while (shorter := _BASE_WORDS.sub("", item)) != item:
                item = shorter
            if clause.type != "argument_list":
                item = re.sub(r"\(.*\)$", "", item)  # Kotlin's `Base(a)` calls the constructor as well
            if item and not re.match(r"\w+\s*=(?!=)", item):
                bases.append(item)
    return tuple(dict.fromkeys(bases))


def _split_commas(text: str) -> list[str]:
    """Splits at commas that stand in no bracket; one pair around the whole is taken off."""
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    for word in (" implements ", " extends ", " + "):
        text = text.replace(word, f",{word.lstrip(' +')}")
    items, depth, item = [], 0, ""
    for character in text:
        depth += (character in "([{<") - (character in ")]}>")
        if character == "," and depth <= 0:
            items.append(item.strip())
            item = ""
        else:
            item += character
    return [item for item in (*items, item.strip()) if item]
