"""Which Go types have all methods of an interface. Go has no `implements`, so method sets are compared.

A type and a pointer to it count as one: the methods of both are its methods, and so are those that the types that it
embeds promote (https://go.dev/ref/spec#Method_sets, https://go.dev/ref/spec#Selectors). Methods are the same if their
parameter and result types are, with import names replaced by what they stand for. Where that cannot be told, because
of a type parameter or a type outside the repository, the answer is neither yes nor no.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from forethought.errors import Cancelled
from forethought.facts.class_hierarchy import own_members, subclasses
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from forethought.syntax.symbol_kinds import TYPE_KINDS
from forethought.syntax.tags import name_of

_MAX_CANDIDATES = 2000
"""Types that are compared with one interface: enough for all but names like `String` in the largest repositories."""
_MAX_COMMON = 50
"""Declarations of one method name up to which its types are looked at, although another name is rarer."""
_MAX_DEPTH = 8
"""Levels of embedding that are followed."""

_READ, _WRITE, _CLOSE = {"Read": "([]uint8)(int,error)"}, {"Write": "([]uint8)(int,error)"}, {"Close": "()(error)"}
LIBRARY_INTERFACES: Mapping[str, Mapping[str, str]] = {
    "error": {"Error": "()(string)"},
    "encoding.TextMarshaler": {"MarshalText": "()([]uint8,error)"},
    "encoding.TextUnmarshaler": {"UnmarshalText": "([]uint8)(error)"},
    "encoding/json.Marshaler": {"MarshalJSON": "()([]uint8,error)"},
    "encoding/json.Unmarshaler": {"UnmarshalJSON": "([]uint8)(error)"},
    "flag.Value": {"String": "()(string)", "Set": "(string)(error)"},
    "fmt.Stringer": {"String": "()(string)"},
    "io.Reader": _READ,
    "io.Writer": _WRITE,
    "io.Closer": _CLOSE,
    "io.ReadCloser": _READ | _CLOSE,
    "io.ReadWriter": _READ | _WRITE,
    "io.ReadWriteCloser": _READ | _WRITE | _CLOSE,
    "io.WriteCloser": _WRITE | _CLOSE,
    "net/http.Flusher": {"Flush": "()()"},
    "net/http.Handler": {"ServeHTTP": "(net/http.ResponseWriter,*net/http.Request)()"},
    "net/http.ResponseWriter": {"Header": "()(net/http.Header)", "WriteHeader": "(int)()"} | _WRITE,
    "net/http.RoundTripper": {"RoundTrip": "(*net/http.Request)(*net/http.Response,error)"},
    "sort.Interface": {"Len": "()(int)", "Less": "(int,int)(bool)", "Swap": "(int,int)()"},
}
"""Much used interfaces of the standard library: package and name → method → its types, as `_MethodSets.types`."""

_LIBRARY_STRUCTS: Mapping[str, frozenset[str]] = {
    "sync.Mutex": frozenset({"Lock", "Unlock", "TryLock"}),
    "sync.RWMutex": frozenset({"Lock", "Unlock", "TryLock", "RLock", "RUnlock", "TryRLock", "RLocker"}),
    "sync.Once": frozenset({"Do"}),
    "sync.WaitGroup": frozenset({"Add", "Done", "Go", "Wait"}),
}
"""Structs of the standard library that are often embedded, and their methods."""

_PREDECLARED = frozenset(
    [
        "any",
        "bool",
        "byte",
        "comparable",
        "complex128",
        "complex64",
        "error",
        "float32",
        "float64",
        "int",
        "int16",
        "int32",
        "int64",
        "int8",
        "rune",
        "string",
        "uint",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
        "uintptr",
    ]
)
_KEYWORDS = frozenset(["chan", "func", "interface", "map", "struct"])
_SAME_TYPES = {"byte": "uint8", "rune": "int32"}
_NAME = re.compile(r"(?<![\w.])([^\W\d]\w*)(?:\.([^\W\d]\w*))?")
_NAMED = re.compile(r"(?!(?:chan|func|map|struct|interface)\b)[^\W\d]\w*\s+(\S.*)", re.DOTALL)
_FUNCTION = re.compile(r"\bfunc\s*\(")
_ALIAS = re.compile(r"type\s+\w+\s*=\s*(.+)", re.DOTALL)
_TYPE_PARAMETERS = re.compile(r"(?:type\s+\w+|func\s*\([^\[)]*)\[([^\]]+)\]")


class Undecided(NamedTuple):
    """A type of which it cannot be told whether it has all methods of an interface."""

    type: Target
    why: str
    """The embedded type outside the repository that may have the others, as written; empty for type parameters."""


@dataclass(frozen=True, slots=True)
class Implementers:
    """The types that have the methods of an interface, without interfaces."""

    types: tuple[Target, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    outside: tuple[str, ...] = ()
    """What the interface embeds from outside the repository, as written, and whose methods are unknown."""
    has_methods: bool = True
    """Whether any method of the interface is known; if not, nothing can be compared."""
    is_cut: bool = False
    """There may be more: too many candidates, or types that have the methods from an embedded interface outside."""


class _Method(NamedTuple):
    types: str | None
    """Of the parameters and results: `(int,*./shop.Jar)(error)`; None if type parameters are among them."""
    package: str
    """The folder that declares the method; empty for the standard library's."""
    target: Target | None


