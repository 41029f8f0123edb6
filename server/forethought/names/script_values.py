"""What JavaScript and TypeScript add: passed functions, properties of JSX components, accessors, `module.exports`."""

import ast
import re

from forethought.names.file_names import FileNames
from forethought.names.inference import LanguageValues
from forethought.names.values import InferredValue, ResolvedName, distinct_values
from forethought.syntax.expressions import PASSED, PROPS, aliased_type, function_type_parameters
from forethought.syntax.parameters import type_after_name
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import Position, Symbol

_GETTER = re.compile(r"(?:\w+ )*get [\w$#]+\(")
"""How the signature of a method starts that is read like a field."""
_COMPONENT_BASE = re.compile(r"Component<\s*([^<>,]+(?:<[^<>]*>)?)")
_COMPONENT_TYPE = re.compile(
    r"(?:FC|FunctionComponent|ComponentType|ComponentClass|Component)<(?:'\w+',\s*)?([^<>,]+(?:<[^<>]*>)?)>"
)
_COMPONENT = re.compile(
    r"(?:React\.)?(?:memo|forwardRef)"
    r"(?:<(?:[^<>,]+,\s*)?([^<>,]+(?:<[^<>]*>)?)>\(|\((?:function\s*\w*\s*)?\((?:\{[^{}]*\}|\w+)\s*:\s*([\w.]+(?:<[^<>]*>)?))"
)
"""How React components are declared that are not functions; the groups are the type of what they take."""
_MAX_ALIASES = 4
"""How many aliases of a function type are followed."""
_ELEMENT_ARGUMENTS = {"reduce": (1,), "reduceRight": (1,), "sort": (0, 1), "toSorted": (0, 1)}
"""Which arguments of the function passed to a method of an array are elements; of other methods, the first one."""


