"""What names and expressions mean, read off the tags of the files: scopes, classes, imports, types of values.

`Inference` looks a name up where it stands and follows it through imports, bases, annotations, assigned values and
return types. It answers with things (definitions, files, local bindings, or “outside”) and never guesses.
"""

import ast
import builtins
import posixpath
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from types import TracebackType
from typing import Any, Literal, NamedTuple, TypeVar

from forethought.index import modules
from forethought.index.expressions import parse_expression, parse_type
from forethought.index.findings import FileFindings, Findings
from forethought.index.names import (
    CLASS_KINDS,
    FUNCTION_KINDS,
    SELF_NAMES,
    VALUE_KINDS,
    FileNames,
    IndexView,
    Target,
)
from forethought.index.tags import Binding, Import, Position, Symbol


class Thing(NamedTuple):
    """What a name stands for."""

    kind: Literal["symbol", "file", "binding", "outside"]
    """`outside`: known not to be a definition of this repository, or not to be readable off the text."""
    path: str = ""
    id: str = ""
    """Symbol id, or the bound name."""
    bindings: tuple[Binding, ...] = ()
    """Of a `binding`: where it was bound, the likeliest first."""


class Value(NamedTuple):
    """What an expression may evaluate to."""

    kind: Literal["class", "instance", "function", "file", "super", "container", "self", "outside"]
    path: str = ""
    id: str = ""
    elements: "tuple[Value, ...]" = ()
    """Of a container: its elements; of one whose id is `mapping`, its values. Of a function: what it was found on."""


OUTSIDE = Thing("outside")
_OUTSIDE_VALUE = Value("outside")
_BUILTINS = frozenset(dir(builtins)) | {"reveal_type", "__file__", "__path__", "__all__"}
_SUPER_WORDS = {"c-sharp": "base", "php": "parent"}
_PROPERTY_DECORATORS = frozenset(
    {"property", "cached_property", "abstractproperty", "reify", "locked_cached_property", "memoized_property"}
)
_FIXTURE_DECORATORS = frozenset({"fixture", "yield_fixture"})
_UNTYPED = frozenset({"python", "javascript", "typescript", "tsx", "ruby", "php", "lua"})
"""Languages in which what is returned may say what a function gives."""
_TRANSPARENT_TYPES = frozenset(
    {"Optional", "Union", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar", "Awaitable", "Box"}
    | {"Arc", "Rc", "Promise", "Mutex", "RefCell", "unique_ptr", "shared_ptr", "weak_ptr", "Option", "Readonly"}
    | {"Partial", "Result", "Ref", "RwLock", "Task", "Pin", "NonNullable"}
)
_CONTAINER_TYPES = frozenset(
    {
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "tuple",
        "Tuple",
        "Sequence",
        "MutableSequence",
        "Iterable",
    }
    | {"Iterator", "Collection", "deque", "Deque", "dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "Array"}
    | {"DefaultDict", "OrderedDict", "WeakValueDictionary", "AsyncIterator", "AsyncIterable", "Generator", "vector"}
    | {
        "Vec",
        "HashMap",
        "BTreeMap",
        "Map",
        "ArrayList",
        "IEnumerable",
        "IList",
        "map",
        "unordered_map",
        "ReadonlyArray",
    }
    | {"AbstractSet", "MutableSet", "AsyncGenerator", "ChainMap", "ContextManager", "AbstractContextManager"}
)
_MAPPING_TYPES = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "WeakValueDictionary"}
    | {"ChainMap", "HashMap", "BTreeMap", "Map", "map", "unordered_map"}
)
_ELEMENT_METHODS = frozenset(
    {"__enter__", "get", "pop", "popleft", "setdefault", "first", "last", "at", "shift", "find", "popitem"}
)
_DEEPEST = 40
_NOTHING = 1 << 30
"""No level: a finding that waits for nothing around it."""
_Found = TypeVar("_Found")


