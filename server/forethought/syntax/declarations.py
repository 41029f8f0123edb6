"""One definition's syntax node: its extent, name, signature, parameters, return type and bases, in any language."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from forethought.syntax.captures import Definition
from forethought.syntax.doc_comments import LeadingLines, clean_comment, clean_docstring
from forethought.syntax.languages import Language
from forethought.syntax.nodes import MAX_SIGNATURE_LENGTH, collapse, find_child, one_line
from forethought.syntax.symbol_kinds import DATA_KINDS, VALUE_KINDS
from forethought.syntax.tags import Position, Span

_MAX_BASES_LENGTH = 2000
_SEPARATOR = re.compile(r"::|->|[.:\\]")
_GENERICS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
_NOT_A_SCOPE = frozenset({"", "this", "module", "exports", "prototype", "window", "globalThis"})
_BASE_WORDS = re.compile(r"^(?:(?:extends|implements|public|private|protected|virtual|with)\b|[:<(])\s*")
_SPACE = re.compile(r"\s+")


@dataclass(slots=True)
class Declaration:
    """A definition and its extent, before its place in the outline is known."""

    kind: str
    """The KIND of its capture, or `scope` for a container."""
    name: tree_sitter.Node
    node: tree_sitter.Node
    outer: tree_sitter.Node
    """The node with its wrappers, such as an `export` statement."""
    start_byte: int
    """Start of the leading doc comments and attributes, if there are any."""
    start: Position
    end_byte: int
    end: Position
    doc: str | None


def read_declaration(
    language: Language, source: bytes, definition: Definition, leading: LeadingLines, documenting: set[int]
) -> Declaration:
    """The declaration around a definition. Start bytes of the comments that document it are added to `documenting`."""
    outer = definition.node
    while (parent := outer.parent) is not None and parent.type in language.wrappers:
        if any(child.type == outer.type and child.start_byte != outer.start_byte for child in parent.named_children):
            break  # `const a = 1, b = 2`: the statement belongs to neither
        outer = parent
    start_byte, start = outer.start_byte, Position(*outer.start_point)
    is_first_on_line = not source[start_byte - start.column : start_byte].strip(b" \t\xef\xbb\xbf")
    above = leading.above(start.row, language.doc_prefixes) if is_first_on_line else []
    doc = None
    if above:
        start_byte, start = above[0].start_byte, above[0].start
        comments = [line for line in above if line.text]
        documenting.update(line.start_byte for line in comments)
        doc = clean_comment([line.text for line in comments]) if comments else None
    is_data = definition.kind in DATA_KINDS and language.doc_prefixes
    # Where no brace closes a section, its node goes on to the next one and holds the comment above that.
    end_byte, end = trimmed_end(source, _last_content(outer) if is_data else outer)
    return Declaration(definition.kind, definition.name, definition.node, outer, start_byte, start, end_byte, end, doc)


def _last_content(node: tree_sitter.Node) -> tree_sitter.Node:
    """The last leaf in the node that is no comment."""
    while children := node.children:
        node = next((child for child in reversed(children) if child.type != "comment"), children[0])
    return node


def container_declaration(container: Definition) -> Declaration:
    """The declaration of a node that only qualifies the names inside."""
    node = container.node
    start, end = Position(*node.start_point), Position(*node.end_point)
    return Declaration("scope", container.name, node, node, node.start_byte, start, node.end_byte, end, None)


def trimmed_end(source: bytes, node: tree_sitter.Node) -> tuple[int, Position]:
    """The node's end, as a byte offset and a position, without the line break that some grammars include."""
    end_byte = node.end_byte
    if source[end_byte - 1 : end_byte] != b"\n" or end_byte - 1 <= node.start_byte:
        return end_byte, Position(*node.end_point)
    trimmed = end_byte - len(source[node.start_byte : end_byte]) + len(source[node.start_byte : end_byte].rstrip())
    row = node.end_point.row - source.count(b"\n", trimmed, end_byte)
    return trimmed, Position(row, trimmed - (source.rfind(b"\n", 0, trimmed) + 1))


