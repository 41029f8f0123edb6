"""The kinds of symbol, and the groups of them that the rest of the program tells apart."""

from typing import Literal, get_args

SymbolKind = Literal[
    "file",
    "class",
    "interface",
    "enum",
    "struct",
    "trait",
    "type",
    "module",
    "function",
    "method",
    "macro",
    "constant",
    "variable",
    "field",
    "property",
    "event",
    "enumerator",
    "section",
    "selector",
    "key",
]
"""`file` is the file itself; every other kind is a `@definition.KIND` capture of some shipped tags query."""

SYMBOL_KINDS: dict[str, SymbolKind] = {kind: kind for kind in get_args(SymbolKind)}
"""Narrows a string to a kind: `SYMBOL_KINDS[text]` raises KeyError for anything else."""

TYPE_KINDS: frozenset[SymbolKind] = frozenset({"class", "interface", "enum", "struct", "trait", "type"})
"""What a value can be an instance of. A function in one of these is a method."""

CLASS_KINDS: frozenset[SymbolKind] = TYPE_KINDS | {"module"}
"""Whatever has members: types, and modules and namespaces inside a file."""

FUNCTION_KINDS: frozenset[SymbolKind] = frozenset({"function", "method", "macro"})
"""Whatever can be called and has parameters."""

FIELD_KINDS: frozenset[SymbolKind] = frozenset({"field", "property", "event", "enumerator"})
"""What a type declares that holds a value: the symbols in `FileTags.fields`. `enumerator` is a member of an enum."""

VALUE_KINDS: frozenset[SymbolKind] = FIELD_KINDS | {"variable", "constant"}

DATA_KINDS: frozenset[SymbolKind] = frozenset({"section", "selector", "key"})
"""What prose, markup and data consist of: headings, style rules, keys. No name in code ever refers to one."""
