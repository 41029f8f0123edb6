"""Reads symbols, references, imports and bindings off one file's text with its language's tags query.

The query's captures decide what is found; everything else comes from the rules of the language's table entry:

    (node name: (_) @name) @definition.KIND   a symbol of that kind
    … @definition.local / .parameter          a name that is bound, with its type and value where the node has them
    … @definition.element / .entered / .caught   the same, of what a `for`, a `with` or an `except` gives
    … @definition.global                      a name that its function does not bind (Python's `global`)
    … @definition.attribute                   an attribute on lines of its own above a definition
    … @local.scope                            prefixes the names inside, as Rust's `impl` does
    (… (name) @name) @reference.KIND          a use; what stands before the name in the node is its receiver
    … @reference.base                         the same, and a base of the symbol around it (Go's embedded types)
    … @reference.raise / .import              what a body raises; an import statement
    … @reference.return / .yield              a statement that gives a value back
    … @local.closure                          a function without a name: what it returns is its own
    … @reference.quoted                       a type in a string
    @doc, @ignore                             a comment; an identifier that is no use

Where a capture is the name itself, `@name` may be left out: half as many captures is a third of the time saved.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import tree_sitter

from forethought.syntax.doc_comments import leading_lines
from forethought.syntax.imports import read_imports
from forethought.syntax.languages import Language
from forethought.syntax.lines import collapse
from forethought.syntax.outline import Definition, Outline, docstring, one_line, part, read_outline
from forethought.syntax.return_values import with_results
from forethought.syntax.tags import Binding, FileTags, Position, Range, Reference, Symbol
from forethought.text.redaction import mask

TAGS_VERSION = "11"
"""Changes whenever the same text would give other tags; an index of another version is read anew."""

_MAX_VALUE_LENGTH = 200
# The query's cost on a chain of n calls is n times this many matches in progress; real code stays below 64.
_MAX_OPEN_MATCHES = 512
# Real code takes one progress step in about 150 bytes; text that keeps error recovery busy takes one a byte.
_MIN_STEPS = 2000
_BYTES_PER_STEP = 25
# A node's text is read through the same callback, a whole chunk for each identifier.
_CHUNK = 512
_DERIVED = {"element": "next(iter({}))", "entered": "({}).__enter__()", "caught": "({})()"}
"""What Python's `for`, `with … as` and `except … as` bind, as an expression of what stands beside the name."""
_BINDING_KINDS = frozenset({"local", "parameter", "global", *_DERIVED})
# Two patterns that match one token: the higher rank says more.
_REFERENCE_RANK = {"attribute": 1, "type": 2, "class": 3, "call": 4, "base": 5}
_DEFINITION_RANK = {"local": 0, **dict.fromkeys(_DERIVED, 1), "parameter": 1, "variable": 2, "constant": 3, "type": 4}
_QUOTED_NAME = re.compile(rb"(?P<receiver>(?<![\w.])(?:[A-Za-z_]\w*\.)*)(?P<name>[A-Za-z_]\w*)")
_METHOD_NAME = re.compile(r"[a-z_]\w*[!?]?")
_EXPORT_MACROS = re.compile(
    rb"\b((?:class|struct|union)[ \t]+)((?:[A-Z][A-Z0-9_]{2,}(?:\([^()\n]{0,80}\))?\s+){1,3})"
    rb"(?=[A-Za-z_]\w*(?:::\w+)*(?:<[^<>{};]{0,80}>)?\s*(?:final\s*)?(?:\{|:[^:]))"
)
_INFERRED = frozenset({"var", "auto", "let", "val"})
_ACCESS = re.compile(r"\s*(?:\?\.|!!\.|&\.|\?->|->|::|\.|:)\s*(?:<[^<>]*>\s*)?$")
_CREATION = re.compile(r"^(?:new|await|yield|typeof|&|\*)\s*\b")