def declared_name(language: Language, declaration: Declaration) -> tuple[str, int]:
    """(the name as declared, with dots: `A.f` for C++'s `A::f`; the byte length of its last part).

    The enclosing scopes are not part of it. It is empty when the text gives no usable name.
    """
    raw = (declaration.name.text or b"").decode("utf-8", "replace")
    if declaration.kind == "scope":
        words = re.findall(r"\w+", _without_generics(raw))
        return (words[-1] if words else ""), 0
    if declaration.kind in DATA_KINDS:
        return " ".join(raw.split()).strip("\"'"), declaration.name.end_byte - declaration.name.start_byte
    if declaration.name.named_child_count == 0:
        receiver = _receiver_type(declaration.node)
        length = declaration.name.end_byte - declaration.name.start_byte
        return (f"{receiver}.{raw}" if receiver else raw), length
    parts = [part for part in _SEPARATOR.split(_without_generics(_SPACE.sub("", raw))) if part not in _NOT_A_SCOPE]
    value = declaration.node.child_by_field_name("right")
    if not parts and raw.endswith("exports") and value is not None and value.child_by_field_name("name") is None:
        parts = ["exports"]  # `module.exports = () => …`
    if not parts:
        return "", 0
    last = raw.replace("::", ":").replace("->", ":").replace(".", ":").rpartition(":")[2].lstrip()
    return ".".join(parts), min(len(last.encode()), declaration.name.end_byte - declaration.name.start_byte)


def is_attribute(declaration: Declaration) -> bool:
    """Whether the name is declared as one of the instance or of what the file exports: `this.open = …`."""
    return (
        re.match(r"(?:this|module|exports)\s*\.", (declaration.name.text or b"").decode("utf-8", "replace")) is not None
    )


def _without_generics(text: str) -> str:
    while (shorter := _GENERICS.sub("", text)) != text:
        text = shorter
    return text


def _receiver_type(node: tree_sitter.Node) -> str | None:
    """`Server` in Go's `func (s *Server[T]) Run()`."""
    receiver = node.child_by_field_name("receiver")
    if receiver is None or receiver.type != "parameter_list":
        return None
    words = re.findall(r"\w+", _without_generics((receiver.text or b"").decode("utf-8", "replace")))
    return words[-1] if words else None


def find_part(language: Language, node: tree_sitter.Node, names: Sequence[str]) -> tree_sitter.Node | None:
    """The first of these parts (see `find_child`) that the definition's node, or a node that holds its value, has."""
    part = find_child(language, node, names[:1])
    if part is not None:
        return part
    holders = list(_holders(node))
    parts = (find_child(language, holder, (name,)) for name in names for holder in holders)
    return next((part for part in parts if part is not None), None)


