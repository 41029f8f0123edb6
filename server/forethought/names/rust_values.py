"""What Rust adds: paths, patterns, closures, parts of tuples, bounds of type parameters.

What the methods of its standard library give is in `rust_library.py`.
"""

import ast
import re

from forethought.names import rust_library
from forethought.names.file_names import FileNames
from forethought.names.inference import LanguageValues
from forethought.names.values import InferredValue, ResolvedName, replace_self
from forethought.syntax import rust_patterns, rust_signatures
from forethought.syntax.expressions import TUPLE, PathName
from forethought.syntax.tags import Binding, Position


class RustValues(LanguageValues):
    """Evaluates what is particular to Rust."""

    def expression(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue] | None:
        match node:
            case PathName(id=name) if name != "Self":
                starts = self._path_start(path, scope, name)
                return [value for resolved in starts for value in self.inference.values_of(resolved)]
            case ast.Attribute(value=base, attr=name) if name.isdigit():
                values = self.inference.evaluate(path, scope, base, before)
                return [part for value in values for part in self._members(value, name)]
            case ast.Tuple(elts=elements):
                parts = [self.inference.evaluate(path, scope, item, before) for item in elements]
                return [rust_library.tuple_of(parts)]
            case ast.Call(func=ast.Name(id=rust_patterns.PART | rust_patterns.PARAMETER | rust_patterns.ELEMENT)):
                return self._pattern_values(path, scope, node, before)
            case ast.Call(func=ast.Attribute(value=base, attr=name)):
                values = self.inference.evaluate(path, scope, base, before)
                return [result for value in values for result in self._method_result(value, name)]
        return None

    def call(self, value: InferredValue) -> list[InferredValue]:
        names = self.inference.names(value.path)
        symbol = names.symbols.get(value.id) if names is not None else None
        is_variant = symbol is not None and symbol.kind == "enum"  # `Shape::Circle(2)`
        return [value] if is_variant else []

    def annotated(
        self, path: str, names: FileNames, binding: Binding, values: list[InferredValue]
    ) -> list[InferredValue]:
        owner = self.inference.owner_of_method(path, names, binding.scope)
        return values if owner is None else replace_self(values, [InferredValue("instance", *owner)])

    def instances(self, path: str, scope: str, node: ast.expr, at: Position | None) -> list[InferredValue] | None:
        match node:
            case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=arguments):
                items = arguments.elts if isinstance(arguments, ast.Tuple) else [arguments]
                if name in rust_library.OPTION_TYPES:
                    return [rust_library.option_of(self.inference.instances(path, scope, items[0], at))]
                if name == TUPLE:
                    return [rust_library.tuple_of([self.inference.instances(path, scope, item, at) for item in items])]
        return None

    def unbound_type(self, path: str, scope: str, name: str, at: Position | None) -> list[InferredValue]:
        """Of a type parameter: values of the traits that the function or type around bounds it by."""
        names = self.inference.names(path)
        for symbol in names.scopes(scope) if names is not None else ():
            if found := rust_signatures.bounds(symbol.signature, name):
                traits = [text for text in found if not rust_signatures.closure_types(text) and text != name]
                return [value for text in traits for value in self.inference.typed(path, scope, text, at)]
        return []

    def _path_start(self, path: str, scope: str, name: str) -> list[ResolvedName]:
        """What the first part of a path means: variables are not looked up."""
        names = self.inference.names(path)
        if names is None:
            return []
        if name in ("crate", "self", "super"):
            around = [symbol for symbol in names.scopes(scope) if symbol.kind == "module"]
            if name == "self" and around:
                return [ResolvedName("symbol", path, around[0].id)]
            if name == "super" and len(around) > 1:
                return [ResolvedName("symbol", path, around[1].id)]
            if name == "super" and around:
                return [ResolvedName("file", path)]
            files = self.inference.query_cache.modules.rust_path(path, [name])
            return [ResolvedName("file", file) for file, rest in files if rest is None]
        return self.inference.look_up(path, scope, name, typed=True)

    def _method_result(self, value: InferredValue, method: str) -> list[InferredValue]:
        callees = self._members(value, method)
        if method == "new" and not callees and value.kind == "class":
            callees = [value]
        if not callees:
            return rust_library.method_result(value, method)
        return [result for callee in callees for result in self.inference.call(callee)]

    def _members(self, value: InferredValue, name: str) -> list[InferredValue]:
        """A member of a value, or the part of a tuple that has this number."""
        if name.isdigit() and value.kind != "external":
            return self._part_values(value, name)
        return self.inference.member_values(value, name)

    def _part_values(self, value: InferredValue, part: str) -> list[InferredValue]:
        """`value.0` of a tuple or a tuple struct."""
        if value.kind == "container":
            is_part = value.id == "tuple" and int(part) < len(value.elements)
            return list(value.elements[int(part)].elements) if is_part else []
        return self._parts_of(ResolvedName("symbol", value.path, value.id), part) if value.kind == "instance" else []

    def _pattern_values(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[InferredValue]:
        """What a name in a pattern is bound to, see `syntax/rust_patterns.py`."""
        match node:
            case ast.Call(func=ast.Name(id=rust_patterns.ELEMENT), args=[iterable]):
                values = self.inference.evaluate(path, scope, iterable, before)
                return [item for value in values if value.kind == "container" for item in rust_library.items_of(value)]
            case ast.Call(func=ast.Name(id=rust_patterns.PART), args=[owner, ast.Constant(value=str(part))]):
                return self._parts(path, scope, owner, part, before)
            case ast.Call(func=ast.Name(id=rust_patterns.PART), args=[owner, ast.Name(id=part)]):
                return self._parts(path, scope, owner, part, before)
            case ast.Call(args=[callee, ast.Constant(value=str(argument)), ast.Constant(value=str(position))]):
                return self._closure_parameter(path, scope, callee, int(argument), int(position), before)
        return []

    def _parts(self, path: str, scope: str, owner: ast.expr, part: str, before: Position | None) -> list[InferredValue]:
        """The part of a variant or struct at a position, or its field."""
        if isinstance(owner, ast.Name):
            found = self._path_start(path, scope, owner.id)
        elif isinstance(owner, ast.Attribute):
            bases = self.inference.evaluate(path, scope, owner.value, before)
            found = [item for value in bases for item in self.inference.value_member(value, owner.attr)[0]]
        else:
            return []
        if found == [] and isinstance(owner, ast.Name):  # `Self`
            return [
                item
                for value in self.inference.name_values(path, scope, owner.id, before, called=False)
                for item in self._members(InferredValue("instance", value.path, value.id), part)
            ]
        return [item for resolved in found for item in self._parts_of(resolved, part)]

    def _parts_of(self, resolved: ResolvedName, part: str) -> list[InferredValue]:
        names = self.inference.names(resolved.path)
        symbol = names.symbols.get(resolved.id) if names is not None and resolved.kind == "symbol" else None
        if names is None or symbol is None:
            return []
        if symbol.kind == "type":
            aliased = (value for value in self.inference.values_of(resolved) if value.id != resolved.id)
            return [item for value in aliased for item in self._parts_of(ResolvedName("symbol", *value[1:3]), part)]
        if symbol.kind != "enumerator" and not part.isdigit():
            return self.inference.member_values(InferredValue("instance", resolved.path, symbol.id), part)
        if part.isdigit():
            types = rust_signatures.part_types(symbol.signature, symbol.short_name)
            text = types[int(part)] if int(part) < len(types) else ""
        else:
            text = rust_signatures.field_type(symbol.signature, part)
        around = symbol.parent if symbol.kind == "enumerator" else symbol.id
        return self.inference.typed(resolved.path, around, text, symbol.selection.start) if text else []

    def _closure_parameter(
        self, path: str, scope: str, callee: ast.expr, argument: int, position: int, before: Position | None
    ) -> list[InferredValue]:
        """What a call passes to a closure that is its argument."""
        if isinstance(callee, ast.Attribute):
            values = self.inference.evaluate(path, scope, callee.value, before)
            functions = [item for value in values for item in self._members(value, callee.attr)]
            if not functions:
                return [
                    item
                    for value in values
                    for item in rust_library.closure_parameter(value, callee.attr, argument, position)
                ]
        else:
            functions = self.inference.evaluate(path, scope, callee, before)
        found: list[InferredValue] = []
        for function in functions:
            names = self.inference.names(function.path)
            symbol = names.symbols.get(function.id) if names is not None and function.kind == "function" else None
            if symbol is None:
                continue
            takes_self = any(
                re.match(r"(?:&\s*)?(?:'\w+\s+)?(?:mut\s+)?self\b", text) for text in symbol.parameters[:1]
            )
            is_method = takes_self and any(value.kind == "instance" for value in function.elements)
            parameters = symbol.parameters[1:] if is_method else symbol.parameters
            declared = parameters[argument].partition(":")[2].strip() if argument < len(parameters) else ""
            for bound in rust_signatures.bounds(symbol.signature, declared) or [declared]:
                types = rust_signatures.closure_types(bound)
                if position < len(types):
                    found += replace_self(
                        self.inference.typed(function.path, symbol.id, types[position]), function.elements
                    )
        return found