_Required = Mapping[str, _Method]
"""The methods of an interface by name."""


def is_go_interface(resolver: Resolver, target: Target) -> bool:
    names, symbol = resolver.names(target.path), resolver.symbol(target)
    return names is not None and symbol is not None and names.tags.language == "go" and symbol.kind == "interface"


class GoMethodSets:
    """The methods of the Go types in one snapshot. Remembers what it has found, so use one per request."""

    def __init__(self, resolver: Resolver, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Methods raise Cancelled as soon as `cancelled` returns true."""
        self._resolver = resolver
        self._cancelled = cancelled
        self._declared: dict[str, dict[tuple[str, str], tuple[Target, str]]] = {}
        self._required: dict[Target, tuple[_Required, tuple[str, ...]]] = {}

    def implementers(self, interface: Target) -> Implementers:
        """The types that have all methods of the interface, in path order."""
        return self._implementers(*self._methods_of(interface))

    def library_implementers(self, name: str) -> Implementers | None:
        """The same for an interface of the standard library, such as `http.Handler`; None if it is not a known one."""
        known = library_interface(name)
        return self._implementers(_library_methods(known), ()) if known is not None else None

    def implements(self, owner: Target, interface: Target) -> bool | None:
        """Whether a type has all methods of an interface; None if it cannot be told."""
        required, outside = self._methods_of(interface)
        if not required:
            return None
        verdict, _ = self._compare(owner, required)
        return None if verdict and outside else verdict

    def implements_library(self, owner: Target, name: str) -> bool | None:
        """The same for an interface of the standard library; None also if it is not a known one."""
        known = library_interface(name)
        return self._compare(owner, _library_methods(known))[0] if known is not None else None

    def interfaces_of(self, owner: Target) -> tuple[Target, ...]:
        """The interfaces in the repository whose every method a type has, in path order."""
        symbol = self._resolver.symbol(owner)
        if symbol is None or symbol.kind not in TYPE_KINDS or symbol.kind == "interface":
            return ()
        members = (member for base in self._resolver.order(owner) for _, member in own_members(self._resolver, base))
        names = {member.short_name for member in members if member.kind == "method"}
        found = {above for name in names for above in self._interfaces_with(name)}
        return tuple(above for above in sorted(found) if self.implements(owner, above))

    def methods_implemented_by(self, method: Target) -> tuple[Target, ...]:
        """The methods of interfaces that a method has the name of, and whose interface its type has or may have."""
        owner, name = self._resolver.owner(method), _short_name(method)
        if owner is None or is_go_interface(self._resolver, owner):
            return ()
        above = [item for item in self._interfaces_with(name) if self.implements(owner, item) is not False]
        return tuple(self._declarations(name)[_key(item)][0] for item in above)

    def method(self, owner: Target, name: str) -> Target | None:
        """The method of a type, its own or promoted; None if there is none, or it cannot be told."""
        found = self._find(owner, name)
        return found.target if isinstance(found, _Method) else None

    def _implementers(self, required: _Required, outside: tuple[str, ...]) -> Implementers:
        if not required:
            return Implementers(outside=outside, has_methods=False)
        types, undecided = [], []
        own = [name for name, method in required.items() if method.target is not None]
        rarest = min(own or required, key=lambda name: len(self._declarations(name)))
        candidates = self._candidates(rarest, required)
        candidates |= {owner for name in required if name != rarest for owner in self._with_outside_base(name)}
        for candidate in sorted(candidates):
            verdict, why = self._compare(candidate, required)
            if verdict:
                types.append(candidate)
            elif verdict is None:
                undecided.append(Undecided(candidate, why))
        is_cut = not own or len(candidates) >= _MAX_CANDIDATES
        return Implementers(tuple(types), tuple(undecided), outside, is_cut=is_cut)

    def _compare(self, owner: Target, required: _Required) -> tuple[bool | None, str]:
        """(whether a type has all of the methods, None if it cannot be told; why not, as in `Undecided`)."""
        verdict: bool | None = True
        why = ""
        for name, method in required.items():
            found = self._find(owner, name)
            if found is None:
                return False, ""
            if isinstance(found, str):
                verdict, why = None, found
            elif not name[:1].isupper() and found.package != method.package:
                return False, ""
            elif found.types is None or method.types is None:
                verdict = None
            elif found.types != method.types:
                return False, ""
        return verdict, why

    def _candidates(self, name: str, required: _Required) -> set[Target]:
        """The types that have a method of this name, whatever its types; without interfaces."""
        found: set[Target] = set()
        embedded = [known for known, methods in LIBRARY_INTERFACES.items() if name in methods]
        waiting = [
            owner
            for known in embedded
            for field, kind in self._declarations(known.rpartition(".")[2]).values()
            if kind == "field" and (owner := self._resolver.owner(field)) is not None
        ]
        waiting += [
            owner
            for (folder, _), (method, kind) in self._declarations(name).items()
            if kind == "method"
            and (name[:1].isupper() or folder == required[name].package)
            and (owner := self._resolver.owner(method)) is not None
        ]
        seen = set(waiting)
        while waiting and len(found) < _MAX_CANDIDATES:
            if self._cancelled():
                raise Cancelled("The types that implement the interface are no longer wanted.")
            owner = waiting.pop()
            symbol = self._resolver.symbol(owner)
            if symbol is None:
                continue
            if symbol.kind != "interface" and not _ALIAS.match(symbol.signature):
                found.add(owner)
            embedding = [item for item in self._embedding(owner) if item not in seen]
            seen.update(embedding)
            waiting += embedding
        return found

    def _with_outside_base(self, name: str) -> Iterator[Target]:
        """The types that declare a method of this name, and embed one from outside the repository that may have others.

        None for a name that many types have: nearly all of them have nothing to do with the interface.
        """
        declared = self._declarations(name)
        for method, kind in declared.values() if len(declared) <= _MAX_COMMON else ():
            owner = self._resolver.owner(method) if kind == "method" else None
            if owner is None or is_go_interface(self._resolver, owner):
                continue
            if any(not types for _, types in self._resolver.bases(owner)):
                yield owner

    def _embedding(self, owner: Target) -> Iterator[Target]:
        """The structs and interfaces that embed a type."""
        if is_go_interface(self._resolver, owner):
            yield from (Target(place.path, place.symbol_id) for place in subclasses(self._resolver, owner))
            return
        for field, kind in self._declarations(_short_name(owner)).values():
            struct = self._resolver.owner(field) if kind == "field" else None
            if struct is not None and any(owner in types for _, types in self._resolver.bases(struct)):
                yield struct

    def _find(self, owner: Target, name: str) -> _Method | str | None:
        """The method of a type; as text, the embedded type outside the repository that may have it; else None."""
        declared = self._declarations(name)
        level, seen, outside = [owner], {_key(owner)}, ""
        library: list[_Method] = []
        for _ in range(_MAX_DEPTH):
            here = [declared[_key(item)] for item in level if _key(item) in declared]
            if len(here) + len(library) > 1 or any(kind != "method" for _, kind in here):
                return None  # ambiguous, or hidden by a field
            if here:
                return self._method(here[0][0])
            if library or outside:
                return library[0] if library else outside
            below = []
            for item in level:
                for text, types in self._resolver.bases(item):
                    known = self._canonical(item.path, text)
                    if types:
                        below += [base for base in types if _key(base) not in seen]
                        seen.update(map(_key, types))
                    elif known in LIBRARY_INTERFACES:
                        library += [method] if (method := _library_methods(known).get(name)) is not None else []
                    elif name in _LIBRARY_STRUCTS.get(known, (name,)):
                        outside = text
            level = list({_key(base): base for base in below}.values())
            if not level and not library and not outside:
                return None
        return outside or None

    def _methods_of(self, interface: Target) -> tuple[_Required, tuple[str, ...]]:
        """(the methods of an interface and of those that it embeds, what it embeds from elsewhere as written)."""
        if interface not in self._required:
            found: dict[str, _Method] = {}
            outside: list[str] = []
            for owner in self._resolver.order(interface):
                names = self._resolver.names(owner.path)
                for member in names.members.get(owner.symbol_id, {}) if names is not None else ():
                    if (declared := self._declarations(member).get(_key(owner))) and declared[1] == "method":
                        found.setdefault(member, self._method(declared[0]))
                for text, types in self._resolver.bases(owner):
                    known = self._canonical(owner.path, text)
                    if known in LIBRARY_INTERFACES:
                        found |= _library_methods(known)
                    elif known in _PREDECLARED or not all(is_go_interface(self._resolver, item) for item in types):
                        self._required[interface] = ({}, ())  # a constraint: `int | string`
                        return self._required[interface]
                    elif not types:
                        outside.append(text)
            self._required[interface] = (found, tuple(dict.fromkeys(outside)))
        return self._required[interface]

    def _interfaces_with(self, name: str) -> Iterator[Target]:
        """The interfaces that declare a method of this name."""
        for method, kind in self._declarations(name).values():
            owner = self._resolver.owner(method) if kind == "method" else None
            if owner is not None and is_go_interface(self._resolver, owner):
                yield owner

    def _declarations(self, name: str) -> dict[tuple[str, str], tuple[Target, str]]:
        """(folder, type) → the member of this name that the type itself declares, and its kind."""
        if name not in self._declared:
            declared: dict[tuple[str, str], tuple[Target, str]] = {}
            for path, symbol_id, kind, language in self._resolver.snapshot.definitions_named(name):
                owner = name_of(symbol_id).rpartition(".")[0]
                if language == "go" and owner and kind in ("method", "field"):
                    declared.setdefault((posixpath.dirname(path), owner), (Target(path, symbol_id), kind))
            self._declared[name] = declared
        return self._declared[name]

    def _method(self, target: Target) -> _Method:
        symbol, owner = self._resolver.symbol(target), self._resolver.owner(target)
        around = self._resolver.symbol(owner) if owner is not None else None
        generic: set[str] = set()
        for item in (symbol, around):
            if item is not None and (found := _TYPE_PARAMETERS.match(item.signature)):
                generic.update(name for name, _ in _NAME.findall(found[1]) if name not in _PREDECLARED)
        parameters = ",".join(symbol.parameters) if symbol is not None else ""
        results = _without_parentheses((symbol.returns if symbol is not None else None) or "")
        is_generic = any(name in generic for name, _ in _NAME.findall(f"{parameters} {results}"))
        types = f"({self._list(target.path, parameters)})({self._list(target.path, results)})"
        return _Method(None if is_generic else types, posixpath.dirname(target.path), target)

    def _list(self, path: str, text: str) -> str:
        """The types in a list of parameters or results, without names."""
        items = _split(text)
        if any(map(_NAMED.fullmatch, items)):
            for index in reversed(range(len(items))):  # in `a, b int`, the next one has the type
                named = _NAMED.fullmatch(items[index])
                items[index] = named[1] if named else items[index + 1] if index + 1 < len(items) else items[index]
        return ",".join(self._canonical(path, item) for item in items)

    def _canonical(self, path: str, text: str, depth: int = 0) -> str:
        """A type as text that is the same in every file for the same type."""
        text = " ".join(text.split())
        function = _FUNCTION.search(text)
        if function is None:
            text = re.sub(r"\s*([^\w\s])\s*", r"\1", text).replace("interface{}", "any")
            return _NAME.sub(lambda name: self._canonical_name(path, name[1], name[2], depth), text)
        end = _closing(text, function.end() - 1)
        result = next(iter(_split(text[end + 1 :])), "")
        after = text[end + 1 :][text[end + 1 :].find(result) + len(result) :] if result else text[end + 1 :]
        parameters = self._list(path, text[function.end() : end])
        results = self._list(path, _without_parentheses(result))
        before = self._canonical(path, text[: function.start()], depth)
        return f"{before}func({parameters})({results}){self._canonical(path, after, depth) if after else ''}"

    def _canonical_name(self, path: str, name: str, member: str | None, depth: int) -> str:
        if member is None:
            if name in _PREDECLARED or name in _KEYWORDS:
                return _SAME_TYPES.get(name, name)
            folder = posixpath.dirname(path)
            alias = self._alias(folder, name) if depth < _MAX_DEPTH else None
            return self._canonical(*alias, depth + 1) if alias is not None else f"./{folder}.{name}"
        names = self._resolver.names(path)
        for item in names.imports.get("", {}).get(name, ()) if names is not None else ():
            files = self._resolver.imported(path, item).targets
            folder = posixpath.dirname(files[0].path) if files else ""
            if not files:
                return f"{item.module}.{member}"
            alias = self._alias(folder, member) if depth < _MAX_DEPTH else None
            return self._canonical(*alias, depth + 1) if alias is not None else f"./{folder}.{member}"
        return f"{name}.{member}"

    def _alias(self, folder: str, name: str) -> tuple[str, str] | None:
        """(file, what the name stands for there) for `type name = …` in a package; None if it is no alias."""
        for path, symbol_id, kind, language in self._resolver.snapshot.definitions_named(name):
            if language == "go" and kind == "type" and posixpath.dirname(path) == folder:
                symbol = self._resolver.symbol(Target(path, symbol_id))
                if symbol is not None and (alias := _ALIAS.fullmatch(symbol.signature)):
                    return path, alias[1]
        return None


def library_interface(name: str) -> str | None:
    """`net/http.Handler` for `http.Handler`; None if it is not in LIBRARY_INTERFACES."""
    return next((known for known in LIBRARY_INTERFACES if known == name or known.endswith(f"/{name}")), None)


def _library_methods(name: str) -> dict[str, _Method]:
    return {method: _Method(types, "", None) for method, types in LIBRARY_INTERFACES[name].items()}


def _key(target: Target) -> tuple[str, str]:
    """(folder, name) of a type: the files of a folder are one package."""
    return posixpath.dirname(target.path), name_of(target.symbol_id)


def _short_name(target: Target) -> str:
    return name_of(target.symbol_id).rpartition(".")[2]


def _without_parentheses(text: str) -> str:
    text = text.strip()
    return text[1:-1] if text.startswith("(") and _closing(text, 0) == len(text) - 1 else text


def _closing(text: str, start: int) -> int:
    """The index of the bracket that closes the one at `start`; the last index of the text if none does."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] in "([{") - (text[index] in ")]}")
        if not depth:
            return index
    return len(text) - 1


def _split(text: str) -> list[str]:
    """The parts between the commas outside of brackets, up to a bracket that closes none of them."""
    items, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            text = text[:index]
            break
        if character == "," and not depth:
            items.append(text[start:index].strip())
            start = index + 1
    return [item for item in (*items, text[start:].strip()) if item]
