"""What expressions evaluate to, as far as annotations, assigned values and returned values in the tags tell."""

import ast
import copy
import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from forethought.names import modules, rust_library
from forethought.names.file_names import SELF_NAMES, FileNames, IndexSnapshot, Target
from forethought.names.go_values import GoValues, split_part
from forethought.names.query_cache import QueryCache
from forethought.names.scopes import UTILITY_TYPES, Scopes
from forethought.names.values import (
    EXTERNAL,
    EXTERNAL_VALUE,
    InferredValue,
    ResolvedName,
    container,
    distinct_values,
    likeliest_first,
    mapping,
    tuple_of,
    typed_first,
)
from forethought.syntax import rust_patterns, rust_signatures
from forethought.syntax.doc_types import documented_parameter, documented_return
from forethought.syntax.expressions import (
    PASSED,
    PROPS,
    TUPLE,
    PathName,
    aliased_type,
    function_type_parameters,
    parse_expression,
    parse_type,
)
from forethought.syntax.parameters import type_after_name
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
    | {"Arc", "Rc", "Promise", "Mutex", "RefCell", "unique_ptr", "shared_ptr", "weak_ptr", "Option"}
    | {"Result", "Ref", "RwLock", "Task", "Pin", "NonNullable"}
    | {"Cow", "RefMut", "MutexGuard", "RwLockReadGuard", "RwLockWriteGuard"}
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
    | {"ContextManager", "AbstractContextManager", "VecDeque", "HashSet", "BTreeSet", "BinaryHeap", "IntoIterator"}
    | {"DoubleEndedIterator", "ExactSizeIterator", "Peekable", "SmallVec", "IndexMap", "IndexSet", "LinkedList"}
)
_MAPPING_TYPES = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "WeakValueDictionary"}
    | {"ChainMap", "HashMap", "BTreeMap", "IndexMap", "Map", "map", "unordered_map"}
)
# Methods of containers that return an element; any other is taken to return a container of the same elements.
_ELEMENT_METHODS = frozenset(
    {"__enter__", "get", "pop", "popleft", "setdefault", "first", "last", "at", "shift", "find", "popitem"}
)
# Python's functions, built in or in the standard library, whose result holds or is what they are given.
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
_SELF_TYPES = frozenset({"static", "self", "$this", "this"})
"""Written as the type of a result: that of the receiver."""
_COMPONENT_BASE = re.compile(r"Component<\s*([^<>,]+(?:<[^<>]*>)?)")
_COMPONENT_TYPE = re.compile(
    r"(?:FC|FunctionComponent|ComponentType|ComponentClass|Component)<(?:'\w+',\s*)?([^<>,]+(?:<[^<>]*>)?)>"
)
_COMPONENT = re.compile(
    r"(?:React\.)?(?:memo|forwardRef)"
    r"(?:<(?:[^<>,]+,\s*)?([^<>,]+(?:<[^<>]*>)?)>\(|\((?:function\s*\w*\s*)?\((?:\{[^{}]*\}|\w+)\s*:\s*([\w.]+(?:<[^<>]*>)?))"
)
"""How React components are declared that are not functions; the groups are the type of what they take."""
_KEYLESS = frozenset({"go", "php", "c-sharp"})
"""Languages in which a loop over a mapping gives its values, or pairs with the key apart."""
_MAX_DEPTH = 40
_MAX_ALIASES = 4
"""How many aliases of a function type are followed."""
_ELEMENT_ARGUMENTS = {"reduce": (1,), "reduceRight": (1,), "sort": (0, 1), "toSorted": (0, 1)}
"""Which arguments of the function passed to a method of an array are elements; of other methods, the first one."""


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
                if symbol.signature.startswith("typedef ") and not names.members.get(symbol.id):
                    return self._typedef_values(resolved.path, symbol) or [
                        InferredValue("class", resolved.path, symbol.id)
                    ]
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
        if value.id == "option" and not rust_library.is_option_method(name):  # `lid()?.open()`
            held = [element for element in value.elements if element.kind != "container"]
            return [found for element in held for found in self.value_member(element, name, called=called)[0]], True
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
            case PathName(id=name) if name != "Self":
                return [value for found in self.path_start(path, scope, name) for value in self.values_of(found)]
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
            case ast.BinOp(left=first, op=operator, right=second):
                results = self._operator_results(self.evaluate(path, scope, first, before), operator)
                if results or not isinstance(operator, ast.BitOr):
                    return results
                return self._union(path, scope, (first, second), before)
            case ast.Subscript(value=base, slice=ast.Tuple(elts=types)) if types and self._is_go(path):
                arguments = tuple(self._instances(path, scope, item, before)[0] for item in types)
                values = self.evaluate(path, scope, base, before)
                if not any(value.kind in ("class", "function") for value in values):
                    return [item for value in values for item in self._go.item(value)]
                return [value._replace(elements=arguments) if value.kind == "class" else value for value in values]
            case ast.Subscript(value=base) if self._is_go(path):
                return [item for value in self.evaluate(path, scope, base, before) for item in self._go.item(value)]
            case ast.Subscript(value=base, slice=index):
                values = self.evaluate(path, scope, base, before)
                return [item for value in values for item in self._item_values(value, index)]
            case ast.Tuple(elts=elements) if self._is_rust(path):
                return [rust_library.tuple_of([self.evaluate(path, scope, item, before) for item in elements])]
            case ast.Tuple(elts=elements) if self._is_python(path) and not _has_star(elements):
                return [tuple_of(self.evaluate(path, scope, element, before) for element in elements[:_MAX_ELEMENTS])]
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return [container(self._union(path, scope, elements[:_MAX_ELEMENTS], before))]
            case ast.Dict(keys=keys, values=elements):
                known = [key for key in keys[:_MAX_ELEMENTS] if key is not None]
                held = self._union(path, scope, elements[:_MAX_ELEMENTS], before)
                return [mapping(self._union(path, scope, known, before), held)]
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return [container(self.evaluate(path, scope, _in_terms_of_iterables(node, node.elt), before))]
            case ast.DictComp(key=key, value=element):
                keys_and_values = (
                    self.evaluate(path, scope, _in_terms_of_iterables(node, part), before) for part in (key, element)
                )
                return [mapping(*keys_and_values)]
            case ast.Constant(value=None):
                return []
            case ast.Constant() | ast.JoinedStr() | ast.Compare():
                return [EXTERNAL_VALUE]
        return []

    def _operator_results(self, left: Iterable[InferredValue], operator: ast.operator) -> list[InferredValue]:
        """What an operator gives, as far as the left operand says; containers give containers."""
        method = _OPERATORS.get(type(operator), "")
        results: list[InferredValue] = []
        for value in left:
            if value.kind == "container" and isinstance(operator, ast.Add | ast.Mult | ast.BitOr | ast.Sub):
                results.append(value if value.id == "mapping" else container(value.held))
            elif value.kind == "instance" and method:
                results += self._method_results(value, method)
            elif value.kind == "external" and not isinstance(operator, ast.BitOr):
                results.append(value)
        return results

    def _method_results(self, value: InferredValue, *names: str) -> list[InferredValue]:
        """What calling the first of these methods that the value has returns."""
        for name in names:
            functions = [item for item in self._member_values(value, name) if item.kind == "function"]
            if functions:
                return [result for function in functions for result in self._call_result(function)]
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
        if name.isdigit():
            return self._part_values(value, name)
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

    def _item_values(self, value: InferredValue, index: ast.expr) -> list[InferredValue]:
        if value.kind == "container":
            if isinstance(index, ast.Slice):
                return [container(value.held)]
            if value.id == "tuple" and (number := _number(index)) is not None:
                places = value.elements
                return list(places[number].elements) if -len(places) <= number < len(places) else []
            return list(value.held)
        if value.kind == "class":
            return [value]
        if value.kind == "instance":
            names = self.names(value.path)
            if names is not None and names.tags.language in ("c", "cpp"):
                if not self._member_values(value, "operator[]"):
                    return [value]  # pointers and arrays have the type of what they hold
                return self._method_results(value, "operator[]")
            return self._method_results(value, "__getitem__") or self._inherited_item_values(value, index)
        return [value] if value.kind == "external" else []

    def _inherited_item_values(self, value: InferredValue, index: ast.expr) -> list[InferredValue]:
        """An item of an instance whose bases say what it holds: `NamedTuple`, `TypedDict`, `list[Jar]`."""
        owner = Target(value.path, value.id)
        number, key = _number(index), index.value if isinstance(index, ast.Constant) else None
        for base in self.bases_in_order(owner)[0]:
            names = self.names(base.path)
            symbol = names.symbols.get(base.symbol_id) if names is not None else None
            if names is None or symbol is None or names.tags.language != "python":
                continue
            bases = [text.rpartition(".")[2] for text in symbol.bases]
            if isinstance(key, str) and "TypedDict" in bases:
                return self._member_values(value, key, called=False)
            if number is not None and "NamedTuple" in bases:
                fields = [field.short_name for field in names.tags.fields if field.parent == symbol.id]
                is_in_range = -len(fields) <= number < len(fields)
                return self._member_values(value, fields[number], called=False) if is_in_range else []
        return [item for held in self._base_containers(owner) for item in self._item_values(held, index)]

    def _base_containers(self, owner: Target) -> list[InferredValue]:
        """The containers that a class inherits from: `list[Jar]` of `class Jars(list[Jar])`."""
        found: list[InferredValue] = []
        for base in self.bases_in_order(owner)[0]:
            names = self.names(base.path)
            symbol = names.symbols.get(base.symbol_id) if names is not None else None
            if names is None or symbol is None or names.tags.language != "python":
                continue
            for text in symbol.bases:
                if "[" in text:
                    found += [one for one in self.typed(base.path, symbol.parent, text) if one.kind == "container"]
        return found

    def _call_values(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[InferredValue]:
        is_rust = self._is_rust(path)
        match node.func:
            case ast.Name(id=rust_patterns.PART | rust_patterns.PARAMETER | rust_patterns.ELEMENT) if is_rust:
                return self._pattern_values(path, scope, node, before)
            case ast.Name(id="super"):
                names = self.names(path)
                owner = names.enclosing_class(scope) if names else None
                return [InferredValue("super", path, owner.id)] if owner else []
            case ast.Name(id="as"):
                return self._instances(path, scope, node.args[0], before)
            case ast.Name(id="cast") | ast.Attribute(attr="cast") if len(node.args) == 2 and self._is_python(path):
                return self._instances(path, scope, node.args[0], before)
            case ast.Name(id="next") if node.args:
                match node.args[0]:
                    case ast.Call(func=ast.Name(id="iter"), args=[iterable]):
                        return self._elements(path, scope, iterable, before)
                    case iterator:
                        return self._elements(path, scope, iterator, before) if self._is_python(path) else []
            case ast.Tuple(elts=elements):  # `except (First, Second) as error`
                classes = self._union(path, scope, elements, before)
                return [result for callee in classes for result in self._called(callee)]
            case ast.Attribute(attr="__new__") if node.args and self._is_python(path):
                classes = self.evaluate(path, scope, node.args[0], before)
                return [result for callee in classes if callee.kind == "class" for result in self._called(callee)]
            case ast.Name(id="type") if len(node.args) == 1 and self._is_python(path):
                return [
                    InferredValue("class", value.path, value.id)
                    for value in self.evaluate(path, scope, node.args[0], before)
                    if value.kind == "instance"
                ]
            case _ if self._is_go(path):
                return self._go_call(path, scope, node, before)
            case ast.Name(id=name) if name == PROPS:
                return self._properties(path, scope, node.args[0], before)
            case ast.Attribute(value=function, attr=attribute) if attribute == PASSED:
                place, index = (int(str(item.value)) for item in node.args if isinstance(item, ast.Constant))
                return self._passed(path, scope, function, place, index, before)
            case ast.Attribute(value=base, attr=name):
                values = self.evaluate(path, scope, base, before)
                if is_rust:
                    return [result for value in values for result in self._rust_results(value, name)]
                containers = [value for value in values if value.kind == "container"]
                if containers:
                    return [result for value in containers for result in _container_results(value, name)]
                if EXTERNAL_VALUE in values and self._is_python(path):
                    return self._library_call(path, scope, name, node, before) or [EXTERNAL_VALUE]
                callees = [callee for value in values for callee in self._member_values(value, name)]
                if name == "__enter__" and not callees:  # `async with`
                    callees = [callee for value in values for callee in self._member_values(value, "__aenter__")]
                if name == "new" and not callees:  # `Jar.new` in Ruby, `Jar::new` in Rust
                    callees = [value for value in values if value.kind == "class"]
            case ast.Name(id=name):
                callees = self._name_values(path, scope, name, before, called=True)
                if EXTERNAL_VALUE in callees and self._is_python(path):
                    return self._library_call(path, scope, name, node, before) or [EXTERNAL_VALUE]
            case _:
                callees = self.evaluate(path, scope, node.func, before)
        return [result for callee in callees for result in self._called(callee)]

    def _library_call(
        self, path: str, scope: str, name: str, node: ast.Call, before: Position | None
    ) -> list[InferredValue]:
        """What a function of Python or its standard library makes of its arguments; empty for all others."""
        arguments = node.args
        if not arguments or _has_star(arguments):
            return []

        def elements(argument: ast.expr) -> list[InferredValue]:
            return self._elements(path, scope, argument, before)

        first = arguments[0]
        if name in _COPIES:
            return [container(elements(first))]
        if name in _SAME:
            return self.evaluate(path, scope, first, before)
        if name in ("min", "max"):
            return elements(first) if len(arguments) == 1 else self._union(path, scope, arguments, before)
        if name == "enumerate":
            return [container([tuple_of(([EXTERNAL_VALUE], elements(first)))])]
        if name in ("zip", "zip_longest", "product"):
            return [container([tuple_of(map(elements, arguments))])]
        if name == "filter" and len(arguments) == 2:
            return [container(elements(arguments[1]))]
        if name == "map":
            callees = self.evaluate(path, scope, first, before)
            return [container(result for callee in callees for result in self._called(callee))]
        if name == "chain":
            return [container(element for argument in arguments for element in elements(argument))]
        if name == "defaultdict":
            callees = self.evaluate(path, scope, first, before)
            return [
                mapping(
                    (), [value for callee in callees if callee.kind != "external" for value in self._called(callee)]
                )
            ]
        if name == "dict":
            return [value for value in self.evaluate(path, scope, first, before) if value.id == "mapping"]
        if name in ("enter_context", "enter_async_context"):
            return self._method_values(path, scope, first, "__enter__", before)
        return []

    def _method_values(
        self, path: str, scope: str, receiver: ast.expr, method: str, before: Position | None
    ) -> list[InferredValue]:
        return self.evaluate(path, scope, ast.Call(ast.Attribute(receiver, method), [], []), before)

    def _properties(self, path: str, scope: str, component: ast.expr, before: Position | None) -> list[InferredValue]:
        """What the attributes of a JSX component are members of: a function's parameter, `T` of `Component<T>`."""
        if isinstance(component, ast.Name):
            found = self.look_up(path, scope, component.id, before)
        elif isinstance(component, ast.Attribute):
            owners = self.evaluate(path, scope, component.value, before)
            found = [member for owner in owners for member in self.value_member(owner, component.attr)[0]]
        else:
            return []
        return distinct_values(value for resolved in found for value in self._properties_of(resolved))

    def _properties_of(self, resolved: ResolvedName) -> list[InferredValue]:
        names = self.names(resolved.path)
        symbol = names.symbols.get(resolved.id) if names is not None and resolved.kind == "symbol" else None
        if names is None or symbol is None:
            return []
        if symbol.kind in FUNCTION_KINDS:
            declared = type_after_name(symbol.parameters[0]) if symbol.parameters else ""
            if not declared and (match := _COMPONENT_TYPE.search(symbol.signature)):
                declared = match[1]
            return self.typed(resolved.path, symbol.id, declared) if declared else []
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
        return [value for text in texts for value in self.typed(resolved.path, symbol.parent, text)]

    def _passed(
        self, path: str, scope: str, function: ast.expr, place: int, index: int, before: Position | None
    ) -> list[InferredValue]:
        """What a call of `function` passes as argument `index` to the function that is its own argument `place`."""
        if isinstance(function, ast.Attribute):
            receivers = self.evaluate(path, scope, function.value, before)
            if elements := [item for value in receivers if value.kind == "container" for item in value.elements]:
                position = _ELEMENT_ARGUMENTS.get(function.attr, (0,))
                return elements if place == 0 and index in position else []
            if function.attr == "then" and not any(self.value_member(value, "then")[0] for value in receivers):
                return receivers if place == index == 0 else []
            callees = [callee for value in receivers for callee in self._member_values(value, function.attr)]
        elif isinstance(function, ast.Name):
            callees = self._name_values(path, scope, function.id, before, called=True)
        else:
            return []
        return distinct_values(
            value
            for callee in callees
            if callee.kind == "function"
            for value in self._argument_of_parameter(callee, place, index)
        )

    def _argument_of_parameter(self, function: InferredValue, place: int, index: int) -> list[InferredValue]:
        names = self.names(function.path)
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
        names = self.names(path)
        if names is None or depth > _MAX_ALIASES:
            return []
        parameters = function_type_parameters(function_type)
        if parameters is not None:
            return self.typed(path, scope, parameters[index]) if index < len(parameters) else []
        match = re.match(r"[A-Za-z_$][\w$]*(?=$|<| \|)", function_type)
        found = self.look_up(path, scope, match[0], typed=True) if match is not None else []
        return [
            value
            for resolved in found
            if (symbol := self._type_symbol(resolved)) is not None
            for value in self._parameter_of(resolved.path, symbol.id, aliased_type(symbol.signature), index, depth + 1)
        ]

    def _type_symbol(self, resolved: ResolvedName) -> Symbol | None:
        names = self.names(resolved.path) if resolved.kind == "symbol" else None
        symbol = names.symbols.get(resolved.id) if names is not None else None
        return symbol if symbol is not None and symbol.kind == "type" else None

    def _rust_results(self, value: InferredValue, method: str) -> list[InferredValue]:
        callees = self._member_values(value, method)
        if method == "new" and not callees and value.kind == "class":
            callees = [value]
        if not callees:
            return rust_library.method_result(value, method)
        return [result for callee in callees for result in self._called(callee)]

    def _pattern_values(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[InferredValue]:
        """What a name in a Rust pattern is bound to, see `syntax/rust_patterns.py`."""
        match node:
            case ast.Call(func=ast.Name(id=rust_patterns.ELEMENT), args=[iterable]):
                values = self.evaluate(path, scope, iterable, before)
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
            found = self.path_start(path, scope, owner.id)
        elif isinstance(owner, ast.Attribute):
            bases = self.evaluate(path, scope, owner.value, before)
            found = [item for value in bases for item in self.value_member(value, owner.attr)[0]]
        else:
            return []
        if found == [] and isinstance(owner, ast.Name):  # `Self`
            return [
                item
                for value in self._name_values(path, scope, owner.id, before, called=False)
                for item in self._member_values(InferredValue("instance", value.path, value.id), part)
            ]
        return [item for resolved in found for item in self._parts_of(resolved, part)]

    def _parts_of(self, resolved: ResolvedName, part: str) -> list[InferredValue]:
        names = self.names(resolved.path)
        symbol = names.symbols.get(resolved.id) if names is not None and resolved.kind == "symbol" else None
        if names is None or symbol is None:
            return []
        if symbol.kind == "type":
            aliased = (value for value in self.values_of(resolved) if value.id != resolved.id)
            return [item for value in aliased for item in self._parts_of(ResolvedName("symbol", *value[1:3]), part)]
        if symbol.kind != "enumerator" and not part.isdigit():
            return self._member_values(InferredValue("instance", resolved.path, symbol.id), part)
        if part.isdigit():
            types = rust_signatures.part_types(symbol.signature, symbol.short_name)
            text = types[int(part)] if int(part) < len(types) else ""
        else:
            text = rust_signatures.field_type(symbol.signature, part)
        around = symbol.parent if symbol.kind == "enumerator" else symbol.id
        return self.typed(resolved.path, around, text, symbol.selection.start) if text else []

    def _part_values(self, value: InferredValue, part: str) -> list[InferredValue]:
        """`value.0` of a tuple or a tuple struct."""
        if value.kind == "container":
            is_part = value.id == "tuple" and int(part) < len(value.elements)
            return list(value.elements[int(part)].elements) if is_part else []
        return self._parts_of(ResolvedName("symbol", value.path, value.id), part) if value.kind == "instance" else []

    def _closure_parameter(
        self, path: str, scope: str, callee: ast.expr, argument: int, position: int, before: Position | None
    ) -> list[InferredValue]:
        """What a call passes to a closure that is its argument."""
        if isinstance(callee, ast.Attribute):
            values = self.evaluate(path, scope, callee.value, before)
            functions = [item for value in values for item in self._member_values(value, callee.attr)]
            if not functions:
                return [
                    item
                    for value in values
                    for item in rust_library.closure_parameter(value, callee.attr, argument, position)
                ]
        else:
            functions = self.evaluate(path, scope, callee, before)
        found: list[InferredValue] = []
        for function in functions:
            names = self.names(function.path)
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
                    found += self._received(self.typed(function.path, symbol.id, types[position]), function)
        return found

    def path_start(self, path: str, scope: str, name: str) -> list[ResolvedName]:
        """What the first part of a Rust path means: variables are not looked up."""
        names = self.names(path)
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
            files = self.query_cache.modules.rust_path(path, [name])
            return [ResolvedName("file", file) for file, rest in files if rest is None]
        return self.look_up(path, scope, name, typed=True)

    def _elements(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue]:
        """What iterating over an iterable gives."""
        names = self.names(path)
        language = names.tags.language if names is not None else ""
        match node:
            case ast.Call(func=ast.Attribute(attr="items" | "keys")) if language != "python":
                return [EXTERNAL_VALUE]
        elements: list[InferredValue] = []
        for value in self.evaluate(path, scope, node, before):
            if value.kind == "container":
                is_mapping = value.id == "mapping" and language not in _KEYLESS
                elements += (value.keys or [EXTERNAL_VALUE]) if is_mapping else value.held
            elif value.kind == "instance":
                elements += self._iterated(value)
            elif value.kind == "class" and self._is_enum(Target(value.path, value.id)):
                elements.append(InferredValue("instance", value.path, value.id))
            elif value.kind == "external":
                elements.append(value)
        return elements

    def _iterated(self, value: InferredValue) -> list[InferredValue]:
        """What iterating over an instance gives."""
        iterators = self._method_results(value, "__iter__", "__aiter__")
        if not iterators:
            inherited = [item for held in self._base_containers(Target(value.path, value.id)) for item in held.held]
            return inherited or self._method_results(value, "__getitem__")
        elements: list[InferredValue] = []
        for iterator in iterators:
            if iterator.kind == "container":
                elements += iterator.held
            elif iterator.kind == "instance":
                elements += self._method_results(iterator, "__next__", "__anext__")
        return elements

    def _is_enum(self, owner: Target) -> bool:
        """Whether a Python class is an enumeration: iterating over it gives its members."""
        for base in self.bases_in_order(owner)[0]:
            names = self.names(base.path)
            symbol = names.symbols.get(base.symbol_id) if names is not None else None
            if symbol is not None and any(_ENUM.fullmatch(text) for text in symbol.bases):
                return True
        return False

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
        if callee.kind == "signature" or (callee.kind == "instance" and self._is_go(callee.path)):
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
        if callee.kind == "callable":
            return list(callee.elements)
        return [callee] if callee.kind == "external" else []

    def _is_rust(self, path: str) -> bool:
        names = self.names(path)
        return names is not None and names.tags.language == "rust"

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
        return self._received(values, function)

    def _received(self, values: Iterable[InferredValue], function: InferredValue) -> list[InferredValue]:
        """The values, with `Self` replaced by what the function was looked up on."""
        results: list[InferredValue] = []
        for value in values:
            if value.kind == "container" and any(element.kind in ("self", "container") for element in value.elements):
                elements = tuple(self._received(value.elements, function))
                results.append(InferredValue("container", id=value.id, elements=elements))
            elif value.kind == "self":
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
        if names.tags.language == "python" and not symbol.returns:
            same += [
                other
                for other in names.members.get(symbol.parent, {}).get(symbol.short_name, ())
                if names.is_decorated(other.id, "overload")
            ]
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
        is_generator = bool(symbol.yielded) and not names.is_decorated(symbol.id, *_FIXTURE_DECORATORS)
        if is_generator and names.tags.language != "python":
            return []
        returned: list[InferredValue] = []
        for text in symbol.yielded if is_generator else symbol.returned or symbol.yielded:
            node = parse_expression(names.tags.language, text.removeprefix("from "))
            if is_generator and text.startswith("from "):
                values = self._elements(path, symbol.id, node, None) if node is not None else []
            elif _makes_own_type(names, symbol, node):
                values = [InferredValue("self")]
            else:
                values = self.evaluate(path, symbol.id, node)
            if not values and not (isinstance(node, ast.Constant) and node.value in (None, "null", "undefined")):
                return [container()] if is_generator else []
            returned += values
        return [container(distinct_values(returned))] if is_generator else distinct_values(returned)

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
        names = self.names(path)
        text = aliased_type(symbol.signature)
        if names is not None and not text and names.tags.language in ("c", "cpp"):
            return self._typedef_values(path, symbol)
        if not text or names is None:
            return []
        instances = self.typed(path, symbol.id, text)
        return [InferredValue("class", value.path, value.id) for value in instances if value.kind == "instance"]

    def _typedef_values(self, path: str, symbol: Symbol) -> list[InferredValue]:
        """The type that C's `typedef struct jar Jar;` names, wherever it is defined."""
        tagged = re.match(r"typedef\s+(?:const\s+)?(struct|union|enum)\s+(\w+)", symbol.signature)
        if tagged is None:
            plain = re.match(r"typedef\s+(.+?)\W*\b\w+$", symbol.signature)
            text = plain[1].strip() if plain is not None else ""
            instances = self.typed(path, symbol.parent, text) if text not in ("", symbol.short_name) else []
            return [InferredValue("class", value.path, value.id) for value in instances if value.kind == "instance"]
        tag, name = tagged[1], tagged[2]
        kinds = ("enum",) if tag == "enum" else ("struct", "class")
        found = [
            InferredValue("class", other_path, symbol_id)
            for other_path, symbol_id, _, _ in self.definitions("c", name, kinds)
            if self._is_usable(path, other_path, symbol_id) and (other_path, symbol_id) != (path, symbol.id)
        ]
        same_file = [value for value in found if value.path == path]
        return same_file if len(same_file) == 1 else found if len(found) == 1 else []

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
            if values == [EXTERNAL_VALUE] and names.tags.language == "python":
                values = self._bound(path, binding.scope, binding.annotation, binding.range.start) or values
            around = self.owner_of_method(path, names, binding.scope) if names.tags.language == "rust" else None
            if around is None:
                return _gathered(names, binding, values)
            return self._received(values, InferredValue("function", elements=(InferredValue("instance", *around),)))
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
            case ast.Subscript(value=base, slice=ast.Slice(lower=ast.Constant(value=str(key)))):
                return self._indexed_instances(path, scope, base, key, at)
            case ast.Subscript(value=head, slice=arguments):
                return self._generic_instances(path, scope, head, arguments, at)
            case ast.Name(id=name):
                if name in ("None", "null", "undefined", "void"):
                    return []
                resolved_names = self.look_up(path, scope, name, at, typed=True)
                if not resolved_names and self._is_rust(path):
                    return self._bound_instances(path, scope, name, at)
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

    def _bound_instances(self, path: str, scope: str, name: str, at: Position | None) -> list[InferredValue]:
        """Values of a Rust type parameter: of the traits that the function or type around bounds it by."""
        names = self.names(path)
        for symbol in names.scopes(scope) if names is not None else ():
            if found := rust_signatures.bounds(symbol.signature, name):
                traits = [text for text in found if not rust_signatures.closure_types(text) and text != name]
                return [value for text in traits for value in self.typed(path, scope, text, at)]
        return []

    def _is_external_type(self, path: str, name: str) -> bool:
        """Whether a type that nothing visible defines is not a variable for types either: `Class`, but not `T`."""
        names = self.names(path)
        language = names.tags.language if names is not None else ""
        may_be_variable = len(name) <= 2 or re.match(r"T[A-Z]", name) is not None
        if language == "php" or may_be_variable or not modules.declares_names(language, name):
            return False  # `instanceof` often says more than PHP's declared type
        return not self.definitions(language, name)

    def _indexed_instances(
        self, path: str, scope: str, base: ast.expr, key: str, at: Position | None
    ) -> list[InferredValue]:
        """TypeScript's `Props["jar"]`, `Pair[0]` and `Parameters<typeof open>[0]`."""
        match base:
            case ast.Subscript(
                value=ast.Name(id="Parameters"),
                slice=ast.Tuple(elts=[ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name))]),
            ):
                return self._parameter_of(path, scope, name, int(key)) if key.isdecimal() else []
        instances = self._instances(path, scope, base, at)
        if key.isdecimal():
            return [item for value in instances for item in self._item_values(value, ast.Constant(int(key)))]
        return [member for value in instances for member in self._member_values(value, key, called=False)]

    def _generic_instances(
        self, path: str, scope: str, head: ast.expr, arguments: ast.expr, at: Position | None
    ) -> list[InferredValue]:
        name = head.attr if isinstance(head, ast.Attribute) else head.id if isinstance(head, ast.Name) else ""
        items = arguments.elts if isinstance(arguments, ast.Tuple) else [arguments]
        if self._is_rust(path) and name in rust_library.OPTION_TYPES:
            return [rust_library.option_of(self._instances(path, scope, items[0], at))]
        if name == TUPLE:
            return [rust_library.tuple_of([self._instances(path, scope, item, at) for item in items])]
        if name in _TRANSPARENT_TYPES:
            return [value for item in items for value in self._instances(path, scope, item, at)]
        if name == "Annotated" or name in UTILITY_TYPES:
            return self._instances(path, scope, items[0], at)
        if name == "Coroutine":
            return self._instances(path, scope, items[-1], at)
        if name == "Callable" and self._is_python(path):
            return [InferredValue("callable", elements=tuple(self._instances(path, scope, items[-1], at)))]
        if name in ("tuple", "Tuple") and self._is_python(path) and not _is_homogeneous(items):
            return [tuple_of(self._instances(path, scope, item, at) for item in items)]
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
            elements = self._instances(path, scope, last, at)
            if name not in _MAPPING_TYPES:
                return [container(elements)]
            keys = self._instances(path, scope, items[0], at) if self._is_python(path) and len(items) == 2 else ()
            return [mapping(keys, elements)]
        return instances

    def _instances_of(self, resolved: ResolvedName) -> list[InferredValue]:
        if resolved.kind == "binding" and resolved.bindings[0].is_type:
            return self.values_of(resolved)
        if resolved.kind == "symbol":
            names = self.names(resolved.path)
            symbol = names.symbols.get(resolved.id) if names else None
            if names and symbol and symbol.kind in VALUE_KINDS:  # an alias: Handler = A | B
                for binding in resolved.bindings or names.bindings.get(symbol.parent, {}).get(symbol.short_name, ()):
                    if binding.value:
                        node = parse_expression(names.tags.language, binding.value)
                        if isinstance(node, ast.Call):
                            return self._new_type(resolved.path, symbol.parent, node)
                        return self._instances(resolved.path, symbol.parent, node)
        return [
            InferredValue("instance", value.path, value.id) if value.kind == "class" else value
            for value in self.values_of(resolved)
            if value.kind in ("class", "external")
        ]

    def _new_type(self, path: str, scope: str, call: ast.Call) -> list[InferredValue]:
        """What a value of a type that is made by a call is, as far as `NewType` says it."""
        is_new_type = _called_name(call) == "NewType" and len(call.args) == 2
        return (self._instances(path, scope, call.args[1]) if is_new_type else []) or [EXTERNAL_VALUE]

    def _bound(self, path: str, scope: str, annotation: str, at: Position) -> list[InferredValue]:
        """What a parameter is whose type is a type variable with a bound: `TypeVar("T", bound=Jar)`.

        A result of that type may be more than that, so this is about parameters only.
        """
        if not annotation.isidentifier():
            return []
        found: list[InferredValue] = []
        for resolved in self.look_up(path, scope, annotation, at, typed=True):
            names = self.names(resolved.path) if resolved.kind == "symbol" else None
            symbol = names.symbols.get(resolved.id) if names is not None else None
            if names is None or symbol is None or symbol.kind not in VALUE_KINDS:
                continue
            for binding in names.bindings.get(symbol.parent, {}).get(symbol.short_name, ()):
                call = parse_expression(names.tags.language, binding.value or "")
                if isinstance(call, ast.Call) and _called_name(call) == "TypeVar":
                    types = [keyword.value for keyword in call.keywords if keyword.arg == "bound"] or call.args[1:]
                    for node in types:
                        found += self._instances(resolved.path, symbol.parent, node)
        return found


