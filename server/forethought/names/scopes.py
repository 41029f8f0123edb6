"""What a name means where it stands: scopes, classes and their bases, imports, namespaces.

It is answered with things (definitions, files, local bindings, or “outside”), and never guessed.
"""

import ast
import builtins
import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from forethought.names import modules
from forethought.names.dependency_tracker import DependencyTracker
from forethought.names.file_names import FileNames, Target
from forethought.names.values import EXTERNAL, ResolvedName, Value, distinct, inside, is_constructor, likeliest_first
from forethought.syntax.expressions import parse_type
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import Binding, Import, Position, Symbol

_BUILTINS = frozenset(dir(builtins)) | {"reveal_type", "__file__", "__path__", "__all__"}


class Scopes(DependencyTracker, ABC):
    """Looks names up. What things evaluate to, which bases and imports hang on, `Inference` knows."""

    @abstractmethod
    def thing_values(self, resolved: ResolvedName, receiver: Value | None = None) -> list[Value]:
        """What a thing evaluates to when it is named; `receiver` is the value that it was found on."""

    @abstractmethod
    def value_member(self, value: Value, name: str, *, called: bool = True) -> tuple[list[ResolvedName], bool]:
        """(what `value.name` means, whether the value is known well enough to say that it means nothing else)."""

    @abstractmethod
    def evaluate(self, path: str, scope: str, node: ast.expr | None, before: Position | None = None) -> list[Value]:
        """What an expression may evaluate to; empty when it cannot be read off."""

    def look_up(
        self,
        path: str,
        scope: str,
        name: str,
        before: Position | None = None,
        *,
        typed: bool = False,
        called: bool = True,
    ) -> list[ResolvedName]:
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
                owner = self.owner_of_method(path, names, symbol.id)
                if owner is not None and (found := self._implicit_member(owner, name, called)):
                    return found
        if found := self._through_wildcards(path, names, name, set()):
            return found
        if skipped_class is not None and typed and (found := self._in_scope(path, names, skipped_class.id, name, None)):
            return found
        if language == "python":
            return [EXTERNAL] if name in _BUILTINS else []
        return self._in_neighbours(path, names, name) or self._beyond(path, names, scope, name)

    def file_member(self, path: str, name: str, seen: set[tuple[str, str]] | None = None) -> list[ResolvedName]:
        """What a name means as a member of a file taken as a module."""
        seen = set() if seen is None else seen
        names = self.names(path)
        if names is None or (path, name) in seen:
            return []
        seen.add((path, name))
        found = self._in_scope(path, names, "", name, None, seen)
        if not found and names.tags.language == "lua":
            tables = [home for home in names.members if home and name in names.members[home]]
            found = [ResolvedName("symbol", path, symbol.id) for home in tables for symbol in names.members[home][name]]
        if not inside(found) and (submodule := self.query_cache.modules.submodule(path, name)) is not None:
            return [ResolvedName("file", submodule)]
        return found or self._through_wildcards(path, names, name, seen)

    def _implicit_member(self, owner: Target, name: str, called: bool) -> list[ResolvedName]:
        """What a bare name in a class means as a member of it; never a constructor, which has the class's own name."""
        found, _ = self.class_member(owner, name, called=called)
        return [resolved for resolved in found if resolved.kind != "symbol" or not is_constructor(resolved.id)]

    def class_member(
        self, owner: Target, name: str, *, after: bool = False, called: bool = True
    ) -> tuple[list[ResolvedName], bool]:
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
                return [ResolvedName("binding", path, name, tuple(its_fields))], complete
            if functions:
                return [ResolvedName("symbol", path, symbol.id) for symbol in functions], complete
            if own:
                return [ResolvedName("symbol", path, symbol.id, tuple(bound)) for symbol in own], complete
            if found := self._in_scope(path, names, symbol_id, name, None):
                return found, complete
            if bound := (*bound, *names.bindings.get(symbol_id, {}).get(f"${name}", ())):  # PHP's fields
                return [ResolvedName("binding", path, name, tuple(bound))], complete
            if extra := self._extra_members(path, names, symbol_id, name):
                return extra, complete
        return [], complete

    def bases_in_order(self, owner: Target) -> tuple[tuple[Target, ...], bool]:
        """(the class and its bases in the order in which members are looked up, whether every base is known)."""
        alone: tuple[tuple[Target, ...], bool] = ((owner,), True)  # a class that is its own base ends here
        return self.find(owner.path, "bases", owner.symbol_id, alone, lambda: self._work_out_bases(owner))

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
                for resolved in self.exported(value.path)
                if resolved.kind == "symbol"
                for found in self.thing_values(resolved)
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

    def imported_names(self, path: str, item: Import, seen: set[tuple[str, str]] | None = None) -> list[ResolvedName]:
        """What an import brings in; `outside` when that is not in the repository, nothing when it cannot be told."""
        names = self.names(path)
        if names is None:
            return []
        found: list[ResolvedName] = []
        meanings = self.query_cache.modules.of_import(path, names.tags.language, item)
        for module, member in meanings:
            if member is None:
                found.append(ResolvedName("file", module))
            elif member == "default" and names.tags.language in modules.SCRIPT_LANGUAGES:
                found.extend(self.default_export(module, item.local))
            else:
                found.extend(self._member_chain(module, member, seen))
        if here := distinct(inside(found)):
            return here
        if meanings or not self.query_cache.modules.is_outside(names.tags.language, item):
            return []
        return [EXTERNAL]

    def default_export(self, module: str, local: str = "") -> list[ResolvedName]:
        """What `export default` or `module.exports =` names, where it can be told; else the file.

        local: what the importing file calls it
        """
        names = self.names(module)
        if names is None:
            return []
        for item in names.imports.get("", {}).get("default", ()):
            if found := inside(self._in_scope(module, names, "", item.name or "", None)):
                return found
        top = [symbol for symbols in names.members.get("", {}).values() for symbol in symbols]
        weighty = [symbol for symbol in top if symbol.kind not in VALUE_KINDS]
        chosen = [symbol for symbol in top if symbol.signature.startswith(("export default ", "module.exports = "))]
        chosen = chosen or [symbol for symbol in top if symbol.short_name == local] or weighty
        return [ResolvedName("symbol", module, chosen[0].id) if len(chosen) == 1 else ResolvedName("file", module)]

    def exported(self, path: str) -> list[ResolvedName]:
        """What a script file gives as a whole to `require`; nothing in other languages."""
        names = self.names(path)
        return self.default_export(path) if names and names.tags.language in modules.SCRIPT_LANGUAGES else []

    def _member_chain(self, module: str, member: str, seen: set[tuple[str, str]] | None) -> list[ResolvedName]:
        first, _, rest = member.partition(".")
        resolved_names = self.file_member(module, first, seen)
        while rest and resolved_names:
            first, _, rest = rest.partition(".")
            resolved_names = [
                found
                for resolved in resolved_names
                for value in self.thing_values(resolved)
                for found in self.value_member(value, first)[0]
            ]
        return resolved_names

    def _in_scope(
        self,
        path: str,
        names: FileNames,
        scope: str,
        name: str,
        before: Position | None,
        seen: set[tuple[str, str]] | None = None,
    ) -> list[ResolvedName]:
        symbols = names.chosen(names.members.get(scope, {}).get(name, ()))
        imports = names.imports.get(scope, {}).get(name, ())
        bindings = likeliest_first(names.bindings.get(scope, {}).get(name, ()), before)
        weighty = [symbol for symbol in symbols if symbol.kind not in VALUE_KINDS]
        resolved_names = [ResolvedName("symbol", path, symbol.id) for symbol in weighty]
        if imports:
            resolved_names.extend(
                distinct(resolved for item in imports for resolved in self.imported_names(path, item, seen))
            )
        if inside(resolved_names):
            return inside(resolved_names)
        if symbols:
            return [ResolvedName("symbol", path, symbol.id, tuple(bindings)) for symbol in symbols]
        if resolved_names:
            return resolved_names
        if bindings:
            return [ResolvedName("binding", path, name, tuple(bindings))]
        return []

    def _through_wildcards(
        self, path: str, names: FileNames, name: str, seen: set[tuple[str, str]]
    ) -> list[ResolvedName]:
        if (path, f"*{name}") in seen:
            return []
        seen.add((path, f"*{name}"))
        for item in names.wildcards:
            for module, member in self.query_cache.modules.of_import(path, names.tags.language, item, name):
                found = inside(
                    self.file_member(module, name, seen)
                    if member is None
                    else self._member_chain(module, f"{member}.{name}", seen)
                )
                if found:
                    return found
        return []

    def _in_neighbours(self, path: str, names: FileNames, name: str) -> list[ResolvedName]:
        """Names of files that share a namespace with this one without an import: a Go or Java package."""
        found = []
        for neighbour, symbol_id, _, _ in self.definitions(names.tags.language, name):
            if neighbour in self.query_cache.modules.neighbours(path, names.tags.language):
                other = self.names(neighbour)
                top = other.members.get("", {}).get(name, ()) if other is not None else ()
                if any(symbol.id == symbol_id for symbol in top):
                    found.append(ResolvedName("symbol", neighbour, symbol_id))
        return found

    def _beyond(self, path: str, names: FileNames, scope: str, name: str) -> list[ResolvedName]:
        """What a name that nothing in sight binds may still be: a member of `this`, a Rust module, a global."""
        language = names.tags.language
        if name.startswith("@") and (owner := names.enclosing_class(scope)) is not None:
            return self.class_member(Target(path, owner.id), name)[0]
        if language == "rust":
            if name == "self" and self.owner_of_method(path, names, scope) is not None:
                return []
            return [
                ResolvedName("file", file)
                for file, rest in self.query_cache.modules.rust_path(path, [name])
                if rest is None
            ]
        if not modules.has_globals(language):
            return []
        if found := self._in_namespace(names, scope, name):
            return found
        found = [
            ResolvedName("symbol", place, symbol_id)
            for place, symbol_id, kind, _ in self.definitions(language, name)
            if self._is_global(place, symbol_id, kind)
        ]
        return found if len(found) == 1 or language not in ("java", "kotlin") else []

    def _in_namespace(self, names: FileNames, scope: str, name: str) -> list[ResolvedName]:
        """What a namespace around the scope, the innermost first, has of that name in other files."""
        around = [symbol.name for symbol in names.scopes(scope) if symbol.kind in CLASS_KINDS]
        rows = self.definitions(names.tags.language, name, CLASS_KINDS | FUNCTION_KINDS) if around else []
        for namespace in around:
            if found := [
                ResolvedName("symbol", path, key)
                for path, key, _, _ in rows
                if key.partition("#")[0] == f"{namespace}.{name}"
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

    def only_definition(self, name: str, language: str, kinds: Collection[str]) -> Target | None:
        """The definition of these kinds that has the name, when there is only one in the repository."""
        found = self.definitions(language, name, most=2, kinds=kinds)
        return Target(found[0][0], found[0][1]) if len(found) == 1 else None

    def definition_of(self, declared: Symbol) -> Target | None:
        """The only function with a body that has the qualified name, and the parameters when there are overloads."""
        bodies: list[tuple[Target, Symbol]] = []
        for path, symbol_id, _, _ in self.definitions("cpp", declared.short_name, FUNCTION_KINDS):
            names = self.names(path)
            symbol = names.symbols.get(symbol_id) if names is not None else None
            if symbol is not None and symbol.body and symbol.name == declared.name:
                bodies.append((Target(path, symbol_id), symbol))
        alike = [item for item in bodies if len(item[1].parameters) == len(declared.parameters)] or bodies
        return (alike if len(alike) == 1 else bodies[:1])[0][0] if len({item[0].path for item in bodies}) == 1 else None

    def extensions(self, language: str, name: str) -> list[ResolvedName]:
        """Functions that are called like members of what they are given: Kotlin's `fun Jar.open()`, C#'s `this Jar`."""
        if not modules.has_extensions(language):
            return []
        found = [
            ResolvedName("symbol", path, symbol_id)
            for path, symbol_id, _, _ in self.definitions(language, name, FUNCTION_KINDS)
            if self._is_extension(path, symbol_id)
        ]
        homes = {(resolved.path, resolved.id.partition("#")[0]) for resolved in found}
        return found[:1] if len(homes) == 1 else found

    def _is_extension(self, path: str, symbol_id: str) -> bool:
        names = self.names(path)
        symbol = names.symbols.get(symbol_id) if names is not None else None
        if symbol is None:
            return False
        if symbol.parameters and symbol.parameters[0].startswith("this "):
            return True
        return re.search(rf"\bfun\b.*[\w>?)]\.\s*`?{re.escape(symbol.short_name)}\b", symbol.signature) is not None

    def _extra_members(self, path: str, names: FileNames, symbol_id: str, name: str) -> list[ResolvedName]:
        """Members that stand in other files than their class: Go methods, Rust impls, C++ definitions."""
        if names.tags.language == "python" or names.tags.language in modules.SCRIPT_LANGUAGES:
            return []
        owner = names.symbols[symbol_id].short_name
        found = []
        for place, other_id, _, _ in self.definitions(names.tags.language, name):
            stem = other_id.partition("#")[0]
            if place != path and stem.rpartition(".")[0].rpartition(".")[2] == owner:
                found.append(ResolvedName("symbol", place, other_id))
        return found if len(found) == 1 else []

    def owner(self, member: Target) -> Target | None:
        """The class that a definition is a member of, wherever the definition stands."""
        names = self.names(member.path)
        symbol = names.symbols.get(member.symbol_id) if names is not None else None
        if names is None or symbol is None:
            return None
        around = names.symbols.get(symbol.parent)
        if symbol.parent and around is not None and not names.owner_elsewhere(symbol):
            return Target(member.path, around.id) if around.kind in CLASS_KINDS - {"module"} else None
        return self.owner_of_method(member.path, names, member.symbol_id)

    def owner_of_method(self, path: str, names: FileNames, scope: str) -> Target | None:
        """The class around a scope, or that of a method which stands outside its class (Go, Rust, C++)."""
        if (around := names.enclosing_class(scope)) is not None and around.kind != "module":
            return Target(path, around.id)
        for symbol in names.scopes(scope):
            if owner := names.owner_elsewhere(symbol):
                if owner in names.symbols:
                    return Target(path, owner)
                found = [
                    Target(place, symbol_id)
                    for place, symbol_id, kind, _ in self.definitions(names.tags.language, owner.rpartition(".")[2])
                    if kind in CLASS_KINDS and (symbol_id == owner or "." not in symbol_id or "." not in owner)
                ]
                near = [target for target in found if posixpath.dirname(target.path) == posixpath.dirname(path)]
                chosen = near or found
                return chosen[0] if len(chosen) == 1 else None
        return None