class ScriptValues(LanguageValues):
    """Evaluates what is particular to JavaScript and TypeScript."""

    def expression(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue] | None:
        match node:
            case ast.Attribute(value=ast.Name(id="module"), attr="exports"):
                return self.inference.name_values(path, scope, "exports", before, called=False)
            case ast.Call(func=ast.Name(id=name), args=[component, *_]) if name == PROPS:
                return self._properties(path, scope, component, before)
            case ast.Call(func=ast.Attribute(value=function, attr=attribute)) if attribute == PASSED:
                place, index = (int(str(item.value)) for item in node.args if isinstance(item, ast.Constant))
                return self._passed(path, scope, function, place, index, before)
        return None

    def unbound_name(self, path: str, scope: str, name: str) -> list[InferredValue]:
        return [InferredValue("file", path)] if name == "exports" else super().unbound_name(path, scope, name)

    def is_property(self, receiver: InferredValue, names: FileNames, method: Symbol) -> bool:
        return _GETTER.match(method.signature) is not None or super().is_property(receiver, names, method)

    def instances(self, path: str, scope: str, node: ast.expr, at: Position | None) -> list[InferredValue] | None:
        match node:
            case ast.Subscript(
                value=ast.Subscript(
                    value=ast.Name(id="Parameters"),
                    slice=ast.Tuple(elts=[ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name))]),
                ),
                slice=ast.Slice(lower=ast.Constant(value=str(key))),
            ):  # `Parameters<typeof open>[0]`
                return self._parameter_of(path, scope, name, int(key)) if key.isdecimal() else []
        return None

    def _properties(self, path: str, scope: str, component: ast.expr, before: Position | None) -> list[InferredValue]:
        """What the attributes of a JSX component are members of: a function's parameter, `T` of `Component<T>`."""
        if isinstance(component, ast.Name):
            found = self.inference.look_up(path, scope, component.id, before)
        elif isinstance(component, ast.Attribute):
            owners = self.inference.evaluate(path, scope, component.value, before)
            found = [member for owner in owners for member in self.inference.value_member(owner, component.attr)[0]]
        else:
            return []
        return distinct_values(value for resolved in found for value in self._properties_of(resolved))

    def _properties_of(self, resolved: ResolvedName) -> list[InferredValue]:
        names = self.inference.names(resolved.path)
        symbol = names.symbols.get(resolved.id) if names is not None and resolved.kind == "symbol" else None
        if names is None or symbol is None:
            return []
        if symbol.kind in FUNCTION_KINDS:
            declared = type_after_name(symbol.parameters[0]) if symbol.parameters else ""
            if not declared and (match := _COMPONENT_TYPE.search(symbol.signature)):
                declared = match[1]
            return self.inference.typed(resolved.path, symbol.id, declared) if declared else []
        if symbol.kind in CLASS_KINDS:
            texts = [match[1] for base in symbol.bases if (match := _COMPONENT_BASE.search(base))]
        else:
            bindings = names.bindings.get(symbol.parent, {}).get(symbol.short_name, ())
            texts = [
                next(filter(None, match.groups()))
                for binding in bindings
                for match in (_COMPONENT_TYPE.search(binding.annotation or ""), _COMPONENT.match(binding.value or ""))
                if match is not None
            ][:1]
        return [value for text in texts for value in self.inference.typed(resolved.path, symbol.parent, text)]

    def _passed(
        self, path: str, scope: str, function: ast.expr, place: int, index: int, before: Position | None
    ) -> list[InferredValue]:
        """What a call of `function` passes as argument `index` to the function that is its own argument `place`."""
        if isinstance(function, ast.Attribute):
            receivers = self.inference.evaluate(path, scope, function.value, before)
            if elements := [item for value in receivers if value.kind == "container" for item in value.elements]:
                position = _ELEMENT_ARGUMENTS.get(function.attr, (0,))
                return elements if place == 0 and index in position else []
            if function.attr == "then" and not any(
                self.inference.value_member(value, "then")[0] for value in receivers
            ):
                return receivers if place == index == 0 else []
            callees = [callee for value in receivers for callee in self.inference.member_values(value, function.attr)]
        elif isinstance(function, ast.Name):
            callees = self.inference.name_values(path, scope, function.id, before, called=True)
        else:
            return []
        return distinct_values(
            value
            for callee in callees
            if callee.kind == "function"
            for value in self._argument_of_parameter(callee, place, index)
        )

    def _argument_of_parameter(self, function: InferredValue, place: int, index: int) -> list[InferredValue]:
        names = self.inference.names(function.path)
        symbol = names.symbols.get(function.id) if names is not None else None
        if names is None or symbol is None:
            return []
        same = [other for other in names.tags.symbols if other.name == symbol.name]
        texts = dict.fromkeys(other.parameters[place] for other in same if place < len(other.parameters))
        declared = map(type_after_name, texts)
        return [
            value for text in declared if text for value in self._parameter_of(function.path, symbol.id, text, index)
        ]

    def _parameter_of(
        self, path: str, scope: str, function_type: str, index: int, depth: int = 0
    ) -> list[InferredValue]:
        """What the parameter `index` of a TypeScript function type may be: `(jar: Jar) => void`, or its name."""
        names = self.inference.names(path)
        if names is None or depth > _MAX_ALIASES:
            return []
        parameters = function_type_parameters(function_type)
        if parameters is not None:
            return self.inference.typed(path, scope, parameters[index]) if index < len(parameters) else []
        match = re.match(r"[A-Za-z_$][\w$]*(?=$|<| \|)", function_type)
        found = self.inference.look_up(path, scope, match[0], typed=True) if match is not None else []
        return [
            value
            for resolved in found
            if (symbol := self._type_symbol(resolved)) is not None
            for value in self._parameter_of(resolved.path, symbol.id, aliased_type(symbol.signature), index, depth + 1)
        ]

    def _type_symbol(self, resolved: ResolvedName) -> Symbol | None:
        names = self.inference.names(resolved.path) if resolved.kind == "symbol" else None
        symbol = names.symbols.get(resolved.id) if names is not None else None
        return symbol if symbol is not None and symbol.kind == "type" else None
