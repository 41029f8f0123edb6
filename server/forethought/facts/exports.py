"""What a file or a folder offers to the code that uses it, by the visibility rules of its language.

Python: the public names of `__init__.py` if it has any, else those of the public modules. Go: capitalized names outside
`main` and `internal`. Rust: `pub`. Scripts: `export`. Elsewhere: whatever is not private.
"""

import re
from collections.abc import Iterable

from forethought.names.file_names import Target
from forethought.names.modules import SCRIPT_LANGUAGES
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Symbol

_DECLARED_PUBLIC = {
    "rust": re.compile(r"pub\b(?!\s*\()"),
    **dict.fromkeys(("java", "c-sharp"), re.compile(r"(?:[\w@]+\s+)*?public\b")),
    **dict.fromkeys(SCRIPT_LANGUAGES, re.compile(r"(?:[\w@]+\s+)*?export\b")),
}
_DECLARED_PRIVATE = re.compile(r"(?:\w+\s+)*?(?:private|protected|internal|static|local)\b")


def is_exported(path: str, tags: FileTags, symbol: Symbol) -> bool:
    """Whether a top-level function or class is visible to other files by its own declaration."""
    if symbol.parent or symbol.kind not in CLASS_KINDS | FUNCTION_KINDS or "." in symbol.name:
        return False
    return _is_visible(path, tags, symbol)


def is_public_member(path: str, tags: FileTags, symbol: Symbol) -> bool:
    """Whether a method is visible to the code that uses its class, which is taken to be visible."""
    if symbol.kind != "method" or symbol.is_constructor:
        return False
    if tags.language in SCRIPT_LANGUAGES:
        return not re.match(r"#|(?:private|protected)\b", symbol.signature) and not symbol.short_name.startswith("#")
    return _is_visible(path, tags, symbol)


def is_visible(path: str, tags: FileTags, symbol: Symbol) -> bool:
    """Whether a symbol is visible to other files by its own declaration, whatever it is in."""
    return is_public_member(path, tags, symbol) if symbol.kind == "method" else _is_visible(path, tags, symbol)


def _is_visible(path: str, tags: FileTags, symbol: Symbol) -> bool:
    if tags.language == "go":
        is_hidden = "internal" in path.split("/")[:-1] or any(other.name == "main" for other in tags.symbols)
        return symbol.short_name[:1].isupper() and not is_hidden
    if (pattern := _DECLARED_PUBLIC.get(tags.language)) is not None:
        return bool(pattern.match(symbol.signature))
    return not symbol.short_name.startswith("_") and (
        tags.language in ("python", "ruby", "lua") or not _DECLARED_PRIVATE.match(symbol.signature)
    )


def exports_of(resolver: Resolver, paths: Iterable[str]) -> tuple[Target, ...]:
    """The functions and classes that the files of one folder offer, in path order."""
    files = sorted(paths)
    entry = next((path for path in files if path.rpartition("/")[2] == "__init__.py"), None)
    if entry is not None and (offered := _public_names(resolver, entry)):
        return offered
    found: dict[Target, None] = {}
    for path in files:
        outline = resolver.snapshot.outline(path)
        if outline is None or (outline.language == "python" and path.rpartition("/")[2].startswith("_")):
            continue
        found |= dict.fromkeys(
            Target(path, item.id) for item in outline.symbols[1:] if is_exported(path, outline, item)
        )
        for item in outline.imports:
            if not item.module and outline.language in SCRIPT_LANGUAGES:  # `export default name`
                targets = resolver.imported(path, item).targets
                found |= dict.fromkeys(target for target in targets if _is_offered(resolver, target))
    return _distinct(resolver, found)


def _public_names(resolver: Resolver, path: str) -> tuple[Target, ...]:
    """The functions and classes that a Python module defines or imports under public names."""
    outline = resolver.snapshot.outline(path)
    if outline is None:
        return ()
    found = {Target(path, symbol.id): None for symbol in outline.symbols[1:] if is_exported(path, outline, symbol)}
    for item in outline.imports:
        if item.scope or (item.local != "*" and item.local.startswith("_")):
            continue
        targets = resolver.imported(path, item).targets
        if item.local != "*":
            found |= dict.fromkeys(target for target in targets if len(targets) == 1 and _is_offered(resolver, target))
            continue
        for module in {target.path for target in targets}:
            tags = resolver.snapshot.outline(module)
            for symbol in tags.symbols[1:] if tags is not None else ():
                if tags is not None and is_exported(module, tags, symbol):
                    found.setdefault(Target(module, symbol.id))
    return _distinct(resolver, found)


def _distinct(resolver: Resolver, targets: Iterable[Target]) -> tuple[Target, ...]:
    """The targets, with only the representative one of those that share a name in a file, such as overloads."""
    ids: dict[tuple[str, str], list[str]] = {}
    for target in targets:
        symbol = resolver.symbol(target)
        ids.setdefault((target.path, symbol.name if symbol is not None else target.symbol_id), []).append(
            target.symbol_id
        )
    return tuple(resolver.representative(path, same) for (path, _), same in ids.items())


def _is_offered(resolver: Resolver, target: Target) -> bool:
    symbol = resolver.symbol(target)
    return symbol is not None and symbol.kind in CLASS_KINDS | FUNCTION_KINDS
