"""The names of one file indexed for lookup, and the interface of the index that names are resolved against."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from forethought.names import modules
from forethought.syntax.package_manifests import Package
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, TYPE_KINDS, VALUE_KINDS
from forethought.syntax.tags import Binding, FileTags, Import, Position, Reference, Symbol


class Target(NamedTuple):
    """A definition in the repository; the file itself if `symbol_id` is empty."""

    path: str
    symbol_id: str


@dataclass(frozen=True, slots=True)
class Contents:
    """A version token of each path, which differs whenever the file's text does."""

    saved: Mapping[str, Hashable]
    """Of the index: the same object as long as it does not change."""
    edits: Mapping[str, Hashable] = field(default_factory=dict)
    """Of the few files that something is or was laid over, in place of those of the index."""

    def __contains__(self, path: str) -> bool:
        return path in self.edits or path in self.saved

    def get(self, path: str) -> Hashable:
        """The token of a path; None if there is no such file."""
        return self.edits[path] if path in self.edits else self.saved.get(path)

    def changed_since(self, before: "Contents") -> set[str]:
        """The paths that were added, removed, or have another text. All paths are compared if the index changed."""
        paths = self.edits.keys() | before.edits.keys()
        if self.saved is not before.saved:
            paths |= self.saved.keys() | before.saved.keys()
        return {path for path in paths if self.get(path) != before.get(path)}


class IndexSnapshot(Protocol):
    """What resolution reads: the index, possibly overlaid with unsaved buffers."""

    @property
    def generation(self) -> Hashable:
        """Differs whenever anything that can be read here does."""
        ...

    def contents(self) -> Contents: ...

    def paths(self) -> frozenset[str]: ...
    def packages(self) -> Sequence[Package]:
        """The packages whose manifests are beside or above the files."""
        ...

    def tags(self, path: str) -> FileTags | None: ...
    def outline(self, path: str) -> FileTags | None:
        """The file's tags without its references, except for those in decorators. Cheaper than `tags`."""
        ...

    def definitions_named(self, short_name: str) -> Sequence[tuple[str, str, str, str]]:
        """(path, symbol id, kind, language) of each definition with this unqualified name."""
        ...

    def references_named(self, name: str) -> Sequence[tuple[str, Reference]]:
        """(path, reference) of each use of the name."""
        ...

    def paths_calling(self, name: str) -> Sequence[str]:
        """The files that call something of this name, in order."""
        ...

    def aliases_of(self, name: str) -> Sequence[tuple[str, str]]:
        """(path, local name) of each import that binds the name to another one."""
        ...

    def precise(self, path: str) -> Mapping[Position, "Target | None"]:
        """What a language's own indexer says that references in the file mean, by where they start.

        None stands for something outside of the repository. Empty unless the indexer saw the present text.
        """
        ...

    def precise_version(self) -> Hashable:
        """Differs whenever another index of a language's own indexer was read."""
        ...

    def call_counts(self, limit: int) -> Sequence[tuple[str, int]]:
        """(name, number of calls) of the names that are defined in the repository, most called first."""
        ...


SELF_NAMES = frozenset({"self", "this", "$this", "cls", "static", "@", "Self"})
"""The names of the enclosing instance or class, in any language."""


