"""A file's text to its tags: parse it, run its language's tags query, and assemble what the query captures."""

import re
from dataclasses import replace

from forethought.syntax.bindings import MAX_VALUE_LENGTH, read_bindings
from forethought.syntax.block_scopes import BlockScopes
from forethought.syntax.captures import Captures, run_query
from forethought.syntax.declarations import docstring
from forethought.syntax.doc_comments import leading_lines
from forethought.syntax.fields import read_fields
from forethought.syntax.imports import read_imports
from forethought.syntax.languages import Language
from forethought.syntax.nodes import NodeSpans, collapse, one_line
from forethought.syntax.outline import Outline, empty_outline, read_outline
from forethought.syntax.parsing import parse, without_macros
from forethought.syntax.references import read_macro_uses, read_references, with_bare_calls
from forethought.syntax.return_values import with_return_values
from forethought.syntax.rust_patterns import Patterns
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Symbol
from forethought.text.redaction import mask

TAGS_VERSION = "17"
"""Increment whenever the same text would give other tags; an index of another version is rebuilt."""


def read_tags(language: Language, source: bytes) -> FileTags:
    """Extract the tags of one file. Pure and total: any bytes give tags, at worst the file symbol alone.

    Secrets are masked first, because tags are stored and quote the text in signatures, docs and values.
    """
    source = mask(source)
    tree = parse(language, source)
    if tree is None:
        return FileTags(language.name, tuple(empty_outline(source).symbols), (), (), (), has_errors=True)
    captures = run_query(language.query, tree.root_node)
    leading = leading_lines(source, captures.comments, captures.attributes)
    comments = sorted((node.start_byte, node.end_byte) for node in captures.comments)
    imports = read_imports(language.imports, captures.imports)
    for token in imports.tokens:
        captures.definitions.pop(token, None)
    patterns = Patterns(source, captures.patterns)
    blocks = BlockScopes(language, captures, patterns)
    outline = read_outline(language, source, captures, leading, comments, blocks)
    closures = NodeSpans(captures.closures)
    bindings = read_bindings(language, source, captures, outline, blocks, patterns, leading)
    not_uses = (outline.name_starts | imports.tokens | _bound_tokens(captures, outline)) - captures.globals
    references = read_references(source, captures, outline, not_uses, imports.spans)
    if in_macros := read_macro_uses(source, without_macros(language, source), outline.scope_at):
        references = sorted([*references, *in_macros], key=lambda reference: reference.range)
    if language.bare_calls:
        references = with_bare_calls(references, bindings)
    symbols = _with_bases_and_raises(outline, captures, source)
    if not language.parameters:
        symbols = _with_captured_parameters(symbols, captures, outline, closures, source)
    fields = read_fields(language, source, captures, symbols, outline, leading)
    symbols = with_return_values(symbols, outline, source, captures.returns, captures.yields, closures)
    first_code = min(
        [symbol.span.start for symbol in symbols[1:2]] + [start for start, _ in imports.spans[:1]] + [len(source)]
    )
    file_doc = docstring(tree.root_node) if language.docstrings else None
    file_doc = file_doc or leading.file_comment(first_code, language.file_doc_prefixes, outline.documenting)
    symbols[0] = replace(symbols[0], doc=file_doc)
    return FileTags(
        language=language.name,
        symbols=tuple(symbols),
        references=tuple(references),
        imports=imports.placed(outline.scope_at),
        bindings=bindings,
        has_errors=tree.root_node.has_error,
        fields=fields,
    )


def _with_captured_parameters(
    symbols: list[Symbol], captures: Captures, outline: Outline, closures: NodeSpans, source: bytes
) -> list[Symbol]:
    """The symbols with the parameters that are captured as bindings, for languages without a node for all of them."""
    found: dict[str, list[str]] = {}
    starts = {symbol.id: symbol.span.start for symbol in symbols}
    for start, item in sorted(captures.bindings.items()):
        scope = outline.scope_at(start)
        if item.kind == "parameter" and closures.innermost(start, starts[scope] + 1) is None:
            found.setdefault(scope, []).append(one_line(source, item.node))
    return [
        replace(symbol, parameters=tuple(found[symbol.id]))
        if symbol.kind in FUNCTION_KINDS and symbol.id in found
        else symbol
        for symbol in symbols
    ]


def _bound_tokens(captures: Captures, outline: Outline) -> set[int]:
    """Start bytes of the identifiers that only bind a name, or that the query ignores."""
    definitions = [*captures.bindings.values(), *captures.fields.values(), *outline.local_definitions]
    tokens = {
        item.name.start_byte
        for item in definitions
        if item.name.named_child_count == 0 or item.name.type == "variable_name"  # `$x`, but not `self.x`
    }
    bases = {start for start, use in captures.uses.items() if use.kind == "base"}  # Go's fields that a type names
    return (tokens - bases) | captures.ignored


def _with_bases_and_raises(outline: Outline, captures: Captures, source: bytes) -> list[Symbol]:
    """The outline's symbols with the exceptions that they raise and the bases that the query captured."""
    raised: dict[str, dict[str, None]] = {}
    for node in captures.raises:
        name = re.split(r"::|[.\\]", one_line(source, node))[-1]
        raised.setdefault(outline.scope_at(node.start_byte), {})[name] = None
    bases: dict[str, dict[str, None]] = {}
    for start, use in captures.uses.items():
        if use.kind == "base":
            text = source[min(use.start_byte, start) : use.name.end_byte].decode("utf-8", "replace")
            bases.setdefault(outline.owner_at(start), {})[collapse(text, 2 * MAX_VALUE_LENGTH).lstrip("*& ")] = None
    symbols = []
    for symbol in outline.symbols:
        if symbol.id in raised:
            symbol = replace(symbol, raises=tuple(raised[symbol.id]))
        if symbol.id in bases and symbol.id:
            symbol = replace(symbol, bases=tuple(dict.fromkeys((*symbol.bases, *bases[symbol.id]))))
        symbols.append(symbol)
    return symbols