def _holders(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The node, and the nodes inside that may hold its parameters and body, as in `const f = () => {}`."""
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


def find_head(language: Language, declaration: Declaration) -> tree_sitter.Node | None:
    """The node after which a definition's body begins, in languages that have no node for the body."""
    return find_child(language, declaration.node, language.heads) if language.heads else None


def body_span(source: bytes, declaration: Declaration, body: tree_sitter.Node) -> Span:
    """The bytes of a body from its opening brace on: in Go's `interface { … }` the keyword is in the signature."""
    brace = next((child for child in body.children[:3] if child.type == "{"), body)
    return Span(brace.start_byte, min(trimmed_end(source, body)[0], declaration.end_byte))


def docstring(body: tree_sitter.Node) -> str | None:
    """The text of the string literal that is the first statement of a body."""
    # One child at a time: a class may have thousands.
    children = (body.named_child(index) for index in range(body.named_child_count))
    first = next((child for child in children if child is not None and child.type != "comment"), None)
    if first is None or first.type != "expression_statement" or first.named_child_count != 1:
        return None
    literal = first.named_children[0]
    return clean_docstring((literal.text or b"").decode("utf-8", "replace")) if literal.type == "string" else None


def signature(
    language: Language,
    source: bytes,
    declaration: Declaration,
    body: Span | None,
    comments: Sequence[tuple[int, int]],
) -> str:
    """The declaration on one line, without body, attributes and comments; of data, its first line.

    comments: byte ranges of the file's comments, in order
    """
    start = declaration.outer.start_byte
    end = body.start if body and body.start > start else declaration.end_byte
    if declaration.kind in DATA_KINDS:
        end = next((at for at in (source.find(b"\n", start, end),) if at >= 0), end)
    end = min(end, start + 16 * MAX_SIGNATURE_LENGTH)
    cuts = [*_attribute_spans(language, declaration), *_spans_within(comments, start, end)]
    text = bytearray()
    for cut_start, cut_end in sorted(cuts):
        if start <= cut_start < end:
            text += source[start:cut_start] + b" "
            start = cut_end
    text += source[start:end]
    line = collapse(text.decode("utf-8", "replace"), MAX_SIGNATURE_LENGTH)
    if declaration.kind not in VALUE_KINDS:
        line = re.sub(r"(?<=[(\[]) |,? (?=[)\]])", "", line)  # a parameter list over several lines
    return re.sub(r"\s*(?:=>|[{:;=,])$", "", line.removesuffix("{")).rstrip()


def _attribute_spans(language: Language, declaration: Declaration) -> list[tuple[int, int]]:
    if not language.attributes:
        return []
    spans = []
    for node in (declaration.outer, declaration.node):
        for child in node.children:
            if child.type in language.attributes:
                spans.append((child.start_byte, child.end_byte))
            elif child.type == "modifiers":
                spans += [
                    (part.start_byte, part.end_byte) for part in child.children if part.type in language.attributes
                ]
    return list(dict.fromkeys(spans))


def _spans_within(spans: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Those of the sorted spans that start between the two byte offsets."""
    within = []
    for span in spans[bisect_right(spans, (start, 0)) :]:
        if span[0] >= end:
            break
        within.append(span)
    return within


def parameters(source: bytes, node: tree_sitter.Node) -> tuple[str, ...]:
    """The parameters in a parameter list, as written but without comments."""
    if not node.named_children:
        return (one_line(source, node),) if node.child_count == 0 else ()
    if node.type == "patterns":  # Haskell's have no commas
        return tuple(one_line(source, child) for child in node.named_children)
    texts: list[str] = []
    words: list[str] = []
    for child in node.children:
        if child.type == ",":
            texts.append(" ".join(words))
            words = []
        elif "comment" not in child.type and child.type not in ("(", ")", "[", "]", "|", "{", "}"):
            words.append(one_line(source, child))
    return tuple(text for text in (*texts, " ".join(words)) if text)


def return_type(language: Language, source: bytes, declaration: Declaration) -> str | None:
    """The return annotation as written."""
    node = find_part(language, declaration.node, language.returns)
    if node is None:
        return None
    text = one_line(source, node)
    if declaration.node.child_by_field_name("declarator") is not None:
        # In C's `char *name(…)` the star is part of the declarator.
        between = source[node.end_byte : max(node.end_byte, declaration.name.start_byte)]
        text += "*" * between.count(b"*") + "&" * between.count(b"&")
    elif node.start_byte < declaration.name.start_byte and not language.fields.intersection(language.returns):
        return None  # the receiver in Kotlin's `fun Store.total()`
    if macro := re.fullmatch(r"[A-Z][A-Z0-9_]*\((.+)\)(\**)", text):
        text = macro[1] + macro[2]  # `SHELF_PUBLIC(void) open()`
    return text.lstrip("->: ").strip() or None


def bases(language: Language, source: bytes, node: tree_sitter.Node) -> tuple[str, ...]:
    """Superclasses, interfaces, traits and mixins of a type's node, as written."""
    texts: list[str] = []
    for name in language.bases:
        clause = find_part(language, node, (name,))
        if clause is None:
            continue
        for item in _split_commas(one_line(source, clause, _MAX_BASES_LENGTH)):
            while (shorter := _BASE_WORDS.sub("", item)) != item:
                item = shorter
            if clause.type != "argument_list":
                item = re.sub(r"\(.*\)$", "", item)  # Kotlin's `Base(a)` also calls the constructor
            if item and not re.match(r"\w+\s*=(?!=)", item):
                texts.append(item)
    return tuple(dict.fromkeys(texts))


def _split_commas(text: str) -> list[str]:
    """Split at commas outside brackets, and before the words that join bases; parentheses around it all go."""
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
