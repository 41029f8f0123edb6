"""A file's symbols from its definitions: their nesting, qualified names, ids and final kinds."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import tree_sitter

from forethought.syntax import declarations
from forethought.syntax.block_scopes import BlockScopes
from forethought.syntax.captures import Captures, Definition
from forethought.syntax.declarations import Declaration
from forethought.syntax.doc_comments import LeadingLines
from forethought.syntax.languages import CLASS_NAME, Language
from forethought.syntax.nodes import NodeSpans
from forethought.syntax.return_values import last_expressions
from forethought.syntax.symbol_kinds import FUNCTION_KINDS, SYMBOL_KINDS, TYPE_KINDS, VALUE_KINDS, SymbolKind
from forethought.syntax.tags import Position, Range, Span, Symbol

# Deeper definitions are left out: the names of thousands of nested functions would take quadratic space.
_MAX_DEPTH = 40


@dataclass(slots=True)
class Outline:
    """A file's symbols, and which of them encloses a byte."""

    symbols: list[Symbol]
    """In order of their start; the file itself first."""
    documenting: frozenset[int]
    """Start bytes of the comments that document a symbol."""
    local_definitions: list[Definition] = field(default_factory=list)
    """Definitions that are not symbols, such as variables inside functions: they only bind a name."""
    name_starts: set[int] = field(default_factory=set)
    """Start bytes of the identifiers that name a symbol."""
    containers: list[tuple[int, int, str]] = field(default_factory=list)
    """(start byte, end byte, qualified name) of each container that is not a symbol, such as Rust's `impl`."""
    _bounds: list[int] = field(default_factory=lambda: [0])
    _scopes: list[str] = field(default_factory=lambda: [""])

    def scope_at(self, byte: int) -> str:
        """Id of the innermost symbol around the byte."""
        return self._scopes[bisect_right(self._bounds, byte) - 1]

    def owner_at(self, byte: int) -> str:
        """Name of the innermost container around the byte, or else id of the innermost symbol."""
        names = [name for start, end, name in self.containers if start <= byte < end]
        return names[-1] if names else self.scope_at(byte)

    def enter_scope(self, byte: int, symbol_id: str) -> None:
        """Make the symbol the innermost one from this byte to that of the next call. Bytes must not decrease."""
        self._bounds.append(byte)
        self._scopes.append(symbol_id)


def empty_outline(source: bytes) -> Outline:
    """The outline of a file without definitions."""
    return Outline([_file_symbol(source)], frozenset())


def read_outline(
    language: Language,
    source: bytes,
    captures: Captures,
    leading: LeadingLines,
    comments: Sequence[tuple[int, int]],
    blocks: BlockScopes,
) -> Outline:
    """The outline of the captured definitions and containers.

    comments: byte ranges of all comments, in order; they are cut out of signatures
    blocks: what a name may be local to
    """
    documenting: set[int] = set()
    ordered = [
        declarations.read_declaration(language, source, definition, leading, documenting)
        for definition in captures.definitions.values()
    ]
    ordered += [declarations.container_declaration(container) for container in captures.containers]
    ordered.sort(key=lambda declaration: (declaration.start_byte, -declaration.end_byte))
    outline = Outline([_file_symbol(source)], frozenset(documenting))
    callbacks = NodeSpans([closure for closure in captures.closures if _is_argument(closure)])
    _OutlineBuilder(language, source, comments, callbacks, blocks, outline).add_all(ordered)
    return outline


def _has_tag(typedef: tree_sitter.Node) -> bool:
    """Whether what a typedef names has a name of its own: `typedef struct jar {…} Jar;`."""
    named = typedef.child_by_field_name("type")
    return named is not None and named.child_by_field_name("name") is not None


def _is_argument(closure: tree_sitter.Node) -> bool:
    """`describe("x", () => {…})`, but not `(() => {…})()`, which only keeps a script's names to itself."""
    parent = closure.parent
    return parent is not None and parent.type in ("arguments", "argument_list", "pair", "array")


def _file_symbol(source: bytes) -> Symbol:
    last_line = source.rfind(b"\n") + 1
    start, end = Position(0, 0), Position(source.count(b"\n"), len(source) - last_line)
    return Symbol("", "", "file", Range(start, end), Range(start, start), Span(0, len(source)), None, "", "")


