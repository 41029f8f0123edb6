"""Facts about small things: where a field is set, what a local name is, and what a file exports."""

import re
from dataclasses import dataclass
from typing import Literal

from forethought.facts.exports import is_exported
from forethought.names.file_names import FileNames
from forethought.names.resolver import Resolver, identifier_at
from forethought.syntax.expressions import PASSED
from forethought.syntax.parameters import read_parameter
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import Binding, FileTags, Position, Range, Reference, Symbol

_TYPE_PARAMETER = re.compile(
    r"(?:(?:const|in|out|reified|typename|class|@\w+)\s+|\*+|\.\.\.\s*)*(?P<name>'?[^\W\d]\w*)"
)
_DERIVED = re.compile(
    r"next\(iter\(.*\)\)(?:\[\d+\])*|\(.*\)\.__enter__\(\)|\(.*\)\(\)|\(.*\)(?:\[\d+\])+"
    rf"|.*\.{PASSED}\(.*|#\w+ of .*"
)
"""What `for`, `with`, `except`, patterns and passed functions bind: not as written, see `syntax/bindings.py`."""
_RECEIVERS = frozenset({"self", "cls", "this", "$this", "@", ""})


LocalKind = Literal["parameter", "variable", "type parameter"]


@dataclass(frozen=True, slots=True)
class LocalName:
    """A parameter, a local variable or a type parameter."""

    name: str
    kind: LocalKind
    declaration: str
    """As written where it is bound first: `timeout: float = 5.0`, `page = fetch(url)`, `T extends Shape`."""
    type_name: str
    """The class of its value where that is inferred; empty if it is declared or unknown."""
    doc: str
    """What the function's docs say about a parameter, on one line."""
    owner: str
    """Qualified name of the function around it, or of what has the type parameter; empty outside of functions."""
    places: tuple[Range, ...]
    """Where it is bound, in order; empty for a type parameter."""


def places_set(tags: FileTags, field: Symbol) -> tuple[Range, ...]:
    """Where else than at its definition the type's own file gives a field a value, in order."""
    name = field.short_name
    parents = {symbol.id: symbol.parent for symbol in tags.symbols}
    places = []
    for binding in tags.bindings:
        if not binding.name.endswith(name) or binding.range.end == field.selection.end:
            continue
        receiver, _, attribute = binding.name.rpartition(".")
        if attribute.lstrip("$") != name or receiver not in _RECEIVERS:
            continue
        scope: str | None = binding.scope
        while receiver and scope and scope != field.parent:
            scope = parents.get(scope)
        if scope == field.parent:
            places.append(binding.range)
    return tuple(places)


def exported_names(path: str, tags: FileTags) -> tuple[str, ...]:
    """What a file offers to others by its own declarations, in order; of a Python package, also what it imports."""
    own = [symbol.short_name for symbol in tags.symbols[1:] if is_exported(path, tags, symbol)]
    if path.rpartition("/")[2] == "__init__.py":
        own += [item.local for item in tags.imports if not item.scope and not item.local.startswith(("_", "*"))]
    return tuple(dict.fromkeys(own))


def local_name_at(resolver: Resolver, path: str, position: Position) -> LocalName | None:
    """The parameter, local variable or type parameter at the position; None for anything else."""
    names = resolver.names(path)
    bindings = resolver.bindings_at(path, position)
    if names is None:
        return None
    if not bindings:
        return _type_parameter_at(resolver, names, path, position)
    first = bindings[0]
    if first.is_type:
        return _bound_type_parameter(names, first)
    scope = names.symbols.get(first.scope)
    function = next((symbol for symbol in names.scopes(first.scope) if symbol.kind in FUNCTION_KINDS), None)
    name = first.name.lstrip("$")
    parameter = _parameter(names.tags.language, scope, name) if first.seen_in is None else None
    return LocalName(
        name=first.name,
        kind="parameter" if parameter is not None else "variable",
        declaration=parameter if parameter is not None else _declaration(first),
        type_name="" if any(binding.annotation for binding in bindings) else " | ".join(resolver.types(path, bindings)),
        doc=_parameter_doc(scope.doc, name) if parameter is not None and scope is not None and scope.doc else "",
        owner=function.name if function is not None else "",
        places=tuple(binding.range for binding in bindings),
    )


