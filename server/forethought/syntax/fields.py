"""A file's fields: what its types declare that holds a value, and the attributes that their methods assign."""

import re
from collections.abc import Mapping, Sequence

import tree_sitter

from forethought.syntax import declarations
from forethought.syntax.captures import Captures, Definition
from forethought.syntax.doc_comments import LeadingLines, clean_comment, clean_docstring
from forethought.syntax.go_bindings import unnamed_struct
from forethought.syntax.languages import Language
from forethought.syntax.nodes import collapse
from forethought.syntax.outline import Outline
from forethought.syntax.symbol_kinds import FUNCTION_KINDS, SYMBOL_KINDS, TYPE_KINDS, VALUE_KINDS
from forethought.syntax.tags import Position, Range, Span, Symbol

_MAX_SIGNATURE_LENGTH = 200
_RECEIVERS = frozenset({"self", "cls", "this", "$this"})
_ENUM_BASE = re.compile(r"(?:^|\.)(?:Int|Str)?(?:Enum|Flag)$")
_DOC_OF_ATTRIBUTE = (b"/**", b"#:")
"""How a comment above an assignment starts that documents the attribute, not the step."""
_DIRECTIVE = re.compile(r"<?\s*(?:noqa|type:|pragma|nosec|nolint|pylint|eslint|ruff)", re.I)
"""How a comment behind a declaration starts that is meant for a tool."""


def read_fields(
    language: Language,
    source: bytes,
    captures: Captures,
    symbols: Sequence[Symbol],
    outline: Outline,
    leading: LeadingLines,
) -> tuple[Symbol, ...]:
    """The fields in order of their start: the declared ones, and attributes that are only assigned (`self.x = 1`).

    symbols: of the outline, with their bases
    """
    reader = _FieldReader(language, source, symbols, outline, leading, _trailing_comments(source, captures))
    for _, definition in sorted(captures.fields.items()):
        reader.add_declared(definition)
    for start, definition in sorted(captures.bindings.items()):
        if definition.name.type in ("instance_variable", "class_variable") or definition.name.named_child_count:
            reader.add_assigned(definition, outline.scope_at(start))
    return tuple(sorted(reader.fields, key=lambda field: (field.range.start, field.selection.start)))


def _trailing_comments(source: bytes, captures: Captures) -> dict[int, tree_sitter.Node]:
    """The comments that stand behind code, by their row."""
    if not captures.fields:
        return {}
    return {
        node.start_point.row: node
        for node in captures.comments
        if source[node.start_byte - node.start_point.column : node.start_byte].strip()
    }


