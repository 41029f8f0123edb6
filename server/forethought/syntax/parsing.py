"""Parsing, with a limit on the effort that error recovery may take."""

import re

import tree_sitter

from forethought.syntax.languages import Language

# Real code takes about one parser step per 150 bytes; text that keeps error recovery busy takes one per byte.
_MIN_STEPS = 2000
_BYTES_PER_STEP = 25
# Reading a node's text also goes through the parser's read callback, a whole chunk for each identifier.
_CHUNK = 512
_EXPORT_MACROS = re.compile(
    rb"\b((?:class|struct|union)[ \t]+)((?:[A-Z][A-Z0-9_]{2,}(?:\([^()\n]{0,80}\))?\s+){1,3})"
    rb"(?=[A-Za-z_]\w*(?:::\w+)*(?:<[^<>{};]{0,80}>)?\s*(?:final\s*)?(?:\{|:[^:]))"
)
_CALL_SIGNATURE = re.compile(rb"(?<=[^(,=|&{<\s])([ \t]*\n\s*)[ \t](?=<\s*[A-Za-z_]\w*(?:\s+extends\b|\s*[,>=]))")
"""What separates a TypeScript call signature with type parameters from the member before it, if no semicolon does."""


def parse(language: Language, source: bytes) -> tree_sitter.Tree | None:
    """The syntax tree, or None for text on which error recovery would take forever. Byte offsets are those of `source`.

    The limit counts the parser's own steps, not seconds, so that the same text gives the same tree on any machine.
    """
    if language.name == "cpp":
        source = _without_export_macros(source)
    tree = _parse(language, source)
    if language.name == "typescript" and tree is not None and tree.root_node.has_error:
        # The grammar takes `void` and the `<T>` on the next line for one type.
        separated = _CALL_SIGNATURE.sub(rb"\1;", source)
        other = _parse(language, separated) if separated != source else None
        return other if other is not None and not other.root_node.has_error else tree
    return tree


def _parse(language: Language, source: bytes) -> tree_sitter.Tree | None:
    max_steps = _MIN_STEPS + len(source) // _BYTES_PER_STEP
    steps = 0

    def read(offset: int, _point: tree_sitter.Point) -> bytes:
        return source[offset : offset + _CHUNK]

    def is_too_long(_offset: int, _has_error: bool) -> bool:
        nonlocal steps
        steps += 1
        return steps > max_steps

    try:
        return tree_sitter.Parser(language.grammar).parse(read, encoding="utf8", progress_callback=is_too_long)
    except ValueError:  # how py-tree-sitter reports that the callback stopped it
        return None


def _without_export_macros(source: bytes) -> bytes:
    """Blank out the macro in `class SHELF_API Jar {`, which the grammar would take for the class's name."""
    return _EXPORT_MACROS.sub(lambda match: match[1] + re.sub(rb"[^\n]", b" ", match[2]), source)