def _parameter(language: str, scope: Symbol | None, name: str) -> str | None:
    """The parameter of this name as written; None if the scope has none."""
    if scope is None or scope.kind not in FUNCTION_KINDS:
        return None
    return next((text for text in scope.parameters if name in read_parameter(language, text).names), None)


def _bound_type_parameter(names: FileNames, binding: Binding) -> LocalName:
    owner = names.symbols[binding.scope]
    bound = f"{binding.name} extends {binding.annotation}" if binding.annotation else binding.name
    if binding.seen_in is not None:
        return LocalName(binding.name, "type parameter", bound, "", "", "", ())
    declaration = type_parameters(owner).get(binding.name, bound)
    return LocalName(binding.name, "type parameter", declaration, "", "", owner.name, ())


def _type_parameter_at(resolver: Resolver, names: FileNames, path: str, position: Position) -> LocalName | None:
    tags = resolver.snapshot.tags(path)
    reference = identifier_at(tags, position) if tags is not None else None
    if not isinstance(reference, Reference) or reference.receiver is not None:
        return None
    for symbol in names.scopes(reference.scope):
        if (declaration := type_parameters(symbol).get(reference.name)) is not None:
            return LocalName(reference.name, "type parameter", declaration, "", "", symbol.name, ())
    return None


def type_parameters(symbol: Symbol) -> dict[str, str]:
    """Name → declaration of each type parameter in a symbol's signature: `T` → `T extends Shape`."""
    if receiver := re.match(r"func\s*\(\s*(?:\w+\s+)?\*?\w+\[([\w, ]+)\]\s*\)", symbol.signature):
        return {name.strip(): name.strip() for name in receiver[1].split(",")}  # Go's `func (b *Box[T]) Get()`
    name = re.escape(symbol.short_name)
    start = re.search(rf"\b{name}\s*[<\[]|^template\s*<|^(?:[\w@]+\s+)*<", symbol.signature)
    if start is None:
        return {}
    depth, item, items = 1, "", []
    for character in symbol.signature[start.end() :]:
        depth += (character in "<[({") - (character in ">])}" and not item.endswith(("-", "=")))
        if not depth:
            break
        if character == "," and depth == 1:
            items.append(item.strip())
            item = ""
        else:
            item += character
    found = {}
    for text in (*items, item.strip()):
        if match := _TYPE_PARAMETER.match(text):
            found[match["name"]] = text
    return found


def _declaration(binding: Binding) -> str:
    annotation = f": {binding.annotation}" if binding.annotation else ""
    value = binding.value if binding.value and not _DERIVED.fullmatch(binding.value) else None
    return f"{binding.name}{annotation}{f' = {value}' if value else ''}"


def _parameter_doc(doc: str, name: str) -> str:
    """What a function's docs say about a parameter, in the forms of Sphinx, JSDoc, Google and NumPy; "" if nothing."""
    word = rf"[`*$\[]*{re.escape(name)}(?:=[^\]\n]*)?[`*\]]*"
    forms = (
        rf"^\s*:param(?:\s+[^:\n]+)?\s+{word}\s*:\s*(?P<text>.+)",
        rf"^\s*[@\\]param(?:\[\w+\])?(?:\s+(?:\{{[^}}\n]*\}}|[\w\\|\[\]<>?]+(?=\s+\$)))?\s+{word}\s*[-–:]?\s*(?P<text>\S.*)",
        rf"^(?P<indent>\s*){word}\s+:[^\n]*\n(?P=indent)[ \t]+(?P<text>\S.*)",
        rf"^\s*(?:[-*]\s+)?{word}\s*(?:\([^)\n]*\))?\s*(?::|\s[-–]|--)\s+(?P<text>\S.*)",
    )
    for form in forms:
        if match := re.search(form, doc, re.M):
            return " ".join(match["text"].split())
    return ""
