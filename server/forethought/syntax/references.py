"""The uses of names in a file."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

import tree_sitter

from forethought.syntax import go_bindings
from forethought.syntax.bindings import INFERRED_TYPES, MAX_VALUE_LENGTH
from forethought.syntax.captures import Captures
from forethought.syntax.nodes import collapse, one_line
from forethought.syntax.outline import Outline
from forethought.syntax.tags import Binding, Position, Range, Reference

_QUOTED_NAME = re.compile(rb"(?P<receiver>(?<![\w.])(?:[A-Za-z_]\w*\.)*)(?P<name>[A-Za-z_]\w*)")
_BLANKED_NAME = re.compile(rb"\n|[A-Za-z_]\w*")
_METHOD_NAME = re.compile(r"[a-z_]\w*[!?]?")
_ACCESS = re.compile(r"\s*(?:\?\.|!!\.|&\.|\?->|->|::|\.|:)\s*(?:<[^<>]*>\s*)?$")
_CALLED = re.compile(rb"\s*(?:::\s*<[^<>()]*(?:<[^<>()]*>[^<>()]*)*>\s*)?\(|!\s*[(\[{]")
_NAME_BYTES = b"0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_KINDS = {"base": "class", "infix": "call", "symbol": "name"}
"""The kind of a reference, if it is not that of its capture."""
_INNERMOST_BRACES = re.compile(r"\{[^{}]*\}")
_NO_BODY = "\x00"
"""Stands for a pair of braces whose text is left out."""
_MAX_BYTES_OF_ARGUMENTS = 20_000
_CREATORS = frozenset({"new", "await", "yield", "typeof"})
_CREATION = re.compile(r"^(?:new|await|yield|typeof|&|\*)\s*\b")


def read_references(
    source: bytes,
    captures: Captures,
    outline: Outline,
    not_uses: Collection[int],
    import_spans: Sequence[tuple[int, int]],
) -> list[Reference]:
    """The references in order.

    not_uses: start bytes of identifiers that are no references
    import_spans: byte ranges, in order, without references
    """
    references = []
    uses, names, scope_at = captures.uses, captures.names, outline.scope_at
    spans = iter(import_spans)
    span = next(spans, None)
    for start in sorted(names.keys() | uses.keys()):
        if start in not_uses:
            continue
        while span is not None and span[1] <= start:
            span = next(spans, None)
        if span is not None and span[0] <= start:
            continue
        use = uses.get(start)
        node = use.name if use is not None else names[start]
        end = node.end_byte
        text = source[start:end].decode("utf-8", "replace")
        if not text or (text in INFERRED_TYPES and use is not None and use.kind == "type"):
            continue
        row, column = node.start_point
        last = Position(*node.end_point) if "\n" in text else Position(row, column + end - start)
        where = Range(Position(row, column), last)
        kind, receiver, arguments = "name", None, None
        if use is not None:
            kind = _KINDS.get(use.kind, use.kind)
            if use.kind == "token":
                kind, receiver = _token_role(source, start, end)
            elif use.kind == "key":
                receiver = go_bindings.literal_of_key(source, node)
                kind = "name" if receiver is None else kind
            elif use.kind == "symbol":  # a range without the colon
                where = Range(Position(where.start.row, where.start.column + 1), where.end)
                text = text[1:]
            elif use.component is not None:
                receiver = f"<{one_line(source, use.component, MAX_VALUE_LENGTH)}>"
            elif use.start_byte < start:
                receiver = _receiver(source, use.start_byte, start, is_infix=use.kind == "infix")
            if use.arguments is not None:
                passed = one_line(source, use.arguments, MAX_VALUE_LENGTH)
                if passed.endswith("…") and use.arguments.end_byte - use.arguments.start_byte < _MAX_BYTES_OF_ARGUMENTS:
                    passed = collapse(_without_bodies(use.arguments), MAX_VALUE_LENGTH)
                arguments = passed if not passed.endswith("…") else None
        references.append(Reference(text, kind, where, scope_at(start), receiver, arguments))
    if captures.quoted:
        references += [item for node in captures.quoted for item in _quoted_types(node, scope_at)]
        references.sort(key=lambda reference: reference.range)
    return references


def read_macro_uses(source: bytes, parsed: bytes, scope_at: Callable[[int], str]) -> list[Reference]:
    """The names in macros that were blanked out of the parsed text, in order."""
    found, row, line_start = [], 0, 0
    for match in _BLANKED_NAME.finditer(source) if parsed != source else ():
        if match[0] == b"\n":
            row, line_start = row + 1, match.end()
        elif parsed[match.start()] == ord(" "):
            start = Position(row, match.start() - line_start)
            where = Range(start, Position(row, match.end() - line_start))
            found.append(Reference(match[0].decode(), "name", where, scope_at(match.start())))
    return found


def _without_bodies(arguments: tree_sitter.Node) -> str:
    """The text without what braces enclose, such as the bodies of anonymous classes and functions."""
    text, previous = (arguments.text or b"").decode("utf-8", "replace"), ""
    while previous != text:
        previous, text = text, _INNERMOST_BRACES.sub(_NO_BODY, text)
    return text.replace(_NO_BODY, "{}")


def with_bare_calls(references: Sequence[Reference], bindings: Sequence[Binding]) -> list[Reference]:
    """The references, with each plain name that its function does not bind turned into a call, as Ruby reads it."""
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


def _token_role(source: bytes, start: int, end: int) -> tuple[str, str | None]:
    """(kind, receiver) of an identifier, by the text around it: the arguments of macros are not parsed."""
    chain_start = _chain_start(source, start)
    receiver = "…" if chain_start is None else _receiver(source, chain_start, start)
    if _CALLED.match(source, end):
        return "call", receiver
    return ("attribute" if receiver is not None else "name"), receiver


def _chain_start(source: bytes, end: int) -> int | None:
    """Where the chain of members and calls starts that ends before a name: `Jar::new(1).` before `count`.

    None if it is not one of names, calls and subscripts.
    """
    start = end
    limit = max(0, end - 4 * MAX_VALUE_LENGTH)
    while True:
        before = source[limit:start].rstrip()
        if before.endswith(b"::"):
            before = before[:-2].rstrip()
        elif before.endswith(b".") and not before.endswith(b".."):
            before = before[:-1].rstrip()
        else:
            return start
        while before.endswith((b")", b"]", b"?")):
            opening = len(before) - 1 if before.endswith(b"?") else _opening(before)
            before = before[:opening].rstrip()
        name_start = limit + len(before.rstrip(_NAME_BYTES))
        if name_start == limit + len(before) and source[name_start : name_start + 1] not in (b"(", b"["):
            return None
        start = name_start


def _opening(text: bytes) -> int:
    """The offset of the bracket that the last byte closes; 0 if it is not in the text."""
    depth = 0
    for at in range(len(text) - 1, 0, -1):
        depth += (text[at : at + 1] in (b")", b"]")) - (text[at : at + 1] in (b"(", b"["))
        if depth == 0:
            return at
    return 0


def _receiver(source: bytes, start: int, end: int, *, is_infix: bool = False) -> str | None:
    """The expression between the bytes, which end before a name; None if it does not end in an access operator."""
    if end - start > 8 * MAX_VALUE_LENGTH:
        return "…"
    text = source[start:end].decode("utf-8", "replace")
    if is_infix:
        return collapse(text, MAX_VALUE_LENGTH)
    before = text[:-1]
    if text.endswith(".") and before.isidentifier() and len(before) <= MAX_VALUE_LENGTH and before not in _CREATORS:
        return before  # most receivers
    match = _ACCESS.search(text)
    if match is None:
        return None
    return collapse(_CREATION.sub("", text[: match.start()]), MAX_VALUE_LENGTH) or None
