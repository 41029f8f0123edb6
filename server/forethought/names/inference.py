"""What expressions evaluate to, as far as annotations, assigned values and returned values in the tags tell.

`Inference` holds the rules that all languages share; a `LanguageValues` for each language adds its own, see
`language_values.py`.
"""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from forethought.names import generic_types, modules, rust_library
from forethought.names.file_names import SELF_NAMES, FileNames, IndexSnapshot, Target
from forethought.names.query_cache import QueryCache
from forethought.names.scopes import Scopes
from forethought.names.values import (
    EXTERNAL,
    EXTERNAL_VALUE,
    InferredValue,
    ResolvedName,
    container,
    distinct_values,
    likeliest_first,
    mapping,
    replace_self,
    tuple_of,
    typed_first,
)
from forethought.syntax.casts import CAST
from forethought.syntax.doc_types import documented_parameter, documented_return
from forethought.syntax.expressions import aliased_type, parse_expression, parse_type
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS, VALUE_KINDS
from forethought.syntax.tags import Binding, Position, Reference, Symbol

PROPERTY_DECORATORS = frozenset(
    {"property", "cached_property", "abstractproperty", "reify", "locked_cached_property", "memoized_property"}
)
_SUPER_WORDS = {"c-sharp": "base", "php": "parent"}
_UNTYPED = frozenset({"python", "javascript", "typescript", "tsx", "ruby", "php", "lua"})
"""Languages in which the type of a call's result is inferred from the return statements."""
_KEYLESS = frozenset({"go", "php", "c-sharp"})
"""Languages in which a loop over a mapping gives its values, or pairs with the key apart."""
_MAX_DEPTH = 40


