"""What Python and its standard library add: containers, comprehensions, operators, `NamedTuple`, fixtures …"""

import ast
import copy
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from forethought.names.file_names import FileNames, Target
from forethought.names.inference import LanguageValues, classes_of, is_nothing, number_of
from forethought.names.values import (
    EXTERNAL_VALUE,
    InferredValue,
    container,
    distinct_values,
    mapping,
    tuple_of,
)
from forethought.syntax.expressions import parse_expression
from forethought.syntax.symbol_kinds import CLASS_KINDS, VALUE_KINDS
from forethought.syntax.tags import Binding, Position, Symbol

_FIXTURE_DECORATORS = frozenset({"fixture", "yield_fixture"})
# Functions, built in or in the standard library, whose result holds or is what they are given.
_COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "deque"})
_SAME = frozenset({"copy", "deepcopy", "replace", "partial", "wait_for", "shield"})
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Mult: "__mul__",
    ast.Div: "__truediv__",
    ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__",
    ast.MatMult: "__matmul__",
    ast.BitAnd: "__and__",
    ast.BitOr: "__or__",
    ast.BitXor: "__xor__",
}
_ENUM = re.compile(r"(?:\w+\.)*(?:\w*Enum|\w*Flag)")
_MAX_ELEMENTS = 8
"""Of a longer list or table, the first ones stand for all."""