def read_tags(language: Language, source: bytes) -> FileTags:
    """Everything that is read off the text. Pure, and total: any bytes give tags, at worst a file symbol alone.

    Secrets are masked first: tags are stored, and signatures, docs and values quote the text.
    """
    source = mask(source)
    tree = _parse(language, _without_export_macros(source) if language.name == "cpp" else source)
    found = _Found()
    if tree is None:
        outline = read_outline(language, source, (), (), leading_lines(source, (), ()), ())
        return FileTags(language.name, tuple(outline.symbols), (), (), (), has_errors=True)
    cursor = tree_sitter.QueryCursor(language.query, match_limit=_MAX_OPEN_MATCHES)
    for pattern, captures in cursor.matches(tree.root_node):
        found.add(pattern, captures)
    leading = leading_lines(source, found.comments, found.attributes)
    comments = sorted((node.start_byte, node.end_byte) for node in found.comments)
    imports = read_imports(language.imports, found.imports)
    for token in imports.tokens:
        found.definitions.pop(token, None)
    definitions = found.definitions.values()
    outline = read_outline(language, source, definitions, found.containers, leading, comments, found.closures)
    bindings = _bindings(language, source, found, outline)
    bound_tokens = {node.name.start_byte for node in found.bindings.values() if node.name.named_child_count == 0}
    skipped = bound_tokens | found.ignored | outline.names | imports.tokens
    skipped.update(demoted.name.start_byte for demoted in outline.demoted if demoted.name.named_child_count == 0)
    skipped -= found.globals
    references = _references(found, outline, source, skipped, imports.spans)
    if language.bare_calls:
        references = _with_bare_calls(references, bindings)
    symbols = _with_bases_and_raises(outline, found, source)
    symbols = with_results(symbols, outline, source, found.returns, found.yields, found.closures)
    before = min(
        [symbol.span.start for symbol in symbols[1:2]] + [start for start, _ in imports.spans[:1]] + [len(source)]
    )
    file_doc = docstring(tree.root_node) if language.docstrings else None
    file_doc = file_doc or leading.file_comment(before, language.file_doc_prefixes, outline.claimed)
    symbols[0] = replace(symbols[0], doc=file_doc)
    return FileTags(
        language=language.name,
        symbols=tuple(symbols),
        references=tuple(references),
        imports=imports.placed(outline.scope_at),
        bindings=bindings,
        has_errors=tree.root_node.has_error,
    )


def _without_export_macros(source: bytes) -> bytes:
    """`class SHELF_API Jar {` with spaces in place of the macro, which the grammar would take for the class's name."""
    return _EXPORT_MACROS.sub(lambda match: match[1] + re.sub(rb"[^\n]", b" ", match[2]), source)


def _parse(language: Language, source: bytes) -> tree_sitter.Tree | None:
    """The syntax tree; None when the text is such that error recovery would take for ever.

    Effort is counted in the parser's own steps, not in seconds: the same text gives the same tags on any machine.
    """
    most_steps = _MIN_STEPS + len(source) // _BYTES_PER_STEP
    steps = 0

    def read(offset: int, _point: tree_sitter.Point) -> bytes:
        return source[offset : offset + _CHUNK]

    def is_too_long(_offset: int, _has_error: bool) -> bool:
        nonlocal steps
        steps += 1
        return steps > most_steps

    try:
        return tree_sitter.Parser(language.grammar).parse(read, encoding="utf8", progress_callback=is_too_long)
    except ValueError:  # how py-tree-sitter reports that the callback stopped it
        return None


@dataclass(slots=True)
class _Use:
    """A token that uses a name; the best of the patterns that matched it."""

    rank: int
    kind: str
    name: tree_sitter.Node
    start_byte: int
    """Of the expression that holds the name: what lies between is the receiver."""


@dataclass(slots=True)
class _Found:
    """The query's matches, by what they mean."""

    definitions: dict[int, Definition] = field(default_factory=dict)
    bindings: dict[int, Definition] = field(default_factory=dict)
    names: dict[int, tree_sitter.Node] = field(default_factory=dict)
    """Identifiers by their start byte; nothing is known of how they are used."""
    uses: dict[int, _Use] = field(default_factory=dict)
    """Identifiers that some pattern says more of."""
    containers: list[Definition] = field(default_factory=list)
    imports: list[tree_sitter.Node] = field(default_factory=list)
    raises: list[tree_sitter.Node] = field(default_factory=list)
    quoted: list[tree_sitter.Node] = field(default_factory=list)
    returns: list[tree_sitter.Node] = field(default_factory=list)
    yields: list[tree_sitter.Node] = field(default_factory=list)
    closures: list[tree_sitter.Node] = field(default_factory=list)
    comments: list[tree_sitter.Node] = field(default_factory=list)
    attributes: list[tree_sitter.Node] = field(default_factory=list)
    ignored: set[int] = field(default_factory=set)
    globals: set[int] = field(default_factory=set)
    _roles: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    """Pattern index → (capture name, `definition` or `reference`, kind)."""

    def add(self, pattern: int, captures: dict[str, list[tree_sitter.Node]]) -> None:
        role = self._roles.get(pattern)
        if role is None:
            capture = next((key for key in captures if key != "name" and key[0] != "_"), "")
            group, _, kind = capture.partition(".")
            role = self._roles[pattern] = (capture, group, kind)
        capture, group, kind = role
        if group == "reference":
            node = captures[capture][0]
            if kind == "import":
                self.imports.append(node)
                return
            if kind == "name":
                self.names[node.start_byte] = node
                return
            if kind in ("return", "yield"):
                (self.returns if kind == "return" else self.yields).append(node)
                return
            name = captures["name"][0] if "name" in captures else node
            if name.start_byte == name.end_byte:
                return
            if kind == "raise":
                self.raises.append(name)
                return
            if kind == "quoted":
                self.quoted.append(name)
                return
            start = name.start_byte
            outer = node.start_byte
            rank = _REFERENCE_RANK.get(kind, 0)
            earlier = self.uses.get(start)
            if earlier is None:
                self.uses[start] = _Use(rank, kind, name, outer)
            else:
                # One pattern may see the token alone, another the access that it is the last part of.
                outer = min(outer, earlier.start_byte)
                if rank > earlier.rank:
                    self.uses[start] = _Use(rank, kind, name, outer)
                else:
                    earlier.start_byte = outer
        elif capture == "doc":
            self.comments += captures["doc"]
        elif capture == "ignore":
            self.ignored.update(node.start_byte for node in captures["ignore"])
        elif group == "definition":
            self._define(kind, captures, capture)
        elif capture == "local.closure":
            self.closures += captures[capture]
        elif capture == "local.scope" and "name" in captures:
            self.containers.append(Definition("scope", captures["name"][0], captures[capture][0]))

    def _define(self, kind: str, captures: dict[str, list[tree_sitter.Node]], capture: str) -> None:
        if kind == "attribute":
            self.attributes += captures[capture]
            return
        node = captures[capture][0]
        name = captures["name"][0] if "name" in captures else node
        if name.start_byte == name.end_byte:
            return  # the parser supplied a name that the text lacks
        if kind == "global":
            self.globals.add(name.start_byte)
        table = self.bindings if kind in _BINDING_KINDS else self.definitions
        key = name.start_byte
        earlier = table.get(key)
        if earlier is None or _DEFINITION_RANK.get(kind, 9) > _DEFINITION_RANK.get(earlier.kind, 9):
            table[key] = Definition(kind, name, node)


