"""Rust's `impl Trait for Type` blocks and derived traits, as written.

The type of an `impl` may be one that the repository does not define, like `Box<dyn Error>`, or any type with certain
traits, so what implements a trait is more than symbols. The header is read from the text around the trait's name.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from forethought.facts.call_graph import files_naming
from forethought.facts.location import Location
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from forethought.syntax.decorators import decorators_of
from forethought.syntax.tags import FileTags, Reference, Symbol

LinesOf = Callable[[str], Sequence[bytes]]
"""Path → the lines of the file."""

_MAX_HEADER_LINES = 30
_IMPL = re.compile(r"\bimpl\b(?!.*\bimpl\b)\s*([^{};]*)$", re.DOTALL)
"""From the last `impl` to the trait's name; captures the type parameters, and the path in front of the name."""
_FOR = re.compile(r"\s*for\s+")
_WHERE = re.compile(r"where\b")
_PARAMETER = re.compile(r"\s*(?:const\s+)?([A-Za-z_]\w*)")
_PLAIN_TYPE = re.compile(r"(?:\w+\s*::\s*)*(\w+)(?:\s*<.*>)?", re.DOTALL)
_DERIVE = re.compile(r"derive\s*\((.*)\)")


class TraitImpl(NamedTuple):
    """A trait implemented for a type."""

    trait: Reference
    trait_text: str
    """As written, with its type arguments: `From<Jar>`."""
    type_text: str
    """As written: `Box<dyn Error + Send>`."""
    type: Reference | None
    """The name of the type, if it is plain: `Jar` or `jars::Jar<T>`, but not `&Jar`. None for a derived trait."""
    header: str
    """All of it on one line, without the body; empty for a derived trait."""
    is_blanket: bool
    """Whether the type is a type parameter, or a reference to one."""


def impls_in(tags: FileTags, lines: Sequence[bytes], name: str | None = None) -> Iterator[TraitImpl]:
    """The `impl Trait for Type` blocks of a Rust file, in order; only those of traits of this name if it is given."""
    for reference in tags.references:
        if reference.kind == "class" and name in (None, reference.name):
            found = _impl_at(tags, lines, reference)
            if found is not None:
                yield found


def implementations_of(resolver: Resolver, trait: Target, lines_of: LinesOf) -> list[tuple[Location, TraitImpl]]:
    """Every `impl` of a trait that is defined in the repository, in path order."""
    symbol = resolver.symbol(trait)
    if symbol is None:
        return []
    found = []
    for path, names in sorted(files_naming(resolver.snapshot, symbol.short_name).items()):
        tags = resolver.snapshot.tags(path)
        if tags is None or tags.language != "rust":
            continue
        lines = lines_of(path)
        found += [
            (Location(path, item.trait.scope, item.trait.range), item)
            for name in sorted(names)
            for item in impls_in(tags, lines, name)
            if resolver.resolve(path, item.trait).targets == (trait,)
        ]
    return found


def implementations_for(resolver: Resolver, target: Target, lines_of: LinesOf) -> list[tuple[Location, TraitImpl]]:
    """Every `impl` of a trait for a type that is defined in the repository, in path order."""
    symbol = resolver.symbol(target)
    if symbol is None:
        return []
    found = []
    for path, names in sorted(
        {target.path: {symbol.short_name}, **files_naming(resolver.snapshot, symbol.short_name)}.items()
    ):
        tags = resolver.snapshot.tags(path)
        if tags is None or tags.language != "rust":
            continue
        found += [
            (Location(path, item.trait.scope, item.trait.range), item)
            for item in impls_in(tags, lines_of(path))
            if item.type is not None
            and item.type.name in names
            and resolver.resolve(path, item.type).targets == (target,)
        ]
    return found


