"""What a name refers to in its scope, by way of classes and their bases, imports and namespaces.

The answers are `ResolvedName`s: definitions, files, local bindings, or `EXTERNAL`. Nothing is guessed.
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
from forethought.names.generic_types import UTILITY_TYPES
from forethought.names.values import EXTERNAL, InferredValue, ResolvedName, distinct, in_repository, likeliest_first
from forethought.syntax.expressions import PathName, parse_expression, parse_type
from forethought.syntax.symbol_kinds import CLASS_KINDS, FIELD_KINDS, FUNCTION_KINDS, TYPE_KINDS, VALUE_KINDS
from forethought.syntax.tags import Binding, Import, Position, Symbol, name_of, visible

MAX_NAMESAKES = 12
"""Of more definitions of one name, it is not worth finding out whether only one is usable."""
_NEVER_LINKED = (TYPE_KINDS | {"macro", "constant", "enumerator"}) - {"interface", "trait"}
"""What C and C++ share among files by headers only."""
_BUILTINS = frozenset(dir(builtins)) | {"reveal_type", "__file__", "__path__", "__all__"}


class Scopes(DependencyTracker, ABC):
    """Looks names up. Bases and imports may depend on the values of names, which `Inference` adds."""

    @abstractmethod
    def values_of(self, resolved: ResolvedName, receiver: InferredValue | None = None) -> list[InferredValue]:
        """What a resolved name evaluates to; `receiver` is the value that it was looked up on."""

    @abstractmethod
    def value_member(self, value: InferredValue, name: str, *, called: bool = True) -> tuple[list[ResolvedName], bool]:
        """(what `value.name` refers to, whether the value is known well enough to exclude anything else)."""

    @abstractmethod
    def evaluate(
        self, path: str, scope: str, node: ast.expr | None, before: Position | None = None
    ) -> list[InferredValue]:
        """What an expression may evaluate to; empty if that is unknown. `before` is where it is evaluated."""

    def look_up(
        self,
        path: str,
        scope: str,
        name: str,
        before: Position | None = None,
        *,
        typed: bool = False,
        called: bool = True,
        invoked: bool = False,
    ) -> list[ResolvedName]:
        """What a bare name refers to in a scope; empty if nothing is known to bind it.

        before: where it is used, so that of several assignments the last one before counts
        typed: it is used as a type
        called: of a field and a method with this name, the method is meant
        invoked: it is what a call calls
        """
        names = self.names(path)
        if names is None:
            return []
        language = names.tags.language
        if language == "cpp" and name == "std":
            return [EXTERNAL]
        implicit = modules.has_implicit_members(language)
        at = before or names.symbols[scope].selection.start
        in_function = False
        skipped_class: Symbol | None = None
        for symbol in names.scopes(scope):
            parameters = names.type_parameters.get(symbol.id, {}).get(name) if typed else None
            if parameters and (around := visible(parameters, at)):
                return [ResolvedName("binding", path, name, tuple(around))]
            if symbol.kind in TYPE_KINDS:
                if implicit:
                    if found := self._implicit_member(Target(path, symbol.id), name, called):
                        return found
                    continue
                is_open = symbol.kind == "enum" and language != "rust"
                if in_function or not (is_open or modules.sees_class_names(language)):
                    skipped_class = skipped_class or symbol
                    continue
            in_function |= symbol.kind in FUNCTION_KINDS
            in_order = symbol.id == scope
            if found := self._bare_in_scope(
                path, names, symbol.id, name, at, in_order=in_order, invoked=invoked, typed=typed
            ):
                return found
            if implicit and names.owner_elsewhere(symbol):
                owner = self.owner_of_method(path, names, symbol.id)
                if owner is not None and (found := self._implicit_member(owner, name, called)):
                    return found
        if found := self._through_wildcards(path, names, name, set(), scope):
            return found
        if (
            skipped_class is not None
            and language not in ("go", "rust")
            and typed
            and (found := self._in_scope(path, names, skipped_class.id, name))
        ):
            return found
        if language == "python":
            return [EXTERNAL] if name in _BUILTINS else []
        return self._in_neighbors(path, names, name) or self._look_up_unbound(path, names, scope, name)

    def file_member(self, path: str, name: str, seen: set[tuple[str, str]] | None = None) -> list[ResolvedName]:
        """What a name refers to as a member of a file as a module."""
        seen = set() if seen is None else seen
        names = self.names(path)
        if names is None or (path, name) in seen:
            return []
        seen.add((path, name))
        found = self._in_scope(path, names, "", name, seen)
        if not found and names.tags.language == "lua":
            tables = [scope for scope in names.members if scope and name in names.members[scope]]
            found = [
                ResolvedName("symbol", path, symbol.id) for scope in tables for symbol in names.members[scope][name]
            ]
        if not in_repository(found) and (submodule := self.query_cache.modules.submodule(path, name)) is not None:
            return [ResolvedName("file", submodule)]
        return found or self._through_wildcards(path, names, name, seen)

    def _implicit_member(self, owner: Target, name: str, called: bool) -> list[ResolvedName]:
        """What a bare name in a class refers to as a member of it: never a constructor, if it is the class's name."""
        members, _ = self.class_member(owner, name, called=called)
        return [member for member in members if not self._is_namesake_constructor(member)]

    def _is_namesake_constructor(self, resolved: ResolvedName) -> bool:
        names = self.names(resolved.path) if resolved.kind == "symbol" else None
        symbol = names.symbols.get(resolved.id) if names is not None else None
        return symbol is not None and symbol.is_constructor and symbol.is_namesake

    def class_member(
        self, owner: Target, name: str, *, after: bool = False, called: bool = True
    ) -> tuple[list[ResolvedName], bool]:
        """(what the name refers to as a member of the class or its bases, whether every base is known).

        after: leave out the class itself, as `super()` does
        called: of a field and a method with this name, the method is meant
        """
        order, complete = self.bases_in_order(owner)
        for path, symbol_id in order[1:] if after else order:
            names = self.names(path)
            if names is None:
                continue
            members = names.members.get(symbol_id, {}).get(name, ())
            definitions = names.chosen(members)
            functions = [symbol for symbol in definitions if symbol.kind not in VALUE_KINDS]
            bound: Sequence[Binding] = names.attributes.get(symbol_id, {}).get(name, ())
            fields = bound or names.bindings.get(symbol_id, {}).get(name, ())
            if functions and not called and fields and modules.keeps_fields_apart(names.tags.language):
                declared = [symbol.id for symbol in members if symbol.kind in FIELD_KINDS]
                if declared:
                    return [ResolvedName("symbol", path, declared[0], tuple(fields))], complete
                return [ResolvedName("binding", path, name, tuple(fields))], complete
            if functions:
                return [ResolvedName("symbol", path, symbol.id) for symbol in functions], complete
            if definitions and definitions[0].kind in FIELD_KINDS:
                fields = _field_bindings(names, symbol_id, name)
                return [ResolvedName("symbol", path, symbol.id, fields) for symbol in definitions], complete
            if definitions:
                return [ResolvedName("symbol", path, symbol.id, tuple(bound)) for symbol in definitions], complete
            rules = names.imports.get(symbol_id, {}).get(name, ()) if names.tags.language == "php" else ()
            if rules:
                return self._by_trait_rules(Target(path, symbol_id), rules), complete
            if found := self._in_scope(path, names, symbol_id, name):
                return found, complete
            if bound := (*bound, *names.bindings.get(symbol_id, {}).get(f"${name}", ())):  # PHP's fields
                return [ResolvedName("binding", path, name, tuple(bound))], complete
            if extra := self._extra_members(path, names, symbol_id, name):
                return extra, complete
        return [], complete

    def _by_trait_rules(self, owner: Target, rules: Sequence[Import]) -> list[ResolvedName]:
        """The methods of traits that a class renames or prefers: PHP's `use A, B { A::run insteadof B; }`."""
        bases = dict(self.direct_bases(owner))
        return [
            member
            for rule in rules
            for trait in bases.get(rule.module, ())
            for member in self.class_member(trait, rule.name or rule.local)[0]
        ]

    def bases_in_order(self, owner: Target) -> tuple[tuple[Target, ...], bool]:
        """(the class and its bases in method resolution order, whether every base is known)."""
        alone: tuple[tuple[Target, ...], bool] = ((owner,), True)  # for a class that is its own base
        return self.get_or_compute(owner.path, "bases", owner.symbol_id, alone, lambda: self._compute_bases(owner))

    def direct_bases(self, owner: Target) -> tuple[tuple[str, tuple[Target, ...]], ...]:
        """Each base of a class as written, and the classes in the repository that it may refer to."""
        names = self.names(owner.path)
        symbol = names.symbols.get(owner.symbol_id) if names else None
        bases: list[tuple[str, tuple[Target, ...]]] = []
        for text in symbol.bases if names and symbol else ():
            node = parse_type(names.tags.language, text) if names else None
            match node:
                case ast.Subscript(value=ast.Name(id=utility), slice=ast.Tuple(elts=[first, *_])):
                    node = first if utility in UTILITY_TYPES else node
            if node is None or symbol is None:
                continue
            values = self.evaluate(owner.path, symbol.parent, node, symbol.selection.start)
            values += [
                exported_value
                for value in values
                if value.kind == "file"
                for exported in self.exported(value.path)
                if exported.kind == "symbol"
                for exported_value in self.values_of(exported)
            ]
            classes = (Target(value.path, value.id) for value in values if value.kind == "class")
            bases.append((text, tuple(base for base in classes if base != owner)))
        return tuple(bases)

    def _compute_bases(self, owner: Target) -> tuple[tuple[Target, ...], bool]:
        order: list[Target] = []
        complete = True
        for text, classes in self.direct_bases(owner):
            complete &= bool(classes) or text.partition("[")[0] in ("object", "Generic", "Protocol", "ABC", "abc.ABC")
            for base in classes:
                base_order, base_complete = self.bases_in_order(base)
                complete &= base_complete
                order.extend(base_order)
        last_index = {base: index for index, base in enumerate(order)}
        unique = [base for index, base in enumerate(order) if last_index[base] == index and base != owner]
        return (owner, *unique), complete

    def imported_names(self, path: str, item: Import, seen: set[tuple[str, str]] | None = None) -> list[ResolvedName]:
        """What an import refers to; EXTERNAL if that is not in the repository, empty if that is unknown.

        seen: what the names are looked up for that led here; None starts a query, since modules may import each other
        """
        if seen is not None:
            return self._compute_imported_names(path, item, seen)
        nothing: tuple[ResolvedName, ...] = ()
        return list(
            self.get_or_compute(
                path, "imported", item, nothing, lambda: tuple(self._compute_imported_names(path, item, None))
            )
        )

    def _compute_imported_names(self, path: str, item: Import, seen: set[tuple[str, str]] | None) -> list[ResolvedName]:
        names = self.names(path)
        if names is None:
            return []
        if names.tags.language == "cpp" and item.name not in (None, "*"):
            return self._using(path, item)
        found: list[ResolvedName] = []
        candidates = self._rust_modules(path, names, item) if names.tags.language == "rust" else []
        candidates = candidates or self.query_cache.modules.of_import(path, names.tags.language, item)
        for module, member in candidates:
            if member is None:
                whole = self._whole_export(module) if item.name is None else None
                found.append(whole or ResolvedName("file", module))
            elif member == "default" and names.tags.language in modules.SCRIPT_LANGUAGES:
                found.extend(self.default_export(module, item.local))
            else:
                found.extend(self._member_chain(module, member, seen))
        if known := distinct(in_repository(found)):
            return known
        if candidates or not self.query_cache.modules.is_external(names.tags.language, item):
            return []
        return [EXTERNAL]

    def _using(self, path: str, item: Import) -> list[ResolvedName]:
        """What C++'s `using shelf::Jar;` refers to: the definitions of that qualified name."""
        rows = self.definitions("cpp", item.name or "", CLASS_KINDS | FUNCTION_KINDS | VALUE_KINDS)
        wanted = ".".join(part for part in (*item.module.split("::"), item.name) if part)
        found = [
            ResolvedName("symbol", other_path, symbol_id)
            for other_path, symbol_id, _, _ in rows
            if f".{name_of(symbol_id)}".endswith(f".{wanted}") and self.is_usable(path, other_path, symbol_id)
        ]
        return found or ([] if rows and not item.module.startswith("std") else [EXTERNAL])

    def _rust_modules(self, path: str, names: FileNames, item: Import) -> list[tuple[str, str | None]]:
        """(file, dotted name in it) of what an import may refer to by way of a module that a body in the file defines.

        Empty if the file's own place says where the import leads.
        """
        around = [symbol.short_name for symbol in names.scopes(item.scope) if symbol.kind == "module"][::-1]
        segments = modules.rust_segments(item)
        if not segments or segments[0] == "crate":
            return []
        first, inner = segments[0], ".".join(around)
        if not around:
            defined = names.members.get("", {}).get(first, ())
            return [(path, ".".join(segments))] if any(symbol.kind == "module" for symbol in defined) else []
        while around and segments and segments[0] in ("self", "super"):
            if segments.pop(0) == "super":
                around.pop()
        if first not in ("self", "super"):
            found = self.query_cache.modules.rust_path(path, ["self", *around, *segments])
            submodule = [(file, rest) for file, rest in found if file != path]
            defined = names.members.get(inner, {}).get(first, ())
            is_inline = any(symbol.kind == "module" for symbol in defined)
            return submodule or ([(path, ".".join((*around, *segments)))] if is_inline else [])
        return list(self.query_cache.modules.rust_path(path, ["self", *around, *segments]))

    def default_export(self, module: str, local: str = "") -> list[ResolvedName]:
        """What `export default` or `module.exports =` exports; if that is unknown, the file.

        local: the name that the importing file gives it
        """
        names = self.names(module)
        if names is None:
            return []
        if whole := self._whole_export(module):
            return [whole]
        top = [symbol for symbols in names.members.get("", {}).values() for symbol in symbols]
        types_and_functions = [symbol for symbol in top if symbol.kind not in VALUE_KINDS]
        chosen = [symbol for symbol in top if symbol.short_name == local] or types_and_functions
        return [ResolvedName("symbol", module, chosen[0].id) if len(chosen) == 1 else ResolvedName("file", module)]

    def _whole_export(self, module: str) -> ResolvedName | None:
        """The one definition that a script file says it exports: `module.exports = Jar`, `export default Jar`."""
        names = self.names(module)
        if names is None or names.tags.language not in modules.SCRIPT_LANGUAGES:
            return None
        for item in names.imports.get("", {}).get("default", ()):
            if item.module:
                continue
            if found := in_repository(self._in_scope(module, names, "", item.name or "")):
                return found[0] if len(found) == 1 else None
        top = [symbol for symbols in names.members.get("", {}).values() for symbol in symbols]
        chosen = [symbol for symbol in top if symbol.signature.startswith(("export default ", "module.exports = "))]
        return ResolvedName("symbol", module, chosen[0].id) if len(chosen) == 1 else None

    def exported(self, path: str) -> list[ResolvedName]:
        """What `require` of a script file evaluates to; empty in other languages."""
        names = self.names(path)
        return self.default_export(path) if names and names.tags.language in modules.SCRIPT_LANGUAGES else []

    def _member_chain(self, module: str, dotted: str, seen: set[tuple[str, str]] | None) -> list[ResolvedName]:
        first, _, rest = dotted.partition(".")
        resolved_names = self.file_member(module, first, seen)
        while rest and resolved_names:
            first, _, rest = rest.partition(".")
            resolved_names = [
                member
                for resolved in resolved_names
                for value in self.values_of(resolved)
                for member in self.value_member(value, first)[0]
            ]
        return resolved_names

    def _in_scope(
        self, path: str, names: FileNames, scope: str, name: str, seen: set[tuple[str, str]] | None = None
    ) -> list[ResolvedName]:
        """What a scope defines, imports or binds under a name, for all who see the scope."""
        symbols = names.members.get(scope, {}).get(name, ())
        bindings = names.bindings.get(scope, {}).get(name, ())
        return self._found(
            path,
            name,
            names.chosen([symbol for symbol in symbols if symbol.seen_in is None or symbol.needs_receiver]),
            names.imports.get(scope, {}).get(name, ()),
            likeliest_first([binding for binding in bindings if binding.seen_in is None], None),
            seen,
        )

    def _bare_in_scope(
        self,
        path: str,
        names: FileNames,
        scope: str,
        name: str,
        at: Position,
        *,
        in_order: bool,
        invoked: bool,
        typed: bool,
    ) -> list[ResolvedName]:
        """What a bare name at a position means in a scope: what the innermost block around it defines or binds.

        in_order: the scope is that of the position, so of several assignments the last one before it counts
        """
        symbols = [item for item in names.members.get(scope, {}).get(name, ()) if not item.needs_receiver]
        if in_order and names.tags.language == "python" and names.symbols[scope].kind in TYPE_KINDS:
            symbols = [item for item in symbols if item.selection.start < at]  # a class body runs in order
        bindings = names.bindings.get(scope, {}).get(name, ())
        if typed and names.tags.language == "rust":
            bindings = ()  # types and modules have names of their own
        elif invoked and modules.keeps_functions_apart(names.tags.language):
            bindings = ()
        elif invoked and modules.shadows_later(names.tags.language):
            own_call = re.compile(rf"(?<![\w.:]){re.escape(name)}\(")
            bindings = [binding for binding in bindings if not own_call.search(binding.value or "")]
        imports = names.imports.get(scope, {}).get(name, ())
        if len(symbols) + len(bindings) > 1 or any(item.seen_in for item in (*symbols, *bindings)):
            around = visible([*symbols, *bindings], at)
            symbols = [item for item in around if isinstance(item, Symbol)]
            bindings = [item for item in around if isinstance(item, Binding)]
            imports = [
                item
                for item in imports
                if not around or around[0].seen_in is None or around[0].seen_in.contains(item.range.start)
            ]
        ordered = likeliest_first(bindings, at if in_order else None)
        return self._found(path, name, names.chosen(symbols), imports, ordered)

    def _found(
        self,
        path: str,
        name: str,
        symbols: Sequence[Symbol],
        imports: Sequence[Import],
        bindings: Sequence[Binding],
        seen: set[tuple[str, str]] | None = None,
    ) -> list[ResolvedName]:
        resolved_names = [
            ResolvedName("symbol", path, symbol.id) for symbol in symbols if symbol.kind not in VALUE_KINDS
        ]
        if imports:
            resolved_names.extend(
                distinct(resolved for item in imports for resolved in self.imported_names(path, item, seen))
            )
        if in_repository(resolved_names):
            return in_repository(resolved_names)
        if symbols:
            return [ResolvedName("symbol", path, symbol.id, tuple(bindings)) for symbol in symbols]
        if resolved_names:
            return resolved_names
        if bindings:
            return [ResolvedName("binding", path, name, tuple(bindings))]
        return []

    def _through_wildcards(
        self, path: str, names: FileNames, name: str, seen: set[tuple[str, str]], scope: str = ""
    ) -> list[ResolvedName]:
        if (path, f"*{name}") in seen:
            return []
        seen.add((path, f"*{name}"))
        all_found: list[ResolvedName] = []
        wildcards: Sequence[Import] = names.wildcards
        if wildcards and names.tags.language == "rust":
            around = {symbol.id for symbol in names.scopes(scope)}
            wildcards = [item for item in wildcards if item.scope in around]
        for item in wildcards:
            if names.tags.language == "rust" and (of_type := self._of_rust_type(path, item, name)):
                return list(of_type)
            for module, member in self.query_cache.modules.of_import(path, names.tags.language, item, name):
                if names.tags.language == "python" and not self._is_in_wildcard(module, name):
                    continue
                found = in_repository(
                    self.file_member(module, name, seen)
                    if member is None
                    else self._member_chain(module, f"{member}.{name}", seen)
                )
                if found and not self._may_differ(found):
                    return found
                all_found += found
        return self._without_tags(distinct(all_found))

    def _without_tags(self, found: list[ResolvedName]) -> list[ResolvedName]:
        """The names without the structs that one of them names: `typedef struct jar jar;` and `struct jar {…}`."""
        typedefs = [resolved for resolved in found if self._names_its_tag(resolved)]
        return typedefs or found

    def _names_its_tag(self, resolved: ResolvedName) -> bool:
        names = self.names(resolved.path)
        symbol = names.symbols.get(resolved.id) if names is not None else None
        return (
            symbol is not None
            and re.match(rf"typedef\s+(?:struct|union|enum)\s+{re.escape(symbol.short_name)}\b", symbol.signature)
            is not None
        )

    def _may_differ(self, found: Sequence[ResolvedName]) -> bool:
        """Whether another C header may define it, too: an `#if` chooses which headers of a platform are included."""
        for resolved in found:
            names = self.names(resolved.path)
            symbol = names.symbols.get(resolved.id) if names is not None else None
            if names is None or names.tags.language not in ("c", "cpp") or symbol is None:
                return False
            if symbol.kind not in _NEVER_LINKED or symbol.kind == "enumerator":
                return False
        return True

    def _is_in_wildcard(self, module: str, name: str) -> bool:
        """Whether `from module import *` brings in the name: by `__all__` if it is a plain list, else by convention."""
        names = self.names(module)
        lists = names.bindings.get("", {}).get("__all__", ()) if names is not None else ()
        node = parse_expression("python", lists[0].value or "") if len(lists) == 1 else None
        if isinstance(node, ast.List | ast.Tuple) and all(isinstance(item, ast.Constant) for item in node.elts):
            return any(isinstance(item, ast.Constant) and item.value == name for item in node.elts)
        return bool(lists) or not name.startswith("_")

    def _of_rust_type(self, path: str, item: Import, name: str) -> tuple[ResolvedName, ...]:
        """What a name means by way of `use Shape::*`, where the file sees `Shape` and it is no file.

        A query, since modules may take names from each other.
        """
        nothing: tuple[ResolvedName, ...] = ()
        return self.get_or_compute(
            path, "of type", (item, name), nothing, lambda: tuple(self._compute_of_rust_type(path, item, name))
        )

    def _compute_of_rust_type(self, path: str, item: Import, name: str) -> list[ResolvedName]:
        node: ast.expr | None = None
        for segment in modules.rust_segments(item):
            node = PathName(segment) if node is None else ast.Attribute(node, segment)
        values = self.evaluate(path, item.scope, node, item.range.start)
        return [member for value in values if value.kind == "class" for member in self.value_member(value, name)[0]]

    def _in_neighbors(self, path: str, names: FileNames, name: str) -> list[ResolvedName]:
        """Names in files that share a namespace with this one without an import: a Go or Java package."""
        found = []
        for neighbor, symbol_id, _, _ in self.definitions(names.tags.language, name):
            if neighbor in self.query_cache.modules.neighbors(path, names.tags.language):
                other = self.names(neighbor)
                top = other.members.get("", {}).get(name, ()) if other is not None else ()
                if any(symbol.id == symbol_id for symbol in top):
                    found.append(ResolvedName("symbol", neighbor, symbol_id))
        return found

    def _look_up_unbound(self, path: str, names: FileNames, scope: str, name: str) -> list[ResolvedName]:
        """What a name that nothing visible binds may still be: a member of `this`, a Rust module, a global."""
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
            ] or self._only_macro(language, name)
        if not modules.has_globals(language):
            return []
        if found := self._in_namespace(path, names, scope, name):
            return found
        found = [
            ResolvedName("symbol", other_path, symbol_id)
            for other_path, symbol_id, kind, _ in self.definitions(language, name)
            if self._is_global(other_path, symbol_id, kind) and self.is_usable(path, other_path, symbol_id)
        ]
        return found if len(found) == 1 or language not in ("java", "kotlin") else []

    def _only_macro(self, language: str, name: str) -> list[ResolvedName]:
        """The only macro of this name: `#[macro_use]` makes macros visible without an import."""
        found = [ResolvedName("symbol", *row[:2]) for row in self.definitions(language, name, {"macro"}, limit=2)]
        return found if len(found) == 1 else []

    def _in_namespace(self, path: str, names: FileNames, scope: str, name: str) -> list[ResolvedName]:
        """What a namespace around the scope, innermost first, defines under that name in other files."""
        around = [symbol.name for symbol in names.scopes(scope) if symbol.kind in CLASS_KINDS]
        kinds = CLASS_KINDS | FUNCTION_KINDS | ({"variable", "constant"} if names.tags.language == "cpp" else set())
        rows = self.definitions(names.tags.language, name, kinds) if around else []
        for namespace in around:
            if found := [
                ResolvedName("symbol", other_path, symbol_id)
                for other_path, symbol_id, _, _ in rows
                if name_of(symbol_id) == f"{namespace}.{name}" and self.is_usable(path, other_path, symbol_id)
            ]:
                return found
        return []

    def _is_global(self, path: str, symbol_id: str, kind: str) -> bool:
        names = self.names(path)
        symbol = names.symbols.get(symbol_id) if names else None
        if names is None or symbol is None:
            return False
        if kind == "enumerator" and names.tags.language in ("c", "cpp"):
            enum = names.symbols[symbol.parent]
            return not enum.id or (_is_plain_enum(enum) and self._is_global(path, enum.id, enum.kind))
        if kind not in CLASS_KINDS | FUNCTION_KINDS:
            return False
        around = [names.symbols.get(symbol.parent)] if symbol.parent else []
        return not names.owner_elsewhere(symbol) and all(item is not None and item.kind == "module" for item in around)

    def only_definition(self, path: str, name: str, language: str, kinds: Collection[str]) -> Target | None:
        """The definition of these kinds with this name, if there is only one that the file can use by a receiver."""
        rows = self.definitions(language, name, limit=MAX_NAMESAKES + 1, kinds=kinds)
        if len(rows) > MAX_NAMESAKES:
            return None
        usable = [Target(row[0], row[1]) for row in rows if self.is_usable(path, row[0], row[1], by_receiver=True)]
        return usable[0] if len(usable) == 1 else None

    def is_usable(self, user: str, path: str, symbol_id: str, *, by_receiver: bool = False) -> bool:
        """Whether code in the file `user` can use a definition: whether it is not local to a function or file."""
        names = self.names(path)
        symbol = names.symbols.get(symbol_id) if names is not None else None
        if names is None or symbol is None:
            return False
        language = names.tags.language
        around = names.symbols.get(symbol.parent)
        if around is not None and around.kind in FUNCTION_KINDS and not symbol.needs_receiver:
            if by_receiver and symbol.kind not in CLASS_KINDS and not names.owner_elsewhere(symbol):
                return False
            if user != path:
                return False
        if user == path:
            return True
        if modules.is_source(language, path) and symbol.kind in _NEVER_LINKED:
            return False
        is_static_member = around is not None and around.kind in TYPE_KINDS and language in ("c", "cpp")
        if not is_static_member and modules.is_file_private(language, path, symbol.signature):
            return False
        same_folder = posixpath.dirname(user) == posixpath.dirname(path)
        return same_folder or not modules.is_package_private(language, symbol.short_name)

    def extensions(self, language: str, name: str) -> list[ResolvedName]:
        """Functions that are called like members of their argument: Kotlin's `fun Jar.open()`, C#'s `this Jar`."""
        if not modules.has_extensions(language):
            return []
        found = [
            ResolvedName("symbol", path, symbol_id)
            for path, symbol_id, _, _ in self.definitions(language, name, FUNCTION_KINDS)
            if self._is_extension(path, symbol_id)
        ]
        qualified = {(resolved.path, name_of(resolved.id)) for resolved in found}
        return found[:1] if len(qualified) == 1 else found

    def _is_extension(self, path: str, symbol_id: str) -> bool:
        names = self.names(path)
        symbol = names.symbols.get(symbol_id) if names is not None else None
        if symbol is None:
            return False
        if symbol.parameters and symbol.parameters[0].startswith("this "):
            return True
        return re.search(rf"\bfun\b.*[\w>?)]\.\s*`?{re.escape(symbol.short_name)}\b", symbol.signature) is not None

    def _extra_members(self, path: str, names: FileNames, symbol_id: str, name: str) -> list[ResolvedName]:
        """Members defined in another file than their class: Go methods, Rust impls, C++ definitions."""
        if names.tags.language == "python" or names.tags.language in modules.SCRIPT_LANGUAGES:
            return []
        if symbol_id not in names.symbols:
            return []  # one of Go's structs without a name
        owner = names.symbols[symbol_id].short_name
        found = []
        for other_path, other_id, kind, _ in self.definitions(names.tags.language, name):
            if kind in FIELD_KINDS:
                continue
            qualified = name_of(other_id)
            if names.tags.language == "go" and posixpath.dirname(other_path) != posixpath.dirname(path):
                continue  # a type of that name in another package
            if other_path != path and qualified.rpartition(".")[0].rpartition(".")[2] == owner:
                found.append(ResolvedName("symbol", other_path, other_id))
        return found if len(found) == 1 else []

    def owner(self, member: Target) -> Target | None:
        """The class that a definition is a member of, wherever it is defined."""
        names = self.names(member.path)
        symbol = names.symbols.get(member.symbol_id) if names is not None else None
        if names is None or symbol is None:
            return None
        around = names.symbols.get(symbol.parent)
        if symbol.parent and around is not None and not names.owner_elsewhere(symbol):
            return Target(member.path, around.id) if around.kind in TYPE_KINDS else None
        return self.owner_of_method(member.path, names, member.symbol_id)

    def owner_of_method(self, path: str, names: FileNames, scope: str) -> Target | None:
        """The class around a scope, or that of a method outside its class (Go, Rust, C++)."""
        if (around := names.enclosing_class(scope)) is not None and around.kind != "module":
            return Target(path, around.id)
        for symbol in names.scopes(scope):
            if owner := names.owner_elsewhere(symbol):
                if owner in names.symbols:
                    return self._aliased(Target(path, owner))
                found = [
                    Target(other_path, symbol_id)
                    for other_path, symbol_id, kind, _ in self.definitions(
                        names.tags.language, owner.rpartition(".")[2]
                    )
                    if kind in CLASS_KINDS and (symbol_id == owner or "." not in symbol_id or "." not in owner)
                ]
                same_folder = [target for target in found if posixpath.dirname(target.path) == posixpath.dirname(path)]
                candidates = same_folder or found
                return self._aliased(candidates[0]) if len(candidates) == 1 else None
        return None

    def _aliased(self, owner: Target) -> Target:
        """The class that C++'s `typedef Fixture OtherFixture;` names; anything else itself."""
        names = self.names(owner.path)
        symbol = names.symbols.get(owner.symbol_id) if names is not None else None
        if symbol is None or symbol.kind != "type":
            return owner
        values = self.values_of(ResolvedName("symbol", *owner))
        classes = [Target(value.path, value.id) for value in values if value.kind == "class"]
        return classes[0] if len(classes) == 1 else owner


def _field_bindings(names: FileNames, owner: str, name: str) -> tuple[Binding, ...]:
    """Where a field of a type gets a type or a value: in the type's body, else in its methods."""
    declared = likeliest_first(names.bindings.get(owner, {}).get(name, ()), None)
    attributes = names.attributes.get(owner, {})
    return (
        tuple(declared)
        or (*attributes.get(name, ()), *names.bindings.get(owner, {}).get(f"${name}", ()))  # PHP's `$name`
        or tuple(attributes.get(f"@{name}", ()))  # Ruby's `attr_reader`
    )


def _is_plain_enum(symbol: Symbol) -> bool:
    """Whether it is an `enum` whose members are names of the scope around it, unlike those of an `enum class`."""
    return symbol.kind == "enum" and not re.match(r"enum\s+(?:class|struct)\b", symbol.signature)