def _bindings(language: Language, source: bytes, found: _Found, outline: Outline) -> tuple[Binding, ...]:
    global_names = {
        (outline.scope_at(node.name.start_byte), node.name.text)
        for node in found.bindings.values()
        if node.kind == "global"
    }
    parents = {symbol.selection.end: symbol.parent for symbol in outline.symbols[1:]}
    closures = _Spans(found.closures)
    scopes = {symbol.id: symbol.span.start for symbol in outline.symbols}
    values = {start: node for start, node in found.definitions.items() if node.kind in ("variable", "constant")}
    bindings = []
    for kind, name, node in (found.bindings | values).values():
        start, end = Position(*name.start_point), Position(*name.end_point)
        scope = parents[end] if end in parents else outline.scope_at(name.start_byte)
        if kind == "global" or (global_names and (scope, name.text) in global_names):
            continue
        annotation, value = _type_and_value(language, source, kind, name, node)
        bindings.append(
            Binding(
                name=one_line(source, name, _MAX_VALUE_LENGTH).replace("->", "."),
                scope=scope,
                range=Range(start, end),
                annotation=annotation,
                value=value,
                seen_in=closures.around(name.start_byte, scopes[scope]),
            )
        )
    bindings.sort(key=lambda binding: binding.range)
    return tuple(bindings)


class _Spans:
    """Nodes that hold one another or nothing of each other, asked for by byte in any order."""

    def __init__(self, nodes: Sequence[tree_sitter.Node]) -> None:
        self._nodes = sorted(nodes, key=lambda node: node.start_byte)
        self._starts = [node.start_byte for node in self._nodes]
        self._outer: list[int] = []
        """Of each node the number of the one around it, or -1."""
        around: list[int] = []
        for number, node in enumerate(self._nodes):
            while around and self._nodes[around[-1]].end_byte <= node.start_byte:
                around.pop()
            self._outer.append(around[-1] if around else -1)
            around.append(number)

    def around(self, byte: int, after: int) -> Range | None:
        """The innermost node that holds the byte and begins behind `after`."""
        number = bisect_right(self._starts, byte) - 1
        while number >= 0 and self._nodes[number].end_byte <= byte:
            number = self._outer[number]
        if number < 0 or self._starts[number] <= after:
            return None
        node = self._nodes[number]
        return Range(Position(*node.start_point), Position(*node.end_point))