@dataclass(slots=True)
class _Scope:
    """A symbol or container that is still open while the declarations are swept in order."""

    start_byte: int
    end_byte: int
    name: str
    """Qualified."""
    kind: str
    id: str
    """Of a container, the id of the symbol around it."""
    is_typedef: bool = False
    """C's `typedef struct jar {…} Jar;`, which does not qualify the name of the struct."""


class _OutlineBuilder:
    """Adds declarations, in order of their start, to an outline."""

    def __init__(
        self,
        language: Language,
        source: bytes,
        comments: Sequence[tuple[int, int]],
        callbacks: NodeSpans,
        blocks: BlockScopes,
        outline: Outline,
    ) -> None:
        self._language = language
        self._source = source
        self._comments = comments
        self._callbacks = callbacks
        self._blocks = blocks
        self._outline = outline
        self._open = [_Scope(0, len(source) + 1, "", "file", "")]
        self._occurrences: dict[str, int] = {}
        """Qualified name → how many declarations have it."""
        self._kinds: dict[str, str] = {}
        """Qualified name → kind of the first symbol that has it."""

    def add_all(self, ordered: Iterable[Declaration]) -> None:
        for declaration in ordered:
            if self._close_scopes_before(declaration):
                self._add(declaration, self._open[-1])
        while len(self._open) > 1:
            self._close_scope()

    def _close_scopes_before(self, declaration: Declaration) -> bool:
        """Whether the declaration lies inside the scope that is then the innermost open one."""
        innermost = self._open[-1]
        extent = (declaration.start_byte, declaration.end_byte)
        if len(self._open) > 1 and extent == (innermost.start_byte, innermost.end_byte):
            if innermost.kind not in VALUE_KINDS:
                return False
            self._open.pop()  # `int a, b;`: the second is not part of the first
        while len(self._open) > 1 and self._open[-1].end_byte <= declaration.start_byte:
            self._close_scope()
        # A syntax error may make two definitions overlap.
        return declaration.end_byte <= self._open[-1].end_byte

    def _close_scope(self) -> None:
        self._outline.enter_scope(self._open.pop().end_byte, self._open[-1].id)

    def _add(self, declaration: Declaration, parent: _Scope) -> None:
        name, name_length = declarations.declared_name(self._language, declaration)
        if not name:
            return
        if parent.is_typedef and declaration.kind in TYPE_KINDS and name != parent.name.rpartition(".")[2]:
            parent = self._open[-2]
        qualified = f"{parent.name}.{name}" if parent.name else name
        start, end = declaration.start_byte, declaration.end_byte
        is_companion = declaration.node.type == "object_definition" and self._kinds.get(qualified) in TYPE_KINDS
        if declaration.kind == "scope" or is_companion:  # Scala's companion object adds to the class
            self._outline.containers.append((start, end, qualified))
            self._open.append(_Scope(start, end, qualified, "scope", parent.id))
            return
        if declaration.kind == parent.kind and parent.kind in TYPE_KINDS and name == parent.name.rpartition(".")[2]:
            return  # `typedef struct node {…} node;` defines one type
        is_local = self._is_local(declaration, parent)
        if not is_local:
            self._occurrences[qualified] = self._occurrences.get(qualified, 0) + 1
        occurrence = self._occurrences.get(qualified, 0)
        if is_local or (declaration.kind in VALUE_KINDS and occurrence > 1):
            self._outline.local_definitions.append(Definition(declaration.kind, declaration.name, declaration.node))
            return
        symbol_id = qualified if occurrence == 1 else f"{qualified}#{occurrence}"
        is_member = self._is_member(declaration, parent, name)
        kind = _final_kind(declaration.kind, name, is_member)
        symbol = self._symbol(declaration, kind, symbol_id, qualified, parent, name_length)
        if kind == "method" and is_member and _names_constructor(self._language, qualified):
            symbol = replace(symbol, is_constructor=True)
        self._kinds.setdefault(qualified, symbol.kind)
        self._outline.symbols.append(symbol)
        self._outline.name_starts.add(declaration.name.end_byte - name_length)
        self._outline.enter_scope(start, symbol.id)
        is_typedef = declaration.node.type == "type_definition" and _has_tag(declaration.node)
        self._open.append(_Scope(start, end, qualified, symbol.kind, symbol.id, is_typedef))

    def _is_local(self, declaration: Declaration, parent: _Scope) -> bool:
        """Whether the declaration only binds a name inside a function or value, or is nested too deeply."""
        if len(self._open) > _MAX_DEPTH:
            return True
        if declaration.kind in VALUE_KINDS and self._callbacks.innermost(declaration.start_byte, parent.start_byte):
            return True
        if declaration.kind == "variable":
            in_macro_body = self._language.name in ("c", "cpp") and self._blocks.around(
                declaration.name, declaration.node, parent.start_byte + 1
            )
            return parent.kind not in ("file", "module") or bool(in_macro_body)
        if parent.kind not in FUNCTION_KINDS | VALUE_KINDS:
            return False
        # C++'s `Foo x(y);` parses as the declaration of a function.
        return declaration.kind == "constant" or declaration.node.type == "declaration"

    def _symbol(
        self,
        declaration: Declaration,
        kind: SymbolKind,
        symbol_id: str,
        qualified: str,
        parent: _Scope,
        name_length: int,
    ) -> Symbol:
        language, source = self._language, self._source
        body_node = None if kind in VALUE_KINDS else declarations.find_part(language, declaration.node, language.bodies)
        if body_node is not None and body_node.type == "ordered_field_declaration_list":
            body_node = None  # Rust's `struct Jar(Lid)` has no body
        body = declarations.body_span(source, declaration, body_node) if body_node is not None else None
        if body is None and kind not in VALUE_KINDS and (head := declarations.find_head(language, declaration)):
            body = Span(head.end_byte, max(head.end_byte, declaration.end_byte))
        docstring = declarations.docstring(body_node) if language.docstrings and body_node is not None else None
        is_function = kind in FUNCTION_KINDS
        parameters = declarations.find_part(language, declaration.node, language.parameters) if is_function else None
        name_end = Position(*declaration.name.end_point)
        # Of a name that spans lines, the part on the last line is selected.
        name_start = Position(name_end.row, max(0, name_end.column - name_length))
        text = source[declaration.start_byte : declaration.end_byte].replace(b"\r\n", b"\n")
        return Symbol(
            id=symbol_id,
            name=qualified,
            kind=kind,
            range=Range(declaration.start, declaration.end),
            selection=Range(name_start, name_end),
            span=Span(declaration.start_byte, declaration.end_byte),
            body=body,
            parent=parent.id,
            signature=declarations.signature(language, source, declaration, body, self._comments),
            doc=docstring or declaration.doc,
            parameters=declarations.parameters(source, parameters) if parameters is not None else (),
            returns=declarations.return_type(language, source, declaration) if is_function else None,
            bases=declarations.bases(language, source, declaration.node) if kind in TYPE_KINDS else (),
            returned=last_expressions(language, source, body_node) if is_function else (),
            digest=hashlib.sha256(text).hexdigest()[:16],
            seen_in=self._blocks.around(declaration.name, declaration.node, parent.start_byte + 1),
            needs_receiver=declaration.node.type in language.member_nodes or declarations.is_attribute(declaration),
        )

    def _is_member(self, declaration: Declaration, parent: _Scope, name: str) -> bool:
        """Whether what is declared belongs to a type, which may stand elsewhere (Go, Rust, C++, Lua)."""
        owner = parent.kind
        if "." in name:
            # The class in C++'s `A::f` is usually declared in another file.
            unknown = "class" if b"::" in (declaration.name.text or b"") else ""
            owner = self._kinds.get(name.rpartition(".")[0], unknown)
        return owner in TYPE_KINDS or owner == "scope"


def _final_kind(kind: str, name: str, is_member: bool) -> SymbolKind:
    if kind == "function" and is_member:
        return "method"
    if kind == "variable" and len(name) > 1 and name.isupper():
        return "constant"
    return SYMBOL_KINDS[kind]


def _names_constructor(language: Language, qualified: str) -> bool:
    owner, _, name = qualified.rpartition(".")
    return name in language.constructors or (CLASS_NAME in language.constructors and name == owner.rpartition(".")[2])