def external_implementations(resolver: Resolver, name: str, lines_of: LinesOf) -> list[tuple[Location, str]]:
    """(place, type as written) of every `impl` or derive of a trait defined elsewhere, in path order.

    name: of the trait, without its path
    """
    found = []
    for path in sorted({path for path, _ in resolver.snapshot.references_named(name) if path.endswith(".rs")}):
        tags, lines = resolver.snapshot.tags(path), lines_of(path)
        if tags is None:
            continue
        found += [
            (Location(path, item.trait.scope, item.trait.range), item.header if item.is_blanket else item.type_text)
            for item in impls_in(tags, lines, name)
            if not resolver.resolve(path, item.trait).targets
        ]
        found += [
            (Location(path, symbol.id, symbol.selection), symbol.short_name)
            for symbol in tags.symbols[1:]
            if name in [trait.rpartition("::")[2] for trait in derived_traits(symbol, lines)]
        ]
    return found


def derived_traits(symbol: Symbol, lines: Sequence[bytes]) -> list[str]:
    """The traits that a type derives, in order, as written."""
    derives = (match[1] for text in decorators_of(symbol, lines) if (match := _DERIVE.fullmatch(text)))
    return list(dict.fromkeys(trait.strip() for inside in derives for trait in inside.split(",") if trait.strip()))


def _impl_at(tags: FileTags, lines: Sequence[bytes], trait: Reference) -> TraitImpl | None:
    """The `impl` whose trait the reference names; None if it is in no such place."""
    start, end = trait.range.start, trait.range.end
    if end.row >= len(lines) or lines[start.row][start.column : end.column].decode("utf-8", "replace") != trait.name:
        return None  # the file is no longer what was indexed
    above = [*lines[max(0, start.row - _MAX_HEADER_LINES) : start.row], lines[start.row][: start.column]]
    before = _IMPL.search(b"\n".join(above).decode("utf-8", "replace"))
    if before is None or before[1].rstrip().endswith("!"):
        return None
    rest = [lines[end.row][end.column :], *lines[end.row + 1 : end.row + _MAX_HEADER_LINES]]
    after = b"\n".join(rest).decode("utf-8", "replace")
    arguments = _end_of_brackets(after, 0) if after.lstrip().startswith("<") else 0
    separator = _FOR.match(after, arguments)
    if separator is None:
        return None
    type_end = _end_of_type(after, separator.end())
    type_text = " ".join(after[separator.end() : type_end].split())
    header_end = after.find("{", type_end) if "{" in after[type_end:] else type_end
    header = " ".join(f"{before[0]}{trait.name}{after[:header_end]}".split()).rstrip(",")
    plain = _PLAIN_TYPE.fullmatch(type_text)
    name = plain[1] if plain else re.sub(r"^[&*]+\s*(?:'\w+\s+)?(?:mut\s+|const\s+)?", "", type_text)
    named = plain is not None and next(
        (item for item in tags.references if item.range.start > end and item.name == name and item.kind != "call"), None
    )
    generics = before[1].strip()
    parameters = generics[1 : _end_of_brackets(generics, 0) - 1] if generics.startswith("<") else ""
    is_blanket = name in {found[1] for part in parameters.split(",") if (found := _PARAMETER.match(part))}
    trait_text = trait.name + " ".join(after[:arguments].split())
    return TraitImpl(trait, trait_text, type_text, named or None, header, is_blanket)


def _end_of_brackets(text: str, start: int) -> int:
    """Behind the bracket that closes the first one at or after `start`; the end of the text if none does."""
    depth = 0
    for index in range(start, len(text)):
        depth += _depth_change(text, index)
        if not depth and text[index] in ">)]":
            return index + 1
    return len(text)


def _end_of_type(text: str, start: int) -> int:
    """Where a type that starts there ends: before the body or the `where` clause."""
    depth = 0
    for index in range(start, len(text)):
        if not depth and (text[index] in "{;" or (_WHERE.match(text, index) and not text[index - 1].isalnum())):
            return index
        depth += _depth_change(text, index)
    return len(text)


def _depth_change(text: str, index: int) -> int:
    if text[index] == ">" and text[index - 1 : index] in ("-", "="):
        return 0  # the arrow in `Fn() -> T`
    return (text[index] in "<([") - (text[index] in ">)]")