class PythonValues(LanguageValues):
    """Evaluates what is particular to Python."""

    self_types = frozenset()
    follows_keys = True

    def expression(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue] | None:
        match node:
            case ast.Call():
                return self._call(path, scope, node, before)
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return self.inference.evaluate(path, scope, inner, before)
            case ast.IfExp(body=first, orelse=second):
                return self.inference.union(path, scope, (first, second), before)
            case ast.BoolOp(values=options):
                return self.inference.union(path, scope, options, before)
            case ast.BinOp(left=first, op=operator):
                results = self._operator_results(self.inference.evaluate(path, scope, first, before), operator)
                return results if results or not isinstance(operator, ast.BitOr) else None
            case ast.Tuple(elts=elements) if not _has_star(elements):
                return [
                    tuple_of(
                        self.inference.evaluate(path, scope, element, before) for element in elements[:_MAX_ELEMENTS]
                    )
                ]
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return [container(self.inference.union(path, scope, elements[:_MAX_ELEMENTS], before))]
            case ast.Dict(keys=keys, values=elements):
                known = [key for key in keys[:_MAX_ELEMENTS] if key is not None]
                held = self.inference.union(path, scope, elements[:_MAX_ELEMENTS], before)
                return [mapping(self.inference.union(path, scope, known, before), held)]
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                element = _in_terms_of_iterables(node, node.elt)
                return [container(self.inference.evaluate(path, scope, element, before))]
            case ast.DictComp(key=key, value=element):
                keys_and_values = (
                    self.inference.evaluate(path, scope, _in_terms_of_iterables(node, part), before)
                    for part in (key, element)
                )
                return [mapping(*keys_and_values)]
            case ast.JoinedStr() | ast.Compare():
                return [EXTERNAL_VALUE]
        return None

    def _call(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[InferredValue] | None:
        match node:
            case ast.Call(func=ast.Name(id="cast") | ast.Attribute(attr="cast"), args=[annotation, _]):
                return self.inference.instances(path, scope, annotation, before)
            case ast.Call(func=ast.Name(id="next"), args=[ast.Call(func=ast.Name(id="iter"), args=[_]), *_]):
                return None  # what a loop gives
            case ast.Call(func=ast.Name(id="next"), args=[iterator, *_]):
                return self.inference.elements(path, scope, iterator, before)
            case ast.Call(func=ast.Tuple(elts=elements)):  # `except (First, Second) as error`
                classes = self.inference.union(path, scope, elements, before)
                return [result for callee in classes for result in self.inference.call(callee)]
            case ast.Call(func=ast.Attribute(attr="__new__"), args=[owner, *_]):
                classes = self.inference.evaluate(path, scope, owner, before)
                return [
                    result for callee in classes if callee.kind == "class" for result in self.inference.call(callee)
                ]
            case ast.Call(func=ast.Name(id="type"), args=[instance]):
                return classes_of(self.inference.evaluate(path, scope, instance, before))
        return None

    def unbound_name(self, path: str, scope: str, name: str) -> list[InferredValue]:
        return []

    def call(self, value: InferredValue) -> list[InferredValue]:
        return self.inference.method_results(value, "__call__")

    def library_call(
        self, path: str, scope: str, name: str, node: ast.Call, before: Position | None
    ) -> list[InferredValue]:
        return self._library_result(path, scope, name, node, before) or [EXTERNAL_VALUE]

    def _library_result(
        self, path: str, scope: str, name: str, node: ast.Call, before: Position | None
    ) -> list[InferredValue]:
        """What a function of Python or its standard library makes of its arguments; empty for all others."""
        arguments = node.args
        if not arguments or _has_star(arguments):
            return []

        def elements(argument: ast.expr) -> list[InferredValue]:
            return self.inference.elements(path, scope, argument, before)

        first = arguments[0]
        if name in _COPIES:
            return [container(elements(first))]
        if name in _SAME:
            return self.inference.evaluate(path, scope, first, before)
        if name in ("min", "max"):
            return elements(first) if len(arguments) == 1 else self.inference.union(path, scope, arguments, before)
        if name == "enumerate":
            return [container([tuple_of(([EXTERNAL_VALUE], elements(first)))])]
        if name in ("zip", "zip_longest", "product"):
            return [container([tuple_of(map(elements, arguments))])]
        if name == "filter" and len(arguments) == 2:
            return [container(elements(arguments[1]))]
        if name == "map":
            callees = self.inference.evaluate(path, scope, first, before)
            return [container(result for callee in callees for result in self.inference.call(callee))]
        if name == "chain":
            return [container(element for argument in arguments for element in elements(argument))]
        if name == "defaultdict":
            callees = self.inference.evaluate(path, scope, first, before)
            return [
                mapping(
                    (),
                    [value for callee in callees if callee.kind != "external" for value in self.inference.call(callee)],
                )
            ]
        if name == "dict":
            return [value for value in self.inference.evaluate(path, scope, first, before) if value.id == "mapping"]
        if name in ("enter_context", "enter_async_context"):
            entered = ast.Call(ast.Attribute(first, "__enter__"), [], [])
            return self.inference.evaluate(path, scope, entered, before)
        return []

    def _operator_results(self, left: Iterable[InferredValue], operator: ast.operator) -> list[InferredValue]:
        """What an operator gives, as far as the left operand says; containers give containers."""
        method = _OPERATORS.get(type(operator), "")
        results: list[InferredValue] = []
        for value in left:
            if value.kind == "container" and isinstance(operator, ast.Add | ast.Mult | ast.BitOr | ast.Sub):
                results.append(value if value.id == "mapping" else container(value.held))
            elif value.kind == "instance" and method:
                results += self.inference.method_results(value, method)
            elif value.kind == "external" and not isinstance(operator, ast.BitOr):
                results.append(value)
        return results

    def item(self, value: InferredValue, index: ast.expr) -> list[InferredValue]:
        return self.inference.method_results(value, "__getitem__") or self._inherited_item(value, index)

    def _inherited_item(self, value: InferredValue, index: ast.expr) -> list[InferredValue]:
        """An item of an instance whose bases say what it holds: `NamedTuple`, `TypedDict`, `list[Jar]`."""
        owner = Target(value.path, value.id)
        number, key = number_of(index), index.value if isinstance(index, ast.Constant) else None
        for _, names, symbol in self._bases(owner):
            bases = [text.rpartition(".")[2] for text in symbol.bases]
            if isinstance(key, str) and "TypedDict" in bases:
                return self.inference.member_values(value, key, called=False)
            if number is not None and "NamedTuple" in bases:
                fields = [field.short_name for field in names.tags.fields if field.parent == symbol.id]
                is_in_range = -len(fields) <= number < len(fields)
                return self.inference.member_values(value, fields[number], called=False) if is_in_range else []
        return [item for held in self._base_containers(owner) for item in self.inference.items(held, index)]

    def _base_containers(self, owner: Target) -> list[InferredValue]:
        """The containers that a class inherits from: `list[Jar]` of `class Jars(list[Jar])`."""
        found: list[InferredValue] = []
        for base, _, symbol in self._bases(owner):
            for text in symbol.bases:
                if "[" in text:
                    found += [
                        one for one in self.inference.typed(base.path, symbol.parent, text) if one.kind == "container"
                    ]
        return found

    def _bases(self, owner: Target) -> Iterator[tuple[Target, FileNames, Symbol]]:
        """A class and its bases in the order of method resolution, each with its file's names and its symbol."""
        for base in self.inference.bases_in_order(owner)[0]:
            names = self.inference.names(base.path)
            symbol = names.symbols.get(base.symbol_id) if names is not None else None
            if names is not None and symbol is not None:
                yield base, names, symbol

    def iterated(self, value: InferredValue) -> list[InferredValue]:
        if value.kind == "class":
            is_enum = self._is_enum(Target(value.path, value.id))
            return [InferredValue("instance", value.path, value.id)] if is_enum else []
        iterators = self.inference.method_results(value, "__iter__", "__aiter__")
        if not iterators:
            inherited = [item for held in self._base_containers(Target(value.path, value.id)) for item in held.held]
            return inherited or self.inference.method_results(value, "__getitem__")
        elements: list[InferredValue] = []
        for iterator in iterators:
            if iterator.kind == "container":
                elements += iterator.held
            elif iterator.kind == "instance":
                elements += self.inference.method_results(iterator, "__next__", "__anext__")
        return elements

    def _is_enum(self, owner: Target) -> bool:
        """Whether a class is an enumeration: iterating over it gives its members."""
        return any(_ENUM.fullmatch(text) for _, _, symbol in self._bases(owner) for text in symbol.bases)

    def result(self, path: str, names: FileNames, function: Symbol) -> list[InferredValue] | None:
        if _returns_own_type(names, function):
            return [InferredValue("self")]
        if function.returns:
            return None
        same = names.members.get(function.parent, {}).get(function.short_name, ())
        returns = dict.fromkeys(other.returns for other in same if names.is_decorated(other.id, "overload"))
        values = [value for text in returns if text for value in self.inference.typed(path, function.parent, text)]
        return distinct_values(values) if any(returns) else None

    def returned(self, path: str, names: FileNames, function: Symbol) -> list[InferredValue]:
        is_generator = bool(function.yielded) and not names.is_decorated(function.id, *_FIXTURE_DECORATORS)
        returned: list[InferredValue] = []
        for text in function.yielded if is_generator else function.returned or function.yielded:
            node = parse_expression("python", text.removeprefix("from "))
            if is_generator and text.startswith("from "):
                values = self.inference.elements(path, function.id, node, None) if node is not None else []
            elif _makes_own_type(names, function, node):
                values = [InferredValue("self")]
            else:
                values = self.inference.evaluate(path, function.id, node)
            if not values and not is_nothing(node):
                return [container()] if is_generator else []
            returned += values
        return [container(distinct_values(returned))] if is_generator else distinct_values(returned)

    def annotated(
        self, path: str, names: FileNames, binding: Binding, values: list[InferredValue]
    ) -> list[InferredValue]:
        if values == [EXTERNAL_VALUE]:
            values = self._bound(path, binding.scope, binding.annotation or "", binding.range.start) or values
        return _gathered(names, binding, values)

    def parameter(self, path: str, names: FileNames, function: Symbol, name: str) -> list[InferredValue]:
        if name in function.parameters and (fixture_values := self._fixture(path, names, function, name)):
            return fixture_values
        owner = names.symbols.get(function.parent) if function.id else None
        if owner is None or owner.kind not in CLASS_KINDS or not function.parameters:
            return []
        first = function.parameters[0].partition(":")[0].strip()
        if first != name or names.is_decorated(function.id, "staticmethod"):
            return []
        is_class = names.is_decorated(function.id, "classmethod") or first in ("cls", "mcs", "klass")
        return [InferredValue("class" if is_class else "instance", path, owner.id)]

    def _fixture(self, path: str, names: FileNames, symbol: Symbol, name: str) -> list[InferredValue]:
        """What pytest passes for a parameter: the result of its fixture, from this file or a conftest above it."""
        is_test = symbol.short_name.startswith("test") or names.is_decorated(symbol.id, *_FIXTURE_DECORATORS)
        if not is_test:
            return []
        folder = path
        candidates = [path]
        while folder:
            folder = posixpath.dirname(folder)
            candidates.append(posixpath.join(folder, "conftest.py"))
        for candidate in candidates:
            if (
                candidate not in self.inference.query_cache.contents
                or (defining := self.inference.names(candidate)) is None
            ):
                continue
            for fixture in defining.members.get("", {}).get(name, ()):
                if fixture.id != symbol.id and defining.is_decorated(fixture.id, *_FIXTURE_DECORATORS):
                    return self.inference.call_function(InferredValue("function", candidate, fixture.id))
        return []

    def instances(self, path: str, scope: str, node: ast.expr, at: Position | None) -> list[InferredValue] | None:
        match node:
            case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=arguments):
                items = arguments.elts if isinstance(arguments, ast.Tuple) else [arguments]
                if name == "Callable":
                    results = self.inference.instances(path, scope, items[-1], at)
                    return [InferredValue("callable", elements=tuple(results))]
                if name in ("tuple", "Tuple") and not _is_homogeneous(items):
                    return [tuple_of(self.inference.instances(path, scope, item, at) for item in items)]
        return None

    def made_type(self, path: str, scope: str, call: ast.Call) -> list[InferredValue]:
        is_new_type = _called_name(call) == "NewType" and len(call.args) == 2
        return (self.inference.instances(path, scope, call.args[1]) if is_new_type else []) or [EXTERNAL_VALUE]

    def _bound(self, path: str, scope: str, annotation: str, at: Position) -> list[InferredValue]:
        """What a parameter is whose type is a type variable with a bound: `TypeVar("T", bound=Jar)`.

        A result of that type may be more than that, so this is about parameters only.
        """
        if not annotation.isidentifier():
            return []
        found: list[InferredValue] = []
        for resolved in self.inference.look_up(path, scope, annotation, at, typed=True):
            names = self.inference.names(resolved.path) if resolved.kind == "symbol" else None
            symbol = names.symbols.get(resolved.id) if names is not None else None
            if names is None or symbol is None or symbol.kind not in VALUE_KINDS:
                continue
            for binding in names.bindings.get(symbol.parent, {}).get(symbol.short_name, ()):
                call = parse_expression(names.tags.language, binding.value or "")
                if isinstance(call, ast.Call) and _called_name(call) == "TypeVar":
                    types = [keyword.value for keyword in call.keywords if keyword.arg == "bound"] or call.args[1:]
                    for node in types:
                        found += self.inference.instances(resolved.path, symbol.parent, node)
        return found


