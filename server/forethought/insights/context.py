"""The context c of a symbol: what a model may read about it, and the context hash that names it.

`Context.context_hash` determines every byte of `Context.text`. Paths, commits, time, callers and the bodies of other
files are not part of it, so a rename, a branch switch, a worktree, another clone or CI reuses the work.
"""

import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from forethought.names.resolver import Resolver, Target
from forethought.syntax.symbol_kinds import CLASS_KINDS, FIELD_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Import, Symbol
from forethought.text.redaction import redact

CONTEXT_SCHEMA = 1
"""Changes whenever the same source would give other text."""

MAXIMUM_SOURCE = 6000
MAXIMUM_INTERFACES = 1800
MAXIMUM_USED = 24
"""Limits in characters and in used definitions. They belong to the schema: a prompt never depends on a model's size."""

NO_RESULT = frozenset({"None", "void", "()", "Unit", "Void", "NoReturn", "Never", "never", "undefined"})
"""Return types as written that mean: nothing comes back."""

IDENTIFIER = re.compile(r"[^\W\d][\w$]*|\$\w+")


@dataclass(frozen=True, slots=True)
class Context:
    """What is thought about."""

    context_hash: str
    """64 hex digits."""
    language: str
    kind: str
    name: str
    """Qualified name; empty for a file."""
    text: str
    """What a prompt shows of the code, secrets redacted."""
    identifiers: frozenset[str]
    """Every identifier that `text` contains: generated text may name no other."""
    callees: Mapping[str, str]
    """Qualified name of each used or nested function → digest of its own text now.

    Several functions of the same name share one digest.
    """
    returns_nothing: bool = False
    """The signature says so; text that claims a result contradicts it."""
    signature: str = ""
    doc: str | None = None
    parameters: tuple[str, ...] = ()
    """As written, each with its annotation and default."""
    returns: str | None = None
    """The return annotation as written."""
    returned: tuple[str, ...] = ()
    """What the body returns, as written, in order."""
    raises: tuple[str, ...] = ()
    """Exceptions that the body itself raises, in order."""
    own: str = ""
    """The symbol's own source, nested definitions as signatures, secrets redacted."""
    steps: tuple[str, ...] = ()
    """What the body does, in order, a sentence each; read off the syntax tree."""


def build_context(resolver: Resolver, path: str, tags: FileTags, symbol: Symbol, source: bytes) -> Context:
    """The context of one symbol of a file whose text is `source`."""
    own = _file_text(tags) if symbol.kind == "file" else _own_text(tags, symbol, source)
    header = [] if symbol.kind == "file" else [redact(parent.signature) for parent in _ancestors(tags, symbol)]
    used = list(_used_definitions(resolver, path, tags, symbol)) if symbol.kind != "file" else []
    interfaces = [redact(_interface(used_tags, definition)) for _, used_tags, definition in used]
    recipe = [CONTEXT_SCHEMA, tags.language, symbol.kind, symbol.name, own, header, interfaces]
    text = _prompt_text(tags.language, own, header, interfaces)
    return Context(
        context_hash=hashlib.sha256(json.dumps(recipe, ensure_ascii=True).encode()).hexdigest(),
        language=tags.language,
        kind=symbol.kind,
        name=symbol.name,
        text=text,
        identifiers=frozenset(IDENTIFIER.findall(f"{text}\n{symbol.name}")),
        callees=_digests([*(item for _, _, item in used), *_nested_functions(tags, symbol)]),
        returns_nothing=symbol.is_constructor or (symbol.returns or "").strip() in NO_RESULT,
        signature=redact(symbol.signature),
        doc=redact(symbol.doc) if symbol.doc else None,
        parameters=symbol.parameters,
        returns=symbol.returns,
        returned=symbol.returned,
        raises=symbol.raises,
        own=own,
    )


def _digests(functions: Iterable[Symbol]) -> dict[str, str]:
    by_name: dict[str, set[str]] = {}
    for item in functions:
        if item.kind in FUNCTION_KINDS and item.digest:
            by_name.setdefault(item.name, set()).add(item.digest)
    return {
        name: hashlib.sha256("".join(sorted(digests)).encode()).hexdigest() if len(digests) > 1 else next(iter(digests))
        for name, digests in by_name.items()
    }


def _nested_functions(tags: FileTags, symbol: Symbol) -> list[Symbol]:
    """Functions defined inside a function, of which its text shows only the signature."""
    if symbol.kind not in FUNCTION_KINDS:
        return []
    return [child for child in tags.symbols if child.parent == symbol.id]


def _ancestors(tags: FileTags, symbol: Symbol) -> list[Symbol]:
    """From the outermost inwards, without the file."""
    by_id = {candidate.id: candidate for candidate in tags.symbols}
    found: list[Symbol] = []
    parent = by_id.get(symbol.parent)
    while parent and parent.kind != "file" and parent not in found:
        found.append(parent)
        parent = by_id.get(parent.parent)
    return found[::-1]


