"""Which of several functions of one name a call means: by the number of its arguments, then by their types."""

import ast
import re
from collections.abc import Sequence

from forethought.names.file_names import Target
from forethought.names.inference import Inference
from forethought.names.values import ResolvedName
from forethought.syntax.expressions import parse_expression
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import Reference, Symbol

_VARIADIC = re.compile(r"\.\.\.|\b(?:vararg|params)\b")
_WORDS = re.compile(r"\b(?:const|final|out|ref|in|this|vararg|params|unsigned|signed|struct|volatile|val|var)\b|@\w+")
_BOOLEANS = frozenset({"boolean", "Boolean", "bool"})
_INTEGERS = frozenset(
    {"int", "long", "short", "byte", "Int", "Long", "Short", "Byte", "Integer", "size_t", "uint", "ulong", "ushort"}
    | {f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)
_FLOATS = frozenset({"double", "float", "Double", "Float", "decimal"})
_TEXTS = frozenset({"String", "string", "CharSequence", "char*", "std::string", "std::string_view", "string_view"})
_CHARACTERS = frozenset({"char", "Char", "Character", "wchar_t"})
_BUILT_IN = _BOOLEANS | _INTEGERS | _FLOATS | _TEXTS | _CHARACTERS
_NUMBERS = _INTEGERS | _FLOATS | _CHARACTERS
_KIN = (_BOOLEANS, _NUMBERS, _TEXTS)
"""Built-in types that may be converted into each other without a cast."""
_LITERALS = (
    (re.compile(r"(?:true|false)"), _BOOLEANS),
    (re.compile(r'(?:"|@"|\$"|R"|L")'), _TEXTS),
    (re.compile(r"L?'"), _CHARACTERS),
    (re.compile(r"-?\d[\d_]*\.\d|-?\d[\d_]*[fFdD]$"), _FLOATS),
    (re.compile(r"-?\d"), _INTEGERS),
)

_MAX_TYPE_VARIABLE = 2
"""Shorter names of types, such as `T`, may stand for any type."""
_EXACT, _POSSIBLE, _IMPOSSIBLE = 2, 1, 0


class OverloadChooser:
    """Chooses among overloads, with the types that the inference knows."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def choose(self, path: str, reference: Reference, resolved: ResolvedName) -> list[ResolvedName]:
        """The overloads of a resolved function, or of a base, that the call may mean; itself if none fits."""
        names = self._inference.names(path)
        if names is None or reference.arguments is None:
            return [resolved]
        arguments = _arguments(names.tags.language, reference.arguments)
        if arguments is None:
            return [resolved]
        for group in self._groups(resolved):
            fitting = [(target, symbol) for target, symbol in group if accepts(symbol, len(arguments))]
            if len(fitting) > 1:
                fitting = self._by_types(path, reference, arguments, fitting)
            if fitting:
                return [ResolvedName("symbol", *target) for target, _ in fitting]
        return [resolved]

    def _groups(self, resolved: ResolvedName) -> list[list[tuple[Target, Symbol]]]:
        """The overloads in the class or file of the function, then those in each base of the class."""
        target = Target(resolved.path, resolved.id)
        names = self._inference.names(target.path)
        symbol = names.symbols.get(target.symbol_id) if names is not None else None
        if names is None or symbol is None or symbol.kind not in FUNCTION_KINDS:
            return []
        same = [other for other in names.tags.symbols if other.name == symbol.name and other.kind in FUNCTION_KINDS]
        groups = [[(Target(target.path, other.id), other) for other in same if bool(other.body) == bool(symbol.body)]]
        if len(groups[0]) == 1:
            groups = [[(Target(target.path, other.id), other) for other in same]]
        owner = self._inference.owner(target)
        for base in self._inference.bases_in_order(owner)[0][1:] if owner is not None else ():
            base_names = self._inference.names(base.path)
            if base_names is not None:
                members = base_names.members.get(base.symbol_id, {}).get(symbol.short_name, ())
                groups.append([(Target(base.path, item.id), item) for item in members if item.kind in FUNCTION_KINDS])
        return groups if sum(map(len, groups)) > 1 else []

    def _by_types(
        self, path: str, reference: Reference, arguments: Sequence[str], group: list[tuple[Target, Symbol]]
    ) -> list[tuple[Target, Symbol]]:
        """Those that the types of the arguments allow; of these the ones that most types match exactly."""
        scores: list[tuple[int, tuple[Target, Symbol]]] = []
        for target, symbol in group:
            fits = [
                self._fit(path, reference, argument, target, parameter)
                for argument, parameter in zip(arguments, _takes_arguments(symbol), strict=False)
            ]
            if _IMPOSSIBLE not in fits:
                scores.append((sum(fits), (target, symbol)))
        best = max((score for score, _ in scores), default=0)
        return [item for score, item in scores if score == best] or group

    def _fit(self, path: str, reference: Reference, argument: str, target: Target, parameter: str) -> int:
        names = self._inference.names(path)
        language = names.tags.language if names is not None else ""
        expected = type_of_parameter(parameter)
        wanted = self._classes(target, expected)
        # A literal converts to a class in C++ and C#, by its constructors and operators.
        converted = _IMPOSSIBLE if wanted and language in ("java", "kotlin") else _POSSIBLE
        for literal, types in _LITERALS:
            if literal.match(argument):
                return _fit_built_in(types, expected, converted)
        if argument in ("null", "nullptr"):
            return _IMPOSSIBLE if expected in _BUILT_IN - _TEXTS else _POSSIBLE
        node = parse_expression(language, argument)
        declared = self._declared_type(path, reference, argument, node)
        if declared == expected:
            return _EXACT
        if declared in _BUILT_IN:
            kin = next(kin for kin in (*_KIN, _BUILT_IN) if declared in kin)
            return min(_fit_built_in(kin, expected, converted), _POSSIBLE)
        values = self._inference.evaluate(path, reference.scope, node, reference.range.start)
        own = [Target(value.path, value.id) for value in values if value.kind == "instance"]
        if own and wanted:
            orders = [self._inference.bases_in_order(item) for item in own]
            if any(order[0] in wanted for order, _ in orders):
                return _EXACT
            is_kin = any(wanted.intersection(order) or not complete for order, complete in orders)
            return _POSSIBLE if is_kin else _IMPOSSIBLE
        if language in ("java", "kotlin") and (own or len(declared) > _MAX_TYPE_VARIABLE):
            return _IMPOSSIBLE if wanted or expected in _BUILT_IN else _POSSIBLE
        return _POSSIBLE

    def _classes(self, target: Target, text: str) -> set[Target]:
        """The classes of the repository that a type, written in the head of the function `target`, may be."""
        values = self._inference.typed(target.path, target.symbol_id.rpartition(".")[0], text)
        return {Target(value.path, value.id) for value in values if value.kind == "instance"}

    def _declared_type(self, path: str, reference: Reference, argument: str, node: ast.expr | None) -> str:
        """The type with which a variable or the result of a function is declared; empty if there is none."""
        if argument.endswith(".class"):
            return "Class"
        if created := re.match(r"new\s+([\w.]+)", argument):
            return created[1]
        start = reference.range.start
        match node:
            case ast.Name(id=name):
                found = self._inference.look_up(path, reference.scope, name, start, called=False)
                bindings = found[0].bindings if len(found) == 1 else ()
                text = _normalized(bindings[0].annotation) if bindings and bindings[0].annotation else ""
                return f"{text}*" if text and argument.startswith("&") else text
            case ast.Call(func=called):
                functions = self._inference.evaluate(path, reference.scope, called, start)
                returns = {self._returns(Target(item.path, item.id)) for item in functions if item.kind == "function"}
                return returns.pop() if len(returns) == 1 else ""
        return ""

    def _returns(self, function: Target) -> str:
        names = self._inference.names(function.path)
        symbol = names.symbols.get(function.symbol_id) if names is not None else None
        same = [item for item in names.tags.symbols if symbol and item.name == symbol.name] if names is not None else []
        return _normalized(same[0].returns or "") if len(same) == 1 else ""


def accepts(symbol: Symbol, count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    parameters = _takes_arguments(symbol)
    if any(_VARIADIC.search(parameter) for parameter in parameters):
        return count >= len(parameters) - 1
    required = [parameter for parameter in parameters if "=" not in parameter]
    return len(required) <= count <= len(parameters)


def type_of_parameter(parameter: str) -> str:
    """The type of a parameter as written: `int` of `final int n = 1`, `Jar` of Kotlin's `n: Jar`."""
    text = parameter.partition("=")[0]
    if match := re.match(r"(?:\w+ )*\w+\s*:(?!:)\s*(.+)", text):
        return _normalized(match[1])
    text = _normalized(text)
    stars = "*" * text.count("*")
    text = text.replace("*", " ").strip()
    words = text.split()
    return ("".join(words[:-1]) if len(words) > 1 else text) + stars


def _takes_arguments(symbol: Symbol) -> list[str]:
    return [text for text in symbol.parameters if text != "void" and not re.match(r"this\b(?! \w+ \w)", text)]


def _normalized(text: str) -> str:
    previous = ""
    while previous != text:
        previous, text = text, re.sub(r"<[^<>]*>", "", text)
    return " ".join(_WORDS.sub(" ", text).replace("&", " ").replace("?", "").replace(" *", "*").split())


def _fit_built_in(types: frozenset[str], expected: str, converted: int) -> int:
    """How well a value of a built-in type fits; `converted` is what it counts where a class is expected."""
    if expected in types:
        return _EXACT
    if expected in _BUILT_IN:
        return _POSSIBLE if types <= _NUMBERS and expected in _NUMBERS else _IMPOSSIBLE
    return _IMPOSSIBLE if expected.endswith("*") and types is not _TEXTS else converted


def _arguments(language: str, text: str) -> list[str] | None:
    """The arguments of a call as written; None if they cannot be told apart."""
    inner = text.strip()
    if not inner.startswith("(") or not inner.endswith(")") or (language == "kotlin" and re.search(r"\b\w+ = ", inner)):
        return None
    return split_arguments(inner[1:-1])


def split_arguments(text: str) -> list[str]:
    """Split at the commas that no bracket and no string encloses."""
    items, depth, item, quote, previous = [], 0, "", "", ""
    for character in text:
        if quote:
            quote = "" if character == quote and previous != "\\" else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        if character == "," and depth == 0 and not quote:
            items.append(item.strip())
            item = ""
        else:
            item += character
        previous = character if previous != "\\" else ""
    return [part for part in (*items, item.strip()) if part]
