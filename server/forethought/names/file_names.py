"""The names of one file, arranged for look-ups, and what look-ups are made on."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from forethought.names import modules
from forethought.syntax.package_manifests import Package
from forethought.syntax.tags import Binding, FileTags, Import, Reference, Symbol


class Target(NamedTuple):
    """A definition in the repository. An empty `symbol_id` is the file itself."""

    path: str
    symbol_id: str


class IndexSnapshot(Protocol):
    """What resolution reads: the index store, possibly with unsaved buffers laid over it."""

    @property
    def generation(self) -> Hashable:
        """Differs whenever anything that can be read here does."""
        ...

    def contents(self) -> Mapping[str, Hashable]:
        """path → what is another whenever the file's text is."""
        ...

    def paths(self) -> frozenset[str]: ...
    def packages(self) -> Sequence[Package]:
        """The packages whose manifests stand beside or above the files."""
        ...

    def tags(self, path: str) -> FileTags | None: ...
    def outline(self, path: str) -> FileTags | None: ...
    def definitions_named(self, short_name: str) -> Sequence[tuple[str, str, str, str]]:
        """(path, symbol id, kind, language) of each definition of the unqualified name."""
        ...

    def references_named(self, name: str) -> Sequence[tuple[str, Reference]]: ...
    def paths_calling(self, name: str) -> Sequence[str]:
        """Files that call something of this name, in order."""
        ...

    def aliases_of(self, name: str) -> Sequence[tuple[str, str]]:
        """(path, other name) of each import that brings the name in under another name."""
        ...

    def call_counts(self, limit: int) -> Sequence[tuple[str, int]]:
        """(name, calls of something of this name) of names that are defined here, the most called first."""
        ...


CLASS_KINDS = frozenset({"class", "interface", "enum", "struct", "trait", "type", "object", "record", "module"})
FUNCTION_KINDS = frozenset({"function", "method", "constructor", "macro"})
VALUE_KINDS = frozenset({"variable", "constant", "field", "property"})
SELF_NAMES = frozenset({"self", "this", "$this", "cls", "static", "@", "Self"})


class FileNames:
    """The names of one file, arranged for look-ups."""

    def __init__(self, tags: FileTags) -> None:
        self.tags = tags
        self.symbols = {symbol.id: symbol for symbol in tags.symbols}
        self.members: dict[str, dict[str, list[Symbol]]] = {}
        self.imports: dict[str, dict[str, list[Import]]] = {}
        self.wildcards: list[Import] = []
        self.bindings: dict[str, dict[str, list[Binding]]] = {}
        self.attributes: dict[str, dict[str, list[Binding]]] = {}
        self.decorators: dict[str, list[Reference]] = {}
        for symbol in tags.symbols[1:]:
            self.members.setdefault(self._home(symbol), {}).setdefault(symbol.short_name, []).append(symbol)
        for item in tags.imports:
            if item.local == "*":
                self.wildcards.append(item)
            else:
                self.imports.setdefault(item.scope, {}).setdefault(item.local, []).append(item)
        for binding in tags.bindings:
            receiver, dot, attribute = binding.name.partition(".")
            if binding.name.startswith("@"):  # Ruby's instance variables
                receiver, dot, attribute = "@", "@", binding.name
            if not dot:
                if self._is_field_parameter(binding):
                    fields_of = self.symbols[binding.scope].parent
                    self.attributes.setdefault(fields_of, {}).setdefault(binding.name, []).append(binding)
                self.bindings.setdefault(binding.scope, {}).setdefault(binding.name, []).append(binding)
            elif (owner := self.owner_of_receiver(binding.scope, receiver)) is not None:
                self.attributes.setdefault(owner, {}).setdefault(attribute, []).append(binding)
        for reference in tags.references:
            symbol_ = self.symbols.get(reference.scope)
            if symbol_ is not None and symbol_.id and reference.range.start < symbol_.selection.start:
                self.decorators.setdefault(symbol_.id, []).append(reference)

    def _home(self, symbol: Symbol) -> str:
        """The scope in which the symbol's name is seen: methods may stand outside their class (Go, Rust, C++, Lua)."""
        owner = symbol.name.rpartition(".")[0]
        if symbol.parent in self.symbols and owner != self.symbols[symbol.parent].name:
            return owner if owner in self.symbols else f".{owner}"
        return symbol.parent

    def owner_elsewhere(self, symbol: Symbol) -> str:
        """Qualified name of the class of a method that stands outside of it (Go, Rust, C++, Lua); else empty."""
        owner = symbol.name.rpartition(".")[0]
        around = self.symbols.get(symbol.parent)
        return owner if symbol.kind in FUNCTION_KINDS and around is not None and owner != around.name else ""

    def _is_field_parameter(self, binding: Binding) -> bool:
        """`constructor(private jar: Jar)` in TypeScript: a parameter that is a field, too."""
        if self.tags.language not in modules.SCRIPT_LANGUAGES or not binding.scope.endswith("constructor"):
            return False
        pattern = rf"(public|private|protected|readonly|override)\b.*\b{re.escape(binding.name)}\b"
        return any(re.match(pattern, parameter) for parameter in self.symbols[binding.scope].parameters)

    def scopes(self, scope: str) -> Iterator[Symbol]:
        """The symbol of the scope and those around it, innermost first, the file last."""
        symbol = self.symbols.get(scope)
        while symbol is not None:
            yield symbol
            symbol = self.symbols.get(symbol.parent) if symbol.id else None

    def enclosing_class(self, scope: str) -> Symbol | None:
        return next((symbol for symbol in self.scopes(scope) if symbol.kind in CLASS_KINDS), None)

    def owner_of_receiver(self, scope: str, receiver: str) -> str | None:
        """The class whose instance (or which itself) the name `receiver` is in this scope."""
        for symbol in self.scopes(scope):
            if symbol.kind in FUNCTION_KINDS:
                owner = self.symbols.get(symbol.parent)
                first = (
                    symbol.parameters[0].partition(":")[0].partition("=")[0].strip(" &*") if symbol.parameters else ""
                )
                if owner is not None and owner.kind in CLASS_KINDS and (receiver in SELF_NAMES or receiver == first):
                    return (
                        owner.id if receiver in SELF_NAMES or not self.is_decorated(symbol.id, "staticmethod") else None
                    )
            elif symbol.kind in CLASS_KINDS and receiver in SELF_NAMES:
                return symbol.id
        return None

    def is_decorated(self, symbol_id: str, *names: str) -> bool:
        return any(reference.name in names for reference in self.decorators.get(symbol_id, ()))

    def chosen(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Of several definitions of one name in one scope, those that count: no overload stubs, no setters."""
        if len(symbols) == 1:
            return list(symbols)
        weighty = [symbol for symbol in symbols if symbol.kind not in VALUE_KINDS] or list(symbols)
        plain = [
            symbol
            for symbol in weighty
            if not self.is_decorated(symbol.id, "overload", "setter", "deleter", "getter", "register")
            and not re.match(r"(?:static\s+|override\s+)*set\s+\w", symbol.signature)
        ]
        return (plain or weighty)[-1:]
