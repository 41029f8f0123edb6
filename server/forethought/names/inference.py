"""What expressions evaluate to, as far as annotations, assigned values and returned values in the tags tell."""

import ast
import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from forethought.names import modules
from forethought.names.file_names import SELF_NAMES, FileNames, IndexSnapshot, Target
from forethought.names.go_values import GoValues, split_part
from forethought.names.query_cache import QueryCache
from forethought.names.scopes import Scopes
from forethought.names.values import (
    EXTERNAL,
    EXTERNAL_VALUE,
    InferredValue,
    ResolvedName,
    distinct_values,
    likeliest_first,
    typed_first,
)
from forethought.syntax.doc_types import documented_parameter, documented_return
from forethought.syntax.expressions import parse_expression, parse_type
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import Binding, Position, Reference, Symbol

_SUPER_WORDS = {"c-sharp": "base", "php": "parent"}
PROPERTY_DECORATORS = frozenset(
    {"property", "cached_property", "abstractproperty", "reify", "locked_cached_property", "memoized_property"}
)
_GETTER = re.compile(r"(?:\w+ )*get [\w$#]+\(")
"""How the signature of a JavaScript method starts that is read like a field."""
_FIXTURE_DECORATORS = frozenset({"fixture", "yield_fixture"})
_UNTYPED = frozenset({"python", "javascript", "typescript", "tsx", "ruby", "php", "lua"})
"""Languages in which the type of a call's result is inferred from the return statements."""
# What a value of such a type stands for is a value of its type argument.
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
    | {"Vec", "HashMap", "BTreeMap", "Map", "ArrayList", "IEnumerable", "IList", "map", "unordered_map"}
    | {"ReadonlyArray", "AbstractSet", "MutableSet", "AsyncGenerator", "ChainMap"}
    | {"ContextManager", "AbstractContextManager"}
)
_MAPPING_TYPES = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "WeakValueDictionary"}
    | {"ChainMap", "HashMap", "BTreeMap", "Map", "map", "unordered_map"}
)
# Methods of containers that return an element; any other is taken to return a container of the same elements.
_ELEMENT_METHODS = frozenset(
    {"__enter__", "get", "pop", "popleft", "setdefault", "first", "last", "at", "shift", "find", "popitem"}
)
_SELF_TYPES = frozenset({"static", "self", "$this", "this"})
"""Written as the type of a result: that of the receiver."""
_KEYLESS = frozenset({"go", "php", "c-sharp"})
"""Languages in which a loop over a mapping gives its values, or pairs with the key apart."""
_MAX_DEPTH = 40