class LanguageValues:
    """What one language adds to the common rules of `Inference`, which this class itself leaves as they are.

    Where a method may return None, that means that the common rules apply.
    """

    own_kinds: frozenset[str] = frozenset()
    """Kinds of values that only this language makes."""
    self_types: frozenset[str] = frozenset({"static", "self", "$this", "this"})
    """What is written as a type and means that of the receiver."""
    follows_keys: bool = False
    """Whether the keys of mappings are values that are followed."""

    def __init__(self, inference: "Inference") -> None:
        self.inference = inference

    def expression(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue] | None:
        """What an expression evaluates to."""
        return None

    def library_call(
        self, path: str, scope: str, name: str, node: ast.Call, before: Position | None
    ) -> list[InferredValue] | None:
        """What a call of a function or method `name` that is defined outside of the repository gives."""
        return None

    def unbound_name(self, path: str, scope: str, name: str) -> list[InferredValue]:
        """What a name evaluates to that nothing visible binds: `this`, `super`."""
        names = self.inference.names(path)
        super_word = _SUPER_WORDS.get(names.tags.language if names is not None else "", "super")
        if names is None or (name not in SELF_NAMES and name != super_word):
            return []
        owner = self.inference.owner_of_method(path, names, scope)
        if owner is None:
            return []
        kind: Literal["super", "class", "instance"] = "class" if name in ("Self", "static") else "instance"
        return [InferredValue("super" if name == super_word else kind, *owner)]

    def members(self, receiver: InferredValue, resolved_names: Sequence[ResolvedName]) -> list[InferredValue]:
        """The values of the names that a member of `receiver` resolves to."""
        return [value for resolved in resolved_names for value in self.inference.values_of(resolved, receiver)]

    def is_property(self, receiver: InferredValue, names: FileNames, method: Symbol) -> bool:
        """Whether the name of a method stands for the result of calling it."""
        return receiver.kind == "instance" and names.is_decorated(method.id, *PROPERTY_DECORATORS)

    def item(self, value: InferredValue, index: ast.expr) -> list[InferredValue]:
        """What an index gives on an instance."""
        return []

    def iterated(self, value: InferredValue) -> list[InferredValue]:
        """What a loop over an instance or a class gives."""
        return []

    def call(self, value: InferredValue) -> list[InferredValue]:
        """What calling an instance, or a value of one of the `own_kinds`, gives."""
        return []

    def result(self, path: str, names: FileNames, function: Symbol) -> list[InferredValue] | None:
        """What a call of a function gives, as far as its head says."""
        return None

    def returned(self, path: str, names: FileNames, function: Symbol) -> list[InferredValue]:
        """What a function without a declared result returns; empty unless everything that it returns is known."""
        values: list[InferredValue] = []
        for text in () if function.yielded else function.returned:
            node = parse_expression(names.tags.language, text)
            found = self.inference.evaluate(path, function.id, node)
            if not found and not is_nothing(node):
                return []
            values += found
        return distinct_values(values)

    def for_receiver(self, values: Sequence[InferredValue], function: InferredValue) -> list[InferredValue]:
        """The values of a function's head, as they are for the value that the function was looked up on."""
        return replace_self(values, function.elements)

    def annotated(
        self, path: str, names: FileNames, binding: Binding, values: list[InferredValue]
    ) -> list[InferredValue]:
        """What a binding gives its name, from the values of its annotation."""
        return values

    def assigned(self, path: str, names: FileNames, binding: Binding, value: str) -> list[InferredValue]:
        """What a binding without an annotation gives its name, from the expression that is assigned."""
        node = parse_expression(names.tags.language, value)
        return self.inference.evaluate(path, binding.scope, node, binding.range.start)

    def parameter(self, path: str, names: FileNames, function: Symbol, name: str) -> list[InferredValue]:
        """What a parameter of which nothing is written down may be: Lua's `self`."""
        owner = names.symbols.get(function.parent) if function.id and name in SELF_NAMES else None
        is_method = owner is not None and owner.kind in CLASS_KINDS
        return [InferredValue("instance", path, function.parent)] if is_method else []

    def instances(self, path: str, scope: str, node: ast.expr, at: Position | None) -> list[InferredValue] | None:
        """What a value of a type may be."""
        return None

    def unbound_type(self, path: str, scope: str, name: str, at: Position | None) -> list[InferredValue]:
        """What a value of a type may be that nothing visible defines: `Class` is external, `T` may be a variable."""
        names = self.inference.names(path)
        language = names.tags.language if names is not None else ""
        may_be_variable = len(name) <= 2 or re.match(r"T[A-Z]", name) is not None
        if language == "php" or may_be_variable or not modules.declares_names(language, name):
            return []  # `instanceof` often says more than PHP's declared type
        return [] if self.inference.definitions(language, name) else [EXTERNAL_VALUE]

    def made_type(self, path: str, scope: str, call: ast.Call) -> list[InferredValue]:
        """What a value of a type is that is the result of a call."""
        return [EXTERNAL_VALUE]

    def aliased(self, path: str, alias: Symbol) -> list[InferredValue]:
        """The class that another name of it stands for; empty for what is no such name."""
        text = aliased_type(alias.signature) if alias.kind == "type" else ""
        return classes_of(self.inference.typed(path, alias.id, text)) if text else []

    def literal_fields(self, path: str, scope: str, reference: Reference) -> list[ResolvedName]:
        """The field that a reference of the kind `key` means, if it means one."""
        return []


