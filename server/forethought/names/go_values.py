"""What Go's types say about values: elements, keys, results and type arguments.

Unlike elsewhere, an instance may have `elements` here: its type arguments, in order.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from forethought.names.file_names import FileNames, Target
from forethought.names.inference import LanguageValues
from forethought.names.values import EXTERNAL_VALUE, InferredValue, ResolvedName, distinct_values
from forethought.syntax.casts import CAST
from forethought.syntax.expressions import parse_expression, parse_type
from forethought.syntax.symbol_kinds import FUNCTION_KINDS, TYPE_KINDS
from forethought.syntax.tags import Binding, Position, Reference, Symbol

_PART = re.compile(r"#(\d+|key|element) of (.*)", re.S)
"""Part of a value, as `bindings.py` writes it: a result, or what a loop gives."""
_MAX_LINES_TO_STRUCT = 3
"""An unnamed struct starts at most so many lines below the name that it is the type of."""


class _TypeParameters(NamedTuple):
    of_receiver: tuple[str, ...]
    own: Mapping[str, str]
    """Name → constraint as written, in order."""


class GoValues(LanguageValues):
    """Evaluates what is particular to Go."""

    own_kinds = frozenset({"list", "map", "signature", "tuple", "variable"})

    def expression(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue] | None:
        match node:
            case ast.Subscript(value=base, slice=ast.Tuple(elts=types)) if types:
                arguments = tuple(self._one(path, scope, item, before) for item in types)
                values = self.inference.evaluate(path, scope, base, before)
                if not any(value.kind in ("class", "function") for value in values):
                    return [item for value in values for item in self._indexed(value)]
                return [value._replace(elements=arguments) if value.kind == "class" else value for value in values]
            case ast.Subscript(value=base):
                values = self.inference.evaluate(path, scope, base, before)
                return [item for value in values for item in self._indexed(value)]
            case ast.Call(func=ast.Name(id=name)) if name == CAST:
                return None
            case ast.Call():
                return self._call_values(path, scope, node, before)
        return None

    def unbound_name(self, path: str, scope: str, name: str) -> list[InferredValue]:
        return [EXTERNAL_VALUE]  # everything else is predeclared

    def members(self, receiver: InferredValue, resolved_names: Sequence[ResolvedName]) -> list[InferredValue]:
        """As elsewhere, with the type arguments of the receiver."""
        instance = receiver.elements[0] if receiver.kind == "variable" and receiver.elements else receiver
        found: list[InferredValue] = []
        for resolved in resolved_names:
            values = self.inference.values_of(resolved, instance)
            owner = self.inference.owner(Target(resolved.path, resolved.id)) if resolved.kind == "symbol" else None
            found += self._as_member(values, instance, owner) if owner is not None else values
        has_no_members = receiver.kind in ("list", "map", "signature", "tuple")
        return found or ([] if has_no_members else [EXTERNAL_VALUE])

    def call(self, value: InferredValue) -> list[InferredValue]:
        value = self._underlying(value)
        if value.kind != "signature":
            return [value] if value.kind == "external" else []
        if len(value.elements) == 1:
            return list(value.elements)
        return [InferredValue("tuple", elements=value.elements)]

    def _call_values(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[InferredValue]:
        if isinstance(node.func, ast.Name) and node.func.id == "append" and node.args:
            return self.inference.evaluate(path, scope, node.args[0], before)
        explicit: list[InferredValue] = []
        if isinstance(node.func, ast.Subscript) and isinstance(node.func.slice, ast.Tuple):
            explicit = [self._one(path, scope, item, before) for item in node.func.slice.elts]
        results: list[InferredValue] = []
        for callee in self.inference.evaluate(path, scope, node.func, before):
            called = self.inference.call(callee)
            if callee.kind == "function":
                arguments = () if explicit else node.args
                passed = [
                    (self.inference.evaluate(path, scope, item, before) or [EXTERNAL_VALUE])[0] for item in arguments
                ]
                called = self._of_call(Target(callee.path, callee.id), called, explicit, passed)
            results += called
        return results

    def result(self, path: str, names: FileNames, function: Symbol) -> list[InferredValue] | None:
        """In the scope of the function, whose head names type parameters."""
        return self.inference.typed(path, function.id, function.returns) if function.returns else None

    def for_receiver(self, values: Sequence[InferredValue], function: InferredValue) -> list[InferredValue]:
        owner = self.inference.owner(Target(function.path, function.id)) if function.elements else None
        if owner is None:
            return super().for_receiver(values, function)
        return self._as_member(list(values), function.elements[0], owner)

    def assigned(self, path: str, names: FileNames, binding: Binding, value: str) -> list[InferredValue]:
        match = _PART.fullmatch(value)
        part, expression = (match[1], match[2]) if match is not None else ("0", value)
        wholes = super().assigned(path, names, binding, expression)
        return [item for whole in wholes for item in self._part(whole, part)]

    def literal_fields(self, path: str, scope: str, reference: Reference) -> list[ResolvedName]:
        """The field that a key of a composite literal means, if it means one."""
        start, receiver = reference.range.start, reference.receiver or ""
        values = self._unnamed_literal(path, receiver)
        if values is None:
            values = self.inference.evaluate(path, scope, parse_expression("go", receiver), start)
        return [
            resolved
            for value in values
            if value.kind == "instance"
            for resolved in self.inference.value_member(value, reference.name, called=False)[0]
        ]

    def instances(self, path: str, scope: str, node: ast.expr | None, at: Position | None) -> list[InferredValue]:
        match node:
            case ast.Subscript(value=ast.Name(id="list" | "chan" | "map" | "func" | "tuple" as head), slice=inner):
                items = tuple(self._one(path, scope, item, at) for item in _items(inner))
                if head == "chan":
                    return [InferredValue("list", id="channel", elements=items)]
                return [InferredValue("signature" if head == "func" else head, elements=items)]
            case ast.Subscript(value=head, slice=inner):
                arguments = tuple(self._one(path, scope, item, at) for item in _items(inner))
                return [value._replace(elements=arguments) for value in self.instances(path, scope, head, at)]
            case ast.Name(id="func"):
                return [InferredValue("signature")]
            case ast.Name(id="struct"):
                return self._unnamed_struct(path, at)
            case ast.Name(id=name):
                if (variable := self._type_variable(path, scope, name)) is not None:
                    return [variable]
                found = self.inference.look_up(path, scope, name, at, typed=True)
                return self._instances_of(found) or [EXTERNAL_VALUE]
            case ast.Attribute(value=ast.Name(id=package), attr=name):
                found = [
                    resolved
                    for module in self.inference.look_up(path, scope, package, at)
                    if module.kind == "file"
                    for resolved in self.inference.file_member(module.path, name)
                ]
                return self._instances_of(found) or [EXTERNAL_VALUE]
        return [EXTERNAL_VALUE]

    def _one(self, path: str, scope: str, node: ast.expr, at: Position | None) -> InferredValue:
        return self.instances(path, scope, node, at)[0]

    def _instances_of(self, found: Sequence[ResolvedName]) -> list[InferredValue]:
        values: list[InferredValue] = []
        for resolved in found:
            for value in self.inference.values_of(resolved):
                if value.kind == "class":
                    values.append(value._replace(kind="instance"))
                elif value.kind in ("external", "list", "map", "signature"):
                    values.append(value)
        return distinct_values(values)

    def _unnamed_struct(self, path: str, at: Position | None) -> list[InferredValue]:
        """The first struct without a name that starts after a position."""
        names = self.inference.names(path)
        if names is None or at is None:
            return [EXTERNAL_VALUE]
        for start, owner in names.unnamed_structs:
            if start >= at and start.row - at.row <= _MAX_LINES_TO_STRUCT:
                return [InferredValue("instance", path, owner)]
        return [EXTERNAL_VALUE]

    def _unnamed_literal(self, path: str, receiver: str) -> list[InferredValue] | None:
        """The struct without a name that starts where the receiver says; None if that is another literal."""
        match = re.fullmatch(r"struct (\d+):(\d+)", receiver)
        return self._unnamed_struct(path, Position(int(match[1]), int(match[2]))) if match is not None else None

    def _type_variable(self, path: str, scope: str, name: str) -> InferredValue | None:
        names = self.inference.names(path)
        for symbol in names.scopes(scope) if names is not None else ():
            if symbol.kind not in FUNCTION_KINDS | TYPE_KINDS:
                continue
            parameters = _type_parameters(symbol.signature, symbol.short_name)
            if name in parameters.of_receiver:
                index = parameters.of_receiver.index(name)
                return InferredValue("variable", id=str(index), elements=self._receiver_bound(path, symbol, index))
            if name in parameters.own:
                bound = self._bound(path, symbol, parameters.own[name])
                is_type = symbol.kind in TYPE_KINDS
                key = str(list(parameters.own).index(name)) if is_type else name
                return InferredValue("variable", "" if is_type else f"{path}:{symbol.id}", key, bound)
        return None

    def _receiver_bound(self, path: str, method: Symbol, index: int) -> tuple[InferredValue, ...]:
        names = self.inference.names(path)
        owner = self.inference.owner_of_method(path, names, method.id) if names is not None else None
        defining = self.inference.names(owner.path) if owner is not None else None
        symbol = defining.symbols.get(owner.symbol_id) if owner is not None and defining is not None else None
        if owner is None or symbol is None:
            return ()
        constraints = list(_type_parameters(symbol.signature, symbol.short_name).own.values())
        return self._bound(owner.path, symbol, constraints[index]) if index < len(constraints) else ()

    def _bound(self, path: str, symbol: Symbol, constraint: str) -> tuple[InferredValue, ...]:
        node = parse_type("go", constraint)
        if not isinstance(node, ast.Name | ast.Attribute) or "|" in constraint or "~" in constraint:
            return ()
        return tuple(value for value in self.instances(path, symbol.parent, node, None) if value.kind == "instance")

    def _underlying(self, value: InferredValue) -> InferredValue:
        """What a value of a named type that is no struct holds: the list of `type Jars []Jar`. Otherwise itself."""
        names = self.inference.names(value.path) if value.kind == "instance" else None
        symbol = names.symbols.get(value.id) if names is not None else None
        if symbol is None or symbol.kind != "type":
            return value
        own = _type_parameters(symbol.signature, symbol.short_name).own
        head = re.match(rf"(?:type\s+)?{re.escape(symbol.short_name)}", symbol.signature)
        if head is None:
            return value
        text = symbol.signature[head.end() :]
        if own:
            text = text[_closing(text, 0) + 1 :]
        found = self.instances(value.path, symbol.id, parse_type("go", text.strip()), symbol.selection.end)
        return _substituted(found[0], value.elements)

    def _part(self, value: InferredValue, part: str) -> list[InferredValue]:
        """A result by its number, or what a loop gives as `key` and `element`."""
        if part.isdigit():
            if value.kind != "tuple":
                return [value] if part == "0" else [EXTERNAL_VALUE]
            return [value.elements[int(part)]] if int(part) < len(value.elements) else []
        value = self._underlying(value)
        if value.kind == "map":
            return [value.elements[0 if part == "key" else -1]]
        if value.kind == "list":
            is_element = part == "element" or value.id == "channel"
            return [value.elements[0]] if is_element else [EXTERNAL_VALUE]
        return [EXTERNAL_VALUE] if value.kind == "external" else []

    def _indexed(self, value: InferredValue) -> list[InferredValue]:
        """What an index gives."""
        value = self._underlying(value)
        return [value.elements[-1]] if value.kind in ("list", "map") else [value] if value.kind == "external" else []

    def _as_member(self, values: list[InferredValue], receiver: InferredValue, owner: Target) -> list[InferredValue]:
        """The values of a member that `owner` declares, with the type arguments of the receiver."""
        if receiver.kind != "instance" or not any(map(_has_variable, values)):
            return values
        arguments = self._arguments_in(receiver, owner, 0)
        return [_substituted(value, arguments) for value in values]

    def _arguments_in(self, receiver: InferredValue, owner: Target, depth: int) -> tuple[InferredValue, ...]:
        """The type arguments of an embedded type, from those of the type that embeds it."""
        if Target(receiver.path, receiver.id) == owner or depth > 8:
            return receiver.elements
        names = self.inference.names(receiver.path)
        fields = names.bindings.get(receiver.id, {}) if names is not None else {}
        for text, classes in self.inference.direct_bases(Target(receiver.path, receiver.id)):
            written = [item.annotation for item in fields.get(re.split(r"[.*]", text)[-1], ()) if item.annotation]
            text = written[0] if written else text  # with its type arguments
            if owner not in classes and not any(owner in self.inference.bases_in_order(base)[0] for base in classes):
                continue
            base = self.instances(receiver.path, receiver.id, parse_type("go", text), None)
            return self._arguments_in(_substituted(base[0], receiver.elements), owner, depth + 1)
        return ()

    def _of_call(
        self,
        function: Target,
        results: list[InferredValue],
        explicit: Sequence[InferredValue],
        passed: Sequence[InferredValue],
    ) -> list[InferredValue]:
        """The results of a call, with the function's own type parameters replaced.

        explicit: the type arguments, passed: the arguments
        """
        names = self.inference.names(function.path)
        symbol = names.symbols.get(function.symbol_id) if names is not None else None
        if symbol is None or not any(map(_has_variable, results)):
            return results
        own = list(_type_parameters(symbol.signature, symbol.short_name).own)
        known = dict(zip(own, explicit, strict=False))
        for parameter, value in zip(_parameter_types(symbol.parameters), passed, strict=False):
            found = self.instances(function.path, symbol.id, parse_type("go", parameter), symbol.selection.start)
            self._unify(found[0], value, known)
        prefix = f"{function.path}:{function.symbol_id}"
        return [_with_own(value, prefix, known) for value in results]

    def _unify(self, wanted: InferredValue, value: InferredValue, known: dict[str, InferredValue]) -> None:
        if wanted.kind == "variable":
            if wanted.path and value.kind != "external":
                known.setdefault(wanted.id, value)
            return
        if value.kind != wanted.kind:
            value = self._underlying(value)
        if value.kind == wanted.kind and value.id == wanted.id:
            for inner, other in zip(wanted.elements, value.elements, strict=False):
                self._unify(inner, other, known)


def _substituted(value: InferredValue, arguments: Sequence[InferredValue]) -> InferredValue:
    """The value with the type parameters of its type replaced by the arguments."""
    if value.kind == "variable" and not value.path:
        return arguments[int(value.id)] if int(value.id) < len(arguments) else value
    if not value.elements or value.kind == "function":
        return value
    return value._replace(elements=tuple(_substituted(item, arguments) for item in value.elements))


def _with_own(value: InferredValue, prefix: str, known: Mapping[str, InferredValue]) -> InferredValue:
    if value.kind == "variable":
        return known.get(value.id, value) if value.path == prefix else value
    if not value.elements or value.kind == "function":
        return value
    return value._replace(elements=tuple(_with_own(item, prefix, known) for item in value.elements))


def _has_variable(value: InferredValue) -> bool:
    return value.kind == "variable" or (value.kind != "function" and any(map(_has_variable, value.elements)))


def _items(inner: ast.expr) -> list[ast.expr]:
    return inner.elts if isinstance(inner, ast.Tuple) else [inner]


def _parameter_types(parameters: Sequence[str]) -> list[str]:
    """The type of each parameter, one for each name."""
    types: list[str] = []
    for text in parameters:
        match = re.match(r"((?:\w+\s*,\s*)*\w+)\s+(.+)", text, re.S)
        types += [match[2]] * len(match[1].split(",")) if match is not None else [text]
    return types


@lru_cache(maxsize=4096)
def _type_parameters(signature: str, name: str) -> _TypeParameters:
    """The type parameters in the signature of a function, method or type."""
    receiver: tuple[str, ...] = ()
    if match := re.match(r"func\s*\(\s*(?:\w+\s+)?\*?\s*\w+\[([^\]]*)\]\s*\)", signature):
        receiver = tuple(item.strip() for item in match[1].split(","))
    start = re.search(rf"(?:^|\s){re.escape(name)}\[(?=\w+[ ,])", signature)
    if start is None:
        return _TypeParameters(receiver, {})
    text = signature[start.end() : _closing(signature, start.end() - 1)]
    own: dict[str, str] = {}
    pending: list[str] = []
    for item in _split(text):
        identifier, _, constraint = item.strip().partition(" ")
        pending.append(identifier)
        if constraint:
            own |= dict.fromkeys(pending, constraint.strip())
            pending = []
    return _TypeParameters(receiver, own)


def _closing(text: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(text)):
        depth += (text[index] in "[({") - (text[index] in "])}")
        if not depth:
            return index
    return len(text)


def _split(text: str) -> list[str]:
    items, depth = [""], 0
    for character in text:
        depth += (character in "[({") - (character in "])}")
        if character == "," and not depth:
            items.append("")
        else:
            items[-1] += character
    return items