def _own_text(tags: FileTags, symbol: Symbol, source: bytes) -> str:
    """The symbol's source with LF endings, each nested definition replaced by its signature."""
    pieces: list[bytes] = []
    position = symbol.span.start
    for child in tags.symbols:
        if child.parent == symbol.id and child.body is not None and child.kind != "file" and child is not symbol:
            if child.span.start < position or child.span.end > symbol.span.end:
                continue
            pieces += [source[position : child.span.start], child.signature.encode("utf-8", "replace"), " …".encode()]
            position = child.span.end
    pieces.append(source[position : symbol.span.end])
    text = b"".join(pieces).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    column = symbol.range.start.column
    lines = [line[column:] if not line[:column].strip() else line for line in text.split("\n")[1:]]
    return redact("\n".join([text.split("\n", 1)[0], *lines]).strip())


def _file_text(tags: FileTags) -> str:
    """Module docs, imports and the outline."""
    file = tags.symbols[0]
    parts = []
    if file.doc:
        parts.append(file.doc)
    imports = dict.fromkeys(_import_text(item) for item in tags.imports if item.module)
    if imports:
        parts.append("imports: " + ", ".join(imports))
    depth = {"": 0}
    outline = []
    for symbol in tags.symbols[1:]:
        depth[symbol.id] = depth.get(symbol.parent, 0) + 1
        outline.append("  " * (depth[symbol.id] - 1) + symbol.signature)
    parts.append("\n".join(outline))
    return redact("\n\n".join(part for part in parts if part))


def _import_text(item: Import) -> str:
    path = f"{item.module}.{item.name}" if item.name else item.module
    last = re.split(r"[./:\\]+", path)[-1]
    return path if item.local in (last, path, "*") else f"{path} as {item.local}"


def _used_definitions(
    resolver: Resolver, path: str, tags: FileTags, symbol: Symbol
) -> Iterator[tuple[Target, FileTags, Symbol]]:
    """What the symbol's own text uses of the repository, in order of first use; what is ambiguous is left out."""
    own = Target(path, symbol.id)
    nested = {child.id for child in tags.symbols if child.parent == symbol.id}
    seen: set[Target] = {own} | {Target(path, child) for child in nested}
    first = bisect_left(tags.references, symbol.range.start, key=lambda reference: reference.range.start)
    for reference in islice(tags.references, first, None):
        if reference.range.start >= symbol.range.end:
            return
        if reference.scope != symbol.id:
            continue
        targets = resolver.resolve(path, reference).targets
        if len(targets) != 1 or targets[0] in seen or _is_field(resolver, targets[0]):
            continue
        seen.add(targets[0])
        used_tags = resolver.snapshot.outline(targets[0].path)
        definition = used_tags.symbol(targets[0].symbol_id) if used_tags else None
        if used_tags is None or definition is None or definition.kind == "file":
            continue
        yield targets[0], used_tags, definition
        if len(seen) - len(nested) > MAXIMUM_USED:
            return


def _is_field(resolver: Resolver, target: Target) -> bool:
    """Whether the target is a field, which the interface of its type shows."""
    symbol = resolver.symbol(target)
    return symbol is not None and symbol.kind in FIELD_KINDS


def _interface(tags: FileTags, symbol: Symbol) -> str:
    """Function: signature; class: header, fields, method signatures; constant: its text."""
    title = f"{symbol.name}: {symbol.signature}" if "." in symbol.name else symbol.signature
    if symbol.kind not in CLASS_KINDS:
        return title
    fields = [
        f"  {binding.name}: {binding.annotation}" if binding.annotation else f"  {binding.name}"
        for binding in tags.bindings
        if binding.scope == symbol.id and not binding.is_type
    ]
    members = [f"  {child.signature}" for child in tags.symbols if child.parent == symbol.id and child.kind != "file"]
    return "\n".join([title, *dict.fromkeys(fields), *dict.fromkeys(members)])


def _prompt_text(language: str, own: str, header: list[str], interfaces: list[str]) -> str:
    enclosed = "\n".join([*(f"{line} …" for line in header), own])
    text = f"```{language}\n{_shortened(enclosed, MAXIMUM_SOURCE)}\n```"
    if interfaces:  # before the code itself: small models answer about what stands last
        used = _shortened("\n".join(interfaces), MAXIMUM_INTERFACES)
        text = f"Used below:\n```{language}\n{used}\n```\n\n{text}"
    return text


def _shortened(text: str, limit: int) -> str:
    """The head and the tail of a long text, cut at line ends; a line that is itself too long is cut inside."""
    if len(text) <= limit:
        return text
    head_limit = limit * 3 // 4
    head, tail = text[:head_limit], text[-(limit - head_limit) :]
    if "\n" in head[head_limit // 2 :]:
        head = head.rpartition("\n")[0]
    if "\n" in tail[: len(tail) // 2]:
        tail = tail.partition("\n")[2]
    return f"{head}\n…\n{tail}"