class Inference(Scopes):
    """Follows names through annotations, assigned values, calls and loops. Not thread-safe: see `DependencyTracker`."""

    def __init__(
        self, snapshot: IndexSnapshot, query_cache: QueryCache, languages: Mapping[str, type[LanguageValues]]
    ) -> None:
        """`languages`: name of a language → the rules that it has of its own."""
        super().__init__(snapshot, query_cache)
        self._expression_depth = 0
        self._languages = {language: values(self) for language, values in languages.items()}
        self._common = LanguageValues(self)
        self._by_kind = {kind: language for language in self._languages.values() for kind in language.own_kinds}

    def language(self, path: str) -> LanguageValues:
        """What the language of a file adds to the common rules."""
        names = self.names(path)
        return self._languages.get(names.tags.language, self._common) if names is not None else self._common

    def language_of(self, value: InferredValue) -> LanguageValues:
        """What the language that a value comes from adds to the common rules."""
        return self._by_kind.get(value.kind) or self.language(value.path)

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
            if symbol.kind in CLASS_KINDS:
                has_members = bool(names.members.get(symbol.id))
                aliased = [] if has_members else self.language(resolved.path).aliased(resolved.path, symbol)
                return aliased or [InferredValue("class", resolved.path, symbol.id)]
            if symbol.kind in FUNCTION_KINDS:
                function = InferredValue("function", resolved.path, symbol.id, (receiver,) if receiver else ())
                if receiver and self.language(resolved.path).is_property(receiver, names, symbol):
                    return self.call_function(function)
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

    def union(self, path: str, scope: str, nodes: Iterable[ast.expr], before: Position | None) -> list[InferredValue]:
        """What any of the expressions may evaluate to."""
        return [value for node in nodes for value in self.evaluate(path, scope, node, before)]

    def _is_too_deep(self) -> bool:
        if self._expression_depth <= _MAX_DEPTH:
            return False
        self.keep_no_running_query()  # elsewhere, the same expression may be within the limit
        return True

    def _evaluate(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue]:
        if (own := self.language(path).expression(path, scope, node, before)) is not None:
            return own
        match node:
            case ast.Name(id=name):
                return self.name_values(path, scope, name, before, called=False)
            case ast.Attribute(value=base, attr=name):
                return [
                    member
                    for value in self.evaluate(path, scope, base, before)
                    for member in self.member_values(value, name, called=False)
                ]
            case ast.Call():
                return self._call_values(path, scope, node, before)
            case ast.BinOp(left=first, op=ast.BitOr(), right=second):
                return self.union(path, scope, (first, second), before)
            case ast.Subscript(value=base, slice=index):
                values = self.evaluate(path, scope, base, before)
                return [item for value in values for item in self.items(value, index)]
            case ast.Constant(value=None):
                return []
            case ast.Constant():
                return [EXTERNAL_VALUE]
        return []

    def _call_values(self, path: str, scope: str, node: ast.Call, before: Position | None) -> list[InferredValue]:
        match node.func:
            case ast.Name(id="super"):
                names = self.names(path)
                owner = names.enclosing_class(scope) if names else None
                return [InferredValue("super", path, owner.id)] if owner else []
            case ast.Name(id=name) if name == CAST:
                return self.instances(path, scope, node.args[0], before)
            case ast.Name(id="next") if node.args:
                match node.args[0]:
                    case ast.Call(func=ast.Name(id="iter"), args=[iterable]):  # what a loop gives
                        return self.elements(path, scope, iterable, before)
                return []
            case ast.Attribute(value=base, attr=name):
                values = self.evaluate(path, scope, base, before)
                containers = [value for value in values if value.kind == "container"]
                if containers:
                    return [result for value in containers for result in _container_results(value, name)]
                if EXTERNAL_VALUE in values:
                    own = self.language(path).library_call(path, scope, name, node, before)
                    if own is not None:
                        return own
                callees = [callee for value in values for callee in self.member_values(value, name)]
                if name == "__enter__" and not callees:  # `async with`
                    callees = [callee for value in values for callee in self.member_values(value, "__aenter__")]
                if name == "new" and not callees:  # Ruby's `Jar.new`
                    callees = [value for value in values if value.kind == "class"]
            case ast.Name(id=name):
                callees = self.name_values(path, scope, name, before, called=True)
                if EXTERNAL_VALUE in callees:
                    own = self.language(path).library_call(path, scope, name, node, before)
                    if own is not None:
                        return own
            case _:
                callees = self.evaluate(path, scope, node.func, before)
        return [result for callee in callees for result in self.call(callee)]

    def name_values(
        self, path: str, scope: str, name: str, before: Position | None, *, called: bool
    ) -> list[InferredValue]:
        """What a bare name evaluates to; `called`: as what a call calls."""
        resolved_names = self.look_up(path, scope, name, before, called=called, invoked=called)
        if not resolved_names:
            return self.language(path).unbound_name(path, scope, name)
        return [value for resolved in resolved_names for value in self.values_of(resolved)]

    def member_values(self, value: InferredValue, name: str, *, called: bool = True) -> list[InferredValue]:
        """What `value.name` evaluates to."""
        if value.kind == "external":
            return [value]
        receiver = InferredValue("instance", value.path, value.id) if value.kind == "super" else value
        resolved_names, _ = self.value_member(value, name, called=called)
        return self.language_of(value).members(receiver, resolved_names)

    def method_results(self, value: InferredValue, *names: str) -> list[InferredValue]:
        """What calling the first of these methods that the value has returns."""
        for name in names:
            functions = [item for item in self.member_values(value, name) if item.kind == "function"]
            if functions:
                return [result for function in functions for result in self.call_function(function)]
        return []

    def items(self, value: InferredValue, index: ast.expr) -> list[InferredValue]:
        """What an index gives on a value."""
        if value.kind == "container":
            if isinstance(index, ast.Slice):
                return [container(value.held)]
            if value.id == "tuple" and (number := number_of(index)) is not None:
                places = value.elements
                return list(places[number].elements) if -len(places) <= number < len(places) else []
            return list(value.held)
        if value.kind == "instance":
            return self.language_of(value).item(value, index)
        return [value] if value.kind in ("class", "external") else []

    def elements(self, path: str, scope: str, node: ast.expr, before: Position | None) -> list[InferredValue]:
        """What iterating over an iterable gives."""
        names = self.names(path)
        follows_keys = self.language(path).follows_keys
        match node:
            case ast.Call(func=ast.Attribute(attr="items" | "keys")) if not follows_keys:
                return [EXTERNAL_VALUE]
        has_keys = names is None or names.tags.language not in _KEYLESS
        elements: list[InferredValue] = []
        for value in self.evaluate(path, scope, node, before):
            if value.kind == "container":
                is_mapping = value.id == "mapping" and has_keys
                elements += (value.keys or [EXTERNAL_VALUE]) if is_mapping else value.held
            elif value.kind in ("instance", "class"):
                elements += self.language_of(value).iterated(value)
            elif value.kind == "external":
                elements.append(value)
        return elements

    def call(self, callee: InferredValue) -> list[InferredValue]:
        """What calling the value gives."""
        if callee.kind == "class":
            return [callee._replace(kind="instance")]
        if callee.kind == "function":
            return self.call_function(callee)
        if callee.kind == "file":  # `const make = require("./make")`
            exported = [resolved for resolved in self.exported(callee.path) if resolved.kind != "file"]
            return [
                result for resolved in exported for value in self.values_of(resolved) for result in self.call(value)
            ]
        if callee.kind == "callable":
            return list(callee.elements)
        if callee.kind in ("instance", "signature"):
            return self.language_of(callee).call(callee)
        return [callee] if callee.kind == "external" else []

    def call_function(self, function: InferredValue) -> list[InferredValue]:
        """What a call of the function returns, with `Self` replaced by the receiver."""
        nothing: tuple[InferredValue, ...] = ()
        values = self.get_or_compute(
            function.path, "result", function.id, nothing, lambda: tuple(self._compute_result(function))
        )
        return self.language(function.path).for_receiver(values, function)

    def _compute_result(self, function: InferredValue) -> list[InferredValue]:
        names = self.names(function.path)
        symbol = names.symbols.get(function.id) if names else None
        if names is None or symbol is None:
            return []
        language = self.language(function.path)
        if (own := language.result(function.path, names, symbol)) is not None:
            return own
        same = [symbol]
        if modules.has_overloads(names.tags.language):  # which overload is called is not resolved
            same = [other for other in names.tags.symbols if other.name == symbol.name]
        returns = dict.fromkeys(other.returns for other in same if other.returns)
        if not returns and symbol.doc and (documented := documented_return(symbol.doc)):
            values = self.typed(function.path, symbol.parent, documented)
            if values:
                return values
        if not returns and names.tags.language in _UNTYPED:
            return language.returned(function.path, names, symbol)
        return distinct_values(value for text in returns for value in self.typed(function.path, symbol.parent, text))

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
            return self.language(path).annotated(path, names, binding, values)
        if binding.value:
            return self.language(path).assigned(path, names, binding, binding.value)
        symbol = names.symbols.get(binding.scope)
        if symbol is None:
            return []
        documented = documented_parameter(symbol.doc, binding.name) if symbol.doc else None
        if documented and (values := self.typed(path, symbol.parent, documented)):
            return values
        return self.language(path).parameter(path, names, symbol, binding.name)

    def typed(self, path: str, scope: str, annotation: str, at: Position | None = None) -> list[InferredValue]:
        """What a value of the annotated type may be. `at` is where it is written."""
        names = self.names(path)
        if names is None:
            return []
        if annotation.strip(" ?:") in self.language(path).self_types:
            return [InferredValue("self")]
        return self.instances(path, scope, parse_type(names.tags.language, annotation), at)

    def instances(
        self, path: str, scope: str, node: ast.expr | None, at: Position | None = None
    ) -> list[InferredValue]:
        """What a value of a type may be; empty if that is unknown. `at` is where the type is written."""
        if node is None or self._is_too_deep():
            return []
        self._expression_depth += 1
        try:
            return distinct_values(self._compute_instances(path, scope, node, at))
        finally:
            self._expression_depth -= 1

    def _compute_instances(self, path: str, scope: str, node: ast.expr, at: Position | None) -> list[InferredValue]:
        language = self.language(path)
        if (own := language.instances(path, scope, node, at)) is not None:
            return own
        match node:
            case ast.Constant(value=str(text)):
                return self.typed(path, scope, text, at)
            case ast.BinOp(left=first, op=ast.BitOr(), right=second):
                return [*self.instances(path, scope, first, at), *self.instances(path, scope, second, at)]
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
                if not resolved_names:
                    return language.unbound_type(path, scope, name, at)
                return [value for resolved in resolved_names for value in self._instances_of(resolved)]
            case ast.Attribute(value=base, attr=name):
                resolved_names = [
                    resolved
                    for value in self.evaluate(path, scope, base, at)
                    for resolved in (self.value_member(value, name)[0] if value.kind != "external" else [EXTERNAL])
                ]
                return [value for resolved in resolved_names for value in self._instances_of(resolved)]
        return []

    def _indexed_instances(
        self, path: str, scope: str, base: ast.expr, key: str, at: Position | None
    ) -> list[InferredValue]:
        """TypeScript's `Props["jar"]` and `Pair[0]`, C's `Jar[4]`."""
        instances = self.instances(path, scope, base, at)
        if key.isdecimal():
            return [item for value in instances for item in self.items(value, ast.Constant(int(key)))]
        return [member for value in instances for member in self.member_values(value, key, called=False)]

    def _generic_instances(
        self, path: str, scope: str, head: ast.expr, arguments: ast.expr, at: Position | None
    ) -> list[InferredValue]:
        name = head.attr if isinstance(head, ast.Attribute) else head.id if isinstance(head, ast.Name) else ""
        items = arguments.elts if isinstance(arguments, ast.Tuple) else [arguments]
        if name in generic_types.TRANSPARENT:
            return [value for item in items for value in self.instances(path, scope, item, at)]
        if name in generic_types.OF_FIRST:
            return self.instances(path, scope, items[0], at)
        if name in generic_types.OF_LAST:
            return self.instances(path, scope, items[-1], at)
        if name in generic_types.OF_CLASS:
            return [
                InferredValue("class", value.path, value.id) if value.kind == "instance" else value
                for item in items
                for value in self.instances(path, scope, item, at)
            ]
        instances = self.instances(path, scope, head, at)
        if any(value.kind == "instance" for value in instances):
            return instances
        if name in generic_types.CONTAINERS:
            element = items[0] if name in generic_types.CONTAINERS_OF_FIRST else items[-1]
            elements = self.instances(path, scope, element, at)
            if name not in generic_types.MAPPINGS:
                return [container(elements)]
            follows_keys = self.language(path).follows_keys and len(items) == 2
            return [mapping(self.instances(path, scope, items[0], at) if follows_keys else (), elements)]
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
                            return self.language(resolved.path).made_type(resolved.path, symbol.parent, node)
                        return self.instances(resolved.path, symbol.parent, node)
        return [
            InferredValue("instance", value.path, value.id) if value.kind == "class" else value
            for value in self.values_of(resolved)
            if value.kind in ("class", "external")
        ]


def is_nothing(node: ast.expr | None) -> bool:
    """Whether an expression is the language's `null`."""
    return isinstance(node, ast.Constant) and node.value in (None, "null", "undefined")


def number_of(index: ast.expr) -> int | None:
    """The number that an index is written as."""
    match index:
        case ast.Constant(value=int(number)):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return None


def classes_of(values: Iterable[InferredValue]) -> list[InferredValue]:
    """The classes of those of the values that are instances."""
    return [InferredValue("class", value.path, value.id) for value in values if value.kind == "instance"]


def _container_results(value: InferredValue, method: str) -> list[InferredValue]:
    """What a container's method returns."""
    if value.id == "mapping":
        if method == "items":
            return [container([tuple_of((value.keys or (EXTERNAL_VALUE,), value.elements))])]
        if method == "keys":
            return [container(value.keys or (EXTERNAL_VALUE,))]
        if method == "copy":
            return [value]
    return list(value.held) if method in generic_types.ELEMENT_METHODS else [container(value.held)]