def _called_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _has_star(nodes: Iterable[ast.expr]) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)


def _is_homogeneous(items: Sequence[ast.expr]) -> bool:
    """Whether a tuple's type has one argument for all places: `tuple[Jar, ...]`."""
    return any(isinstance(item, ast.Constant) and item.value is ... for item in items)


def _gathered(names: FileNames, binding: Binding, values: list[InferredValue]) -> list[InferredValue]:
    """The value of a parameter, given those of what it gathers: `*jars: Jar`, `**jars: Jar`."""
    symbol = names.symbols.get(binding.scope)
    if symbol is None:
        return values
    written = next((text for text in symbol.parameters if re.match(rf"\*+{re.escape(binding.name)}\b", text)), "")
    if not written:
        return values
    return [mapping([EXTERNAL_VALUE], values)] if written.startswith("**") else [container(values)]


class _Substitution(ast.NodeTransformer):
    """Puts expressions in place of names."""

    def __init__(self, expressions: dict[str, ast.expr]) -> None:
        self._expressions = expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._expressions.get(node.id, node)


def _in_terms_of_iterables(
    comprehension: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, part: ast.expr
) -> ast.expr:
    """A part of a comprehension, with the elements of what it iterates over in place of its variables."""
    expressions: dict[str, ast.expr] = {}

    def bind(target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            expressions[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List) and not _has_star(target.elts):
            for index, inner in enumerate(target.elts):
                bind(inner, ast.Subscript(value, ast.Constant(index)))

    for generator in comprehension.generators:
        iterable = _Substitution(expressions).visit(copy.deepcopy(generator.iter))
        bind(generator.target, ast.Call(ast.Name("next"), [ast.Call(ast.Name("iter"), [iterable], [])], []))
    substituted: ast.expr = _Substitution(expressions).visit(copy.deepcopy(part))
    return substituted


def _makes_own_type(names: FileNames, symbol: Symbol, node: ast.expr | None) -> bool:
    """Whether a method returns its receiver, or a new instance of the receiver's class: `return cls()`."""
    if symbol.kind != "method" or not symbol.parameters:
        return False
    first = symbol.parameters[0].partition(":")[0].strip()
    is_class = names.is_decorated(symbol.id, "classmethod")
    if names.is_decorated(symbol.id, "staticmethod"):
        return False
    match node:
        case ast.Name(id=name):
            return name == first and not is_class
        case ast.Call(func=ast.Name(id=name)):
            return name == first and is_class
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="__class__")):
            return name == first
        case ast.Call(func=ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=name)])):
            return name == first
    return False


def _returns_own_type(names: FileNames, symbol: Symbol) -> bool:
    """Whether a method says with a type variable that it returns its receiver: `def __enter__(self: T) -> T`."""
    if symbol.kind != "method" or not symbol.parameters or names.is_decorated(symbol.id, "staticmethod"):
        return False
    annotation = symbol.parameters[0].partition(":")[2].strip().strip("\"'")
    if not annotation or annotation != (symbol.returns or "").strip("\"'"):
        return False
    return any("TypeVar(" in (binding.value or "") for binding in names.bindings.get("", {}).get(annotation, ()))
