"""Go's expressions and types as nodes of Python's `ast`, in the form that `expressions.py` describes.

A composite literal, a conversion to an unnamed type, `new`, `make`, a type assertion and a function literal become a
cast. The types are names, members, and subscripts of:

    list[T]           a slice, an array, or variadic parameters
    chan[T]           a channel
    map[K, V]
    func[R1, R2 …]    by its results; `func` alone without any
    tuple[R1, R2 …]   several results
    T[A, B …]         an instance of a generic type

`struct` and `interface` stand for types without a name.
"""

import ast
import re

from forethought.syntax.casts import cast_to

_TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?\*/|(?P<literal>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'|`[^`]*`?|\.?\d[\w.]*)"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<other><-|\.\.\.|&&|\|\||[<>]{2}|&\^|[=!<>:]=|.)""",
    re.S,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "&^"})
_COMPARING = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_MAX_DEPTH = 30


def parse_go_expression(text: str) -> ast.expr | None:
    """The expression; None if it says nothing about names. What was cut at its end is read as far as it goes."""
    return _GoParser(text).expression()


def parse_go_type(text: str) -> ast.expr | None:
    """The type, or the results of a function as written: `(jar *Jar, err error)`. Pointers are dropped."""
    return _GoParser(text).results()


class _GoParser:
    def __init__(self, text: str) -> None:
        matches = [match for match in _TOKEN.finditer(text) if match.lastgroup is not None]
        self._tokens = [(str(match.lastgroup), match.group()) for match in matches]
        self._index = 0
        self._depth = 0

    def expression(self) -> ast.expr | None:
        self._depth += 1
        left = self._unary() if self._depth < _MAX_DEPTH else None
        while left is not None and self._text() in _ARITHMETIC | _COMPARING:
            is_comparison = self._text() in _COMPARING
            self._index += 1
            right = self._unary()
            if is_comparison:
                left = ast.Constant(True)
            elif isinstance(left, ast.Constant) and right is not None:
                left = right
        self._depth -= 1
        return left

    def results(self) -> ast.expr | None:
        if self._text() != "(":
            return self.type()
        types = self._parameter_types()
        return types[0] if len(types) == 1 else _subscript("tuple", types) if types else None

    def type(self) -> ast.expr | None:
        self._depth += 1
        node = self._type() if self._depth < _MAX_DEPTH else None
        self._depth -= 1
        return node

    def _type(self) -> ast.expr | None:
        while self._text() in ("*", "~"):
            self._index += 1
        kind, text = self._peek()
        if text == "(":
            self._index += 1
            node = self.type()
            self._accept(")")
            return node
        if text in ("...", "<-", "chan", "["):
            self._index += 1
            if text == "[":
                self._index -= 1
                self._skip_group()
            elif text == "<-":
                self._accept("chan")
            elif text == "chan":
                self._accept("<-")
            element = self.type()
            head = "list" if text in ("[", "...") else "chan"
            return _subscript(head, [element]) if element is not None else None
        if text == "map":
            self._index += 2
            key = self.type()
            self._accept("]")
            value = self.type()
            return _subscript("map", [key or ast.Constant(0), value]) if value is not None else None
        if text == "func":
            self._index += 1
            return self._function_type()
        if text in ("struct", "interface"):
            self._index += 1
            is_empty = self._text(1) == "}"
            if self._text() == "{":
                self._skip_group()
            return ast.Name("interface" if is_empty else text)
        return self._named_type() if kind == "name" else None

    def _named_type(self) -> ast.expr:
        node: ast.expr = ast.Name(self._peek()[1])
        self._index += 1
        while self._text() == "." and self._peek(1)[0] == "name":
            node = ast.Attribute(node, self._peek(1)[1])
            self._index += 2
        if self._text() == "[" and self._text(1) != "]":
            self._index += 1
            arguments = self._types_until("]")
            node = ast.Subscript(node, ast.Tuple(arguments)) if arguments else node
        return node

    def _function_type(self) -> ast.expr:
        if self._text() == "(":
            self._skip_group()
        if self._text() == "(":
            types = self._parameter_types()
        elif self._text() in ("", "{", ",", ")", "]", "=", ";", "}", ":"):
            types = []
        else:
            result = self.type()
            types = [result] if result is not None else []
        return _subscript("func", types) if types else ast.Name("func")

    def _parameter_types(self) -> list[ast.expr]:
        """The types in the parentheses at hand, one for each name."""
        end = self._group_end()
        items: list[tuple[int, int]] = []
        start, depth = self._index + 1, 0
        for index in range(start, end + 1):
            text = self._text_at(index) if index < end else ","
            depth += (text in _CLOSING) - (text in (")", "]", "}"))
            if text == "," and depth == 0:
                if index > start:
                    items.append((start, index))
                start = index + 1
        are_named = any(self._is_named(*item) for item in items)
        types: list[ast.expr] = []
        pending = 0
        for first, last in items:
            if are_named and last - first == 1:
                pending += 1
                continue
            self._index = first + 1 if are_named else first
            node = self.type() or ast.Constant(0)
            types += [node] * (pending + 1)
            pending = 0
        self._index = end + 1
        return types

    def _is_named(self, first: int, last: int) -> bool:
        """Whether a parameter has a name in front of its type: two names, or a name and what starts a type."""
        if last - first < 2 or self._tokens[first][0] != "name" or self._text_at(first) in ("func", "map", "chan"):
            return False
        following = self._text_at(first + 1)
        is_array = following == "[" and self._text_at(last - 1) != "]"
        return self._tokens[first + 1][0] == "name" or following in ("*", "...", "(", "<-") or is_array

    def _types_until(self, closing: str) -> list[ast.expr]:
        types: list[ast.expr] = []
        while self._text() not in (closing, ""):
            types.append(self.type() or ast.Constant(0))
            while self._text() not in (",", closing, ""):
                self._index += 1
            self._accept(",")
        self._accept(closing)
        return types

    def _unary(self) -> ast.expr | None:
        text = self._text()
        if text in ("&", "*", "-", "+", "^"):
            self._index += 1
            return self._unary()
        if text == "!":
            self._index += 1
            return ast.Constant(True) if self._unary() is not None else None
        if text == "<-":
            self._index += 1
            operand = self._unary()
            return ast.Subscript(operand, ast.Constant(0)) if operand is not None else None
        node = self._primary()
        while node is not None:
            text = self._text()
            if text == "." and self._text(1) == "(":
                self._index += 2
                asserted = self.type()
                self._accept(")")
                node = _cast(asserted) if asserted is not None else node
            elif text == "." and self._peek(1)[0] == "name":
                node = ast.Attribute(node, self._text(1))
                self._index += 2
            elif text == "(":
                node = ast.Call(node, self._arguments(), [])
            elif text == "[":
                node = self._indexed(node)
            elif text == "{" and isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
                self._skip_group()
                node = _cast(node)
            else:
                break
        return node

    def _primary(self) -> ast.expr | None:
        kind, text = self._peek()
        if kind == "literal":
            self._index += 1
            return ast.Constant(text)
        if text == "(":
            self._index += 1
            is_type = self._text() in ("*", "[", "func", "chan", "<-") and self._text(-1) == "("
            start, node = self._index, self.expression()
            if is_type and self._text(self._group_from(start - 1) - self._index + 1) == "(":
                self._index = start  # `(*Jar)(x)`
                converted = self.type()
                self._accept(")")
                self._skip_group()
                return _cast(converted) if converted is not None else None
            self._index = self._group_from(start - 1) + 1
            return node
        if text in ("[", "map", "func", "struct", "chan", "interface"):
            node = self.type()
            if self._text() in ("{", "("):
                self._skip_group()
            return _cast(node) if node is not None else None
        if kind != "name":
            return None
        self._index += 1
        if text in ("new", "make") and self._text() == "(" and self._text(1) != ")":
            end = self._group_end()
            self._index += 1
            made = self.type()
            self._index = end + 1
            return _cast(made) if made is not None else None
        return ast.Constant(text) if text in ("true", "false", "nil", "iota") else ast.Name(text)

    def _indexed(self, node: ast.expr) -> ast.expr:
        """`x[i]`, `x[i:j]`, or the instance of a generic type or function."""
        end = self._group_end()
        depth = 0
        for index in range(self._index + 1, min(end, len(self._tokens))):
            text = self._text_at(index)
            depth += (text in _CLOSING) - (text in (")", "]", "}"))
            if text == ":" and depth == 0:
                self._index = end + 1
                return node
        following = self._text_at(end + 1)
        self._index += 1
        arguments = self._types_until("]") if following in ("{", "(") else []
        self._index = end + 1
        return ast.Subscript(node, ast.Tuple(arguments) if arguments else ast.Constant(0))

    def _arguments(self) -> list[ast.expr]:
        end = self._group_end()
        self._index += 1
        arguments: list[ast.expr] = []
        while self._index < min(end, len(self._tokens)):
            arguments.append(self.expression() or ast.Constant(None))
            depth = 0
            while self._index < end and not (self._text() == "," and depth == 0):
                depth += (self._text() in _CLOSING) - (self._text() in (")", "]", "}"))
                self._index += 1
            self._index += 1
        self._index = end + 1
        return arguments

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        index = self._index + ahead
        return self._tokens[index] if 0 <= index < len(self._tokens) else ("", "")

    def _text(self, ahead: int = 0) -> str:
        return self._peek(ahead)[1]

    def _text_at(self, index: int) -> str:
        return self._tokens[index][1] if index < len(self._tokens) else ""

    def _accept(self, text: str) -> None:
        self._index += self._text() == text

    def _group_end(self) -> int:
        return self._group_from(self._index)

    def _group_from(self, opening: int) -> int:
        """Index of the bracket that closes the one at an index, or the number of tokens if none does."""
        depth = 0
        for index in range(opening, len(self._tokens)):
            text = self._text_at(index)
            depth += (text in _CLOSING) - (text in (")", "]", "}"))
            if depth == 0:
                return index
        return len(self._tokens)

    def _skip_group(self) -> None:
        self._index = self._group_end() + 1


def _subscript(head: str, items: list[ast.expr]) -> ast.expr:
    return ast.Subscript(ast.Name(head), ast.Tuple(items) if len(items) != 1 else items[0])


def _cast(type_node: ast.expr) -> ast.expr:
    return cast_to(type_node, ast.Constant(None))