def _type_and_value(
    language: Language, source: bytes, kind: str, name: tree_sitter.Node, node: tree_sitter.Node
) -> tuple[str | None, str | None]:
    """The type and the value that are written beside a bound name."""
    if node.start_byte == name.start_byte and node.end_byte == name.end_byte:
        return None, None
    if kind in _DERIVED:
        given = node.child_by_field_name("right") or node.named_children[0]
        written = one_line(source, given, _MAX_VALUE_LENGTH)
        return None, None if "…" in written else _DERIVED[kind].format(written)
    annotation = part(language, node, language.annotations)
    value = part(language, node, language.values)
    if annotation is None or value is None:
        # `Foo a = new Foo()` may hold the type further out than the value. Downwards: a parent is found from the root.
        inner = node.child_with_descendant(name)
        while inner is not None and inner.id != name.id:
            annotation = annotation or part(language, inner, language.annotations)
            value = value or part(language, inner, language.values)
            inner = inner.child_with_descendant(name)
    if value is not None and value.type == "expression_list" and value.named_child_count > 1:
        value = None  # Go's `a, b = f(), g()`
    if kind == "parameter" and value is not None and "call" not in value.type and "creation" not in value.type:
        value = None
    written = one_line(source, annotation).lstrip(": ") if annotation is not None else ""
    return (
        written if written and written not in _INFERRED else None,
        one_line(source, value, _MAX_VALUE_LENGTH) if value is not None else None,
    )


def _references(
    found: _Found, outline: Outline, source: bytes, skipped: set[int], import_spans: list[tuple[int, int]]
) -> list[Reference]:
    references = []
    scope_at = outline.scope_at
    spans = iter(import_spans)
    span = next(spans, None)
    for start in sorted(found.names.keys() | found.uses.keys()):
        if start in skipped:
            continue
        while span is not None and span[1] <= start:
            span = next(spans, None)
        if span is not None and span[0] <= start:
            continue
        use = found.uses.get(start)
        node = use.name if use is not None else found.names[start]
        text = source[start : node.end_byte].decode("utf-8", "replace")
        if not text or (text in _INFERRED and use is not None and use.kind == "type"):
            continue
        kind, receiver = "name", None
        if use is not None:
            kind = "class" if use.kind == "base" else use.kind
            receiver = _receiver(source, use.start_byte, start) if use.start_byte < start else None
        position = Position(*node.start_point)
        references.append(Reference(text, kind, Range(position, Position(*node.end_point)), scope_at(start), receiver))
    if found.quoted:
        references += [reference for node in found.quoted for reference in _quoted_types(node, scope_at)]
        references.sort(key=lambda reference: reference.range)
    return references


def _with_bare_calls(references: list[Reference], bindings: Sequence[Binding]) -> list[Reference]:
    bound = {(binding.scope, binding.name) for binding in bindings}
    return [
        replace(reference, kind="call")
        if reference.kind == "name"
        and reference.receiver is None
        and _METHOD_NAME.fullmatch(reference.name)
        and (reference.scope, reference.name) not in bound
        else reference
        for reference in references
    ]


def _quoted_types(node: tree_sitter.Node, scope_at: Callable[[int], str]) -> Iterator[Reference]:
    """The names in an annotation that is written as a string: `"Foo[bar.Baz]"`."""
    text = node.text or b""
    row, column = node.start_point
    if b"\n" in text:
        return
    for match in _QUOTED_NAME.finditer(text):
        receiver, name = match["receiver"].decode(), match["name"].decode()
        if name != "None":
            where = Range(Position(row, column + match.start("name")), Position(row, column + match.end("name")))
            yield Reference(name, "type", where, scope_at(node.start_byte), receiver[:-1] or None)


def _receiver(source: bytes, start: int, end: int) -> str | None:
    """The expression before the access operator; None when what stands before the name is no access."""
    if end - start > 8 * _MAX_VALUE_LENGTH:
        return "…"
    text = source[start:end].decode("utf-8", "replace")
    match = _ACCESS.search(text)
    if match is None:
        return None
    return collapse(_CREATION.sub("", text[: match.start()]), _MAX_VALUE_LENGTH) or None


def _with_bases_and_raises(outline: Outline, found: _Found, source: bytes) -> list[Symbol]:
    raised: dict[str, dict[str, None]] = {}
    for node in found.raises:
        name = re.split(r"::|[.\\]", one_line(source, node))[-1]
        raised.setdefault(outline.scope_at(node.start_byte), {})[name] = None
    based: dict[str, dict[str, None]] = {}
    for start, use in found.uses.items():
        if use.kind == "base":
            written = source[min(use.start_byte, start) : use.name.end_byte].decode("utf-8", "replace")
            based.setdefault(_owner(outline, start), {})[collapse(written, 2 * _MAX_VALUE_LENGTH).lstrip("*& ")] = None
    symbols = []
    for symbol in outline.symbols:
        if symbol.id in raised:
            symbol = replace(symbol, raises=tuple(raised[symbol.id]))
        if symbol.id in based and symbol.id:
            symbol = replace(symbol, bases=tuple(dict.fromkeys((*symbol.bases, *based[symbol.id]))))
        symbols.append(symbol)
    return symbols


def _owner(outline: Outline, byte: int) -> str:
    """Name of the innermost container (Rust's `impl … for S`), or id of the innermost symbol, around the byte."""
    around = [name for start, end, name in outline.containers if start <= byte < end]
    return around[-1] if around else outline.scope_at(byte)