def _called_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _has_star(nodes: Iterable[ast.expr]) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)


def _number(index: ast.expr) -> int | None:
    """The number that an index is written as."""
    match index:
        case ast.Constant(value=int(number)):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return None


def _is_homogeneous(items: Sequence[ast.expr]) -> bool:
    """Whether a tuple's type has one argument for all places: `tuple[Jar, ...]`."""
    return any(isinstance(item, ast.Constant) and item.value is ... for item in items)


def _container_results(value: InferredValue, method: str) -> list[InferredValue]:
    """What a container's method returns."""
    if value.id == "mapping":
        if method == "items":
            return [container([tuple_of((value.keys or (EXTERNAL_VALUE,), value.elements))])]
        if method == "keys":
            return [container(value.keys or (EXTERNAL_VALUE,))]
        if method == "copy":
            return [value]
    return list(value.held) if method in _ELEMENT_METHODS else [container(value.held)]


def _gathered(names: FileNames, binding: Binding, values: list[InferredValue]) -> list[InferredValue]:
    """The value of a parameter, given those of what it gathers: `*jars: Jar`, `**jars: Jar`."""
    symbol = names.symbols.get(binding.scope)
    if names.tags.language != "python" or symbol is None:
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
    """Whether a Python method returns its receiver, or a new instance of the receiver's class: `return cls()`."""
    if names.tags.language != "python" or symbol.kind != "method" or not symbol.parameters:
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