class _FieldReader:
    def __init__(
        self,
        language: Language,
        source: bytes,
        symbols: Sequence[Symbol],
        outline: Outline,
        leading: LeadingLines,
        trailing: Mapping[int, tree_sitter.Node],
    ) -> None:
        self.fields: list[Symbol] = []
        self._language = language
        self._source = source
        self._symbols = {symbol.id: symbol for symbol in symbols}
        self._outline = outline
        self._leading = leading
        self._trailing = trailing
        self._ids = set(self._symbols)
        self._unnamed: dict[str, int] = {}
        """Name → start byte of each struct without a name of its own so far."""
        self._fields_of: set[tuple[str, str]] = set()
        """(id of the type, unqualified name) of each field so far."""
        self._around: list[tuple[tree_sitter.Node, Symbol]] = []
        """The declared fields around the place reached, innermost last, each with its node."""

    def add_declared(self, definition: Definition) -> None:
        kind, name, node, _ = definition
        if name.start_byte in self._outline.name_starts:
            return  # a constant, or a method that is written as a field
        if self._language.name == "go" and (unnamed := unnamed_struct(node)) is not None:
            self._add_to_unnamed(definition, *unnamed)
            return
        while self._around and (self._around[-1][0].end_byte <= name.start_byte or self._around[-1][0] == node):
            self._around.pop()
        parent = self._around[-1][1] if self._around else self._declaring(name.start_byte, kind)
        if parent is None:
            return
        if kind == "field" and any(map(_ENUM_BASE.search, parent.bases)) and node.child_by_field_name("right"):
            kind = "enumerator"  # of Python's `class Color(Enum)`
        text = (name.text or b"").decode("utf-8", "replace").lstrip("$:")
        field = self._add(definition, kind, text, parent)
        if field is not None:
            self._around.append((node, field))

    def add_assigned(self, definition: Definition, scope: str) -> None:
        """An attribute that a method assigns, unless its type declares it."""
        text = (definition.name.text or b"").decode("utf-8", "replace").replace("->", ".")
        receiver, _, attribute = text.rpartition(".")
        if not attribute.lstrip("@#$").isidentifier() or not (receiver in _RECEIVERS or text.startswith("@")):
            return
        owner = self._instance_of(scope, receiver)
        if owner is not None and f"{owner.name}.{attribute}" not in self._ids:
            self._add(definition, "field", attribute, owner)

    def _add_to_unnamed(self, definition: Definition, label: str, start: int) -> None:
        """Add a field of a Go struct without a name, unless there is another one with its label in the same scope."""
        scope = self._symbols[self._outline.scope_at(definition.name.start_byte)]
        owner = scope.name if scope.kind in VALUE_KINDS and scope.short_name == label else f"{scope.name}.{label}"
        if self._unnamed.setdefault(owner, start) == start:
            text = (definition.name.text or b"").decode("utf-8", "replace")
            self._add(definition, "field", f"{owner.removeprefix(scope.name).lstrip('.')}.{text}".lstrip("."), scope)

    def _declaring(self, byte: int, kind: str) -> Symbol | None:
        """The type that a field at the byte belongs to; None for what is declared in a function's body or types."""
        scope = self._symbols[self._outline.scope_at(byte)]
        if scope.is_constructor:  # a parameter that is a field as well
            scope = self._symbols[scope.parent]
        if scope.kind in TYPE_KINDS | VALUE_KINDS:
            return scope
        return scope if kind == "enumerator" and scope.kind in ("file", "module") else None  # C's `enum { A, B }`

    def _instance_of(self, scope: str, receiver: str) -> Symbol | None:
        """The type of which the receiver is an instance in this scope."""
        symbol = self._symbols[scope]
        while symbol.id:
            parent = self._symbols[symbol.parent]
            if symbol.kind in TYPE_KINDS:
                return symbol
            if symbol.kind in FUNCTION_KINDS and parent.kind in TYPE_KINDS:
                first = symbol.parameters[0].partition(":")[0] if symbol.parameters else ""
                return parent if self._language.name != "python" or first == receiver else None
            symbol = parent
        return None

    def _add(self, definition: Definition, kind: str, name: str, parent: Symbol) -> Symbol | None:
        if not name or (parent.id, name) in self._fields_of:
            return None
        self._fields_of.add((parent.id, name))
        language, source, node = self._language, self._source, definition.node
        declaration = declarations.read_declaration(language, source, definition, self._leading, set())
        is_assigned = definition.name.end_byte - definition.name.start_byte > len(name.encode()) + 1
        if is_assigned and not source.startswith(_DOC_OF_ATTRIBUTE, declaration.start_byte):
            outer = declaration.outer
            declaration.doc, declaration.start_byte = None, outer.start_byte
            declaration.start = Position(*outer.start_point)
        body = None
        if node.end_point.row > node.start_point.row:
            part = declarations.find_part(language, node, language.bodies)
            body = declarations.body_span(source, declaration, part) if part is not None else None
        qualified = f"{parent.name}.{name}" if parent.name else name
        symbol_id, number = qualified, 1
        while symbol_id in self._ids:
            number += 1
            symbol_id = f"{qualified}#{number}"
        self._ids.add(symbol_id)
        end = Position(*definition.name.end_point)
        field = Symbol(
            id=symbol_id,
            name=qualified,
            kind=SYMBOL_KINDS[kind],
            range=Range(declaration.start, declaration.end),
            selection=Range(Position(end.row, max(0, end.column - len(name.rpartition(".")[2].encode()))), end),
            span=Span(declaration.start_byte, declaration.end_byte),
            body=None,
            parent=parent.id,
            signature=collapse(declarations.signature(language, source, declaration, body, ()), _MAX_SIGNATURE_LENGTH),
            doc=declaration.doc or self._doc_behind(declaration),
        )
        self.fields.append(field)
        return field

    def _doc_behind(self, declaration: declarations.Declaration) -> str | None:
        """What a comment on the same line, or in Python a string on the next, says about a field."""
        following = declaration.outer.next_named_sibling if self._language.docstrings else None
        if following is not None and following.type == "expression_statement" and following.named_child_count == 1:
            literal = following.named_children[0]
            if literal.type == "string":
                return clean_docstring((literal.text or b"").decode("utf-8", "replace"))
        comment = self._trailing.get(declaration.end.row)
        if comment is None or self._source[declaration.end_byte : comment.start_byte].strip(b" \t,;"):
            return None
        text = clean_comment([(comment.text or b"").decode("utf-8", "replace")])
        return None if text is None or _DIRECTIVE.match(text) else text.lstrip("< ")