class Inference(Scopes):
    """Follows names through annotations, assigned values, calls and loops. Not thread-safe: see `DependencyTracker`."""

    def __init__(self, snapshot: IndexSnapshot, query_cache: QueryCache) -> None:
        super().__init__(snapshot, query_cache)
        self._expression_depth = 0
        self._go = GoValues(self)

    def values_of(self, resolved: ResolvedName, receiver: InferredValue | None = None) -> list[InferredValue]:
        """What a resolved name evaluates to; `receiver` is the value that it was looked up on."""
        if resolved.kind == "external":
            return [EXTERNAL_VALUE]
        if resolved.kind == "file":
            return [InferredValue("file", resolved.path)]
        names = self.names(resolved.path)
        if names is None:
            return []
        if resolved.kind == "symbol":
            symbol = names.symbols.get(resolved.id)
            if symbol is None:
                return []
            if symbol.kind == "type" and not names.members.get(symbol.id):
                return self._alias_values(resolved.path, symbol) or [InferredValue("class", resolved.path, symbol.id)]
            if symbol.kind in CLASS_KINDS:
                return [InferredValue("class", resolved.path, symbol.id)]
            if symbol.kind in FUNCTION_KINDS:
                function = InferredValue("function", resolved.path, symbol.id, (receiver,) if receiver else ())
                if receiver and receiver.kind == "instance" and names.is_decorated(symbol.id, *PROPERTY_DECORATORS):
                    return self._call_result(function)
                if receiver and self._is_script(resolved.path) and _GETTER.match(symbol.signature):
                    return self._call_result(function)
                return [function]
            if symbol.kind == "enumerator":
                return [InferredValue("instance", resolved.path, symbol.parent)] if symbol.parent else []
            bindings = resolved.bindings or tuple(
                likeliest_first(names.bindings.get(symbol.parent, {}).get(symbol.short_name, ()), None)
            )
            if not bindings and symbol.returns:
                return self.typed(resolved.path, symbol.parent, symbol.returns)
            if symbol.kind in VALUE_KINDS and symbol.id in names.members:
                held = [value for binding in bindings for value in self._binding_values(resolved.path, binding)]
                return held or [InferredValue("class", resolved.path, symbol.id)]  # a table of functions
        else:
            bindings = resolved.bindings
        # A variable has the type of its last binding; an attribute has the one that is declared somewhere, or any of
        # those that are assigned.
        is_variable = self._is_variable(names, bindings)
        assigned: list[InferredValue] = []
        for binding in bindings if resolved.kind == "binding" and is_variable else typed_first(bindings):
            values = self._binding_values(resolved.path, binding)
            if values and (is_variable or binding.annotation is not None):
                return list(values)
            if EXTERNAL_VALUE in values:
                return assigned or list(values)
            assigned += values
        return distinct_values(assigned)

    def _is_variable(self, names: FileNames, bindings: Sequence[Binding]) -> bool:
        scope = names.symbols.get(bindings[0].scope) if bindings else None
        return scope is not None and scope.kind not in CLASS_KINDS and "." not in bindings[0].name

    def value_member(self, value: InferredValue, name: str, *, called: bool = True) -> tuple[list[ResolvedName], bool]:
        """(what `value.name` refers to, whether the value is known well enough to exclude anything else)."""
        if value.kind == "file":
            return self.file_member(value.path, name), True
        if value.kind == "variable":
            found = [member for bound in value.elements for member in self.value_member(bound, name, called=called)[0]]
            return found, True
        if value.kind in ("class", "instance", "super"):
            return self.class_member(Target(value.path, value.id), name, after=value.kind == "super", called=called)
        return [], value.kind != "self"

    def evaluate(
        self, path: str, scope: str, node: ast.expr | None, before: Position | None = None
    ) -> list[InferredValue]:
        """What an expression may evaluate to; empty if that is unknown. `before` is where it is evaluated."""
        if node is None or self._is_too_deep():
            return []
        self._expression_depth += 1
        try:
            return distinct_values(self._evaluate(path, scope, node, before))
        finally:
            self._expression_depth -= 1

    def _is_too_deep(self) -> bool:
        if self._expression_depth <= _MAX_DEPTH:
            return False
        self.keep_no_running_query()  # elsewhere, the same expression may be within the limit
        return True

    def _evaluate(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue]:
        match node:
            case ast.Name(id=name):
                return self._name_values(path, scope, name, before, called=False)
            case ast.Attribute(value=ast.Name(id="module"), attr="exports") if self._is_script(path):
                return self._name_values(path, scope, "exports", before, called=False)
            case ast.Attribute(value=base, attr=name):
                return [
                    member
                    for value in self.evaluate(path, scope, base, before)
                    for member in self._member_values(value, name, called=False)
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
            case ast.Subscript(value=base, slice=ast.Tuple(elts=types)) if types and self._is_go(path):
                arguments = tuple(self._instances(path, scope, item, before)[0] for item in types)
                values = self.evaluate(path, scope, base, before)
                if not any(value.kind in ("class", "function") for value in values):
                    return [item for value in values for item in self._go.item(value)]
                return [value._replace(elements=arguments) if value.kind == "class" else value for value in values]
            case ast.Subscript(value=base) if self._is_go(path):
                return [item for value in self.evaluate(path, scope, base, before) for item in self._go.item(value)]
            case ast.Subscript(value=base):
                return [item for value in self.evaluate(path, scope, base, before) for item in self._item_values(value)]
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return [InferredValue("container", elements=tuple(self._union(path, scope, elements[:3], before)))]
            case ast.Dict(values=elements):
                return [
                    InferredValue(
                        "container", id="mapping", elements=tuple(self._union(path, scope, elements[:3], before))
                    )
                ]
            case ast.Constant(value=None):
                return []
            case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.ListComp() | ast.DictComp() | ast.SetComp():
                return [EXTERNAL_VALUE]
        return []

    def _union(self, path: str, scope: str, nodes: Iterable[ast.expr], before: Position | None) -> list[InferredValue]:
        return [value for node in nodes for value in self.evaluate(path, scope, node, before)]

    def _name_values(
        self, path: str, scope: str, name: str, before: Position | None, *, called: bool
    ) -> list[InferredValue]:
        names = self.names(path)
        if names is None:
            return []
        resolved_names = self.look_up(path, scope, name, before, called=called, invoked=called)
        language = names.tags.language
        if not resolved_names and language == "go":
            return [EXTERNAL_VALUE]  # everything else is predeclared
        if not resolved_names and name == "exports" and self._is_script(path):
            return [InferredValue("file", path)]
        super_word = _SUPER_WORDS.get(language, "super")
        if not resolved_names and language != "python" and (name in SELF_NAMES or name == super_word):
            owner = self.owner_of_method(path, names, scope)
            if owner is None:
                return []
            kind: Literal["super", "class", "instance"] = "class" if name in ("Self", "static") else "instance"
            return [InferredValue("super" if name == super_word else kind, *owner)]
        return [value for resolved in resolved_names for value in self.values_of(resolved)]

    def _is_python(self, path: str) -> bool:
        names = self.names(path)
        return names is not None and names.tags.language == "python"

    def _is_go(self, path: str) -> bool:
        names = self.names(path)
        return names is not None and names.tags.language == "go"

    def _is_script(self, path: str) -> bool:
        names = self.names(path)
        return names is not None and names.tags.language in modules.SCRIPT_LANGUAGES

    def _member_values(self, value: InferredValue, name: str, *, called: bool = True) -> list[InferredValue]:
        if value.kind == "external":
            return [value]
        receiver = value
        if value.kind == "super":
            receiver = InferredValue("instance", value.path, value.id)
        resolved_names, _ = self.value_member(value, name, called=called)
        if value.kind == "variable" or (value.path and self._is_go(value.path)):
            return self._go_members(value, resolved_names) or [EXTERNAL_VALUE]
        return [member for resolved in resolved_names for member in self.values_of(resolved, receiver)]

    def _go_members(self, receiver: InferredValue, resolved_names: Sequence[ResolvedName]) -> list[InferredValue]:
        """The values of members of Go's types, with the type arguments of the receiver."""
        if receiver.kind == "variable" and receiver.elements:
            receiver = receiver.elements[0]
        found: list[InferredValue] = []
        for resolved in resolved_names:
            values = self.values_of(resolved, receiver)
            owner = self.owner(Target(resolved.path, resolved.id)) if resolved.kind == "symbol" else None
            found += self._go.as_member(values, receiver, owner) if owner is not None else values
        return found

    def literal_fields(self, path: str, scope: str, reference: Reference) -> list[ResolvedName]:
        """The field that a key of one of Go's composite literals means, if it means one."""
        start, receiver = reference.range.start, reference.receiver or ""
        values = self._go.unnamed_literal(path, receiver)
        if values is None:
            values = self.evaluate(path, scope, parse_expression("go", receiver), start)
        return [
            resolved
            for value in values
            if value.kind == "instance"
            for resolved in self.value_member(value, reference.name, called=False)[0]
        ]

    def _go_call(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[InferredValue]:
        if isinstance(node.func, ast.Name) and node.func.id == "append" and node.args:
            return self.evaluate(path, scope, node.args[0], before)
        explicit: list[InferredValue] = []
        if isinstance(node.func, ast.Subscript) and isinstance(node.func.slice, ast.Tuple):
            explicit = [self._instances(path, scope, item, before)[0] for item in node.func.slice.elts]
        results: list[InferredValue] = []
        for callee in self.evaluate(path, scope, node.func, before):
            called = self._called(callee)
            if callee.kind == "function":
                passed = (
                    [(self.evaluate(path, scope, item, before) or [EXTERNAL_VALUE])[0] for item in node.args]
                    if not explicit
                    else []
                )
                called = self._go.of_call(Target(callee.path, callee.id), called, explicit, passed)
            results += called
        return results

    def _item_values(self, value: InferredValue) -> list[InferredValue]:
        if value.kind == "container":
            return list(value.elements)
        if value.kind == "class":
            return [value]
        if value.kind == "instance":
            return [
                item
                for function in self._member_values(value, "__getitem__")
                if function.kind == "function"
                for item in self._call_result(function)
            ]
        return [value] if value.kind == "external" else []

    def _call_values(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[InferredValue]:
        match node.func:
            case ast.Name(id="super"):
                names = self.names(path)
                owner = names.enclosing_class(scope) if names else None
                return [InferredValue("super", path, owner.id)] if owner else []
            case ast.Name(id="as"):
                return self._instances(path, scope, node.args[0], before)
            case ast.Name(id="cast") | ast.Attribute(attr="cast") if len(node.args) == 2 and self._is_python(path):
                return self._instances(path, scope, node.args[0], before)
            case ast.Name(id="next") if len(node.args) == 1 and isinstance(node.args[0], ast.Call):
                inner = node.args[0]
                if not (isinstance(inner.func, ast.Name) and inner.func.id == "iter" and len(inner.args) == 1):
                    return []
                return self._elements(path, scope, inner.args[0], before)
            case ast.Name(id="type") if len(node.args) == 1 and self._is_python(path):
                return [
                    InferredValue("class", value.path, value.id)
                    for value in self.evaluate(path, scope, node.args[0], before)
                    if value.kind == "instance"
                ]
            case _ if self._is_go(path):
                return self._go_call(path, scope, node, before)
            case ast.Attribute(value=base, attr=name):
                values = self.evaluate(path, scope, base, before)
                containers = [value for value in values if value.kind == "container"]
                if containers:
                    elements = [element for value in containers for element in value.elements]
                    return (
                        elements if name in _ELEMENT_METHODS else [InferredValue("container", elements=tuple(elements))]
                    )
                callees = [callee for value in values for callee in self._member_values(value, name)]
                if name == "new" and not callees:  # `Jar.new` in Ruby, `Jar::new` in Rust
                    callees = [value for value in values if value.kind == "class"]
            case ast.Name(id=name):
                callees = self._name_values(path, scope, name, before, called=True)
            case _:
                callees = self.evaluate(path, scope, node.func, before)
        return [result for callee in callees for result in self._called(callee)]

    def _elements(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue]:
        """What iterating over an iterable gives. Nothing is known about the keys of a mapping."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "keys"):
            return [EXTERNAL_VALUE]
        names = self.names(path)
        gives_values = names is not None and names.tags.language in _KEYLESS
        elements: list[InferredValue] = []
        for value in self.evaluate(path, scope, node, before):
            if value.kind == "container":
                elements += value.elements if value.id != "mapping" or gives_values else [EXTERNAL_VALUE]
            elif value.kind == "instance":
                results = [
                    result
                    for function in self._member_values(value, "__iter__")
                    if function.kind == "function"
                    for result in self._call_result(function)
                ]
                elements += [element for result in results if result.kind == "container" for element in result.elements]
            elif value.kind == "external":
                elements.append(value)
        return elements

    def _called(self, callee: InferredValue) -> list[InferredValue]:
        """What calling the value gives."""
        if callee.kind == "class":
            return [callee._replace(kind="instance")]
        if callee.kind == "function":
            return self._call_result(callee)
        if callee.kind == "file":  # `const make = require("./make")`
            exported = [resolved for resolved in self.exported(callee.path) if resolved.kind != "file"]
            return [
                result for resolved in exported for value in self.values_of(resolved) for result in self._called(value)
            ]
        if callee.kind == "callable" or (callee.kind == "instance" and self._is_go(callee.path)):
            return self._go.call_result(callee)
        if callee.kind == "instance":
            if self._is_rust_enum(callee):  # `Shape::Circle(2)`
                return [callee]
            return [
                result
                for function in self._member_values(callee, "__call__")
                if function.kind == "function"
                for result in self._call_result(function)
            ]
        return [callee] if callee.kind == "external" else []

    def _is_rust_enum(self, value: InferredValue) -> bool:
        names = self.names(value.path)
        symbol = names.symbols.get(value.id) if names is not None and names.tags.language == "rust" else None
        return symbol is not None and symbol.kind == "enum"

    def _call_result(self, function: InferredValue) -> list[InferredValue]:
        """What a call of the function returns, with `Self` replaced by the receiver."""
        nothing: tuple[InferredValue, ...] = ()
        values = self.get_or_compute(
            function.path, "result", function.id, nothing, lambda: tuple(self._compute_result(function))
        )
        if (
            self._is_go(function.path)
            and function.elements
            and (owner := self.owner(Target(function.path, function.id)))
        ):
            return self._go.as_member(list(values), function.elements[0], owner)
        results: list[InferredValue] = []
        for value in values:
            if value.kind == "self":
                results.extend(
                    InferredValue("instance", receiver.path, receiver.id)
                    for receiver in function.elements
                    if receiver.kind in ("instance", "class")
                )
            else:
                results.append(value)
        return results

    def _compute_result(self, function: InferredValue) -> list[InferredValue]:
        names = self.names(function.path)
        symbol = names.symbols.get(function.id) if names else None
        if names is None or symbol is None:
            return []
        if names.tags.language == "python" and _returns_own_type(names, symbol):
            return [InferredValue("self")]
        same = [symbol]
        if modules.has_overloads(names.tags.language):  # which overload is called is not resolved
            same = [other for other in names.tags.symbols if other.name == symbol.name]
        returns = dict.fromkeys(other.returns for other in same if other.returns)
        if not returns and symbol.doc and (documented := documented_return(symbol.doc)):
            values = self.typed(function.path, symbol.parent, documented)
            if values:
                return values
        if not returns and names.tags.language in _UNTYPED:
            return self._returned(function.path, names, symbol)
        scope = symbol.id if names.tags.language == "go" else symbol.parent  # Go's methods name type parameters
        return distinct_values(value for text in returns for value in self.typed(function.path, scope, text))

    def _returned(self, path: str, names: FileNames, symbol: Symbol) -> list[InferredValue]:
        """What a function without a return annotation returns; empty unless everything that it returns is known."""
        if symbol.yielded and not names.is_decorated(symbol.id, *_FIXTURE_DECORATORS):
            return []
        returned: list[InferredValue] = []
        for text in symbol.returned or symbol.yielded:
            node = parse_expression(names.tags.language, text)
            values = self.evaluate(path, symbol.id, node)
            if not values and not (isinstance(node, ast.Constant) and node.value in (None, "null", "undefined")):
                return []
            returned += values
        return distinct_values(returned)

    def _fixture(self, path: str, names: FileNames, symbol: Symbol, name: str) -> list[InferredValue]:
        """What pytest passes for a parameter: the result of its fixture, from this file or a conftest above it."""
        is_test = symbol.short_name.startswith("test") or names.is_decorated(symbol.id, *_FIXTURE_DECORATORS)
        if names.tags.language != "python" or not is_test:
            return []
        folder = path
        candidates = [path]
        while folder:
            folder = posixpath.dirname(folder)
            candidates.append(posixpath.join(folder, "conftest.py"))
        for candidate in candidates:
            if candidate not in self.query_cache.contents or (defining := self.names(candidate)) is None:
                continue
            for fixture in defining.members.get("", {}).get(name, ()):
                if fixture.id != symbol.id and defining.is_decorated(fixture.id, *_FIXTURE_DECORATORS):
                    return self._call_result(InferredValue("function", candidate, fixture.id))
        return []

    def _alias_values(self, path: str, symbol: Symbol) -> list[InferredValue]:
        _, equals, text = symbol.signature.partition("=")
        names = self.names(path)
        if not equals or names is None:
            return []
        instances = self.typed(path, symbol.parent, text.strip(" ;"))
        return [InferredValue("class", value.path, value.id) for value in instances if value.kind == "instance"]

    def _binding_values(self, path: str, binding: Binding) -> tuple[InferredValue, ...]:
        """What a binding gives its name; empty if it depends on itself."""
        return self.get_or_compute(
            path, "binding", binding, (), lambda: tuple(self._compute_binding_values(path, binding))
        )

    def _compute_binding_values(self, path: str, binding: Binding) -> list[InferredValue]:
        names = self.names(path)
        if names is None:
            return []
        if binding.annotation and (values := self.typed(path, binding.scope, binding.annotation, binding.range.start)):
            return values
        if binding.value and names.tags.language == "go" and (part := split_part(binding.value)):
            node = parse_expression("go", part[1])
            values = self.evaluate(path, binding.scope, node, binding.range.start)
            return [value for whole in values for value in self._go.part(whole, part[0])]
        if binding.value and names.tags.language == "go":
            values = self.evaluate(path, binding.scope, parse_expression("go", binding.value), binding.range.start)
            return [value for whole in values for value in self._go.part(whole, "0")]
        if binding.value:
            node = parse_expression(names.tags.language, binding.value)
            return self.evaluate(path, binding.scope, node, binding.range.start)
        symbol = names.symbols.get(binding.scope)
        owner = names.symbols.get(symbol.parent) if symbol and symbol.id else None
        documented = documented_parameter(symbol.doc, binding.name) if symbol is not None and symbol.doc else None
        if symbol is not None and documented and (values := self.typed(path, symbol.parent, documented)):
            return values
        if symbol is not None and binding.name in symbol.parameters:
            fixture_values = self._fixture(path, names, symbol, binding.name)
            if fixture_values:
                return fixture_values
        if symbol is None or owner is None or owner.kind not in CLASS_KINDS or not symbol.parameters:
            return []
        first = symbol.parameters[0].partition(":")[0].strip()
        if first != binding.name or names.is_decorated(symbol.id, "staticmethod"):
            return []
        is_class = names.is_decorated(symbol.id, "classmethod") or first in ("cls", "mcs", "klass")
        return [InferredValue("class" if is_class else "instance", path, owner.id)]

    def typed(self, path: str, scope: str, annotation: str, at: Position | None = None) -> list[InferredValue]:
        """What a value of the annotated type may be. `at` is where it is written."""
        names = self.names(path)
        if names is not None and names.tags.language != "python" and annotation.strip(" ?:") in _SELF_TYPES:
            return [InferredValue("self")]
        return self._instances(path, scope, parse_type(names.tags.language, annotation), at) if names else []

    def _instances(
        self, path: str, scope: str, node: ast.expr | None, at: Position | None = None
    ) -> list[InferredValue]:
        if node is None or self._is_too_deep():
            return []
        self._expression_depth += 1
        try:
            return distinct_values(self._compute_instances(path, scope, node, at))
        finally:
            self._expression_depth -= 1

    def _compute_instances(self, path: str, scope: str, node: ast.expr, at: Position | None) -> list[InferredValue]:
        if self._is_go(path):
            return self._go.instances(path, scope, node, at)
        match node:
            case ast.Constant(value=str(text)):
                return self.typed(path, scope, text, at)
            case ast.BinOp(left=first, op=ast.BitOr(), right=second):
                return [*self._instances(path, scope, first, at), *self._instances(path, scope, second, at)]
            case ast.Name(id="Self") | ast.Attribute(attr="Self"):
                return [InferredValue("self")]
            case ast.Subscript(value=head, slice=arguments):
                return self._generic_instances(path, scope, head, arguments, at)
            case ast.Name(id=name):
                if name in ("None", "null", "undefined", "void"):
                    return []
                resolved_names = self.look_up(path, scope, name, at, typed=True)
                if not resolved_names and self._is_external_type(path, name):
                    return [EXTERNAL_VALUE]
                return [value for resolved in resolved_names for value in self._instances_of(resolved)]
            case ast.Attribute(value=base, attr=name):
                resolved_names = [
                    resolved
                    for value in self.evaluate(path, scope, base, at)
                    for resolved in (self.value_member(value, name)[0] if value.kind != "external" else [EXTERNAL])
                ]
                return [value for resolved in resolved_names for value in self._instances_of(resolved)]
        return []

    def _is_external_type(self, path: str, name: str) -> bool:
        """Whether a type that nothing visible defines is not a variable for types either: `Class`, but not `T`."""
        names = self.names(path)
        language = names.tags.language if names is not None else ""
        may_be_variable = len(name) <= 2 or re.match(r"T[A-Z]", name) is not None
        if language == "php" or may_be_variable or not modules.declares_names(language, name):
            return False  # `instanceof` often says more than PHP's declared type
        return not self.definitions(language, name)

    def _generic_instances(
        self, path: str, scope: str, head: ast.expr, arguments: ast.expr, at: Position | None
    ) -> list[InferredValue]:
        name = head.attr if isinstance(head, ast.Attribute) else head.id if isinstance(head, ast.Name) else ""
        items = arguments.elts if isinstance(arguments, ast.Tuple) else [arguments]
        if name in _TRANSPARENT_TYPES:
            return [value for item in items for value in self._instances(path, scope, item, at)]
        if name == "Annotated":
            return self._instances(path, scope, items[0], at)
        if name == "Coroutine":
            return self._instances(path, scope, items[-1], at)
        if name in ("Type", "type"):
            return [
                InferredValue("class", value.path, value.id) if value.kind == "instance" else value
                for item in items
                for value in self._instances(path, scope, item, at)
            ]
        instances = self._instances(path, scope, head, at)
        if any(value.kind == "instance" for value in instances):
            return instances
        if name in _CONTAINER_TYPES:
            last = items[0] if name in ("Generator", "AsyncGenerator", "tuple", "Tuple") else items[-1]
            kind = "mapping" if name in _MAPPING_TYPES else ""
            return [InferredValue("container", id=kind, elements=tuple(self._instances(path, scope, last, at)))]
        return instances

    def _instances_of(self, resolved: ResolvedName) -> list[InferredValue]:
        if resolved.kind == "symbol":
            names = self.names(resolved.path)
            symbol = names.symbols.get(resolved.id) if names else None
            if names and symbol and symbol.kind in VALUE_KINDS:  # an alias: Handler = A | B
                for binding in resolved.bindings or names.bindings.get(symbol.parent, {}).get(symbol.short_name, ()):
                    if binding.value:
                        node = parse_expression(names.tags.language, binding.value)
                        if isinstance(node, ast.Call):
                            return [EXTERNAL_VALUE]
                        return self._instances(resolved.path, symbol.parent, node)
        return [
            InferredValue("instance", value.path, value.id) if value.kind == "class" else value
            for value in self.values_of(resolved)
            if value.kind in ("class", "external")
        ]


def _returns_own_type(names: FileNames, symbol: Symbol) -> bool:
    """Whether a method says with a type variable that it returns its receiver: `def __enter__(self: T) -> T`."""
    if symbol.kind != "method" or not symbol.parameters or names.is_decorated(symbol.id, "staticmethod"):
        return False
    annotation = symbol.parameters[0].partition(":")[2].strip().strip("\"'")
    if not annotation or annotation != (symbol.returns or "").strip("\"'"):
        return False
    return any("TypeVar(" in (binding.value or "") for binding in names.bindings.get("", {}).get(annotation, ()))