class Inference:
    """Looks names up over one generation of a view. Not thread-safe: what it finds is shared, how far it is, is not."""

    def __init__(self, view: IndexView, findings: Findings) -> None:
        self.view = view
        self.findings = findings
        self._reader: FileFindings | None = None
        """Of the file whose finding is being worked out: what is read meanwhile, it rests on."""
        self._unfinished: dict[tuple[str, str, Hashable], tuple[Any, int]] = {}
        """(path, kind, of what) → the finding as far as it is known, and the outermost level that it waits for."""
        self._level = 0
        self._waits_for = _NOTHING
        self._depth = 0

    def names(self, path: str) -> FileNames | None:
        if self._reader is not None:
            self._reader.paths.add(path)
        known = self.findings.names
        if path not in known:
            tags = self.view.outline(path)
            names = FileNames(tags) if tags is not None else None
            self._notice_change()
            self.findings.names[path] = names
            return names
        return known[path]

    def _notice_change(self) -> None:
        """Go on with findings of our own when the view has changed: those that are shared are of one generation."""
        if self.view.generation != self.findings.generation:
            self.findings = Findings(self.view)

    def reading_for(self, path: str) -> "_Reading":
        """While this is entered, all that is read counts as what the findings about `path` rest on."""
        return _Reading(self, path)

    def _find(self, path: str, kind: str, what: Hashable, so_far: _Found, work_out: Callable[[], _Found]) -> _Found:
        """A finding about a file, worked out once; `so_far` is what counts where it rests on itself.

        What was worked out while something around it was still open is kept only until that is closed: so a finding
        never depends on what was asked for before it.
        """
        if self._reader is not None:
            self._reader.paths.add(path)
        known: _Found | None = self.findings.file(path).found.get((kind, what))
        if known is not None:
            return known
        key = (path, kind, what)
        if key in self._unfinished:
            found, waits_for = self._unfinished[key]
            self._waits_for = min(self._waits_for, waits_for)
            return found  # type: ignore[no-any-return] # of the same kind
        outside, self._waits_for = self._waits_for, _NOTHING
        self._level += 1
        level, opened = self._level, len(self._unfinished)
        self._unfinished[key] = (so_far, level)
        try:
            with self.reading_for(path):
                found = work_out()
            if self._waits_for >= level:
                self._forget_unfinished(opened)
                self.findings.file(path).found[kind, what] = found
                self._waits_for = _NOTHING
            else:
                self._unfinished[key] = (found, self._waits_for)
                for inner in islice(reversed(self._unfinished), len(self._unfinished) - opened):
                    its_finding, waits_for = self._unfinished[inner]
                    self._unfinished[inner] = (its_finding, min(waits_for, self._waits_for))
        except BaseException:
            self._forget_unfinished(opened)
            raise
        finally:
            self._level -= 1
            self._waits_for = min(outside, self._waits_for)
            if not self._level:
                self._forget_unfinished(0)
        return found

    def _forget_unfinished(self, opened: int) -> None:
        while len(self._unfinished) > opened:
            self._unfinished.popitem()

    # Names

    def look_up(
        self,
        path: str,
        scope: str,
        name: str,
        before: Position | None = None,
        *,
        typed: bool = False,
        called: bool = True,
    ) -> list[Thing]:
        """What a bare name means in a scope. Empty when nothing binds it, as far as can be read.

        `before`: where it is used, so that of several assignments the last one counts. `typed`: it is used as a type.
        `called`: of a field and a method of one name, the method is meant.
        """
        names = self.names(path)
        if names is None:
            return []
        language = names.tags.language
        implicit = modules.has_implicit_members(language)
        in_function = False
        skipped_class: Symbol | None = None
        for symbol in names.scopes(scope):
            if symbol.kind in CLASS_KINDS and symbol.kind != "module":
                if implicit:
                    if found := self._implicit_member(Target(path, symbol.id), name, called):
                        return found
                    continue
                if in_function:
                    skipped_class = skipped_class or symbol
                    continue
            in_function |= symbol.kind in FUNCTION_KINDS
            if found := self._in_scope(path, names, symbol.id, name, before if symbol.id == scope else None):
                return found
            if implicit and names.owner_elsewhere(symbol):
                owner = self._owner_of_method(path, names, symbol.id)
                if owner is not None and (found := self._implicit_member(owner, name, called)):
                    return found
        if found := self._through_wildcards(path, names, name, set()):
            return found
        if skipped_class is not None and typed and (found := self._in_scope(path, names, skipped_class.id, name, None)):
            return found
        if language == "python":
            return [OUTSIDE] if name in _BUILTINS else []
        return self._in_neighbours(path, names, name) or self._beyond(path, names, scope, name)

    def file_member(self, path: str, name: str, seen: set[tuple[str, str]] | None = None) -> list[Thing]:
        """What a name means as a member of a file taken as a module."""
        seen = set() if seen is None else seen
        names = self.names(path)
        if names is None or (path, name) in seen:
            return []
        seen.add((path, name))
        found = self._in_scope(path, names, "", name, None, seen)
        if not found and names.tags.language == "lua":
            tables = [home for home in names.members if home and name in names.members[home]]
            found = [Thing("symbol", path, symbol.id) for home in tables for symbol in names.members[home][name]]
        if not _inside(found) and (submodule := self.findings.modules.submodule(path, name)) is not None:
            return [Thing("file", submodule)]
        return found or self._through_wildcards(path, names, name, seen)

    def _implicit_member(self, owner: Target, name: str, called: bool) -> list[Thing]:
        """What a bare name in a class means as a member of it; never a constructor, which has the class's own name."""
        found, _ = self.class_member(owner, name, called=called)
        return [thing for thing in found if thing.kind != "symbol" or not _is_constructor(thing.id)]

    def class_member(
        self, owner: Target, name: str, *, after: bool = False, called: bool = True
    ) -> tuple[list[Thing], bool]:
        """(what the name means as a member of the class or its bases, whether every base is known).

        `after`: leave the class itself out, as `super()` does. `called`: of a field and a method, the method is meant.
        """
        order, complete = self.bases_in_order(owner)
        for path, symbol_id in order[1:] if after else order:
            names = self.names(path)
            if names is None:
                continue
            own = names.chosen(names.members.get(symbol_id, {}).get(name, ()))
            functions = [symbol for symbol in own if symbol.kind not in VALUE_KINDS]
            bound: Sequence[Binding] = names.attributes.get(symbol_id, {}).get(name, ())
            its_fields = bound or names.bindings.get(symbol_id, {}).get(name, ())
            if functions and not called and its_fields and modules.has_implicit_members(names.tags.language):
                return [Thing("binding", path, name, tuple(its_fields))], complete
            if functions:
                return [Thing("symbol", path, symbol.id) for symbol in functions], complete
            if own:
                return [Thing("symbol", path, symbol.id, tuple(bound)) for symbol in own], complete
            if found := self._in_scope(path, names, symbol_id, name, None):
                return found, complete
            if bound := (*bound, *names.bindings.get(symbol_id, {}).get(f"${name}", ())):  # PHP's fields
                return [Thing("binding", path, name, tuple(bound))], complete
            if extra := self._extra_members(path, names, symbol_id, name):
                return extra, complete
        return [], complete

    def bases_in_order(self, owner: Target) -> tuple[tuple[Target, ...], bool]:
        """(the class and its bases in the order in which members are looked up, whether every base is known)."""
        alone: tuple[tuple[Target, ...], bool] = ((owner,), True)  # a class that is its own base ends here
        return self._find(owner.path, "bases", owner.symbol_id, alone, lambda: self._work_out_bases(owner))

    def direct_bases(self, owner: Target) -> tuple[tuple[str, tuple[Target, ...]], ...]:
        """Each base of a class as written, and the classes of the repository that it may mean."""
        names = self.names(owner.path)
        symbol = names.symbols.get(owner.symbol_id) if names else None
        found: list[tuple[str, tuple[Target, ...]]] = []
        for text in symbol.bases if names and symbol else ():
            node = parse_type(names.tags.language, text) if names else None
            if node is None or symbol is None:
                continue
            values = self.evaluate(owner.path, symbol.parent, node, symbol.selection.start)
            values += [
                found
                for value in values
                if value.kind == "file"
                for thing in self.exported(value.path)
                if thing.kind == "symbol"
                for found in self.thing_values(thing)
            ]
            classes = (Target(value.path, value.id) for value in values if value.kind == "class")
            found.append((text, tuple(base for base in classes if base != owner)))
        return tuple(found)

    def _work_out_bases(self, owner: Target) -> tuple[tuple[Target, ...], bool]:
        order: list[Target] = []
        complete = True
        for text, classes in self.direct_bases(owner):
            complete &= bool(classes) or text.partition("[")[0] in ("object", "Generic", "Protocol", "ABC", "abc.ABC")
            for base in classes:
                base_order, base_complete = self.bases_in_order(base)
                complete &= base_complete
                order.extend(base_order)
        last_places = {base: place for place, base in enumerate(order)}
        unique = [base for place, base in enumerate(order) if last_places[base] == place and base != owner]
        return (owner, *unique), complete

    def import_things(self, path: str, item: Import, seen: set[tuple[str, str]] | None = None) -> list[Thing]:
        """What an import brings in; `outside` when that is not in the repository, nothing when it cannot be told."""
        names = self.names(path)
        if names is None:
            return []
        found: list[Thing] = []
        meanings = self.findings.modules.of_import(path, names.tags.language, item)
        for module, member in meanings:
            if member is None:
                found.append(Thing("file", module))
            elif member == "default" and names.tags.language in modules.SCRIPT_LANGUAGES:
                found.extend(self.default_export(module, item.local))
            else:
                found.extend(self._member_chain(module, member, seen))
        if inside := _distinct(_inside(found)):
            return inside
        if meanings or not self.findings.modules.is_outside(names.tags.language, item):
            return []
        return [OUTSIDE]

    def default_export(self, module: str, local: str = "") -> list[Thing]:
        """What `export default` or `module.exports =` names, where it can be told; else the file.

        local: what the importing file calls it
        """
        names = self.names(module)
        if names is None:
            return []
        for item in names.imports.get("", {}).get("default", ()):
            if found := _inside(self._in_scope(module, names, "", item.name or "", None)):
                return found
        top = [symbol for symbols in names.members.get("", {}).values() for symbol in symbols]
        weighty = [symbol for symbol in top if symbol.kind not in VALUE_KINDS]
        chosen = [symbol for symbol in top if symbol.signature.startswith(("export default ", "module.exports = "))]
        chosen = chosen or [symbol for symbol in top if symbol.short_name == local] or weighty
        return [Thing("symbol", module, chosen[0].id) if len(chosen) == 1 else Thing("file", module)]

    def exported(self, path: str) -> list[Thing]:
        """What a script file gives as a whole to `require`; nothing in other languages."""
        names = self.names(path)
        return self.default_export(path) if names and names.tags.language in modules.SCRIPT_LANGUAGES else []

    def _member_chain(self, module: str, member: str, seen: set[tuple[str, str]] | None) -> list[Thing]:
        first, _, rest = member.partition(".")
        things = self.file_member(module, first, seen)
        while rest and things:
            first, _, rest = rest.partition(".")
            things = [
                found
                for thing in things
                for value in self.thing_values(thing)
                for found in self.value_member(value, first)[0]
            ]
        return things

    def _in_scope(
        self,
        path: str,
        names: FileNames,
        scope: str,
        name: str,
        before: Position | None,
        seen: set[tuple[str, str]] | None = None,
    ) -> list[Thing]:
        symbols = names.chosen(names.members.get(scope, {}).get(name, ()))
        imports = names.imports.get(scope, {}).get(name, ())
        bindings = _likeliest_first(names.bindings.get(scope, {}).get(name, ()), before)
        weighty = [symbol for symbol in symbols if symbol.kind not in VALUE_KINDS]
        things = [Thing("symbol", path, symbol.id) for symbol in weighty]
        if imports:
            things.extend(_distinct(thing for item in imports for thing in self.import_things(path, item, seen)))
        if _inside(things):
            return _inside(things)
        if symbols:
            return [Thing("symbol", path, symbol.id, tuple(bindings)) for symbol in symbols]
        if things:
            return things
        if bindings:
            return [Thing("binding", path, name, tuple(bindings))]
        return []

    def _through_wildcards(self, path: str, names: FileNames, name: str, seen: set[tuple[str, str]]) -> list[Thing]:
        if (path, f"*{name}") in seen:
            return []
        seen.add((path, f"*{name}"))
        for item in names.wildcards:
            for module, member in self.findings.modules.of_import(path, names.tags.language, item, name):
                found = _inside(
                    self.file_member(module, name, seen)
                    if member is None
                    else self._member_chain(module, f"{member}.{name}", seen)
                )
                if found:
                    return found
        return []

    def _in_neighbours(self, path: str, names: FileNames, name: str) -> list[Thing]:
        """Names of files that share a namespace with this one without an import: a Go or Java package."""
        found = []
        for neighbour, symbol_id, _, _ in self._definitions(names.tags.language, name):
            if neighbour in self.findings.modules.neighbours(path, names.tags.language):
                other = self.names(neighbour)
                top = other.members.get("", {}).get(name, ()) if other is not None else ()
                if any(symbol.id == symbol_id for symbol in top):
                    found.append(Thing("symbol", neighbour, symbol_id))
        return found

    def _beyond(self, path: str, names: FileNames, scope: str, name: str) -> list[Thing]:
        """What a name that nothing in sight binds may still be: a member of `this`, a Rust module, a global."""
        language = names.tags.language
        if name.startswith("@") and (owner := names.enclosing_class(scope)) is not None:
            return self.class_member(Target(path, owner.id), name)[0]
        if language == "rust":
            if name == "self" and self._owner_of_method(path, names, scope) is not None:
                return []
            return [Thing("file", file) for file, rest in self.findings.modules.rust_path(path, [name]) if rest is None]
        if not modules.has_globals(language):
            return []
        if found := self._in_namespace(names, scope, name):
            return found
        found = [
            Thing("symbol", place, symbol_id)
            for place, symbol_id, kind, _ in self._definitions(language, name)
            if self._is_global(place, symbol_id, kind)
        ]
        return found if len(found) == 1 or language not in ("java", "kotlin") else []

    def _in_namespace(self, names: FileNames, scope: str, name: str) -> list[Thing]:
        """What a namespace around the scope, the innermost first, has of that name in other files."""
        around = [symbol.name for symbol in names.scopes(scope) if symbol.kind in CLASS_KINDS]
        rows = self._definitions(names.tags.language, name, CLASS_KINDS | FUNCTION_KINDS) if around else []
        for namespace in around:
            if found := [
                Thing("symbol", path, key) for path, key, _, _ in rows if key.partition("#")[0] == f"{namespace}.{name}"
            ]:
                return found
        return []

    def _is_global(self, path: str, symbol_id: str, kind: str) -> bool:
        names = self.names(path)
        symbol = names.symbols.get(symbol_id) if names else None
        if names is None or symbol is None or kind not in CLASS_KINDS | FUNCTION_KINDS:
            return False
        around = [names.symbols.get(symbol.parent)] if symbol.parent else []
        return not names.owner_elsewhere(symbol) and all(item is not None and item.kind == "module" for item in around)

    def _definitions(
        self, language: str, name: str, kinds: Collection[str] | None = None, most: int | None = None
    ) -> list[tuple[str, str, str, str]]:
        """(path, symbol id, kind, language) of the definitions that a file of the language can mean by the name."""
        languages = modules.family(language)
        found = [
            row
            for row in self.view.definitions_named(name)
            if row[3] in languages and (kinds is None or row[2] in kinds)
        ][:most]
        self._notice_change()
        if self._reader is not None:
            self._reader.words.add(name)
            self._reader.paths.update(row[0] for row in found)
        return found

    def only_definition(self, name: str, language: str, kinds: Collection[str]) -> Target | None:
        """The definition of these kinds that has the name, when there is only one in the repository."""
        found = self._definitions(language, name, most=2, kinds=kinds)
        return Target(found[0][0], found[0][1]) if len(found) == 1 else None

    def definition_of(self, declared: Symbol) -> Target | None:
        """The only function with a body that has the qualified name, and the parameters when there are overloads."""
        bodies: list[tuple[Target, Symbol]] = []
        for path, symbol_id, _, _ in self._definitions("cpp", declared.short_name, FUNCTION_KINDS):
            names = self.names(path)
            symbol = names.symbols.get(symbol_id) if names is not None else None
            if symbol is not None and symbol.body and symbol.name == declared.name:
                bodies.append((Target(path, symbol_id), symbol))
        alike = [item for item in bodies if len(item[1].parameters) == len(declared.parameters)] or bodies
        return (alike if len(alike) == 1 else bodies[:1])[0][0] if len({item[0].path for item in bodies}) == 1 else None

    def extensions(self, language: str, name: str) -> list[Thing]:
        """Functions that are called like members of what they are given: Kotlin's `fun Jar.open()`, C#'s `this Jar`."""
        if not modules.has_extensions(language):
            return []
        found = [
            Thing("symbol", path, symbol_id)
            for path, symbol_id, _, _ in self._definitions(language, name, FUNCTION_KINDS)
            if self._is_extension(path, symbol_id)
        ]
        homes = {(thing.path, thing.id.partition("#")[0]) for thing in found}
        return found[:1] if len(homes) == 1 else found

    def _is_extension(self, path: str, symbol_id: str) -> bool:
        names = self.names(path)
        symbol = names.symbols.get(symbol_id) if names is not None else None
        if symbol is None:
            return False
        if symbol.parameters and symbol.parameters[0].startswith("this "):
            return True
        return re.search(rf"\bfun\b.*[\w>?)]\.\s*`?{re.escape(symbol.short_name)}\b", symbol.signature) is not None

    def _extra_members(self, path: str, names: FileNames, symbol_id: str, name: str) -> list[Thing]:
        """Members that stand in other files than their class: Go methods, Rust impls, C++ definitions."""
        if names.tags.language == "python" or names.tags.language in modules.SCRIPT_LANGUAGES:
            return []
        owner = names.symbols[symbol_id].short_name
        found = []
        for place, other_id, _, _ in self._definitions(names.tags.language, name):
            stem = other_id.partition("#")[0]
            if place != path and stem.rpartition(".")[0].rpartition(".")[2] == owner:
                found.append(Thing("symbol", place, other_id))
        return found if len(found) == 1 else []

    # Values

    def thing_values(self, thing: Thing, receiver: Value | None = None) -> list[Value]:
        """What a thing evaluates to when it is named; `receiver` is the value that it was found on."""
        if thing.kind == "outside":
            return [_OUTSIDE_VALUE]
        if thing.kind == "file":
            return [Value("file", thing.path)]
        names = self.names(thing.path)
        if names is None:
            return []
        if thing.kind == "symbol":
            symbol = names.symbols.get(thing.id)
            if symbol is None:
                return []
            if symbol.kind == "type" and not names.members.get(symbol.id):
                return self._alias_values(thing.path, symbol) or [Value("class", thing.path, symbol.id)]
            if symbol.kind in CLASS_KINDS:
                return [Value("class", thing.path, symbol.id)]
            if symbol.kind in FUNCTION_KINDS:
                function = Value("function", thing.path, symbol.id, (receiver,) if receiver else ())
                if receiver and receiver.kind == "instance" and names.is_decorated(symbol.id, *_PROPERTY_DECORATORS):
                    return self._result(function)
                return [function]
            bindings = thing.bindings or tuple(
                _likeliest_first(names.bindings.get(symbol.parent, {}).get(symbol.short_name, ()), None)
            )
            if not bindings and symbol.returns:
                return self._typed(thing.path, symbol.parent, symbol.returns)
        else:
            bindings = thing.bindings
        # A variable has the type that it was last bound with, an attribute the one that is declared somewhere.
        ordered = bindings if thing.kind == "binding" and self._is_variable(names, bindings) else _typed_first(bindings)
        for binding in ordered:
            if values := self._binding_values(thing.path, binding):
                return list(values)
        return []

    def _is_variable(self, names: FileNames, bindings: Sequence[Binding]) -> bool:
        scope = names.symbols.get(bindings[0].scope) if bindings else None
        return scope is not None and scope.kind not in CLASS_KINDS and "." not in bindings[0].name

    def value_member(self, value: Value, name: str, *, called: bool = True) -> tuple[list[Thing], bool]:
        """(what `value.name` means, whether the value is known well enough to say that it means nothing else)."""
        if value.kind == "file":
            return self.file_member(value.path, name), True
        if value.kind in ("class", "instance", "super"):
            return self.class_member(Target(value.path, value.id), name, after=value.kind == "super", called=called)
        return [], value.kind != "self"

    def evaluate(self, path: str, scope: str, node: ast.expr | None, before: Position | None = None) -> list[Value]:
        """What an expression may evaluate to; empty when it cannot be read off."""
        if node is None or self._is_too_deep():
            return []
        self._depth += 1
        try:
            return _distinct_values(self._evaluate(path, scope, node, before))
        finally:
            self._depth -= 1

    def _is_too_deep(self) -> bool:
        if self._depth <= _DEEPEST:
            return False
        self._waits_for = 0  # from elsewhere it may be near enough: nothing that rests on it is kept
        return True

    def _evaluate(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[Value]:
        match node:
            case ast.Name(id=name):
                return self._name_values(path, scope, name, before, called=False)
            case ast.Attribute(value=base, attr=name):
                return [
                    found
                    for value in self.evaluate(path, scope, base, before)
                    for found in self._member_values(value, name, called=False)
                ]
            case ast.Call():
                return self._call_values(path, scope, node, before)
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return self.evaluate(path, scope, inner, before)
            case ast.IfExp(body=first, orelse=second):
                return self._union(path, scope, (first, second), before)
            case ast.BoolOp(values=options):
                return self._union(path, scope, options, before)
            case ast.BinOp(left=first, op=ast.BitOr(), right=second):
                return self._union(path, scope, (first, second), before)
            case ast.Subscript(value=base):
                return [
                    found for value in self.evaluate(path, scope, base, before) for found in self._item_values(value)
                ]
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return [Value("container", elements=tuple(self._union(path, scope, elements[:3], before)))]
            case ast.Dict(values=elements):
                return [
                    Value("container", id="mapping", elements=tuple(self._union(path, scope, elements[:3], before)))
                ]
            case ast.Constant(value=None):
                return []
            case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.ListComp() | ast.DictComp() | ast.SetComp():
                return [_OUTSIDE_VALUE]
        return []

    def _union(self, path: str, scope: str, nodes: Iterable[ast.expr], before: Position | None) -> list[Value]:
        return [value for node in nodes for value in self.evaluate(path, scope, node, before)]

    def _name_values(self, path: str, scope: str, name: str, before: Position | None, *, called: bool) -> list[Value]:
        names = self.names(path)
        if names is None:
            return []
        things = self.look_up(path, scope, name, before, called=called)
        language = names.tags.language
        super_word = _SUPER_WORDS.get(language, "super")
        if not things and language != "python" and (name in SELF_NAMES or name == super_word):
            owner = self._owner_of_method(path, names, scope)
            if owner is None:
                return []
            kind: Literal["super", "class", "instance"] = "class" if name in ("Self", "static") else "instance"
            return [Value("super" if name == super_word else kind, *owner)]
        return [value for thing in things for value in self.thing_values(thing)]

    def owner(self, member: Target) -> Target | None:
        """The class that a definition is a member of, wherever the definition stands."""
        names = self.names(member.path)
        symbol = names.symbols.get(member.symbol_id) if names is not None else None
        if names is None or symbol is None:
            return None
        around = names.symbols.get(symbol.parent)
        if symbol.parent and around is not None and not names.owner_elsewhere(symbol):
            return Target(member.path, around.id) if around.kind in CLASS_KINDS - {"module"} else None
        return self._owner_of_method(member.path, names, member.symbol_id)

    def _owner_of_method(self, path: str, names: FileNames, scope: str) -> Target | None:
        """The class around a scope, or that of a method which stands outside its class (Go, Rust, C++)."""
        if (around := names.enclosing_class(scope)) is not None and around.kind != "module":
            return Target(path, around.id)
        for symbol in names.scopes(scope):
            if owner := names.owner_elsewhere(symbol):
                if owner in names.symbols:
                    return Target(path, owner)
                found = [
                    Target(place, symbol_id)
                    for place, symbol_id, kind, _ in self._definitions(names.tags.language, owner.rpartition(".")[2])
                    if kind in CLASS_KINDS and (symbol_id == owner or "." not in symbol_id or "." not in owner)
                ]
                near = [target for target in found if posixpath.dirname(target.path) == posixpath.dirname(path)]
                chosen = near or found
                return chosen[0] if len(chosen) == 1 else None
        return None

    def _member_values(self, value: Value, name: str, *, called: bool = True) -> list[Value]:
        if value.kind == "outside":
            return [value]
        receiver = value
        if value.kind == "super":
            receiver = Value("instance", value.path, value.id)
        things, _ = self.value_member(value, name, called=called)
        return [found for thing in things for found in self.thing_values(thing, receiver)]

    def _item_values(self, value: Value) -> list[Value]:
        if value.kind == "container":
            return list(value.elements)
        if value.kind == "class":
            return [value]
        if value.kind == "instance":
            return [
                found
                for function in self._member_values(value, "__getitem__")
                if function.kind == "function"
                for found in self._result(function)
            ]
        return [value] if value.kind == "outside" else []

    def _call_values(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[Value]:
        match node.func:
            case ast.Name(id="super"):
                names = self.names(path)
                owner = names.enclosing_class(scope) if names else None
                return [Value("super", path, owner.id)] if owner else []
            case ast.Name(id="cast") | ast.Attribute(attr="cast") if len(node.args) == 2:
                return self._instances(path, scope, node.args[0])
            case ast.Name(id="next") if len(node.args) == 1 and isinstance(node.args[0], ast.Call):
                inner = node.args[0]
                if not (isinstance(inner.func, ast.Name) and inner.func.id == "iter" and len(inner.args) == 1):
                    return []
                return self._elements(path, scope, inner.args[0], before)
            case ast.Name(id="type") if len(node.args) == 1:
                return [
                    Value("class", value.path, value.id)
                    for value in self.evaluate(path, scope, node.args[0], before)
                    if value.kind == "instance"
                ]
            case ast.Attribute(value=base, attr=name):
                values = self.evaluate(path, scope, base, before)
                containers = [value for value in values if value.kind == "container"]
                if containers:
                    elements = [element for value in containers for element in value.elements]
                    return elements if name in _ELEMENT_METHODS else [Value("container", elements=tuple(elements))]
                callees = [found for value in values for found in self._member_values(value, name)]
                if name == "new" and not callees:  # Ruby's and Rust's constructors
                    callees = [value for value in values if value.kind == "class"]
            case ast.Name(id=name):
                callees = self._name_values(path, scope, name, before, called=True)
            case _:
                callees = self.evaluate(path, scope, node.func, before)
        return [result for callee in callees for result in self._called(callee)]

    def _elements(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[Value]:
        """What going through an iterable gives: of a mapping its keys, which say nothing."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "keys"):
            return [_OUTSIDE_VALUE]
        found: list[Value] = []
        for value in self.evaluate(path, scope, node, before):
            if value.kind == "container":
                found += value.elements if value.id != "mapping" else [_OUTSIDE_VALUE]
            elif value.kind == "instance":
                results = [
                    result
                    for function in self._member_values(value, "__iter__")
                    if function.kind == "function"
                    for result in self._result(function)
                ]
                found += [element for result in results if result.kind == "container" for element in result.elements]
            elif value.kind == "outside":
                found.append(value)
        return found

    def _called(self, callee: Value) -> list[Value]:
        if callee.kind == "class":
            return [Value("instance", callee.path, callee.id)]
        if callee.kind == "function":
            return self._result(callee)
        if callee.kind == "file":  # `const make = require("./make")`
            exported = [thing for thing in self.exported(callee.path) if thing.kind != "file"]
            return [
                result for thing in exported for value in self.thing_values(thing) for result in self._called(value)
            ]
        if callee.kind == "instance":
            return [
                result
                for function in self._member_values(callee, "__call__")
                if function.kind == "function"
                for result in self._result(function)
            ]
        return [callee] if callee.kind == "outside" else []

    def _result(self, function: Value) -> list[Value]:
        """What a call of the function gives: its return annotation, with `Self` replaced by the receiver."""
        nothing: tuple[Value, ...] = ()
        found = self._find(
            function.path, "result", function.id, nothing, lambda: tuple(self._work_out_result(function))
        )
        results: list[Value] = []
        for value in found:
            if value.kind == "self":
                results.extend(
                    Value("instance", receiver.path, receiver.id)
                    for receiver in function.elements
                    if receiver.kind in ("instance", "class")
                )
            else:
                results.append(value)
        return results

    def _work_out_result(self, function: Value) -> list[Value]:
        names = self.names(function.path)
        symbol = names.symbols.get(function.id) if names else None
        if names is None or symbol is None:
            return []
        same = [symbol]
        if modules.has_overloads(names.tags.language):  # which of them is called is not looked into
            same = [other for other in names.tags.symbols if other.name == symbol.name]
        returns = dict.fromkeys(other.returns for other in same if other.returns)
        if not returns and names.tags.language in _UNTYPED:
            return self._returned(function.path, names, symbol)
        return _distinct_values(value for text in returns for value in self._typed(function.path, symbol.parent, text))

    def _returned(self, path: str, names: FileNames, symbol: Symbol) -> list[Value]:
        """What a function gives that says nothing of its type: known when all that it returns is known."""
        if symbol.yielded and not names.is_decorated(symbol.id, *_FIXTURE_DECORATORS):
            return []
        found: list[Value] = []
        for text in symbol.returned or symbol.yielded:
            node = parse_expression(names.tags.language, text)
            values = self.evaluate(path, symbol.id, node)
            if not values and not (isinstance(node, ast.Constant) and node.value in (None, "null", "undefined")):
                return []
            found += values
        return _distinct_values(found)

    def _fixture(self, path: str, names: FileNames, symbol: Symbol, name: str) -> list[Value]:
        """What pytest gives for a parameter: the result of the fixture of its name in the file, else above it."""
        is_test = symbol.short_name.startswith("test") or names.is_decorated(symbol.id, *_FIXTURE_DECORATORS)
        if names.tags.language != "python" or not is_test:
            return []
        folder = path
        places = [path]
        while folder:
            folder = posixpath.dirname(folder)
            places.append(posixpath.join(folder, "conftest.py"))
        for place in places:
            if place not in self.findings.contents or (its := self.names(place)) is None:
                continue
            for fixture in its.members.get("", {}).get(name, ()):
                if fixture.id != symbol.id and its.is_decorated(fixture.id, *_FIXTURE_DECORATORS):
                    return self._result(Value("function", place, fixture.id))
        return []

    def _alias_values(self, path: str, symbol: Symbol) -> list[Value]:
        _, equals, text = symbol.signature.partition("=")
        names = self.names(path)
        if not equals or names is None:
            return []
        instances = self._typed(path, symbol.parent, text.strip(" ;"))
        return [Value("class", value.path, value.id) for value in instances if value.kind == "instance"]

    def _binding_values(self, path: str, binding: Binding) -> tuple[Value, ...]:
        """What was bound; a binding that rests on itself says nothing."""
        return self._find(path, "binding", binding, (), lambda: tuple(self._work_out_binding(path, binding)))

    def _work_out_binding(self, path: str, binding: Binding) -> list[Value]:
        names = self.names(path)
        if names is None:
            return []
        if binding.annotation and (values := self._typed(path, binding.scope, binding.annotation)):
            return values
        if binding.value:
            node = parse_expression(names.tags.language, binding.value)
            return self.evaluate(path, binding.scope, node, binding.range.start)
        symbol = names.symbols.get(binding.scope)
        owner = names.symbols.get(symbol.parent) if symbol and symbol.id else None
        if symbol is not None and binding.name in symbol.parameters:
            given = self._fixture(path, names, symbol, binding.name)
            if given:
                return given
        if symbol is None or owner is None or owner.kind not in CLASS_KINDS or not symbol.parameters:
            return []
        first = symbol.parameters[0].partition(":")[0].strip()
        if first != binding.name or names.is_decorated(symbol.id, "staticmethod"):
            return []
        is_class = names.is_decorated(symbol.id, "classmethod") or first in ("cls", "mcs", "klass")
        return [Value("class" if is_class else "instance", path, owner.id)]

    # Types

    def _typed(self, path: str, scope: str, annotation: str) -> list[Value]:
        """What a value of the annotated type is."""
        names = self.names(path)
        return self._instances(path, scope, parse_type(names.tags.language, annotation)) if names else []

    def _instances(self, path: str, scope: str, node: ast.expr | None) -> list[Value]:
        if node is None or self._is_too_deep():
            return []
        self._depth += 1
        try:
            return _distinct_values(self._work_out_instances(path, scope, node))
        finally:
            self._depth -= 1

    def _work_out_instances(self, path: str, scope: str, node: ast.expr) -> list[Value]:
        match node:
            case ast.Constant(value=str(text)):
                return self._typed(path, scope, text)
            case ast.BinOp(left=first, op=ast.BitOr(), right=second):
                return [*self._instances(path, scope, first), *self._instances(path, scope, second)]
            case ast.Name(id="Self") | ast.Attribute(attr="Self"):
                return [Value("self")]
            case ast.Subscript(value=head, slice=arguments):
                return self._generic_instances(path, scope, head, arguments)
            case ast.Name(id=name):
                if name in ("None", "null", "undefined", "void"):
                    return []
                things = self.look_up(path, scope, name, typed=True)
                return [value for thing in things for value in self._thing_instances(thing)]
            case ast.Attribute(value=base, attr=name):
                things = [
                    thing
                    for value in self.evaluate(path, scope, base)
                    for thing in (self.value_member(value, name)[0] if value.kind != "outside" else [OUTSIDE])
                ]
                return [value for thing in things for value in self._thing_instances(thing)]
        return []

    def _generic_instances(self, path: str, scope: str, head: ast.expr, arguments: ast.expr) -> list[Value]:
        name = head.attr if isinstance(head, ast.Attribute) else head.id if isinstance(head, ast.Name) else ""
        items = arguments.elts if isinstance(arguments, ast.Tuple) else [arguments]
        if name in _TRANSPARENT_TYPES:
            return [value for item in items for value in self._instances(path, scope, item)]
        if name == "Annotated":
            return self._instances(path, scope, items[0])
        if name == "Coroutine":
            return self._instances(path, scope, items[-1])
        if name in ("Type", "type"):
            return [
                Value("class", value.path, value.id) if value.kind == "instance" else value
                for item in items
                for value in self._instances(path, scope, item)
            ]
        own = self._instances(path, scope, head)
        if any(value.kind == "instance" for value in own):
            return own
        if name in _CONTAINER_TYPES:
            last = items[0] if name in ("Generator", "AsyncGenerator", "tuple", "Tuple") else items[-1]
            kind = "mapping" if name in _MAPPING_TYPES else ""
            return [Value("container", id=kind, elements=tuple(self._instances(path, scope, last)))]
        return own

    def _thing_instances(self, thing: Thing) -> list[Value]:
        if thing.kind == "symbol":
            names = self.names(thing.path)
            symbol = names.symbols.get(thing.id) if names else None
            if names and symbol and symbol.kind in VALUE_KINDS:  # an alias: Handler = A | B
                for binding in thing.bindings or names.bindings.get(symbol.parent, {}).get(symbol.short_name, ()):
                    if binding.value:
                        node = parse_expression(names.tags.language, binding.value)
                        if isinstance(node, ast.Call):
                            return [_OUTSIDE_VALUE]
                        return self._instances(thing.path, symbol.parent, node)
        return [
            Value("instance", value.path, value.id) if value.kind == "class" else value
            for value in self.thing_values(thing)
            if value.kind in ("class", "outside")
        ]


class _Reading(AbstractContextManager[None]):
    def __init__(self, inference: Inference, path: str) -> None:
        self._inference = inference
        self._path = path
        self._before: FileFindings | None = None

    def __enter__(self) -> None:
        self._before = self._inference._reader
        self._inference._reader = self._inference.findings.file(self._path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inference._reader = self._before


def _likeliest_first(bindings: Sequence[Binding], before: Position | None) -> list[Binding]:
    """The assignments in the order in which they are likely to hold: the last before the use, then earlier ones.

    What was bound in a function without a name that ends before the use is not among them.
    """
    if before is None:
        return list(reversed(bindings))
    bindings = [
        binding
        for binding in bindings
        if binding.seen_in is None or binding.seen_in.start <= before < binding.seen_in.end
    ]
    earlier = [binding for binding in bindings if binding.range.start < before]
    return [*reversed(earlier), *(binding for binding in bindings if binding.range.start >= before)]


def _typed_first(bindings: Sequence[Binding]) -> list[Binding]:
    return sorted(bindings, key=lambda binding: binding.annotation is None)


def _inside(things: Iterable[Thing]) -> list[Thing]:
    return [thing for thing in things if thing.kind != "outside"]


def _distinct(things: Iterable[Thing]) -> list[Thing]:
    return list(dict.fromkeys(things))


def _is_constructor(symbol_id: str) -> bool:
    """`Jar.Jar` of Java, C#, C++."""
    owner, _, name = symbol_id.partition("#")[0].rpartition(".")
    return owner.rpartition(".")[2] == name


def _distinct_values(values: Iterable[Value]) -> list[Value]:
    return list(dict.fromkeys(values))