class FileNames:
    """The names of one file, indexed for lookup."""

    def __init__(self, tags: FileTags) -> None:
        self.tags = tags
        self.symbols = {symbol.id: symbol for symbol in (*tags.symbols, *tags.fields)}
        self.members: dict[str, dict[str, list[Symbol]]] = {}
        """Scope id → unqualified name → symbols. The scope `.A` holds methods of an `A` in another file."""
        self.imports: dict[str, dict[str, list[Import]]] = {}
        """Scope id → local name → imports."""
        self.wildcards: list[Import] = []
        self.bindings: dict[str, dict[str, list[Binding]]] = {}
        """Scope id → name → bindings."""
        self.type_parameters: dict[str, dict[str, list[Binding]]] = {}
        """Scope id → name → its declarations, several if blocks of the scope declare one each."""
        self.attributes: dict[str, dict[str, list[Binding]]] = {}
        """Class id → attribute, without its receiver → bindings."""
        self.unnamed_structs: list[tuple[Position, str]] = []
        """Where the first field of each of Go's structs without a name is, and the scope that has its fields."""
        self.decorators: dict[str, list[Reference]] = {}
        """Symbol id → references in its decorators."""
        for symbol in tags.definitions:
            self.members.setdefault(self._member_scope(symbol), {}).setdefault(symbol.short_name, []).append(symbol)
        for item in tags.imports:
            if item.local == "*":
                self.wildcards.append(item)
            else:
                self.imports.setdefault(item.scope, {}).setdefault(item.local, []).append(item)
        for binding in tags.bindings:
            if binding.is_type:
                self.type_parameters.setdefault(binding.scope, {}).setdefault(binding.name, []).append(binding)
                continue
            receiver, dot, attribute = binding.name.partition(".")
            if binding.name.startswith("@"):  # Ruby's instance variables
                receiver, dot, attribute = "@", "@", binding.name
            if not dot:
                if self._is_field_parameter(binding):
                    owner_id = self.symbols[binding.scope].parent
                    field = binding.name.lstrip("$")
                    self.attributes.setdefault(owner_id, {}).setdefault(field, []).append(binding)
                self.bindings.setdefault(binding.scope, {}).setdefault(binding.name, []).append(binding)
            elif tags.language == "go":
                struct = self._unnamed_struct(binding.scope, receiver)
                self.attributes.setdefault(struct, {}).setdefault(attribute, []).append(binding)
            elif (owner := self.owner_of_receiver(binding.scope, receiver)) is not None:
                self.attributes.setdefault(owner, {}).setdefault(attribute, []).append(binding)
        if tags.language == "go":
            starts: dict[str, Position] = {}
            for member in tags.fields:
                struct_scope = self._member_scope(member)
                if struct_scope not in self.symbols or self.symbols[struct_scope].kind not in TYPE_KINDS:
                    starts.setdefault(struct_scope, member.selection.start)
            self.unnamed_structs = sorted((start, struct_scope) for struct_scope, start in starts.items())
        for reference in tags.references:
            decorated = self.symbols.get(reference.scope)
            if decorated is not None and decorated.id and reference.range.start < decorated.selection.start:
                self.decorators.setdefault(decorated.id, []).append(reference)

    def _unnamed_struct(self, scope: str, label: str) -> str:
        """The scope of the fields of a Go struct without a name, which goes by that of a variable or field."""
        symbol = self.symbols[scope]
        if symbol.kind in VALUE_KINDS and symbol.short_name == label:
            return scope
        name = f"{symbol.name}.{label}" if symbol.id else label
        return name if name in self.symbols else f".{name}"

    def _member_scope(self, symbol: Symbol) -> str:
        """The scope whose member the symbol is: methods may stand outside their class (Go, Rust, C++, Lua)."""
        owner = symbol.name.rpartition(".")[0]
        if symbol.parent in self.symbols and owner != self.symbols[symbol.parent].name:
            return owner if owner in self.symbols else f".{owner}"
        return symbol.parent

    def owner_elsewhere(self, symbol: Symbol) -> str:
        """Qualified name of the class of a method that stands outside it (Go, Rust, C++, Lua); else empty."""
        owner = symbol.name.rpartition(".")[0]
        if symbol.short_name in modules.FIXTURE_TESTS and symbol.parameters and symbol.kind in FUNCTION_KINDS:
            return symbol.parameters[0]
        around = self.symbols.get(symbol.parent)
        return owner if symbol.kind in FUNCTION_KINDS and around is not None and owner != around.name else ""

    def _is_field_parameter(self, binding: Binding) -> bool:
        """Whether a parameter is also a field, like that of TypeScript's `constructor(private jar: Jar)`."""
        if self.tags.language not in modules.FIELD_PARAMETERS or not self.symbols[binding.scope].is_constructor:
            return False
        pattern = rf"(public|private|protected|readonly|override)\b.*\b{re.escape(binding.name.lstrip('$'))}\b"
        return any(re.match(pattern, parameter) for parameter in self.symbols[binding.scope].parameters)

    def scopes(self, scope: str) -> Iterator[Symbol]:
        """The scope's symbol and those around it, innermost first, the file last."""
        symbol = self.symbols.get(scope)
        while symbol is not None:
            yield symbol
            symbol = self.symbols.get(symbol.parent) if symbol.id else None

    def enclosing_class(self, scope: str) -> Symbol | None:
        """The innermost class or module around the scope."""
        return next((symbol for symbol in self.scopes(scope) if symbol.kind in CLASS_KINDS), None)

    def owner_of_receiver(self, scope: str, receiver: str) -> str | None:
        """Id of the class that the name `receiver` means in this scope, or an instance of which it means."""
        for symbol in self.scopes(scope):
            if symbol.kind in FUNCTION_KINDS:
                owner = self.symbols.get(symbol.parent)
                if owner is None or owner.kind not in CLASS_KINDS:
                    continue
                if receiver in SELF_NAMES:
                    return owner.id
                first = symbol.parameters[0] if symbol.parameters else ""
                if receiver == first.partition(":")[0].partition("=")[0].strip(" &*"):
                    return owner.id if not self.is_decorated(symbol.id, "staticmethod") else None
            elif symbol.kind in CLASS_KINDS and receiver in SELF_NAMES:
                return symbol.id
        return None

    def is_decorated(self, symbol_id: str, *names: str) -> bool:
        """Whether one of its decorators mentions one of the names."""
        return any(reference.name in names for reference in self.decorators.get(symbol_id, ()))

    def chosen(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Of several definitions of one name in one scope, the one that counts: not an overload stub, not a setter."""
        if len(symbols) == 1:
            return list(symbols)
        candidates = [symbol for symbol in symbols if symbol.kind not in VALUE_KINDS] or list(symbols)
        if self.tags.language in ("c", "cpp") and all(symbol.kind in ("macro", "type") for symbol in candidates):
            return candidates  # an `#if` chooses
        plain = [
            symbol
            for symbol in candidates
            if not self.is_decorated(symbol.id, "overload", "setter", "deleter", "getter", "register")
            and not re.match(r"(?:static\s+|override\s+)*set\s+\w", symbol.signature)
        ]
        chosen = plain or candidates
        if self.tags.language == "rust":
            return chosen  # of one name in one scope, each is for another configuration or another `impl`
        if chosen and chosen[-1].kind == "class" and "TYPE_CHECKING" in self.imports.get("", {}):
            return chosen[:1]  # `if TYPE_CHECKING:` has the real one, `else:` a stand-in
        return chosen[:1] if modules.has_clauses(self.tags.language) else chosen[-1:]
