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
_ANNOTATIONS = re.compile(
    rb"(?<=[\w)\]])(\s+(?:ABSL_)?(?:(?:PT_)?GUARDED_(?:BY|VAR)|ACQUIRED_(?:AFTER|BEFORE)|LOCK_RETURNED|LOCKS_EXCLUDED"
    rb"|(?:EXCLUSIVE|SHARED)_(?:LOCKS_REQUIRED|(?:TRY)?LOCK_FUNCTION)|UNLOCK_FUNCTION|REQUIRES(?:_SHARED)?|EXCLUDES"
    rb"|(?:TRY_)?ACQUIRE(?:_SHARED)?|RELEASE(?:_SHARED)?)\([^();{}]*(?:\(\))?\))+(?=\s*(?:override\s*)?[;{=])"
)
"""The macros of Clang's thread safety analysis behind a declaration, by their usual names."""
_LONE_MACROS = re.compile(rb"(?<=[;{}/])(?:[ \t\r]*\n\s*[A-Z][A-Z0-9_]{2,})+(?=[ \t\r]*\n\s*[A-Za-z_}])")
_LINKAGE_MACRO = re.compile(
    rb"^[A-Z][A-Z0-9_]*_?(?:API|EXTERN|EXPORTS?|FUNC|PUBLIC|INTERN)(?=[ \t]+(?:\w+[ \t*]+)+\(?[A-Za-z_]\w*\)?[ \t]*\()",
    re.M,
)
_STRUCT = re.compile(rb"\b(?:struct|union|class)\b[^;{}()]*\{")


def parse(language: Language, source: bytes) -> tree_sitter.Tree | None:
    """The syntax tree, or None for text on which error recovery would take forever. Byte offsets are those of `source`.

    The limit counts the parser's own steps, not seconds, so that the same text gives the same tree on any machine.
    """
    source = without_macros(language, source)
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


def without_macros(language: Language, source: bytes) -> bytes:
    """The text with the C and C++ macros blanked out that stand where the grammar expects none."""
    if language.name == "cpp":
        source = _ANNOTATIONS.sub(_blank, _without_export_macros(source))
    if language.name in ("c", "cpp"):
        source = _LINKAGE_MACRO.sub(_blank, _LONE_MACROS.sub(_without_lone_macros, source))
    return source


def _without_export_macros(source: bytes) -> bytes:
    """Blank out the macro in `class SHELF_API Jar {`, which the grammar would take for the class's name."""
    return _EXPORT_MACROS.sub(lambda match: match[1] + re.sub(rb"[^\n]", b" ", match[2]), source)


def _blank(match: re.Match[bytes]) -> bytes:
    return re.sub(rb"[^\n]", b" ", match[0])


def _without_lone_macros(match: re.Match[bytes]) -> bytes:
    """Blank out macros alone on their lines, as for the fields that several C structs share, but no enumerator."""
    before = match.string[max(0, match.start() - 400) : match.start()]
    while before.endswith(b"*/"):
        before = before[: max(0, before.rfind(b"/*"))].rstrip()
    is_last = match.string[match.end() : match.end() + 400].lstrip().startswith(b"}")
    if before.endswith(b";") or (before.endswith((b"{", b"}")) and not is_last):
        return _blank(match)
    heads = list(_STRUCT.finditer(before))
    return _blank(match) if heads and heads[-1].end() == len(before) else match[0]
